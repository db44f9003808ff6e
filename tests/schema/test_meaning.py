"""What phrases say of each other, held against what they mean in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.engine.conditions import Situation, holds
from keepwarm.engine.facts import Facts, Happening, Value, moment_text
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.condition_reading import Scope, Subject, read_phrase, spelt
from keepwarm.schema.conditions import (
    AfterDate,
    BeforeDate,
    Between,
    Compare,
    Comparison,
    Contains,
    Direction,
    FactKind,
    Far,
    Happened,
    Has,
    InLast,
    IsKnown,
    Near,
    OneOf,
    Phrase,
    StartsWith,
    Test,
    Today,
)
from keepwarm.schema.lengths import Length, Unit
from keepwarm.schema.nodes import Span
from keepwarm.schema.reading import Read
from keepwarm.schema.rules.meaning import exclude_each_other, implies

NOW = datetime(2026, 3, 30, 12, 30, tzinfo=UTC)
SPAN = Span(1, 1, 1, 1)

numbers = st.integers(-3, 3).map(Decimal)
words = st.sampled_from(["pro", "team", "prot", "free"])
lengths = st.builds(
    Length,
    st.integers(1, 40),
    st.sampled_from([Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH]),
)
directions = st.sampled_from(Direction)
days = st.dates(date(2026, 3, 26), date(2026, 4, 2))
known = st.builds(IsKnown, st.booleans())
number_phrases = st.one_of(
    st.builds(Compare, st.sampled_from(Comparison), numbers),
    st.tuples(numbers, numbers).map(lambda pair: Between(min(pair), max(pair))),
    known,
)
text_phrases = st.one_of(
    st.builds(OneOf, st.lists(words, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Contains, st.sampled_from(["ro", "t", "FREE"])),
    st.builds(StartsWith, st.sampled_from(["p", "PRO", "x"])),
    known,
)
date_phrases = st.one_of(
    st.builds(Near, directions, lengths),
    st.builds(Far, directions, lengths),
    st.just(Today()),
    st.builds(BeforeDate, days),
    st.builds(AfterDate, days),
    known,
)
tag_phrases = st.builds(Has, st.lists(words, min_size=1, max_size=3).map(tuple), st.booleans())
event_phrases = st.builds(
    Happened,
    st.one_of(st.none(), st.integers(1, 3)),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.builds(InLast, lengths)),
)
moments = st.integers(-100 * 24 * 60, 100 * 24 * 60).map(lambda m: NOW + timedelta(minutes=m))


def both(phrase: st.SearchStrategy[Phrase]) -> st.SearchStrategy[tuple[Phrase, Phrase]]:
    return st.tuples(phrase, phrase)


def held(kind: FactKind, phrase: Phrase, facts: Facts) -> bool:
    return holds(Test("fact", kind, phrase, spelt(phrase), SPAN), Situation(facts, NOW))


def assert_meant(kind: FactKind, pair: tuple[Phrase, Phrase], facts: Facts) -> None:
    a, b = pair
    truth_of_a, truth_of_b = held(kind, a, facts), held(kind, b, facts)
    if exclude_each_other(a, b):
        assert not (truth_of_a and truth_of_b)
    if implies(a, b):
        assert truth_of_b or not truth_of_a


def attributes(value: Value | None) -> Facts:
    return Facts({} if value is None else {"fact": value})


@given(both(number_phrases), st.one_of(st.none(), st.integers(-4, 4), st.just(0.5)))
def test_numbers(pair: tuple[Phrase, Phrase], value: float | None) -> None:
    assert_meant(FactKind.NUMBER, pair, attributes(value))


@given(both(text_phrases), st.one_of(st.none(), words))
def test_texts(pair: tuple[Phrase, Phrase], value: str | None) -> None:
    assert_meant(FactKind.TEXT, pair, attributes(value))


@given(both(tag_phrases), st.lists(words, max_size=3))
def test_tags(pair: tuple[Phrase, Phrase], value: list[str]) -> None:
    assert_meant(FactKind.TAGS, pair, attributes(value))


@given(both(date_phrases), moments)
def test_moments(pair: tuple[Phrase, Phrase], value: datetime) -> None:
    assert_meant(FactKind.MOMENT, pair, attributes(moment_text(value)))


@given(both(date_phrases), moments)
def test_dates(pair: tuple[Phrase, Phrase], value: datetime) -> None:
    assert_meant(FactKind.DATE, pair, attributes(value.date().isoformat()))


@given(both(event_phrases), st.lists(moments.filter(lambda m: m <= NOW), max_size=5))
def test_events(pair: tuple[Phrase, Phrase], happened: list[datetime]) -> None:
    facts = Facts(events={"fact": [Happening(at) for at in sorted(happened)]})
    assert_meant(FactKind.EVENT, pair, facts)


NAMES = {
    "number": Subject("fact", FactKind.NUMBER),
    "text": Subject("fact", FactKind.TEXT),
    "truth": Subject("fact", FactKind.TRUTH),
    "date": Subject("fact", FactKind.DATE),
    "event": Subject("fact", FactKind.EVENT),
    "metric": Subject("fact", FactKind.METRIC),
    "tags": Subject("fact", FactKind.TAGS),
    "segment": Subject("fact", FactKind.SEGMENT),
}


def phrase(kind: str, said: str) -> Phrase:
    read = read_phrase(said, NAMES[kind], Scope(Catalog(), has_run=True))
    assert isinstance(read, Read)
    return read.value


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("number", "at least 5", "below 3"),
        ("number", "at least 5", "below 5"),
        ("number", "3", "not 3"),
        ("number", "between 1 and 3", "more than 3"),
        ("number", "unknown", "3"),
        ("text", "pro", "not pro"),
        ("text", "one of pro, team", "none of team, pro, free"),
        ("text", "pro", "starts with t"),
        ("truth", "yes", "no"),
        ("date", "in the last 30 days", "more than 60 days ago"),
        ("date", "in the next 2 weeks", "more than 14 days away"),
        ("date", "more than 1 day ago", "in the next 1 year"),
        ("date", "before 2026-01-02", "after 2026-01-01"),
        ("event", "never", "at least once in the last 30 days"),
        ("event", "at most 2 times in the last 60 days", "at least 3 times in the last 30 days"),
        ("event", "never since start", "at least once since start"),
        ("metric", "below 10 over the last 7 days", "at least 10 over the last 7 days"),
        ("tags", "has vip", "has none of vip, staff"),
        ("segment", "yes", "no"),
    ],
)
def test_what_never_holds_together(kind: str, a: str, b: str) -> None:
    assert exclude_each_other(phrase(kind, a), phrase(kind, b))
    assert exclude_each_other(phrase(kind, b), phrase(kind, a))


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("number", "at least 5", "at most 5"),
        ("number", "in the top 10%", "in the bottom 10%"),
        ("number", "known", "3"),
        ("text", "one of pro, team", "not pro"),
        ("date", "in the last 1 month", "more than 30 days ago"),
        ("date", "in the last 30 days", "in the next 30 days"),
        ("date", "today", "more than 1 day away"),
        ("event", "never in the last 30 days", "at least once"),
        ("event", "at least 3 times in the last 60 days", "at most 2 times in the last 30 days"),
        ("metric", "below 10 over the last 7 days", "at least 10 over the last 30 days"),
        ("tags", "has vip", "has staff"),
    ],
)
def test_what_may_hold_together(kind: str, a: str, b: str) -> None:
    assert not exclude_each_other(phrase(kind, a), phrase(kind, b))


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("number", "in the top 10%", "in the top 40%"),
        ("number", "at least 5", "more than 3"),
        ("number", "3", "known"),
        ("text", "pro", "one of pro, team"),
        ("text", "pro", "not free"),
        ("date", "in the next 14 days", "in the next 30 days"),
        ("date", "more than 1 year ago", "more than 60 days ago"),
        ("event", "at least 3 times", "at least once"),
    ],
)
def test_what_follows(kind: str, a: str, b: str) -> None:
    assert implies(phrase(kind, a), phrase(kind, b))
    assert not implies(phrase(kind, b), phrase(kind, a))
