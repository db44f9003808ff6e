"""Preparing messages: chunks are claimed, their gates asked and their words found.

All of it is one transaction, which also records that the requests are about to leave. A connector
that takes messages inside this process (`limits.transactional`) takes them in it too: its
acceptance is the commit itself. Words are found in a thread of their own, while the transaction
puts down the chunk before and reads the one after.
"""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, assert_never

from keepwarm.connectors.contract import Connector
from keepwarm.engine.gates import Go, Hold, Refuse, Verdict
from keepwarm.engine.message import Content, Message
from keepwarm.engine.outcome import Accepted, MessageStatus
from keepwarm.engine.releasing import ended_late, message_name, released_at
from keepwarm.flows.aftercare import try_another_way
from keepwarm.flows.ahead import worked_ahead
from keepwarm.flows.calling import Turn
from keepwarm.flows.judging import Standings
from keepwarm.flows.pacing import book_turn, part_ways, take_turn
from keepwarm.flows.setting_aside import UNREADABLE, ChunkUnreadable, set_chunk_aside
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.flows.waiting import claim_what_may_go, give_back, wait_of
from keepwarm.flows.wording import Letters, Scribe
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import open_circuits
from keepwarm.store.claims import (
    Claim,
    OutcomeNote,
    OwnOutcome,
    append_alike,
    append_outcomes,
    finish_chunk,
    keep_contents,
    move_messages,
    own_outcome,
)
from keepwarm.store.connection import Connection
from keepwarm.store.intents import Intent, Intents, read_intents
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.planning import look_up_by_keys
from keepwarm.store.runs import wake_runs

Result = TypeVar("Result")

#: How many chunks one transaction takes where nothing leaves this process.
_CHUNKS: Final = 8
#: How many of them are judged together, while words are found for those before them.
_TOGETHER: Final = 4
#: Statuses of messages whose request may have left before.
_DOUBTFUL: Final = (MessageStatus.SENDING, MessageStatus.UNKNOWN)


