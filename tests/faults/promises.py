"""What must hold after every step of a simulation, whatever happened in it.

Each promise is looked at over everybody at once: what the database says against what chance did to
it, and against what the provider was handed and took.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.inbox import how_many_wait
from keepwarm.store.moments import from_micros, to_micros
from tests.faults.simulated import Call, Simulation

#: How long after its gates were asked a message may still leave: as long as calls are slow here.
SLOW_CALLS: Final = timedelta(hours=2)
#: The longest wait of a playbook, with the hour by which clocks change.
LONGEST_WAIT: Final = {
    "welcome": timedelta(days=2, hours=2),
    "rescue": timedelta(days=3, hours=1),
    "news": timedelta(hours=1),
}
_ENDS: Final = ", ".join(f"'{each}'" for each in MessageStatus if each.is_end)
_OPEN: Final = "('settling', 'active')"


@dataclass(frozen=True)
class Known:
    """What the database says of a message that was handed over."""

    run: int
    step: int
    playbook: str
    template: str
    mode: str
    run_status: str
    run_ended: datetime | None


@dataclass
class Promises:
    """The promises to everybody in one simulation."""

    simulation: Simulation
    #: When the step before began, and how much of what was handed over was looked at.
    _since: datetime = field(init=False)
    _looked_at: int = 0
    _attempts: Counter[str] = field(default_factory=Counter)
    _steps: Counter[tuple[int, int]] = field(default_factory=Counter)
    _marketing: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))
    #: When a customer was last handed something of the welcome.
    _welcomed: dict[str, datetime] = field(default_factory=dict)
    #: The attempts at those that were called.
    _called: set[str] = field(default_factory=set)
    #: Send id -> a refusal after which the address may not be used; once somebody recorded it.
    _refusals: dict[str, Call] = field(default_factory=dict)
    _refused: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._since = self.simulation.world.now

    def hold(self) -> None:
        """Look at every promise."""
        new = self.simulation.provider.handed[self._looked_at :]
        self._looked_at += len(new)
        known = self._known(new)
        self._who_calls_holds(new)
        self._nothing_is_taken_twice(new, known)
        self._what_is_handed_over_may_be(new, known)
        for call in new:
            if call.was_refused_for_good:
                self._refusals[call.message.send_id] = call
        self._caps_hold(new)
        self._waits_are_kept(new, known)
        self._what_is_said_is_true()
        self._everybody_entered_once()
        self._nothing_is_lost()
        self._nothing_waits_too_long()
        self._since = self.simulation.world.now

    def hold_in_the_end(self) -> None:
        """Look at what came of everything, once nothing is due any more."""
        self.hold()
        open_runs = self._rows(f"SELECT count(*) FROM run WHERE status IN {_OPEN}")
        assert open_runs == [(0,)], f"{open_runs} runs never end"
        for message in self.simulation.world.outbox():
            assert message.status.is_end, f"message {message.id} is {message.status}"

    # ── What was handed over ─────────────────────────────────────────────────────────────────

    def _known(self, new: Sequence[Call]) -> Mapping[str, Known]:
        if not new:
            return {}
        ids = ", ".join({_message_of(call) for call in new if not _is_notice(call)} or {"0"})
        rows = self._rows(
            "SELECT m.id, m.run_id, m.step, m.playbook, m.template, r.mode, r.status, r.ended_at"
            f" FROM message m JOIN run r ON r.id = m.run_id WHERE m.id IN ({ids})"
        )
        return {
            str(message): Known(run, step, playbook, template, mode, status, _moment(ended))
            for message, run, step, playbook, template, mode, status, ended in rows
        }

    def _who_calls_holds(self, new: Sequence[Call]) -> None:
        """Nobody calls about what another worker holds, and nothing is taken from who is awake."""
        for call in new:
            about = call.message.send_id
            is_held = call.holder == call.caller
            assert is_held, f"{call.caller} called about {about}, which {call.holder} holds"
            is_kept = call.holder_then == call.caller
            assert is_kept, f"{call.caller} was awake, and {about} was taken from it"

    def _nothing_is_taken_twice(self, new: Sequence[Call], known: Mapping[str, Known]) -> None:
        for call in new:
            if not call.was_taken or _is_notice(call):
                continue
            send_id, about = call.message.send_id, known[_message_of(call)]
            self._attempts[send_id] += 1
            assert self._attempts[send_id] == 1, f"attempt {send_id} was taken twice"
            wanted_by = about.run, about.step
            self._steps[wanted_by] += 1
            may_repeat = about.playbook == "rescue"  # it says so: when_unknown
            is_once = may_repeat or self._steps[wanted_by] == 1
            assert is_once, f"{about.template} was taken twice of run and step {wanted_by}"

    def _what_is_handed_over_may_be(self, new: Sequence[Call], known: Mapping[str, Known]) -> None:
        paused = self._paused()
        for call in new:
            if _is_notice(call):
                continue
            message, run = call.message, known[_message_of(call)]
            who = message.customer_id or ""
            assert run.playbook not in paused, f"{who} got something while it was paused"
            said_no = message.kind == "marketing" and who in self.simulation.said_no
            assert not said_no, f"{who} had said no"
            assert run.mode == "live", f"{who} is in the {run.mode}"
            is_refused = (str(message.channel), message.address) in self._refused
            assert not is_refused, f"the {message.channel} address of {who} was refused for good"
            ended = run.run_ended is not None and run.run_ended < self._since
            cancelled = ended and run.run_status in ("goal reached", "stopped")
            assert not cancelled, f"the run of {who} was over"
            if message.channel in ("sms", "push") or message.kind == "marketing":
                self._it_is_no_night(call, who)

    def _it_is_no_night(self, call: Call, who: str) -> None:
        local = call.at.astimezone(self._zone(who))
        assert local.hour >= 8, f"it was night for {who}: {local}"
        asked = (call.at - SLOW_CALLS).astimezone(self._zone(who))
        assert min(local.hour, asked.hour) < 21, f"it was night for {who}: {local}"

    def _caps_hold(self, new: Sequence[Call]) -> None:
        """At most 3 marketing messages in 7 calendar days, over all playbooks."""
        for call in new:
            who = call.message.customer_id
            if who is None or not call.was_taken or call.message.kind != "marketing":
                continue
            days = self._marketing[who]
            days.append(call.at.astimezone(self._zone(who)).date())
            week = [day for day in days if days[-1] - day < timedelta(days=7)]
            assert len(week) <= 3, f"{who} got {len(week)} messages in a week"

    def _waits_are_kept(self, new: Sequence[Call], known: Mapping[str, Known]) -> None:
        """The last message comes a day after the one before it was handed over, or later.

        A call that is repeated, because nobody knows what came of it, moves nothing: its message
        came to a named end before.
        """
        for call in new:
            who = call.message.customer_id
            if who is None or _is_notice(call) or known[_message_of(call)].playbook != "welcome":
                continue
            if known[_message_of(call)].template != "last":
                if call.message.send_id not in self._called:
                    self._welcomed[who] = call.at
                self._called.add(call.message.send_id)
            elif who in self._welcomed:
                before = self._welcomed[who].astimezone(self._zone(who))
                local = call.at.astimezone(self._zone(who))
                a_day = (before + timedelta(days=1)).replace(tzinfo=None)
                waited = local.replace(tzinfo=None) >= a_day
                assert waited, f"{who} did not wait: {before}, {local}"

    # ── What the database says ───────────────────────────────────────────────────────────────

    def _what_is_said_is_true(self) -> None:
        """What counts as sent was taken; what counts as not sent was not."""
        said = self._rows(
            "SELECT message_id, attempt, status FROM outcome"
            " WHERE status IN ('sent', 'delivered', 'failed', 'suppressed', 'skipped', 'expired')"
        )
        for message, attempt, status in said:
            taken = self._attempts[f"{message}-{attempt}"]
            assert taken == (status in ("sent", "delivered")), f"{message}-{attempt} is {status}"
            if status == "failed" and (call := self._refusals.pop(f"{message}-{attempt}", None)):
                self._refused.add((str(call.message.channel), call.message.address))

    def _everybody_entered_once(self) -> None:
        entered = dict(self._rows("SELECT playbook, count(*) FROM run GROUP BY playbook"))
        twice = self._rows(
            "SELECT playbook, customer_id, entry_key FROM run"
            " GROUP BY playbook, customer_id, entry_key HAVING count(*) > 1"
        )
        assert not twice, f"{twice} entered twice"
        with self.simulation.world.database.reading() as cx:
            if how_many_wait(cx):
                return  # whoever took it in died
        assert entered.get("welcome", 0) == len(self.simulation.signed_up)
        assert entered.get("rescue", 0) == len(self.simulation.invoices)
        events = sum(each["type"] == "track" for each in self.simulation.told.values())
        assert self._rows("SELECT count(*) FROM event WHERE source = 'test'") == [(events,)]

    def _nothing_is_lost(self) -> None:
        stranded = self._rows(f"SELECT id FROM run WHERE status IN {_OPEN} AND due_at IS NULL")
        assert not stranded, f"runs {stranded} are never looked at again"
        lost = self._rows(
            "SELECT m.id FROM message m JOIN chunk c ON c.id = m.chunk_id"
            " WHERE c.due_at IS NULL AND NOT EXISTS (SELECT 1 FROM outcome o"
            f" WHERE o.message_id = m.id AND o.attempt = m.attempt AND o.status IN ({_ENDS}))"
        )
        assert not lost, f"messages {lost} are never looked at again"

    def _nothing_waits_too_long(self) -> None:
        now = self.simulation.world.now
        for playbook, longest in LONGEST_WAIT.items():
            latest = self._rows(
                f"SELECT max(due_at) FROM run WHERE playbook = '{playbook}' AND status IN {_OPEN}"
            )[0][0]
            too_late = latest is not None and from_micros(latest) > now + longest
            assert not too_late, f"{playbook} waits until {from_micros(latest)}"
        if self.simulation.somebody_died:
            return
        paused = self._paused()
        due = self._rows(
            f"SELECT playbook FROM run WHERE due_at <= {to_micros(now)} UNION ALL"
            f" SELECT playbook FROM chunk WHERE due_at <= {to_micros(now)}"
        )
        left = [playbook for (playbook,) in due if playbook not in paused]
        assert not left, f"{left} had more to do"

    def _rows(self, sql: str) -> list[Any]:
        return [tuple(row) for row in self.simulation.world.rows(sql)]

    def _paused(self) -> set[str]:
        return {playbook for (playbook,) in self._rows("SELECT playbook FROM hold")}

    def _zone(self, who: str) -> ZoneInfo:
        return ZoneInfo(self.simulation.people[who])


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _message_of(call: Call) -> str:
    return call.message.send_id.partition("-")[0]


def _is_notice(call: Call) -> bool:
    return call.message.send_id.startswith("notice")
