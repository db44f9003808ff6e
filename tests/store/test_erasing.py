from __future__ import annotations

import re
from pathlib import Path

from keepwarm.engine.facts import Value
from keepwarm.schema.catalog import Attribute, Catalog, EventType
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.audit import note
from keepwarm.store.customers import add_names, find_customer, put_customers
from keepwarm.store.database import Database, Dialect
from keepwarm.store.erasing import Erased, erase, forget_late_words
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.inbox import Arrival, append_arrivals, how_many_wait, try_again
from keepwarm.store.merging import merge
from keepwarm.store.people import (
    Consent,
    Suppression,
    SuppressionReason,
    record_consents,
    suppress,
    suppressed_among,
)
from keepwarm.store.tables import OutcomeRow, ReportRow, Row
from tests.store.worlds import (
    DAY,
    NOW,
    everything,
    one,
    plant,
    plant_message,
    plant_run,
    plant_traces,
    rows,
)

PEPPER = b"pepper"
#: No word of these may be left; their letters occur nowhere else.
WORDS = ("quxann", "+31698765432", "98765432", "quxold", "quxsecret")


def prop(name: str, kind: FactKind, *, personal: bool = False) -> Attribute:
    return Attribute(name, kind, None, personal=personal)


CATALOG = Catalog(
    events={
        "ordered": EventType(
            "ordered",
            {
                "amount": prop("amount", FactKind.NUMBER),
                "gift": prop("gift", FactKind.TRUTH),
                "note": prop("note", FactKind.TEXT),
                "tags": prop("tags", FactKind.TAGS),
                "tax_number": prop("tax_number", FactKind.NUMBER, personal=True),
            },
            None,
        )
    }
)


def a_world(db: Database) -> tuple[int, int]:
    """Plant a customer whose words are everywhere, and another who stays."""
    with db.writing() as cx:
        told = {"email": "QuxAnn@Example.com", "phone": "+31698765432", "first_name": "quxsecret",
                "plan": "pro", "language": "nl", "timezone": "Europe/Amsterdam"}  # fmt: skip
        put_customers(cx, [("quxann", told), ("ben", {"email": "ben@example.com"})], NOW)
        found = [find_customer(cx, name) for name in ("quxann", "ben")]
        ann, ben = (each.id for each in found if each is not None)
        add_names(cx, [("email", "quxold@example.com", ann), ("anonymous", "quxsecret", ann)], NOW)
        properties: dict[str, Value] = {
            "amount": 12.5, "gift": True, "note": "quxsecret", "tags": ["quxsecret"],
            "tax_number": 98765432, "undeclared": 98765432,
        }  # fmt: skip
        of_ben: dict[str, Value] = {
            "amount": 12.5, "gift": True, "note": "of ben", "tags": ["ben"], "tax_number": 1,
        }  # fmt: skip
        put_events(cx, [NewEvent("quxann", "ordered", NOW, "shop", "quxann-1", properties),
                        NewEvent("quxann", "unheard_of", NOW, "shop", "quxann-2", properties),
                        NewEvent("ben", "ordered", NOW, "shop", "ben-1", of_ben)], NOW)  # fmt: skip
        record_consents(cx, [Consent(ann, "email", "*", allowed=True, source="form of quxann",
                                     at=NOW, wording="quxsecret agrees")], NOW)  # fmt: skip
        bounced = SuppressionReason.BOUNCED
        hashed = address_hash(PEPPER, Channel.EMAIL, "quxann@example.com")
        suppress(cx, [Suppression(Channel.EMAIL, hashed, bounced, NOW, "<quxann@example.com> no"),
                      Suppression(Channel.EMAIL, "other", bounced, NOW, "kept")])  # fmt: skip
        for run, customer, word in ((1, ann, "quxsecret"), (2, ben, "of ben")):
            plant_run(cx, run, customer, entry_key=f"invoice {word}", trigger={"note": word},
                      memory={"offer": "15-percent"})  # fmt: skip
            plant_traces(cx, run, customer, word)
        append_arrivals(cx, [Arrival("api", "1", {"customer": "quxann"}),
                             Arrival("api", "of quxann@example.com", {"to": "QUXANN@example.com"}),
                             Arrival("api", "3", {"customer": "xquxan"}),
                             Arrival("api", "4", {"customer": "ben"})], NOW)  # fmt: skip
        plant(cx, ReportRow, connector="c", dedupe_key="stray", message_id=None, signal="bounced",
              at=NOW, received_at=NOW, by_machine=False, reason="",
              raw="to +31698765432")  # fmt: skip
        note(cx, "ops", "changed preferences", {"customer": "quxann"}, NOW)
        note(cx, "ops", "changed preferences", {"customer": "ben"}, NOW)
    return ann, ben


