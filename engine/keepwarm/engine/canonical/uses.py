"""What a playbook names outside its own file: facts, topics, offers, teams, templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from keepwarm.engine.canonical.conditions import tests_named
from keepwarm.schema.conditions import Condition, FactKind
from keepwarm.schema.playbook import (
    ChooseStep,
    NotifyStep,
    OfferStep,
    OnDate,
    OnSchedule,
    Playbook,
    SendStep,
    SplitStep,
    Start,
    Step,
    SurveyStep,
    TaskStep,
    UpdateStep,
    WebhookStep,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)
from keepwarm.schema.words import Channel


@dataclass(slots=True)
class Uses:
    """Names, gathered."""

    facts: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    offers: set[str] = field(default_factory=set)
    surveys: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)
    #: Named tasks, which may have outcomes.
    tasks: set[str] = field(default_factory=set)
    endpoints: set[str] = field(default_factory=set)
    #: (name, form) of each template that may be sent.
    templates: set[tuple[str, str]] = field(default_factory=set)
    channels: set[Channel] = field(default_factory=set)
    #: Whether quiet hours of its own replace those of the policies.
    has_quiet_hours: bool = False


def uses_of(playbook: Playbook) -> Uses:
    """Give what a playbook names."""
    uses = Uses(has_quiet_hours=playbook.respect.quiet_hours is not None)
    if playbook.topic:
        uses.topics.add(playbook.topic)
    conditions = [*_conditions(playbook)]
    for step in every_step(playbook.steps):
        conditions += _of_step(step)
        _note(step, uses)
    for condition in conditions:
        asked = tests_named(condition)
        uses.facts |= {test.fact for test in asked if test.kind is not FactKind.STEP}
    if isinstance(playbook.start, OnDate):
        uses.facts.add(playbook.start.attribute)
    return uses


def every_step(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Give every step, those inside branches and the other ways of a message too."""
    for step in steps:
        yield step
        match step:
            case ChooseStep(arms=arms):
                for arm in arms:
                    yield from every_step(arm.steps)
            case SplitStep(portions=portions):
                for portion in portions:
                    yield from every_step(portion.steps)
            case SendStep(or_else=others):
                yield from every_step(others)
            case _:
                pass


def _conditions(playbook: Playbook) -> Iterator[Condition]:
    yield playbook.only_if
    if playbook.stop_if_any is not None:
        yield playbook.stop_if_any
    yield from _of_start(playbook.start)


def _of_start(start: Start) -> Iterator[Condition]:
    match start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            yield condition
        case WhenBecomes(condition=condition):
            yield condition
        case WhenEvent() | WhenCalled():
            pass  # an event's `where` asks about the event's own properties
        case _:
            assert_never(start)


def _of_step(step: Step) -> Iterator[Condition]:
    yield step.common.only_if
    if isinstance(step, ChooseStep):
        yield from (arm.when for arm in step.arms if arm.when is not None)


def _note(step: Step, uses: Uses) -> None:
    match step:
        case SendStep(channel=channel, template=template, topic=topic):
            uses.channels.add(channel)
            uses.templates.add((template, _form(channel)))
            if topic:
                uses.topics.add(topic)
        case SurveyStep(survey=survey, channel=channel, template=template):
            uses.surveys.add(survey)
            uses.channels.add(channel)
            uses.templates.add((template, _form(channel)))
        case NotifyStep(says=says):
            uses.channels.add(Channel.CHAT)
            if says:
                uses.templates.add((says, "txt"))
        case WebhookStep(endpoint=endpoint):
            uses.channels.add(Channel.WEBHOOK)
            uses.endpoints.add(endpoint)
        case TaskStep(assignee=assignee, common=common, if_late=late):
            uses.teams |= {assignee, late.reassign or assignee}
            if common.name:
                uses.tasks.add(common.name)
            if late.notify:
                uses.channels.add(Channel.CHAT)
        case OfferStep(offer=offer):
            uses.offers.add(offer)
        case UpdateStep(values=values):
            uses.facts |= values.keys()
        case _:
            pass


def _form(channel: Channel) -> str:
    return "mjml" if channel is Channel.EMAIL else "txt"
