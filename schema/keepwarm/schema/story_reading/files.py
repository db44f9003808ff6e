"""A whole file of tests: the playbook it is for, its customers, its stories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.faults import Faults
from keepwarm.schema.hours import Weekday
from keepwarm.schema.mapping_reading import Fields, read_entries, read_mapping
from keepwarm.schema.nodes import Node
from keepwarm.schema.playbook import Playbook
from keepwarm.schema.playbook_reading import Known
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.stories import Stories, Story, StoryCustomer
from keepwarm.schema.story_reading.customers import read_values
from keepwarm.schema.story_reading.deeds import Deeds, deeds_of
from keepwarm.schema.story_reading.drawn import read_drawn
from keepwarm.schema.story_reading.expectations import read_expectations
from keepwarm.schema.story_reading.lines import read_story
from keepwarm.schema.story_reading.times import read_starts_on
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import items, name_of_a_thing, phrase, refuse_unknown, text
from keepwarm.schema.written_form import FORMS

_Customers = Mapping[str, StoryCustomer]


def read_stories(
    node: Node,
    catalog: Catalog,
    known: Known,
    playbook: Playbook | None,
    faults: Faults,
    *,
    name: str,
) -> Stories | None:
    """Read one file of tests; `name` is that of its file, without `.test.yaml`.

    `playbook` is the one of that name; None where there is none, or where it has faults of its own:
    then what it may do is not known, and nothing is said about it. Every fault is noted in
    `faults`, and what could be read is given even so.
    """
    fields = read_mapping(node, FORMS["stories"], faults)
    if fields is None:
        return None
    reading = Reading(catalog, known, faults, name)
    _check_name(fields, reading)
    customers = _read_customers(fields.values.get("customers"), reading)
    deeds = None if playbook is None else deeds_of(playbook)
    tests = _read_tests(fields, customers, deeds, reading)
    return Stories(name, faults.file, tests, customers)


def _check_name(fields: Fields, reading: Reading) -> None:
    said = text(fields, "tests_for", reading.faults)
    if said is None:
        return
    node = fields.values["tests_for"]
    if said != reading.name:
        reading.faults.add(
            "file-name",
            node,
            f'the file is called "{reading.name}.test.yaml", and it tests {quoted(said)}',
            hint="tests have the name of their playbook",
            replacement=reading.name,
        )
    elif said not in reading.known.playbooks:
        refuse_unknown(
            node,
            "playbook",
            said,
            reading.known.playbooks,
            reading.faults,
            rule="no-playbook",
            hint=f"expected {said}.yaml",
        )


def _read_customers(node: Node | None, reading: Reading) -> dict[str, StoryCustomer]:
    customers: dict[str, StoryCustomer] = {}
    if node is None:
        return customers
    for entry in read_entries(node, FORMS["story customers"], reading.faults):
        name = name_of_a_thing(entry.key, "customers", reading.faults)
        values = read_values(entry.value, reading)
        if name is not None:
            place = reading.faults.place(entry.key)
            customers[name] = StoryCustomer(name, values, place)
    return customers


def _read_tests(
    fields: Fields, customers: _Customers, deeds: Deeds | None, reading: Reading
) -> tuple[Story, ...]:
    tests: list[Story] = []
    nodes = items(fields, "tests", reading.faults)
    if "tests" in fields.values and not nodes:
        reading.faults.add(
            "empty",
            fields.values["tests"],
            "there is no test in this list",
            hint="for example:  - name: Pays and hears nothing more",
        )
    for node in nodes:
        story = _read_test(node, customers, deeds, reading)
        if story is None:
            continue
        first = next((other for other in tests if other.name == story.name), None)
        if first is not None:
            reading.faults.add(
                "test-name",
                story.place.span,
                f"two tests are called {quoted(story.name)}; the first one is on "
                f"line {first.place.span.line}",
                hint="a report could not tell them apart; rename one",
            )
        tests.append(story)
    return tuple(tests)


def _read_test(
    node: Node, customers: _Customers, deeds: Deeds | None, reading: Reading
) -> Story | None:
    fields = read_mapping(node, FORMS["story"], reading.faults)
    if fields is None:
        return None
    customer = _customer(fields, customers, reading)
    different = fields.values.get("with")
    values = dict(customers[customer].values) if customer else {}
    values |= read_values(different, reading) if different else {}
    happens = read_story(fields, deeds, reading)
    expected = read_expectations(fields, deeds, reading)
    name = text(fields, "name", reading.faults)
    return Story(
        name=name or "",
        place=reading.faults.place(fields.values.get("name", node)),
        story=happens,
        expect=expected.expectations,
        nothing_else=expected.nothing_else,
        values=values,
        customer=customer,
        starts_on=_starts_on(fields, reading),
        drawn=read_drawn(fields.values.get("drawn"), deeds, reading),
    )


def _starts_on(fields: Fields, reading: Reading) -> Weekday | date | None:
    return phrase(fields, "starts_on", read_starts_on, reading.faults)


def _customer(fields: Fields, customers: _Customers, reading: Reading) -> str | None:
    said = text(fields, "customer", reading.faults)
    if said is None or said in customers:
        return said
    node = fields.values["customer"]
    hint = (
        None
        if closest(said, customers)
        else (
            f"this file describes: {', '.join(sorted(customers))}"
            if customers
            else f"describe them above:  customers: {{{said}: {{…}}}}"
        )
    )
    refuse_unknown(
        node, "customer", said, customers, reading.faults, rule="unknown-customer", hint=hint
    )
    return None
