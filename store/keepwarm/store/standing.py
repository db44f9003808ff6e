"""Where customers stand with us: what the gates look at, read for a whole chunk at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from keepwarm.schema.words import Kind
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.driver import first_number, run
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.people import ALL

#: The longest time that any cap counts, with a day to spare for zones.
_LONGEST_CAP = timedelta(days=32)


def topic_choices(
    cx: Connection, customer_ids: Sequence[int], channel: str
) -> dict[tuple[int, str], bool]:
    """Give (customer, topic) -> what the customer chose for this channel, or for all channels.

    A choice for the channel goes before one for all; a `no` to all topics stands for each.
    """
    found = run(
        cx,
        "SELECT customer_id, topic, channel, allowed FROM topic_choice"
        f" WHERE channel IN (:all, :channel) AND customer_id {in_ids(cx)}",
        ids=customer_ids,
        all=ALL,
        channel=channel,
    )
    choices: dict[tuple[int, str], bool] = {}
    for customer_id, topic, _, allowed in sorted(found, key=lambda row: row[2] != ALL):
        choices[customer_id, topic] = bool(allowed)
    return choices


def any_suppressed(cx: Connection, channel: str) -> bool:
    """Tell whether any address of the channel may not be used."""
    sql = "SELECT 1 FROM suppression WHERE channel = :channel LIMIT 1"
    return first_number(cx, sql, channel=channel) is not None


def lock_customers(cx: Connection, customer_ids: Sequence[int]) -> None:
    """Hold these customers until the transaction ends, so that two claims cannot both fill a cap.

    SQLite's one writer holds everybody already.
    """
    if dialect_of(cx) is Dialect.POSTGRESQL:
        cx.execute(
            text(
                f"SELECT 1 FROM customer WHERE id {in_ids(cx)} ORDER BY id FOR NO KEY UPDATE",
            ).bindparams(id_list(cx, sorted(customer_ids))),
        )


def touches(
    cx: Connection, customer_ids: Sequence[int], now: datetime, besides: Sequence[int] = ()
) -> dict[int, list[tuple[datetime, str]]]:
    """Give customer -> (when, by which channel) of marketing that was sent or may have been.

    Counts over all playbooks, the messages `besides` left out. What definitely failed does not
    count (law 16).
    """
    others = f" AND NOT m.id {in_ids(cx, 'besides')}" if besides else ""
    bound = [id_list(cx, customer_ids)] + ([id_list(cx, besides, "besides")] if besides else [])
    found = cx.execute(
        text(
            "SELECT m.customer_id, max(o.at), m.channel"
            " FROM message m JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt"
            f" WHERE m.customer_id {in_ids(cx)} AND m.queued_at > :since AND m.kind = :marketing"
            f"{others} GROUP BY m.id, m.customer_id, m.channel"
            " HAVING max(CASE WHEN o.status IN ('sending', 'sent', 'delivered', 'unknown')"
            " THEN 1 ELSE 0 END) = 1"
            " AND max(CASE WHEN o.status IN ('failed', 'skipped', 'expired') THEN 1 ELSE 0 END)"
            " = 0",
        ).bindparams(*bound),
        {"since": to_micros(now - 2 * _LONGEST_CAP), "marketing": Kind.MARKETING},
    )
    since = now - _LONGEST_CAP
    counted: dict[int, list[tuple[datetime, str]]] = {}
    for customer_id, at, channel in found:
        moment = from_micros(at)
        if moment >= since:
            counted.setdefault(customer_id, []).append((moment, channel))
    return counted


def wanting(
    cx: Connection, customer_ids: Sequence[int], playbooks: Collection[str], now: datetime
) -> dict[int, list[str]]:
    """Give customer -> those of the playbooks with marketing that waits, or a run that is due."""
    found = cx.execute(
        text(
            "SELECT m.customer_id, m.playbook FROM message m JOIN chunk k ON k.id = m.chunk_id"
            f" WHERE m.customer_id {in_ids(cx)} AND k.due_at <= :now AND m.kind = :marketing"
            " UNION SELECT r.customer_id, r.playbook FROM run r"
            f" WHERE r.customer_id {in_ids(cx)} AND r.due_at <= :now",
        ).bindparams(id_list(cx, customer_ids)),
        {"now": to_micros(now), "marketing": Kind.MARKETING},
    )
    wanted: dict[int, list[str]] = {}
    for customer_id, playbook in found:
        if playbook in playbooks:
            wanted.setdefault(customer_id, []).append(playbook)
    return wanted


def offers_cost(cx: Connection, playbook: str, since: datetime, currency: str) -> float:
    """Give what a playbook's promises cost since a moment, in one currency."""
    found = cx.execute(
        text(
            "SELECT sum(cost) FROM offer WHERE playbook = :playbook AND at >= :since"
            " AND cost_currency = :currency",
        ),
        {"playbook": playbook, "since": to_micros(since), "currency": currency},
    ).scalar()
    return float(found or 0)
