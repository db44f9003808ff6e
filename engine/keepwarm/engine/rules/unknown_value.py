"""A template that asks for a value which nobody can have: a plan that the catalog does not list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from keepwarm.engine.rules.sayings import by_name, event_of, examined, own_words, starting_events
from keepwarm.engine.templates.comparisons import Comparison
from keepwarm.schema.catalog import Attribute, Place
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.nodes import Span
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.workspace import Workspace

_PATH: Final = re.compile(r"(?P<root>customer|event)\.(?P<word>\w+)")
#: What values of a kind are, where no other can equal them.
_IS: Final = {
    FactKind.CHOICE: "a choice",
    FactKind.TEXT: "a text",
    FactKind.NUMBER: "a number",
    FactKind.TRUTH: "yes or no",
}


def _find(workspace: Workspace) -> Iterator[Finding]:
    starts = starting_events(workspace)
    for key, files in by_name(workspace).items():
        for file in files:
            for each in examined(file).analysis.comparisons:
                yield from _of_one(each, file.file, starts.get(key, frozenset()), workspace)
    for words in own_words(workspace):
        for each in words.examined.analysis.comparisons:
            events = frozenset(event_of(words.playbook))
            yield from _of_one(each, words.place.file, events, workspace)


def _of_one(
    compared: Comparison, file: str, events: frozenset[str], workspace: Workspace
) -> Iterator[Finding]:
    path = _PATH.fullmatch(compared.path)
    if path is None:
        return
    facts = _facts(path["root"], path["word"], events, workspace)
    if facts and not any(_may_be(fact, compared.value) for fact in facts):
        yield _finding(compared, facts, file)


def _facts(
    root: str, word: str, events: frozenset[str], workspace: Workspace
) -> tuple[Attribute, ...]:
    """Give what a name may stand for: of an event, the property of each that starts this."""
    catalog, known = workspace.catalog, workspace.known
    if word in known.broken or events & known.broken or not known.catalog_is_whole:
        return ()
    if root == "customer":
        return tuple(each for name, each in catalog.attributes.items() if name == word)
    asked = [catalog.events[name] for name in sorted(events) if name in catalog.events]
    return tuple(each.properties[word] for each in asked if word in each.properties)


def _may_be(fact: Attribute, value: str | float | bool) -> bool:  # noqa: FBT001 - templates compare with yes or no, too
    match fact.kind:
        case FactKind.CHOICE:
            return value in fact.choices
        case FactKind.TEXT:
            return isinstance(value, str)
        case FactKind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case FactKind.TRUTH:
            return isinstance(value, bool)
        case _:
            return True


def _finding(compared: Comparison, facts: tuple[Attribute, ...], file: str) -> Finding:
    value, name = compared.value, facts[0].name
    text = _shown(value)
    span = Span(compared.line, compared.column, compared.line, compared.column + max(len(text), 1))
    choices = tuple(dict.fromkeys(choice for fact in facts for choice in fact.choices))
    if isinstance(value, str) and choices:
        near = closest(value, choices)
        message = f'"{name}" is never {quoted(value)}'
        listed = f"it is one of: {', '.join(choices)}"
        hint = listed if value else _WHETHER.format(path=compared.path)
        return Finding(Place(file, span), message, hint, near, doubted_by=nothing)
    what = f"the text {quoted(value)}" if isinstance(value, str) else text
    message = f'"{name}" is {_IS[facts[0].kind]}, and never {what}'
    return Finding(Place(file, span), message, _mend(facts[0], compared), doubted_by=nothing)


def _mend(fact: Attribute, compared: Comparison) -> str:
    if compared.value == "" or isinstance(compared.value, bool):
        return _WHETHER.format(path=compared.path)
    match fact.kind:
        case FactKind.TRUTH:
            return f"write {{% if {compared.path} %}}, or {compared.path} == false"
        case FactKind.NUMBER:
            return "write the number, without quotes"
        case _:
            return "write it in quotes"


def _shown(value: str | float | bool) -> str:  # noqa: FBT001 - see `_may_be`
    return str(value).lower() if isinstance(value, bool) else str(value)


#: How to ask whether there is a value at all.
_WHETHER: Final = "to ask whether there is one, write {{% if {path} %}}"

UNKNOWN_VALUE = Rule(
    "unknown-value",
    "A template compares an attribute or a property with a value that it never has.",
    _find,
)
