from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from keepwarm.store.audit import read_audit
from keepwarm.store.database import Database
from keepwarm.store.holds import EVERYTHING, Hold, HoldKind, hold, holds, resume
from keepwarm.store.versions import (
    NothingBefore,
    Release,
    Stale,
    live,
    live_release,
    read_version,
    register,
    release,
    rollback,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def version(cx: Connection, playbook: str, text: str) -> int:
    return register(
        cx, playbook, {f"{playbook}.yaml": text, "policies.yaml": ""}, "c0ffee", "ann", NOW
    )


def released(db: Database, day: int = 0, begins: tuple[str, ...] = (), **texts: str) -> Release:
    with db.writing() as cx:
        versions = {name: version(cx, name, text) for name, text in texts.items()}
        made = release(cx, versions, "ann", "a change", NOW + day * DAY, seen=live_release(cx),
                       begins=begins)  # fmt: skip
    assert isinstance(made, Release)
    return made


def texts_live(db: Database) -> dict[str, str]:
    with db.reading() as cx:
        return {each.playbook: each.files[f"{each.playbook}.yaml"] for each in live(cx)}


def test_equal_files_are_the_same_version_and_numbers_count_up(database: Database) -> None:
    with database.writing() as cx:
        first = version(cx, "a", "one")
        second = version(cx, "a", "two")
        assert version(cx, "a", "one") == first
        other = version(cx, "b", "one")
        assert len({first, second, other}) == 3
        assert read_version(cx, second) == ("a", {"a.yaml": "two", "policies.yaml": ""})
        assert read_version(cx, 999) is None
    released(database, a="two", b="one")
    with database.reading() as cx:
        assert [(each.playbook, each.number, each.commit) for each in live(cx)] == [
            ("a", 2, "c0ffee"),
            ("b", 1, "c0ffee"),
        ]


def test_a_release_is_live_as_a_whole(database: Database) -> None:
    assert texts_live(database) == {}
    released(database, a="one", b="one")
    assert texts_live(database) == {"a": "one", "b": "one"}
    released(database, a="two", c="one")
    assert texts_live(database) == {"a": "two", "c": "one"}


def test_a_stale_plan_is_refused_and_changes_nothing(database: Database) -> None:
    first = released(database, a="one")
    second = released(database, a="two")
    with database.writing() as cx:
        refused = release(cx, {"a": version(cx, "a", "three")}, "ben", "", NOW, seen=first.id)
    assert refused == Stale(second.id)
    assert texts_live(database) == {"a": "two"}


def test_rollback_goes_back_to_what_stood_before_each_release(database: Database) -> None:
    released(database, a="one")
    released(database, a="two")
    with database.writing() as cx:
        back = rollback(cx, "ann", "two was wrong", NOW)
    assert isinstance(back, Release)
    assert texts_live(database) == {"a": "one"}

    released(database, a="three")
    with database.writing() as cx:
        rollback(cx, "ann", "", NOW)
    assert texts_live(database) == {"a": "one"}  # not "two", which was rolled back
    with database.writing() as cx:
        assert rollback(cx, "ann", "", NOW) == NothingBefore()
    assert texts_live(database) == {"a": "one"}


def test_there_is_nothing_before_the_first(database: Database) -> None:
    with database.writing() as cx:
        assert rollback(cx, "ann", "", NOW) == NothingBefore()


def test_since_when_it_is_live_is_carried_over(database: Database) -> None:
    released(database, day=0, a="one", b="one")
    released(database, day=1, a="two", c="one")
    released(database, day=2, begins=("c",), a="two", b="one", c="one")
    with database.reading() as cx:
        since = {each.playbook: (each.live_since - NOW) // DAY for each in live(cx)}
    # b was away in between, and begins anew; so does c, which left the shadow.
    assert since == {"a": 0, "b": 2, "c": 2}


def test_of_two_who_apply_at_once_one_is_told_that_it_is_late(database: Database) -> None:
    first = released(database, a="one")
    start = threading.Barrier(2)
    results: list[Release | Stale] = []

    def apply(text: str) -> None:
        start.wait()
        with database.writing() as cx:
            made = release(cx, {"a": version(cx, "a", text)}, text, "", NOW, seen=first.id)
        results.append(made)

    threads = [threading.Thread(target=apply, args=(text,)) for text in ("two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(each).__name__ for each in results) == ["Release", "Stale"]


def test_who_released_and_who_rolled_back_is_kept(database: Database) -> None:
    first = released(database, a="one")
    second = released(database, a="two")
    with database.writing() as cx:
        rollback(cx, "ben", "oh dear", NOW)
        noted = read_audit(cx)
    assert [(each.who, each.what, each.detail["release"]) for each in noted] == [
        ("ben", "rolled back", first.id),
        ("ann", "released", second.id),
        ("ann", "released", first.id),
    ]


def test_a_hold_says_who_and_why_until_it_is_resumed(database: Database) -> None:
    with database.writing() as cx:
        assert hold(cx, "a", "ann", "wrong price", NOW)
        assert not hold(cx, "a", "ben", "me too", NOW + DAY)
        assert hold(cx, EVERYTHING, "ben", "fire", NOW)
        assert holds(cx) == {
            "a": Hold("a", HoldKind.PAUSE, NOW, "ann", "wrong price"),
            "*": Hold("*", HoldKind.PAUSE, NOW, "ben", "fire"),
        }
        assert resume(cx, "a", "ann", NOW)
        assert not resume(cx, "a", "ann", NOW)
        assert list(holds(cx)) == ["*"]
        assert [each.what for each in read_audit(cx)] == [
            "resumed",
            "began a pause",
            "began a pause",
        ]


def test_a_guardrail_never_weakens_a_pause(database: Database) -> None:
    with database.writing() as cx:
        assert hold(cx, "a", "guardrail", "complaints", NOW, HoldKind.SHADOW)
        assert hold(cx, "a", "ann", "looking into it", NOW)
        assert not hold(cx, "a", "guardrail", "complaints", NOW, HoldKind.SHADOW)
        assert holds(cx)["a"].kind is HoldKind.PAUSE
