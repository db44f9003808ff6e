"""Problems, and the reports that tell them."""

from __future__ import annotations

import json
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import (
    PlaybookRefused,
    Problem,
    as_github,
    as_json,
    as_sarif,
    as_text,
    in_order,
    summary,
)
from keepwarm.schema.typesetting import display_width, excerpt, printable

FILE = "playbooks/winback.yaml"


def problem(
    line: int = 1,
    start: int = 1,
    end: int | None = None,
    rule: str = "rule",
    file: str = FILE,
    message: str = "this is wrong",
    hint: str | None = None,
    replacement: str | None = None,
) -> Problem:
    span = Span(line, start, line, start + 1 if end is None else end)
    return Problem(rule, file, span, message, hint, replacement)


def carets(line: str, start: int, end: int) -> tuple[str, str]:
    """Give the source line and the carets of a report, without their gutter."""
    report = as_text([problem(1, start, end)], {FILE: line})
    _, _, source, under, *_ = report.split("\n")
    return source.removeprefix("1 | "), under.removeprefix("  | ")


# ── The report for a terminal ────────────────────────────────────────────────────────────────


def test_a_report_has_the_line_the_carets_and_the_hint() -> None:
    source = "# yaml\nplaybook: x\n\nstatus: lvie\n"
    found = problem(
        4,
        9,
        13,
        "not-a-choice",
        message='"status" cannot be "lvie"',
        hint="one of: draft, shadow, live, paused",
        replacement="live",
    )
    assert as_text([found], {FILE: source}) == (
        'playbooks/winback.yaml:4:9: "status" cannot be "lvie"; did you mean "live"? '
        "[not-a-choice]\n"
        "  |\n"
        "4 | status: lvie\n"
        "  |         ^^^^  one of: draft, shadow, live, paused\n"
        "\n"
        "1 problem in 1 file\n"
    )


def test_the_gutter_is_as_wide_as_the_number() -> None:
    report = as_text([problem(12, 3, 6)], {FILE: "\n" * 11 + "  abc\n"})
    assert report.split("\n")[1:4] == ["   |", "12 |   abc", "   |   ^^^"]


def test_problems_stand_apart_and_in_order() -> None:
    report = as_text([problem(2), problem(1)], {FILE: "a\nb\n"})
    assert [line for line in report.split("\n") if line.startswith(FILE)] == [
        f"{FILE}:1:1: this is wrong [rule]",
        f"{FILE}:2:1: this is wrong [rule]",
    ]
    assert report.endswith("\n\n2 problems in 1 file\n")


def test_a_problem_of_an_unknown_file_is_told_without_its_line() -> None:
    report = as_text([problem(hint="mend it")], {})
    assert report == f"{FILE}:1:1: this is wrong [rule]\n  mend it\n\n1 problem in 1 file\n"


def test_an_empty_span_gets_one_caret() -> None:
    assert carets("key:", 5, 5) == ("key:", "    ^")


def test_a_span_over_lines_is_marked_to_the_end_of_its_first() -> None:
    found = Problem("rule", FILE, Span(1, 4, 3, 2), "this is wrong")
    assert as_text([found], {FILE: "a: bcd  \n e\nf\n"}).split("\n")[3] == "  |    ^^^"


@pytest.mark.parametrize(
    ("line", "start", "end", "under"),
    [
        ("a: 寿司 x", 4, 6, "   ^^^^"),
        ("寿司: x", 5, 6, "      ^"),
        ("🎉: x", 4, 5, "    ^"),
        ("é: x", 4, 5, "   ^"),
        ("e\u0301: x", 5, 6, "   ^"),
        ("👩‍👩‍👧: x", 8, 9, "    ^"),
        ("❤️: x", 5, 6, "    ^"),
        ("👍🏽: x", 5, 6, "    ^"),
        ("🇳🇱: x", 5, 6, "    ^"),
        ("한국: x", 5, 6, "      ^"),
    ],
)
def test_carets_stand_under_the_token_in_every_script(
    line: str, start: int, end: int, under: str
) -> None:
    assert carets(line, start, end) == (line, under)


