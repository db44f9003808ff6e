"""Marketing without a topic: the customer could not switch it off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepwarm.schema.playbook import Playbook, SendStep, Step, SurveyStep
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.rule import Doubt, Finding, Rule, about
from keepwarm.schema.walking import every_step
from keepwarm.schema.words import Kind
from keepwarm.schema.workspace import Workspace
from keepwarm.schema.yaml_reading.faults import SHAPE_RULES


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        step = next((s for s in every_step(playbook.steps) if _lacks_a_topic(s, playbook)), None)
        if step is not None:
            topics = ", ".join(sorted(workspace.catalog.topics)) or "declare them in the catalog"
            yield Finding(
                step.common.place,
                "this is marketing, and no topic says what the customer may switch off",
                f'write "topic" at the top of the playbook ({topics}), or "kind: transactional" if '
                "it is a service message",
                doubted_by=_unread_topic(step, playbook, workspace),
            )


def _lacks_a_topic(step: Step, playbook: Playbook) -> bool:
    match step:
        case SendStep(kind=kind, topic=topic):
            is_marketing = (kind or playbook.kind) is Kind.MARKETING
            return is_marketing and (topic or playbook.topic) is None
        case SurveyStep():
            return playbook.kind is Kind.MARKETING and playbook.topic is None
        case _:
            return False


def _unread_topic(step: Step, playbook: Playbook, workspace: Workspace) -> Doubt:
    """Doubt where the playbook or the step names a topic that there is not, or a line is lost."""
    lines = workspace.sources[playbook.place.file].split("\n")
    is_said = about("topic", "kind")
    starts = [each.common.place.span.line for each in every_step(playbook.steps)]
    own = step.common.place.span
    # A line that is lost is no part of its step any more.
    following = min((line for line in starts if line > own.line), default=len(lines) + 1)

    def doubts(problem: Problem) -> bool:
        line = problem.span.line
        is_theirs = line < starts[0] or own.line <= line < following
        is_lost = problem.rule in SHAPE_RULES and _SAYS_IT.match(lines[line - 1])
        return is_theirs and bool(problem.rule == "no-topic" or is_said(problem) or is_lost)

    return doubts


_SAYS_IT = re.compile(r"\s*(?:- )?(?:topic|kind)\b")
MARKETING_TOPIC = Rule(
    "marketing-topic",
    "A marketing message has no topic, neither of its own nor of its playbook.",
    _find,
)
