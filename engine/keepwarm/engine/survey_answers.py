"""What a text says to the question of a survey: a number, and perhaps why."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

#: A whole number that the text begins with, and perhaps the end of the scale: `9`, `9/10`,
#: `9 out of 10`, `9 von 10`; then, after a sign or a space, whatever else was said.
_ANSWER: Final = re.compile(
    r"\s*(?P<score>[0-9]{1,3})"
    r"(?:\s*(?:/|out of|of|von|van(?: de)?|sur|de|em)\s*(?P<of>[0-9]{1,3}))?"
    r"(?:\s*$|(?P<sign>[\s!.,;:)\-\u2013\u2014]+)(?P<why>.*))",
    re.IGNORECASE | re.DOTALL,
)
#: What is counted and not scored: "3 times I called", "2 weeks and no answer".
_COUNTED: Final = re.compile(
    r"(?:x|times?|minutes?|min|hours?|days?|weeks?|months?|years?|people|percent|euros?|dollars?"
    r"|keer|dagen|weken|maal|tage|wochen|fois|jours|semaines|veces|d[ií]as|vezes)\b|[%€$£]",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Answered:
    """A number on the scale, and what was said besides."""

    score: int
    comment: str = ""


def answer_in(text: str, low: int, high: int) -> Answered | None:
    """Give the answer that a text is; None where it may mean something else.

    It must begin with one whole number of the scale. "8 or 9", "9.5", "11" and "3 times I called"
    are for a person to read: a wrong number is worse than none.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _ANSWER.fullmatch(folded)
    if found is None:
        return None
    score, why = int(found["score"]), (found["why"] or "").strip()
    if not low <= score <= high or found["of"] not in (None, str(high)):
        return None
    if _COUNTED.match(why) or _is_second_number(found["sign"] or "", why):
        return None
    return Answered(score, why)


def _is_second_number(sign: str, why: str) -> bool:
    """Tell whether the number goes on, or another one competes with it: `9.5`, `9-10`, `8 or 9`."""
    words = why.split()
    return any(_NUMBER.match(word) for word in words[:1]) or (
        len(words) > 1 and not sign.strip() and _NUMBER.match(words[1]) is not None
    )
