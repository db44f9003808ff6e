"""What sources call the events and attributes of a catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from keepwarm.schema.catalog import Attribute
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.faults import Faults
from keepwarm.schema.mapping_reading import Fields, read_entries
from keepwarm.schema.nodes import Entry
from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.sources import COHORTS, SOURCES, Told, read_event_told, read_fact_told
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import items, phrase_of, text_of
from keepwarm.schema.written_form import FORMS


def read_from(fields: Fields, faults: Faults, *, is_event: bool) -> tuple[Told, ...]:
    """Give what sources call a thing: one word or a list of them."""
    read: Callable[[str], Read[Told] | Refusal] = read_event_told if is_event else read_fact_told
    if "from" not in fields.values:
        return ()
    key = fields.key("from")
    found = [phrase_of(node, key, read, faults) for node in items(fields, "from", faults, one=True)]
    return tuple(each for each in found if each is not None)


def refuse_untagged(fields: Fields, told: tuple[Told, ...], kind: FactKind, faults: Faults) -> None:
    """Refuse cohorts that are no tags: a customer may be in several of them."""
    if kind is not FactKind.TAGS and any(each.word == COHORTS for each in told):
        faults.add(
            "wrong-type",
            fields.values["is"],
            "the cohorts of a source are tags, of which a customer has several",
            replacement=str(FactKind.TAGS),
        )


def read_called(
    fields: Fields, told: tuple[Told, ...], properties: Mapping[str, Attribute], faults: Faults
) -> tuple[tuple[str, str], ...]:
    """Give what sources call properties: (property, the source's name or path)."""
    if "called" not in fields.values or not _stands_beside_from("called", fields, faults):
        return ()
    called = []
    for entry in read_entries(fields.values["called"], FORMS["called"], faults):
        name = entry.key.text
        if name not in properties:
            near = closest(name, properties)
            faults.add(
                "unknown-property",
                entry.key,
                f"the event has no property {quoted(name)}",
                hint=None if near else 'declare it under "with"',
                replacement=near,
            )
            continue
        said = text_of(entry.value, name, faults)
        if said and _is_told(entry, said, told, faults):
            called.append((name, said))
    return tuple(called)


def read_read_as(
    fields: Fields, kind: FactKind, choices: Iterable[str], faults: Faults
) -> tuple[tuple[str, str], ...]:
    """Give what words of a source mean here: (the source's word, ours)."""
    if "read_as" not in fields.values or not _stands_beside_from("read_as", fields, faults):
        return ()
    meant = []
    for entry in read_entries(fields.values["read_as"], FORMS["read as"], faults):
        said = text_of(entry.value, entry.key.text, faults)
        if said is None:
            continue
        if kind is FactKind.CHOICE and said not in choices:
            faults.add(
                "not-a-choice",
                entry.value,
                f"{quoted(said)} is not one of the choices",
                hint=f"one of: {', '.join(choices)}",
                replacement=closest(said, tuple(choices)),
            )
            continue
        meant.append((entry.key.text, said))
    return tuple(meant)


def _stands_beside_from(name: str, fields: Fields, faults: Faults) -> bool:
    if "from" in fields.values:
        return True
    entry = fields.node.entry(name)
    if entry is not None:
        faults.add(
            "missing",
            entry.key,
            f'"{name}" says nothing without "from"',
            hint="say which source tells it; for example:  from: stripe invoice.payment_failed",
        )
    return False


def _is_told(entry: Entry, said: str, told: tuple[Told, ...], faults: Faults) -> bool:
    """Tell whether some source has it: by a name of its own, or as a path into what it posts."""
    if "." in said or any(SOURCES[each.source].is_open for each in told) or not told:
        return True
    offered = [name for each in told for name in SOURCES[each.source].comes_with(each.word) or ()]
    if said in offered:
        return True
    near = closest(said, offered)
    with_it = ", ".join(dict.fromkeys(offered)) or "nothing"
    faults.add(
        "unknown-property",
        entry.value,
        f"{quoted(said)} does not come with {told[0]}",
        hint=None if near else f"with it come: {with_it}; or write a path, as data.object.id",
        replacement=near,
    )
    return False
