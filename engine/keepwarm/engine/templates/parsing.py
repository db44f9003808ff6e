"""A text becomes a parse tree that is ready to be rendered, or a refusal that says what to mend."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.primitive import Literal
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.cycle_tag import CycleNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.context import RenderContext
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from keepwarm.engine.templates.balance import BLOCK_TAGS, out_of_balance
from keepwarm.engine.templates.dialect import (
    HTML,
    PLAIN,
    Dialect,
    GapNode,
    Template,
    WeighedForNode,
    WeighedTablerowNode,
    children_of,
)
from keepwarm.engine.templates.faults import Unfit, is_missing
from keepwarm.engine.templates.html_places import (
    TEXT,
    Spot,
    after_gap,
    after_text,
    joined,
    place_at,
)
from keepwarm.engine.templates.marks import Mark, Source
from keepwarm.engine.templates.places import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import PlaybookRefused, Problem
from keepwarm.schema.suggestions import closest

#: Tags that stand inside others, and those that python-liquid reads before it looks for tags.
_INNER_TAGS = frozenset({"else", "elsif", "when", "raw", "doc", "comment", "#"})


def parse(
    source: Source, dialect: Dialect, *, language: str | None = None, timezone: str | None = None
) -> Template:
    """Parse a text; raises PlaybookRefused with everything that is wrong in it."""
    template = parse_words(source, dialect, language=language, timezone=timezone)
    problems = list(unknown_filters(template.nodes, source))
    if problems:
        raise PlaybookRefused(problems)
    for node in every_node(template.nodes):
        let_conditions_ask_for_missing(node)
    if dialect is HTML:
        try:
            _Placing().nodes(template.nodes, TEXT)
        except Unfit as fault:
            raise PlaybookRefused([problem_of(fault, source)]) from None
    return template


def parse_words(
    source: Source, dialect: Dialect, *, language: str | None = None, timezone: str | None = None
) -> Template:
    """Parse a text, whatever its filters are called; raises PlaybookRefused if it is no Liquid."""
    problems = list(_unknown_tags(source.marks)) or list(out_of_balance(source.marks))
    if problems:
        raise PlaybookRefused(problems)
    try:
        return dialect.template(source.text, language=language, timezone=timezone)
    except LiquidError as error:
        raise PlaybookRefused([problem_of(error, source)]) from None


def problem_of(error: LiquidError, source: Source) -> Problem:
    """Give a fault of parsing as a problem at its place in the file."""
    token = error.token
    index = max(token.start_index, 0) if token else len(source.text)
    writing, at = source.written_at(index)
    length = len(token.value) if token else 1
    if isinstance(error, Unfit):
        return writing.problem(at, length, error.sentence, error.mend)
    message = str(error.message)
    if isinstance(error.__cause__, RecursionError):
        return writing.problem(at, length, "this is nested too deeply", "make it simpler")
    if message.startswith("unexpected tag"):
        return _unknown_tag(token.value if token else "", writing.problem(at, length, message))
    if mend := next((said for sign, said in _MENDS.items() if sign in message), None):
        return writing.problem(at, length, "this is no Liquid", mend)
    return writing.problem(at, length, f"this is no Liquid: {message}")


#: What the parser says of slips that people make -> how to mend them.
_MENDS: Final = {
    "found '='": "write \"==\" to compare: {% if customer.plan == 'free' %}",
    "found dpipe": 'write one "|" before a filter, not two',
    "end of expression, found or": "write {{ … | default: '…' }}; what stands behind it is taken",
    "expected in, found": 'write "in": {% for tag in customer.tags %}',
}


def _unknown_tags(marks: Sequence[Mark]) -> Iterator[Problem]:
    known = {*PLAIN.tags, *_INNER_TAGS, *(f"end{name}" for name in (*BLOCK_TAGS, "raw"))}
    for mark in marks:
        if not mark.is_output and mark.tag not in known:
            problem = mark.writing.problem(mark.at, len(mark.text), "")
            yield _unknown_tag(mark.tag, problem)


#: What other languages call it.
_OTHER_ELSIFS = frozenset({"elif", "elseif", "elsif"})


def _unknown_tag(name: str, problem: Problem) -> Problem:
    if name in ("include", "render"):
        hint: str | None = "a template reads no other files: write the words here"
    elif name.startswith(("end", "els")) or name == "when":
        hint = "the tag that it belongs to is missing, or closed already"
    else:
        hint = None
    names = [*(each for each in PLAIN.tags if each.isalpha()), *_INNER_TAGS]
    replacement = "elsif" if name in _OTHER_ELSIFS else closest(name, names)
    if replacement in _INNER_TAGS:
        hint = None
    message = f"{name or 'this'} is no tag that a template may use"
    return replace(problem, message=message, hint=hint, replacement=replacement)


def unknown_filters(nodes: Sequence[Node], source: Source) -> Iterator[Problem]:
    """Give a problem for each filter that a template may not use."""
    for node in every_node(nodes):
        for expression in expressions_of(node):
            for each in (each for part in with_parts(expression) for each in filters_of(part)):
                if each.name not in PLAIN.filters:
                    writing, at = source.written_at(each.token.start_index)
                    line, column = writing.place(at)
                    yield Problem(
                        "liquid",
                        writing.file,
                        Span(line, column, line, column + len(each.name)),
                        f"{each.name} is no filter that a template may use",
                        replacement=closest(each.name, PLAIN.filters),
                    )


# ── Walking a parse tree ─────────────────────────────────────────────────────────────────────


def every_node(nodes: Sequence[Node]) -> Iterator[Node]:
    """Give every node of a tree, in the order written."""
    for node in nodes:
        yield node
        yield from every_node(list(children_of(node)))


def expressions_of(node: Node) -> Iterator[Expression]:
    """Give every expression that a node itself evaluates."""
    yield from node.expressions()
    if isinstance(node, MultiExpressionBlockNode):
        yield node.expression.left


def with_parts(expression: Expression) -> Iterator[Expression]:
    """Give an expression and everything in it."""
    yield expression
    for part in expression.children():
        yield from with_parts(part)


def filters_of(expression: Expression) -> list[Filter]:
    """Give the filters of an expression, in the order applied."""
    if isinstance(expression, FilteredExpression):
        return expression.filters or []
    return []


def spelled(expression: Expression, besides: Collection[str] = ()) -> object:
    """Give what tells an expression from others of another meaning.

    Its own text does not: `nil`, `empty` and `blank` all print as nothing. `besides` names filters
    of its own to leave out.
    """
    match expression:
        case Path():
            return ("path", *(spelled(e) if isinstance(e, Path) else e for e in expression.path))
        case Literal():
            return (type(expression).__name__, expression.value)
        case _:
            filters = [
                (f.name, *(getattr(a, "name", None) for a in f.args))
                for f in filters_of(expression)
                if f.name not in besides
            ]
            return (type(expression).__name__, *filters, *map(spelled, expression.children()))


# ── What is missing is nothing, to a condition ───────────────────────────────────────────────


class MaybePath(Path):
    """A path that gives nothing where the value is missing, so that a condition may ask for it."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        value = super().evaluate(context)
        return None if is_missing(value) else value


