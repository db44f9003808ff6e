"""Indexes for the facts that live playbooks ask all customers about.

So that `for_customers` over a million customers is a range of an index, not a scan. They follow
what is live: `keep_indexes` makes those that are missing and drops those nobody asks for any more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zlib import crc32

from sqlalchemy import Connection, text

from keepwarm.engine.plan import Plan
from keepwarm.schema.conditions import (
    ALWAYS,
    All,
    AnyOf,
    Condition,
    FactKind,
    InShare,
    NoneOf,
    Test,
)
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes
from keepwarm.store.database import Database, Dialect
from keepwarm.store.fact_sql import fact_expression

#: How the names of these indexes begin; no other index has such a name.
PREFIX: Final = "fact_"

#: Any number that nobody else locks by.
_LOCK: Final = 0x66616374
_PAUSE: Final = timedelta(milliseconds=100)
#: An index finds few rows among many; of the two truths each has too many.
_INDEXED: Final = frozenset(
    {FactKind.NUMBER, FactKind.TEXT, FactKind.CHOICE, FactKind.DATE, FactKind.MOMENT, FactKind.TAGS}
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done to have the indexes that are needed."""

    made: tuple[str, ...]
    dropped: tuple[str, ...]


def keep_indexes(database: Database, plans: Iterable[Plan]) -> Kept:
    """Have an index for each fact that these plans ask all customers about, and no others.

    May be called at any time, by several processes at once; readers and (in PostgreSQL) writers
    go on meanwhile. Not part of a transaction: an index changes no answer, only its speed.
    """
    wanted = _wanted(database, plans)
    with _alone(database) as cx:
        found = _found(cx, database.dialect)
        unwanted = sorted(name for name, is_whole in found.items()
                          if name not in wanted or not is_whole)  # fmt: skip
        missing = sorted(name for name in wanted if not found.get(name, False))
        at_once = "CONCURRENTLY" if database.dialect is Dialect.POSTGRESQL else ""
        for name in unwanted:
            cx.exec_driver_sql(f"DROP INDEX {at_once} IF EXISTS {name}")
        for name in missing:
            cx.exec_driver_sql(
                f"CREATE INDEX {at_once} IF NOT EXISTS {name} ON customer {wanted[name]}"
            )
        if missing:
            _take_stock(cx, database.dialect)
    return Kept(tuple(missing), tuple(unwanted))


# ── What is asked ────────────────────────────────────────────────────────────────────────────


def _wanted(database: Database, plans: Iterable[Plan]) -> Mapping[str, str]:
    """Give the indexes by name: how, and over what."""
    wanted: dict[str, str] = {}
    for plan in plans:
        together = _together(plan) if database.dialect is Dialect.SQLITE else {}
        if together:
            wanted |= _index(database, together, "erased_at", "merged_into")
        by_itself = [each for each in _tested(_condition(plan)) if each[0] not in together]
        for fact, kind in (*by_itself, *_ranked(plan)):
            if kind in _INDEXED:
                wanted |= _index(database, {fact: kind})
    return wanted


def _together(plan: Plan) -> Mapping[str, FactKind]:
    """Give the facts of one index that tells who may enter without a look at any customer.

    A truth leads it, since half of all customers is too many by itself, and what else is asked
    narrows them. SQLite would read the JSON of every customer instead; PostgreSQL sees to it
    whether a row is still there, so that this would save it nothing.
    """
    if isinstance(plan.start, OnDate):
        return {}  # whose day it is are few
    facts = {
        test.fact: test.kind
        for test in _conjuncts(_condition(plan))
        if not test.score and not isinstance(test.phrase, InShare)
    }
    truths = {fact: kind for fact, kind in facts.items() if kind is FactKind.TRUTH}
    others = {fact: kind for fact, kind in facts.items() if kind in _INDEXED - {FactKind.TAGS}}
    return truths | others if truths and others else {}


def _conjuncts(condition: Condition) -> Iterator[Test]:
    """Give the tests that all must hold."""
    match condition:
        case Test():
            yield condition
        case All(of):
            for each in of:
                yield from _conjuncts(each)
        case _:
            pass


def _condition(plan: Plan) -> Condition:
    """Give the condition by which the plan chooses among all customers."""
    match plan.start:
        case OnSchedule() | OnDate() as start:
            return All((start.for_customers, plan.only_if))
        case WhenBecomes() as start:
            return All((start.condition, plan.only_if))
        case _:
            return ALWAYS


def _tested(condition: Condition) -> Iterator[tuple[str, FactKind]]:
    """Give the facts that any part of a condition asks about."""
    match condition:
        case Test():
            yield condition.fact, condition.kind
        case All() | AnyOf() | NoneOf():
            for each in condition.of:
                yield from _tested(each)


def _ranked(plan: Plan) -> Iterator[tuple[str, FactKind]]:
    """Give the facts in whose order the plan goes through all customers."""
    if isinstance(plan.start, OnDate):
        yield plan.start.attribute, plan.attributes[plan.start.attribute].kind
    for fact, _, _ in plan.needs.thresholds:
        if fact in plan.attributes and fact not in plan.needs.scores:
            yield fact, plan.attributes[fact].kind


def _index(database: Database, facts: Mapping[str, FactKind], *columns: str) -> Mapping[str, str]:
    """Give the index over facts and columns, by its name; nothing where there can be none."""
    if database.dialect is Dialect.SQLITE and FactKind.TAGS in facts.values():
        return {}
    method = "USING gin " if FactKind.TAGS in facts.values() else ""
    # The very expressions that conditions use, or else it would not serve them.
    expressions = (
        fact_expression(fact, kind, database.dialect).compile(
            dialect=database.engine.dialect,
            compile_kwargs={"literal_binds": True, "include_table": False},
        )
        for fact, kind in facts.items()
    )
    over = f"{method}({', '.join([*(f'({each})' for each in expressions), *columns])})"
    plain = re.sub(r"\W", "_", "_".join(facts).lower())[:40]
    return {f"{PREFIX}{plain}_{crc32(over.encode()):08x}": over}


# ── The database ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """Give a connection to the one process that changes indexes now."""
    match database.dialect:
        case Dialect.SQLITE:
            with database.writing() as cx:
                yield cx
        case Dialect.POSTGRESQL:
            # CONCURRENTLY needs to be outside a transaction. It waits for every statement that is
            # under way, so nobody may wait for it in a statement: the lock is tried again instead.
            with database.engine.connect() as plain:
                cx = plain.execution_options(isolation_level="AUTOCOMMIT")
                while not cx.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCK})").scalar():
                    time.sleep(_PAUSE.total_seconds())
                try:
                    yield cx
                finally:
                    cx.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")


def _found(cx: Connection, dialect: Dialect) -> Mapping[str, bool]:
    """Give the indexes there are, and whether each is whole: one that was interrupted is not."""
    match dialect:
        case Dialect.SQLITE:
            sql = "SELECT name, 1 FROM sqlite_master WHERE type = 'index' AND tbl_name = 'customer'"
        case Dialect.POSTGRESQL:
            sql = (
                "SELECT c.relname, i.indisvalid FROM pg_index i"
                " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'customer'::regclass"
            )
    rows = cx.execute(text(sql))
    return {name: bool(is_whole) for name, is_whole in rows if name.startswith(PREFIX)}


def _take_stock(cx: Connection, dialect: Dialect) -> None:
    """Let the planner learn how many rows an index finds."""
    if dialect is Dialect.SQLITE:
        cx.exec_driver_sql("PRAGMA analysis_limit = 1000")
    cx.exec_driver_sql("ANALYZE customer")
