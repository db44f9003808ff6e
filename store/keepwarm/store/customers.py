"""Customers: told about in bulk, found by the identifiers that others know them by.

What is told is merged name by name. The company's own identifier decides who is meant; after a
merge of two customers (`merging.py`) the identifier of either means the one that was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, text

from keepwarm.engine.facts import Value
from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.addresses import normal_address
from keepwarm.store.bulk import insert_rows, json_text, text_list
from keepwarm.store.columns import read_columns
from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.past import keep_past, was
from keepwarm.store.tables import CustomerRow, IdentityRow

#: A customer's own identifier, and what is told: None takes a value away, what is not named stays.
Told: TypeAlias = tuple[str, Mapping[str, Value | None]]

#: Attributes that are columns; the others lie together in one JSON object.
COLUMNS: Final = ("email", "phone", "timezone", "language")
#: The attribute by which each channel's consent is known; `people.py` alone sets them.
CONSENTS: Final[Mapping[str, Channel]] = {
    "email_consent": Channel.EMAIL,
    "sms_consent": Channel.SMS,
    "push_consent": Channel.PUSH,
}
_CHUNK: Final = 5_000
_GIVEN: Final = ("customer", *COLUMNS, "bits", "patch")


@dataclass(frozen=True, slots=True)
class CustomersPut:
    """What came of telling about customers."""

    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as looked up."""

    #: The key of the row, by which other rows know the customer.
    id: int
    #: The identifier in the company's own books.
    customer: str
    created_at: datetime
    #: Everything known, columns included; a date and a moment are texts.
    attributes: Mapping[str, Value] = field(default_factory=dict)
    erased: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    #: The identifier of the customer that is meant: another one's after a merge.
    customer: str


# ── Telling ──────────────────────────────────────────────────────────────────────────────────


def put_customers(cx: Connection, told: Iterable[Told], now: datetime) -> CustomersPut:
    """Make customers that are not known, and merge what is told into those that are.

    Values must be of their attributes' kinds already. Of what is told twice the last counts.
    Consent is not told here but recorded with its proof: `people.record_consents`.
    """
    wanted = _combined(told)
    known = _known(cx, list(wanted), lock=True)
    patches = _combined(
        (known[name].customer if name in known else name, values) for name, values in wanted.items()
    )
    old = {each.customer for each in known.values()}
    rows = [_row(name, patches[name]) for name in sorted(patches)]
    missing = [row for row in rows if row[0] not in old]
    made = _insert(cx, missing, now)
    # Those that somebody else made at the same moment are told like the others.
    present = rows if made < len(missing) else [row for row in rows if row[0] in old]
    _keep_past(cx, present, sorted({each.id for each in known.values()}), now)
    changed = _update(cx, present, now)
    return CustomersPut(made, changed, len(rows) - made - changed)


def _keep_past(cx: Connection, rows: Iterable[_Row], ids: Sequence[int], now: datetime) -> None:
    """Keep what was known until now of customers of whom something else is told."""
    told = {row[0]: _told(row) for row in rows}
    for start in range(0, len(ids), _CHUNK):
        known = read_customers(cx, ids[start : start + _CHUNK])
        past = [
            (each.id, was(each.attributes, told[each.customer]))
            for each in known
            if each.created_at < now
        ]
        keep_past(cx, past, now)


def _told(row: _Row) -> dict[str, Value | None]:
    *columns, bits, members = row[1:]
    named = zip(COLUMNS, columns, strict=True)
    told = {name: value for number, (name, value) in enumerate(named) if bits & 1 << number}
    return members | told


def _combined(told: Iterable[Told]) -> dict[str, dict[str, Value | None]]:
    combined: dict[str, dict[str, Value | None]] = {}
    for customer, values in told:
        if not customer:
            raise ValueError("a customer has no identifier")
        if not CONSENTS.keys().isdisjoint(values):
            raise ValueError("consent is recorded with its proof, by people.record_consents")
        if customer in combined:
            combined[customer].update(values)
        else:
            combined[customer] = dict(values)
    return combined