def test_a_tab_is_shown_as_spaces_and_the_carets_know() -> None:
    assert carets("\ta:\tb", 5, 6) == ("    a:  b", "        ^")


@pytest.mark.parametrize("start", [1, 10, 500, 990])
def test_a_long_line_is_shortened_around_the_fault(start: int) -> None:
    line = "".join(f"w{n:03} " for n in range(200))
    source, under = carets(line, start, start + 4)
    column = under.index("^")
    assert len(source) <= 100
    assert source[column : column + 4] == line[start - 1 : start + 3]


def test_carets_end_where_a_long_line_is_cut() -> None:
    source, under = carets("x" * 5_000, 1, 5_001)
    assert len(under) <= len(source) == 99


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    found = problem(message="bad \x1b[31m\u202eword\n", hint="\x07")
    report = as_text([found], {FILE: "\x1b]0;owned\x07"})
    assert not {"\x1b", "\u202e", "\x07"} & set(report)


def test_colours_change_nothing_but_colours() -> None:
    found = [problem(hint="mend it"), problem(2)]
    sources = {FILE: "a\nb\n"}
    coloured = as_text(found, sources, colour=True)
    assert "\x1b[1;31m^\x1b[0m" in coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m"):
        coloured = coloured.replace(code, "")
    assert coloured == as_text(found, sources)


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ([], "no problems"),
        (["a"], "1 problem in 1 file"),
        (["a", "a", "b"], "3 problems in 2 files"),
    ],
)
def test_the_summary_counts(files: list[str], line: str) -> None:
    assert summary([problem(file=file) for file in files]) == line


# ── Problems ─────────────────────────────────────────────────────────────────────────────────


def test_a_sentence_offers_the_replacement_once() -> None:
    assert problem(replacement="live").sentence == 'this is wrong; did you mean "live"?'
    said = 'this is wrong; did you mean "live"?'
    assert problem(message=said, replacement="live").sentence == said


def test_a_text_that_needs_quotes_is_offered_in_quotes() -> None:
    assert problem(replacement='"a: b"').sentence == 'this is wrong; put it in quotes: "a: b"'


def test_a_deletion_is_left_to_the_hint() -> None:
    assert problem(replacement="").sentence == "this is wrong"


def test_problems_are_sorted_by_file_and_place() -> None:
    found = [problem(2, file="b"), problem(1, 9), problem(1, 2), problem(3, file="a")]
    places = [(p.file, p.span.line, p.span.column) for p in in_order(found)]
    assert places == [("a", 3, 1), ("b", 2, 1), (FILE, 1, 2), (FILE, 1, 9)]


def test_the_same_problem_is_told_once() -> None:
    assert len(in_order([problem(), problem(hint="another hint"), problem(rule="other")])) == 2


def test_a_refusal_holds_all_problems_and_pickles() -> None:
    refused = PlaybookRefused([problem(2), problem(1, hint="mend it", replacement="x")])
    again = pickle.loads(pickle.dumps(refused))
    assert isinstance(again, PlaybookRefused)
    assert again.problems == refused.problems
    assert str(again) == str(refused)
    assert str(refused).endswith("2 problems in 1 file")


# ── The reports for programs ─────────────────────────────────────────────────────────────────


def test_github_gets_a_command_a_problem() -> None:
    found = problem(3, 5, 9, "unknown-key", hint="it can have: a, b")
    assert as_github([found]) == (
        f"::error file={FILE},line=3,endLine=3,col=5,endColumn=8,title=unknown-key::"
        "this is wrong%0Ait can have: a, b\n"
    )


def test_github_cannot_be_told_another_command() -> None:
    found = problem(file="a,b:c%\n::x.yaml", message="50%\r\n::set-output name=x::y")
    command = as_github([found])
    assert command.count("\n") == 1
    assert "file=a%2Cb%3Ac%25%0A%3A%3Ax.yaml," in command
    assert command.endswith("::50%25%0D%0A::set-output name=x::y\n")


