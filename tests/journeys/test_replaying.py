"""A recorded period replayed gives the identical ledger."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.store.database import Database
from tests.journeys.replayed import SCORES, Clockwork, lived_ledger, replayed_ledger
from tests.journeys.world import START

HELLO = """\
topic: tips
start: {event: signed_up, once: per customer}
only_if: [{plan: not enterprise}]
goal: {event: checkout_completed, within: 5 days}
holdout: 20%
respect: {at_most: 1 message per day}
steps:
  - email: hello
  - sms: nudge
    or_else: {email: nudge}
  - wait: 1 day
  - if: [{project_created: at least once since start}]
    then:
      - email: nudge
    else:
      - wait: until project_created, at most 2 days
        name: project
      - sms: last
        only_if: [{project: timed out}]
"""
RESCUE = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
goal: {event: payment_succeeded, for_the_same: invoice, within: 14 days}
steps:
  - sms: hello
  - wait: 6 hours
  - task: Call them
    name: rescue
    for: care
    due: in 4 working hours
    if_late: [{notify: "#care"}]
  - wait: until rescue is done, at most 2 days
  - update: {subscription_status: suspended}
    only_if: [{rescue: not saved}]
  - start_playbook: called
"""
CALLED = """\
topic: news
start: {called: by another playbook, once: every time}
steps:
  - offer: ten-percent
    expires: in 3 days
  - email: last
"""
QUIET = """\
topic: offers
start:
  every: day at 09:30
  for_customers:
    - logged_in: never in the last 3 days
    - subscription_status: not suspended
  again_after: 4 days
stop_if_any: [{open_tickets: at least 1}]
rollout: [50% for 2 days, 100%]
steps:
  - email: hello
  - wait: 2 days
  - email: nudge
"""
CART = """\
topic: offers
start:
  event: cart_updated
  where: [{items: at least 1}]
  and_then_no: checkout_completed
  for: 4 hours
  again_after: 2 days
steps:
  - email: last
    expires: in 2 hours
  - wait: until 20:30
  - push: nudge
"""
RENEWAL = """\
kind: transactional
start: {date: renewal_date, before: 2 days, at: 09:10}
steps:
  - email: hello
  - wait: until 1 day before renewal_date
  - email: nudge
"""
TICKETS = """\
topic: news
start: {becomes: [{open_tickets: at least 2}], again_after: 1 day}
steps:
  - notify: "#care"
  - tag: at-risk
  - email: hello
"""


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Clockwork:
    return Clockwork(database, tmp_path / "playbooks")


def assert_replayed(world: Clockwork) -> None:
    lived, replayed = lived_ledger(world), replayed_ledger(world, START)
    for table in ("runs", "decisions", "messages"):
        assert replayed[table] == lived[table], table


def test_a_week_of_events_schedules_gates_and_changes_gives_the_same_ledger_again(
    world: Clockwork,
) -> None:
    for name, rest in (
        ("hello-you", HELLO),
        ("rescue", RESCUE),
        ("called", CALLED),
        ("quiet", QUIET),
        ("cart", CART),
    ):
        world.playbook(name, rest)
    world.apply()
    names = [f"c{number}" for number in range(8)]
    zones = ("Europe/Amsterdam", "America/New_York", "Asia/Tokyo", "nowhere")
    for number, name in enumerate(names):
        world.person(name, timezone=zones[number % 4], subscription_status="active")
        world.event(name, "signed_up")
        if number % 3:
            world.run_for(seconds=40)
            world.update(name, plan="enterprise" if number == 7 else "free")
    world.run_for(hours=3)
    world.event("c1", "project_created", kind="a", at=world.now - timedelta(hours=2))
    world.event("c3", "payment_failed", invoice="A", amount=10)
    world.event("c3", "payment_failed", invoice="B", amount=20)
    world.event("c4", "cart_updated", items=2)
    world.run_for(hours=11)
    world.event("c5", "payment_failed", invoice="C", amount=1)
    world.event("c4", "cart_updated", items=3)
    world.update("c1", sms_consent=False)
    world.update("c2", message_frequency="one a week")
    world.update("c0", email_frequency="one a month")
    world.run_for(hours=20)
    world.event("c3", "payment_succeeded", invoice="A")
    world.event("c4", "checkout_completed")
    world.update("c6", email_consent=False, email="other@example.com")
    world.update("c7", open_tickets=1, timezone="Asia/Kolkata")
    world.person("late-comer", subscription_status="active")
    world.event("late-comer", "signed_up")
    world.run_for(days=2)
    world.update("c5", subscription_status="cancelled")
    world.event("c6", "logged_in")
    world.event("c2", "cart_updated", items=1)
    world.run_for(days=3, hours=5)

    assert {row[9].split(" (")[0] for row in lived_ledger(world)["messages"]} >= {
        "", "quiet hours", "capped: at most 1 message per day",
        "the customer withdrew consent to email",
        "the customer wants at most 1 message per week",
        "the customer wants at most 1 email per month",
    }  # fmt: skip
    assert {row[4] for row in lived_ledger(world)["runs"]} == {"live", "holdout"}
    assert_replayed(world)


