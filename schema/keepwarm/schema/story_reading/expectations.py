"""What should come of a story."""

from __future__ import annotations

from dataclasses import dataclass

from keepwarm.schema.mapping_reading import Fields, read_entries, read_mapping
from keepwarm.schema.nodes import Node, Scalar
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.playbook_reading.references import team_or_person
from keepwarm.schema.reading import Refusal, tidied
from keepwarm.schema.stories import Expectation
from keepwarm.schema.story_reading.customers import read_values
from keepwarm.schema.story_reading.deeds import Deeds
from keepwarm.schema.story_reading.times import read_story_time
from keepwarm.schema.suggestions import closest
from keepwarm.schema.values import chosen, items, phrase, text, truth
from keepwarm.schema.waits import read_wait
from keepwarm.schema.written_form import FORMS

NOTHING_ELSE = "nothing else"


@dataclass(frozen=True, slots=True)
class Expected:
    """All that a story expects."""

    expectations: tuple[Expectation, ...] = ()
    nothing_else: bool = False


def read_expectations(fields: Fields, deeds: Deeds | None, reading: Reading) -> Expected:
    """Read what should come of it; `deeds` is None where the playbook itself is at fault."""
    nodes = items(fields, "expect", reading.faults)
    if "expect" in fields.values and not nodes:
        reading.faults.add(
            "empty",
            fields.values["expect"],
            "nothing is expected of this story",
            hint='write what should happen, or "nothing else"',
        )
    found: list[Expectation] = []
    nothing_else = False
    for number, node in enumerate(nodes, start=1):
        if isinstance(node, Scalar):
            nothing_else |= _read_nothing_else(node, reading, is_last=number == len(nodes))
            continue
        expectation = _read_expectation(node, deeds, reading)
        found.extend([expectation] if expectation else [])
    return Expected(tuple(found), nothing_else)


def _read_nothing_else(node: Scalar, reading: Reading, *, is_last: bool) -> bool:
    said = tidied(node.text).lower()
    if said != NOTHING_ELSE:
        near = closest(said, [NOTHING_ELSE, "nothing"])
        reading.faults.add(
            "cannot-read",
            node,
            "this is no expectation",
            hint='for example "{at: day 0 10:00, email: billing/card-declined}" or '
            f'"{NOTHING_ELSE}"',
            replacement=NOTHING_ELSE if near else None,
        )
        return False
    if not is_last:
        reading.faults.add(
            "story-order",
            node,
            f'"{NOTHING_ELSE}" stands last',
            hint="it speaks of all that is expected",
        )
    if node.text != NOTHING_ELSE:
        reading.faults.respell(node.span, NOTHING_ELSE)
    return True


def _read_expectation(node: Node, deeds: Deeds | None, reading: Reading) -> Expectation | None:
    fields = read_mapping(node, FORMS["expectation"], reading.faults)
    if fields is None or fields.leading is None:
        return None
    what = fields.leading
    at = phrase(fields, "at", read_story_time, reading.faults)
    never = truth(fields, "never", reading.faults, default=False)
    if never and at is not None:
        reading.faults.add(
            "misplaced-key",
            fields.values["at"],
            '"never" is at no time at all',
            hint='leave out "at"',
        )
    thing, values = _thing(fields, what, deeds, reading)
    assignee = team_or_person(fields.values.get("for"), "for", reading)
    because = text(fields, "because", reading.faults)
    if thing is None:
        return None
    place = reading.faults.place(node)
    return Expectation(what, thing, place, at, assignee, values, because, never=never)


def _thing(
    fields: Fields, what: str, deeds: Deeds | None, reading: Reading
) -> tuple[str | None, dict[str, str]]:
    """Give what stands behind the leading key, and for `update` the values."""
    node = fields.values.get(what)
    if node is None:
        return None, {}
    if what == "update":
        _refuse_never_written(node, deeds, reading)
        return "", read_values(node, reading, days=False)
    if fields.key(what).choices:
        return chosen(fields, what, reading.faults), {}
    said = text(fields, what, reading.faults)
    if said is None:
        return None, {}
    thing = _canonical(what, said)
    if deeds is not None and thing not in deeds.of(what):
        deeds.refuse(what, said, node, reading.faults)
        return None, {}
    return thing, {}


def _canonical(what: str, said: str) -> str:
    """Give a wait in its one spelling, and every other thing as it is."""
    found = read_wait(said) if what == "wait" else None
    return said if found is None or isinstance(found, Refusal) else found.canonical


def _refuse_never_written(node: Node, deeds: Deeds | None, reading: Reading) -> None:
    if deeds is None:
        return
    for entry in read_entries(node, FORMS["story customer"], reading.faults):
        name = entry.key.text
        if name in reading.catalog.attributes and name not in deeds.of("update"):
            deeds.refuse("update", name, entry.key, reading.faults)
