"""The facts that a catalog declares: attributes, events, metrics and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from keepwarm.schema.catalog import (
    BUILT_IN_ATTRIBUTES,
    BUILT_IN_EVENTS,
    Attribute,
    EventType,
    Metric,
    Score,
)
from keepwarm.schema.catalog_reading.declared import Declared, Sections, refuse_unknown_name
from keepwarm.schema.catalog_reading.told import (
    read_called,
    read_from,
    read_read_as,
    refuse_untagged,
)
from keepwarm.schema.catalog_reading.types import TypeOfFact, read_type
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.faults import Faults
from keepwarm.schema.mapping_reading import Fields, read_entries, read_mapping
from keepwarm.schema.nodes import Entry, Node, Scalar, Sequence
from keepwarm.schema.nodes import Mapping as MappingNode
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import NAME_OF_A_FACT, phrase_of, text, truth
from keepwarm.schema.written_form import FORMS, Key

T = TypeVar("T")

#: The scores that `insight/` computes, and for a choice the words it may come to.
SCORES: Mapping[str, TypeOfFact] = {
    "lifetime_value": TypeOfFact(FactKind.NUMBER),
    "rfm_segment": TypeOfFact(
        FactKind.CHOICE,
        (
            "champions",
            "loyal",
            "potential_loyalists",
            "new_customers",
            "promising",
            "need_attention",
            "about_to_sleep",
            "at_risk",
            "cant_lose_them",
            "hibernating",
            "lost",
        ),
    ),
}
#: Names of properties that mean something else where an event's properties stand.
_RESERVED_PROPERTIES = {
    "customer": '"once: per customer" would not mean it',
    "at": "a story says with it when the event happens",
    "event": "a story says with it which event happens",
}


@dataclass(slots=True)
class Facts:
    """The facts of a catalog, with the names of those declared with a fault."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    events: dict[str, EventType] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


def read_facts(sections: Sections) -> Facts:
    """Read every fact; those that every catalog has stand first."""
    facts = Facts(dict(BUILT_IN_ATTRIBUTES), dict(BUILT_IN_EVENTS), broken=set(sections.refused))
    for declared in sections.of("attributes").values():
        _note(facts.attributes, _read_attribute(declared), declared, facts)
    for declared in sections.of("events").values():
        _note(facts.events, _read_event(declared), declared, facts)
    for declared in sections.of("metrics").values():
        _note(facts.metrics, _read_metric(declared, facts, sections), declared, facts)
    for declared in sections.of("scores").values():
        _note(facts.scores, _read_score(declared, facts, sections), declared, facts)
    return facts


def _note(known: dict[str, T], fact: T | None, declared: Declared, facts: Facts) -> None:
    if fact is None:
        facts.broken.add(declared.name)
    else:
        known[declared.name] = fact


# ── Attributes ───────────────────────────────────────────────────────────────────────────────


def _read_attribute(declared: Declared) -> Attribute | None:
    faults = declared.faults
    fields = _fields(declared, "attribute")
    if fields is None:
        return None
    built_in = BUILT_IN_ATTRIBUTES.get(declared.name)
    found = _type(fields.values.get("is"), fields.key("is"), faults)
    personal = truth(fields, "personal", faults, default=bool(built_in and built_in.personal))
    means, unit = text(fields, "means", faults), text(fields, "unit", faults)
    source = text(fields, "source", faults)
    told_by = read_from(fields, faults, is_event=False)
    if found is None:
        return None
    refuse_untagged(fields, told_by, found.kind, faults)
    attribute = Attribute(
        declared.name,
        found.kind,
        declared.place,
        means=means or (built_in.means if built_in else ""),
        choices=found.choices,
        unit=unit or "",
        source=source or "",
        personal=personal,
        told_by=told_by,
        read_as=read_read_as(fields, found.kind, found.choices, faults),
    )
    return _as_built_in(attribute, built_in, fields, faults)


