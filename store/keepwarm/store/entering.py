"""Who gets in, for all customers at once.

Nothing here asks first and writes later: a run is inserted under a key that the database keeps
unique, so that it does not matter who races, retries or restarts (law 1). Customers who were
merged or erased never enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, assert_never
from zlib import crc32

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    delete,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from keepwarm.engine.draws import share_of
from keepwarm.engine.entry import rollout_salt, rollout_share
from keepwarm.engine.plan import Plan
from keepwarm.engine.run import Mode, RunStatus
from keepwarm.schema.conditions import All, AnyOf, Condition, Happened, NoneOf, Test
from keepwarm.schema.playbook import EveryTime, OnDate, OnSchedule, WhenBecomes, WhenCalled
from keepwarm.store.bulk import table_of
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.database import Dialect, dialect_of, sqlite_driver
from keepwarm.store.date_entries import entrants_by_date
from keepwarm.store.driver import run
from keepwarm.store.entry_rows import (
    Entrant,
    insert_entrants,
    insert_selected,
    lets_in,
    may_enter,
    mode_of,
    next_keys,
    present,
)
from keepwarm.store.event_sql import Look, among, over_everybody
from keepwarm.store.fact_sql import CUSTOMER, IS_PRESENT
from keepwarm.store.ids import in_ids
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import MatchRow

_MATCH: Final = table_of(MatchRow)


def enter_scheduled(
    cx: Connection,
    plan: Plan,
    version_id: int,
    now: datetime,
    *,
    since: datetime | None = None,
    live_since: datetime | None = None,
    mode: Mode | None = None,
) -> int:
    """Begin the runs of all who may enter by the clock now, and give how many began.

    For `every` these are all who match; for `date` those whose date fell due after `since` (None:
    nobody yet); for `becomes` those who match and did not at the last look. The first look, and
    the first after the condition was changed, lets nobody in: it only sees who matches. Whom
    `only_if` keeps out when they start to match has started to match all the same.

    `live_since` is when the rollout began; None lets everybody in whatever the rollout. Other
    starts let nobody in here.
    """
    if not lets_in(plan):
        return 0
    mode = mode or mode_of(plan)
    with over_everybody(cx):
        found = _entrants(cx, plan, now, since, live_since)
        if isinstance(found, Select):
            begun = insert_selected(cx, plan, version_id, found, mode, now)
        else:
            begun = insert_entrants(cx, plan, version_id, found, RunStatus.ACTIVE, mode, now)
        if isinstance(plan.start, WhenBecomes):
            _remember_matches(cx, plan, plan.start, now)
    return begun


def count_entering(
    cx: Connection,
    plan: Plan,
    now: datetime,
    *,
    since: datetime | None = None,
    live_since: datetime | None = None,
) -> int:
    """Count who would begin by `enter_scheduled` now, and let nobody in (law 6)."""
    if not lets_in(plan):
        return 0
    with over_everybody(cx):
        found = _entrants(cx, plan, now, since, live_since)
        if isinstance(found, Select):
            return cx.execute(select(func.count()).select_from(found.subquery())).scalar_one()
        return sum(1 for _ in found)


def enter_called(
    cx: Connection,
    plan: Plan,
    version_id: int,
    callers: Sequence[tuple[int, int]],
    now: datetime,
    mode: Mode | None = None,
) -> int:
    """Begin the runs that other runs start: (the calling run, its customer); give how many."""
    start = plan.start
    if not isinstance(start, WhenCalled) or not lets_in(plan):
        return 0
    here = present(cx, sorted({customer for _, customer in callers}))
    if isinstance(start.once, EveryTime):
        # A run may call more than once, though not at one moment.
        keyed = {(who, f"run {run} at {to_micros(now)}") for run, who in callers if who in here}
    else:
        keyed = set(next_keys(cx, plan, start.once, sorted(here), now).items())
    entrants = ((customer, key, now, None) for customer, key in keyed)
    mode = mode or mode_of(plan)
    return insert_entrants(cx, plan, version_id, entrants, RunStatus.ACTIVE, mode, now)


def wake(
    cx: Connection, playbooks: Sequence[str], customer_ids: Sequence[int], now: datetime
) -> int:
    """Make open runs of these customers due at once, because something happened to them."""
    sql = (
        "UPDATE run SET due_at = :now WHERE due_at IS NOT NULL AND due_at > :now"
        f" AND customer_id {in_ids(cx)} AND playbook {in_ids(cx, 'playbooks')}"
    )
    return run(cx, sql, ids=customer_ids, playbooks=playbooks, now=to_micros(now)).rowcount


# ── Who matches ──────────────────────────────────────────────────────────────────────────────


def _entrants(
    cx: Connection, plan: Plan, now: datetime, since: datetime | None, live_since: datetime | None
) -> Select[Any] | Iterable[Entrant]:
    """Give who may enter by the clock: as a query where one can say it, else one by one."""
    share = _share(plan, live_since, now)
    match plan.start:
        case OnSchedule():
            return _scheduled(cx, plan, plan.start, now, share)
        case WhenBecomes() if _has_looked(cx, plan, plan.start):
            return _became(cx, plan, plan.start, now, share)
        case OnDate():
            return entrants_by_date(cx, plan, plan.start, since or now, now, share)
        case _:
            return ()


def _scheduled(
    cx: Connection, plan: Plan, start: OnSchedule, now: datetime, share: float
) -> Select[Any]:
    meets = condition_sql(All((start.for_customers, plan.only_if)), _look(cx, plan, now))
    return _admitted(cx, plan, may_enter(cx, plan, start.once, now).where(meets), share)


def _became(
    cx: Connection, plan: Plan, start: WhenBecomes, now: datetime, share: float
) -> Select[Any]:
    meets = condition_sql(All((start.condition, plan.only_if)), _look(cx, plan, now))
    entrants = may_enter(cx, plan, start.once, now).where(meets, _did_not_match(cx, plan))
    return _admitted(cx, plan, entrants, share)


def _look(cx: Connection, plan: Plan, now: datetime) -> Look:
    return Look(dialect_of(cx), now, plan.timezone)


# ── The rollout ──────────────────────────────────────────────────────────────────────────────


def _share(plan: Plan, live_since: datetime | None, now: datetime) -> float:
    return 1.0 if live_since is None else float(rollout_share(plan.rollout, live_since, now))


def _admitted(cx: Connection, plan: Plan, entrants: Select[Any], share: float) -> Select[Any]:
    """Leave out those to whom the rollout has not come, who would else be turned away each day."""
    if share >= 1:
        return entrants
    return entrants.where(place(cx, rollout_salt(plan), CUSTOMER.c.external_id) < share)


def place(cx: Connection, salt: str, customer: ColumnElement[str]) -> ColumnElement[Any]:
    """Give a customer's place under a salt, the very number of `draws.share_of`."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            driver = sqlite_driver(cx)
            driver.create_function("keepwarm_share_of", 2, share_of, deterministic=True)
            return func.keepwarm_share_of(salt, customer)
        case Dialect.POSTGRESQL:
            digest = func.substr(func.md5(literal(f"{salt}/").concat(customer)), 1, 13)
            bits = cast(literal_column("'x'").concat(digest), postgresql.BIT(52))
            return cast(bits, BigInteger) / literal_column("4503599627370496.0::float8")


