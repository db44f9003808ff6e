from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Plan
from keepwarm.schema.playbook import OnSchedule
from keepwarm.schema.workspace import read_workspace
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.customers import put_customers
from keepwarm.store.database import Database, Dialect
from keepwarm.store.event_sql import Look
from keepwarm.store.fact_sql import CUSTOMER
from keepwarm.store.indexes import PREFIX, keep_indexes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

CATALOG = """
attributes:
  plan: {is: one of free, pro}
  employees: {is: number}
  churned_on: {is: date}
  seen_at: {is: moment}
  likes_mail: {is: yes or no}
  interests: {is: tags}
events:
  logged_in: {}
topics:
  news: {title: News, needs: consent}
"""
PLAYBOOK = """
playbook: {name}
title: A test
owner: ann@acme.example
status: live
topic: news
start:
  every: day at 09:30
  for_customers:
    - {condition}
  again_after: 30 days
steps:
  - update: {{plan: pro}}
"""


def plan_for(condition: str, name: str = "dormant") -> Plan:
    return plan_of(PLAYBOOK.format(condition=condition, name=name), name)


def plan_of(playbook: str, name: str) -> Plan:
    files = {"catalog/catalog.yaml": CATALOG.encode(), f"{name}.yaml": playbook.encode()}
    workspace = read_workspace(files)
    assert name in workspace.playbooks, workspace.problems
    return compile_plan(workspace.playbooks[name], workspace.catalog, workspace.policies)


def indexes(db: Database) -> list[str]:
    sql = {
        Dialect.SQLITE: "SELECT name FROM sqlite_master WHERE type = 'index'",
        Dialect.POSTGRESQL: "SELECT indexname FROM pg_indexes",
    }[db.dialect]
    with db.reading() as cx:
        found = cx.execute(text(sql)).scalars()
        return sorted(name for name in found if name.startswith(PREFIX))


def how_it_is_found(db: Database, plan: Plan) -> str:
    assert isinstance(plan.start, OnSchedule)
    meets = condition_sql(plan.start.for_customers, Look(db.dialect, NOW, "UTC"))
    query = select(CUSTOMER.c.id).where(meets)
    explain = {Dialect.SQLITE: "EXPLAIN QUERY PLAN ", Dialect.POSTGRESQL: "EXPLAIN "}[db.dialect]
    with db.writing() as cx:
        sql = query.compile(db.engine, compile_kwargs={"literal_binds": True})
        rows = cx.execute(text(explain + str(sql).replace(":", r"\:")))
        return "\n".join(str(tuple(row)) for row in rows)


@pytest.fixture
def full(database: Database) -> Database:
    return filled(database)


@pytest.fixture
def sqlite_full(sqlite_database: Database) -> Database:
    return filled(sqlite_database)


def filled(database: Database) -> Database:
    def told(number: int) -> dict[str, Any]:
        return {
            "plan": "pro" if number % 500 == 0 else "free",
            "employees": number,
            "churned_on": f"2026-{1 + number % 12:02}-{1 + number % 28:02}",
            "seen_at": f"2026-{1 + number % 12:02}-{1 + number % 28:02}T08:00:00.000000Z",
            "interests": [f"tag{number}"],
            "likes_mail": number % 2 == 0,
        }

    with database.writing() as cx:
        put_customers(cx, ((f"c{number}", told(number)) for number in range(5_000)), NOW)
    with database.writing() as cx:
        cx.exec_driver_sql("ANALYZE customer")
    return database


@pytest.mark.parametrize(
    "condition",
    [
        "plan: pro",
        "employees: more than 4990",
        "employees: between 10 and 20",
        "churned_on: in the next 2 days",
        "seen_at: in the last 2 days",
        "interests: has tag17",
        "timezone: Europe/Amsterdam",
    ],
)
def test_a_condition_is_a_range_of_its_index(full: Database, condition: str) -> None:
    plan = plan_for(condition)
    assert PREFIX not in how_it_is_found(full, plan)
    kept = keep_indexes(full, [plan])
    if condition.startswith("interests") and full.dialect is Dialect.SQLITE:
        assert kept.made == ()  # SQLite has no index into lists
        return
    [name] = kept.made
    assert indexes(full) == [name]
    assert name in how_it_is_found(full, plan)


@pytest.mark.parametrize(
    ("start", "facts"),
    [
        ("becomes: [plan: pro]", ["plan"]),
        ("{date: churned_on, after: 1 day, at: 09:00}", ["churned_on"]),
        ("{event: logged_in, once: per customer}", []),
        ("{called: by another playbook}", []),
    ],
)
def test_only_what_is_asked_of_all_customers_is_indexed(
    database: Database, start: str, facts: list[str]
) -> None:
    playbook = (
        "playbook: dormant\ntitle: A test\nowner: ann@acme.example\nstatus: live\n"
        f"topic: news\nstart:\n  {start.strip('{}').replace(', ', chr(10) + '  ')}\n"
        "only_if:\n  - any:\n    - employees: in the top 10%\n"
        "steps:\n  - update: {plan: pro}\n"
    )
    made = keep_indexes(database, [plan_of(playbook, "dormant")]).made
    names = {name.removeprefix(PREFIX).rpartition("_")[0] for name in made}
    # `in the top 10%` asks all customers, whoever enters.
    assert names == {*facts, "employees"}


def test_a_truth_gets_no_index(database: Database) -> None:
    assert keep_indexes(database, [plan_for("likes_mail: yes")]).made == ()


def test_indexes_follow_what_is_live(database: Database) -> None:
    one, other = plan_for("employees: at least 3"), plan_for("plan: pro", "other")
    assert len(keep_indexes(database, [one, other]).made) == 2
    kept = keep_indexes(database, [one, other])
    assert (kept.made, kept.dropped) == ((), ())
    kept = keep_indexes(database, [one])
    assert [name.split("_")[1] for name in kept.dropped] == ["plan"]
    assert [name.split("_")[1] for name in indexes(database)] == ["employees"]
    assert len(keep_indexes(database, []).dropped) == 1
    assert indexes(database) == []


def test_other_indexes_are_left_alone(database: Database) -> None:
    with database.writing() as cx:
        cx.execute(text("CREATE INDEX of_my_own ON customer (created_at)"))
    keep_indexes(database, [])
    with database.writing() as cx:
        cx.execute(text("DROP INDEX of_my_own"))


def test_a_truth_leads_an_index_of_all_that_is_asked_with_it(database: Database) -> None:
    asked = "employees: more than 10\n    - likes_mail: yes\n    - interests: has tag17"
    made = keep_indexes(database, [plan_for(asked)]).made
    names = {name.removeprefix(PREFIX).rpartition("_")[0] for name in made}
    if database.dialect is Dialect.SQLITE:
        assert names == {"likes_mail_employees"}
    else:
        assert names == {"employees", "interests"}


def test_who_may_enter_is_found_without_reading_the_json_of_all(sqlite_full: Database) -> None:
    plan = plan_for("likes_mail: yes\n    - employees: more than 10")
    [name] = keep_indexes(sqlite_full, [plan]).made
    assert f"{name} (<expr>=? AND <expr>>?)" in how_it_is_found(sqlite_full, plan)


def test_what_is_ranked_has_an_index_in_its_own_order(database: Database) -> None:
    plan = plan_for("likes_mail: yes\n    - employees: in the top 10%")
    names = {name.removeprefix(PREFIX).rpartition("_")[0] for name in
             keep_indexes(database, [plan]).made}  # fmt: skip
    assert "employees" in names


def test_several_may_keep_indexes_at_once_while_others_write(database: Database) -> None:
    plans = [plan_for("employees: at least 3"), plan_for("plan: pro", "other")]
    failures: list[BaseException] = []

    def keep() -> None:
        try:
            keep_indexes(database, plans)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        with database.writing() as cx:
            put_customers(cx, [(f"c{number}", {"employees": number})], NOW)
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(indexes(database)) == 2


@pytest.mark.postgres
def test_an_index_that_was_interrupted_is_made_anew(postgresql_database: Database) -> None:
    plan = plan_for("employees: at least 3")
    [name] = keep_indexes(postgresql_database, [plan]).made
    with postgresql_database.writing() as cx:
        cx.execute(
            text(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(:name AS regclass)"
            ),
            {"name": name},
        )
    kept = keep_indexes(postgresql_database, [plan])
    assert kept == type(kept)((name,), (name,))
    assert keep_indexes(postgresql_database, [plan]).made == ()
