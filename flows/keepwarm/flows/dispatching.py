"""Dispatch: from messages that wait in the outbox to what came of them.

A chunk is prepared in one transaction, which records that its requests are about to leave
(`preparing.py`). Only then is the provider called; what it said is recorded in a second
transaction, which is tried again where the database is away just then. A connector that takes
messages inside this process needs no second one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final, assert_never

from keepwarm.engine.message import Message
from keepwarm.engine.outcome import (
    Accepted,
    MessageStatus,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)
from keepwarm.engine.releasing import ended_late
from keepwarm.flows.aftercare import heed, try_another_way
from keepwarm.flows.calling import call_provider
from keepwarm.flows.circuits import draw_conclusions
from keepwarm.flows.pauses import doubled_pause
from keepwarm.flows.preparing import Prepared, prepare
from keepwarm.flows.refusals import is_of_the_receiver, tell_of_failures
from keepwarm.flows.retrying import LONGEST_PAUSE, pause_before, with_jitter
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.schema.words import Channel
from keepwarm.store.claims import (
    LEASE,
    OutcomeNote,
    append_outcomes,
    finish_chunk,
    move_messages,
)
from keepwarm.store.connection import Connection
from keepwarm.store.database import UNAVAILABLE
from keepwarm.store.intents import Intent
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.paces import book
from keepwarm.store.runs import wake_runs
from keepwarm.store.unavailable import why_unavailable

#: How soon answers are recorded again that could not be, and how long at most until the next try.
_FIRST_PAUSE: Final = timedelta(milliseconds=500)
_LONGEST_PAUSE: Final = timedelta(seconds=8)

_log = logging.getLogger(__name__)


async def dispatch_due(system: System, playbook: str) -> Tally | None:
    """Send a playbook's messages that are due, and say what came of them; None when none is due."""
    prepared = await asyncio.to_thread(prepare, system, playbook)
    if not prepared:
        return None
    total = Tally()
    for chunk in prepared:
        if chunk.ready:
            await _send(system, chunk)
        total.add(chunk.tally)
    return total


async def _send(system: System, prepared: Prepared) -> None:
    reached(Landmark.SENDING)
    results = await call_provider(
        system, prepared.claim, prepared.connector, prepared.turn, prepared.ready
    )
    reached(Landmark.ANSWERED)
    await _record_in_the_end(system, prepared, results)
    reached(Landmark.RECORDED)


# ── What the provider said ───────────────────────────────────────────────────────────────────


