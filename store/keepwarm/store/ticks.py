"""Up to which moment each playbook's schedule was carried out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.store.driver import first_number, run
from keepwarm.store.moments import from_micros_or_none, to_micros


def done_until(cx: Connection, playbook: str) -> datetime | None:
    """Give up to when the schedule was carried out; None when it was never looked at."""
    sql = "SELECT done_until FROM tick WHERE playbook = :playbook"
    found = first_number(cx, sql, playbook=playbook)
    return from_micros_or_none(found)


def take_tick(cx: Connection, playbook: str, tick: datetime) -> bool:
    """Take a tick to carry it out; False when somebody else has it, or a later one, already."""
    return (
        run(
            cx,
            "INSERT INTO tick (playbook, done_until) VALUES (:playbook, :tick)"
            " ON CONFLICT (playbook) DO UPDATE SET done_until = excluded.done_until"
            " WHERE tick.done_until < excluded.done_until",
            playbook=playbook,
            tick=to_micros(tick),
        ).rowcount
        == 1
    )


def is_any_tick_after(cx: Connection, moment: datetime) -> bool:
    """Tell whether something was carried out up to later than a moment."""
    sql = "SELECT 1 FROM tick WHERE done_until > :moment LIMIT 1"
    return cx.execute(text(sql), {"moment": to_micros(moment)}).first() is not None


def put_ticks_back(cx: Connection, after: datetime, to: datetime) -> int:
    """Say of all that was carried out up to later than a moment that it is done up to another."""
    sql = "UPDATE tick SET done_until = :to WHERE done_until > :after"
    return cx.execute(text(sql), {"to": to_micros(to), "after": to_micros(after)}).rowcount
