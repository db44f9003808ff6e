"""Somebody in a story: what is known of them, and what they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from keepwarm.engine.facts import Facts, Happening, Value, moment_text
from keepwarm.engine.laying import typed
from keepwarm.engine.plan import Plan
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.engine.zones import Zones, zones_of
from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.phrases import Read, read_share
from keepwarm.schema.stories import EventHappens, Story

#: What a story need not say: somebody who can be reached, and agreed to it.
_UNSAID: Final[Mapping[str, Value]] = {
    "email": "somebody@example.com",
    "phone": "+12025550123",
    "first_name": "Sam",
    "email_consent": True,
    "sms_consent": True,
    "push_consent": True,
}
_RANKS: Final = {"in the top ": True, "in the bottom ": False}


@dataclass(slots=True)
class StoryFacts:
    """What is known of the customer of a story, as it goes on."""

    catalog: Catalog
    plan: Plan
    attributes: dict[str, Value]
    events: dict[str, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    thresholds: dict[tuple[str, str, Decimal], float] = field(default_factory=dict)

    @classmethod
    def of(cls, story: Story, plan: Plan, catalog: Catalog) -> StoryFacts:
        """Give what the story says of its customer, and what it leaves unsaid."""
        attributes = dict(_UNSAID) | {"timezone": plan.timezone}
        facts = cls(catalog, plan, attributes)
        facts.change(story.values)
        return facts

    @property
    def zones(self) -> Zones:
        """The zones that the customer may live in."""
        profile, phone = self.attributes.get("timezone"), self.attributes.get("phone")
        return zones_of(
            profile if isinstance(profile, str) else None,
            phone if isinstance(phone, str) else None,
            self.plan.timezone,
        )

    @property
    def zone_name(self) -> str:
        """The zone in which the story tells its times."""
        return self.zones.name

    def now(self, moment: datetime) -> Facts:
        """Give what is known by a moment."""
        events = {n: [h for h in each if h.at <= moment] for n, each in self.events.items()}
        return Facts(dict(self.attributes), events, self.thresholds)

    def change(self, values: Mapping[str, str]) -> None:
        """Learn something; an empty text takes a value away."""
        for name, text in values.items():
            if not text:
                self.attributes.pop(name, None)
            elif any(text.startswith(words) for words in _RANKS):
                self._rank(name, text)
            else:
                self.attributes[name] = self._value(name, text)

    def set(self, values: Mapping[str, Value]) -> None:
        """Learn values that are typed already."""
        self.attributes.update(values)

    def _value(self, name: str, text: str) -> Value:
        attribute = self.catalog.attributes.get(name) or self._scored(name)
        return typed_fact(attribute, text, self.plan.timezone)

    def _scored(self, name: str) -> Attribute:
        score = self.catalog.scores[name]
        return Attribute(name, score.kind, score.place, choices=score.choices)

    def _rank(self, name: str, text: str) -> None:
        """Give the customer a place among all others, where only the place matters."""
        words = next(words for words in _RANKS if text.startswith(words))
        read = read_share(text.removeprefix(words))
        if not isinstance(read, Read):
            raise TypeError(f"{name}: {text} was not refused by its reader")
        share = float(read.value.fraction)
        self.attributes[name] = 1 - share if _RANKS[words] else share
        for fact, end, asked in self.plan.needs.thresholds:
            if fact == name:
                top = str(end) == "top"
                self.thresholds[fact, end, asked] = 1 - float(asked) if top else float(asked)

    def add_event(self, line: EventHappens, at: datetime) -> Happening:
        """Let something happen."""
        declared = self.catalog.events[line.event].properties
        zone = self.plan.timezone
        properties = {n: typed_fact(declared[n], t, zone) for n, t in line.properties.items()}
        happening = Happening(at, properties)
        self.events[line.event].append(happening)
        return happening

    def tag(self, attribute: str, tag: str, *, remove: bool) -> None:
        """Put a tag on, or take it off."""
        before = self.attributes.get(attribute)
        tags = [each for each in before if each != tag] if isinstance(before, list) else []
        self.attributes[attribute] = tags if remove else [*tags, tag]

    def add_points(self, points: Decimal) -> None:
        """Add points."""
        before = self.attributes.get("points")
        self.attributes["points"] = float(points) + (
            before if isinstance(before, int | float) else 0
        )


def typed_fact(attribute: Attribute, text: str, zone: str) -> Value:
    """Give a text of a story as a value of the attribute's kind."""
    if attribute.kind is FactKind.MOMENT and len(text) == len("2026-01-31"):
        return moment_text(local_moment(date.fromisoformat(text), time(), zone_named(zone)))
    return typed(attribute, text)
