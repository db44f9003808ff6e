from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from keepwarm.store.database import Database, Dialect
from keepwarm.store.inbox import (
    Arrival,
    append_arrivals,
    finish,
    how_many_wait,
    take_waiting,
    try_again,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def arrive(db: Database, *names: str) -> int:
    with db.writing() as cx:
        return append_arrivals(cx, [Arrival("api", name, {"name": name}) for name in names], NOW)


def test_what_arrives_twice_waits_once(database: Database) -> None:
    assert arrive(database, "a", "b", "a") == 2
    assert arrive(database, "b", "c") == 1
    with database.reading() as cx:
        assert how_many_wait(cx) == 3


def test_a_sign_that_postgresql_cannot_keep_does_not_stop_the_others(database: Database) -> None:
    assert arrive(database, "a\0", "b") == 2
    with database.writing() as cx:
        assert [each.source_id for each in take_waiting(cx, 10)] == ["a", "b"]


def test_the_oldest_is_taken_first(database: Database) -> None:
    arrive(database, "b")
    arrive(database, "a")
    with database.writing() as cx:
        [first] = take_waiting(cx, 1)
    assert (first.source_id, first.payload, first.received_at) == ("b", {"name": "b"}, NOW)


def test_what_was_used_is_not_kept_twice_and_what_was_not_is_mended(database: Database) -> None:
    arrive(database, "bad", "good")
    with database.writing() as cx:
        bad, good = take_waiting(cx, 10)
        finish(cx, [good.id], {bad.id: 'the catalog has no event "x"'}, NOW)
        assert take_waiting(cx, 10) == []
        kept = cx.execute(text("SELECT CAST(payload AS TEXT), problem FROM inbox ORDER BY id"))
        assert [(payload != "{}", problem is not None) for payload, problem in kept] == [
            (True, True),
            (False, False),
        ]
    with database.writing() as cx:
        assert try_again(cx, [good.id, bad.id]) == 1
        assert [each.source_id for each in take_waiting(cx, 10)] == ["bad"]
    assert arrive(database, "good") == 0


def test_a_worker_that_dies_has_used_nothing(database: Database) -> None:
    arrive(database, "a")

    def work_and_die() -> None:
        with database.writing() as cx:
            finish(cx, [each.id for each in take_waiting(cx, 10)], {}, NOW)
            raise KeyError

    with pytest.raises(KeyError):
        work_and_die()
    with database.reading() as cx:
        assert how_many_wait(cx) == 1


def test_two_workers_never_take_the_same(database: Database) -> None:
    if database.dialect is Dialect.SQLITE:
        return  # the second waits until the first has ended
    arrive(database, "a", "b", "c")
    with database.writing() as one, database.writing() as other:
        mine = {each.source_id for each in take_waiting(one, 2)}
        theirs = {each.source_id for each in take_waiting(other, 2)}
    assert (mine, theirs) == ({"a", "b"}, {"c"})
