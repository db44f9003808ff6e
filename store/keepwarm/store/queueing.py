"""Messages into the outbox: an intent each, in chunks that a worker claims with one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Connection

from keepwarm.engine.run import QueueMessage
from keepwarm.store.driver import run
from keepwarm.store.ids import in_ids, json_parameter
from keepwarm.store.moments import to_micros

#: How many messages one claim takes.
CHUNK_SIZE = 1_000


@dataclass(slots=True)
class ChunkFiller:
    """Fills chunks of one playbook, channel by channel, within one transaction."""

    cx: Connection
    playbook: str
    priority: int
    due_at: datetime
    #: Channel -> (the chunk being filled, how many more it takes).
    _open: dict[str, tuple[int, int]] = field(default_factory=dict)

    def places(self, channel: str, ids: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
        """Give chunks with the part of the ids that goes into each."""
        rest = ids
        while rest:
            chunk, left = self._open.get(channel) or (self._new(channel), CHUNK_SIZE)
            taken, rest = rest[:left], rest[left:]
            yield chunk, taken
            left -= len(taken)
            self._open[channel] = (chunk, left)
            if not left:
                del self._open[channel]

    def _new(self, channel: str) -> int:
        [(key,)] = run(
            self.cx,
            "INSERT INTO chunk (playbook, channel, priority, due_at, fence)"
            " VALUES (:playbook, :channel, :priority, :due_at, 0) RETURNING id",
            playbook=self.playbook,
            channel=channel,
            priority=self.priority,
            due_at=to_micros(self.due_at),
        )
        return int(key)


def queue_messages(
    cx: Connection, filler: ChunkFiller, message: QueueMessage, run_ids: Sequence[int]
) -> None:
    """Queue the same message for many runs; a message that is there already stays as it is."""
    for chunk, ids in filler.places(message.channel, run_ids):
        run(
            cx,
            "INSERT INTO message (run_id, customer_id, version_id, playbook, step, part,"
            " channel, template, kind, topic, queued_at, expires_at, chunk_id, attempt,"
            " address, words)"
            " SELECT r.id, r.customer_id, r.version_id, r.playbook, :step, :part, :channel,"
            " CAST(:template AS TEXT), :kind, CAST(:topic AS TEXT), :queued_at,"
            " CAST(:expires_at AS BIGINT), :chunk, 0, CAST(:address AS TEXT),"
            f" {json_parameter(cx, 'words')}"
            f" FROM run r WHERE r.id {in_ids(cx)} ORDER BY r.id ON CONFLICT DO NOTHING",
            ids=ids,
            step=message.step,
            part=message.part,
            channel=message.channel,
            template=message.template,
            kind=message.kind,
            topic=message.topic,
            queued_at=to_micros(filler.due_at),
            expires_at=None if message.expires_at is None else to_micros(message.expires_at),
            chunk=chunk,
            address=message.address,
            words=_words(message),
        )


def _words(message: QueueMessage) -> str | None:
    words = dict(message.words)
    if message.at_least_once:
        words["at_least_once"] = True
    return orjson.dumps(words).decode() if words else None
