from __future__ import annotations

import re
from pathlib import Path

import pytest

from keepwarm.store.reading_rows import FileRefused, ReadRow, open_rows


def read(folder: Path, content: str | bytes, name: str = "rows.csv") -> list[ReadRow]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_rows(path) as source:
        rows = [ReadRow(*row) for row in source]
        assert source.bytes_done() == path.stat().st_size
    return rows


def test_rows_come_with_their_lines_and_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\n\n3,4\n") == [
        ReadRow(2, {"a": "1", "b": "2"}),
        ReadRow(4, {"a": "3", "b": "4"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_seen_in_the_header(tmp_path: Path, delimiter: str) -> None:
    text = f"a{delimiter}b\nx{delimiter}y\n"
    assert read(tmp_path, text) == [ReadRow(2, {"a": "x", "b": "y"})]


def test_a_value_in_quotes_may_hold_anything(tmp_path: Path) -> None:
    rows = read(tmp_path, 'a,b\n"one,\ntwo ""three""",x\ny,z\n')
    assert rows == [
        ReadRow(2, {"a": 'one,\ntwo "three"', "b": "x"}),
        ReadRow(4, {"a": "y", "b": "z"}),
    ]


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa;b\r\nJ\xc3\xb6rg;1\r\n") == [
        ReadRow(2, {"a": "Jörg", "b": "1"})
    ]


def test_a_bad_row_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    rows = read(tmp_path, b'a,b\n1,2,3\n4\nJ\xf6rg,1\n5,"6"x\n7,8\n')
    assert [(row.line, row.problem) for row in rows] == [
        (2, "has 3 values where the header has 2; a value with a comma needs quotes"),
        (3, "has 1 value where the header has 2; a value with a comma needs quotes"),
        (4, 'holds bytes that are no UTF-8; save as "CSV UTF-8"'),
        (5, "cannot be read: ',' expected after '\"'"),
        (6, None),
    ]
    assert rows[-1].values == {"a": "7", "b": "8"}


def test_a_quote_that_never_ends_is_told_where_it_begins(tmp_path: Path) -> None:
    [good, bad] = read(tmp_path, 'a,b\n1,2\n3,"4\n5,6\n7,8\n')
    assert (good.line, good.problem) == (2, None)
    assert (bad.line, bad.problem) == (3, "cannot be read: unexpected end of data")


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "rows.csv", "The file is empty"),
        (b",,\n1,2,3\n", "rows.csv", "names no columns"),
        (b"a,b,a\n", "rows.csv", "The header names a twice."),
        ("a,b\n".encode("utf-16"), "rows.csv", "The file is UTF-16"),
        (b"\x00", "rows.xlsx", 'Files that end in ".xlsx" are not read; save it as .csv'),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, name: str, sentence: str
) -> None:
    with pytest.raises(FileRefused, match=sentence.replace(".", r"\.")):
        read(tmp_path, content, name)


def test_json_lines_are_objects(tmp_path: Path) -> None:
    rows = read(tmp_path, b'{"a": 1}\n\n[2]\n{"a": \n{"b": null}', "rows.jsonl")
    assert [(row.line, row.values, row.problem) for row in rows] == [
        (1, {"a": 1}, None),
        (3, {"text": "[2]"}, "is no JSON object; write each row as {…} on its own line"),
        (4, {"text": '{"a":'}, "is no JSON: unexpected end of data at column 6"),
        (5, {"b": None}, None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"\x1f\x8b\x08\x00", "The file is packed by gzip; unpack it."),
        ("a.jsonl", b"\x1f\x8b\x08\x00", "The file is packed by gzip; unpack it."),
        ("a.csv", b"PK\x03\x04\x14\x00", "The file is a workbook or another zip archive"),
        ("a.csv", b"PAR1\x15\x04", "The file is Parquet; let its name end in .parquet"),
        ("a.jsonl", "{}".encode("utf-16"), 'The file is UTF-16; save it as "CSV UTF-8"'),
        ("a.csv", b"\x89PNG\r\n", 'The header holds bytes that are no UTF-8; save as "CSV UTF-8"'),
        ("a.csv", "name,pr\xe9nom\n".encode("latin-1"), "The header holds bytes that are no UTF-8"),
        ("a.csv", b'[{"a": 1}]', "The file is JSON; write each row as {…} on a line of a .jsonl"),
        ("a.jsonl", b'[\n {"a": 1},\n {"a": 2}\n]', "The file is one list; write each row as {…}"),
    ],
)
def test_a_file_of_another_form_is_told_as_what_it_is(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    with pytest.raises(FileRefused, match=f"^{re.escape(says)}"):
        read(tmp_path, content, name)


def test_a_row_that_is_none_is_kept_as_it_stands(tmp_path: Path) -> None:
    rows = read(tmp_path, b'a;b\n1;"2;3";4\nJ\xf6rg;1\n')
    assert [row.values for row in rows] == [{"text": '1;"2;3";4'}, {"text": "J\ufffdrg;1"}]
    [row] = read(tmp_path, b'\xef\xbb\xbf{"a": 1\r\n', "rows.jsonl")
    assert (row.line, row.values) == (1, {"text": '{"a": 1'})


def test_a_mark_of_the_encoding_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    assert read(tmp_path, b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}', "rows.jsonl") == [
        ReadRow(1, {"a": 1}),
        ReadRow(2, {"a": 2}),
    ]
