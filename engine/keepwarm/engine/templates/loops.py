"""Simple loops over a customer's things, written without python-liquid's own machinery.

Each round is the loop's block with one more variable. What is not simple is left to python-liquid.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import LoopExpression, Path
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode

from keepwarm.engine.templates.audience import Variables, lookup
from keepwarm.engine.templates.dialect import GapNode, WeighedForNode, children_of
from keepwarm.engine.templates.fills import Evaluate, paths_of
from keepwarm.engine.templates.parsing import every_node, expressions_of, with_parts
from keepwarm.engine.templates.parts import (
    Answer,
    Block,
    Choice,
    Gap,
    Question,
    taken_blocks,
)

#: Longer lists, and more nodes in the loops of one text, are left to python-liquid, which counts.
MOST_ROUNDS = 100
MOST_QUICK_WEIGHT = 500

_SIMPLE = (
    BlockNode,
    CaseNode,
    ConditionalBlockNode,
    ContentNode,
    GapNode,
    IfNode,
    MultiExpressionBlockNode,
    UnlessNode,
)
#: What `forloop` tells.
_TOLD = frozenset({"first", "index", "index0", "last", "length", "rindex", "rindex0"})


def is_plain_loop(node: WeighedForNode, taken: Container[str]) -> bool:
    """Tell whether a loop goes over one path and its block holds nothing but words and choices."""
    loop: LoopExpression = node.expression
    return (
        isinstance(loop.iterable, Path)
        and loop.iterable.path[0] not in ("forloop", "tablerowloop")
        and bool(paths_of(loop.iterable))
        and not (loop.limit or loop.offset or loop.cols or loop.reversed or node.default)
        and not node.block.blank
        and loop.identifier not in taken
        and all(isinstance(each, _SIMPLE) for each in every_node(list(children_of(node))))
        and all(_asks_simply(path) for path in _paths_in(node.block))
    )


def _paths_in(block: Node) -> Iterator[Path]:
    for node in every_node([block]):
        for expression in expressions_of(node):
            for part in with_parts(expression):
                if isinstance(part, Path):
                    yield part


def _asks_simply(path: Path) -> bool:
    root, *rest = path.path
    return isinstance(root, str) and (
        root not in ("forloop", "tablerowloop") or (len(rest) == 1 and rest[0] in _TOLD)
    )


def quick_loop(node: WeighedForNode, block: Block, evaluate: Evaluate) -> Evaluate:
    """Give what fills the gap of a plain loop; `evaluate` is what python-liquid makes of it."""
    assert isinstance(node.expression.iterable, Path)  # noqa: S101 - it is a plain loop
    find = lookup(tuple([str(each) for each in node.expression.iterable.path]))
    name = str(node.expression.identifier)
    tells = any(path.path[0] == "forloop" for path in _paths_in(node.block))

    def fill(variables: Variables) -> str:
        things = find(variables)
        if type(things) is not list or len(things) > MOST_ROUNDS:
            return evaluate(variables)
        written: list[str] = []
        for index, thing in enumerate(things):
            scope = {**variables, name: thing}
            if tells:
                scope["forloop"] = _told(index, len(things))
            _write(block, scope, written)
        return "".join(written)

    return fill


def _told(index: int, length: int) -> dict[str, Any]:
    return {
        "index": index + 1,
        "index0": index,
        "rindex": length - index,
        "rindex0": length - index - 1,
        "first": index == 0,
        "last": index == length - 1,
        "length": length,
    }


def _write(block: Block, scope: Variables, written: list[str]) -> None:
    for part in block:
        if part.__class__ is str:
            written.append(part)
        elif isinstance(part, Gap):
            written.append(part.fill.alone(scope))
        elif isinstance(part, Choice):
            for taken in taken_blocks(part, lambda question: _answer(question, scope)):
                _write(taken, scope, written)


def _answer(question: Question, scope: Variables) -> Answer:
    assert question.ask is not None  # noqa: S101 - a plain loop asks of variables only
    return question.ask.alone(scope)
