"""A round of work on one playbook: who may enter, who is due, what waits, what is unknown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final, TypeVar

from keepwarm.flows.advancing import BATCH, advance_due
from keepwarm.flows.dispatching import dispatch_due
from keepwarm.flows.due import is_due
from keepwarm.flows.notices import tell_people
from keepwarm.flows.settling import settle_due
from keepwarm.flows.starting import let_in
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally

Done = TypeVar("Done")

#: How many full batches are advanced before what they queued is dispatched, where only one can
#: write. At both ends of a transaction one thread waits for the other, so it should find as many
#: chunks as it may take.
_BATCHES: Final = 2


async def work_round(system: System, playbook: str) -> Tally:
    """Do everything that is due on a playbook now, and say what it was."""
    total = Tally()
    async for tally in work_parts(system, playbook):
        total.add(tally)
    return total


async def work_parts(system: System, playbook: str) -> AsyncIterator[Tally]:
    """Do everything that is due, one batch or chunk at a time, and say what each did.

    Every part is whole when it is given: whoever stops here leaves nothing half done. Nothing is
    done while this process must stand still.
    """
    with contextlib.suppress(StandsStillError):
        async for tally in _parts(system, playbook):
            yield tally


async def _parts(system: System, playbook: str) -> AsyncIterator[Tally]:
    yield await asyncio.to_thread(_unless_still, system, let_in, playbook)
    advanced: Tally | None = None
    while True:
        while system.database.takes_several_writers and _are_many(advanced):
            advanced, sent = await _in_two_lanes(system, playbook)
            for tally in (advanced, sent):
                if tally is not None:
                    yield tally
        advanced = None
        async for advanced in _advanced(system, playbook):
            yield advanced
        sent = await dispatch_due(system, playbook)
        if sent is not None:
            yield sent
        is_done = not await asyncio.to_thread(is_due, system, playbook)
        if is_done or (advanced is None and sent is None):
            settled = None if is_done else await settle_due(system, playbook)
            await tell_people(system)
            if settled is None:
                return
            yield settled


async def _advanced(system: System, playbook: str) -> AsyncIterator[Tally]:
    """Advance a batch, or as many as queue enough for one dispatch."""
    for _ in range(1 if system.database.takes_several_writers else _BATCHES):
        advanced = await asyncio.to_thread(_unless_still, system, advance_due, playbook)
        if advanced is None:
            return
        yield advanced
        if not _are_many(advanced):
            return


def _are_many(advanced: Tally | None) -> bool:
    """Tell whether a batch was as large as it may be, so that others will be due as well."""
    return advanced is not None and advanced.advanced >= BATCH


async def _in_two_lanes(system: System, playbook: str) -> tuple[Tally | None, Tally | None]:
    """Advance a batch while messages of those before it are sent, as two workers would."""
    if await asyncio.to_thread(system.trouble) is not None:
        raise StandsStillError
    # So that neither is still under way when the other one has failed.
    done = await asyncio.gather(
        asyncio.to_thread(advance_due, system, playbook),
        dispatch_due(system, playbook),
        return_exceptions=True,
    )
    match done:
        case (BaseException() as error, _) | (_, BaseException() as error):
            raise error
        case (advanced, sent):
            return advanced, sent


class StandsStillError(Exception):
    """This process must not work just now, and said why."""


def _unless_still(system: System, deed: Callable[[System, str], Done], playbook: str) -> Done:
    # In the thread that does it: a thread more would cost every part its start.
    if system.trouble() is not None:
        raise StandsStillError
    return deed(system, playbook)
