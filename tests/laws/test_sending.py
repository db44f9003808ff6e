"""Laws 14 to 19: sending."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from keepwarm.connectors.contract import Limits
from keepwarm.engine.outcome import (
    Accepted,
    MessageStatus,
    NotProcessed,
    Received,
    Rejected,
    Remedy,
    Report,
    SendResult,
    Signal,
    Unknown,
)
from keepwarm.flows.dispatching import dispatch_due
from keepwarm.flows.reports import keep_reports
from keepwarm.store.claims import LEASE, Claim, claim_chunk, finish_chunk
from keepwarm.store.holds import EVERYTHING, hold, resume
from tests.journeys.world import World

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"


class ProcessDied(Exception):  # noqa: N818 - named for what happened
    """Stands for a process that dies between the call and the record."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_law_14_an_unsubscribe_that_commits_before_the_claim_wins(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")

    world.update("anna", email_consent=False)

    assert world.ended("anna") == [
        ("hello", "skipped", "the customer withdrew consent to email"),
    ]
    assert world.connector.sent == []


def test_law_14_the_gates_are_asked_in_their_order(world: World) -> None:
    world.playbook("hello", HELLO.replace("steps:", "goal: {event: project_created}\nsteps:"))
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")
    with world.database.writing() as cx:
        hold(cx, EVERYTHING, "ann", "prices are wrong", world.now)
    world.update("anna", email_consent=False)
    world.event("anna", "project_created")
    assert world.ended("anna") == [("hello", "held", "paused: prices are wrong")]

    with world.database.writing() as cx:
        resume(cx, EVERYTHING, "ann", world.now)
    world.run_for(minutes=2)

    assert world.ended("anna")[0][2] == "the customer withdrew consent to email"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"email": None}, "no e-mail address is known"),
        ({"email_consent": False}, "the customer withdrew consent to email"),
    ],
)
def test_law_14_each_gate_records_its_verdict(
    world: World, facts: dict[str, object], reason: str
) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", **facts)

    world.event("anna", "signed_up")

    assert world.ended("anna") == [("hello", "skipped", reason)]


def test_law_15_held_is_not_dropped_and_capped_is_not_sent(world: World) -> None:
    world.playbook(
        "hello",
        HELLO.replace("steps:", "respect: {at_most: 2 messages per week}\nsteps:"),
    )
    world.apply()
    world.person("anna")

    for _ in range(3):
        world.event("anna", "signed_up")

    assert [status for _, status, _ in world.ended("anna")] == ["sent", "sent", "skipped"]
    assert world.ended("anna")[-1][2] == "capped: at most 2 messages per week"


def test_law_15_a_later_condition_sees_that_the_message_was_skipped(world: World) -> None:
    world.playbook(
        "hello",
        "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n    name: first\n"
        "  - wait: 1 day\n  - if:\n      - first: skipped\n    then:\n      - sms: nudge\n",
    )
    world.apply()
    world.person("anna", email_consent=False)

    world.event("anna", "signed_up")
    world.run_for(days=2)

    assert world.told("anna") == ["Tue 09:00 sms nudge"]


def test_law_16_caps_count_over_all_playbooks_in_the_customers_calendar_days(
    world: World,
) -> None:
    world.write(
        "policies.yaml",
        "sender: Acme <hello@acme.example>\npostal_address: 1 Canal Street\n"
        "at_most: 1 message per day\n",
    )
    world.playbook("one", HELLO)
    world.playbook("two", HELLO.replace("email: hello", "sms: nudge"))
    world.playbook(
        "service",
        "kind: transactional\nstart: {event: signed_up, once: every time}\n"
        "steps:\n  - email: last\n",
    )
    world.now = at("2026-03-02T18:00")  # 19:00 in Amsterdam
    world.apply()
    world.person("anna")

    world.event("anna", "signed_up")
    statuses = {name: status for name, status, _ in world.ended("anna")}
    assert sorted((statuses["hello"], statuses["nudge"])) == ["sent", "skipped"]
    assert statuses["last"] == "sent"

    world.run_until(at("2026-03-03T09:00"))  # fourteen hours later, and another day
    world.event("anna", "signed_up")
    assert sum(line.startswith("Tue") for line in world.told("anna")) == 2


def test_law_16_what_goes_in_a_transaction_counts_for_what_it_takes_next(world: World) -> None:
    world.connector.limits = Limits(transactional=True)  # so that it takes several chunks
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")
    world.playbook(
        "hello", HELLO.replace("steps:", "respect: {at_most: 1 message per day}\nsteps:")
    )
    world.apply()
    world.queue("anna", "signed_up", "hello")

    tally = asyncio.run(dispatch_due(world.system, "hello"))

    assert tally is not None
    assert world.ended("anna") == [
        ("hello", "sent", None), ("hello", "skipped", "capped: at most 1 message per day"),
    ]  # fmt: skip


