"""Simulation: the real engine and store under a moved clock, with faults drawn from a seed.

Nothing in a round is left to chance but what its seed says, so that a seed that fails fails again.
It is kept in `failed_seeds/`, as a file to be committed with what mends it, and tried for ever.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

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
from keepwarm.flows.reports import keep_reports
from keepwarm.store.holds import hold, resume
from tests.journeys.world import World

#: A file for each seed that failed once, with what was wrong then.
FAILED = Path(__file__).with_name("failed_seeds")

WELCOME = """\
topic: tips
start: {event: signed_up, once: per customer}
goal: {event: project_created, within: 30 days}
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
RESCUE = """\
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


class WorkerDied(Exception):  # noqa: N818 - named for what happened
    """Stands for a process that ends in the middle of a call."""


class Fickle(Memory):
    """A provider that answers as chance has it, and knows what it really took."""

    limits = Limits(batch=1, idempotent=False)

    def __init__(self, chance: Random, clock: Callable[[], object]) -> None:
        super().__init__()
        self._chance = chance
        #: Send ids of what was taken, repeated ones repeated.
        self.taken: list[str] = []

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        return [self._answer(message) for message in messages]

    def _answer(self, message: Message) -> SendResult:
        self.sent.append(message)
        draw = self._chance.random()
        remedies = (Remedy.NONE, Remedy.SUPPRESS_ADDRESS, Remedy.OPT_OUT, Remedy.FIX_CONTENT)
        if draw < 0.05:
            return NotProcessed("429", timedelta(minutes=self._chance.randint(0, 30)))
        if draw < 0.09:
            return Rejected("no", self._chance.choice(remedies))
        if draw < 0.10:
            return Rejected("401", Remedy.STOP_CHANNEL)
        if draw < 0.13:
            return Unknown("lost before it was taken")
        if draw < 0.14:
            raise WorkerDied
        self.taken.append(message.send_id)
        if draw < 0.17:
            return Unknown("lost after it was taken")
        if draw < 0.18:
            raise WorkerDied
        if not message.send_id.startswith("notice"):
            self.accepted[message.send_id] = message
        return Accepted(f"fickle:{message.send_id}")


@dataclass
class Simulation:
    """One world, and what chance does to it."""

    world: World
    seed: int
    people: int = 0
    invoices: int = 0
    said_no: set[str] = field(default_factory=set)
    #: How many of the messages that were handed over were looked at.
    looked_at: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.provider = Fickle(self.chance, self.world.clock)
        self.world.connector = self.provider
        self.world.playbook("rescue", RESCUE)
        self.world.playbook("welcome", WELCOME)
        self.world.apply()

    def live(self, steps: int) -> None:
        """Let so many things happen, and look at every one whether all promises hold."""
        deeds = (
            self.sign_up, self.sign_up, self.fail_to_pay, self.pay, self.log_in, self.report,
            self.withdraw, self.pause, self.time_passes, self.time_passes, self.time_passes,
        )  # fmt: skip
        for number in range(steps):
            deed = self.chance.choice(deeds)
            try:
                self.survive(deed)
                self.hold_promises()
            except Exception as error:
                raise AssertionError(
                    f"seed {self.seed}, step {number} ({deed.__name__}): {error!r}"
                ) from error
        self.come_to_rest()

    def survive(self, deed: Callable[[], None]) -> None:
        """Do something; a worker that dies on the way is followed by another."""
        try:
            deed()
        except* WorkerDied:
            pass

    # ── What happens ─────────────────────────────────────────────────────────────────────────

    def sign_up(self) -> None:
        self.people += 1
        self.world.person(f"c{self.people}")
        self.world.event(f"c{self.people}", "signed_up")

    def fail_to_pay(self) -> None:
        self.invoices += 1
        if self.people:
            self.world.event(self.somebody(), "payment_failed", invoice=f"I{self.invoices}")

    def pay(self) -> None:
        if self.people and self.invoices:
            invoice = f"I{self.chance.randint(1, self.invoices)}"
            self.world.event(self.somebody(), "payment_succeeded", invoice=invoice)

    def log_in(self) -> None:
        if self.people:
            event = self.chance.choice(("logged_in", "project_created"))
            self.world.event(self.somebody(), event)

    def report(self) -> None:
        """Call back about something that was really taken, perhaps again, perhaps much later."""
        taken = [each for each in self.provider.taken if not each.startswith("notice")]
        if taken:
            send_id = self.chance.choice(taken)
            signal = self.chance.choice((Signal.SENT, Signal.DELIVERED, Signal.OPENED))
            told = Report(signal, self.world.now, f"{signal}-{send_id}", send_id)
            keep_reports(self.world.system, "memory", Received((told,)))

    def withdraw(self) -> None:
        if self.people:
            name = self.somebody()
            self.said_no.add(name)
            consents = {f"{each}_consent": False for each in ("email", "sms", "push")}
            self.world.update(name, **consents)

    def pause(self) -> None:
        with self.world.database.writing() as cx:
            if not resume(cx, "welcome", "ann", self.world.now):
                hold(cx, "welcome", "ann", "a look", self.world.now)
        before = len(self.provider.sent)
        self.world.work()
        held = self.world.rows("SELECT 1 FROM hold")
        marketing = [m for m in self.provider.sent[before:] if m.kind == "marketing"]
        assert not (held and marketing), "something was sent while it was paused"

    def time_passes(self) -> None:
        hours = self.chance.choice((0.1, 1, 5, 24, 50))
        self.world.now += timedelta(hours=hours)
        self.world.work()

    def somebody(self) -> str:
        return f"c{self.chance.randint(1, self.people)}"

    # ── What always holds ────────────────────────────────────────────────────────────────────

    def hold_promises(self) -> None:
        taken = Counter(self.provider.taken)
        twice = [send_id for send_id, times in taken.items() if times > 1]
        assert not twice, f"one attempt was taken twice: {twice}"
        [(runs, entries)] = self.world.rows(
            "SELECT count(*), count(DISTINCT playbook || customer_id || entry_key) FROM run"
        )
        assert runs == entries, "somebody entered twice"
        new = self.provider.sent[self.looked_at :]
        self.looked_at = len(self.provider.sent)
        for message in new:
            said_no = message.kind == "marketing" and message.customer_id in self.said_no
            assert not said_no, f"{message.customer_id} had said no"

    def come_to_rest(self) -> None:
        """Let everything end, and judge the ends."""
        with self.world.database.writing() as cx:
            resume(cx, "welcome", "ann", self.world.now)
        until = self.world.now + timedelta(days=60)
        while self.world.now < until:
            self.survive(lambda: self.world.run_until(until))
        per_message = Counter(send_id.split("-")[0] for send_id in self.provider.taken)
        for message in self.world.outbox():
            assert message.status.is_end, f"seed {self.seed}: {message.id} is {message.status}"
            taken = per_message[str(message.id)]
            if message.playbook == "welcome":
                assert taken <= 1, f"seed {self.seed}: {message.id} was taken {taken} times"
            if message.status in ("sent", "delivered"):
                assert f"{message.id}-{message.attempt}" in self.provider.taken
            elif message.status != "unknown":
                assert f"{message.id}-{message.attempt}" not in self.provider.taken
        open_runs = self.world.rows("SELECT count(*) FROM run WHERE due_at IS NOT NULL")
        assert open_runs == [(0,)], f"seed {self.seed}: {open_runs} runs never end"


# ── Seeds ────────────────────────────────────────────────────────────────────────────────────


def failed_once(folder: Path = FAILED) -> list[tuple[int, int]]:
    """Give (seed, steps) of what failed once."""
    told = (json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json"))
    return sorted((each["seed"], each["steps"]) for each in told)


@contextmanager
def kept_if_it_fails(seed: int, steps: int, folder: Path = FAILED) -> Iterator[None]:
    """Keep a seed that fails in the block, with what was wrong."""
    try:
        yield
    except Exception as error:
        folder.mkdir(exist_ok=True)
        told = json.dumps({"seed": seed, "steps": steps, "failed": str(error)}, indent=2)
        (folder / f"simulation-{seed}-{steps}.json").write_text(told + "\n", encoding="utf-8")
        raise


@pytest.mark.parametrize(("seed", "steps"), [(1, 60), (2, 60), *failed_once()])
def test_whatever_happens_all_promises_hold(sqlite_world: World, seed: int, steps: int) -> None:
    with kept_if_it_fails(seed, steps):
        Simulation(sqlite_world, seed).live(steps)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(400))
def test_ten_thousand_journeys_hold_all_promises(sqlite_world: World, seed: int) -> None:
    with kept_if_it_fails(seed, 100):
        Simulation(sqlite_world, seed).live(100)


def test_a_promise_that_is_broken_is_seen_and_its_seed_is_kept(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulation = Simulation(sqlite_world, 3)
    answer = simulation.provider._answer

    def takes_twice(message: Message) -> SendResult:
        simulation.provider.taken.append(message.send_id)
        return answer(message)

    monkeypatch.setattr(simulation.provider, "_answer", takes_twice)
    folder = tmp_path / "failed_seeds"
    with (
        pytest.raises(AssertionError, match=r"seed 3, step .*taken twice"),
        kept_if_it_fails(3, 40, folder),
    ):
        simulation.live(40)
    assert failed_once(folder) == [(3, 40)]
