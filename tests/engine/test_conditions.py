"""What conditions mean, one phrase at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from keepwarm.engine.conditions import (
    Situation,
    checks,
    compiled,
    expand_segments,
    holds,
    needs,
)
from keepwarm.engine.facts import Facts, Happening, moment_text
from keepwarm.engine.seeing import seen
from keepwarm.schema.catalog import Catalog, Metric, Score, Segment
from keepwarm.schema.conditions import (
    All,
    AnyOf,
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
    InSegment,
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

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAYS_30 = Length(30, Unit.DAY)
WEEK = Length(1, Unit.WEEK)


def says(fact: str, kind: FactKind, phrase: Phrase, line: int = 1, wanted: str = "") -> Test:
    return Test(fact, kind, phrase, wanted, Span(line, 1, line, 9))


def number(comparison: Comparison, value: str) -> Test:
    return says("age", FactKind.NUMBER, Compare(comparison, Decimal(value)))


def knowing(
    attributes: dict[str, Any] | None = None,
    *,
    events: dict[str, list[Happening]] | None = None,
    started_at: datetime | None = None,
    results: dict[str, str | frozenset[str]] | None = None,
    zone: str = "UTC",
    thresholds: dict[tuple[str, str, Decimal], float] | None = None,
) -> Situation:
    facts = Facts(attributes or {}, events or {}, thresholds or {})
    return Situation(facts, NOW, started_at, results or {}, zone)


def ago(properties: dict[str, Any] | None = None, **length: float) -> Happening:
    return Happening(NOW - timedelta(**length), properties or {})


# ── Attributes ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("comparison", "wanted", "held"),
    [
        (Comparison.IS, "3", True),
        (Comparison.IS_NOT, "3", False),
        (Comparison.AT_LEAST, "3", True),
        (Comparison.MORE_THAN, "3", False),
        (Comparison.AT_MOST, "3", True),
        (Comparison.BELOW, "3", False),
    ],
)
def test_a_number_is_compared(comparison: Comparison, wanted: str, *, held: bool) -> None:
    assert holds(number(comparison, wanted), knowing({"age": 3})) is held


@pytest.mark.parametrize("value", [None, "3", True, [3], {"a": 3}])
def test_what_is_no_number_matches_nothing_but_unknown(value: object) -> None:
    situation = knowing({"age": value} if value is not None else {})
    assert not any(holds(number(each, "3"), situation) for each in Comparison)
    assert holds(says("age", FactKind.NUMBER, IsKnown(wanted=False)), situation)


@pytest.mark.parametrize(
    ("value", "held"),
    [(1, True), (2.5, True), (3, True), (0.9, False), (3.1, False), ("2", False), (True, False)],
)
def test_between_has_both_its_ends(value: object, *, held: bool) -> None:
    between = says("age", FactKind.NUMBER, Between(Decimal(1), Decimal(3)))
    assert holds(between, knowing({"age": value})) is held


def test_an_event_that_came_once_is_known() -> None:
    came, never = (says("paid", FactKind.EVENT, IsKnown(wanted=each)) for each in (True, False))
    for events, is_known in (({}, False), ({"paid": [ago(days=900)]}, True)):
        assert holds(came, knowing(events=events)) is is_known
        assert holds(never, knowing(events=events)) is not is_known


def test_an_empty_text_is_missing() -> None:
    situation = knowing({"plan": ""})
    assert not holds(says("plan", FactKind.TEXT, OneOf(("pro",), negated=True)), situation)
    assert holds(says("plan", FactKind.TEXT, IsKnown(wanted=False)), situation)
    for everything in (Contains(""), StartsWith("")):
        assert not holds(says("plan", FactKind.TEXT, everything), situation)
        assert holds(says("plan", FactKind.TEXT, everything), knowing({"plan": "pro"}))


@pytest.mark.parametrize("value", [None, 3, True])
def test_what_is_no_text_is_neither_this_nor_another(value: object) -> None:
    situation = knowing({"plan": value} if value is not None else {})
    for phrase in (OneOf(("pro",)), OneOf(("pro",), negated=True), Contains("o"), StartsWith("p")):
        assert not holds(says("plan", FactKind.TEXT, phrase), situation)


def test_contains_and_starts_with_do_not_mind_case_in_any_script() -> None:
    assert holds(says("name", FactKind.TEXT, Contains("ÉTÉ")), knowing({"name": "L'été"}))
    assert holds(says("name", FactKind.TEXT, StartsWith("жан")), knowing({"name": "ЖАННА"}))
    assert not holds(says("name", FactKind.TEXT, Contains(".*")), knowing({"name": "anna"}))


def test_no_is_said_only_of_who_said_no() -> None:
    no = says("agreed", FactKind.TRUTH, IsTrue(wanted=False))
    assert holds(no, knowing({"agreed": False}))
    assert not holds(no, knowing({}))
    assert not holds(no, knowing({"agreed": 0}))


def test_who_was_never_tagged_has_none_of_the_tags() -> None:
    none_of = says("tags", FactKind.TAGS, Has(("vip", "staff"), negated=True))
    assert holds(none_of, knowing({}))
    assert holds(none_of, knowing({"tags": ["new"]}))
    assert not holds(none_of, knowing({"tags": ["new", "vip"]}))


def test_a_moment_exactly_thirty_days_back_is_in_the_last_thirty_days() -> None:
    edge = NOW - timedelta(days=30)
    near = says("seen_at", FactKind.MOMENT, Near(Direction.PAST, DAYS_30))
    far = says("seen_at", FactKind.MOMENT, Far(Direction.PAST, DAYS_30))
    step = timedelta(microseconds=1)
    for moment, is_near in ((edge, True), (edge - step, False), (NOW, True)):
        situation = knowing({"seen_at": moment_text(moment)})
        assert holds(near, situation) is is_near
        assert holds(far, situation) is not is_near
    assert not holds(near, knowing({"seen_at": moment_text(NOW + step)}))


def test_a_date_is_compared_by_the_day_in_the_projects_zone() -> None:
    today = says("renewal", FactKind.DATE, Today())
    # At noon in London it is already tomorrow in Kiritimati.
    for day, is_today in (("2026-03-30", False), ("2026-03-31", True), ("2026-04-01", False)):
        assert holds(today, knowing({"renewal": day})) is is_today
    assert holds(today, knowing({"renewal": "2026-04-01"}, zone="Pacific/Kiritimati"))


def test_a_text_that_is_no_date_is_missing() -> None:
    far = says("renewal", FactKind.DATE, Far(Direction.PAST, DAYS_30))
    for text in ("2026-1-1", "2025", "0", "1999-01-01T00:00"):
        assert not holds(far, knowing({"renewal": text}))
    assert not any(holds(far, knowing(each)) for each in ({}, {"renewal": 20250101}))


def test_in_the_top_tenth_includes_the_limit_itself() -> None:
    top = says("worth", FactKind.NUMBER, InShare(End.TOP, Decimal("0.1")))
    limits = {("worth", "top", Decimal("0.1")): 400.0}
    assert holds(top, knowing({"worth": 400}, thresholds=limits))
    assert not holds(top, knowing({"worth": 399.9}, thresholds=limits))
    assert not holds(top, knowing({"worth": 400}))
    assert not holds(top, knowing({"worth": "400"}, thresholds=limits))


# ── Events and metrics ───────────────────────────────────────────────────────────────────────


def test_never_counts_only_what_lies_in_the_window() -> None:
    never = says("login", FactKind.EVENT, Happened(0, 0, InLast(DAYS_30)))
    assert holds(never, knowing(events={"login": [ago(days=30, seconds=1)]}))
    assert not holds(never, knowing(events={"login": [ago(days=30)]}))
    assert holds(never, knowing())


def test_at_most_counts_up_to_now_and_from_the_very_moment_on() -> None:
    at_most_2 = says("login", FactKind.EVENT, Happened(None, 2, InLast(WEEK)))
    in_the_week = [ago(days=7), ago(days=2), ago()]
    assert holds(at_most_2, knowing({}))
    assert holds(at_most_2, knowing(events={"login": in_the_week[1:]}))
    assert not holds(at_most_2, knowing(events={"login": in_the_week}))
    assert holds(at_most_2, knowing(events={"login": [*in_the_week[1:], ago(seconds=-1)]}))


def test_since_start_begins_when_the_run_did() -> None:
    once = says("login", FactKind.EVENT, Happened(1, None, SinceStart()))
    events = {"login": [ago(days=2)]}
    assert holds(once, knowing(events=events, started_at=NOW - timedelta(days=2)))
    assert not holds(once, knowing(events=events, started_at=NOW - timedelta(days=1)))
    assert not holds(once, knowing(events=events))


def test_where_counts_only_events_with_such_properties() -> None:
    large = says("amount", FactKind.NUMBER, Compare(Comparison.AT_LEAST, Decimal(100)))
    twice = says("paid", FactKind.EVENT, Happened(2, None, None, All((large,))))
    small, big = ago({"amount": 5}, days=3), ago({"amount": 100}, days=2)
    assert not holds(twice, knowing(events={"paid": [small, big]}))
    assert holds(twice, knowing(events={"paid": [small, big, ago({"amount": 300}, days=1)]}))


def spent(phrase: Phrase) -> Test:
    return says("spent", FactKind.METRIC, phrase)


def test_ten_times_a_tenth_is_one() -> None:
    events = {"paid": [ago({"amount": 0.1}, hours=hour) for hour in range(10, 0, -1)]}
    one = MetricTotal(Comparison.IS, Decimal(1), WEEK, "paid", "amount")
    assert holds(spent(one), knowing(events=events))


def test_a_sum_over_no_events_is_zero() -> None:
    little = MetricTotal(Comparison.AT_MOST, Decimal(10), WEEK, "paid", "amount")
    assert holds(spent(little), knowing())


@pytest.mark.parametrize(
    ("earlier", "later", "held"),
    [
        (10, 7, True),
        (10, 7.1, False),
        (10, 0, True),
        (0, 0, False),
        (0, 5, False),
        (0.0001, 0, True),
    ],
)
def test_a_fall_is_measured_against_the_time_before(
    earlier: float, later: float, *, held: bool
) -> None:
    down = MetricChange(Trend.DOWN, Decimal("0.3"), WEEK, "paid", "amount")
    events = [ago({"amount": earlier}, days=10), ago({"amount": later}, days=3)]
    assert holds(spent(down), knowing(events={"paid": events})) is held


def test_a_change_counts_each_moment_in_one_of_its_windows() -> None:
    up = spent(MetricChange(Trend.UP, Decimal(1), WEEK, "paid", "amount"))
    one = {"amount": 1}
    assert holds(up, knowing(events={"paid": [ago(one, days=14), ago(one, days=7), ago(one)]}))
    assert not holds(up, knowing(events={"paid": [ago(one, days=14), ago(one, days=7)]}))
    later = [ago(one, days=14), ago(one, days=7), ago(one, seconds=-1)]
    assert not holds(up, knowing(events={"paid": later}))


def test_a_metric_of_events_counts_them() -> None:
    twice = MetricTotal(Comparison.AT_LEAST, Decimal(2), WEEK, "paid", None)
    assert holds(spent(twice), knowing(events={"paid": [ago(days=2), ago(days=1)]}))


# ── Steps of the run ─────────────────────────────────────────────────────────────────────────


def test_a_step_that_has_not_ended_answers_neither_way() -> None:
    for negated in (False, True):
        ended = says("call", FactKind.STEP, StepEnded(("saved",), negated=negated))
        assert not holds(ended, knowing())
    assert holds(says("call", FactKind.STEP, IsKnown(wanted=False)), knowing())


def test_a_message_that_was_skipped_did_not_fail_to_be_opened() -> None:
    not_opened = says("hello", FactKind.STEP, StepEnded(("opened",), negated=True))
    assert holds(not_opened, knowing(results={"hello": frozenset({"sent", "delivered"})}))
    assert not holds(not_opened, knowing(results={"hello": frozenset({"skipped"})}))
    assert not holds(not_opened, knowing(results={"hello": "opened"}))
    # That is so of opens and clicks alone, and only where they are asked to be missing.
    call, skipped = knowing(results={"call": "saved"}), knowing(results={"hello": "skipped"})
    assert holds(says("call", FactKind.STEP, StepEnded(("lost",), negated=True)), call)
    assert holds(says("hello", FactKind.STEP, StepEnded(("opened", "skipped"))), skipped)


# ── Together ─────────────────────────────────────────────────────────────────────────────────


def test_lists_mean_all_any_and_none() -> None:
    yes, no = number(Comparison.IS, "3"), number(Comparison.IS, "4")
    situation = knowing({"age": 3})
    meant: list[tuple[Condition, bool]] = [
        (All((yes, no)), False),
        (All((yes, yes)), True),
        (AnyOf((yes, no)), True),
        (AnyOf((no, no)), False),
        (NoneOf((no,)), True),
        (NoneOf((no, yes)), False),
        (All(()), True),
        (AnyOf(()), False),
        (NoneOf(()), True),
    ]
    for condition, held in meant:
        assert holds(condition, situation) is held


def test_none_of_a_missing_value_holds() -> None:
    assert holds(NoneOf((number(Comparison.IS, "3"),)), knowing({}))


def test_checks_stop_at_the_test_that_decided() -> None:
    first = says("age", FactKind.NUMBER, Compare(Comparison.IS, Decimal(3)), 7, "3")
    second = says("age", FactKind.NUMBER, Compare(Comparison.IS, Decimal(4)), 8, "4")
    third = says("plan", FactKind.TEXT, OneOf(("pro",)), 9, "pro")
    looked_at = checks(All((first, second, third)), knowing({"age": 3}))
    assert [(each.wanted, each.held, each.line) for each in looked_at] == [
        ("3", True, 7),
        ("4", False, 8),
    ]
    looked_at = checks(All((NoneOf((second, first)), third)), knowing({"age": 3}))
    assert [each.line for each in looked_at] == [8, 7]
    looked_at = checks(All((NoneOf((second,)), third)), knowing({"age": 3}))
    assert [each.line for each in looked_at] == [8, 9]


def test_a_condition_is_compiled_once() -> None:
    condition = number(Comparison.IS, "3")
    assert compiled(condition) is compiled(condition)


# ── Expanding and needs ──────────────────────────────────────────────────────────────────────

CATALOG = Catalog(
    metrics={"spent": Metric("spent", "paid", "amount", None)},
    scores={"worth": Score("worth", FactKind.NUMBER, "paid", None)},
    segments={
        "big": Segment("big", All((number(Comparison.AT_LEAST, "20"),)), None),
        "loop": Segment("loop", says("loop", FactKind.SEGMENT, InSegment(wanted=True)), None),
    },
)


def test_a_segment_becomes_its_condition_where_it_is_named() -> None:
    for wanted in (True, False):
        named = says("big", FactKind.SEGMENT, InSegment(wanted), line=12)
        condition = expand_segments(named, CATALOG)
        assert holds(condition, knowing({"age": 20})) is wanted
        assert [check.line for check in checks(condition, knowing())] == [12]


def test_a_segment_that_holds_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="loop -> loop"):
        expand_segments(says("loop", FactKind.SEGMENT, InSegment(wanted=True)), CATALOG)


def test_a_condition_that_was_not_expanded_is_refused() -> None:
    bare = MetricTotal(Comparison.IS, Decimal(1), WEEK)
    for test in (says("big", FactKind.SEGMENT, InSegment(wanted=True)), spent(bare)):
        with pytest.raises(ValueError, match=test.fact):
            holds(test, knowing())


def test_needs_name_facts_events_and_how_far_back() -> None:
    condition = expand_segments(
        All(
            (
                says("big", FactKind.SEGMENT, InSegment(wanted=True)),
                says("worth", FactKind.NUMBER, InShare(End.TOP, Decimal("0.1"))),
                spent(MetricChange(Trend.UP, Decimal("0.3"), WEEK)),
                says("login", FactKind.EVENT, Happened(1, None, SinceStart())),
                says("login", FactKind.EVENT, Happened(1, None, InLast(Length(1, Unit.HOUR)))),
                says("seen", FactKind.EVENT, Happened(1, None, None)),
                says("hello", FactKind.STEP, StepEnded(("sent",))),
            )
        ),
        CATALOG,
    )
    asked = needs([condition])
    assert asked.attributes == {"age", "worth"}
    assert asked.scores == {"worth"}
    assert asked.thresholds == {("worth", "top", Decimal("0.1"))}
    assert asked.events["seen"] is None
    assert asked.events["login"] == timedelta(hours=1)
    assert asked.events["paid"] is not None
    assert asked.events["paid"] >= timedelta(weeks=2)
    assert asked.since_start == {"login"}
    assert asked.properties == {"paid": {"amount"}}
    assert asked.results


# ── What was seen ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        (number(Comparison.IS, "3"), "40"),
        (says("agreed", FactKind.TRUTH, IsTrue(wanted=True)), "yes"),
        (says("plan", FactKind.TEXT, OneOf(("pro",))), None),
        (says("tags", FactKind.TAGS, Has(("vip",))), "new, vip"),
        (says("seen_at", FactKind.MOMENT, Far(Direction.PAST, DAYS_30)), "2026-03-31 14:00"),
        (says("login", FactKind.EVENT, Happened(0, 0)), "2 times"),
        (says("login", FactKind.EVENT, Happened(0, 0, InLast(WEEK))), "once"),
        (says("away", FactKind.EVENT, Happened(0, 0)), "never"),
        (spent(MetricTotal(Comparison.IS, Decimal(1), WEEK, "login", "amount")), "2.5"),
        (
            spent(MetricChange(Trend.UP, Decimal("0.3"), WEEK, "login", "amount")),
            "2.5 after 4",
        ),
        (says("hello", FactKind.STEP, StepEnded(("opened",))), "delivered, sent"),
    ],
)
def test_what_a_test_saw_is_said_as_a_person_reads_it(test: Test, wanted: str | None) -> None:
    situation = knowing(
        {
            "age": 40.0,
            "agreed": True,
            "plan": "",
            "tags": ["new", "vip"],
            "seen_at": moment_text(NOW),
        },
        events={"login": [ago({"amount": 4}, days=9), ago({"amount": 2.5}, days=1)]},
        results={"hello": frozenset({"sent", "delivered"})},
        zone="Europe/Amsterdam",
    )
    assert seen(test, situation) == wanted
