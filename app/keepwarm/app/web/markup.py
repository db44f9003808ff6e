"""HTML made of elements, so that every text in it is escaped unless it is an element itself."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

#: Elements that hold nothing and are not closed.
_VOID: Final = frozenset({"base", "br", "hr", "img", "input", "link", "meta"})


#: Signs that write what follows backwards: a name with one would show an address as another's.
_TURNING: Final = {0x202D: "\ufffd", 0x202E: "\ufffd"}


class Html(str):
    """Text that is HTML already, made by `tag`, or written by another module of ours."""

    __slots__ = ()


def written(html: str) -> Html:
    """Take a piece that another module of ours wrote as HTML, and escaped itself."""
    return Html(html)


#: What may stand inside an element: text is escaped, None and False are left out.
Child: TypeAlias = "Html | str | int | bool | Iterable[Child] | None"


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Make an element.

    `class_` and `for_` are `class` and `for`; `aria_label` is `aria-label`. True gives an
    attribute without a value; None and False leave it out.
    """
    words = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{words}>")
    return Html(f"<{name}{words}>{together(*children)}</{name}>")


def together(*children: Child) -> Html:
    """Put pieces one after another."""
    return Html("".join(_written(child) for child in children))


def _written(child: Child) -> str:
    match child:
        case None | bool():
            return ""
        case Html():
            return str(child)
        case str():
            return escape(child.translate(_TURNING))
        case int():
            return str(child)
        case _:
            return together(*child)


def _attribute(key: str, value: str | int | bool | None) -> str:  # noqa: FBT001 - as HTML has them
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{escape(str(value))}"'
