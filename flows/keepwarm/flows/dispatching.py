"""Dispatch: from messages that wait in the outbox to what came of them.

A chunk is claimed, its gates are asked and its words rendered in one transaction, which also
records that the requests are about to leave. Only then is the provider called; what it said is
recorded in a second transaction. A connector that takes messages inside this process
(`limits.transactional`) needs no second one: its acceptance is the commit itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, assert_never

from keepwarm.connectors.contract import Connector
from keepwarm.engine.draws import share_of
from keepwarm.engine.gates import Go, Hold, Refuse
from keepwarm.engine.outcome import (
    Accepted,
    MessageStatus,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)
from keepwarm.engine.releasing import ended_late, message_name, released_at
from keepwarm.flows.aftercare import go_on, heed, try_another_way
from keepwarm.flows.calling import Turn, call_provider
from keepwarm.flows.judging import Judged, judge
from keepwarm.flows.pacing import book_turn, take_turn
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.flows.wording import Scribe, Worded, Wordless
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import open_circuits
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
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.paces import book
from keepwarm.store.runs import wake_runs

Result = TypeVar("Result")

#: How often a message that was certainly not taken is offered again.
_TRIES = 8
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
#: How soon a message is looked at again that a stopped connector did not take.
_AFTER_A_STOP = timedelta(minutes=1)
#: Statuses of messages whose request may have left before.
_DOUBTFUL = (MessageStatus.SENDING, MessageStatus.UNKNOWN)


@dataclass(slots=True)
class _Prepared:
    """A claimed chunk whose words are ready."""

    claim: Claim
    connector: Connector
    turn: Turn
    #: Whether the connector is stopped and this is the trial that may start it again.
    is_trial: bool = False
    ready: list[tuple[Intent, Worded]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


async def dispatch_chunk(system: System, playbook: str | None = None) -> Tally | None:
    """Send one chunk of messages that is due, and say what came of it; None when none is due."""
    prepared = await asyncio.to_thread(_prepare, system, playbook)
    if prepared is None:
        return None
    if prepared.ready:
        reached(Landmark.SENDING)
        results = await call_provider(
            system, prepared.claim, prepared.connector, prepared.turn, prepared.ready
        )
        reached(Landmark.ANSWERED)
        await asyncio.to_thread(_record, system, prepared, results)
        reached(Landmark.RECORDED)
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
        reached(Landmark.CLAIMING)
        intents = read_intents(cx, claim)
        connector = system.connectors[Channel(claim.channel)]
        prepared = _Prepared(claim, connector, Turn(now))
        unsent = _settle_earlier_claim(cx, prepared, intents, now)
        fresh, prepared.turn = take_turn(cx, system, claim, connector, unsent, now)
        notes, late = _sort_out(cx, system, prepared, judge(cx, system, claim, fresh, now), now)
        if prepared.connector.limits.transactional:
            notes += _take_in_process(prepared)
        else:
            notes += [_note(intent, worded, MessageStatus.SENDING, prepared.connector.name)
                      for intent, worded in prepared.ready]  # fmt: skip
            book_turn(cx, connector, prepared.turn, len(prepared.ready))
            prepared.is_trial = connector.name in open_circuits(cx)
        append_outcomes(cx, notes, now)
        keep_contents(cx, {w.content_key: w.message.content for _, w in prepared.ready})
        if prepared.connector.limits.transactional:
            late += [intent for intent, _ in prepared.ready if ended_late(intent.queued_at, now)]
            prepared.ready = []
        if not prepared.ready:
            finish_chunk(cx, claim)
        wake_runs(cx, (intent.run_id for intent in late), now)
        reached(Landmark.JUDGING)
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
        # Those that are unknown were put back to be settled by the same call.
        return never_left + [i for i in intents if i.status in _DOUBTFUL]
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
    scribe = Scribe(cx, system)
    for each in judged:
        intent = each.intent
        match each.verdict:
            case Go():
                worded = scribe.put_into_words(intent)
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
            case Refuse() as refusal if intent.status in _DOUBTFUL:
                # The call is not repeated, and so nobody learns whether the first was taken.
                reason = f"not called again: {refusal.reason}"
                notes.append(_end(intent, MessageStatus.UNKNOWN, reason))
                prepared.tally.unknown += 1
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


# ── What the provider said ───────────────────────────────────────────────────────────────────


def _record(system: System, prepared: _Prepared, results: Sequence[SendResult]) -> None:
    """Record what the provider said, and act on it."""
    now = system.clock()
    with system.database.writing() as cx:
        if not finish_chunk(cx, prepared.claim):
            _record_late(cx, prepared, results, now)
            return
        notes: list[OutcomeNote] = []
        again: dict[timedelta, list[Intent]] = {}
        for (intent, worded), result in zip(prepared.ready, results, strict=True):
            notes.append(_noted(prepared, intent, worded, result))
            pause = _pause_before(intent, result)
            if pause is not None:
                again.setdefault(pause, []).append(intent)
            elif isinstance(result, NotProcessed | Rejected):
                prepared.tally.failed[result.reason] += 1
        append_outcomes(cx, notes, now)
        _heed_all(cx, system, prepared, results, now)
        for pause, intents in again.items():
            ids = [intent.id for intent in intents]
            priority = system.shelf.version(cx, intents[0].version_id).plan.priority
            move_messages(cx, prepared.claim, ids, now + pause, priority=priority, new_attempt=True)
            prepared.tally.held["a provider that asked to wait"] += len(intents)
        late = [i for i, _ in prepared.ready if ended_late(i.queued_at, now)]
        wake_runs(cx, (intent.run_id for intent in late), now)
        reached(Landmark.RECORDING)


def _record_late(
    cx: Connection, prepared: _Prepared, results: Sequence[SendResult], now: datetime
) -> None:
    """Record what a provider took of a chunk that another worker has taken over.

    Its refusals are left unsaid: the other worker may have made the same call, and been heard.
    """
    taken = [
        _noted(prepared, intent, worded, result)
        for (intent, worded), result in zip(prepared.ready, results, strict=True)
        if isinstance(result, Accepted)
    ]
    append_outcomes(cx, taken, now)


def _noted(prepared: _Prepared, intent: Intent, worded: Worded, result: SendResult) -> OutcomeNote:
    """Give what to note of one result, and count what needs no second thought."""
    name = prepared.connector.name
    match result:
        case Accepted(provider_id):
            prepared.tally.sent[intent.channel] += 1
            return _note(intent, worded, MessageStatus.SENT, name, provider_id)
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
    prepared: _Prepared,
    results: Sequence[SendResult],
    now: datetime,
) -> None:
    """Do what the answers ask for: of the address, of the customer, of the whole connector."""
    name, channel = prepared.connector.name, Channel(prepared.claim.channel)
    for (intent, worded), result in zip(prepared.ready, results, strict=True):
        match result:
            case Rejected():
                address = worded.message.address
                heed(cx, system, channel, intent.customer_id, address, name, result, now)
            case NotProcessed(retry_after=timedelta() as asked):
                book(cx, name, now + min(asked, _LONGEST_PAUSE))
            case _:
                pass
    if prepared.is_trial and any(_answers_well(result) for result in results):
        go_on(cx, system, channel, name, now)


def _answers_well(result: SendResult) -> bool:
    """Tell whether an answer shows that the provider lets us in."""
    return isinstance(result, Accepted) or (
        isinstance(result, Rejected) and result.remedy is not Remedy.STOP_CHANNEL
    )


def _pause_before(intent: Intent, result: SendResult) -> timedelta | None:
    """Give how long to wait before the next attempt; None when there is none.

    As long as the provider asks, or twice as long each time, with jitter. What a stopped
    connector did not take waits until it goes on.
    """
    match result:
        case Rejected(remedy=Remedy.STOP_CHANNEL):
            return _AFTER_A_STOP
        case NotProcessed() if intent.attempt + 1 < _TRIES:
            own: timedelta = min(_FIRST_PAUSE * 2**intent.attempt, _LONGEST_PAUSE)
            wanted = max(own, min(result.retry_after or timedelta(), _LONGEST_PAUSE))
            jitter = share_of("retry", f"{intent.run_id}/{intent.attempt}")
            return wanted + timedelta(seconds=int(wanted.total_seconds() * 0.1 * jitter))
        case _:
            return None
