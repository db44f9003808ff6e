"""Every example of `docs/language.md` is read against the catalog that the page declares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from keepwarm.schema.workspace import Workspace, read_workspace
from keepwarm.schema.written_form import FORMS, GUARDRAIL_RATES
from tests.schema.workspaces import report

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text()


@dataclass(frozen=True)
class Example:
    kind: str
    name: str
    text: str
    line: int


def _examples() -> list[Example]:
    found = re.finditer(r"<!-- (\w+)(?:: (\S+))? -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    return [
        Example(m[1], m[2] or "example", m[3], PAGE.count("\n", 0, m.start()) + 1) for m in found
    ]


EXAMPLES = _examples()


def _as_playbook(example: Example) -> str:
    """Give an example that is part of a playbook with the rest around it."""
    head = f"playbook: {example.name}\ntitle: Example\nowner: crm@acme.example\nstatus: draft\n"
    start = "start: {event: payment_failed}\n"
    steps = "steps:\n  - email: onboarding/welcome\n"
    match example.kind:
        case "playbook":
            return example.text
        case "start":
            return head + example.text + steps
        case "settings":
            return head + start + example.text + steps
        case "conditions":
            return head + start + "stop_if_any:\n  - all:\n" + _indented(example.text, 6) + steps
        case "steps":
            return head + start + "kind: transactional\nsteps:\n" + _indented(example.text, 2)
        case _:
            raise AssertionError(example.kind)


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def _workspace(example: Example) -> Workspace:
    """Give a workspace of the page's catalog, every template it names, and the example."""
    files = {f"catalog/{n}.yaml": e.text for n, e in enumerate(EXAMPLES) if e.kind == "catalog"}
    for name in re.findall(r"(?:email|sms|push|says|template): ([\w/-]+/[\w-]+)", PAGE):
        files[f"templates/{name}.mjml"] = "---\nsubject: Hello\n---\n<mjml></mjml>\n"
        files[f"templates/{name}.txt"] = "Hello\n"
    files["templates/surveys/nps.mjml"] = files["templates/onboarding/welcome.mjml"]
    files["account-rescue.yaml"] = _as_playbook(
        Example("start", "account-rescue", "start: {called: by another playbook}\n", 0)
    )
    if example.kind == "template":
        files[f"templates/{example.name}"] = example.text
    elif example.kind == "policies":
        files["policies.yaml"] = example.text
    elif example.kind == "stories":
        tested = next(e for e in EXAMPLES if e.kind == "playbook" and e.name == example.name)
        files[f"{tested.name}.yaml"] = tested.text
        files[f"{example.name}.test.yaml"] = example.text
    elif example.kind != "catalog":
        files[f"{example.name}.yaml"] = _as_playbook(example)
    return read_workspace({path: text.encode() for path, text in files.items()})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.kind}-line-{e.line}")
def test_an_example_of_the_page_is_read_without_a_problem(example: Example) -> None:
    workspace = _workspace(example)
    assert report(workspace) == ""
    assert workspace.respellings == ()


def test_every_yaml_block_of_the_page_is_an_example() -> None:
    assert PAGE.count("```yaml") == sum(e.kind != "template" for e in EXAMPLES)


@pytest.mark.parametrize(
    "word",
    sorted({key.name for form in FORMS.values() for key in form.keys} | set(GUARDRAIL_RATES)),
)
def test_every_key_of_the_language_stands_on_the_page(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`|^[- {{]*.*\b{word}:", PAGE, re.MULTILINE)


@pytest.mark.parametrize(
    "word",
    sorted({word for form in FORMS.values() for key in form.keys for word in key.choices}),
)
def test_every_choice_of_the_language_stands_on_the_page(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`|: {word}\b", PAGE)


def test_links_within_the_page_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors
