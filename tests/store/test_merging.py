from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from keepwarm.engine.facts import Value
from keepwarm.schema.catalog import Catalog
from keepwarm.store.audit import read_audit
from keepwarm.store.customers import add_names, find_customer, keys_of, put_customers
from keepwarm.store.database import Database
from keepwarm.store.erasing import erase
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.merging import Merged, NotMerged, channels_lent, merge, merged_attributes
from keepwarm.store.people import ALL, Consent, choices_of, record_consents
from tests.store.worlds import DAY, NOW, one, plant_message, plant_run, plant_traces, rows


def two(db: Database, ann: Mapping[str, Value], bea: Mapping[str, Value]) -> tuple[int, int]:
    with db.writing() as cx:
        put_customers(cx, [("ann", ann), ("bea", bea)], NOW)
        keys = keys_of(cx, ["ann", "bea"])
    return keys["ann"], keys["bea"]


def merged(db: Database, keep: str = "ann", gone: str = "bea") -> Merged:
    with db.writing() as cx:
        result = merge(cx, keep, gone, "ops", NOW + DAY)
    assert isinstance(result, Merged)
    return result


def consent(db: Database, customer: int, channel: str, *, allowed: bool, topic: str = ALL,
            day: int = 0) -> None:  # fmt: skip
    with db.writing() as cx:
        told = Consent(customer, channel, topic, allowed, "form", NOW + timedelta(days=day))
        record_consents(cx, [told], NOW)


def known_of(db: Database, name: str) -> dict[str, Any]:
    with db.reading() as cx:
        found = find_customer(cx, name)
    assert found is not None
    return dict(found.attributes)


# ── What is known ────────────────────────────────────────────────────────────────────────────


def test_the_kept_one_has_the_first_word_and_the_other_fills_the_gaps(database: Database) -> None:
    two(database, {"plan": "pro", "email": "ann@example.com", "tags": ["a", "b"], "points": 5},
        {"plan": "free", "phone": "+31612345678", "employees": 3, "tags": ["b", "c"], "points": 2.5,
         "email": "bea@example.com", "message_frequency": "one a day"})  # fmt: skip
    merged(database)
    assert known_of(database, "ann") == {
        "plan": "pro",
        "email": "ann@example.com",
        "phone": "+31612345678",
        "employees": 3,
        "tags": ["a", "b", "c"],
        "points": 7.5,
        "message_frequency": "one a day",
    }
    assert merged_attributes(
        {"message_frequency": "one a week", "sms_frequency": "every message"},
        {"message_frequency": "one a day", "sms_frequency": "one a month"},
        frozenset(),
    ) == {"message_frequency": "one a week", "sms_frequency": "one a month"}


def test_either_name_means_the_one_who_is_left(database: Database) -> None:
    ann, _ = two(database, {}, {})
    with database.writing() as cx:
        put_customers(cx, [("cat", {})], NOW)
    merged(database, "bea", "cat")
    merged(database, "ann", "bea")
    with database.writing() as cx:
        assert keys_of(cx, ["ann", "bea", "cat"]) == {"ann": ann, "bea": ann, "cat": ann}
        put_customers(cx, [("cat", {"plan": "pro"}), ("bea", {"employees": 3})], NOW)
        put_events(cx, [NewEvent("cat", "ordered", NOW, "shop", "1")], NOW)
        assert one(cx, "SELECT customer_id FROM event") == ann
    assert known_of(database, "ann") == {"plan": "pro", "employees": 3}


def test_nothing_is_left_at_the_one_who_is_gone(database: Database) -> None:
    _, bea = two(database, {}, {"email": "bea@example.com", "plan": "pro"})
    merged(database)
    with database.reading() as cx:
        [left] = rows(cx, "SELECT email, CAST(attributes AS TEXT) FROM customer WHERE id = :id",
                      id=bea)  # fmt: skip
    assert left == (None, "{}")


def test_the_merge_is_audited_by_keys_alone(database: Database) -> None:
    ann, bea = two(database, {}, {})
    merged(database)
    with database.reading() as cx:
        [noted] = read_audit(cx)
    assert (noted.who, noted.what) == ("ops", "merged customers")
    assert noted.detail == {"kept": ann, "gone": bea}


