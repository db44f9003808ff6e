"""Arrivals read by the catalog: what of them fits becomes profiles, events and merges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from keepwarm.engine.facts import Value
from keepwarm.engine.timing import zone_named
from keepwarm.flows.spellings import declared_name
from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.store.cohorts import CohortPage
from keepwarm.store.countries import COUNTRY
from keepwarm.store.customers import CONSENTS
from keepwarm.store.fitting import Misfit, country_told, fit_for, fit_moment
from keepwarm.store.identities import Who
from keepwarm.store.inbox import Waiting
from keepwarm.store.moments import from_micros

_PHONE: Final = "phone"


@dataclass(frozen=True, slots=True)
class LoosePhone:
    """A phone number that names no country: what is known of the customer says which."""

    raw: object
    arrival: int


@dataclass(frozen=True, slots=True)
class ToldProfile:
    """What was told of a customer, of its kinds."""

    who: Who
    attributes: Mapping[str, Value | None]
    #: Channel -> whether marketing is allowed on it.
    consents: Mapping[str, bool]
    source: str
    at: datetime
    #: Whether others of this source, of other moments, may come before and after it.
    is_in_order: bool = True
    #: The thing whose facts they are, where a customer may have several, and how it stands.
    thing: tuple[str, int] | None = None
    loose_phone: LoosePhone | None = None
    #: Whether it names a device that takes pushes.
    takes_pushes: bool = False


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """What a customer did, of its kinds."""

    who: Who
    name: str
    at: datetime
    properties: Mapping[str, Value]
    arrival: Waiting


@dataclass(frozen=True, slots=True)
class ToldAlias:
    """Two names of one customer."""

    who: Who
    previous: str
    arrival: Waiting


@dataclass(frozen=True, slots=True)
class ToldRequest:
    """That a customer asks for something: to be forgotten, or for all that is kept of them."""

    who: Who
    arrival: Waiting


@dataclass(frozen=True, slots=True)
class ToldCohort:
    """A page of a cohort."""

    page: CohortPage
    people: tuple[Who, ...]


@dataclass(slots=True)
class Reader:
    """Reads arrivals by the catalog, and sorts out those that do not fit."""

    catalog: Catalog
    profiles: list[ToldProfile] = field(default_factory=list)
    events: list[ToldEvent] = field(default_factory=list)
    aliases: list[ToldAlias] = field(default_factory=list)
    cohorts: list[ToldCohort] = field(default_factory=list)
    #: Customers who ask to be forgotten, and those who ask for what is kept of them.
    erasures: list[ToldRequest] = field(default_factory=list)
    exports: list[ToldRequest] = field(default_factory=list)
    used: list[int] = field(default_factory=list)
    #: Arrival -> what of it could not be used; what else it told of a customer was.
    problems: dict[int, str] = field(default_factory=dict)
    #: Arrival -> what it named that the catalog does not have, and that was left out.
    left_out: dict[int, list[str]] = field(default_factory=dict)

    def read(self, arrival: Waiting) -> None:
        """Read one arrival; what does not fit is a problem of this arrival alone."""
        at = self._moment(arrival)
        who = who_in(arrival.payload)
        if isinstance(at, str):
            problem: str | None = at
        else:
            match arrival.payload.get("type"):
                case "track":
                    problem = self._track(arrival, who, at)
                case "identify":
                    problem = self._identify(arrival, who, at)
                case "alias":
                    problem = self._alias(arrival, who)
                case "cohort":
                    problem = None
                    self.cohorts.append(_cohort(arrival))
                case "erase":
                    problem = None
                    self.erasures.append(ToldRequest(who, arrival))
                case "export":
                    problem = None
                    self.exports.append(ToldRequest(who, arrival))
                case other:
                    problem = f"{other!r} is no kind of arrival"
        if problem is None:
            self.used.append(arrival.id)
        else:
            self.problems[arrival.id] = problem

    def _track(self, arrival: Waiting, who: Who, at: datetime) -> str | None:
        told = arrival.payload["event"]
        name = declared_name(told, self.catalog.events)
        if name is None:
            return _unknown("event", told, self.catalog.events)
        declared = self.catalog.events[name]
        properties, misfits = self._fitted(
            arrival, arrival.payload["properties"], declared.properties
        )
        if misfits:
            # Conditions ask for the properties: half of them would be another event.
            return f"{name}: {'; '.join(misfits)}"
        kept = {key: value for key, value in properties.items() if value is not None}
        self.events.append(ToldEvent(who, name, at, kept, arrival))
        return None

    def _identify(self, arrival: Waiting, who: Who, at: datetime) -> str | None:
        given = arrival.payload["attributes"]
        loose = self._loose_phone(given)
        if loose is not None:
            given = {name: value for name, value in given.items() if name != _PHONE}
        fitted, misfits = self._fitted(arrival, given, self.catalog.attributes)
        consents = {
            channel.value: allowed
            for attribute, channel in CONSENTS.items()
            if isinstance(allowed := fitted.pop(attribute, None), bool)
        }
        # A clock that is ahead must not shut out all that is told after it.
        moment = min(at, arrival.received_at)
        is_in_order = arrival.payload.get("is_in_order") is not False
        self.profiles.append(
            ToldProfile(
                who,
                fitted,
                consents,
                arrival.source,
                moment,
                is_in_order=is_in_order,
                thing=_thing(arrival.payload),
                loose_phone=None if loose is None else LoosePhone(loose, arrival.id),
                takes_pushes=arrival.payload.get("takes_pushes") is True,
            )
        )
        return "; ".join(misfits) or None

    def _loose_phone(self, given: Mapping[str, Any]) -> object | None:
        """Give a phone number of which only what is known of the customer tells the country."""
        declared = self.catalog.attributes.get(_PHONE)
        if declared is None or COUNTRY not in self.catalog.attributes:
            return None
        if country_told(given.get(COUNTRY)) is not None:
            return None
        raw: object | None = given.get(_PHONE)
        if str(raw).startswith("+"):  # most do, and need not be read twice
            return None
        is_whole = not isinstance(fit_for(declared, zone_named(self.catalog.timezone))(raw), Misfit)
        return None if is_whole else raw

    def settle_phone(
        self, profile: ToldProfile, country: str | None, doubt: str = ""
    ) -> ToldProfile:
        """Give a profile with its loose phone number as one of a country, or note the problem."""
        loose = profile.loose_phone
        if loose is None:
            return profile
        fit = fit_for(
            self.catalog.attributes[_PHONE],
            zone_named(self.catalog.timezone),
            country or self.catalog.country,
        )
        number = fit(loose.raw)
        if not isinstance(number, Misfit):
            return replace(profile, attributes={**profile.attributes, _PHONE: number})
        before = self.problems.get(loose.arrival)
        said = f"{_PHONE} {number.reason}{doubt}"
        self.problems[loose.arrival] = f"{before}; {said}" if before else said
        return profile

    def _alias(self, arrival: Waiting, who: Who) -> str | None:
        previous = arrival.payload["previous"]
        if previous != who.customer:
            self.aliases.append(ToldAlias(who, previous, arrival))
        return None

    def _moment(self, arrival: Waiting) -> datetime | str:
        given = arrival.payload.get("at")
        if given is None:
            return arrival.received_at
        at = fit_moment(given, zone_named(self.catalog.timezone))
        return f"at {at.reason}" if isinstance(at, Misfit) else from_micros(at)

    def _fitted(
        self, arrival: Waiting, given: Mapping[str, Any], declared: Mapping[str, Attribute]
    ) -> tuple[dict[str, Value | None], list[str]]:
        """Give the values by the kinds that the catalog declares, and what does not fit.

        What the catalog does not have is left out: sources tell more than anybody asked for.
        """
        zone = zone_named(self.catalog.timezone)
        country = country_told(given.get(COUNTRY)) or self.catalog.country
        fitted: dict[str, Value | None] = {}
        misfits: list[str] = []
        for told, raw in given.items():
            name = declared_name(told, declared)
            # What is called exactly as in the catalog goes before what is only meant by it.
            if name is None or (name != told and name in given):
                self.left_out.setdefault(arrival.id, []).append(_unknown("name", told, declared))
                continue
            value = fit_for(declared[name], zone, country)(raw)
            if isinstance(value, Misfit):
                misfits.append(f"{name} {value.reason}")
            else:
                fitted[name] = value
        return fitted, misfits


def _cohort(arrival: Waiting) -> ToldCohort:
    told = arrival.payload
    page = CohortPage(
        arrival.source, told["cohort"], told["attribute"], told["tag"],
        told["are_members"], told["session"], told["is_last"],
    )  # fmt: skip
    return ToldCohort(page, tuple(who_in(person) for person in told["people"]))


def _thing(payload: Mapping[str, Any]) -> tuple[str, int] | None:
    name = payload.get("thing")
    return None if name is None else (str(name), int(payload["standing"]))


def who_in(payload: Mapping[str, Any]) -> Who:
    """Give who is meant by an arrival's payload."""
    return Who(
        payload.get("customer"),
        tuple((kind, value) for kind, value in payload.get("names", ())),
        payload.get("email"),
        payload.get("phone"),
    )


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = closest(name, known)
    hint = f"; did you mean {quoted(near)}?" if near else ""
    return f"the catalog has no {what} {quoted(name)}{hint}"
