"""Cohorts of Mixpanel and Amplitude, and their events."""

from __future__ import annotations

from typing import Any

import pytest

from keepwarm.connectors.sources.contract import COHORTS, CohortChange, Unreadable
from tests.sources.given import ENTERED, MEMBERS, read, told


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("members", CohortChange.ALL),
        ("add_members", CohortChange.ADDED),
        ("remove_members", CohortChange.REMOVED),
    ],
)
def test_a_page_of_a_cohort_of_mixpanel(action: str, change: CohortChange) -> None:
    telling = told("mixpanel", {**MEMBERS, "action": action})
    cohort = telling.cohort
    assert telling.word == COHORTS
    assert cohort is not None
    assert (cohort.id, cohort.name, cohort.change) == ("1478097", "Power users", change)
    assert (cohort.session, cohort.is_last) == ("session-1", False)
    assert [each.email for each in cohort.members] == ["anna@example.com", None]
    assert cohort.members[1].names == (("mixpanel", "d2"),)


@pytest.mark.parametrize(("page", "is_last"), [(1, False), (2, True)])
def test_the_last_page_of_a_cohort_is_known_by_its_number(page: int, *, is_last: bool) -> None:
    info = {"total_pages": 2, "page_count": page}
    told_of = {**MEMBERS["parameters"], "page_info": info}
    cohort = told("mixpanel", {**MEMBERS, "parameters": told_of}).cohort
    assert cohort is not None
    assert cohort.is_last is is_last


def test_an_event_as_mixpanel_exports_it() -> None:
    properties = {"time": 1772442000, "distinct_id": "d1", "$insert_id": "i1", "seconds": 180}
    telling = told("mixpanel", [{"event": "Song Played", "properties": properties}])
    assert (telling.word, telling.key) == ("Song Played", "i1")
    assert telling.person.names == (("mixpanel", "d1"),)
    assert telling.fields["seconds"] == 180
    with pytest.raises(Unreadable, match="action"):
        read("mixpanel", {**MEMBERS, "action": "clear"})


def test_who_entered_a_cohort_of_amplitude() -> None:
    cohort = told("amplitude", ENTERED).cohort
    assert cohort is not None
    assert (cohort.id, cohort.name, cohort.change) == ("7khm89cz", "Quiet", CohortChange.ADDED)
    assert [(each.customer, each.email) for each in cohort.members] == [
        ("anna", None),
        (None, "ben@example.com"),
    ]
    left = told("amplitude", {**ENTERED, "in_cohort": False}).cohort
    assert left is not None
    assert left.change is CohortChange.REMOVED


def test_an_event_as_amplitude_streams_it() -> None:
    event: dict[str, Any] = {
        "event_type": "Song Played",
        "user_id": "anna",
        "device_id": "x1",
        "insert_id": "i1",
        "event_time": "2026-03-02 08:00:00.000000",
        "event_properties": {"seconds": 180},
        "user_properties": {"plan": "pro"},
    }
    telling = told("amplitude", event)
    assert (telling.person.customer, telling.person.names) == ("anna", (("amplitude", "x1"),))
    assert (telling.fields, telling.facts) == ({"seconds": 180}, {"plan": "pro"})
    assert telling.at is not None
    assert telling.at.isoformat() == "2026-03-02T08:00:00+00:00"


def test_a_page_of_a_cohort_that_lost_its_members_takes_nobody_out() -> None:
    nothings: tuple[object, ...] = (None, {}, "", 0)
    for lost in nothings:
        broken = {**MEMBERS, "parameters": {**MEMBERS["parameters"], "members": lost}}
        with pytest.raises(Unreadable, match="members is not a list"):
            read("mixpanel", broken)
    nobody = {**MEMBERS, "parameters": {**MEMBERS["parameters"], "members": []}}
    assert told("mixpanel", nobody).cohort is not None


def test_people_of_mixpanel_are_your_customers_where_you_say_so() -> None:
    by = {"MIXPANEL_CUSTOMER_KEY": "mixpanel_distinct_id"}
    members = [{"mixpanel_distinct_id": "anna"}, {"mixpanel_distinct_id": "$device:7f"}]
    page = {**MEMBERS, "parameters": {**MEMBERS["parameters"], "members": members}}
    cohort = told("mixpanel", page, by).cohort
    assert cohort is not None
    assert [each.customer for each in cohort.members] == ["anna", None]
    properties = {"time": 1772442000, "distinct_id": "anna", "$insert_id": "i1"}
    played = {"event": "Song Played", "properties": properties}
    assert told("mixpanel", played, by).person.customer == "anna"
    assert told("mixpanel", played).person.customer is None
    own = {"MIXPANEL_CUSTOMER_KEY": "account"}
    named = {**played, "properties": {**properties, "account": 17}}
    assert told("mixpanel", named, own).person.customer == "17"
