"""A customer who asks to be forgotten (law 27).

Every personal word goes, and what was counted stays counted: events keep their names, times and
numbers, runs and messages keep what became of them. Of the addresses a peppered hash remains, so
that they are not mailed again when somebody brings them back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.addresses import address_hash, normal_address
from keepwarm.store.audit import note
from keepwarm.store.bulk import update_rows
from keepwarm.store.customers import COLUMNS, Customer, find_customer
from keepwarm.store.database import Dialect, dialect_of, sqlite_driver
from keepwarm.store.forgetting import wish_forgotten
from keepwarm.store.ids import json_parameter
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import to_micros
from keepwarm.store.people import SuppressionReason
from keepwarm.store.stopping import Stopped, lock_people, stop_runs
from keepwarm.store.tables import EventRow

#: Rows of a customer that only describe who it was.
_DELETED: Final = (
    "cohort_member",
    "identity",
    "score",
    "match",
    "attribute_change",
    "attribute_told",
    "thing_told",
)
#: Rows of a customer that are counted, and so stay: table -> (which, what they are left with).
_OF_MESSAGES: Final = "message_id IN (SELECT id FROM message WHERE customer_id IN ({who}))"
_EMPTIED: Final = {
    "consent": ("customer_id IN ({who})", "wording = '', source = ''"),
    "decision": ("run_id IN (SELECT id FROM run WHERE customer_id IN ({who}))", "seen = NULL"),
    "run": (
        "customer_id IN ({who})",
        "\"trigger\" = NULL, memory = NULL, entry_key = 'erased ' || id",
    ),
    "outcome": (
        _OF_MESSAGES,
        (
            "personal = NULL, raw = NULL, reason = CASE WHEN status IN"
            " ('failed', 'suppressed', 'unknown') THEN 'erased' ELSE reason END"
        ),
    ),
    "report": (_OF_MESSAGES, "reason = '', raw = ''"),
    "message": ("customer_id IN ({who})", "address = NULL, words = NULL"),
    "task": ("customer_id IN ({who})", "title = 'erased', details = NULL, note = NULL"),
    # What another tool shows of it is brought into line, even where it was done long ago.
    "task_copy": (
        "reference IS NOT NULL AND task_id IN (SELECT id FROM task WHERE customer_id IN ({who}))",
        "shown = NULL, closed_at = NULL, next_at = NULL, problem = NULL",
    ),
}
#: Tables to which something may come about a customer who is erased already.
_LATE: Final = ("outcome", "report")
#: Rows of nobody's own that may name the customer: table -> (where to look, what is left).
_SEARCHED: Final = {
    "inbox": (
        ("payload", "source_id"),
        (
            "payload = :nothing, source_id = 'erased ' || id, problem = 'erased',"
            " done_at = coalesce(done_at, :now)"
        ),
    ),
    "audit": (("detail",), "detail = :nothing"),
    "report": (("raw", "reason"), "reason = '', raw = ''"),
    "suppression": (("evidence",), "evidence = ''"),
}


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to."""

    #: The key of the row that remains, without a word in it.
    customer_id: int
    stopped: Stopped
    addresses_suppressed: int


def erase(
    cx: Connection,
    customer: str,
    by: str,
    pepper: bytes,
    catalog: Catalog,
    now: datetime,
    *,
    providers: Collection[str] = (),
) -> Erased | None:
    """Forget a customer for good; None when there is nobody of that identifier.

    The catalog says which properties of events are mere numbers, and may stay. Afterwards
    `Database.sweep` clears what the database file itself still holds of the old words. `providers`
    are asked to forget the customer too; until each took that wish, it is kept what they know.
    """
    found = find_customer(cx, customer)
    if found is None or found.erased:
        return None
    lock_people(cx, [found.id])
    if dialect_of(cx) is Dialect.SQLITE:
        # What is deleted is overwritten, not left in the free places of the file.
        sqlite_driver(cx).execute("PRAGMA secure_delete = ON")
    values = {"id": found.id}
    runs = cx.execute(text("SELECT id FROM run WHERE customer_id = :id ORDER BY id"), values)
    stopped = stop_runs(cx, list(runs.scalars()), "erased", now)
    addresses = _addresses(cx, found)
    if providers:
        wish_forgotten(cx, providers, found.id, _known_by(found, addresses), now)
    _suppress(cx, addresses, pepper, now)
    _forget_mentions(cx, found.id, [address for _, address in addresses], now)
    _strip_events(cx, found.id, catalog)
    for table in _DELETED:
        cx.execute(text(f"DELETE FROM {table} WHERE customer_id = :id"), values)
    # With those who were merged into the customer, whose refused consents stayed with them.
    for table in _EMPTIED:
        _empty_rows(cx, table, "SELECT id FROM customer WHERE :id IN (id, merged_into)", values)
    _empty(cx, found.id, now)
    note(cx, by, "erased a customer", {"customer_id": found.id}, now)
    return Erased(found.id, stopped, len(addresses))


def forget_late_words(cx: Connection, erased_since: datetime) -> None:
    """Empty what came in about customers after they were erased.

    That is the outcome of a message that was under way, and what providers call back about it.
    Part of the housekeeping round; harmless at any time.
    """
    who = "SELECT id FROM customer WHERE erased_at >= :since"
    for table in _LATE:
        _empty_rows(cx, table, who, {"since": to_micros(erased_since)})


