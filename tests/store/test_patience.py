"""Waiting for a database that is silent: as long as whoever asks would, and no longer."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from keepwarm.store.database import UNAVAILABLE, Database, Dialect, postgresql_driver
from keepwarm.store.patience import Patience, Silence, Silent, waiting_at_most

LONG = timedelta(minutes=10)
A_MOMENT = timedelta(milliseconds=10)
COUNT = text("SELECT count(*) FROM circuit")


def test_a_statement_that_is_not_answered_in_time_is_given_up(database: Database) -> None:
    if database.dialect is Dialect.SQLITE:
        return
    with database.writing() as holder:
        holder.execute(text("LOCK TABLE circuit"))
        with (
            pytest.raises(UNAVAILABLE, match=r"did not answer within 0\.01 seconds"),
            database.writing() as cx,
            waiting_at_most(Patience(LONG, A_MOMENT)),
        ):
            cx.execute(COUNT)
        with (
            pytest.raises(UNAVAILABLE, match=r"did not answer within 0\.01 seconds"),
            database.writing() as cx,
            waiting_at_most(Patience(LONG, A_MOMENT)),
        ):
            postgresql_driver(cx).execute("SELECT count(*) FROM circuit")
    with database.reading() as cx, waiting_at_most(Patience(LONG)):
        assert cx.execute(COUNT).scalar_one() == 0


def test_of_those_who_would_not_wait_for_a_silent_server_one_in_a_second_asks_it() -> None:
    up_for = 100.0
    silence = Silence(lambda: up_for)

    def refused() -> bool:
        """Tell whether somebody else, who comes now, is refused."""
        found: list[bool] = []

        def come() -> None:
            with waiting_at_most(Patience(LONG)):
                try:
                    silence.refuse()
                except Silent:
                    found.append(True)
                else:
                    found.append(False)

        comer = threading.Thread(target=come)
        comer.start()
        comer.join()
        return found.pop()

    assert not refused()
    silence.note(is_silent=True)
    assert refused()
    silence.refuse()  # whoever waits however long it takes is never refused
    up_for += 1
    with waiting_at_most(Patience(LONG)):
        silence.refuse()
        assert refused()
        silence.refuse()  # it is the one that asks
    silence.note(is_silent=True)
    assert refused()
    silence.note(is_silent=False)
    assert not refused()
