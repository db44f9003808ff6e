"""Edits of a file's text: each replaces one stretch, and every other character stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keepwarm.schema.nodes import Span

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A stretch of a file, and what shall stand there instead."""

    span: Span
    text: str


def edited(written: str, edits: Iterable[Edit]) -> str:
    """Give a text with edits made; of two that overlap the first is made.

    Line ends and a byte order mark stay as they are: spans count neither.
    """
    parts: list[str] = []
    starts = _line_starts(written)
    done = 0
    for edit in sorted(edits):
        start = starts[edit.span.line - 1] + edit.span.column - 1
        end = starts[edit.span.end_line - 1] + edit.span.end_column - 1
        if start < done:
            continue
        parts += [written[done:start], edit.text]
        done = end
    return "".join([*parts, written[done:]])


def stretch_of(written: str, span: Span) -> str:
    """Give what stands at a span of a text."""
    starts = _line_starts(written)
    start = starts[span.line - 1] + span.column - 1
    return written[start : starts[span.end_line - 1] + span.end_column - 1]


def _line_starts(written: str) -> list[int]:
    """Give where each line begins; one more follows the last line."""
    starts = [0]
    for line in written.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    starts[0] = 1 if written.startswith(_MARK) else 0
    return starts
