"""Where each gap of an HTML template stands: found once, from the literal text around it.

The idea is that of Go's html/template: read the HTML up to the gap, and know whether a value there
is words, a link, a style or something that no value may ever be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from keepwarm.engine.templates.faults import Unfit
from keepwarm.engine.templates.mjml_elements import names
from keepwarm.engine.templates.places import Place

_LINKS = names(
    "href src action formaction background poster cite data longdesc xlink:href srcset"
    " ping manifest icon usemap profile codebase"
)
_NEVER = frozenset({"srcdoc", "http-equiv"})
#: Elements whose content is not HTML.
_RAW = frozenset({"script", "style", "title", "textarea"})

_COMMENT_FOR_OUTLOOK = re.compile(r"<!--\[if[^\]]*\]>(?:<!-->)?|(?:<!--)?<!\[endif\](?:--)?>")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)")
_IN_TAG = re.compile(
    r"""(?P<space>[\s/]+)|(?P<end>>)|(?P<value>[^\s=>/"'<]+\s*=\s*(?P<quote>["']?))"""
    r"""|(?P<name>[^\s=>/"'<]+)|(?P<stray>.)""",
)
_BARE_VALUE = re.compile(r"[^\s>]*")
_RUNS = re.compile(r"\s*(?:javascript|vbscript|data|file)\s*:", re.IGNORECASE)
_SCHEME = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:|[/#?.]|[^:{}]*[/#?])")
_HOST_OPEN = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*$")


@dataclass(frozen=True, slots=True)
class Spot:
    """How far the reading of HTML has come."""

    #: `text`, `comment`, `tag`, `value`, `bare value`, `open tag` or the name of a raw element.
    inside: str = "text"
    tag: str = ""
    attribute: str = ""
    quote: str = ""
    #: What of the value was read; None after a gap that makes the rest harmless.
    value: str | None = ""


TEXT = Spot()


def place_at(spot: Spot) -> Place:
    """Give the place of a gap; raises Unfit where no value may stand."""
    match spot.inside:
        case "text" | "comment" | "title" | "textarea":
            return Place.WORDS
        case "style":
            return Place.STYLE
        case "value":
            return _place_in_value(spot)
        case "bare value":
            raise Unfit("a value of HTML without quotes has a gap", mend='put it in "quotes"')
        case "script":
            raise Unfit("a script has a gap", mend="mail programs run no scripts: leave it out")
        case _:
            raise Unfit(
                "a gap stands inside an HTML tag, outside of quotes",
                mend='a gap may stand in text or in a value: class="{{ … }}"',
            )


def _place_in_value(spot: Spot) -> Place:
    attribute = spot.attribute
    if attribute.startswith("on") or attribute in _NEVER or _refreshes(spot):
        raise Unfit(f"no gap may stand in the attribute {attribute}", mend="leave it out")
    if attribute == "style":
        return _place_in_style(spot.value or "")
    if attribute not in _LINKS or spot.value is None:
        return Place.WORDS
    if _RUNS.match(spot.value):
        raise Unfit("a gap stands in a link that runs a program", mend="link to a page")
    if _HOST_OPEN.match(spot.value):
        return Place.HOST
    return Place.WORDS if _SCHEME.match(spot.value) else Place.LINK


def _refreshes(spot: Spot) -> bool:
    return spot.tag == "meta" and spot.attribute == "content"


def _place_in_style(before: str) -> Place:
    opened = before.rfind("url(")
    is_link = opened >= 0 and ")" not in before[opened:]
    return Place.STYLE_LINK if is_link else Place.STYLE


def after_gap(spot: Spot) -> Spot:
    """Give the spot behind a gap that was written as its place demands."""
    if spot.inside != "value" or spot.value is None or spot.attribute not in _LINKS:
        return spot
    return spot if place_at(spot) is Place.HOST else replace(spot, value=None)


def after_text(spot: Spot, text: str) -> Spot:
    """Give the spot behind literal text."""
    at = 0
    while at < len(text):
        match spot.inside:
            case "text":
                spot, at = _read_text(text, at)
            case "comment":
                spot, at = _read_until(spot, text, at, "-->")
            case "tag":
                spot, at = _read_tag(spot, text, at)
            case "value":
                spot, at = _read_value(spot, text, at)
            case "bare value":
                spot, at = _read_bare_value(spot, text, at)
            case "open tag":
                raise Unfit("a gap stands where the name of an HTML tag is", mend="write the name")
            case raw:
                spot, at = _read_until(spot, text, at, f"</{raw}")
    return spot


def _read_text(text: str, at: int) -> tuple[Spot, int]:
    opened = text.find("<", at)
    if opened < 0:
        return TEXT, len(text)
    if found := _COMMENT_FOR_OUTLOOK.match(text, opened):
        return TEXT, found.end()
    if text.startswith("<!--", opened):
        return Spot("comment"), opened + 4
    if found := _TAG.match(text, opened):
        name = found[2].lower()
        return Spot("tag", tag=f"/{name}" if found[1] else name), found.end()
    if opened == len(text) - 1:
        return Spot("open tag"), len(text)
    if text.startswith(("<!", "<?"), opened):
        return Spot("tag", tag="!"), opened + 2
    return TEXT, opened + 1


def _read_until(spot: Spot, text: str, at: int, end: str) -> tuple[Spot, int]:
    found = re.compile(re.escape(end), re.IGNORECASE).search(text, at)
    if found is None:
        return spot, len(text)
    if end == "-->":
        return TEXT, found.end()
    return Spot("tag", tag=end[1:]), found.end()


def _read_tag(spot: Spot, text: str, at: int) -> tuple[Spot, int]:
    found = _IN_TAG.match(text, at)
    if found is None or found["stray"] is not None:
        if spot.tag == "!":  # a document type has quotes of its own
            return spot, at + 1
        raise Unfit(f"the HTML tag {spot.tag} is not well formed", mend="look at its quotes")
    if found["end"] is not None:
        raw = spot.tag in _RAW
        return (Spot(spot.tag) if raw else TEXT), found.end()
    if found["value"] is not None and spot.tag != "!":
        name = found["value"].split("=")[0].strip().lower()
        quote = found["quote"]
        inside = "value" if quote else "bare value"
        return Spot(inside, spot.tag, name, quote), found.end()
    return spot, found.end()


def _read_value(spot: Spot, text: str, at: int) -> tuple[Spot, int]:
    end = text.find(spot.quote, at)
    if end >= 0:
        return Spot("tag", tag=spot.tag), end + 1
    value = None if spot.value is None else spot.value + text[at:]
    return replace(spot, value=value), len(text)


def _read_bare_value(spot: Spot, text: str, at: int) -> tuple[Spot, int]:
    found = _BARE_VALUE.match(text, at)
    end = found.end() if found else at
    return (Spot("tag", tag=spot.tag), end) if end < len(text) else (spot, end)


def joined(one: Spot, other: Spot) -> Spot:
    """Give the spot where two branches meet; raises Unfit where they end in different places."""
    if one == other:
        return one
    if replace(one, value="") != replace(other, value=""):
        raise Unfit(
            "the branches end in different places of the HTML",
            mend="close in each branch every tag and quote that it opens",
        )
    if one.attribute not in _LINKS and one.attribute != "style":
        return replace(one, value="")
    return one if _strictness(one) >= _strictness(other) else other


def _strictness(spot: Spot) -> int:
    order = (Place.WORDS, Place.STYLE, Place.HOST, Place.STYLE_LINK, Place.LINK)
    return order.index(_place_in_value(spot))
