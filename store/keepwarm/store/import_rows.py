"""One row of a file, made to fit the catalog: what it tells, or its faults.

Nothing here touches the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from keepwarm.engine.facts import Value
from keepwarm.schema.catalog import BUILT_IN_ATTRIBUTES, BUILT_IN_EVENTS, Catalog
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.store.bulk import json_text
from keepwarm.store.countries import COUNTRY
from keepwarm.store.customers import CONSENTS
from keepwarm.store.events import EventValues
from keepwarm.store.fitting import Fit, Misfit, country_told, fit_for, fit_moment
from keepwarm.store.import_columns import COMMON_CUSTOMER_NAMES, COMMON_EVENT_NAMES, meaning
from keepwarm.store.moments import from_micros, to_micros

#: Why a row is refused: every fault, each a sentence.
Faults = list[str]

#: The source under which imported events are known.
SOURCE: Final = "import"
_LONGEST_IDENTIFIER: Final = 200
_NO_IDENTIFIER: Final = "is too long for an identifier, or has signs that cannot be seen"
#: How many names of ignored columns are kept for the report; JSON rows may bring any number.
_MOST_IGNORED: Final = 100
#: How many rows back equal rows are told apart.
_WINDOW: Final = 100_000


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """What a row tells of consent to a channel as a whole."""

    channel: str
    allowed: bool
    #: When it was given; None where the row does not say.
    at: datetime | None
    wording: str


@dataclass(frozen=True, slots=True)
class CustomerTold:
    """What a row tells of a customer."""

    customer: str
    values: Mapping[str, Value | None]
    consents: tuple[ConsentTold, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the columns of a row mean."""

    #: Our name -> the row's column.
    columns: Mapping[str, str]
    #: Event name -> (property, column, what makes it fit) of each column that may hold one.
    properties: dict[str, Sequence[tuple[str, str, Fit | None]]] = field(default_factory=dict)


@dataclass(slots=True)
class Meanings:
    """What columns mean, found out once for rows of the same columns."""

    said: Mapping[str, str]
    common: Mapping[str, str]
    declared: frozenset[str]
    _known: dict[tuple[str, ...], Meaning] = field(default_factory=dict)

    def of(self, row: Iterable[str]) -> Meaning:
        """Raises FileRefused when two columns would mean the same."""
        columns = tuple(row)
        found = self._known.get(columns)
        if found is None:
            if len(self._known) > _MOST_IGNORED:
                self._known.clear()
            found = Meaning(meaning(columns, self.said, self.common, self.declared))
            self._known[columns] = found
        return found


# ── Customers ────────────────────────────────────────────────────────────────────────────────


class CustomerReader:
    """Reads rows of customers."""

    def __init__(self, catalog: Catalog, said: Mapping[str, str]) -> None:
        self._zone = ZoneInfo(catalog.timezone)
        attributes = {**BUILT_IN_ATTRIBUTES, **catalog.attributes}
        self._phone = attributes["phone"]
        self._fits = {
            name: fit_for(each, self._zone, catalog.country) for name, each in attributes.items()
        }
        self._knows_countries = COUNTRY in attributes
        #: The countries that are known of customers whose rows tell none.
        self.countries: dict[str, str] = {}
        self.meanings = Meanings(said, COMMON_CUSTOMER_NAMES, frozenset(attributes))
        self.ignored: dict[str, None] = {}

    def without_country(self, row: Mapping[str, object]) -> str | None:
        """Give the customer of whom a row tells a phone number and nothing of their country."""
        if not self._knows_countries:
            return None
        columns = self.meanings.of(row).columns
        phone, country = columns.get("phone"), columns.get(COUNTRY)
        if phone is None or not row[phone] or str(row[phone]).startswith("+"):
            return None
        if country is not None and country_told(row[country]) is not None:
            return None
        return _identifier(row, columns, Faults()) or None

    def read(self, row: Mapping[str, object]) -> CustomerTold | Faults:
        """Give what the row tells, or its faults."""
        columns, faults = self.meanings.of(row).columns, Faults()
        customer = _identifier(row, columns, faults)
        told = {name: row[column] for name, column in columns.items() if name != "customer"}
        told |= _nested(told.pop("attributes", None), "attributes", faults)
        values: dict[str, Value | None] = {}
        for name, raw in told.items():
            fit = self._fits.get(name)
            if name == "phone" and (country := self._country(customer, told)):
                fit = fit_for(self._phone, self._zone, country)
            if fit is None:
                self._ignore(name)
            elif raw is None:
                values[name] = None
            else:
                value = fit(raw)
                if isinstance(value, Misfit):
                    faults.append(f"{name} {value.reason}")
                elif value is not None:
                    values[name] = value
        consents = self._consents(values, told, faults)
        return faults or CustomerTold(customer, values, consents)

    def _country(self, customer: str, told: Mapping[str, object]) -> str | None:
        """Give the country that the row tells, and the rows after it mean; else the known one."""
        country = country_told(told.get(COUNTRY))
        if country is not None and self._knows_countries:
            self.countries[customer] = country
        return country or self.countries.get(customer)

    def _consents(
        self, values: dict[str, Value | None], told: Mapping[str, object], faults: Faults
    ) -> tuple[ConsentTold, ...]:
        """Take the consents out of the values, with their proofs."""
        consents: list[ConsentTold] = []
        for name, channel in CONSENTS.items():
            allowed = values.pop(name, None)
            if not isinstance(allowed, bool):
                continue
            at: datetime | None = None
            if said := told.get(f"{name}_at"):
                moment = fit_moment(said, self._zone)
                if isinstance(moment, Misfit):
                    faults.append(f"{name}_at {moment.reason}")
                else:
                    at = from_micros(moment)
            wording = str(told.get(f"{name}_wording") or "")
            consents.append(ConsentTold(channel.value, allowed, at, wording))
        return tuple(consents)

    def _ignore(self, name: str) -> None:
        proof = name.removesuffix("_at").removesuffix("_wording")
        if proof not in CONSENTS and len(self.ignored) < _MOST_IGNORED:
            self.ignored[name] = None


