"""Customers who may be one person: the same address, or one that is the same but for a tag.

Nobody is merged by this: somebody looks, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.bulk import text_list
from keepwarm.store.customers import Customer, read_customers
from keepwarm.store.ids import in_ids


class Likeness(StrEnum):
    """Why customers may be one person, the surest first."""

    SAME_EMAIL = "same e-mail address"
    SAME_PHONE = "same phone number"
    #: `ann+shop@example.com` reaches whoever reads `ann@example.com`.
    SAME_MAILBOX = "same e-mail address but for what stands behind a +"


@dataclass(frozen=True, slots=True)
class Alike:
    """Customers who may be one person, who was known first, first."""

    likeness: Likeness
    customers: tuple[Customer, ...]


#: A number that more people share is that of a company, a school or a shop.
MOST_ALIKE: Final = 10


def find_duplicates(cx: Connection, limit: int = 200) -> list[Alike]:
    """Give customers who may be one person, the surest first; each group once."""
    found: dict[frozenset[int], Likeness] = {}
    for likeness, ids in _groups(cx, limit):
        if 1 < len(ids) <= MOST_ALIKE:
            found.setdefault(frozenset(ids), likeness)
        if len(found) >= limit:
            break
    keys = sorted({key for ids in found for key in ids})
    known = {each.id: each for each in read_customers(cx, keys)}
    return [
        Alike(likeness, tuple(known[key] for key in sorted(ids))) for ids, likeness in found.items()
    ]


def _groups(cx: Connection, limit: int) -> Iterator[tuple[Likeness, list[int]]]:
    for likeness, column in ((Likeness.SAME_EMAIL, "email"), (Likeness.SAME_PHONE, "phone")):
        shared = text(
            f"SELECT {column} FROM customer WHERE {column} IS NOT NULL GROUP BY {column}"
            f" HAVING count(*) BETWEEN 2 AND {MOST_ALIKE} ORDER BY {column} LIMIT :limit"
        )
        for address in list(cx.execute(shared, {"limit": limit}).scalars()):
            yield likeness, _who_has(cx, column, [address])
    yield from _same_mailbox(cx, limit)


def _same_mailbox(cx: Connection, limit: int) -> Iterator[tuple[Likeness, list[int]]]:
    tagged = text("SELECT email FROM customer WHERE email LIKE '%+%@%' ORDER BY email LIMIT :limit")
    by_mailbox: dict[str, list[str]] = {}
    for email in cx.execute(tagged, {"limit": 100 * limit}).scalars():
        by_mailbox.setdefault(mailbox(email), []).append(email)
    for plain, emails in by_mailbox.items():
        yield Likeness.SAME_MAILBOX, _who_has(cx, "email", [plain, *emails])


def mailbox(email: str) -> str:
    """Give the address without the tag that its owner put behind a `+`."""
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _who_has(cx: Connection, column: str, addresses: list[str]) -> list[int]:
    statement = text(f"SELECT id FROM customer WHERE {column} {in_ids(cx, 'names')} ORDER BY id")
    bound = statement.bindparams(text_list(cx, "names", sorted(set(addresses))))
    return list(cx.execute(bound).scalars())
