"""Circuits: what refuses all of us is stopped, alone, and nothing is lost by it (law 19)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from keepwarm.engine.message import Message
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)
from keepwarm.flows.advancing import advance_due
from keepwarm.flows.arrivals import Track, keep, take_in
from keepwarm.flows.dispatching import dispatch_due
from keepwarm.flows.preparing import prepare
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import TRIED_EVERY, open_circuits, try_at_once
from keepwarm.store.claims import LEASE
from keepwarm.store.inbox import Arrival
from keepwarm.store.people import ALL, Consent, record_consents
from tests.journeys.world import CATALOG, World

CRM, BILLING = "https://crm.acme.example/hook", "https://billing.acme.example:8443/in?key=1"
START = "kind: transactional\nstart: {event: signed_up, once: every time}\nsteps:\n"
#: What reads as if all were refused, and may be about one message.
PERHAPS = Rejected("403 forbidden", Remedy.STOP_CHANNEL, perhaps_alone=True)
SURE = Rejected("401 invalid key", Remedy.STOP_CHANNEL)


def two_receivers(world: World) -> None:
    """Have every event tell two receivers, each a host of its own."""
    world.connector.limits = replace(world.connector.limits, batch=1, by_host=True)
    world.write(
        "catalog/catalog.yaml",
        CATALOG + f"webhooks:\n  crm: {{url: '{CRM}'}}\n  billing: {{url: '{BILLING}'}}\n",
    )
    told = "  - webhook: crm\n    with: {text: hi}\n  - webhook: billing\n    with: {text: hi}\n"
    world.playbook("tells", START + told)
    world.connector.will_answer(to="owner@acme.example")  # the house's own mail goes on
    world.apply()


def mails(world: World) -> None:
    """Have every event send an e-mail."""
    world.connector.limits = replace(world.connector.limits, batch=1)
    world.playbook("hello", f"{START}  - email: hello\n")
    world.connector.will_answer(to="owner@acme.example")
    world.apply()


def sign_up(world: World, *names: str) -> None:
    for name in names:
        world.person(name)
        world.event(name, "signed_up")


def queue_at_once(world: World, names: Sequence[str], playbook: str) -> None:
    """Have a chunk of messages wait, one for each."""
    for name in names:
        world.person(name)
    told = [Arrival("test", name, Track(name, "signed_up", None).payload()) for name in names]
    keep(world.system, told)
    take_in(world.system)
    advance_due(world.system, playbook)


def stopped(world: World) -> dict[str, str]:
    with world.database.reading() as cx:
        return {name: each.reason for name, each in open_circuits(cx).items()}


def calls(world: World, address: str) -> int:
    return sum(message.address == address for message in world.connector.sent)


def ends(world: World, address: str) -> list[str]:
    return [str(each.status) for each in world.outbox() if each.address == address]


# ── Nobody is there ──────────────────────────────────────────────────────────────────────────


def test_law_19_a_provider_that_is_away_is_stopped_and_told_of_and_loses_none(
    world: World,
) -> None:
    world.connector.limits = replace(world.connector.limits, batch=1000)
    world.playbook("hello", f"{START}  - email: hello\n")
    world.connector.will_answer(to="owner@acme.example")
    world.apply()
    names = [f"c{number}" for number in range(60)]
    queue_at_once(world, names, "hello")
    away = NotProcessed("the host name was not found", is_away=True)
    nobody_there = [True]

    def answer(message: Message) -> SendResult:
        return away if nobody_there else Accepted(message.send_id)

    world.connector.will_answer(*[answer] * 1_000)
    world.run_for(minutes=2)
    assert stopped(world) == {}
    world.run_for(minutes=30)

    assert stopped(world) == {"memory": "the host name was not found"}
    # Four tries of all together, then one of one message in five minutes.
    assert world.connector.calls[:4] == [60] * 4
    assert 4 <= sum(world.connector.calls[4:]) <= 6
    [(words,)] = world.rows("SELECT words FROM notice")
    assert "memory is stopped, and its messages wait: the host name was not found." in words
    assert "If it is not away, mend its settings" in words
    nobody_there.clear()
    before = len(world.connector.calls)
    world.run_for(minutes=40)

    assert stopped(world) == {}
    assert [end for _, end, _ in world.ended()] == ["sent"] * 60
    # Together still, but for those that were tried for all.
    assert len(world.connector.calls) - before < 10


def test_law_19_waiting_for_a_stopped_provider_costs_next_to_nothing(world: World) -> None:
    """However many wait and however long: their chunks are put off by one write, unread."""
    mails(world)
    world.connector.limits = replace(world.connector.limits, batch=1000)
    is_mended: list[bool] = []

    def answer(message: Message) -> SendResult:
        return Accepted(message.send_id) if is_mended else SURE

    world.connector.will_answer(*[answer] * 1_000)
    for chunk in range(4):
        queue_at_once(world, [f"c{chunk}{number}" for number in range(5)], "hello")
    world.run_for(minutes=2)
    assert {(end, why) for _, end, why in world.ended()} == {("held", "paused: 401 invalid key")}
    chunks = "SELECT count(*), sum(fence), count(waits_for) FROM chunk WHERE due_at IS NOT NULL"
    [(many, before, waiting)] = world.rows(chunks)
    assert (many, waiting) == (4, 4)
    world.run_for(hours=2)

    # A trial in five minutes: it reads its chunk, and takes the one that is tried out of it. Of the
    # others, the one that is claimed next stands for all.
    trials = len(world.connector.sent) - 5
    assert 23 <= trials <= 25
    [(_, after, _)] = world.rows(chunks)
    assert after - before <= 5 * trials
    is_mended.append(True)
    with world.database.writing() as cx:
        assert try_at_once(cx, world.now) == ["memory"]
    world.work()

    # At that very moment; but the one that was tried last may have a pause of its own.
    assert stopped(world) == {}
    assert [end for _, end, _ in world.ended()].count("sent") >= 20 - 1
    world.run_for(hours=2)
    assert [end for _, end, _ in world.ended()] == ["sent"] * 20


def test_what_waits_for_a_provider_that_rests_keeps_its_chunk(world: World) -> None:
    mails(world)
    world.connector.limits = replace(world.connector.limits, batch=1000)
    world.connector.will_answer(*[NotProcessed("429", timedelta(minutes=20))] * 5)
    for chunk in range(3):
        queue_at_once(world, [f"c{chunk}{number}" for number in range(5)], "hello")
    before = world.rows("SELECT id, chunk_id FROM message ORDER BY id")
    world.run_for(minutes=15)

    assert len(world.connector.sent) == 5
    assert world.rows("SELECT id, chunk_id FROM message ORDER BY id")[5:] == before[5:]
    world.run_for(minutes=30)
    assert [end for _, end, _ in world.ended()] == ["sent"] * 15


def test_law_17_what_a_dead_worker_left_is_settled_while_its_provider_is_stopped(
    world: World,
) -> None:
    mails(world)
    world.connector.limits = replace(world.connector.limits, idempotent=False)
    queue_at_once(world, ["anna", "ben"], "hello")
    prepare(world.system, "hello")  # and nothing more
    world.connector.will_answer(*[SURE] * 9)
    sign_up(world, "cleo")
    assert stopped(world) == {"memory": "401 invalid key"}
    world.run_for(minutes=LEASE / timedelta(minutes=1) + 1)

    assert stopped(world) == {"memory": "401 invalid key"}
    assert [world.ended(name)[0][1] for name in ("anna", "ben")] == ["unknown", "unknown"]
    world.run_for(hours=2)
    assert world.ended("cleo")[0][1] == "sent"
    assert calls(world, "anna@example.com") == 0


# ── One host of many ─────────────────────────────────────────────────────────────────────────


def test_law_19_a_receiver_that_refuses_us_stops_no_other(world: World) -> None:
    two_receivers(world)
    world.connector.will_answer(*[SURE] * 3, to=CRM)
    sign_up(world, "anna", "ben")

    assert stopped(world) == {"memory:crm.acme.example": "401 invalid key"}
    assert (calls(world, CRM), calls(world, BILLING)) == (1, 2)
    world.run_for(minutes=30)

    # To the one: the first, two trials that failed, one that did not, and the other customer's.
    assert (calls(world, CRM), calls(world, BILLING)) == (5, 2)
    assert stopped(world) == {}
    assert ends(world, CRM) == ends(world, BILLING) == ["sent", "sent"]
    told = [words for (words,) in world.rows("SELECT words FROM notice ORDER BY id")]
    assert "--try memory:crm.acme.example" in told[0]
    assert told[1].startswith("memory:crm.acme.example works again")


def test_a_receiver_that_asks_to_wait_slows_no_other(world: World) -> None:
    two_receivers(world)
    world.connector.will_answer(NotProcessed("429", timedelta(minutes=20)), to=BILLING)
    sign_up(world, "anna", "ben")
    world.run_for(minutes=10)

    assert (calls(world, CRM), calls(world, BILLING)) == (2, 1)
    world.run_for(minutes=30)

    assert ends(world, CRM) == ends(world, BILLING) == ["sent", "sent"]


def test_a_receiver_has_its_own_pace(world: World) -> None:
    two_receivers(world)
    world.connector.limits = replace(world.connector.limits, per_second=0.2)
    queue_at_once(world, ["anna", "ben", "cleo"], "tells")

    for _ in range(2):  # each host's first, although they were queued together
        asyncio.run(dispatch_due(world.system, "tells"))

    assert (calls(world, CRM), calls(world, BILLING)) == (2, 2)


# ── One message of many ──────────────────────────────────────────────────────────────────────


def test_a_message_that_is_refused_for_itself_stops_nothing_and_comes_to_an_end(
    world: World,
) -> None:
    mails(world)
    world.connector.will_answer(*[PERHAPS] * 99, to="anna@example.com")
    sign_up(world, "anna")
    for number in range(20):
        sign_up(world, f"c{number}")
        assert stopped(world) == {}
        world.run_for(minutes=10)

    assert calls(world, "anna@example.com") == 8
    assert world.ended("anna") == [("hello", "failed", "403 forbidden")]
    assert {end for _, end, _ in world.ended()[1:]} == {"sent"}


def test_law_19_what_refuses_several_in_a_row_is_stopped_and_loses_none(world: World) -> None:
    mails(world)
    world.connector.will_answer(*[PERHAPS] * 40)
    sign_up(world, "anna", "ben")
    assert stopped(world) == {}
    sign_up(world, "cleo", "dirk")

    assert stopped(world) == {"memory": "403 forbidden"}
    assert calls(world, "dirk@example.com") == 0
    world.run_for(days=1)

    assert stopped(world) == {}
    assert [end for _, end, _ in world.ended()] == ["sent"] * 4


def test_a_message_that_nobody_takes_and_no_other_shows_why_waits(world: World) -> None:
    """Where it is the only one for hours, nothing says that it is refused for itself."""
    mails(world)
    world.connector.will_answer(*[PERHAPS] * 30, to="anna@example.com")
    sign_up(world, "anna")
    world.run_for(hours=3)

    assert stopped(world) == {"memory": "403 forbidden"}
    sign_up(world, "ben")  # the trial, since one was due: it shows that we are let in
    assert stopped(world) == {}
    assert world.ended("ben")[0][1] == "sent"
    sign_up(world, "cleo")
    world.run_for(days=1)

    assert world.ended("anna")[0][1] == "failed"


# ── Half open ────────────────────────────────────────────────────────────────────────────────


def test_a_trial_is_taken_by_a_message_that_may_leave(world: World) -> None:
    mails(world)
    news = START.replace("transactional", "marketing\ntopic: news")
    world.playbook("night", f"{news}  - sms: nudge\n")
    world.apply()
    world.connector.will_answer(SURE)
    sign_up(world, "anna")
    world.queue("anna", "signed_up", "night")
    with world.database.writing() as cx:
        no = Consent(1, Channel.SMS, ALL, allowed=False, source="a page", at=world.now)
        record_consents(cx, [no], world.now)
    world.now += TRIED_EVERY

    asyncio.run(dispatch_due(world.system, "night"))

    with world.database.reading() as cx:
        assert open_circuits(cx)["memory"].try_at <= world.now
    asyncio.run(dispatch_due(world.system, "hello"))

    assert stopped(world) == {}


def test_a_trial_that_brings_no_answer_leaves_it_stopped(world: World) -> None:
    mails(world)
    world.connector.will_answer(SURE, Unknown("no answer in time"), NotProcessed("503"))
    sign_up(world, "anna", "ben")
    world.run_for(minutes=7)
    assert stopped(world) == {"memory": "401 invalid key"}
    world.run_for(hours=1)

    assert stopped(world) == {}
    assert [end for _, end, _ in world.ended()] == ["sent", "sent"]


# ── Down ─────────────────────────────────────────────────────────────────────────────────────


def test_a_provider_that_hangs_leaves_few_messages_in_doubt(world: World) -> None:
    mails(world)
    world.connector.limits = replace(world.connector.limits, at_once=1, idempotent=False)
    world.connector.will_answer(*[Unknown("no answer in time")] * 1000)
    queue_at_once(world, [f"c{number}" for number in range(60)], "hello")

    asyncio.run(dispatch_due(world.system, "hello"))

    assert len(world.connector.sent) == 20
    world.connector._next.clear()
    world.run_for(hours=1)
    reasons = Counter((end, reason) for _, end, reason in world.ended())
    assert reasons == {("sent", None): 40, ("unknown", "no answer in time"): 20}


def test_a_night_without_a_provider_loses_no_message(world: World) -> None:
    mails(world)
    morning = world.now + timedelta(hours=20)

    def is_away(message: Message) -> SendResult:
        away = NotProcessed("no connection could be made")
        return away if world.now < morning else Accepted(f"memory:{message.send_id}")

    world.connector.will_answer(*[is_away] * 99, to="anna@example.com")
    sign_up(world, "anna")
    world.run_for(days=1)

    assert world.ended("anna") == [("hello", "sent", None)]
    world.connector.will_answer(*[NotProcessed("no connection could be made")] * 99)
    sign_up(world, "ben")
    world.run_for(days=2)

    assert world.ended("ben") == [("hello", "failed", "no connection could be made")]
