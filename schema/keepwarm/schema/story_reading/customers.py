"""What is known about the customers of a story: facts of the catalog with a value each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from functools import partial

from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.condition_reading import spelt
from keepwarm.schema.condition_reading.number_phrases import parse_number_test
from keepwarm.schema.conditions import FactKind, InShare
from keepwarm.schema.mapping_reading import read_entries
from keepwarm.schema.nodes import Entry, Node, Scalar, Sequence
from keepwarm.schema.playbook_reading.attribute_values import read_value
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.reading import Read, Refusal, tidied
from keepwarm.schema.story_reading.times import parse_story_day, story_day_text
from keepwarm.schema.suggestions import closest
from keepwarm.schema.values import kind_of, refuse, text_of
from keepwarm.schema.written_form import FORMS

#: How a story says that nothing is known, also of what it need not say.
UNKNOWN = "unknown"
_OF_THE_CALENDAR = frozenset({FactKind.DATE, FactKind.MOMENT})


def read_values(node: Node, reading: Reading, *, days: bool = True) -> dict[str, str]:
    """Read `{plan: pro, lifetime_value: in the top 10%}`: attributes and scores.

    `days` are whether a date may be told as a day of the story.
    """
    entries = read_entries(node, FORMS["story customer"], reading.faults)
    return {
        entry.key.text: value
        for entry in entries
        if (value := _read_fact(entry, reading, days=days)) is not None
    }


def read_value_of(entry: Entry, attribute: Attribute, reading: Reading) -> str | None:
    """Read the value of an attribute, or of a property of an event, that is not ranked."""
    return _read_as(entry, attribute, reading, ranks=False, days=True)


def _read_fact(entry: Entry, reading: Reading, *, days: bool) -> str | None:
    name = entry.key.text
    if name in reading.known.broken:
        return None
    fact = told_facts(reading.catalog).get(name)
    if fact is None:
        _refuse_fact(entry, reading)
        return None
    return _read_as(entry, fact, reading, ranks=True, days=days)


def told_facts(catalog: Catalog) -> Mapping[str, Attribute]:
    """Give the facts whose value a story may tell, each as an attribute."""
    scores = {
        score.name: Attribute(score.name, score.kind, score.place, choices=score.choices)
        for score in catalog.scores.values()
    }
    return {**scores, **catalog.attributes}


def _read_as(
    entry: Entry, fact: Attribute, reading: Reading, *, ranks: bool, days: bool
) -> str | None:
    node = entry.value
    if fact.kind is FactKind.TAGS and isinstance(node, Sequence):
        tags = [text_of(item, fact.name, reading.faults) for item in node.items]
        return ", ".join(tag for tag in tags if tag)
    if not isinstance(node, Scalar):
        reading.faults.add(
            "wrong-type", node, f'"{fact.name}" has one value, but this is {kind_of(node)}'
        )
        return None
    read = partial(_read_text, fact=fact, ranks=ranks)
    if days and fact.kind in _OF_THE_CALENDAR:
        read = partial(_read_day, fact=fact, ranks=ranks)
    found = read(node.text)
    if isinstance(found, Refusal):
        refuse(node if node.text else entry.key, found, reading.faults)
        return None
    if found.canonical != node.text:
        reading.faults.respell(node.span, found.canonical)
    return found.value


def _read_day(said: str, *, fact: Attribute, ranks: bool) -> Read[str] | Refusal:
    """Read a day of the story, or else a date."""
    at = parse_story_day(said)
    if at is None:
        found = _read_text(said, fact=fact, ranks=ranks)
        if isinstance(found, Refusal) and found.hint:
            return replace(found, hint=f'{found.hint}, or "day 10" of the story')
        return found
    if isinstance(at, Refusal):
        return at
    if fact.kind is FactKind.DATE and at.at != time(0):
        return Refusal(f'"{fact.name}" is a date, and has no time of day', None, f"day {at.day}")
    text = story_day_text(at)
    return Read(text, text)


def _read_text(said: str, *, fact: Attribute, ranks: bool) -> Read[str] | Refusal:
    if ranks and said == UNKNOWN and UNKNOWN not in fact.choices:
        return Read("", UNKNOWN)
    if ranks and fact.kind is FactKind.NUMBER:
        rank = parse_number_test(tidied(said))
        if isinstance(rank, InShare):
            return Read(spelt(rank), spelt(rank))
    return read_value(said, fact)


def _refuse_fact(entry: Entry, reading: Reading) -> None:
    name, catalog = entry.key.text, reading.catalog
    kind = catalog.kind_of(name)
    if kind is not None:
        reading.faults.add(
            "cannot-write",
            entry.key,
            f'"{name}" has no value of its own ({kind})',
            hint="let the story's events bring it about",
        )
    elif reading.known.catalog_is_whole:
        near = closest(name, told_facts(catalog))
        hint = f"the catalog declares it like this:  attributes: {{{name}: {{is: text}}}}"
        reading.faults.add(
            "unknown-name",
            entry.key,
            f'no attribute is called "{name}"',
            hint=None if near else hint,
            replacement=near,
        )
