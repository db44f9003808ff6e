"""A proposal for machines."""

from __future__ import annotations

import json
from typing import Any

from keepwarm.engine.proposing.changes import PlaybookChange, Standing
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.schema.catalog import Place


def as_json(proposal: Proposal) -> str:
    """Give a proposal as a JSON document."""
    return json.dumps(document(proposal), indent=2, ensure_ascii=False)


def document(proposal: Proposal) -> dict[str, Any]:
    """Give a proposal as JSON values."""
    return {
        "plan": proposal.id,
        "release": proposal.basis.release,
        "commit": proposal.commit,
        "as_of": proposal.as_of.isoformat(),
        "is_change": proposal.is_change,
        "playbooks": [_playbook(each) for each in proposal.changes],
        "unchanged": list(proposal.unchanged),
        "approvers_change": proposal.approvers_change,
        "approvals": [
            {"for": each.approval, "by": sorted(each.by), "because": list(each.because)}
            for each in proposal.approvals
        ],
    }


def _playbook(change: PlaybookChange) -> dict[str, Any]:
    return {
        "playbook": change.playbook,
        "title": change.title,
        "fate": change.fate,
        "live_version": change.number,
        "classes": list(change.aspects),
        "lines": [_line(each) for each in change.lines],
        "in_flight": change.in_flight,
        "inside": [_standing(each) for each in change.inside],
    }


def _line(change: LineChange) -> dict[str, Any]:
    return {
        "class": change.aspect,
        "section": change.section,
        "old": None if change.old is None else change.old.says,
        "old_place": None if change.old is None else _place(change.old.place),
        "new": None if change.new is None else change.new.says,
        "new_place": None if change.new is None else _place(change.new.place),
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "customers": standing.count,
        "version": standing.number,
        "step": standing.step,
        "place": _place(standing.place),
        "goes_on": standing.goes_on,
        "ends": standing.ends,
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"file": place.file, "line": place.span.line}
