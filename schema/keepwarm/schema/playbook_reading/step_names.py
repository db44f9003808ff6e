"""Names of steps: where they stand, that each is its own, and what may be asked about each."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.condition_reading import RESERVED_NAMES, NamedStep
from keepwarm.schema.nodes import Mapping, Node, Scalar, Sequence
from keepwarm.schema.phrases import WaitUntilDone, WaitUntilEvent
from keepwarm.schema.playbook import SendStep, Step, SurveyStep, TaskStep, WaitStep
from keepwarm.schema.playbook_reading.reading import Reading

#: How a message may have ended, or what its receiver did, in the order to list them.
MESSAGE_RESULTS = ("sent", "delivered", "skipped", "failed", "opened", "clicked")
#: How any task may stand, beside the outcomes that the catalog declares for its name.
TASK_RESULTS = ("done", "late", "open")
WAIT_RESULTS = ("happened", "timed out")

#: The keys of a step, and of the arms within it, under which more steps stand.
_STEPS_WITHIN = ("then", "else", "steps", "otherwise")
_ARMS_WITHIN = ("choose", "into")


def note_names(steps: Node | None, reading: Reading) -> None:
    """Find every named step and refuse a name that is used twice or means something else."""
    found: dict[str, int] = {}
    for node in _names(steps):
        name = node.text
        if name in found:
            reading.faults.add(
                "step-name",
                node,
                f'the name "{name}" is used twice; the first one is on line {found[name]}',
                hint="step names are unique in a playbook",
            )
            continue
        found[name] = node.span.line
        _refuse_taken(node, reading)
    reading.all_steps = found


def named_step(step: Step, catalog: Catalog) -> NamedStep | None:
    """Give a step as conditions ask about it; None for one without a name."""
    name = step.common.name
    if name is None:
        return None
    line = step.common.place.span.line
    match step:
        case WaitStep(wait=WaitUntilEvent() | WaitUntilDone()):
            return NamedStep(name, "wait", WAIT_RESULTS, line)
        case WaitStep():
            return NamedStep(name, "wait", (), line)
        case TaskStep():
            results = tuple(dict.fromkeys([*catalog.outcomes.get(name, ()), *TASK_RESULTS]))
            return NamedStep(name, "task", results, line)
        case SendStep(channel=channel):
            return NamedStep(name, str(channel), MESSAGE_RESULTS, line)
        case SurveyStep():
            return NamedStep(name, "survey", MESSAGE_RESULTS, line)
        case _:
            return NamedStep(name, "step", (), line)


def _refuse_taken(node: Scalar, reading: Reading) -> None:
    name = node.text
    if (kind := reading.catalog.kind_of(name)) is not None:
        reading.faults.add(
            "step-name",
            node,
            f'"{name}" is already the name of a fact of the catalog ({kind})',
            hint="a condition could not tell the two apart; rename the step",
        )
    elif name.lower() in RESERVED_NAMES:
        reading.faults.add(
            "step-name",
            node,
            f'"{name}" means something else in a condition',
            hint="rename the step",
        )


def _names(steps: Node | None) -> Iterator[Scalar]:
    if not isinstance(steps, Sequence):
        return
    for step in steps.items:
        if not isinstance(step, Mapping):
            continue
        name = step.get("name")
        if isinstance(name, Scalar) and name.text:
            yield name
        yield from _names_within(step)


def _names_within(step: Mapping) -> Iterator[Scalar]:
    for key in _STEPS_WITHIN:
        yield from _names(step.get(key))
    for key in _ARMS_WITHIN:
        arms = step.get(key)
        for arm in arms.items if isinstance(arms, Sequence) else ():
            if isinstance(arm, Mapping):
                # An arm of a split has a name of its own, of which no condition asks.
                for within in _STEPS_WITHIN:
                    yield from _names(arm.get(within))
