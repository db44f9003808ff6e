"""What holds of every condition: one spelling, which means the same again; and no text can hurt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.condition_reading import NamedStep, Scope, Subject, read_phrase, spelt
from keepwarm.schema.conditions import (
    AfterDate,
    BeforeDate,
    Between,
    Compare,
    Comparison,
    Contains,
    Direction,
    End,
    FactKind,
    Far,
    Happened,
    Has,
    InLast,
    InSegment,
    InShare,
    IsKnown,
    IsTrue,
    MetricChange,
    MetricTotal,
    Near,
    OneOf,
    Phrase,
    SinceStart,
    StartsWith,
    StepEnded,
    Today,
    Trend,
)
from keepwarm.schema.phrases import Length, Unit
from keepwarm.schema.reading import Read
from tests.schema.condition_words import CLOSE, REFUSED

CHOICES = ("free", "pro", "team", "really big", "at_risk", "42", "no")
STEP = NamedStep("rescue-call", "task", ("saved", "lost", "no_answer", "done", "late", "open"), 3)
SUBJECTS = {
    kind: Subject("fact", kind, CHOICES if kind is FactKind.CHOICE else (), step=step)
    for kind in FactKind
    for step in [STEP if kind is FactKind.STEP else None]
}
SCOPE = Scope(Catalog(), has_run=True)

numbers = st.decimals(-1_000_000, 1_000_000, places=3).map(lambda d: d.normalize() + 0)
plain_units = [Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR]
days = st.builds(Length, st.integers(1, 10), st.sampled_from(plain_units))
lengths = st.builds(
    Length, st.integers(1, 10), st.sampled_from([*plain_units, Unit.MINUTE, Unit.HOUR])
)
shares = st.integers(1, 999).map(lambda n: Decimal(n).scaleb(-3))
words = st.from_regex(r"[A-Za-z0-9+@._-]+( [A-Za-z0-9+@._-]+){0,2}", fullmatch=True)
tags = st.lists(
    st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,8}[a-z0-9])?", fullmatch=True),
    min_size=1,
    max_size=4,
    unique=True,
)
known = st.booleans().map(IsKnown)
compares = st.builds(Compare, st.sampled_from(Comparison), numbers)
directions = st.sampled_from(Direction)
dates = st.dates(date(1900, 1, 1), date(2999, 12, 31))
windows = st.none() | st.just(SinceStart()) | lengths.map(InLast)


def _few(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)


def _date_tests(of: st.SearchStrategy[Length]) -> st.SearchStrategy[Phrase]:
    return st.one_of(
        st.builds(Near, directions, of),
        st.builds(Far, directions, of),
        st.just(Today()),
        dates.map(BeforeDate),
        dates.map(AfterDate),
    )


PHRASES: dict[FactKind, st.SearchStrategy[Phrase]] = {
    FactKind.NUMBER: st.one_of(
        compares,
        st.tuples(numbers, numbers)
        .filter(lambda ends: ends[0] != ends[1])
        .map(lambda ends: Between(min(ends), max(ends))),
        st.builds(InShare, st.sampled_from(End), shares),
        known,
    ),
    FactKind.TEXT: st.one_of(
        st.builds(OneOf, _few(words), st.booleans()),
        words.map(Contains),
        words.map(StartsWith),
        known,
    ),
    FactKind.CHOICE: st.builds(OneOf, _few(st.sampled_from(CHOICES)), st.booleans()) | known,
    FactKind.TRUTH: st.booleans().map(IsTrue) | known,
    FactKind.DATE: _date_tests(days) | known,
    FactKind.MOMENT: _date_tests(lengths) | known,
    FactKind.EVENT: st.one_of(
        st.builds(Happened, st.integers(1, 99), st.none(), windows),
        st.builds(Happened, st.none(), st.integers(0, 99), windows),
    ),
    FactKind.METRIC: st.one_of(
        st.builds(MetricTotal, st.sampled_from(Comparison), numbers, lengths),
        st.builds(MetricChange, st.sampled_from(Trend), shares, lengths),
    ),
    FactKind.TAGS: st.builds(Has, tags.map(tuple), st.booleans()) | known,
    FactKind.SEGMENT: st.booleans().map(InSegment),
    FactKind.STEP: st.builds(StepEnded, _few(st.sampled_from(STEP.results)), st.booleans()),
}
#: Pieces of phrases, right and wrong, so that random texts come near the grammar.
SAID = [said for _, said, _ in CLOSE] + [said for _, said, _, _ in REFUSED]
PIECES = sorted(
    {word for said in [*SAID, "not", "one of", "none of", "known"] for word in said.split(" ")}
)
near_phrases = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map(" ".join)


@pytest.mark.parametrize("kind", sorted(FactKind))
@given(data=st.data())
def test_a_phrase_is_read_back_from_its_spelling(kind: FactKind, data: st.DataObject) -> None:
    phrase = data.draw(PHRASES[kind])
    said = spelt(phrase)
    assert read_phrase(said, SUBJECTS[kind], SCOPE) == Read(phrase, said)


@pytest.mark.parametrize("kind", sorted(FactKind))
@given(said=st.text(max_size=60) | near_phrases)
def test_whatever_can_be_read_has_one_spelling_that_means_the_same(
    kind: FactKind, said: str
) -> None:
    found = read_phrase(said, SUBJECTS[kind], SCOPE)
    if isinstance(found, Read):
        assert read_phrase(found.canonical, SUBJECTS[kind], SCOPE) == found


@pytest.mark.parametrize("kind", sorted(FactKind))
@given(said=near_phrases)
def test_what_a_refusal_proposes_can_be_read(kind: FactKind, said: str) -> None:
    found = read_phrase(said, SUBJECTS[kind], SCOPE)
    if not isinstance(found, Read) and found.replacement is not None:
        assert isinstance(read_phrase(found.replacement, SUBJECTS[kind], SCOPE), Read)


@pytest.mark.parametrize("kind", [FactKind.TEXT, FactKind.TAGS])
def test_a_list_may_be_as_long_as_it_likes(kind: FactKind) -> None:
    listed = ", ".join(f"word-{number}" for number in range(1000))
    said = f"has none of {listed}" if kind is FactKind.TAGS else f"none of {listed}"
    found = read_phrase(said, SUBJECTS[kind], SCOPE)
    assert isinstance(found, Read)
    assert found.canonical == said
