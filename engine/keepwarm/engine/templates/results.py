"""What comes of rendering a template for a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from keepwarm.engine.message import Content


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Rendered:
    """The words, and what fills their gaps."""

    #: One object for all who get the same words.
    content: Content
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """The template itself says that this customer shall not get the message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The message cannot be written; the reason names no value of the customer's."""

    #: What is wrong, and how to mend it.
    reason: str
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Give it on one line, as editors and terminals link it."""
        return f"{self.file}:{self.line}:{self.column}: {self.reason}"


Outcome: TypeAlias = Rendered | Skip | Broken
