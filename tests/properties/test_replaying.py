"""Whatever playbooks there are and whatever happens, a replay gives the ledger that was lived."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.app.checking import check_folder
from keepwarm.store.database import open_database
from keepwarm.store.tasks import finish_task, open_tasks
from tests.journeys.replayed import Clockwork, lived_ledger, replayed_ledger
from tests.journeys.world import START
from tests.store.databases import SqliteSource

HEADS = (
    "topic: tips\nrespect: {at_most: 1 message per day}\n",
    (
        "topic: offers\nholdout: 30%\nrespect:\n  at_most: 2 messages per day\n"
        "  quiet_hours: 20:00 to 09:00\n  when_capped: wait\n"
    ),
    "topic: news\nstop_if_any: [{open_tickets: at least 2}]\nrollout: [60% for 1 day, 100%]\n",
    "kind: transactional\ngoal: {event: checkout_completed, times: 2, within: 10 days}\n",
    (
        "topic: tips\nonly_if: [{plan: one of free, pro}]\n"
        "goal: {event: checkout_completed, within: 3 days}\n"
    ),
)
STARTS = (
    "start: {event: signed_up, once: per customer}\n",
    "start: {event: logged_in, again_after: 1 day}\n",
    "start: {event: payment_failed, once: per invoice}\n",
    "start: {event: project_created, once: every time}\n",
    "start: {event: cart_updated, and_then_no: checkout_completed, for: 3 hours}\n",
    (
        "start:\n  every: day at 09:30\n  for_customers: [{logged_in: never in the last 2 days}]\n"
        "  again_after: 2 days\n"
    ),
    "start: {every: Wednesday at 18:00, for_customers: [{plan: free}]}\n",
)
LOOKING = (
    "start: {becomes: [{lifetime_value: in the top 40%}], again_after: 1 day}\n",
    "start: {date: renewal_date, before: 1 day, at: 10:10}\n",
    (
        "start:\n  becomes: [{open_tickets: at least 1}, {logged_in: never in the last 20 hours}]\n"
        "  again_after: 1 day\n"
    ),
)
STEPS = (
    "- email: hello\n",
    "- email: nudge\n  expires: in 8 hours\n",
    "- sms: last\n  or_else: {email: last}\n",
    "- push: nudge\n  only_if: [{plan: free}]\n",
    "- push: last\n  only_if: [{rfm_segment: one of lost, champions}]\n",
    "- wait: 1 day\n",
    "- wait: 90 minutes\n",
    "- wait: until 07:45\n",
    "- wait: until project_created, at most 1 day\n",
    "- wait: until renewal_date\n  only_if: [{renewal_date: known}]\n",
    "- update: {open_tickets: 0}\n",
    "- points: 10\n",
    "- tag: seen\n",
    "- offer: ten-percent\n  expires: in 3 days\n",
    "- start_playbook: called\n",
    "- task: Look\n  for: care\n  due: in 2 working hours\n  if_late: [{notify: '#boss'}]\n",
    "- stop: enough\n  only_if: [{open_tickets: at least 2}]\n",
)
CALLED = (
    "topic: news\nstart: {called: by another playbook, once: every time}\nsteps:\n  - email: last\n"
)
SCORES = (
    "scores:\n  lifetime_value: {from: payment_failed, amount: amount}\n"
    "  rfm_segment: {from: payment_failed, amount: amount}\n"
)
EVENTS = ("signed_up", "logged_in", "project_created", "cart_updated", "checkout_completed")
ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "nowhere")


@pytest.mark.parametrize("looks", [False, True], ids=["events and schedules", "dates and becoming"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=3)
def test_a_replay_gives_the_ledger_that_was_lived(
    sqlite_files: SqliteSource,
    seed: int,
    looks: bool,  # noqa: FBT001 - a case of the test
) -> None:
    chance = Random(seed)
    with a_world(sqlite_files) as world:
        write_playbooks(world, chance, looks=looks)
        world.apply()
        for number in range(4):
            a_person(world, chance, f"c{number}")
        for _ in range(6 if looks else 14):
            something_happens(world, chance)
            minutes = chance.choice([0, 1, 47, 200, 600] if looks else [7, 90, 700, 2100])
            # Never on the stroke of a clock, where what comes first is a matter of chance.
            world.run_for(minutes=minutes, seconds=chance.randrange(1, 59), microseconds=1)
        lived, replayed = lived_ledger(world), replayed_ledger(world, START)
        for table in ("runs", "decisions", "messages"):
            assert replayed[table] == lived[table], table


class a_world:  # noqa: N801 - read as a phrase
    """A world of its own, for one try."""

    def __init__(self, source: SqliteSource) -> None:
        self._source = source

    def __enter__(self) -> Clockwork:
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        self._url = self._source.url(folder)
        self._database = open_database(self._url.__enter__())
        return Clockwork(self._database, folder / "playbooks")

    def __exit__(self, *error: object) -> None:
        self._database.close()
        self._url.__exit__(None, None, None)
        self._folder.cleanup()


def write_playbooks(world: Clockwork, chance: Random, *, looks: bool) -> None:
    """Write random playbooks in which `check` finds nothing."""
    world.write("catalog/scores.yaml", SCORES)
    world.playbook("called", CALLED)
    starts = chance.sample(LOOKING, 2) if looks else chance.sample(STARTS, 4)
    for number, start in enumerate(starts):
        for _ in range(50):
            world.playbook(f"p{number}", f"{chance.choice(HEADS)}{start}{some_steps(chance)}")
            if not check_folder(world.folder).problems:
                break
        else:
            raise AssertionError(f"no playbook is in order that begins with {start}")


def some_steps(chance: Random) -> str:
    steps = chance.sample(STEPS, chance.randint(1, 5))
    if chance.random() < 0.5:
        one, other = (indent(chance.choice(STEPS[:4]), "    ") for _ in range(2))
        steps.insert(0, f"- if: [{{plan: pro}}]\n  then:\n{one}  else:\n{other}")
    return f"steps:\n{indent(''.join(steps), '  ')}"


def a_person(world: Clockwork, chance: Random, name: str) -> None:
    known = {
        "timezone": chance.choice(ZONES),
        "plan": chance.choice(["free", "pro", "team"]),
        "renewal_date": chance.choice(["2026-03-03", "2026-03-04", "2026-03-09"]),
        "open_tickets": chance.randrange(3),
        "sms_consent": chance.random() < 0.6,
    }
    world.person(name, **{key: value for key, value in known.items() if chance.random() < 0.8})


def something_happens(world: Clockwork, chance: Random) -> None:
    name = f"c{chance.randrange(4)}"
    match chance.randrange(8):
        case 0:
            world.update(
                name, open_tickets=chance.randrange(3), plan=chance.choice(["free", "pro"])
            )
        case 1:
            world.update(name, email_consent=chance.random() < 0.3)
        case 2:
            world.update(name, renewal_date=f"2026-03-0{chance.randrange(3, 9)}")
        case 3:
            world.event(
                name, "payment_failed", invoice=chance.choice("AB"), amount=chance.randrange(9)
            )
        case 4:
            finish_a_task(world, chance)
        case 5:
            late = world.now - timedelta(minutes=chance.choice([1, 30, 300]))
            world.event(name, chance.choice(EVENTS), at=late)
        case _:
            world.event(name, chance.choice(EVENTS))


def finish_a_task(world: Clockwork, chance: Random) -> None:
    with world.database.writing() as cx:
        tasks = open_tasks(cx)
        if tasks:
            finish_task(cx, chance.choice(tasks).id, "done", "tester", "", world.now)
    world.work()
