"""A plan as a picture: a flow chart in Mermaid's language, which pages and reviews render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, assert_never

from keepwarm.engine.drawing_notes import NOTHING, Notes, Tone
from keepwarm.engine.plan import (
    END,
    START,
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
from keepwarm.schema.conditions import ALWAYS, All, AnyOf, Condition, NoneOf, Test
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenCalled, WhenEvent
from keepwarm.schema.words import IN_SHORT, Channel

#: Longer texts would make nodes wider than pages.
_LONGEST: Final = 60

#: Readable on light pages and on dark ones: the fill is pale, so the words on it are dark.
_TONES: Final[Mapping[Tone, str]] = {
    Tone.ADDED: "fill:#dff3e6,stroke:#1d6b43,stroke-width:3px,color:#1d1d1b",
    Tone.CHANGED: "fill:#fbf0d5,stroke:#a56a00,stroke-width:3px,color:#1d1d1b",
    Tone.REMOVED: "fill:#fbe4e7,stroke:#a32033,stroke-dasharray:6 4,color:#1d1d1b",
}


def mermaid(plan: Plan, notes: Notes = NOTHING) -> str:
    """Give the plan as a Mermaid flow chart, with notes at its steps and on the ways between.

    A node is named by its step's index (`s3`), so that two drawings of a playbook differ only
    where the playbook does.
    """
    entry = _with_notes(entry_sentence(plan), notes.under.get(START, ()))
    lines = ["flowchart TD", f'  start(["{entry}"])']
    lines += [f"  {_node(index, step, notes)}" for index, step in enumerate(plan.steps)]
    lines.append(f'  done(["{_with_notes("done", (notes.done,))}"])')
    lines.append(f"  start {_arrow(notes.into.get(plan.first, ''))} {_name(plan.first)}")
    notes = _without_joins(plan, notes)
    for index, step in enumerate(plan.steps):
        lines += [f"  s{index} {arrow}" for arrow in _arrows(index, step, notes)]
    if plan.goal is not None:
        goal = _with_notes(f"goal: {plan.goal.event}", (notes.goal,))
        lines.append(f'  goal{{{{"{goal}"}}}}')
    return "\n".join([*lines, *_coloured(notes)])


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
    way = IN_SHORT[Channel(channel)]
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


def _node(index: int, step: PlanStep, notes: Notes) -> str:
    only_if = step.at.only_if
    asks = "" if only_if == ALWAYS else f"only if {condition_sentence(only_if)}"
    text = _with_notes(step_sentence(step), (asks, *notes.under.get(index, ())))
    match step:
        case Branch() | Split():
            return f's{index}{{"{text}"}}'
        case Pause():
            return f's{index}(["{text}"])'
        case _:
            return f's{index}["{text}"]'


def _with_notes(says: str, notes: Iterable[str]) -> str:
    return "<br/>".join(_safe(each) for each in (says, *notes) if each)


def _arrows(index: int, step: PlanStep, notes: Notes) -> Iterator[str]:
    """Give the arrows that leave a step: one an arm, and one to what comes next."""
    match step:
        case Branch() | Split():
            ways = ways_of(step)
        case Stop():
            ways = [] if always_stops(step) else [("otherwise", step.at.then)]
        case _:
            yield f"{_arrow(notes.into.get(step.at.then, ''))} {_name(step.at.then)}"
            return
    for number, (says, first) in enumerate(ways):
        beside = notes.arms.get((index, number), "")
        yield f"{_arrow(says, beside)} {_name(first)}"


def ways_of(step: Branch | Split) -> list[tuple[str, int]]:
    """Give the ways that leave a fork: what leads into each, and the first step on it."""
    ways: list[tuple[str, int]] = []
    if isinstance(step, Branch):
        for condition, label, first in step.arms:
            ways.append((label if condition is None else condition_sentence(condition), first))
        if all(condition is not None for condition, _, _ in step.arms):
            ways.append(("otherwise", step.at.then))
        return ways
    below = Decimal(0)
    for end, label, first in step.arms:
        share = f"{float((end - below) * 100):g}%"
        ways.append((share if label.startswith("line ") else f"{label}, {share}", first))
        below = end
    return ways


def always_stops(step: PlanStep) -> bool:
    """Tell whether nobody comes past a step: a `stop` without conditions of its own."""
    return isinstance(step, Stop) and step.at.only_if == ALWAYS


def _without_joins(plan: Plan, notes: Notes) -> Notes:
    """Leave out what stands on the way into a step where several ways lead: each has a part."""
    ways = Counter(step.at.then for step in plan.steps if not always_stops(step))
    for step in plan.steps:
        if isinstance(step, Branch | Split):
            ways.update(first for _, _, first in step.arms if first != step.at.then)
    into = {index: says for index, says in notes.into.items() if ways[index] <= 1}
    return replace(notes, into=into)


def _arrow(says: str, *more: str) -> str:
    text = _with_notes(says, more)
    return f'-- "{text}" -->' if text else "-->"


def _coloured(notes: Notes) -> Iterator[str]:
    """Give the lines that colour the steps that stand out."""
    for tone in sorted(set(notes.tones.values())):
        yield f"  classDef {tone} {_TONES[tone]}"
    for index, tone in sorted(notes.tones.items()):
        yield f"  class {'start' if index == START else _name(index)} {tone}"


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
