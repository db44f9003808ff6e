"""Laws 1 to 6: entering."""

from __future__ import annotations

from datetime import timedelta

from keepwarm.engine.run import Mode, RunStatus
from keepwarm.schema.playbook import OncePerCustomer
from keepwarm.store.entry_rows import insert_entrants, next_keys
from tests.journeys.world import World

ONBOARDING = """\
topic: tips
start:
  event: signed_up
  once: per customer
steps:
  - email: hello
"""


def test_law_1_a_customer_enters_once_however_often_the_event_comes(world: World) -> None:
    world.playbook("onboarding", ONBOARDING)
    world.apply()
    world.person("anna")

    for _ in range(3):
        world.event("anna", "signed_up")

    assert world.told("anna") == ["Mon 09:00 email hello"]
    assert world.runs("onboarding") == [("anna", "completed", "live")]


def test_law_1_of_two_who_let_the_same_customer_in_at_once_one_begins_a_run(world: World) -> None:
    world.playbook("onboarding", ONBOARDING)
    world.apply()
    world.person("anna")

    with world.database.writing() as cx:
        released = world.system.shelf.live(cx)["onboarding"].released
        # Each looks before the other one has written anything.
        seen = [next_keys(cx, released.plan, OncePerCustomer(), [1], world.now) for _ in range(2)]
        begun = [
            insert_entrants(
                cx,
                released.plan,
                released.version_id,
                [(customer, key, world.now, None) for customer, key in keys.items()],
                RunStatus.SETTLING,
                Mode.LIVE,
                world.now,
            )
            for keys in seen
        ]

    assert begun == [1, 0]
    world.work()
    assert world.told("anna") == ["Mon 09:00 email hello"]


def test_law_2_one_run_for_each_invoice_and_its_later_events_go_to_it(world: World) -> None:
    world.playbook(
        "failed-payment",
        """\
kind: transactional
start:
  event: payment_failed
  once: per invoice
goal: {event: payment_succeeded, for_the_same: invoice}
steps:
  - email: hello
  - wait: 1 day
  - email: last
""",
    )
    world.apply()
    world.person("anna")

    for invoice in ("A", "B", "A"):
        world.event("anna", "payment_failed", invoice=invoice)
    world.event("anna", "payment_succeeded", invoice="A")
    world.run_for(days=2)

    assert [status for _, status, _ in world.runs("failed-payment")] == [
        "goal reached",
        "completed",
    ]
    assert world.told("anna") == [
        "Mon 09:00 email hello",
        "Mon 09:00 email hello",
        "Tue 09:00 email last",
    ]


def test_law_2_only_the_same_invoice_keeps_away_or_puts_off_who_must_be_quiet_first(
    world: World,
) -> None:
    world.playbook(
        "unpaid",
        """\
kind: transactional
start:
  event: payment_failed
  once: per invoice
  and_then_no: payment_succeeded
  for: 3 hours
steps:
  - email: hello
""",
    )
    world.apply()
    world.person("anna")

    world.event("anna", "payment_failed", invoice="A")
    world.run_for(hours=1)
    world.event("anna", "payment_failed", invoice="B")
    world.run_for(hours=1)
    world.event("anna", "payment_succeeded", invoice="B")
    world.run_for(days=1)

    assert [status for _, status, _ in world.runs("unpaid")] == ["completed", "turned away"]
    assert world.told("anna") == ["Mon 12:00 email hello"]


def test_law_2_a_wait_in_the_run_of_one_invoice_is_not_ended_by_another_one(world: World) -> None:
    world.playbook(
        "unpaid",
        """\
kind: transactional
start:
  event: payment_failed
  once: per invoice
steps:
  - wait: until payment_succeeded, at most 3 days
    name: paid
  - if:
      - paid: happened
    then:
      - email: last
    else:
      - email: nudge
""",
    )
    world.apply()
    for name in ("anna", "ben"):
        world.person(name)
        world.event(name, "payment_failed", invoice="A")
        world.event(name, "payment_failed", invoice="B")

    world.run_for(hours=1)
    world.event("anna", "payment_succeeded", invoice="B")
    world.event("ben", "payment_succeeded")  # names none, and counts for all
    world.run_for(days=4)

    assert world.told("anna") == ["Mon 10:00 email last", "Thu 09:00 email nudge"]
    assert world.told("ben") == ["Mon 10:00 email last"] * 2


def test_law_3_an_event_told_twice_is_one_and_never_lies_in_the_future(world: World) -> None:
    world.playbook("onboarding", ONBOARDING.replace("per customer", "every time"))
    world.apply()
    world.person("anna")

    later = world.now + timedelta(days=400)
    world.event("anna", "signed_up", message_id="m-1", at=later)
    world.event("anna", "signed_up", message_id="m-1", at=later)

    [(at, received_at)] = world.rows("SELECT at, received_at FROM event")
    assert at == received_at
    assert world.told("anna") == ["Mon 09:00 email hello"]


def test_law_4_an_event_whose_conditions_do_not_hold_yet_is_tried_again(world: World) -> None:
    world.playbook("onboarding", ONBOARDING.replace("steps:", "only_if:\n  - plan: pro\nsteps:"))
    world.apply()
    world.person("anna")
    world.person("ben")

    world.event("anna", "signed_up")
    world.event("ben", "signed_up")
    world.run_for(minutes=1)
    world.update("anna", plan="pro")
    world.run_for(minutes=10)
    world.update("ben", plan="pro")
    world.run_for(minutes=10)

    assert [each[:2] for each in world.runs("onboarding")] == [
        ("anna", "completed"),
        ("ben", "turned away"),
    ]
    assert world.told("ben") == []


def test_law_5_the_holdout_is_drawn_first_is_stable_and_is_recorded(world: World) -> None:
    world.playbook(
        "onboarding",
        ONBOARDING.replace("per customer", "every time").replace("steps:", "holdout: 40%\nsteps:"),
    )
    world.apply()
    people = [f"c{number}" for number in range(30)]
    for name in people:
        world.person(name)

    for _ in range(2):
        for name in people:
            world.event(name, "signed_up")

    runs = world.runs("onboarding")
    first, second = runs[: len(people)], runs[len(people) :]
    held_out = {name for name, _, mode in first if mode == "holdout"}
    assert first == second
    assert 3 < len(held_out) < 22
    assert all((world.told(name) == []) == (name in held_out) for name in people)
    # What they would have been sent is in the ledger.
    [(decisions,)] = world.rows(
        "SELECT count(*) FROM decision d JOIN run r ON r.id = d.run_id WHERE r.mode = 'holdout'"
    )
    assert decisions == 2 * len(held_out)


def test_law_6_more_than_expected_and_nobody_enters(world: World) -> None:
    world.playbook(
        "win-back",
        """\
topic: offers
start:
  every: day at 09:30
  for_customers:
    - plan: pro
  again_after: 10 days
expects: 1 to 3 customers per day
steps:
  - email: hello
""",
    )
    world.apply()
    for number in range(5):
        world.person(f"c{number}", plan="pro")

    world.run_for(hours=2)
    assert world.runs("win-back") == []
    assert world.tally.refused is not None
    assert "5 customers would enter" in world.tally.refused

    for number in range(3):
        world.update(f"c{number}", plan="free")
    world.run_for(days=1)
    assert len(world.runs("win-back")) == 2
