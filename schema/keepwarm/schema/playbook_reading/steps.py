"""The steps of a playbook, in the order written, each knowing what a customer has passed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from keepwarm.schema.condition_reading import decimal_text
from keepwarm.schema.conditions import Condition
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.nodes import Mapping, Node, Scalar, Sequence
from keepwarm.schema.phrases import read_share
from keepwarm.schema.playbook import Arm, ChooseStep, Common, Portion, SplitStep, Step
from keepwarm.schema.playbook_reading.reading import NOTHING_PASSED, Passed, Reading
from keepwarm.schema.playbook_reading.step_names import named_step
from keepwarm.schema.playbook_reading.verbs import VERBS
from keepwarm.schema.values import items, kind_of, name_of_a_thing, phrase
from keepwarm.schema.written_form import FORMS


@dataclass(frozen=True, slots=True)
class StepsRead:
    """Steps, and every named step that a customer may have passed behind them."""

    steps: tuple[Step, ...]
    passed: Passed


def read_steps(node: Node | None, reading: Reading, passed: Passed = NOTHING_PASSED) -> StepsRead:
    """Read a list of steps; what cannot be read is noted and left out."""
    steps: list[Step] = []
    if node is None:
        return StepsRead((), passed)
    if not isinstance(node, Sequence):
        reading.faults.add(
            "wrong-type",
            node,
            f"this should be a list of steps, but is {kind_of(node)}",
            hint="each step begins with a dash:  - wait: 2 days",
        )
        return StepsRead((), passed)
    for item in node.items:
        step, passed = _read_step(item, reading, passed)
        if step is not None:
            steps.append(step)
    return StepsRead(tuple(steps), passed)


def _read_step(node: Node, reading: Reading, passed: Passed) -> tuple[Step | None, Passed]:
    if isinstance(node, Scalar) and node.text:
        _refuse_text(node, reading)
        return None, passed
    fields = read_mapping(node, FORMS["step"], reading.faults)
    if fields is None:
        return None, passed
    name = name_of_a_thing(fields.values.get("name"), "name", reading.faults)
    only_if = reading.conditions(fields.values.get("only_if"), passed)
    common = Common(reading.faults.place(node), name, only_if)
    step: Step | None = None
    behind = passed
    if fields.leading in _BRANCHES:
        step, behind = _BRANCHES[fields.leading](fields, common, passed, reading)
    elif fields.leading is not None:
        step = VERBS[fields.leading](fields, common, passed, reading)
    return step, _with_name(step, node, behind, reading)


def _with_name(step: Step | None, node: Node, passed: Passed, reading: Reading) -> Passed:
    named = None if step is None else named_step(step, reading.catalog)
    if named is not None:
        return {**passed, named.name: named}
    name = node.get("name") if isinstance(node, Mapping) else None
    if isinstance(name, Scalar):
        reading.broken_steps.add(name.text)
    return passed


#: A colon with no space behind it: `wait:1 day`.
_GLUED = re.compile(r"(?P<verb>[a-z_]+):(?P<rest>\S.*)")


def _refuse_text(node: Scalar, reading: Reading) -> None:
    glued = _GLUED.fullmatch(node.text)
    verb = glued["verb"] if glued else node.text.split()[0].rstrip(":")
    verbs = {key.name: key for key in FORMS["step"].leading()}
    rest = glued["rest"] if glued else node.text[len(node.text.split()[0]) :].strip()
    meant = f"{verb}: {rest}" if verb in verbs and rest else None
    shown = next(iter(verbs[verb].examples), "…") if verb in verbs else None
    reading.faults.add(
        "wrong-type",
        node,
        "a step has settings, but this is text",
        hint=None
        if meant
        else f"for example:  - {f'{verb}: {shown}' if shown else 'wait: 2 days'}",
        replacement=meant,
    )


# ── Steps that hold steps ────────────────────────────────────────────────────────────────────


def _read_if(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> tuple[Step | None, Passed]:
    when = reading.conditions(fields.values.get("if"), passed)
    if fields.node.entry("then") is None and reading.faults.is_whole:
        _refuse_no_steps(fields, "if", "then", reading)
    arms = []
    behind = dict(passed)
    for name, condition in (("then", when), ("else", None)):
        if name in fields.values:
            arm = _read_arm(fields, name, condition, passed, reading)
            arms.append(arm.arm)
            behind |= arm.passed
    return ChooseStep(common, tuple(arms)), behind


def _read_choose(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> tuple[Step | None, Passed]:
    arms = []
    behind = dict(passed)
    nodes = items(fields, "choose", reading.faults)
    for number, node in enumerate(nodes, start=1):
        arm = _read_choice(node, passed, reading, is_last=number == len(nodes))
        if arm is not None:
            arms.append(arm.arm)
            behind |= arm.passed
    if nodes and all(_is_otherwise(node) for node in nodes):
        reading.faults.add(
            "missing",
            nodes[0],
            'a choose needs a "when"',
            hint='"otherwise" is for those whom no "when" took',
        )
    return (ChooseStep(common, tuple(arms)) if arms else None), behind


@dataclass(frozen=True, slots=True)
class _ArmRead:
    arm: Arm
    passed: Passed


def _read_choice(node: Node, passed: Passed, reading: Reading, *, is_last: bool) -> _ArmRead | None:
    fields = read_mapping(node, FORMS["choose arm"], reading.faults)
    if fields is None or fields.leading is None:
        return None
    if fields.leading == "otherwise":
        if not is_last:
            reading.faults.add(
                "otherwise",
                fields.node.entries[0].key,
                '"otherwise" comes last: what stands below it is never reached',
            )
        return _read_arm(fields, "otherwise", None, passed, reading)
    when = reading.conditions(fields.values.get("when"), passed)
    if fields.node.entry("steps") is None and reading.faults.is_whole:
        _refuse_no_steps(fields, "when", "steps", reading)
    return _read_arm(fields, "steps", when, passed, reading)


def _read_arm(
    fields: Fields, name: str, when: Condition | None, passed: Passed, reading: Reading
) -> _ArmRead:
    node = fields.values.get(name)
    if isinstance(node, Sequence) and not node.items:
        entry = fields.node.entry(name)
        reading.faults.add(
            "empty",
            entry.key if entry else node,
            f'"{name}" has no steps',
            hint="for example:  - wait: 2 days; or leave it out",
        )
    read = read_steps(node, reading, passed)
    entry = fields.node.entry(name)
    place = reading.faults.place(entry.key if entry else fields.node)
    return _ArmRead(Arm(when, read.steps, place), read.passed)


def _read_split(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> tuple[Step | None, Passed]:
    experiment = name_of_a_thing(fields.values.get("split"), "split", reading.faults)
    _note_experiment(experiment, fields, reading)
    if fields.node.entry("into") is None and reading.faults.is_whole:
        entry = fields.node.entry("split")
        reading.faults.add(
            "missing",
            entry.key if entry else fields.node,
            'a split needs "into"',
            hint="for example:  into: [{share: 50%, steps: […]}, …]",
        )
    behind = dict(passed)
    portions = []
    nodes = items(fields, "into", reading.faults)
    for node in nodes:
        portion, after = _read_portion(node, passed, reading)
        behind |= after
        portions.extend([portion] if portion else [])
    if nodes and len(portions) == len(nodes):
        _check_shares(portions, fields, reading)
    if experiment is None or not portions:
        return None, behind
    return SplitStep(common, experiment, tuple(portions)), behind


def _read_portion(node: Node, passed: Passed, reading: Reading) -> tuple[Portion | None, Passed]:
    fields = read_mapping(node, FORMS["split arm"], reading.faults)
    if fields is None:
        return None, passed
    share = phrase(fields, "share", read_share, reading.faults)
    name = name_of_a_thing(fields.values.get("name"), "name", reading.faults)
    read = read_steps(fields.values.get("steps"), reading, passed)
    if share is None:
        return None, read.passed
    place = reading.faults.place(node)
    return Portion(share.fraction, read.steps, place, name), read.passed


def _check_shares(portions: list[Portion], fields: Fields, reading: Reading) -> None:
    entry = fields.node.entry("into")
    where = entry.key if entry else fields.node
    if len(portions) == 1:
        reading.faults.add(
            "shares",
            where,
            "a split needs at least two arms",
            hint="an arm may do nothing:  - {share: 50%, steps: []}",
        )
        return
    total = sum((portion.share for portion in portions), Decimal(0)) * 100
    if total != 100:  # noqa: PLR2004  per cent
        reading.faults.add("shares", where, f"the shares make {decimal_text(total)}%, not 100%")
    names = [portion.name for portion in portions if portion.name]
    for portion in portions:
        if portion.share == 0:
            reading.faults.add(
                "shares",
                portion.place.span,
                "nobody is drawn into this arm",
                hint="give it a share above 0%, or leave it out",
            )
        if names.count(portion.name or "") > 1:
            reading.faults.add(
                "step-name", portion.place.span, f'two arms are called "{portion.name}"'
            )


def _note_experiment(name: str | None, fields: Fields, reading: Reading) -> None:
    if name is None:
        return
    node = fields.values["split"]
    if first := reading.experiments.get(name):
        reading.faults.add(
            "step-name",
            node,
            f'the experiment "{name}" stands twice; the first one is on line {first.span.line}',
            hint="both would draw the same customers; rename one",
        )
    reading.experiments.setdefault(name, reading.faults.place(node))


def _refuse_no_steps(fields: Fields, verb: str, missing: str, reading: Reading) -> None:
    entry = fields.node.entry(verb)
    reading.faults.add(
        "missing",
        entry.key if entry else fields.node,
        f'"{verb}" needs "{missing}"',
        hint=f"the steps for those of whom it holds:  {missing}: [...]",
    )


def _is_otherwise(node: Node) -> bool:
    return isinstance(node, Mapping) and node.names() == ("otherwise",)


_BRANCHES = {"if": _read_if, "choose": _read_choose, "split": _read_split}
