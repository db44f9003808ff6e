"""What a template uses, with places: the names, filters and tags that a check has to know of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liquid.ast import ConditionalBlockNode, Node
from liquid.builtin.expressions import Path
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from keepwarm.engine.templates.dialect import PLAIN, SkipNode, children_of
from keepwarm.engine.templates.drafts import without_comments
from keepwarm.engine.templates.marks import Source, Writing, pieces_of
from keepwarm.engine.templates.parsing import (
    MaybePath,
    every_node,
    expressions_of,
    filters_of,
    parse,
    with_parts,
)
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.problems import PlaybookRefused, Problem


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


def analyse(file: TemplateFile) -> Analysis:
    """Give what a file uses; raises PlaybookRefused where it is no Liquid."""
    writings = [
        ("subject", Writing(file.subject or "", file.file, part="subject")),
        ("preheader", Writing(file.preheader or "", file.file, part="preheader")),
        ("title", Writing(file.title or "", file.file, part="title")),
        ("body", Writing(file.body, file.file, file.body_line)),
    ]
    found: list[Analysis] = []
    problems: list[Problem] = []
    for part, writing in writings:
        try:
            found.append(_analysis(part, writing))
        except PlaybookRefused as refused:
            problems += refused.problems
    if problems:
        raise PlaybookRefused(problems)
    return Analysis(
        tuple(name for each in found for name in each.names),
        tuple(name for each in found for name in each.filters),
        tuple(name for each in found for name in each.tags),
        tuple(reason for each in found for reason in each.skips),
    )


def _analysis(part: str, writing: Writing) -> Analysis:
    source = Source.of(without_comments(pieces_of(writing), writing), writing)
    nodes = parse(source, PLAIN).nodes

    def place(index: int) -> tuple[int, int]:
        written, at = source.written_at(index)
        return written.place(at)

    names = [
        NameUse(str(path), *place(path.token.start_index), part, may_be_missing)
        for path, may_be_missing in _names(nodes)
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
    return Analysis(tuple(names), tuple(filters), tuple(tags), tuple(skips))


_PARTS_OF_TAGS = frozenset({"else", "elsif", "when"})
_INNER = (ConditionalBlockNode, MultiExpressionBlockNode)
_CHOICES = (IfNode, UnlessNode, CaseNode)


def _names(nodes: Sequence[Node]) -> Iterator[tuple[Path, bool]]:
    made = {str(name) for node in every_node(nodes) for name in node.template_scope()}
    for node in nodes:
        yield from _names_in(node, frozenset(made), frozenset())


def _names_in(
    node: Node, bound: frozenset[str], asked: frozenset[str]
) -> Iterator[tuple[Path, bool]]:
    """Give the names that a node and its children use. `asked` are those of conditions around."""
    for expression in expressions_of(node):
        defaulted = _defaulted(expression)
        for path in _paths(expression):
            if str(path.path[0]) not in bound:
                goes_on = isinstance(path, MaybePath) or path is defaulted or str(path) in asked
                yield path, goes_on
    if isinstance(node, _CHOICES):
        inner = (each for child in every_node([node]) for each in _conditions(child))
        asked |= {str(path) for condition in inner for path in _paths(condition)}
    within = bound | {str(name) for name in node.block_scope()}
    for child in children_of(node):
        yield from _names_in(child, within, asked)


def _paths(expression: Expression) -> list[Path]:
    return [part for part in with_parts(expression) if isinstance(part, Path)]


def _defaulted(expression: Expression) -> Path | None:
    """Give the path that has a default."""
    left = getattr(expression, "left", None)
    has_default = any(each.name == "default" for each in filters_of(expression))
    return left if has_default and isinstance(left, Path) else None


def _conditions(node: Node) -> Iterator[Expression]:
    if isinstance(node, (*_CHOICES, *_INNER)):
        yield from node.expressions()