#: (identifier, the four columns, which of them are told as bits, the other attributes)
_Row: TypeAlias = tuple[
    str, str | None, str | None, str | None, str | None, int, dict[str, Value | None]
]


def _row(customer: str, values: dict[str, Value | None]) -> _Row:
    bits = 0
    columns: list[str | None] = []
    for number, name in enumerate(COLUMNS):
        told = values.pop(name, ...)
        bits |= (told is not ...) << number
        columns.append(None if told is ... or told is None or told == "" else str(told))
    email, phone, timezone, language = columns
    return (
        customer,
        email and normal_address(Channel.EMAIL, email),
        phone and normal_address(Channel.SMS, phone),
        timezone,
        language,
        bits,
        values,
    )


def _insert(cx: Connection, rows: Sequence[_Row], now: datetime) -> int:
    moment = to_micros(now)
    columns = ("external_id", *COLUMNS, "attributes", "created_at", "updated_at")
    values = ((*row[:5], _without_missing(row[6]), moment, moment) for row in rows)
    return insert_rows(cx, CustomerRow, columns, values, on_conflict="skip")


def _without_missing(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _update(cx: Connection, rows: Sequence[_Row], now: datetime) -> int:
    """Merge, and count only what is another than before."""
    if not rows:
        return 0
    moment = to_micros(now)
    match dialect_of(cx):
        case Dialect.SQLITE:
            told = {name: f"?{number}" for number, name in enumerate(_GIVEN, 1)}
            merged = f"json_patch(attributes, {told['patch']})"
            sets, where = _changes(told, str(moment), merged, "IS NOT")
            sql = f"UPDATE customer SET {sets} WHERE {where}"
            values = ((*row[:6], json_text(row[6])) for row in rows)
            return sqlite_driver(cx).executemany(sql, values).rowcount
        case Dialect.POSTGRESQL:
            told = {name: f"given.{name}" for name in _GIVEN}
            merged = "jsonb_strip_nulls(customer.attributes || given.patch)"
            sets, where = _changes(told, str(moment), merged, "IS DISTINCT FROM")
            sql = (
                f"UPDATE customer SET {sets} FROM unnest(%s::text[], %s::text[], %s::text[],"
                " %s::text[], %s::text[], %s::int[], %s::jsonb[])"
                f" AS given({', '.join(_GIVEN)}) WHERE {where}"
            )
            changed = 0
            for start in range(0, len(rows), _CHUNK):
                chunk = ((*row[:6], json_text(row[6])) for row in rows[start : start + _CHUNK])
                arrays = [list(each) for each in zip(*chunk, strict=True)]
                changed += postgresql_driver(cx).execute(sql, arrays).rowcount
            return changed


def _changes(told: Mapping[str, str], now: str, merged: str, is_not: str) -> tuple[str, str]:
    """Give what an update sets, and where: only where something is another than before."""
    sets, differences = [], []
    for number, name in enumerate(COLUMNS):
        is_told = f"{told['bits']} & {1 << number} > 0"
        sets.append(f"{name} = CASE WHEN {is_told} THEN {told[name]} ELSE customer.{name} END")
        differences.append(f"({is_told} AND customer.{name} {is_not} {told[name]})")
    sets += [f"attributes = {merged}", f"updated_at = {now}"]
    differences.append(f"customer.attributes {is_not} {merged}")
    where = f"customer.external_id = {told['customer']} AND ({' OR '.join(differences)})"
    return ", ".join(sets), where


# ── Finding ──────────────────────────────────────────────────────────────────────────────────


def keys_of(cx: Connection, customers: Sequence[str]) -> dict[str, int]:
    """Give the row keys of customers by their identifiers; those not known are left out."""
    keys: dict[str, int] = {}
    columns = ("c.external_id", "coalesce(c.merged_into, c.id)")
    # In the order of the index, and by columns: a million events ask a million times.
    wanted = sorted(customers)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        match dialect_of(cx):
            case Dialect.SQLITE:
                # CROSS keeps SQLite from making an index of the names first.
                source = "FROM json_each({mark}) n CROSS JOIN customer c ON c.external_id = n.value"
                found = read_columns(cx, columns, source, json_text(chunk))
            case Dialect.POSTGRESQL:
                found = read_columns(
                    cx, columns, "FROM customer c WHERE c.external_id {any}", chunk
                )
        keys.update(zip(*found, strict=True))
    return keys


def keys_made(
    cx: Connection, customers: Iterable[str], now: datetime
) -> tuple[dict[str, int], int]:
    """Give the row keys of customers, making those not known; and how many were made."""
    wanted = list(set(customers))
    keys = keys_of(cx, wanted)
    # In one order, so that no two writers wait for each other.
    missing = sorted(name for name in wanted if name not in keys)
    if not missing:
        return keys, 0
    if not missing[0]:
        raise ValueError("a customer has no identifier")
    moment = to_micros(now)
    columns = ("external_id", "attributes", "created_at", "updated_at")
    rows: Iterable[tuple[object, ...]] = ((name, {}, moment, moment) for name in missing)
    made = insert_rows(cx, CustomerRow, columns, rows, on_conflict="skip")
    return keys | keys_of(cx, missing), made


def find_customer(cx: Connection, customer: str) -> Customer | None:
    """Look a customer up by the company's own identifier."""
    known = _known(cx, [customer])
    found = read_customers(cx, [each.id for each in known.values()])
    return found[0] if found else None


def find_by_address(cx: Connection, channel: Channel, address: str) -> list[Customer]:
    """Look up who has an e-mail address or a phone number; several may share one."""
    column = ADDRESS_OF.get(channel)
    if column is None:
        return []
    statement = text(f"SELECT id FROM customer WHERE {column} = :address ORDER BY id")
    found = cx.execute(statement, {"address": normal_address(channel, address)})
    return read_customers(cx, list(found.scalars()))


def read_customers(cx: Connection, ids: Sequence[int]) -> list[Customer]:
    """Read customers by their keys, in the order of the keys."""
    statement = text(
        f"SELECT id, external_id, created_at, erased_at, attributes, {', '.join(COLUMNS)}"
        f" FROM customer WHERE id {in_ids(cx)} ORDER BY id"
    ).bindparams(id_list(cx, ids))
    return [
        Customer(
            id=key,
            customer=customer,
            created_at=from_micros(created),
            attributes=_together(attributes, dict(zip(COLUMNS, columns, strict=True))),
            erased=erased is not None,
        )
        for key, customer, created, erased, attributes, *columns in cx.execute(statement)
    ]


def _together(attributes: Any, columns: Mapping[str, str | None]) -> dict[str, Value]:  # noqa: ANN401
    kept: dict[str, Value] = from_json(attributes)
    return kept | {name: value for name, value in columns.items() if value is not None}


def _known(cx: Connection, customers: Sequence[str], *, lock: bool = False) -> dict[str, _Known]:
    """Find the customers meant; locked in one order, so that no two writers wait for each other."""
    is_shared = dialect_of(cx) is Dialect.POSTGRESQL
    statement = text(
        "SELECT named.external_id, meant.id, meant.external_id FROM customer named"
        " JOIN customer meant ON meant.id = coalesce(named.merged_into, named.id)"
        f" WHERE named.external_id {in_ids(cx, 'names')}"
        + (" ORDER BY meant.id FOR NO KEY UPDATE OF meant" if lock and is_shared else "")
    )
    found: dict[str, _Known] = {}
    for start in range(0, len(customers), _CHUNK):
        names = text_list(cx, "names", customers[start : start + _CHUNK])
        for name, key, customer in cx.execute(statement.bindparams(names)):
            found[name] = _Known(key, customer)
    return found


# ── Other names ──────────────────────────────────────────────────────────────────────────────


def add_names(cx: Connection, names: Iterable[tuple[str, str, int]], now: datetime) -> int:
    """Keep other names of customers: (kind, value, key of the customer); give how many are new.

    A name that somebody has already stays theirs.
    """
    moment = to_micros(now)
    rows = [(kind, value, key, moment) for kind, value, key in names]
    columns = ("kind", "value", "customer_id", "since")
    return insert_rows(cx, IdentityRow, columns, rows, on_conflict="skip")
