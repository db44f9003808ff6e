"""What a template uses, with places: the names, filters and tags that a check has to know of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from liquid.ast import Node
from liquid.builtin.expressions import BooleanExpression, Path
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from keepwarm.engine.templates.branches import Within, branches
from keepwarm.engine.templates.comparisons import Comparison, comparisons_in
from keepwarm.engine.templates.dialect import PLAIN, SkipNode, children_of
from keepwarm.engine.templates.drafts import without_comments
from keepwarm.engine.templates.filter_use import misused_filters
from keepwarm.engine.templates.marks import Source, Writing, pieces_of
from keepwarm.engine.templates.parsing import (
    MaybePath,
    every_node,
    expressions_of,
    filters_of,
    let_conditions_ask_for_missing,
    parse_words,
    unknown_filters,
    with_parts,
)
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.problems import PlaybookRefused, Problem
from keepwarm.schema.suggestions import is_slip_of


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name that a template takes from outside."""

    #: As written: `customer.first_name`.
    path: str
    line: int
    column: int
    #: `body`, `subject`, `preheader` or `title`.
    part: str
    #: Whether the template goes on where the value is missing: it has a default, a condition asks
    #: for it, or a condition around it does.
    may_be_missing: bool
    #: What the conditions around it ask for: `offer` around `offer.percent`.
    asked: frozenset[str] = field(default=frozenset(), compare=False)
    #: What certainly has a value here, by these conditions, and what certainly has none.
    present: frozenset[str] = field(default=frozenset(), compare=False)
    absent: frozenset[str] = field(default=frozenset(), compare=False)
    #: The filter that needs its value before a `default` could stand in for it; "" without one.
    before_default: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class WordUse:
    """A filter or a tag that a template uses."""

    name: str
    line: int
    column: int
    part: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one file of a template uses, in the order written."""

    names: tuple[NameUse, ...]
    filters: tuple[WordUse, ...]
    tags: tuple[WordUse, ...]
    #: The reasons for which it is not sent.
    skips: tuple[str, ...]
    #: The names without which it is never sent: `{% unless customer.city %}{% skip "…" %}`.
    needed: frozenset[str] = frozenset()
    comparisons: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """What writings use, as far as they are Liquid, and every fault of the rest."""

    analysis: Analysis
    problems: tuple[Problem, ...]


def analyse(file: TemplateFile) -> Analysis:
    """Give what a file uses; raises PlaybookRefused where it is no Liquid."""
    examined = examine(writings_of(file))
    if examined.problems:
        raise PlaybookRefused(examined.problems)
    return examined.analysis


def writings_of(file: TemplateFile) -> list[tuple[str, Writing]]:
    """Give what of a template's file is Liquid: the lines of its head by their keys, the body."""
    head = {"subject": file.subject, "preheader": file.preheader, "title": file.title}
    lines = [(key, Writing.of_head(file, key, text or "")) for key, text in head.items()]
    return [*lines, ("body", Writing(file.body, file.file, file.body_line))]


def examine(writings: Iterable[tuple[str, Writing]]) -> Examined:
    """Give what writings use, with all that is wrong in them; each has a name for its part."""
    found: list[Analysis] = []
    problems: list[Problem] = []
    for part, writing in writings:
        try:
            found.append(_analysis(part, writing, problems))
        except PlaybookRefused as refused:
            problems += refused.problems
    needed = frozenset[str]().union(*(each.needed for each in found))
    analysis = Analysis(
        tuple(
            replace(name, may_be_missing=True) if name.path in needed else name
            for each in found
            for name in each.names
        ),
        tuple(name for each in found for name in each.filters),
        tuple(name for each in found for name in each.tags),
        tuple(reason for each in found for reason in each.skips),
        needed,
        tuple(each for one in found for each in one.comparisons),
    )
    return Examined(analysis, tuple(problems))