def let_conditions_ask_for_missing(node: Node) -> None:
    """Let what is missing be nothing to the conditions of a node."""
    match node:
        case IfNode() | UnlessNode():
            node.condition = _asking(node.condition)
        case ConditionalBlockNode():
            node.expression = _asking(node.expression)
        case CaseNode():
            node.expression = _asking(node.expression)
        case MultiExpressionBlockNode():
            question = node.expression
            question.left = _asking(question.left)
            question.expressions = [_asking(each) for each in question.expressions]
        case WeighedForNode() | WeighedTablerowNode():
            node.expression.iterable = _asking(node.expression.iterable)
        case _:
            pass


def _asking(expression: Expression) -> Expression:
    """Give a condition whose paths may be missing."""
    if type(expression) is Path:
        return MaybePath(expression.token, expression.path)
    if isinstance(expression, BooleanExpression):
        expression.expression = _asking(expression.expression)
    for side in ("left", "right"):
        part = getattr(expression, side, None)
        if isinstance(part, Expression):
            setattr(expression, side, _asking(part))
    return expression


# ── Where in HTML each gap stands ────────────────────────────────────────────────────────────


class _Placing:
    """One reading of the HTML around the gaps."""

    def nodes(self, nodes: Sequence[Node], spot: Spot) -> Spot:
        for node in nodes:
            try:
                spot = self.node(node, spot)
            except Unfit as fault:
                fault.token = fault.token or node.token
                raise
        return spot

    def node(self, node: Node, spot: Spot) -> Spot:
        match node:
            case ContentNode():
                return after_text(spot, node.text)
            case GapNode():
                node.place = place_at(spot)
                return after_gap(spot)
            case IfNode() | UnlessNode():
                blocks = [node.consequence, *(each.block for each in node.alternatives)]
                return self.branches([*blocks, node.default or BlockNode(node.token, [])], spot)
            case CaseNode():
                return self.branches([*node.blocks, BlockNode(node.token, [])], spot)
            case WeighedForNode() | WeighedTablerowNode():
                return self.loop(node, spot)
            case CaptureNode():
                if self.nodes([node.block], TEXT) != TEXT:
                    raise Unfit("what is captured must be whole HTML", mend="close its tags")
                return spot
            case CycleNode():
                return self.cycle(node, spot)
            case _:
                return self.nodes(list(children_of(node)), spot)

    def branches(self, blocks: Sequence[Node], spot: Spot) -> Spot:
        ends = [self.nodes([block], spot) for block in blocks]
        end = ends[0]
        for other in ends[1:]:
            end = joined(end, other)
        return end

    def loop(self, node: WeighedForNode | WeighedTablerowNode, spot: Spot) -> Spot:
        """Read the body twice, as its second round begins where its first ended."""
        begin = spot
        for _ in range(2):
            begin = joined(begin, self.nodes([node.block], begin))
        otherwise = getattr(node, "default", None)
        return joined(begin, self.nodes([otherwise], spot)) if otherwise else begin

    def cycle(self, node: CycleNode, spot: Spot) -> Spot:
        has_values = any(
            isinstance(part, Path) for each in expressions_of(node) for part in with_parts(each)
        )
        if has_values and place_at(spot) is not Place.WORDS:
            raise Unfit("`cycle` may not write values here", mend="write plain words, or use if")
        return after_gap(spot)


__all__ = ["every_node", "expressions_of", "filters_of", "parse", "problem_of", "with_parts"]
