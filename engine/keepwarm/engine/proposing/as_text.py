"""A proposal for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol

from keepwarm.engine.proposing.changes import Fate, PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.effect_sentences import (
    LIMITS,
    also_touched,
    at_lines,
    at_shared_lines,
    collisions,
    example_said,
    in_playbook,
    replayed_said,
    volumes,
    worst_said,
)
from keepwarm.engine.proposing.effects import Effects
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.engine.proposing.sentences import (
    MARKS,
    UNBOUND_HEAD,
    apply_said,
    approval_said,
    base_said,
    change_mark,
    change_said,
    cut,
    head_said,
    inside_said,
    name_said,
    needs_words,
    own_changes,
    place_said,
    shared_by,
    standing_said,
    summary,
    worst_way_said,
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
        lines += _lines(list(shared), colours, shared, _at_shared(proposal, shared))
    if proposal.unbound:
        lines += ["", UNBOUND_HEAD, *_lines(proposal.unbound, colours, {}, {})]
    for change in proposal.changes:
        if needs_words(change, shared):
            lines += ["", *_playbook(change, colours, shared, proposal.effects)]
    if proposal.effects is not None and proposal.is_felt:
        lines += ["", *_in_all(proposal, proposal.effects)]
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
    if count := len(proposal.unbound):
        aspects = ", ".join(dict.fromkeys(each.aspect for each in proposal.unbound))
        plural = "" if count == 1 else "s"
        lines.append(
            colours.mark("~", "~ catalog and policies") + f"  {count} line{plural}: {aspects}"
        )
    return "\n".join(lines)


def _playbook(
    change: PlaybookChange,
    colours: Colours,
    shared: Mapping[LineChange, list[str]],
    effects: Effects | None,
) -> Iterator[str]:
    mark = MARKS[change.fate]
    yield (
        colours.mark(mark, f"{mark} {change.playbook}") + f"  ({change.title}) {head_said(change)}"
    )
    if another := name_said(change):
        yield f"  {another}"
    own, above = own_changes(change, shared)
    touched = {} if effects is None else at_lines(effects, change)
    yield from _lines(own, colours, {}, touched)
    if above:
        yield f"  {above}"
    if worst := worst_way_said(change):
        yield f"  {worst}"
    if effects is not None:
        yield f"  {in_playbook(effects, change.playbook)}"
        yield from _examples(effects, change.playbook)
    if change.fate is not Fate.ADDED:
        yield f"  {inside_said(change)}"
        standing = cut(list(standing_said(change)), _MOST_STANDING, "places")
        yield from (f"    {line}" for line in standing)


def _lines(
    changes: Sequence[LineChange],
    colours: Colours,
    used_by: Mapping[LineChange, list[str]],
    touched: Mapping[LineChange, str],
) -> Iterator[str]:
    width = max((len(place_said(each)) for each in changes), default=0)
    for _, group in groupby(changes, key=lambda each: each.section):
        told = [[*_line(each, width, colours), *_under(each, used_by, touched)] for each in group]
        shown = told if len(told) <= _MOST_LINES else told[: _MOST_LINES - 1]
        yield from (f"  {line}" for lines in shown for line in lines)
        if more := len(told) - len(shown):
            yield f"  … and {more:,} more lines"


def _line(change: LineChange, width: int, colours: Colours) -> Iterator[str]:
    mark = change_mark(change)
    head = colours.mark(mark, f"{mark} {place_said(change):<{width}}") + f"  {change.aspect:<11}"
    said = change_said(change)
    if len(said) <= _LONGEST or change.old is None or change.new is None:
        yield f"{head}  {said}"
    else:
        yield head
        yield colours.mark("-", f"    - {change.old.says}")
        yield colours.mark("+", f"    + {change.new.says}")


def _under(
    change: LineChange, used_by: Mapping[LineChange, list[str]], touched: Mapping[LineChange, str]
) -> Iterator[str]:
    if names := used_by.get(change):
        yield f"    for {', '.join(names)}"
    if said := touched.get(change):
        yield f"    {said}"


def _examples(effects: Effects, playbook: str) -> Iterator[str]:
    for example in effects.examples_of(playbook):
        head, live, new = example_said(example)
        yield f"    for example {head}"
        yield f"      live  {live}"
        yield f"      new   {new}"


def _in_all(proposal: Proposal, effects: Effects) -> Iterator[str]:
    yield replayed_said(effects)
    table = [
        ("", "live", "new"),
        *(
            (each.what, each.live, each.new)
            for each in volumes(effects, proposal.prices_before, proposal.prices)
        ),
    ]
    wide = [max(len(row[column]) for row in table) for column in range(2)]
    if len(table) > 1:
        yield from (f"  {a:<{wide[0]}}  {b:<{wide[1]}}  {c}" for a, b, c in table)
    yield from (f"  {each}" for each in also_touched(effects, proposal.changes))
    yield from (f"  {each}" for each in collisions(effects))
    yield f"  {worst_said(effects)}"
    yield f"  {LIMITS}"


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


def _at_shared(proposal: Proposal, shared: Mapping[LineChange, list[str]]) -> dict[LineChange, str]:
    if proposal.effects is None:
        return {}
    return at_shared_lines(proposal.effects, proposal.changes, shared)
