"""The steps of a playbook in canonical lines, branches inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from keepwarm.engine.canonical.conditions import condition_branches
from keepwarm.engine.canonical.lines import Aspect, Branch, Line, deeper
from keepwarm.engine.canonical.places import Places
from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.phrases import Length, Share
from keepwarm.schema.playbook import (
    Arm,
    ChooseStep,
    Late,
    NotifyStep,
    OfferStep,
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
from keepwarm.schema.words import Delivery

#: Writing one of these takes or gives a permission to contact.
_CONSENTS: Final = frozenset({"email_consent", "sms_consent", "push_consent"})


def steps_branches(steps: tuple[Step, ...], places: Places) -> Iterator[Branch]:
    """Give every step, with the paths of the plan's steps."""
    for number, step in enumerate(steps):
        yield _branch(step, f"steps/{number}", places)


class _Step:
    """Writes the lines of one step."""

    def __init__(self, step: Step, path: str, places: Places) -> None:
        self._file, self._span = step.common.place.file, step.common.place.span
        self.path = path
        self._places = places

    def head(self, key: str, value: object, aspect: Aspect) -> Line:
        """Give the line that says what the step does."""
        return Line(f"{key}: {value}".rstrip(), 0, aspect, self.place(key), self.path)

    def line(self, key: str, value: object, aspect: Aspect, *within: str) -> Branch:
        """Give a line below the head."""
        place = self.place(*within, key)
        return Branch(Line(f"{key}: {value}", 1, aspect, place, self.path))

    def conditions(self, key: str, condition: Condition, *within: str) -> Iterator[Branch]:
        """Give a list of conditions below the head; nothing for one that always holds."""
        if condition == ALWAYS:
            return
        line = Line(f"{key}:", 1, Aspect.PATH, self.place(*within, key), self.path)
        below = condition_branches(condition, Aspect.PATH, self._file)
        yield Branch(line, self.owned(deeper(below, 2)))

    def group(self, says: str, place: Place, below: tuple[Branch, ...]) -> Branch:
        """Give a line with others below it, such as an arm."""
        return Branch(Line(says, 1, Aspect.PATH, place, self.path), below)

    def owned(self, branches: tuple[Branch, ...]) -> tuple[Branch, ...]:
        """Give lines that were written elsewhere as lines of this step."""
        return tuple(
            Branch(
                Line(each.line.says, each.line.depth, each.line.aspect, each.line.place, self.path),
                self.owned(each.below),
            )
            for each in branches
        )

    def place(self, *keys: str) -> Place:
        """Give the place of a setting of the step."""
        return self._places.setting(self._file, *keys, within=self._span)


def _branch(step: Step, path: str, places: Places) -> Branch:
    write = _Step(step, path, places)
    head, below = _said(step, path, places, write)
    common = step.common
    options = [*below]
    if common.name:
        options.append(write.line("name", common.name, Aspect.DESCRIPTION))
    options += write.conditions("only_if", common.only_if)
    return Branch(head, tuple(options))


# As long as there are kinds of steps, each with a line or two.
def _said(step: Step, path: str, places: Places, write: _Step) -> tuple[Line, tuple[Branch, ...]]:
    match step:
        case SendStep():
            return write.head(step.channel, step.template, Aspect.PATH), tuple(
                _message(step, places, write)
            )
        case SurveyStep(survey=survey, channel=channel, template=template):
            ways = (
                write.line("by", channel, Aspect.PERMISSION),
                write.line("template", template, Aspect.WORDS),
            )
            return write.head("survey", survey, Aspect.PATH), ways
        case NotifyStep(channel=channel, says=says):
            told = (write.line("says", says, Aspect.WORDS),) if says else ()
            return write.head("notify", channel, Aspect.PATH), told
        case WebhookStep(endpoint=endpoint, fields=fields):
            sent = (
                write.line(name, text, Aspect.WORDS, "fields")
                for name, text in sorted(fields.items())
            )
            return write.head("webhook", endpoint, Aspect.PATH), tuple(sent)
        case TaskStep(title=title):
            return write.head("task", title, Aspect.PATH), tuple(_task(step, write))
        case WaitStep(wait=wait, where=where):
            return write.head("wait", wait, Aspect.TIMING), tuple(write.conditions("where", where))
        case ChooseStep(arms=arms):
            return _choice(arms, path, places, write)
        case SplitStep(experiment=experiment):
            return write.head("split", experiment, Aspect.PATH), tuple(
                _portions(step, path, places, write)
            )
        case UpdateStep(values=values):
            aspect = Aspect.PERMISSION if _CONSENTS & set(values) else Aspect.PATH
            written = ", ".join(f"{name}: {text}" for name, text in sorted(values.items()))
            return write.head("update", written, aspect), ()
        case TagStep(tag=tag, remove=remove, attribute=attribute):
            on = "" if attribute == "tags" else f", on {attribute}"
            return write.head("untag" if remove else "tag", f"{tag}{on}", Aspect.PATH), ()
        case OfferStep(offer=offer, expires=expires):
            return write.head("offer", offer, Aspect.MONEY), tuple(
                _expires(expires, Aspect.MONEY, write)
            )
        case PointsStep(points=points):
            return write.head("points", f"{points.normalize():f}", Aspect.MONEY), ()
        case StartPlaybookStep(playbook=playbook):
            return write.head("start_playbook", playbook, Aspect.PATH), ()
        case StopStep(reason=reason):
            return write.head("stop", reason, Aspect.PATH), ()
        case _:
            assert_never(step)


