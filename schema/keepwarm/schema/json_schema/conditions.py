"""Lists of conditions as JSON Schema: every fact of the catalog is a property with its phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from keepwarm.schema.catalog import Attribute, Catalog, EventType, Metric, Score, Segment
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.json_schema.kinds import (
    CALLED,
    SCALAR_TYPES,
    Asked,
    asked_of,
    asked_of_a_step,
)
from keepwarm.schema.json_schema.names import Names
from keepwarm.schema.json_schema.values import Schema, or_nothing, other, typed
from keepwarm.schema.suggestions import listed

#: Where conditions stand: about a customer, inside a run (named steps too), about an event.
CUSTOMER, RUN, EVENT = "conditions", "conditions_in_a_run", "conditions_on_an_event"

_GROUPS = {
    "any": "At least one of these holds.",
    "all": "Every one of these holds.",
    "none": "Not one of these holds.",
}
_HOW = 'Write a list with "name: phrase" lines, for example "- plan: not free".'
_NOT_THERE = "Not in the catalog. Press Ctrl+Space to see what is known about a customer."
_NO_PROPERTY = "No event of the catalog has such a property."


def conditions_schemas(names: Names) -> dict[str, Schema]:
    """Give the definitions of all lists of conditions, and of the tests that stand in them."""
    facts = {fact.name: _fact(fact, names.live) for fact in _facts(names.catalog)}
    facts |= {name: {"type": list(SCALAR_TYPES)} for name in sorted(names.known.broken)}
    step = asked_of_a_step(names.outcomes())
    anything: Schema = {"type": [*SCALAR_TYPES, "null"]}
    end_of_a_step = or_nothing(typed(step.types, step.pattern, f"{_capital(step.hint)}."))
    of_a_step = anything if names.may_grow else end_of_a_step
    is_open = names.may_grow or bool(names.known.broken)
    return {
        **_tests(names.catalog),
        CUSTOMER: _list(CUSTOMER),
        "condition": _line(CUSTOMER, facts, anything if names.may_grow else other(_NOT_THERE)),
        RUN: _list(RUN),
        "condition_in_a_run": _line(RUN, facts, of_a_step),
        EVENT: _list(EVENT),
        "condition_on_an_event": _line(
            EVENT, _properties(names.catalog), anything if is_open else other(_NO_PROPERTY)
        ),
    }


def _list(name: str) -> Schema:
    line = {"$ref": f"#/definitions/{name.replace('conditions', 'condition')}"}
    return {
        "type": ["array", "object"],
        "items": line,
        "minItems": 1,
        "properties": _groups(name),
        "additionalProperties": False,
        "minProperties": 1,
        "errorMessage": _HOW,
    }


def _groups(name: str) -> Schema:
    return {
        group: {"$ref": f"#/definitions/{name}", "description": means}
        for group, means in _GROUPS.items()
    }


def _line(name: str, facts: dict[str, Schema], others: Schema) -> Schema:
    """Give the schema of one line.

    In brackets a text may go on with the line before it: `[plan: one of free, pro]`.
    """
    properties = {**facts, **_groups(name)}
    if name != EVENT:
        properties["where"] = {
            "$ref": f"#/definitions/{EVENT}",
            "description": "Only events whose own properties meet all of this count.",
        }
    return {
        "type": ["object", *SCALAR_TYPES],
        "pattern": "^[^<>=!:]+$",
        "patternErrorMessage": _HOW,
        "properties": properties,
        "additionalProperties": others,
        "minProperties": 1,
        "errorMessage": _HOW,
    }


# ── The facts ────────────────────────────────────────────────────────────────────────────────

#: What comes before how a fact stands at present.
LIVE: Final = "\n\n---\n\n"
_NOTHING_LIVE: Final[Mapping[str, str]] = MappingProxyType({})

_Fact = Attribute | EventType | Metric | Score | Segment


def _facts(catalog: Catalog) -> Iterator[_Fact]:
    yield from catalog.attributes.values()
    yield from catalog.scores.values()
    yield from catalog.metrics.values()
    yield from catalog.events.values()
    yield from catalog.segments.values()


def _fact(fact: _Fact, live: Mapping[str, str] = _NOTHING_LIVE) -> Schema:
    """Give the property of a fact: what it is, and the tests that may stand behind it."""
    match fact:
        case (
            Attribute(kind=FactKind.CHOICE, choices=choices)
            | Score(kind=FactKind.CHOICE, choices=choices)
        ):
            asked = asked_of(FactKind.CHOICE, choices)
            sentence = f'"{fact.name}" is one of: {", ".join(choices)}.'
            test = typed(asked.types, asked.pattern, sentence, asked.examples)
        case Attribute(kind=kind, unit=unit) | Score(kind=kind, unit=unit):
            test = {"$ref": f"#/definitions/{_name_of_test(kind, unit)}"}
        case Metric():
            test = {"$ref": f"#/definitions/{_name_of_test(FactKind.METRIC)}"}
        case EventType():
            test = {"$ref": f"#/definitions/{_name_of_test(FactKind.EVENT)}"}
        case Segment():
            test = {"$ref": f"#/definitions/{_name_of_test(FactKind.SEGMENT)}"}
    return {**test, **described(fact, live)}


def described(fact: _Fact, live: Mapping[str, str] = _NOTHING_LIVE) -> Schema:
    """Give what an editor shows of a fact; `live` says of some how they stand at present."""
    parts = [_what(fact)]
    if not isinstance(fact, Segment) and fact.means:
        parts.append(f"{fact.means.rstrip('.')}.")
    if isinstance(fact, Attribute):
        parts += [f"Source: {fact.source}."] if fact.source else []
        parts += ["Personal: it never leaves the database but in a message."] * fact.personal
    if isinstance(fact, EventType) and fact.properties:
        parts.append(f"With: {listed(sorted(fact.properties), 'and')}.")
    if isinstance(fact, Segment) and fact.place:
        parts.append(f"Defined in {fact.place.file}.")
    return {
        "description": " ".join(parts),
        "markdownDescription": f"**{fact.name}**: {parts[0]}"
        + "".join(f"\n\n{p}" for p in parts[1:])
        + (f"{LIVE}{live[fact.name]}" if fact.name in live else ""),
    }


def _what(fact: _Fact) -> str:
    match fact:
        case (
            Attribute(kind=kind, choices=choices, unit=unit)
            | Score(kind=kind, choices=choices, unit=unit)
        ):
            words = f": {listed(choices)}" if choices else ""
            count = f" in {unit}" if unit else ""
            return f"{CALLED[kind]}{count}{words}."
        case Metric(unit=unit):
            return f"{CALLED[FactKind.METRIC]}{f' in {unit}' if unit else ''}."
        case EventType():
            return f"{CALLED[FactKind.EVENT]}."
        case Segment():
            return f"{CALLED[FactKind.SEGMENT]}."


def _properties(catalog: Catalog) -> dict[str, Schema]:
    """Give every property that an event has; what two events type differently takes anything."""
    found: dict[str, list[Attribute]] = {}
    for event in catalog.events.values():
        for attribute in event.properties.values():
            found.setdefault(attribute.name, []).append(attribute)
    return {name: _property(attributes) for name, attributes in sorted(found.items())}


def _property(attributes: list[Attribute]) -> Schema:
    first = attributes[0]
    if any((a.kind, a.choices) != (first.kind, first.choices) for a in attributes):
        return {"type": list(SCALAR_TYPES)}
    return _fact(first)


# ── The tests ────────────────────────────────────────────────────────────────────────────────


def _tests(catalog: Catalog) -> dict[str, Schema]:
    """Give the definitions of the tests that the facts of the catalog refer to."""
    asked: dict[str, Schema] = {}
    for fact in (*_facts(catalog), *_all_properties(catalog)):
        if isinstance(fact, Attribute | Score) and fact.kind is not FactKind.CHOICE:
            name = _name_of_test(fact.kind, fact.unit)
            asked.setdefault(name, _test(CALLED[fact.kind], asked_of(fact.kind, (), fact.unit)))
    for kind in (FactKind.METRIC, FactKind.EVENT, FactKind.SEGMENT):
        asked[_name_of_test(kind)] = _test(CALLED[kind], asked_of(kind))
    return dict(sorted(asked.items()))


def _all_properties(catalog: Catalog) -> Iterator[Attribute]:
    for event in catalog.events.values():
        yield from event.properties.values()


def _name_of_test(kind: FactKind, unit: str = "") -> str:
    slug = re.sub("[^A-Za-z0-9]", lambda sign: f"_{ord(sign.group()):x}", unit)
    in_unit = f"_in_{slug}" if unit and kind is FactKind.NUMBER else ""
    return f"test_on_{kind.value.replace(' ', '_')}{in_unit}"


def _test(called: str, asked: Asked) -> Schema:
    return typed(asked.types, asked.pattern, f"This is {called}; {asked.hint}.", asked.examples)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
