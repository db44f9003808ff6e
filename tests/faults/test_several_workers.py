"""Several workers on one database: everything is done, and nothing twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from keepwarm.connectors.contract import Limits
from keepwarm.connectors.memory import Memory
from keepwarm.connectors.settings import Surroundings
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import SendResult
from keepwarm.flows.advancing import advance_due
from keepwarm.flows.arrivals import Identify, Track, keep, take_in
from keepwarm.flows.calling import call_provider
from keepwarm.flows.preparing import prepare
from keepwarm.flows.rounds import work_round
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.customers import keys_of, put_customers
from keepwarm.store.database import Database, open_database
from keepwarm.store.inbox import Arrival
from keepwarm.store.people import ALL, Consent, record_consents
from tests.journeys.world import START, World
from tests.systems import system_on
from tests.waiting import PATIENCE_SECONDS

PEOPLE, WORKERS = 2_500, 4
#: So many messages, at so many a second.
MANY, RATE = 60, 30.0

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
NEWS = "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"


def work(url: str, minutes: int, handed_over: multiprocessing.Queue[list[str]]) -> None:
    """Be one worker: do what is due at one moment, and say what was handed over."""
    now = START + timedelta(minutes=minutes)
    database = open_database(url)
    memory = Memory(Surroundings({}, lambda: now))
    system = system_of(database, memory, lambda: now)
    while not asyncio.run(work_round(system, "win-back")).is_idle:
        pass
    handed_over.put([f"{m.channel} {m.address}" for m in memory.sent])
    database.close()


def system_of(database: Database, memory: Memory, clock: Callable[[], datetime]) -> System:
    """Give the system of this process's worker."""
    worker = f"worker-{multiprocessing.current_process().pid}"
    return system_on(database, clock, worker, connectors=dict.fromkeys(Channel, memory))


def together(url: str, minutes: int) -> list[str]:
    """Let several workers loose at the same moment, and give all that they handed over."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[list[str]] = context.Queue()
    workers = [context.Process(target=work, args=(url, minutes, queue)) for _ in range(WORKERS)]
    for each in workers:
        each.start()
    found = [line for _ in workers for line in queue.get(timeout=PATIENCE_SECONDS)]
    for each in workers:
        each.join(PATIENCE_SECONDS)
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


Left = tuple[float, list[float]]


def pace(url: str, handed_over: multiprocessing.Queue[Left]) -> None:
    """Be one worker of several to the end, and say when it began, and messages left."""
    asked: list[float] = []

    def clock() -> datetime:
        now = _now()
        asked.append(now.timestamp())
        return now

    database = open_database(url)
    memory = _Paced(Surroundings({}, clock))
    system = system_of(database, memory, clock)
    while is_anything_left(database):
        asyncio.run(work_round(system, "news"))
        time.sleep(0.02)
    handed_over.put((asked[0], memory.left))
    database.close()


def is_anything_left(database: Database) -> bool:
    with database.reading() as cx:
        chunks = cx.execute(text("SELECT count(*) FROM chunk WHERE due_at IS NOT NULL"))
        return bool(chunks.scalar_one())


class _Paced(Memory):
    """A provider that publishes how many messages a second it takes."""

    limits = Limits(batch=1, at_once=50, per_second=RATE)

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self.left: list[float] = []

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        self.left.append(_now().timestamp())
        return await super().send(messages)


def _now() -> datetime:
    return datetime.now(UTC)


def test_three_workers_together_keep_to_the_providers_pace(world: World, url: str) -> None:
    world.now = _now()
    world.playbook("news", NEWS)
    world.apply()
    names = [f"c{number}" for number in range(MANY)]
    who = [Identify(name, None, {"email": f"{name}@example.com"}).payload() for name in names]
    what = [Track(name, "signed_up", None).payload() for name in names]
    told = [Arrival("test", str(number), each) for number, each in enumerate(who + what)]
    for begin in range(0, 2 * MANY, 10):  # in many chunks, so that all find one
        keep(world.system, told[begin : begin + 10])
        take_in(world.system)
        advance_due(world.system, "news")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.test_several_workers"])
    queue: multiprocessing.Queue[Left] = context.Queue()
    workers = [context.Process(target=pace, args=(url, queue)) for _ in range(3)]

    for each in workers:
        each.start()
    said = [queue.get(timeout=PATIENCE_SECONDS) for _ in workers]
    for each in workers:
        each.join(PATIENCE_SECONDS)

    began = min(at for at, _ in said)
    left = sorted(moment for _, moments in said for moment in moments)
    assert len(left) == MANY
    assert early(left, began) == []


def test_who_wakes_after_its_turn_does_not_make_up_by_a_burst(world: World) -> None:
    world.playbook("news", NEWS)
    world.apply()
    world.connector = paced = _Paced(Surroundings({}, world.clock))
    for number in range(6):
        world.person(f"c{number}")
    what = [Track(f"c{number}", "signed_up", None).payload() for number in range(6)]
    keep(world.system, [Arrival("test", str(number), each) for number, each in enumerate(what)])
    take_in(world.system)
    advance_due(world.system, "news")
    [claimed] = prepare(world.system, "news")
    world.now += timedelta(seconds=5)

    began = _now().timestamp()
    asyncio.run(
        call_provider(world.system, claimed.claim, claimed.connector, claimed.turn, claimed.ready)
    )
    assert len(paced.left) == 6
    assert early(paced.left, began) == []


def early(left: Sequence[float], began: float) -> list[int]:
    """Give who left before its turn; on a busy machine anybody may leave late."""
    return [n for n, at in enumerate(left) if at < began + n / RATE - 0.02]


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
