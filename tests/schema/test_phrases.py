"""Phrases: what ops staff write about time, limits and money, and its one spelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.schema.lengths import LONGEST
from keepwarm.schema.phrases import (
    ALL_DAYS,
    WORKDAYS,
    AtMost,
    Budget,
    EveryDay,
    EveryInterval,
    EveryMonth,
    EveryWeek,
    EveryWeekday,
    Expects,
    In,
    Length,
    Per,
    Read,
    Refusal,
    Share,
    Stage,
    Unit,
    WaitFor,
    WaitUntilDate,
    WaitUntilDay,
    WaitUntilDone,
    WaitUntilEvent,
    WaitUntilTime,
    WaitUntilWeekday,
    Weekday,
    Window,
    Works,
    clock_text,
    read_at_most,
    read_budget,
    read_clock_time,
    read_expects,
    read_in,
    read_length,
    read_schedule,
    read_share,
    read_stage,
    read_wait,
    read_window,
    read_works,
)
from keepwarm.schema.words import Channel

Reader = Callable[[str], Read[Any] | Refusal]

READERS: list[Reader] = [
    read_at_most, read_budget, read_clock_time, read_expects, read_in, read_length,
    read_schedule, read_share, read_stage, read_wait, read_window, read_works,
]  # fmt: skip
NINE = time(9)
THREE_DAYS = Length(3, Unit.DAY)


def refused(found: Read[Any] | Refusal) -> Refusal:
    assert isinstance(found, Refusal)
    return found


def ids(cases: Sequence[tuple[Reader, str, object]]) -> list[str]:
    return [f"{case[0].__name__} {case[1][:30]}" for case in cases]


# ── The canonical spellings, and what they mean ──────────────────────────────────────────────

CANONICAL: list[tuple[Reader, str, object]] = [
    (read_length, "1 minute", Length(1, Unit.MINUTE)),
    (read_length, "48 hours", Length(48, Unit.HOUR)),
    (read_length, "2 days", Length(2, Unit.DAY)),
    (read_length, "1 week", Length(1, Unit.WEEK)),
    (read_length, "6 months", Length(6, Unit.MONTH)),
    (read_length, "10 years", Length(10, Unit.YEAR)),
    (read_length, "4 working hours", Length(4, Unit.WORKING_HOUR)),
    (read_length, "1 working day", Length(1, Unit.WORKING_DAY)),
    (read_clock_time, "00:00", time(0)),
    (read_clock_time, "09:30", time(9, 30)),
    (read_window, "21:00 to 08:00", Window(time(21), time(8))),
    (read_works, "weekdays 09:00 to 17:30", Works(WORKDAYS, Window(NINE, time(17, 30)))),
    (read_works, "every day 09:00 to 20:00", Works(ALL_DAYS, Window(NINE, time(20)))),
    (
        read_works,
        "Monday to Thursday 09:00 to 16:00",
        Works(ALL_DAYS[:4], Window(NINE, time(16))),
    ),
    (
        read_works,
        "Monday, Wednesday and Friday 09:00 to 12:00",
        Works((Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.FRIDAY), Window(NINE, time(12))),
    ),
    (read_wait, "48 hours", WaitFor(Length(48, Unit.HOUR))),
    (read_wait, "until day 14", WaitUntilDay(14)),
    (read_wait, "until 09:00", WaitUntilTime(NINE)),
    (read_wait, "until Monday 09:00", WaitUntilWeekday(Weekday.MONDAY, NINE)),
    (
        read_wait,
        "until project_created, at most 3 days",
        WaitUntilEvent("project_created", THREE_DAYS),
    ),
    (
        read_wait,
        "until rescue-call is done, at most 3 days",
        WaitUntilDone("rescue-call", THREE_DAYS),
    ),
    (
        read_wait,
        "until 30 days before renewal_date",
        WaitUntilDate("renewal_date", Length(30, Unit.DAY), before=True),
    ),
    (
        read_wait,
        "until 2 days after renewal_date",
        WaitUntilDate("renewal_date", Length(2, Unit.DAY), before=False),
    ),
    (read_wait, "until renewal_date", WaitUntilDate("renewal_date")),
    (read_schedule, "day at 09:30", EveryDay(time(9, 30))),
    (read_schedule, "weekday at 09:00", EveryWeekday(NINE)),
    (read_schedule, "Monday at 09:00", EveryWeek(Weekday.MONDAY, NINE)),
    (read_schedule, "month on day 1 at 08:00", EveryMonth(1, time(8))),
    (read_schedule, "15 minutes", EveryInterval(Length(15, Unit.MINUTE))),
    (read_schedule, "2 hours", EveryInterval(Length(2, Unit.HOUR))),
    (read_in, "in 4 working hours", In(Length(4, Unit.WORKING_HOUR))),
    (read_in, "in 14 days", In(Length(14, Unit.DAY))),
    (read_at_most, "3 messages per week", AtMost(3, Per.WEEK)),
    (read_at_most, "1 message per day", AtMost(1, Per.DAY)),
    (read_at_most, "1 email per day", AtMost(1, Per.DAY, Channel.EMAIL)),
    (read_at_most, "2 sms per month", AtMost(2, Per.MONTH, Channel.SMS)),
    (read_at_most, "2 push messages per week", AtMost(2, Per.WEEK, Channel.PUSH)),
    (read_share, "5%", Share(Decimal(5))),
    (read_share, "0.5%", Share(Decimal("0.5"))),
    (read_share, "100%", Share(Decimal(100))),
    (read_share, "0%", Share(Decimal(0))),
    (read_expects, "200 to 900 customers per day", Expects(200, 900, Per.DAY)),
    (read_expects, "at most 900 customers per week", Expects(0, 900, Per.WEEK)),
    (read_expects, "at most 1 customer per month", Expects(0, 1, Per.MONTH)),
    (read_budget, "at most 20000 EUR per month", Budget(Decimal(20000), "EUR", Per.MONTH)),
    (read_budget, "at most 99.50 USD per day", Budget(Decimal("99.5"), "USD", Per.DAY)),
    (read_stage, "25% for 4 days", Stage(Share(Decimal(25)), Length(4, Unit.DAY))),
    (read_stage, "100%", Stage(Share(Decimal(100)))),
]


@pytest.mark.parametrize(("read", "text", "value"), CANONICAL, ids=ids(CANONICAL))
def test_a_canonical_phrase_has_one_meaning(read: Reader, text: str, value: object) -> None:
    assert read(text) == Read(value, text)


# ── Close spellings ──────────────────────────────────────────────────────────────────────────

CLOSE: list[tuple[Reader, str, str]] = [
    (read_length, "2 day", "2 days"),
    (read_length, "1 days", "1 day"),
    (read_length, "two days", "2 days"),
    (read_length, "a week", "1 week"),
    (read_length, "an hour", "1 hour"),
    (read_length, "2d", "2 days"),
    (read_length, "2days", "2 days"),
    (read_length, "02 days", "2 days"),
    (read_length, "  2   Days ", "2 days"),
    (read_length, "30 min", "30 minutes"),
    (read_length, "4 business days", "4 working days"),
    (read_clock_time, "9:30", "09:30"),
    (read_clock_time, "09:30:00", "09:30"),
    (read_window, "9:00-17:00", "09:00 to 17:00"),
    (read_window, "21:00 – 08:00", "21:00 to 08:00"),  # noqa: RUF001 - people type it
    (read_window, "from 21:00 to 08:00", "21:00 to 08:00"),
    (read_works, "mon-fri 9:00-17:30", "weekdays 09:00 to 17:30"),
    (read_works, "Friday and Monday 09:00 to 12:00", "Monday and Friday 09:00 to 12:00"),
    (read_wait, "for 2 days", "2 days"),
    (read_wait, "till monday at 9:00", "until Monday 09:00"),
    (read_wait, "until x at most 3 days", "until x, at most 3 days"),
    (read_wait, "until call is done, max 2 days", "until call is done, at most 2 days"),
    (read_wait, "until a day after the renewal", "until 1 day after renewal"),
    (read_schedule, "every day at 09:30", "day at 09:30"),
    (read_schedule, "daily at 9:30", "day at 09:30"),
    (read_schedule, "Mondays at 09:00", "Monday at 09:00"),
    (read_schedule, "hour", "1 hour"),
    (read_schedule, "month on the 1st at 08:00", "month on day 1 at 08:00"),
    (read_schedule, "month on the last day at 08:00", "month on day 31 at 08:00"),
    (read_in, "14 days", "in 14 days"),
    (read_in, "within 14 days", "in 14 days"),
    (read_at_most, "at most three messages a week", "3 messages per week"),
    (read_at_most, "2 texts per week", "2 sms per week"),
    (read_at_most, "3 messages/week", "3 messages per week"),
    (read_share, "5 %", "5%"),
    (read_share, "5 percent", "5%"),
    (read_share, "5.50%", "5.5%"),
    (read_expects, "200-900 customers/day", "200 to 900 customers per day"),
    (read_expects, "up to 900 customers a day", "at most 900 customers per day"),
    (read_budget, "€20000 per month", "at most 20000 EUR per month"),
    (read_budget, "20000 euro a month", "at most 20000 EUR per month"),
    (read_stage, "25 % for four days", "25% for 4 days"),
]


@pytest.mark.parametrize(("read", "text", "canonical"), CLOSE, ids=ids(CLOSE))
def test_a_close_spelling_is_read_and_its_canonical_one_given(
    read: Reader, text: str, canonical: str
) -> None:
    found = read(text)
    assert isinstance(found, Read)
    assert found.canonical == canonical != text
    assert read(canonical) == found


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────

MISSPELT: list[tuple[Reader, str, str]] = [
    (read_length, "7 dayz", "7 days"),
    (read_length, ">= 2 days", "2 days"),
    (read_length, "at least 2 days", "2 days"),
    (read_length, "1.5 hours", "90 minutes"),
    (read_length, "half an hour", "30 minutes"),
    (read_length, "1,5 years", "18 months"),
    (read_length, "2 quarters", "6 months"),
    (read_clock_time, "9am", "09:00"),
    (read_clock_time, "12am", "00:00"),
    (read_clock_time, "12 p.m.", "12:00"),
    (read_clock_time, "9.30", "09:30"),
    (read_clock_time, "9h30", "09:30"),
    (read_clock_time, "noon", "12:00"),
    (read_clock_time, "9", "09:00"),
    (read_window, "9am to 5pm", "09:00 to 17:00"),
    (read_window, "09:00 to 5pm", "09:00 to 17:00"),
    (read_window, "21:00 too 08:00", "21:00 to 08:00"),
    (read_window, "09:00 to 24:00", "09:00 to 00:00"),
    (read_wait, "until midnight", "until 00:00"),
    (read_schedule, "day at 24:00", "day at 00:00"),
    (read_works, "weekdays 9am to 5pm", "weekdays 09:00 to 17:00"),
    (read_works, "weekdasy 09:00 to 17:00", "weekdays 09:00 to 17:00"),
    (read_wait, "7 dayz", "7 days"),
    (read_wait, "untill day 14", "until day 14"),
    (read_wait, "until 9am", "until 09:00"),
    (read_wait, "until x for 3 days", "until x, at most 3 days"),
    (read_wait, "until x within 3 days", "until x, at most 3 days"),
    (read_wait, "5 days or until x", "until x, at most 5 days"),
    (read_wait, "until Monday", "until Monday 09:00"),
    (read_wait, "until Monday 9am", "until Monday 09:00"),
    (read_wait, "until Mondy 09:00", "until Monday 09:00"),
    (read_wait, "until x, at mots 3 days", "until x, at most 3 days"),
    (read_wait, "until x, at most 3 dayz", "until x, at most 3 days"),
    (read_wait, "2 working days", "2 days"),
    (read_schedule, "dya at 09:30", "day at 09:30"),
    (read_schedule, "day at 9am", "day at 09:00"),
    (read_schedule, "day", "day at 09:00"),
    (read_schedule, "Monday", "Monday at 09:00"),
    (read_schedule, "month", "month on day 1 at 09:00"),
    (read_in, "in 2 dayz", "in 2 days"),
    (read_in, "in 1.5 hours", "in 90 minutes"),
    (read_at_most, "3 mesages per week", "3 messages per week"),
    (read_share, "5", "5%"),
    (read_share, "0.05", "5%"),
    (read_share, "0,5%", "0.5%"),
    (read_expects, "900 to 200 customers per day", "200 to 900 customers per day"),
    (read_expects, "at most 1,000 customers per day", "at most 1000 customers per day"),
    (read_budget, "at most 20.000 EUR per month", "at most 20000 EUR per month"),
    (read_stage, "25 for 4 days", "25% for 4 days"),
    (read_stage, "25% for 4 dayz", "25% for 4 days"),
]


@pytest.mark.parametrize(("read", "text", "meant"), MISSPELT, ids=ids(MISSPELT))
def test_a_near_miss_is_refused_and_what_was_meant_is_offered(
    read: Reader, text: str, meant: str
) -> None:
    found = refused(read(text))
    assert found.replacement == meant
    assert isinstance(read(meant), Read)


#: What a midnight may mean, where the day has two of them.
MIDNIGHTS: list[tuple[Reader, str, tuple[str, str]]] = [
    (read_clock_time, "24:00", ("00:00", "23:59")),
    (read_wait, "until Sunday 24:00", ("until Sunday 00:00", "until Monday 00:00")),
    (read_schedule, "Monday at midnight", ("Monday at 00:00", "Tuesday at 00:00")),
    (read_schedule, "weekday at 24:00", ("weekday at 00:00", "weekday at 23:59")),
    (
        read_schedule,
        "month on day 1 at 24:00",
        ("month on day 1 at 00:00", "month on day 2 at 00:00"),
    ),
    (
        read_schedule,
        "month on day 28 at 24:00",
        ("month on day 28 at 00:00", "month on day 28 at 23:59"),
    ),
    (
        read_schedule,
        "month on the last day at 24:00",
        ("month on day 31 at 00:00", "month on day 1 at 00:00"),
    ),
]


@pytest.mark.parametrize(("read", "text", "meanings"), MIDNIGHTS, ids=ids(MIDNIGHTS))
def test_a_midnight_with_two_meanings_is_refused_with_both(
    read: Reader, text: str, meanings: tuple[str, str]
) -> None:
    found = refused(read(text))
    assert found.replacement is None
    assert found.hint == f'write "{meanings[0]}" for its beginning, "{meanings[1]}" for its end'
    assert all(isinstance(read(meant), Read) for meant in meanings)


SENTENCES: list[tuple[Reader, str, str]] = [
    (read_length, "banana", 'cannot read "banana" as a length of time'),
    (read_length, "", "a length of time is missing here"),
    (read_length, "9" * 300, f'"{"9" * 59}…" is too long to be a length of time'),
    (read_length, "1.5 days", '"1.5 days" is not a whole number of days'),
    (read_length, "½ day", '"½ day" is not a whole number of days'),
    (read_length, "0 days", '"0 days" is no time at all'),
    (read_length, "11 years", '"11 years" is more than 10 years'),
    (read_length, "2m", '"2m" may mean minutes or months'),
    (read_length, "30 seconds", '"30 seconds" is too fine'),
    (read_length, "2 days 3 hours", '"2 days 3 hours" is more than one length of time'),
    (read_length, "2 to 3 days", '"2 to 3 days" is more than one length of time'),
    (read_length, "-2 days", '"-2 days" lies in the past'),
    (read_clock_time, "9am", 'write 09:00 instead of "9am"'),
    (read_clock_time, "25:00", 'no clock shows "25:00"'),
    (read_window, "09:00 to 09:00", '"09:00 to 09:00" ends when it begins'),
    (read_wait, "7 dayz", 'cannot read "7 dayz" as a time to wait'),
    (read_wait, "3", '"3" needs a unit'),
    (
        read_wait,
        "until call is done",
        '"until call is done" needs an end: a task that nobody does would hold it for ever',
    ),
    (
        read_wait,
        "until day 0",
        "there is no waiting until day 0: the start is day 0, and a wait ends within 10 years",
    ),
    (read_schedule, "3 days", '"every 3 days" is not a schedule we have'),
    (read_schedule, "month on day 32 at 08:00", "no month has a day 32"),
    (read_at_most, "0 emails per day", '"0 emails per day" would send nothing at all'),
    (read_at_most, "3 messages per hour", 'nothing is counted "per hour"'),
    (read_share, "101%", '"101%" is more than everybody'),
    (read_expects, "at most 0 customers per day", '"at most 0 customers per day" lets nobody in'),
    (read_budget, "5 bananas per month", '"bananas" is not a currency'),
    (read_budget, "0 EUR per month", '"0 EUR per month" allows nothing'),
    (read_stage, "0% for 3 days", '"0% for 3 days" reaches nobody'),
]


@pytest.mark.parametrize(("read", "text", "sentence"), SENTENCES, ids=ids(SENTENCES))
def test_a_refusal_is_a_sentence(read: Reader, text: str, sentence: str) -> None:
    assert refused(read(text)).message == sentence


@pytest.mark.parametrize("text", ["until", "until next Monday", "until tomorrow", "until day"])
def test_half_a_phrase_is_not_the_name_of_a_date(text: str) -> None:
    assert refused(read_wait(text)).message == f'cannot read "{text}" as a time to wait'


def test_no_time_at_all_is_read_where_it_makes_sense() -> None:
    assert read_length("0 days", zero=True) == Read(Length(0, Unit.DAY), "0 days")


def test_days_that_some_months_lack_say_what_becomes_of_them() -> None:
    assert EveryMonth(28, NINE).note is None
    assert EveryMonth(31, NINE).note == "a month without a day 31 runs on its last day"


def test_a_window_knows_whether_it_crosses_midnight() -> None:
    assert Window(time(21), time(8)).crosses_midnight
    assert not Window(time(9), time(17)).crosses_midnight


def test_units_know_their_clock_and_their_calendar() -> None:
    assert [unit for unit in Unit if unit.is_elapsed] == [Unit.MINUTE, Unit.HOUR]
    assert [unit for unit in Unit if unit.is_working] == [Unit.WORKING_HOUR, Unit.WORKING_DAY]


def test_monday_is_day_zero() -> None:
    assert [day.number for day in ALL_DAYS] == list(range(7))


def test_a_share_is_also_a_fraction() -> None:
    assert Share(Decimal("0.5")).fraction == Decimal("0.005")


# ── Properties ───────────────────────────────────────────────────────────────────────────────

UNITS = st.sampled_from(list(Unit))
PLAIN_UNITS = st.sampled_from([unit for unit in Unit if not unit.is_working])


def lengths(units: st.SearchStrategy[Unit]) -> st.SearchStrategy[Length]:
    return units.flatmap(lambda u: st.builds(Length, st.integers(1, LONGEST[u]), st.just(u)))


LENGTHS = lengths(PLAIN_UNITS)
CLOCKS = st.times().map(lambda at: at.replace(second=0, microsecond=0))
WINDOWS = st.builds(Window, CLOCKS, CLOCKS).filter(lambda window: window.start != window.end)
DAYS = st.sets(st.sampled_from(ALL_DAYS), min_size=1).map(
    lambda days: tuple(sorted(days, key=ALL_DAYS.index))
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,30}", fullmatch=True).filter(
    lambda name: not isinstance(read_wait(f"until {name}"), Refusal)
)
PERS = st.sampled_from(list(Per))
SHARES = st.builds(Share, st.decimals(0, 100, places=4).map(lambda d: d.normalize()))
CHANNELS = st.sampled_from([None, Channel.EMAIL, Channel.SMS, Channel.PUSH])
BOUNDS = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(sorted)

VALUES: list[tuple[Reader, st.SearchStrategy[Any]]] = [
    (read_length, lengths(UNITS)),
    (read_clock_time, CLOCKS),
    (read_window, WINDOWS),
    (read_works, st.builds(Works, DAYS, WINDOWS)),
    (
        read_wait,
        st.one_of(
            st.builds(WaitFor, LENGTHS),
            st.builds(WaitUntilDay, st.integers(1, 3_650)),
            st.builds(WaitUntilTime, CLOCKS),
            st.builds(WaitUntilWeekday, st.sampled_from(ALL_DAYS), CLOCKS),
            st.builds(WaitUntilEvent, NAMES, LENGTHS),
            st.builds(WaitUntilDone, NAMES, LENGTHS),
            st.builds(WaitUntilDate, NAMES),
            st.builds(WaitUntilDate, NAMES, LENGTHS, st.booleans()),
        ),
    ),
    (
        read_schedule,
        st.one_of(
            st.builds(EveryDay, CLOCKS),
            st.builds(EveryWeekday, CLOCKS),
            st.builds(EveryWeek, st.sampled_from(ALL_DAYS), CLOCKS),
            st.builds(EveryMonth, st.integers(1, 31), CLOCKS),
            st.builds(EveryInterval, lengths(st.sampled_from([Unit.MINUTE, Unit.HOUR]))),
        ),
    ),
    (read_in, st.builds(In, lengths(UNITS))),
    (read_at_most, st.builds(AtMost, st.integers(1, 10**6), PERS, CHANNELS)),
    (read_share, SHARES),
    (read_expects, st.builds(lambda b, per: Expects(b[0], max(b[1], 1), per), BOUNDS, PERS)),
    (
        read_budget,
        st.builds(
            Budget,
            st.decimals("0.01", 10**9, places=2),
            st.sampled_from(["EUR", "USD", "GBP", "JPY"]),
            PERS,
        ),
    ),
    (
        read_stage,
        st.builds(Stage, SHARES.filter(lambda s: s.percent > 0), st.none() | LENGTHS),
    ),
]


@pytest.mark.parametrize(("read", "values"), VALUES, ids=[v[0].__name__ for v in VALUES])
@given(data=st.data())
def test_a_value_is_spelt_and_read_back(
    read: Reader, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    value = data.draw(values)
    text = clock_text(value) if isinstance(value, time) else str(value)
    assert read(text) == Read(value, text)


def test_every_reader_has_its_property() -> None:
    assert {read for read, _ in VALUES} == set(READERS)


VOCABULARY = (
    "1 2 0 14 1.5 2d at most until day days dayz week per for to in is done before after month "
    "on Monday 09:00 9am 5% EUR € 20,000 customers messages email every noon half a , - <= >"
)
WORDS = st.sampled_from(VOCABULARY.split())


@pytest.mark.parametrize("read", READERS, ids=lambda read: str(read.__name__))
@given(text=st.text(max_size=60) | st.lists(WORDS, max_size=9).map(" ".join))
def test_any_text_is_read_or_refused(read: Reader, text: str) -> None:
    found = read(text)
    if isinstance(found, Read):
        assert read(found.canonical) == found
    else:
        assert found.message
        assert found.replacement is None or isinstance(read(found.replacement), Read)


def test_a_number_alone_is_told_what_it_lacks() -> None:
    for read, said, lacks in (
        (read_length, "180", "needs a unit"),
        (read_expects, "500", "does not say per what"),
        (read_budget, "1000", "needs a currency, and per what"),
    ):
        found = read(said)
        assert isinstance(found, Refusal)
        assert found.message == f'"{said}" {lacks}'
        assert said in (found.hint or "")
