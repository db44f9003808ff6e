"""Which column of a file means what: by our names, by common ones, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from keepwarm.schema.suggestions import listed
from keepwarm.store.reading_rows import FileRefused

#: What other tools call what we call so. Where a file has both, ours is meant.
COMMON_CUSTOMER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "external_id": "customer",
        "customer_id": "customer",
        "user_id": "customer",
        "id": "customer",
        "e_mail": "email",
        "email_address": "email",
        "mobile": "phone",
        "phone_number": "phone",
        "time_zone": "timezone",
        "tz": "timezone",
        "locale": "language",
        "lang": "language",
    }
)
COMMON_EVENT_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "customer_id": "customer",
        "external_id": "customer",
        "user_id": "customer",
        "event": "name",
        "event_name": "name",
        "time": "at",
        "timestamp": "at",
        "occurred_at": "at",
        "date": "at",
        "event_id": "id",
        "message_id": "id",
    }
)


def meaning(
    columns: Sequence[str],
    said: Mapping[str, str],
    common: Mapping[str, str],
    declared: Container[str],
) -> Mapping[str, str]:
    """Give which column means each of our names; those that mean nothing to us are in it too.

    `said` is what the user says: column -> our name, or nothing to leave it out. `declared` are
    the catalog's names, which mean themselves. Raises FileRefused when two columns would mean the
    same.
    """
    by_name: dict[str, str] = {}
    rest: dict[str, str] = {}
    for column in columns:
        if column in said:
            if said[column]:
                _mean(by_name, said[column], column)
        elif column:
            rest[column] = column if column in declared else _plain(column)
    for column, plain in rest.items():
        if plain not in common or column in declared:
            _mean(by_name, plain, column)
    for other, name in common.items():
        for column, plain in rest.items():
            if plain == other and column not in declared:
                # Where ours, or a more telling one, is there, it is what it is called.
                _mean(by_name, other if name in by_name else name, column)
    return MappingProxyType(by_name)


def refuse_unknown(columns: Sequence[str], said: Mapping[str, str]) -> None:
    """Raise FileRefused when the user says what a column means that the file does not have."""
    missing = sorted(set(said) - set(columns))
    if missing:
        raise FileRefused(
            f"There is no column {listed(missing, 'and')}; the file has {listed(columns, 'and')}."
        )


def _mean(by_name: dict[str, str], name: str, column: str) -> None:
    if name in by_name:
        raise FileRefused(
            f'The columns "{by_name[name]}" and "{column}" both mean {name}; leave one out, or say'
            " what it means."
        )
    by_name[name] = column


def _plain(column: str) -> str:
    """Give "E-mail address" as `e_mail_address`: catalogs have such names."""
    return re.sub(r"[^a-z0-9]+", "_", column.strip().lower()).strip("_") or column
