"""Single values behind a key: texts, choices, phrases and names, each typed or refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from keepwarm.schema.faults import Faults
from keepwarm.schema.mapping_reading import Fields
from keepwarm.schema.nodes import Mapping, Node, Scalar, Sequence
from keepwarm.schema.reading import TRUTHS, Read, Refusal
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.written_form import Key

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

#: What steps, playbooks, offers, teams and the like may be called.
NAME_OF_A_THING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
#: What facts may be called: templates write them as {{ customer.plan }}.
NAME_OF_A_FACT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
#: `nl`, `pt-BR`, `zh-Hant-TW` (BCP 47, as far as anybody writes it).
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")


def text_of(node: Node | None, name: str, faults: Faults) -> str | None:
    """Give the text that stands behind a key; None where nothing or something else stands."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        return node.text
    faults.add("wrong-type", node, f'"{name}" should be text, but this is {kind_of(node)}')
    return None


def text(fields: Fields, name: str, faults: Faults) -> str | None:
    """Give the text behind a key of a mapping."""
    node = fields.values.get(name)
    if node is None or isinstance(node, Scalar):
        return node.text if node else None
    example = next(iter(fields.key(name).examples), None)
    faults.add(
        "wrong-type",
        node,
        f'"{name}" should be text, but this is {kind_of(node)}',
        hint=f"for example:  {name}: {example}" if example else None,
    )
    return None


def choice(fields: Fields, name: str, words: type[E], faults: Faults) -> E | None:
    """Give the member of a choice that stands behind a key."""
    word = chosen(fields, name, faults)
    return None if word is None else words(word)


def chosen(fields: Fields, name: str, faults: Faults) -> str | None:
    """Give the word out of the key's own choices that stands behind it."""
    node = fields.values.get(name)
    return None if node is None else one_of(fields.key(name), node, faults)


def one_of(key: Key, node: Node, faults: Faults) -> str | None:
    """Give the word out of a key's own choices that a node says."""
    said = text_of(node, key.name, faults)
    if said is None or said in key.choices:
        return said
    faults.add(
        "not-a-choice",
        node,
        f'"{key.name}" cannot be {quoted(said)}',
        hint=f"one of: {', '.join(key.choices)}",
        replacement=closest(said, key.choices),
    )
    return None


def truth(fields: Fields, name: str, faults: Faults, *, default: bool) -> bool:
    """Give whether a key says yes."""
    said = text(fields, name, faults)
    if said is None:
        return default
    if (found := TRUTHS.get(said.lower())) is not None:
        _respell(fields.values[name], said, "yes" if found else "no", faults)
        return found
    faults.add(
        "cannot-read",
        fields.values[name],
        f'"{name}" is yes or no, not {quoted(said)}',
        replacement=closest(said, ("yes", "no")),
    )
    return default


def phrase(
    fields: Fields, name: str, read: Callable[[str], Read[T] | Refusal], faults: Faults
) -> T | None:
    """Give the value of the phrase behind a key."""
    node = fields.values.get(name)
    if node is None:
        return None
    return phrase_of(node, fields.key(name), read, faults)


def phrase_of(
    node: Node, key: Key, read: Callable[[str], Read[T] | Refusal], faults: Faults
) -> T | None:
    """Give the value of a phrase, or note why it has none."""
    if not isinstance(node, Scalar):
        example = next(iter(key.examples), None)
        faults.add(
            "wrong-type",
            node,
            f'"{key.name}" should be text, but this is {kind_of(node)}',
            hint=f"for example:  {key.name}: {example}" if example else None,
        )
        return None
    found = read(node.text)
    if isinstance(found, Refusal):
        refuse(node, found, faults)
        return None
    _respell(node, node.text, found.canonical, faults)
    return found.value


def refuse(node: Node, refusal: Refusal, faults: Faults, *, rule: str = "cannot-read") -> None:
    """Note a refused phrase as a fault at its place."""
    faults.add(rule, node, refusal.message, hint=refusal.hint, replacement=refusal.replacement)


