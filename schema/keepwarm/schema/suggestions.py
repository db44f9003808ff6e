"""Near misses: which known word a misspelt one was meant to be, and words joined for a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

#: Below this likeness two words are taken for different words (difflib's own advice).
LIKENESS = 0.6
#: Longer words are not compared: nobody misspells them, and comparing costs their square.
LONGEST_WORD = 80
#: In words this short a single slip already falls below the likeness: one edit is allowed.
SHORT_WORD = 4
#: In words as long as this, two slips are still no other word.
_LONG_WORD = 8
#: No sentence quotes more of a text than this.
LONGEST_QUOTE = 60


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Give the candidate that the word was most likely meant to be, or None if none is near.

    Letter case is no difference. Of several that are equally near none is meant more than another.
    """
    if not word or len(word) > LONGEST_WORD:
        return None
    wanted = _plain(word)
    best: tuple[float, str | None] = (0.0, None)
    for candidate in set(candidates):
        likeness = _likeness(wanted, _plain(candidate)) or 0.0
        if likeness > best[0]:
            best = (likeness, candidate)
        elif likeness == best[0]:
            best = (likeness, None)
    return best[1]


def listed(words: Iterable[str], joint: str = "or") -> str:
    """Join words as a sentence does: "a", "a or b", "a, b or c"."""
    *others, last = list(words) or [""]
    return f"{', '.join(others)} {joint} {last}" if others else last


def quoted(text: str) -> str:
    """Put a text from a file in quotes for a sentence, on one line and not too long."""
    return f'"{shortened(text)}"'


def shortened(text: str) -> str:
    """Give a text on one line, its end left out where it is long."""
    shown = " ".join(text[: 2 * LONGEST_QUOTE].split())
    if len(shown) <= LONGEST_QUOTE and len(text) <= 2 * LONGEST_QUOTE:
        return shown
    return shown[: LONGEST_QUOTE - 1].rstrip() + "…"


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def _likeness(wanted: str, candidate: str) -> float | None:
    """Give how alike two words are (0 to 1), or None if they are different words."""
    if wanted == candidate:
        return 1.0
    if not candidate or len(candidate) > LONGEST_WORD:
        return None
    matcher = SequenceMatcher(None, candidate, wanted, autojunk=False)
    # The last word of a comparison depends on which side is which: take the better.
    ratio = max(matcher.ratio(), SequenceMatcher(None, wanted, candidate, autojunk=False).ratio())
    if min(len(wanted), len(candidate)) <= SHORT_WORD:
        one_slip = is_one_slip(wanted, candidate)
        return max(ratio, LIKENESS) if one_slip and len(candidate) > 1 else None
    return ratio if ratio >= LIKENESS else None


def is_one_slip(a: str, b: str) -> bool:
    """Tell whether one letter added, left out, changed or swapped with its neighbour parts them."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    if rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]:
        return True
    return rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]


def is_slip_of(word: str, meant: str) -> bool:
    """Tell whether a word is another with a slip or, where it is long, two.

    A slip is one letter added, left out, changed or swapped with its neighbour; letter case and the
    sign between words are none. A number is never a slip of another: 15 percent are not 30.
    """
    a, b = _plain(word), _plain(meant)
    if [each for each in a if each.isdigit()] != [each for each in b if each.isdigit()]:
        return False
    most = 1 if min(len(a), len(b)) < _LONG_WORD else 2
    return abs(len(a) - len(b)) <= most and _slips(a, b) <= most


def _slips(a: str, b: str) -> int:
    """Give the fewest slips between two words (optimal string alignment)."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i, left in enumerate(a, start=1):
        for j, right in enumerate(b, start=1):
            rows[i][j] = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (left != right)
            )
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
