"""Putting a message into words, at the moment it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, overload

from keepwarm.engine.links import LEADS_TO, Links, Purpose
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import OpenTask
from keepwarm.engine.templates.audience import MISSING, Path, Variables, keys_to, lookup
from keepwarm.engine.templates.compiling import plain_notice
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
from keepwarm.engine.templates.variables import message_variables, offer_variables
from keepwarm.engine.zones import zones_of
from keepwarm.flows.judging import address_of
from keepwarm.flows.shelf import Released
from keepwarm.flows.system import System
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel, Kind
from keepwarm.store.intents import Intent, Intents


@dataclass(frozen=True, slots=True)
class Wordless:
    """A message that cannot or shall not be written."""

    status: MessageStatus
    reason: str


#: Messages of which these are equal are written on one occasion.
_OCCASION: Final = ("version_id", "step", "part", "channel", "language")


class Scribe:
    """Puts messages into words, those that have most in common together."""

    def __init__(self, system: System, released: Mapping[int, Released]) -> None:
        self._system, self._released = system, released

    def put_into_words(self, intents: Intents) -> list[Letters]:
        """Render messages for their receivers, each by the version that its run is on."""
        # Equal words are one object within a chunk, which the intents keep: its id is its own.
        keys = [
            *zip(*map(intents.column, _OCCASION), map(id, intents.column("words")), strict=True)
        ]
        occasions: dict[tuple[object, ...], list[int]] = {key: [] for key in keys}
        if len(occasions) == 1:  # as nearly always
            return [self._on_one_occasion(intents)]
        for place, key in enumerate(keys):
            occasions[key].append(place)
        return [self._on_one_occasion(intents.some(places)) for places in occasions.values()]

    def _on_one_occasion(self, intents: Intents) -> Letters:
        first = intents[0]
        occasion = Occasion.of(self._system, self._released[first.version_id], first)
        receivers = Receivers(occasion, intents, self._system.links)
        return Letters(receivers, occasion.render(receivers))


class Letters(Sequence[Message]):
    """Messages of one occasion that are in words; each is made when it is looked at."""

    def __init__(self, receivers: Receivers, outcomes: Sequence[Outcome]) -> None:
        written = [(place, each) for place, each in enumerate(outcomes) if type(each) is Rendered]
        self._receivers, self._places = receivers, [place for place, _ in written]
        self.intents = receivers.intents.some(self._places)
        self.rendered = [each for _, each in written]
        #: Those that cannot or shall not be written.
        self.wordless = [
            (receivers.intents[place], _wordless(each))
            for place, each in enumerate(outcomes)
            if not isinstance(each, Rendered)
        ]

    def __len__(self) -> int:
        """Give how many they are."""
        return len(self.intents)

    def __iter__(self) -> Iterator[Message]:
        """Make each."""
        links = self._receivers.unsubscribing()
        one_clicks = [links[place] for place in self._places]
        make = self._receivers.occasion.message
        return map(make, self.intents, one_clicks, self.rendered)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Message]: ...
    def __getitem__(self, place: int | slice) -> Message | Sequence[Message]:
        """Make one, or some."""
        return [*self][place]


def _wordless(outcome: Skip | Broken) -> Wordless:
    if isinstance(outcome, Skip):
        return Wordless(MessageStatus.SKIPPED, outcome.reason)
    return Wordless(MessageStatus.FAILED, str(outcome))


@dataclass(slots=True)
class Occasion:
    """All that messages of one step, one way, one version and one language share."""

    project_zone: str
    kind: Kind
    words: Mapping[str, Any]
    render: Callable[[Receivers], Sequence[Outcome]]
    #: The variables that are nobody's own.
    shared: Variables
    #: Variable -> link but for the token at its end; a survey's has its own variable.
    links: Mapping[str, str]
    survey_link: str | None
    #: The link that unsubscribes with one click, but for its token; None where there is none.
    unsubscribing: str | None
    at_least_once: bool

    @classmethod
    def of(cls, system: System, released: Released, intent: Intent) -> Occasion:
        channel, kind, words = Channel(intent.channel), Kind(intent.kind), intent.words
        to_customer = channel in CUSTOMER_CHANNELS
        begins = {purpose: system.links.url(purpose, "") for purpose in Purpose}
        is_survey = words.get("survey") in released.catalog.surveys
        # One click is the mail programs' own (RFC 8058); other channels have links in their words.
        has_one_click = channel is Channel.EMAIL and kind is Kind.MARKETING
        return cls(
            project_zone=released.plan.timezone,
            kind=kind,
            words=words,
            render=_render_for(released, intent, channel, kind),
            shared=message_variables(
                {}, offer=promised(released, words), playbook_title=released.plan.title
            ),
            links={name: begins[to] for name, to in LEADS_TO.items()} if to_customer else {},
            survey_link=begins[Purpose.SURVEY] if is_survey else None,
            unsubscribing=begins[Purpose.UNSUBSCRIBE] if has_one_click else None,
            at_least_once=bool(words.get("at_least_once")),
        )

    def variables(self, intent: Intent, token: str) -> Variables:
        """Give the variables of a message: customer, starting event, offer, links."""
        customer: dict[str, Any] = {
            **intent.attributes,
            "id": intent.customer,
            "email": intent.email,
            "phone": intent.phone,
            "timezone": intent.timezone,
            "language": intent.language,
        }
        variables: dict[str, Any] = {
            **self.shared,
            "customer": customer,
            "event": intent.trigger,
            "zone": zones_of(intent.timezone, intent.phone, self.project_zone).name,
        }
        for name, link in self.links.items():
            variables[name] = link + token
        if self.survey_link is not None:
            variables["survey"] = {"link": self.survey_link + token}
        return variables

    def message(self, intent: Intent, one_click: str | None, rendered: Rendered) -> Message:
        """Give the message as a connector takes it."""
        return Message(
            send_id=f"{intent.id}-{intent.attempt}",
            content=rendered.content,
            values=rendered.values,
            address=address_of(intent) or "",
            customer_id=intent.customer,
            playbook=intent.playbook,
            kind=self.kind,
            topic=intent.topic,
            unsubscribe_url=one_click,
            at_least_once=self.at_least_once,
        )


class Receivers:
    """Who gets the messages of one occasion: an audience for their template."""

    def __init__(self, occasion: Occasion, intents: Intents, links: Links) -> None:
        self.occasion, self.intents, self._links = occasion, intents, links
        self._columns: dict[Path, Sequence[Any]] = {}
        self._keys: dict[Path, Sequence[object]] = {}
        #: What ends the links of each; made when the first is asked for.
        self._known_tokens: Sequence[str] | None = None

    def __len__(self) -> int:
        """Give how many they are."""
        return len(self.intents)

    def values(self, path: Path) -> Sequence[Any]:
        """Give the value that each has at a path, or MISSING."""
        known = self._columns.get(path)
        if known is None:
            known = self._columns[path] = self._column(path)
        return known

    def keys(self, path: Path) -> Sequence[object]:
        """Give `keys_to` the values at a path."""
        known = self._keys.get(path)
        if known is None:
            known = self._keys[path] = keys_to(self.values(path))
        return known

    def variables(self, place: int) -> Variables:
        """Give all that a template may name for one of them."""
        return self.occasion.variables(self.intents[place], self._tokens[place])

    def unsubscribing(self) -> Sequence[str | None]:
        """Give the link with which each unsubscribes by one click, if there is one."""
        begins = self.occasion.unsubscribing
        if begins is None:
            return [None] * len(self)
        return [begins + token for token in self._tokens]

    def _column(self, path: Path) -> Sequence[Any]:
        match path:
            case ("customer", name) if name in _OWN_COLUMNS:
                return self.intents.column(_OWN_COLUMNS[name])
            case ("customer", name):
                return [each.get(name, MISSING) for each in self.intents.column("attributes")]
            case ("event", name):
                return [each.get(name, MISSING) for each in self.intents.column("trigger")]
            case (name,) if name in self.occasion.links:
                begins = self.occasion.links[name]
                return [begins + token for token in self._tokens]
            case _:
                find = lookup(path)
                return [find(self.variables(place)) for place in range(len(self))]

    @property
    def _tokens(self) -> Sequence[str]:
        if self._known_tokens is None:
            keys = zip(self.intents.column("customer_id"), self.intents.column("id"), strict=True)
            self._known_tokens = self._links.tokens(keys)
        return self._known_tokens


#: What of a customer stands in columns of its own.
_OWN_COLUMNS: Final = {
    "id": "customer",
    **{name: name for name in ("email", "phone", "timezone", "language")},
}


def _render_for(
    released: Released, intent: Intent, channel: Channel, kind: Kind
) -> Callable[[Receivers], Sequence[Outcome]]:
    """Give what renders the messages that are like this one."""
    if channel is Channel.WEBHOOK:
        render = released.words.fields(released.plan, intent.step)
        return lambda to: [render(to.variables(place)) for place in range(len(to))]
    if intent.template is None:
        return lambda to: [_plain_notice(released, each) for each in to.intents]
    try:
        template = released.words.template(intent.template, channel, kind)
    except (KeyError, PlaybookRefused) as error:
        problem = error.problems[0] if isinstance(error, PlaybookRefused) else None
        why = problem.message if problem else f"the version has no template {intent.template}"
        broken = Broken(why, problem.file if problem else released.plan.place.file, 1, 1)
        return lambda to: [broken] * len(to)
    wordings = template.wordings(intent.language, channel)
    if isinstance(wordings, Broken):
        return lambda to: [wordings] * len(to)
    return wordings.render_together


def promised(released: Released, words: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give what may be said of the offer that was made last, if one was."""
    name = words.get("offer")
    offer = released.catalog.offers.get(name) if isinstance(name, str) else None
    if offer is None:
        return None
    until = words.get("offer_until")
    ends_on = datetime.fromisoformat(until).date() if isinstance(until, str) else None
    return offer_variables(offer, ends_on)


def _plain_notice(released: Released, intent: Intent) -> Rendered:
    """Say what a team should know where the playbook gives no words: ours hold no name."""
    step = released.plan.steps[intent.step]
    what = f"late: {step.title}" if isinstance(step, OpenTask) else "wants your attention"
    return plain_notice(released.plan.title, what, intent.customer)
