"""For whom messages are shown: made-up customers at the edges of what may come, and real ones.

Made up are one like many, one for each language that somebody translated into, one of whom nothing
is known, and one of whom everything is long. They hold nothing personal of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, assert_never

from keepwarm.app.previewing.shape import UNKNOWN, Shape, untranslated
from keepwarm.engine.expanding import tests_in
from keepwarm.engine.facts import Value
from keepwarm.engine.plan import Plan
from keepwarm.engine.rules.knowing import known_where
from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.playbook import (
    OncePerProperty,
    OnDate,
    OnSchedule,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer
from keepwarm.store.explaining import latest_trigger

TYPICAL: Final = "typical"
EMPTY: Final = "empty"
LONGEST: Final = "longest"

_TYPICAL: Final[Mapping[str, Value]] = {
    "first_name": "Anna",
    "last_name": "Jansen",
    "email": "anna.jansen@example.com",
    "phone": "+12025550123",
}
_LONGEST: Final[Mapping[str, Value]] = {
    "first_name": "Wilhelmina-Alexandrina",
    "last_name": "van Wolfeschlegelsteinhausenbergerdorff",
    "email": "wilhelmina-alexandrina.van.wolfeschlegelsteinhausen@customers.example.com",
    "phone": "+442079460123",
}
_A_CURRENCY: Final = "EUR"
#: How many languages that nobody translated into are shown.
_MOST_UNTRANSLATED: Final = 3
_LONG_TEXT: Final = "Donaudampfschifffahrtsgesellschaft, third floor, ring twice"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody for whom messages are shown."""

    #: What it is chosen by: `empty`, `nl`, or the identifier of a real customer.
    key: str
    #: What people call it.
    name: str
    #: The customer's identifier, as templates may say it.
    customer: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    #: The properties of the event that started the run.
    trigger: Mapping[str, Value] = field(default_factory=dict)
    is_real: bool = False
    #: What somebody made up has once they come to where it is known of everybody.
    becomes_known: Mapping[str, Value] = field(default_factory=dict)

    def knowing(self, names: Collection[str]) -> Receiver:
        """Give the same receiver where these attributes are known."""
        more = {name: value for name, value in self.becomes_known.items() if name in names}
        return replace(self, attributes={**more, **self.attributes}) if more else self


def made_up(
    plan: Plan,
    catalog: Catalog,
    languages: Iterable[str],
    today: date,
    shape: Shape = UNKNOWN,
) -> tuple[Receiver, ...]:
    """Make up the customers that stand for all, in the shape of those there are."""

    def typical(declared: Attribute) -> Value:
        return _typical(declared, today)

    def longest(declared: Attribute) -> Value:
        return _as_long(_longest(declared, today), shape.longest.get(declared.name, 0))

    original = catalog.language
    known = _everything(catalog, typical)
    event = _event(plan, catalog, typical)
    one = Receiver(TYPICAL, f"Typical ({original})", "00001", known | {"language": original}, event)
    translated = sorted({language for language in languages if language != original})
    others = [
        Receiver(language, f"Typical ({language})", "00002", known | {"language": language}, event)
        for language in translated
    ]
    others += [
        Receiver(
            language,
            f"Typical ({language}, which nobody translated into)",
            "00002",
            known | {"language": language},
            event,
        )
        for language in untranslated(shape, original, translated)[:_MOST_UNTRANSLATED]
    ]
    let_in = {name: known[name] for name in sorted(_needed_to_enter(plan, catalog) & known.keys())}
    nothing = "Nothing known but what leads to each message"
    empty = Receiver(
        EMPTY, nothing, "00003", let_in, _only_needed(plan, event), becomes_known=known
    )
    long_event = _event(plan, catalog, longest)
    long = Receiver(
        LONGEST,
        "Everything long",
        "00004",
        _everything(catalog, longest),
        long_event,
    )
    return (one, *others, empty, long)


