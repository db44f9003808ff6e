"""A proposal for machines."""

from __future__ import annotations

import json
from typing import Any

from keepwarm.engine.money import Prices
from keepwarm.engine.proposing.changes import PlaybookChange, Standing
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.effects import Effects, Touch
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.engine.replay.simulated import Simulated
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
        "playbooks": [_playbook(each, proposal.effects) for each in proposal.changes],
        "catalog_and_policies": [_line(each) for each in proposal.unbound],
        "thousand_messages_cost": {
            "live": _prices(proposal.prices_before),
            "new": _prices(proposal.prices),
        },
        "unchanged": list(proposal.unchanged),
        "approvers_change": proposal.approvers_change,
        "approvals": [
            {"for": each.approval, "by": sorted(each.by), "because": list(each.because)}
            for each in proposal.approvals
        ],
        "effects": None if proposal.effects is None else _effects(proposal.effects),
    }


def _prices(prices: Prices) -> list[dict[str, str]]:
    return [
        {"channel": channel, "amount": f"{amount.normalize():f}", "currency": currency}
        for channel, amount, currency in prices
    ]


def _playbook(change: PlaybookChange, effects: Effects | None) -> dict[str, Any]:
    return {
        "playbook": change.playbook,
        "title": change.title,
        "fate": change.fate,
        "live_version": change.number,
        "classes": list(change.aspects),
        "lines": [
            _line(each) | {"customers": _by_touch(effects, change.playbook, number)}
            for number, each in enumerate(change.lines)
        ],
        "customers": _by_touch(effects, change.playbook, None),
        "examples": [] if effects is None else _examples(effects, change.playbook),
        "most_in_seven_days_of_one_run": {"live": change.worst_before, "new": change.worst},
        "in_flight": change.in_flight,
        "inside": [_standing(each) for each in change.inside],
        "stopped_inside": None if change.stopped is None else change.stopped.count,
    }


def _by_touch(effects: Effects | None, playbook: str, line: int | None) -> dict[str, int] | None:
    if effects is None:
        return None
    if line is None:
        return {touch.value: effects.by_playbook[playbook, touch] for touch in Touch}
    return {touch.value: effects.by_line[playbook, line, touch] for touch in Touch}


def _examples(effects: Effects, playbook: str) -> list[dict[str, Any]]:
    return [
        {
            "customer": each.customer,
            "touch": each.touch,
            "live": [{"at": at.isoformat(), "what": what} for at, what in each.live],
            "new": [{"at": at.isoformat(), "what": what} for at, what in each.new],
        }
        for each in effects.examples_of(playbook)
    ]


def _effects(effects: Effects) -> dict[str, Any]:
    return {
        "since": effects.since.isoformat(),
        "until": effects.until.isoformat(),
        "customers": effects.live.customers["replayed"],
        "touched": effects.touched,
        "live": _side(effects.live),
        "new": _side(effects.new),
        "most_in_seven_days": {
            "live": {
                "messages": effects.worst_live.messages,
                "customer": effects.worst_live.customer,
            },
            "new": {"messages": effects.worst_new.messages, "customer": effects.worst_new.customer},
        },
    }


def _side(side: Simulated) -> dict[str, Any]:
    return {
        "sent": [
            {"playbook": playbook, "channel": channel, "messages": count}
            for (playbook, channel), count in sorted(side.sent.items())
        ],
        "costs": [
            {"playbook": name, "currency": currency, "month": f"{on:%Y-%m}", "hundredths": cost}
            for (name, currency, on), cost in sorted(side.costs.items())
        ],
        "heard_of_both_on_one_day": [
            {"playbooks": list(pair), "customers": count}
            for pair, count in sorted(side.heard_of_both.items())
        ],
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