async def _record_in_the_end(
    system: System, prepared: Prepared, results: Sequence[SendResult]
) -> None:
    """Record what the provider said, and try again for a lease's length where the database is away.

    A try may have been committed though its commit was not heard of: the chunk is closed then, and
    nothing is recorded twice. Pauses are spent where a process that ends can cut them short.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + LEASE.total_seconds()
    for tries in count():
        counted = replace(prepared, tally=Tally())  # what a try in vain counted did not happen
        try:
            await asyncio.to_thread(_record, system, counted, results)
        except UNAVAILABLE as error:
            pause = doubled_pause(_FIRST_PAUSE, tries, _LONGEST_PAUSE).total_seconds()
            if loop.time() + pause > until:
                raise
            if tries == 0:
                why = why_unavailable(error)
                _log.warning("a provider's answers wait until they can be recorded: %s", why)
            await asyncio.sleep(pause)
        else:
            prepared.tally.add(counted.tally)
            return


def _record(system: System, prepared: Prepared, results: Sequence[SendResult]) -> None:
    """Record what the provider said, and act on it."""
    now = system.clock()
    with system.database.writing() as cx:
        if not finish_chunk(cx, prepared.claim):
            _record_late(cx, prepared, results, now)
            return
        is_stopped = _heed_all(cx, system, prepared, results, now)
        notes: list[OutcomeNote] = []
        again: dict[timedelta, list[Intent]] = {}
        failed: list[tuple[Intent, NotProcessed | Rejected]] = []
        elsewhere: set[int] = set()
        for (intent, message), answer in zip(prepared.ready, results, strict=True):
            result = _of_the_message(prepared, intent, answer)
            notes.append(_noted(prepared, intent, message, result))
            pause = pause_before(intent, result, is_stopped=is_stopped)
            if pause is not None:
                again.setdefault(pause, []).append(intent)
            elif isinstance(result, NotProcessed | Rejected):
                prepared.tally.failed[result.reason] += 1
                failed.append((intent, result))
                if is_of_the_receiver(result) and try_another_way(cx, system, intent, now):
                    elsewhere.add(intent.id)
        append_outcomes(cx, notes, now)
        for wanted, intents in again.items():
            pause = with_jitter(intents[0], wanted)
            ids = [intent.id for intent in intents]
            priority = system.shelf.version(cx, intents[0].version_id).plan.priority
            move_messages(cx, prepared.claim, ids, now + pause, priority=priority, new_attempt=True)
            prepared.tally.held["a provider that asked to wait"] += len(intents)
        tell_of_failures(cx, system, Channel(prepared.claim.channel), failed, now)
        late = [
            intent
            for intent, _ in prepared.ready
            if ended_late(intent.queued_at, now) and intent.id not in elsewhere
        ]
        wake_runs(cx, (intent.run_id for intent in late), now)
        reached(Landmark.RECORDING)


def _of_the_message(prepared: Prepared, intent: Intent, answer: SendResult) -> SendResult:
    """Give what an answer says of the message itself, whose request may have left before.

    A repeated call that the provider puts off, or refuses as it does all, says nothing of the
    first one: under another key the message would go twice. Where the provider knows no keys, it
    is repeated because the step says `at least once`.
    """
    is_repeat = intent.status in (MessageStatus.SENDING, MessageStatus.UNKNOWN)
    if not (is_repeat and prepared.connector.limits.idempotent):
        return answer
    match answer:
        case NotProcessed(reason) | Rejected(reason, remedy=Remedy.STOP_CHANNEL):
            return Unknown(f"the repeated call was not looked at: {reason}", answer.raw)
        case _:
            return answer


def _record_late(
    cx: Connection, prepared: Prepared, results: Sequence[SendResult], now: datetime
) -> None:
    """Record what a provider took of a chunk that another worker has taken over.

    Its refusals are left unsaid: the other worker may have made the same call, and been heard.
    """
    taken = [
        _noted(prepared, intent, message, result)
        for (intent, message), result in zip(prepared.ready, results, strict=True)
        if isinstance(result, Accepted)
    ]
    append_outcomes(cx, taken, now)


def _noted(prepared: Prepared, intent: Intent, message: Message, result: SendResult) -> OutcomeNote:
    """Give what to note of one result, and count what needs no second thought."""
    name = prepared.connector.name
    match result:
        case Accepted(provider_id):
            prepared.tally.sent[intent.channel] += 1
            return OutcomeNote(
                intent.id,
                intent.attempt,
                MessageStatus.SENT,
                connector=name,
                provider_id=provider_id,
                content_key=message.content.key,
                personal=message.values,
            )
        case NotProcessed() | Rejected():
            return OutcomeNote(
                intent.id,
                intent.attempt,
                MessageStatus.FAILED,
                result.reason,
                name,
                raw=result.raw or None,
            )
        case Unknown():
            prepared.tally.unknown += 1
            return OutcomeNote(
                intent.id,
                intent.attempt,
                MessageStatus.UNKNOWN,
                result.reason,
                name,
                raw=result.raw or None,
            )
        case _:
            assert_never(result)


def _heed_all(
    cx: Connection,
    system: System,
    prepared: Prepared,
    results: Sequence[SendResult],
    now: datetime,
) -> bool:
    """Do what the answers ask for: of the address, of the customer, of the whole destination.

    Tells whether the destination is stopped now.
    """
    name, channel = prepared.connector.name, Channel(prepared.claim.channel)
    for (intent, message), result in zip(prepared.ready, results, strict=True):
        match result:
            case Rejected():
                address = message.address
                heed(cx, system, channel, intent.customer_id, address, name, result, now)
            case NotProcessed(retry_after=timedelta() as asked):
                book(cx, prepared.destination, now + min(asked, LONGEST_PAUSE))
            case _:
                pass
    intents = (intent for intent, _ in prepared.ready)
    answered = list(zip(intents, results, strict=True))
    return draw_conclusions(
        cx, system, channel, prepared.destination, answered, now, is_trial=prepared.is_trial
    )
