"""The rights of those whose data is kept: to see it all, and to be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from keepwarm.app.profiles.profile import places_of
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.catalog import Catalog
from keepwarm.store.audit import note
from keepwarm.store.connection import Connection
from keepwarm.store.customers import find_customer
from keepwarm.store.database import Database
from keepwarm.store.erasing import Erased, erase
from keepwarm.store.exporting import everything_about


class CustomerUnknownRefused(Exception):
    """There is no customer of this identifier, or no longer; says what to give."""


def export_customer(
    database: Database, customer: str, by: str, pepper: bytes, now: datetime
) -> Mapping[str, Any]:
    """Give all that is kept about a customer: table -> rows. The audit keeps who asked for it.

    `provenance` says besides which time zone and language count, and from where they are known.

    Raises:
        CustomerUnknownRefused: nobody of that identifier is known.
    """
    with database.writing() as cx:
        found = find_customer(cx, customer)
        if found is None:
            raise _unknown(customer)
        note(cx, by, "exported a customer's data", {"customer_id": found.id}, now)
        told = places_of(cx, Shelf(), found)
        places = [{"name": t.name, "value": t.value, "known": t.provenance} for t in told]
        return {**everything_about(cx, found, pepper), "provenance": places}


def erase_customer(
    database: Database,
    customer: str,
    by: str,
    pepper: bytes,
    now: datetime,
    providers: Collection[str] = (),
) -> Erased:
    """Forget a customer for good, in the database's file too, and have providers asked to.

    Raises:
        CustomerUnknownRefused: nobody of that identifier is known; nothing was changed.
    """
    with database.writing() as cx:
        catalog = _newest_catalog(cx)
        erased = erase(cx, customer, by, pepper, catalog, now, providers=providers)
    if erased is None:
        raise _unknown(customer)
    database.sweep()
    return erased


def _newest_catalog(cx: Connection) -> Catalog:
    """Give the catalog of the newest version that is live; an empty one keeps no property."""
    live = Shelf().live(cx).values()
    newest = max((each.released for each in live), key=lambda each: each.version_id, default=None)
    return Catalog() if newest is None else newest.catalog


def _unknown(customer: str) -> CustomerUnknownRefused:
    return CustomerUnknownRefused(
        f'There is no customer "{customer}", or no longer. Give your own identifier, as in'
        " customer_id of an import or userId of an event."
    )
