"""What became of runs' own messages and tasks: a few statements a batch, however many runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import Connection

from keepwarm.engine.crowd import Place
from keepwarm.engine.facts import Sent, TaskState
from keepwarm.engine.outcome import MessageStatus, Signal
from keepwarm.store.columns import Columns, ask_columns, read_columns
from keepwarm.store.moments import from_micros
from keepwarm.store.runs import DueRuns

_NO_REACTIONS: Final[Mapping[int, set[str]]] = {}


def ask_sent(
    cx: Connection, due: DueRuns, places: Sequence[Place], *, with_reactions: bool
) -> Callable[[], dict[Place, dict[int, Sent]]]:
    """Ask, by place and step, what became of the message sent last: by the last way tried.

    Without reactions only what the runs wait for is read. Equal fates are one object.
    """
    source = (
        "FROM message m LEFT JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt"
        " WHERE m.run_id {any} AND m.version_id = {mark}"
    )
    given: list[Sequence[int] | int] = [due.ids_of(places), due.version_id]
    if not with_reactions:
        source += " AND m.step {any}"
        awaited = {due.positions[place].memory.after_message for place in places}
        given.append(sorted(step for step in awaited if step is not None))
    place_of = {due.ids[place]: place for place in places}
    asked = ask_columns(cx, _SENT, source, *given)
    if not with_reactions:
        return lambda: _by_place(place_of, _last_sent(asked()), _NO_REACTIONS)
    last = _last_sent(asked())
    sent = _by_place(place_of, last, _reactions(cx, [key for _, _, key in last.values()]))
    return lambda: sent


#: (run, step) -> the message of the last way tried: which way, where it stands, its key.
_Last: TypeAlias = dict[tuple[int, int], tuple[int, Sent, int]]


def _last_sent(found: Columns) -> _Last:
    fates: dict[tuple[str | None, int], Sent] = {}
    last: _Last = {}
    for run_id, step, part, key, status, at in zip(*found, strict=True):
        fate = fates.get((status, at))
        if fate is None:
            fate = fates[status, at] = _fate(status, at)
        known = last.get((run_id, step))
        if known is None or (known[0], known[1].status.rank) < (part, fate.status.rank):
            last[run_id, step] = (part, fate, key)
    return last


def _by_place(
    place_of: Mapping[int, Place], last: _Last, reactions: Mapping[int, set[str]]
) -> dict[Place, dict[int, Sent]]:
    sent: dict[Place, dict[int, Sent]] = {}
    for (run_id, step), (_, fate, key) in last.items():
        of_run = sent.setdefault(place_of[run_id], {})
        of_run[step] = _with_signals(fate, reactions[key]) if key in reactions else fate
    return sent


_SENT: Final = ("m.run_id", "m.step", "m.part", "m.id", "o.status", "coalesce(o.at, m.queued_at)")


def _fate(status: str | None, at: int) -> Sent:
    """Give a message's fate; without a status it waits since a moment."""
    return Sent(MessageStatus.QUEUED if status is None else MessageStatus(status), from_micros(at))


def _with_signals(fate: Sent, signals: set[str]) -> Sent:
    return Sent(fate.status, fate.at, Signal.CLICKED in signals, Signal.OPENED in signals)


def _reactions(cx: Connection, message_ids: Sequence[int]) -> dict[int, set[str]]:
    """Give what people did with messages; what machines did does not count (law 28)."""
    source = (
        "FROM report WHERE message_id {any} AND NOT by_machine"
        f" AND signal IN ('{Signal.OPENED}', '{Signal.CLICKED}')"
    )
    found: dict[int, set[str]] = {}
    columns = read_columns(cx, ("message_id", "signal"), source, message_ids) if message_ids else ()
    for message_id, signal in zip(*columns, strict=True):
        found.setdefault(message_id, set()).add(signal)
    return found


def ask_tasks(
    cx: Connection, due: DueRuns, places: Sequence[Place]
) -> Callable[[], dict[Place, dict[int, TaskState]]]:
    """Ask, by place and step, what became of the tasks of these runs."""
    place_of = {due.ids[place]: place for place in places}
    asked = ask_columns(
        cx,
        ("run_id", "step", "outcome", "done_at", "due_at"),
        "FROM task WHERE run_id {any} AND version_id = {mark}",
        due.ids_of(places),
        due.version_id,
    )

    def read() -> dict[Place, dict[int, TaskState]]:
        tasks: dict[Place, dict[int, TaskState]] = {}
        for run_id, step, outcome, done_at, due_at in zip(*asked(), strict=True):
            state = TaskState(outcome, _moment(done_at), _moment(due_at))
            tasks.setdefault(place_of[run_id], {})[step] = state
        return tasks

    return read


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
