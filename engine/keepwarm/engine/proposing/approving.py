"""Who must approve: money, permission and new channels need a person's name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwarm.engine.canonical import Aspect
from keepwarm.engine.proposing.changes import PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.schema.words import PlaybookStatus


class Approval(StrEnum):
    """What of a change somebody answers for by name."""

    #: Offers, points, budgets and what they cost.
    MONEY = "money"
    #: Kind, topic, consent, limits, guardrails, going live.
    PERMISSION = "permission"
    #: A channel that a playbook did not use before, or no longer uses.
    CHANNEL = "channel"


#: Approval -> the addresses of those who may give it. Of one that is missing, anybody may.
Approvers = Mapping[Approval, frozenset[str]]

_BY_ASPECT: Final = {Aspect.MONEY: Approval.MONEY, Aspect.PERMISSION: Approval.PERMISSION}


@dataclass(frozen=True, slots=True)
class Needed:
    """An approval that a proposal needs."""

    approval: Approval
    #: Why: `dormant-win-back: budget: discounts at most 5000 USD per month`.
    because: tuple[str, ...]
    #: Addresses of those who may give it; empty for anybody, by name.
    by: frozenset[str]


def approvals_needed(
    changes: Collection[PlaybookChange], approvers: Approvers, unbound: Collection[LineChange] = ()
) -> tuple[Needed, ...]:
    """Give the approvals that changes need, each with its reasons.

    Of what no playbook has in its own form, the policies need them, and what is personal; an offer
    that nobody makes costs nothing until a playbook makes it.
    """
    reasons: dict[Approval, dict[str, list[str]]] = {}
    for line in unbound:
        is_own = line.section == "policies" or line.line.key == "personal"
        if is_own and line.aspect in _BY_ASPECT:
            reasons.setdefault(_BY_ASPECT[line.aspect], {})[_said(line)] = []
    for change in changes:
        for approval, why in _reasons(change):
            reasons.setdefault(approval, {}).setdefault(why, []).append(change.playbook)
    return tuple(
        Needed(
            each,
            tuple(_of(why, names) for why, names in reasons[each].items()),
            approvers.get(each, frozenset()),
        )
        for each in Approval
        if each in reasons
    )


def _of(why: str, playbooks: list[str]) -> str:
    """Say a reason once, also where it holds for many playbooks."""
    names = list(dict.fromkeys(playbooks))
    if not names:
        return why
    return f"{why} ({len(names)} playbooks)" if len(names) > 1 else f"{names[0]}: {why}"


def still_missing(needed: Collection[Needed], given: Collection[str]) -> tuple[Needed, ...]:
    """Give the approvals that nobody of those who approved may give."""
    names = {name.casefold() for name in given if name.strip()}
    return tuple(
        each
        for each in needed
        if not (names & {name.casefold() for name in each.by} if each.by else names)
    )


def may_approve(needed: Collection[Needed], name: str) -> bool:
    """Tell whether somebody may give any of the approvals."""
    return len(still_missing(needed, [name])) < len(needed)


def _reasons(change: PlaybookChange) -> Iterator[tuple[Approval, str]]:
    if change.status is not PlaybookStatus.LIVE:
        return  # a playbook in shadow or on pause, or one that goes, sends and promises nothing
    if change.status_before is not PlaybookStatus.LIVE:
        # It begins to send: all that it may cost and allow itself is new to customers.
        yield from ((_BY_ASPECT[aspect], says) for aspect, says in change.weighty)
        yield from ((Approval.CHANNEL, channel.value) for channel in sorted(change.channels))
        return
    for line in change.lines:
        if line.aspect in _BY_ASPECT:
            yield _BY_ASPECT[line.aspect], _said(line)
    for channel in sorted(change.channels - change.channels_before):
        yield Approval.CHANNEL, f"{channel.value} is new to it"
    for channel in sorted(change.channels_before - change.channels):
        yield Approval.CHANNEL, f"{channel.value} is no longer used"


def _said(change: LineChange) -> str:
    where = f"{change.section}, " if change.is_shared else ""
    where += f"{change.within}, " if change.within else ""
    if change.old is None or change.new is None:
        return f"{where}{change.line.says} ({'new' if change.old is None else 'gone'})"
    return f"{where}{change.old.says} -> {change.new.says.removeprefix(change.new.key + ': ')}"
