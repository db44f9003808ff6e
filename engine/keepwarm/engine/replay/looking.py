"""What the clock of a playbook sees when it looks at a customer, and when it must look again.

The running service looks at everybody at every tick. A replay looks only at ticks at which
something may have changed since: `held_until` says how long a condition stays as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.conditions import compiled
from keepwarm.engine.draws import share_of
from keepwarm.engine.due_dates import next_due, occurrence_due
from keepwarm.engine.entry import next_stage, rollout_share
from keepwarm.engine.replay.entering import begin, next_key
from keepwarm.engine.replay.life import NEVER, Life, Part
from keepwarm.engine.run import RunStatus
from keepwarm.engine.steadiness import Answer, held_until
from keepwarm.engine.timing import after, zone_named
from keepwarm.schema.conditions import Condition
from keepwarm.schema.playbook import OncePerCustomer, OnDate, OnSchedule, WhenBecomes, WhenCalled

#: By how much `after` a length and `before` it may disagree: changes of clocks, short months.
_MARGIN: Final = timedelta(days=4)
_NOTHING: Final[frozenset[str]] = frozenset()


def begin_to_look(life: Life, part: Part) -> None:
    """Set when the clock looks at the customer first."""
    start = part.ready.plan.start
    match start:
        case OnSchedule() | WhenBecomes():
            known = life.known_since
            first = 0 if known is None else part.ready.tick_from(known)
            part.look_next(first, part.ready.looks_at)
            # A customer who was not there at the first look did not match at it.
            part.matched = None if part.look == 0 else False
        case OnDate():
            _look_when_due(life, part, start)
        case WhenCalled() if life.lineup.calls_at is not None:
            part.look_next(0, _NOTHING)
        case _:
            pass


def look_anew(life: Life, part: Part) -> None:
    """Set the next look after something changed that it depends on."""
    start = part.ready.plan.start
    if isinstance(start, OnDate):
        _look_when_due(life, part, start)
    else:
        following = life.next_tick(part, life.now)
        if following < part.look:
            part.look_next(following, part.looks_at)


def look(life: Life, part: Part) -> bool:
    """Look at the customer, as the playbook's clock does now; tell whether a run begins."""
    start = part.ready.plan.start
    match start:
        case OnSchedule(once=once):
            return _look_for_entrant(life, part, once)
        case WhenBecomes():
            return _look_who_becomes(life, part, start)
        case OnDate():
            return _look_at_date(life, part, start)
        case WhenCalled():
            part.look_next(NEVER, _NOTHING)
            begin(life, part, RunStatus.ACTIVE, "1", life.now)
            return True
        case _:
            raise AssertionError(start)


def _look_for_entrant(life: Life, part: Part, once: OncePerCustomer) -> bool:
    waits_until = _barred_until(life, part, once)
    if waits_until is not None:
        part.look_next(life.next_tick(part, waits_until), _NOTHING)
        return False
    answer = held_until(part.ready.entrants, life.situation(part), life.lineup.ranks)
    if answer.held:
        part.look_next(NEVER, _NOTHING)  # until the run that begins has ended
        key = next_key(life, part, once)
        assert key is not None  # noqa: S101 - nothing bars the way
        begin(life, part, RunStatus.ACTIVE, key, life.now)
        return True
    _look_when_changed(life, part, answer)
    return False


def _look_who_becomes(life: Life, part: Part, start: WhenBecomes) -> bool:
    answer = held_until(start.condition, life.situation(part), life.lineup.ranks)
    before, part.matched = part.matched, answer.held
    _look_when_changed(life, part, answer)
    if before is not False or not part.matched:
        return False
    if _barred_until(life, part, start.once) is not None:
        return False
    if not _holds(life, part, part.ready.plan.only_if):
        return False
    key = next_key(life, part, start.once)
    assert key is not None  # noqa: S101 - nothing bars the way
    begin(life, part, RunStatus.ACTIVE, key, life.now)
    return True


def _look_at_date(life: Life, part: Part, start: OnDate) -> bool:
    ready = part.ready
    since = ready.ticks[part.look - 1] if part.look else life.lineup.since
    text = life.attributes.get(start.attribute)
    _look_when_due(life, part, start)
    if not isinstance(text, str):
        return False
    day = occurrence_due(start, text, life.zones(part).name, since, life.now)
    if day is None or any(run.run.entry_key == day.isoformat() for run in part.runs):
        return False
    share = rollout_share(ready.plan.rollout, life.lineup.since, life.now)
    if share < 1 and share_of(ready.rollout_salt, life.customer) >= float(share):
        return False
    if not _holds(life, part, ready.entrants):
        return False
    begin(life, part, RunStatus.ACTIVE, day.isoformat(), life.now)
    return True


# ── When to look again ───────────────────────────────────────────────────────────────────────


def _look_when_due(life: Life, part: Part, start: OnDate) -> None:
    """Look at the first tick after the customer's day has its turn."""
    text = life.attributes.get(start.attribute)
    first = life.next_tick(part, life.now)
    if life.known_since is not None:
        first = max(first, part.ready.tick_from(life.known_since))
    part.look_next(NEVER, part.ready.looks_at)
    if isinstance(text, str) and first < len(part.ready.ticks):
        since = part.ready.ticks[first - 1] if first else life.lineup.since
        due = next_due(start, text, life.zones(part).name, since)
        if due is not None:
            part.look_next(max(first, part.ready.tick_from(due)), part.ready.looks_at)


def _look_when_changed(life: Life, part: Part, answer: Answer) -> None:
    """Look at the first tick at which a condition may hold another way."""
    tick = NEVER if answer.until is None else life.next_tick(part, answer.until)
    part.look_next(tick, answer.depends_on)


def _barred_until(life: Life, part: Part, once: OncePerCustomer) -> datetime | None:
    """Give until when at least nobody need look, whoever matches; None when they may enter."""
    if next_key(life, part, once) is None:
        if once.again_after is None or part.open:
            return datetime.max.replace(tzinfo=life.now.tzinfo)  # the end of a run looks anew
        last = max(run.run.started_at for run in part.runs)
        zone = zone_named(part.ready.plan.timezone)
        return after(last, once.again_after, zone) - _MARGIN
    plan, live_since = part.ready.plan, life.lineup.since
    share = rollout_share(plan.rollout, live_since, life.now)
    if share >= 1 or share_of(part.ready.rollout_salt, life.customer) < float(share):
        return None
    following = next_stage(plan.rollout, live_since, life.now)
    return datetime.max.replace(tzinfo=life.now.tzinfo) if following is None else following


def _holds(life: Life, part: Part, condition: Condition) -> bool:
    return compiled(condition)(life.situation(part), life.attributes)
