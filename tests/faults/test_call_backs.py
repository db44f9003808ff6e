"""Call-backs as providers send them: dozens of times, in any order, late, forged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from urllib.parse import parse_qsl

import pytest

from keepwarm.connectors.contract import Listens
from keepwarm.connectors.registry import make
from keepwarm.engine.outcome import Received, Report, Signal
from keepwarm.flows.arrivals import Track, keep
from keepwarm.flows.reports import keep_reports
from keepwarm.store.inbox import Arrival
from tests.connectors.given import PUBLIC_URL, settings_for
from tests.journeys.world import World
from tests.standins import Standins
from tests.standins.twilio import Twilio

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"
#: What may be told of one message, each a minute after the one before.
TOLD = (Signal.QUEUED, Signal.SENT, Signal.DEFERRED, Signal.DELIVERED, Signal.COMPLAINED)


def stands(world: World) -> tuple[str, list[object]]:
    """Give all that call-backs may have changed."""
    return (
        str(world.outbox()[-1].status),
        [
            world.rows("SELECT signal, count(*) FROM report GROUP BY signal ORDER BY signal"),
            world.rows(
                "SELECT channel, reason, count(*) FROM suppression GROUP BY channel, reason"
            ),
            world.rows("SELECT channel, topic, allowed FROM consent ORDER BY id DESC LIMIT 1"),
        ],
    )


def test_five_reports_in_all_120_orders_end_in_the_same_place(world: World) -> None:
    orders = list(permutations(TOLD))
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    signed_up = Track("anna", "signed_up", None).payload()
    keep(world.system, [Arrival("test", f"up-{number}", signed_up) for number in range(120)])
    world.work()
    messages = world.outbox()

    for message, order in zip(messages, orders, strict=True):
        for signal in order:
            at = world.now + timedelta(minutes=TOLD.index(signal))
            report = Report(signal, at, f"{signal}-{message.id}", f"{message.id}-0")
            keep_reports(world.system, "memory", Received((report,)))

    assert [str(message.status) for message in world.outbox()] == ["delivered"] * 120
    assert world.rows("SELECT signal, count(*) FROM report GROUP BY signal ORDER BY signal") == [
        (signal, 120) for signal in sorted(TOLD)
    ]
    assert world.rows("SELECT count(*) FROM consent WHERE NOT allowed") == [(120,)]


def test_a_call_back_that_comes_fifty_times_counts_once(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    [message] = world.outbox()
    reports = tuple(
        Report(signal, world.now, f"{signal}-{message.id}", f"{message.id}-0") for signal in TOLD
    )
    keep_reports(world.system, "memory", Received(reports))
    once = stands(world)

    for _ in range(49):
        keep_reports(world.system, "memory", Received(reports))

    assert stands(world) == once
    world.now += timedelta(hours=72)
    keep_reports(world.system, "memory", Received(reports))
    assert stands(world) == once


def test_a_call_back_about_nobodys_message_changes_nothing(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    before = world.ended("anna")
    strange = ("999999-0", "1-7", "-", "1", "x-y", "1-0-0", "\N{FULLWIDTH DIGIT ONE}-0", "")

    for number, send_id in enumerate(strange):
        report = Report(Signal.BOUNCED, world.now, f"strange-{number}", send_id)
        keep_reports(world.system, "memory", Received((report,)))

    assert world.ended("anna") == before
    assert world.rows("SELECT count(*) FROM suppression") == [(0,)]


def test_a_call_back_about_the_same_number_in_another_installation_changes_nothing(
    world: World,
) -> None:
    """Two installations, or an old one and a new one, may use one account of a provider."""
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    (message,) = world.outbox()
    (ours,) = {note.provider_id for note in message.history if note.provider_id}
    suppressed = "SELECT count(*) FROM suppression"

    theirs = Report(Signal.BOUNCED, world.now, "b-1", f"{message.id}-0", "theirs")
    nameless = Report(Signal.BOUNCED, world.now, "b-2", None, ours)
    keep_reports(world.system, "memory", Received((theirs, nameless)))
    assert [str(each.status) for each in world.outbox()] == ["sent"]
    assert world.rows(suppressed) == [(0,)]
    assert world.rows("SELECT count(*) FROM report WHERE message_id IS NULL") == [(2,)]

    ours_too = Report(Signal.BOUNCED, world.now, "b-3", f"{message.id}-0", ours)
    keep_reports(world.system, "memory", Received((ours_too,)))
    assert [str(each.status) for each in world.outbox()] == ["failed"]
    assert world.rows(suppressed) == [(1,)]


# ── Forged ───────────────────────────────────────────────────────────────────────────────────


def listening(name: str, here: Standins) -> Listens:
    made = make(name, settings_for(name, here), public_url=PUBLIC_URL, clock=lambda: NOW)
    assert isinstance(made, Listens)
    return made


NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
URL = f"{PUBLIC_URL}/callbacks/"


def damaged(chance: Random, whole: bytes) -> bytes:
    """Flip a bit, cut a piece out, double one, or put something else in its place."""
    raw = bytearray(whole)
    at = chance.randrange(len(raw)) if raw else 0
    match chance.randrange(4):
        case 0 if raw:
            raw[at] ^= 1 << chance.randrange(8)
        case 1 if raw:
            del raw[at : at + chance.randint(1, 20)]
        case 2:
            raw[at:at] = raw[at : at + chance.randint(1, 20)] or b"x"
        case _:
            raw = bytearray(chance.randbytes(chance.randint(0, 200)))
    return bytes(raw)


@pytest.mark.parametrize("name", ["sendgrid", "twilio"])
async def test_ten_thousand_forgeries_are_refused_and_none_is_an_error(name: str) -> None:
    async with Standins() as here:
        road = listening(name, here)
        if name == "twilio":
            fields = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered", "To": "+1415"}
            url = f"{URL}twilio?send_id=1-0"
            headers, body = Twilio.signed(url, fields)
        else:
            url = f"{URL}sendgrid"
            event = [{"event": "delivered", "email": "a@b.example", "send_id": "1-0",
                      "timestamp": int(NOW.timestamp()), "sg_event_id": "e"}]  # fmt: skip
            headers, body = here.sendgrid.signed(event, NOW)
        assert road.receive(url, headers, body, NOW) is not None
        for seed in range(10_000):
            chance = Random(seed)
            forged, said = dict(headers), body
            if chance.random() < 0.5:
                said = damaged(chance, body)
            else:
                which = chance.choice(sorted(forged))
                forged[which] = damaged(chance, forged[which].encode()).decode("latin-1")
            # `%2B` and `%2b` are one sign in two spellings, and no forgery.
            if forged != headers or _fields(said) != _fields(body):
                assert road.receive(url, forged, said, NOW) is None, f"seed {seed}"


def _fields(body: bytes) -> object:
    """Give a form's fields, or the bytes of what is none."""
    return body if body[:1] == b"[" else parse_qsl(body.decode("latin-1"), keep_blank_values=True)
