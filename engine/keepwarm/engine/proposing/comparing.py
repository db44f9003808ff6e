"""Comparing two canonical forms of a playbook: which lines are other ones, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Final

from keepwarm.engine.canonical import Aspect, Canonical, Entry, Line

#: Another template for the same channel is a change of words, not of the path.
_MESSAGES: Final = frozenset({"email", "sms", "push"})
#: The sections that are the playbook's own file.
_OWN: Final = ("playbook", "steps")


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that is new, gone, or says something else."""

    #: `playbook`, `steps`, a template's path, `segment big-accounts`, `policies`, …
    section: str
    aspect: Aspect
    #: None for a line that is new.
    old: Line | None
    #: None for a line that is gone.
    new: Line | None
    #: What the step does that the line is a part of: `offer: free-postage`. Empty for the line
    #: that says it, and outside the steps.
    within: str = ""

    @property
    def line(self) -> Line:
        """Give the line as it will be; of one that goes, as it was."""
        line = self.new or self.old
        if line is None:
            raise ValueError("a change has an old line, a new line, or both")
        return line

    @property
    def is_shared(self) -> bool:
        """Whether it stands outside the playbook's own file, so that others may have it too."""
        return self.section not in _OWN

    @property
    def step(self) -> str | None:
        """Give the path of the step that it concerns; None outside the steps."""
        return self.line.step


def compare(old: Canonical, new: Canonical) -> tuple[LineChange, ...]:
    """Give every line that differs, those of the playbook's own file first."""
    own = [each for section in _OWN for each in _in_section(section, old, new)]
    heads = _heads(old), _heads(new)
    own = [replace(each, within=_within(each, *heads)) for each in own]
    said = " ".join(line.says for each in own for line in (each.old, each.new) if line)
    used = sorted({*old, *new} - set(_OWN))
    others = [each for section in used for each in _in_used(section, old, new, said)]
    return (*own, *others)


def compare_folders(
    old: Mapping[str, Entry], new: Mapping[str, Entry], said_before: str, said: str
) -> tuple[LineChange, ...]:
    """Give every line that differs of what playbooks do not have in their own forms.

    What comes or goes is one line, and none where the playbooks of its side name it
    (`said_before`, `said`: all their lines): then it is told of them.
    """
    found: list[LineChange] = []
    for section in sorted({*old, *new}, key=lambda each: (each != "policies", each)):
        if section in old and section in new:
            found += _between(section, old[section].lines, new[section].lines)
        elif not _is_named(_name_of(section), said if section in new else said_before):
            is_new = section in new
            entry = new[section] if is_new else old[section]
            line = Line(section, 0, entry.aspect, entry.place)
            found.append(
                LineChange(
                    section, entry.aspect, None if is_new else line, line if is_new else None
                )
            )
    return tuple(found)


def _is_named(name: str, said: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) is not None


def _heads(canonical: Canonical) -> dict[str, str]:
    """Give what each step does, by its path: the first of its lines."""
    heads: dict[str, str] = {}
    for line in canonical.get("steps", ()):
        if line.step is not None:
            heads.setdefault(line.step, line.says)
    return heads


def _within(change: LineChange, old: dict[str, str], new: dict[str, str]) -> str:
    heads = old if change.new is None else new
    said = heads.get(change.step or "", "")
    return "" if said == change.line.says or said.endswith(":") else said


def _in_used(section: str, old: Canonical, new: Canonical, said: str) -> Iterator[LineChange]:
    """Compare a section of what the playbook uses.

    What it uses only now, or no longer, is one line and not all of its lines; and none at all
    where a changed line of the playbook names it.
    """
    if section in old and section in new:
        yield from _in_section(section, old, new)
    elif _name_of(section) not in said:
        first = (new.get(section) or old[section])[0]
        line = Line(section, 0, first.aspect, first.place)
        is_new = section in new
        aspect = _gravest(new.get(section) or old[section])
        yield LineChange(section, aspect, None if is_new else line, line if is_new else None)


def _name_of(section: str) -> str:
    if section.startswith("templates/"):
        path = PurePosixPath(section.removeprefix("templates/"))
        # A translation is not named by any line: its template was there before.
        return str(path) if "." in path.stem else str(path.with_suffix(""))
    return section.rpartition(" ")[2]


def _gravest(lines: Sequence[Line]) -> Aspect:
    found = {line.aspect for line in lines}
    graver = (Aspect.PERMISSION, Aspect.MONEY)
    return next((each for each in graver if each in found), lines[0].aspect)


def _in_section(section: str, old: Canonical, new: Canonical) -> Iterator[LineChange]:
    yield from _between(section, old.get(section, ()), new.get(section, ()))


def _between(section: str, before: Sequence[Line], after: Sequence[Line]) -> Iterator[LineChange]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what != "equal":
            yield from _paired(section, before[i:j], after[k:m])


def _paired(section: str, old: Sequence[Line], new: Sequence[Line]) -> Iterator[LineChange]:
    """Pair lines of the same key at the same depth, in their order; the rest go or come."""
    waiting = list(old)
    for line in new:
        match = next((each for each in waiting if _is_of(each, line)), None)
        if match is not None:
            # What stood before the match has no counterpart.
            while waiting[0] is not match:
                yield _change(section, waiting.pop(0), None)
            waiting.pop(0)
        yield _change(section, match, line)
    for line in waiting:
        yield _change(section, line, None)


def _is_of(old: Line, new: Line) -> bool:
    return (old.depth, old.key) == (new.depth, new.key)


def _change(section: str, old: Line | None, new: Line | None) -> LineChange:
    if old is not None and new is not None:
        aspect = Aspect.WORDS if new.key in _MESSAGES and section == "steps" else new.aspect
        return LineChange(section, aspect, old, new)
    line = new or old
    if line is None:
        raise ValueError("there is no line")
    return LineChange(section, line.aspect, old, new)
