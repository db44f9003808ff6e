"""Circuits: a destination that refuses all of us is stopped, tried now and then, and let go on.

Where nobody is there to take a message, again and again, the destination is stopped as well: a
million messages would else be offered thirty times each, and nobody be told.

A refusal that may be about its message alone stops nothing by itself: it takes several messages in
a row, or one that was offered as often as any is, with none taken in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, Remedy, SendResult
from keepwarm.flows.notices import tell_operators
from keepwarm.flows.retrying import is_last_try
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import (
    close_circuit,
    open_circuit,
    open_circuits,
    suspect,
    suspect_nobody,
    suspects,
    try_at_once,
)
from keepwarm.store.connection import Connection
from keepwarm.store.intents import Intent

#: So many messages that are refused in a row are not refused for themselves.
ENOUGH_SUSPECTS: Final = 3
#: After so many tries of a message, within four minutes, nobody is there for the others either.
_ENOUGH_TRIES: Final = 4


def draw_conclusions(
    cx: Connection,
    system: System,
    channel: Channel,
    destination: str,
    answered: Sequence[tuple[Intent, SendResult]],
    now: datetime,
    *,
    is_trial: bool,
) -> bool:
    """Stop a destination or let it go on, by what it answered; tell whether it is stopped now."""
    away = [(i, r) for i, r in answered if isinstance(r, NotProcessed) and r.is_away]
    if away and len(away) == len(answered):
        return _is_away(cx, system, channel, destination, away, now)
    refusals = [(i, r) for i, r in answered if isinstance(r, Rejected) and not lets_in(r)]
    for _, refusal in refusals:
        if not refusal.perhaps_alone:
            stop(cx, system, channel, destination, refusal.reason, now)
            return True
    if any(lets_in(result) for _, result in answered):
        suspect_nobody(cx, destination)
        if is_trial:
            _go_on(cx, system, channel, destination, now)
        return False
    if not refusals:
        return False
    if destination in open_circuits(cx) or _are_all_meant(cx, destination, refusals):
        stop(cx, system, channel, destination, refusals[-1][1].reason, now)
        return True
    return False


def _is_away(
    cx: Connection,
    system: System,
    channel: Channel,
    destination: str,
    away: Sequence[tuple[Intent, NotProcessed]],
    now: datetime,
) -> bool:
    """Stop a destination at which nobody was met for minutes; tell whether it is stopped now."""
    tries = max(intent.attempt + 1 for intent, _ in away)
    if tries < _ENOUGH_TRIES and destination not in open_circuits(cx):
        return False
    stop(cx, system, channel, destination, away[-1][1].reason, now, is_away=True)
    return True


def lets_in(result: SendResult) -> bool:
    """Tell whether an answer shows that the destination heard us out: it took it, or not that."""
    return isinstance(result, Accepted) or (
        isinstance(result, Rejected) and result.remedy is not Remedy.STOP_CHANNEL
    )


def _are_all_meant(
    cx: Connection, destination: str, refusals: Sequence[tuple[Intent, Rejected]]
) -> bool:
    """Tell whether messages are refused for all of us, and remember which were if not yet."""
    before = suspects(cx, destination)
    by_now = before | {intent.id for intent, _ in refusals}
    if len(by_now) >= ENOUGH_SUSPECTS:
        return True
    if any(intent.id in before and is_last_try(intent) for intent, _ in refusals):
        return True
    suspect(cx, destination, by_now - before)
    return False


def stop(
    cx: Connection,
    system: System,
    channel: Channel,
    destination: str,
    reason: str,
    now: datetime,
    *,
    is_away: bool = False,
) -> None:
    """Stop a destination, and tell those who can mend it the first time."""
    suspect_nobody(cx, destination)
    if open_circuit(cx, destination, reason, now):
        mend = "If it is not away, mend" if is_away else "Mend"
        words = (
            f"{destination} is stopped, and its messages wait: {reason}. {mend} its settings and"
            f" start Keepwarm again, or type `keepwarm connectors --try {destination}`; one message"
            f" is tried every few minutes."
        )
        tell_operators(cx, system, channel, f"stopped {destination} {now:%Y-%m-%dT%H:%M}", words)


def _go_on(
    cx: Connection, system: System, channel: Channel, destination: str, now: datetime
) -> None:
    """Let a stopped destination be used again, and tell those who heard that it was stopped."""
    if close_circuit(cx, destination, now):
        words = f"{destination} works again, and what waited for it goes out."
        tell_operators(cx, system, channel, f"goes on {destination} {now:%Y-%m-%dT%H:%M}", words)


def try_what_stopped(system: System) -> int:
    """Try what stopped at once: keys change with a new start, since they are settings.

    Gives how many destinations are stopped.
    """
    with system.database.writing() as cx:
        return len(try_at_once(cx, system.clock()))
