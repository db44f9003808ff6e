"""What a story expected beside what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keepwarm.engine.playing import Happened, Played
from keepwarm.engine.timing import zone_named
from keepwarm.schema.stories import Expectation, Story, StoryTime

_WAIT: Final = "wait"
#: What is not asked for by `nothing else`: that somebody got in, waited and came out is no deed,
#: and of a task that changes hands no story can tell.
SILENT: Final = frozenset({"run", "stop", _WAIT, "split", "reassign"})


@dataclass(frozen=True, slots=True)
class Missed:
    """An expectation that did not come true, or a deed that nobody expected."""

    #: None for what nobody expected.
    expected: Expectation | None
    #: What there was instead, as lines to read.
    instead: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Row:
    """What was expected beside what did happen; either may be missing."""

    expected: Expectation | None
    happened: Happened | None
    #: Whether this is as it should be; what nobody asked about always is.
    is_right: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a story came true."""

    story: Story
    played: Played
    missed: tuple[Missed, ...]
    #: Both sides beside each other, in order.
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.missed

    def timeline(self) -> tuple[str, ...]:
        """Give all that did happen, as lines to read; that it waited needs no telling."""
        happened = (each for each in self.played.happened if each.what != _WAIT)
        return tuple(told(each, self.played) for each in happened)


def judge_story(story: Story, played: Played) -> Verdict:
    """Hold what was expected against what came of it."""
    left = list(played.happened)
    met: dict[int, Happened] = {}
    missed: list[Missed] = []
    for number, expected in enumerate(story.expect):
        found = next((h for h in left if _is(expected, h, played)), None)
        if expected.never:
            if found is not None:
                missed.append(Missed(expected, (told(found, played),), expected.place.span.line))
        elif found is None:
            instead = _near(expected, left, played)
            missed.append(Missed(expected, instead, expected.place.span.line))
        else:
            left.remove(found)
            met[number] = found
    unasked = [h for h in left if h.what not in SILENT and not h.refused]
    if story.nothing_else:
        line = story.place.span.line
        missed += [Missed(None, (told(other, played),), line) for other in unasked]
    too_much = unasked if story.nothing_else else []
    return Verdict(story, played, tuple(missed), _rows(story, played, met, too_much))


def _rows(
    story: Story, played: Played, met: dict[int, Happened], too_much: Sequence[Happened]
) -> tuple[Row, ...]:
    """Put each expectation beside what met it, or beside the like that came otherwise."""
    free = [h for h in played.happened if not any(h is found for found in met.values())]
    beside: dict[int, Row] = {}
    alone: list[Row] = []
    for number, expected in enumerate(story.expect):
        found = met.get(number)
        is_right = found is not None
        if found is None:
            found = next((h for h in free if _names(expected, h)), None)
            free = [h for h in free if h is not found]
            is_right = expected.never and (found is None or not _is(expected, found, played))
        if expected.never and is_right:
            continue  # that nothing came is nothing to show
        row = Row(expected, found, is_right)
        if found is None:
            alone.append(row)
        else:
            beside[id(found)] = row
    for happened in played.happened:
        if happened.what != _WAIT:
            is_right = not any(happened is other for other in too_much)
            beside.setdefault(id(happened), Row(None, happened, is_right))
    return (*(beside[id(h)] for h in played.happened if id(h) in beside), *alone)


def _is(expected: Expectation, happened: Happened, played: Played) -> bool:
    # A message that a gate refused is what `never` says of it, and no message otherwise.
    if happened.refused and not (expected.never and expected.because):
        return False
    if expected.never and expected.because and happened.refused:
        return _names(expected, happened) and expected.because not in (happened.because or "")
    if expected.at is not None and story_time(happened.at, played) != expected.at:
        return False
    if expected.because is not None and expected.because not in (happened.because or ""):
        return False
    if expected.assignee is not None and expected.assignee != happened.assignee:
        return False
    return _names(expected, happened)


def _names(expected: Expectation, happened: Happened) -> bool:
    if expected.what != happened.what:
        return False
    if expected.values:
        return all(happened.values.get(name) == text for name, text in expected.values.items())
    return not expected.thing or expected.thing in happened.names


def _near(expected: Expectation, left: Sequence[Happened], played: Played) -> tuple[str, ...]:
    """Give when the same came at another time, or why it was refused or left out."""
    same = [h for h in (*left, *played.left_out) if _names(expected, h)]
    return tuple(told(each, played) for each in same)


def story_time(moment: datetime, played: Played) -> StoryTime:
    """Give a moment as stories tell it: the day, and the time on the customer's clock."""
    local = moment.astimezone(zone_named(played.zone))
    day = (local.date() - played.day_zero).days
    return StoryTime(day, local.time().replace(second=0, microsecond=0, fold=0))


def told(happened: Happened, played: Played) -> str:
    """Tell one thing in a line: `day 3 10:00  email billing/second-reminder`."""
    thing = happened.names[0] if happened.names else ""
    if happened.values:
        thing = ", ".join(f"{name}={value}" for name, value in happened.values.items())
    for_whom = f", for {happened.assignee}" if happened.assignee else ""
    why = f"  ({happened.because})" if happened.because else ""
    is_task = happened.what == "task"
    kept = ("not opened: " if is_task else "not sent: ") if happened.refused else ""
    time = str(story_time(happened.at, played))
    return f"{time}  {kept}{happened.what} {thing}{for_whom}{why}"
