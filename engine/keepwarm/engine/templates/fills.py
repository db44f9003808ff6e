"""What fills a gap, as quickly as it can be had: a look into the values, and a memory of results.

python-liquid evaluates every expression. What it gave for some values is remembered, as long as
that pays; and a path without a filter to plain text or a whole number needs no evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

from liquid.builtin.expressions import Path
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.primitive import Literal
from liquid.expression import Expression

from keepwarm.engine.templates.bounds import (
    GROWING,
    SHORT_LIST,
    SHORT_TEXT,
    refuse_long_results,
    within_bounds,
)
from keepwarm.engine.templates.dialect import Glance, Template
from keepwarm.engine.templates.filters import ZONE_PATHS
from keepwarm.engine.templates.parsing import filters_of, with_parts
from keepwarm.engine.templates.places import Place, escaped, safe_link, written

#: What a template may name, as nested mappings.
Variables: TypeAlias = Mapping[str, Any]
#: Gives the text of a gap for a customer's variables; raises LiquidError.
Fill: TypeAlias = Callable[[Variables], str]
#: Writes a value at its place.
Write: TypeAlias = Callable[[Any], str]
#: Makes a text fit its place once it is written, such as a subject onto one line.
Finish: TypeAlias = Callable[[str], str]
Lookup: TypeAlias = Callable[[Variables], Any]

#: How many results are remembered for one gap; when they are full, they are forgotten at once.
MOST_REMEMBERED = 2_048
#: Remembering goes on where at least one in so many values comes again.
WORTH_REMEMBERING = 4

T = TypeVar("T")


class _Missing:
    """Stands for a value that is not there."""


MISSING: Final = _Missing()


def paths_of(expression: Expression) -> frozenset[tuple[str, ...]] | None:
    """Give the paths whose values alone decide what an expression gives; None if that is unclear.

    A path that ends in an index, in `size`, `first` or `last`, or that names another path, is not
    clear: it is left to python-liquid.
    """
    paths: set[tuple[str, ...]] = set()
    for part in with_parts(expression):
        if isinstance(part, Path):
            segments = tuple(part.path)
            if not all(isinstance(each, str) and each not in _SPECIAL for each in segments):
                return None
            paths.add(tuple(str(each) for each in segments))
        if any(each.name == "date" for each in filters_of(part)):
            paths.update(ZONE_PATHS)
    return frozenset(paths)


_SPECIAL = frozenset({"size", "first", "last"})


def lookup(path: Sequence[str]) -> Lookup:
    """Give what finds the value of a path, or MISSING."""
    match path:
        case [name]:

            def find_one(variables: Variables) -> Any:  # noqa: ANN401
                return variables.get(name, MISSING)

            return find_one
        case [first, second]:

            def find_two(variables: Variables) -> Any:  # noqa: ANN401
                try:
                    return variables[first][second]
                except (KeyError, TypeError, IndexError):
                    return MISSING

            return find_two
        case _:

            def find(variables: Variables) -> Any:  # noqa: ANN401
                found: Any = variables
                try:
                    for name in path:
                        found = found[name]
                except (KeyError, TypeError, IndexError):
                    return MISSING
                return found

            return find


def fill_for_path(path: Sequence[str], place: Place, finish: Finish, evaluate: Fill) -> Fill:
    """Give the fill of a gap that is one path and no filter."""
    find = lookup(path)
    if place is Place.PLAIN:

        def fill_plain(variables: Variables) -> str:
            value = find(variables)
            if value.__class__ is str:
                return value if value.isalnum() else finish(value)
            return str(value) if value.__class__ is int else evaluate(variables)

        return fill_plain
    if place is Place.WORDS:

        def fill_words(variables: Variables) -> str:
            value = find(variables)
            if value.__class__ is str:
                return value if value.isalnum() else escaped(value)
            return str(value) if value.__class__ is int else evaluate(variables)

        return fill_words

    if place is Place.LINK:

        def fill_link(variables: Variables) -> str:
            value = find(variables)
            return escaped(safe_link(value)) if value.__class__ is str else evaluate(variables)

        return fill_link

    def fill_elsewhere(variables: Variables) -> str:
        value = find(variables)
        return written(value, place) if value.__class__ is str else evaluate(variables)

    return fill_elsewhere


def fill_through_filters(
    filters: Sequence[Filter], path: Sequence[str], template: Template, write: Write, evaluate: Fill
) -> Fill:
    """Give the fill of a gap that is one path and filters whose arguments are plain words.

    The filters are python-liquid's own, called one after another. Where that fails, python-liquid
    evaluates the expression, and says why.
    """
    steps = [step for each in filters if (step := _step(each, template))]
    if len(steps) < len(filters):
        return evaluate
    find = lookup(path)

    def fill(variables: Variables) -> str:
        value = find(variables)
        if value is MISSING or value.__class__ is Decimal:
            return evaluate(variables)
        try:
            within_bounds(value, SHORT_TEXT, SHORT_LIST)
            for step in steps:
                value = step(value)
            return write(value)
        except Exception:  # noqa: BLE001  python-liquid tells which
            return evaluate(variables)

    return fill


def fill_from_text(
    filters: Sequence[Filter], path: Sequence[str], place: Place, finish: Finish, otherwise: Fill
) -> Fill | None:
    """Give the fill of a gap whose filters do to a text what Python does, such as `upcase`.

    It needs no memory, because making the text anew is as quick. None where a filter does anything
    else; `otherwise` fills the gap where the value is no short text, or an empty one.
    """
    if place not in (Place.PLAIN, Place.WORDS) or not all(map(_is_of_text, filters)):
        return None
    steps = [_OF_TEXT[each.name] for each in filters if each.name != _DEFAULT]
    find, write = lookup(path), finish if place is Place.PLAIN else escaped

    def fill(variables: Variables) -> str:
        value = find(variables)
        if value.__class__ is not str or not 0 < len(value) <= _SHORT_BEFORE_STEPS:
            return otherwise(variables)
        for step in steps:
            value = step(value)
        return value if value.isalnum() else write(value)

    return fill


#: A text that is shorter stays within bounds: a letter becomes three at most when its case changes,
#: or a space of a link.
_SHORT_BEFORE_STEPS: Final = SHORT_TEXT // 30
#: The filter that leaves every text alone that is not empty.
_DEFAULT: Final = "default"
#: What filters without arguments do to a text.
_OF_TEXT: Final[Mapping[str, Callable[[str], str]]] = {
    "capitalize": str.capitalize,
    "downcase": str.lower,
    "link": safe_link,
    "upcase": str.upper,
}


def _is_of_text(each: Filter) -> bool:
    match each.name, each.args:
        case "default", [PositionalArgument(value=Literal())]:
            return True
        case name, []:
            return name in _OF_TEXT
        case _:
            return False


def _step(each: Filter, template: Template) -> Callable[[Any], Any] | None:
    """Give a filter as a function of the value alone; None where it needs more than that."""
    name, function = each.name, template.env.filters[each.name]
    if getattr(function, "with_context", False):
        return None
    if any(not isinstance(argument.value, Literal) for argument in each.args):
        return None
    nowhere = Glance(template, {})
    positional, named = each.evaluate_args(nowhere)
    if getattr(function, "with_environment", False):
        function = partial(function, environment=template.env)
    arguments = tuple(positional)

    grows = name in GROWING

    def step(value: Any) -> Any:  # noqa: ANN401
        if grows:
            refuse_long_results(name, value, arguments)
        return within_bounds(function(value, *arguments, **named), SHORT_TEXT, SHORT_LIST)

    return step


def remembering(
    paths: Sequence[Sequence[str]], evaluate: Callable[[Variables], T]
) -> Callable[[Variables], T]:
    """Give a function of variables that remembers what it gave for the values of these paths.

    It may be told nothing but None by no result. Where most values are new, it stops remembering.
    """
    if not paths:
        return evaluate
    memory = _Memory(evaluate)
    known, learn = memory.known, memory.learn
    if len(paths) > 1:
        key_of = _key_of_several(paths)

        def give_for_several(variables: Variables) -> T:
            key = key_of(variables)
            result = known.get(key)
            return learn(key, variables) if result is None else result

        return give_for_several
    find = lookup(paths[0])

    def give(variables: Variables) -> T:
        key = find(variables)
        if key.__class__ is not str:
            key = _key(key)
        result = known.get(key)
        return learn(key, variables) if result is None else result

    return give


class _Memory(Generic[T]):
    """What was given for which values, as long as remembering pays.

    Only what is new is counted. When the memory is full it is emptied; if it then fills again with
    values that were all seen only once, it is given up.
    """

    def __init__(self, evaluate: Callable[[Variables], T]) -> None:
        self.known: dict[object, T] = {}
        self._evaluate = evaluate
        self._once: set[object] = set()
        self._again = 0
        self._pays = True

    def learn(self, key: object, variables: Variables) -> T:
        """Evaluate, and remember the result."""
        result = self._evaluate(variables)
        if key is not None and self._pays:
            if len(self.known) >= MOST_REMEMBERED:
                self._forget()
            self._again += key in self._once
            self.known[key] = result
        return result

    def _forget(self) -> None:
        """Empty the memory; give it up if hardly a value of it had been seen before."""
        self._pays = not self._once or self._again * WORTH_REMEMBERING > MOST_REMEMBERED
        self._once = set(self.known) if self._pays else set()
        self._again = 0
        self.known.clear()


def _key(value: Any) -> object:  # noqa: ANN401 - whatever variables hold
    """Give the key of a value: None where a result must not be remembered for it.

    Text, whole numbers, nothing and MISSING never equal one another; 1, 1.0 and true do.
    """
    kind = value.__class__
    if kind is str or kind is int or kind is _Missing:
        return value
    if value is None:
        return _NONE
    if kind is list and len(value) <= SHORT_LIST and {*map(type, value)} <= _TEXTS:
        return tuple(value)
    return (kind, value) if kind is bool or (kind is float and value) else None


_NONE: Final = _Missing()
_TEXTS: Final = frozenset({str})


def _key_of_several(paths: Sequence[Sequence[str]]) -> Callable[[Variables], object]:
    finds = [lookup(path) for path in paths]

    def key_of(variables: Variables) -> object:
        found = tuple([_key(find(variables)) for find in finds])
        return None if None in found else found

    return key_of