# ── Who matched at the last look ─────────────────────────────────────────────────────────────


def _did_not_match(cx: Connection, plan: Plan) -> ColumnElement[bool]:
    matched = select(_MATCH.c.customer_id).where(_MATCH.c.playbook == plan.playbook)
    return among(matched, dialect_of(cx), wanted=False)


def _has_looked(cx: Connection, plan: Plan, start: WhenBecomes) -> bool:
    mark = select(_MATCH.c.customer_id).where(
        _MATCH.c.playbook == plan.playbook, _MATCH.c.customer_id == _mark(start.condition)
    )
    return cx.execute(mark).first() is not None


def _remember_matches(cx: Connection, plan: Plan, start: WhenBecomes, now: datetime) -> None:
    look = _look(cx, plan, now)
    mine = _MATCH.c.playbook == plan.playbook
    if not _has_looked(cx, plan, start):
        cx.execute(delete(_MATCH).where(mine))
        _add_matches(cx, select(literal(plan.playbook), literal(_mark(start.condition))))
    no_longer = select(CUSTOMER.c.id).where(condition_sql(NoneOf((start.condition,)), look))
    cx.execute(delete(_MATCH).where(mine, _MATCH.c.customer_id.in_(no_longer)))
    meets = condition_sql(start.condition, look)
    _add_matches(
        cx,
        select(literal(plan.playbook), CUSTOMER.c.id).where(
            IS_PRESENT, meets, _did_not_match(cx, plan)
        ),
    )


def _add_matches(cx: Connection, found: Select[*tuple[Any, ...]]) -> None:
    columns = ("playbook", "customer_id")
    match dialect_of(cx):
        case Dialect.SQLITE:
            # SQLite would read ON CONFLICT as part of a query without a WHERE.
            into = sqlite.insert(_MATCH).from_select(columns, found.where(true()))
            cx.execute(into.on_conflict_do_nothing())
        case Dialect.POSTGRESQL:
            added = postgresql.insert(_MATCH).from_select(columns, found)
            cx.execute(added.on_conflict_do_nothing())


def _mark(condition: Condition) -> int:
    """Give the row that says under which condition the last look was: below zero, so nobody's."""
    return -1 - crc32(_said(condition).encode())


def _said(condition: Condition) -> str:
    # Without places: a line that moved in its file is no other condition.
    match condition:
        case Test(fact, phrase=Happened(low, high, window, where)) if where is not None:
            return f"{fact}: {low} to {high} {window} where {_said(where)}"
        case Test(fact, phrase=phrase):
            return f"{fact}: {phrase}"
        case All(of) | AnyOf(of) | NoneOf(of):
            return f"{type(condition).__name__}({', '.join(_said(each) for each in of)})"
        case _:
            assert_never(condition)
