"""Which changed line makes a customer's life another one: the one where the two lives part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final

from keepwarm.engine.canonical import Aspect
from keepwarm.engine.gates import Gate
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.getting import KIND, Got
from keepwarm.engine.proposing.outcomes import Outcomes, outcomes_of
from keepwarm.engine.replay.lived import Decided, Lived, Noted
from keepwarm.engine.run import Check, Deed

#: Deeds at the beginning of a run: who gets in.
_ENTRY: Final = frozenset({Deed.ENTERED, Deed.TURNED_AWAY, Deed.HELD_OUT})
#: Sections that decide who gets in and when a run ends.
_SETTINGS: Final = ("playbook", "segment ", "metric ", "score ", "attribute ", "catalog")
_ENDS: Final = frozenset({Deed.GOAL_REACHED, Deed.STOPPED})
#: Gate -> the classes and the words of the lines that it goes by.
_BY_GATE: Final = {
    Gate.CAP: ((Aspect.PERMISSION,), ("at_most", " per ")),
    Gate.QUIET_HOURS: ((Aspect.TIMING,), ("quiet_hours",)),
    Gate.CONSENT: ((Aspect.PERMISSION,), ("kind", "topic", "needs")),
    Gate.TOPIC: ((Aspect.PERMISSION,), ("kind", "topic", "needs")),
    Gate.EXPIRY: ((Aspect.TIMING,), ("expires",)),
}


@dataclass(frozen=True, slots=True)
class _Moment:
    """One thing that happened in a life, as far as two lives can be told apart by it."""

    at: datetime
    what: str
    #: Path of the step; None for what concerns the run as a whole.
    step: str | None
    deed: Deed | None
    gate: Gate | None
    checks: tuple[Check, ...]


def blamed(
    changes: Sequence[LineChange],
    live: tuple[Lived, Plan, Sequence[Got]],
    new: tuple[Lived, Plan, Sequence[Got]],
) -> tuple[int, ...]:
    """Give the changed lines (by their number) that make a difference in a life.

    Those at which the two lives part; and those of steps that both lives came to, but to another
    end. Several may be so where nothing tells them apart, such as two conditions of one list.
    """
    found = set(_at_parting(changes, live, new))
    if found and not (live[2] and new[2]):
        return tuple(sorted(found))  # one life is empty: there is nothing to hold against another
    old, now = outcomes_of(*live), outcomes_of(*new)
    for number, change in enumerate(changes):
        if change.section == "steps" and _came_out_otherwise(change, old, now):
            found.add(number)
    found.update(_of_things(changes, live[2], new[2]))
    return tuple(sorted(found))


def _came_out_otherwise(change: LineChange, old: Outcomes, new: Outcomes) -> bool:
    before = old.get(change.old.step or "", []) if change.old else []
    after = new.get(change.new.step or "", []) if change.new else []
    if change.old is None:
        # A line that is new in a step that was there before is held against what it was.
        before = old.get(change.new.step or "", []) if change.within and change.new else []
        return bool(after) and (not change.within or (bool(before) and before != after))
    if change.new is None:
        return bool(before) and not change.within
    return bool(before) and bool(after) and before != after


def _at_parting(
    changes: Sequence[LineChange],
    live: tuple[Lived, Plan, Sequence[Got]],
    new: tuple[Lived, Plan, Sequence[Got]],
) -> tuple[int, ...]:
    partings = list(_parting(live[0], live[1], new[0], new[1]))
    holdout = tuple(n for n, each in enumerate(changes) if each.line.key == "holdout")
    if holdout and any(moment.deed is Deed.HELD_OUT for moment, _ in partings):
        return holdout
    for moment, is_new in partings:
        if found := _at_step(changes, moment, is_new=is_new) or _at_large(changes, moment):
            return found
    return ()


def _parting(
    live: Lived, live_plan: Plan, new: Lived, new_plan: Plan
) -> Iterator[tuple[_Moment, bool]]:
    """Give what happens first in one life and not in the other: of the new one, then the old."""
    ours, theirs = list(_moments(live, live_plan)), list(_moments(new, new_plan))
    for one, other in zip_longest(ours, theirs):
        if one is not None and other is not None and _key(one) == _key(other):
            continue
        # A choice that was taken otherwise says so by its checks: they come before what followed.
        if other is not None:
            yield other, True
        if one is not None:
            yield one, False
        return


def _key(moment: _Moment) -> tuple[datetime, str]:
    return moment.at, moment.what


def _moments(lived: Lived, plan: Plan) -> Iterator[_Moment]:
    for entry in lived.entries:
        match entry:
            case Decided() if entry.run.playbook == plan.playbook:
                for each in entry.course.decisions:
                    path = plan.steps[each.step].at.path if each.step > START else None
                    what = f"{each.deed} {_detail(each.detail)}"
                    if each.deed is not Deed.SKIPPED or each.checks:
                        yield _Moment(entry.at, what, path, each.deed, None, each.checks)
            case Noted() if entry.message.run.playbook == plan.playbook:
                message = entry.message.message
                path = plan.steps[message.step].at.path
                what = f"{entry.status} {message.channel} {message.template}"
                yield _Moment(entry.at, what, path, None, entry.gate, ())
            case _:
                pass


def _detail(detail: str) -> str:
    # An arm without a name is known by its line, which moves when a comment is written above it.
    return "" if detail.startswith("line ") else detail


def _at_step(changes: Sequence[LineChange], moment: _Moment, *, is_new: bool) -> tuple[int, ...]:
    """Give the lines of the step at which lives part; those that a check asked, if any did."""
    if moment.step is None:
        return ()
    lines = [
        (number, line)
        for number, change in enumerate(changes)
        if (line := change.new if is_new else change.old) is not None and line.step == moment.step
    ]
    asked = {check.line for check in moment.checks}
    checked = [n for n, line in lines if line.place and line.place.span.line in asked]
    return tuple(checked or (number for number, _ in lines))


def _at_large(changes: Sequence[LineChange], moment: _Moment) -> tuple[int, ...]:
    """Give the lines above the steps that decide such a thing."""
    if moment.gate in _BY_GATE:
        aspects, words = _BY_GATE[moment.gate]
        return tuple(
            number
            for number, each in enumerate(changes)
            if each.aspect in aspects and any(word in each.line.says for word in words)
        )
    if moment.deed in _ENDS:
        return _of_settings(changes, (Aspect.PATH,))
    if moment.deed in _ENTRY:
        return _of_entry(changes, moment)
    return ()


def _of_entry(changes: Sequence[LineChange], moment: _Moment) -> tuple[int, ...]:
    found = _of_settings(changes, (Aspect.AUDIENCE, Aspect.TIMING))
    found += tuple(n for n, each in enumerate(changes) if each.line.key == "status")
    asked = {check.line for check in moment.checks if not check.held}
    exact = [
        n
        for n in found
        if (place := changes[n].line.place) is not None and place.span.line in asked
    ]
    return tuple(exact) or found


def _of_settings(changes: Sequence[LineChange], aspects: tuple[Aspect, ...]) -> tuple[int, ...]:
    return tuple(
        number
        for number, each in enumerate(changes)
        if each.aspect in aspects and each.section.startswith(_SETTINGS)
    )


def _of_things(
    changes: Sequence[LineChange], live: Sequence[Got], new: Sequence[Got]
) -> tuple[int, ...]:
    """Give the lines of words and offers that both lives have, in another form."""
    marks: dict[str, set[str]] = {}
    for each in live:
        for name in _names(each):
            marks.setdefault(name, set()).add(each.mark)
    other = [
        each
        for each in new
        if any(name in marks and each.mark not in marks[name] for name in _names(each))
    ]
    sections = {section for each in other for section in each.made_of}
    return tuple(
        number
        for number, each in enumerate(changes)
        # What an offer costs us, its customers cannot tell.
        if (each.section in sections and each.line.key != "costs")
        or (KIND in sections and each.line.key == KIND)
    )


def _names(got: Got) -> Iterator[str]:
    """Give what a thing may be known by: an offer is the same one if it lasts longer."""
    yield got.what
    yield from (section for section in got.made_of if section.startswith("offer "))
