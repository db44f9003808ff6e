"""Laws 7 to 13: waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keepwarm.flows.scoring import compute_scores_daily
from tests.journeys.world import START, World

NUDGES = """\
kind: transactional
start:
  event: signed_up
  once: every time
steps:
  - email: hello
  - wait: {wait}
  - email: last
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "begins", "wait", "expected"),
    [
        # Clocks go forward on 29 March in Amsterdam: the same time of day is an hour sooner.
        ("Europe/Amsterdam", "2026-03-28T09:00", "1 day", "2026-03-29T08:00"),
        ("Europe/Amsterdam", "2026-03-28T09:00", "24 hours", "2026-03-29T09:00"),
        # And back on 25 October: an hour later.
        ("Europe/Amsterdam", "2026-10-24T08:00", "1 day", "2026-10-25T09:00"),
        # 02:30 does not exist on 8 March in New York: the first instant after the gap.
        ("America/New_York", "2026-03-07T07:30", "1 day", "2026-03-08T07:00"),
        # 01:30 comes twice on 1 November: the first time.
        ("America/New_York", "2026-10-31T05:30", "1 day", "2026-11-01T05:30"),
        # Lord Howe moves by half an hour.
        ("Australia/Lord_Howe", "2026-04-04T09:00", "1 day", "2026-04-05T09:30"),
        # Apia skipped 30 December 2011 whole.
        ("Pacific/Apia", "2011-12-29T10:00", "1 day", "2011-12-30T10:00"),
    ],
)
def test_law_7_calendar_waits_keep_the_clock_time_and_elapsed_waits_do_not(
    world: World, zone: str, begins: str, wait: str, expected: str
) -> None:
    world.playbook("nudges", NUDGES.format(wait=wait))
    world.now = at(begins)
    world.apply()
    world.person("anna", timezone=zone)

    world.event("anna", "signed_up")
    world.run_for(days=3)

    assert [each.at for each in world.outbox("anna")] == [at(begins), at(expected)]


def test_law_8_quiet_hours_over_midnight_hold_and_release_in_the_morning(world: World) -> None:
    world.playbook(
        "nudges",
        "topic: tips\nstart: {event: signed_up, once: every time}\n"
        "respect: {quiet_hours: 21:00 to 08:00}\nsteps:\n  - sms: nudge\n",
    )
    world.now = at("2026-03-02T20:30")  # 21:30 in Amsterdam
    world.apply()
    world.person("anna")

    world.event("anna", "signed_up")
    assert world.told("anna") == []
    world.run_until(at("2026-03-03T12:00"))

    [message] = world.outbox("anna")
    assert [note.status for note in message.history] == ["held", "sending", "sent"]
    assert at("2026-03-03T07:00") <= message.at < at("2026-03-03T07:10")


def test_law_9_the_zone_is_the_profiles_else_the_numbers_else_the_projects(world: World) -> None:
    world.playbook(
        "nudges", "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - sms: nudge\n"
    )
    world.now = at("2026-03-02T12:00")  # 07:00 in New York, 21:00 in Tokyo
    world.apply()
    world.person("profile", timezone="Asia/Tokyo", phone="+31612345678")
    world.person("number", timezone=None, phone="+12125550123")
    world.person("project", timezone=None, phone="+8005550123")
    world.person("several", timezone=None, phone="+18005550123")

    for name in ("profile", "number", "project", "several"):
        world.event(name, "signed_up")
    world.run_for(hours=30)

    sent = {each.customer: each.at for each in world.outbox()}
    assert at("2026-03-02T23:00") <= sent["profile"] < at("2026-03-02T23:10")
    assert at("2026-03-02T13:00") <= sent["number"] < at("2026-03-02T13:10")
    assert sent["project"] == at("2026-03-02T12:00")  # 13:00 in Amsterdam
    # A toll-free number may be anywhere in America: open on the west coast and beyond as well.
    assert sent["several"] >= at("2026-03-02T18:00")


def test_law_10_an_event_between_the_send_and_the_wait_counts(world: World) -> None:
    world.playbook(
        "nudges",
        "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"
        "  - wait: 1 hour\n  - wait: until project_created, at most 3 days\n    name: first\n"
        "  - if:\n      - first: timed out\n    then:\n      - email: nudge\n"
        "    else:\n      - email: last\n",
    )
    world.apply()
    world.person("anna")
    world.person("ben")
    for name in ("anna", "ben"):
        world.event(name, "signed_up")

    world.run_for(minutes=30)
    world.event("anna", "project_created")
    world.run_for(days=4)

    assert world.told("anna") == ["Mon 09:00 email hello", "Mon 10:00 email last"]
    assert world.told("ben")[-1].endswith("email nudge")


