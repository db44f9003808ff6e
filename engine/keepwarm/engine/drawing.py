"""A plan as a picture: a flow chart in Mermaid's language, which pages and reviews render."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from keepwarm.engine.plan import (
    END,
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
from keepwarm.schema.conditions import All, AnyOf, Condition, NoneOf, Test
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenCalled, WhenEvent
from keepwarm.schema.words import Channel

#: Longer texts would make nodes wider than pages.
_LONGEST: Final = 60

_BY: Final = {
    Channel.EMAIL: "e-mail",
    Channel.SMS: "text",
    Channel.PUSH: "push",
    Channel.CHAT: "chat",
    Channel.WEBHOOK: "webhook",
}


def mermaid(plan: Plan) -> str:
    """Give the plan as a Mermaid flow chart.

    A node is named by its step's index (`s3`), so that two drawings of a playbook differ only
    where the playbook does.
    """
    lines = ["flowchart TD", f'  start(["{_safe(entry_sentence(plan))}"])']
    lines += [f"  {_node(index, step)}" for index, step in enumerate(plan.steps)]
    lines.append('  done(["done"])')
    lines.append(f"  start --> {_name(plan.first)}")
    for index, step in enumerate(plan.steps):
        lines += [f"  s{index} {arrow}" for arrow in _arrows(step)]
    if plan.goal is not None:
        lines.append(f'  goal{{{{"{_safe("goal: " + plan.goal.event)}"}}}}')
    return "\n".join(lines)


def entry_sentence(plan: Plan) -> str:
    """Say in a few words when customers enter."""
    match plan.start:
        case WhenEvent(event=event, and_then_no=None):
            return f"when {event} arrives"
        case WhenEvent(event=event, and_then_no=missing, quiet_for=length):
            return f"when {event} arrives and no {missing} for {length}"
        case OnSchedule(schedule=schedule):
            return f"every {schedule}"
        case OnDate(attribute=attribute, offset=None):
            return f"on {attribute}"
        case OnDate(attribute=attribute, offset=offset, before=before):
            return f"{offset} {'before' if before else 'after'} {attribute}"
        case WhenBecomes():
            return "when a customer starts to match"
        case WhenCalled():
            return "when another playbook calls"
        case _:
            assert_never(plan.start)


def step_sentence(step: PlanStep) -> str:
    """Say in a few words what a step does."""
    match step:
        case Send(ways=ways):
            return " or else ".join(message_name(way.channel, way.template) for way in ways)
        case Notify(channel=channel):
            return f"tell {channel}"
        case CallWebhook(endpoint=endpoint):
            return f"call {endpoint}"
        case OpenTask(title=title, assignee=assignee):
            return f"task for {assignee}: {title}"
        case Pause(wait=wait):
            return f"wait {wait}"
        case Branch():
            return step.at.name or "which?"
        case Split(experiment=experiment):
            return f"experiment {experiment}"
        case SetFacts(values=values):
            return "set " + ", ".join(name for name, _ in values)
        case Label(tag=tag, remove=remove):
            return f"{'take off' if remove else 'put on'} tag {tag}"
        case MakeOffer(offer=offer):
            return f"offer {offer.name}"
        case AddPoints(points=points):
            return f"{points:+} points"
        case StartOther(playbook=playbook):
            return f"start {playbook}"
        case Stop(reason=reason):
            return f"stop: {reason}"
        case _:
            assert_never(step)


def message_name(channel: str, template: str | None) -> str:
    """Give what a message is called: `e-mail winback/we-miss-you`."""
    way = _BY[Channel(channel)]
    return way if template is None else f"{way} {template}"


def condition_sentence(condition: Condition) -> str:
    """Say a condition in one line, as the playbook has it."""
    match condition:
        case Test(fact=fact, wanted=wanted):
            return f"{fact} {wanted}"
        case All(of=()):
            return "always"
        case All(of=of):
            return " and ".join(map(condition_sentence, of))
        case AnyOf(of=of):
            return " or ".join(map(condition_sentence, of))
        case NoneOf(of=of):
            return "none of: " + ", ".join(map(condition_sentence, of))
        case _:
            assert_never(condition)


def _node(index: int, step: PlanStep) -> str:
    text = _safe(step_sentence(step))
    match step:
        case Branch() | Split():
            return f's{index}{{"{text}"}}'
        case Pause():
            return f's{index}(["{text}"])'
        case _:
            return f's{index}["{text}"]'


def _arrows(step: PlanStep) -> Iterator[str]:
    """Give the arrows that leave a step: one an arm, and one to what comes next."""
    match step:
        case Branch(arms=arms):
            for condition, label, first in arms:
                said = label if condition is None else condition_sentence(condition)
                yield f'-- "{_safe(said)}" --> {_name(first)}'
            if all(condition is not None for condition, _, _ in arms):
                yield f'-- "otherwise" --> {_name(step.at.then)}'
        case Split(arms=arms):
            yield from (f'-- "{_safe(label)}" --> {_name(first)}' for _, label, first in arms)
        case Stop():
            pass
        case _:
            yield f"--> {_name(step.at.then)}"


def _name(index: int) -> str:
    return "done" if index == END else f"s{index}"


def _safe(text: str) -> str:
    """Give a text that ends no label and starts no markup, cut to what a node can hold."""
    plain = " ".join(text.split())
    if len(plain) > _LONGEST:
        plain = plain[: _LONGEST - 1] + "…"
    for mark, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        plain = plain.replace(mark, entity)
    return plain.replace("`", "'")
