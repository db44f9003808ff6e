"""A simulated installation: the real engine and store, a moved clock, and chance that is told.

Nothing is left to chance but what a seed says, so that a seed that fails fails again. What a
provider does with a message hangs on the message's own name, not on whose turn it was.
"""

from __future__ import annotations

import asyncio
import selectors
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from keepwarm.connectors.contract import Limits
from keepwarm.connectors.memory import Memory
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Received,
    Rejected,
    Remedy,
    Report,
    SendResult,
    Signal,
    Unknown,
)
from keepwarm.flows.arrivals import Identify, Track, keep
from keepwarm.flows.reports import keep_reports
from keepwarm.store.holds import hold, resume
from keepwarm.store.inbox import Arrival
from keepwarm.store.landmarks import Landmark, watch
from tests.journeys.world import START, World

WELCOME: Final = """\
topic: tips
start: {event: signed_up, once: per customer}
goal: {event: project_created, within: 30 days}
holdout: 10%
respect: {at_most: 3 messages per week, quiet_hours: "21:00 to 08:00"}
steps:
  - email: hello
    name: first
  - wait: until logged_in, at most 2 days
  - if:
      - first: sent
    then:
      - sms: nudge
  - wait: 1 day
  - email: last
"""
#: Wants the same places under the cap, and is less urgent.
NEWS: Final = """\
topic: news
priority: 7
start: {event: logged_in, once: every time}
respect: {at_most: 3 messages per week, quiet_hours: "21:00 to 08:00"}
steps:
  - email: hello
"""
RESCUE: Final = """\
kind: transactional
priority: 2
when_unknown: send again
start: {event: payment_failed, once: per invoice}
goal: {event: payment_succeeded, for_the_same: invoice, within: 14 days}
steps:
  - push: hello
    or_else: {sms: hello}
  - wait: 3 days
  - email: nudge
"""
ZONES: Final = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
#: How many do the same at once.
CROWDS: Final = (1, 1, 2, 5, 12, 30, 60)


class WorkerDied(Exception):  # noqa: N818 - named for what happened
    """Stands for a process that ends at some point of its work."""


@dataclass(frozen=True)
class Call:
    """A message that was handed over, and whether the provider took it."""

    message: Message
    at: datetime
    was_taken: bool
    #: Whether it was told that the address may never be used again.
    was_refused_for_good: bool
    #: Who called, and which worker held the message as the request left.
    caller: str
    holder: str | None
    #: Who held it as the answer came, if the caller was awake all the while.
    holder_then: str | None


