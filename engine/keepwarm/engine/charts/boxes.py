"""Boxes with their words, measured: how high a box is follows from what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepwarm.engine.charts.widths import width_of, wrapped
from keepwarm.engine.charts.words import besides, verb_of, what_of
from keepwarm.engine.drawing import condition_sentence, entry_sentence
from keepwarm.engine.drawing_notes import Notes
from keepwarm.engine.plan import START, Branch, CallWebhook, Notify, Pause, Plan, Send, Split, Stop
from keepwarm.schema.conditions import ALWAYS, All, Condition
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes

#: Sizes of type, by the role of a line.
SIZES: Final = {"verb": 11.0, "what": 14.0, "more": 12.0, "note": 12.0, "says": 12.0}
BOLD: Final = frozenset({"verb", "what", "note"})
_LEADING: Final = 1.35
PADDING: Final = 11.0
_WIDTH: Final = 214.0
_ENTRY_WIDTH: Final = 264.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in a box."""

    text: str
    #: `verb`, `what`, `more`, `note` or `says`: its size, weight and colour.
    role: str
    #: What stands at the other end of the line, such as where the step is in the file.
    end: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a measured size, not yet anywhere."""

    lines: tuple[Line, ...]
    #: What it looks like: `send`, `wait`, `fork`, `deed`, `entry`, `done`, `stop`, `says`.
    look: str
    width: float
    height: float
    step: int | None = None
    tone: str = ""

    def baselines(self) -> list[float]:
        """Give how far below the box's top each line is written."""
        found, at = [], _padding_of(self.look)
        for line in self.lines:
            at += SIZES[line.role] * _LEADING
            found.append(at - SIZES[line.role] * (_LEADING - 1))
        return found


def step_box(plan: Plan, index: int, notes: Notes) -> Box:
    """Give the box of a step."""
    step = plan.steps[index]
    lines = [Line(verb_of(step), "verb", f"line {step.at.place.span.line}")]
    lines += _broken(what_of(plan, step), "what", _WIDTH)
    for each in besides(step):
        lines += _broken(each, "more", _WIDTH)
    for note in notes.under.get(index, ()):
        lines += _broken(note, "note", _WIDTH)
    match step:
        case Pause():
            look = "wait"
        case Branch() | Split():
            look = "fork"
        case Stop():
            look = "stop"
        case _:
            look = "send" if isinstance(step, Send | Notify | CallWebhook) else "deed"
    return _box(lines, look, _WIDTH, index, str(notes.tones.get(index, "")))


def entry_box(plan: Plan, notes: Notes) -> Box:
    """Give the box that says who enters, and when."""
    lines = [Line("customers enter", "verb"), *_broken(entry_sentence(plan), "what", _ENTRY_WIDTH)]
    for each in _asked(plan):
        lines += _broken(each, "more", _ENTRY_WIDTH)
    for note in notes.under.get(START, ()):
        lines += _broken(note, "note", _ENTRY_WIDTH)
    return _box(lines, "entry", _ENTRY_WIDTH, None, str(notes.tones.get(START, "")))


def _asked(plan: Plan) -> list[str]:
    """Give what is asked of those who enter, a line each."""
    asked: list[Condition] = []
    match plan.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            asked.append(condition)
        case WhenBecomes(condition=condition):
            asked.append(condition)
        case _:
            pass
    asked.append(plan.only_if)
    each = [one for many in asked for one in (many.of if isinstance(many, All) else (many,))]
    return [condition_sentence(one) for one in each if one != ALWAYS]


def end_box(notes: Notes) -> Box:
    """Give the box behind the last step."""
    lines = [Line("done", "what"), *([Line(notes.done, "note")] if notes.done else [])]
    width = max(width_of(line.text, SIZES[line.role], bold=True) for line in lines)
    return _box(lines, "done", width + 4 * PADDING)


def any_time_box(plan: Plan, notes: Notes) -> Box | None:
    """Give the box that says what ends a run at any time; None where nothing does."""
    lines: list[Line] = []
    if plan.goal is not None:
        times = f" {plan.goal.times} times" if plan.goal.times > 1 else ""
        within = f" within {plan.goal.within}" if plan.goal.within else ""
        lines += _broken(f"goal: {plan.goal.event}{times}{within}", "says", _ENTRY_WIDTH)
        lines += _broken(notes.goal, "note", _ENTRY_WIDTH)
    if plan.stop_if_any is not None:
        said = condition_sentence(plan.stop_if_any)
        lines += _broken(f"stops if {said}", "says", _ENTRY_WIDTH)
        lines += _broken(notes.stopped, "note", _ENTRY_WIDTH)
    if not lines:
        return None
    return _box([Line("at any time", "verb"), *lines], "any-time", _ENTRY_WIDTH)


def label_box(says: str) -> Box:
    """Give the words that lead into a way."""
    lines = _broken(says, "says", _WIDTH)
    width = max(width_of(line.text, SIZES["says"]) for line in lines) + 2 * PADDING
    return _box(lines, "says", min(width, _WIDTH))


def _broken(text: str, role: str, width: float) -> list[Line]:
    room = width - 2 * PADDING
    return [Line(each, role) for each in wrapped(text, room, SIZES[role], bold=role in BOLD)]


def _box(
    lines: Sequence[Line], look: str, width: float, step: int | None = None, tone: str = ""
) -> Box:
    height = 2 * _padding_of(look) + sum(SIZES[line.role] * _LEADING for line in lines)
    return Box(tuple(lines), look, width, height, step, tone)


def _padding_of(look: str) -> float:
    return PADDING / 2 if look == "says" else PADDING
