"""The schemas that editors read: fresh, flat, and as wide as our own readers.

    python -m tests.schema.test_json_schema

publishes the schemas of the shipped playbooks anew (`keepwarm schema` does the same).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.condition_reading import Scope, read_phrase
from keepwarm.schema.json_schema import DOCUMENTS, document, patterns, publish
from keepwarm.schema.json_schema.instances import plain_value
from keepwarm.schema.json_schema.kinds import asked_of, asked_of_a_step
from keepwarm.schema.json_schema.names import Names
from keepwarm.schema.json_schema.values import scalar
from keepwarm.schema.lengths import UNIT_WORDS
from keepwarm.schema.phrases import (
    read_at_most,
    read_budget,
    read_clock_time,
    read_expects,
    read_in,
    read_length,
    read_schedule,
    read_share,
    read_stage,
    read_wait,
    read_window,
    read_works,
)
from keepwarm.schema.playbook_reading import Known
from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.story_reading import read_starts_on, read_story_time
from keepwarm.schema.workspace import Workspace, read_workspace
from keepwarm.schema.written_form import FORMS, Takes
from tests.schema import condition_words, test_phrases
from tests.schema.test_condition_grammar import SUBJECTS
from tests.schema.workspaces import folder

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "schema"

Reader = Callable[[str], Read[Any] | Refusal]


def shipped() -> Workspace:
    playbooks = ROOT / "playbooks"
    return read_workspace(
        {
            path.relative_to(playbooks).as_posix(): path.read_bytes()
            for path in sorted(playbooks.rglob("*"))
            if path.is_file()
        },
    )


def language() -> Workspace:
    return read_workspace(folder("language"))


@pytest.mark.parametrize("file", DOCUMENTS)
def test_the_published_schema_is_fresh(file: str) -> None:
    workspace = shipped()
    text = publish(workspace.catalog, workspace.known)[file]
    written = PUBLISHED / file
    assert written.is_file(), "run: python -m tests.schema.test_json_schema"
    assert written.read_bytes() == text.encode(), "run: python -m tests.schema.test_json_schema"


def test_the_same_workspace_gives_the_same_bytes() -> None:
    files = folder("language")
    first, second = (
        read_workspace(dict(each)) for each in (files.items(), reversed(files.items()))
    )
    assert publish(first.catalog, first.known) == publish(second.catalog, second.known)


@pytest.mark.parametrize("file", DOCUMENTS)
def test_a_schema_is_one_of_draft_7_and_flat(file: str) -> None:
    workspace = language()
    schema = document(file, workspace.catalog, workspace.known)
    Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    for word in ("oneOf", "anyOf", "allOf", "not", "$defs", "unevaluatedProperties"):
        assert f'"{word}": ' not in text.replace('"not": {"$ref"', "")


@pytest.mark.parametrize("file", DOCUMENTS)
def test_every_reference_in_a_schema_leads_somewhere(file: str) -> None:
    workspace = language()
    schema = document(file, workspace.catalog, workspace.known)
    referred = {part["$ref"] for part in parts(schema) if "$ref" in part}
    assert referred == {f"#/definitions/{name}" for name in schema["definitions"]}


@pytest.mark.parametrize("file", DOCUMENTS)
def test_every_pattern_is_one_that_javascript_reads_too(file: str) -> None:
    workspace = language()
    schema = document(file, workspace.catalog, workspace.known)
    found = {part["pattern"] for part in parts(schema) if isinstance(part.get("pattern"), str)}
    for pattern in found:
        re.compile(pattern)
        # In its Unicode mode JavaScript knows no names of Python's, no flags and few escapes.
        assert not re.search(r"\(\?(?![:=!])|\\[AZbBdDwWGNU]|\\[ '\",#&~@%_-]", pattern), pattern


def test_every_pattern_says_what_to_write() -> None:
    workspace = language()
    for file in DOCUMENTS:
        for part in parts(document(file, workspace.catalog, workspace.known)):
            if isinstance(part.get("pattern"), str):
                assert part["patternErrorMessage"].endswith(".")


def test_every_key_is_explained() -> None:
    schema = document("playbook.schema.json", *known_to(language()))
    for form in ("step", "start", "goal", "respect"):
        for name, key in schema["definitions"][form]["properties"].items():
            assert key["description"], name
            assert key["markdownDescription"], name


def test_a_fact_is_explained_with_its_kind_meaning_unit_and_source() -> None:
    schema = document("playbook.schema.json", *known_to(language()))
    facts = schema["definitions"]["condition"]["properties"]
    assert facts["plan"]["markdownDescription"] == (
        "**plan**: a choice: free, pro, team or enterprise.\n\nWhat they pay for."
    )
    assert facts["monthly_revenue"]["description"] == "a number in EUR."
    assert facts["employees"]["description"] == "a number. Source: crm."
    assert facts["payment_failed"]["description"] == (
        "an event. A charge was refused. With: amount and invoice."
    )


def known_to(workspace: Workspace) -> tuple[Catalog, Known]:
    return workspace.catalog, workspace.known


def parts(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for part in schema.values():
            yield from parts(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from parts(part)


# ── As wide as the readers ───────────────────────────────────────────────────────────────────

#: The pattern of every phrase that has a reader of its own.
PATTERNS: list[tuple[Reader, str]] = [
    (read_length, patterns.LENGTH_OF_TIME),
    (read_in, patterns.DUE),
    (read_clock_time, patterns.CLOCK_TIME),
    (read_window, patterns.WINDOW),
    (read_works, patterns.WORKING_HOURS),
    (read_wait, patterns.WAIT),
    (read_schedule, patterns.SCHEDULE),
    (read_at_most, patterns.LIMIT_ON_MESSAGES),
    (read_share, patterns.SHARE),
    (read_stage, patterns.STAGE),
    (read_expects, patterns.EXPECTS),
    (read_budget, patterns.BUDGET),
    (read_story_time, patterns.STORY_TIME),
    (read_starts_on, patterns.STARTS_ON),
]
READ = [
    (read, said)
    for read, said, _ in (*test_phrases.CANONICAL, *test_phrases.CLOSE)
    if read in dict(PATTERNS)
]
MISSPELT = [(read, said) for read, said, _ in test_phrases.MISSPELT if read in dict(PATTERNS)]


def pattern_of(read: Reader) -> str:
    return next(pattern for reader, pattern in PATTERNS if reader is read)


@pytest.mark.parametrize(("read", "said"), READ, ids=[f"{r.__name__}-{s}" for r, s in READ])
def test_an_editor_lets_pass_what_a_reader_takes(read: Reader, said: str) -> None:
    assert re.search(pattern_of(read), said)


def test_an_editor_marks_most_of_what_is_misspelt() -> None:
    missed = [said for read, said in MISSPELT if re.search(pattern_of(read), said)]
    # Only the reader knows that there is no 24:00, that 2000 is more than 900, what a team has.
    assert sorted(missed) == [
        "09:00 to 24:00",
        "2 working days",
        "3 mesages per week",
        "900 to 200 customers per day",
        "day at 24:00",
        "until Monday",
        "until midnight",
        "weekdasy 09:00 to 17:00",
    ]


def test_every_phrase_is_marked_somewhere_in_what_is_published() -> None:
    published = "".join(path.read_text("utf-8") for path in PUBLISHED.glob("*.schema.json"))
    patterns_used = [json.dumps(pattern, ensure_ascii=False) for _, pattern in PATTERNS]
    assert [each for each in patterns_used if each not in published] == []


def test_an_editor_knows_every_unit() -> None:
    assert all(re.search(patterns.LENGTH_OF_TIME, f"2 {word}") for word in UNIT_WORDS)


@given(st.sampled_from(READ), st.data())
def test_an_editor_lets_pass_whatever_a_reader_takes(
    case: tuple[Reader, str], data: st.DataObject
) -> None:
    read, said = case
    spoilt = data.draw(respelt(said, [other for reader, other in READ if reader is read]))
    if isinstance(read(spoilt), Read):
        assert re.search(pattern_of(read), spoilt), spoilt


@st.composite
def respelt(draw: st.DrawFn, said: str, others: list[str]) -> str:
    """Give a phrase with its words in another case, or from another phrase, or left out."""
    words = said.split(" ")
    pool = [word for other in others for word in other.split(" ")]
    found = []
    for word in words:
        change = draw(st.sampled_from(["keep", "keep", "upper", "title", "other", "leave", "add"]))
        found += {
            "keep": [word],
            "upper": [word.upper()],
            "title": [word.title()],
            "other": [draw(st.sampled_from(pool))],
            "leave": [],
            "add": [word, draw(st.sampled_from(pool))],
        }[change]
    return draw(st.sampled_from([" ", "  "])).join(found)


CONDITIONS = list(
    dict.fromkeys(
        (name, said)
        for name, *both, _ in ((*c, None) for c in condition_words.CLOSE)
        for said in both
    ),
)


def lets_pass(name: str, said: str) -> bool:
    """Tell whether the schema of a fact lets a phrase pass, as an editor reads it."""
    subject = SUBJECTS[name]
    asked = asked_of(subject.kind, subject.choices, subject.unit)
    if subject.step is not None:
        asked = asked_of_a_step(subject.step.results)
    value = plain_value(said)
    if isinstance(value, str):
        return asked.pattern is None or re.search(asked.pattern, value) is not None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return ("boolean" if isinstance(value, bool) else "number") in asked.types or (
        is_number and "integer" in asked.types
    )


@pytest.mark.parametrize(("name", "said"), CONDITIONS, ids=[": ".join(c) for c in CONDITIONS])
def test_an_editor_lets_pass_what_a_condition_may_say(name: str, said: str) -> None:
    assert lets_pass(name, said)


@given(st.sampled_from(CONDITIONS), st.data())
def test_an_editor_lets_pass_whatever_a_condition_may_say(
    case: tuple[str, str], data: st.DataObject
) -> None:
    name, said = case
    subject = SUBJECTS[name]
    spoilt = data.draw(respelt(said, [other for _, other in CONDITIONS]))
    scope = Scope(Catalog(), has_run=True)
    if isinstance(read_phrase(spoilt, subject, scope), Read):
        assert lets_pass(name, spoilt), spoilt


def test_an_editor_marks_most_conditions_that_are_refused() -> None:
    refused = [(name, said) for name, said, *_ in condition_words.REFUSED if name in SUBJECTS]
    marked = [case for case in refused if not lets_pass(*case)]
    assert len(marked) > 0.6 * len(refused)


# ── Every key of the written form ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_example_of_a_key_passes_its_own_schema(form: Any) -> None:
    names = Names(may_grow=True)
    keys = (*form.keys, *((form.entries,) if form.entries else ()))
    for key in keys:
        if key.takes in {Takes.MAPPING, Takes.CONDITIONS, Takes.GUARDRAILS}:
            continue
        schema = scalar(key, names)
        for example in (*key.examples, *key.choices):
            is_quoted = example.startswith('"')
            value = example.strip('"') if is_quoted else plain_value(example)
            assert list(Draft7Validator(schema).iter_errors(value)) == []


if __name__ == "__main__":
    found = shipped()
    for name, text in publish(found.catalog, found.known).items():
        (PUBLISHED / name).write_text(text, encoding="utf-8")