def test_law_16_what_the_customer_chose_is_a_cap_too(world: World) -> None:
    world.playbook("hello", HELLO)
    service = "kind: transactional\nstart: {event: signed_up, once: every time}\n"
    world.playbook("service", f"{service}steps:\n  - email: last\n")
    world.apply()
    world.person("anna", message_frequency="one a week")
    world.person("bert", sms_frequency="one a day")
    for _ in range(2):
        for name in ("anna", "bert"):
            world.event(name, "signed_up")

    reason = "the customer wants at most 1 message per week"
    assert sorted(each for each in world.ended("anna") if each[0] == "hello") == [
        ("hello", "sent", None), ("hello", "skipped", reason),
    ]  # fmt: skip
    assert [status for name, status, _ in world.ended("anna") if name == "last"] == ["sent"] * 2
    assert {status for _, status, _ in world.ended("bert")} == {"sent"}

    world.run_until(at("2026-03-09T09:00"))  # seven days later
    world.event("anna", "signed_up")
    assert ("Mon 10:00 email hello") in world.told("anna")


def test_law_17_no_answer_after_the_request_left_is_unknown_and_never_sent_again(
    world: World,
) -> None:
    world.connector.limits = Limits(batch=1, idempotent=False)
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.connector.will_answer(Unknown("no answer within 15 seconds"))

    world.event("anna", "signed_up")
    world.run_for(days=2)

    assert world.ended("anna") == [("hello", "unknown", "no answer within 15 seconds")]
    assert [m.address for m in world.connector.sent].count("anna@example.com") == 1


def dies_while_it_sends(world: World, *then: SendResult) -> None:
    """Let a worker die in the middle of a request, and another go on when the lease is over."""

    def die(message: object) -> Accepted:
        raise ProcessDied(message)

    world.connector.will_answer(die, *then)
    with pytest.raises(ExceptionGroup):
        world.event("anna", "signed_up")
    world.now += LEASE + timedelta(seconds=1)
    world.work()


def test_law_17_a_worker_that_dies_while_it_sends_leaves_unknown_and_sends_no_second(
    world: World,
) -> None:
    world.connector.limits = Limits(batch=1, idempotent=False)
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")

    dies_while_it_sends(world)

    [(_, status, reason)] = world.ended("anna")
    assert status == "unknown"
    assert reason == "the worker stopped while the request was under way"
    assert len(world.connector.sent) == 1


def test_law_17_a_repeated_call_that_is_put_off_says_nothing_of_the_first(world: World) -> None:
    """The provider may have taken it, and knows it by its key: under another it would go twice."""
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")

    busy = NotProcessed("429")
    dies_while_it_sends(world, busy, Rejected("401", Remedy.STOP_CHANNEL), busy)
    assert {status for _, status, _ in world.ended("anna")} == {"unknown"}
    world.run_for(hours=1)

    assert {status for _, status, _ in world.ended("anna")} == {"sent"}
    sent = [each for each in world.connector.sent if not each.send_id.startswith("notice")]
    assert len(sent) >= 4
    assert len({each.send_id for each in sent}) == 1


def test_law_17_a_step_may_say_at_least_once(world: World) -> None:
    world.connector.limits = Limits(batch=1, idempotent=False)
    world.playbook(
        "hello",
        "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"
        "    delivery: at least once\n",
    )
    world.apply()
    world.person("anna")

    dies_while_it_sends(world)

    assert [status for _, status, _ in world.ended("anna")] == ["sent"]
    assert len(world.connector.sent) == 2


