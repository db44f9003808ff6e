"""What a recording is made from: the history of a customer around one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from keepwarm.engine.plan import Plan
from keepwarm.engine.playing import DAY_ZERO
from keepwarm.engine.replay.history import History
from keepwarm.engine.timing import zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import InShare
from keepwarm.schema.stories import StoryTime


@dataclass(frozen=True, slots=True)
class Past:
    """One run, with all that is recorded of its customer."""

    plan: Plan
    catalog: Catalog
    #: As known when the day began on which the run did, and all that arrived since.
    history: History
    started_at: datetime
    #: When the run ended, or the present moment.
    until: datetime
    is_over: bool
    #: Experiment -> the arm that the customer was drawn into.
    drawn: Mapping[str, str] = field(default_factory=dict)
    #: Fact -> each share that the run asked about, and whether the customer was in it.
    ranks: Mapping[str, Mapping[InShare, bool]] = field(default_factory=dict)
    #: Attributes and properties of events that templates name.
    worded: frozenset[str] = frozenset()
    #: Whether the story stays on its days of the calendar: some turn on holidays, or on a change
    #: of clocks.
    keeps_date: bool = False

    @property
    def zone_name(self) -> str:
        """The zone in which the story tells its times: the customer's when it began."""
        known = self.history.attributes
        profile, phone = known.get("timezone"), known.get("phone")
        return zones_of(
            profile if isinstance(profile, str) else None,
            phone if isinstance(phone, str) else None,
            self.plan.timezone,
        ).name

    @property
    def zone(self) -> ZoneInfo:
        """The same zone."""
        return zone_named(self.zone_name)

    @property
    def day_zero(self) -> date:
        """The day of the customer's calendar on which the run began."""
        return self.started_at.astimezone(self.zone).date()

    @property
    def shift(self) -> timedelta:
        """How far dates move, so that day 0 is that of stories: whole days, the weekday kept."""
        if self.keeps_date:
            return timedelta()
        return DAY_ZERO + timedelta(days=self.day_zero.weekday()) - self.day_zero

    def told(self, moment: datetime) -> StoryTime:
        """Give a moment as the story tells it."""
        local = moment.astimezone(self.zone)
        clock = local.time().replace(second=0, microsecond=0, fold=0)
        return StoryTime((local.date() - self.day_zero).days, clock)
