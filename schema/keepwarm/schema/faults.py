"""What the readers of one file find: its faults, and the close spellings that `fmt` rewrites."""

from __future__ import annotations

from dataclasses import dataclass, field

from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Node, Span
from keepwarm.schema.problems import Problem


@dataclass(frozen=True, slots=True)
class Respelling:
    """A phrase that is read as it stands, and the one canonical spelling that `fmt` gives it.

    `text` is the phrase itself; whoever writes it into the file minds quotes and commas.
    """

    file: str
    span: Span
    text: str


@dataclass(slots=True)
class Faults:
    """Collects what is found in one file while it is read."""

    file: str
    #: False where parts of the file could not be read, so that what is missing proves nothing.
    is_whole: bool = True
    problems: list[Problem] = field(default_factory=list)
    respellings: list[Respelling] = field(default_factory=list)

    def add(
        self,
        rule: str,
        where: Node | Span,
        message: str,
        *,
        hint: str | None = None,
        replacement: str | None = None,
    ) -> None:
        """Note a fault at a node or span."""
        span = where if isinstance(where, Span) else where.span
        self.problems.append(Problem(rule, self.file, span, message, hint, replacement))

    def respell(self, span: Span, text: str) -> None:
        """Note that the phrase at this span is written `text` in the canonical spelling."""
        self.respellings.append(Respelling(self.file, span, text))

    def place(self, where: Node | Span) -> Place:
        """Give the place of a node in this file."""
        return Place(self.file, where if isinstance(where, Span) else where.span)
