"""The stories of the shipped playbooks, played."""

from __future__ import annotations

import pytest

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.playing import play
from keepwarm.engine.story_verdicts import judge_story
from keepwarm.schema.stories import Story
from tests.playbooks.shipped import checked

WORKSPACE = checked().workspace
STORIES = [(name, story) for name, stories in WORKSPACE.stories.items() for story in stories.tests]


@pytest.mark.parametrize(
    ("playbook", "story"), STORIES, ids=[f"{name}: {story.name}" for name, story in STORIES]
)
def test_it_comes_true(playbook: str, story: Story) -> None:
    plan = compile_plan(WORKSPACE.playbooks[playbook], WORKSPACE.catalog, WORKSPACE.policies)
    verdict = judge_story(story, play(plan, WORKSPACE.catalog, story))
    assert verdict.passed, [*map(str, verdict.missed), *verdict.timeline()]


@pytest.mark.parametrize("playbook", WORKSPACE.playbooks)
def test_every_playbook_has_at_least_three_stories(playbook: str) -> None:
    assert 3 <= len(WORKSPACE.stories[playbook].tests) <= 8
