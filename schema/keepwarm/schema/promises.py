"""What the policies promise of all playbooks together; `keepwarm check` proves it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from keepwarm.schema.hours import Window
from keepwarm.schema.limits import AtMost, read_at_most
from keepwarm.schema.nodes import Span
from keepwarm.schema.reading import COUNT, Grammar, Read, Refusal, counted, inside, plural
from keepwarm.schema.suggestions import quoted
from keepwarm.schema.words import Kind

#: More parts than that a carrier does not join.
_MOST_PARTS = 10


@dataclass(frozen=True, slots=True)
class Promise:
    """`at most 5 messages per week`, or of one kind: `at most 3 marketing messages per week`."""

    limit: AtMost
    #: None counts both kinds.
    kind: Kind | None = None

    def __str__(self) -> str:
        count, _, rest = str(self.limit).partition(" ")
        return f"at most {count} {_CALLED[self.kind]}{rest}"


@dataclass(frozen=True, slots=True)
class Promised:
    """All that is promised."""

    #: Each with its place in `policies.yaml`.
    limits: tuple[tuple[Promise, Span], ...] = ()
    #: When texts may arrive; None is what the law of most countries says.
    legal_hours: Window | None = None
    parts_of_a_text: int = 3


NOTHING_PROMISED = Promised()


def read_promise(text: str) -> Read[Promise] | Refusal:
    """Read `at most 5 messages per week`, perhaps of one kind and one channel."""
    return _PROMISE.read(text)


def read_parts(text: str) -> Read[int] | Refusal:
    """Read `at most 3 parts`."""
    return _PARTS.read(text)


def _parse_promise(said: str) -> Promise | Refusal | None:
    match = _OF_A_KIND.fullmatch(said)
    if match is None:
        return None
    kind = _KINDS[match["kind"].lower()] if match["kind"] else None
    found = read_at_most(f"{match['before']}{match['after']}")
    if isinstance(found, Refusal):
        is_other = found.replacement is None and found.message.startswith("cannot read")
        return None if is_other else inside(found, "at most ")
    return Promise(found.value, kind)


def _parse_parts(said: str) -> int | Refusal | None:
    match = re.fullmatch(rf"{_UP_TO}?(?P<count>{COUNT}) parts?(?: each)?", said, re.IGNORECASE)
    count = counted(match["count"]) if match else None
    if count is not None and not 1 <= count <= _MOST_PARTS:
        return Refusal(f"{quoted(said)}: a text has 1 to {_MOST_PARTS} parts")
    return count


_UP_TO = r"(?:at most |up to |max(?:imum|\.)? |no more than |<= ?)"
_KINDS = {
    "marketing": Kind.MARKETING,
    "transactional": Kind.TRANSACTIONAL,
    "service": Kind.TRANSACTIONAL,
}
_CALLED = {None: "", Kind.MARKETING: "marketing ", Kind.TRANSACTIONAL: "transactional "}
_OF_A_KIND = re.compile(
    rf"(?P<before>{_UP_TO}?{COUNT} )(?:(?P<kind>{'|'.join(_KINDS)}) )?(?P<after>.+)", re.IGNORECASE
)
_PROMISE = Grammar(
    "a promise",
    'for example "at most 5 messages per week", "at most 3 marketing messages per week" or '
    '"at most 1 sms per day"',
    frozenset(["at", "most", "messages", "emails", "sms", "push", "per", "day", "week", *_KINDS]),
    _parse_promise,
)
_PARTS = Grammar(
    "a number of parts",
    'for example "at most 3 parts"',
    frozenset({"at", "most", "part", "parts"}),
    _parse_parts,
    lambda count: f"at most {plural(count, 'part')}",
)
