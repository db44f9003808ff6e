"""Tasks in other tools: what they show is brought into line with the task, and no task waits.

What is due is taken and committed before a call leaves, so that whoever comes after a crash knows
that it may have been taken, and looks before anything is made a second time. A tool that is down
holds nobody up: its tasks are in the inbox, and it is tried again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from keepwarm.connectors.task_tools.contract import Card, Ending, Looks, TaskTool
from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, SendResult, Unknown
from keepwarm.flows.notices import tell_owner
from keepwarm.flows.pauses import doubled_pause
from keepwarm.flows.system import System
from keepwarm.flows.task_deeds import Done, do_deeds
from keepwarm.schema.catalog import Team
from keepwarm.store.connection import Connection
from keepwarm.store.identities import names_of
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.paces import book, rests_until
from keepwarm.store.task_copies import (
    Copy,
    is_any_due,
    is_any_to_look_at,
    look_soon,
    mark_shown,
    put_copies,
    show_later,
    take_copies,
    take_looks,
)

#: A call whose outcome is not known is looked up no sooner: the tool may still be working on it.
_AFTER_DOUBT: Final = timedelta(minutes=1)
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=30)
#: After so many tries in a row, two days of them, the inbox alone has the task.
_TRIES: Final = 100


@dataclass(frozen=True, slots=True)
class _Work:
    """What one tool has to show, with what it needs to know."""

    copies: list[Copy]
    teams: Mapping[str, Team]
    names: Mapping[int, Mapping[str, str]]


def assignees_of(teams: Mapping[str, Team], tool: str) -> Mapping[str, frozenset[str]]:
    """Give whose tasks a tool shows: its teams with their members; one of several by the first."""
    found: dict[str, frozenset[str]] = {}
    for name, team in teams.items():
        if team.tasks_in == tool:
            elsewhere = frozenset().union(*found.values()) if found else frozenset()
            found[name] = frozenset({name, *team.members}) - elsewhere
    return found


async def share_tasks(system: System, name: str) -> int:
    """Bring what a tool shows into line, and give how much was; more may be due."""
    tool = system.task_tools[name]
    work = await asyncio.to_thread(_take, system, name)
    if work is None:
        return 0
    reached(Landmark.SHARING)
    await asyncio.gather(*(_show(system, name, tool, work, copy) for copy in work.copies))
    return len(work.copies)


def _take(system: System, name: str) -> _Work | None:
    now = system.clock()
    with system.database.reading() as cx:
        catalog = system.shelf.catalog(cx)
        teams = {} if catalog is None else catalog.teams
        shown = assignees_of(teams, name)
        everybody = frozenset().union(*shown.values()) if shown else frozenset()
        is_resting = rests_until(cx, _pace(name), now) > now
        if is_resting or not is_any_due(cx, name, everybody, now):
            return None
    with system.database.writing() as cx:
        for team, assignees in shown.items():
            put_copies(cx, name, team, assignees)
        copies = take_copies(cx, name, now)
        names = names_of(cx, {copy.customer_id for copy in copies})
    return _Work(copies, teams, names) if copies else None


def _pace(tool: str) -> str:
    return f"tasks in {tool}"


async def _show(system: System, name: str, tool: TaskTool, work: _Work, copy: Copy) -> None:
    if system.clock() >= copy.held_until:
        return  # this process slept, and another may be at it
    card = card_of(system, copy, work.teams.get(copy.team), work.names.get(copy.customer_id, {}))
    result = await tool.show(card, copy.reference, is_again=copy.is_again)
    reached(Landmark.SHARED)
    await asyncio.to_thread(_record, system, name, copy, result)


def card_of(
    system: System, copy: Copy, team: Team | None, names: Mapping[str, str] | None = None
) -> Card:
    """Give a task as a tool is to show it."""
    ending = None
    if copy.done_at is not None:
        by = copy.done_by or "Keepwarm"
        ending = Ending(copy.outcome or "", by, copy.done_at, copy.note or "")
    return Card(
        key=card_key(system, copy.id),
        title=copy.title,
        details=copy.details or "",
        assignee=copy.assignee,
        customer=copy.customer,
        playbook=copy.playbook,
        outcomes=copy.outcomes,
        page=system.links.task_url(copy.id),
        revision=hashlib.sha256(copy.state.encode()).hexdigest()[:12],
        since=copy.begun_at,
        due_at=copy.due_at,
        snoozed_until=copy.snoozed_until,
        ending=ending,
        is_erased=copy.is_erased,
        channel=None if team is None else team.notify,
        names=names or {},
    )


def card_key(system: System, copy_id: int) -> str:
    """Give what a task is called in a tool that several installations may use."""
    return f"kw-{hashlib.sha256(system.links.base_url.encode()).hexdigest()[:8]}-{copy_id}"


def _record(system: System, name: str, copy: Copy, result: SendResult) -> None:
    now = system.clock()
    with system.database.writing() as cx:
        match result:
            case Accepted(reference):
                mark_shown(cx, copy, reference, now)
            case NotProcessed(reason, asked):
                pause = asked if asked is not None else _pause(copy)
                book(cx, _pace(name), now + min(pause, _LONGEST_PAUSE))
                _try_later(cx, copy, now + pause, reason, was_taken=False)
            case Unknown(reason):
                _try_later(cx, copy, now + max(_AFTER_DOUBT, _pause(copy)), reason, was_taken=True)
            case Rejected(reason):
                _try_later(cx, copy, now + _pause(copy), reason, was_taken=False)
                _tell(cx, system, name, copy, reason, now)
            case _:
                assert_never(result)
        reached(Landmark.SHARE_RECORDING)


def _pause(copy: Copy) -> timedelta:
    return doubled_pause(_FIRST_PAUSE, copy.tries, _LONGEST_PAUSE)


def _try_later(cx: Connection, copy: Copy, at: datetime, reason: str, *, was_taken: bool) -> None:
    show_later(cx, copy, at if copy.tries < _TRIES else None, reason, was_taken=was_taken)


def _tell(
    cx: Connection, system: System, name: str, copy: Copy, reason: str, now: datetime
) -> None:
    """Tell the owner, once a day, that a tool refuses tasks."""
    live = system.shelf.live(cx).get(copy.playbook)
    if live is not None:
        key = f"tasks in {name} {copy.playbook} {now:%Y-%m-%d}"
        words = f"tasks for {copy.team} cannot be shown in {name}: {reason}. They are in the inbox."
        tell_owner(cx, system, live.plan, key, words)


# ── Tools that are asked ─────────────────────────────────────────────────────────────────────


async def look_at_tasks(system: System, name: str) -> list[Done]:
    """Ask a tool what was done there, and do it here."""
    tool = system.task_tools[name]
    every = tool.looks_every
    if every is None or not isinstance(tool, Looks):
        return []
    references = await asyncio.to_thread(_take_looks, system, name, every)
    if not references:
        return []
    deeds = await tool.look(references)
    return await asyncio.to_thread(do_deeds, system, name, deeds) if deeds else []


def hear_of_changes(system: System, name: str, references: Sequence[str]) -> None:
    """Have tasks looked at in the next half second: the tool tells that they changed."""
    if references:
        with system.database.writing(durable=False) as cx:
            look_soon(cx, name, references)


def _take_looks(system: System, name: str, every: timedelta) -> list[str]:
    now = system.clock()
    with system.database.reading() as cx:
        if not is_any_to_look_at(cx, name, now, every):
            return []
    with system.database.writing(durable=False) as cx:
        return [each.reference for each in take_looks(cx, name, now, every)]
