"""What happens in a story, line by line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from keepwarm.schema.catalog import Place
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.nodes import Entry, Mapping, Node
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.playbook_reading.references import event_name
from keepwarm.schema.stories import (
    Answer,
    CustomerChanges,
    EventHappens,
    MessageAnswered,
    StoryLine,
    StoryTime,
    TaskEnds,
)
from keepwarm.schema.story_reading.customers import read_value_of, read_values
from keepwarm.schema.story_reading.deeds import Deeds
from keepwarm.schema.story_reading.times import read_story_time
from keepwarm.schema.suggestions import closest, listed, quoted
from keepwarm.schema.values import items, phrase, text
from keepwarm.schema.written_form import FORMS

#: Keys that a line about an event keeps for itself; all others are properties.
_OWN_KEYS = frozenset({"at", "event"})


@dataclass(frozen=True, slots=True)
class _Line:
    """A line while it is read: its legal keys, and the properties of its event."""

    fields: Fields
    properties: tuple[Entry, ...]
    place: Place
    at: StoryTime


def read_story(fields: Fields, deeds: Deeds | None, reading: Reading) -> tuple[StoryLine, ...]:
    """Read what happens, in order; `deeds` is None where the playbook itself is at fault."""
    lines: list[StoryLine] = []
    for node in items(fields, "story", reading.faults):
        line = _read_line(node, deeds, reading)
        if line is None:
            continue
        if lines and line.at < lines[-1].at:
            reading.faults.add(
                "story-order",
                node,
                f'"{line.at}" comes before the line above it ("{lines[-1].at}")',
                hint="tell the story in the order in which it happens",
            )
        lines.append(line)
    return tuple(lines)


def _read_line(node: Node, deeds: Deeds | None, reading: Reading) -> StoryLine | None:
    own, properties = _parted(node)
    fields = read_mapping(own, FORMS["story line"], reading.faults)
    if fields is None:
        return None
    at = phrase(fields, "at", read_story_time, reading.faults)
    line = _Line(fields, properties, reading.faults.place(node), at or StoryTime.start())
    told = _told(line, deeds, reading)
    return None if at is None else told


def _told(line: _Line, deeds: Deeds | None, reading: Reading) -> StoryLine | None:
    match line.fields.leading:
        case "event":
            return _event(line, reading)
        case "update":
            values = read_values(line.fields.values["update"], reading)
            return CustomerChanges(line.at, values, line.place)
        case "task":
            return _task(line, deeds, reading)
        case "delivered" | "failed" | "opened" | "clicked" as answer:
            return _answer(line, Answer(answer), deeds, reading)
        case _:
            return None


def _parted(node: Node) -> tuple[Node, tuple[Entry, ...]]:
    """Part a line about an event into its own keys and the event's properties."""
    if not isinstance(node, Mapping) or node.entry("event") is None:
        return node, ()
    own = tuple(entry for entry in node.entries if entry.key.text in _OWN_KEYS)
    properties = tuple(entry for entry in node.entries if entry.key.text not in _OWN_KEYS)
    return replace(node, entries=own), properties


def _event(line: _Line, reading: Reading) -> EventHappens | None:
    name = event_name(line.fields.values.get("event"), "event", reading)
    found = reading.event(name)
    if name is None or found is None:
        return None
    values: dict[str, str] = {}
    for entry in line.properties:
        attribute = found.properties.get(entry.key.text)
        if attribute is None:
            _refuse_property(entry, name, tuple(found.properties), reading)
            continue
        value = read_value_of(entry, attribute, reading)
        if value is not None:
            values[entry.key.text] = value
    return EventHappens(line.at, name, line.place, values)


def _refuse_property(entry: Entry, event: str, names: tuple[str, ...], reading: Reading) -> None:
    name = entry.key.text
    near = closest(name, [*names, *_OWN_KEYS])
    has = f"it has: {', '.join(sorted(names))}" if names else "the catalog gives it none"
    reading.faults.add(
        "unknown-property",
        entry.key,
        f'the event "{event}" has no property "{name}"',
        hint=None if near else has,
        replacement=near,
    )


def _task(line: _Line, deeds: Deeds | None, reading: Reading) -> TaskEnds | None:
    task = text(line.fields, "task", reading.faults)
    outcome = text(line.fields, "outcome", reading.faults)
    if task is None:
        return None
    if deeds is not None and task not in deeds.of("task"):
        deeds.refuse("task", task, line.fields.values["task"], reading.faults)
        return None
    can_be = ("done", *reading.catalog.outcomes.get(task, ()))
    if outcome is None and line.fields.node.entry("outcome") is None:
        reading.faults.add(
            "missing",
            line.place.span,
            "how did the task end?",
            hint=f"write outcome: {listed(can_be)}",
        )
    elif outcome is not None and outcome not in can_be:
        reading.faults.add(
            "not-a-choice",
            line.fields.values["outcome"],
            f'the task "{task}" never ends as {quoted(outcome)}',
            hint=f"it may end as: {', '.join(can_be)}",
            replacement=closest(outcome, can_be),
        )
        return None
    return None if outcome is None else TaskEnds(line.at, task, outcome, line.place)


def _answer(
    line: _Line, answer: Answer, deeds: Deeds | None, reading: Reading
) -> MessageAnswered | None:
    message = text(line.fields, answer, reading.faults)
    if message is None:
        return None
    if deeds is not None and message not in deeds.messages:
        node = line.fields.values[answer]
        reading.faults.add(
            "never-happens",
            node,
            f"the playbook sends no message {quoted(message)}",
            hint=deeds.hint(deeds.messages),
            replacement=closest(message, deeds.messages),
        )
        return None
    return MessageAnswered(line.at, answer, message, line.place)
