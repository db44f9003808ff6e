"""Settling: messages whose request left and whose answer never came (law 17).

A call-back may say what came of them, the provider may be asked, or the same call be made again
where the provider drops a repeated one. What nobody can say within the settle time follows the
playbook's `when_unknown`. A call-back that comes later still counts.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from keepwarm.connectors.contract import Connector, Settles, destination
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import Accepted, MessageStatus, Rejected, Remedy, SendResult
from keepwarm.flows.aftercare import heed
from keepwarm.flows.circuits import stop
from keepwarm.flows.notices import tell_owner
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.schema.words import Channel, Kind, WhenUnknown, counted_messages
from keepwarm.store.claims import OutcomeNote, append_outcomes
from keepwarm.store.connection import Connection
from keepwarm.store.doubts import (
    FIRST_LOOK,
    Doubt,
    end_doubt,
    is_anothers,
    look_again,
    next_doubt_due,
    offer_again,
    take_doubts,
)
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.runs import wake_runs

Key = TypeVar("Key")

#: How long an outcome may stay unknown before the playbook's `when_unknown` is followed.
SETTLE_WITHIN: Final = timedelta(hours=1)
#: How many doubts are looked at together.
BATCH: Final = 200
#: No message is sent more often than this.
_TRIES: Final = 8
_LOOK_UPS_AT_ONCE: Final = 4


async def settle_due(system: System, playbook: str) -> Tally | None:
    """Look at the doubts of a playbook that are due; None when none is."""
    doubts = await asyncio.to_thread(_take, system, playbook)
    if not doubts:
        return None
    reached(Landmark.DOUBTS_TAKEN)
    answers = await _look_up(system, doubts)
    tally = await asyncio.to_thread(_conclude, system, playbook, doubts, answers)
    reached(Landmark.SETTLED)
    return tally


def _take(system: System, playbook: str) -> list[Doubt]:
    now = system.clock()
    with system.database.reading() as cx:
        due = next_doubt_due(cx, playbook)
    if due is None or due > now:
        return []
    with system.database.writing() as cx:
        return take_doubts(cx, playbook, now, BATCH)


async def _look_up(system: System, doubts: Sequence[Doubt]) -> list[SendResult | None]:
    """Ask the providers that can be asked, a few at once; None where nobody can say."""
    room = asyncio.Semaphore(_LOOK_UPS_AT_ONCE)

    async def ask(doubt: Doubt) -> SendResult | None:
        asked: object = system.connectors.get(Channel(doubt.channel))
        message = _as_it_left(doubt)
        if message is None or doubt.left_at is None or not isinstance(asked, Settles):
            return None
        async with room:
            return await asked.look_up(message, doubt.left_at)

    return list(await asyncio.gather(*(ask(each) for each in doubts)))


def _as_it_left(doubt: Doubt) -> Message | None:
    """Give the message in the words with which it left; None where it need not be asked for."""
    if doubt.status is not MessageStatus.UNKNOWN or doubt.content is None or not doubt.address:
        return None
    return Message(
        send_id=f"{doubt.message_id}-{doubt.attempt}",
        content=doubt.content,
        values=doubt.values,
        address=doubt.address,
        customer_id=doubt.customer,
        playbook="",
        kind=Kind(doubt.kind),
        topic=doubt.topic,
    )


# ── What follows ─────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Settlement:
    """What becomes of the doubts that were looked at together."""

    notes: list[OutcomeNote] = field(default_factory=list)
    known: list[Doubt] = field(default_factory=list)
    repeated: list[Doubt] = field(default_factory=list)
    sent_again: list[Doubt] = field(default_factory=list)
    left: list[Doubt] = field(default_factory=list)


def _conclude(
    system: System,
    playbook: str,
    doubts: Sequence[Doubt],
    answers: Sequence[SendResult | None],
) -> Tally:
    now = system.clock()
    with system.database.writing() as cx:
        settlement = _Settlement()
        for doubt, answer in zip(doubts, answers, strict=True):
            _settle(cx, system, settlement, doubt, answer, now)
        append_outcomes(cx, settlement.notes, now)
        for doubt in (*settlement.known, *settlement.sent_again):
            end_doubt(cx, doubt)
        wake_runs(cx, (doubt.run_id for doubt in settlement.known), now)
        _send_again(cx, system, playbook, settlement, now)
        _leave(cx, system, settlement.left, now)
        reached(Landmark.SETTLING)
    return Tally(settled=len(settlement.known), unsettled=len(settlement.left))


def _settle(
    cx: Connection,
    system: System,
    settlement: _Settlement,
    doubt: Doubt,
    answer: SendResult | None,
    now: datetime,
) -> None:
    """Sort one doubt out: known by now, known by asking, to be called again, or given up."""
    connector = system.connectors.get(Channel(doubt.channel))
    if doubt.status is not MessageStatus.UNKNOWN or doubt.present_attempt > doubt.attempt:
        settlement.known.append(doubt)
    elif connector is not None and _is_proved(cx, doubt, answer):
        settlement.known.append(doubt)
        settlement.notes.append(_found(cx, system, connector, doubt, answer, now))
    elif now - doubt.since >= SETTLE_WITHIN:
        _give_up(cx, system, settlement, doubt)
    else:
        pause: timedelta = FIRST_LOOK * 2**doubt.looks
        look_again(cx, doubt, min(now + pause, doubt.since + SETTLE_WITHIN))
        if connector is not None and connector.limits.idempotent:
            settlement.repeated.append(doubt)


def _is_proved(cx: Connection, doubt: Doubt, answer: SendResult | None) -> bool:
    """Tell whether a look-up says what came of this message, and not of another like it."""
    match answer:
        case Accepted(provider_id):
            return not is_anothers(cx, doubt, provider_id)
        case Rejected():
            return True
        case _:
            return False


def _found(
    cx: Connection,
    system: System,
    connector: Connector,
    doubt: Doubt,
    answer: SendResult | None,
    now: datetime,
) -> OutcomeNote:
    key, attempt, name = doubt.message_id, doubt.attempt, connector.name
    if isinstance(answer, Rejected):
        channel = Channel(doubt.channel)
        heed(cx, system, channel, doubt.customer_id, doubt.address or "", name, answer, now)
        if answer.remedy is Remedy.STOP_CHANNEL and not answer.perhaps_alone:
            stop(cx, system, channel, destination(connector, doubt.address), answer.reason, now)
        return OutcomeNote(key, attempt, MessageStatus.FAILED, answer.reason, name)
    provider_id = answer.provider_id if isinstance(answer, Accepted) else None
    return OutcomeNote(key, attempt, MessageStatus.SENT, "looked up", name, provider_id)


def _give_up(cx: Connection, system: System, settlement: _Settlement, doubt: Doubt) -> None:
    plan = system.shelf.version(cx, doubt.version_id).plan
    wants_again = plan.when_unknown is WhenUnknown.SEND_AGAIN or doubt.at_least_once
    if wants_again and doubt.attempt + 1 < _TRIES:
        settlement.sent_again.append(doubt)
    else:
        settlement.left.append(doubt)


def _send_again(
    cx: Connection, system: System, playbook: str, settlement: _Settlement, now: datetime
) -> None:
    for doubts, is_new in ((settlement.repeated, False), (settlement.sent_again, True)):
        for version_id, those in _grouped(doubts, lambda doubt: doubt.version_id).items():
            priority = system.shelf.version(cx, version_id).plan.priority
            offer_again(cx, those, playbook, priority, now, new_attempt=is_new)


def _leave(cx: Connection, system: System, left: Sequence[Doubt], now: datetime) -> None:
    """Leave what nobody can say to a person, and tell the owner once an hour at most."""
    for doubt in left:
        look_again(cx, doubt, None)
    for (version_id, channel), those in _grouped(left, lambda d: (d.version_id, d.channel)).items():
        plan = system.shelf.version(cx, version_id).plan
        key = f"unknown {plan.playbook} {channel} {now:%Y-%m-%dT%H}"
        tell_owner(cx, system, plan, key, _words(len(those), channel))


def _words(count: int, channel: str) -> str:
    they, were = ("It", "was") if count == 1 else ("They", "were")
    return (
        f"the outcome of {counted_messages(channel, count)} stays unknown: the request left, and"
        f" nobody could say within an hour what came of it. {they} {were} not sent again. The"
        " outbox shows which; the provider's own log says whether it was taken."
    )


def _grouped(doubts: Sequence[Doubt], by: Callable[[Doubt], Key]) -> dict[Key, list[Doubt]]:
    groups: dict[Key, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        groups[by(doubt)].append(doubt)
    return groups
