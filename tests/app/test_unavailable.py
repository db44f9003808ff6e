"""What the log says while the database cannot be used."""

from __future__ import annotations

import sqlite3

import pytest

from keepwarm.app.web.unavailable import Complaints


def test_requests_that_are_refused_are_told_of_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    up_for = 0.0
    refusals = Complaints(lambda: up_for)
    for _ in range(300):
        refusals.note(sqlite3.OperationalError("disk I/O error"))
        up_for += 0.25

    again = "the database cannot be used, and a request was refused"
    assert [record.message for record in caplog.records] == [
        f"{again}: disk I/O error",
        f"{again}, and 239 since this was said last: disk I/O error",
    ]
