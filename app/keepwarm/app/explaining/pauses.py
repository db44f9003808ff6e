"""Pauses: who paused a playbook, or everything, and since when; now, or at an earlier moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from keepwarm.app.moments import said
from keepwarm.store.connection import Connection
from keepwarm.store.holds import EVERYTHING, Hold, HoldKind, holds, holds_then


@dataclass(frozen=True, slots=True)
class Pauses:
    """What is paused, by the playbook's name or EVERYTHING."""

    of: Mapping[str, Hold]
    #: In which moments are told.
    zone: str

    def sentence(self, playbook: str) -> str | None:
        """Say who paused a playbook, since when and why; None when nobody did."""
        hold = self.of.get(EVERYTHING) or self.of.get(playbook)
        if hold is None or hold.kind is not HoldKind.PAUSE:
            return None
        what = "everything" if hold.playbook == EVERYTHING else "it"
        return f"{hold.by} paused {what} at {said(hold.since, self.zone)}: {hold.reason}"


def pauses(cx: Connection, zone: str, at: datetime | None) -> Pauses:
    """Give what is paused now, or was at a moment of the past."""
    return Pauses(holds(cx) if at is None else holds_then(cx, at), zone)
