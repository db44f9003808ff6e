"""What a task, a team's notice and a call say of the customer whom they are about."""

from __future__ import annotations

import json

from keepwarm.store.erasing import erase
from keepwarm.store.tasks import Task, open_tasks
from tests.journeys.world import World

RESCUE = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
steps:
  - offer: ten-percent
    expires: in 14 days
  - task: Call before the account is suspended
    name: rescue
    for: care
    due: in 4 working hours
    details: |
      {{ customer.first_name | default: 'Somebody' }} ({{ customer.id }}) owes {{ event.amount }}.
      {% if customer.plan == 'pro' %}A good customer. {% endif -%}
      May be told of {{ offer.percent }}% until {{ offer.ends_on | date: 'long' }}.
  - notify: "#care"
    says: told
  - webhook: https://crm.acme.example/hooks
    with: {offer: "{{ offer.name }}"}
"""


def rescued(world: World) -> World:
    world.write("templates/told.txt", "{{ customer.id }} has {{ offer.percent }}% off.\n")
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("anna", plan="pro")
    world.person("ben", first_name=None)
    for name, amount in (("anna", 49.5), ("ben", 12)):
        world.event(name, "payment_failed", invoice=f"INV-{name}", amount=amount)
    return world


def tasks(world: World) -> dict[str, Task]:
    with world.database.reading() as cx:
        return {each.customer: each for each in open_tasks(cx)}


def test_the_details_of_a_task_are_in_words_for_the_customer_whom_it_is_about(
    world: World,
) -> None:
    found = tasks(rescued(world))
    assert found["anna"].details == (
        "Anna (anna) owes 49.5.\nA good customer. May be told of 10% until 16 March 2026."
    )
    assert found["ben"].details == (
        "Somebody (ben) owes 12.\nMay be told of 10% until 16 March 2026."
    )
    # They say what was so when the task came up, and an erasure empties them.
    world.update("ben", first_name="Benjamin")
    assert tasks(world)["ben"].details == found["ben"].details
    with world.database.writing() as cx:
        catalog = world.shelf.live(cx)["rescue"].released.catalog
        erase(cx, "anna", "ann", world.system.pepper, catalog, world.now)
    assert "Anna" not in str(world.rows("SELECT * FROM task"))


def test_teams_and_other_systems_hear_of_the_offer_too(world: World) -> None:
    [said, called] = [each for each in rescued(world).outbox("anna") if each.content]
    assert said.text("text") == "anna has 10% off."
    assert json.loads(called.text("body")) == {"offer": "ten-percent"}


def test_details_that_cannot_be_written_say_why_and_the_task_is_there(world: World) -> None:
    world.playbook(
        "call",
        "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - task: Call them\n"
        "    for: care\n"
        "    # keepwarm: allow empty-value because this is what the test is about\n"
        "    details: Renews on {{ customer.renewal_date }}\n",
    )
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    assert tasks(world)["anna"].details == (
        "Its details could not be written. call.yaml:8:1: customer.renewal_date is missing;"
        " write {{ customer.renewal_date | default: '…' }} (in the details)"
    )
