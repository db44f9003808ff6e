"""Gates: what each says, and which is heard when several would speak."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from keepwarm.engine.frequencies import chosen_caps, stricter
from keepwarm.engine.gates import (
    Counted,
    Gate,
    Go,
    Hold,
    Manners,
    Refuse,
    Standing,
    Verdict,
    ask,
    quiet_hours_for,
)
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.zones import Zones, ZoneSource
from keepwarm.schema.phrases import AtMost, Per, Read, Window, read_at_most
from keepwarm.schema.words import Channel, Frequency, Kind, WhenCapped

AMSTERDAM = Zones(("Europe/Amsterdam",), ZoneSource.PROFILE)
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
NIGHT = datetime(2026, 6, 1, 20, tzinfo=UTC)
EIGHT = datetime(2026, 6, 2, 6, tzinfo=UTC)
QUIET = Window(time(21), time(8))
CHEERFUL = Standing(
    Channel.SMS, Kind.MARKETING, "+31612345678", consent=True, counted=(0,), zones=AMSTERDAM
)


def at_most(said: str) -> AtMost:
    read = read_at_most(said)
    assert isinstance(read, Read), read
    return read.value


MANNERS = Manners(QUIET, (at_most("3 messages per week"),), WhenCapped.SKIP)


def standing(**changes: Any) -> Standing:
    return replace(CHEERFUL, **changes)


def heard(found: Standing, manners: Manners = MANNERS, now: datetime = NOON) -> Verdict:
    return ask(found, manners, now)


def test_a_message_that_nothing_stands_against_goes() -> None:
    assert heard(standing()) == Go()


# ── The order ────────────────────────────────────────────────────────────────────────────────

#: What shuts each gate, in the order of law 14; all hold at once.
SHUT: tuple[tuple[Gate, dict[str, Any]], ...] = (
    (Gate.PAUSE, {"paused": "by ann"}),
    (Gate.ADDRESS, {"address": None}),
    (Gate.CONSENT, {"consent": False}),
    (Gate.TOPIC, {"topic_choice": False}),
    (Gate.SUPPRESSION, {"suppressed": "it bounced"}),
    (Gate.RUN, {"run_ended": "goal reached"}),
    (Gate.EXPIRY, {"expires_at": NIGHT}),
    (Gate.CHOSEN, {"chosen": (Counted(AtMost(1, Per.WEEK), 1),)}),
    (Gate.CAP, {"counted": (3,)}),
    (Gate.QUIET_HOURS, {}),  # it is night
    (Gate.GUARDRAIL, {"guardrail": "too many complaints"}),
    (Gate.BUDGET, {"over_budget": True}),
)


def test_the_table_names_every_gate_in_its_order() -> None:
    assert [gate for gate, _ in SHUT] == list(Gate)


@pytest.mark.parametrize("first", range(len(SHUT)), ids=[gate.value for gate, _ in SHUT])
def test_a_gate_is_heard_before_all_that_come_after_it(first: int) -> None:
    gate = SHUT[first][0]
    now = NIGHT if first <= list(Gate).index(Gate.QUIET_HOURS) else NOON
    changes: dict[str, Any] = {}
    for _, shut in SHUT[first:]:
        changes |= shut
    verdict = heard(standing(**changes), now=now)
    assert not isinstance(verdict, Go)
    assert verdict.gate is gate


@pytest.mark.parametrize("second", range(1, len(SHUT)))
@pytest.mark.parametrize("first", range(len(SHUT) - 1))
def test_of_two_shut_gates_the_earlier_is_heard(first: int, second: int) -> None:
    if first >= second:
        return
    at_night = Gate.QUIET_HOURS in (SHUT[first][0], SHUT[second][0])
    changes = {**SHUT[second][1], **SHUT[first][1]}
    if "expires_at" in changes:
        changes["expires_at"] = NOON
    verdict = heard(standing(**changes), now=NIGHT if at_night else NOON)
    assert not isinstance(verdict, Go)
    assert verdict.gate is SHUT[first][0]


# ── Each gate ────────────────────────────────────────────────────────────────────────────────


def test_a_pause_holds_until_it_is_lifted() -> None:
    assert heard(standing(paused="by ann")) == Hold(Gate.PAUSE, None, "paused: by ann")


@pytest.mark.parametrize(
    ("channel", "reason"),
    [(Channel.EMAIL, "no e-mail address is known"), (Channel.SMS, "no sms address is known")],
)
def test_without_an_address_nothing_goes(channel: Channel, reason: str) -> None:
    for address in (None, ""):
        verdict = heard(standing(channel=channel, address=address))
        assert verdict == Refuse(Gate.ADDRESS, MessageStatus.SKIPPED, reason)


@pytest.mark.parametrize(
    ("consent", "choice", "needs_consent", "gate"),
    [
        (True, None, True, None),
        (None, True, True, None),
        (True, True, True, None),
        (None, None, False, None),
        (None, None, True, Gate.CONSENT),
        (False, None, True, Gate.CONSENT),
        (False, None, False, Gate.CONSENT),
        (False, True, True, Gate.CONSENT),
        (True, False, True, Gate.TOPIC),
        (None, False, False, Gate.TOPIC),
    ],
)
def test_marketing_needs_consent_to_the_channel_or_the_topic(
    consent: bool | None,  # noqa: FBT001 - as the table has it
    choice: bool | None,  # noqa: FBT001 - as the table has it
    needs_consent: bool,  # noqa: FBT001 - as the table has it
    gate: Gate | None,
) -> None:
    found = standing(consent=consent, topic_choice=choice)
    verdict = heard(found, replace(MANNERS, topic_needs_consent=needs_consent))
    if gate is None:
        assert verdict == Go()
    else:
        assert isinstance(verdict, Refuse)
        assert (verdict.gate, verdict.status) == (gate, MessageStatus.SKIPPED)


def test_service_messages_and_those_to_colleagues_need_no_consent() -> None:
    assert heard(standing(kind=Kind.TRANSACTIONAL, consent=False, topic_choice=False)) == Go()
    assert heard(standing(channel=Channel.CHAT, consent=None, zones=None)) == Go()


def test_a_suppressed_address_is_not_used_even_for_service() -> None:
    verdict = heard(standing(kind=Kind.TRANSACTIONAL, suppressed="it bounced"))
    assert verdict == Refuse(Gate.SUPPRESSION, MessageStatus.SUPPRESSED, "it bounced")


def test_a_run_that_ended_takes_its_messages_with_it() -> None:
    verdict = heard(standing(run_ended="goal reached"))
    assert verdict == Refuse(Gate.RUN, MessageStatus.SKIPPED, "goal reached")


def test_a_message_expires_at_its_moment_and_not_before() -> None:
    tick = timedelta(microseconds=1)
    assert heard(standing(expires_at=NOON + tick)) == Go()
    verdict = heard(standing(expires_at=NOON))
    assert verdict == Refuse(Gate.EXPIRY, MessageStatus.EXPIRED, "its time had passed")


def test_a_cap_that_is_full_skips() -> None:
    assert heard(standing(counted=(2,))) == Go()
    verdict = heard(standing(counted=(3,)))
    assert isinstance(verdict, Refuse)
    assert verdict.reason == "capped: at most 3 messages per week"


def test_a_cap_may_wait_for_the_customers_next_day() -> None:
    manners = replace(MANNERS, when_capped=WhenCapped.WAIT)
    verdict = heard(standing(counted=(3,)), manners)
    midnight = datetime(2026, 6, 1, 22, tzinfo=UTC)
    assert verdict == Hold(Gate.CAP, midnight, "capped: at most 3 messages per week")


def test_the_last_place_under_a_cap_is_kept_for_the_more_urgent() -> None:
    assert heard(standing(counted=(1,), more_urgent=(1,))) == Go()
    verdict = heard(standing(counted=(2,), more_urgent=(1,)))
    assert verdict == Hold(Gate.CAP, None, "a more urgent message goes first")


def test_a_cap_on_one_channel_does_not_bind_another() -> None:
    manners = replace(MANNERS, caps=(AtMost(1, Per.DAY, Channel.EMAIL),))
    assert heard(standing(counted=(5,)), manners) == Go()
    verdict = heard(standing(channel=Channel.EMAIL, counted=(5,)), manners)
    assert isinstance(verdict, Refuse)


def test_caps_do_not_bind_service_messages() -> None:
    assert heard(standing(kind=Kind.TRANSACTIONAL, counted=(99,))) == Go()
    chosen = (Counted(AtMost(1, Per.DAY), 99),)
    assert heard(standing(kind=Kind.TRANSACTIONAL, chosen=chosen)) == Go()


def test_what_the_customer_chose_is_a_cap_with_a_reason_of_its_own() -> None:
    chosen = (Counted(AtMost(1, Per.WEEK), 1),)
    verdict = heard(standing(chosen=chosen))
    assert isinstance(verdict, Refuse)
    assert verdict.reason == "the customer wants at most 1 message per week"
    waits = heard(standing(chosen=chosen), replace(MANNERS, when_capped=WhenCapped.WAIT))
    assert isinstance(waits, Hold)
    assert (waits.gate, waits.reason) == (Gate.CHOSEN, verdict.reason)
    urgent = heard(standing(chosen=(Counted(AtMost(1, Per.WEEK), 0, 1),)))
    assert urgent == Hold(Gate.CHOSEN, None, "a more urgent message goes first")


def test_a_customer_chooses_over_all_channels_and_for_each_by_itself() -> None:
    chose = {"message_frequency": "one a day", "sms_frequency": "one a month", "plan": "pro"}
    over_all = AtMost(1, Per.DAY)
    assert chosen_caps(chose, Channel.SMS) == (over_all, AtMost(1, Per.MONTH, Channel.SMS))
    assert chosen_caps(chose, Channel.EMAIL) == (over_all,)
    assert chosen_caps({"message_frequency": "every message"}, Channel.SMS) == ()
    assert chosen_caps({"message_frequency": "often"}, Channel.SMS) == ()
    assert chosen_caps(chose, Channel.CHAT) == ()


def test_quiet_hours_hold_until_they_are_over() -> None:
    assert heard(standing(), now=NIGHT) == Hold(
        Gate.QUIET_HOURS, EIGHT, "quiet hours (21:00 to 08:00)"
    )
    assert heard(standing(), now=EIGHT) == Go()


def test_what_would_expire_in_the_quiet_hours_expires_now() -> None:
    verdict = heard(standing(expires_at=EIGHT), now=NIGHT)
    assert isinstance(verdict, Refuse)
    assert (verdict.gate, verdict.status) == (Gate.EXPIRY, MessageStatus.EXPIRED)
    later = EIGHT + timedelta(minutes=1)
    assert isinstance(heard(standing(expires_at=later), now=NIGHT), Hold)


def test_who_has_no_zone_at_all_has_no_night() -> None:
    assert heard(standing(zones=None), now=NIGHT) == Go()


def test_zones_without_a_common_hour_refuse() -> None:
    zones = Zones(("America/New_York", "Asia/Tokyo", "Europe/London"), ZoneSource.PHONE)
    verdict = heard(standing(zones=zones))
    assert isinstance(verdict, Refuse)
    assert verdict.gate is Gate.QUIET_HOURS


@pytest.mark.parametrize(
    ("channel", "kind", "stated", "bound_by"),
    [
        (Channel.SMS, Kind.MARKETING, None, Window(time(21), time(8))),
        (Channel.PUSH, Kind.TRANSACTIONAL, None, Window(time(21), time(8))),
        (Channel.SMS, Kind.MARKETING, Window(time(20), time(9)), Window(time(20), time(9))),
        (Channel.EMAIL, Kind.MARKETING, None, None),
        (Channel.EMAIL, Kind.MARKETING, QUIET, QUIET),
        (Channel.EMAIL, Kind.TRANSACTIONAL, QUIET, None),
        (Channel.CHAT, Kind.TRANSACTIONAL, QUIET, None),
        (Channel.CHAT, Kind.MARKETING, QUIET, None),
        (Channel.WEBHOOK, Kind.TRANSACTIONAL, QUIET, None),
    ],
)
def test_quiet_hours_bind_what_rings_always_and_mail_where_somebody_says_so(
    channel: Channel, kind: Kind, stated: Window | None, bound_by: Window | None
) -> None:
    assert quiet_hours_for(channel, kind, stated) == bound_by


def test_a_guardrail_and_a_budget_refuse() -> None:
    guarded = heard(standing(guardrail="too many complaints"))
    assert guarded == Refuse(Gate.GUARDRAIL, MessageStatus.SKIPPED, "too many complaints")
    poor = heard(standing(over_budget=True))
    assert isinstance(poor, Refuse)
    assert poor.gate is Gate.BUDGET


def test_of_two_choices_the_rarer_counts_and_what_is_no_choice_does_not() -> None:
    daily, monthly = Frequency.ONE_A_DAY, Frequency.ONE_A_MONTH
    assert stricter(daily, monthly) == stricter(monthly, daily) == monthly
    assert stricter(daily, None) == stricter("often", "one a day") == daily
    assert stricter(None, "often") is None


@pytest.mark.parametrize("gate", Gate)
def test_another_way_is_tried_only_where_this_way_is_closed(gate: Gate) -> None:
    closed = {Gate.ADDRESS, Gate.CONSENT, Gate.TOPIC, Gate.SUPPRESSION}
    refusal = Refuse(gate, MessageStatus.SKIPPED, "")
    assert refusal.may_try_another_way is (gate in closed)
