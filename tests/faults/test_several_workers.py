"""Several workers on one database: everything is done, and nothing twice."""

from __future__ import annotations

import asyncio
import multiprocessing
from datetime import timedelta

from keepwarm.connectors.memory import Memory
from keepwarm.connectors.settings import Surroundings
from keepwarm.engine.links import Links
from keepwarm.flows.rounds import work_round
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.customers import keys_of, put_customers
from keepwarm.store.database import open_database
from keepwarm.store.people import ALL, Consent, record_consents
from tests.journeys.world import START, World

PEOPLE, WORKERS = 2_500, 4

WIN_BACK = """\
topic: offers
start:
  every: day at 09:30
  for_customers:
    - plan: free
steps:
  - email: hello
  - wait: 1 hour
  - sms: nudge
    only_if:
      - plan: free
"""


def work(url: str, minutes: int, handed_over: multiprocessing.Queue[list[str]]) -> None:
    """Be one worker: do what is due at one moment, and say what was handed over."""
    now = START + timedelta(minutes=minutes)
    database = open_database(url)
    memory = Memory(Surroundings({}, lambda: now))
    system = System(
        database=database,
        shelf=Shelf(),
        connectors=dict.fromkeys(Channel, memory),
        links=Links("https://keepwarm.example", {0: b"k" * 32}, signing=0),
        pepper=b"p" * 32,
        clock=lambda: now,
        worker=f"worker-{multiprocessing.current_process().pid}",
    )
    while not asyncio.run(work_round(system, "win-back")).is_idle:
        pass
    handed_over.put([f"{m.channel} {m.address}" for m in memory.sent])
    database.close()


def together(url: str, minutes: int) -> list[str]:
    """Let several workers loose at the same moment, and give all that they handed over."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[list[str]] = context.Queue()
    workers = [context.Process(target=work, args=(url, minutes, queue)) for _ in range(WORKERS)]
    for each in workers:
        each.start()
    found = [line for _ in workers for line in queue.get(timeout=120)]
    for each in workers:
        each.join(30)
        assert each.exitcode == 0
    return found


def test_four_workers_share_the_work_and_do_nothing_twice(world: World, url: str) -> None:
    world.playbook("win-back", WIN_BACK)
    world.apply()
    people(world)

    emails = together(url, 30)
    texts = together(url, 90)

    assert sorted(emails) == sorted(f"email c{n}@example.com" for n in range(PEOPLE))
    assert sorted(texts) == sorted(f"sms +3161{n:07d}" for n in range(PEOPLE))
    assert world.rows("SELECT status, count(*) FROM run GROUP BY status") == [("completed", PEOPLE)]
    assert world.rows("SELECT status, count(*) FROM outcome GROUP BY status ORDER BY status") == [
        ("sending", 2 * PEOPLE),
        ("sent", 2 * PEOPLE),
    ]


def people(world: World) -> None:
    """Make many customers, all of whom the playbook is for."""
    names = [f"c{n}" for n in range(PEOPLE)]
    told = [
        (
            name,
            {
                "email": f"{name}@example.com",
                "phone": f"+3161{n:07d}",
                "timezone": "Europe/Amsterdam",
                "plan": "free",
            },
        )
        for n, name in enumerate(names)
    ]
    with world.database.writing() as cx:
        put_customers(cx, told, world.now)
        keys = keys_of(cx, names)
        agreed = [
            Consent(keys[name], ALL, ALL, allowed=True, source="test", at=world.now)
            for name in names
        ]
        record_consents(cx, agreed, world.now)
