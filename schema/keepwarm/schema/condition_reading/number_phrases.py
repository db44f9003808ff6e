"""Tests on a number: `at least 3`, `between 1 and 5`, `in the top 10%`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeAlias

from keepwarm.schema.condition_reading.spelling import decimal_text, spelt
from keepwarm.schema.conditions import Between, Compare, Comparison, End, InShare, Phrase
from keepwarm.schema.limits import parse_share
from keepwarm.schema.reading import NUMBER_WORDS, Refusal, inside
from keepwarm.schema.suggestions import quoted

NumberPhrase: TypeAlias = Compare | Between | InShare

NUMBER_HINT = (
    'you can write: "at least 2"; "more than 2"; "at most 2"; "below 50"; "between 1 and 5"; '
    '"not 3"; "in the top 10%"'
)
NUMBER_WORDS_OF_TESTS = frozenset(
    {
        "at",
        "least",
        "most",
        "more",
        "less",
        "fewer",
        "greater",
        "than",
        "below",
        "between",
        "and",
        "in",
        "the",
        "top",
        "bottom",
        "not",
        "over",
        "under",
        "above",
    }
)


def parse_number_test(
    said: str,
    *,
    unit: str = "",
    ranks: bool = True,
) -> NumberPhrase | Refusal | None:
    """Parse a test on a number; None where the text is nothing like one.

    `unit` may stand behind the number. `ranks` tells whether there is a population in which a
    number can be at the top.
    """
    plain = _without_unit(said, unit)
    return _parse_plain(plain, ranks=ranks) or _refused_number(plain, unit, ranks=ranks)


def parse_comparison(said: str) -> Compare | None:
    """Parse `3`, `at least 3` or `3 or more`; None where the text is nothing like one."""
    match = _COMPARED.fullmatch(said)
    if match is None:
        return None
    before, after = match["before"], match["after"]
    if before is not None and after is not None:
        return None
    comparison = _AFTER[after.lower()] if after else _BEFORE[(before or "").lower()]
    return Compare(comparison, _decimal(match["number"]))


def _parse_plain(said: str, *, ranks: bool) -> NumberPhrase | Refusal | None:
    if match := _RANKED.fullmatch(said):
        return _ranked(match, ranks=ranks)
    if match := _BETWEEN.fullmatch(said):
        return _between(match)
    return parse_comparison(said)


def _ranked(match: re.Match[str], *, ranks: bool) -> InShare | Refusal | None:
    end = _ENDS[match["end"].lower()]
    share = parse_share(match["share"])
    if share is None:
        return None
    if isinstance(share, Refusal):
        return inside(share, f"in the {end} ")
    if not ranks:
        return Refusal(
            f"{quoted(match.group())} compares customers, and this is a property of one event",
            'compare it with a number: "at least 50"',
        )
    if not 0 < share.fraction < 1:
        who = "everybody with a value" if share.fraction else "nobody"
        return Refusal(f"{quoted(match.group())} is {who}", 'for example "in the top 10%"')
    return InShare(end, share.fraction)


def _between(match: re.Match[str]) -> Between | Compare | Refusal:
    low, high = _decimal(match["low"]), _decimal(match["high"])
    if low > high:
        turned = f"between {decimal_text(high)} and {decimal_text(low)}"
        return Refusal(f"{quoted(match.group())} begins higher than it ends", None, turned)
    return Between(low, high) if low < high else Compare(Comparison.IS, low)


def _decimal(text: str) -> Decimal:
    word = NUMBER_WORDS.get(text.lower())
    return Decimal(word if word is not None else text) + 0  # no minus before a zero


def _without_unit(said: str, unit: str) -> str:
    if not unit:
        return said
    escaped = re.escape(unit)
    behind = re.sub(rf"(?<=[0-9]) ?{escaped}(?![\w])", "", said, flags=re.IGNORECASE)
    return re.sub(rf"(?<![\w]){escaped} ?(?=[0-9])", "", behind, flags=re.IGNORECASE)


def _refused_number(said: str, unit: str, *, ranks: bool) -> Refusal | None:
    """Say how to write what is plainly meant and written some other way."""
    if match := _RANGE.fullmatch(said):
        between = _between(match)
        whole = between.replacement if isinstance(between, Refusal) else spelt(between)
        return Refusal(f"write {quoted(said)} as one test", NUMBER_HINT, whole)
    mended = in_digits(said)
    if mended == said:
        return _refused_unit(said, unit)
    meant = _parse_plain(mended, ranks=ranks)
    if meant is None or isinstance(meant, Refusal):
        return None
    return not_in_digits(said, meant)


def in_digits(said: str) -> str:
    """Give a test with its numbers in digits and a point, as far as they can be told."""
    return _FOREIGN_NUMBER.sub(_plain_number, said)


def not_in_digits(said: str, meant: Phrase) -> Refusal:
    """Refuse a number that is written some other way, and give the test that it makes."""
    return Refusal(
        f"write the number in {quoted(said)} in digits alone",
        "a point stands before decimals, and nothing between thousands",
        spelt(meant),
    )


def _plain_number(match: re.Match[str]) -> str:
    """Give a number that is written some other way in digits and a point; else the text itself."""
    text = match.group().removeprefix("+")
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?[eE]\+?[0-9]", text):
        return decimal_text(Decimal(text))
    if re.fullmatch(r"[0-9]{1,9}[kK]", text):
        return f"{text[:-1]}000"
    if re.fullmatch(r"[0-9]{1,3}(?:[,_' ][0-9]{3})+(?:\.[0-9]+)?", text):
        return re.sub(r"[,_' ]", "", text)
    if re.fullmatch(r"[0-9]*,[0-9]+", text):
        text = text.replace(",", ".")
    return f"0{text}" if text.startswith(".") else text.removesuffix(".")


def _refused_unit(said: str, unit: str) -> Refusal | None:
    without = re.sub(r"(?<=[0-9]) ?(?:[A-Za-z]+|[%€$£])(?= |$)|[€$£] ?(?=[0-9])", "", said)
    meant = parse_comparison(without) if without != said else None
    if meant is None:
        return None
    if "%" in said:
        top = spelt(InShare(End.TOP, Decimal("0.1")))
        return Refusal(f"{quoted(said)} is a share, not a number", f'for example "10" or "{top}"')
    counts = f"the catalog counts it in {unit}" if unit else "the catalog gives it no unit"
    return Refusal(f"{quoted(said)} should be a number alone: {counts}", None, spelt(meant))


def _either(words: dict[str, Comparison]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)


_BEFORE: dict[str, Comparison] = {
    word: comparison
    for comparison, words in {
        Comparison.IS: ("", "is", "=", "==", "exactly", "equals", "equal to"),
        Comparison.IS_NOT: ("not", "is not", "!=", "<>", "not equal to"),
        Comparison.AT_LEAST: (
            "at least", "is at least", ">=", "=>", "≥", "minimum", "min", "min.",
            "no less than", "not less than", "not below",
        ),
        Comparison.MORE_THAN: (
            "more than", "is more than", ">", "over", "above", "greater than", "higher than",
            "more then", "greater then",
        ),
        Comparison.AT_MOST: (
            "at most", "is at most", "<=", "=<", "≤", "maximum", "max", "max.", "up to",
            "no more than", "not more than", "not above",
        ),
        Comparison.BELOW: (
            "below", "is below", "<", "under", "less than", "fewer than", "lower than", "less then",
            "fewer then",
        ),
    }.items()
    for word in words
}  # fmt: skip
_AFTER: dict[str, Comparison] = {
    "or more": Comparison.AT_LEAST,
    "or above": Comparison.AT_LEAST,
    "or higher": Comparison.AT_LEAST,
    "and more": Comparison.AT_LEAST,
    "+": Comparison.AT_LEAST,
    "or less": Comparison.AT_MOST,
    "or fewer": Comparison.AT_MOST,
    "or below": Comparison.AT_MOST,
    "or lower": Comparison.AT_MOST,
}
_ENDS = {
    "top": End.TOP,
    "highest": End.TOP,
    "best": End.TOP,
    "bottom": End.BOTTOM,
    "lowest": End.BOTTOM,
    "worst": End.BOTTOM,
}
_NUMBER = (
    r"(?:-?[0-9]{1,15}(?:\.[0-9]{1,9})?|"
    + "|".join(word for word in sorted(NUMBER_WORDS, key=len, reverse=True) if word[0] != "a")
    + ")"
)
_COMPARED = re.compile(
    rf"(?:(?P<before>{_either(_BEFORE)}) ?)?(?P<number>{_NUMBER})"
    rf"(?: ?(?P<after>{_either(_AFTER)}))?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"(?:(?P<between>(?:is )?between )|from )?(?P<low>{_NUMBER})"
    rf" (?(between)(?:and|to)|to) (?P<high>{_NUMBER})",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?:at least |>= ?)?(?P<low>{_NUMBER})"
    rf"(?: ?- ?| ?\.\.\.? ?|(?:,| and| but)? (?:at most|<=|up to) )(?P<high>{_NUMBER})",
    re.IGNORECASE,
)
_RANKED = re.compile(
    rf"(?:is )?(?:in |among )?(?:the )?(?P<end>{'|'.join(_ENDS)}) "
    r"(?P<share>[^ ]+(?: ?%| percent)?)",
    re.IGNORECASE,
)
_FOREIGN_NUMBER = re.compile(
    r"(?<![\w.,])\+?(?:[0-9]{1,3}(?:[ ,_'][0-9]{3})+(?:\.[0-9]+)?"
    r"|[0-9]*[.,]?[0-9]+(?:[eE]\+?[0-9]|[kK]|\.)?)(?![\w])",
)