def test_law_10_an_event_dated_before_the_deadline_that_arrives_just_late_wins(
    world: World,
) -> None:
    world.playbook(
        "nudges",
        "kind: transactional\nstart: {event: signed_up}\nsteps:\n"
        "  - wait: until project_created, at most 3 days\n    name: first\n"
        "  - if:\n      - first: happened\n    then:\n      - email: last\n",
    )
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")

    world.run_until(START + timedelta(days=3, seconds=10))
    world.event("anna", "project_created", at=START + timedelta(days=3, seconds=-1))

    assert world.told("anna") == ["Thu 09:00 email last"]


def test_law_11_the_goal_interrupts_a_wait_and_cancels_what_is_queued(world: World) -> None:
    world.playbook(
        "nudges",
        "kind: transactional\nstart: {event: signed_up}\ngoal: {event: project_created}\n"
        "steps:\n  - sms: nudge\n  - wait: 3 days\n  - email: last\n",
    )
    world.now = at("2026-03-02T22:00")  # at night, so that the text is held
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")

    world.run_for(hours=1)
    world.event("anna", "project_created")
    assert world.runs("nudges") == [("anna", "goal reached", "live")]
    world.run_for(days=5)

    assert world.ended("anna") == [("nudge", "skipped", "the goal was reached first")]


def test_law_11_a_changed_attribute_stops_the_run_at_once(world: World) -> None:
    world.playbook(
        "nudges",
        "kind: transactional\nstart: {event: signed_up}\n"
        "stop_if_any:\n  - subscription_status: cancelled\n"
        "steps:\n  - wait: 3 days\n  - email: last\n",
    )
    world.apply()
    world.person("anna", subscription_status="active")
    world.event("anna", "signed_up")

    world.run_for(days=1)
    world.update("anna", subscription_status="cancelled")

    assert world.runs("nudges") == [("anna", "stopped", "live")]


def test_law_11_a_score_that_is_another_one_at_night_stops_the_run(world: World) -> None:
    world.write("catalog/orders.yaml", "events: {ordered: {with: {amount: number}}}\n"
                "scores: {lifetime_value: {from: ordered, amount: amount}}\n")  # fmt: skip
    world.playbook(
        "nudges",
        "kind: transactional\nstart: {event: signed_up}\n"
        "stop_if_any:\n  - lifetime_value: at least 100\n"
        "steps:\n  - wait: 9 days\n  - email: last\n",
    )
    world.apply()
    for name in ("anna", "ben", "cleo"):
        world.person(name)
        world.event(name, "signed_up")
    world.event("ben", "ordered", amount=20)
    world.run_for(days=1)
    compute_scores_daily(world.system)
    world.event("anna", "ordered", amount=150)
    world.event("ben", "ordered", amount=30)
    world.run_for(days=1)
    assert compute_scores_daily(world.system) == {"lifetime_value": 2}
    world.work()

    assert world.runs("nudges") == [
        ("anna", "stopped", "live"),
        ("ben", "active", "live"),
        ("cleo", "active", "live"),
    ]


def test_law_12_a_wait_begins_when_the_message_before_it_was_really_sent(world: World) -> None:
    world.playbook(
        "nudges",
        "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - sms: nudge\n"
        "  - wait: 2 hours\n  - email: last\n",
    )
    world.playbook(
        "answers",
        "kind: transactional\nstart: {event: cart_updated}\nsteps:\n  - sms: nudge\n"
        "  - wait: until logged_in, at most 2 days\n  - wait: 2 hours\n  - email: last\n",
    )
    world.now = at("2026-03-02T22:00")  # 23:00 in Amsterdam
    world.apply()
    for name, event in (("anna", "signed_up"), ("eve", "cart_updated")):
        world.person(name)
        world.event(name, event)
    world.run_for(minutes=10)
    world.event("eve", "logged_in")  # ends her first wait, before the text was sent
    world.run_for(days=1)

    for name in ("anna", "eve"):
        text, email = world.outbox(name)
        assert text.at >= at("2026-03-03T07:00")
        assert email.at == text.at + timedelta(hours=2)


def test_law_13_a_week_of_downtime_loses_no_timer(world: World) -> None:
    world.playbook("once", NUDGES.format(wait="2 days"))
    world.playbook(
        "skips", NUDGES.format(wait="2 days").replace("steps:", "catch_up: skip\nsteps:")
    )
    world.playbook(
        "expires",
        NUDGES.format(wait="2 days").replace("email: last", "email: last\n    expires: in 1 day"),
    )
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")

    world.now += timedelta(days=9)  # nothing ran meanwhile
    world.work()

    last = [m.playbook for m in world.outbox("anna") if m.template == "last"]
    assert sorted(last) == ["expires", "once"]
    assert all(status == "completed" for _, status, _ in world.runs("skips"))
