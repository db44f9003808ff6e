"""What is read of customers and runs, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from keepwarm.engine.crowd import Position
from keepwarm.engine.facts import Happening, Sent, TaskState
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import Needs
from keepwarm.engine.run import Memory, Mode, RunStatus
from keepwarm.store.bulk import insert_rows
from keepwarm.store.database import Database
from keepwarm.store.facts import ask_crowd, read_customers
from keepwarm.store.runs import DueRuns
from keepwarm.store.tables import (
    CustomerRow,
    EventRow,
    MessageRow,
    OutcomeRow,
    ReportRow,
    Row,
    ScoreRow,
    TaskRow,
)

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TENTH = Decimal("0.1")


@pytest.fixture
def people(database: Database) -> Database:
    """A database in which anna (1) is known well and bob (2) hardly."""
    with database.writing() as cx:
        known = {"plan": "pro", "employees": 12, "tags": ["vip"], "nothing": None, "secret": "x"}
        put(cx, CustomerRow, id=1, external_id="anna", email="a@b.example", timezone="Asia/Tokyo",
            attributes=known, created_at=NOW, updated_at=NOW)  # fmt: skip
        put(cx, CustomerRow, id=2, external_id="bob", attributes={}, created_at=NOW, updated_at=NOW)
        put(cx, ScoreRow, customer_id=1, name="worth", number=41.5, as_of=NOW)
        put(cx, ScoreRow, customer_id=1, name="rfm", word="loyal", as_of=NOW)
        for number, days in enumerate((40, 3, 1, -1)):
            happened(cx, number, "paid", NOW - days * DAY, {"amount": number})
        happened(cx, 9, "login", NOW - 2 * DAY, {})
    return database


def put(cx: Connection, table: type[Row], **values: object) -> None:
    insert_rows(cx, table, list(values), [list(values.values())])


def happened(
    cx: Connection,
    number: int,
    name: str,
    at: datetime,
    properties: Mapping[str, Any],
    customer: int = 1,
) -> None:
    put(cx, EventRow, customer_id=customer, name=name, at=at, received_at=at, source="test",
        source_id=str(number), properties=dict(properties))  # fmt: skip


def due(*keys: int, began: Sequence[datetime] = ()) -> DueRuns:
    """Runs of anna that are due."""
    ats = [Position(RunStatus.ACTIVE, Mode.LIVE, 0, at, Memory()) for at in began or [NOW]]
    many = len(keys)
    return DueRuns(7, keys, [1] * many, [1] * many, (ats * many)[:many], [{}] * many)


def test_only_what_is_needed_is_read(people: Database) -> None:
    needs = Needs(attributes=frozenset({"plan", "nothing", "tags", "timezone", "phone"}))
    with people.reading() as cx:
        read = read_customers(cx, needs, [1, 2, 3], NOW)
    assert read[1].attributes == {"plan": "pro", "tags": ["vip"], "timezone": "Asia/Tokyo"}
    assert read[2].attributes == {}
    assert read[3].attributes == {}
    assert read[1].events == {}


def test_scores_stand_among_attributes(people: Database) -> None:
    needs = Needs(
        attributes=frozenset({"plan", "worth", "rfm"}), scores=frozenset({"worth", "rfm"})
    )
    with people.reading() as cx:
        read = read_customers(cx, needs, [1, 2], NOW)
    assert read[1].attributes == {"plan": "pro", "worth": 41.5, "rfm": "loyal"}
    assert read[2].attributes == {}


def test_events_come_oldest_first_as_far_back_as_asked_and_none_from_the_future(
    people: Database,
) -> None:
    with people.reading() as cx:
        ever = read_customers(cx, Needs(events={"paid": None}), [1], NOW)[1]
        lately = read_customers(cx, Needs(events={"paid": 30 * DAY, "login": DAY}), [1], NOW)[1]
    assert [NOW - h.at for h in ever.events["paid"]] == [40 * DAY, 3 * DAY, DAY]
    assert [NOW - h.at for h in lately.events["paid"]] == [3 * DAY, DAY]
    assert "login" not in lately.events


def test_whether_few_or_many_things_happened_those_of_each_customer_are_read(
    people: Database,
) -> None:
    lately = Needs(events={"paid": 30 * DAY, "login": 30 * DAY, "never": DAY})
    with people.writing() as cx:
        few = read_customers(cx, lately, [1, 2], NOW)
        for number in range(100, 200):
            happened(cx, number, "login", NOW - timedelta(minutes=number), {}, 50)
        many = read_customers(cx, lately, [1, 2], NOW)
        hers = read_customers(cx, lately, list(range(1, 51)), NOW)
    assert few == many
    assert {name: len(of) for name, of in few[1].events.items()} == {"paid": 2, "login": 1}
    assert few[2].events == {}
    assert hers[1] == few[1]
    assert len(hers[50].events["login"]) == 100


def test_properties_are_read_only_where_they_are_asked_about(people: Database) -> None:
    events, properties = {"paid": 2 * DAY}, {"paid": frozenset({"amount"})}
    with people.reading() as cx:
        bare = read_customers(cx, Needs(events=events), [1], NOW)[1]
        full = read_customers(cx, Needs(events=events, properties=properties), [1], NOW)[1]
    assert bare.events["paid"] == [Happening(NOW - DAY)]
    assert full.events["paid"] == [Happening(NOW - DAY, {"amount": 2})]


def test_what_is_asked_since_the_start_is_read_from_the_oldest_start_of_the_batch(
    people: Database,
) -> None:
    needs = Needs(since_start=frozenset({"paid"}))
    both = Needs(events={"paid": DAY}, since_start=frozenset({"paid"}))
    with people.reading() as cx:
        young = ask_crowd(cx, needs, due(1, began=[NOW - 2 * DAY]), NOW)()
        old = ask_crowd(cx, needs, due(1, 2, began=[NOW, NOW - 5 * DAY]), NOW)()
        wide = ask_crowd(cx, both, due(1, began=[NOW - 5 * DAY]), NOW)()
    assert len(young.events[0]["paid"]) == 1
    assert len(old.events[0]["paid"]) == 2
    assert len(wide.events[0]["paid"]) == 2


def test_thresholds_are_values_at_ranks(people: Database) -> None:
    asked = frozenset(
        {("worth", "top", TENTH), ("employees", "bottom", TENTH), ("height", "top", TENTH)}
    )
    needs = Needs(thresholds=asked, scores=frozenset({"worth"}))
    with people.reading() as cx:
        crowd = ask_crowd(cx, needs, due(1), NOW)()
    assert crowd.thresholds == {
        ("worth", "top", TENTH): 41.5,
        ("employees", "bottom", TENTH): 12.0,
    }


def message(cx: Connection, key: int, run: int, step: int, **more: object) -> None:
    values: dict[str, object] = {
        "id": key, "run_id": run, "customer_id": 1, "version_id": 7, "playbook": "p", "step": step,
        "part": 0, "channel": "email", "kind": "marketing", "queued_at": NOW, "attempt": 0,
    }  # fmt: skip
    put(cx, MessageRow, **{**values, **more})


def outcome(cx: Connection, key: int, status: str, minutes: int, attempt: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    put(cx, OutcomeRow, message_id=key, attempt=attempt, status=status, at=at)


def test_a_message_stands_where_its_highest_outcome_says(people: Database) -> None:
    with people.writing() as cx:
        message(cx, 1, run=1, step=0)
        for minutes, status in enumerate(("sending", "delivered", "sent"), 1):
            outcome(cx, 1, status, minutes)
        message(cx, 2, run=1, step=1)
        message(cx, 3, run=2, step=0, attempt=1)
        outcome(cx, 3, "failed", 1)
        outcome(cx, 3, "sending", 2, attempt=1)
        crowd = ask_crowd(cx, Needs(results=True), due(1, 2), NOW)()
    minute = timedelta(minutes=1)
    assert crowd.facts(0).sent == {
        0: Sent(MessageStatus.DELIVERED, NOW + 2 * minute),
        1: Sent(MessageStatus.QUEUED, NOW),
    }
    assert crowd.facts(1).sent == {0: Sent(MessageStatus.SENDING, NOW + 2 * minute)}


def test_the_last_way_tried_and_the_runs_own_version_count(people: Database) -> None:
    with people.writing() as cx:
        message(cx, 1, run=1, step=0)
        outcome(cx, 1, "suppressed", 1)
        message(cx, 2, run=1, step=0, part=1)
        outcome(cx, 2, "sent", 2)
        message(cx, 3, run=1, step=5, version_id=6)
        sent = ask_crowd(cx, Needs(results=True), due(1), NOW)().facts(0).sent
    assert sent == {0: Sent(MessageStatus.SENT, NOW + timedelta(minutes=2))}


def test_only_people_open_and_click(people: Database) -> None:
    with people.writing() as cx:
        for key, (signal, machine) in enumerate((("clicked", False), ("opened", True)), 1):
            message(cx, key, run=1, step=key)
            outcome(cx, key, "sent", 1)
            put(cx, ReportRow, connector="test", dedupe_key=str(key), message_id=key, signal=signal,
                at=NOW, received_at=NOW, by_machine=machine, reason="", raw="")  # fmt: skip
        sent = ask_crowd(cx, Needs(results=True), due(1), NOW)().facts(0).sent
    assert (sent[1].clicked, sent[1].opened) == (True, False)
    assert (sent[2].clicked, sent[2].opened) == (False, False)


def test_a_task_stands_where_a_person_put_it(people: Database) -> None:
    values: dict[str, object] = {
        "run_id": 1, "customer_id": 1, "playbook": "p", "title": "Call", "assignee": "ann",
        "outcomes": [], "opened_at": NOW,
    }  # fmt: skip
    with people.writing() as cx:
        put(cx, TaskRow, **values, version_id=7, step=2, due_at=NOW + DAY)
        put(cx, TaskRow, **values, version_id=7, step=3, done_at=NOW, outcome="saved")
        put(cx, TaskRow, **values, version_id=6, step=4)
        tasks = ask_crowd(cx, Needs(results=True), due(1), NOW)().facts(0).tasks
    assert tasks == {2: TaskState(None, None, NOW + DAY), 3: TaskState("saved", NOW, None)}
