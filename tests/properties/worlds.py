"""Random customers and random conditions about them, with what is nasty at the edges.

They are made from a seed rather than drawn one by one: a hundred times faster, so that far more
is tried; what failed is small enough to read because the test names it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from keepwarm.engine.facts import Facts, Happening, moment_text
from keepwarm.engine.timing import after, before, zone_named
from keepwarm.schema.conditions import (
    AfterDate,
    All,
    AnyOf,
    BeforeDate,
    Between,
    Compare,
    Comparison,
    Condition,
    Contains,
    Direction,
    End,
    FactKind,
    Far,
    Happened,
    Has,
    InLast,
    InShare,
    IsKnown,
    IsTrue,
    MetricChange,
    MetricTotal,
    Near,
    NoneOf,
    OneOf,
    Phrase,
    SinceStart,
    StartsWith,
    StepEnded,
    Test,
    Today,
    Trend,
)
from keepwarm.schema.nodes import Span
from keepwarm.schema.phrases import Length, Unit

ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")
LENGTHS = (
    Length(1, Unit.HOUR),
    Length(90, Unit.MINUTE),
    Length(1, Unit.DAY),
    Length(30, Unit.DAY),
    Length(2, Unit.WEEK),
    Length(1, Unit.MONTH),
    Length(1, Unit.YEAR),
)
MOMENTS = (
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # clocks in Amsterdam have just jumped
    datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, 0, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 3, 31, 12, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)
NUMBERS: tuple[float, ...] = (
    0, -0.0, 1, 2, 3, 2.5, -3, 0.1, 0.3, 0.30000000000000004, 50, 1e15, 2**53, 2**53 + 1,
    2**63 - 1, 2**63, 1e308, -1e308, 5e-324,
)  # fmt: skip
AMOUNTS: tuple[float, ...] = (
    0, 0.1, 0.1, 0.2, 0.05, 0.00005, 0.00015, -0.00005, 1, 5, -5, 99.99, 7, 10, 1e11, 1.1e11, 1e300,
)  # fmt: skip
TEXTS = (
    "", "pro", "Pro", "free", "x@Gmail.com", "ÉTÉ", "été", "e\u0301te", "straße", "STRASSE",
    "İstanbul", "ISTANBUL", "a%b_c", "a.b", "[x]", "]", "^a", "-", "*", "?", "\\", "'", '"', "100%",
    "😀 pro", "\u017f", "\u212a", "k", "\n", "a\nb", " lead", "yes", "true", "12", "2026-01-01",
    "null", "***:x", "(?i)x", "{1}", "$a", "é" * 40,
)  # fmt: skip
ODD_DATES = ["2026-02-31", "2026-1-1", "9999-12-31", "0001-01-01", "2026-01-01T"]
ODD_MOMENTS = ["2026-03-29T01:30:00Z", "2026-13-45T99:00:00.000000Z", "2026-03-29"]
JUNK: list[Any] = [
    None, True, False, 1, 1.5, "pro", "12", "true", "", ["vip"], [], {"a": 1}, {"vip": 1}, "vip",
    [["vip"]], "~", "\uff13",
]  # fmt: skip
TAGS = ("vip", "staff", "VIP", "", "é", 'a"b')

ATTRIBUTES: dict[str, FactKind] = {
    "age": FactKind.NUMBER,
    "plan": FactKind.CHOICE,
    "nick-name": FactKind.TEXT,
    "email": FactKind.TEXT,
    "agreed": FactKind.TRUTH,
    "renewal": FactKind.DATE,
    "seen_at": FactKind.MOMENT,
    "tags": FactKind.TAGS,
}
SCORES: dict[str, FactKind] = {"worth": FactKind.NUMBER, "rfm": FactKind.CHOICE}
EVENTS = ("bought", "logged_in")
PROPERTIES: dict[str, FactKind] = {
    "amount": FactKind.NUMBER,
    "shop": FactKind.TEXT,
    "gift": FactKind.TRUTH,
    "day": FactKind.DATE,
    "at": FactKind.MOMENT,
    "labels": FactKind.TAGS,
}
JOINED: list[Callable[[tuple[Condition, ...]], Condition]] = [All, AnyOf, NoneOf]
SHARES = (Decimal("0.1"), Decimal("0.5"), Decimal("0.333"), Decimal("0.01"))

_SPAN = Span(1, 1, 1, 1)


@dataclass(frozen=True)
class Customer:
    """One customer of a world."""

    attributes: dict[str, Any]
    scores: dict[str, Any]
    #: (name, moment, properties)
    events: list[tuple[str, datetime, dict[str, Any]]]
    merged: bool = False


@dataclass(frozen=True)
class World:
    """All customers, and the moment and place from which they are looked at."""

    now: datetime
    zone: str
    started_at: datetime | None
    customers: list[Customer]
    conditions: list[Condition] = field(default_factory=list)

    def facts(self, customer: Customer) -> Facts:
        """Give what is known of a customer, without a database."""
        happened: dict[str, list[Happening]] = {}
        for name, at, properties in sorted(customer.events, key=lambda event: event[1]):
            if at <= self.now:
                happened.setdefault(name, []).append(Happening(at, properties))
        known = {k: v for k, v in customer.attributes.items() if v is not None}
        return Facts({**known, **customer.scores}, happened, self.thresholds())

    def thresholds(self) -> dict[tuple[str, str, Decimal], float]:
        """Give the value at every rank that a condition may ask about."""
        found: dict[tuple[str, str, Decimal], float] = {}
        for name in ("age", "worth"):
            values = sorted(self._numbers(name))
            for share in SHARES if values else ():
                rank = math.ceil(share * len(values))
                found[name, "top", share] = values[-rank]
                found[name, "bottom", share] = values[rank - 1]
        return found

    def _numbers(self, name: str) -> list[float]:
        raw = [
            c.scores.get(name) if name in SCORES else c.attributes.get(name)
            for c in self.customers
            if name in SCORES or not c.merged
        ]
        return [float(v) for v in raw if isinstance(v, int | float) and not isinstance(v, bool)]


def world_of(seed: int, customers: int = 30, conditions: int = 40) -> World:
    """Give the world of a seed, with conditions to ask of it."""
    chance = Random(seed)
    now = chance.choice(MOMENTS)
    zone = chance.choice(ZONES)
    maker = _Maker(chance, now, zone, edges(now, zone))
    return World(
        now,
        zone,
        chance.choice([None, now, now - timedelta(days=2)]),
        [maker.customer() for _ in range(customers)],
        [maker.condition() for _ in range(conditions)],
    )


def edges(now: datetime, zone: str) -> list[datetime]:
    """Give the moments at, just before and just after every bound of a window."""
    place = zone_named(zone)
    bounds = [now, now - timedelta(days=2)]
    for length in LENGTHS:
        back = before(now, length, place)
        bounds += [back, before(back, length, place), after(now, length, place)]
    step = timedelta(microseconds=1)
    return [moment + by for moment in bounds for by in (-step, timedelta(), step)]


def one_of(chance: Random, phrases: list[Phrase]) -> Phrase:
    return chance.choice(phrases)


@dataclass(frozen=True)
class _Maker:
    """Makes things at random."""

    chance: Random
    now: datetime
    zone: str
    instants: list[datetime]

    def customer(self) -> Customer:
        attributes = self._members(ATTRIBUTES, missing=0.2)
        if not isinstance(attributes.get("email", ""), str):
            del attributes["email"]
        scores = {
            name: float(self._value(kind)) if kind is FactKind.NUMBER else self._value(kind)
            for name, kind in SCORES.items()
            if self.chance.random() < 0.7
        }
        events = [self._event() for _ in range(self.chance.choice([0, 0, 1, 2, 3, 6]))]
        return Customer(attributes, scores, events, merged=self.chance.random() < 0.1)

    def _event(self) -> tuple[str, datetime, dict[str, Any]]:
        properties = self._members(PROPERTIES, missing=0.5)
        if self.chance.random() < 0.7:
            properties["amount"] = self.chance.choice(AMOUNTS)
        return self.chance.choice(EVENTS), self.chance.choice(self.instants), properties

    def _members(self, kinds: dict[str, FactKind], missing: float) -> dict[str, Any]:
        return {
            name: self.chance.choice(JUNK) if self.chance.random() < 0.2 else self._value(kind)
            for name, kind in kinds.items()
            if self.chance.random() > missing
        }

    def _value(self, kind: FactKind) -> Any:
        chance = self.chance
        match kind:
            case FactKind.NUMBER:
                return chance.choice([*NUMBERS, chance.uniform(-5, 5), chance.gauss(0, 1e300)])
            case FactKind.TEXT | FactKind.CHOICE:
                return chance.choice(TEXTS)
            case FactKind.TRUTH:
                return chance.random() < 0.5
            case FactKind.DATE:
                day = chance.choice(self.instants).astimezone(zone_named(self.zone)).date()
                return chance.choice([day.isoformat()] * 9 + ODD_DATES)
            case FactKind.MOMENT:
                return chance.choice([moment_text(chance.choice(self.instants))] * 9 + ODD_MOMENTS)
            case _:
                return chance.choices([*TAGS, *TAGS, 1, None, True, ["vip"]], k=chance.randrange(4))

    # ── Conditions ───────────────────────────────────────────────────────────────────────────

    def condition(self, depth: int = 2) -> Condition:
        if depth == 0 or self.chance.random() < 0.4:
            return self._test()
        inner = tuple(self.condition(depth - 1) for _ in range(self.chance.choice([0, 1, 2, 2, 3])))
        return self.chance.choice(JOINED)(inner)

    def _test(self) -> Test:
        chance = self.chance
        match chance.randrange(8):
            case 0:
                return self._of(SCORES, ranks=True, score=True)
            case 1 | 2:
                name = chance.choice([*EVENTS, "never_seen"])
                return Test(name, FactKind.EVENT, self._event_phrase(), "", _SPAN)
            case 3:
                return Test("spent", FactKind.METRIC, self._metric_phrase(), "", _SPAN)
            case 4 if chance.random() < 0.2:
                ended = StepEnded(("done",), chance.random() < 0.5)
                phrase = one_of(chance, [ended, self._known()])
                return Test("a-wait", FactKind.STEP, phrase, "", _SPAN)
            case _:
                return self._of(ATTRIBUTES, ranks=True)

    def _of(self, kinds: dict[str, FactKind], *, ranks: bool, score: bool = False) -> Test:
        name = self.chance.choice(list(kinds))
        phrase = self._phrase(kinds[name], ranks=ranks)
        return Test(name, kinds[name], phrase, "", _SPAN, score=score)

    def _where(self, depth: int = 2) -> Condition:
        if depth == 0 or self.chance.random() < 0.5:
            return self._of(PROPERTIES, ranks=False)
        inner = tuple(self._where(depth - 1) for _ in range(self.chance.choice([0, 1, 2])))
        return self.chance.choice(JOINED)(inner)

    def _known(self) -> Phrase:
        return IsKnown(self.chance.random() < 0.5)

    def _phrase(self, kind: FactKind, *, ranks: bool) -> Phrase:
        chance = self.chance
        if chance.random() < 0.15:
            return self._known()
        match kind:
            case FactKind.NUMBER:
                return self._number_phrase(ranks=ranks)
            case FactKind.TEXT | FactKind.CHOICE:
                return self._text_phrase()
            case FactKind.TRUTH:
                return IsTrue(chance.random() < 0.5)
            case FactKind.DATE | FactKind.MOMENT:
                direction, length = chance.choice(list(Direction)), chance.choice(LENGTHS)
                day = chance.choice([self.now.date(), date(2026, 1, 1), date(2026, 3, 29)])
                return one_of(
                    chance,
                    [
                        Near(direction, length),
                        Near(direction, length),
                        Far(direction, length),
                        Today(),
                        BeforeDate(day),
                        AfterDate(day),
                    ],
                )
            case _:
                return Has(tuple(chance.sample(TAGS, chance.choice([1, 2]))), chance.random() < 0.5)

    def _number_phrase(self, *, ranks: bool) -> Phrase:
        chance = self.chance
        low, high = sorted(Decimal(repr(chance.choice(NUMBERS))) for _ in range(2))
        if ranks and chance.random() < 0.3:
            return InShare(chance.choice(list(End)), chance.choice(SHARES))
        if chance.random() < 0.2:
            return Between(low, high)
        return Compare(chance.choice(list(Comparison)), low)

    def _text_phrase(self) -> Phrase:
        chance = self.chance
        text = chance.choice(TEXTS[1:])
        start = chance.randrange(len(text))
        part = text[start : start + chance.choice([1, 2, 9])]
        part = chance.choice([part, part.upper(), part.lower(), part.swapcase()])
        listed = tuple(chance.sample(TEXTS[1:], chance.choice([1, 2, 5])))
        return one_of(
            chance, [OneOf(listed), OneOf(listed, negated=True), Contains(part), StartsWith(part)]
        )

    def _event_phrase(self) -> Phrase:
        chance = self.chance
        if chance.random() < 0.1:
            return self._known()
        low, high = chance.choice(
            [(0, 0), (0, 0), (1, None), (2, None), (None, 1), (1, 2), (3, 3), (None, None)]
        )
        window = chance.choice([None, SinceStart(), *(InLast(length) for length in LENGTHS)])
        return Happened(low, high, window, chance.choice([None, self._where()]))

    def _metric_phrase(self) -> Phrase:
        chance = self.chance
        length, summed = chance.choice(LENGTHS), chance.choice(["amount", "amount", None])
        if chance.random() < 0.5:
            share = chance.choice([Decimal(text) for text in ("0.3", "0.5", "1", "0.01")])
            return MetricChange(chance.choice(list(Trend)), share, length, "bought", summed)
        total = Decimal(chance.choice(["0", "0.1", "0.2", "0.3", "1", "5", "-5", "0.0001", "1e11"]))
        return MetricTotal(chance.choice(list(Comparison)), total, length, "bought", summed)
