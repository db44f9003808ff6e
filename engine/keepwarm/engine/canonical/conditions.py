"""Conditions in canonical lines: a list's order says nothing, so it is sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from keepwarm.engine.canonical.lines import Aspect, Branch, Line, deeper
from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import All, AnyOf, Condition, Happened, NoneOf, Test


def condition_branches(
    condition: Condition, aspect: Aspect, file: str, *, is_any: bool = False
) -> tuple[Branch, ...]:
    """Give a condition as the list that a file would have; `is_any` where a list means any."""
    list_means = AnyOf if is_any else All
    listed = condition.of if isinstance(condition, list_means) else (condition,)
    return _sorted(_branch(each, aspect, file) for each in _spread(listed, list_means))


def tests_named(condition: Condition) -> Iterator[Test]:
    """Give every test of a condition, those of an event's `where` left out."""
    if isinstance(condition, Test):
        yield condition
        return
    for each in condition.of:
        yield from tests_named(each)


def _spread(conditions: Iterable[Condition], group: type[All | AnyOf]) -> Iterator[Condition]:
    """Give the members with those of the same group inside, which say the same without it."""
    for each in conditions:
        if isinstance(each, group) or (isinstance(each, (All, AnyOf)) and len(each.of) == 1):
            yield from _spread(each.of, group)
        else:
            yield each


def _branch(condition: Condition, aspect: Aspect, file: str) -> Branch:
    match condition:
        case Test(fact=fact, wanted=wanted, phrase=phrase, span=span):
            line = Line(f"{fact}: {wanted}", 0, aspect, Place(file, span))
            where = phrase.where if isinstance(phrase, Happened) else None
            if where is None:
                return Branch(line)
            below = condition_branches(where, aspect, file)
            return Branch(line, (_group("where", below, aspect),))
        case All(of):
            return _group("all", _members(of, All, aspect, file), aspect)
        case AnyOf(of):
            return _group("any", _members(of, AnyOf, aspect, file), aspect)
        case NoneOf(of):
            return _group("none", _members(of, AnyOf, aspect, file), aspect)
        case _:
            assert_never(condition)


def _members(
    of: tuple[Condition, ...], group: type[All | AnyOf], aspect: Aspect, file: str
) -> tuple[Branch, ...]:
    return _sorted(_branch(each, aspect, file) for each in _spread(of, group))


def _group(word: str, below: tuple[Branch, ...], aspect: Aspect) -> Branch:
    place = below[0].line.place if below else None
    # A group is at least as deep as it stands; its members are one deeper.
    line = Line(f"{word}:", 1 if word == "where" else 0, aspect, place)
    return Branch(line, deeper(below, line.depth + 1))


def _sorted(branches: Iterable[Branch]) -> tuple[Branch, ...]:
    return tuple(sorted(branches, key=lambda each: [line.says for line in each.flat()]))
