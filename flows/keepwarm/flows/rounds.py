"""A round of work on one playbook: who may enter, who is due, what waits, what is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from keepwarm.flows.advancing import advance_due
from keepwarm.flows.dispatching import dispatch_due
from keepwarm.flows.settling import settle_due
from keepwarm.flows.starting import let_in
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.flows.telling import tell_people


async def work_round(system: System, playbook: str) -> Tally:
    """Do everything that is due on a playbook now, and say what it was."""
    total = Tally()
    async for tally in work_parts(system, playbook):
        total.add(tally)
    return total


async def work_parts(system: System, playbook: str) -> AsyncIterator[Tally]:
    """Do everything that is due, one batch or chunk at a time, and say what each did.

    Every part is whole when it is given: whoever stops here leaves nothing half done.
    """
    yield await asyncio.to_thread(let_in, system, playbook)
    while True:
        advanced = await asyncio.to_thread(advance_due, system, playbook)
        if advanced is not None:
            yield advanced
        sent = await dispatch_due(system, playbook)
        if sent is not None:
            yield sent
        if advanced is None and sent is None:
            settled = await settle_due(system, playbook)
            await tell_people(system)
            if settled is None:
                return
            yield settled
