from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from keepwarm.schema.catalog import Attribute, Catalog, EventType
from keepwarm.schema.conditions import FactKind
from keepwarm.store import import_rows, importing
from keepwarm.store.customers import find_customer, put_customers
from keepwarm.store.database import Database
from keepwarm.store.importing import Imported, import_customers, import_events
from keepwarm.store.people import ALL, Consent, record_consents
from keepwarm.store.reading_rows import FileRefused, ReadRow, RowSource

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def fact(name: str, kind: FactKind, *choices: str) -> Attribute:
    return Attribute(name, kind, None, choices=choices)


CATALOG = Catalog(
    attributes={
        each.name: each
        for each in (
            fact("plan", FactKind.CHOICE, "free", "pro"),
            fact("employees", FactKind.NUMBER),
            fact("renewal_date", FactKind.DATE),
            fact("interests", FactKind.TAGS),
            fact("firstSeen", FactKind.MOMENT),
        )
    },
    events={
        "ordered": EventType(
            "ordered",
            {"amount": fact("amount", FactKind.NUMBER), "product": fact("product", FactKind.TEXT)},
            None,
        ),
        "logged_in": EventType("logged_in", {}, None),
    },
    timezone="Europe/Amsterdam",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def customers(db: Database, path: Path, content: str | None = None, **other: Any) -> Imported:
    if content is not None:
        path.write_text(content)
    return import_customers(db, path, CATALOG, other.pop("now", NOW), **other)


def events(db: Database, path: Path, content: str | None = None, **other: Any) -> Imported:
    if content is not None:
        path.write_text(content)
    return import_events(db, path, CATALOG, other.pop("now", NOW), **other)


def known_of(db: Database, name: str) -> Mapping[str, Any]:
    with db.reading() as cx:
        found = find_customer(cx, name)
    assert found is not None
    return found.attributes


def rows(db: Database, sql: str) -> list[tuple[Any, ...]]:
    with db.reading() as cx:
        return [tuple(row) for row in cx.execute(text(sql))]


# ── Customers ────────────────────────────────────────────────────────────────────────────────


def test_a_phone_without_its_country_is_of_the_one_that_is_known_of_the_customer(
    database: Database, folder: Path
) -> None:
    country = fact("country", FactKind.TEXT)
    catalog = replace(CATALOG, country="NL", attributes={**CATALOG.attributes, "country": country})
    with database.writing() as cx:
        put_customers(cx, [("dora", {"country": "DE"}), ("ben", {"country": "BE"})], NOW)
    file = folder / "phones.csv"
    file.write_text(
        "customer_id,phone,country\ndora,01512 3456789,\nanna,06 12345678,\n"
        "ben,06 87654321,NL\ncleo,,BE\ncleo,0470 12 34 56,\nfay,12,\n,0612,\n"
    )
    report = import_customers(database, file, catalog, NOW)

    assert [each.line for each in report.refused] == [7, 8]
    phones = {name: known_of(database, name)["phone"] for name in ("dora", "anna", "ben", "cleo")}
    assert phones == {
        "dora": "+4915123456789",
        "anna": "+31612345678",
        "ben": "+31687654321",
        "cleo": "+32470123456",
    }
    # JSON: what columns mean twice is said of its row, and keeps nobody from what is known.
    file = folder / "phones.jsonl"
    file.write_text(
        '{"customer_id": "dora", "phone": "0151 23456788"}\n'
        '{"customer_id": "x", "Tz": "UTC", "time zone": "UTC", "phone": "0612"}\n'
    )
    assert import_customers(database, file, catalog, NOW).rows_refused == 1
    assert known_of(database, "dora")["phone"] == "+4915123456788"


def test_customers_come_typed_by_the_catalog(database: Database, folder: Path) -> None:
    report = customers(
        database,
        folder / "people.csv",
        "Customer ID,E-mail,Phone Number,time zone,plan,employees,renewal_date,interests,firstSeen,"
        "email_consent,Shoe size\n"
        'c1,Ann@Example.com,+31 6 12345678,Europe/Amsterdam,pro,12,2026-05-01,"a, b",'
        "2025-01-01T10:00:00Z,yes,38\n"
        "c2,,,,,,,,,,\n",
    )
    assert (report.rows_read, report.new, report.rows_refused) == (2, 2, 0)
    assert report.ignored == ("shoe_size",)
    assert known_of(database, "c1") == {
        "email": "ann@example.com",
        "phone": "+31612345678",
        "timezone": "Europe/Amsterdam",
        "plan": "pro",
        "employees": 12,
        "renewal_date": "2026-05-01",
        "interests": ["a", "b"],
        "firstSeen": "2025-01-01T10:00:00.000000Z",
        "email_consent": True,
    }
    assert known_of(database, "c2") == {}


def test_json_lines_may_take_a_value_away_and_an_empty_cell_does_not(
    database: Database, folder: Path
) -> None:
    customers(database, folder / "a.csv", "customer_id,plan,employees\nann,pro,3\n")
    customers(database, folder / "b.csv", "customer_id,plan,employees\nann,,4\n")
    assert known_of(database, "ann") == {"plan": "pro", "employees": 4}
    report = customers(
        database,
        folder / "c.jsonl",
        '{"customer": "ann", "plan": null, "attributes": {"interests": ["x"]}}\n'
        '{"id": 7, "employees": 1, "other": 1}\n',
    )
    assert (report.changed, report.new, report.ignored) == (1, 1, ("other",))
    assert known_of(database, "ann") == {"employees": 4, "interests": ["x"]}
    assert known_of(database, "7") == {"employees": 1}


def test_rows_that_do_not_fit_are_named_with_every_fault_and_the_others_go_in(
    database: Database, folder: Path
) -> None:
    path = folder / "people.csv"
    report = customers(
        database,
        path,
        "customer_id,email,plan,employees\n"
        "c1,ann@example.com,pro,1\n"
        "c2,nobody,gold,many\n"
        ",x@example.com,pro,1\n"
        "c4,c4@example.com\n"
        "c5,c5@example.com,free,5\n",
    )
    assert (report.rows_read, report.rows_refused, report.new) == (5, 3, 2)
    assert [fault.partition(";")[0] for fault in report.refused[0].faults] == [
        'email is "nobody", which is no e-mail address: An email address must have an @-sign.',
        'plan is "gold", and the catalog has free or pro',
        'employees is "many", which is no number',
    ]
    assert [str(each) for each in report.refused[1:]] == [
        "line 4: has no customer; its customer_id is empty",
        "line 5: has 2 values where the header has 4; a value with a comma needs quotes",
    ]
    lines = (folder / "people.csv.refused.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    assert [(each["line"], each["row"].get("customer_id")) for each in kept] == [
        (3, "c2"),
        (4, ""),
        (5, None),
    ]
    # What was read of a row that is none is kept as well.
    assert kept[2]["row"] == {"text": "c4,c4@example.com"}
    kept[0]["row"] |= {"email": "bob@example.com", "plan": "pro", "employees": "12"}
    kept[1]["row"]["customer_id"] = "c3"
    mended = folder / "people.csv.refused.jsonl"
    mended.write_text("".join(f"{json.dumps(each)}\n" for each in kept))
    again = customers(database, mended)
    assert (again.rows_read, again.new, again.rows_refused) == (3, 2, 1)
    assert again.refused[0].line == 3
    assert known_of(database, "c2")["employees"] == 12
    timeless = events(database, folder / "e.csv", "customer,at\nc2,\n", event="logged_in")
    assert [str(each) for each in timeless.refused] == ["line 2: has no time; its at is empty"]


def test_what_was_refused_fits_when_the_catalog_was_mended(
    database: Database, folder: Path
) -> None:
    path = folder / "people.csv"
    content = "customer_id,employees\nc1,1\nc2,many\n"
    customers(database, path, content)
    again = customers(database, path, content)
    assert (again.was_known, again.known, again.rows_refused) == (False, 1, 1)
    path.write_text("customer_id,employees\nc1,1\nc2,2\n")
    mended = customers(database, path)
    assert (mended.new, mended.known, mended.rows_refused) == (1, 1, 0)
    assert not (folder / "people.csv.refused.jsonl").exists()


def test_the_same_file_again_changes_nothing(database: Database, folder: Path) -> None:
    path = folder / "people.csv"
    customers(database, path, "customer_id,plan\nann,pro\n")
    with database.writing() as cx:
        put_customers(cx, [("ann", {"plan": "free"})], NOW)
    again = customers(database, path, now=NOW + DAY)
    assert again.was_known
    assert known_of(database, "ann") == {"plan": "free"}
    other = customers(database, path, columns={"plan": ""})
    assert not other.was_known  # it means something else now


# ── Consent ──────────────────────────────────────────────────────────────────────────────────


def test_consent_is_recorded_with_the_file_as_its_proof(database: Database, folder: Path) -> None:
    customers(
        database,
        folder / "people.csv",
        "customer_id,email_consent,email_consent_at,email_consent_wording,sms_consent\n"
        "ann,yes,2025-12-24,I agree,no\n",
    )
    found = rows(database, "SELECT channel, topic, allowed, wording, source, at FROM consent"
                           " ORDER BY channel")  # fmt: skip
    day = int(datetime(2025, 12, 23, 23, tzinfo=UTC).timestamp() * 1e6)  # midnight in Amsterdam
    now = int(NOW.timestamp() * 1e6)
    assert [(c, t, bool(a), w, s, at) for c, t, a, w, s, at in found] == [
        ("email", "*", True, "I agree", "import people.csv", day),
        ("sms", "*", False, "", "import people.csv", now),
    ]
    assert known_of(database, "ann") == {"email_consent": True, "sms_consent": False}


def test_consent_that_is_known_is_not_recorded_again(database: Database, folder: Path) -> None:
    for number in range(2):
        customers(database, folder / f"{number}.csv",
                  f"customer_id,email_consent,employees\nann,yes,{number}\n")  # fmt: skip
    assert rows(database, "SELECT count(*) FROM consent") == [(1,)]


def test_an_import_lifts_no_withdrawal(database: Database, folder: Path) -> None:
    customers(database, folder / "a.csv", "customer_id,email_consent\nann,yes\nben,yes\n")
    with database.writing() as cx:
        ann = find_customer(cx, "ann")
        assert ann is not None
        said = Consent(ann.id, "email", ALL, allowed=False, source="one click", at=NOW)
        record_consents(cx, [said], NOW)
    later = NOW + 30 * DAY
    content = "customer_id,email_consent,employees\nann,yes,1\nben,yes,1\n"
    report = customers(database, folder / "b.csv", content, now=later)
    assert report.consents_left_out == 1
    assert known_of(database, "ann") == {"email_consent": False, "employees": 1}
    assert known_of(database, "ben") == {"email_consent": True, "employees": 1}


# ── Events ───────────────────────────────────────────────────────────────────────────────────


def test_events_of_one_name_come_with_their_customers(database: Database, folder: Path) -> None:
    report = events(
        database,
        folder / "orders.csv",
        "customer_id,ordered_on,amount,product,colour\n"
        "c1,2026-01-02,12.50,shoes,red\n"
        "c2,2026-07-02 09:30,3,,\n"
        "c1,2027-01-01,1,,\n",
        event="ordered",
        columns={"ordered_on": "at"},
    )
    assert (report.new, report.customers_made, report.ignored) == (3, 2, ("colour",))
    found = rows(database, "SELECT e.name, e.at, e.source, e.properties ->> 'amount',"
                           " e.properties ->> 'product' FROM event e ORDER BY e.id")  # fmt: skip
    moments = [
        datetime(2026, 1, 1, 23, tzinfo=UTC),  # a day begins at midnight in the project's zone
        NOW,  # what lies in the future is clamped to the arrival
        NOW,
    ]
    assert [
        (name, source, float(amount), product) for name, _, source, amount, product in found
    ] == [
        ("ordered", "import", amount, product)
        for amount, product in ((12.5, "shoes"), (3, None), (1, None))
    ]
    assert [at for _, at, *_ in found] == [int(each.timestamp() * 1e6) for each in moments]


def test_events_of_many_names_come_in_one_file(database: Database, folder: Path) -> None:
    report = events(
        database,
        folder / "events.jsonl",
        '{"customer": "c1", "event": "ordered", "at": "2026-01-02", "properties": {"amount": 1}}\n'
        '{"customer": "c1", "event": "logged_in", "timestamp": "2026-01-02", "amount": 1}\n'
        '{"customer": "c1", "event": "loged_in", "at": "2026-01-02"}\n'
        '{"customer": "c1", "at": "soon"}\n',
    )
    assert (report.new, report.rows_refused, report.ignored) == (2, 2, ("amount",))
    assert [(each.line, each.faults) for each in report.refused] == [
        (3, ('the catalog has no event "loged_in"; did you mean "logged_in"?',)),
        (4, ("has no event's name; add a column event, or say which event all are",
             'at is "soon"; write a day as 2026-01-31, a time as 2026-01-31T08:00:00Z')),
    ]  # fmt: skip
    properties = rows(database, "SELECT CAST(properties AS TEXT) FROM event ORDER BY id")
    assert [json.loads(each) for (each,) in properties] == [{"amount": 1}, {}]


ORDERS = "customer_id,at,amount\nc1,2026-01-01,5\nc2,2026-01-02,6\nc1,2026-01-01,5\n"


def test_an_edited_file_brings_only_what_is_new_in_it(database: Database, folder: Path) -> None:
    path = folder / "orders.csv"
    assert events(database, path, ORDERS, event="ordered").new == 3
    assert events(database, path, event="ordered").was_known
    edited = ORDERS.replace("c2,2026-01-02,6", "c3,2026-01-03,7\nc2,2026-01-02,6")
    report = events(database, path, edited, event="ordered")
    assert (report.new, report.known) == (1, 3)
    renamed = folder / "copy.csv"
    renamed.write_text(edited.replace("5\n", "5.0\n") + "c1,2026-01-01,5\n")
    # 5.0 is the number 5; only the third of those is new.
    report = events(database, renamed, event="ordered")
    assert (report.new, report.known) == (1, 4)


def test_an_event_with_an_identifier_is_known_by_it(database: Database, folder: Path) -> None:
    first = "customer_id,at,amount,event_id\nc1,2026-01-01,5,A\nc1,2026-01-01,5,B\n"
    assert events(database, folder / "a.csv", first, event="ordered").new == 2
    again = "customer_id,at,amount,event_id\nc1,2026-01-01,99,A\n"
    assert events(database, folder / "b.csv", again, event="ordered").known == 1
    other = "customer_id,at,event_id\nc1,2026-01-01,A\n"
    assert events(database, folder / "c.csv", other, event="logged_in").new == 1


def test_an_identifier_has_no_signs_that_cannot_be_seen(database: Database, folder: Path) -> None:
    content = "customer_id,at,event_id\nc1,2026-01-01,A\0\nc\0,2026-01-01,B\nc1,2026-01-01,C\n"
    report = events(database, folder / "a.csv", content, event="ordered")
    assert (report.new, report.rows_refused) == (1, 2)


def test_every_fault_of_a_json_row_is_told(database: Database, folder: Path) -> None:
    report = customers(
        database,
        folder / "people.jsonl",
        '{"customer": true, "attributes": "{"}\n'
        '{"customer": "a", "attributes": [1]}\n'
        '{"customer": "a", "email_consent": true, "email_consent_at": "soon"}\n'
        '{"customer": "a", "plan": "pro", "Plan": "pro"}\n',
    )
    assert [each.faults for each in report.refused] == [
        ('customer is "True", which is no identifier', "attributes is no JSON object"),
        ("attributes is no JSON object",),
        ('email_consent_at is "soon"; write a day as 2026-01-31, a time as 2026-01-31T08:00:00Z',),
        ('The columns "plan" and "Plan" both mean plan; leave one out, or say what it means.',),
    ]
    report = events(
        database,
        folder / "events.jsonl",
        '{"customer": "a", "event": "ordered", "at": "2026-01-01", "amount": "much"}\n'
        '{"customer": "a", "event": "ordered", "properties": "x"}\n',
    )
    assert [len(each.faults) for each in report.refused] == [1, 2]


def test_equal_rows_far_apart_are_not_compared(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_rows, "_WINDOW", 2)
    row = "c1,2026-01-01,5\n"
    others = "".join(f"c2,2026-01-01,{number}\n" for number in range(5))
    report = events(database, folder / "a.csv", f"customer_id,at,amount\n{row}{row}{others}{row}",
                    event="ordered")  # fmt: skip
    assert (report.rows_read, report.new) == (8, 7)


def test_a_break_in_the_middle_leaves_nothing_twice(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH_BEFORE_ANYTHING_IS_LIVE", 2)
    seen: list[int] = []

    def break_off(done: int, read: int, size: int) -> None:
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        events(database, folder / "orders.csv", ORDERS, event="ordered", progress=break_off)
    assert rows(database, "SELECT count(*) FROM event") == [(2,)]
    report = events(database, folder / "orders.csv", event="ordered")
    assert (seen, report.new, report.known, report.was_known) == ([2], 1, 2, False)


def test_progress_is_told_in_rows_and_bytes(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH_BEFORE_ANYTHING_IS_LIVE", 2)
    told: list[tuple[int, int, int]] = []
    events(database, folder / "orders.csv", ORDERS, event="ordered",
           progress=lambda *done: told.append(done))  # fmt: skip
    assert [done for done, _, _ in told] == [2, 3]
    assert told[-1][1:] == (len(ORDERS), len(ORDERS))


def test_another_rooms_reader_may_open_the_file(database: Database, folder: Path) -> None:
    class Two:
        columns = ("customer_id", "at", "amount")

        def __iter__(self) -> Iterator[ReadRow]:
            yield ReadRow(1, {"customer_id": 7, "at": datetime(2026, 1, 1), "amount": 2})  # noqa: DTZ001 - as Parquet has it
            yield ReadRow(2, {}, "is broken")

        def bytes_done(self) -> int:
            return 1

    @contextmanager
    def opens(path: Path) -> Iterator[RowSource]:
        yield Two()

    path = folder / "orders.parquet"
    path.write_bytes(b"PAR1")
    report = import_events(database, path, CATALOG, NOW, event="ordered", opens=opens)
    assert (report.new, report.rows_refused) == (1, 1)


@pytest.mark.parametrize(
    ("content", "columns", "sentence"),
    [
        ("at,amount\n", {}, "No column names the customer. Call it customer_id"),
        ("customer_id,Email,email\n", {}, 'The columns "Email" and "email" both mean email'),
        ("customer_id,a\n", {"a": "at", "b": "at"}, "There is no column b; the file has"),
        ("customer_id,a,b\n", {"a": "at", "b": "at"}, 'The columns "a" and "b" both mean at'),
    ],
)
def test_a_file_whose_columns_make_no_sense_is_refused(
    database: Database, folder: Path, content: str, columns: dict[str, str], sentence: str
) -> None:
    with pytest.raises(FileRefused, match=sentence.replace(".", r"\.")):
        customers(database, folder / "people.csv", content, columns=columns)


def test_where_a_file_has_two_names_for_the_customer_ours_counts(
    database: Database, folder: Path
) -> None:
    customers(database, folder / "people.csv", "id,external_id,plan\n1,ann,pro\n")
    assert known_of(database, "ann") == {"plan": "pro"}


def test_an_event_for_a_column_called_like_its_time_is_a_property(
    database: Database, folder: Path
) -> None:
    catalog = Catalog(
        events={"booked": EventType("booked", {"date": fact("date", FactKind.DATE)}, None)}
    )
    path = folder / "bookings.csv"
    path.write_text("customer_id,at,date\nann,2026-01-01,2026-06-01\n")
    import_events(database, path, catalog, NOW, event="booked")
    assert rows(database, "SELECT properties ->> 'date' FROM event") == [("2026-06-01",)]