def real(cx: Connection, plan: Plan, catalog: Catalog, customer: Customer, today: date) -> Receiver:
    """Show messages for a real customer, with the event of their latest run if there is one."""
    trigger = latest_trigger(cx, plan.playbook, customer.id)
    if not trigger:
        trigger = _event(plan, catalog, lambda declared: _typical(declared, today))
    return Receiver(
        customer.customer,
        f"Customer {customer.customer}",
        customer.customer,
        customer.attributes,
        trigger,
        is_real=True,
    )


def _everything(catalog: Catalog, value: Callable[[Attribute], Value]) -> dict[str, Value]:
    # Without a zone, so that times are told by the project's.
    return {
        name: value(declared)
        for name, declared in catalog.attributes.items()
        if name not in ("timezone", "language")
    }


def _event(plan: Plan, catalog: Catalog, value: Callable[[Attribute], Value]) -> dict[str, Value]:
    if not isinstance(plan.start, WhenEvent):
        return {}
    declared = catalog.events[plan.start.event].properties
    return {name: value(each) for name, each in declared.items()}


def _needed_to_enter(plan: Plan, catalog: Catalog) -> frozenset[str]:
    """Name the attributes without which nobody enters: they are known of everybody inside."""
    known = known_where(plan.only_if, catalog)
    match plan.start:
        case OnDate(attribute=attribute, for_customers=condition):
            return known | known_where(condition, catalog) | {attribute}
        case OnSchedule(for_customers=condition) | WhenBecomes(condition=condition):
            return known | known_where(condition, catalog)
        case WhenEvent() | WhenCalled():
            return known
        case _:
            assert_never(plan.start)


def _only_needed(plan: Plan, event: Mapping[str, Value]) -> dict[str, Value]:
    """Give of an event what the playbook itself asks for: without it nobody would have entered."""
    start = plan.start
    if not isinstance(start, WhenEvent):
        return {}
    asked = {test.fact for test in tests_in(start.where)}
    if isinstance(start.once, OncePerProperty):
        asked.add(start.once.property)
    return {name: value for name, value in event.items() if name in asked}


def _as_long(value: Value, length: int) -> Value:
    """Give a text at least as long as the longest that there is; any other value as it is."""
    if not isinstance(value, str) or length <= len(value) or "@" in value or value[0] == "+":
        return value
    return (f"{value} " * (length // len(value) + 1))[:length].rstrip()


def _typical(declared: Attribute, today: date) -> Value:
    known = _TYPICAL.get(declared.name)
    if known is not None:
        return known
    match declared.kind:
        case FactKind.NUMBER:
            return 42
        case FactKind.TRUTH:
            return True
        case FactKind.DATE:
            return (today + timedelta(days=30)).isoformat()
        case FactKind.MOMENT:
            return f"{today + timedelta(days=30)}T08:00:00.000000Z"
        case FactKind.CHOICE:
            return declared.choices[0]
        case FactKind.TAGS:
            return ["vip"]
        case _:
            return _A_CURRENCY if _is_currency(declared) else f"{declared.name[:3].upper()}-1001"


def _longest(declared: Attribute, today: date) -> Value:
    known = _LONGEST.get(declared.name)
    if known is not None:
        return known
    match declared.kind:
        case FactKind.NUMBER:
            return 1234567.89
        case FactKind.TRUTH:
            return True
        case FactKind.DATE:
            return f"{today.year + 1}-09-30"
        case FactKind.MOMENT:
            return f"{today.year + 1}-09-30T22:22:22.000000Z"
        case FactKind.CHOICE:
            return max(declared.choices, key=len)
        case FactKind.TAGS:
            return ["a-rather-long-label", "another-rather-long-label", "vip"]
        case _:
            return _A_CURRENCY if _is_currency(declared) else _LONG_TEXT


def _is_currency(declared: Attribute) -> bool:
    """Tell whether money is written by it: no other text will do."""
    return declared.name.endswith("currency")
