"""Whom a version would stop, were it live: those inside for whom its `stop_if_any` holds."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from keepwarm.engine.expanding import tests_in
from keepwarm.engine.plan import Plan
from keepwarm.engine.proposing.changes import Stopped
from keepwarm.schema.conditions import Condition, Happened, SinceStart, StepEnded
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.database import dialect_of
from keepwarm.store.entry_rows import RUN
from keepwarm.store.event_sql import Look, over_everybody
from keepwarm.store.fact_sql import CUSTOMER

#: So many are named.
_SHOWN: Final = 3


def stopped_inside(cx: Connection, plan: Plan, now: datetime) -> Stopped | None:
    """Count the runs that the playbook's `stop_if_any` would end, and name the first customers.

    None where it asks what differs from run to run, as what came since its start.
    """
    if plan.stop_if_any is None or _asks_of_a_run(plan.stop_if_any):
        return None
    look = Look(dialect_of(cx), now, plan.timezone)
    found = (
        select(CUSTOMER.c.external_id)
        .select_from(RUN.join(CUSTOMER, CUSTOMER.c.id == RUN.c.customer_id))
        .where(
            RUN.c.playbook == plan.playbook,
            RUN.c.due_at.is_not(None),
            condition_sql(plan.stop_if_any, look),
        )
    )
    with over_everybody(cx):
        count = cx.execute(select(func.count()).select_from(found.subquery())).scalar_one()
        shown = cx.execute(found.distinct().order_by(CUSTOMER.c.external_id).limit(_SHOWN))
        return Stopped(count, tuple(shown.scalars()))


def _asks_of_a_run(condition: Condition) -> bool:
    phrases = (test.phrase for test in tests_in(condition))
    return any(
        isinstance(phrase, StepEnded)
        or (isinstance(phrase, Happened) and isinstance(phrase.window, SinceStart))
        for phrase in phrases
    )
