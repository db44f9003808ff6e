"""What holds for every tool in which a team sees its tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from keepwarm.connectors.task_tools.registry import make_tools
from keepwarm.flows.sharing_tasks import share_tasks
from keepwarm.schema.catalog import Catalog
from keepwarm.store.erasing import erase
from keepwarm.store.landmarks import Landmark
from keepwarm.store.tasks import finish_task
from tests.standins import answers, drops
from tests.standins.provider import Provider
from tests.tasks.office import CALL, LATER, TOOLS, Office

Founding = Callable[[str], Office]
EVERY = pytest.mark.parametrize("tool", TOOLS)


def provider(office: Office) -> Provider:
    return office.here.providers["receiver" if office.tool == "webhook" else office.tool]


def done(office: Office, outcome: str = "saved") -> None:
    world = office.world
    with world.database.writing() as cx:
        assert finish_task(cx, 1, outcome, "ann@acme.example", "glad", world.now) == "call"
    world.work()


@EVERY
def test_a_task_is_shown_once_and_closed_where_it_was_done_elsewhere(
    office: Founding, tool: str
) -> None:
    there = office(tool)
    world = there.world
    world.person("anna")
    there.fails("anna", "INV-1")
    for _ in range(3):
        there.share()
    assert len(there.made()) == 1
    assert not there.closed_there()
    assert there.copies("tool, team, problem, closed_at") == [(tool, "care", None, None)]

    done(there)
    there.share()
    there.share()

    assert there.closed_there()
    assert len(there.made()) == (2 if tool == "webhook" else 1)
    [(closed,)] = there.copies("closed_at")
    assert closed is not None
    assert world.told() == ["Mon 09:00 email hello"]


@EVERY
def test_a_tool_that_is_down_delays_nothing_and_is_tried_again(office: Founding, tool: str) -> None:
    there = office(tool)
    world = there.world
    world.person("anna")
    provider(there).faults.add(
        answers(503 if tool != "slack" else 500, "<html>"),
        answers(429, "{}", Retry_After="30"),
        drops(after_acceptance=False),
    )
    there.fails("anna", "INV-1")
    for _ in range(8):
        there.share()
        world.now += timedelta(minutes=5)
    assert len(there.made()) == 1
    assert there.copies("problem, tries") == [(None, 0)]

    done(there)
    assert world.told()[0].endswith("email hello")


@EVERY
def test_what_was_taken_and_not_answered_is_not_made_twice(office: Founding, tool: str) -> None:
    there = office(tool)
    world = there.world
    world.person("anna")
    there.fails("anna", "INV-1")
    if tool == "salesforce":  # the first call of all asks for a token
        provider(there).faults.add(drops(after_acceptance=True, about="Subject"))
    else:
        provider(there).faults.add(drops(after_acceptance=True))
    there.share()
    assert len(there.made()) == 1
    [(reference, problem)] = there.copies("reference, problem")
    assert reference is None
    assert problem

    world.now += LATER
    there.share()

    assert len(there.made()) == 1
    assert there.copies("problem, tries") == [(None, 0)]


@EVERY
def test_nothing_is_made_twice_by_workers_that_die(office: Founding, tool: str) -> None:
    there = office(tool)
    world = there.world
    world.person("anna")
    there.fails("anna", "INV-1")
    for landmark in (Landmark.SHARING, Landmark.SHARED, Landmark.SHARE_RECORDING):
        assert there.dies(landmark) == -9
        world.now += LATER
    there.share()
    assert len(there.made()) == 1
    [(reference,)] = there.copies("reference")
    assert reference

    done(there)
    assert there.dies(Landmark.SHARED) == -9
    world.now += LATER
    there.share()
    assert there.closed_there()


@EVERY
def test_erasing_a_customer_reaches_a_task_that_was_done_long_ago(
    office: Founding, tool: str
) -> None:
    there = office(tool)
    world = there.world
    details = """details: "Ask for {{ customer.first_name | default: 'them' }}.\""""
    world.playbook("call", CALL.replace("name: rescue\n", f"name: rescue\n    {details}\n"))
    world.apply()
    world.person("anna")
    there.fails("anna", "INV-1")
    there.share()
    assert "Ask for Anna" in there.seen()
    done(there)
    there.share()
    with world.database.writing() as cx:
        erase(cx, "anna", "ops", b"pepper" * 8, Catalog(), world.now)
    world.now += LATER
    there.share()
    assert "Anna" not in there.seen()
    assert "call them" not in there.seen().lower()
    assert there.copies("problem, closed_at IS NULL") == [(None, False)]