def _as_built_in(
    attribute: Attribute, built_in: Attribute | None, fields: Fields, faults: Faults
) -> Attribute:
    """Give the attribute, unless it contradicts the one that every catalog has."""
    if built_in is None:
        return attribute
    if not _may_be(attribute.kind, built_in.kind):
        faults.add(
            "built-in",
            fields.values["is"],
            f'"{attribute.name}" is {_called(built_in.kind)} in every catalog, and cannot '
            f"be {_called(attribute.kind)}",
            replacement=str(built_in.kind),
        )
        return built_in
    if built_in.choices and attribute.choices != built_in.choices:
        faults.add(
            "built-in",
            fields.values["is"],
            f'"{attribute.name}" is one of {", ".join(built_in.choices)} in every catalog',
            replacement=f"one of {', '.join(built_in.choices)}",
        )
        return built_in
    if built_in.personal and not attribute.personal:
        faults.add(
            "built-in",
            fields.values["personal"],
            f'"{attribute.name}" is personal in every catalog',
            replacement="yes",
        )
        return replace(attribute, personal=True)
    return attribute


def _may_be(kind: FactKind, built_in: FactKind) -> bool:
    """Tell whether a declared kind keeps what a built-in fact promises; a choice is a text."""
    return kind is built_in or (kind is FactKind.CHOICE and built_in is FactKind.TEXT)


def _called(kind: FactKind) -> str:
    return str(kind) if kind in {FactKind.TRUTH, FactKind.TAGS} else f"a {kind}"


def _type(node: Node | None, key: Key, faults: Faults) -> TypeOfFact | None:
    if node is None:
        return None
    if isinstance(node, Sequence):
        words = [item.text for item in node.items if isinstance(item, Scalar)]
        faults.add(
            "wrong-type",
            node,
            "the choices stand in one line",
            hint=f"for example:  {key.name}: one of {', '.join(words)}",
        )
        return None
    return phrase_of(node, key, read_type, faults)


# ── Events ───────────────────────────────────────────────────────────────────────────────────


def _read_event(declared: Declared) -> EventType | None:
    fields = _fields(declared, "event")
    if fields is None:
        return None
    built_in = BUILT_IN_EVENTS.get(declared.name)
    properties = dict(built_in.properties) if built_in else {}
    good = True
    if "with" in fields.values:
        entries = read_entries(fields.values["with"], FORMS["properties"], declared.faults)
        good = isinstance(fields.values["with"], MappingNode)
        for entry in entries:
            found = _read_property(entry, built_in, declared)
            good &= found is not None
            if found is not None:
                properties[found.name] = found
    means = text(fields, "means", declared.faults) or (built_in.means if built_in else "")
    told_by = read_from(fields, declared.faults, is_event=True)
    if not good:
        return None
    called = read_called(fields, told_by, properties, declared.faults)
    return EventType(declared.name, properties, declared.place, means, told_by, called)


def _read_property(
    entry: Entry, built_in: EventType | None, declared: Declared
) -> Attribute | None:
    name, faults = entry.key.text, declared.faults
    found = _type_of_property(entry, faults)
    if found is None:
        return None
    promised = built_in.properties.get(name) if built_in else None
    if promised is not None and not _may_be(found.kind, promised.kind):
        faults.add(
            "built-in",
            entry.value,
            f'"{name}" of {declared.name} is {_called(promised.kind)} in every catalog',
            replacement=str(promised.kind),
        )
        return None
    return Attribute(
        name,
        found.kind,
        faults.place(entry.key),
        choices=found.choices,
        means=promised.means if promised else "",
        personal=bool(promised and promised.personal),
    )


def _type_of_property(entry: Entry, faults: Faults) -> TypeOfFact | None:
    """Give the type of a property, if it may be called so."""
    name, key = entry.key.text, FORMS["properties"].entries
    if not NAME_OF_A_FACT.fullmatch(name):
        message = f"{quoted(name)} cannot be a name"
        hint = "a property has letters, digits and underscores"
        faults.add("name", entry.key, message, hint=hint)
    elif why := _RESERVED_PROPERTIES.get(name):
        message = f'a property cannot be called "{name}": {why}'
        faults.add("name", entry.key, message, hint="give it a longer name")
    elif isinstance(entry.value, Scalar) and not entry.value.text:
        hint = 'for example "text" or "number"'
        faults.add("empty", entry.key, f'"{name}" needs a type', hint=hint)
    elif key is not None:
        return _type(entry.value, replace(key, name=name), faults)
    return None


# ── Metrics and scores ───────────────────────────────────────────────────────────────────────


