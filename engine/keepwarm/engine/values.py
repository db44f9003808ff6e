"""What counts as a value of a fact, and how a person reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from keepwarm.engine.timing import zone_named
from keepwarm.engine.windows import SHAPES
from keepwarm.schema.conditions import FactKind

#: Sums are made of whole ten-thousandths: floats that add up exactly, whatever the order.
PARTS: Final = 10_000
#: An amount beyond this is missing: its sum would no longer be exact.
LARGEST_AMOUNT: Final = 1e11

#: True and False have a type of their own, so they are no numbers.
NUMBER_TYPES: Final = frozenset({int, float})

_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


def ten_thousandths(raw: object) -> float:
    """Give an amount in ten-thousandths, rounded half away from zero; 0 for a missing one."""
    if type(raw) not in NUMBER_TYPES:
        return 0.0
    assert isinstance(raw, int | float)  # noqa: S101 - told above, faster
    if not -LARGEST_AMOUNT <= raw <= LARGEST_AMOUNT:
        return 0.0
    parts = float(raw) * PARTS
    return float(int(parts - 0.5 if parts < 0 else parts + 0.5))


def test_of_value(kind: FactKind) -> Callable[[object], bool]:
    """Give the function that tells whether something is a value of an attribute's kind."""
    return _TESTS[kind]


def shown(raw: object, kind: FactKind, zone: str) -> str | None:
    """Give a value as a person reads it, moments on the zone's clock; None for a missing one."""
    return shown_as(kind, zone)(raw)


@lru_cache(maxsize=256)
def shown_as(kind: FactKind, zone: str) -> Callable[[object], str | None]:
    """Give what shows values of this kind as people of this zone read them."""
    if kind is FactKind.NUMBER:
        return _shown_number
    if kind is FactKind.TAGS:
        return lambda raw: ", ".join(tags_in(raw)) or None
    if kind not in _TESTS:
        return lambda _: None
    is_value, words = _TESTS[kind], _words_for(kind, zone)
    return lambda raw: words(raw) if is_value(raw) else None


def _words_for(kind: FactKind, zone: str) -> Callable[[object], str]:
    match kind:
        case FactKind.TRUTH:
            return lambda raw: "yes" if raw else "no"
        case FactKind.MOMENT:
            return lambda raw: _shown_moment(str(raw), zone)
        case _:
            return str


def _shown_number(raw: object) -> str | None:
    return shown_number(raw) if type(raw) is float or type(raw) is int else None


def shown_number(number: float) -> str:
    """Give a number without needless decimals."""
    return str(int(number)) if number == int(number) else str(number)


def tags_in(raw: object) -> tuple[str, ...]:
    """Give the tags of a value; what is no text is no tag."""
    return tuple(tag for tag in raw if isinstance(tag, str)) if isinstance(raw, list) else ()


def _shown_moment(text: str, zone: str) -> str:
    try:
        moment = datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:  # such as 31 February
        return text
    return f"{moment.astimezone(zone_named(zone)):%Y-%m-%d %H:%M}"


def _is_number(raw: object) -> bool:
    return type(raw) in NUMBER_TYPES


def _is_text(raw: object) -> bool:
    return isinstance(raw, str) and raw != ""


def _is_truth(raw: object) -> bool:
    return isinstance(raw, bool)


def _has_tags(raw: object) -> bool:
    return bool(tags_in(raw))


def _of_shape(shape: str) -> Callable[[object], bool]:
    fits = re.compile(shape.replace("0", "[0-9]").replace(".", r"\.")).fullmatch
    return lambda raw: isinstance(raw, str) and fits(raw) is not None


_TESTS: Mapping[FactKind, Callable[[object], bool]] = MappingProxyType(
    {
        FactKind.NUMBER: _is_number,
        FactKind.TEXT: _is_text,
        FactKind.CHOICE: _is_text,
        FactKind.TRUTH: _is_truth,
        FactKind.DATE: _of_shape(SHAPES[FactKind.DATE]),
        FactKind.MOMENT: _of_shape(SHAPES[FactKind.MOMENT]),
        FactKind.TAGS: _has_tags,
    },
)