def test_github_gets_no_columns_for_several_lines() -> None:
    found = Problem("rule", FILE, Span(1, 4, 3, 2), "this is wrong")
    assert "col=" not in as_github([found])


def test_json_holds_every_field() -> None:
    report = json.loads(as_json([problem(3, 5, 9, hint="mend it", replacement="é")]))
    assert report == {
        "problems": [
            {
                "rule": "rule",
                "file": FILE,
                "line": 3,
                "column": 5,
                "end_line": 3,
                "end_column": 9,
                "message": 'this is wrong; did you mean "é"?',
                "hint": "mend it",
                "replacement": "é",
            }
        ],
        "summary": "1 problem in 1 file",
    }


def test_sarif_has_rules_with_help_places_and_fixes() -> None:
    found = [problem(3, 5, 9, "b-rule", replacement="live"), problem(rule="c-rule")]
    report = json.loads(
        as_sarif(found, {"a-rule": "About a.", "b-rule": "About b."}, "1.2", {"b-rule": "So:"})
    )
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("keepwarm", "1.2")
    assert [rule["id"] for rule in driver["rules"]] == ["a-rule", "b-rule", "c-rule"]
    assert driver["rules"][1]["shortDescription"] == {"text": "About b."}
    assert driver["rules"][1]["help"] == {
        "text": "About b.",
        "markdown": "So:",
    }
    assert driver["rules"][0]["help"]["markdown"] == "About a."
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    region = {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    result = next(result for result in run["results"] if result["ruleId"] == "b-rule")
    assert result["locations"][0]["physicalLocation"]["region"] == region
    replacements = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacements == [{"deletedRegion": region, "insertedContent": {"text": "live"}}]


def test_sarif_has_all_that_code_scanning_asks_for() -> None:
    found = [
        problem(3, 5, 9, "b-rule"),
        problem(7, rule="b-rule"),
        problem(9, rule="b-rule"),
        problem(rule="c-rule", file="other.yaml"),
    ]
    (run,) = json.loads(as_sarif(found, {"b-rule": "About b."}, "1.2"))["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule["id"])
        for key in ("shortDescription", "fullDescription", "help"):
            assert 0 < len(rule[key]["text"]) <= 1024
        assert rule["help"]["markdown"]
        assert rule["defaultConfiguration"] == {"level": "error"}
    prints = [result["partialFingerprints"]["keepwarmProblem/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints) == 4
    for result in run["results"]:
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert (region["endLine"], region["endColumn"]) > (
            region["startLine"],
            region["startColumn"],
        )
        assert not location["physicalLocation"]["artifactLocation"]["uri"].startswith(("/", "."))
        assert result["message"]["text"]
    # Lines that come above it leave a problem the one that it was.
    moved = [problem(each.span.line + 4, 5, 9, each.rule, each.file) for each in found]
    (later,) = json.loads(as_sarif(moved, {}))["runs"]
    assert [r["partialFingerprints"] for r in later["results"]] == [
        r["partialFingerprints"] for r in run["results"]
    ]


def test_sarif_names_files_as_addresses() -> None:
    report = json.loads(as_sarif([problem(file="play books\\ü.yaml")], {}))
    location = report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "play%20books/%C3%BC.yaml"}


# ── Typesetting ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("寿司", 4),
        ("e\u0301", 1),
        ("🎉", 2),
        ("👩‍👩‍👧", 2),
        ("❤️", 2),
        ("\uff46", 2),
    ],
)
def test_the_width_of_a_text(text: str, columns: int) -> None:
    assert display_width(text) == columns


@given(st.text(), st.integers(0, 300), st.integers(0, 300))
def test_every_excerpt_fits_and_its_carets_stand_below_it(line: str, start: int, end: int) -> None:
    shown = excerpt(line, start, end)
    assert shown.width >= 1
    assert shown.before >= 0
    assert display_width(shown.text) <= 100
    assert printable(shown.text) == shown.text
