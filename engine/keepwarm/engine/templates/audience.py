"""For whom a template is rendered: one customer's variables, or those of many in columns.

What a template asks of a thousand customers it asks of a column: one look for all of them instead
of a thousand. So a chunk of messages is put into words several times as fast as one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

#: What a template may name, as nested mappings.
Variables: TypeAlias = Mapping[str, Any]
#: The names by which a value is found, one inside the other.
Path: TypeAlias = tuple[str, ...]
Lookup: TypeAlias = Callable[[Variables], Any]


class _Missing:
    """Stands for a value that is not there."""


MISSING: Final = _Missing()


class Audience(Protocol):
    """Customers to whom the same template is rendered, each at a place from 0 on."""

    def __len__(self) -> int:
        """Give how many they are."""

    def values(self, path: Path) -> Sequence[Any]:
        """Give the value that each has at a path, or MISSING."""

    def variables(self, place: int) -> Variables:
        """Give all that a template may name for one of them."""

    def some(self, places: Sequence[int]) -> Audience:
        """Give an audience of a few of them, in this order."""


def lookup(path: Path) -> Lookup:
    """Give what finds the value of a path, or MISSING."""
    match path:
        case (name,):

            def find_one(variables: Variables) -> Any:  # noqa: ANN401 - whatever variables hold
                return variables.get(name, MISSING)

            return find_one
        case (first, second):

            def find_two(variables: Variables) -> Any:  # noqa: ANN401 - whatever variables hold
                try:
                    return variables[first][second]
                except (KeyError, TypeError, IndexError):
                    return MISSING

            return find_two
        case _:

            def find(variables: Variables) -> Any:  # noqa: ANN401 - whatever variables hold
                found: Any = variables
                try:
                    for name in path:
                        found = found[name]
                except (KeyError, TypeError, IndexError):
                    return MISSING
                return found

            return find
