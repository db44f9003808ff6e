"""In which zone a customer lives, and how we know (law 9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as phone_zones

from keepwarm.engine.timing import zone_named

#: What the library answers for a number that it cannot place.
_NOWHERE = "Etc/Unknown"


class ZoneSource(StrEnum):
    """Where a customer's zone comes from."""

    PROFILE = "profile"
    PHONE = "phone number"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones that a customer may live in: one when it is known, several when it is not."""

    names: tuple[str, ...]
    source: ZoneSource

    @property
    def name(self) -> str:
        """The one that calendar waits use: the first in alphabetical order, so always the same."""
        return self.names[0]


def zones_of(profile: str | None, phone: str | None, project: str) -> Zones:
    """Give the customer's zones: from the profile, else the phone number, else the project's.

    A profile's zone that does not exist counts as none. Numbers that are not tied to a place
    (toll-free, mobile in countries with several zones) give every zone that they may be in.
    """
    return (
        (_of_profile(profile) if profile else None)
        or (_of_phone(phone) if phone else None)
        or _of_project(project)
    )


def zone_in_profile(profile: str | None) -> str | None:
    """Give the zone that a profile names; None where there is none of that name."""
    found = _of_profile(profile) if profile else None
    return None if found is None else found.name


@lru_cache(maxsize=4096)
def _of_profile(name: str) -> Zones | None:
    return Zones((name,), ZoneSource.PROFILE) if _exists(name) else None


@lru_cache(maxsize=65536)
def _of_phone(phone: str) -> Zones | None:
    names = _zones_of_phone(phone)
    return Zones(names, ZoneSource.PHONE) if names else None


@lru_cache(maxsize=64)
def _of_project(name: str) -> Zones:
    return Zones((name,), ZoneSource.PROJECT)


def _exists(name: str) -> bool:
    try:
        zone_named(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zones_of_phone(phone: str) -> tuple[str, ...]:
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return ()
    names = phone_zones.time_zones_for_number(number)
    return tuple(sorted(name for name in names if name != _NOWHERE and _exists(name)))
