"""Dispatch: from messages that wait in the outbox to what came of them.

A chunk is claimed, its gates are asked and its words rendered in one transaction, which also
records that the requests are about to leave. Only then is the provider called; what it said is
recorded in a second transaction. A connector that takes messages inside this process
(`limits.transactional`) needs no second one: its acceptance is the commit itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar, assert_never

from keepwarm.connectors.contract import Connector
from keepwarm.engine.draws import share_of
from keepwarm.engine.gates import Go, Hold, Refuse
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import (
    Accepted,
    MessageStatus,
    NotProcessed,
    Rejected,
    SendResult,
    Unknown,
)
from keepwarm.engine.releasing import ended_late, message_name, released_at
from keepwarm.flows.aftercare import heed, try_another_way
from keepwarm.flows.judging import Judged, judge
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.flows.wording import Worded, Wordless, put_into_words
from keepwarm.schema.words import Channel
from keepwarm.store.claims import (
    Claim,
    Intent,
    OutcomeNote,
    append_outcomes,
    claim_chunk,
    finish_chunk,
    keep_contents,
    move_messages,
    read_intents,
)
from keepwarm.store.connection import Connection
from keepwarm.store.runs import wake_runs

Result = TypeVar("Result")

#: How often a message that was certainly not taken is offered again.
_TRIES = 8
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(slots=True)
class _Prepared:
    """A claimed chunk whose words are ready."""

    claim: Claim
    connector: Connector
    ready: list[tuple[Intent, Worded]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


async def dispatch_chunk(system: System, playbook: str | None = None) -> Tally | None:
    """Send one chunk of messages that is due, and say what came of it; None when none is due."""
    prepared = await asyncio.to_thread(_prepare, system, playbook)
    if prepared is None:
        return None
    if prepared.ready:
        results = await _send_all(prepared)
        await asyncio.to_thread(_record, system, prepared, results)
    return prepared.tally


def _prepare(system: System, playbook: str | None) -> _Prepared | None:
    """Claim, judge and word a chunk in one transaction."""
    now = system.clock()
    # Before a request leaves, its claim is on the disk. What never leaves this process may be taken
    # back by a power cut together with its claim, as if it had not been begun.
    leaves = not all(each.limits.transactional for each in system.connectors.values())
    with system.database.writing(durable=leaves) as cx:
        claim = claim_chunk(cx, system.worker, now, playbook)
        if claim is None:
            return None
        intents = read_intents(cx, claim)
        prepared = _Prepared(claim, system.connectors[Channel(claim.channel)])
        fresh = _settle_earlier_claim(cx, prepared, intents, now)
        notes, late = _sort_out(cx, system, prepared, judge(cx, system, claim, fresh, now), now)
        if prepared.connector.limits.transactional:
            notes += _take_in_process(prepared)
        else:
            notes += [_note(intent, worded, MessageStatus.SENDING, prepared.connector.name)
                      for intent, worded in prepared.ready]  # fmt: skip
        append_outcomes(cx, notes, now)
        keep_contents(cx, {w.content_key: w.message.content for _, w in prepared.ready})
        if prepared.connector.limits.transactional:
            late += [intent for intent, _ in prepared.ready if ended_late(intent.queued_at, now)]
            prepared.ready = []
        if not prepared.ready:
            finish_chunk(cx, claim)
        wake_runs(cx, (intent.run_id for intent in late), now)
    return prepared


def _settle_earlier_claim(
    cx: Connection, prepared: _Prepared, intents: Sequence[Intent], now: datetime
) -> list[Intent]:
    """Give the messages that never left; those that may have left before are settled (law 17).

    A worker that dies leaves messages that are `sending` and nothing after it. A provider that
    drops repeated calls is asked again with the same key; with any other they are `unknown`.
    """
    never_left = [i for i in intents if i.status in (None, MessageStatus.HELD)]
    in_doubt = [i for i in intents if i.status is MessageStatus.SENDING]
    if prepared.connector.limits.idempotent:
        return never_left + in_doubt
    again = [i for i in in_doubt if i.words.get("at_least_once")]
    lost = [i for i in in_doubt if not i.words.get("at_least_once")]
    reason = "the worker stopped while the request was under way"
    append_outcomes(
        cx,
        [OutcomeNote(i.id, i.attempt, MessageStatus.UNKNOWN, reason) for i in lost],
        now,
    )
    prepared.tally.unknown += len(lost)
    return never_left + again


def _sort_out(
    cx: Connection, system: System, prepared: _Prepared, judged: Sequence[Judged], now: datetime
) -> tuple[list[OutcomeNote], list[Intent]]:
    """Carry out the verdicts: word what goes, move what is held, end what is refused.

    Gives what to note, and the messages that ended so late that their runs must hear of it.
    """
    notes: list[OutcomeNote] = []
    holds: dict[datetime, list[Intent]] = {}
    ended: list[Intent] = []
    for each in judged:
        intent = each.intent
        match each.verdict:
            case Go():
                worded = put_into_words(cx, system, intent)
                if isinstance(worded, Wordless):
                    is_skip = worded.status is MessageStatus.SKIPPED
                    tally = prepared.tally.skipped if is_skip else prepared.tally.failed
                    tally[worded.reason] += 1
                    notes.append(_end(intent, worded.status, worded.reason))
                    ended.append(intent)
                else:
                    prepared.ready.append((intent, worded))
            case Hold() as hold:
                holds.setdefault(_release(intent, hold, now), []).append(intent)
                prepared.tally.held[hold.gate] += 1
                notes.append(_end(intent, MessageStatus.HELD, hold.reason))
            case Refuse() as refusal:
                prepared.tally.skipped[refusal.reason] += 1
                notes.append(_end(intent, refusal.status, refusal.reason))
                if not (refusal.may_try_another_way and try_another_way(cx, system, intent, now)):
                    ended.append(intent)
            case _:
                assert_never(each.verdict)
    for until, held in holds.items():
        priority = system.shelf.version(cx, held[0].version_id).plan.priority
        move_messages(cx, prepared.claim, [i.id for i in held], until, priority=priority)
    return notes, [intent for intent in ended if ended_late(intent.queued_at, now)]


def _release(intent: Intent, hold: Hold, now: datetime) -> datetime:
    name = message_name(intent.customer, intent.playbook, intent.step, intent.part)
    return released_at(hold, name, now)


def _end(intent: Intent, status: MessageStatus, reason: str) -> OutcomeNote:
    return OutcomeNote(intent.id, intent.attempt, status, reason)


def _note(
    intent: Intent,
    worded: Worded,
    status: MessageStatus,
    connector: str,
    provider_id: str | None = None,
) -> OutcomeNote:
    return OutcomeNote(
        message_id=intent.id,
        attempt=intent.attempt,
        status=status,
        connector=connector,
        provider_id=provider_id,
        content_key=worded.content_key,
        personal=worded.message.values,
    )


def _take_in_process(prepared: _Prepared) -> list[OutcomeNote]:
    """Have a connector inside this process take the messages, within the transaction."""
    connector = prepared.connector
    messages = [worded.message for _, worded in prepared.ready]
    results = _at_once(connector.send(messages)) if messages else ()
    notes = []
    for (intent, worded), result in zip(prepared.ready, results, strict=True):
        if not isinstance(result, Accepted):
            raise TypeError(f"{connector.name} takes messages in process, so it takes them all")
        notes.append(
            _note(intent, worded, MessageStatus.SENT, connector.name, result.provider_id),
        )
        prepared.tally.sent[intent.channel] += 1
    return notes


def _at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise TypeError("a connector inside this process waited for something outside")


# ── Calling the provider ─────────────────────────────────────────────────────────────────────


async def _send_all(prepared: _Prepared) -> list[SendResult]:
    """Call the provider for every message, so many at once as it allows; results in order."""
    connector = prepared.connector
    room = asyncio.Semaphore(connector.limits.at_once)
    results: dict[str, SendResult] = {}

    async def call(messages: Sequence[Message]) -> None:
        async with room:
            answered = await connector.send(messages)
        results.update(zip((m.send_id for m in messages), answered, strict=True))

    async with asyncio.TaskGroup() as group:
        for batch in _batches(prepared):
            group.create_task(call(batch))
    return [results[worded.message.send_id] for _, worded in prepared.ready]


def _batches(prepared: _Prepared) -> Iterator[Sequence[Message]]:
    """Give the messages in calls: those of one content together, as many as a call takes.

    Two messages to one address never share a call, since providers refuse that.
    """
    size = prepared.connector.limits.batch
    ordered = sorted(prepared.ready, key=lambda pair: pair[1].content_key)
    for _, same in groupby(ordered, key=lambda pair: pair[1].content_key):
        batch: dict[str, Message] = {}
        for _, worded in same:
            if len(batch) >= size or worded.message.address in batch:
                yield list(batch.values())
                batch = {}
            batch[worded.message.address] = worded.message
        yield list(batch.values())


def _record(system: System, prepared: _Prepared, results: Sequence[SendResult]) -> None:
    """Record what the provider said, and act on it."""
    now = system.clock()
    with system.database.writing() as cx:
        notes: list[OutcomeNote] = []
        again: dict[timedelta, list[Intent]] = {}
        name = prepared.connector.name
        for (intent, worded), result in zip(prepared.ready, results, strict=True):
            match result:
                case Accepted(provider_id):
                    prepared.tally.sent[intent.channel] += 1
                    notes.append(
                        _note(intent, worded, MessageStatus.SENT, name, provider_id),
                    )
                case NotProcessed() if intent.attempt + 1 < _TRIES:
                    again.setdefault(_pause_before(intent, result), []).append(intent)
                    notes.append(_refused(intent, name, result.reason, result.raw))
                case NotProcessed() | Rejected():
                    prepared.tally.failed[result.reason] += 1
                    notes.append(_refused(intent, name, result.reason, result.raw))
                case Unknown():
                    prepared.tally.unknown += 1
                    note = _end(intent, MessageStatus.UNKNOWN, result.reason)
                    notes.append(note)
                case _:
                    assert_never(result)
            if isinstance(result, Rejected):
                heed(cx, system, intent, worded.message.address, name, result, now)
        append_outcomes(cx, notes, now)
        for pause, intents in again.items():
            ids = [intent.id for intent in intents]
            priority = system.shelf.version(cx, intents[0].version_id).plan.priority
            move_messages(cx, prepared.claim, ids, now + pause, priority=priority, new_attempt=True)
            prepared.tally.held["a provider that asked to wait"] += len(intents)
        finish_chunk(cx, prepared.claim)
        late = [i for i, _ in prepared.ready if ended_late(i.queued_at, now)]
        wake_runs(cx, (intent.run_id for intent in late), now)


def _refused(intent: Intent, connector: str, reason: str, raw: str) -> OutcomeNote:
    return OutcomeNote(
        intent.id, intent.attempt, MessageStatus.FAILED, reason, connector, raw=raw or None
    )


def _pause_before(intent: Intent, result: NotProcessed) -> timedelta:
    """Give how long to wait: what the provider asks, or twice as long each time, with jitter."""
    own: timedelta = min(_FIRST_PAUSE * 2**intent.attempt, _LONGEST_PAUSE)
    wanted = max(own, min(result.retry_after or timedelta(), _LONGEST_PAUSE))
    jitter = share_of("retry", f"{intent.run_id}/{intent.attempt}")
    return wanted + timedelta(seconds=int(wanted.total_seconds() * 0.1 * jitter))
