"""What fills a gap, as quickly as it can be had: a look into the values, and a memory of results.

python-liquid evaluates every expression. What it gave for some values is remembered, as long as
that pays; and a path without a filter to plain text or a whole number needs no evaluation.
Each is asked of one customer's variables, or of a whole audience: then a column at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

from liquid.builtin.expressions import Path as LiquidPath
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.primitive import Literal
from liquid.expression import Expression

from keepwarm.engine.templates.audience import MISSING, Audience, Path, Variables, lookup
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

#: What python-liquid makes of a customer's variables; raises LiquidError.
Evaluate: TypeAlias = Callable[[Variables], str]
#: Gives what a value alone decides, or None where it does not.
Quick: TypeAlias = Callable[[Any], str | None]
#: Writes a value at its place.
Write: TypeAlias = Callable[[Any], str]
#: Makes a text fit its place once it is written, such as a subject onto one line.
Finish: TypeAlias = Callable[[str], str]

#: How many results are remembered for one gap; when they are full, they are forgotten at once.
MOST_REMEMBERED = 2_048
#: Remembering goes on where at least one in so many values comes again.
WORTH_REMEMBERING = 4

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Decided(Protocol[T_co]):
    """What variables alone decide: the text of a gap, the answer to a question."""

    def __call__(self, variables: Variables) -> T_co:
        """Give it for one customer; raises LiquidError."""

    def together(self, audience: Audience) -> Sequence[T_co]:
        """Give it for each of many; raises what it raises for any of them."""


#: Gives the text of a gap.
Fill: TypeAlias = Decided[str]


@dataclass(frozen=True, slots=True)
class OneByOne(Generic[T]):
    """What is worked out from a customer's variables, for each anew."""

    evaluate: Callable[[Variables], T]

    def __call__(self, variables: Variables) -> T:
        """Give it for one customer."""
        return self.evaluate(variables)

    def together(self, audience: Audience) -> Sequence[T]:
        """Give it for each of many."""
        return [self.evaluate(audience.variables(place)) for place in range(len(audience))]


class ByValue:
    """A text that the value of one path decides for most, and python-liquid for the others."""

    __slots__ = ("_evaluate", "_find", "_path", "_quick")

    def __init__(self, path: Path, quick: Quick, evaluate: Evaluate) -> None:
        self._path, self._quick, self._evaluate = path, quick, evaluate
        self._find = lookup(path)

    def __call__(self, variables: Variables) -> str:
        """Give the text for one customer."""
        text = self._quick(self._find(variables))
        return self._evaluate(variables) if text is None else text

    def together(self, audience: Audience) -> Sequence[str]:
        """Give the texts for many."""
        texts = [*map(self._quick, audience.values(self._path))]
        if None in texts:
            evaluate, of = self._evaluate, audience.variables
            return [evaluate(of(at)) if text is None else text for at, text in enumerate(texts)]
        return cast("list[str]", texts)


def paths_of(expression: Expression) -> frozenset[tuple[str, ...]] | None:
    """Give the paths whose values alone decide what an expression gives; None if that is unclear.

    A path that ends in an index, in `size`, `first` or `last`, or that names another path, is not
    clear: it is left to python-liquid.
    """
    paths: set[tuple[str, ...]] = set()
    for part in with_parts(expression):
        if isinstance(part, LiquidPath):
            segments = tuple(part.path)
            if not all(isinstance(each, str) and each not in _SPECIAL for each in segments):
                return None
            paths.add(tuple(str(each) for each in segments))
        if any(each.name == "date" for each in filters_of(part)):
            paths.update(ZONE_PATHS)
    return frozenset(paths)


_SPECIAL = frozenset({"size", "first", "last"})


def fill_for_path(path: Path, place: Place, finish: Finish, evaluate: Evaluate) -> Fill:
    """Give the fill of a gap that is one path and no filter."""
    match place:
        case Place.PLAIN:
            return ByValue(path, _words(finish), evaluate)
        case Place.WORDS:
            return ByValue(path, _words(escaped), evaluate)
        case Place.LINK:
            return ByValue(path, _link, evaluate)
        case _:

            def elsewhere(value: Any) -> str | None:  # noqa: ANN401 - whatever variables hold
                return written(value, place) if value.__class__ is str else None

            return ByValue(path, elsewhere, evaluate)