def whole_number(fields: Fields, name: str, faults: Faults, *, low: int, high: int) -> int | None:
    """Give the whole number behind a key, which lies between two others."""
    number = decimal(fields, name, faults)
    if number is None:
        return None
    if number != number.to_integral_value() or not low <= number <= high:
        faults.add(
            "cannot-read", fields.values[name], f'"{name}" is a whole number from {low} to {high}'
        )
        return None
    return int(number)


def decimal(fields: Fields, name: str, faults: Faults) -> Decimal | None:
    """Give the number behind a key."""
    said = text(fields, name, faults)
    if said is None:
        return None
    if re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?", said):
        return Decimal(said)
    plain = re.sub(r"[%€$£]|(?<=[0-9])[,_ ](?=[0-9]{3}\b)", "", said).strip().removeprefix("+")
    is_number = re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?", plain) is not None
    example = next(iter(fields.key(name).examples), None)
    faults.add(
        "cannot-read",
        fields.values[name],
        f'"{name}" should be a number, and {quoted(said)} is not one in digits alone',
        hint=f"for example:  {name}: {example}" if example else None,
        replacement=plain if is_number else None,
    )
    return None


def items(fields: Fields, name: str, faults: Faults, *, one: bool = False) -> tuple[Node, ...]:
    """Give the entries of the list behind a key; with `one`, a lone value is a list of one."""
    node = fields.values.get(name)
    if node is None:
        return ()
    if isinstance(node, Sequence):
        return node.items
    if one:
        return (node,)
    what = "a list of steps" if fields.key(name).shape == "step" else "a list"
    faults.add(
        "wrong-type",
        node,
        f'"{name}" should be {what}, but this is {kind_of(node)}',
        hint="each line of a list begins with a dash:  - …",
    )
    return ()


def texts(nodes: tuple[Node, ...], name: str, faults: Faults) -> Iterator[tuple[Scalar, str]]:
    """Give the texts of a list, with their nodes; what is none is noted."""
    for node in nodes:
        said = text_of(node, name, faults)
        if isinstance(node, Scalar) and said:
            yield node, said
        elif said == "":
            faults.add("empty", node, f'an entry of "{name}" is empty')


def name_of_a_thing(node: Node | None, name: str, faults: Faults) -> str | None:
    """Give a name that the author chose, when it is one."""
    said = text_of(node, name, faults)
    if said is None or node is None or NAME_OF_A_THING.fullmatch(said):
        return said
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", said).strip("-_")
    faults.add(
        "name",
        node,
        f"{quoted(said)} cannot be a name",
        hint="a name has letters, digits, hyphens and underscores",
        replacement=plain if NAME_OF_A_THING.fullmatch(plain) else None,
    )
    return None


def refuse_unknown(
    node: Node, what: str, said: str, names: Collection[str], faults: Faults, *, rule: str,
    hint: str | None = None,
) -> None:  # fmt: skip
    """Note that a name stands for nothing: `there is no offer "…"`."""
    near = closest(said, names)
    some = sorted(names)
    if hint is None and near is None:
        hint = f"there are: {_a_few(some)}" if some else f"the catalog declares no {what}s yet"
    faults.add(rule, node, f"there is no {what} {quoted(said)}", hint=hint, replacement=near)


def kind_of(node: Node) -> str:
    """Say what a node is, for a sentence."""
    match node:
        case Scalar():
            return "text"
        case Sequence():
            return "a list"
        case Mapping():
            return "a group of settings"


def an(word: str) -> str:
    """Give a word with its article: "a task", "an email"."""
    return f"an {word}" if word[:1] in "aeiou" or word == "sms" else f"a {word}"


def _a_few(names: list[str]) -> str:
    most = 8
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _respell(node: Node, said: str, canonical: str, faults: Faults) -> None:
    if said != canonical:
        faults.respell(node.span, canonical)
