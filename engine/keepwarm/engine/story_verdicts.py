"""What a story expected beside what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keepwarm.engine.playing import Happened, Played
from keepwarm.engine.timing import zone_named
from keepwarm.schema.stories import Expectation, Story, StoryTime

#: What is not asked for by `nothing else`: that somebody got in and came out is no deed.
_SILENT = frozenset({"run", "stop"})


@dataclass(frozen=True, slots=True)
class Missed:
    """An expectation that did not come true, or a deed that nobody expected."""

    #: None for what nobody expected.
    expected: Expectation | None
    #: What there was instead, as lines to read.
    instead: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a story came true."""

    story: Story
    played: Played
    missed: tuple[Missed, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.missed

    def timeline(self) -> tuple[str, ...]:
        """Give all that did happen, as lines to read."""
        return tuple(told(each, self.played) for each in self.played.happened)


def judge_story(story: Story, played: Played) -> Verdict:
    """Hold what was expected against what came of it."""
    left = list(played.happened)
    missed: list[Missed] = []
    for expected in story.expect:
        found = next((h for h in left if _is(expected, h, played)), None)
        if expected.never:
            if found is not None:
                missed.append(Missed(expected, (told(found, played),), expected.place.span.line))
        elif found is None:
            instead = _near(expected, left, played)
            missed.append(Missed(expected, instead, expected.place.span.line))
        else:
            left.remove(found)
    if story.nothing_else:
        unasked = (h for h in left if h.what not in _SILENT and not h.refused)
        line = story.place.span.line
        missed += [Missed(None, (told(other, played),), line) for other in unasked]
    return Verdict(story, played, tuple(missed))


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
    """Give when the same came at another time, or why it was refused."""
    same = [h for h in left if _names(expected, h)]
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
    kept = "not sent: " if happened.refused else ""
    time = str(story_time(happened.at, played))
    return f"{time}  {kept}{happened.what} {thing}{for_whom}{why}"
