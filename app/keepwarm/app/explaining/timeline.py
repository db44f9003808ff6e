"""The timeline of a run: each decision with what it saw, and what became of its messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from keepwarm.app.explaining.explanation import Entry, RunExplained, Written
from keepwarm.app.explaining.pauses import Pauses
from keepwarm.app.explaining.sentences import decision_sentence, settling_sentence
from keepwarm.engine.conditions import compiled, needs, tests_in
from keepwarm.engine.drawing import message_name
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import OPEN, Deed, RunStatus, Seen
from keepwarm.engine.seeing import seen
from keepwarm.engine.situation import Situation
from keepwarm.engine.weighing import Looked, Weighed, all_of, recount, weigh
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.conditions import ALWAYS, Condition, FactKind, Test
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes
from keepwarm.store.connection import Connection
from keepwarm.store.explaining import Decided, RunTold, messages_of
from keepwarm.store.facts import read_customers
from keepwarm.store.outbox import Shown, read_message

#: What is known of earlier moments as well: the rest is kept as it is now only.
_WITH_HISTORY = frozenset({FactKind.EVENT, FactKind.METRIC})


def explain_run(
    cx: Connection,
    run: RunTold,
    shelf: Shelf,
    customer_id: int,
    pauses: Pauses,
    at: datetime | None = None,
) -> RunExplained:
    """Give a run's timeline, in the order in which things happened; until `at` where it is given.

    Each decision is told by the version that made it.
    """
    began_on = run.decided[0].version_id if run.decided else run.version_id
    asked_of_all = _asked_of_all(cx, run, shelf.version(cx, began_on).plan, customer_id)
    entries = [
        entry
        for decided in run.decided
        for entry in _decided(
            decided, run, shelf.version(cx, decided.version_id).plan, asked_of_all, pauses.zone
        )
    ]
    for told in messages_of(cx, run.id):
        shown = read_message(cx, told.id)
        if shown is not None:
            plan = shelf.version(cx, told.version_id).plan
            entries += _became(shown, _line(plan, told.step), _written(plan, told.number, run))
    if not entries and run.status == RunStatus.SETTLING:
        plan = shelf.version(cx, run.version_id).plan
        waits = settling_sentence(plan.start)
        entries.append(Entry(run.started_at, waits, None, _written(plan, run.number, run)))
    entries.sort(key=lambda entry: entry.at)
    return RunExplained(
        playbook=run.playbook,
        number=run.number,
        status=RunStatus(run.status),
        mode=run.mode,
        paused=pauses.sentence(run.playbook) if RunStatus(run.status) in OPEN else None,
        entries=tuple(entry for entry in entries if at is None or entry.at <= at),
    )


def _decided(
    decided: Decided, run: RunTold, plan: Plan, asked_of_all: tuple[Weighed, ...], zone: str
) -> Iterator[Entry]:
    for decision in decided.decisions:
        tests = recount(plan, decision, decided.seen)
        if decision.deed in (Deed.ENTERED, Deed.HELD_OUT):
            tests = (*asked_of_all, *tests)
        said = decision_sentence(decision, plan, run.mode, decided.until, zone)
        written = _written(plan, decided.number, run)
        yield Entry(decided.at, said, _line(plan, decision.step), written, tests)


def _written(plan: Plan, number: int, run: RunTold) -> Written:
    return Written(plan.place.file, None if number == run.number else number)


def _line(plan: Plan, step: int) -> int | None:
    return plan.steps[step].at.place.span.line if START < step < len(plan.steps) else None


def _became(shown: Shown, line: int | None, written: Written) -> Iterator[Entry]:
    name = message_name(shown.channel, shown.template)
    for note in shown.history:
        if note.status is MessageStatus.SENDING and note is not shown.history[-1]:
            continue  # it went on, and says how
        by = f" by {note.connector}" if note.connector else ""
        why = f", {note.reason}" if note.reason else ""
        said = f"{note.status.value}{by}: {name}{why}"
        yield Entry(note.at, said, line, written, message=shown.id, status=note.status)


# ── What was asked of all customers at once ──────────────────────────────────────────────────


def condition_of_start(plan: Plan) -> Condition:
    """Give what the start asks of all customers at once, in the database; ALWAYS for nothing."""
    match plan.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            return condition
        case WhenBecomes(condition=condition):
            return condition
        case _:
            return ALWAYS


def _asked_of_all(
    cx: Connection, run: RunTold, plan: Plan, customer_id: int
) -> tuple[Weighed, ...]:
    """Give the start's tests as they came out when the run began.

    The database asked them of everybody at once, and kept no values. That they held is certain;
    what they saw is looked up again where the history of it is kept.
    """
    condition = condition_of_start(plan)
    facts = read_customers(cx, needs([condition]), [customer_id], run.started_at)[customer_id]
    situation = Situation(facts, run.started_at, timezone=plan.timezone)

    def tell(test: Test) -> tuple[bool, Seen]:
        return compiled(test)(situation, facts.attributes), seen(test, situation)

    kinds = {(test.fact, test.span.line): test.kind for test in tests_in(condition)}
    weighed = all_of(weigh(condition, tell, everything=True))
    return tuple(_as_it_held(each, kinds) for each in weighed)


def _as_it_held(weighed: Weighed, kinds: dict[tuple[str, int], FactKind]) -> Weighed:
    """Give what held, with the values of which the history is kept."""
    if not isinstance(weighed, Looked):
        return replace(weighed, met=True, of=tuple(_as_kept(each, kinds) for each in weighed.of))
    has_history = kinds[weighed.fact, weighed.line] in _WITH_HISTORY
    # An event that was told later is none that it saw.
    return replace(weighed, met=True, kept=has_history and weighed.met is True)


def _as_kept(weighed: Weighed, kinds: dict[tuple[str, int], FactKind]) -> Weighed:
    if not isinstance(weighed, Looked):
        return replace(weighed, of=tuple(_as_kept(each, kinds) for each in weighed.of))
    if kinds[weighed.fact, weighed.line] in _WITH_HISTORY:
        return weighed
    return replace(weighed, met=None, kept=False)
