"""Who gets in and when, and what success is: `start` and `goal`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import time

from keepwarm.schema.condition_reading import read_conditions
from keepwarm.schema.conditions import ALWAYS, Condition, FactKind
from keepwarm.schema.lengths import Length, read_length
from keepwarm.schema.mapping_reading import Fields, read_mapping, start_of
from keepwarm.schema.nodes import Node, Scalar
from keepwarm.schema.phrases import read_clock_time, read_schedule
from keepwarm.schema.playbook import (
    EveryTime,
    Goal,
    OncePerCustomer,
    OncePerProperty,
    OnDate,
    OnSchedule,
    Start,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.playbook_reading.references import date_name, event_name, property_name
from keepwarm.schema.reading import COUNT, Read, Refusal, counted, tidied
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import chosen, phrase, text, truth
from keepwarm.schema.written_form import FORMS

_NINE = time(9)


def read_start(node: Node, reading: Reading) -> Start | None:
    """Read a start; None where it cannot be told what it is."""
    fields = read_mapping(node, FORMS["start"], reading.faults)
    if fields is None or fields.leading is None:
        return None
    return _STARTS[fields.leading](fields, reading)


def read_goal(node: Node, start: Start | None, reading: Reading) -> Goal | None:
    """Read a goal; `start` is needed for what must be the same as in its event."""
    fields = read_mapping(node, FORMS["goal"], reading.faults)
    if fields is None:
        return None
    event = event_name(fields.values.get("event"), "event", reading)
    times = phrase(fields, "times", _read_times, reading.faults)
    within = calendar_length(fields, "within", reading)
    same = _the_same(fields, event, start, reading)
    where = reading.where(fields.values.get("where"), event)
    return None if event is None else Goal(event, times or 1, within, same, where)


def calendar_length(fields: Fields, name: str, reading: Reading) -> Length | None:
    """Give a length that needs no team's calendar."""
    length = phrase(fields, name, read_length, reading.faults)
    if length is not None and length.unit.is_working:
        reading.faults.add(
            "cannot-read",
            fields.values[name],
            f'"{length}" belong to a team\'s calendar, and "{name}" has no team',
            hint="count in hours, days or weeks",
        )
        return None
    return length


# ── The ways in ──────────────────────────────────────────────────────────────────────────────


def _when_event(fields: Fields, reading: Reading) -> WhenEvent | None:
    event = event_name(fields.values.get("event"), "event", reading)
    where = reading.where(fields.values.get("where"), event)
    and_then_no = event_name(fields.values.get("and_then_no"), "and_then_no", reading)
    quiet_for = calendar_length(fields, "for", reading)
    _needs_both(fields, "and_then_no", "for", reading)
    once = _once(fields, event, reading)
    if event is None:
        return None
    same = once.property if isinstance(once, OncePerProperty) else None
    if same and not _is_one_property(same, event, and_then_no, reading):
        same = None
    return WhenEvent(event, once, where, and_then_no, quiet_for, same)


def _is_one_property(name: str, first: str, second: str | None, reading: Reading) -> bool:
    """Tell whether two events both have a property of this name, with values to compare."""
    kinds = _kinds_of(name, (first, second), reading)
    return len(kinds) == len((first, second)) and _are_alike(*kinds)


def _kinds_of(name: str, events: Iterable[str | None], reading: Reading) -> list[FactKind]:
    """Give of what kind a property of this name is in each of the events that have one."""
    found = [known for event in events if (known := reading.event(event)) is not None]
    return [event.properties[name].kind for event in found if name in event.properties]


def _are_alike(*kinds: FactKind) -> bool:
    """Tell whether values of these kinds can be equal: a choice is a text."""
    return len({FactKind.TEXT if kind is FactKind.CHOICE else kind for kind in kinds}) <= 1


def _on_schedule(fields: Fields, reading: Reading) -> OnSchedule | None:
    schedule = phrase(fields, "every", read_schedule, reading.faults)
    if fields.node.entry("for_customers") is None and reading.faults.is_whole:
        reading.faults.add(
            "missing",
            start_of(fields.node),
            'a start with "every" needs "for_customers"',
            hint="which customers are looked for? for example:  "
            "for_customers: [logged_in: never in the last 30 days]",
        )
    who = _who(fields, "for_customers", reading)
    again_after = calendar_length(fields, "again_after", reading)
    return None if schedule is None else OnSchedule(schedule, who, OncePerCustomer(again_after))


def _on_date(fields: Fields, reading: Reading) -> OnDate | None:
    attribute = date_name(fields.values.get("date"), "date", reading)
    before, after = _days(fields, "before", reading), _days(fields, "after", reading)
    if "before" in fields.values and "after" in fields.values:
        reading.faults.add(
            "two-things",
            fields.values["after"],
            'a start cannot lie both "before" and "after" its date',
            hint="keep one of them",
        )
    at = phrase(fields, "at", read_clock_time, reading.faults) or _NINE
    yearly = truth(fields, "yearly", reading.faults, default=False)
    who = _who(fields, "for_customers", reading)
    if attribute is None:
        return None
    return OnDate(attribute, at, before or after, after is None, yearly, who)


def _when_becomes(fields: Fields, reading: Reading) -> WhenBecomes:
    again_after = calendar_length(fields, "again_after", reading)
    return WhenBecomes(_who(fields, "becomes", reading), OncePerCustomer(again_after))


