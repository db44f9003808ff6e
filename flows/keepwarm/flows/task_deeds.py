"""What people did with tasks, in the inbox's words: done, taken, put off; wherever they did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, assert_never

from keepwarm.connectors.task_tools.contract import DONE, Deed, Finished, PutOff, Taken
from keepwarm.flows.system import System
from keepwarm.store.accounts import account_of
from keepwarm.store.connection import Connection
from keepwarm.store.task_copies import close_copy, copy_called, task_of_copy
from keepwarm.store.tasks import finish_task, hand_over, read_task, snooze

#: Tools that show by themselves what was done there.
_SHOW_THEIR_OWN: Final = frozenset({"zendesk", "hubspot", "salesforce"})


@dataclass(frozen=True, slots=True)
class Done:
    """A task that ended: whose runs may go on."""

    playbook: str


def do_deeds(system: System, tool: str, deeds: Sequence[Deed]) -> list[Done]:
    """Do what people did in a tool; what is about no open task of ours changes nothing."""
    now = system.clock()
    with system.database.writing() as cx:
        found = [_do(cx, tool, deed, now) for deed in deeds]
    return [Done(playbook) for playbook in found if playbook is not None]


def in_our_names(
    system: System, deeds: Sequence[Deed], addresses: Sequence[str | None]
) -> Sequence[Deed]:
    """Give deeds in the names of people whom we know: who have an account, or are in a team."""
    with system.database.reading() as cx:
        catalog = system.shelf.catalog(cx)
        teams = catalog.teams.values() if catalog is not None else ()
        members = {member.lower() for team in teams for member in team.members}
        return [
            replace(deed, by=address.lower())
            if address and (address.lower() in members or account_of(cx, address))
            else deed
            for deed, address in zip(deeds, addresses, strict=True)
        ]


def _do(cx: Connection, tool: str, deed: Deed, now: datetime) -> str | None:
    copy = _copy_meant(cx, tool, deed)
    task_id = None if copy is None else task_of_copy(cx, copy)
    task = None if task_id is None else read_task(cx, task_id)
    if copy is None or task is None:
        return None
    match deed:
        case Finished():
            is_known = deed.outcome in task.outcomes
            remark = deed.note if is_known or deed.outcome == DONE else _unknown(deed)
            if tool in _SHOW_THEIR_OWN:
                close_copy(cx, copy, now)
            outcome = deed.outcome if is_known else DONE
            return finish_task(cx, task.id, outcome, deed.by, remark, now)
        case Taken():
            hand_over(cx, task.id, deed.by, deed.by, now)
        case PutOff():
            snooze(cx, task.id, now + deed.length, deed.by, now)
        case _:
            assert_never(deed)
    return None


def _copy_meant(cx: Connection, tool: str, deed: Deed) -> int | None:
    """Give the copy that a deed is about: by the key that we gave it, or by the tool's name."""
    if isinstance(deed, Finished) and deed.reference is not None:
        return copy_called(cx, tool, deed.reference)
    number = (deed.key or "").rpartition("-")[2]
    is_number = number.isascii() and number.isdigit() and len(number) < len("9999999999999999999")
    return int(number) if is_number else None


def _unknown(deed: Finished) -> str:
    return f'{deed.note} (said "{deed.outcome}")'.strip()
