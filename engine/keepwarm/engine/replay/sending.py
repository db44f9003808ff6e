"""Messages of a replay: queued in chunks, asked of the same gates, held, refused or sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import starmap
from typing import Final

from keepwarm.engine.deciding import message_by
from keepwarm.engine.facts import Sent
from keepwarm.engine.frequencies import chosen_caps
from keepwarm.engine.gates import (
    CONFIRMED_OF,
    CONSENT_OF,
    DAYS_OF,
    Counted,
    Go,
    Hold,
    Manners,
    Refuse,
    Standing,
    ask,
    why_cancelled,
)
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import Send
from keepwarm.engine.releasing import ended_late, message_name, released_at
from keepwarm.engine.replay.life import Life, Part, Queued
from keepwarm.engine.replay.lived import LivedMessage, LivedRun, Noted
from keepwarm.engine.run import Memory, QueueMessage
from keepwarm.engine.timing import start_of_days, zone_named
from keepwarm.engine.zones import Zones
from keepwarm.schema.phrases import AtMost
from keepwarm.schema.words import ADDRESS_OF, CUSTOMER_CHANNELS, Channel, Kind

#: Stands for every channel, or for a channel as a whole.
_ALL: Final = "*"


def queue(life: Life, part: Part, run: LivedRun, message: QueueMessage, chunk: int) -> None:
    """Put a message into the outbox, in a chunk that is due now."""
    queued = LivedMessage(run, message, life.now)
    part.queue.append(Queued(queued, life.now, chunk))
    run.sent[message.step] = Sent(MessageStatus.QUEUED, life.now)
    run.begun[message.step] = life.now


def dispatch(life: Life, part: Part) -> bool:
    """Send the most urgent chunk that is due; tell whether there was one."""
    ready = [each for each in part.queue if each.due_at <= life.now]
    if not ready:
        return False
    _, chunk = min((each.due_at, each.chunk) for each in ready)
    claimed = [each for each in ready if each.chunk == chunk]
    for each in claimed:
        part.queue.remove(each)
    held_until: dict[datetime, int] = {}
    # What is held counts for those after it in its chunk, as in the running service.
    held: list[tuple[datetime, Channel]] = []
    for each in claimed:
        _judge(life, part, each, held, held_until)
    return True


def _judge(
    life: Life,
    part: Part,
    queued: Queued,
    held: list[tuple[datetime, Channel]],
    held_until: dict[datetime, int],
) -> None:
    of = queued.of
    message = of.message
    manners = part.ready.manners_for(message.topic)
    verdict = ask(_standing(life, part, of, manners, held), manners, life.now)
    is_marketing = message.kind is Kind.MARKETING
    match verdict:
        case Go():
            if is_marketing:
                life.touches.append((life.now, message.channel))
            _end(life, of, Noted(life.now, of, MessageStatus.SENT))
        case Hold():
            if is_marketing:
                held.append((life.now, message.channel))
            note = Noted(life.now, of, MessageStatus.HELD, verdict.gate, verdict.reason)
            life.lived.entries.append(note)
            until = _release(life, of, verdict)
            part.queue.append(Queued(of, until, _chunk_until(life, until, held_until)))
        case Refuse():
            note = Noted(life.now, of, verdict.status, verdict.gate, verdict.reason)
            if verdict.may_try_another_way and _try_another_way(life, part, of):
                life.lived.entries.append(note)
            else:
                _end(life, of, note)


def _end(life: Life, of: LivedMessage, note: Noted) -> None:
    """Let a message end; one that ends late moves the wait that follows it."""
    life.lived.entries.append(note)
    run = of.run
    run.sent[of.message.step] = Sent(note.status, life.now)
    if ended_late(of.queued_at, life.now) and run.due_at is not None and run.due_at > life.now:
        run.due_at = life.now


def _release(life: Life, of: LivedMessage, hold: Hold) -> datetime:
    if hold.until is not None and not life.lineup.spreads:
        return hold.until
    message = of.message
    name = message_name(life.customer, of.run.playbook, message.step, message.part)
    return released_at(hold, name, life.now)


def _chunk_until(life: Life, until: datetime, held_until: dict[datetime, int]) -> int:
    if until not in held_until:
        life.chunks += 1
        held_until[until] = life.chunks
    return held_until[until]


def _try_another_way(life: Life, part: Part, of: LivedMessage) -> bool:
    plan, message = part.ready.plan, of.message
    step, following = plan.steps[message.step], message.part + 1
    if not isinstance(step, Send) or following >= len(step.ways):
        return False
    offer = dict(message.words).get("offer")
    memory = Memory(offer=offer if isinstance(offer, str) else None)
    other = message_by(plan, message.step, following, life.now, memory)
    life.chunks += 1
    queue(life, part, of.run, other, life.chunks)
    return True


# ── Where the customer stands ────────────────────────────────────────────────────────────────


def _standing(
    life: Life,
    part: Part,
    of: LivedMessage,
    manners: Manners,
    held: list[tuple[datetime, Channel]],
) -> Standing:
    message, channel = of.message, of.message.channel
    to_customer = channel in CUSTOMER_CHANNELS
    address = _address(life, message)
    zones = life.zones(part)
    consent = life.attributes.get(CONSENT_OF[channel]) if to_customer else None
    return Standing(
        channel=channel,
        kind=message.kind,
        address=address,
        consent=consent if isinstance(consent, bool) else None,
        topic_choice=_choice(life, message) if life.choices else None,
        confirmed=life.attributes.get(CONFIRMED_OF.get(channel, "")) is True,
        suppressed=_suppression(life, channel, address) if to_customer else None,
        run_ended=why_cancelled(of.run.run.status) if to_customer else None,
        expires_at=message.expires_at,
        chosen=_chosen(life, channel, zones, held),
        counted=tuple(_counted(life, manners.caps, zones, held)) if manners.caps else (),
        zones=zones if to_customer else None,
    )


def _address(life: Life, message: QueueMessage) -> str | None:
    if message.address is not None:
        return message.address
    name = ADDRESS_OF.get(message.channel)
    if name is None:
        return life.customer
    value = life.attributes.get(name)
    return value if isinstance(value, str) else None


def _choice(life: Life, message: QueueMessage) -> bool | None:
    everything = _said(life, _ALL, message.channel)
    if everything is False or message.topic is None:
        return everything
    said = _said(life, message.topic, message.channel)
    return everything if said is None else said


def _said(life: Life, topic: str, channel: Channel) -> bool | None:
    """Give what the customer chose for this channel, else for all channels."""
    said = life.choices.get((topic, channel))
    return life.choices.get((topic, _ALL)) if said is None else said


def _suppression(life: Life, channel: Channel, address: str | None) -> str | None:
    reason = life.barred.get((channel, address)) if address else None
    return None if reason is None else f"the address may not be used: {reason}"


def _chosen(
    life: Life, channel: Channel, zones: Zones, held: list[tuple[datetime, Channel]]
) -> tuple[Counted, ...]:
    caps = chosen_caps(life.attributes, channel)
    if not caps:
        return ()
    counted = _counted(life, caps, zones, held)
    return tuple(starmap(Counted, zip(caps, counted, strict=True)))


def _counted(
    life: Life, caps: Sequence[AtMost], zones: Zones, held: list[tuple[datetime, Channel]]
) -> Iterator[int]:
    zone = zone_named(zones.name)
    for cap in caps:
        since = start_of_days(life.now, DAYS_OF[cap.per], zone)
        yield sum(
            at >= since and cap.channel in (None, channel)
            for touched in (life.touches, held)
            for at, channel in touched
        )
