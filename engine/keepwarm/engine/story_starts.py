"""How the customer of a story gets in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.conditions import holds
from keepwarm.engine.due_dates import occurrence_due
from keepwarm.engine.facts import Facts, Happening
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import OPEN, Mode, Run, RunStatus
from keepwarm.engine.situation import Situation
from keepwarm.engine.ticking import latest_tick, next_tick
from keepwarm.engine.timing import after, zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.schema.conditions import All, Condition
from keepwarm.schema.phrases import EveryInterval, Length, Unit
from keepwarm.schema.playbook import (
    EveryTime,
    OncePerCustomer,
    OncePerProperty,
    OnDate,
    OnSchedule,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)

#: How often dates and those who begin to match are looked for, as in the running service.
_LOOK_EVERY: Final = EveryInterval(Length(15, Unit.MINUTE))


class Entrances:
    """The ways into one plan, for the one customer of a story.

    What happens before the story opens is history, and lets nobody in.
    """

    def __init__(self, plan: Plan, opens: datetime, first: datetime) -> None:
        self._plan = plan
        self._zone = zone_named(plan.timezone)
        self._opens = opens
        #: Up to when the clock was looked at; just before the story, so that nothing is missed.
        self._looked = opens - timedelta(microseconds=1)
        self._first = first
        self._matched: bool | None = None

    def next_look(self, now: datetime) -> datetime | None:
        """Give when the clock lets somebody in next; None where it never does."""
        match self._plan.start:
            case OnSchedule(schedule=schedule):
                return next_tick(schedule, max(now, self._looked), self._zone)
            case OnDate() | WhenBecomes():
                return next_tick(_LOOK_EVERY, max(now, self._looked), self._zone)
            case WhenCalled():
                return self._first if now < self._first else None
            case WhenEvent():
                return None

    def by_event(self, name: str, event: Happening, earlier: Sequence[Run]) -> list[Run]:
        """Give the run that an event begins, if it begins one."""
        start = self._plan.start
        if not isinstance(start, WhenEvent) or name != start.event or event.at < self._opens:
            return []
        key = self._key(start, event, earlier)
        if key is None or any(run.entry_key == key for run in earlier):
            return []
        if start.and_then_no and any(run.status is RunStatus.SETTLING for run in earlier):
            return []
        return [self._run(event.at, RunStatus.SETTLING, key, event)]

    def _key(self, start: WhenEvent, event: Happening, earlier: Sequence[Run]) -> str | None:
        match start.once:
            case EveryTime():
                return str(len(earlier))
            case OncePerProperty(name):
                return f"{name} {event.properties.get(name)}"
            case OncePerCustomer():
                return self._again(start.once, event.at, earlier)

    def _again(self, once: OncePerCustomer, now: datetime, earlier: Sequence[Run]) -> str | None:
        entered = [run for run in earlier if run.status is not RunStatus.TURNED_AWAY]
        if not entered:
            return "1"
        if once.again_after is None or any(run.status in OPEN for run in entered):
            return None
        last = max(run.started_at for run in entered)
        may = after(last, once.again_after, self._zone) <= now
        return str(len(entered) + 1) if may else None

    def by_clock(self, now: datetime, facts: Facts, earlier: Sequence[Run]) -> list[Run]:
        """Give the run that begins by the clock now, if one does."""
        since, start = self._looked, self._plan.start
        if now <= since:
            if isinstance(start, WhenBecomes):
                self._matched = self._holds(start.condition, now, facts)
            return []
        self._looked = now
        match start:
            case OnSchedule(schedule, for_customers, once):
                if latest_tick(schedule, now, self._zone) <= since:
                    return []
                return self._if_holds(for_customers, once, now, facts, earlier)
            case OnDate():
                return self._by_date(start, since, now, facts, earlier)
            case WhenBecomes(condition, once):
                before, self._matched = self._matched, self._holds(condition, now, facts)
                if before is not False or not self._matched:
                    return []
                return self._if_holds(condition, once, now, facts, earlier)
            case WhenCalled():
                if earlier or now < self._first:
                    return []
                return [self._run(now, RunStatus.ACTIVE, "1")]
            case WhenEvent():
                return []

    def _if_holds(
        self,
        condition: Condition,
        once: OncePerCustomer,
        now: datetime,
        facts: Facts,
        earlier: Sequence[Run],
    ) -> list[Run]:
        key = self._again(once, now, earlier)
        if key is None or not self._holds(All((condition, self._plan.only_if)), now, facts):
            return []
        return [self._run(now, RunStatus.ACTIVE, key)]

    def _by_date(
        self, start: OnDate, since: datetime, now: datetime, facts: Facts, earlier: Sequence[Run]
    ) -> list[Run]:
        value = facts.attributes.get(start.attribute)
        profile, phone = facts.attributes.get("timezone"), facts.attributes.get("phone")
        zone = zones_of(
            profile if isinstance(profile, str) else None,
            phone if isinstance(phone, str) else None,
            self._plan.timezone,
        ).name
        day = occurrence_due(start, str(value), zone, since, now) if value else None
        condition = All((start.for_customers, self._plan.only_if))
        if day is None or any(run.entry_key == str(day) for run in earlier):
            return []
        if not self._holds(condition, now, facts):
            return []
        return [self._run(now, RunStatus.ACTIVE, str(day))]

    def _holds(self, condition: Condition, now: datetime, facts: Facts) -> bool:
        return holds(condition, Situation(facts, now, timezone=self._plan.timezone))

    def _run(
        self, at: datetime, status: RunStatus, key: str, event: Happening | None = None
    ) -> Run:
        return Run(
            customer="somebody",
            status=status,
            mode=Mode.LIVE,
            step=START,
            started_at=at,
            trigger=event.properties if event else {},
            entry_key=key,
        )
