"""Messages as they wait in a chunk: read by columns, each made when it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, overload

import orjson
from sqlalchemy import Connection

from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.claims import Claim
from keepwarm.store.columns import read_mostly_alike
from keepwarm.store.doubts import highest_statuses
from keepwarm.store.moments import from_micros


class Intent(NamedTuple):
    """A message as it waits in its chunk, with what the gates and its words need."""

    id: int
    run_id: int
    customer_id: int
    version_id: int
    playbook: str
    step: int
    part: int
    channel: str
    template: str | None
    kind: str
    topic: str | None
    queued_at: datetime
    expires_at: datetime | None
    attempt: int
    #: For a team's chat or a webhook; None is the customer's own.
    address: str | None
    words: Mapping[str, Any]
    customer: str
    email: str | None
    phone: str | None
    timezone: str | None
    language: str | None
    #: All attributes that are not columns.
    attributes: Mapping[str, Any]
    run_status: str
    trigger: Mapping[str, Any]
    #: What is known of the present attempt: a claim before this one may have come to an end here.
    status: MessageStatus | None


_PLACE: Final = {name: place for place, name in enumerate(Intent._fields)}


class Intents(Sequence[Intent]):
    """Messages in columns, because there are a thousand a chunk and most are never looked at."""

    __slots__ = ("columns",)

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        """Take a list for each field of an Intent, all of one length."""
        self.columns = columns

    @classmethod
    def of(cls, intents: Iterable[Intent]) -> Intents:
        """Give single messages as columns."""
        return cls([*map(list, zip(*intents, strict=True))] or [[]] * len(_PLACE))

    @classmethod
    def joined(cls, some: Sequence[Intents]) -> Intents:
        """Give those of several chunks as one."""
        if len(some) == 1:
            return some[0]
        columns = zip(*(each.columns for each in some), strict=True)
        return cls([[*chain.from_iterable(parts)] for parts in columns])

    def column(self, name: str) -> Sequence[Any]:
        """Give one field of all of them."""
        return self.columns[_PLACE[name]]

    def some(self, places: Sequence[int]) -> Intents:
        """Give a few of them."""
        if len(places) == len(self):
            return self
        return Intents([[column[place] for place in places] for column in self.columns])

    def __len__(self) -> int:
        """Give how many they are."""
        return len(self.columns[0])

    def __iter__(self) -> Iterator[Intent]:
        """Make each."""
        return map(Intent._make, zip(*self.columns, strict=True))

    @overload
    def __getitem__(self, place: int) -> Intent: ...
    @overload
    def __getitem__(self, place: slice) -> Intents: ...
    def __getitem__(self, place: int | slice) -> Intent | Intents:
        """Make the one at a place, or give some as columns."""
        found = [column[place] for column in self.columns]
        return Intents(found) if isinstance(place, slice) else Intent._make(found)


#: What is each message's own, and what most of a chunk share.
_OWN: Final = (
    "m.id", "m.run_id", "m.customer_id", "c.external_id", "c.email", "c.phone", "c.timezone",
    "c.language",
)  # fmt: skip
_SHARED: Final = (
    "m.version_id", "m.step", "m.part", "m.template", "m.kind", "m.topic", "m.queued_at",
    "m.expires_at", "m.attempt", "m.address", "CAST(m.words AS TEXT)", "r.status",
    'CAST(r."trigger" AS TEXT)',
)  # fmt: skip
_OF_CHUNK: Final = (
    "FROM message m LEFT JOIN customer c ON c.id = m.customer_id LEFT JOIN run r ON r.id = m.run_id"
    " WHERE m.chunk_id = {mark} ORDER BY m.id"
)


def read_intents(cx: Connection, claim: Claim) -> Intents:
    """Read the messages of a chunk.

    Raises LookupError if the run or the customer of one is gone: it must not go unnoticed.
    """
    own, rows = read_mostly_alike(
        cx, _OWN, _SHARED, _OF_CHUNK, claim.chunk, objects=("c.attributes",)
    )
    ids, runs, customer_ids, customers, emails, phones, timezones, languages, attributes = own
    (versions, steps, parts, templates, kinds, topics, queued, expires, attempts, addresses, words,
     statuses, triggers) = _columns(rows)  # fmt: skip
    if None in statuses or None in customers:
        raise LookupError("a message whose run or customer is gone")
    many = len(ids)
    return Intents([
        ids, runs, customer_ids, versions, [claim.playbook] * many, steps, parts,
        [claim.channel] * many, templates, kinds, topics, [*map(_moment_of, queued)],
        [*map(_moment_of, expires)], attempts, addresses, _shared_objects(words), customers, emails,
        phones, timezones, languages, attributes, statuses, _shared_objects(triggers),
        _known(cx, ids, attempts, claim),
    ])  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]]) -> Sequence[Sequence[Any]]:
    if len({*map(id, rows)}) == 1:  # as nearly always
        return [[value] * len(rows) for value in rows[0]]
    return [*zip(*rows, strict=True)] or [()] * len(_SHARED)


@lru_cache(maxsize=4096)  # most messages of a chunk were queued at one moment
def _moment_of(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


_EMPTY: Final[Mapping[str, Any]] = {}


def _object(text_of_it: str | None) -> Mapping[str, Any]:
    found = None if text_of_it is None else orjson.loads(text_of_it)
    return found if isinstance(found, dict) else _EMPTY


def _shared_objects(texts: Sequence[str | None]) -> list[Mapping[str, Any]]:
    """Read JSON objects of which many are equal: those are one object."""
    known = {each: _object(each) for each in set(texts)}
    return [known[each] for each in texts]


def _known(
    cx: Connection, message_ids: Sequence[int], attempts: Sequence[int], claim: Claim
) -> Sequence[MessageStatus | None]:
    """Give the highest status of each message's attempt, where an earlier claim wrote any."""
    if claim.is_first:
        return [None] * len(message_ids)
    known = highest_statuses(cx, message_ids)
    return [*map(known.get, zip(message_ids, attempts, strict=True))]