@dataclass(slots=True)
class Prepared:
    """A claimed chunk on its way."""

    claim: Claim
    connector: Connector
    #: Whom it reaches: the connector's provider, or one host of it.
    destination: str
    turn: Turn
    #: Whether the destination is stopped and this is the trial that may start it again.
    is_trial: bool = False
    #: Whether it was given back, since the destination takes nothing yet.
    waits: bool = False
    ready: list[tuple[Intent, Message]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def prepare(system: System, playbook: str) -> list[Prepared]:
    """Claim, judge and word what is due: one chunk, or some where nothing leaves this process."""
    # Before a request leaves, its claim is on the disk. What never leaves this process may be taken
    # back by a power cut together with its claim, as if it had not been begun.
    leaves = not all(each.limits.transactional for each in system.connectors.values())
    if not leaves:
        with contextlib.suppress(ChunkUnreadable):  # then one at a time, to know which it is
            return _prepare(system, playbook, _CHUNKS, durable=False)
    while True:
        try:
            return _prepare(system, playbook, 1, durable=leaves)
        except ChunkUnreadable as found:
            set_chunk_aside(system, playbook, found)


def _prepare(system: System, playbook: str, most: int, *, durable: bool) -> list[Prepared]:
    done: list[Prepared] = []
    with system.database.writing(durable=durable) as cx:
        look_up_by_keys(cx)
        desk = _Desk(cx, system, playbook, system.clock())
        try:
            for chunk, written in worked_ahead(desk.chunks(most), _Chunk.write):
                desk.put_down(chunk, written)
                done.append(chunk.prepared)
        except UNREADABLE as error:
            if desk.claimed is None:
                raise
            raise ChunkUnreadable(desk.claimed) from error
    return done


@dataclass(slots=True)
class _Chunk:
    """A claimed chunk of which the gates can be asked."""

    prepared: Prepared
    scribe: Scribe
    #: What may leave now, if the gates let it.
    intents: Intents
    standings: Standings
    #: What the gates say of each, where the database was needed to ask them.
    judged: Sequence[Verdict] | None

    def write(self) -> _Written:
        """Ask the gates and put what goes into words.

        Here is no database, and so a thread of its own may do it.
        """
        verdicts = self.verdicts()
        going = [place for place, verdict in enumerate(verdicts) if isinstance(verdict, Go)]
        stopped = []
        if len(going) < len(verdicts):
            judged = zip(self.intents, verdicts, strict=True)
            stopped = [each for each in judged if not isinstance(each[1], Go)]
        written = _Written(stopped, self.scribe.put_into_words(self.intents.some(going)))
        for letters in written.letters:
            written.note(letters)
        return written

    def verdicts(self) -> Sequence[Verdict]:
        """Give what the gates say of each."""
        return self.standings.judge(self.intents) if self.judged is None else self.judged


@dataclass(slots=True)
class _Written:
    """What becomes of a chunk: what goes is in words."""

    #: What the gates hold or refuse.
    stopped: Sequence[tuple[Intent, Verdict]]
    letters: Sequence[Letters]
    #: What to note of what goes, as rows.
    outcomes: list[OwnOutcome] = field(default_factory=list)
    #: Its words, by their keys.
    contents: dict[str, Content] = field(default_factory=dict)

    def note(self, letters: Letters) -> None:
        """Make the rows of messages that are in words."""
        ids, attempts = letters.intents.column("id"), letters.intents.column("attempt")
        rendered = letters.rendered
        self.contents.update((each.content.key, each.content) for each in rendered)
        self.outcomes += [
            own_outcome(message_id, attempt, each.content.key, each.values)
            for message_id, attempt, each in zip(ids, attempts, rendered, strict=True)
        ]


class _Desk:
    """Where one transaction prepares its chunks."""

    def __init__(self, cx: Connection, system: System, playbook: str, now: datetime) -> None:
        self._cx, self._system, self._playbook, self._now = cx, system, playbook, now
        #: The chunk that was claimed last.
        self.claimed: int | None = None
        #: Chunks that are not put down yet: nobody can read what goes in them.
        self._under_way: list[_Chunk] = []
        #: The keys of the words that this transaction keeps already.
        self._kept: set[str] = set()

    def chunks(self, most: int) -> Iterator[_Chunk]:
        """Claim chunks, some of one channel together, and give each to be judged."""
        some = 1  # so that words are soon found for the first
        while most > 0:
            claims = list(self._claims(min(most, some)))
            if not claims:
                return
            most, some = most - len(claims), min(2 * some, _TOGETHER)
            chunks, is_capped = self._opened(claims)
            for chunk in chunks:
                self._under_way.append(chunk)
                yield chunk
            if is_capped:
                # It holds its customers: whoever holds some and waits for more may wait for ever.
                return

    def _claims(self, most: int) -> Iterator[Claim]:
        channel = None
        for _ in range(most):
            claim = claim_what_may_go(self._cx, self._system, self._now, self._playbook, channel)
            if claim is None:
                return
            self.claimed, channel = claim.chunk, claim.channel
            reached(Landmark.CLAIMING)
            yield claim

    def _opened(self, claims: Sequence[Claim]) -> tuple[list[_Chunk], bool]:
        """Read claimed chunks, and tell whether they hold their customers until all is done."""
        opened = [self._read(claim) for claim in claims]
        waiting = Intents.joined([intents for _, intents in opened])
        destination = opened[0][0].destination
        standings = Standings(self._cx, self._system, claims[0], destination, waiting, self._now)
        if standings.is_capped:
            standings.count_before(self._going())
        scribe = Scribe(self._system, standings.released)
        chunks = [
            _Chunk(
                prepared,
                scribe,
                intents,
                standings,
                None if standings.needs_no_database else standings.judge(intents),
            )
            for prepared, intents in opened
        ]
        return chunks, standings.is_capped

    def _read(self, claim: Claim) -> tuple[Prepared, Intents]:
        """Give the messages of a chunk that may leave now; what is in doubt or waits is seen to."""
        cx, system, now = self._cx, self._system, self._now
        connector = system.connectors[Channel(claim.channel)]
        towards, intents = part_ways(cx, system, claim, connector, read_intents(cx, claim), now)
        prepared = Prepared(claim, connector, towards, Turn(now))
        left = _settle_earlier_claim(cx, prepared, intents, now)
        unsent = _give_back(cx, system, prepared, intents, left, now)
        fresh, prepared.turn = take_turn(cx, system, claim, connector, towards, unsent, now)
        return prepared, fresh

    def _going(self) -> Iterator[Intent]:
        """Give what goes of chunks that are not put down yet, and so not to be read anywhere."""
        for chunk in self._under_way:
            for intent, verdict in zip(chunk.intents, chunk.verdicts(), strict=True):
                if isinstance(verdict, Go):
                    yield intent

    def put_down(self, chunk: _Chunk, written: _Written) -> None:
        """Put down what becomes of a chunk: what goes, waits or ends here."""
        cx, now, prepared = self._cx, self._now, chunk.prepared
        notes, late = _sort_out(cx, self._system, prepared, written, now)
        connector = prepared.connector
        if connector.limits.transactional:
            late += _take_in_process(prepared, written, now)
        else:
            for letters in written.letters:
                prepared.ready += zip(letters.intents, letters, strict=True)
            book_turn(cx, prepared.destination, prepared.turn, len(prepared.ready))
            prepared.is_trial = prepared.destination in open_circuits(cx)
        append_outcomes(cx, notes, now)
        status = MessageStatus.SENT if connector.limits.transactional else MessageStatus.SENDING
        first = prepared.claim.is_first
        append_alike(cx, written.outcomes, status, connector.name, now, are_first=first)
        self._keep_words(written.contents)
        if not prepared.ready and not prepared.waits:
            finish_chunk(cx, prepared.claim)
        if late:
            wake_runs(cx, (intent.run_id for intent in late), now)
        self._under_way.remove(chunk)
        reached(Landmark.JUDGING)

    def _keep_words(self, contents: Mapping[str, Content]) -> None:
        new = {key: contents[key] for key in contents.keys() - self._kept}
        keep_contents(self._cx, new)
        self._kept |= new.keys()


def _settle_earlier_claim(
    cx: Connection, prepared: Prepared, intents: Intents, now: datetime
) -> Intents:
    """Give the messages that never left; those that may have left before are settled (law 17).

    A worker that dies leaves messages that are `sending` and nothing after it. A provider that
    drops repeated calls is asked again with the same key; with any other they are `unknown`.
    """
    if prepared.claim.is_first:
        return intents
    never_left = [i for i in intents if i.status in (None, MessageStatus.HELD)]
    in_doubt = [i for i in intents if i.status is MessageStatus.SENDING]
    if prepared.connector.limits.idempotent:
        # Those that are unknown were put back to be settled by the same call.
        return Intents.of(never_left + [i for i in intents if i.status in _DOUBTFUL])
    again = [i for i in in_doubt if i.words.get("at_least_once")]
    lost = [i for i in in_doubt if not i.words.get("at_least_once")]
    reason = "the worker stopped while the request was under way"
    append_outcomes(
        cx,
        [OutcomeNote(i.id, i.attempt, MessageStatus.UNKNOWN, reason) for i in lost],
        now,
    )
    prepared.tally.unknown += len(lost)
    return Intents.of(never_left + again)


def _give_back(
    cx: Connection,
    system: System,
    prepared: Prepared,
    intents: Intents,
    unsent: Intents,
    now: datetime,
) -> Intents:
    """Give a chunk back while its destination takes nothing; give the messages that may go on."""
    claim, towards = prepared.claim, prepared.destination
    wait = wait_of(cx, prepared.connector, towards, now) if unsent else None
    if wait is None:
        return unsent
    if len(unsent) < len(intents):
        # The others came to their end, so these wait in a chunk of their own.
        priority = system.shelf.version(cx, unsent[0].version_id).plan.priority
        move_messages(cx, claim, unsent.column("id"), now, priority=priority)
        return Intents.of(())
    give_back(cx, claim, towards, wait, unsent)
    prepared.waits = True
    if wait.hold is not None:
        prepared.tally.held[wait.hold.gate] += len(unsent)
    return Intents.of(())


def _sort_out(
    cx: Connection, system: System, prepared: Prepared, written: _Written, now: datetime
) -> tuple[list[OutcomeNote], list[Intent]]:
    """Carry out the other verdicts: move what is held, end what is refused or has no words.

    Gives what to note, and the messages that ended so late that their runs must hear of it.
    """
    notes: list[OutcomeNote] = []
    holds: dict[datetime, list[Intent]] = {}
    ended: list[Intent] = []
    wordless = (each for letters in written.letters for each in letters.wordless)
    for intent, words in wordless:
        is_skip = words.status is MessageStatus.SKIPPED
        tally = prepared.tally.skipped if is_skip else prepared.tally.failed
        tally[words.reason] += 1
        notes.append(_end(intent, words.status, words.reason))
        ended.append(intent)
    for intent, verdict in written.stopped:
        match verdict:
            case Hold() as hold:
                holds.setdefault(_release(intent, hold, now), []).append(intent)
                prepared.tally.held[hold.gate] += 1
                notes.append(_end(intent, MessageStatus.HELD, hold.reason))
            case Refuse() as refusal if intent.status in _DOUBTFUL:
                # The call is not repeated, and so nobody learns whether the first was taken.
                reason = f"not called again: {refusal.reason}"
                notes.append(_end(intent, MessageStatus.UNKNOWN, reason))
                prepared.tally.unknown += 1
            case Refuse() as refusal:
                prepared.tally.skipped[refusal.reason] += 1
                notes.append(_end(intent, refusal.status, refusal.reason))
                if not (refusal.may_try_another_way and try_another_way(cx, system, intent, now)):
                    ended.append(intent)
            case Go():
                raise AssertionError("what goes was not stopped")
            case _:
                assert_never(verdict)
    for until, held in holds.items():
        priority = system.shelf.version(cx, held[0].version_id).plan.priority
        move_messages(cx, prepared.claim, [i.id for i in held], until, priority=priority)
    return notes, [intent for intent in ended if ended_late(intent.queued_at, now)]


def _release(intent: Intent, hold: Hold, now: datetime) -> datetime:
    name = message_name(intent.customer, intent.playbook, intent.step, intent.part)
    return released_at(hold, name, now)


def _end(intent: Intent, status: MessageStatus, reason: str) -> OutcomeNote:
    return OutcomeNote(intent.id, intent.attempt, status, reason)


def _take_in_process(prepared: Prepared, written: _Written, now: datetime) -> Iterator[Intent]:
    """Have a connector inside this process take the messages, within the transaction.

    Gives those that went so late that their runs must hear of it.
    """
    connector = prepared.connector
    for letters in written.letters:
        results = _at_once(connector.send(letters)) if letters else ()
        if {*map(type, results)} - {Accepted}:
            raise TypeError(f"{connector.name} takes messages in process, so it takes them all")
        prepared.tally.sent[prepared.claim.channel] += len(letters)
        if any(ended_late(at, now) for at in set(letters.intents.column("queued_at"))):
            yield from (each for each in letters.intents if ended_late(each.queued_at, now))


def _at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return] # StopIteration has no type for its value
    coroutine.close()
    raise TypeError("a connector inside this process waited for something outside")
