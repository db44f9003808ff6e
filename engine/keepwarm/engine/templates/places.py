"""How a value is written where it stands: in HTML text, in an attribute, as a link, in a style."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, auto

from liquid import Markup
from liquid.undefined import Undefined

from keepwarm.engine.templates.faults import Unfit


class Place(Enum):
    """Where a gap stands, which decides how its value is written."""

    #: Not HTML at all.
    PLAIN = auto()
    #: HTML: between tags, or in an attribute that is only words.
    WORDS = auto()
    #: HTML: an attribute that is a link begins with the gap.
    LINK = auto()
    #: HTML: the name of the computer in a link, as in `https://{{ … }}.example.com`.
    HOST = auto()
    #: HTML: a style, as in `style="color: {{ … }}"`.
    STYLE = auto()
    #: HTML: an address in a style, as in `url('{{ … }}')`.
    STYLE_LINK = auto()


#: What stands where a link is no link that may be followed.
NO_LINK = "#"
#: Browsers drop these from a link before they read it.
_DROPPED_FROM_LINKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LINK = re.compile(r"https?://[^/?#\\]|mailto:[^/]|tel:[+0-9]", re.IGNORECASE | re.ASCII)
#: What nearly all links are, so that they need no second look.
_PLAIN_LINK = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9\-._~/?#@:+,;=&%]*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.\-]*(?::[0-9]{1,5})?", re.ASCII)
_STYLE = re.compile(r"[A-Za-z0-9#%., \-]*", re.ASCII)
_STYLE_LINK = re.compile(r"https?://[^\s'\"()\\<>;]+", re.IGNORECASE | re.ASCII)

_WHOLE_BELOW = 10**16


def text_of(value: object, *, escaping: bool) -> str:
    """Give a value as words. Text that is already HTML (`Markup`) stays so.

    Numbers lose a trailing `.0`, nothing at all is empty, a list is its things one after another.
    """
    match value:
        case str():
            return value if type(value) in (str, Markup) else str(value)
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case int():
            return str(value)
        case float() | Decimal():
            return number_text(value)
        case list() | tuple():
            texts = [text_of(each, escaping=escaping) for each in value]
            return Markup("").join(texts) if escaping else "".join(texts)
        case range():
            return f"{value.start}..{value.stop - 1}"
        case Undefined():
            return str(value)
        case Mapping():
            raise Unfit("a group of values cannot be written", mend="name one of them")
        case _:
            return str(value)


def number_text(number: float | Decimal) -> str:
    """Give a number without a trailing `.0`."""
    if number == number // 1 and -_WHOLE_BELOW < number < _WHOLE_BELOW:
        return str(int(number))
    return str(number)


def written(value: object, place: Place) -> str:
    """Give a value as it is written at a place of HTML: escaped, and harmless there."""
    text = text_of(value, escaping=True)
    match place:
        case Place.WORDS:
            return str(text) if isinstance(text, Markup) else escaped(text)
        case Place.PLAIN:
            return text
        case Place.LINK:
            return escaped(safe_link(_unescaped(text)))
        case Place.HOST:
            return _only(_HOST, _unescaped(text))
        case Place.STYLE:
            return _only(_STYLE, _unescaped(text))
        case Place.STYLE_LINK:
            return escaped(_only(_STYLE_LINK, _unescaped(text)))


def escaped(text: str) -> str:
    """Give a text as HTML: exactly what markupsafe's `escape` gives, faster for short texts."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace('"', "&#34;")
    )


def safe_link(text: str) -> str:
    """Give the link if it leads to the web, to a mail or to a telephone; else `#`."""
    if _PLAIN_LINK.fullmatch(text):
        return text
    link = _DROPPED_FROM_LINKS.sub("", text).strip().replace(" ", "%20")
    return link if _LINK.match(link) else NO_LINK


def _unescaped(text: str) -> str:
    return text.unescape() if isinstance(text, Markup) else text


def _only(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
