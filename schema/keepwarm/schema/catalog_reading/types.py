"""The type of an attribute or a property: `number`, `yes or no`, `one of free, pro`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from keepwarm.schema.condition_reading.spelling import LIKE_A_PHRASE
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.reading import Grammar, Read, Refusal, tidied
from keepwarm.schema.suggestions import quoted


@dataclass(frozen=True, slots=True)
class TypeOfFact:
    """What sort of value a fact has; for a choice, what it may be."""

    kind: FactKind
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is FactKind.CHOICE:
            return f"one of {', '.join(self.choices)}"
        return str(self.kind)


def read_type(text: str) -> Read[TypeOfFact] | Refusal:
    """Read the type that stands behind `is:`, or behind a property of an event."""
    # A list of choices may be longer than any other phrase: all countries, say.
    if match := _ONE_OF.fullmatch(tidied(text)):
        found = _choice(match["choices"])
        return found if isinstance(found, Refusal) else Read(found, str(found))
    return _TYPE.read(text)


def _parse(said: str) -> TypeOfFact | Refusal | None:
    kind = _KINDS.get(said.lower())
    if kind is not None:
        return TypeOfFact(kind)
    if other := _OTHER_WORDS.get(said.lower()):
        return Refusal(f"{quoted(said)} is no type of this language", _HINT, str(other))
    match = _ONE_OF.fullmatch(said)  # also in a phrase whose slips are being put right
    return _choice(match["choices"]) if match else _refused_bare_list(said)


def _choice(text: str) -> TypeOfFact | Refusal:
    choices = tuple(part for part in re.split(r" ?, ?(?:or )?| or ", text) if part)
    doubled = next((c for c in choices if choices.count(c) > 1), None)
    if doubled is not None:
        return Refusal(
            f"{quoted(doubled)} stands twice in this list",
            None,
            str(TypeOfFact(FactKind.CHOICE, tuple(dict.fromkeys(choices)))),
        )
    if len(choices) < 2:  # noqa: PLR2004  one is no choice
        return Refusal("a choice has at least two values", _HINT)
    for choice in choices:
        if LIKE_A_PHRASE.fullmatch(choice):
            return Refusal(
                f"{quoted(choice)} cannot be a choice: a condition would read it as a phrase",
                "choose another word for it",
            )
    return TypeOfFact(FactKind.CHOICE, choices)


def _refused_bare_list(said: str) -> Refusal | None:
    parts = [part.strip() for part in said.split(",")]
    if len(parts) < 2 or not all(re.fullmatch(r"[\w-]+", part) for part in parts):  # noqa: PLR2004  one is no list
        return None
    return Refusal(f"cannot read {quoted(said)} as a type", _HINT, f"one of {', '.join(parts)}")


_KINDS = {
    str(kind): kind
    for kind in (
        FactKind.NUMBER,
        FactKind.TEXT,
        FactKind.DATE,
        FactKind.MOMENT,
        FactKind.TRUTH,
        FactKind.TAGS,
    )
}
_OTHER_WORDS = {
    **dict.fromkeys(("string", "str", "varchar", "a text", "words"), FactKind.TEXT),
    **dict.fromkeys(
        ("int", "integer", "float", "decimal", "numeric", "amount", "money", "a number"),
        FactKind.NUMBER,
    ),
    **dict.fromkeys(
        ("bool", "boolean", "truth", "yes/no", "yes", "no", "true or false", "no or yes"),
        FactKind.TRUTH,
    ),
    **dict.fromkeys(("datetime", "timestamp", "time", "date and time"), FactKind.MOMENT),
    **dict.fromkeys(("day", "a date"), FactKind.DATE),
    **dict.fromkeys(("list", "array", "set", "labels", "tag"), FactKind.TAGS),
}  # fmt: skip
_ONE_OF = re.compile(r"(?:one of|any of|choice of|either) (?P<choices>.+)", re.IGNORECASE)
_HINT = (
    'it is one of: "number", "text", "yes or no", "date", "moment", "tags", '
    'or for example "one of free, pro, team"'
)
_TYPE: Grammar[TypeOfFact] = Grammar(
    "a type", _HINT, frozenset({*_KINDS, "yes", "or", "no", "one", "of"}), _parse
)
