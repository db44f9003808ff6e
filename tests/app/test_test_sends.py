"""Test sends: really sent, marked, to those who may get them, and counted nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from keepwarm.app.previewing.sending import TestRefused, refuse_strangers
from keepwarm.engine.outcome import Received, Report, Signal
from keepwarm.flows.reports import keep_reports
from keepwarm.store.audit import read_audit
from keepwarm.store.database import Database
from tests.connectors.given import settings_for
from tests.engine.written import plan_of
from tests.journeys.world import World
from tests.standins import Standins

HELLO = """\
topic: tips
start: {event: signed_up}
steps:
  - email: hello
  - sms: nudge
"""


@pytest.fixture
async def here() -> AsyncIterator[Standins]:
    async with Standins() as standins:
        yield standins


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    world = World(sqlite_database, tmp_path / "playbooks")
    world.words("hello", "Dear {{ customer.first_name | default: 'friend' }}, welcome.")
    world.playbook("hello", HELLO)
    return world


async def send(world: World, *words: str) -> int:
    """Run the command as its user does: from where no loop runs."""
    given = ["preview", "hello", "--playbooks", str(world.folder), *words]
    return await asyncio.to_thread(main, given)


def rows(world: World) -> list[int]:
    tables = ("message", "outcome", "decision", "consent", "suppression", "customer")
    return [world.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


async def test_a_test_really_arrives_says_that_it_is_one_and_changes_nothing(
    world: World,
    here: Standins,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KEEPWARM_EMAIL", "smtp")
    for name, value in settings_for("smtp", here).items():
        monkeypatch.setenv(name, value)
    before = rows(world)
    words = ("--send-to", "Owner@acme.example", "--as", "empty", "--by", "ann")
    assert await send(world, *words) == 0
    assert capsys.readouterr().out == "sent by smtp: [Test] hello\n"
    [letter] = here.mail.letters
    assert letter["To"] == "Owner@acme.example"
    assert letter["Subject"] == "[Test] hello"
    assert letter["List-Unsubscribe"].endswith("/unsubscribe/preview>")
    assert "Dear friend, welcome." in str(letter)
    assert rows(world) == before
    with world.database.reading() as cx:
        [noted] = read_audit(cx, only=["sent tests"])
    assert (noted.who, noted.detail) == (
        "ann", {"playbook": "hello", "connector": "smtp", "messages": 1},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("address", "own", "refused"),
    [
        ("owner@acme.example", "", False),
        ("OWNER@acme.example", "", False),
        ("me@acme.example", "me@acme.example, +31612345678", False),
        ("+31 6 12345678", "me@acme.example,+31612345678", False),
        ("anna@example.com", "", True),
        ("+31612345678", "", True),
        ("ann@acme.example", "", True),
    ],
)
async def test_strangers_get_no_test(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    own: str,
    refused: bool,  # noqa: FBT001 - a case
) -> None:
    monkeypatch.setenv("KEEPWARM_TEST_ADDRESSES", own)
    # Nothing leaves by the outbox, which is said only to those who may get a test.
    assert await send(world, "--send-to", address) == 1
    said = capsys.readouterr().err
    assert ("KEEPWARM_TEST_ADDRESSES" in said) is refused
    assert ("which sends nothing" in said) is not refused


def test_members_of_the_team_that_owns_the_playbook_may_get_tests() -> None:
    plan = plan_of("topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    from dataclasses import replace

    owned = replace(plan, owner="care")
    refuse_strangers("ann@acme.example", owned, ())
    with pytest.raises(TestRefused):
        refuse_strangers("eve@acme.example", owned, ())


async def test_real_customers_words_are_never_sent_as_tests(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await send(world, "--send-to", "owner@acme.example", "--customer", "anna") == 1
    assert "made-up customers only" in capsys.readouterr().err
    assert await send(world, "--send-to", "owner@acme.example", "--as", "everybody") == 1
    assert "write one of typical, empty, longest" in capsys.readouterr().err


def test_what_a_provider_reports_of_a_test_concerns_nobody(world: World) -> None:
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    before = rows(world)
    reports = tuple(
        Report(signal, datetime.now(UTC), f"key-{signal}", send_id="test-0123", provider_id="p-1")
        for signal in (Signal.DELIVERED, Signal.BOUNCED, Signal.COMPLAINED, Signal.UNSUBSCRIBED)
    )
    keep_reports(world.system, "smtp", Received(reports))
    assert rows(world) == before
