"""What happened in a life that was lived, one deed after the other, as people tell of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from keepwarm.engine.facts import Value
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import START, CallWebhook, Notify, Plan, Send
from keepwarm.engine.replay.lineup import Lineup, step_names
from keepwarm.engine.replay.lived import Decided, Lived, Noted
from keepwarm.engine.run import (
    Deed,
    Effect,
    FactsChanged,
    OfferMade,
    OtherStarted,
    PointsAdded,
    QueueMessage,
    TagChanged,
    TaskReassigned,
    TasksWithdrawn,
    TaskWanted,
)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that came of a life with playbooks."""

    at: datetime
    #: As in expectations of stories: a verb of a step, `goal` or `run`.
    what: str
    #: All that it may be called: a template, a step's name, a title.
    names: tuple[str, ...]
    line: int
    assignee: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    because: str | None = None
    #: Whether it was kept from happening: a message that a gate refused.
    refused: bool = False
    #: Whether it was put off: a message that a gate held.
    held: bool = False
    playbook: str = ""
    #: The step's place in the plan; START for the run as a whole.
    step: int = START


def happenings(lived: Lived, lineup: Lineup) -> Iterator[Happened]:
    """Give what happened, in order, each with its playbook and its line."""
    for entry in lived.entries:
        match entry:
            case Decided():
                plan = lineup.playbooks[lineup.places[entry.run.playbook]].plan
                yield from _decided(plan, entry)
            case Noted():
                plan = lineup.playbooks[lineup.places[entry.message.run.playbook]].plan
                yield _noted(plan, entry)


def _decided(plan: Plan, entry: Decided) -> Iterator[Happened]:
    for decision in entry.course.decisions:
        told = _of_run(decision.deed, decision.detail, is_of_run=decision.step == START)
        if told is not None:
            what, name, because = told
            yield Happened(
                entry.at,
                what,
                (name,),
                _line(plan, decision.step),
                because=because,
                playbook=plan.playbook,
                step=decision.step,
            )
    for effect in entry.course.effects:
        done = _of_effect(plan, entry.at, effect)
        if done is not None:
            yield done


def _of_run(deed: Deed, detail: str, *, is_of_run: bool) -> tuple[str, str, str | None] | None:
    """Give (what, its name, why) of what was decided of a run as a whole."""
    match deed:
        case Deed.ENTERED:
            return "run", "entered", None
        case Deed.HELD_OUT:
            return "run", "held out", detail
        case Deed.TURNED_AWAY:
            return "run", "turned away", detail
        case Deed.COMPLETED:
            return "run", "finished", None
        case Deed.GOAL_REACHED:
            return "goal", "reached", None
        case Deed.STOPPED:
            return ("run", "stopped", detail) if is_of_run else ("stop", detail, None)
        case _:
            return None


def _of_effect(plan: Plan, at: datetime, effect: Effect) -> Happened | None:
    told = Happened(at, "", (), _line(plan, effect.step), playbook=plan.playbook, step=effect.step)
    match effect:
        case TaskWanted(assignee=assignee):
            names = step_names(plan.steps[effect.step])
            return replace(told, what="task", names=names, assignee=assignee)
        case TaskReassigned(assignee=assignee):
            return replace(told, what="reassign", names=(assignee,))
        case FactsChanged(values=values):
            shown = {name: shown_value(value) for name, value in values}
            return replace(told, what="update", values=shown)
        case TagChanged(tag=tag, remove=remove):
            return replace(told, what="untag" if remove else "tag", names=(tag,))
        case OfferMade(offer=offer):
            return replace(told, what="offer", names=(offer,))
        case PointsAdded(points=points):
            return replace(told, what="points", names=(f"{points:f}",))
        case OtherStarted(playbook=playbook):
            return replace(told, what="start_playbook", names=(playbook,))
        case QueueMessage() | TasksWithdrawn():
            return None  # what came of a message is told when it comes
        case _:
            assert_never(effect)


def _noted(plan: Plan, entry: Noted) -> Happened:
    message = entry.message.message
    was_sent, was_held = entry.status is MessageStatus.SENT, entry.status is MessageStatus.HELD
    return Happened(
        entry.at,
        verb_of(plan, message),
        names_of(plan, message),
        _line(plan, message.step),
        because=entry.reason,
        refused=not (was_sent or was_held),
        held=was_held,
        playbook=plan.playbook,
        step=message.step,
    )


def _line(plan: Plan, step: int) -> int:
    place = plan.steps[step].at.place if step >= 0 else plan.place
    return place.span.line


def verb_of(plan: Plan, message: QueueMessage) -> str:
    """Give the key by which a story expects a message."""
    step = plan.steps[message.step]
    if isinstance(step, Send) and step.ways[message.part].survey is not None:
        return "survey"
    return str(message.channel)


def names_of(plan: Plan, message: QueueMessage) -> tuple[str, ...]:
    """Give all that a story may call a message."""
    step = plan.steps[message.step]
    names: list[str | None] = [message.template, message.address]
    if isinstance(step, Send):
        names += [step.at.name, step.ways[message.part].survey]
    if isinstance(step, Notify):
        names += [step.at.name]
    if isinstance(step, CallWebhook):
        names = [step.endpoint, step.at.name]
    return tuple(dict.fromkeys(name for name in names if name))


def shown_value(value: Value) -> str:
    """Give a value as stories write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
