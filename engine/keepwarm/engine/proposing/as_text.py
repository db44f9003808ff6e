"""A proposal for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol

from keepwarm.engine.proposing.changes import Fate, PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.engine.proposing.sentences import (
    MARKS,
    apply_said,
    approval_said,
    base_said,
    change_mark,
    change_said,
    cut,
    head_said,
    inside_said,
    needs_words,
    own_changes,
    place_said,
    shared_by,
    standing_said,
    summary,
)

#: A redesigned mail has hundreds of other lines; a file's first ones show what it is about.
_MOST_LINES: Final = 8
_MOST_STANDING: Final = 6
_MOST_REASONS: Final = 5
#: A longer change is shown on two lines, the old above the new.
_LONGEST: Final = 90


class Colours(Protocol):
    """What colours a mark."""

    def mark(self, sign: str, text: str) -> str:
        """Give the text in the colour of the sign `+`, `~` or `-`."""


def as_text(proposal: Proposal, colours: Colours) -> str:
    """Give a proposal as a person reads it in a terminal."""
    lines = [f"Plan {proposal.id}: {base_said(proposal)}"]
    shared = shared_by(proposal)
    if shared:
        lines += ["", "What several playbooks use:"]
        lines += _lines(list(shared), colours, shared)
    for change in proposal.changes:
        if needs_words(change, shared):
            lines += ["", *_playbook(change, colours, shared)]
    lines += ["", *_end(proposal)]
    return "\n".join(lines)


def brief(proposal: Proposal, colours: Colours) -> str:
    """Give a proposal in a line for each playbook."""
    lines = []
    for change in proposal.changes:
        aspects = ", ".join(change.aspects)
        count = len(change.lines)
        what = f"{count} line{'' if count == 1 else 's'}: {aspects}" if count else head_said(change)
        inside = f"; {change.how_many_inside:,} inside" if change.how_many_inside else ""
        mark = MARKS[change.fate]
        lines.append(colours.mark(mark, f"{mark} {change.playbook}") + f"  {what}{inside}")
    return "\n".join(lines)


def _playbook(
    change: PlaybookChange, colours: Colours, shared: Mapping[LineChange, list[str]]
) -> Iterator[str]:
    mark = MARKS[change.fate]
    yield (
        colours.mark(mark, f"{mark} {change.playbook}") + f"  ({change.title}) {head_said(change)}"
    )
    own, above = own_changes(change, shared)
    yield from _lines(own, colours, {})
    if above:
        yield f"  {above}"
    if change.fate is not Fate.ADDED:
        yield f"  {inside_said(change)}"
        standing = cut(list(standing_said(change)), _MOST_STANDING, "places")
        yield from (f"    {line}" for line in standing)


def _lines(
    changes: Sequence[LineChange], colours: Colours, used_by: Mapping[LineChange, list[str]]
) -> Iterator[str]:
    width = max((len(place_said(each)) for each in changes), default=0)
    for _, group in groupby(changes, key=lambda each: each.section):
        told = [list(_line(each, width, colours, used_by)) for each in group]
        shown = told if len(told) <= _MOST_LINES else told[: _MOST_LINES - 1]
        yield from (f"  {line}" for lines in shown for line in lines)
        if more := len(told) - len(shown):
            yield f"  … and {more:,} more lines"


def _line(
    change: LineChange, width: int, colours: Colours, used_by: Mapping[LineChange, list[str]]
) -> Iterator[str]:
    mark = change_mark(change)
    head = colours.mark(mark, f"{mark} {place_said(change):<{width}}") + f"  {change.aspect:<11}"
    said = change_said(change)
    if len(said) <= _LONGEST or change.old is None or change.new is None:
        yield f"{head}  {said}"
    else:
        yield head
        yield colours.mark("-", f"    - {change.old.says}")
        yield colours.mark("+", f"    + {change.new.says}")
    if names := used_by.get(change):
        yield f"    for {', '.join(names)}"


def _end(proposal: Proposal) -> Iterator[str]:
    count = len(proposal.unchanged)
    same = f" {count} stay{'s' if count == 1 else ''} as {'it is' if count == 1 else 'they are'}."
    yield f"{summary(proposal)}{same if count and proposal.is_change else ''}"
    if proposal.approvals:
        yield "It needs a name for:"
        for each in proposal.approvals:
            yield f"  {approval_said(each)}"
            yield from (f"    {why}" for why in cut(each.because, _MOST_REASONS, "reasons"))
    if proposal.is_change:
        yield f"Apply with: {apply_said(proposal)}"