def test_two_days_of_dates_and_of_those_who_begin_to_match_give_the_same_ledger_again(
    world: Clockwork,
) -> None:
    world.playbook("renewal", RENEWAL)
    world.playbook("tickets", TICKETS)
    world.apply()
    world.person("ann", renewal_date="2026-03-05", timezone="Asia/Tokyo")
    world.person("ben", open_tickets=2)
    world.person("cem", open_tickets=1, timezone="America/New_York", renewal_date="2026-03-04")
    world.person("dee", renewal_date="2026-03-20")
    world.run_for(hours=2, minutes=7)
    world.update("cem", open_tickets=3)
    world.update("dee", renewal_date="2026-03-05")
    world.run_for(hours=26)
    world.update("cem", open_tickets=0)
    world.update("ben", open_tickets=0)
    world.run_for(minutes=20)
    world.update("cem", open_tickets=2)
    world.update("ben", open_tickets=2)
    world.run_for(hours=21)

    assert {row[1] for row in lived_ledger(world)["runs"]} == {"renewal", "tickets"}
    assert_replayed(world)


SLIPPING = """\
topic: news
start: {becomes: [{rfm_segment: one of about_to_sleep, hibernating, lost}], again_after: 1 day}
steps:
  - email: hello
  - if: [{lifetime_value: in the top 40%}]
    then:
      - email: nudge
"""
BEST = """\
topic: news
start: {becomes: [{lifetime_value: in the top 30%}], again_after: 1 day}
stop_if_any: [{rfm_segment: champions}]
steps:
  - push: hello
  - wait: 30 hours
  - if: [{lifetime_value: at least 100}]
    then:
      - push: last
"""
DEAREST = """\
topic: offers
start:
  every: day at 09:30
  for_customers: [{monthly_revenue: in the top 25%}, {rfm_segment: known}]
  again_after: 3 days
steps:
  - email: last
"""


def test_days_between_which_scores_and_ranks_change_gives_the_same_ledger_again(
    world: Clockwork,
) -> None:
    world.write("catalog/scores.yaml", SCORES)
    for name, rest in (("slipping", SLIPPING), ("best", BEST), ("dearest", DEAREST)):
        world.playbook(name, rest)
    world.apply()
    for number in range(8):
        world.person(f"c{number}", monthly_revenue=10 * number)
        if number < 7:
            world.event(f"c{number}", "ordered", amount=20.5 * number)
    # Their own value stays, and what others buy moves the rank of it.
    for day, (buyer, amount) in enumerate([(0, 30), (7, 400.25), (1, 80)]):
        world.run_for(hours=9, seconds=day)
        world.event(f"c{buyer}", "ordered", amount=amount)
        world.event(f"c{buyer}", "ordered", amount=1)
        world.update(f"c{day}", monthly_revenue=65 - day)
        # It happened before a night, and nobody knew of it then.
        late = world.now - timedelta(hours=20)
        world.run_for(hours=15)
        world.event(f"c{day + 1}", "ordered", amount=300 - 40 * day, at=late)
        # Half an hour before a schedule asks for the rank of it.
        world.update(f"c{7 - day}", monthly_revenue=1 + day)

    lived = lived_ledger(world)
    entered = [(row[0], row[1]) for row in lived["runs"]]
    assert {name for _, name in entered} == {"slipping", "best", "dearest"}
    assert len(entered) >= 9
    assert_replayed(world)
