"""Every block of Liquid that is opened must be closed: told at the place where it was opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keepwarm.engine.templates.marks import Mark, Piece
from keepwarm.schema.problems import Problem

#: Tags that hold a block.
BLOCK_TAGS = frozenset({"if", "unless", "case", "for", "tablerow", "capture", "ifchanged"})


def out_of_balance(pieces: Iterable[Piece]) -> Iterator[Problem]:
    """Give a problem for the first block that is not closed as it was opened."""
    opened: list[Mark] = []
    for mark in pieces:
        if not isinstance(mark, Mark):
            continue
        if mark.tag in BLOCK_TAGS:
            opened.append(mark)
        elif mark.tag.startswith("end") and mark.tag.removeprefix("end") in BLOCK_TAGS:
            if not opened:
                yield _problem(mark, f"{{% {mark.tag} %}} closes nothing", "take it out")
                return
            last = opened.pop()
            if mark.tag != f"end{last.tag}":
                line, _ = last.writing.place(last.at)
                message = f"{{% {mark.tag} %}} closes the {{% {last.tag} %}} of line {line}"
                yield _problem(mark, message, f"write {{% end{last.tag} %}}")
                return
    if opened:
        last = opened[-1]
        message = f"{{% {last.tag} %}} is never closed"
        yield _problem(last, message, f"close it with {{% end{last.tag} %}}")


def _problem(mark: Mark, message: str, hint: str) -> Problem:
    return mark.writing.problem(mark.at, len(mark.text), message, hint)