def _empty_rows(cx: Connection, table: str, who: str, values: Mapping[str, int]) -> None:
    which, left = _EMPTIED[table]
    cx.execute(text(f"UPDATE {table} SET {left} WHERE {which.format(who=who)}"), values)


def _addresses(cx: Connection, found: Customer) -> list[tuple[Channel, str]]:
    """Give every address the customer has or had, each once, in the form it is compared by."""
    statement = text(
        "SELECT kind, value FROM identity WHERE customer_id = :id AND kind IN ('email', 'phone')"
    )
    had = [(kind, value) for kind, value in cx.execute(statement, {"id": found.id})]
    has = [(kind, str(found.attributes[kind])) for kind in ("email", "phone")
           if kind in found.attributes]  # fmt: skip
    channels = {name: channel for channel, name in ADDRESS_OF.items()}
    named = ((channels[kind], value) for kind, value in [*has, *had])
    return list(
        dict.fromkeys((channel, normal_address(channel, value)) for channel, value in named)
    )


def _known_by(
    found: Customer, addresses: Sequence[tuple[Channel, str]]
) -> Mapping[str, Sequence[str] | str]:
    """Give what a provider may know the customer by."""
    return {
        "customer": found.customer,
        "emails": [each for channel, each in addresses if channel is Channel.EMAIL],
        "phones": [each for channel, each in addresses if channel is Channel.SMS],
    }


def _suppress(
    cx: Connection, addresses: Sequence[tuple[Channel, str]], pepper: bytes, now: datetime
) -> None:
    """Keep the addresses from being used, whatever kept them from it before."""
    statement = text(
        "INSERT INTO suppression (channel, address_hash, reason, evidence, at)"
        " VALUES (:channel, :hash, :reason, '', :now) ON CONFLICT (channel, address_hash)"
        " DO UPDATE SET reason = excluded.reason, evidence = '', at = excluded.at"
    )
    rows = [
        {
            "channel": channel,
            "hash": address_hash(pepper, channel, address),
            "reason": SuppressionReason.ERASED,
            "now": to_micros(now),
        }
        for channel, address in addresses
    ]
    if rows:
        cx.execute(statement, rows)


def _forget_mentions(
    cx: Connection, customer_id: int, addresses: Sequence[str], now: datetime
) -> None:
    """Empty the shared rows that hold one of the customer's identifiers.

    Reads those tables as a whole: they are small, since what the inbox had is emptied when used.
    """
    # In JSON an identifier stands between quotes: "7" is not part of "17".
    names = cx.execute(
        text("SELECT external_id FROM customer WHERE :id IN (id, merged_into)"), {"id": customer_id}
    )
    words = [_json_text(name) for name in names.scalars()]
    words += [_json_text(address)[1:-1] for address in addresses]
    values = {f"word_{number}": word.lower() for number, word in enumerate(words)}
    find = {Dialect.SQLITE: "instr", Dialect.POSTGRESQL: "strpos"}[dialect_of(cx)]
    for table, (columns, left) in _SEARCHED.items():
        tests = " OR ".join(
            f"{find}(lower(CAST({column} AS TEXT)), :{word}) > 0"
            for column in columns
            for word in values
        )
        sql = f"UPDATE {table} SET {left} WHERE {tests}"
        sql = sql.replace(":nothing", json_parameter(cx, "nothing"))
        given = values | {"nothing": "{}", "now": to_micros(now)}
        cx.execute(text(sql), {name: each for name, each in given.items() if f":{name}" in sql})


def _json_text(word: str) -> str:
    return orjson.dumps(word).decode()


def _strip_events(cx: Connection, customer_id: int, catalog: Catalog) -> None:
    """Leave of each event its numbers, so that sums stay right."""
    found = cx.execute(
        text("SELECT id, name, properties FROM event WHERE customer_id = :id"), {"id": customer_id}
    )
    rows = (
        (key, _numbers(name, properties, catalog), f"erased {key}")
        for key, name, properties in found
    )
    update_rows(cx, EventRow, ["id"], ["properties", "source_id"], list(rows))


def _numbers(name: str, properties: Any, catalog: Catalog) -> Mapping[str, Any]:  # noqa: ANN401
    kept = from_json(properties)
    event = catalog.events.get(name)
    declared = event.properties if event else {}
    return {
        each: value
        for each, value in kept.items()
        if each in declared
        and not declared[each].personal
        and declared[each].kind in (FactKind.NUMBER, FactKind.TRUTH)
        and isinstance(value, int | float)
    }


def _empty(cx: Connection, customer_id: int, now: datetime) -> None:
    """Take every word out of the customer's row, and out of those that were merged into it."""
    columns = ", ".join(f"{name} = NULL" for name in COLUMNS)
    cx.execute(
        text(
            f"UPDATE customer SET {columns}, external_id = 'erased ' || id,"
            f" attributes = {json_parameter(cx, 'nothing')}, updated_at = :now, erased_at = :now"
            " WHERE :id IN (id, merged_into)"
        ),
        {"id": customer_id, "now": to_micros(now), "nothing": "{}"},
    )
