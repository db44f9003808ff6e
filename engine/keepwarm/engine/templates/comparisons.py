"""Comparisons in templates, such as `customer.plan == "pro"`, or those of `case` and `when`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liquid.ast import Node
from liquid.builtin.expressions import BooleanExpression, Path, StringLiteral
from liquid.builtin.expressions.logical import EqExpression, NeExpression
from liquid.builtin.expressions.primitive import (
    FalseLiteral,
    FloatLiteral,
    IntegerLiteral,
    TrueLiteral,
)
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.case_tag import MultiExpressionBlockNode
from liquid.expression import Expression

from keepwarm.engine.templates.marks import Source
from keepwarm.engine.templates.parsing import every_node, expressions_of, filters_of, with_parts

_LITERALS = (StringLiteral, IntegerLiteral, FloatLiteral, TrueLiteral, FalseLiteral)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A name from outside that is held against a value written in the template."""

    #: As written, or as the name was given that stands for it: `customer.plan`.
    path: str
    value: str | int | float | bool
    #: Where the value stands: a text within its quotes.
    line: int
    column: int


def comparisons_in(nodes: Sequence[Node], source: Source) -> Iterator[Comparison]:
    """Give every comparison with a value, in the order written."""
    given = _given_names(nodes)
    for node in every_node(nodes):
        for asked, literal in _pairs(node):
            path = given.get(str(asked), str(asked))
            value: Any = literal.value
            at = literal.token.start_index + isinstance(literal, StringLiteral)
            writing, place = source.written_at(at)
            yield Comparison(path, value, *writing.place(place))


def _pairs(node: Node) -> Iterator[tuple[Path, Any]]:
    """Give what a node compares: a path and a literal, on whichever side they stand."""
    if isinstance(node, MultiExpressionBlockNode):
        left = node.expression.left
        if isinstance(left, Path):
            yield from ((left, e) for e in node.expression.expressions if isinstance(e, _LITERALS))
        return
    for part in _conditions_in(node):
        match part.left, part.right:
            case (Path() as path, literal) | (literal, Path() as path):
                if isinstance(literal, _LITERALS):
                    yield path, literal
            case _:
                pass


def _conditions_in(node: Node) -> Iterator[EqExpression | NeExpression]:
    for expression in expressions_of(node):
        if isinstance(expression, BooleanExpression):
            for part in with_parts(expression):
                if isinstance(part, EqExpression | NeExpression):
                    yield part


def _given_names(nodes: Sequence[Node]) -> Mapping[str, str]:
    """Give the names that stand for a path all through, as `assign` gave them once."""
    made = [node for node in every_node(nodes) if isinstance(node, AssignNode)]
    often = Counter(str(node.name) for node in made)
    return {
        str(node.name): str(path)
        for node in made
        if often[str(node.name)] == 1 and (path := _plain_path(node.expression)) is not None
    }


def _plain_path(expression: Expression) -> Path | None:
    left = getattr(expression, "left", None)
    return left if isinstance(left, Path) and not filters_of(expression) else None
