"""What became of runs' own messages and tasks: a few statements a batch, however many runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection

from keepwarm.engine.crowd import Place
from keepwarm.engine.facts import Sent, TaskState
from keepwarm.engine.outcome import MessageStatus, Signal
from keepwarm.store.columns import Shared, ask_columns, ask_mostly_alike, read_columns
from keepwarm.store.moments import from_micros, from_micros_or_none
from keepwarm.store.runs import DueRuns

_NO_SIGNALS: Final[frozenset[str]] = frozenset()

#: Step -> what became of the message of each run, by its place.
_Sent: TypeAlias = dict[int, dict[Place, Sent]]


def ask_sent(
    cx: Connection, due: DueRuns, places: Sequence[Place], *, with_reactions: bool
) -> Callable[[], _Sent]:
    """Ask, by step and place, what became of the message sent last: by the last way tried.

    Without reactions only what the runs wait for is read. Equal fates are one object.
    """
    source = (
        "FROM message m LEFT JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt"
        " WHERE m.run_id {any} AND m.version_id = {mark}"
    )
    run_ids = due.ids_of(places)
    place_of = dict(zip(run_ids, places, strict=True))
    if with_reactions:
        found, *fates = read_columns(cx, ("m.run_id", *_FATE, "m.id"), source, run_ids,
                                     due.version_id)  # fmt: skip
        signals = _signals(cx, fates.pop())
        sent = _sent(place_of, found, [*zip(*fates, signals, strict=True)])
        return lambda: sent
    awaited = {due.positions[place].memory.after_message for place in places}
    steps = sorted(step for step in awaited if step is not None)
    source += " AND m.step {any}"
    asked = ask_mostly_alike(cx, ("m.run_id",), _FATE, source, run_ids, due.version_id, steps)

    def read() -> _Sent:
        (found,), fates = asked()
        return _sent(place_of, found, fates)

    return read


_FATE: Final = ("m.step", "m.part", "o.status", "coalesce(o.at, m.queued_at)")


def _sent(place_of: Mapping[int, Place], run_ids: Sequence[int], told: Shared) -> _Sent:
    kinds = {*{id(each): each for each in told}.values()}
    fate_of = {each: _fate(*each[2:]) for each in kinds}
    places = map(place_of.__getitem__, run_ids)
    if len(fate_of) == 1:  # as nearly always
        (((step, *_), fate),) = fate_of.items()
        return {step: dict.fromkeys(places, fate)}
    rows = [(*each[:2], place, fate_of[each]) for place, each in zip(places, told, strict=True)]
    sent: _Sent = defaultdict(dict)
    for step, _, place, fate in rows:
        sent[step][place] = fate
    if sum(map(len, sent.values())) < len(rows):
        # The last way counts, and its highest outcome: so that is put down last.
        for step, _, place, fate in sorted(rows, key=lambda row: (row[1], row[3].status.rank)):
            sent[step][place] = fate
    return sent


def _fate(status: str | None, at: int, signals: frozenset[str] = _NO_SIGNALS) -> Sent:
    """Give a message's fate; without a status it waits since a moment."""
    return Sent(
        MessageStatus.QUEUED if status is None else MessageStatus(status),
        from_micros(at),
        Signal.CLICKED in signals,
        Signal.OPENED in signals,
    )


def _signals(cx: Connection, message_ids: Sequence[int]) -> list[frozenset[str]]:
    """Give what people did with each message; what machines did does not count (law 28)."""
    if not message_ids:
        return []
    source = (
        "FROM report WHERE message_id {any} AND NOT by_machine"
        f" AND signal IN ('{Signal.OPENED}', '{Signal.CLICKED}')"
    )
    signals: dict[int, frozenset[str]] = {}
    found = read_columns(cx, ("message_id", "signal"), source, message_ids)
    for key, signal in zip(*found, strict=True):
        signals[key] = signals.get(key, _NO_SIGNALS) | {signal}
    return [signals.get(key, _NO_SIGNALS) for key in message_ids]


def ask_tasks(
    cx: Connection, due: DueRuns, places: Sequence[Place]
) -> Callable[[], dict[int, dict[Place, TaskState]]]:
    """Ask, by place and step, what became of the tasks of these runs."""
    place_of = {due.ids[place]: place for place in places}
    asked = ask_columns(
        cx,
        ("run_id", "step", "outcome", "done_at", "due_at"),
        "FROM task WHERE run_id {any} AND version_id = {mark}",
        due.ids_of(places),
        due.version_id,
    )

    def read() -> dict[int, dict[Place, TaskState]]:
        tasks: dict[int, dict[Place, TaskState]] = defaultdict(dict)
        for run_id, step, outcome, done_at, due_at in zip(*asked(), strict=True):
            state = TaskState(outcome, from_micros_or_none(done_at), from_micros_or_none(due_at))
            tasks[step][place_of[run_id]] = state
        return tasks

    return read
