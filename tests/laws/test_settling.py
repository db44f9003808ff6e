"""Law 17, what follows: an unknown outcome is settled, or left to somebody who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from keepwarm.connectors.contract import Limits
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Received,
    Rejected,
    Remedy,
    Report,
    Signal,
    Unknown,
)
from keepwarm.flows.reports import keep_reports
from keepwarm.flows.settling import SETTLE_WITHIN
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import TRIED_EVERY, try_at_once
from keepwarm.store.inbox import try_refused_again
from tests.journeys.world import World

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"
PUSH = "topic: tips\nstart: {event: signed_up}\nsteps:\n  - push: hello\n"
#: A provider that sends twice what it is called with twice.
FORGETFUL = Limits(batch=1, idempotent=False)


def no_answer(world: World, playbook: str = HELLO, limits: Limits = FORGETFUL) -> None:
    """Let one message leave to which no answer comes."""
    world.connector.limits = limits
    world.playbook("hello", playbook)
    world.apply()
    world.person("anna")
    world.connector.will_answer(Unknown("no answer in time"))
    world.event("anna", "signed_up")


def told(world: World) -> list[tuple[str, str]]:
    """Give (address, words) of what people of the house were told."""
    return [
        (m.address, m.text("text")) for m in world.connector.sent if m.send_id.startswith("notice-")
    ]


def status(world: World) -> str:
    return world.ended("anna")[-1][1]


def test_law_17_a_call_back_settles_an_unknown_outcome_and_nobody_is_told(world: World) -> None:
    no_answer(world)
    [message] = world.outbox()

    world.run_for(minutes=10)
    delivered = Report(Signal.DELIVERED, world.now, "d-1", f"{message.id}-0")
    keep_reports(world.system, "memory", Received((delivered,)))
    world.run_for(days=1)

    assert status(world) == "delivered"
    assert told(world) == []
    assert world.rows("SELECT count(*) FROM doubt") == [(0,)]


def test_law_17_a_look_up_settles_an_unknown_outcome(world: World) -> None:
    no_answer(world)
    [message] = world.outbox()
    [sent] = world.connector.sent
    world.connector.accepted[f"{message.id}-0"] = sent  # it was taken; the answer was lost

    world.run_for(minutes=5)

    assert status(world) == "sent"
    assert len(world.connector.sent) == 1


def test_law_17_one_acceptance_does_not_settle_two_messages(world: World) -> None:
    no_answer(world)
    world.connector.will_answer(Accepted("memory:taken-once"))
    world.event("anna", "signed_up")
    taken = Accepted("memory:taken-once")

    async def the_same_for_both(message: object, sent_after: object) -> Accepted:
        return taken

    world.connector.look_up = the_same_for_both  # type: ignore[method-assign] # a provider that lists by words
    world.run_for(minutes=30)

    assert [end[1] for end in world.ended("anna")] == ["unknown", "sent"]


def test_law_17_a_provider_that_drops_repeated_calls_is_called_again_with_the_same_key(
    world: World,
) -> None:
    no_answer(world, PUSH, Limits(batch=1, idempotent=True))

    world.run_for(minutes=3)

    assert status(world) == "sent"
    first, second = world.connector.sent
    assert first.send_id == second.send_id
    assert first.content == second.content


def test_law_17_a_message_that_is_called_again_is_not_capped_by_itself(world: World) -> None:
    capped = PUSH.replace("steps:", "respect: {at_most: 1 message per day}\nsteps:")
    no_answer(world, capped, Limits(batch=1, idempotent=True))

    world.run_for(minutes=3)

    assert status(world) == "sent"


def test_law_17_a_call_that_may_not_be_made_again_stays_unknown(world: World) -> None:
    no_answer(world, PUSH, Limits(batch=1, idempotent=True))
    world.update("anna", push_consent=False)

    world.run_for(hours=2)

    assert status(world) == "unknown"  # perhaps it was taken: it was not skipped
    assert len(world.connector.sent) == 1 + len(told(world))


def test_law_17_what_stays_unknown_is_left_and_the_owner_is_told_once(world: World) -> None:
    no_answer(world)

    world.run_for(days=3)

    assert world.ended("anna") == [("hello", "unknown", "no answer in time")]
    [(address, words)] = told(world)
    assert address == "owner@acme.example"
    assert words.startswith("hello: the outcome of 1 e-mail stays unknown")
    assert world.rows("SELECT count(*) FROM doubt WHERE due_at IS NULL") == [(1,)]


def test_law_17_a_call_back_that_comes_after_that_still_counts(world: World) -> None:
    no_answer(world)
    [message] = world.outbox()
    world.run_for(days=1)

    bounced = Report(Signal.BOUNCED, world.now, "b-1", f"{message.id}-0", reason="550")
    keep_reports(world.system, "memory", Received((bounced,)))

    assert status(world) == "failed"


@pytest.mark.parametrize(
    "playbook",
    [
        HELLO.replace("topic", "when_unknown: send again\ntopic"),
        HELLO.replace("topic: tips", "kind: transactional") + "    delivery: at least once\n",
    ],
    ids=["when_unknown: send again", "delivery: at least once"],
)
def test_law_17_a_playbook_may_say_to_send_again(world: World, playbook: str) -> None:
    no_answer(world, playbook)
    began = world.now

    world.run_for(days=1)

    assert status(world) == "sent"
    first, second = world.connector.sent
    assert first.send_id != second.send_id
    assert world.outbox()[-1].at - began >= SETTLE_WITHIN


def test_law_17_a_step_that_waits_goes_on_when_the_outcome_is_known(world: World) -> None:
    steps = HELLO + "    name: first\n  - wait: 1 hour\n  - if:\n      - first: sent\n"
    no_answer(world, steps + "    then:\n      - sms: nudge\n")
    [message] = world.outbox()
    sent = Report(Signal.SENT, world.now + timedelta(minutes=1), "s-1", f"{message.id}-0")
    keep_reports(world.system, "memory", Received((sent,)))

    world.run_for(hours=3)

    assert [line.split()[-2:] for line in world.told("anna")] == [
        ["email", "hello"],
        ["sms", "nudge"],
    ]


# ── Circuits ─────────────────────────────────────────────────────────────────────────────────


def stopped(world: World, *, refusals: int = 1) -> None:
    """Let credentials fail for so many calls."""
    world.playbook("hello", HELLO)
    world.write(
        "policies.yaml",
        'sender: Acme <hello@acme.example>\npostal_address: 1 Canal Street\nalarms_to: "#ops"\n',
    )
    world.apply()
    for name in ("anna", "ben"):
        world.person(name)
    world.connector.will_answer(to="#ops")  # the team's chat goes on
    world.connector.will_answer(*[Rejected("401 invalid key", Remedy.STOP_CHANNEL)] * refusals)
    world.event("anna", "signed_up")
    world.event("ben", "signed_up")


def test_law_19_a_message_that_met_bad_credentials_waits_with_all_others(world: World) -> None:
    stopped(world)

    assert [end[1] for end in world.ended()] == ["queued", "held"]
    world.run_for(minutes=15)

    assert [end[1] for end in world.ended()] == ["sent", "sent"]


def test_law_19_a_connector_that_stopped_is_told_of_tried_and_goes_on_by_itself(
    world: World,
) -> None:
    stopped(world, refusals=3)

    world.run_for(minutes=30)

    calls = [m for m in world.connector.sent if m.address.endswith("@example.com")]
    assert len(calls) == 5  # the first, two trials that failed, one that did not, and the other
    assert [end[1] for end in world.ended()] == ["sent", "sent"]
    stops, goes_on = told(world)
    assert stops[0] == goes_on[0] == "#ops"
    assert "memory is stopped" in stops[1]
    assert "401 invalid key" in stops[1]
    assert "memory works again" in goes_on[1]


def test_a_person_may_have_a_stopped_connector_tried_at_once(world: World) -> None:
    stopped(world)
    began = world.now
    with world.database.writing() as cx:
        assert try_at_once(cx, world.now, "memory") == ["memory"]

    world.run_for(minutes=4)

    assert [end[1] for end in world.ended()] == ["sent", "sent"]
    assert world.now - began < TRIED_EVERY


# ── People of the house ──────────────────────────────────────────────────────────────────────


def test_a_team_hears_in_its_chat_and_a_notice_that_fails_is_told_again(world: World) -> None:
    world.connector.limits = FORGETFUL
    world.playbook("hello", HELLO)
    file = world.folder / "hello.yaml"
    file.write_text(file.read_text().replace("owner@acme.example", "care"))
    world.apply()
    world.person("anna")
    world.connector.will_answer(Unknown("no answer in time"))
    world.event("anna", "signed_up")
    world.connector.will_answer(NotProcessed("503"), Unknown("no answer"), to="#care")

    world.run_for(days=1)
    world.work()

    assert [address for address, _ in told(world)] == ["#care"] * len(told(world))
    assert world.rows("SELECT channel, address FROM notice") == [(Channel.CHAT, "#care")]


def test_more_than_expected_is_asked_about(world: World) -> None:
    world.playbook(
        "daily",
        "topic: tips\nstart:\n  every: day at 09:30\n  for_customers:\n    - plan: free\n"
        "expects: at most 2 customers per day\nsteps:\n  - email: hello\n",
    )
    world.apply()
    for number in range(3):
        world.person(f"c{number}", plan="free")

    world.run_for(hours=2)
    world.work()

    [(address, words)] = told(world)
    assert address == "owner@acme.example"
    assert "nobody was let in: 3 customers would enter per day" in words


# ── Arrivals that could not be used ──────────────────────────────────────────────────────────


def test_an_event_that_was_refused_is_used_once_the_catalog_knows_it(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.event("anna", "upgraded")
    assert world.rows("SELECT count(*) FROM event") == [(0,)]

    catalog = world.folder / "catalog" / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("events:", "events:\n  upgraded: {}"))
    world.playbook("hello", HELLO.replace("signed_up", "upgraded"))
    world.apply()
    with world.database.writing() as cx:
        assert try_refused_again(cx) == 1
    world.work()

    assert [line.split()[-1] for line in world.told("anna")] == ["hello"]
