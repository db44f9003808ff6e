"""Reading on behind a fault: every slip is put right, to see what else is wrong behind it.

A fault below a misspelt `steps` is found at once, and nobody is told besides that there are no
steps: what is gone when a word is mended was a consequence of that word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from keepwarm.schema.corrections import correction, replacing
from keepwarm.schema.edits import Edit, edited
from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.structure import Structure
from keepwarm.schema.taken_names import without_names_taken
from keepwarm.schema.workspace import Workspace, read_workspace

#: Behind a slip there may be another, and behind that one more.
_MOST_READINGS = 5


@dataclass(frozen=True, slots=True)
class ReadOn:
    """A folder as it is, and as its authors probably meant it."""

    workspace: Workspace
    #: What could not be read, without what only follows from something else.
    problems: tuple[Problem, ...]
    #: The folder with every "did you mean" taken for granted, and the texts as they are.
    meant: Workspace
    #: What of that could still not be read.
    left: tuple[Problem, ...]


def read_on(files: Mapping[str, bytes]) -> ReadOn:
    """Read a folder; paths are relative to it, with slashes."""
    workspace = now = read_workspace(files)
    problems = _problems(now)
    rounds: list[_Edits] = []
    found: list[Problem] = []
    renamed: set[tuple[str, int]] = set()
    while len(rounds) < _MOST_READINGS and (slips := _edits(problems, now, correction)):
        slipped = [each for each in problems if _corrects(each, now)]
        found += [_as_at_first(each, rounds) for each in slipped]
        rounds.append(slips)
        renamed |= {(p.file, p.span.line) for p in slipped if p.rule == "unknown-name"}
        files = _mended(files, slips)
        now = read_workspace(files)
        problems = [each for each in _problems(now) if not _speaks_against(each, renamed)]
    found += [_as_at_first(each, rounds) for each in problems]
    if guesses := _edits(problems, now, replacing):
        now = read_workspace(_mended(files, guesses))
        problems = _problems(now)
    meant = replace(now, sources=workspace.sources)
    return ReadOn(workspace, in_order(_each_cause_once(found)), meant, tuple(problems))


def _each_cause_once(found: Sequence[Problem]) -> Iterator[Problem]:
    """Leave out what only follows from how YAML took a line apart.

    Of a text that a "#" cut away, that nothing is left. Of a second colon, the quotes that would
    let it be read, where what is in them is still no value there; a condition says it better.
    """
    cut = {(p.file, p.span.line) for p in found if p.rule == "cut-text"}
    glued = {(p.file, p.span.line) for p in found if p.rule == "missing-space"}
    elsewhere = {(p.file, name) for p in found if (name := _misplaced(p)) is not None}
    taken = {(p.file, name) for p in found if p.rule == "step-name" for name in _quoted(p)}
    unread = {p.file for p in found if p.rule != "structure"}
    at: dict[tuple[str, int, int], set[str]] = defaultdict(set)
    for each in found:
        at[each.file, each.span.line, each.span.column].add(each.rule)
    for each in found:
        beside = at[each.file, each.span.line, each.span.column] - {each.rule}
        if each.rule == "empty" and (each.file, each.span.line) in cut:
            continue
        # Of a space that is no ordinary one, that there is none.
        if each.rule == "odd-space" and (each.file, each.span.line) in glued:
            continue
        # Of a step that could not be read, that nothing ends as it would.
        if each.rule == "structure" and each.file in unread and _is_of_a_name(each):
            continue
        # Of stories for nobody's playbook, that their file has another name.
        if each.rule == "file-name" and "no-playbook" in beside:
            continue
        if each.rule == "missing" and any((each.file, name) in elsewhere for name in _quoted(each)):
            continue
        # Of two steps with one name, a condition may mean the other.
        if each.rule == "condition" and any((each.file, name) in taken for name in _quoted(each)):
            continue
        if each.rule == "second-colon" and beside:
            if "condition" not in beside:
                yield replace(each, replacement=None)
        elif "second-colon" not in beside or each.rule == "condition":
            yield each


def _misplaced(problem: Problem) -> str | None:
    """Give the setting that stands in a wrong place, and so is missing where it belongs."""
    is_elsewhere = problem.rule == "unknown-key" and (problem.hint or "").startswith("it belongs")
    return _quoted(problem)[-1] if is_elsewhere else None


def _is_of_a_name(problem: Problem) -> bool:
    return "asked as the end of a step is" in (problem.hint or "")


def _quoted(problem: Problem) -> list[str]:
    return re.findall(r'"([^"]+)"', problem.message)


def _speaks_against(problem: Problem, renamed: Collection[tuple[str, int]]) -> bool:
    """Tell of a phrase that cannot be asked of a name: the name was put right in a wrong way."""
    is_of_phrase = problem.rule == "condition" and problem.replacement is None
    return is_of_phrase and (problem.file, problem.span.line) in renamed


def _problems(workspace: Workspace) -> list[Problem]:
    found = [*workspace.problems, *_structure(workspace)]
    return list(without_names_taken(found, workspace))


def _structure(workspace: Workspace) -> Iterator[Problem]:
    structure = Structure(workspace.catalog, workspace.known)
    return structure.problems(workspace.nodes, workspace.problems)


# ── Putting words right ──────────────────────────────────────────────────────────────────────

_Edits = Mapping[str, Sequence[Edit]]


def _edits(
    problems: Sequence[Problem],
    workspace: Workspace,
    make: Callable[[Problem, str], Edit | None],
) -> _Edits:
    """Give by file the edits that mend problems."""
    found: dict[str, list[Edit]] = defaultdict(list)
    for problem in problems:
        text = workspace.sources.get(problem.file)
        edit = None if text is None else make(problem, text)
        if edit is not None:
            found[problem.file].append(edit)
    return found


def _corrects(problem: Problem, workspace: Workspace) -> bool:
    text = workspace.sources.get(problem.file)
    return text is not None and correction(problem, text) is not None


def _mended(files: Mapping[str, bytes], edits: _Edits) -> Mapping[str, bytes]:
    texts = {path: files[path].decode(errors="surrogateescape") for path in edits}
    return {
        **files,
        **{
            path: edited(texts[path], edits[path]).encode(errors="surrogateescape")
            for path in edits
        },
    }


def _as_at_first(problem: Problem, rounds: Sequence[_Edits]) -> Problem:
    """Give a problem at its place in the file as it was before all rounds of mending."""
    span = problem.span
    for edits in reversed(rounds):
        span = _before(span, edits.get(problem.file, ()))
    return problem if span == problem.span else replace(problem, span=span)


def _before(span: Span, edits: Sequence[Edit]) -> Span:
    return Span(
        span.line,
        _column_before(span.line, span.column, edits),
        span.end_line,
        _column_before(span.end_line, span.end_column, edits),
    )


def _column_before(line: int, column: int, edits: Sequence[Edit]) -> int:
    """Give the column that a place had before the edits of its line."""
    for edit in sorted(edits, reverse=True):
        if edit.span.line != line:
            continue
        moved = _growth(line, edit.span.column, edits)
        starts = edit.span.column + moved
        ends = starts + len(edit.text)
        if column >= ends:
            return column - moved - len(edit.text) + edit.span.end_column - edit.span.column
        if column > starts:
            return min(column - moved, edit.span.end_column)
    return column


def _growth(line: int, column: int, edits: Sequence[Edit]) -> int:
    """Give by how much the edits before a column made a line longer."""
    return sum(
        len(edit.text) - (edit.span.end_column - edit.span.column)
        for edit in edits
        if edit.span.line == line and edit.span.column < column
    )
