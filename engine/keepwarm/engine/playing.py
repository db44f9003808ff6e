"""Playing a story: one customer lives through it, and the plan does what it would do.

The player is the running service in small: the same `advance`, the same gates, a clock that jumps
from one due moment to the next. Only what no story is about is left out: holdout and rollout, the
spreading of what quiet hours held, and the wait for answers of providers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from keepwarm.engine.advancing import advance
from keepwarm.engine.deciding import message_by
from keepwarm.engine.facts import Sent, TaskState, Value
from keepwarm.engine.gates import Go, Hold, Refuse
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import START, Plan, Send
from keepwarm.engine.run import (
    Decision,
    Deed,
    Effect,
    FactsChanged,
    OfferMade,
    OtherStarted,
    PointsAdded,
    QueueMessage,
    Run,
    TagChanged,
    TaskReassigned,
    TasksWithdrawn,
    TaskWanted,
)
from keepwarm.engine.story_facts import StoryFacts
from keepwarm.engine.story_gates import StoryGates, names_of, verb_of
from keepwarm.engine.story_starts import Entrances
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.stories import (
    Answer,
    CustomerChanges,
    EventHappens,
    MessageAnswered,
    Story,
    StoryLine,
    StoryTime,
    TaskEnds,
)
from keepwarm.schema.words import PlaybookStatus

#: Day 0 where a story does not say: a Monday, with no change of clocks for eleven weeks.
DAY_ZERO: Final = date(2026, 1, 5)
#: A story that goes on for longer than this after its last line is cut off.
_LONGEST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that came of a story."""

    at: datetime
    #: As in expectations: a verb of a step, `goal` or `run`.
    what: str
    #: All that it may be called: a template, a step's name, a title.
    names: tuple[str, ...]
    line: int
    assignee: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    because: str | None = None
    #: Whether it was kept from happening: a message that a gate refused.
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A story as it went."""

    happened: tuple[Happened, ...]
    #: The zone in which the story tells its times.
    zone: str
    day_zero: date
    #: (line of the branch, which way) of every way that was taken.
    ways: frozenset[tuple[int, str]]


@dataclass(slots=True)
class _PlayedRun:
    run: Run
    due_at: datetime | None
    sent: dict[int, Sent] = field(default_factory=dict)
    tasks: dict[int, TaskState] = field(default_factory=dict)
    assignees: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Queued:
    of: _PlayedRun
    message: QueueMessage
    due_at: datetime
    queued_at: datetime


def play(plan: Plan, catalog: Catalog, story: Story) -> Played:
    """Play one story, and give everything that came of it, in order."""
    return _Player(plan, catalog, story).played()


class _Player:
    """One story being played."""

    def __init__(self, plan: Plan, catalog: Catalog, story: Story) -> None:
        live = PlaybookStatus.LIVE
        self._plan = replace(plan, holdout=Decimal(0), rollout=(), status=live)
        self._catalog = catalog
        self._story = story
        self._day_zero = _day_zero(story)
        self._facts = StoryFacts.of(story, plan, catalog)
        self._zone = zone_named(self._facts.zone_name)
        lines = sorted(story.story, key=lambda line: line.at)
        self._lines = [(self._moment(line.at), line) for line in lines]
        first = self._lines[0][0] if self._lines else self._moment(StoryTime(0, time(10)))
        self._now = min(first, self._moment(StoryTime.start()))
        opens = self._moment(StoryTime.start())
        self._entrances = Entrances(self._plan, opens, max(first, opens))
        self._runs: list[_PlayedRun] = []
        self._queue: list[_Queued] = []
        self._happened: list[Happened] = []
        self._ways: set[tuple[int, str]] = set()
        self._gates = StoryGates(self._plan, catalog, self._facts)

    def _moment(self, at: StoryTime) -> datetime:
        return local_moment(self._day_zero + timedelta(days=at.day), at.at, self._zone)

    def played(self) -> Played:
        """Live through the story."""
        waiting = list(self._lines)
        last = max([self._moment(StoryTime.start()), *(moment for moment, _ in waiting)])
        expected = [self._moment(e.at) for e in self._story.expect if e.at is not None]
        end = max([last, *expected]) + timedelta(days=1)
        self._settle()
        while True:
            upcoming = self._next(waiting, end)
            if upcoming is None or upcoming > last + _LONGEST:
                break
            self._now = max(upcoming, self._now)
            while waiting and waiting[0][0] <= self._now:
                self._take(waiting.pop(0)[1])
            self._settle()
        return Played(
            tuple(self._happened), self._facts.zone_name, self._day_zero, frozenset(self._ways)
        )

    def _next(
        self, waiting: Sequence[tuple[datetime, StoryLine]], end: datetime
    ) -> datetime | None:
        moments = [moment for moment, _ in waiting[:1]]
        moments += [r.due_at for r in self._runs if r.due_at is not None]
        moments += [q.due_at for q in self._queue]
        tick = self._entrances.next_look(self._now)
        if tick is not None and tick <= end:
            moments.append(tick)
        return min(moments, default=None)

    # ── The story's own lines ────────────────────────────────────────────────────────────────

    def _take(self, line: StoryLine) -> None:
        match line:
            case EventHappens():
                happening = self._facts.add_event(line, self._now)
                for run in self._entrances.by_event(line.event, happening, self._earlier()):
                    self._begin(run)
                if line.event in self._plan.listens:
                    self._wake()
            case CustomerChanges():
                self._facts.change(line.values)
                self._wake()
            case TaskEnds():
                self._end_task(line)
            case MessageAnswered():
                self._answer(line)

    def _wake(self) -> None:
        for run in self._runs:
            if run.due_at is not None:
                run.due_at = min(run.due_at, self._now)

    def _end_task(self, line: TaskEnds) -> None:
        for run in self._runs:
            for index, task in run.tasks.items():
                if task.outcome is None and line.task in self._names_of(index):
                    run.tasks[index] = TaskState(line.outcome, self._now, task.due_at)
        self._wake()

    def _answer(self, line: MessageAnswered) -> None:
        for run in self._runs:
            for index, sent in run.sent.items():
                if line.message in self._names_of(index):
                    run.sent[index] = _answered(sent, line.answer, self._now)
        self._wake()

    def _names_of(self, index: int) -> tuple[str, ...]:
        step = self._plan.steps[index]
        names = (step.at.name, getattr(step, "title", None))
        ways = tuple(way.template for way in step.ways) if isinstance(step, Send) else ()
        return tuple(name for name in (*names, *ways) if name)

    # ── What the service does ────────────────────────────────────────────────────────────────

    def _settle(self) -> None:
        """Do everything that is due now, until nothing is left."""
        looked = self._entrances.by_clock(self._now, self._facts.now(self._now), self._earlier())
        for run in looked:
            self._begin(run)
        while True:
            due = [r for r in self._runs if r.due_at is not None and r.due_at <= self._now]
            ready = [q for q in self._queue if q.due_at <= self._now]
            if not due and not ready:
                return
            for each in due:
                self._advance(each)
            for queued in ready:
                self._queue.remove(queued)
                self._dispatch(queued)

    def _earlier(self) -> list[Run]:
        return [each.run for each in self._runs]

    def _begin(self, run: Run) -> None:
        self._runs.append(_PlayedRun(run, self._now))

    def _advance(self, played: _PlayedRun) -> None:
        facts = replace(self._facts.now(self._now), sent=played.sent, tasks=played.tasks)
        course = advance(self._plan, played.run, facts, self._now).course
        self._note(course.decisions)
        played.run = played.run.after(course)
        played.due_at = course.due_at
        for effect in course.effects:
            self._carry_out(played, effect)

    def _note(self, decisions: Sequence[Decision]) -> None:
        """Note what the ledger would say of the run as a whole, and which ways were taken."""
        for decision in decisions:
            line = self._line(decision.step)
            match decision.deed:
                case Deed.ENTERED:
                    self._say("run", ("entered",), line)
                case Deed.TURNED_AWAY:
                    self._say("run", ("turned away",), line, because=decision.detail)
                case Deed.COMPLETED:
                    self._say("run", ("finished",), line)
                case Deed.GOAL_REACHED:
                    self._say("goal", ("reached",), line)
                case Deed.STOPPED if decision.step == START:
                    self._say("run", ("stopped",), line, because=decision.detail)
                case Deed.STOPPED:
                    self._say("stop", (decision.detail,), line)
                case Deed.TOOK | Deed.DREW:
                    self._ways.add((line, decision.detail))
                case _:
                    pass
            step = None if decision.step == START else self._plan.steps[decision.step]
            if step is not None and step.at.only_if != ALWAYS:
                self._ways.add((line, "skipped" if decision.deed is Deed.SKIPPED else "taken"))

    def _line(self, step: int) -> int:
        place = self._plan.place if step == START else self._plan.steps[step].at.place
        return place.span.line

    def _say(
        self,
        what: str,
        names: tuple[str, ...],
        line: int,
        *,
        because: str | None = None,
        assignee: str | None = None,
        values: Mapping[str, str] | None = None,
        refused: bool = False,
    ) -> None:
        self._happened.append(
            Happened(self._now, what, names, line, assignee, values or {}, because, refused)
        )

    def _carry_out(self, played: _PlayedRun, effect: Effect) -> None:
        line = self._line(effect.step) if effect.step >= 0 else 0
        match effect:
            case QueueMessage():
                self._queue.append(_Queued(played, effect, self._now, self._now))
                played.sent[effect.step] = Sent(MessageStatus.QUEUED, self._now)
            case TaskWanted():
                played.tasks[effect.step] = TaskState(None, None, effect.due_at)
                names = self._names_of(effect.step)
                self._say("task", names, line, assignee=effect.assignee)
            case TaskReassigned():
                self._say("reassign", (effect.assignee,), line)
            case TasksWithdrawn():
                for index, task in played.tasks.items():
                    if task.outcome is None:
                        played.tasks[index] = TaskState("withdrawn", self._now, task.due_at)
            case FactsChanged():
                self._facts.set(dict(effect.values))
                self._say("update", (), line, values={k: _shown(v) for k, v in effect.values})
            case TagChanged():
                self._facts.tag(effect.attribute, effect.tag, remove=effect.remove)
                self._say("untag" if effect.remove else "tag", (effect.tag,), line)
            case OfferMade():
                self._say("offer", (effect.offer,), line)
            case PointsAdded():
                self._facts.add_points(effect.points)
                self._say("points", (f"{effect.points:f}",), line)
            case OtherStarted():
                self._say("start_playbook", (effect.playbook,), line)

    # ── Dispatch ─────────────────────────────────────────────────────────────────────────────

    def _dispatch(self, queued: _Queued) -> None:
        message, run = queued.message, queued.of.run
        verdict = self._gates.verdict(message, run, self._now)
        line = self._line(message.step)
        what, names = verb_of(self._plan, message), names_of(self._plan, message)
        match verdict:
            case Hold():
                queued.due_at = verdict.until or self._now + timedelta(minutes=1)
                self._queue.append(queued)
            case Refuse():
                self._say(what, names, line, because=verdict.reason, refused=True)
                following = self._next_way(queued) if verdict.may_try_another_way else None
                if following is not None:
                    self._queue.append(following)
                else:
                    queued.of.sent[message.step] = Sent(verdict.status, self._now)
                    self._rouse(queued)
            case Go():
                self._gates.count(message, self._now)
                self._say(what, names, line)
                queued.of.sent[message.step] = Sent(MessageStatus.SENT, self._now)
                self._rouse(queued)

    def _rouse(self, queued: _Queued) -> None:
        """A message that ended later than it was queued moves the wait that follows it."""
        run = queued.of
        if run.due_at is not None and self._now > queued.queued_at:
            run.due_at = self._now

    def _next_way(self, queued: _Queued) -> _Queued | None:
        message = queued.message
        step = self._plan.steps[message.step]
        if not isinstance(step, Send) or message.part + 1 >= len(step.ways):
            return None
        memory = queued.of.run.memory
        other = message_by(self._plan, message.step, message.part + 1, self._now, memory)
        return _Queued(queued.of, other, self._now, queued.queued_at)


def _day_zero(story: Story) -> date:
    match story.starts_on:
        case None:
            return DAY_ZERO
        case date() as day:
            return day
        case weekday:
            return DAY_ZERO + timedelta(days=weekday.number)


def _answered(sent: Sent, answer: Answer, now: datetime) -> Sent:
    match answer:
        case Answer.DELIVERED:
            return replace(sent, status=MessageStatus.DELIVERED, at=now)
        case Answer.FAILED:
            return replace(sent, status=MessageStatus.FAILED, at=now)
        case Answer.OPENED:
            return replace(sent, opened=True)
        case Answer.CLICKED:
            return replace(sent, clicked=True)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
