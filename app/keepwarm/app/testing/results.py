"""Playing the stories of a folder, and holding each against what it expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.coverage import Way, ways_through
from keepwarm.engine.plan import Plan
from keepwarm.engine.playing import play
from keepwarm.engine.story_verdicts import Verdict, judge_story
from keepwarm.schema.stories import Stories
from keepwarm.schema.workspace import Workspace


@dataclass(frozen=True)
class Tested:
    """How the stories of one playbook went."""

    stories: Stories
    plan: Plan
    verdicts: Sequence[Verdict]
    #: Whether all of the playbook's stories were played: only then is it known what none took.
    is_whole: bool

    @property
    def failed(self) -> int:
        """How many stories did not come true."""
        return sum(not verdict.passed for verdict in self.verdicts)

    @cached_property
    def ways(self) -> Sequence[Way]:
        """Every way through the playbook."""
        return ways_through(self.plan)

    @cached_property
    def ways_not_taken(self) -> Sequence[Way]:
        """The ways that no story took; none are known where only some of them were played."""
        if not self.is_whole:
            return ()
        taken = {way for verdict in self.verdicts for way in verdict.played.ways}
        return [way for way in self.ways if (way.step, way.way) not in taken]


def play_stories(workspace: Workspace, stories: Stories, named: str = "") -> Tested:
    """Play the stories of one playbook, or those of them whose names have these words."""
    playbook = workspace.playbooks[stories.tests_for]
    plan = compile_plan(playbook, workspace.catalog, workspace.policies)
    chosen = [story for story in stories.tests if named.lower() in story.name.lower()]
    verdicts = [judge_story(story, play(plan, workspace.catalog, story)) for story in chosen]
    return Tested(stories, plan, verdicts, is_whole=len(chosen) == len(stories.tests))
