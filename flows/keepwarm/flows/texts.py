"""What customers text us: STOP and START at once, answers to surveys, the rest for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.facts import Value
from keepwarm.engine.keywords import Keyword, keyword_in
from keepwarm.engine.outcome import TextReceived
from keepwarm.engine.survey_answers import answer_in
from keepwarm.flows.arrivals import Track
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.schema.catalog import Survey
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer, find_by_address
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.inbox import Arrival, append_arrivals
from keepwarm.store.linked import SURVEY, Linked, surveys_by_text
from keepwarm.store.people import (
    ALL,
    Consent,
    Suppression,
    SuppressionReason,
    lift_opt_out,
    record_consents,
    suppress,
)

#: For so long after its question a text may answer a survey.
_ANSWERS_WITHIN: Final = timedelta(days=14)
_LONGEST_TEXT: Final = 2_000


def heed_text(
    cx: Connection, system: System, connector: str, received: TextReceived, now: datetime
) -> None:
    """Do what a keyword asks, keep what answers a survey, and let playbooks hear of the rest.

    A keyword wins over an answer. Every other text is kept as the event `text_received`; one that
    is no clear answer changes nothing by itself (law 25), and a clear one may still follow.
    """
    people = find_by_address(cx, Channel.SMS, received.sender)
    asked = keyword_in(received.body)
    if asked in (Keyword.STOP, Keyword.START):
        _heed_keyword(cx, system, received, asked, people, now)
    elif asked is None and people:
        _answer(cx, system, connector, received, people, now)


def _heed_keyword(
    cx: Connection,
    system: System,
    received: TextReceived,
    asked: Keyword,
    people: list[Customer],
    now: datetime,
) -> None:
    hashed = address_hash(system.pepper, Channel.SMS, received.sender)
    allowed = asked is Keyword.START
    if allowed:
        lift_opt_out(cx, Channel.SMS, hashed)
    else:
        opted_out = SuppressionReason.OPTED_OUT
        suppress(cx, [Suppression(Channel.SMS, hashed, opted_out, now, asked)])
    source = f"text to {received.receiver}"
    consents = [
        Consent(person.id, Channel.SMS, ALL, allowed, source, received.at, asked)
        for person in people
    ]
    record_consents(cx, consents, now)


def _answer(
    cx: Connection,
    system: System,
    connector: str,
    received: TextReceived,
    people: list[Customer],
    now: datetime,
) -> None:
    asked = surveys_by_text(cx, [each.id for each in people], now - _ANSWERS_WITHIN)
    about = next(iter(asked), None)
    survey = _survey_of(cx, system, about) if about else None
    said = answer_in(received.body, survey.low, survey.high) if survey else None
    who = about.customer if about is not None else people[0].customer
    words: dict[str, Value] = {"text": received.body[:_LONGEST_TEXT], "is_answer": said is not None}
    words |= {"survey": survey.name} if survey else {}
    event = NewEvent(who, "text_received", received.at, connector, received.dedupe_key, words, now)
    put = put_events(cx, [event], now)
    if not put.new:
        return  # providers tell some things twice
    hear(cx, system, [event], put.ids, {}, now)
    if about is not None and survey is not None and said is not None:
        told: dict[str, Value] = {"survey": survey.name, "score": said.score}
        told |= {"comment": said.comment[:_LONGEST_TEXT]} if said.comment else {}
        track = Track(about.customer, "survey_answered", received.at.isoformat(), told)
        append_arrivals(cx, [Arrival(SURVEY, str(about.message_id), track.payload())], now)


def _survey_of(cx: Connection, system: System, about: Linked) -> Survey | None:
    catalog = system.shelf.version(cx, about.version_id).catalog
    return catalog.surveys.get(about.words["survey"])
