"""Canonical lines: what a playbook says, each line with its aspect and its place in a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from keepwarm.schema.catalog import Place


class Aspect(StrEnum):
    """What a line decides about, and so what a change of it changes."""

    #: What a message says.
    WORDS = "words"
    #: When something happens.
    TIMING = "timing"
    #: Who gets in.
    AUDIENCE = "audience"
    #: What happens to those who are in, and in which order.
    PATH = "path"
    #: What it may cost.
    MONEY = "money"
    #: What we allow ourselves: kind, topic, consent, limits, guardrails, going live.
    PERMISSION = "permission"
    #: What colleagues call it and whom they ask; no customer can tell.
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the canonical form. Lines that say the same at the same depth are equal."""

    #: As the file would say it in its one spelling: `wait: 7 days`.
    says: str
    depth: int
    aspect: Aspect = field(compare=False)
    #: None for what is the same in every catalog, or is said nowhere.
    place: Place | None = field(compare=False)
    #: The path of the step it belongs to (`steps/3/arm/0/1`); None outside the steps.
    step: str | None = field(compare=False, default=None)

    @property
    def key(self) -> str:
        """Give the word before the colon; of a line without one, nothing."""
        word, colon, _ = self.says.partition(":")
        return word if colon else ""


#: Section -> its lines, in their order: `playbook`, `steps`, `segment big-accounts`, a template's
#: path, `policies`.
Canonical: TypeAlias = Mapping[str, tuple[Line, ...]]


def digest_of(canonical: Canonical) -> str:
    """Give the hash by which equal meanings are equal; places do not count."""
    said = {name: [(line.depth, line.says) for line in lines] for name, lines in canonical.items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Branch:
    """A line with the lines below it, while a form is being made."""

    line: Line
    below: tuple[Branch, ...] = ()

    def flat(self) -> Iterator[Line]:
        """Give the line and all below it, in order."""
        yield self.line
        for each in self.below:
            yield from each.flat()


def deeper(branches: Iterable[Branch], by: int = 1) -> tuple[Branch, ...]:
    """Give the branches moved to the right."""
    return tuple(
        Branch(replace(each.line, depth=each.line.depth + by), deeper(each.below, by))
        for each in branches
    )


def flattened(branches: Iterable[Branch]) -> tuple[Line, ...]:
    """Give every line of the branches, in order."""
    return tuple(line for branch in branches for line in branch.flat())
