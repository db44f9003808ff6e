"""Hardened YAML: a file's text becomes nodes that know their place, or problems, or both.

PyYAML's C parser gives events one by one, so depth and size are counted before anything is built:
its own `compose` recurses, and crashes on deep nesting. Every scalar stays the text it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar, Sequence, Span
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.suggestions import quoted
from keepwarm.schema.yaml_reading.building import NodeBuilder
from keepwarm.schema.yaml_reading.complaints import TooMuch
from keepwarm.schema.yaml_reading.decoding import decoded
from keepwarm.schema.yaml_reading.faults import SHAPE_RULES, explain
from keepwarm.schema.yaml_reading.page import Page
from keepwarm.schema.yaml_reading.rules import LOADING_RULES

__all__ = [
    "LOADING_RULES",
    "Entry",
    "Loaded",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "Span",
    "load",
]

#: Names, values, lists and mappings. A playbook has about a hundred; the parser and we take about
#: 3 microseconds for each, so that the largest file is read within a tenth of a second.
MOST_NODES = 15_000
#: A file with more is not mended line by line; the last one says so.
MOST_PROBLEMS = 200
#: A file is read anew after each fault of syntax, without the fault, to find the next one. These
#: bound the work that a hostile file can ask for.
MOST_READINGS = 40
MOST_CHARACTERS_READ = 2_000_000
MOST_NODES_READ_ANEW = 4_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds, and what is wrong with it.

    `node` is None for an empty file and for one that cannot be read at all. `is_whole` is false
    when parts that could not be read were left out, so that what is missing proves nothing.
    """

    node: Node | None
    problems: tuple[Problem, ...]
    is_whole: bool = True


def load(text: str | bytes, file: str) -> Loaded:
    """Read a YAML file; `file` is the name that its problems carry."""
    source = decoded(text, file)
    if source.text is None:
        return Loaded(None, source.problems, is_whole=False)
    page = Page.of(source.text, file)
    directives = _masked_directives(page)
    read = _read_with_mending(page)
    problems = in_order([*source.problems, *directives, *read.problems])
    return replace(read, problems=_not_too_many(problems))


def _masked_directives(page: Page) -> list[Problem]:
    """Refuse lines that begin with "%": the C parser takes time squared over them."""
    found = page.comment_out("%")
    return [
        page.problem(
            "directive",
            (line, 0, len(page.lines[line])),
            f"{quoted(page.lines[line])} is an instruction to YAML, and none is followed",
            "delete the line",
        )
        for line in found[:MOST_PROBLEMS]
    ]


def _read_with_mending(page: Page) -> Loaded:
    """Read the page; after each fault of syntax read it again without the faulty part."""
    faults: list[Problem] = []
    nodes_read = characters_read = 0
    has_tabs = False
    for _ in range(MOST_READINGS):
        builder = NodeBuilder(page, MOST_NODES, MOST_PROBLEMS)
        try:
            node = builder.build()
        except TooMuch as too_much:
            return Loaded(None, (*faults, *builder.problems, too_much.problem), is_whole=False)
        except yaml.MarkedYAMLError as error:
            fault = explain(error, page, builder.state())
        else:
            return Loaded(node, (*faults, *builder.problems), is_whole=not page.left_out)
        if has_tabs and fault.problem.rule in SHAPE_RULES:
            break  # which follows from the tabs
        has_tabs = has_tabs or fault.problem.rule == "tab"
        faults = _with_better(faults, fault.problem)
        nodes_read += builder.nodes
        characters_read += len(page.text)
        may_go_on = nodes_read <= MOST_NODES_READ_ANEW and characters_read <= MOST_CHARACTERS_READ
        if not (may_go_on and page.mask_all(fault.masks)):
            break
    return Loaded(None, (*faults, *builder.problems), is_whole=False)


def _with_better(faults: list[Problem], found: Problem) -> list[Problem]:
    """Add a fault; of two at one place the one that only speaks of the shape gives way."""
    place = found.span.line, found.span.column
    same = [old for old in faults if (old.span.line, old.span.column) == place]
    if any(old.rule not in SHAPE_RULES for old in same):
        return faults
    return [*(old for old in faults if old not in same), found]


def _not_too_many(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    if len(problems) <= MOST_PROBLEMS:
        return problems
    last = problems[MOST_PROBLEMS]
    rest = len(problems) - MOST_PROBLEMS
    more = Problem("too-many-problems", last.file, last.span, f"{rest} more problems follow")
    return (*problems[:MOST_PROBLEMS], more)
