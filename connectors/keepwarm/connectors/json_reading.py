"""JSON as senders write it: strictly, and else as it is plainly meant.

Programs that cut texts after so many signs leave half an emoji behind, and forms that people fill
with placeholders have real line ends inside of texts. Neither is JSON to a strict reader, which
would lose a whole batch because of one name.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import orjson

_LARGEST: Final = 2**63


def read_json(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Give the JSON of a body in UTF-8; half a sign becomes the mark for one that is not known.

    Raises:
        ValueError: it is none.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("utf-8-sig")
    try:
        found = json.loads(
            text, strict=False, parse_int=_whole, parse_float=_fraction, parse_constant=_refused
        )
        return _without_halves(found)
    except RecursionError:
        raise ValueError("too many lists and objects inside each other") from None


def _whole(written: str) -> int | float:
    number = int(written)
    return number if -_LARGEST <= number < _LARGEST else _fraction(written)


def _fraction(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refused(written: str) -> float:
    raise ValueError(f"{written} is no JSON")


def _without_halves(found: object) -> object:
    match found:
        case str():
            return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_without_halves(each) for each in found]
        case dict():
            return {_without_halves(name): _without_halves(each) for name, each in found.items()}
        case _:
            return found
