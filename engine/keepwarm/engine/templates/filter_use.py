"""Filters that are used in a way that fails for everybody, told before anybody is written to."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from functools import cache

from liquid.ast import Node
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.primitive import StringLiteral

from keepwarm.engine.templates.dialect import PLAIN
from keepwarm.engine.templates.filters import CURRENCY, DATE_FORMS, DIRECTIVE, DIRECTIVES
from keepwarm.engine.templates.marks import Source
from keepwarm.engine.templates.parsing import every_node, expressions_of, filters_of, with_parts
from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import closest, quoted


def misused_filters(nodes: Sequence[Node], source: Source) -> Iterator[Problem]:
    """Give a problem for each filter that cannot work with what is written behind its name."""
    for node in every_node(nodes):
        for expression in expressions_of(node):
            for part in with_parts(expression):
                for each in filters_of(part):
                    if each.name in PLAIN.filters and (fault := _misused(each)):
                        yield _problem(each, source, *fault)


def _problem(used: Filter, source: Source, message: str, hint: str) -> Problem:
    writing, at = source.written_at(used.token.start_index)
    line, column = writing.place(at)
    span = Span(line, column, line, column + len(used.name))
    return Problem("liquid", writing.file, span, f"the filter {used.name} {message}", hint)


def _misused(used: Filter) -> tuple[str, str] | None:
    """Say why a filter cannot work with what stands behind its name; None if it may."""
    given = [each for each in used.args if isinstance(each, PositionalArgument)]
    said = given[0].value.value if given and isinstance(given[0].value, StringLiteral) else None
    least, most = _counts(used.name)
    if used.name == "money" and (not given or (said is not None and not CURRENCY.fullmatch(said))):
        return "needs a currency, as three letters", "write money: 'EUR'"
    if used.name == "date" and said is not None:
        return _no_form(said)
    if used.name == "default" and not used.args:
        return "says nothing to write instead", "write default: 'there'"
    if len(used.args) < least:
        return "needs to be told more", f"write {used.name}: and what it works with"
    if len(given) > most:
        return f"takes {most or 'nothing'} behind its name", "leave the rest out"
    return None


def _no_form(said: str) -> tuple[str, str] | None:
    unknown = [found[2] for found in DIRECTIVE.finditer(said) if found[2] not in DIRECTIVES]
    if unknown:
        return f"does not know %{unknown[0]}", f"it knows {' '.join(f'%{w}' for w in DIRECTIVES)}"
    if "%" in said or said in DATE_FORMS:
        return None
    near = closest(said, DATE_FORMS)
    meant = f'did you mean "{near}"? ' if near else ""
    forms = ", ".join(DATE_FORMS)
    return f"has no form {quoted(said)}", f"{meant}write one of {forms}, or a form such as '%d %B'"


@cache
def _counts(name: str) -> tuple[int, int]:
    """Give how many values a filter needs behind its name, and how many it takes."""
    places = [
        each
        for each in inspect.signature(PLAIN.filters[name]).parameters.values()
        if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ][1:]
    return sum(each.default is inspect.Parameter.empty for each in places), len(places)