# ── Events ───────────────────────────────────────────────────────────────────────────────────


class EventReader:
    """Reads rows of events, of one name or of many."""

    def __init__(
        self, catalog: Catalog, said: Mapping[str, str], event: str | None, now: datetime
    ) -> None:
        self._zone = ZoneInfo(catalog.timezone)
        self._event = event
        self._arrival = to_micros(now)
        self._fits: dict[str, Mapping[str, Fit]] = {
            name: {
                each: fit_for(prop, self._zone, catalog.country)
                for each, prop in kind.properties.items()
            }
            for name, kind in {**BUILT_IN_EVENTS, **catalog.events}.items()
        }
        declared = frozenset(each for fits in self._fits.values() for each in fits)
        # A property may be called `date` or `time`; the event's own time is then called `at`.
        self.meanings = Meanings(said, COMMON_EVENT_NAMES, declared)
        self.countries: dict[str, str] = {}
        self._occurrences = _Occurrences()
        self.ignored: dict[str, None] = {}

    def read(self, row: Mapping[str, object]) -> EventValues | Faults:
        """Give the event that the row tells, or its faults."""
        means = self.meanings.of(row)
        columns, faults = means.columns, Faults()
        customer = _identifier(row, columns, faults)
        name = self._name(row, columns, faults)
        at = self._at(row, columns, faults)
        properties = self._properties(row, means, name, faults)
        if faults:
            return faults
        said = orjson.dumps(properties, option=orjson.OPT_SORT_KEYS)
        text = json_text(properties) if b"\\u0000" in said else said.decode()
        own = columns.get("id")
        told = str(row[own] or "") if own else ""
        if not told:
            source_id = self._occurrences.name_of(customer, name, at, said)
        elif _is_identifier(told):
            source_id = f"{name}:{told}"
        else:
            return [f"{own} {_NO_IDENTIFIER}"]
        return (customer, name, at, self._arrival, SOURCE, source_id, text)

    def without_country(self, _row: Mapping[str, object]) -> None:
        """Give nobody: what comes with an event is read by the project's country."""

    def _name(self, row: Mapping[str, object], columns: Mapping[str, str], faults: Faults) -> str:
        column = columns.get("name")
        name = self._event or (str(row[column] or "").strip() if column else "")
        if not name:
            faults.append("has no event's name; add a column event, or say which event all are")
        elif name not in self._fits:
            near = closest(name, self._fits)
            meant = f'; did you mean "{near}"?' if near else ""
            faults.append(f"the catalog has no event {quoted(name)}{meant}")
        return name

    def _at(self, row: Mapping[str, object], columns: Mapping[str, str], faults: Faults) -> int:
        column = columns.get("at")
        said = row[column] if column else None
        if said is None or said == "":
            mend = f"its {column} is empty" if column in row else "add a column at"
            faults.append(f"has no time; {mend}")
            return 0
        moment = fit_moment(said, self._zone)
        if isinstance(moment, Misfit):
            faults.append(f"{column} {moment.reason}")
            return 0
        return moment

    def _properties(
        self, row: Mapping[str, object], means: Meaning, name: str, faults: Faults
    ) -> dict[str, Value]:
        if name not in self._fits:
            return {}
        properties: dict[str, Value] = {}
        for each, column, fit in self._holders(means, name):
            raw = row[column]
            if raw is None or raw == "":
                continue
            if fit is None:
                self._without_column(properties, each, raw, name, faults)
                continue
            value = fit(raw)
            if isinstance(value, Misfit):
                faults.append(f"{each} {value.reason}")
            elif value is not None:
                properties[each] = value
        return properties

    def _without_column(
        self, properties: dict[str, Value], column: str, raw: object, name: str, faults: Faults
    ) -> None:
        """Take the properties that stand together in one column, or note that nobody knows it."""
        if column != "properties":
            self._ignore(column)
            return
        for each, said in _nested(raw, column, faults).items():
            fit = self._fits[name].get(each)
            value = fit(said) if fit else None
            if fit is None:
                self._ignore(each)
            elif isinstance(value, Misfit):
                faults.append(f"{each} {value.reason}")
            elif value is not None:
                properties[each] = value

    def _holders(self, means: Meaning, name: str) -> Sequence[tuple[str, str, Fit | None]]:
        """Give the columns that may hold properties of an event, with what makes them fit."""
        holders = means.properties.get(name)
        if holders is None:
            fits = self._fits[name]
            holders = means.properties[name] = tuple(
                (each, column, fits.get(each))
                for each, column in means.columns.items()
                if each not in _OF_EVERY_EVENT
            )
        return holders

    def _ignore(self, name: str) -> None:
        if len(self.ignored) < _MOST_IGNORED:
            self.ignored[name] = None


