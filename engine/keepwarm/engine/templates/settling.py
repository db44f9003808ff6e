"""What the variables alone decide, and what depends on tags that came before.

Names that `assign` and `capture` make once, at the top of a text, are as settled as what they are
made of: whoever needs them makes them anew. Everything else that remembers (names made in loops
and branches, counters, `cycle`) is late: it happens in the order written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression, Path, StringLiteral
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.cycle_tag import CycleNode
from liquid.builtin.tags.decrement_tag import DecrementNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.ifchanged_tag import IfChangedNode
from liquid.builtin.tags.increment_tag import IncrementNode
from liquid.builtin.tags.tablerow_tag import TablerowNode
from liquid.expression import Expression

from keepwarm.engine.templates.dialect import children_of
from keepwarm.engine.templates.fills import paths_of
from keepwarm.engine.templates.parsing import every_node, expressions_of, with_parts

#: Names that stand for what the template and the policies say, never for what a customer's
#: variables do.
OWN_NAMES = frozenset({"postal_address", "sender"})

_MAKING = (AssignNode, CaptureNode, IncrementNode, DecrementNode)
_REMEMBERING = (CycleNode, IfChangedNode)


@dataclass(frozen=True, slots=True)
class Settled:
    """What decides an expression: the values of paths, after these deeds were done."""

    #: None where the paths are not clear, so that nothing can be remembered.
    paths: frozenset[tuple[str, ...]] | None
    deeds: tuple[Node, ...] = ()


@dataclass(slots=True)
class Settling:
    """Tells of each node of one text whether it is settled, in the order written."""

    nodes: Sequence[Node]
    #: Whether names made at the top of the text count as settled.
    with_made_names: bool = True
    _made: dict[str, int] = field(default_factory=dict)
    _settled: dict[str, Settled] = field(default_factory=dict)
    _remembering: int = 0
    #: Whether a loop goes on where another stopped, so that every loop is remembered.
    _continuing: bool = False
    #: The names that are not a customer's, so that no loop may bind them and be quick.
    taken: frozenset[str] = OWN_NAMES

    def __post_init__(self) -> None:
        for node in every_node(self.nodes):
            for name in node.template_scope():
                self._made[str(name)] = self._made.get(str(name), 0) + 1
            self._remembering += isinstance(node, _REMEMBERING)
            self._continuing = self._continuing or _continues(node)
        self.taken = OWN_NAMES | self._made.keys()

    def of(self, expressions: Iterable[Expression]) -> Settled | None:
        """Tell what decides expressions; None when they are late."""
        return self._of((expression, frozenset()) for expression in expressions)

    def of_node(self, node: Node, *, may_repeat: bool = False) -> Settled | None:
        """Tell what decides all that a node and its children do; None when any of it is late.

        What remembers from one round to the next (`cycle`) is settled if all of it is in this
        node, and the node itself is written once at most.
        """
        tree = list(every_node([node]))
        makes = [each for each in tree if isinstance(each, _MAKING)]
        if makes and not (makes == [node] and isinstance(node, AssignNode | CaptureNode)):
            return None
        if self._continuing and any(isinstance(each, ForNode | TablerowNode) for each in tree):
            return None
        held = sum(isinstance(each, _REMEMBERING) for each in tree)
        if held and (held != self._remembering or may_repeat):
            return None
        return self._of(_scoped(node, frozenset()))

    def _of(self, scoped: Iterable[tuple[Expression, frozenset[str]]]) -> Settled | None:
        paths: set[tuple[str, ...]] = set()
        deeds: dict[Node, None] = {}
        is_clear = True
        for expression, bound in scoped:
            found = paths_of(expression)
            is_clear = is_clear and found is not None
            for root in _roots(expression):
                if root is None and self._made:
                    return None
                if root is None or root in bound or root not in self._made:
                    continue
                settled = self._settled.get(root)
                if settled is None:
                    return None
                deeds |= dict.fromkeys(settled.deeds)
                is_clear = is_clear and settled.paths is not None
                paths |= settled.paths or set()
            others = bound | self.taken
            paths |= {path for path in found or () if path[0] not in others}
        return Settled(frozenset(paths) if is_clear else None, tuple(deeds))

    def made(self, node: AssignNode | CaptureNode) -> Settled | None:
        """Note a name that is made at the top of the text; None when it is late."""
        name = str(node.name)
        if not self.with_made_names or self._made[name] > 1:
            return None
        settled = self.of_node(node)
        if settled is not None:
            self._settled[name] = Settled(settled.paths, (*settled.deeds, node))
        return settled


def _scoped(node: Node, bound: frozenset[str]) -> Iterator[tuple[Expression, frozenset[str]]]:
    """Give every expression of a node and its children, with the names that loops bind there."""
    for expression in expressions_of(node):
        yield expression, bound
    inner = bound | {str(name) for name in node.block_scope()}
    for child in children_of(node):
        is_else = isinstance(node, ForNode) and child is node.default
        yield from _scoped(child, bound if is_else else inner)


def _roots(expression: Expression) -> list[str | None]:
    """Give the first names of all paths; None for one that is itself looked up."""
    parts = [part for part in with_parts(expression) if isinstance(part, Path)]
    return [part.path[0] if isinstance(part.path[0], str) else None for part in parts]


def _continues(node: Node) -> bool:
    return any(
        isinstance(part, LoopExpression)
        and isinstance(part.offset, StringLiteral)
        and part.offset.value == "continue"
        for part in node.expressions()
    )
