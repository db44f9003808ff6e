"""Who is meant: one customer by whatever name a source knows them.

A source may name a customer by the company's own identifier, by a name of its own (an anonymous
id, `cus_123` of Stripe), by an e-mail address or by a phone number. The company's identifier
decides; else a name that is known; else an address that exactly one customer has. Whoever is still
nobody becomes a customer of their own, named after the source, until something tells who it is:
then the two become one (law 26). Nobody else is ever merged without being asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import Connection, text

from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.addresses import address_hash, normal_address
from keepwarm.store.bulk import text_list
from keepwarm.store.customers import add_names, keys_made, put_customers
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.merging import merge

#: A name that a source has for a customer: its kind (`anonymous`, `stripe`) and itself.
Name: TypeAlias = tuple[str, str]

_BY: Final = "keepwarm"
#: Enough of a hash that no two addresses share it.
_HASH_SIGNS: Final = 24


@dataclass(frozen=True, slots=True)
class Who:
    """What a source says of who is meant; at least one of it is known."""

    #: The identifier in the company's own books.
    customer: str | None = None
    names: tuple[Name, ...] = ()
    email: str | None = None
    phone: str | None = None


def people_meant(
    cx: Connection, whos: Sequence[Who], pepper: bytes, now: datetime
) -> Sequence[str]:
    """Give the identifiers of the customers who are meant, in the same order.

    New names are kept, and a customer who was only known by such a name becomes the one meant.
    """
    if all(who.customer and not who.names for who in whos):
        return [who.customer or "" for who in whos]  # by far the most, and nothing to look up
    book = _Book(_customers_named(cx, whos), pepper)
    book.by_address = _customers_at(cx, [who for who in whos if not book.is_settled(who)])
    meant = [book.meant(who) for who in whos]
    _write(cx, book, now)
    return meant


def customer_known_as(cx: Connection, name: str) -> str | None:
    """Give the customer of an identifier, or of an anonymous id; None where it is nobody's."""
    found = cx.execute(
        text(
            "SELECT external_id FROM customer WHERE external_id = :name UNION ALL"
            " SELECT c.external_id FROM identity i JOIN customer c ON c.id = i.customer_id"
            " WHERE i.kind = 'anonymous' AND i.value = :name LIMIT 1"
        ),
        {"name": name},
    )
    known: str | None = found.scalar()
    return known


@dataclass(slots=True)
class _Book:
    """Who is known by which name, with what this batch adds."""

    by_name: dict[Name, str]
    pepper: bytes
    #: The customers who have an address.
    by_address: Mapping[tuple[Channel, str], tuple[str, ...]] = field(default_factory=dict)
    #: Names that are new: whose they are.
    added: dict[Name, str] = field(default_factory=dict)
    #: Customers whom only this batch makes: the addresses they begin with.
    made: dict[str, dict[str, str]] = field(default_factory=dict)
    #: (who is left, who was only known by a name of a source's)
    merged: list[tuple[str, str]] = field(default_factory=list)

    def is_settled(self, who: Who) -> bool:
        """Tell whether addresses need not be looked up."""
        if who.customer:
            return True
        known = next((self.by_name[name] for name in who.names if name in self.by_name), None)
        return known is not None and not _is_provisional(known, who.names)

    def meant(self, who: Who) -> str:
        """Give who is meant, and note what that says of the names."""
        known = next((self.by_name[name] for name in who.names if name in self.by_name), None)
        meant = who.customer or (None if known and self.is_settled(who) else self._at_address(who))
        if meant is None:
            meant = known or self._new(who)
        for name in who.names:
            self._link(name, meant)
        return meant

    def _link(self, name: Name, meant: str) -> None:
        """Note a name; a name that somebody else has stays theirs."""
        owner = self.by_name.get(name)
        if owner is None:
            self.by_name[name] = self.added[name] = meant
        elif owner != meant and _is_provisional(owner, [name]):
            self.merged.append((meant, owner))
            self.by_name |= {each: meant for each, its in self.by_name.items() if its == owner}
            self.added |= {each: meant for each, its in self.added.items() if its == owner}

    def _at_address(self, who: Who) -> str | None:
        """Give the one customer who has the e-mail address, or else the phone number."""
        for address in _addresses(who):
            found = [
                each
                for each in self.by_address.get(address, ())
                if not _is_provisional(each, who.names)
            ]
            if len(found) == 1:
                return found[0]
        return None

    def _new(self, who: Who) -> str:
        addresses = _addresses(who)
        if who.names:
            kind, value = who.names[0]
            meant = f"{kind}:{value}"
        else:
            # Identifiers are seen in logs and in Prefect, addresses never are.
            channel, address = addresses[0]
            meant = f"{channel}:{address_hash(self.pepper, channel, address)[:_HASH_SIGNS]}"
        self.made[meant] = {ADDRESS_OF[channel]: address for channel, address in addresses}
        return meant


