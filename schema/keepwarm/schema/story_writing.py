"""Writing a story: the YAML of one test, as it stands in the list of a test file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from keepwarm.schema.quoting import in_double_quotes, is_plain
from keepwarm.schema.stories import (
    CustomerChanges,
    EventHappens,
    Expectation,
    MessageAnswered,
    Story,
    StoryLine,
    TaskEnds,
)
from keepwarm.schema.story_reading.customers import UNKNOWN
from keepwarm.schema.story_reading.expectations import NOTHING_ELSE

#: Numbers and days stand without quotes, as everybody writes them.
_BARE: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEAD: Final = """\
# yaml-language-server: $schema=../schema/playbook-test.schema.json
tests_for: {playbook}
tests:
"""


def new_file(playbook: str) -> str:
    """Give the beginning of a file of tests."""
    return _HEAD.format(playbook=playbook)


def written_story(story: Story) -> str:
    """Give a story as it stands in a file; the values of its customer stand behind `with`."""
    return "".join(f"{line}\n" for line in _lines(story))


def _lines(story: Story) -> Iterator[str]:
    yield f"  - name: {_scalar(story.name, in_flow=False)}"
    if story.values:
        yield f"    with: {_mapping(_known(story.values))}"
    if story.starts_on is not None:
        yield f"    starts_on: {story.starts_on}"
    if story.drawn:
        yield f"    drawn: {_mapping(story.drawn)}"
    if story.story:
        yield "    story:"
        yield from (f"      - {_line(line)}" for line in story.story)
    else:
        yield "    story: []"
    yield "    expect:"
    yield from (f"      - {_expectation(each)}" for each in story.expect)
    if story.nothing_else:
        yield f"      - {NOTHING_ELSE}"


def _line(line: StoryLine) -> str:
    at = {"at": str(line.at)}
    match line:
        case EventHappens(event=event, properties=properties):
            return _mapping({**at, "event": event, **properties})
        case CustomerChanges(values=values):
            return _mapping({**at, "update": _known(values)})
        case TaskEnds(task=task, outcome=outcome):
            return _mapping({**at, "task": task, "outcome": outcome})
        case MessageAnswered(answer=answer, message=message):
            return _mapping({**at, answer.value: message})
        case _:
            assert_never(line)


def _expectation(expected: Expectation) -> str:
    told: dict[str, str | Mapping[str, str]] = {}
    if expected.at is not None:
        told["at"] = str(expected.at)
    told[expected.what] = expected.values or expected.thing
    if expected.assignee is not None:
        told["for"] = expected.assignee
    if expected.never:
        told["never"] = "yes"
    if expected.because is not None:
        told["because"] = expected.because
    return _mapping(told)


def _known(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text or UNKNOWN for name, text in values.items()}


def _mapping(entries: Mapping[str, str | Mapping[str, str]]) -> str:
    told = (
        f"{name}: {_scalar(value, in_flow=True) if isinstance(value, str) else _mapping(value)}"
        for name, value in entries.items()
    )
    return f"{{{', '.join(told)}}}"


def _scalar(text: str, *, in_flow: bool) -> str:
    if _BARE.fullmatch(text) or is_plain(text, in_flow=in_flow):
        return text
    return in_double_quotes(text)