def erased(db: Database, customer: str = "quxann") -> Erased | None:
    with db.writing() as cx:
        return erase(cx, customer, "ops", PEPPER, CATALOG, NOW)


def test_no_word_of_the_customer_is_left_in_any_row(database: Database) -> None:
    a_world(database)
    with database.reading() as cx:
        before = everything(cx)
    assert sum("qux" in text for text in before.values()) > 12

    erased(database)

    with database.reading() as cx:
        after = everything(cx)
    left = {name: re.findall("|".join(map(re.escape, WORDS)), text.lower())
            for name, text in after.items()}  # fmt: skip
    assert {name: words for name, words in left.items() if words} == {}


def test_no_word_is_left_in_the_file_either(sqlite_database: Database) -> None:
    a_world(sqlite_database)
    erased(sqlite_database)
    sqlite_database.sweep()
    path = sqlite_database.engine.url.database
    assert path is not None
    for suffix in ("", "-wal"):
        assert re.findall(rb"(?i)qux(?!an\")|98765432", Path(path + suffix).read_bytes()) == []


def test_what_was_counted_stays_counted(database: Database) -> None:
    ann, _ = a_world(database)
    with database.reading() as cx:
        before = everything(cx)
        amounts = one(cx, "SELECT sum(CAST(properties ->> 'amount' AS FLOAT)) FROM event"
                          " WHERE name = 'ordered'")  # fmt: skip
    erased(database)
    with database.reading() as cx:
        after = everything(cx)
        assert amounts == 25.0
        assert one(cx, "SELECT sum(CAST(properties ->> 'amount' AS FLOAT)) FROM event"
                       " WHERE name = 'ordered'") == amounts  # fmt: skip
        [kept] = rows(cx, "SELECT properties ->> 'gift' FROM event"
                          " WHERE customer_id = :id AND name = 'ordered'", id=ann)  # fmt: skip
        assert kept in [(1,), ("true",)]
    gone = {"attribute_change", "attribute_told", "cohort_member", "identity", "match", "score"}
    gone |= {"thing_told"}
    more = {"audit", "outcome", "suppression"}
    for name in Row.metadata.tables.keys() - gone - more:
        assert len(after[name].splitlines()) == len(before[name].splitlines()), name


def test_nobody_else_loses_a_word(database: Database) -> None:
    _, ben = a_world(database)
    with database.reading() as cx:
        before = everything(cx)
    erased(database)
    with database.reading() as cx:
        after = everything(cx)
    for name in before:
        theirs = [line for line in before[name].splitlines() if "ben" in line]
        assert [line for line in after[name].splitlines() if "ben" in line] == theirs, name
    with database.reading() as cx:
        assert rows(cx, "SELECT status, due_at IS NULL FROM run WHERE customer_id = :id",
                    id=ben) == [("active", False)]  # fmt: skip
        assert one(cx, "SELECT evidence FROM suppression WHERE address_hash = 'other'") == "kept"
        assert one(cx, "SELECT count(*) FROM inbox WHERE done_at IS NULL") == 2


def test_every_address_is_suppressed_for_good(database: Database) -> None:
    a_world(database)
    result = erased(database)
    assert result is not None
    assert result.addresses_suppressed == 3
    for channel, address in ((Channel.EMAIL, "quxann@example.com"), (Channel.SMS, "+31698765432"),
                             (Channel.EMAIL, "QUXOLD@example.com")):  # fmt: skip
        with database.reading() as cx:
            found = suppressed_among(cx, channel, [address_hash(PEPPER, channel, address)])
        assert list(found.values()) == [SuppressionReason.ERASED]


