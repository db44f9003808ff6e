"""The written form of a YAML file: texts, lists and mappings that know where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file; lines and columns count from 1, columns in code points.

    The end is the first place after the stretch, so an empty stretch ends where it begins.
    """

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text exactly as the author means it; the catalog decides later what type it has.

    `quoted` is true for every text that YAML marks as such: in quotes, after `|` or after `>`.
    An empty value (`key:`) is the text "" and not quoted.
    """

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, block or flow."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and what stands behind it."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Names with their values in the order written; of a name written twice the first is kept."""

    entries: tuple[Entry, ...]
    span: Span
    _by_name: dict[str, Entry] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    def get(self, name: str) -> Node | None:
        """Give the value of the name, or None where the name is not written."""
        entry = self.entry(name)
        return None if entry is None else entry.value

    def entry(self, name: str) -> Entry | None:
        """Give the name with its place and its value, or None where it is not written."""
        if not self._by_name and self.entries:
            for entry in reversed(self.entries):
                self._by_name[entry.key.text] = entry
        return self._by_name.get(name)

    def names(self) -> tuple[str, ...]:
        """Give every name in the order written."""
        return tuple(entry.key.text for entry in self.entries)


Node = Scalar | Sequence | Mapping