def test_law_17_a_chunk_has_one_worker_until_its_lease_ends(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")

    def claim(worker: str) -> Claim | None:
        with world.database.writing() as cx:
            return claim_chunk(cx, worker, world.now, "hello")

    first, second = claim("one"), claim("two")
    world.now += LEASE
    third = claim("two")

    assert first is not None
    assert second is None
    assert third is not None
    assert third.fence == first.fence + 1
    with world.database.writing() as cx:
        assert not finish_chunk(cx, first)  # a zombie: its lease ended, and another has the chunk
        assert finish_chunk(cx, third)


def test_law_17_what_was_certainly_not_taken_is_offered_again(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.connector.will_answer(NotProcessed("429"), NotProcessed("429"))

    world.event("anna", "signed_up")
    world.run_for(hours=1)

    assert [status for _, status, _ in world.ended("anna")] == ["sent"]
    assert len(world.connector.sent) == 3


def test_law_18_success_is_what_the_connector_proved(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    for name in ("anna", "ben"):
        world.person(name)
    world.connector.will_answer(Accepted("m-1"), to="anna@example.com")
    world.connector.will_answer(Unknown("201 with an empty body"), to="ben@example.com")

    for name in ("anna", "ben"):
        world.event(name, "signed_up")

    assert [m.status for m in world.outbox()] == [MessageStatus.SENT, MessageStatus.UNKNOWN]


def test_law_19_every_message_ends_by_name_and_with_its_reason(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    answers: dict[str, SendResult] = {
        "sent": Accepted("m"),
        "failed": Rejected("550 no such user", Remedy.SUPPRESS_ADDRESS),
        "optout": Rejected("21610", Remedy.OPT_OUT),
        "unknown": Unknown("no answer"),
    }
    for name, answer in answers.items():
        world.person(name)
        world.connector.will_answer(answer, to=f"{name}@example.com")
        world.event(name, "signed_up")
        world.event(name, "signed_up")

    ends = {name: [end[1] for end in world.ended(name)] for name in answers}
    assert ends == {
        "sent": ["sent", "sent"],
        "failed": ["failed", "suppressed"],
        "optout": ["failed", "skipped"],
        "unknown": ["unknown", "sent"],
    }
    reasons = [reason for name in answers for _, end, reason in world.ended(name) if end != "sent"]
    assert all(reasons)


def test_law_19_credentials_that_fail_stop_the_channel_and_lose_nothing(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    for name in ("anna", "ben"):
        world.person(name)
    world.connector.will_answer(Rejected("401", Remedy.STOP_CHANNEL), to="anna@example.com")

    world.event("anna", "signed_up")
    world.event("ben", "signed_up")

    assert asyncio.run(dispatch_due(world.system, "hello")) is None
    assert world.ended("ben") == [("hello", "held", "paused: 401")]


def test_law_14_a_guardrail_that_was_passed_lets_the_playbook_fall_back_to_shadow(
    world: World,
) -> None:
    world.playbook(
        "hello",
        HELLO.replace("steps:", "back_to_shadow_if_any:\n  - complaint_rate: above 2%\nsteps:"),
    )
    world.apply()
    people = [f"c{number}" for number in range(104)]
    for name in people:
        world.person(name)
        world.queue(name, "signed_up", "hello")
    world.work()
    complained = [
        Report(Signal.COMPLAINED, world.now, f"spam-{m.id}", f"{m.id}-0")
        for m in world.outbox()[:3]
    ]
    keep_reports(world.system, "memory", Received(tuple(complained)))

    world.event("c50", "signed_up")

    assert world.ended("c50")[-1] == (
        "hello",
        "skipped",
        "complaint_rate is 2.88% of 104 messages, above 0.02",
    )
    assert world.rows('SELECT kind, "by" FROM hold') == [("shadow", "guardrail")]


def test_law_14_a_guardrail_whose_playbook_was_resumed_counts_anew(world: World) -> None:
    test_law_14_a_guardrail_that_was_passed_lets_the_playbook_fall_back_to_shadow(world)
    world.run_for(minutes=1)
    with world.database.writing() as cx:
        resume(cx, "hello", "ann", world.now)
    world.run_for(minutes=1)

    world.event("c51", "signed_up")

    assert world.ended("c51")[-1][:2] == ("hello", "sent")
    notices = [m for m in world.connector.sent if m.send_id.startswith("notice-")]
    assert [m.address for m in notices] == ["owner@acme.example"]
    assert "it fell back to shadow, because complaint_rate is 2.88%" in notices[0].text("text")


def test_law_15_of_two_playbooks_that_want_one_place_the_more_urgent_gets_it(
    world: World,
) -> None:
    world.write(
        "policies.yaml",
        "sender: Acme <hello@acme.example>\npostal_address: 1 Canal Street\n"
        "at_most: 1 message per day\n",
    )
    world.playbook("a-news", "priority: 8\n" + HELLO)
    world.playbook("z-rescue", "priority: 2\n" + HELLO.replace("email: hello", "sms: nudge"))
    world.apply()
    world.person("anna")

    world.event("anna", "signed_up")
    assert world.ended("anna") == [
        ("hello", "held", "a more urgent message goes first"),
        ("nudge", "sent", None),
    ]
    world.run_for(hours=1)

    assert world.ended("anna")[0] == ("hello", "skipped", "capped: at most 1 message per day")


def test_law_15_an_urgent_playbook_that_is_paused_keeps_nobody_waiting(world: World) -> None:
    world.playbook("a-news", "priority: 8\nrespect: {at_most: 1 message per day}\n" + HELLO)
    world.playbook("z-rescue", "priority: 2\n" + HELLO.replace("email: hello", "sms: nudge"))
    world.apply()
    world.person("anna")
    with world.database.writing() as cx:
        hold(cx, "z-rescue", "ann", "wrong words", world.now)

    world.event("anna", "signed_up")
    world.run_for(minutes=5)

    assert [end[:2] for end in world.ended("anna")] == [("hello", "sent")]
