"""What JSON Schema sees of a node: YAML 1.2 types every scalar, where our readers keep texts."""

from __future__ import annotations

import re
from typing import TypeAlias

from keepwarm.schema.flow_commas import with_whole_lines, with_whole_values
from keepwarm.schema.nodes import Mapping, Node, Scalar, Sequence

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def instance_of(node: Node, *, in_an_editor: bool = False) -> Json:
    """Give a node as JSON Schema sees it; of a name written twice the first value counts.

    Our readers keep a text whole that has commas and stands in braces, and so does this; an editor
    does not, and sees names with nothing behind them.
    """
    match node if in_an_editor else whole(node):
        case Scalar(text=text, quoted=is_quoted):
            return text if is_quoted else plain_value(text)
        case Sequence(items=items):
            return [instance_of(item, in_an_editor=in_an_editor) for item in items]
        case Mapping(entries=entries):
            return {
                entry.key.text: instance_of(entry.value, in_an_editor=in_an_editor)
                for entry in reversed(entries)
            }


def whole(node: Node) -> Node:
    """Give a list or a mapping whose texts keep their commas."""
    match node:
        case Scalar():
            return node
        case Sequence(items=items):
            lines = with_whole_lines(items)
            return node if lines is items else Sequence(lines, node.span)
        case Mapping():
            return with_whole_values(node)


def plain_value(text: str) -> str | int | float | bool | None:
    """Give what the core schema of YAML 1.2 makes of a text without quotes.

    Source: yaml.org/spec/1.2.2, 10.3.2, which yaml-language-server follows by default.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if not (first in "+-." or first.isdigit()) or not _NUMBER.fullmatch(text):
        return text
    # Only the type counts: no schema of ours has bounds.
    return 0 if _WHOLE.fullmatch(text) and len(text) > _MOST_DIGITS else _number(text)


def _number(text: str) -> int | float:
    if text[:2].lower() in {"0o", "0x"}:
        return int(text, 0)
    return int(text) if _WHOLE.fullmatch(text) else float(text.replace(".inf", "inf"))


_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_WHOLE = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.inf"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
)
_MOST_DIGITS = 300