class InOneThread(ThreadPoolExecutor):
    """Does at once what it is given: which of two threads is first would be chance, too."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            done.set_exception(error)
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as the executor has it
        """Go on: every loop of the simulation uses it."""


class MovedLoop(asyncio.SelectorEventLoop):
    """An event loop by the moved clock: where it would wait for a timer, it moves the clock on."""

    def __init__(self, world: World) -> None:
        super().__init__(_NeverWaits(world))
        # As fine as the moved clock: a timer is due at its very moment.
        self._clock_resolution = timedelta.resolution.total_seconds()
        self._world = world

    def time(self) -> float:
        return (self._world.now - START).total_seconds()


class _NeverWaits(selectors.DefaultSelector):
    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > 0:
            self._world.now += max(timedelta(seconds=timeout), timedelta.resolution)
            timeout = 0
        return super().select(timeout)


class Fickle(Memory):
    """A provider that answers as chance has it, and knows what it really took.

    With an even seed it takes what is repeated once more; with an odd one it drops that.
    """

    def __init__(self, seed: int, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._seed = seed
        self._now = clock
        self.drops_repeats = seed % 2 == 1
        # One call after the other: which of two is first would be chance that no seed tells.
        self.limits = Limits(batch=1, at_once=1, idempotent=self.drops_repeats)
        self.handed: list[Call] = []
        self._calls: Counter[str] = Counter()
        self._taken: set[str] = set()
        #: Done while a call is under way: time passes, others work. Whether the caller was awake.
        self.meanwhile: Callable[[Random], Awaitable[bool]] | None = None
        #: Who works, and who holds a message.
        self.caller = "world"
        self.holder_of: Callable[[Message], str | None] = lambda _: None

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        return [await self._answer(message) for message in messages]

    async def _answer(self, message: Message) -> SendResult:
        self.sent.append(message)
        name = message.send_id
        self._calls[name] += 1
        chance = Random(f"{self._seed} {name} {message.customer_id} {self._calls[name]}")
        draw, at = chance.random(), self._now()
        caller, holder = self.caller, self.holder_of(message)
        is_repeat = self.drops_repeats and name in self._taken
        was_taken = draw >= 0.14 and not is_repeat
        if was_taken:
            self._taken.add(name)
        awake = True
        if self.meanwhile is not None and chance.random() < 0.02:
            try:
                awake = await self.meanwhile(chance)
            except asyncio.CancelledError:  # whoever asked waits for the answer no more
                call = Call(
                    message, at, was_taken, was_refused_for_good=False, caller=caller,
                    holder=holder, holder_then=holder,
                )  # fmt: skip
                self.handed.append(call)
                raise
        answer = self._drawn(draw, message, chance, is_repeat=is_repeat)
        is_final = isinstance(answer, Rejected) and answer.remedy is Remedy.SUPPRESS_ADDRESS
        then = self.holder_of(message) if awake else holder
        self.handed.append(Call(message, at, was_taken, is_final, caller, holder, then))
        if answer is None:
            raise WorkerDied
        return answer

    def _drawn(
        self, draw: float, message: Message, chance: Random, *, is_repeat: bool
    ) -> SendResult | None:
        """Give the answer; None where whoever asked dies before it comes.

        What it took before it does not refuse, but it may not even look at a repeated call.
        """
        remedies = (Remedy.NONE, Remedy.SUPPRESS_ADDRESS, Remedy.OPT_OUT, Remedy.FIX_CONTENT)
        if draw < 0.05:
            return NotProcessed("429", timedelta(minutes=chance.randint(0, 30)))
        if draw < 0.09 and not is_repeat:
            return Rejected("no", chance.choice(remedies))
        if draw < 0.10:
            return Rejected("401", Remedy.STOP_CHANNEL)
        if draw < 0.13:
            return Unknown("lost before it was taken")
        if draw < 0.14:
            return None
        if draw < 0.17:
            return Unknown("lost after it was taken")
        if draw < 0.18:
            return None
        if not message.send_id.startswith("notice"):
            self.accepted[message.send_id] = message
        return Accepted(f"fickle:{message.send_id}")


@dataclass
class Simulation:
    """One world, and what chance does to it."""

    world: World
    seed: int
    #: Customer -> zone.
    people: dict[str, str] = field(default_factory=dict)
    #: (customer, invoice) of every payment that failed.
    invoices: list[tuple[str, str]] = field(default_factory=list)
    signed_up: set[str] = field(default_factory=set)
    #: What was told, by its identifier.
    told: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    said_no: set[str] = field(default_factory=set)
    #: Whether a worker died since the work was last brought to its end.
    somebody_died: bool = False

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self._deaths = Random(f"deaths {self.seed}")
        self.provider = Fickle(self.seed, self.world.clock)
        self.provider.meanwhile = self.others_work
        self.provider.holder_of = self.holder_of
        self.world.loop = lambda: MovedLoop(self.world)
        self.world.connector = self.provider
        self.world.executor = InOneThread()
        for name, playbook in (("rescue", RESCUE), ("welcome", WELCOME), ("news", NEWS)):
            self.world.playbook(name, playbook)
        self.world.apply()

    def do_something(self) -> str:
        """Let one thing happen, and name it."""
        deeds = (
            self.sign_up, self.sign_up, self.fail_to_pay, self.fail_to_pay, self.pay, self.log_in,
            self.report, self.withdraw, self.pause, self.repeat, self.time_passes,
            self.time_passes, self.time_passes, self.time_passes,
        )  # fmt: skip
        deed = self.chance.choice(deeds)
        self.somebody_died = False
        with self.deaths():
            try:
                deed()
                self.world.work()  # a deed that came to nothing leaves what a dead worker left
            except* WorkerDied:  # another one follows
                self.somebody_died = True
        return deed.__name__

    def come_to_rest(self) -> None:
        """Let everything end."""
        with self.world.database.writing() as cx:
            resume(cx, "welcome", "ann", self.world.now)
        for _ in range(1_000):
            self.somebody_died = False
            try:
                self.world.work()
            except* WorkerDied:
                self.somebody_died = True
            upcoming = self.world.next_moment()
            if upcoming is None and not self.somebody_died:
                return
            soon = self.world.now + timedelta(hours=2)
            self.world.now = soon if upcoming is None else max(upcoming, soon)
        raise AssertionError("it does not come to rest")

    @contextmanager
    def deaths(self) -> Iterator[None]:
        """Let workers die at any landmark, inside transactions and between them."""

        def perhaps_die(_: Landmark) -> None:
            if self._deaths.random() < 0.004:
                raise WorkerDied

        watch(perhaps_die)
        try:
            yield
        finally:
            watch(None)

    async def others_work(self, chance: Random) -> bool:
        """While a worker waits for an answer: time passes, perhaps its lease, and another works.

        Tells whether it was awake meanwhile. Who sleeps does nothing at all: its loop stands still.
        """
        self.provider.meanwhile = None
        is_awake = chance.random() < 0.5
        minutes = chance.choice((0, 3, 4, 6, 20))
        if is_awake:
            await asyncio.sleep(60 * minutes)
        else:
            self.world.now += timedelta(minutes=minutes)
        self.provider.caller = "another"
        another = replace(self.world.system, worker="another")
        try:
            with ThreadPoolExecutor(1) as its_process:
                its_process.submit(self.world.work_as, another).result()
        except* WorkerDied:
            self.somebody_died = True
        finally:
            self.provider.caller = "world"
            self.provider.meanwhile = self.others_work
        return is_awake

    def holder_of(self, message: Message) -> str | None:
        """Name the worker that holds a message, as the database has it."""
        if message.send_id.startswith("notice"):
            return self.provider.caller  # one by one, and without a lease
        sql = "SELECT c.worker FROM message m JOIN chunk c ON c.id = m.chunk_id WHERE m.id = :id"
        [(worker,)] = self.world.rows(sql, id=int(message.send_id.partition("-")[0]))
        return None if worker is None else str(worker)

    # ── What happens ─────────────────────────────────────────────────────────────────────────

    def sign_up(self) -> None:
        payloads = []
        for name in self._crowd(lambda: f"c{len(self.people) + 1}"):
            self.people[name] = zone = self.chance.choice(ZONES)
            self.signed_up.add(name)
            known = {"email": f"{name}@example.com", "phone": f"+316{len(self.people):08}"}
            agreed = {f"{each}_consent": True for each in ("email", "sms", "push")}
            payloads.append(Identify(name, None, {**known, **agreed, "timezone": zone}).payload())
            payloads.append(Track(name, "signed_up", None).payload())
        self.tell(payloads)

    def fail_to_pay(self) -> None:
        payloads = []
        for name in self._some():
            self.invoices.append((name, f"I{len(self.invoices)}"))
            invoice = {"invoice": self.invoices[-1][1]}
            payloads.append(Track(name, "payment_failed", None, invoice).payload())
        self.tell(payloads)

    def pay(self) -> None:
        if self.invoices:
            paid = self._crowd(lambda: self.chance.choice(self.invoices))
            self.tell(
                [
                    Track(name, "payment_succeeded", None, {"invoice": invoice}).payload()
                    for name, invoice in paid
                ]
            )

    def log_in(self) -> None:
        events = ("logged_in", "logged_in", "project_created")
        self.tell(
            [Track(name, self.chance.choice(events), None).payload() for name in self._some()]
        )

    def report(self) -> None:
        """Call back about something that was really taken, perhaps again, perhaps much later."""
        taken = [call.message.send_id for call in self.provider.handed if call.was_taken]
        taken = [each for each in taken if not each.startswith("notice")]
        for _ in range(self.chance.choice(CROWDS) if taken else 0):
            send_id = self.chance.choice(taken)
            signal = self.chance.choice((Signal.SENT, Signal.DELIVERED, Signal.OPENED))
            told = Report(signal, self.world.now, f"{signal}-{send_id}", send_id)
            keep_reports(self.world.system, "memory", Received((told,)))
        self.world.work()

    def withdraw(self) -> None:
        if self.people:
            name = self.somebody()
            self.said_no.add(name)
            consents = {f"{each}_consent": False for each in ("email", "sms", "push")}
            self.tell([Identify(name, None, consents).payload()])

    def pause(self) -> None:
        with self.world.database.writing() as cx:
            if not resume(cx, "welcome", "ann", self.world.now):
                hold(cx, "welcome", "ann", "a look", self.world.now)
        self.world.work()

    def repeat(self) -> None:
        """Tell once more what was told, under the same name: a source that is not sure does."""
        if self.told:
            again = self.chance.sample(sorted(self.told), min(3, len(self.told)))
            self._keep({each: self.told[each] for each in again})
            self.world.work()

    def time_passes(self) -> None:
        self.world.now += timedelta(hours=self.chance.choice((0.1, 1, 5, 24, 50)))
        self.world.work()

    def tell(self, payloads: Sequence[Mapping[str, Any]]) -> None:
        """Put all into the inbox at once, and work it off with everything that is due."""
        new = {f"told-{len(self.told) + n}": payload for n, payload in enumerate(payloads)}
        self.told.update(new)
        self._keep(new)
        self.world.work()

    def _keep(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        if told:
            arrivals = [Arrival("test", name, payload) for name, payload in told.items()]
            keep(self.world.system, arrivals)

    def somebody(self) -> str:
        return self.chance.choice(list(self.people))

    def _some(self) -> Iterator[str]:
        yield from self._crowd(self.somebody) if self.people else ()

    def _crowd(self, who: Callable[[], Any]) -> Iterator[Any]:
        yield from (who() for _ in range(self.chance.choice(CROWDS)))