def test_there_is_one_open_task_for_a_customer_and_reason(either_office: Founding) -> None:
    there = either_office("zendesk")
    world = there.world
    world.person("anna")
    world.person("ben")
    for customer, invoice in (("anna", "INV-1"), ("anna", "INV-2"), ("ben", "INV-3")):
        there.fails(customer, invoice)
    there.share()
    assert len(there.made()) == 2

    # The first invoice is paid: the task goes on for the second.
    world.event("anna", "payment_succeeded", invoice="INV-1")
    there.share()
    assert [t["status"] for t in there.here.zendesk.tickets.values()] == ["new", "new"]

    with world.database.writing() as cx:
        finish_task(cx, 2, "saved", "ann", "", world.now)
    world.work()
    there.share()
    assert [t["status"] for t in there.here.zendesk.tickets.values()] == ["solved", "new"]
    assert world.told("anna") == ["Mon 09:00 email hello"]
    assert len(there.made()) == 2


def test_a_withdrawn_task_that_was_never_shown_makes_no_call(office: Founding) -> None:
    there = office("zendesk")
    there.world.person("anna")
    there.fails("anna", "INV-1")
    there.here.zendesk.faults.add(answers(429, "{}", Retry_After="60"))
    there.share()
    there.world.event("anna", "payment_succeeded", invoice="INV-1")
    calls = len(there.here.zendesk.calls)

    there.later(hours=2)
    there.share()

    assert len(there.here.zendesk.calls) == calls
    assert there.made() == []


def test_a_message_in_doubt_is_found_in_a_busy_channel(office: Founding) -> None:
    there = office("slack")
    world, history = there.world, there.here.slack.history
    world.person("anna")
    there.here.slack.faults.add(drops(after_acceptance=True))
    there.fails("anna", "INV-1")
    there.share()
    history += [{**history[0], "ts": f"1800000000.{n:06d}", "metadata": {}} for n in range(450)]
    world.now += LATER
    there.share()
    assert len(there.made()) == 1
    assert there.copies("problem") == [(None,)]
    # Where it cannot be looked up, it is not posted again.
    there.fails("anna", "INV-2")
    world.person("ben")
    there.here.slack.faults.add(
        drops(after_acceptance=True), answers(200, '{"ok": false, "error": "missing_scope"}')
    )
    there.fails("ben", "INV-3")
    there.share()
    world.now += LATER
    there.share()
    assert len(there.made()) == 2
    assert "missing_scope" in there.copies("problem")[1][0]


def test_a_refusal_is_told_once_a_day_and_the_inbox_has_the_task(office: Founding) -> None:
    there = office("slack")
    world = there.world
    for name in ("anna", "ben"):
        world.person(name)
        there.fails(name, f"INV-{name}")
    refusal = answers(200, '{"ok": false, "error": "not_in_channel"}')
    there.here.slack.faults.add(refusal, refusal)
    there.share()
    [(words,)] = world.rows("SELECT words FROM notice")
    assert words == (
        "call: tasks for care cannot be shown in slack: Slack says not_in_channel."
        " They are in the inbox."
    )
    world.now += LATER
    there.share()
    assert len(there.made()) == 2


def test_workers_who_share_at_once_make_each_task_once(either_office: Founding) -> None:
    there = either_office("zendesk")
    for number in range(30):
        there.world.person(f"c{number}")
        there.fails(f"c{number}", f"INV-{number}")

    def work(_: int) -> None:
        tools = make_tools(there.settings, there.world.clock)
        system = replace(there.world.system, task_tools=tools)

        async def all_of_it() -> None:
            while await share_tasks(system, "zendesk"):
                pass
            await tools["zendesk"].close()

        asyncio.run(all_of_it())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(there.made()) == len(set(there.made())) == 30
