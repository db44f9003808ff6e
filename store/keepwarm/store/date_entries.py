"""Runs that a customer's date starts: renewals, birthdays, anniversaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from keepwarm.engine.draws import share_of
from keepwarm.engine.due_dates import DatesInQuestion, dates_in_question, occurrence_due
from keepwarm.engine.entry import rollout_salt
from keepwarm.engine.plan import Plan
from keepwarm.engine.zones import zones_of
from keepwarm.schema.conditions import All, FactKind
from keepwarm.schema.playbook import OnDate
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.database import dialect_of
from keepwarm.store.entry_rows import Entrant
from keepwarm.store.event_sql import Look
from keepwarm.store.fact_sql import CUSTOMER, IS_PRESENT, attribute_fact


def entrants_by_date(
    cx: Connection, plan: Plan, start: OnDate, since: datetime, now: datetime, share: float
) -> Iterator[Entrant]:
    """Give the customers whose date fell due after `since`, up to now, where they live.

    The entry's key is the day itself: a date that moves starts another run, and a birthday one
    each year.
    """
    kind = plan.attributes[start.attribute].kind
    asked = dates_in_question(start, kind, since, now)
    look = Look(dialect_of(cx), now, plan.timezone)
    fact = attribute_fact(start.attribute, kind, look.dialect)
    columns = CUSTOMER.c
    found = cx.execute(
        select(columns.id, columns.external_id, columns.timezone, columns.phone, fact.value).where(
            IS_PRESENT,
            _in_question(fact.value, kind, asked, now),
            condition_sql(All((start.for_customers, plan.only_if)), look),
        )
    )
    salt = rollout_salt(plan)
    for key, customer, timezone, phone, text in found:
        zone = zones_of(timezone, phone, plan.timezone).name
        day = occurrence_due(start, text, zone, since, now)
        if day is not None and (share >= 1 or share_of(salt, customer) < share):
            yield key, day.isoformat(), now, None


def _in_question(
    value: ColumnElement[Any], kind: FactKind, asked: DatesInQuestion, now: datetime
) -> ColumnElement[bool]:
    if asked.yearly:
        return and_(func.substr(value, 6, 5).in_(asked.days), value < f"{now.year + 2}")
    if kind is FactKind.DATE:
        return value.in_(asked.days)
    # Ranges rather than cut texts, so that an index on the moment serves them.
    return or_(*(and_(value >= day, value < f"{day}~") for day in asked.days))
