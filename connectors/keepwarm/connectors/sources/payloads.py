"""Places in what a provider posted, found without trusting that they are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from keepwarm.connectors.json_reading import read_json
from keepwarm.connectors.sources.contract import Telling, Unreadable

#: So many of the items that cannot be read are named.
_MOST_NAMED: Final = 3
#: As far as floats are exact.
_LARGEST: Final = 1e15


def json_object(body: bytes) -> Mapping[str, Any]:
    """Give the JSON object of a body.

    Raises:
        Unreadable: it is none.
    """
    found = json_of(body)
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object")
    return found


def json_of(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Give the JSON of a body.

    Raises:
        Unreadable: it is none.
    """
    try:
        return read_json(body)
    except ValueError:
        raise Unreadable("the body is not JSON in UTF-8") from None


def read_each(items: Sequence[object], read: Callable[[Any], Iterable[Telling]]) -> list[Telling]:
    """Give what several items tell.

    Raises:
        Unreadable: some are not what is documented; what the others tell is in it.
    """
    told: list[Telling] = []
    misread: list[str] = []
    for place, item in enumerate(items, 1):
        try:
            told.extend(read(item))
        except Unreadable as why:
            misread.append(f"item {place} of {len(items)}: {why}" if len(items) > 1 else str(why))
    if misread:
        raise Unreadable("; ".join(misread[:_MOST_NAMED]), told)
    return told


def at(payload: object, path: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Give what stands at a place such as `items.data.0.price.id`; None where nothing does."""
    found = payload
    for part in path.split("."):
        match found:
            case dict():
                found = found.get(part)
            case list() if part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            case _:
                return None
    return found


def text_at(payload: object, path: str) -> str | None:
    """Give the text or the number at a place as text; None where neither stands."""
    found = at(payload, path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return str(found).strip() or None


def needed(payload: object, path: str) -> str:
    """Give the text at a place that is always filled.

    Raises:
        Unreadable: nothing stands there.
    """
    found = text_at(payload, path)
    if found is None:
        raise Unreadable(f"nothing stands at {path}")
    return found


def number_at(payload: object, path: str) -> int | float | None:
    """Give the number at a place, which may be written as text; None where none stands."""
    found = at(payload, path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        number = float(found)
    except ValueError:
        return None
    if not abs(number) < _LARGEST:
        return None
    return int(number) if number.is_integer() else number


def seconds_at(payload: object, path: str) -> datetime | None:
    """Give the moment at a place that is in seconds since 1970."""
    number = number_at(payload, path)
    try:
        return None if number is None else datetime.fromtimestamp(number, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def time_at(payload: object, path: str) -> datetime | None:
    """Give the moment at a place that is in the form of ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text_at(payload, path) or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def iso(moment: datetime | None) -> str | None:
    """Give a moment as a property holds it."""
    return None if moment is None else moment.isoformat()


def filled(**told: object) -> dict[str, Any]:
    """Give what is there, and leave out what is not."""
    return {name: value for name, value in told.items() if value is not None}
