"""What an author meant who wrote a sign that YAML takes for itself."""

from __future__ import annotations

import re

#: The signs of a comparison -> the words of the language.
_WORDS = {
    ">=": "at least",
    "=>": "at least",
    ">": "more than",
    "<=": "at most",
    "=<": "at most",
    "<": "below",
    "!=": "not",
    "<>": "not",
    "!": "not",
}
_COMPARED = re.compile(
    r"(?P<sign>>=|=>|<=|=<|<>|!=|>|<)\s*(?P<number>-?[0-9][^\s]*(?: [^\s]+)*)"
    r"|(?P<not>!=|<>|!)\s*(?P<what>[\w][^\n]*)"
)


def in_words(text: str) -> str | None:
    """Give "more than 50" for "> 50" and "not free" for "!= free"; None where nothing is meant."""
    match = _COMPARED.fullmatch(text.strip())
    if match is None:
        return None
    sign, rest = match["sign"] or match["not"], match["number"] or match["what"]
    return f"{_WORDS[sign]} {rest}"


def in_quotes(text: str) -> str:
    """Give the text as a YAML scalar in quotes, in double ones where it has none itself."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'
