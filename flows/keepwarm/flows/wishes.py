"""What customers wish by the links in their messages: no more of a topic, an answer (law 24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepwarm.engine.links import Pointer
from keepwarm.flows.arrivals import Track, keep
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.schema.catalog import Catalog, Survey, Topic
from keepwarm.store.connection import Connection
from keepwarm.store.customers import read_customers
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.inbox import Arrival
from keepwarm.store.linked import SURVEY, Linked, customer_now, linked_message
from keepwarm.store.people import ALL, Consent, record_consents


@dataclass(frozen=True, slots=True)
class Wish:
    """What a link in a message is about, in words for its receiver."""

    pointer: Pointer
    customer_id: int
    linked: Linked | None
    catalog: Catalog
    #: Who writes to them; None where the policies do not say.
    sender: str | None
    #: The customer's own language, as the profile has it; None where it does not say.
    language: str | None = None

    @property
    def topic(self) -> Topic | None:
        """The topic of the message that the link came with."""
        name = None if self.linked is None else self.linked.topic
        return None if name is None else self.catalog.topics.get(name)

    @property
    def survey(self) -> Survey | None:
        """The question that the message asked."""
        name = None if self.linked is None else self.linked.words.get("survey")
        return self.catalog.surveys.get(name) if isinstance(name, str) else None


def wish_of(system: System, token: str) -> Wish | None:
    """Give what a link is about; None unless it is one of ours, whole and unchanged."""
    pointer = system.links.read(token)
    if pointer is None:
        return None
    with system.database.reading() as cx:
        linked = linked_message(cx, pointer.message_id)
        customer = linked.customer_id if linked else customer_now(cx, pointer.customer_id)
        if customer is None:
            return None
        if linked is not None:
            released = system.shelf.version(cx, linked.version_id)
            catalog, sender = released.catalog, released.policies.sender
            return Wish(pointer, customer, linked, catalog, sender, _language(cx, customer))
    return Wish(pointer, customer, None, Catalog(), None)


def _language(cx: Connection, customer_id: int) -> str | None:
    known = read_customers(cx, [customer_id])
    language = known[0].attributes.get("language") if known else None
    return language if isinstance(language, str) else None


def unsubscribe(system: System, wish: Wish, source: str) -> None:
    """Withdraw consent to the message's topic, or to its channel where it has none.

    It is on the disk when this returns, so that it wins over every claim that comes later.
    """
    now = system.clock()
    linked = wish.linked
    topic = linked.topic if linked and linked.topic else ALL
    channel = ALL if linked is None or topic != ALL else linked.channel
    with system.database.writing() as cx:
        withdrawn = Consent(wish.customer_id, channel, topic, allowed=False, source=source, at=now)
        record_consents(cx, [withdrawn], now)
        if linked is not None:
            named = {} if topic == ALL else {"topic": topic}
            _let_hear(cx, system, linked, "unsubscribed", source, named)


def _let_hear(
    cx: Connection,
    system: System,
    linked: Linked,
    name: str,
    source: str,
    properties: Mapping[str, str],
) -> None:
    now = system.clock()
    told = NewEvent(linked.customer, name, now, source, str(linked.message_id), dict(properties))
    put = put_events(cx, [told], now)
    if put.new:
        hear(cx, system, [told], put.ids, {}, now)


def answer_survey(system: System, wish: Wish, score: int, comment: str) -> bool:
    """Keep an answer for the playbooks to hear of; False when it was answered before."""
    linked, survey = wish.linked, wish.survey
    if linked is None or survey is None:
        return False
    said: dict[str, object] = {"survey": survey.name, "score": score}
    if comment:
        said["comment"] = comment
    track = Track(linked.customer, "survey_answered", system.clock().isoformat(), said)
    return keep(system, [Arrival(SURVEY, str(linked.message_id), track.payload())]) > 0
