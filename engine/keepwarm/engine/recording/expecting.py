"""What came of a story, as what is expected of it from now on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from keepwarm.engine.playing import Happened, Played
from keepwarm.engine.recording.past import Past
from keepwarm.engine.story_verdicts import SILENT, story_time
from keepwarm.schema.stories import Expectation, Story, StoryTime

#: Of how a run went, only the end is expected: that it began is seen from the rest.
_ENDS = frozenset({"finished", "stopped", "turned away"})


def with_expectations(story: Story, played: Played, past: Past) -> Story:
    """Give the story with what came of it, up to the moment at which it was recorded."""
    until = past.told(past.until)
    came = [each for each in played.happened if story_time(each.at, played) <= until]
    expected = [*_came(came, played, past), *_kept_back(came, past)]
    if not expected:
        expected = [*_entered(came, played, past)]
    is_all = past.is_over and len(came) == len(played.happened)
    return replace(story, expect=tuple(expected), nothing_else=is_all)


def _came(came: list[Happened], played: Played, past: Past) -> Iterator[Expectation]:
    for each in came:
        at = story_time(each.at, played)
        if each.refused or (each.what in SILENT and not _is_end(each)):
            continue
        yield _expectation(each, at, past)


def _entered(came: list[Happened], played: Played, past: Past) -> Iterator[Expectation]:
    """Give that somebody got in, for a run that has done nothing yet."""
    for each in came:
        if each.what == "run":
            yield _expectation(each, story_time(each.at, played), past)


def _is_end(happened: Happened) -> bool:
    return happened.what == "stop" or (happened.what == "run" and happened.names[0] in _ENDS)


def _expectation(happened: Happened, at: StoryTime, past: Past) -> Expectation:
    values = dict(happened.values) if happened.what == "update" else {}
    thing = "" if values else _called(happened)
    assignee = happened.assignee if happened.what == "task" else None
    return Expectation(happened.what, thing, past.plan.place, at, assignee, values)


def _called(happened: Happened) -> str:
    """Give what a story calls a deed: the channel of a notice, the name of anything else."""
    if happened.what == "notify":
        return next((n for n in happened.names if n.startswith("#")), happened.names[-1])
    return happened.names[0]


def _kept_back(came: list[Happened], past: Past) -> Iterator[Expectation]:
    """Give the messages that were refused, each with its reason, unless they came another time."""
    sent = {(each.what, _called(each)) for each in came if each.names and not each.refused}
    for each in came:
        if each.refused and (each.what, _called(each)) not in sent:
            what, name = each.what, _called(each)
            sent.add((what, name))
            yield Expectation(what, name, past.plan.place, because=each.because, never=True)
