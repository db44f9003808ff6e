"""Refusals: what ends as failed through no fault of its receiver is told to an owner (law 19)."""

from __future__ import annotations

from datetime import timedelta

from keepwarm.engine.outcome import NotProcessed, Received, Rejected, Remedy, Report, Signal
from keepwarm.flows.arrivals import Identify
from keepwarm.flows.housekeeping import keep_house_hourly
from keepwarm.flows.reports import keep_reports
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.circuits import TRIED_EVERY
from keepwarm.store.people import Suppression, SuppressionReason, suppress
from tests.journeys.world import World
from tests.laws.test_circuits import START, mails, sign_up, stopped

UNVERIFIED = Rejected("The from address is not verified.", Remedy.FIX_CONTENT)
NOT_SUBSCRIBED = Rejected("nobody is reached by this push", Remedy.NOT_SUBSCRIBED)
OPTED_OUT = SuppressionReason.OPTED_OUT
FULL = Rejected("552 5.2.2 mailbox full", Remedy.NOT_NOW)
NOBODY = Rejected("no such mailbox", Remedy.SUPPRESS_ADDRESS)


def notices(world: World) -> list[tuple[str, str, str]]:
    rows = world.rows("SELECT channel, address, words FROM notice ORDER BY id")
    return [(channel, address, words) for channel, address, words in rows]


def suppressions(world: World) -> list[str]:
    return [reason for (reason,) in world.rows("SELECT reason FROM suppression ORDER BY reason")]


def dropped(world: World, message: int, reason: str, remedy: Remedy) -> Received:
    """Give what a provider reports that took a message and let it fall."""
    key, moment = f"{reason} {message} {world.now}", world.now
    return Received((Report(Signal.REJECTED, moment, key, f"{message}-0", reason=reason,
                            word="dropped", remedy=remedy),))  # fmt: skip


def test_law_19_what_is_refused_for_good_is_told_to_its_owner_once_a_day(world: World) -> None:
    mails(world)
    world.connector.will_answer(UNVERIFIED, UNVERIFIED, NOBODY)
    sign_up(world, "anna", "ben", "cleo", "dora")

    assert [end for _, end, _ in world.ended()] == ["failed", "failed", "failed", "sent"]
    told = [words for _, _, words in notices(world)]
    words = (
        "hello: 1 e-mail ended as failed: The from address is not verified. It is not sent again."
        " It stands in the outbox with its reason; more of the same kind are not told of today."
    )
    assert told == [words]
    world.run_for(days=1)
    world.connector.will_answer(UNVERIFIED)
    sign_up(world, "eric")

    assert [words for _, _, words in notices(world)] == [words] * 2


def test_law_19_whom_a_provider_cannot_reach_one_way_is_reached_the_next(world: World) -> None:
    ways = "  - push: hello\n    or_else: {sms: hello}\n  - wait: 1 hour\n  - push: last\n"
    world.playbook("hello", f"{START}{ways}    or_else: {{sms: last}}\n")
    world.apply()
    world.connector.will_answer(NOBODY, to="anna")
    world.connector.will_answer(FULL, to="ben")
    sign_up(world, "anna", "ben")
    world.run_for(hours=2)

    assert world.told("anna") == ["Mon 09:00 sms hello", "Mon 10:00 sms last"]
    # What is so for now only keeps nobody from the next message.
    assert world.told("ben") == ["Mon 09:00 sms hello", "Mon 10:00 push last"]
    assert world.runs("hello") == [("anna", "completed", "live"), ("ben", "completed", "live")]
    assert notices(world) == []


def test_law_19_who_subscribes_later_is_reached_and_who_opted_out_is_not(world: World) -> None:
    ways = "  - push: hello\n    or_else: {sms: hello}\n"
    world.playbook("hello", f"{START}{ways}")
    world.apply()
    for name in ("anna", "ben", "cleo", "dora"):
        world.connector.will_answer(NOT_SUBSCRIBED, to=name)
    sign_up(world, "anna", "ben", "cleo", "dora")
    assert notices(world) == []
    opted_out = address_hash(world.system.pepper, Channel.PUSH, "cleo")
    with world.database.writing() as cx:
        suppress(cx, [Suppression(Channel.PUSH, opted_out, OPTED_OUT, world.now)])

    # Until something is told, or a day is over, nobody is asked for what was just said.
    sign_up(world, "anna")
    assert world.told("anna") == ["Mon 09:00 sms hello"] * 2
    world.tell(Identify("anna", None, takes_pushes=True).payload())
    world.tell(Identify("cleo", None, takes_pushes=True).payload())
    world.update("ben", push_consent=True)
    sign_up(world, "anna", "ben")
    assert world.told("anna")[-1] == "Mon 09:00 push hello"
    assert world.told("ben") == ["Mon 09:00 sms hello"] * 2
    assert suppressions(world) == ["not subscribed", "not subscribed", "opted out"]
    keep_house_hourly(world.system)
    world.run_for(hours=26)
    keep_house_hourly(world.system)

    assert suppressions(world) == ["opted out"]