def _when_called(fields: Fields, reading: Reading) -> WhenCalled:
    chosen(fields, "called", reading.faults)
    once = _once(fields, None, reading)
    if isinstance(once, OncePerProperty):
        reading.faults.add(
            "cannot-read",
            fields.values["once"],
            f'"per {once.property}" needs an event that has it',
            hint='write "per customer" or "every time"',
        )
        once = OncePerCustomer()
    return WhenCalled(once)


_STARTS: dict[str, Callable[[Fields, Reading], Start | None]] = {
    "event": _when_event,
    "every": _on_schedule,
    "date": _on_date,
    "becomes": _when_becomes,
    "called": _when_called,
}


# ── Their parts ──────────────────────────────────────────────────────────────────────────────


def _who(fields: Fields, name: str, reading: Reading) -> Condition:
    node = fields.values.get(name)
    return ALWAYS if node is None else read_conditions(node, reading.scope(), reading.faults)


def _once(
    fields: Fields, event: str | None, reading: Reading
) -> OncePerCustomer | OncePerProperty | EveryTime:
    """Give how often a customer may enter; `event` has the property that `per` names."""
    again_after = calendar_length(fields, "again_after", reading)
    said = text(fields, "once", reading.faults)
    once: OncePerCustomer | OncePerProperty | EveryTime = OncePerCustomer(again_after)
    if said is None:
        return once
    once = _read_once(fields.values["once"], said, event, reading) or once
    if again_after is not None and not isinstance(once, OncePerCustomer):
        reading.faults.add(
            "misplaced-key",
            fields.values["again_after"],
            f'"again_after" stands beside "once: per customer", not "once: {said}"',
        )
    return OncePerCustomer(again_after) if isinstance(once, OncePerCustomer) else once


def _read_once(
    node: Node, said: str, event: str | None, reading: Reading
) -> OncePerCustomer | OncePerProperty | EveryTime | None:
    match = re.fullmatch(r"(?:once )?per (?P<what>[A-Za-z_][A-Za-z0-9_]*)", tidied(said))
    canonical = tidied(said).removeprefix("once ")
    if canonical != said:
        reading.faults.respell(node.span, canonical)
    if match and match["what"] == "customer":
        return OncePerCustomer()
    if match:
        span = node.span
        shown = Scalar(match["what"], quoted=False, span=span)
        found = _property_of(shown, event, reading)
        return OncePerProperty(found) if found else None
    if canonical == "every time":
        return EveryTime()
    reading.faults.add(
        "cannot-read",
        node,
        f"cannot read {quoted(said)} as how often to enter",
        hint='"per customer", "every time", or "per" and a property of the event, '
        'for example "per invoice"',
        replacement=closest(said, ("per customer", "every time")),
    )
    return None


def _property_of(node: Scalar, event: str | None, reading: Reading) -> str | None:
    found = reading.event(event)
    if found is None or node.text in found.properties:
        return node.text
    names = sorted(found.properties)
    is_customer = node.text.lower() in _CUSTOMERS
    near = "customer" if is_customer else closest(node.text, [*names, "customer"])
    has = f"it has: {', '.join(names)}" if names else "the catalog gives it none"
    reading.faults.add(
        "unknown-property",
        node,
        f'the event "{event}" has no property {quoted(node.text)}',
        hint=has,
        replacement=f"per {near}" if near else None,
    )
    return None


def _days(fields: Fields, name: str, reading: Reading) -> Length | None:
    length = calendar_length(fields, name, reading)
    if length is not None and length.unit.is_elapsed:
        reading.faults.add(
            "cannot-read",
            fields.values[name],
            f'"{name}" counts days, and "{length}" is shorter than one',
            hint='count in days, and give the time of day with "at"',
        )
        return None
    return length


def _needs_both(fields: Fields, first: str, second: str, reading: Reading) -> None:
    for here, missing in ((first, second), (second, first)):
        entry = fields.node.entry(here)
        if entry and fields.node.entry(missing) is None and reading.faults.is_whole:
            example = next(iter(fields.key(missing).examples))
            reading.faults.add(
                "missing",
                entry.key,
                f'"{here}" needs "{missing}"',
                hint=f"for example:  {missing}: {example}",
            )


def _the_same(
    fields: Fields, event: str | None, start: Start | None, reading: Reading
) -> str | None:
    node = fields.values.get("for_the_same")
    same = property_name(node, "for_the_same", event, reading)
    if same is None or node is None or start is None:
        return same
    if not isinstance(start, WhenEvent):
        reading.faults.add(
            "misplaced-key", node, '"for_the_same" needs a start with an event to be the same as'
        )
        return None
    if property_name(node, "for_the_same", start.event, reading) is None:
        return None
    kinds = _kinds_of(same, (start.event, event), reading)
    if not _are_alike(*kinds):
        reading.faults.add(
            "never-the-same",
            node,
            f'{quoted(same)} is a {kinds[0]} in "{start.event}" and a {kinds[1]} in "{event}",'
            " so they are never the same",
            hint="declare both alike in the catalog",
        )
        return None
    return same


def _read_times(said: str) -> Read[int] | Refusal:
    match = _TIMES.fullmatch(tidied(said))
    count = counted(match["count"]) if match and match["count"] else 1
    if match is None or count < 1:
        return Refusal(
            f"cannot read {quoted(said)} as a number of times", 'for example "at least 3"'
        )
    return Read(count, f"at least {count}")


#: What other tools call a customer.
_CUSTOMERS = frozenset({"user", "person", "people", "contact", "client", "profile", "subscriber"})
_TIMES = re.compile(rf"(?:at least |>= ?)?(?:once|(?P<count>{COUNT}))(?: times?)?", re.IGNORECASE)
