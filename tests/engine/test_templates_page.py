"""Every example of `docs/templates.md` is run, and reads as the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from keepwarm.engine.templates import Broken, Skip, compile_template
from keepwarm.schema.faults import Faults
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.templates import read_template
from keepwarm.schema.words import Channel, Kind
from tests.engine.template_samples import POLICIES, texts_of

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()

_BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n```\n(?P<whole>.*?)```"
    r"|```liquid\n(?P<words>.*?)\n```"
    r"|(?:With `(?P<given>[^`]*)` )?(?P<verdict>[^\n]*):\n\n```text\n(?P<text>.*?)\n```)",
    re.DOTALL,
)
#: Names at the top; all others are the customer's.
_TOP = ("event", "offer", "survey")


@dataclass(frozen=True)
class Example:
    """A template, what it is given, and what the page says becomes of it."""

    file: TemplateFile
    given: dict[str, Any]
    verdict: str
    text: str
    line: int


def examples() -> Iterator[Example]:
    file: TemplateFile | None = None
    for found in _BLOCK.finditer(PAGE):
        if found["whole"] is not None:
            file = read(found["file"], found["whole"])
        elif found["words"] is not None:
            file = TemplateFile("example", "txt", found["words"], 1, "templates/example.txt")
        else:
            assert file is not None
            given = yaml.load(f"{{{found['given'] or ''}}}", _AsText)
            line = PAGE.count("\n", 0, found.start()) + 1
            yield Example(file, given, found["verdict"], found["text"], line)


class _AsText(yaml.SafeLoader):
    """Reads dates as the texts that they are in the catalog."""


_AsText.yaml_implicit_resolvers = {
    sign: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: str, text: str) -> TemplateFile:
    faults = Faults(path)
    file = read_template(text, faults)
    assert file is not None
    assert faults.problems == []
    return file


EXAMPLES = list(examples())


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```text") == 15
    assert PAGE.count("```liquid") + PAGE.count("<!-- file:") == 14


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_reads_as_the_page_says(example: Example) -> None:
    customer = {name: value for name, value in example.given.items() if name not in _TOP}
    top = {name: value for name, value in example.given.items() if name in _TOP}
    variables = {
        "customer": customer,
        "unsubscribe_url": "https://acme.example/unsubscribe/x",
        **top,
    }
    if example.verdict == "It is refused":
        with pytest.raises(PlaybookRefused) as refused:
            compile_template([example.file], POLICIES)
        assert [problem.sentence for problem in refused.value.problems] == [example.text]
        return
    channel = Channel.EMAIL if example.file.form == "mjml" else Channel.SMS
    template = compile_template([example.file], POLICIES, kind=Kind.MARKETING)
    outcome = template.render(variables, channel)
    match example.verdict:
        case "it reads" | "the plain text reads":
            assert texts_of(outcome)["text"] == example.text
        case "it is not sent":
            assert outcome == Skip(example.text)
        case "it cannot be written":
            assert isinstance(outcome, Broken)
            assert outcome.reason == example.text
        case verdict:
            raise AssertionError(verdict)


@pytest.mark.parametrize(
    "found", re.findall(r"<!-- file: (\S+) -->\n```\n(.*?)```", PAGE, re.DOTALL)
)
def test_every_file_of_the_page_compiles(found: tuple[str, str]) -> None:
    compile_template([read(*found)], POLICIES)


def test_the_page_names_every_variable_that_there_is() -> None:
    from keepwarm.engine.templates import message_variables
    from keepwarm.engine.templates.variables import LINKS

    made = message_variables(
        {},
        event={},
        offer={},
        survey_link="x",
        links=dict.fromkeys(LINKS, "x"),
        playbook_title="x",
    )
    for name in (*made, "sender", "postal_address"):
        assert f"`{name}" in PAGE
