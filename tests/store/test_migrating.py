from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, text
from sqlmodel.sql.sqltypes import AutoString

from keepwarm.store.database import Database, DatabaseRefused, Dialect, open_database
from keepwarm.store.migrating import VERSION_TABLE, configuration, migrate, refuse_other_tables
from keepwarm.store.migrations import __main__ as drafting
from keepwarm.store.tables import BigKey, Json, Moment, Row
from tests.store.databases import PostgresqlSource, SqliteSource


def test_the_steps_lead_to_the_tables_that_the_code_knows(database: Database) -> None:
    with database.reading() as cx:
        context = MigrationContext.configure(cx, opts={"version_table": VERSION_TABLE})
        # If not: python -m keepwarm.store.migrations "what changes"
        assert compare_metadata(context, Row.metadata) == []


def test_the_next_step_is_drafted_from_what_the_tables_have_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drafting.draft("nothing is new") is None
    before = max(step.name[1:5] for step in drafting.VERSIONS.glob("v*.py"))
    number = f"{int(before) + 1:04}"
    more = MetaData(naming_convention=Row.metadata.naming_convention)
    for table in Row.metadata.tables.values():
        table.to_metadata(more)
    Table("visit", more, Column("id", BigKey, primary_key=True), Column("at", Moment(), index=True),
          Column("words", Json, nullable=False), Column("who", AutoString()))  # fmt: skip
    monkeypatch.setattr(drafting, "Row", SimpleNamespace(metadata=more))
    monkeypatch.setattr(drafting, "VERSIONS", tmp_path)
    path = drafting.draft("Visits are kept!")

    assert path is not None
    assert path.name == f"v{number}_visits_are_kept.py"
    step = path.read_text()
    compile(step, path, "exec")
    for line in (f'revision = "{number}"', f"down_revision = {before!r}", '"""Visits are kept."""',
                 "sa.Column('id', BIG_KEY", "sa.Column('at', sa.BigInteger()",
                 "sa.Column('words', JSON", "sa.Column('who', sa.String()"):  # fmt: skip
        assert line in step


def test_migrating_a_second_time_does_nothing(database: Database) -> None:
    refuse_other_tables(database)
    assert not migrate(database)


@pytest.fixture
def empty_url(source: SqliteSource | PostgresqlSource, tmp_path: Path, url: str) -> str:
    if isinstance(source, SqliteSource):
        return f"sqlite:///{tmp_path}/empty.db"
    db = open_database(url)
    with db.writing() as cx:
        cx.execute(text("DROP SCHEMA public CASCADE"))
        cx.execute(text("CREATE SCHEMA public"))
    db.close()
    return url


def test_pushes_that_reached_nobody_are_no_longer_kept_back_for_good(empty_url: str) -> None:
    rows = [
        ("push", "a", "invalid", "nobody is reached by this push"),
        ("push", "b", "invalid", "the address is not a customer's identifier"),
        ("push", "c", "erased", ""),
    ]
    db = open_database(empty_url)
    with db.writing() as cx:
        command.upgrade(configuration(cx), "0017")
        insert = "INSERT INTO suppression (channel, address_hash, reason, evidence, at) VALUES"
        for channel, address, reason, evidence in rows:
            values = {"channel": channel, "hash": address, "reason": reason, "said": evidence}
            cx.execute(text(f"{insert} (:channel, :hash, :reason, :said, 1)"), values)
    assert migrate(db)
    with db.reading() as cx:
        reasons = cx.execute(text("SELECT reason FROM suppression ORDER BY address_hash")).scalars()
        assert list(reasons) == ["not subscribed", "invalid", "erased"]
    db.close()


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    program = (
        "import sys; from keepwarm.store.database import open_database;"
        " from keepwarm.store.migrating import migrate; print(migrate(open_database(sys.argv[1])))"
    )

    def migrate_elsewhere(_: int) -> str:
        command = [sys.executable, "-c", program, empty_url]
        environment = {"PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return done.stdout.strip() or done.stderr

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(migrate_elsewhere, range(2)))

    assert sorted(answers) == ["False", "True"]


def test_a_database_of_a_newer_keepwarm_is_refused(database: Database) -> None:
    with database.writing() as cx:
        cx.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(DatabaseRefused, match=r"newer Keepwarm .its tables stand at 9999"):
        migrate(database)


def test_a_failed_migration_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_database(empty_url)
    with db.writing() as cx:
        # The last table that the first step makes is there already.
        cx.execute(text('CREATE TABLE "version" (x int)'))

    with pytest.raises(Exception, match="already exists"):
        migrate(db)

    with db.reading() as cx:
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if db.dialect is Dialect.SQLITE
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        assert cx.execute(text(names)).scalars().all() == ["version"]
    db.close()
