"""Values that a playbook writes into an attribute, typed by the catalog."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, assert_never

from keepwarm.schema.catalog import BUILT_IN_ATTRIBUTES, Attribute
from keepwarm.schema.condition_reading import decimal_text
from keepwarm.schema.condition_reading.date_phrases import parse_day
from keepwarm.schema.condition_reading.number_phrases import parse_comparison
from keepwarm.schema.conditions import Comparison, FactKind
from keepwarm.schema.locales import read_language, read_zone
from keepwarm.schema.nodes import Entry, Scalar
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.reading import TRUTHS, Read, Refusal
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import refuse
from keepwarm.schema.words import Frequency

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def attribute_value(entry: Entry, reading: Reading) -> str | None:
    """Give the value of one line of an update; None where it cannot be written."""
    attribute = _attribute(entry, reading)
    if attribute is None:
        return None
    if not isinstance(entry.value, Scalar):
        reading.faults.add("wrong-type", entry.value, f'"{attribute.name}" needs one value')
        return None
    found = read_value(entry.value.text, attribute)
    if isinstance(found, Refusal):
        refuse(
            entry.value if entry.value.text else entry.key,
            found,
            reading.faults,
            rule="cannot-write",
        )
        return None
    if found.canonical != entry.value.text:
        reading.faults.respell(entry.value.span, found.canonical)
    return found.value


#: Attributes of every catalog whose text has a form of its own: any other would be as good as none.
_OF_A_FORM: Final[Mapping[str, Callable[[str], Read[str] | Refusal]]] = {
    "timezone": read_zone,
    "language": read_language,
}


def read_value(said: str, attribute: Attribute) -> Read[str] | Refusal:
    """Read a value of an attribute or of a property of an event, as text in canonical spelling."""
    name = attribute.name
    if not said:
        return Refusal(f'"{name}" needs a value')
    match attribute.kind:
        case FactKind.NUMBER:
            return _number(said, name)
        case FactKind.CHOICE:
            if said in attribute.choices:
                return Read(said, said)
            return Refusal(
                f'"{name}" is never {quoted(said)}',
                f"it is one of: {', '.join(attribute.choices)}",
                closest(said, attribute.choices),
            )
        case FactKind.TRUTH:
            return _truth(said, name)
        case FactKind.DATE:
            return _day(said, name)
        case FactKind.MOMENT:
            return _moment(said, name)
        case FactKind.TEXT | FactKind.TAGS:
            read = _OF_A_FORM.get(name)
            return read(said) if read else Read(said, said)
        case FactKind.EVENT | FactKind.METRIC | FactKind.SEGMENT | FactKind.STEP:
            return Refusal(f'"{name}" holds no value of its own')
        case _:
            assert_never(attribute.kind)


def _truth(said: str, name: str) -> Read[str] | Refusal:
    found = TRUTHS.get(said.lower())
    if found is None:
        near = closest(said, ("yes", "no"))
        return Refusal(f'"{name}" is yes or no, not {quoted(said)}', None, near)
    text = "yes" if found else "no"
    return Read(text, text)


def _number(said: str, name: str) -> Read[str] | Refusal:
    compared = parse_comparison(said) if _NUMBER.fullmatch(said) else None
    if compared is None or compared.comparison is not Comparison.IS:
        return Refusal(f'"{name}" is a number, and {quoted(said)} is not one in digits alone')
    text = decimal_text(compared.value)
    return Read(text, text)


def _day(said: str, name: str) -> Read[str] | Refusal:
    day = parse_day(said)
    if isinstance(day, Refusal):
        return day
    if day is None:
        return Refusal(f'"{name}" is a date, and {quoted(said)} is none', "for example 2026-01-31")
    return Read(day.isoformat(), day.isoformat())


def _moment(said: str, name: str) -> Read[str] | Refusal:
    match = _MOMENT.fullmatch(said)
    day = parse_day(match["day"]) if match else None
    if isinstance(day, Refusal):
        return day
    if match is None:
        return Refusal(
            f'"{name}" is a moment, and {quoted(said)} is none', "for example 2026-01-31 09:00"
        )
    return Read(said, said)


def _attribute(entry: Entry, reading: Reading) -> Attribute | None:
    """Give the attribute of a line, if a playbook may write it."""
    name, catalog = entry.key.text, reading.catalog
    if name in reading.known.broken:
        return None
    attribute = catalog.attributes.get(name)
    if attribute is None and name in ("tag", "untag"):
        _refuse_tags(entry, reading)
        return None
    if attribute is None:
        _refuse_name(entry, reading)
        return None
    if attribute.kind is FactKind.TAGS:
        _refuse_tags(entry, reading)
        return None
    if name == "points":
        reading.faults.add(
            "cannot-write",
            entry.key,
            "points are added or taken, not overwritten",
            hint="for example:  - points: 100",
        )
        return None
    says = entry.value.text.lower() if isinstance(entry.value, Scalar) else ""
    if (
        name.endswith("_consent")
        and catalog.attributes[name].kind is FactKind.TRUTH
        and (says not in {"no", "false"})
    ):
        reading.faults.add(
            "cannot-write",
            entry.key,
            "only customers themselves give consent",
            hint=f"a playbook may take it away:  {name}: no",
        )
        return None
    if name.endswith("_confirmed") and name in BUILT_IN_ATTRIBUTES:
        reading.faults.add("cannot-write", entry.key, "only customers themselves confirm a consent")
        return None
    if attribute.choices == tuple(Frequency):
        reading.faults.add(
            "cannot-write",
            entry.key,
            "only customers themselves say how often they want to hear from you",
            hint='limit what you send with "respect: {at_most: …}"',
        )
        return None
    return attribute


def _refuse_tags(entry: Entry, reading: Reading) -> None:
    reading.faults.add(
        "cannot-write",
        entry.key,
        "tags are put on and taken off one by one, not overwritten",
        hint='with steps of their own, for example:  - tag: vip  (or "untag")',
    )


def _refuse_name(entry: Entry, reading: Reading) -> None:
    name, catalog = entry.key.text, reading.catalog
    kind = catalog.kind_of(name)
    if kind is not None:
        reading.faults.add(
            "cannot-write",
            entry.key,
            f'"{name}" cannot be written: it is computed ({kind})',
            hint="only attributes of the catalog can",
        )
    elif reading.known.catalog_is_whole:
        near = closest(name, catalog.attributes)
        hint = f"the catalog declares it like this:  attributes: {{{name}: {{is: text}}}}"
        reading.faults.add(
            "unknown-name",
            entry.key,
            f'no attribute is called "{name}"',
            hint=None if near else hint,
            replacement=near,
        )
