"""The branches of a template's choices, and what is known where each is written.

`{% if offer.percent %}` asks whether there is one: in its branch there is, behind its `else` none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from liquid.ast import Node
from liquid.builtin.expressions import BooleanExpression, Path
from liquid.builtin.expressions.logical import LogicalAndExpression, LogicalOrExpression
from liquid.builtin.tags.case_tag import CaseNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from keepwarm.engine.templates.dialect import children_of
from keepwarm.engine.templates.parsing import expressions_of, with_parts

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Within:
    """What the conditions around a place say, each as a path: `customer.first_name`."""

    #: All that they ask for.
    asked: frozenset[str] = _NOTHING
    #: What certainly has a value here.
    present: frozenset[str] = _NOTHING
    #: What certainly has none, or is no.
    absent: frozenset[str] = _NOTHING

    def without(self, roots: Collection[str]) -> Within:
        """Give the same without names that the template made itself."""
        return Within(*(_without(each, roots) for each in (self.asked, self.present, self.absent)))

    def where(self, condition: Expression, *, holds: bool) -> Within:
        """Give what is known besides where a condition holds, or does not."""
        found = _told_by(condition, holds=holds)
        asked = self.asked | _paths(condition)
        if holds:
            return Within(asked, self.present | found, self.absent)
        return Within(asked, self.present, self.absent | found)


def branches(node: Node, within: Within) -> Iterator[tuple[Node, Within]]:
    """Give what is written within a node, each part with what is known there."""
    match node:
        case IfNode() | UnlessNode():
            yield from _of_if(node, within)
        case CaseNode():
            of_all = [node, *node.blocks]
            asked = (_paths(each) for part in of_all for each in expressions_of(part))
            inside = Within(within.asked.union(*asked), within.present, within.absent)
            for child in children_of(node):
                yield child, inside
        case _:
            for child in children_of(node):
                yield child, within


def _of_if(node: IfNode | UnlessNode, within: Within) -> Iterator[tuple[Node, Within]]:
    wanted = isinstance(node, IfNode)
    yield node.consequence, within.where(node.condition, holds=wanted)
    behind = within.where(node.condition, holds=not wanted)
    for other in node.alternatives:
        yield other, behind.where(other.expression, holds=True)
        behind = behind.where(other.expression, holds=False)
    if node.default is not None:
        yield node.default, behind


def _told_by(condition: Expression, *, holds: bool) -> frozenset[str]:
    """Give what has a value where a condition holds, or has none where it does not."""
    match condition:
        case BooleanExpression(expression=inner):
            return _told_by(inner, holds=holds)
        case Path():
            return frozenset({str(condition)})
        case LogicalAndExpression(left=left, right=right) if holds:
            return _told_by(left, holds=True) | _told_by(right, holds=True)
        case LogicalOrExpression(left=left, right=right) if not holds:
            return _told_by(left, holds=False) | _told_by(right, holds=False)
        case _:
            return _NOTHING


def _paths(expression: Expression) -> frozenset[str]:
    return frozenset(str(part) for part in with_parts(expression) if isinstance(part, Path))


def _without(paths: frozenset[str], roots: Collection[str]) -> frozenset[str]:
    return frozenset(path for path in paths if path.split(".")[0] not in roots)
