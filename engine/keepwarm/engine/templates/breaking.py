"""A fault met while rendering, as a sentence that says where it is and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from liquid.exceptions import (
    FilterError,
    LiquidError,
    LiquidTypeError,
    ResourceLimitError,
    UndefinedError,
)

from keepwarm.engine.templates.faults import Unfit
from keepwarm.engine.templates.marks import Source
from keepwarm.engine.templates.results import Broken

_PATH = re.compile(r"""[\w\-?]+(?:\s*\.\s*[\w\-?]+|\[[^\]]{0,80}\])*""")

#: Names that do not come from a customer, and what to do where they are missing.
_MENDED_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "postal_address": "write postal_address in policies.yaml",
        "sender": "write sender in the template's head, or in policies.yaml",
        "unsubscribe_url": "only mail to a customer, under a topic, has one",
        "preferences_url": "only a message to a customer has one",
        "confirm_url": "only a message to a customer has one",
    },
)
#: What people write for a name.
_FITTING_DEFAULTS: Mapping[str, str] = MappingProxyType(
    {"customer.first_name": "there", "customer.last_name": ""},
)


def broken_by(error: Exception, sources: Mapping[str, Source]) -> Broken:
    """Give what a fault means for the message. `sources` are its texts, by their text."""
    token = error.token if isinstance(error, LiquidError) else None
    source = sources.get(token.source) if token else None
    if token is None or source is None:
        any_source = next(iter(sources.values()))
        return Broken(_sentence(error, ""), any_source.writing.file, any_source.writing.line, 1)
    found = _PATH.match(token.source, max(token.start_index, 0))
    writing, at = source.written_at(max(token.start_index, 0))
    line, column = writing.place(at)
    sentence = _sentence(error, found[0] if found else token.value)
    where = f" (in the {writing.part})" if writing.part else ""
    return Broken(f"{sentence}{where}", writing.file, line, column)


def _sentence(error: Exception, words: str) -> str:
    match error:
        case Unfit():
            return f"{error.sentence}; {error.mend}" if error.mend else error.sentence
        case UndefinedError():
            return f"{words} is missing; {_mended(words)}"
        case ResourceLimitError():
            return "the text grows longer than any message may be"
        case LiquidTypeError() | FilterError():
            return f"{words} was given what it cannot work with"
        case _:
            return f"{words} cannot be worked out" if words else "it cannot be worked out"


def _mended(path: str) -> str:
    if path in _MENDED_ELSEWHERE:
        return _MENDED_ELSEWHERE[path]
    fitting = _FITTING_DEFAULTS.get(path, "…")
    return f"write {{{{ {path} | default: '{fitting}' }}}}"
