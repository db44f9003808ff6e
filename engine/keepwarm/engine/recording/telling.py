"""Telling a past as a story: who it was about, what happened, what should come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, assert_never

from keepwarm.engine.facts import Value
from keepwarm.engine.frequencies import FREQUENCY_OF
from keepwarm.engine.gates import CONFIRMED_OF, CONSENT_OF
from keepwarm.engine.plan import Plan, Send
from keepwarm.engine.playing import play
from keepwarm.engine.recording.asked import Asked, asked_by
from keepwarm.engine.recording.expecting import with_expectations
from keepwarm.engine.recording.past import Past
from keepwarm.engine.recording.ranks import rank_of
from keepwarm.engine.recording.shortening import shortened
from keepwarm.engine.recording.values import Disguise
from keepwarm.engine.replay.history import (
    Arrival,
    Barred,
    Chose,
    Learned,
    Occurred,
    Reacted,
    Reaction,
    Scored,
    TaskFinished,
)
from keepwarm.engine.replay.lineup import step_names
from keepwarm.engine.story_facts import UNSAID
from keepwarm.schema.hours import ALL_DAYS
from keepwarm.schema.playbook import WhenCalled
from keepwarm.schema.stories import (
    Answer,
    CustomerChanges,
    EventHappens,
    MessageAnswered,
    Story,
    StoryLine,
    TaskEnds,
)
from keepwarm.schema.story_reading.customers import told_facts
from keepwarm.schema.words import ADDRESS_OF, Channel, Kind

_ANSWERS: Final = {
    Reaction.DELIVERED: Answer.DELIVERED,
    Reaction.FAILED: Answer.FAILED,
    Reaction.OPENED: Answer.OPENED,
    Reaction.CLICKED: Answer.CLICKED,
}
_at = attrgetter("at")


def record(past: Past, name: str) -> Story:
    """Give the story of a past, with what comes of it as what is expected of it."""
    teller = _Teller(past, asked_by(past.plan), Disguise(past))
    story = Story(
        name,
        past.plan.place,
        story=tuple(sorted(teller.lines(), key=_at)),
        expect=(),
        values=teller.values(),
        starts_on=past.day_zero if past.keeps_date else ALL_DAYS[past.day_zero.weekday()],
        drawn=past.drawn,
    )
    story = shortened(story, past.plan, past.catalog, past.told(past.until))
    return with_expectations(story, play(past.plan, past.catalog, story), past)


@dataclass(slots=True)
class _Teller:
    past: Past
    asked: Asked
    disguise: Disguise

    # ── Who it was ───────────────────────────────────────────────────────────────────────────

    def values(self) -> dict[str, str]:
        """Give what the story must say of its customer when it begins."""
        known = self.past.history.attributes
        told = dict(self._reachable(known))
        if self.past.zone_name != self.past.plan.timezone:
            told["timezone"] = self.past.zone_name
        for name in sorted(self._told_of() - told.keys() - {"timezone"}):
            if name in UNSAID:
                told |= {} if name in known else {name: ""}
            elif name in known and self._was_seen(name):
                told[name] = self._value(name, known[name])
        return told

    def _told_of(self) -> set[str]:
        """Name the facts that the playbook and its templates look at."""
        facts = told_facts(self.past.catalog).keys()
        return facts & (self.asked.attributes | self.past.worded | FREQUENCY_OF.keys())

    def _reachable(self, known: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        """Give which addresses and consents the customer lacks: a story takes them for given."""
        for channel, kinds in _kinds(self.past.plan).items():
            address = ADDRESS_OF.get(channel)
            if address is not None and not known.get(address):
                yield address, ""
            consent = CONSENT_OF.get(channel)
            if consent is not None and Kind.MARKETING in kinds and known.get(consent) is not True:
                yield consent, "no" if known.get(consent) is False else ""
            confirmed = CONFIRMED_OF.get(channel)
            is_asked = channel in self.past.catalog.confirmed_at_all()
            if confirmed is not None and is_asked and known.get(confirmed) is not True:
                yield confirmed, "no" if known.get(confirmed) is False else ""

    def _was_seen(self, name: str) -> bool:
        """Tell whether a fact may have mattered: a rank only where the run asked about it."""
        return name not in self.asked.ranked or name in self.past.ranks

    def _value(self, name: str, value: Value) -> str:
        if name in self.asked.ranked:
            rank = rank_of(self.past.ranks.get(name, {}))
            if rank is not None:
                return rank
        return self.disguise.value(told_facts(self.past.catalog)[name], value)

    # ── What happened ────────────────────────────────────────────────────────────────────────

    def lines(self) -> Iterator[StoryLine]:
        """Give the lines of the story."""
        past = self.past
        if isinstance(past.plan.start, WhenCalled):
            # Somebody called it then: the first line of the day says when.
            zone = {"timezone": past.zone_name}
            yield CustomerChanges(past.told(past.started_at), zone, past.plan.place)
        for arrival in past.history.arrivals:
            if arrival.at <= past.until:
                yield from self._line(arrival)

    def _line(self, arrival: Arrival) -> Iterator[StoryLine]:
        past, place, at = self.past, self.past.plan.place, self.past.told(arrival.at)
        match arrival:
            case Occurred(name=name, happening=happening):
                if name in self.asked.events and name in past.catalog.events:
                    values = dict(self._properties(name, happening.properties))
                    yield EventHappens(past.told(happening.at), name, place, values)
            case Learned(values=values, by=by):
                changed = {} if by == past.plan.playbook else dict(self._changes(values))
                if changed:
                    yield CustomerChanges(at, changed, place)
            case Barred(channel=channel):
                if channel in ADDRESS_OF:
                    yield CustomerChanges(at, {ADDRESS_OF[channel]: ""}, place)
            case TaskFinished(task=task, outcome=outcome, playbook=playbook):
                if playbook == past.plan.playbook and arrival.at >= past.started_at:
                    yield TaskEnds(at, self._named(task), outcome, place)
            case Reacted(message=message, reaction=reaction, playbook=playbook):
                if playbook == past.plan.playbook and arrival.at >= past.started_at:
                    yield MessageAnswered(at, _ANSWERS[reaction], message, place)
            case Chose() | Scored():
                pass  # stories know of consents and not of topics, and of the scores of one day
            case _:
                assert_never(arrival)

    def _properties(self, event: str, known: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        declared = self.past.catalog.events[event].properties
        tested, keys, worded = self.asked.properties, self.asked.keys, self.past.worded
        for name in sorted(declared.keys() & known.keys() & (tested | keys | worded)):
            if name in tested:
                yield name, self.disguise.value(declared[name], known[name])
            elif isinstance(known[name], str) and not declared[name].choices:
                # What only tells one thing from another may be anything.
                yield name, self.disguise.placeholder(name, str(known[name]))
            else:
                yield name, self.disguise.value(declared[name], known[name])

    def _changes(self, values: Mapping[str, Value | None]) -> Iterator[tuple[str, str]]:
        reachable = {*ADDRESS_OF.values(), *CONSENT_OF.values(), "timezone"}
        for name in sorted(values.keys() & (self._told_of() | reachable)):
            value = values[name]
            if value is None:
                yield name, ""
            elif name == "timezone":
                yield name, str(value)
            elif name not in ("email", "phone", "first_name"):
                yield name, self._value(name, value)

    def _named(self, task: str) -> str:
        """Give the name of a task's step, if it has one: titles are longer to read."""
        for step in self.past.plan.steps:
            if task in step_names(step):
                return step.at.name or task
        return task


def _kinds(plan: Plan) -> dict[Channel, set[Kind]]:
    """Give the channels to the customer, and of what kinds the messages are."""
    found: dict[Channel, set[Kind]] = {}
    for step in plan.steps:
        for way in step.ways if isinstance(step, Send) else ():
            found.setdefault(way.channel, set()).add(way.kind)
    return found