_OF_EVERY_EVENT: Final = frozenset({"customer", "name", "at", "id"})


class _Occurrences:
    """Names events that have no identifier of their own by what they say.

    So the same file again brings nothing new, and an edited one only what is new in it. Equal rows
    are counted, since somebody may buy the same twice a day; rows more than a hundred thousand
    apart are not compared, so that memory stays the same however long the file is.
    """

    def __init__(self) -> None:
        self._now: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def name_of(self, customer: str, name: str, at: int, properties: bytes) -> str:
        said = f"{customer}\n{name}\n{at}\n".encode() + properties
        digest = hashlib.blake2b(said, digest_size=8).hexdigest()
        # The second comes first, so that a file in the order of time fills its index in order.
        digest = f"{at // 1_000_000 & 0xFFFFFFFFF:09x}{digest}"
        count = (self._now.get(digest) or self._before.get(digest) or 0) + 1
        self._now[digest] = count
        if len(self._now) >= _WINDOW:
            self._before, self._now = self._now, {}
        return digest if count == 1 else f"{digest}.{count}"


# ── Both ─────────────────────────────────────────────────────────────────────────────────────


def _identifier(row: Mapping[str, object], columns: Mapping[str, str], faults: Faults) -> str:
    column = columns.get("customer")
    said = row[column] if column else None
    if isinstance(said, int | UUID) and not isinstance(said, bool):
        return str(said)
    if isinstance(said, str) and (text := said.strip()):
        if _is_identifier(text):
            return text
        faults.append(f"{column} {_NO_IDENTIFIER}")
    elif said is None or said == "":
        mend = f"its {column} is empty" if column in row else "add a column customer_id"
        faults.append(f"has no customer; {mend}")
    else:
        faults.append(f"{column} is {quoted(str(said))}, which is no identifier")
    return ""


def _is_identifier(text: str) -> bool:
    return len(text) <= _LONGEST_IDENTIFIER and text.isprintable()


def _nested(raw: object, name: str, faults: Faults) -> dict[str, Any]:
    """Give what stands together in one column, as an object or as its JSON text."""
    if raw is None or raw == "":
        return {}
    if isinstance(raw, str):
        try:
            raw = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raw = None
    if isinstance(raw, dict):
        return {str(each): value for each, value in raw.items()}
    faults.append(f"{name} is no JSON object")
    return {}