def _analysis(part: str, writing: Writing, problems: list[Problem]) -> Analysis:
    source = Source.of(without_comments(pieces_of(writing), writing), writing)
    nodes = parse_words(source, PLAIN).nodes
    problems += [*unknown_filters(nodes, source), *misused_filters(nodes, source)]
    for node in every_node(nodes):
        let_conditions_ask_for_missing(node)

    def place(index: int) -> tuple[int, int]:
        written, at = source.written_at(index)
        return written.place(at)

    names = [
        NameUse(
            str(use.path),
            *place(use.path.token.start_index),
            part,
            use.goes_on,
            use.within.asked,
            use.within.present,
            use.within.absent,
            use.before_default,
        )
        for use in _names(nodes)
    ]
    filters = [
        WordUse(each.name, *place(each.token.start_index), part)
        for node in every_node(nodes)
        for expression in expressions_of(node)
        for inner in with_parts(expression)
        for each in filters_of(inner)
    ]
    tags = [
        WordUse(mark.tag, *mark.writing.place(mark.at + mark.text.find(mark.tag)), part)
        for mark in source.marks
        if not mark.is_output and not mark.tag.startswith("end") and mark.tag not in _PARTS_OF_TAGS
    ]
    skips = [node.reason for node in every_node(nodes) if isinstance(node, SkipNode)]
    return Analysis(
        tuple(names),
        tuple(filters),
        tuple(tags),
        tuple(skips),
        _needed(nodes),
        tuple(comparisons_in(nodes, source)),
    )


_PARTS_OF_TAGS = frozenset({"else", "elsif", "when"})
#: Filters that give a missing value on as it is, so that a `default` behind them still sees it.
_PASSING = frozenset({"money", "date", "link"})


@dataclass(frozen=True, slots=True)
class _Use:
    """A path that an expression evaluates."""

    path: Path
    goes_on: bool
    within: Within
    #: The name that `assign` gives the path's value as it is.
    alias: str | None = None
    before_default: str = ""


def _names(nodes: Sequence[Node]) -> list[_Use]:
    """Give the uses of names from outside.

    A name given to a value that may be missing does no harm; writing it does.
    """
    made = {str(name) for node in every_node(nodes) for name in node.template_scope()}
    uses = [use for node in nodes for use in _names_in(node, frozenset(), Within())]
    own = made | {str(name) for node in every_node(nodes) for name in node.block_scope()}
    harmful = {str(use.path.path[0]) for use in uses if not use.goes_on and use.alias is None}
    return [
        replace(
            use,
            goes_on=use.goes_on if use.alias is None else use.alias not in harmful,
            within=use.within.without(own),
        )
        for use in uses
        if str(use.path.path[0]) not in made
    ]


def _names_in(node: Node, bound: frozenset[str], within: Within) -> Iterator[_Use]:
    """Give the names that a node and its children use, which stands within conditions."""
    for expression in expressions_of(node):
        defaulted = _defaulted(expression)
        for path in _paths(expression):
            if str(path.path[0]) not in bound:
                is_asked = str(path) in within.asked - within.absent
                goes_on = isinstance(path, MaybePath) or path is defaulted or is_asked
                alias = None if goes_on else _alias(node, path)
                yield _Use(path, goes_on, within, alias, _before_default(expression, path))
    bound |= {str(name) for name in node.block_scope()}
    for child, inner in branches(node, within):
        yield from _names_in(child, bound, inner)


def _needed(nodes: Sequence[Node]) -> frozenset[str]:
    """Give the names without which a `skip` is met for certain, wherever in a mail it stands."""
    return frozenset(
        str(node.condition.expression)
        for node in nodes
        if isinstance(node, UnlessNode)
        and isinstance(node.condition, BooleanExpression)
        and isinstance(node.condition.expression, Path)
        and any(isinstance(child, SkipNode) for child in children_of(node.consequence))
    )


def _alias(node: Node, path: Path) -> str | None:
    """Give the name that a node gives to what stands at the path, and to nothing made of it."""
    if not isinstance(node, AssignNode) or filters_of(node.expression):
        return None
    return str(node.name) if getattr(node.expression, "left", None) is path else None


def _paths(expression: Expression) -> list[Path]:
    return [part for part in with_parts(expression) if isinstance(part, Path)]


def _defaulted(expression: Expression) -> Path | None:
    """Give the path that has a default, before any filter that would need its value."""
    left = getattr(expression, "left", None)
    needing = (each.name for each in filters_of(expression) if each.name not in _PASSING)
    is_default = is_slip_of(next(needing, ""), "default")  # of a slip that alone is told
    return left if is_default and isinstance(left, Path) else None


def _before_default(expression: Expression, path: Path) -> str:
    """Give the filter that needs the value of a path, and stands before its default."""
    if getattr(expression, "left", None) is not path:
        return ""
    names = [each.name for each in filters_of(expression) if each.name not in _PASSING]
    return names[0] if "default" in names[1:] and names[0] != "default" else ""