@pytest.mark.parametrize(
    ("keep", "gone", "reason"),
    [
        ("ann", "ann", '"ann" and "ann" are one customer already'),
        ("ann", "nobody", 'there is no customer "nobody"'),
        ("nobody", "ann", 'there is no customer "nobody"'),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused(
    database: Database, keep: str, gone: str, reason: str
) -> None:
    two(database, {}, {})
    with database.writing() as cx:
        assert merge(cx, keep, gone, "ops", NOW) == NotMerged(reason)


def test_a_customer_who_was_erased_is_merged_with_nobody(database: Database) -> None:
    two(database, {}, {})
    with database.writing() as cx:
        erase(cx, "bea", "ops", b"pepper", Catalog(), NOW)
        left = one(cx, "SELECT external_id FROM customer WHERE erased_at IS NOT NULL")
        assert merge(cx, "ann", left, "ops", NOW) == NotMerged(f'the customer "{left}" was erased')


# ── What is allowed ──────────────────────────────────────────────────────────────────────────


SAME: dict[str, Value] = {"email": "a@example.com"}
OTHER: dict[str, Value] = {"email": "b@example.com"}
NONE: dict[str, Value] = {}


@pytest.mark.parametrize(
    ("said_by", "whose", "left"),
    [
        # what Ann and Bea said, their addresses, what stands
        ((True, True), (SAME, SAME), True),
        ((True, False), (SAME, SAME), False),
        ((False, True), (SAME, SAME), False),
        ((None, True), (SAME, SAME), True),
        ((None, False), (SAME, OTHER), False),
        ((True, None), (SAME, OTHER), True),
        # Bea allowed her address; Ann's, which is kept, nobody allowed.
        ((None, True), (SAME, OTHER), None),
        # Ann has no address: Bea's comes with her consent.
        ((None, True), (NONE, SAME), True),
        ((True, False), (SAME, NONE), False),
        ((None, None), (SAME, OTHER), None),
    ],
)
def test_the_stricter_consent_stands_whatever_is_merged(
    database: Database,
    said_by: tuple[bool | None, bool | None],
    whose: tuple[dict[str, Value], dict[str, Value]],
    left: object,
) -> None:
    keys = two(database, *whose)
    # Bea spoke last, so that it is not the latest word that decides.
    for key, said, day in zip(keys, said_by, (0, 1), strict=True):
        if said is not None:
            consent(database, key, "email", allowed=said, day=day)
    merged(database)
    assert known_of(database, "ann").get("email_consent") is left
    # A late record of something older does not bring the laxer one back.
    consent(database, keys[0], "email", allowed=True, day=-1)
    assert known_of(database, "ann").get("email_consent") is (left is not False)


def test_a_topic_that_either_refused_is_refused(database: Database) -> None:
    ann, bea = two(database, SAME, OTHER)
    consent(database, ann, "email", allowed=True, topic="offers")
    consent(database, bea, "email", allowed=False, topic="offers")
    consent(database, ann, ALL, allowed=False, topic="tips")
    consent(database, bea, ALL, allowed=True, topic="tips", day=1)
    consent(database, bea, "email", allowed=False, topic="news")
    consent(database, bea, "email", allowed=True, topic="only of her address")
    merged(database)
    with database.reading() as cx:
        assert choices_of(cx, ann) == {
            ("offers", "email"): False,
            ("tips", ALL): False,
            ("news", "email"): False,
        }
        assert choices_of(cx, bea) == {}


def test_the_proofs_go_over_with_what_they_prove(database: Database) -> None:
    ann, bea = two(database, SAME, SAME)
    consent(database, ann, "email", allowed=True)
    consent(database, bea, "email", allowed=False)
    merged(database)
    with database.reading() as cx:
        proofs = rows(cx, "SELECT customer_id, allowed, source FROM consent ORDER BY id")
    assert [(key, bool(allowed), source) for key, allowed, source in proofs] == [
        (ann, True, "form"),
        (ann, False, "form"),
        (ann, False, "merged"),
    ]


def test_channels_are_lent_only_with_their_addresses() -> None:
    assert channels_lent({}, {"email": "b", "phone": "1"}) == {"email", "sms", ALL}
    assert channels_lent({"email": "a"}, {"email": "b"}) == {"sms"}
    assert channels_lent({"email": "a", "phone": "1"}, {"email": "a", "phone": "2"}) == {"email"}


def test_a_push_consent_belongs_to_the_device_of_the_one_who_gave_it() -> None:
    lent = channels_lent({}, {})
    assert merged_attributes({}, {"push_consent": True}, lent) == {}
    assert merged_attributes({"push_consent": True}, {"push_consent": False}, lent) == {
        "push_consent": False
    }


# ── What goes on ─────────────────────────────────────────────────────────────────────────────


def test_of_two_runs_of_one_key_the_older_goes_on_with_its_timer(database: Database) -> None:
    ann, bea = two(database, {}, {})
    with database.writing() as cx:
        plant_run(cx, 1, ann, started_at=NOW, due_at=NOW + DAY)
        plant_run(cx, 2, bea, started_at=NOW - DAY, due_at=NOW + 2 * DAY)
        plant_run(cx, 3, bea, entry_key="INV-2", due_at=NOW + 3 * DAY)
        plant_run(cx, 4, bea, playbook="other", status="completed", due_at=None)
        for run, customer in ((1, ann), (2, bea), (3, bea)):
            plant_traces(cx, run, customer, "word")
    result = merged(database)

    assert result.runs_moved == 3
    assert (result.stopped.runs, result.stopped.messages, result.stopped.tasks) == (1, 1, 1)
    with database.reading() as cx:
        found = rows(cx, "SELECT id, customer_id, entry_key, status, due_at FROM run ORDER BY id")
        day = 86_400_000_000
        now = int(NOW.timestamp() * 1e6)
        assert found == [
            (1, ann, " merged 1", "stopped", None),
            (2, ann, "", "active", now + 2 * day),
            (3, ann, "INV-2", "active", now + 3 * day),
            (4, ann, "", "completed", None),
        ]
        skipped = "SELECT message_id, reason FROM outcome WHERE status = 'skipped'"
        assert rows(cx, skipped) == [(11, "merged")]
        open_tasks = "SELECT run_id FROM task WHERE done_at IS NULL ORDER BY run_id"
        assert rows(cx, open_tasks) == [(2,), (3,)]


def test_an_ended_run_of_a_key_is_still_the_oldest(database: Database) -> None:
    ann, bea = two(database, {}, {})
    with database.writing() as cx:
        plant_run(cx, 1, ann, started_at=NOW - DAY, status="completed", due_at=None)
        plant_run(cx, 2, bea, started_at=NOW)
    merged(database)
    with database.reading() as cx:
        found = rows(cx, "SELECT id, entry_key, status FROM run ORDER BY id")
    assert found == [(1, "", "completed"), (2, " merged 2", "stopped")]


def test_caps_add_up_because_messages_go_over(database: Database) -> None:
    ann, bea = two(database, {}, {})
    with database.writing() as cx:
        plant_run(cx, 1, ann)
        plant_run(cx, 2, bea, playbook="other")
        for message, run, customer in ((1, 1, ann), (2, 1, ann), (3, 2, bea)):
            plant_message(cx, message, run, customer)
    merged(database)
    with database.reading() as cx:
        assert one(cx, "SELECT count(*) FROM message WHERE customer_id = :id", id=ann) == 3


def test_the_history_goes_over_and_nobody_enters_anything(database: Database) -> None:
    ann, bea = two(database, {}, {})
    with database.writing() as cx:
        put_events(cx, [NewEvent("ann", "ordered", NOW, "shop", "1"),
                        NewEvent("bea", "ordered", NOW, "shop", "2")], NOW)  # fmt: skip
        add_names(cx, [("anonymous", "x1", bea)], NOW)
        plant_run(cx, 1, bea)
        plant_traces(cx, 1, bea, "word")
        runs = one(cx, "SELECT count(*) FROM run")
    merged(database)
    with database.reading() as cx:
        for table in ("event", "identity", "offer", "task", "match"):
            owners = rows(cx, f"SELECT DISTINCT customer_id FROM {table}")
            assert owners == [(ann,)], table
        assert one(cx, "SELECT count(*) FROM event") == 2
        assert one(cx, "SELECT count(*) FROM score") == 0
        assert one(cx, "SELECT count(*) FROM run") == runs


def test_what_either_matched_before_does_not_become_true_again(database: Database) -> None:
    ann, bea = two(database, {}, {})
    with database.writing() as cx:
        for run, customer in ((1, ann), (2, bea)):
            plant_run(cx, run, customer, entry_key=str(run))
            plant_traces(cx, run, customer, "word")
    with database.writing() as cx:
        put_customers(cx, [("bea", {"plan": "pro"})], NOW)
    merged(database)
    with database.reading() as cx:
        found = rows(cx, "SELECT playbook, customer_id FROM match ORDER BY playbook")
    assert found == [("p1", ann), ("p2", ann)]
