"""The grammar of conditions, phrase by phrase: what each kind of fact may be asked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

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
from keepwarm.schema.reading import Read, Refusal
from tests.schema.condition_words import CLOSE, REFUSED

TASK = NamedStep("rescue-call", "task", ("saved", "lost", "no_answer", "done", "late", "open"), 3)
WAIT = NamedStep("first-project", "wait", ("happened", "timed out"), 3)
SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("open_tickets", FactKind.NUMBER),
        Subject("monthly_revenue", FactKind.NUMBER, unit="EUR"),
        Subject("amount", FactKind.NUMBER, is_property=True),
        Subject("city", FactKind.TEXT),
        Subject("plan", FactKind.CHOICE, ("free", "pro", "team", "enterprise")),
        Subject("newsletter", FactKind.TRUTH),
        Subject("renewal_date", FactKind.DATE),
        Subject("signed_up_at", FactKind.MOMENT),
        Subject("logged_in", FactKind.EVENT),
        Subject("active_minutes", FactKind.METRIC),
        Subject("tags", FactKind.TAGS),
        Subject("big-accounts", FactKind.SEGMENT),
        Subject("rescue-call", FactKind.STEP, step=TASK),
        Subject("first-project", FactKind.STEP, step=WAIT),
    )
}
IN_A_RUN = Scope(Catalog(), has_run=True)
BEFORE_ANY_RUN = Scope(Catalog())


def _days(amount: int) -> Length:
    return Length(amount, Unit.DAY)


READ: list[tuple[str, str, Phrase]] = [
    ("open_tickets", "3", Compare(Comparison.IS, Decimal(3))),
    ("open_tickets", "-2.5", Compare(Comparison.IS, Decimal("-2.5"))),
    ("open_tickets", "not 3", Compare(Comparison.IS_NOT, Decimal(3))),
    ("open_tickets", "at least 3", Compare(Comparison.AT_LEAST, Decimal(3))),
    ("open_tickets", "more than 3", Compare(Comparison.MORE_THAN, Decimal(3))),
    ("open_tickets", "at most 3", Compare(Comparison.AT_MOST, Decimal(3))),
    ("open_tickets", "below 50", Compare(Comparison.BELOW, Decimal(50))),
    ("open_tickets", "between 1 and 5", Between(Decimal(1), Decimal(5))),
    ("open_tickets", "in the top 10%", InShare(End.TOP, Decimal("0.1"))),
    ("open_tickets", "in the bottom 0.5%", InShare(End.BOTTOM, Decimal("0.005"))),
    ("open_tickets", "known", IsKnown(wanted=True)),
    ("open_tickets", "unknown", IsKnown(wanted=False)),
    ("city", "Amsterdam", OneOf(("Amsterdam",))),
    ("city", "New York", OneOf(("New York",))),
    ("city", "NO", OneOf(("NO",))),
    ("city", "not Amsterdam", OneOf(("Amsterdam",), negated=True)),
    ("city", "one of Amsterdam, Utrecht", OneOf(("Amsterdam", "Utrecht"))),
    ("city", "none of Amsterdam, Utrecht", OneOf(("Amsterdam", "Utrecht"), negated=True)),
    ("city", "one of not applicable", OneOf(("not applicable",))),
    ("city", "contains dam", Contains("dam")),
    ("city", "starts with +44", StartsWith("+44")),
    ("city", "unknown", IsKnown(wanted=False)),
    ("plan", "pro", OneOf(("pro",))),
    ("plan", "not pro", OneOf(("pro",), negated=True)),
    ("plan", "one of pro, team", OneOf(("pro", "team"))),
    ("plan", "none of free, pro", OneOf(("free", "pro"), negated=True)),
    ("plan", "known", IsKnown(wanted=True)),
    ("newsletter", "yes", IsTrue(wanted=True)),
    ("newsletter", "no", IsTrue(wanted=False)),
    ("newsletter", "unknown", IsKnown(wanted=False)),
    ("renewal_date", "in the next 90 days", Near(Direction.FUTURE, _days(90))),
    ("renewal_date", "in the last 30 days", Near(Direction.PAST, _days(30))),
    ("renewal_date", "more than 60 days ago", Far(Direction.PAST, _days(60))),
    ("renewal_date", "more than 10 days away", Far(Direction.FUTURE, _days(10))),
    ("renewal_date", "today", Today()),
    ("renewal_date", "before 2026-01-01", BeforeDate(date(2026, 1, 1))),
    ("renewal_date", "after 2026-01-01", AfterDate(date(2026, 1, 1))),
    ("renewal_date", "unknown", IsKnown(wanted=False)),
    ("signed_up_at", "in the last 4 hours", Near(Direction.PAST, Length(4, Unit.HOUR))),
    ("signed_up_at", "more than 2 weeks ago", Far(Direction.PAST, Length(2, Unit.WEEK))),
    ("logged_in", "never", Happened(None, 0)),
    ("logged_in", "at least once", Happened(1, None)),
    ("logged_in", "at least 3 times", Happened(3, None)),
    ("logged_in", "at most 2 times", Happened(None, 2)),
    ("logged_in", "at most once", Happened(None, 1)),
    ("logged_in", "never in the last 30 days", Happened(None, 0, InLast(_days(30)))),
    ("logged_in", "at least once in the last 30 days", Happened(1, None, InLast(_days(30)))),
    ("logged_in", "at least 3 times in the last 30 days", Happened(3, None, InLast(_days(30)))),
    ("logged_in", "at most 2 times in the last 30 days", Happened(None, 2, InLast(_days(30)))),
    ("logged_in", "unknown", IsKnown(wanted=False)),
    ("logged_in", "never since start", Happened(None, 0, SinceStart())),
    ("logged_in", "at least once since start", Happened(1, None, SinceStart())),
    ("logged_in", "at least 3 times since start", Happened(3, None, SinceStart())),
    ("logged_in", "at most 2 times since start", Happened(None, 2, SinceStart())),
    (
        "active_minutes",
        "at least 40 over the last 7 days",
        MetricTotal(Comparison.AT_LEAST, Decimal(40), _days(7)),
    ),
    (
        "active_minutes",
        "0 over the last 7 days",
        MetricTotal(Comparison.IS, Decimal(0), _days(7)),
    ),
    (
        "active_minutes",
        "down at least 30% over the last 30 days",
        MetricChange(Trend.DOWN, Decimal("0.3"), _days(30)),
    ),
    (
        "active_minutes",
        "up at least 250% over the last 30 days",
        MetricChange(Trend.UP, Decimal("2.5"), _days(30)),
    ),
    ("tags", "has vip", Has(("vip",))),
    ("tags", "has one of vip, staff", Has(("vip", "staff"))),
    ("tags", "has none of vip, staff", Has(("vip", "staff"), negated=True)),
    ("tags", "unknown", IsKnown(wanted=False)),
    ("big-accounts", "yes", InSegment(wanted=True)),
    ("big-accounts", "no", InSegment(wanted=False)),
    ("rescue-call", "saved", StepEnded(("saved",))),
    ("rescue-call", "not late", StepEnded(("late",), negated=True)),
    ("rescue-call", "one of saved, lost", StepEnded(("saved", "lost"))),
    ("rescue-call", "none of saved, lost", StepEnded(("saved", "lost"), negated=True)),
    ("first-project", "timed out", StepEnded(("timed out",))),
    ("first-project", "unknown", IsKnown(wanted=False)),
    ("first-project", "not happened", StepEnded(("happened",), negated=True)),
]


@pytest.mark.parametrize(("name", "said", "phrase"), READ)
def test_a_phrase_of_the_language_means_this(name: str, said: str, phrase: Phrase) -> None:
    assert read_phrase(said, SUBJECTS[name], IN_A_RUN) == Read(phrase, said)
    assert spelt(phrase) == said


@pytest.mark.parametrize(("name", "said", "canonical"), CLOSE)
def test_a_close_spelling_is_read_as_the_one_spelling(name: str, said: str, canonical: str) -> None:
    found = read_phrase(said, SUBJECTS[name], IN_A_RUN)
    assert isinstance(found, Read)
    assert found.canonical == canonical
    assert read_phrase(canonical, SUBJECTS[name], IN_A_RUN) == found


@pytest.mark.parametrize(("name", "said", "message", "replacement"), REFUSED)
def test_another_phrase_is_refused_in_these_words(
    name: str, said: str, message: str, replacement: str | None
) -> None:
    found = read_phrase(said, SUBJECTS[name], IN_A_RUN)
    assert isinstance(found, Refusal)
    assert (found.message, found.replacement) == (message, replacement)


@pytest.mark.parametrize(
    ("name", "replacement"), sorted({(name, r) for name, _, _, r in REFUSED if r is not None})
)
def test_what_is_proposed_instead_can_be_read(name: str, replacement: str) -> None:
    assert isinstance(read_phrase(replacement, SUBJECTS[name], IN_A_RUN), Read)


def test_since_start_means_nothing_where_nobody_has_started() -> None:
    found = read_phrase("never since start", SUBJECTS["logged_in"], BEFORE_ANY_RUN)
    assert isinstance(found, Refusal)
    assert found.message == '"since start" says nothing here: nobody has started yet'


def test_each_refusal_without_a_proposal_says_how_to_mend_it() -> None:
    for name, said, _, replacement in REFUSED:
        found = read_phrase(said, SUBJECTS[name], IN_A_RUN)
        assert isinstance(found, Refusal)
        assert found.hint or replacement, said


@pytest.mark.parametrize(
    "text",
    [
        "note to self", "tone of voice", "bone of contention", "one on one", "Isle of Man",
        "container ship", "contents of box", "No answer", "In a rush", "not_FR", "Nottingham",
        "knows", "is-it", "one of isnt FR", "one of contains x",
    ],
)  # fmt: skip
def test_a_text_that_only_looks_a_little_like_a_phrase_is_a_text(text: str) -> None:
    found = read_phrase(text, SUBJECTS["city"], IN_A_RUN)
    assert found == Read(OneOf((text.removeprefix("one of "),), negated=False), text)


def test_a_text_that_reads_like_a_slip_is_written_behind_one_of() -> None:
    found = read_phrase("isnt FR", SUBJECTS["city"], IN_A_RUN)
    assert isinstance(found, Refusal)
    assert found.hint == 'for a text that reads "isnt FR", write "one of isnt FR"'


def test_what_a_text_must_not_hold_is_written_under_none() -> None:
    found = read_phrase("not contains dam", SUBJECTS["city"], IN_A_RUN)
    assert isinstance(found, Refusal)
    assert found.hint == 'write "- none:" and, under it, "- city: contains dam"'