def _read_metric(declared: Declared, facts: Facts, sections: Sections) -> Metric | None:
    faults = declared.faults
    fields = _fields(declared, "metric")
    if fields is None or fields.leading is None:
        return None
    means, unit = text(fields, "means", faults) or "", text(fields, "unit", faults) or ""
    said = text(fields, fields.leading, faults)
    if said is None:
        return None
    node = fields.values[fields.leading]
    name, dot, of = said.partition(".")
    if fields.leading == "sum" and not dot:
        faults.add(
            "cannot-read",
            node,
            "a sum needs an event and its property",
            hint='for example "session_ended.minutes"; to count events, write "count"',
        )
        return None
    if fields.leading == "count" and dot:
        faults.add(
            "cannot-read",
            node,
            f"{quoted(said)} is a property, and events are counted",
            replacement=name,
        )
        return None
    event = _event(node, name, facts, sections, faults)
    if event is None:
        return None
    if fields.leading == "count":
        return Metric(declared.name, event.name, None, declared.place, means, unit)
    if not _is_number(node, of, event, faults, written=f"{name}."):
        return None
    return Metric(declared.name, event.name, of, declared.place, means, unit)


def _read_score(declared: Declared, facts: Facts, sections: Sections) -> Score | None:
    faults = declared.faults
    fields = _fields(declared, "score")
    if declared.name not in SCORES:
        faults.add(
            "unknown-name",
            declared.entry.key,
            f'Keepwarm computes no score "{declared.name}"',
            hint=f"it computes: {', '.join(SCORES)}",
            replacement=closest(declared.name, SCORES),
        )
        return None
    if fields is None:
        return None
    node = fields.values.get("from")
    said, means = text(fields, "from", faults), text(fields, "means", faults) or ""
    unit = text(fields, "unit", faults) or ""
    event = _event(node, said, facts, sections, faults) if node and said else None
    if event is None:
        return None
    amount = _amount(event, fields, declared)
    if amount is None:
        return None
    found = SCORES[declared.name]
    return Score(
        declared.name, found.kind, event.name, declared.place, means, found.choices, unit, amount
    )


def _amount(event: EventType, fields: Fields, declared: Declared) -> str | None:
    """Give the property that holds the money: the one that is named, or the only number."""
    faults = declared.faults
    numbers = [p.name for p in event.properties.values() if p.kind is FactKind.NUMBER]
    if "amount" in fields.values:
        said = text(fields, "amount", faults)
        node = fields.values["amount"]
        return said if said and _is_number(node, said, event, faults) else None
    if len(numbers) == 1:
        return numbers[0]
    message = (
        f"which of them is the money: {', '.join(numbers)}?"
        if numbers
        else f'the event "{event.name}" has no number to add up'
    )
    hint = (
        f"name it:  amount: {numbers[0]}"
        if numbers
        else (f"declare one:  {event.name}: {{with: {{amount: number}}}}")
    )
    faults.add("missing", fields.values["from"], message, hint=hint)
    return None


def _event(
    node: Node, name: str, facts: Facts, sections: Sections, faults: Faults
) -> EventType | None:
    if name in facts.events:
        return facts.events[name]
    if name not in facts.broken and sections.is_whole:
        refuse_unknown_name(node, "event", name, sorted(facts.events), faults)
    return None


def _is_number(
    node: Node, name: str, event: EventType, faults: Faults, *, written: str = ""
) -> bool:
    """Tell whether a property is a number; `written` stands before it in the same text."""
    found = event.properties.get(name)
    if found is not None and found.kind is FactKind.NUMBER:
        return True
    numbers = [p.name for p in event.properties.values() if p.kind is FactKind.NUMBER]
    near = closest(name, numbers)
    what = "is no number" if found else "is not one of its properties"
    faults.add(
        "unknown-property",
        node,
        f'"{name}" of {event.name} {what}',
        hint=None if near or not numbers else f"numbers: {', '.join(numbers)}",
        replacement=f"{written}{near}" if near else None,
    )
    return False


def _fields(declared: Declared, form: str) -> Fields | None:
    node = declared.entry.value
    if isinstance(node, Scalar) and not node.text:
        required = FORMS[form].required()
        if not required and not FORMS[form].leading():
            # `logged_in:` alone declares it just as `logged_in: {}` does.
            node = MappingNode((), node.span)
    return read_mapping(node, FORMS[form], declared.faults)
