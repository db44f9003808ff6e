"""Statements through the driver say the same to both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from keepwarm.store.database import VALUES_REFUSED, Database, Dialect
from keepwarm.store.driver import first_number, run
from keepwarm.store.ids import from_ids, in_ids


@pytest.mark.parametrize("keys", [[2, 3], (2, 3), range(2, 4), [], ()])
def test_a_list_of_any_kind_is_many_keys(database: Database, keys: Sequence[int]) -> None:
    with database.reading() as cx:
        among = run(
            cx,
            f"SELECT value {from_ids(cx, 'all_of_them')} WHERE value {in_ids(cx)} ORDER BY value",
            all_of_them=range(5),
            ids=keys,
        )
        assert [*among] == [(key,) for key in keys]


def test_a_sign_of_percent_and_a_colon_in_a_text_are_themselves(database: Database) -> None:
    with database.reading() as cx:
        sql = "SELECT '50 % at 10:30' WHERE CAST(:word AS TEXT) LIKE '%b%'"
        assert [*run(cx, sql, word="abc")] == [("50 % at 10:30",)]
        assert [*run(cx, sql, word="def")] == []


def test_what_is_changed_is_counted_and_told(database: Database) -> None:
    tick = "INSERT INTO tick (playbook, done_until) VALUES (:playbook, :at)"
    with database.writing() as cx:
        assert first_number(cx, f"{tick} RETURNING done_until", playbook="a", at=2**62) == 2**62
        assert run(cx, tick, playbook="b", at=0).rowcount == 1
        of = "SELECT done_until FROM tick WHERE playbook = :playbook"
        assert first_number(cx, of, playbook="a") == 2**62
        assert first_number(cx, of, playbook="nobody's") is None
        assert run(cx, "UPDATE tick SET done_until = :at", at=1).rowcount == 2
    with database.reading() as cx:
        assert [*run(cx, "SELECT * FROM tick ORDER BY playbook")] == [("a", 1), ("b", 1)]


def test_a_value_that_the_database_cannot_hold_is_told_as_such(database: Database) -> None:
    with database.reading() as cx:
        if database.dialect is Dialect.SQLITE:
            assert [*run(cx, "SELECT :word", word="a\0b")] == [("a\0b",)]
            word: str | int = 2**63
        else:
            word = "a\0b"
        with pytest.raises(VALUES_REFUSED):
            run(cx, "SELECT CAST(:word AS TEXT)", word=word)
