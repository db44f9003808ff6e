"""Laying steps out: from the tree as written to one row, each step knowing its successor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Final, assert_never

from keepwarm.engine.expanding import expand_segments
from keepwarm.engine.facts import Value, moment_text
from keepwarm.engine.plan import (
    END,
    AddPoints,
    At,
    Branch,
    CallWebhook,
    Label,
    MakeOffer,
    Notify,
    OpenTask,
    Pause,
    PlanStep,
    Send,
    SetFacts,
    Split,
    StartOther,
    Stop,
    Way,
)
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.phrases import Wait, WaitUntilDone, WaitUntilEvent
from keepwarm.schema.playbook import (
    ChooseStep,
    NotifyStep,
    OfferStep,
    OncePerProperty,
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
    WhenEvent,
)
from keepwarm.schema.words import Delivery

#: Kinds whose values can be equal to those of another kind.
_KINDS_ALIKE: Final = {FactKind.CHOICE: FactKind.TEXT}


def lay_out(playbook: Playbook, catalog: Catalog) -> tuple[PlanStep, ...]:
    """Give the playbook's steps in the order of the file, with successors by index."""
    paths = [path for path, _ in _walk(playbook.steps, "steps")]
    layout = _Layout(playbook, catalog, {path: index for index, path in enumerate(paths)})
    laid = layout.laid(playbook.steps, "steps", END)
    return tuple(laid[path] for path in paths)


def _branches(step: Step, path: str) -> list[tuple[str, tuple[Step, ...]]]:
    """Give the lists of steps inside a step, each with its path."""
    match step:
        case ChooseStep(arms=arms):
            return [(f"{path}/arm/{n}", arm.steps) for n, arm in enumerate(arms)]
        case SplitStep(portions=portions):
            return [(f"{path}/into/{n}", portion.steps) for n, portion in enumerate(portions)]
        case _:
            return []


def _walk(steps: tuple[Step, ...], path: str) -> Iterator[tuple[str, Step]]:
    """Give every step with its path, in the order of the file."""
    for number, step in enumerate(steps):
        own = f"{path}/{number}"
        yield own, step
        for inner, branch in _branches(step, own):
            yield from _walk(branch, inner)


