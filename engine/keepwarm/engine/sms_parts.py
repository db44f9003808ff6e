"""How a text message is cut into parts, which is what a carrier counts and bills.

Source: 3GPP TS 23.038 6.2.1 (the alphabet and its extension), 3GPP TS 23.040 9.2.3.24.1 (parts).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Each takes two places: an escape and itself.
_EXTENDED = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """The alphabet that the whole text is sent in: one character outside GSM-7 changes it all."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


#: Places in a text of one part, and in each part of several.
_PLACES = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class SmsParts:
    """A text as a carrier sees it."""

    encoding: Encoding
    parts: tuple[str, ...]
    #: Places in use over all parts.
    used: int
    #: Places left in the last part.
    left: int
    #: The characters that GSM-7 does not have, each once, in order.
    outside_gsm_7: tuple[str, ...]


def sms_parts(text: str) -> SmsParts:
    """Give the parts of a text. An empty text is one empty part."""
    outside = tuple(dict.fromkeys(one for one in text if one not in _BASIC | _EXTENDED))
    encoding = Encoding.UCS_2 if outside else Encoding.GSM_7
    single, several = _PLACES[encoding]
    used = sum(_places(one, encoding) for one in text)
    if used <= single:
        return SmsParts(encoding, (text,), used, single - used, outside)
    parts = tuple(_cut(text, encoding, several))
    in_last = sum(_places(one, encoding) for one in parts[-1])
    return SmsParts(encoding, parts, used, several - in_last, outside)


def _cut(text: str, encoding: Encoding, places: int) -> Iterator[str]:
    """Give parts that are full, but for characters of two places, which are never split."""
    part, free = "", places
    for one in text:
        size = _places(one, encoding)
        if size > free:
            yield part
            part, free = "", places
        part, free = part + one, free - size
    yield part


def _places(one: str, encoding: Encoding) -> int:
    if encoding is Encoding.UCS_2:
        return len(one.encode("utf-16-be", errors="replace")) // 2
    return 2 if one in _EXTENDED else 1
