"""Asking providers to forget customers who were erased here: until they took it, or for a month."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from keepwarm.connectors.contract import Forgets, Forgot, Forgotten, NotYet
from keepwarm.flows.pauses import doubled_pause
from keepwarm.flows.system import System
from keepwarm.store.forgetting import (
    ASKED_FOR,
    Wish,
    ask_again,
    end_wish,
    is_any_due,
    messages_at,
    take_wishes,
)

_FIRST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(hours=12)
#: How long asking may take before another worker may ask as well; asking twice does no harm.
_LEASE: Final = timedelta(minutes=10)


async def ask_providers(system: System) -> int:
    """Ask what is due to be asked, and give how many took the wish."""
    wishes = await asyncio.to_thread(_take, system)
    providers = system.forgetful
    taken = 0
    for wish in wishes:
        asked = providers.get(wish.provider)
        answer = await _ask(system, asked, wish) if asked else NotYet("it is not configured here")
        taken += await asyncio.to_thread(_record, system, wish, answer)
    return taken


def _take(system: System) -> list[Wish]:
    now = system.clock()
    with system.database.reading() as cx:
        if not is_any_due(cx, now):
            return []
    with system.database.writing() as cx:
        return take_wishes(cx, now, now + _LEASE)


async def _ask(system: System, asked: Forgets, wish: Wish) -> Forgot | NotYet:
    known = await asyncio.to_thread(_messages, system, wish)
    return await asked.forget(Forgotten(wish.customer, wish.emails, wish.phones, tuple(known)))


def _messages(system: System, wish: Wish) -> list[str]:
    with system.database.reading() as cx:
        return list(messages_at(cx, wish.customer_id, wish.provider))


def _record(system: System, wish: Wish, answer: Forgot | NotYet) -> bool:
    now = system.clock()
    with system.database.writing() as cx:
        match answer:
            case Forgot(reference):
                end_wish(cx, wish, system.worker, f"taken: {reference}".rstrip(": "), now)
                return True
            case NotYet(reason) if now >= wish.asked_at + ASKED_FOR:
                end_wish(cx, wish, system.worker, f"never taken, ask it yourself: {reason}", now)
            case NotYet(reason):
                pause = doubled_pause(_FIRST_PAUSE, wish.tries, _LONGEST_PAUSE)
                ask_again(cx, wish, reason, now + pause)
    return False
