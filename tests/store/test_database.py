from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from keepwarm.store import database as module
from keepwarm.store.clocks import refuse_another_time
from keepwarm.store.database import (
    UNAVAILABLE,
    Database,
    DatabaseRefused,
    Dialect,
    open_database,
    postgresql_driver,
)
from keepwarm.store.standby import refuse_a_standby
from keepwarm.store.unavailable import why_unavailable

CIRCUIT = text("INSERT INTO circuit (connector, since, try_at, reason) VALUES (:name, 0, 0, '')")
COUNT = text("SELECT count(*) FROM circuit")


def count(db: Database) -> int:
    with db.reading() as cx:
        return int(cx.execute(COUNT).scalar_one())


def test_what_a_block_wrote_is_there_when_it_ends(database: Database) -> None:
    with database.writing() as cx:
        cx.execute(CIRCUIT, {"name": "a"})
    assert count(database) == 1


def test_what_a_failed_block_wrote_is_not_there(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as cx:
            cx.execute(CIRCUIT, {"name": "a"})
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert count(database) == 0


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), database.reading() as cx:
        cx.execute(CIRCUIT, {"name": "a"})
    with database.writing() as cx:
        cx.execute(CIRCUIT, {"name": "a"})


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.reading() as reader:
        before = reader.execute(COUNT).scalar_one()
        with database.writing() as cx:
            cx.execute(CIRCUIT, {"name": "a"})
        assert reader.execute(COUNT).scalar_one() == before
    assert count(database) == before + 1


def test_a_durable_block_waits_for_the_disk_and_another_need_not(database: Database) -> None:
    setting = {
        Dialect.SQLITE: "PRAGMA synchronous",
        Dialect.POSTGRESQL: "SHOW synchronous_commit",
    }[database.dialect]
    with database.writing(durable=False) as cx:
        relaxed = cx.execute(text(setting)).scalar_one()
    with database.writing() as cx:
        durable = cx.execute(text(setting)).scalar_one()

    # 2 is FULL, 1 is NORMAL; the test's own server has it off for everybody.
    expected = {Dialect.SQLITE: (2, 1), Dialect.POSTGRESQL: ("on", "off")}
    assert (durable, relaxed) == expected[database.dialect]


def test_a_session_waits_for_the_disk_whatever_is_set_for_it(database: Database) -> None:
    if database.dialect is Dialect.SQLITE:
        return
    asked = text("SHOW synchronous_commit")
    for given, kept in (("local", "on"), ("remote_write", "on"), ("remote_apply", "remote_apply")):
        with database.writing() as cx:
            name = cx.execute(text("SELECT current_database()")).scalar_one()
            cx.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = {given}'))
        database.close()  # the next connections are new ones
        with database.writing() as cx:
            assert cx.execute(asked).scalar_one() == kept
        with database.writing(durable=False) as cx:
            assert cx.execute(asked).scalar_one() == "off"
        with database.writing() as cx:
            assert cx.execute(asked).scalar_one() == kept


def test_writers_in_many_threads_take_turns(database: Database) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            with database.writing(durable=False) as cx:
                cx.execute(CIRCUIT, {"name": f"{thread}-{number}"})

    threads = [threading.Thread(target=write, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 160


def test_a_writer_inside_a_writer_is_told_instead_of_waiting_for_itself(
    sqlite_database: Database,
) -> None:
    again = sqlite_database.writing()
    with sqlite_database.writing(), pytest.raises(RuntimeError, match="inside another"), again:
        pass
    with sqlite_database.writing() as cx:
        cx.execute(CIRCUIT, {"name": "a"})


def test_a_begin_that_finds_the_file_locked_is_tried_again(
    sqlite_database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_database(sqlite_url)
    released = threading.Event()

    def pause(seconds: float) -> None:
        released.set()
        holder.join()

    def hold() -> None:
        with other.writing() as cx:
            cx.execute(CIRCUIT, {"name": "held"})
            held.set()
            released.wait()

    held = threading.Event()
    monkeypatch.setattr(module, "_PRAGMAS", ("busy_timeout = 1",))
    monkeypatch.setattr(f"{module.__name__}.time.sleep", pause)
    impatient = open_database(sqlite_url)
    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    with impatient.writing() as cx:
        cx.execute(CIRCUIT, {"name": "waited"})
    assert count(sqlite_database) == 2
    for db in (other, impatient):
        db.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", "A database in memory forgets everything"),
        ("sqlite:////no/such/folder/keepwarm.db", "There is no folder /no/such/folder"),
        ("mysql://ann:s3cret@host/name", 'does not know the database "mysql"'),
        ("not an address", "cannot be read. Write sqlite:///keepwarm.db"),
        ("postgresql://ann:s3cret@127.0.0.1:1/name", "does not answer at 127.0.0.1, database name"),
        ("postgresql://ann:s3cret@host:port/name", "cannot be read"),
        ("postgresql://ann@127.0.0.1:1/name?password=s3cret", "does not answer at 127.0.0.1"),
    ],
)
def test_a_wrong_address_is_explained_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseRefused) as refused:
        open_database(url)
    assert sentence in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 100)
    with pytest.raises(DatabaseRefused, match=r"cannot use the file .*not a database"):
        open_database(f"sqlite:///{path}")


