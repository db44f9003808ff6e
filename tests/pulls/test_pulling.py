"""HubSpot and Salesforce, asked on a schedule: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import pytest

from keepwarm.connectors.contract import ConnectorRefused
from keepwarm.connectors.pulls.registry import make_pullers
from keepwarm.flows.pulling import Pulled, is_pull_late, pull
from keepwarm.store.database import open_database
from keepwarm.store.landmarks import Landmark, watch
from keepwarm.store.pulls import LEASE
from tests.faults.city import City
from tests.journeys.world import CATALOG, World
from tests.standins import Standins, answers, drops, hubspot, salesforce
from tests.systems import system_on
from tests.waiting import PATIENCE_SECONDS

TOLD = {
    "hubspot": """\
  tier: {is: text, from: hubspot tier}
  email: {is: text, personal: yes, from: hubspot email}
  renews_on: {is: date, from: hubspot deal.closedate}
""",
    "salesforce": """\
  tier: {is: text, from: salesforce Contact.Tier__c}
  email: {is: text, personal: yes, from: salesforce Contact.Email}
  renews_on: {is: date, from: salesforce Opportunity.CloseDate}
""",
}
EVENTS = {
    "hubspot": "  deal_moved: {with: {stage: text}, from: hubspot deal.changed,"
    " called: {stage: dealstage}}\n  contact_gone: {from: hubspot contact.deletion}\n",
    "salesforce": "  deal_moved: {with: {stage: text}, from: salesforce Opportunity.update,"
    " called: {stage: StageName}}\n  contact_gone: {from: salesforce Contact.delete}\n",
}
#: A sweep of everything, however long ago it was modified.
LONG_AGO = datetime(2020, 5, 1, tzinfo=UTC)


class Office:
    """An installation, and the provider that it asks."""

    def __init__(self, city: City, source: str) -> None:
        self.city, self.source = city, source
        self.world: World = city.world
        told = CATALOG.replace("events:\n", TOLD[source] + "events:\n" + EVENTS[source])
        self.world.write("catalog/catalog.yaml", told)
        moved = "kind: transactional\nstart: {event: deal_moved, once: every time}\n"
        self.world.playbook("moved", moved + "steps:\n  - email: hello\n")
        self.world.apply()

    @property
    def here(self) -> Standins:
        return self.city.here

    @property
    def settings(self) -> dict[str, str]:
        if self.source == "hubspot":
            return {"HUBSPOT_TOKEN": hubspot.TOKEN, "HUBSPOT_API_URL": self.here.hubspot.url}
        return {
            "SALESFORCE_URL": self.here.salesforce.url,
            "SALESFORCE_CLIENT_ID": salesforce.CLIENT,
            "SALESFORCE_CLIENT_SECRET": salesforce.SECRET,
        }

    def contact(self, number: int, at: datetime, **known: Any) -> None:
        if self.source == "hubspot":
            held = {"email": f"c{number}@example.com", "tier": "gold", **known}
            held["lastmodifieddate"] = at.isoformat()
            self.here.hubspot.objects["contacts"][number] = held
            return
        names = {"tier": "Tier__c", "email": "Email"}
        held = {"Email": f"c{number}@example.com", "Tier__c": "gold", "IsDeleted": False}
        held |= {names.get(name, name): value for name, value in known.items()}
        held |= {"SystemModstamp": _stamp(at), "CreatedDate": _stamp(LONG_AGO)}
        self.here.salesforce.records["Contact"][_id("003", number)] = held

    def deal(self, number: int, contact: int, at: datetime, stage: str, closes: str) -> None:
        if self.source == "hubspot":
            held = {"dealname": "Renewal", "dealstage": stage, "closedate": closes,
                    "hs_lastmodifieddate": at.isoformat()}  # fmt: skip
            self.here.hubspot.objects["deals"][number] = held
            self.here.hubspot.contacts_of[str(number)] = [str(contact)]
            return
        self.here.salesforce.records["Opportunity"][_id("006", number)] = {
            "StageName": stage, "CloseDate": closes, "ContactId": _id("003", contact),
            "IsDeleted": False, "SystemModstamp": _stamp(at), "CreatedDate": _stamp(LONG_AGO),
        }  # fmt: skip

    def ask(self) -> Pulled:
        return asyncio.run(self._ask())

    async def _ask(self) -> Pulled:
        self.world.pullers = make_pullers(self.settings, self.world.clock)
        try:
            return await pull(self.world.system, self.source)
        finally:
            await self.world.pullers[self.source].close()

    def tiers(self) -> dict[str, Any]:
        """Give what is known of customers by their address."""
        self.world.work()
        field = "attributes ->> 'tier'" if self.is_postgresql else "attributes ->> '$.tier'"
        return dict(tuple(row) for row in self.world.rows(
            f"SELECT email, {field} FROM customer WHERE email IS NOT NULL ORDER BY email"
        ))  # fmt: skip

    @property
    def is_postgresql(self) -> bool:
        return self.city.url.startswith("postgresql")

    def dies(self, landmark: Landmark) -> int | None:
        given = (self.city.url, self.source, self.settings, self.world.now, landmark)
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.pulls.test_pulling"])
        process = context.Process(target=_ask_and_die, args=given, daemon=True)
        process.start()
        process.join(PATIENCE_SECONDS)
        return process.exitcode


def _id(prefix: str, number: int) -> str:
    return f"{prefix}{number:012d}AAA"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"


def _ask_and_die(
    url: str, source: str, settings: Mapping[str, str], now: datetime, landmark: Landmark
) -> None:
    database = open_database(url)
    watch(lambda here: os.kill(os.getpid(), signal.SIGKILL) if here is landmark else None)
    pullers = make_pullers(settings, lambda: now)
    system = system_on(database, lambda: now, "dying", pullers=pullers)
    asyncio.run(pull(system, source))


EVERY = pytest.mark.parametrize("source_name", ["hubspot", "salesforce"])


@pytest.fixture
def founded(town: City) -> Callable[[str], Office]:
    return lambda source: Office(town, source)


@pytest.fixture
def quickly(sqlite_town: City) -> Callable[[str], Office]:
    return lambda source: Office(sqlite_town, source)


@EVERY
def test_what_was_modified_becomes_known_and_only_news_starts_playbooks(
    founded: Callable[[str], Office], source_name: str
) -> None:
    office = founded(source_name)
    world = office.world
    office.contact(1, LONG_AGO)
    office.contact(2, LONG_AGO, tier="")
    office.deal(10, 1, LONG_AGO, "won", "2026-09-01")
    first = office.ask()
    assert (first.told, first.problem) == (3, None)
    assert office.tiers() == {"c1@example.com": "gold", "c2@example.com": None}
    assert world.runs("moved") == []
    assert office.ask().pages == 0  # it is not its turn

    world.now += timedelta(minutes=5)
    office.contact(1, world.now - timedelta(minutes=1), tier="silver")
    office.deal(10, 1, world.now - timedelta(minutes=1), "lost", "2026-10-01")
    second = office.ask()
    assert second.new > 0
    assert office.tiers()["c1@example.com"] == "silver"
    assert len(world.runs("moved")) == 1

    # What lies in the overlap of two windows comes again, and changes nothing.
    world.now += timedelta(minutes=5)
    third = office.ask()
    assert (third.told, third.new) == (2, 0)
    assert len(world.runs("moved")) == 1


@EVERY
def test_pages_are_walked_and_a_death_loses_nothing(
    quickly: Callable[[str], Office], source_name: str
) -> None:
    office = quickly(source_name)
    world = office.world
    for number in range(1, 451):
        office.contact(number, LONG_AGO)
    for landmark in (Landmark.PULLED, Landmark.PULL_KEEPING):
        assert office.dies(landmark) == -9
        world.now += LEASE
    done = office.ask()
    assert (done.new, done.told, done.problem) == (450, 450, None)
    assert len(office.tiers()) == 450
    assert set(office.tiers().values()) == {"gold"}


@EVERY
def test_a_provider_that_asks_to_wait_is_left_alone(
    quickly: Callable[[str], Office], source_name: str
) -> None:
    office = quickly(source_name)
    world = office.world
    office.contact(1, LONG_AGO)
    provider = office.here.providers[source_name]
    provider.faults.add(
        answers(429, "{}", Retry_After="120"),
        answers(503, "<html>"),
        answers(200, "not JSON"),
        drops(after_acceptance=False),
    )
    calls = len(provider.calls)
    assert office.ask().problem is not None
    world.now += timedelta(seconds=90)
    assert office.ask().pages == 0
    assert len(provider.calls) == calls + 1
    for _ in range(12):
        world.now += timedelta(minutes=20)
        office.ask()
    assert office.tiers() == {"c1@example.com": "gold"}


def test_contacts_that_were_merged_or_deleted(quickly: Callable[[str], Office]) -> None:
    office = quickly("salesforce")
    world = office.world
    office.contact(1, LONG_AGO)
    office.contact(2, LONG_AGO, email="other@example.com")
    office.ask()
    office.tiers()
    world.now += timedelta(minutes=5)
    merged = {"IsDeleted": True, "MasterRecordId": _id("003", 1), "email": "other@example.com"}
    office.contact(2, world.now - timedelta(seconds=30), **merged)
    office.ask()
    world.work()
    [(one,)] = world.rows("SELECT count(*) FROM customer WHERE merged_into IS NULL")
    assert one == 1
    assert world.rows("SELECT count(*) FROM event WHERE name = 'contact_gone'") == [(1,)]


def test_merged_contacts_of_hubspot_become_one(quickly: Callable[[str], Office]) -> None:
    office = quickly("hubspot")
    world = office.world
    office.contact(1, LONG_AGO)
    office.contact(2, LONG_AGO, email="other@example.com")
    office.ask()
    world.work()
    world.now += timedelta(minutes=5)
    del office.here.hubspot.objects["contacts"][2]
    office.contact(1, world.now - timedelta(seconds=30), hs_merged_object_ids="2")
    office.ask()
    world.work()
    assert world.rows("SELECT count(*) FROM customer WHERE merged_into IS NULL") == [(1,)]


def test_contacts_that_were_deleted_in_hubspot_are_told_once_and_none_of_long_ago(
    quickly: Callable[[str], Office],
) -> None:
    office = quickly("hubspot")
    world, archived = office.world, office.here.hubspot.archived
    for number in range(1, 4):
        office.contact(number, LONG_AGO)
    archived |= dict.fromkeys(range(1_000, 1_150), LONG_AGO.isoformat())
    office.ask()
    world.work()
    # A list of more than one page is walked once an hour.
    world.now += timedelta(minutes=5)
    walked = sum(call.method == "GET" for call in office.here.hubspot.calls)
    office.ask()
    assert sum(call.method == "GET" for call in office.here.hubspot.calls) == walked == 2
    world.now += timedelta(minutes=55)
    for number in (2, 3):
        del office.here.hubspot.objects["contacts"][number]
        archived[number] = (world.now - timedelta(seconds=30)).isoformat()
    for _ in range(2):
        office.ask()
        world.work()
        world.now += timedelta(minutes=5)
    gone = world.rows(
        "SELECT c.external_id FROM event e JOIN customer c ON c.id = e.customer_id"
        " WHERE e.name = 'contact_gone' ORDER BY 1"
    )
    assert gone == [("hubspot:2",), ("hubspot:3",)]
    # They stay customers, and those who were deleted before we came are nobody here.
    assert world.rows("SELECT count(*) FROM customer") == [(3,)]


def test_what_nobody_asks_for_is_not_asked_and_half_of_the_keys_are_refused(
    sqlite_town: City,
) -> None:
    world = sqlite_town.world
    world.apply()
    settings = {"HUBSPOT_TOKEN": "x", "HUBSPOT_API_URL": sqlite_town.here.hubspot.url}
    world.pullers = make_pullers(settings, world.clock)
    assert not is_pull_late(world.system, "hubspot")
    assert asyncio.run(pull(world.system, "hubspot")).pages == 0
    assert sqlite_town.here.hubspot.calls == []
    with pytest.raises(ConnectorRefused, match="SALESFORCE_URL is not set"):
        make_pullers({"SALESFORCE_CLIENT_ID": "x"}, world.clock)
