"""All that is kept about one customer, for the customer (GDPR, article 15 and 20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, select, text

from keepwarm.schema.words import ADDRESS_OF
from keepwarm.store.addresses import address_hash
from keepwarm.store.customers import Customer
from keepwarm.store.outbox import read_message
from keepwarm.store.people import suppressed_among
from keepwarm.store.tables import (
    CustomerRow,
    DecisionRow,
    MessageRow,
    OutcomeRow,
    ReportRow,
    Row,
    RunRow,
)

Rows = list[dict[str, Any]]

#: Rows that are a customer's by way of another row: table -> its column, the row it leads to.
_BY_WAY_OF: Final[Mapping[type[Row], tuple[str, type[Row]]]] = {
    DecisionRow: ("run_id", RunRow),
    OutcomeRow: ("message_id", MessageRow),
    ReportRow: ("message_id", MessageRow),
}


def everything_about(cx: Connection, customer: Customer, pepper: bytes) -> Mapping[str, Rows]:
    """Give table -> rows of all that is kept about a customer and those merged into it.

    Messages come with the words that were sent, and `suppression` says which of the addresses of
    today may not be used, and why. Rows of the inbox that nobody has looked at yet are not in it.
    """
    who = _keys(cx, customer)
    found = {"customer": _rows(cx, _table(CustomerRow), _table(CustomerRow).c.id.in_(who))}
    for table in Row.metadata.sorted_tables:
        if "customer_id" in table.c:
            found[str(table.name)] = _rows(cx, table, table.c.customer_id.in_(who))
    for row, (column, owner) in _BY_WAY_OF.items():
        owners = select(_table(owner).c.id).where(_table(owner).c.customer_id.in_(who))
        table = _table(row)
        found[str(table.name)] = _rows(cx, table, table.c[column].in_(owners))
    for message in found["message"]:
        message["sent"] = _words(cx, message["id"])
    found["suppression"] = _suppressions(cx, customer, pepper)
    return {name: rows for name, rows in sorted(found.items()) if rows}


def _keys(cx: Connection, customer: Customer) -> Sequence[int]:
    statement = text("SELECT id FROM customer WHERE :id IN (id, merged_into) ORDER BY id")
    return cx.execute(statement, {"id": customer.id}).scalars().all()


def _table(row: type[Row]) -> Table:
    return Row.metadata.tables[str(row.__tablename__)]


def _rows(cx: Connection, table: Table, which: ColumnElement[bool]) -> Rows:
    found = cx.execute(select(table).where(which).order_by(*table.primary_key)).mappings()
    # SQLAlchemy's names are texts of a kind of their own.
    return [{str(name): value for name, value in row.items()} for row in found]


def _words(cx: Connection, message_id: int) -> dict[str, str] | None:
    """Give the texts of a message as they were sent; None where none has been worded."""
    shown = read_message(cx, message_id)
    if shown is None or shown.content is None:
        return None
    return {name: shown.text(name) for name in shown.content.texts}


def _suppressions(cx: Connection, customer: Customer, pepper: bytes) -> Rows:
    found: Rows = []
    for channel, attribute in ADDRESS_OF.items():
        address = customer.attributes.get(attribute)
        if isinstance(address, str):
            hashes = [address_hash(pepper, channel, address)]
            for reason in suppressed_among(cx, channel, hashes).values():
                found.append({"channel": channel, "address": address, "reason": reason})
    return found