def _words(write: Callable[[str], str]) -> Quick:
    """Give what writes texts and whole numbers; letters and digits alone need no second look."""

    def words(value: Any) -> str | None:  # noqa: ANN401 - whatever variables hold
        if value.__class__ is str:
            return value if value.isalnum() else write(value)
        return str(value) if value.__class__ is int else None

    return words


def _link(value: Any) -> str | None:  # noqa: ANN401 - whatever variables hold
    return escaped(safe_link(value)) if value.__class__ is str else None


def fill_through_filters(
    filters: Sequence[Filter], path: Path, template: Template, write: Write, evaluate: Evaluate
) -> Evaluate:
    """Give what fills a gap that is one path and filters whose arguments are plain words.

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
    filters: Sequence[Filter], path: Path, place: Place, finish: Finish, otherwise: Evaluate
) -> Fill | None:
    """Give the fill of a gap whose filters do to a text what Python does, such as `upcase`.

    It needs no memory, because making the text anew is as quick. None where a filter does anything
    else; `otherwise` fills the gap where the value is no short text, or an empty one.
    """
    if place not in (Place.PLAIN, Place.WORDS) or not all(map(_is_of_text, filters)):
        return None
    steps = [_OF_TEXT[each.name] for each in filters if each.name != _DEFAULT]
    write = finish if place is Place.PLAIN else escaped
    # What is shorter stays within bounds, whatever the steps make of it.
    short = SHORT_TEXT // _GROWTH ** len(steps)

    def quick(value: Any) -> str | None:  # noqa: ANN401 - whatever variables hold
        if value.__class__ is not str or not 0 < len(value) <= short:
            return None
        for step in steps:
            value = step(value)
        return value if value.isalnum() else write(value)

    return ByValue(path, quick, otherwise)


#: How many letters one becomes at most when its case changes, or a space of a link.
_GROWTH: Final = 3
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


def remembering(paths: Sequence[Path], evaluate: Callable[[Variables], T]) -> Decided[T]:
    """Give what remembers what it gave for the values of these paths.

    It may be told nothing but None by no result. Where most values are new, it stops remembering.
    """
    return Remembering(paths, evaluate) if paths else OneByOne(evaluate)


class Remembering(Generic[T]):
    """What the values of some paths decide, worked out once for equal values."""

    __slots__ = ("_key_of", "_memory", "_paths")

    def __init__(self, paths: Sequence[Path], evaluate: Callable[[Variables], T]) -> None:
        self._paths = paths
        self._memory = _Memory(evaluate)
        self._key_of = _key_of(paths)

    def __call__(self, variables: Variables) -> T:
        """Give it for one customer."""
        key = self._key_of(variables)
        result = self._memory.known.get(key)
        return self._memory.learn(key, variables) if result is None else result

    def together(self, audience: Audience) -> Sequence[T]:
        """Give it for each of many."""
        memory, keys = self._memory, _keys(self._paths, audience)
        results = [*map(memory.known.get, keys)]
        if None not in results:
            return cast("list[T]", results)
        for place, key in enumerate(keys):
            if results[place] is None:
                known = memory.known.get(key)  # by one before it
                results[place] = (
                    memory.learn(key, audience.variables(place)) if known is None else known
                )
        return cast("list[T]", results)


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
    if kind is str or kind is int or value is MISSING:
        return value
    if value is None:
        return _NONE
    if kind is list and len(value) <= SHORT_LIST and {*map(type, value)} <= _TEXTS:
        return tuple(value)
    return (kind, value) if kind is bool or (kind is float and value) else None


_NONE: Final = object()
_TEXTS: Final = frozenset({str})


def _key_of(paths: Sequence[Path]) -> Callable[[Variables], object]:
    finds = [lookup(path) for path in paths]
    if len(finds) == 1:
        find = finds[0]

        def key_of_one(variables: Variables) -> object:
            key = find(variables)
            return key if key.__class__ is str else _key(key)

        return key_of_one

    def key_of(variables: Variables) -> object:
        found = tuple([_key(find(variables)) for find in finds])
        return None if None in found else found

    return key_of


def _keys(paths: Sequence[Path], audience: Audience) -> Sequence[object]:
    columns = [_column_of_keys(audience.values(path)) for path in paths]
    if len(columns) == 1:
        return columns[0]
    return [None if None in found else found for found in zip(*columns, strict=True)]


def _column_of_keys(values: Sequence[Any]) -> Sequence[object]:
    return [value if value.__class__ is str else _key(value) for value in values]
