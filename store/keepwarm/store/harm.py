"""What a playbook's messages did to their receivers, counted for its guardrails."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.engine.outcome import Signal
from keepwarm.store.moments import to_micros

#: Over how long rates are counted.
WINDOW: Final = timedelta(days=30)

_SENT: Final = (
    "SELECT count(*) FROM message m JOIN outcome o ON o.message_id = m.id"
    " AND o.attempt = m.attempt AND o.status = :status"
    " WHERE m.playbook = :playbook AND m.queued_at >= :since"
)
_REPORTED: Final = (
    "SELECT r.signal, count(DISTINCT r.message_id) FROM report r"
    " JOIN message m ON m.id = r.message_id"
    " WHERE m.playbook = :playbook AND m.queued_at >= :since GROUP BY r.signal"
)
_RESUMED: Final = (
    "SELECT max(at) FROM audit WHERE what = 'resumed' AND detail ->> 'playbook' = :playbook"
)
#: Whoever unsubscribes by a link is an event that is named after the message.
_UNSUBSCRIBED: Final = (
    "SELECT count(*) FROM event e JOIN message m ON CAST(m.id AS VARCHAR) = e.source_id"
    " WHERE e.name = 'unsubscribed' AND e.at >= :since AND m.playbook = :playbook"
    " AND m.customer_id = e.customer_id"
)


def count_harm(cx: Connection, playbook: str, now: datetime) -> tuple[int, dict[str, int]]:
    """Give how many messages were sent of late, and how many of them each rate counts.

    What was before somebody let the playbook go on was looked at, and counts no more.
    """
    since = to_micros(now - WINDOW)
    resumed = cx.execute(text(_RESUMED), {"playbook": playbook}).scalar()
    values = {"playbook": playbook, "since": since if resumed is None else max(since, resumed)}
    sent = cx.execute(text(_SENT), values | {"status": "sent"}).scalar_one()
    failed = cx.execute(text(_SENT), values | {"status": "failed"}).scalar_one()
    reported = {row[0]: row[1] for row in cx.execute(text(_REPORTED), values)}
    by_link = cx.execute(text(_UNSUBSCRIBED), values).scalar_one()
    return sent, {
        "unsubscribe_rate": by_link + reported.get(Signal.UNSUBSCRIBED.value, 0),
        "complaint_rate": reported.get(Signal.COMPLAINED.value, 0),
        "bounce_rate": reported.get(Signal.BOUNCED.value, 0),
        "failure_rate": failed,
    }
