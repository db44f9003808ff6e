"""Who gets in, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from keepwarm.engine.draws import share_of
from keepwarm.engine.entry import rollout_salt
from keepwarm.engine.facts import Value
from keepwarm.store.bulk import insert_rows
from keepwarm.store.database import Database
from keepwarm.store.entering import (
    count_entering,
    enter_called,
    enter_scheduled,
    wake,
)
from keepwarm.store.event_entries import enter_from_events
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import CustomerRow
from tests.store.plans import plan_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)

DAILY = """\
every: day at 09:30
for_customers:
  - plan: pro
"""
ONCE_A_CUSTOMER = "event: signed_up\nonce: per customer"


@pytest.fixture
def people(database: Database) -> Database:
    """A database with some customers: anna and bob pay, carl does not."""
    with database.writing() as cx:
        add(cx, 1, "anna", {"plan": "pro"})
        add(cx, 2, "bob", {"plan": "pro"})
        add(cx, 3, "carl", {"plan": "free"})
    return database


def add(cx: Connection, key: int, name: str, attributes: Mapping[str, Any], **more: object) -> None:
    values = {"attributes": dict(attributes), "created_at": NOW, "updated_at": NOW, **more}
    row = (key, name, *values.values())
    insert_rows(cx, CustomerRow, ("id", "external_id", *values), [row])


def happens(
    cx: Connection, customer: str, name: str, at: datetime = NOW, **properties: Value
) -> list[int]:
    event = NewEvent(customer, name, at, "test", f"{customer} {name} {at} {properties}", properties)
    return list(put_events(cx, [event], max(at, NOW)).ids)


def runs(cx: Connection) -> list[tuple[str, str, str]]:
    """Give (customer, entry key, status), sorted."""
    found = cx.execute(
        text(
            "SELECT external_id, entry_key, status FROM run JOIN customer c ON c.id = customer_id"
            " ORDER BY external_id, run.id"
        )
    )
    return [(customer, key, status) for customer, key, status in found]


def end_all(cx: Connection) -> None:
    cx.execute(text("UPDATE run SET status = 'completed', due_at = NULL, ended_at = 1"))


def turn_away_all(cx: Connection) -> None:
    """End runs as `runs.write_course` does for those who are turned away."""
    cx.execute(
        text(
            "UPDATE run SET status = 'turned away', due_at = NULL, ended_at = 1,"
            " entry_key = 'turned away ' || id"
        )
    )


# ── By the clock ─────────────────────────────────────────────────────────────────────────────


def test_all_who_match_enter_at_once_and_stand_before_the_first_step(people: Database) -> None:
    plan = plan_of(DAILY)
    with people.writing() as cx:
        assert count_entering(cx, plan, NOW) == 2
        assert enter_scheduled(cx, plan, 7, NOW) == 2
        assert runs(cx) == [("anna", "1", "active"), ("bob", "1", "active")]
        row = cx.execute(
            text("SELECT version_id, mode, step, advances, started_at, due_at, ended_at FROM run")
        ).first()
    assert row == (7, "live", -1, 0, to_micros(NOW), to_micros(NOW), None)


def test_nobody_enters_twice(people: Database) -> None:
    plan = plan_of(DAILY)
    with people.writing() as cx:
        enter_scheduled(cx, plan, 7, NOW)
        end_all(cx)
        assert enter_scheduled(cx, plan, 8, NOW + 400 * DAY) == 0
        assert count_entering(cx, plan, NOW + 400 * DAY) == 0


def test_two_who_race_enter_everybody_once(people: Database) -> None:
    plan = plan_of(DAILY)

    def enter(_: int) -> int:
        with people.writing() as cx:
            return enter_scheduled(cx, plan, 7, NOW)

    with ThreadPoolExecutor(4) as several:
        assert sum(several.map(enter, range(8))) == 2
    with people.reading() as cx:
        assert len(runs(cx)) == 2


def test_again_after_lets_in_again_once_the_time_has_passed_and_the_run_ended(
    people: Database,
) -> None:
    plan = plan_of(DAILY + "again_after: 30 days\n")
    with people.writing() as cx:
        assert enter_scheduled(cx, plan, 7, NOW) == 2
        assert enter_scheduled(cx, plan, 7, NOW + 40 * DAY) == 0  # still inside
        end_all(cx)
        assert enter_scheduled(cx, plan, 7, NOW + 29 * DAY) == 0
        assert enter_scheduled(cx, plan, 7, NOW + 30 * DAY) == 2
        assert runs(cx)[:2] == [("anna", "1", "completed"), ("anna", "2", "active")]


def test_who_was_turned_away_may_try_again(people: Database) -> None:
    plan = plan_of(DAILY)
    with people.writing() as cx:
        enter_scheduled(cx, plan, 7, NOW)
        turn_away_all(cx)
        assert enter_scheduled(cx, plan, 7, NOW + DAY) == 2
        assert runs(cx)[1] == ("anna", "1", "active")


def test_the_conditions_of_the_playbook_itself_count_too(people: Database) -> None:
    with people.writing() as cx:
        assert enter_scheduled(cx, plan_of(DAILY, more="only_if: [employees: 1]"), 7, NOW) == 0


def test_merged_and_erased_customers_never_enter(people: Database) -> None:
    with people.writing() as cx:
        add(cx, 4, "dora", {"plan": "pro"}, merged_into=1)
        add(cx, 5, "emil", {"plan": "pro"}, erased_at=NOW)
        assert enter_scheduled(cx, plan_of(DAILY), 7, NOW) == 2


@pytest.mark.parametrize(("status", "begun"), [("draft", 0), ("paused", 0), ("shadow", 2)])
def test_the_status_says_whether_anybody_enters(people: Database, status: str, begun: int) -> None:
    with people.writing() as cx:
        assert enter_scheduled(cx, plan_of(DAILY, status=status), 7, NOW) == begun
        modes = set(cx.execute(text("SELECT mode FROM run")).scalars())
    assert modes == ({"shadow"} if begun else set())


def test_a_rollout_lets_in_exactly_those_whose_place_is_below_its_share(
    database: Database,
) -> None:
    plan = plan_of(DAILY, more="rollout: [30% for 3 days, 100%]")
    names = [f"customer-{number}" for number in range(200)]
    with database.writing() as cx:
        for number, name in enumerate(names, 1):
            add(cx, number, name, {"plan": "pro"})
        begun = enter_scheduled(cx, plan, 7, NOW, live_since=NOW - DAY)
        entered = {customer for customer, _, _ in runs(cx)}
        salt = rollout_salt(plan)
        assert entered == {name for name in names if share_of(salt, name) < 0.3}
        assert begun == len(entered)
        assert enter_scheduled(cx, plan, 7, NOW, live_since=NOW - 3 * DAY) == 200 - begun


# ── By a date ────────────────────────────────────────────────────────────────────────────────


def test_a_renewal_lets_in_at_nine_where_the_customer_lives(database: Database) -> None:
    plan = plan_of("date: renewal_date\nbefore: 90 days\nat: 09:00")
    renewal = {"renewal_date": "2026-06-29"}  # 90 days after 31 March
    with database.writing() as cx:
        add(cx, 1, "amsterdam", renewal)  # the project's zone
        add(cx, 2, "auckland", renewal, timezone="Pacific/Auckland")
        add(cx, 3, "new york", renewal, phone="+12125550123")
        add(cx, 4, "later", {"renewal_date": "2026-06-30"})
        add(cx, 5, "never", {"renewal_date": "soon"})
        entered = []
        since = datetime(2026, 3, 30, 12, tzinfo=UTC)
        while since < datetime(2026, 4, 1, 0, tzinfo=UTC):
            now = since + timedelta(hours=1)
            before = runs(cx)
            assert count_entering(cx, plan, now, since=since) == enter_scheduled(
                cx, plan, 7, now, since=since
            )
            entered += [
                (name, f"{now:%d %H}") for name, _, _ in runs(cx) if name not in str(before)
            ]
            since = now
        keys = {key for _, key, _ in runs(cx)}
    assert entered == [("auckland", "30 20"), ("amsterdam", "31 07"), ("new york", "31 13")]
    assert keys == {"2026-06-29"}


def test_a_date_that_moves_lets_in_again_and_one_that_stays_does_not(people: Database) -> None:
    plan = plan_of("date: renewal_date\nat: 09:00")
    since, now = NOW - DAY, NOW
    with people.writing() as cx:
        for moved, begun in (("2026-03-31", 1), ("2026-03-31", 0), ("2026-04-02", 1)):
            cx.execute(text("UPDATE customer SET attributes = :a WHERE id = 1"),
                       {"a": f'{{"renewal_date": "{moved}"}}'})  # fmt: skip
            assert enter_scheduled(cx, plan, 7, now, since=since) == begun
            now = NOW + 2 * DAY


def test_a_birthday_lets_in_every_year(people: Database) -> None:
    plan = plan_of("date: born\nyearly: yes\nat: 09:00")
    with people.writing() as cx:
        add(cx, 9, "leap", {"born": "2000-02-29"})
        for year, day in ((2026, "2026-02-28"), (2027, "2027-02-28"), (2028, "2028-02-29")):
            now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
            assert enter_scheduled(cx, plan, 7, now, since=now - DAY) == 1
            assert runs(cx)[-1][1] == day, year


# ── By beginning to match ────────────────────────────────────────────────────────────────────

FALLS = "becomes:\n  - health: below 50\nagain_after: 7 days"


def set_health(cx: Connection, key: int, health: int) -> None:
    cx.execute(
        text("UPDATE customer SET attributes = :a WHERE id = :id"),
        {"a": f'{{"health": {health}}}', "id": key},
    )


def test_only_who_starts_to_match_enters(people: Database) -> None:
    plan = plan_of(FALLS)
    with people.writing() as cx:
        for key, health in ((1, 40), (2, 60), (3, 70)):
            set_health(cx, key, health)
        assert enter_scheduled(cx, plan, 7, NOW) == 0  # the first look
        set_health(cx, 2, 49)
        assert count_entering(cx, plan, NOW + DAY) == 1
        assert enter_scheduled(cx, plan, 7, NOW + DAY) == 1
        assert runs(cx) == [("bob", "1", "active")]
        assert enter_scheduled(cx, plan, 7, NOW + 2 * DAY) == 0


def test_who_recovered_and_falls_again_enters_again(people: Database) -> None:
    plan = plan_of(FALLS)
    with people.writing() as cx:
        enter_scheduled(cx, plan, 7, NOW)
        begun = []
        for day, health in enumerate((40, 60, 40, 40, 60, 40), 1):
            set_health(cx, 1, health)
            begun.append(enter_scheduled(cx, plan, 7, NOW + 4 * day * DAY))
            end_all(cx)
        assert begun == [1, 0, 1, 0, 0, 1]
        assert [key for _, key, _ in runs(cx)] == ["1", "2", "3"]


def test_a_changed_condition_only_looks_at_first(people: Database) -> None:
    with people.writing() as cx:
        set_health(cx, 1, 55)
        enter_scheduled(cx, plan_of(FALLS), 7, NOW)
        wider = plan_of(FALLS.replace("50", "60"))
        assert enter_scheduled(cx, wider, 8, NOW + DAY) == 0
        set_health(cx, 2, 55)
        assert enter_scheduled(cx, wider, 8, NOW + 2 * DAY) == 1


# ── By events ────────────────────────────────────────────────────────────────────────────────


def test_an_event_lets_its_customer_in_as_settling_from_when_it_happened(people: Database) -> None:
    plan = plan_of(ONCE_A_CUSTOMER)
    at = NOW - timedelta(minutes=3)
    with people.writing() as cx:
        ids = happens(cx, "anna", "signed_up", at, source="ad")
        ids += happens(cx, "bob", "logged_in", at)
        assert enter_from_events(cx, plan, 7, ids, NOW) == 1
        assert runs(cx) == [("anna", "1", "settling")]
        started, due, source = cx.execute(
            text("SELECT started_at, due_at, \"trigger\" ->> 'source' FROM run")
        ).one()
    assert (started, due, source) == (to_micros(at), to_micros(NOW), "ad")


def test_a_known_event_starts_nothing(people: Database) -> None:
    plan = plan_of("event: signed_up\nonce: every time")
    with people.writing() as cx:
        for begun in (1, 0):
            ids = happens(cx, "anna", "signed_up")
            assert enter_from_events(cx, plan, 7, ids, NOW) == begun


def test_each_invoice_has_one_run_and_later_events_belong_to_it(people: Database) -> None:
    plan = plan_of("event: payment_failed\nonce: per invoice")
    with people.writing() as cx:
        ids = [
            *happens(cx, "anna", "payment_failed", NOW - DAY, invoice="A"),
            *happens(cx, "anna", "payment_failed", NOW, invoice="A"),
            *happens(cx, "anna", "payment_failed", NOW, invoice="B"),
            *happens(cx, "bob", "payment_failed", NOW, invoice="A"),
            *happens(cx, "bob", "payment_failed", NOW, invoice="x" * 100_000),
        ]
        assert enter_from_events(cx, plan, 7, ids, NOW) == 4
        more = happens(cx, "anna", "payment_failed", NOW + DAY, invoice="A")
        assert enter_from_events(cx, plan, 7, more, NOW + DAY) == 0
        assert runs(cx)[0] == ("anna", "invoice A", "settling")


def test_once_per_customer_is_once_and_every_time_is_every_time(people: Database) -> None:
    every = plan_of("event: signed_up\nonce: every time", name="q")
    with people.writing() as cx:
        ids = [
            *happens(cx, "anna", "signed_up", NOW - DAY),
            *happens(cx, "anna", "signed_up", NOW),
        ]
        assert enter_from_events(cx, plan_of(ONCE_A_CUSTOMER), 7, ids, NOW) == 1
        assert enter_from_events(cx, every, 8, ids, NOW) == 2
        end_all(cx)
        later = happens(cx, "anna", "signed_up", NOW + DAY)
        assert enter_from_events(cx, plan_of(ONCE_A_CUSTOMER), 7, later, NOW + DAY) == 0


def test_an_event_whose_own_properties_do_not_fit_starts_nothing(people: Database) -> None:
    plan = plan_of("event: payment_failed\nonce: per invoice\nwhere:\n  - amount: at least 10")
    with people.writing() as cx:
        ids = [
            *happens(cx, "anna", "payment_failed", invoice="A", amount=9),
            *happens(cx, "anna", "payment_failed", invoice="B", amount=10),
            *happens(cx, "anna", "payment_failed", invoice="C", amount="11"),
        ]
        assert enter_from_events(cx, plan, 7, ids, NOW) == 1
        assert runs(cx) == [("anna", "invoice B", "settling")]


def test_an_erased_customer_is_not_let_in_by_an_old_event(people: Database) -> None:
    with people.writing() as cx:
        ids = happens(cx, "anna", "signed_up")
        cx.execute(text("UPDATE customer SET erased_at = 1 WHERE id = 1"))
        assert enter_from_events(cx, plan_of(ONCE_A_CUSTOMER), 7, ids, NOW) == 0


# ── By other playbooks, and waking ───────────────────────────────────────────────────────────


def test_a_called_playbook_lets_in_once_or_every_time(people: Database) -> None:
    once = plan_of("called: by another playbook")
    every = plan_of("called: by another playbook\nonce: every time", name="q")
    with people.writing() as cx:
        assert enter_called(cx, once, 7, [(10, 1), (11, 1), (12, 2)], NOW) == 2
        assert enter_called(cx, once, 7, [(13, 1)], NOW) == 0
        assert enter_called(cx, every, 8, [(10, 1), (11, 1)], NOW) == 2
        assert enter_called(cx, every, 8, [(10, 1)], NOW + DAY) == 1


def test_waking_makes_the_open_runs_of_these_customers_due(people: Database) -> None:
    with people.writing() as cx:
        enter_scheduled(cx, plan_of(DAILY), 7, NOW)
        enter_scheduled(cx, plan_of(DAILY, name="q"), 8, NOW)
        cx.execute(text("UPDATE run SET due_at = :later"), {"later": to_micros(NOW + 9 * DAY)})
        assert wake(cx, ["p"], [1, 3], NOW + DAY) == 1
        assert wake(cx, ["p", "q"], [1], NOW + DAY) == 1
        end_all(cx)
        assert wake(cx, ["p", "q"], [1, 2], NOW + DAY) == 0
