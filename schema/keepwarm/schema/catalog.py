"""The catalog: what may be said about a customer, typed once for all playbooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from keepwarm.schema.conditions import Condition, FactKind
from keepwarm.schema.nodes import Span
from keepwarm.schema.phrases import Length, Works
from keepwarm.schema.sources import Told
from keepwarm.schema.words import CONFIRMABLE, Channel, Frequency, TaskTool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing was written: a file, relative to the playbooks folder, and a span in it."""

    file: str
    span: Span

    def __str__(self) -> str:
        return f"{self.file}:{self.span.line}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something known about a customer."""

    name: str
    #: NUMBER, TEXT, CHOICE, TRUTH, DATE, MOMENT or TAGS.
    kind: FactKind
    place: Place | None
    means: str = ""
    #: For a choice: what it may be.
    choices: tuple[str, ...] = ()
    unit: str = ""
    source: str = ""
    #: Never leaves the database but in a message.
    personal: bool = False
    #: What sources call it.
    told_by: tuple[Told, ...] = ()
    #: What words of those sources mean here: (theirs, ours).
    read_as: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EventType:
    """Something a customer does or that happens to one, with its typed properties."""

    name: str
    #: Property name -> an attribute that stands for its type.
    properties: Mapping[str, Attribute]
    place: Place | None
    means: str = ""
    #: What sources call it.
    told_by: tuple[Told, ...] = ()
    #: What those sources call properties that are not called so there: (ours, theirs).
    called: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A number over time: the sum of a property over events, or their count."""

    name: str
    event: str
    #: None counts the events.
    property: str | None
    place: Place | None
    means: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A fact that Keepwarm computes from events of one type (`insight/`)."""

    name: str
    #: NUMBER for lifetime value so far, CHOICE for an RFM segment.
    kind: FactKind
    event: str
    place: Place | None
    means: str = ""
    choices: tuple[str, ...] = ()
    unit: str = ""
    #: The property that holds the money; None where the score needs none.
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A named condition."""

    name: str
    condition: Condition
    place: Place | None


@dataclass(frozen=True, slots=True)
class Topic:
    """What a customer may switch off in the preference centre."""

    name: str
    title: str
    place: Place | None
    #: Whether sending needs a consent that was given, or only none that was withdrawn.
    needs_consent: bool = True
    #: Whether that consent counts only once it was confirmed by a link (double opt-in).
    needs_confirmation: bool = False
    means: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    """Those to whom a playbook hands a task."""

    name: str
    members: tuple[str, ...]
    works: Works
    timezone: str
    place: Place | None
    holidays: frozenset[date] = frozenset()
    #: The chat channel that hears of the team's tasks.
    notify: str | None = None
    #: The tool that shows the team's tasks besides the inbox; None where the inbox is all.
    tasks_in: TaskTool | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a customer is given: a discount, free months, points."""

    name: str
    place: Place | None
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    lasts: Length | None = None
    #: What it costs the business, for budgets and plans; in `cost_currency`.
    costs: Decimal | None = None
    cost_currency: str = ""
    code: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A question with a number for an answer; the answer arrives as `survey_answered`."""

    name: str
    question: str
    low: int
    high: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named address that a webhook step posts to."""

    name: str
    url: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that may be said, by name.

    Names are unique over attributes, events, metrics, scores and segments, since a condition names
    them without saying which it means.
    """

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    events: Mapping[str, EventType] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    segments: Mapping[str, Segment] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    #: Task name -> the outcomes that a person may pick.
    outcomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    #: IANA name: the zone of schedules, and of customers whose own is not known.
    timezone: str = "UTC"
    #: Of templates whose files name none, and of customers whose own is not known.
    language: str = "en"
    #: Two letters: of telephone numbers that name no country; None refuses those.
    country: str | None = None
    #: Channels by which all marketing needs a consent that was confirmed by a link.
    double_opt_in: frozenset[Channel] = frozenset()

    def confirmed_for(self, topic: str | None) -> frozenset[Channel]:
        """Give the channels by which messages on a topic need a consent that was confirmed."""
        declared = self.topics.get(topic) if topic else None
        return CONFIRMABLE if declared and declared.needs_confirmation else self.double_opt_in

    def confirmed_at_all(self) -> frozenset[Channel]:
        """Give the channels whose consents customers are asked to confirm."""
        asked = any(topic.needs_confirmation for topic in self.topics.values())
        return CONFIRMABLE if asked else self.double_opt_in

    def kind_of(self, name: str) -> FactKind | None:
        """Tell what sort of fact a name stands for; None when the catalog does not have it."""
        if name in self.attributes:
            return self.attributes[name].kind
        if name in self.events:
            return FactKind.EVENT
        if name in self.metrics:
            return FactKind.METRIC
        if name in self.scores:
            return self.scores[name].kind
        if name in self.segments:
            return FactKind.SEGMENT
        return None

    def fact_names(self) -> tuple[str, ...]:
        """Give every name that a condition may use, sorted."""
        return tuple(
            sorted(
                {*self.attributes, *self.events, *self.metrics, *self.scores, *self.segments},
            ),
        )


def _built_in(name: str, kind: FactKind, means: str, *, personal: bool = False) -> Attribute:
    return Attribute(name, kind, None, means=means, personal=personal)


def _frequency(name: str, means: str) -> Attribute:
    return Attribute(name, FactKind.CHOICE, None, means=means, choices=tuple(Frequency))


#: Attributes that every catalog has, whether it declares them or not.
BUILT_IN_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType(
    {
        a.name: a
        for a in (
            _built_in("email", FactKind.TEXT, "Where e-mail goes", personal=True),
            _built_in("phone", FactKind.TEXT, "Where texts go, as +31612345678", personal=True),
            _built_in("first_name", FactKind.TEXT, "What the customer is called", personal=True),
            _built_in("last_name", FactKind.TEXT, "The customer's family name", personal=True),
            _built_in("timezone", FactKind.TEXT, "The customer's zone, as Europe/Amsterdam"),
            _built_in("language", FactKind.TEXT, "The customer's language, as nl or pt-BR"),
            _built_in("email_consent", FactKind.TRUTH, "Agreed to marketing by e-mail"),
            _built_in("sms_consent", FactKind.TRUTH, "Agreed to marketing by text message"),
            _built_in("push_consent", FactKind.TRUTH, "Agreed to marketing by push message"),
            _built_in("email_confirmed", FactKind.TRUTH, "Confirmed that consent by a link"),
            _built_in("sms_confirmed", FactKind.TRUTH, "Confirmed that consent by a link"),
            _frequency("message_frequency", "How much marketing the customer wants at most"),
            _frequency("email_frequency", "How many marketing e-mails at most"),
            _frequency("sms_frequency", "How many marketing texts at most"),
            _frequency("push_frequency", "How many marketing push messages at most"),
            _built_in("tags", FactKind.TAGS, "Labels put on by playbooks and people"),
            _built_in("points", FactKind.NUMBER, "Loyalty points held"),
        )
    },
)

#: Events that Keepwarm itself records, so that playbooks can ask about them.
BUILT_IN_EVENTS: Mapping[str, EventType] = MappingProxyType(
    {
        e.name: e
        for e in (
            EventType(
                "survey_answered",
                MappingProxyType(
                    {
                        "survey": _built_in("survey", FactKind.TEXT, "Which survey"),
                        "score": _built_in("score", FactKind.NUMBER, "The number given"),
                        "comment": _built_in("comment", FactKind.TEXT, "In words", personal=True),
                    },
                ),
                None,
                means="A customer answered a survey",
            ),
            EventType(
                "text_received",
                MappingProxyType(
                    {
                        "text": _built_in("text", FactKind.TEXT, "What it says", personal=True),
                        "survey": _built_in("survey", FactKind.TEXT, "What it may answer"),
                        "is_answer": _built_in("is_answer", FactKind.TRUTH, "A clear answer to it"),
                    },
                ),
                None,
                means="A customer sent a text that is no keyword such as STOP",
            ),
            EventType(
                "message_clicked",
                MappingProxyType(
                    {
                        "playbook": _built_in("playbook", FactKind.TEXT, "Whose message"),
                        "step": _built_in("step", FactKind.TEXT, "Which step"),
                    },
                ),
                None,
                means="A customer followed a link in a message",
            ),
            EventType(
                "confirmation_wanted",
                MappingProxyType({"channel": _built_in("channel", FactKind.TEXT, "email or sms")}),
                None,
                means="A customer agreed to a channel, and should confirm it by a link",
            ),
            EventType(
                "unsubscribed",
                MappingProxyType({"topic": _built_in("topic", FactKind.TEXT, "Which topic")}),
                None,
                means="A customer switched a topic or a channel off",
            ),
        )
    },
)
