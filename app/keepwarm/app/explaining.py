"""Why, in lines: what was decided about a customer, on what, and what became of the messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from keepwarm.app.web.moments import said
from keepwarm.engine.conditions import checks, tests_in
from keepwarm.engine.drawing import entry_sentence, step_sentence
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import Check, Decision, Deed, Mode, Seen
from keepwarm.engine.seeing import seen
from keepwarm.engine.situation import Situation
from keepwarm.engine.zones import Zones, zones_of
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.conditions import All, Condition
from keepwarm.schema.playbook import OnSchedule, WhenBecomes
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer, find_customer
from keepwarm.store.explaining import Decided, RunTold, messages_of, runs_of
from keepwarm.store.facts import read_customers
from keepwarm.store.outbox import Shown, read_message


def explain(
    cx: Connection, customer: str, playbook: str | None, most_runs: int, now: datetime
) -> list[str] | None:
    """Give the timeline of a customer; None when there is no such customer."""
    found = find_customer(cx, customer)
    if found is None:
        return None
    shelf = Shelf()
    live = shelf.live(cx)
    zones = _zones(found, next((each.plan for each in live.values()), None))
    lines = [f"Customer {found.customer}; times are {zones.name} ({zones.source})."]
    runs = runs_of(cx, found.id, playbook, most_runs)
    messages = messages_of(cx, [run.id for run in runs])
    for run in runs:
        plan = shelf.version(cx, run.version_id).plan
        shown = {key: (step, read_message(cx, key)) for step, key in messages[run.id]}
        lines += ["", *_run(run, plan, [each for each in shown.values() if each[1]], zones.name)]
    entered = {run.playbook for run in runs}
    for name, each in sorted(live.items()):
        if name not in entered and playbook in (None, name):
            lines += ["", *_never_entered(cx, found, each.plan, now)]
    return lines


def _zones(customer: Customer, plan: Plan | None) -> Zones:
    profile, phone = customer.attributes.get("timezone"), customer.attributes.get("phone")
    return zones_of(
        profile if isinstance(profile, str) else None,
        phone if isinstance(phone, str) else None,
        "UTC" if plan is None else plan.timezone,
    )


# ── What happened ────────────────────────────────────────────────────────────────────────────


def _run(
    run: RunTold, plan: Plan, messages: Sequence[tuple[int, Shown | None]], zone: str
) -> Iterator[str]:
    is_live = run.mode == Mode.LIVE
    mode = "" if is_live else f", {run.mode}"
    yield f"{run.playbook}, version {run.number}: {run.status}{mode}"
    told = [(each.at, list(_decided(each, plan, zone, is_live=is_live))) for each in run.decided]
    for _, shown in messages:
        if shown is not None:
            told += _became(shown)
    for at, lines in sorted(told, key=lambda each: each[0]):
        for number, line in enumerate(lines):
            yield f"  {'' if number else said(at, zone):<24} {line}"


def _decided(decided: Decided, plan: Plan, zone: str, *, is_live: bool) -> Iterator[str]:
    for decision in decided.decisions:
        yield _deed(decision, plan, is_live=is_live)
        for check in decision.checks:
            yield _check(check, decided.seen[check.seen_at], plan.place.file)
    if decided.until is not None:
        yield f"waits until {said(decided.until, zone)}"


def _deed(decision: Decision, plan: Plan, *, is_live: bool) -> str:
    deed = decision.deed.value
    if not is_live and decision.deed is Deed.QUEUED:
        deed = "would have been queued"
    if not START < decision.step < len(plan.steps):
        return f"{deed}: {decision.detail}" if decision.detail else deed
    step = plan.steps[decision.step]
    what = step_sentence(step)
    # A detail that the step's own sentence says already is left out.
    detail = "" if set(decision.detail.split()) <= set(what.split()) else f": {decision.detail}"
    return f"{deed}: {what} ({step.at.place}){detail}"


def _check(check: Check, value: Seen, file: str) -> str:
    mark = "✓" if check.held else "✗"
    was = "unknown" if value is None else value
    return f"  {mark} {check.fact}: {check.wanted} — it was {was} ({file}:{check.line})"


def _became(shown: Shown) -> Iterator[tuple[datetime, list[str]]]:
    name = f"{shown.channel} {shown.template or ''}".strip()
    for note in shown.history:
        why = f": {note.reason}" if note.reason else ""
        by = f" by {note.connector}" if note.connector else ""
        yield note.at, [f"{name} {note.status.value}{by}{why} (message {shown.id})"]


# ── Who never entered ────────────────────────────────────────────────────────────────────────


def _never_entered(cx: Connection, customer: Customer, plan: Plan, now: datetime) -> Iterator[str]:
    yield f"{plan.playbook}: never entered. Customers enter {entry_sentence(plan)}."
    condition = entry_condition(plan)
    facts = read_customers(cx, plan.needs, [customer.id], now)[customer.id]
    situation = Situation(facts, now, timezone=plan.timezone)
    looked_at = checks(condition, situation)
    tests = {(test.fact, test.wanted, test.span.line): test for test in tests_in(condition)}
    for check in looked_at:
        test = tests[check.fact, check.wanted, check.line]
        yield f"  {_check(check, seen(test, situation), plan.place.file).strip()}"
    if all(check.held for check in looked_at):
        more = "" if isinstance(plan.start, OnSchedule) else ", and waits for what starts it"
        yield f"  The conditions hold now{more}."


def entry_condition(plan: Plan) -> Condition:
    """Give all that is asked of a customer who would enter."""
    match plan.start:
        case OnSchedule(for_customers=for_customers):
            return All((for_customers, plan.only_if))
        case WhenBecomes(condition=condition):
            return All((condition, plan.only_if))
        case _:
            return plan.only_if