def test_law_19_a_day_without_a_provider_is_told(world: World) -> None:
    mails(world)
    away = [NotProcessed("the connection was refused")] * 31
    full = [NotProcessed("452 4.2.2 mailbox full", is_of_the_receiver=True)] * 31
    world.connector.will_answer(*away, to="anna@example.com")
    world.connector.will_answer(*full, to="ben@example.com")
    sign_up(world, "anna", "ben")
    world.run_for(days=2)

    assert [end for _, end, _ in world.ended()] == ["failed", "failed"]
    assert len(notices(world)) == 1  # a mailbox that stays full is its owner's matter
    assert "hello: 1 e-mail ended as failed: the connection was refused." in notices(world)[0][2]


def test_law_19_a_provider_that_drops_what_it_takes_is_stopped(world: World) -> None:
    mails(world)
    sign_up(world, "anna", "ben")
    quota = "Recipient List over Package Quota"
    late = dropped(world, 1, quota, Remedy.STOP_CHANNEL)
    world.run_for(minutes=TRIED_EVERY / timedelta(minutes=1))
    keep_reports(world.system, "memory", late)
    assert stopped(world) == {}

    keep_reports(world.system, "memory", dropped(world, 1, quota, Remedy.STOP_CHANNEL))
    [(trial,)] = world.rows("SELECT try_at FROM circuit")
    world.run_for(minutes=1)
    keep_reports(world.system, "memory", dropped(world, 2, quota, Remedy.STOP_CHANNEL))
    sign_up(world, "cleo")

    assert stopped(world) == {"memory": quota}
    assert world.rows("SELECT try_at FROM circuit") == [(trial,)]
    assert [end for _, end, _ in world.ended()] == ["failed", "failed", "held"]
    world.run_for(minutes=10)

    assert stopped(world) == {}
    assert [end for _, end, _ in world.ended()] == ["failed", "failed", "sent"]
    spam = dropped(world, 3, "Spam Content", Remedy.FIX_CONTENT)
    keep_reports(world.system, "memory", spam)
    assert "hello: 1 e-mail ended as failed: Spam Content." in notices(world)[-1][2]


def test_law_19_what_its_provider_gives_up_ends_as_failed_and_suppresses_nobody(
    world: World,
) -> None:
    mails(world)
    sign_up(world, "anna", "ben")
    moment = world.now

    def report(signal: Signal, message: int) -> Report:
        reason = "Twilio error 30003" if signal is Signal.SOFT_BOUNCED else ""
        return Report(signal, moment, f"{signal} {message}", f"{message}-0", reason=reason)

    orders = (Signal.SOFT_BOUNCED, Signal.SENT), (Signal.DELIVERED, Signal.SOFT_BOUNCED)
    for message, told in enumerate(orders, start=1):
        for signal in told:
            keep_reports(world.system, "memory", Received((report(signal, message),)))

    assert world.ended() == [
        ("hello", "failed", "Twilio error 30003"),
        ("hello", "delivered", None),
    ]
    sign_up(world, "anna")
    assert world.ended("anna")[-1][1] == "sent"


def test_law_19_who_cannot_be_told_by_chat_is_told_by_mail(world: World) -> None:
    world.playbook("hello", f"{START}  - notify: care\n    says: hello\n")
    world.write("hello.yaml", (world.folder / "hello.yaml").read_text().replace(
        "owner: owner@acme.example", "owner: care"))  # fmt: skip
    world.apply()
    gone = Rejected("Slack says not_in_channel")
    world.connector.will_answer(gone, gone, to="#care")
    world.connector.will_answer(to="ann@acme.example")
    sign_up(world, "anna")
    world.work()

    [by_chat, by_mail] = notices(world)
    assert by_chat[:2] == ("notify", "#care")
    assert by_mail[:2] == ("email", "ann@acme.example")
    refusal = " (#care could not be told: Slack says not_in_channel.)"
    assert by_mail[2] == by_chat[2] + refusal
    assert "hello: 1 chat message ended as failed: Slack says not_in_channel." in by_chat[2]
    assert len(world.connector.texts_to("ann@acme.example")) == 1
