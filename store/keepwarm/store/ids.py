"""Parameters that the two databases take differently: many keys at once, and JSON."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import BigInteger, Connection, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import BindParameter

from keepwarm.store.database import Dialect, dialect_of


def in_ids(cx: Connection, name: str = "ids") -> str:
    """Give the SQL that follows a column: whether it is one of the keys bound under the name."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            return f"IN (SELECT value FROM json_each(:{name}))"
        case Dialect.POSTGRESQL:
            return f"= ANY(:{name})"


def from_ids(cx: Connection, name: str = "ids") -> str:
    """Give the SQL that takes each of the keys bound under the name as a row: its `value`."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            return f"FROM json_each(:{name})"
        case Dialect.POSTGRESQL:
            return f"FROM unnest(:{name}) AS each (value)"


def id_list(cx: Connection, ids: Sequence[int], name: str = "ids") -> BindParameter[object]:
    """Give the parameter that `in_ids` and `from_ids` ask for."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            return bindparam(name, orjson.dumps(list(ids)).decode())
        case Dialect.POSTGRESQL:
            return bindparam(name, list(ids), type_=ARRAY(BigInteger))


def json_parameter(cx: Connection, name: str) -> str:
    """Give the SQL of a parameter that holds a JSON text, where no column tells its type."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            return f":{name}"
        case Dialect.POSTGRESQL:
            return f"CAST(:{name} AS JSONB)"
