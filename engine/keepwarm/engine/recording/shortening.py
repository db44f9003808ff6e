"""Shortening a story: whatever changes nothing that comes of it is left out."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Final

from keepwarm.engine.plan import Plan
from keepwarm.engine.playing import play
from keepwarm.engine.story_verdicts import story_time
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.hours import Weekday
from keepwarm.schema.stories import Story, StoryLine, StoryTime

#: How often a story is played to find out what of it matters.
_MOST_PLAYS: Final = 500


def shortened(story: Story, plan: Plan, catalog: Catalog, until: StoryTime) -> Story:
    """Give the story without the lines that change nothing by its end.

    First many lines are left out at once, then fewer, the oldest first. The weekday goes where it
    does not matter.
    """

    def came(lines: tuple[StoryLine, ...]) -> Hashable:
        return _what_came(replace(story, story=lines), plan, catalog, until)

    lines = story.story
    wanted, plays, size = came(lines), 0, len(lines)
    while size >= 1 and plays < _MOST_PLAYS:
        start = 0
        while start < len(lines) and plays < _MOST_PLAYS:
            fewer = lines[:start] + lines[start + size :]
            plays += 1
            if came(fewer) == wanted:
                lines = fewer
            else:
                start += size
        size //= 2
    story = replace(story, story=lines)
    anyday = replace(story, starts_on=None)
    is_same = _what_came(anyday, plan, catalog, until) == wanted
    return anyday if is_same and isinstance(story.starts_on, Weekday) else story


def _what_came(story: Story, plan: Plan, catalog: Catalog, until: StoryTime) -> Hashable:
    played = play(plan, catalog, story)
    told = ((story_time(each.at, played), each) for each in played.happened)
    return tuple(
        (at, each.what, each.names, tuple(each.values.items()), each.because, each.refused)
        for at, each in told
        if at <= until
    )
