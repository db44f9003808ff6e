"""Makes two files out of the real purchases: customers, and what they bought, up to yesterday.

The purchases are real (see README.md beside this); names, addresses, zones and consents are made
up from the customer's number, always the same. Only what the catalog knows is written.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final

from keepwarm.schema.catalog import Attribute, Catalog

#: Zone, area code, and how many of a hundred customers live there.
_HOMES: Final = (
    ("America/New_York", 34),
    ("America/Chicago", 20),
    ("America/Los_Angeles", 18),
    ("America/Denver", 7),
    ("Pacific/Honolulu", 3),
    ("Europe/London", 6),
    ("Europe/Amsterdam", 4),
    ("Asia/Kolkata", 3),
    ("Asia/Tokyo", 3),
    ("Australia/Sydney", 2),
)
#: Of each, 555-0100 to 555-0199 are kept for fiction: enough for 3,000 customers.
_AREA_CODES: Final = (
    "201", "202", "203", "205", "206", "207", "208", "209", "212", "213", "214", "215", "216",
    "217", "218", "219", "224", "225", "228", "229", "231", "234", "239", "240", "248", "251",
    "252", "253", "254", "256",
)  # fmt: skip
_FIRST_NAMES: Final = (
    "Ada", "Ben", "Carla", "Dev", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Kira",
    "Liam", "Mira", "Noah", "Olga", "Priya", "Quinn", "Rosa", "Sam", "Tara", "Umar", "Vera",
    "Wim", "Ximena", "Yara", "Zoe", "Anna", "Bruno", "Chloe", "Diego",
)  # fmt: skip
_LAST_NAMES: Final = (
    "Adler", "Brown", "Castillo", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Ito",
    "Jansen", "Khan", "Lopez", "Meyer", "Novak", "Okafor", "Park", "Quist", "Rossi", "Singh",
    "Taylor", "Ueda", "Visser", "Weber", "Xu", "Young", "Zeman",
)  # fmt: skip
#: Of a hundred customers, how many agreed to marketing by each channel.
_AGREED: Final = {"email_consent": 86, "sms_consent": 55, "push_consent": 60}

#: Events that a purchase may be called, if the catalog computes no score from one.
_PURCHASE_EVENTS: Final = ("ordered", "order_placed", "purchased", "bought")
_AMOUNTS: Final = ("amount", "total", "value", "dollars", "price")
_COUNTS: Final = ("cds", "items", "quantity", "count")
_SIGNED_UP: Final = ("signed_up_at", "first_ordered_on", "customer_since")


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase, on its day as moved."""

    customer: str
    day: date
    cds: int
    dollars: str


@dataclass(frozen=True, slots=True)
class Said:
    """How the catalog calls what happened."""

    event: str
    amount: str | None
    count: str | None


def purchases(now: datetime) -> tuple[list[Purchase], int]:
    """Give every purchase, moved in time so that the last was yesterday; and by how many days."""
    written = (files("keepwarm.app.example") / "cdnow_sample.csv").read_text(encoding="ascii")
    rows = [
        (row["customer_id"], date.fromisoformat(row["ordered_on"]), int(row["cds"]), row["dollars"])
        for row in csv.DictReader(written.splitlines())
    ]
    moved = (now.date() - timedelta(days=1)) - max(day for _, day, _, _ in rows)
    return [Purchase(who, day + moved, cds, paid) for who, day, cds, paid in rows], moved.days


def how_said(catalog: Catalog) -> Said | None:
    """Give how the catalog calls a purchase; None when it knows of none."""
    score = next((each for each in catalog.scores.values() if each.amount), None)
    named = (score.event if score else None, *_PURCHASE_EVENTS)
    event = next((name for name in named if name in catalog.events), None)
    if event is None:
        return None
    properties = catalog.events[event].properties
    amount = (score.amount if score and score.event == event else None, *_AMOUNTS)
    return Said(event, _among(properties, amount), _among(properties, _COUNTS))


def _among(known: Mapping[str, object], names: tuple[str | None, ...]) -> str | None:
    return next((name for name in names if name in known), None)


# ── The files ────────────────────────────────────────────────────────────────────────────────


def write_customers(path: Path, bought: list[Purchase], catalog: Catalog) -> None:
    """Write a row for every customer, with a person made up around the number."""
    first: dict[str, date] = {}
    for each in bought:
        first[each.customer] = min(each.day, first.get(each.customer, each.day))
    people = [person(place, *known) for place, known in enumerate(sorted(first.items()))]
    columns = ("customer_id", *(name for name in people[0] if name in catalog.attributes))
    _write(path, columns, ({**each, "customer_id": each["number"]} for each in people))


def write_purchases(path: Path, bought: list[Purchase], said: Said) -> None:
    """Write a row for every purchase."""
    columns = ("customer_id", "at", *(name for name in (said.amount, said.count) if name))
    _write(
        path,
        columns,
        (
            {
                "customer_id": each.customer,
                "at": f"{each.day.isoformat()}T{_hour(each):02}:00:00Z",
                said.amount or "": each.dollars,
                said.count or "": str(each.cds),
            }
            for each in bought
        ),
    )


def _hour(bought: Purchase) -> int:
    """Give an hour for a purchase, of which the day alone is known."""
    return 9 + _drawn(bought.customer, f"hour of {bought.day}", 12)


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[Mapping[str, str]]) -> None:
    """Write a file whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


# ── People ───────────────────────────────────────────────────────────────────────────────────


def person(place: int, number: str, since: date) -> dict[str, str]:
    """Make a person up around a customer's number; nobody else in this place has their phone."""
    area, line = divmod(place, 100)
    first = _FIRST_NAMES[_drawn(number, "first name", len(_FIRST_NAMES))]
    last = _LAST_NAMES[_drawn(number, "last name", len(_LAST_NAMES))]
    consents = {
        name: "yes" if _drawn(number, name, 100) < share else "no"
        for name, share in _AGREED.items()
    }
    return {
        "number": number,
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "phone": f"+1{_AREA_CODES[area]}55501{line:02}",
        "first_name": first,
        "last_name": last,
        "timezone": _home(number),
        **{name: since.isoformat() for name in _SIGNED_UP},
        **consents,
    }


def _home(number: str) -> str:
    place = _drawn(number, "home", sum(share for _, share in _HOMES))
    for zone, share in _HOMES:
        if place < share:
            return zone
        place -= share
    raise AssertionError("the shares add up to all places")


def _drawn(number: str, what: str, ways: int) -> int:
    digest = hashlib.blake2b(f"{what} of {number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % ways


def example_value(declared: Attribute) -> str | int:
    """Give a value that a property of an event might have."""
    from keepwarm.schema.conditions import FactKind

    match declared.kind:
        case FactKind.NUMBER:
            return 42
        case FactKind.CHOICE:
            return declared.choices[0]
        case _:
            return f"{declared.name[:3].upper()}-1001"
