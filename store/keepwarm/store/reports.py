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


def message_of(cx: Connection, report: Report) -> Reported | None:
    """Find the message that a report is about, by our own name for it.

    Every provider that calls back gives that name back to us. Its own name never finds a message:
    one call carries a thousand, and they share it. But where it is known and is another one, the
    report is about a message of somebody else's who uses the same account.
    """
    key, _, attempt = (report.send_id or "").partition("-")
    if not (key.isascii() and key.isdigit() and attempt.isascii() and attempt.isdigit()):
        return None
    row = cx.execute(
        text(
            "SELECT m.id, CAST(:attempt AS INTEGER), m.customer_id, m.channel, m.playbook, m.step,"
            " max(o.provider_id) FROM message m LEFT JOIN outcome o"
            " ON o.message_id = m.id AND o.attempt = :attempt WHERE m.id = :id"
            " AND m.attempt >= :attempt GROUP BY m.id",
        ),
        {"id": int(key), "attempt": int(attempt)},
    ).first()
    if row is None:
        return None
    *about, known = row
    if known and report.provider_id and known != report.provider_id:
        return None
    return Reported(*about)
