"""A name that stands beside a misspelt one is no correction of it: it would stand there twice.

Whether the two belong together, or one of them was left over, only the author can tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Mapping as MappingNode
from keepwarm.schema.nodes import Node, Scalar, Sequence, Span
from keepwarm.schema.problems import Problem
from keepwarm.schema.workspace import Workspace


def without_names_taken(problems: Iterable[Problem], workspace: Workspace) -> Iterator[Problem]:
    """Give the problems of a folder, without the corrections that would write a name twice."""
    found = list(problems)
    wanted: dict[str, dict[Span, str]] = defaultdict(dict)
    for problem in found:
        if problem.replacement is not None:
            wanted[problem.file][problem.span] = problem.replacement
    taken = {
        (file, span): beside
        for file, names in wanted.items()
        if (node := _node(file, workspace)) is not None
        for span, beside in _taken(node, names)
    }
    for problem in found:
        beside, name = taken.get((problem.file, problem.span)), problem.replacement
        if beside is None or name is None:
            yield problem
            continue
        said = f'"{beside.text}" (line {beside.span.line})'
        also = "stands here already" if beside.text == name else f'may mean "{name}", too'
        yield replace(problem, hint=f"{said} {also}; keep one of them", replacement=None)


def _node(file: str, workspace: Workspace) -> Node | None:
    """Give what a YAML file holds, as far as it can be read."""
    if file in workspace.nodes or not file.endswith(".yaml"):
        return workspace.nodes.get(file)
    return load(workspace.sources[file], file).node


def _taken(node: Node, wanted: Mapping[Span, str]) -> Iterator[tuple[Span, Scalar]]:
    """Give the misspelt names, each with the one beside it that is what it nearly is."""
    match node:
        case Scalar():
            return
        case Sequence(items=items):
            for item in items:
                yield from _taken(item, wanted)
        case MappingNode(entries=entries):
            yield from _taken_in(node, wanted)
            for entry in entries:
                yield from _taken(entry.value, wanted)


def _taken_in(node: MappingNode, wanted: Mapping[Span, str]) -> Iterator[tuple[Span, Scalar]]:
    """Give those of one mapping; of two that are nearly the same, each takes the other's name."""
    keys = [entry.key for entry in node.entries]
    for key in keys:
        name = wanted.get(key.span)
        if name is None:
            continue
        others = [each for each in keys if each is not key]
        meant = [each for each in others if name in (each.text, wanted.get(each.span))]
        if meant:
            yield key.span, meant[0]