def test_runs_end_and_waiting_messages_are_skipped_with_a_reason(database: Database) -> None:
    a_world(database)
    with database.writing() as cx:
        plant_message(cx, 99, 1, 1)
    result = erased(database)
    assert result is not None
    assert (result.stopped.runs, result.stopped.messages, result.stopped.tasks) == (1, 2, 1)
    with database.reading() as cx:
        assert rows(cx, "SELECT status, due_at, ended_at IS NULL FROM run WHERE id = 1") == [
            ("stopped", None, False)
        ]
        found = rows(cx, "SELECT message_id, status, reason FROM outcome ORDER BY 1")
        assert found[:2] == [(10, "failed", "erased"), (11, "skipped", "erased")]


def test_a_customer_is_erased_once_and_an_unknown_one_never(database: Database) -> None:
    ann, _ = a_world(database)
    result = erased(database)
    assert result is not None
    assert result.customer_id == ann
    assert erased(database) is None
    assert erased(database, "nobody") is None


def test_what_is_told_afterwards_is_of_a_new_customer_whose_address_stays_suppressed(
    database: Database,
) -> None:
    ann, _ = a_world(database)
    erased(database)
    with database.writing() as cx:
        put_customers(cx, [("quxann", {"email": "quxann@example.com"})], NOW)
        found = find_customer(cx, "quxann")
        hashed = address_hash(PEPPER, Channel.EMAIL, "quxann@example.com")
        assert list(suppressed_among(cx, Channel.EMAIL, [hashed])) == [hashed]
    assert found is not None
    assert found.id != ann


def test_a_merged_customer_is_erased_with_all_names(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("quxann", {"email": "quxann@example.com"}),
                           ("quxold", {"email": "quxold@example.com"})], NOW)  # fmt: skip
        old = find_customer(cx, "quxold")
        assert old is not None
        record_consents(cx, [Consent(old.id, "email", "*", allowed=True, source="quxold", at=NOW)],
                        NOW)  # fmt: skip
        merge(cx, "quxann", "quxold", "ops", NOW)
    erased(database, "quxold")
    with database.reading() as cx:
        assert not any("qux" in text for text in everything(cx).values())


def test_what_waited_of_an_erased_customer_is_never_worked_off(database: Database) -> None:
    a_world(database)
    erased(database)
    with database.writing() as cx:
        keys = [key for (key,) in rows(cx, "SELECT id FROM inbox")]
        assert try_again(cx, keys) == 0
        assert how_many_wait(cx) == 2


def test_what_comes_of_a_message_under_way_is_forgotten_in_the_next_round(
    database: Database,
) -> None:
    a_world(database)
    erased(database)
    with database.writing() as cx:
        plant(cx, OutcomeRow, message_id=11, attempt=0, status="failed", at=NOW,
              reason="no mailbox quxann", personal=["quxsecret"], raw="quxann")  # fmt: skip
        plant(cx, ReportRow, connector="c", dedupe_key="late", message_id=11, signal="bounced",
              at=NOW, received_at=NOW, by_machine=False, reason="quxann", raw="quxann")  # fmt: skip
    with database.writing() as cx:
        forget_late_words(cx, NOW + DAY)
        assert "quxann" in everything(cx)["report"]
        forget_late_words(cx, NOW - DAY)
        assert not re.search("quxann|quxsecret", "".join(everything(cx).values()))
        assert one(cx, "SELECT count(*) FROM outcome WHERE reason = 'no mailbox of ben'") == 1


def test_every_table_was_thought_of(database: Database) -> None:
    """A new table is either emptied by `erasing`, or said here to hold no personal word."""
    from keepwarm.store import erasing

    impersonal = {
        "account", "approval", "catalog", "chunk", "circuit", "content", "doubt", "hold", "import",
        "notice", "offer", "pace", "pointer", "proposal", "pull", "release", "released",
        "retention", "suspect", "tick", "topic_choice", "trace", "version", "write_key",
        # What a provider knows a customer by is kept until it took the wish to forget them.
        "forgetting",
        "ended_session", "ingest_pace", "wrong_password",
    }  # fmt: skip
    thought_of = {"customer", "event", *erasing._DELETED, *erasing._EMPTIED, *erasing._SEARCHED}
    assert set(Row.metadata.tables) == thought_of | impersonal
    assert database.dialect in Dialect