def test_an_error_never_shows_the_values_of_a_statement(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed, database.writing() as cx:
        cx.execute(text("INSERT INTO nowhere VALUES (:email)"), {"email": "ann@example.com"})
    assert "ann@example.com" not in str(failed.value)


def test_a_file_that_was_moved_or_replaced_is_not_written_any_more(
    sqlite_url: str, tmp_path: Path
) -> None:
    db = open_database(sqlite_url)
    file = Path(str(db.engine.url.database))
    aside = tmp_path / "aside.db"
    with db.writing() as cx:
        cx.execute(CIRCUIT, {"name": "kept"})
    file.rename(aside)

    with pytest.raises(UNAVAILABLE, match=r"no longer the file that was opened"), db.writing():
        pytest.fail("it was written to a file that nobody finds")
    with pytest.raises(UNAVAILABLE, match=r"deleted, moved or replaced"):
        count(db)
    assert not file.exists()

    aside.rename(file)
    assert count(db) == 1
    shutil.copyfile(file, aside)
    aside.rename(file)  # as when a backup is put in its place
    with pytest.raises(UNAVAILABLE, match=r"start Keepwarm again"), db.writing():
        pytest.fail("it was written to the old file")
    db.close()


def test_an_administrators_time_limits_cut_no_batch_off(database: Database) -> None:
    if database.dialect is Dialect.SQLITE:
        return
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with database.writing() as cx:
        name = cx.execute(text("SELECT current_database()")).scalar_one()
        for limit in limits:
            cx.execute(text(f"ALTER DATABASE \"{name}\" SET {limit} = '1ms'"))
    database.close()  # the next connections are new ones
    with database.reading() as cx:
        assert [cx.execute(text(f"SHOW {limit}")).scalar() for limit in limits] == ["0"] * 3


def test_a_database_that_only_reads_is_one_that_cannot_be_used_now(database: Database) -> None:
    refuse_a_standby(database)
    if database.dialect is Dialect.SQLITE:
        return
    with database.writing() as cx:
        name = cx.execute(text("SELECT current_database()")).scalar_one()
        cx.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    database.close()
    with pytest.raises(UNAVAILABLE, match="read-only") as refused, database.writing() as cx:
        cx.execute(CIRCUIT, {"name": "a"})
    assert "; perhaps it is a standby, which can only be read: " in why_unavailable(refused.value)


def test_a_standby_to_which_the_address_leads_meanwhile_cannot_be_used_now(
    database: Database,
) -> None:
    if database.dialect is Dialect.SQLITE:
        return
    # Its own words and code for a transaction that would write.
    says = "cannot set transaction read-write mode during recovery"
    refusal = f"DO $$ BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = '0A000'; END $$"
    with pytest.raises(UNAVAILABLE, match=says) as refused, database.reading() as cx:
        cx.execute(text(refusal))
    assert why_unavailable(refused.value).endswith(
        "; it is a standby, which can only be read: let KEEPWARM_DATABASE_URL lead to the primary,"
        " or promote this one (pg_ctl promote)"
    )
    with pytest.raises(UNAVAILABLE, match=says), database.reading() as cx:
        postgresql_driver(cx).execute(refusal.encode())


def test_machines_whose_clocks_are_apart_do_not_work_together(database: Database) -> None:
    def off_by(**length: float) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC) + timedelta(**length)

    for minutes, words in ((10, "10 minutes ahead of"), (-10, "10 minutes behind")):
        if database.dialect is Dialect.SQLITE:  # where there is one machine
            refuse_another_time(database, off_by(minutes=minutes))
            continue
        with pytest.raises(DatabaseRefused, match=f"clock is {words} the database's"):
            refuse_another_time(database, off_by(minutes=minutes))
    refuse_another_time(database, off_by(seconds=20))
