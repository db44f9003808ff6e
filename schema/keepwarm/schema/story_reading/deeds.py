"""What a playbook may do at all: a story that waits for anything else waits in vain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from keepwarm.schema.condition_reading import decimal_text
from keepwarm.schema.faults import Faults
from keepwarm.schema.nodes import Node
from keepwarm.schema.playbook import (
    ChooseStep,
    NotifyStep,
    OfferStep,
    Playbook,
    PointsStep,
    SendStep,
    SplitStep,
    StartPlaybookStep,
    Step,
    StopStep,
    SurveyStep,
    TagStep,
    TaskStep,
    UpdateStep,
    WaitStep,
    WebhookStep,
)
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.walking import every_step

#: How a sentence says that a playbook never does a thing.
_SAID = {
    "email": "sends no e-mail",
    "sms": "sends no text message",
    "push": "sends no push message",
    "notify": "tells nothing to",
    "webhook": "posts nothing to",
    "task": "has no task",
    "wait": "has no wait",
    "split": "has no experiment",
    "update": "never writes",
    "tag": "never puts on the tag",
    "untag": "never takes off the tag",
    "offer": "makes no offer",
    "points": "never gives points of",
    "survey": "asks no survey",
    "start_playbook": "starts no playbook",
    "stop": "never stops with the reason",
}
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Deeds:
    """The deeds of one playbook: verb -> what may stand behind it."""

    by_verb: Mapping[str, frozenset[str]]
    #: Names of message steps, and their templates.
    messages: frozenset[str]
    #: Experiment -> the names of its arms, in the order of the file.
    arms: Mapping[str, tuple[str, ...]]

    def of(self, verb: str) -> frozenset[str]:
        """Give all that the playbook does under this verb."""
        return self.by_verb.get(verb, frozenset())

    def refuse(self, verb: str, said: str, where: Node, faults: Faults) -> None:
        """Note that the playbook never does this."""
        faults.add(
            "never-happens",
            where,
            f"the playbook {_SAID[verb]} {quoted(said)}",
            hint=self.hint(self.of(verb)),
            replacement=closest(said, self.of(verb)),
        )

    def hint(self, things: Collection[str]) -> str | None:
        """Say what there is instead."""
        some = sorted(things)
        more = ", …" if len(some) > _MOST_LISTED else ""
        return f"there are: {', '.join(some[:_MOST_LISTED])}{more}" if some else None


def deeds_of(playbook: Playbook) -> Deeds:
    """Gather what a playbook may do."""
    by_verb: dict[str, set[str]] = {}
    messages: set[str] = set()
    arms: dict[str, tuple[str, ...]] = {}
    for step in every_step(playbook.steps):
        for verb, thing in _deeds(step):
            by_verb.setdefault(verb, set()).add(thing)
        if isinstance(step, SendStep | SurveyStep):
            messages |= {thing for _, thing in _deeds(step)}
            messages |= {step.common.name} if step.common.name else set()
        if isinstance(step, SplitStep):
            arms[step.experiment] = tuple(each.name for each in step.portions if each.name)
    frozen = {verb: frozenset(things) for verb, things in by_verb.items()}
    return Deeds(frozen, frozenset(messages), arms)


def _deeds(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case SendStep():
            yield from ((each.channel, each.template) for each in (step, *step.or_else))
        case SurveyStep():
            yield from ((step.channel, step.template), ("survey", step.survey))
        case NotifyStep(channel=channel):
            yield "notify", channel
        case WebhookStep(endpoint=endpoint):
            yield "webhook", endpoint
        case TaskStep():
            yield from _of_task(step)
        case WaitStep(wait=wait):
            yield from (("wait", name) for name in (step.common.name, str(wait)) if name)
        case SplitStep(experiment=experiment):
            yield "split", experiment
        case UpdateStep(values=values):
            yield from (("update", name) for name in values)
        case TagStep(tag=tag, remove=remove):
            yield ("untag" if remove else "tag"), tag
        case OfferStep(offer=offer):
            yield "offer", offer
        case PointsStep(points=points):
            yield "points", decimal_text(points)
        case StartPlaybookStep(playbook=playbook):
            yield "start_playbook", playbook
        case StopStep(reason=reason):
            yield "stop", reason
        case ChooseStep():
            pass
        case _:
            assert_never(step)


def _of_task(step: TaskStep) -> Iterator[tuple[str, str]]:
    yield "task", step.title
    if step.common.name:
        yield "task", step.common.name
    yield from (("notify", channel) for channel in step.if_late.notify)
    if step.if_late.start_playbook:
        yield "start_playbook", step.if_late.start_playbook
