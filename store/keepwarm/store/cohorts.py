"""Cohorts that sources keep: a tag on each of their members.

A source tells who entered and who left, or sends all members anew, page after page of one session.
When the last page of a session is there, whoever it did not name is a member no more. Pages that
come late or twice put themselves right: a page always makes members of those whom it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.store.customers import keys_made, put_customers, read_customers
from keepwarm.store.ids import id_list, in_ids


@dataclass(frozen=True, slots=True)
class CohortPage:
    """What one page says of one cohort."""

    source: str
    #: The source's own name for the cohort, which stays when it is called otherwise.
    cohort: str
    #: The attribute, which is tags, and the tag that members have in it.
    attribute: str
    tag: str
    #: Whether those named are members, or are no more.
    are_members: bool
    #: The session in which all members are sent; None where only changes are.
    session: str | None
    #: Whether no page of the session follows.
    is_last: bool


def put_page(
    cx: Connection, page: CohortPage, people: Sequence[str], now: datetime
) -> frozenset[str]:
    """Tag those who are members from now on, untag those who are not; give whoever changed."""
    keys, _ = keys_made(cx, people, now)
    named = sorted(set(keys.values()))
    if not page.are_members:
        _forget(cx, page, named)
        return _retag(cx, page, (), named, now)
    _remember(cx, page, named)
    left = _not_named(cx, page) if page.session is not None and page.is_last else []
    _forget(cx, page, left)
    return _retag(cx, page, named, left, now)


def _remember(cx: Connection, page: CohortPage, ids: Sequence[int]) -> None:
    if not ids:
        return
    rows = [
        {"source": page.source, "cohort": page.cohort, "id": key, "session": page.session or ""}
        for key in ids
    ]
    # A change between two sessions belongs to neither: it must not take anybody out of the next.
    kept = "excluded.session" if page.session is not None else "cohort_member.session"
    cx.execute(
        text(
            "INSERT INTO cohort_member (source, cohort, customer_id, session)"
            " VALUES (:source, :cohort, :id, :session)"
            f" ON CONFLICT (source, cohort, customer_id) DO UPDATE SET session = {kept}"
        ),
        rows,
    )


def _not_named(cx: Connection, page: CohortPage) -> list[int]:
    statement = text(
        "SELECT customer_id FROM cohort_member"
        " WHERE source = :source AND cohort = :cohort AND session <> :session ORDER BY customer_id"
    )
    values = {"source": page.source, "cohort": page.cohort, "session": page.session}
    return list(cx.execute(statement, values).scalars())


def _forget(cx: Connection, page: CohortPage, ids: Sequence[int]) -> None:
    cx.execute(
        text(
            "DELETE FROM cohort_member WHERE source = :source AND cohort = :cohort"
            f" AND customer_id {in_ids(cx)}"
        ).bindparams(id_list(cx, ids)),
        {"source": page.source, "cohort": page.cohort},
    )


def _retag(
    cx: Connection, page: CohortPage, tagged: Sequence[int], untagged: Sequence[int], now: datetime
) -> frozenset[str]:
    told: dict[str, list[str]] = {}
    gone = frozenset(untagged)
    for customer in read_customers(cx, sorted({*tagged, *untagged})):
        had = customer.attributes.get(page.attribute)
        tags = had if isinstance(had, list) else []
        has = [tag for tag in tags if tag != page.tag]
        if customer.id not in gone:
            has.append(page.tag)
        if sorted(has) != sorted(tags) and not customer.erased:
            told[customer.customer] = has
    put_customers(cx, [(name, {page.attribute: tags}) for name, tags in told.items()], now)
    return frozenset(told)