class _Layout:
    """One playbook being laid out."""

    def __init__(self, playbook: Playbook, catalog: Catalog, index_of: dict[str, int]) -> None:
        self._playbook = playbook
        self._catalog = catalog
        self._index_of = index_of
        self._tasks = {
            step.common.name: self._index_of[path]
            for path, step in _walk(playbook.steps, "steps")
            if isinstance(step, TaskStep) and step.common.name
        }

    def laid(self, steps: tuple[Step, ...], path: str, then: int) -> dict[str, PlanStep]:
        """Lay out a list of steps that is followed by the step `then`."""
        laid: dict[str, PlanStep] = {}
        for number, step in enumerate(steps):
            own = f"{path}/{number}"
            following = self._first(f"{path}/{number + 1}", then)
            laid[own] = self._one(step, own, following)
            for inner, branch in _branches(step, own):
                laid |= self.laid(branch, inner, following)
        return laid

    def _first(self, path: str, otherwise: int) -> int:
        return self._index_of.get(path, otherwise)

    def _one(self, step: Step, path: str, then: int) -> PlanStep:
        common = step.common
        only_if = expand_segments(common.only_if, self._catalog)
        at = At(path, common.place, common.name, only_if, then)
        match step:
            case SendStep():
                return Send(at, tuple(self._way(s) for s in (step, *step.or_else)))
            case SurveyStep():
                return Send(at, (self._survey(step),))
            case NotifyStep():
                return Notify(at, step.channel, step.says)
            case WebhookStep():
                return CallWebhook(at, step.endpoint, self._url(step.endpoint), step.fields)
            case TaskStep():
                return self._task(at, step)
            case WaitStep():
                return self._pause(at, step)
            case ChooseStep():
                return self._branch(at, step, path)
            case SplitStep():
                return self._split(at, step, path)
            case UpdateStep():
                return SetFacts(at, tuple((k, self._typed(k, v)) for k, v in step.values.items()))
            case TagStep():
                return Label(at, step.attribute, step.tag, step.remove)
            case OfferStep():
                return MakeOffer(at, self._catalog.offers[step.offer], step.expires)
            case PointsStep():
                return AddPoints(at, step.points)
            case StartPlaybookStep():
                return StartOther(at, step.playbook)
            case StopStep():
                return Stop(at, step.reason)
            case _:
                assert_never(step)

    def _way(self, step: SendStep) -> Way:
        kind = step.kind or self._playbook.kind
        topic = step.topic or self._playbook.topic
        return Way(step.channel, step.template, kind, topic, step.expires, step.delivery)

    def _survey(self, step: SurveyStep) -> Way:
        kind, topic = self._playbook.kind, self._playbook.topic
        once = Delivery.AT_MOST_ONCE
        return Way(step.channel, step.template, kind, topic, None, once, survey=step.survey)

    def _url(self, endpoint: str) -> str:
        known = self._catalog.endpoints.get(endpoint)
        return known.url if known else endpoint

    def _task(self, at: At, step: TaskStep) -> OpenTask:
        outcomes = self._catalog.outcomes.get(step.common.name or "", ())
        late = step.if_late
        return OpenTask(at, step.title, step.assignee, step.due, late, step.details, outcomes)

    def _pause(self, at: At, step: WaitStep) -> Pause:
        wait = step.wait
        task = self._tasks[wait.task] if isinstance(wait, WaitUntilDone) else None
        return Pause(at, wait, step.where, task, self._same(wait))

    def _same(self, wait: Wait) -> str | None:
        """Give what tells the runs of two carts apart, where the awaited event has it too."""
        match self._playbook.start, wait:
            case WhenEvent(event=first, once=OncePerProperty(key)), WaitUntilEvent(event=second):
                known = (self._catalog.events[name].properties.get(key) for name in (first, second))
                kinds = [each and _KINDS_ALIKE.get(each.kind, each.kind) for each in known]
                return key if kinds[0] is not None and kinds[0] == kinds[1] else None
            case _:
                return None

    def _branch(self, at: At, step: ChooseStep, path: str) -> Branch:
        arms = []
        for number, arm in enumerate(step.arms):
            condition = None if arm.when is None else expand_segments(arm.when, self._catalog)
            label = "otherwise" if arm.when is None else f"line {arm.place.span.line}"
            arms.append((condition, label, self._first(f"{path}/arm/{number}/0", at.then)))
        return Branch(at, tuple(arms))

    def _split(self, at: At, step: SplitStep, path: str) -> Split:
        ends = accumulate(portion.share for portion in step.portions)
        arms = tuple(
            (
                Decimal(end),
                portion.name or f"line {portion.place.span.line}",
                self._first(f"{path}/into/{number}/0", at.then),
            )
            for number, (portion, end) in enumerate(zip(step.portions, ends, strict=True))
        )
        return Split(at, step.experiment, arms)

    def _typed(self, name: str, text: str) -> Value:
        return typed(self._catalog.attributes[name], text, self._catalog.timezone)


def typed(attribute: Attribute, text: str, zone: str) -> Value:
    """Give a text of a playbook as a value of the attribute's kind; `check` saw that it fits.

    A moment that names no zone is on the clock of this one.
    """
    match attribute.kind:
        case FactKind.NUMBER:
            number = Decimal(text)
            return int(number) if number == number.to_integral_value() else float(number)
        case FactKind.TRUTH:
            return text == "yes"
        case FactKind.TAGS:
            return [part.strip() for part in text.split(",") if part.strip()]
        case FactKind.MOMENT:
            return moment_text(_moment(text, zone))
        case _:
            return text


def _moment(text: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return moment
    return local_moment(moment.date(), moment.time(), zone_named(zone))
