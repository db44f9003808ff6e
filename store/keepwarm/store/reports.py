"""What providers report about messages: kept once, whatever its order and however often told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.engine.outcome import Report
from keepwarm.store.bulk import insert_rows
from keepwarm.store.tables import ReportRow


@dataclass(frozen=True, slots=True)
class Reported:
    """The message that a report is about."""

    message_id: int
    attempt: int
    customer_id: int
    channel: str
    playbook: str
    step: int


def keep_report(
    cx: Connection, connector: str, report: Report, about: Reported | None, now: datetime
) -> bool:
    """Keep a report; False when it was told before."""
    columns = ("connector", "dedupe_key", "message_id", "signal", "at", "received_at",
               "by_machine", "reason", "raw")  # fmt: skip
    row = (
        connector,
        report.dedupe_key,
        None if about is None else about.message_id,
        report.signal.value,
        report.at,
        now,
        report.by_machine,
        report.reason,
        report.raw,
    )
    return insert_rows(cx, ReportRow, columns, [row], on_conflict="skip") == 1


def message_of(cx: Connection, connector: str, report: Report) -> Reported | None:
    """Find the message that a report is about: by our own name for it, else by the provider's."""
    found = None
    if report.send_id is not None:
        key, _, attempt = report.send_id.partition("-")
        if key.isascii() and key.isdigit() and attempt.isascii() and attempt.isdigit():
            found = _of_attempt(cx, int(key), int(attempt))
    if found is None and report.provider_id:
        found = _of_provider(cx, connector, report.provider_id)
    return found


def _of_attempt(cx: Connection, message_id: int, attempt: int) -> Reported | None:
    row = cx.execute(
        text(
            "SELECT id, CAST(:attempt AS INTEGER), customer_id, channel, playbook, step"
            " FROM message WHERE id = :id AND attempt >= :attempt",
        ),
        {"id": message_id, "attempt": attempt},
    ).first()
    return None if row is None else Reported(*row)


def _of_provider(cx: Connection, connector: str, provider_id: str) -> Reported | None:
    row = cx.execute(
        text(
            "SELECT m.id, o.attempt, m.customer_id, m.channel, m.playbook, m.step"
            " FROM outcome o JOIN message m ON m.id = o.message_id"
            " WHERE o.connector = :connector AND o.provider_id = :provider_id LIMIT 1",
        ),
        {"connector": connector, "provider_id": provider_id},
    ).first()
    return None if row is None else Reported(*row)
