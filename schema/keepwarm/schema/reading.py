"""How a phrase is read: a typed value with its one spelling, or a refusal that says how to mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from keepwarm.schema.suggestions import closest, quoted

T = TypeVar("T")

#: No phrase of the language comes near this; longer ones are not even tried.
LONGEST_PHRASE = 200

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        start=1,
    )
} | {"a": 1, "an": 1}

#: A whole number in digits (with no separators) or, up to twelve, in letters.
COUNT = rf"(?:[0-9]{{1,9}}|{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
#: How yes and no are written, in small letters; the YAML of other programs writes on and off.
TRUTHS: Final[Mapping[str, bool]] = {
    "yes": True, "no": False, "true": True, "false": False, "y": True, "n": False,
    "on": True, "off": False,
}  # fmt: skip
#: What a catalog or a playbook may call a thing.
NAME = r"[A-Za-z_][A-Za-z0-9_-]*"


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A phrase that was understood; `canonical` is how the language spells its value."""

    value: T
    canonical: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A phrase that was not understood, in the words of a `Problem`."""

    message: str
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Grammar(Generic[T]):
    """One kind of phrase: what it is called, how it is parsed and how it is spelt.

    `parse` gets the text with single spaces and gives None for what it cannot read at all.
    """

    noun: str
    hint: str
    words: frozenset[str]
    parse: Callable[[str], T | Refusal | None]
    spell: Callable[[T], str] = str

    def read(self, text: str) -> Read[T] | Refusal:
        """Give the value that the text stands for, or say why it stands for none."""
        if len(text) > LONGEST_PHRASE:
            return Refusal(f"{quoted(text)} is too long to be {self.noun}", self.hint)
        said = tidied(text)
        if not said:
            return Refusal(f"{self.noun} is missing here", self.hint)
        found = self.parse(said)
        if found is None:
            return self._cannot_read(text, said)
        if isinstance(found, Refusal):
            return self._with_readable_replacement(found)
        return Read(found, self.spell(found))

    def _with_readable_replacement(self, refusal: Refusal) -> Refusal:
        """Give the refusal of a part; what would mend the part need not mend the whole."""
        meant = self.parse(tidied(refusal.replacement)) if refusal.replacement else None
        if meant is None or isinstance(meant, Refusal):
            return Refusal(refusal.message, refusal.hint)
        return Refusal(refusal.message, refusal.hint, self.spell(meant))

    def _cannot_read(self, text: str, said: str) -> Refusal:
        message = f"cannot read {quoted(text)} as {self.noun}"
        meant = self.parse(_with_known_words(said, self.words))
        if meant is None or isinstance(meant, Refusal):
            return Refusal(message, self.hint)
        return Refusal(message, self.hint, self.spell(meant))


def tidied(text: str) -> str:
    """Give the text with single spaces, plain dashes and no space at either end."""
    return " ".join(text.translate(_DASHES).split())


def counted(text: str) -> int:
    """Give the number that a match of COUNT stands for."""
    return NUMBER_WORDS.get(text.lower()) or int(text)


def plural(count: int, noun: str) -> str:
    """Give "1 day" or "2 days"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def inside(refusal: Refusal, before: str, after: str = "") -> Refusal:
    """Give the refusal of a part as the refusal of the whole phrase around it."""
    if refusal.replacement is None:
        return refusal
    whole = f"{before}{refusal.replacement}{after}"
    return Refusal(refusal.message, refusal.hint, whole)


def _with_known_words(said: str, words: frozenset[str]) -> str:
    """Give the text with every word that is nearly a word of the grammar put right."""

    def mended(match: re.Match[str]) -> str:
        word = match.group()
        if word.lower() in words or not word.isalpha() or word.lower() in NUMBER_WORDS:
            return word
        return _parted(word, words) or closest(word, words) or word

    return re.sub(r"(?<![\w-])[A-Za-z][\w-]*|(?<=[0-9])[A-Za-z]+", mended, said)


def _parted(word: str, words: frozenset[str]) -> str | None:
    """Give two words of the grammar that were written as one: `atleast`."""
    low = word.lower()
    pairs = ((low[:at], low[at:]) for at in range(2, len(low) - 1))
    return next((f"{one} {two}" for one, two in pairs if one in words and two in words), None)


_DASHES = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2019": "'"})
