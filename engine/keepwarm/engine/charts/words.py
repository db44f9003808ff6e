"""What stands in the box of a step: its verb as the playbook says it, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from keepwarm.engine.drawing import condition_sentence, message_name
from keepwarm.engine.plan import (
    AddPoints,
    Branch,
    CallWebhook,
    Label,
    MakeOffer,
    Notify,
    OpenTask,
    Pause,
    Plan,
    PlanStep,
    Send,
    SetFacts,
    Split,
    StartOther,
    Stop,
)
from keepwarm.engine.timing import zone_named
from keepwarm.engine.values import shown
from keepwarm.schema.conditions import ALWAYS


def verb_of(step: PlanStep) -> str:
    """Give the word that the playbook has for the step."""
    match step:
        case Send(ways=ways):
            return "survey" if ways[0].survey else message_name(ways[0].channel, None)
        case Notify():
            return "notify"
        case CallWebhook():
            return "webhook"
        case OpenTask():
            return "task"
        case Pause():
            return "wait"
        case Branch():
            return "which?"
        case Split():
            return "experiment"
        case SetFacts():
            return "update"
        case Label(remove=remove):
            return "untag" if remove else "tag"
        case MakeOffer():
            return "offer"
        case AddPoints():
            return "points"
        case StartOther():
            return "start playbook"
        case Stop():
            return "stop"
        case _:
            assert_never(step)


def what_of(plan: Plan, step: PlanStep) -> str:
    """Give what the step's verb is about; empty where the verb says all."""
    match step:
        case Send(ways=ways):
            return ways[0].template
        case Notify(channel=channel):
            return channel
        case CallWebhook(endpoint=endpoint):
            return endpoint
        case OpenTask(title=title):
            return title
        case Pause(wait=wait):
            return str(wait)
        case Branch():
            return step.at.name or ""
        case Split(experiment=experiment):
            return experiment
        case SetFacts(values=values):
            return ", ".join(f"{name}: {_value(plan, name, value)}" for name, value in values)
        case Label(tag=tag):
            return tag
        case MakeOffer(offer=offer):
            return offer.name
        case AddPoints(points=points):
            return f"{points:+}"
        case StartOther(playbook=playbook):
            return playbook
        case Stop(reason=reason):
            return reason
        case _:
            assert_never(step)


def _value(plan: Plan, name: str, value: object) -> str:
    known = plan.attributes.get(name)
    text = None if known is None else shown(value, known.kind, zone_named(plan.timezone).key)
    return str(value) if text is None else text


def besides(step: PlanStep) -> Iterator[str]:
    """Give what else is said of the step, a line each."""
    match step:
        case Send(ways=ways):
            yield from (f"or else {message_name(w.channel, w.template)}" for w in ways[1:])
        case OpenTask(assignee=assignee, due=due):
            yield f"for {assignee}" + (f", due in {due}" if due else "")
        case MakeOffer(expires=expires) if expires is not None:
            yield f"expires in {expires}"
        case _:
            pass
    if step.at.only_if != ALWAYS:
        yield f"only if {condition_sentence(step.at.only_if)}"
