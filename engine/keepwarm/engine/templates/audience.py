"""For whom a template is rendered: one customer's variables, or those of many in columns.

What a template asks of a thousand customers it asks of a column: one look for all of them instead
of a thousand. So a chunk of messages is put into words several times as fast as one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from keepwarm.engine.templates.bounds import SHORT_LIST

#: What a template may name, as nested mappings.
Variables: TypeAlias = Mapping[str, Any]
#: The names by which a value is found, one inside the other.
Path: TypeAlias = tuple[str, ...]
Lookup: TypeAlias = Callable[[Variables], object]


class _Missing:
    """Stands for a value that is not there."""


MISSING: Final = _Missing()


class Audience(Protocol):
    """Customers to whom the same template is rendered, each at a place from 0 on."""

    def __len__(self) -> int:
        """Give how many they are."""

    def values(self, path: Path) -> Sequence[Any]:
        """Give the value that each has at a path, or MISSING."""

    def keys(self, path: Path) -> Sequence[object]:
        """Give `keys_to` the values at a path."""

    def variables(self, place: int) -> Variables:
        """Give all that a template may name for one of them."""


class Some:
    """Some of an audience, in an order of their own."""

    def __init__(self, whole: Audience, places: Sequence[int]) -> None:
        self._whole, self._places = whole, places
        self._columns: dict[Path, Sequence[Any]] = {}

    def __len__(self) -> int:
        """Give how many they are."""
        return len(self._places)

    def values(self, path: Path) -> Sequence[Any]:
        """Give the value that each has at a path, or MISSING."""
        known = self._columns.get(path)
        if known is None:
            values = self._whole.values(path)
            known = self._columns[path] = [values[place] for place in self._places]
        return known

    def keys(self, path: Path) -> Sequence[object]:
        """Give `keys_to` the values at a path."""
        keys = self._whole.keys(path)
        return [keys[place] for place in self._places]

    def variables(self, place: int) -> Variables:
        """Give all that a template may name for one of them."""
        return self._whole.variables(self._places[place])


def lookup(path: Path) -> Lookup:
    """Give what finds the value of a path, or MISSING."""
    match path:
        case (name,):

            def find_one(variables: Variables) -> object:
                return variables.get(name, MISSING)

            return find_one
        case (first, second):

            def find_two(variables: Variables) -> object:
                try:
                    return variables[first][second]
                except (KeyError, TypeError, IndexError):
                    return MISSING

            return find_two
        case _:

            def find(variables: Variables) -> object:
                found: Any = variables
                try:
                    for name in path:
                        found = found[name]
                except (KeyError, TypeError, IndexError):
                    return MISSING
                return found

            return find


def keys_to(values: Sequence[Any]) -> Sequence[object]:
    """Give the key of each of these values."""
    return [value if value.__class__ is str else key_to(value) for value in values]


def key_to(value: object) -> object:
    """Give a key by which to remember what a value led to: None where it must not be.

    Text, whole numbers, nothing and MISSING never equal one another; 1, 1.0 and true do.
    """
    kind = type(value)
    if kind is str or kind is int or value is MISSING:
        return value
    if value is None:
        return _NONE
    if type(value) is list and len(value) <= SHORT_LIST and {*map(type, value)} <= _TEXTS:
        return tuple(value)
    return (kind, value) if kind is bool or (kind is float and value) else None


_NONE: Final = object()
_TEXTS: Final = frozenset({str})
