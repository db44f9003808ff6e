"""A promise of the policies that all playbooks together may break, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from keepwarm.engine.gates import DAYS_OF
from keepwarm.engine.rules.worst_window import (
    FOR_EVER,
    Counts,
    Touch,
    Worst,
    days_of,
    worst_window,
)
from keepwarm.schema.catalog import Place
from keepwarm.schema.limits import AtMost
from keepwarm.schema.playbook import (
    EveryTime,
    OncePerCustomer,
    OncePerProperty,
    OnDate,
    Playbook,
    SendStep,
    SurveyStep,
    WhenCalled,
)
from keepwarm.schema.promises import Promise
from keepwarm.schema.rules.calls import calls_of
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.words import Kind, PlaybookStatus
from keepwarm.schema.workspace import Workspace

_POLICIES: Final = "policies.yaml"
_NO_END: Final = FOR_EVER
_A_YEAR: Final = 365
#: Of a run that starts again and again, so many messages are shown.
_MOST_SHOWN: Final = 12


def _find(workspace: Workspace) -> Iterator[Finding]:
    for promise, span in workspace.policies.promised.limits:
        parts = [part for part in _parts(promise, workspace) if part.count]
        total = _together(parts)
        if total > promise.limit.count:
            files = tuple(part.playbook.place.file for part in parts)
            yield Finding(
                Place(_POLICIES, span),
                f'"{promise}" cannot be promised: {_as_words(total)} may reach one customer',
                _shown(parts, promise, total, workspace),
                rests_on=files,
            )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one playbook may bring within the days of a promise."""

    playbook: Playbook
    kind: Kind
    worst: Worst
    #: How many runs of one customer may fall into the days.
    runs: int
    #: The most that its caps let a customer have of all marketing; None without one.
    cap: int | None

    @property
    def count(self) -> int:
        return min(_NO_END, len(self.worst.touches) * self.runs)


def _parts(promise: Promise, workspace: Workspace) -> Iterator[_Part]:
    days = DAYS_OF[promise.limit.per]
    for playbook in workspace.playbooks.values():
        if playbook.status not in (PlaybookStatus.LIVE, PlaybookStatus.PAUSED):
            continue
        for kind in (promise.kind,) if promise.kind else Kind:
            counts = _counting(promise, kind)
            worst = worst_window(playbook, workspace, days, counts)
            runs = _runs(playbook, worst, days, workspace)
            cap = _cap(playbook, promise, workspace) if kind is Kind.MARKETING else None
            yield _Part(playbook, kind, worst, runs, cap)


def _counting(promise: Promise, kind: Kind) -> Counts:
    def counts(step: SendStep | SurveyStep, playbook: Playbook) -> bool:
        ways = (step, *step.or_else) if isinstance(step, SendStep) else (step,)
        is_channel = promise.limit.channel in {None, *(way.channel for way in ways)}
        own = step.kind if isinstance(step, SendStep) else None
        return is_channel and (own or playbook.kind) is kind

    return counts


# ── How often one customer may be inside ─────────────────────────────────────────────────────


def _runs(playbook: Playbook, worst: Worst, days: int, workspace: Workspace) -> int:
    """Give how many runs of one customer may fall into so many days; `_NO_END` for any number."""
    apart = _days_apart(playbook)
    if isinstance(playbook.start, WhenCalled):
        calls = _calls(playbook, days + worst.days, workspace)
        return min(calls, 1 + (worst.days + days - 1) // apart) if apart else calls
    if apart is None:
        return 1
    return _NO_END if apart == 0 else 1 + (worst.days + days - 1) // apart


def _days_apart(playbook: Playbook) -> int | None:
    """Give the fewest days between two entries; None where there is only one, ever."""
    match playbook.start:
        case OnDate(yearly=yearly):
            return _A_YEAR if yearly else None
        case start:
            once = start.once
    match once:
        case OncePerCustomer(again_after):
            return None if again_after is None else days_of(again_after)[0]
        case OncePerProperty() | EveryTime():
            return 0
        case _:
            assert_never(once)


def _calls(called: Playbook, days: int, workspace: Workspace) -> int:
    """Give how many runs of a playbook others may start that fall into so many days."""
    total = 0
    for caller in workspace.playbooks.values():
        count = sum(call.playbook == called.name for call in calls_of(caller))
        if count and caller.name != called.name:
            total += count * _runs_that_call(caller, days, workspace)
    return min(total, 1 if _days_apart(called) is None else _NO_END)


def _runs_that_call(caller: Playbook, days: int, workspace: Workspace) -> int:
    apart = _days_apart(caller)
    if isinstance(caller.start, WhenCalled) or apart == 0:
        return _NO_END
    if apart is None:
        return 1
    lasts = worst_window(caller, workspace, days, lambda _step, _playbook: False).days
    return 1 + (lasts + days - 1) // apart


# ── What caps leave ──────────────────────────────────────────────────────────────────────────


def _cap(playbook: Playbook, promise: Promise, workspace: Workspace) -> int | None:
    """Give the most marketing that a customer has had when this playbook adds another message."""
    days = DAYS_OF[promise.limit.per]
    caps = [
        cap.count * -(-days // DAYS_OF[cap.per])
        for cap in (*playbook.respect.caps, *workspace.policies.caps)
        if _binds(cap, promise)
    ]
    return min(caps, default=None)


def _binds(cap: AtMost, promise: Promise) -> bool:
    return cap.channel in (None, promise.limit.channel)


def _together(parts: list[_Part]) -> int:
    """Give the most of all playbooks together: those with the lowest caps send first."""
    marketing = [part for part in parts if part.kind is Kind.MARKETING]
    total = 0
    for part in sorted(marketing, key=lambda part: _NO_END if part.cap is None else part.cap):
        more = total + part.count
        total = more if part.cap is None else max(total, min(more, part.cap))
    total += sum(part.count for part in parts if part.kind is not Kind.MARKETING)
    return min(total, _NO_END)


# ── How it may come about ────────────────────────────────────────────────────────────────────


def _as_words(total: int) -> str:
    return "any number" if total >= _NO_END else str(total)


def _shown(parts: list[_Part], promise: Promise, total: int, workspace: Workspace) -> str:
    """Show the worst days: what comes when, and by which line."""
    endless = [part for part in parts if part.runs >= _NO_END and part.cap is None]
    if endless:
        playbook = endless[0].playbook
        file = playbook.place.file
        place = place_of_setting(workspace, file, "start", "once") or playbook.place
        return (
            f"{playbook.name} starts anew as often as its event comes ({place}), each time "
            f"with {_listed(endless[0].worst.touches)}; "
            "let it start once per customer, or promise marketing messages alone"
        )
    touches = sorted(
        (touch for part in parts for touch in part.worst.touches), key=lambda touch: touch.day
    )
    shown = touches[: min(total, _MOST_SHOWN)]
    more = ", …" if total > len(shown) else ""
    mend = f"let the policies say  at_most: {promise.limit}"
    if promise.kind is not Kind.MARKETING:
        mend = "put longer waits between them, or promise marketing messages alone"
    return f"it may come like this: {_listed(tuple(shown))}{more}; {mend}"


def _listed(touches: tuple[Touch, ...]) -> str:
    return ", ".join(f"day {each.day} {each.what} ({each.place})" for each in touches)


BROKEN_PROMISE = Rule(
    "broken-promise",
    "All playbooks together may bring a customer more messages than the policies promise.",
    _find,
)
