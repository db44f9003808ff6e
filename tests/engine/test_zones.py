"""In which zone somebody lives, and how we know."""

from __future__ import annotations

import pytest

from keepwarm.engine.timing import zone_named
from keepwarm.engine.zones import Zones, ZoneSource, zone_in_profile, zones_of

HOME = "Europe/Amsterdam"


def test_the_profile_comes_first() -> None:
    found = zones_of("Asia/Kolkata", "+12125550104", HOME)
    assert found == Zones(("Asia/Kolkata",), ZoneSource.PROFILE)


def test_a_profile_names_a_zone_that_exists_or_none() -> None:
    assert zone_in_profile("Asia/Tokyo") == "Asia/Tokyo"
    assert [zone_in_profile(each) for each in (None, "", "Asia/Nowhere")] == [None, None, None]


def test_without_a_profile_the_phone_number_tells() -> None:
    assert zones_of(None, "+31612345678", "UTC") == Zones((HOME,), ZoneSource.PHONE)
    assert zones_of("", "+12125550104", HOME) == Zones(("America/New_York",), ZoneSource.PHONE)


def test_without_both_it_is_the_projects() -> None:
    assert zones_of(None, None, HOME) == Zones((HOME,), ZoneSource.PROJECT)


@pytest.mark.parametrize(
    "nonsense", ["Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "a\0b", "UTC+2"]
)
def test_a_profile_with_a_zone_that_does_not_exist_counts_as_none(nonsense: str) -> None:
    assert zones_of(nonsense, None, HOME).source is ZoneSource.PROJECT
    assert zones_of(nonsense, "+12125550104", HOME).source is ZoneSource.PHONE


@pytest.mark.parametrize("nonsense", ["hello", "12345", "+", "+999123456789", "0612345678"])
def test_a_number_that_is_nowhere_counts_as_none(nonsense: str) -> None:
    assert zones_of(None, nonsense, HOME) == Zones((HOME,), ZoneSource.PROJECT)


def test_a_number_that_may_be_anywhere_in_a_country_gives_all_its_zones() -> None:
    toll_free = zones_of(None, "+18005550199", HOME)
    assert toll_free.source is ZoneSource.PHONE
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= set(toll_free.names)


def test_of_several_zones_always_the_same_one_is_used_for_waits() -> None:
    several = zones_of(None, "+18005550199", HOME)
    assert len(several.names) > 1
    assert list(several.names) == sorted(several.names)
    assert several.name == several.names[0]


def test_every_zone_that_is_given_exists() -> None:
    for phone in ("+18005550199", "+61491570006", "+5511912345678", "+79161234567"):
        for name in zones_of(None, phone, HOME).names:
            assert zone_named(name).key == name
