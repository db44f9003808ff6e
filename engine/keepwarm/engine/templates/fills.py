"""What fills a gap, as quickly as it can be had: a look into the values, and a memory of results.

python-liquid evaluates every expression. What it gave for some values is remembered, as long as
that pays; and a path without a filter to plain text or a whole number needs no evaluation.
Each is asked of one customer's variables, or of a whole audience: then a column at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

from liquid.builtin.expressions import Path as LiquidPath
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.primitive import Literal
from liquid.expression import Expression

from keepwarm.engine.templates.audience import (
    MISSING,
    Audience,
    Path,
    Variables,
    key_to,
    lookup,
)
from keepwarm.engine.templates.bounds import (
    GROWING,
    SHORT_LIST,
    SHORT_TEXT,
    refuse_long_results,
    within_bounds,
)
from keepwarm.engine.templates.dialect import Glance, Template
from keepwarm.engine.templates.filters import ZONE_PATHS
from keepwarm.engine.templates.finishes import as_it_is, on_one_line, without_controls
from keepwarm.engine.templates.parsing import filters_of, with_parts
from keepwarm.engine.templates.places import Place, escaped, safe_link, written

#: What python-liquid makes of a customer's variables; raises LiquidError.
Evaluate: TypeAlias = Callable[[Variables], str]
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

    @property
    def alone(self) -> Callable[[Variables], T_co]:
        """What gives it for one customer; raises LiquidError."""

    def together(self, audience: Audience) -> Sequence[T_co]:
        """Give it for each of many; raises what it raises for any of them."""


#: Gives the text of a gap.
Fill: TypeAlias = Decided[str]


class OneByOne(Generic[T]):
    """What is worked out from a customer's variables, for each anew."""

    def __init__(self, evaluate: Callable[[Variables], T]) -> None:
        self.alone = evaluate

    def together(self, audience: Audience) -> Sequence[T]:
        """Give it for each of many."""
        return [self.alone(audience.variables(place)) for place in range(len(audience))]


class FromText:
    """What a text at one path becomes; where there is none, python-liquid fills the gap."""

    def __init__(
        self,
        path: Path,
        evaluate: Evaluate,
        write: Finish,
        steps: Sequence[Callable[[str], str]] = (),
        *,
        longest: int | None = None,
        takes_numbers: bool = False,
    ) -> None:
        """Take what is done to a text, and how it is written.

        Where `longest` is given, empty texts and longer ones are left to python-liquid.
        `takes_numbers` writes whole numbers too.
        """
        self._path, self._evaluate, self._write, self._steps = path, evaluate, write, steps
        self._longest = longest
        find = lookup(path)

        def text(value: object) -> str | None:
            if type(value) is str and (longest is None or 0 < len(value) <= longest):
                for step in steps:
                    value = step(value)
                # Letters and digits alone need no second look.
                return value if value.isalnum() else write(value)
            return str(value) if takes_numbers and type(value) is int else None

        def alone(variables: Variables) -> str:
            found = text(find(variables))
            return evaluate(variables) if found is None else found

        self._text, self.alone = text, alone

    def together(self, audience: Audience) -> Sequence[str]:
        """Give the texts for many."""
        values = audience.values(self._path)
        if {*map(type, values)} == {str} and self._fit(values):
            for step in self._steps:
                values = [*map(step, values)]
            return _all_written(self._write, values)
        texts = [*map(self._text, values)]
        if None in texts:
            evaluate, of = self._evaluate, audience.variables
            return [evaluate(of(at)) if text is None else text for at, text in enumerate(texts)]
        return cast("list[str]", texts)

    def _fit(self, texts: Sequence[str]) -> bool:
        longest = self._longest
        return longest is None or (all(texts) and max(map(len, texts)) <= longest)


#: Stands between texts that are escaped together; it needs no escaping itself.
_BETWEEN: Final = "\0"
#: What changes control signs alone.
_OF_CONTROLS: Final = frozenset({as_it_is, on_one_line, without_controls})


def _all_written(write: Callable[[str], str], texts: Sequence[str]) -> Sequence[str]:
    """Give what `write` makes of each text; where it changes none of them, at a glance."""
    if write is not escaped:
        is_as_wanted = write in _OF_CONTROLS and "".join(texts).isprintable()
        return texts if is_as_wanted else [*map(write, texts)]
    whole = _BETWEEN.join(texts)
    written_whole = escaped(whole)
    if written_whole == whole:
        return texts
    parts = written_whole.split(_BETWEEN)
    return parts if len(parts) == len(texts) else [*map(escaped, texts)]


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
            return FromText(path, evaluate, finish, takes_numbers=True)
        case Place.WORDS:
            return FromText(path, evaluate, escaped, takes_numbers=True)
        case Place.LINK:
            return FromText(path, evaluate, escaped, [safe_link])
        case _:
            return FromText(path, evaluate, as_it_is, [partial(written, place=place)])


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
    longest = SHORT_TEXT // _GROWTH ** len(steps)
    return FromText(path, otherwise, write, steps, longest=longest)


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

    def __init__(self, paths: Sequence[Path], evaluate: Callable[[Variables], T]) -> None:
        self._paths = paths
        self._memory = memory = _Memory(evaluate)
        key_of, known = _key_of(paths), memory.known

        def alone(variables: Variables) -> T:
            key = key_of(variables)
            result = known.get(key)
            return memory.learn(key, variables) if result is None else result

        self.alone = alone

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


def _key_of(paths: Sequence[Path]) -> Callable[[Variables], object]:
    finds = [lookup(path) for path in paths]
    if len(finds) == 1:
        find = finds[0]

        def key_of_one(variables: Variables) -> object:
            key = find(variables)
            return key if key.__class__ is str else key_to(key)

        return key_of_one

    def key_of(variables: Variables) -> object:
        found = tuple([key_to(find(variables)) for find in finds])
        return None if None in found else found

    return key_of


def _keys(paths: Sequence[Path], audience: Audience) -> Sequence[object]:
    columns = [audience.keys(path) for path in paths]
    if len(columns) == 1:
        return columns[0]
    return [None if None in found else found for found in zip(*columns, strict=True)]
