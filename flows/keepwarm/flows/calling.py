"""Calling the provider: in batches, so many at once, at its pace, while the claim holds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from keepwarm.connectors.contract import Connector
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import NotProcessed, Rejected, Remedy, SendResult, Unknown
from keepwarm.flows.circuits import ENOUGH_SUSPECTS, lets_in
from keepwarm.flows.retrying import AFTER_A_STOP
from keepwarm.flows.system import System
from keepwarm.store.claims import LEASE, Claim, renew_lease
from keepwarm.store.database import UNAVAILABLE
from keepwarm.store.intents import Intent

#: How far ahead a worker books a provider's time: what it claims leaves within that.
AHEAD: Final = timedelta(seconds=10)
#: How soon a lease is renewed again that could not be, since the database was away.
_RENEWED_AGAIN_AFTER: Final = timedelta(seconds=5)
#: What is said of a message that was not called for the same reason.
_NOT_KNOWN_TO_BE_OURS: Final = NotProcessed("not called: the database could not be asked")
#: After so many calls in a row of which nothing came, the others of the chunk are put off.
_ENOUGH_IN_VAIN: Final = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """When messages may leave: the first at a moment, the others at their pace after it."""

    begins: datetime
    #: None where the provider publishes no pace.
    per_second: float | None = None

    def moment(self, number: int) -> datetime:
        """Give when the message of this number may leave, counted from 0."""
        if self.per_second is None:
            return self.begins
        return self.begins + timedelta(seconds=number / self.per_second)


@dataclass(slots=True)
class Call:
    """A claimed chunk on its way to the provider."""

    system: System
    claim: Claim
    connector: Connector
    turn: Turn
    #: Until when the claim holds, as far as this worker knows.
    held_until: datetime
    #: Whether another worker took the chunk over meanwhile.
    is_lost: bool = False
    #: What is said of the messages that are not called for any more; None while all are.
    stopped: NotProcessed | None = None
    #: How many calls in a row brought neither an acceptance nor a refusal of the message itself.
    in_vain: int = 0
    results: dict[str, SendResult] = field(default_factory=dict)
    #: Held by whoever leaves next, where there is a pace; and when one may, by the loop's clock.
    departing: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0


async def call_provider(
    system: System,
    claim: Claim,
    connector: Connector,
    turn: Turn,
    ready: Sequence[tuple[Intent, Message]],
) -> list[SendResult]:
    """Call the provider for every message, so many at once as it allows; results in order."""
    call = Call(system, claim, connector, turn, held_until=claim.held_until)
    room = asyncio.Semaphore(connector.limits.at_once)

    async def hand_over(number: int, messages: Sequence[Message]) -> None:
        async with room:
            await _wait(call, number, len(messages))
            answered = await _answers(call, messages)
        call.results.update(zip((m.send_id for m in messages), answered, strict=True))

    async with _lease(call), asyncio.TaskGroup() as group:
        number = 0
        for batch in _batches(connector, ready):
            group.create_task(hand_over(number, batch))
            number += len(batch)
    return [call.results[message.send_id] for _, message in ready]


def _batches(
    connector: Connector, ready: Sequence[tuple[Intent, Message]]
) -> Iterator[Sequence[Message]]:
    """Give the messages in calls: those of one content together, as many as a call takes.

    Two messages to one address never share a call, since providers refuse that.
    """
    size = connector.limits.batch
    ordered = sorted(ready, key=lambda pair: pair[1].content.key)
    for _, same in groupby(ordered, key=lambda pair: pair[1].content.key):
        batch: dict[str, Message] = {}
        for _, message in same:
            if len(batch) >= size or message.address in batch:
                yield list(batch.values())
                batch = {}
            batch[message.address] = message
        yield list(batch.values())


async def _wait(call: Call, number: int, many: int) -> None:
    """Wait until so many messages, from this number on, may leave.

    A process that was late does not make up for it by a burst.
    """
    per_second = call.turn.per_second
    if per_second is None:
        return  # it was claimed because it may leave
    # Never longer, even if the clock was set back since.
    pause = min(call.turn.moment(number) - call.system.clock(), AHEAD).total_seconds()
    loop = asyncio.get_running_loop()
    async with call.departing:
        if call.stopped is not None:
            return  # nobody leaves, and so nobody waits for a turn
        await asyncio.sleep(max(0.0, pause, call.free_at - loop.time()))
        call.free_at = loop.time() + many / per_second


async def _answers(call: Call, messages: Sequence[Message]) -> Sequence[SendResult]:
    """Make one call, unless the claim was lost or the provider takes nothing more."""
    if call.stopped is not None:
        return [call.stopped] * len(messages)
    if not await _holds(call):
        lost = Unknown("another worker took the message over")
        return [lost if call.is_lost else _NOT_KNOWN_TO_BE_OURS] * len(messages)
    answered = await call.connector.send(messages)
    _look_at(call, answered)
    return answered


def _look_at(call: Call, answered: Sequence[SendResult]) -> None:
    """Call no more where all are refused, or where nothing came of many calls in a row.

    A provider that hangs would else leave a whole chunk unknown, and be hammered by it.
    """
    last = answered[-1]
    call.in_vain = 0 if any(lets_in(result) for result in answered) else call.in_vain + 1
    match last:
        case Rejected(remedy=Remedy.STOP_CHANNEL, perhaps_alone=False):
            call.stopped = NotProcessed(last.reason)
        case Rejected(remedy=Remedy.STOP_CHANNEL) if call.in_vain >= ENOUGH_SUSPECTS:
            call.stopped = NotProcessed(last.reason)
        case NotProcessed() | Unknown() if call.in_vain >= _ENOUGH_IN_VAIN:
            asked = last.retry_after if isinstance(last, NotProcessed) else None
            is_away = isinstance(last, NotProcessed) and last.is_away
            pause = asked or AFTER_A_STOP
            call.stopped = NotProcessed(f"not called: {last.reason}", pause, is_away=is_away)
        case _:
            pass


# ── The claim, kept while calls are under way ────────────────────────────────────────────────


async def _holds(call: Call) -> bool:
    """Tell whether the claim holds; a worker that was stopped for a while looks first."""
    if not call.is_lost and call.system.clock() >= call.held_until:
        return await _renew(call)
    return not call.is_lost


@contextlib.asynccontextmanager
async def _lease(call: Call) -> AsyncIterator[None]:
    """Keep the claim as long as the calls take, which a slow provider may make long."""
    renewing = asyncio.create_task(_keep(call))
    try:
        yield
    finally:
        renewing.cancel()


async def _keep(call: Call) -> None:
    pause = LEASE / 3
    while not call.is_lost:
        await asyncio.sleep(pause.total_seconds())
        pause = LEASE / 3 if await _renew(call) else _RENEWED_AGAIN_AFTER


async def _renew(call: Call) -> bool:
    """Renew the lease, and tell whether it holds; while the database is away, nobody knows."""
    now = call.system.clock()
    try:
        holds = await asyncio.to_thread(_renewed, call, now)
    except UNAVAILABLE:
        return False
    if holds:
        call.held_until = now + LEASE
    call.is_lost = not holds
    return holds


def _renewed(call: Call, now: datetime) -> bool:
    with call.system.database.writing(durable=False) as cx:
        return renew_lease(cx, call.claim, now)
