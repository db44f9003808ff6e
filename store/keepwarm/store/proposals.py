"""Plans that were made, and who approved them: `apply` does that plan or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepwarm.store.audit import note as note_in_audit
from keepwarm.store.bulk import insert_rows
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros
from keepwarm.store.tables import ApprovalRow, ProposalRow


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan as it was kept."""

    id: str
    basis: str
    #: The parts of the basis, to say which of them is another one by now.
    compared: Mapping[str, Any]
    as_of: datetime
    made_by: str


def keep(cx: Connection, made: Kept) -> bool:
    """Keep a plan, and tell whether it is new."""
    columns = ("id", "basis", "compared", "as_of", "made_by")
    row = (made.id, made.basis, dict(made.compared), made.as_of, made.made_by)
    return insert_rows(cx, ProposalRow, columns, [row], "skip") > 0


def find(cx: Connection, key: str) -> Kept | None:
    """Give a plan by its identifier, or by a beginning of it that no other plan has."""
    found = cx.execute(
        text(
            "SELECT id, basis, compared, as_of, made_by FROM proposal"
            " WHERE substr(id, 1, :length) = :key LIMIT 2"
        ),
        {"key": key, "length": len(key)},
    ).all()
    return _kept(*found[0]) if len(found) == 1 and key else None


def latest_of(cx: Connection, basis: str) -> Kept | None:
    """Give the plan that was made last from the same basis."""
    found = cx.execute(
        text(
            "SELECT id, basis, compared, as_of, made_by FROM proposal"
            " WHERE basis = :basis ORDER BY as_of DESC LIMIT 1"
        ),
        {"basis": basis},
    ).first()
    return None if found is None else _kept(*found)


def approve(cx: Connection, proposal: str, who: str, now: datetime) -> bool:
    """Put a name under a plan, and tell whether it was not there yet."""
    columns = ("proposal_id", "who", "at")
    is_new = insert_rows(cx, ApprovalRow, columns, [(proposal, who, now)], "skip") > 0
    if is_new:
        note_in_audit(cx, who, "approved", {"plan": proposal}, now)
    return is_new


def approvals_of(cx: Connection, proposal: str) -> Mapping[str, datetime]:
    """Give who approved a plan, and when."""
    found = cx.execute(
        text("SELECT who, at FROM approval WHERE proposal_id = :id ORDER BY at, who"),
        {"id": proposal},
    )
    return {who: from_micros(at) for who, at in found}


def _kept(key: str, basis: str, compared: Any, as_of: int, made_by: str) -> Kept:  # noqa: ANN401 - as the database gives JSON
    return Kept(key, basis, from_json(compared), from_micros(as_of), made_by)
