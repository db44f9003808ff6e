"""Marketing without a topic: the customer could not switch it off."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.playbook import Playbook, SendStep, Step, SurveyStep
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.rule import Doubt, Finding, Rule, about
from keepwarm.schema.walking import every_step
from keepwarm.schema.words import Kind
from keepwarm.schema.workspace import Workspace


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
                doubted_by=_unread_topic(step, playbook),
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


def _unread_topic(step: Step, playbook: Playbook) -> Doubt:
    """Doubt where the playbook or the step names a topic that there is not."""
    is_said = about("topic", "kind")
    first_step = playbook.steps[0].common.place.span.line
    own = step.common.place.span

    def doubts(problem: Problem) -> bool:
        line = problem.span.line
        is_theirs = line < first_step or own.line <= line <= own.end_line
        return is_theirs and (problem.rule == "no-topic" or is_said(problem))

    return doubts


MARKETING_TOPIC = Rule(
    "marketing-topic",
    "A marketing message has no topic, neither of its own nor of its playbook.",
    _find,
)
