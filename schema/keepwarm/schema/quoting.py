"""How a text is written into a YAML file: plain where it can be, in quotes where it must."""

from __future__ import annotations

import re

#: What no plain text begins with, but for a sign before something else.
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
#: What YAML itself would take for something other than a text.
_TYPED = re.compile(
    r"~|null|true|false|[-+.]?[0-9][0-9_.,:eExXoObB+\-TZ ]*|[-+]?\.(?:inf|nan)|0[xob].*|<<|=",
    re.IGNORECASE,
)


def is_plain(text: str, *, in_flow: bool) -> bool:
    """Tell whether a text stands well without quotes: every tool takes it for what it is."""
    if not text or text != text.strip() or text[0] in _INDICATORS or text.endswith(":"):
        return False
    if _TYPED.fullmatch(text) or not text.isprintable():
        return False
    if any(sign in text for sign in (": ", " #", '"', "{{", "\\")):
        return False
    return not (in_flow and re.search(r"[,\[\]{}]", text))


def in_double_quotes(text: str) -> str:
    """Give a text in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written_like(before: str, text: str, *, in_flow: bool) -> str:
    """Give a text as it stands in a file in the place of another.

    A text that stood in quotes keeps them where it needs any. One that stood without goes on
    without: `{is: one of free, pro}` is read with its comma.
    """
    if before[:1] not in ("'", '"'):
        begins_well = text[:1] not in _INDICATORS and ": " not in text and " #" not in text
        return text if begins_well else in_double_quotes(text)
    if is_plain(text, in_flow=in_flow):
        return text
    if before[0] == "'":
        doubled = text.replace("'", "''")
        return f"'{doubled}'"
    return in_double_quotes(text)