def _message(step: SendStep, places: Places, write: _Step) -> Iterator[Branch]:
    yield from _expires(step.expires, Aspect.TIMING, write)
    if step.topic:
        yield write.line("topic", step.topic, Aspect.PERMISSION)
    if step.kind:
        yield write.line("kind", step.kind, Aspect.PERMISSION)
    if step.delivery is not Delivery.AT_MOST_ONCE:
        yield write.line("delivery", step.delivery, Aspect.PERMISSION)
    for other in step.or_else:
        inner = _Step(other, write.path, places)
        line = inner.head(other.channel, other.template, Aspect.PATH)
        options = deeper(_message(other, places, inner))
        way = Branch(Line(line.says, 2, line.aspect, line.place, line.step), deeper(options))
        yield write.group("or_else:", write.place("or_else"), (way,))


def _expires(expires: Length | None, aspect: Aspect, write: _Step) -> Iterator[Branch]:
    if expires:
        yield write.line("expires", f"in {expires}", aspect)


def _task(step: TaskStep, write: _Step) -> Iterator[Branch]:
    yield write.line("for", step.assignee, Aspect.PATH)
    if step.due:
        yield write.line("due", f"in {step.due}", Aspect.TIMING)
    if step.details:
        yield write.line("details", " ".join(step.details.split()), Aspect.WORDS)
    if step.if_late != Late():
        late = tuple(deeper(_late(step.if_late, write)))
        yield write.group("if_late:", write.place("if_late"), late)


def _late(late: Late, write: _Step) -> Iterator[Branch]:
    for channel in late.notify:
        yield write.line("notify", channel, Aspect.PATH, "if_late")
    if late.reassign:
        yield write.line("reassign", late.reassign, Aspect.PATH, "if_late")
    if late.start_playbook:
        yield write.line("start_playbook", late.start_playbook, Aspect.PATH, "if_late")


# ── Steps that hold steps ────────────────────────────────────────────────────────────────────


def _choice(
    arms: tuple[Arm, ...], path: str, places: Places, write: _Step
) -> tuple[Line, tuple[Branch, ...]]:
    """Give a choice; one with a single condition reads as `if` and `else`, however written."""
    is_if = sum(arm.when is not None for arm in arms) == 1
    below: list[Branch] = []
    for number, arm in enumerate(arms):
        steps = _inside(arm.steps, f"{path}/arm/{number}", places)
        if arm.when is None:
            below.append(write.group("else:" if is_if else "otherwise:", arm.place, steps))
            continue
        listed = condition_branches(arm.when, Aspect.PATH, arm.place.file)
        tests = write.owned(deeper(listed, 2))
        if is_if:
            below += (*tests, write.group("then:", arm.place, steps))
        else:
            place = next((each.line.place for each in tests if each.line.place), arm.place)
            below.append(write.group("when:", place, (*tests, *steps)))
    return write.head("if" if is_if else "choose", "", Aspect.PATH), tuple(below)


def _portions(step: SplitStep, path: str, places: Places, write: _Step) -> Iterator[Branch]:
    for number, portion in enumerate(step.portions):
        said = f"share: {Share(portion.share * 100)}"
        if portion.name:
            said += f", name: {portion.name}"
        steps = _inside(portion.steps, f"{path}/into/{number}", places)
        yield write.group(said, portion.place, steps)


def _inside(steps: tuple[Step, ...], path: str, places: Places) -> tuple[Branch, ...]:
    return deeper(
        (_branch(step, f"{path}/{number}", places) for number, step in enumerate(steps)), 2
    )
