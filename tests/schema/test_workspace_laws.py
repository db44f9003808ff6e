"""What holds of any folder at all: reading it never fails, and each fault has its place."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwarm.schema.workspace import Workspace, read_workspace
from keepwarm.schema.written_form import FORMS, OTHER_WORDS, Form, Key, Many, Takes
from tests.schema.condition_words import CLOSE, REFUSED
from tests.schema.workspaces import HERE, folder

SHOP = folder("shop")
#: Everything that any key of the language may take, right or wrong for the key at hand.
TEXTS = sorted(
    {example for form in FORMS.values() for key in form.keys for example in key.examples}
    | {choice for form in FORMS.values() for key in form.keys for choice in key.choices}
    | {said for _, said, _ in CLOSE}
    | {said for _, said, _, _ in REFUSED}
    | {"", "plan", "payment_failed", "invoice", "onboarding/welcome", "case", "tags", "{{ x }}"}
)
NAMES = sorted(
    {key.name for form in FORMS.values() for key in form.keys}
    | {word for words in OTHER_WORDS.values() for word in words}
    | {"plan", "logged_in", "big-accounts", "any", "none", "all", "first", "", "x y"}
)
texts = st.sampled_from(TEXTS) | st.text(max_size=8)
names = st.sampled_from(NAMES)
anything: st.SearchStrategy[Any] = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)


def _mapping(form: Form, depth: int) -> st.SearchStrategy[Any]:
    keys = {key.name: _value(key, depth) for key in form.keys}
    if form.entries is not None:
        own = st.dictionaries(names | texts, _value(form.entries, depth), max_size=3)
        return own if not keys else st.fixed_dictionaries({}, optional=keys) | own
    required = {key.name: keys.pop(key.name) for key in form.required()}
    # A few keys at a time, since a mapping that holds everything is refused for that alone.
    few = st.lists(st.sampled_from(sorted(keys) or [""]), max_size=3, unique=True).flatmap(
        lambda some: st.fixed_dictionaries({**required, **{k: keys[k] for k in some if k in keys}})
    )
    return few | st.tuples(few, st.dictionaries(names, texts, max_size=1)).map(
        lambda both: {**both[0], **both[1]}
    )


def _value(key: Key, depth: int) -> st.SearchStrategy[Any]:
    match key.takes:
        case Takes.MAPPING if depth > 0 and key.shape:
            one = st.deferred(lambda: _mapping(FORMS[key.shape or ""], depth - 1))
        case Takes.CONDITIONS | Takes.GUARDRAILS:
            line = st.dictionaries(names, texts, min_size=1, max_size=2)
            one = st.lists(line, max_size=3)
        case Takes.CHOICE:
            one = st.sampled_from(key.choices) | texts
        case _:
            one = st.sampled_from(key.examples) if key.examples else texts
    wrong = st.just(None).flatmap(lambda _: anything)
    if key.many is not Many.ONE:
        one = st.lists(one, max_size=3)
    return st.one_of(one, one, one, wrong)


def _held(workspace: Workspace) -> None:
    """Hold what every workspace promises."""
    assert list(workspace.problems) == sorted(workspace.problems, key=lambda p: (p.file, p.span))
    for problem in workspace.problems:
        lines = workspace.sources[problem.file].count("\n") + 1
        assert 1 <= problem.span.line <= problem.span.end_line <= lines + 1
        assert problem.message
        assert problem.message[0] != " "
    at_fault = {problem.file for problem in workspace.problems}
    assert not at_fault & {playbook.place.file for playbook in workspace.playbooks.values()}


slow = settings(suppress_health_check=list(HealthCheck))


@slow
@given(_mapping(FORMS["playbook"], 4))
def test_any_playbook_is_read_and_each_fault_has_its_place(playbook: object) -> None:
    _held(read_workspace({**SHOP, "case.yaml": json.dumps(playbook, indent=1).encode()}))


@slow
@given(_mapping(FORMS["catalog"], 4))
def test_any_catalog_is_read_and_each_fault_has_its_place(catalog: object) -> None:
    playbook = (HERE / "accepted" / "every-condition.yaml").read_bytes()
    files = {**SHOP, "catalog/case.yaml": json.dumps(catalog, indent=1).encode()}
    _held(read_workspace({**files, "every-condition.yaml": playbook}))


@slow
@given(st.binary(max_size=200), st.text(max_size=200))
def test_any_bytes_are_read_and_refused_with_sentences(raw: bytes, text: str) -> None:
    files = {"a.yaml": raw, "b.yaml": text.encode(), "catalog/c.yaml": raw, "policies.yaml": raw}
    _held(read_workspace({**files, "a.test.yaml": text.encode(), "templates/t.txt": raw}))


@slow
@given(st.data())
def test_a_playbook_with_a_few_letters_changed_is_still_read(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted((HERE / "accepted").glob("*.yaml"))))
    text = path.read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(" \n:-#[]{},'\"x0%")) + text[at + 1 :]
    _held(read_workspace({**SHOP, path.name: text.encode()}))
