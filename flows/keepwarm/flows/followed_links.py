"""Links that customers follow out of their messages: what each is about, and does (law 24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
class FollowedLink:
    """What a link in a message is about, in words for its receiver."""

    #: The customer who is meant by now: another one than the message went to after a merge.
    customer_id: int
    #: The message that it came with; None where that is gone.
    message: Linked | None
    catalog: Catalog
    #: The customer's own language, as the profile has it; None where it does not say.
    language: str | None = None

    @property
    def topic(self) -> Topic | None:
        """The topic of the message that the link came with."""
        name = None if self.message is None else self.message.topic
        return None if name is None else self.catalog.topics.get(name)

    @property
    def survey(self) -> Survey | None:
        """The question that the message asked."""
        name = None if self.message is None else self.message.words.get("survey")
        return self.catalog.surveys.get(name) if isinstance(name, str) else None


def link_of(system: System, token: str) -> FollowedLink | None:
    """Give what a link is about; None unless it is one of ours, whole and unchanged."""
    pointer = system.links.read(token)
    if pointer is None:
        return None
    with system.database.reading() as cx:
        message = linked_message(cx, pointer.message_id)
        if message is None:
            customer = customer_now(cx, pointer.customer_id)
            return None if customer is None else FollowedLink(customer, None, Catalog())
        catalog = system.shelf.version(cx, message.version_id).catalog
        language = _language(cx, message.customer_id)
        return FollowedLink(message.customer_id, message, catalog, language)


def _language(cx: Connection, customer_id: int) -> str | None:
    known = read_customers(cx, [customer_id])
    language = known[0].attributes.get("language") if known else None
    return language if isinstance(language, str) else None


def unsubscribe(system: System, link: FollowedLink, source: str) -> None:
    """Withdraw consent to the message's topic, or to its channel where it has none.

    It is on the disk when this returns, so that it wins over every claim that comes later.
    """
    now, message = system.clock(), link.message
    topic = message.topic if message and message.topic else ALL
    channel = ALL if message is None or topic != ALL else message.channel
    with system.database.writing() as cx:
        withdrawn = Consent(link.customer_id, channel, topic, allowed=False, source=source, at=now)
        record_consents(cx, [withdrawn], now)
        if message is not None:
            _let_hear(cx, system, message, source, {} if topic == ALL else {"topic": topic}, now)


def _let_hear(
    cx: Connection,
    system: System,
    message: Linked,
    source: str,
    about: Mapping[str, str],
    now: datetime,
) -> None:
    key = str(message.message_id)
    told = NewEvent(message.customer, "unsubscribed", now, source, key, dict(about))
    put = put_events(cx, [told], now)
    if put.new:
        hear(cx, system, [told], put.ids, {}, now)


def answer_survey(system: System, link: FollowedLink, score: int, comment: str) -> bool:
    """Keep an answer for the playbooks to hear of; False when it was answered before."""
    message, survey = link.message, link.survey
    if message is None or survey is None:
        return False
    said: dict[str, object] = {"survey": survey.name, "score": score}
    if comment:
        said["comment"] = comment
    track = Track(message.customer, "survey_answered", system.clock().isoformat(), said)
    return keep(system, [Arrival(SURVEY, str(message.message_id), track.payload())]) > 0
