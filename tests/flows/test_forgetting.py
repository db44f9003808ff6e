"""An erasure reaches the providers: they are asked until they take it, and the answer is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from keepwarm.connectors.registry import make
from keepwarm.flows.forgetting import ask_providers
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.words import Channel
from keepwarm.store.audit import read_audit
from keepwarm.store.database import Database
from keepwarm.store.erasing import erase
from tests.connectors.given import PUBLIC_URL, settings_for
from tests.journeys.world import World
from tests.standins import Standins


def test_providers_are_asked_until_they_take_it(database: Database, tmp_path: Path) -> None:
    world = World(database, tmp_path / "playbooks")
    world.playbook("hello", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    world.apply()
    world.person("quxanna", email="quxanna@example.com", phone="+31612345678")

    async def lived() -> None:
        async with Standins() as here:
            made = {
                channel: make(name, settings_for(name, here) | more, public_url=PUBLIC_URL,
                              clock=world.clock)
                for channel, name, more in (
                    (Channel.EMAIL, "sendgrid", {"SENDGRID_API_KEY": "SG.wrong"}),
                    (Channel.PUSH, "onesignal", {}),
                    (Channel.CHAT, "slack", {}),
                )
            }  # fmt: skip
            system = replace(world.system, connectors=made)
            providers = system.forgetful
            assert set(providers) == {"sendgrid", "onesignal"}
            with database.writing() as cx:
                erase(cx, "quxanna", "ops", system.pepper, Catalog(), world.now,
                      providers=providers.keys())  # fmt: skip
            assert await ask_providers(system) == 1
            assert await ask_providers(system) == 0  # sendgrid is asked again later
            assert here.onesignal.deleted == ["quxanna"]
            right = make(
                "sendgrid", settings_for("sendgrid", here), public_url=PUBLIC_URL, clock=world.clock
            )
            world.now += timedelta(hours=1)
            assert await ask_providers(replace(system, connectors={Channel.EMAIL: right})) == 1
            assert here.sendgrid.erased == ["quxanna@example.com"]
            for each in (*made.values(), right):
                await each.close()

    asyncio.run(lived())
    kept = world.rows("SELECT provider, known_by, answer, tries FROM forgetting ORDER BY provider")
    assert [(one, answer, tries) for one, _, answer, tries in kept] == [
        ("onesignal", "taken", 1), ("sendgrid", "taken: job job-1", 2),
    ]  # fmt: skip
    assert "quxanna" not in str(kept)
    with database.reading() as cx:
        told = read_audit(cx, 10, only=["a provider was asked to forget a customer"])
    assert [each.detail["provider"] for each in told] == ["sendgrid", "onesignal"]


def test_who_never_takes_it_is_left_to_a_person(database: Database, tmp_path: Path) -> None:
    world = World(database, tmp_path / "playbooks")
    world.person("quxanna")
    with database.writing() as cx:
        erase(cx, "quxanna", "ops", b"p", Catalog(), world.now, providers=["sendgrid"])
    asyncio.run(ask_providers(world.system))  # not configured here any more
    [(answer, known)] = world.rows("SELECT answer, known_by FROM forgetting")
    assert answer == "it is not configured here"
    assert "quxanna" in str(known)
    world.now += timedelta(days=31)
    asyncio.run(ask_providers(world.system))
    [(answer, known, due)] = world.rows("SELECT answer, known_by, next_at FROM forgetting")
    assert answer == "never taken, ask it yourself: it is not configured here"
    assert (str(known), due) == ("{}", None)
