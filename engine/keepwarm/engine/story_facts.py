"""Somebody in a story: what is known of them, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from keepwarm.engine.facts import Happening, Value, moment_text
from keepwarm.engine.laying import typed
from keepwarm.engine.plan import Plan
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.phrases import Read, read_share
from keepwarm.schema.stories import EventHappens, Story, StoryTime
from keepwarm.schema.story_reading.times import parse_story_day

#: What a story need not say: somebody who can be reached, and agreed to it.
UNSAID: Final[Mapping[str, Value]] = {
    "email": "somebody@example.com",
    "phone": "+12025550123",
    "first_name": "Sam",
    "email_consent": True,
    "sms_consent": True,
    "push_consent": True,
    "email_confirmed": True,
    "sms_confirmed": True,
}
_OF_ZONES: Final = frozenset({"timezone", "phone"})
_RANKS: Final = {"in the top ": True, "in the bottom ": False}


@dataclass(slots=True)
class StoryFacts:
    """What a story tells of its customer, typed as the catalog says."""

    catalog: Catalog
    plan: Plan
    #: What is known when the story begins.
    attributes: dict[str, Value]
    #: The day that is day 0.
    day_zero: date
    #: Where the limits lie that ranks are told against.
    thresholds: dict[tuple[str, str, Decimal], float] = field(default_factory=dict)

    @classmethod
    def of(cls, story: Story, plan: Plan, catalog: Catalog, day_zero: date) -> StoryFacts:
        """Give what the story says of its customer, and what it leaves unsaid."""
        attributes = dict(UNSAID) | {"timezone": plan.timezone}
        facts = cls(catalog, plan, attributes, day_zero)
        # Where the customer lives comes first: days of the story are told by their clock.
        for name in sorted(story.values, key=lambda each: each not in _OF_ZONES):
            value = facts.learned({name: story.values[name]})[name]
            if value is None:
                attributes.pop(name, None)
            else:
                attributes[name] = value
        return facts

    @property
    def zone_name(self) -> str:
        """The zone in which the story tells its times."""
        profile, phone = self.attributes.get("timezone"), self.attributes.get("phone")
        return zones_of(
            profile if isinstance(profile, str) else None,
            phone if isinstance(phone, str) else None,
            self.plan.timezone,
        ).name

    def learned(self, values: Mapping[str, str]) -> dict[str, Value | None]:
        """Give values that are told as texts; an empty text takes a value away."""
        return {name: self._value(name, text) if text else None for name, text in values.items()}

    def happening(self, line: EventHappens, at: datetime) -> Happening:
        """Give an event of the story as facts hold it."""
        declared = self.catalog.events[line.event].properties
        properties = {n: self._typed(declared[n], t) for n, t in line.properties.items()}
        return Happening(at, properties)

    def _value(self, name: str, text: str) -> Value:
        if any(text.startswith(words) for words in _RANKS):
            return self._rank(name, text)
        attribute = self.catalog.attributes.get(name) or self._scored(name)
        return self._typed(attribute, text)

    def _typed(self, attribute: Attribute, text: str) -> Value:
        """Give a text as a value of the attribute's kind; a day of the story is one of a date."""
        is_day = attribute.kind in (FactKind.DATE, FactKind.MOMENT)
        at = parse_story_day(text) if is_day else None
        if not isinstance(at, StoryTime):
            return typed(attribute, text, self.plan.timezone)
        day = self.day_zero + timedelta(days=at.day)
        if attribute.kind is FactKind.DATE:
            return day.isoformat()
        return moment_text(local_moment(day, at.at, zone_named(self.zone_name)))

    def _scored(self, name: str) -> Attribute:
        score = self.catalog.scores[name]
        return Attribute(name, score.kind, score.place, choices=score.choices)

    def _rank(self, name: str, text: str) -> float:
        """Give the customer a place among all others, where only the place matters."""
        words = next(words for words in _RANKS if text.startswith(words))
        read = read_share(text.removeprefix(words))
        if not isinstance(read, Read):
            raise TypeError(f"{name}: {text} was not refused by its reader")
        share = float(read.value.fraction)
        for fact, end, asked in self.plan.needs.thresholds:
            if fact == name:
                top = str(end) == "top"
                self.thresholds[fact, end, asked] = 1 - float(asked) if top else float(asked)
        return 1 - share if _RANKS[words] else share
