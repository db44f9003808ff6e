"""A declaration with a slip in it: all that name the fact are right, and the catalog is wrong.

Each of those lines is refused on its own, as a name that nothing has and that is nearly another.
Where the other is named nowhere, the one slip is in its declaration, and is told there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.edits import stretch_of
from keepwarm.schema.problems import Problem
from keepwarm.schema.workspace import Workspace

#: With one line that says otherwise, nobody can tell which of the two has the slip.
_FEWEST_LINES = 2


def told_where_declared(problems: Iterable[Problem], workspace: Workspace) -> Iterator[Problem]:
    """Give the problems, and for many that come of one slip in the catalog that slip alone."""
    found = list(problems)
    lines: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in found:
        if names := _names(problem, workspace.sources):
            lines[names].append(problem)
    declared = _declared(workspace.catalog)
    consequences: set[int] = set()
    for (said, near), each in lines.items():
        place = declared.get(near)
        if place is None or len(each) < _FEWEST_LINES or _is_named(near, workspace.sources):
            continue
        consequences |= {id(problem) for problem in each}
        message = f'nothing names "{near}", and {len(each)} lines name "{said}"'
        yield Problem("unknown-name", place.file, place.span, message, replacement=said)
    yield from (problem for problem in found if id(problem) not in consequences)


def _names(problem: Problem, sources: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the name that nothing has and the one that it nearly is; None for another problem."""
    text = sources.get(problem.file)
    is_of_name = problem.rule in _OF_NAMES and problem.span.line == problem.span.end_line
    if text is None or problem.replacement is None or not is_of_name:
        return None
    said = stretch_of(text, problem.span).strip("'\"")
    # A metric names an event and its property at once.
    return said.split(".")[0], problem.replacement.split(".")[0]


def _declared(catalog: Catalog) -> dict[str, Place]:
    kinds = (
        catalog.attributes,
        catalog.events,
        catalog.metrics,
        catalog.scores,
        catalog.segments,
    )
    return {
        name: fact.place for kind in kinds for name, fact in kind.items() if fact.place is not None
    }


def _is_named(name: str, sources: Mapping[str, str]) -> bool:
    """Tell whether a name stands anywhere but where it is declared."""
    alone = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    return sum(len(alone.findall(text)) for text in sources.values()) > 1


_OF_NAMES = frozenset({"unknown-name", "unknown-event", "unknown-variable"})
