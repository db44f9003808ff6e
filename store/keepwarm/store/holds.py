"""Pauses: outside git, at once, with who and why (law 22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.audit import note, read_audit
from keepwarm.store.driver import run
from keepwarm.store.moments import from_micros, to_micros

#: Stands for all playbooks.
EVERYTHING: Final = "*"
#: More entries than any audit has.
_ALL: Final = 1 << 31


class HoldKind(StrEnum):
    """What a hold does."""

    #: Nothing is sent and nobody enters; what is queued waits.
    PAUSE = "pause"
    #: Decides and records, and sends nothing: what a guardrail falls back to.
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a playbook, or everything, does not go on as its file says."""

    playbook: str
    kind: HoldKind
    since: datetime
    by: str
    reason: str


def hold(
    cx: Connection,
    playbook: str,
    by: str,
    reason: str,
    now: datetime,
    kind: HoldKind = HoldKind.PAUSE,
) -> bool:
    """Hold a playbook, or EVERYTHING; tell whether that is new.

    A pause takes the place of a shadow; a shadow leaves a pause alone, because it is the weaker.
    """
    changed = cx.execute(
        text(
            "INSERT INTO hold (playbook, since, by, reason, kind)"
            " VALUES (:playbook, :now, :by, :reason, :kind) ON CONFLICT (playbook) DO UPDATE"
            " SET since = excluded.since, by = excluded.by, reason = excluded.reason,"
            " kind = excluded.kind"
            " WHERE hold.kind <> excluded.kind AND excluded.kind = 'pause'"
        ),
        {"playbook": playbook, "now": to_micros(now), "by": by, "reason": reason, "kind": kind},
    ).rowcount
    if changed:
        note(cx, by, f"began a {kind}", {"playbook": playbook, "reason": reason}, now)
    return changed > 0


def resume(cx: Connection, playbook: str, by: str, now: datetime) -> bool:
    """Let go of a hold; tell whether there was one."""
    statement = text("DELETE FROM hold WHERE playbook = :playbook")
    was_held = cx.execute(statement, {"playbook": playbook}).rowcount > 0
    if was_held:
        note(cx, by, "resumed", {"playbook": playbook}, now)
    return was_held


def holds(cx: Connection) -> Mapping[str, Hold]:
    """Give every hold by the name of its playbook, or EVERYTHING."""
    found = run(cx, "SELECT playbook, kind, since, by, reason FROM hold")
    return {
        playbook: Hold(playbook, HoldKind(kind), from_micros(since), by, reason)
        for playbook, kind, since, by, reason in found
    }


def holds_then(cx: Connection, at: datetime) -> Mapping[str, Hold]:
    """Give every hold that stood at a moment, as the audit has it."""
    kinds = {f"began a {kind}": kind for kind in HoldKind}
    stood: dict[str, Hold] = {}
    for each in reversed(read_audit(cx, _ALL, only=(*kinds, "resumed"))):
        if each.at > at:
            break
        playbook = each.detail["playbook"]
        kind = kinds.get(each.what)
        if kind is None:
            stood.pop(playbook, None)
        else:
            stood[playbook] = Hold(playbook, kind, each.at, each.who, each.detail["reason"])
    return stood
