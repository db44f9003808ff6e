"""One run as it is recorded: what was sent, what was drawn, what its conditions saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from keepwarm.app.nights import nights_of
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import Plan, Send, Split
from keepwarm.engine.recording import Past
from keepwarm.engine.run import OPEN, Deed
from keepwarm.engine.templates.analysis import analyse
from keepwarm.engine.ticking import latest_tick
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.schema.condition_reading.number_phrases import parse_number_test
from keepwarm.schema.conditions import InShare
from keepwarm.schema.playbook import OnSchedule
from keepwarm.schema.words import CUSTOMER_CHANNELS
from keepwarm.schema.workspace import Workspace
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer
from keepwarm.store.explaining import RunTold, messages_of
from keepwarm.store.histories import read_histories, recorded_for
from keepwarm.store.outbox import Shown, read_message


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to the customer that went out."""

    channel: str
    template: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run, with the plan that its story is played by, and the one that it followed."""

    told: RunTold
    customer: Customer
    plan: Plan
    version: Plan
    sent: tuple[Sent, ...]

    @property
    def began_at(self) -> datetime:
        """When it began, or was due to: after a standstill the clock is late."""
        start = self.plan.start
        if not isinstance(start, OnSchedule):
            return self.told.started_at
        zone = zone_named(self.plan.timezone)
        return latest_tick(start.schedule, self.told.started_at, zone)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.told.status not in OPEN


def sent_of(cx: Connection, run: RunTold) -> Iterator[Sent]:
    """Give the messages of a run that went out, in the order in which they were queued."""
    for told in messages_of(cx, run.id):
        shown = read_message(cx, told.id)
        if shown is None or shown.template is None or shown.channel not in CUSTOMER_CHANNELS:
            continue
        at = _went_out(shown)
        if at is not None:
            yield Sent(shown.channel, shown.template, at)


def _went_out(shown: Shown) -> datetime | None:
    return next((note.at for note in shown.history if note.status is MessageStatus.SENT), None)


def past_of(
    cx: Connection, run: RecordedRun, workspace: Workspace, pepper: bytes, now: datetime
) -> Past:
    """Read all that a story of the run may tell."""
    until = max([run.told.ended_at or now, *(each.at for each in run.sent)])
    key, since = run.customer.id, _begin_of_day(run)
    recorded = recorded_for([run.plan], since, until, pepper)
    (history,) = read_histories(cx, recorded, (key, key))
    # Of scores a story tells those of one day: the night before the run began.
    scores = workspace.catalog.scores
    nights = nights_of(cx, [run.plan], scores, run.began_at, run.began_at)
    nights.give([history], nights.courses_of(key, key))
    return Past(
        run.plan,
        workspace.catalog,
        history,
        run.began_at,
        until,
        run.is_over,
        dict(_drawn(run)),
        _ranks(run.told),
        frozenset(_worded(run.plan, workspace)),
    )


def _begin_of_day(run: RecordedRun) -> datetime:
    known = run.customer.attributes
    profile, phone = known.get("timezone"), known.get("phone")
    zone = zone_named(
        zones_of(
            profile if isinstance(profile, str) else None,
            phone if isinstance(phone, str) else None,
            run.plan.timezone,
        ).name
    )
    return local_moment(run.began_at.astimezone(zone).date(), time(), zone)


def _drawn(run: RecordedRun) -> Iterator[tuple[str, str]]:
    """Give (experiment, arm) of the draws that the playbook still has."""
    arms = {
        (step.experiment, label)
        for step in run.plan.steps
        if isinstance(step, Split)
        for _, label, _ in step.arms
    }
    for decided in run.told.decided:
        for decision in decided.decisions:
            if decision.deed is Deed.DREW:
                step = run.version.steps[decision.step]
                named = isinstance(step, Split) and not decision.detail.startswith("line ")
                if isinstance(step, Split) and named and (step.experiment, decision.detail) in arms:
                    yield step.experiment, decision.detail


def _ranks(run: RunTold) -> Mapping[str, Mapping[InShare, bool]]:
    """Give what the run found of the customer's place among all, at the last look."""
    found: dict[str, dict[InShare, bool]] = {}
    for decided in run.decided:
        for decision in decided.decisions:
            for check in decision.checks:
                share = parse_number_test(check.wanted)
                if isinstance(share, InShare):
                    found.setdefault(check.fact, {})[share] = check.held
    return found


def _worded(plan: Plan, workspace: Workspace) -> Iterator[str]:
    """Name the attributes and properties that the templates of the plan name."""
    named = {way.template for step in plan.steps if isinstance(step, Send) for way in step.ways}
    for template in workspace.templates.values():
        if template.name in named:
            for use in analyse(template).names:
                of, _, name = use.path.partition(".")
                if of in ("customer", "event") and name:
                    yield name