def _is_provisional(customer: str, names: Iterable[Name]) -> bool:
    """Tell whether a customer is known by nothing but one of these names."""
    return any(customer == f"{kind}:{value}" for kind, value in names)


def _addresses(who: Who) -> list[tuple[Channel, str]]:
    told = ((Channel.EMAIL, who.email), (Channel.SMS, who.phone))
    return [(channel, normal_address(channel, each)) for channel, each in told if each]


def _customers_named(cx: Connection, whos: Sequence[Who]) -> dict[Name, str]:
    values: dict[str, set[str]] = {}
    for who in whos:
        for kind, value in who.names:
            values.setdefault(kind, set()).add(value)
    found: dict[Name, str] = {}
    for kind, wanted in values.items():
        statement = text(
            "SELECT i.value, c.external_id FROM identity i JOIN customer c ON c.id = i.customer_id"
            f" WHERE i.kind = :kind AND i.value {in_ids(cx, 'names')}"
        ).bindparams(text_list(cx, "names", sorted(wanted)))
        found |= {(kind, value): who for value, who in cx.execute(statement, {"kind": kind})}
    return found


def _customers_at(
    cx: Connection, whos: Sequence[Who]
) -> dict[tuple[Channel, str], tuple[str, ...]]:
    wanted = {address for who in whos for address in _addresses(who)}
    found: dict[tuple[Channel, str], tuple[str, ...]] = {}
    for channel, column in ADDRESS_OF.items():
        addresses = sorted(address for of, address in wanted if of is channel)
        if not addresses:
            continue
        statement = text(
            f"SELECT {column}, external_id FROM customer WHERE {column} {in_ids(cx, 'names')}"
        ).bindparams(text_list(cx, "names", addresses))
        for address, customer in cx.execute(statement):
            key = (channel, address)
            found[key] = (*found.get(key, ()), customer)
    return found


def _write(cx: Connection, book: _Book, now: datetime) -> None:
    people = {*book.added.values(), *book.made, *(each for pair in book.merged for each in pair)}
    if not people:
        return
    keys, _ = keys_made(cx, people, now)
    put_customers(cx, [(name, told) for name, told in book.made.items() if told], now)
    add_names(cx, [(*name, keys[meant]) for name, meant in sorted(book.added.items())], now)
    for keep, gone in book.merged:
        merge(cx, keep, gone, _BY, now)


def names_of(cx: Connection, customer_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Give what other systems call customers: by the key of the customer, kind -> name."""
    found = cx.execute(
        text(
            "SELECT customer_id, kind, value FROM identity"
            f" WHERE customer_id {in_ids(cx)} ORDER BY kind, value"
        ).bindparams(id_list(cx, sorted(customer_ids)))
    )
    names: dict[int, dict[str, str]] = {}
    for customer, kind, value in found:
        names.setdefault(customer, {})[kind] = value
    return names
