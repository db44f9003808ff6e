"""Consent that must be confirmed, and nobody who asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.playbook import Playbook, SendStep, Step, SurveyStep, WhenEvent
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.walking import every_step
from keepwarm.schema.words import Channel, Kind
from keepwarm.schema.workspace import Workspace

_ASKS = "confirmation_wanted"


def _find(workspace: Workspace) -> Iterator[Finding]:
    starts = (each.start for each in workspace.playbooks.values())
    if any(isinstance(start, WhenEvent) and start.event == _ASKS for start in starts):
        return
    for playbook in workspace.playbooks.values():
        for step in every_step(playbook.steps):
            channel = _needs_confirmation(step, playbook, workspace)
            if channel is not None:
                yield Finding(
                    step.common.place,
                    f"consent to this {channel} must be confirmed, and no playbook asks for it",
                    f"let a transactional playbook start with  event: {_ASKS}  and send"
                    " {{ confirm_url }}",
                    doubted_by=_in_a_start,
                )
                break


def _needs_confirmation(step: Step, playbook: Playbook, workspace: Workspace) -> Channel | None:
    """Give the channel of a marketing message that goes to nobody who did not confirm it."""
    match step:
        case SendStep(kind=kind, topic=topic, channel=channel):
            is_marketing = (kind or playbook.kind) is Kind.MARKETING
            about = topic or playbook.topic
        case SurveyStep(channel=channel):
            is_marketing, about = playbook.kind is Kind.MARKETING, playbook.topic
        case _:
            return None
    return channel if is_marketing and channel in workspace.catalog.confirmed_for(about) else None


def _in_a_start(problem: Problem) -> bool:
    """Doubt where a playbook was not read: it may be the one that asks."""
    return "/" not in problem.file


NOBODY_ASKS = Rule(
    "nobody-asks",
    "A message needs a consent that was confirmed, and no playbook asks customers to confirm.",
    _find,
)
