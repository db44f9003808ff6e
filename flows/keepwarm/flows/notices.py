"""Notices to people of the house: a guardrail fell, an outcome stays unknown, a connector stopped.

What there is to tell is kept in the transaction in which it came to be, and told afterwards over
the same connectors that customers' messages take: to the chat channel of the owner's team, else
by e-mail. It is told at least once; `keepwarm status` and the tasks page show it besides.
"""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from keepwarm.connectors.contract import Connector
from keepwarm.engine.message import Content, Message, Wording
from keepwarm.engine.outcome import Accepted, Rejected, SendResult
from keepwarm.engine.plan import CallWebhook, Notify, Plan
from keepwarm.flows.pauses import doubled_pause
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel, Kind
from keepwarm.store.connection import Connection
from keepwarm.store.notices import (
    Notice,
    is_anything_to_tell,
    mark_told,
    put_notices,
    take_notices,
    tell_later,
)

_log = logging.getLogger(__name__)

_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)
#: After so many tries, two days of them, a notice is left to be read on the pages.
_TRIES: Final = 50
_SUBJECT: Final = "Keepwarm: something needs you"


def tell_owner(cx: Connection, system: System, plan: Plan, key: str, words: str) -> None:
    """Keep something for the owner of a playbook to know; the same key is told once."""
    alarms = system.shelf.policies(cx).alarms_to
    _keep(cx, system, _owner_roads(plan, alarms), key, f"{plan.playbook}: {words}")


def tell_operators(cx: Connection, system: System, channel: Channel, key: str, words: str) -> None:
    """Keep something about a channel: for where alarms go, else for owners who send by it."""
    live = system.shelf.live(cx).values()
    alarms = system.shelf.policies(cx).alarms_to
    _keep(cx, system, _channel_roads(live, channel, alarms), key, words)


def _keep(
    cx: Connection, system: System, roads: Iterable[tuple[Channel, str]], key: str, words: str
) -> None:
    now = system.clock()
    notices = [Notice(key, words, road, address, now) for road, address in set(roads)]
    if put_notices(cx, notices, now) or not notices:
        _log.warning("%s", words)


def _channel_roads(
    live: Iterable[Live], channel: Channel, alarms: str | None
) -> list[tuple[Channel, str]]:
    if alarms:
        return [_road_to(alarms)]
    return [
        road for each in live if _uses(each.plan, channel) for road in _owner_roads(each.plan, None)
    ]


def _uses(plan: Plan, channel: Channel) -> bool:
    match channel:
        case Channel.CHAT:
            return any(isinstance(step, Notify) for step in plan.steps)
        case Channel.WEBHOOK:
            return any(isinstance(step, CallWebhook) for step in plan.steps)
        case _:
            return channel in plan.channels


def _owner_roads(plan: Plan, alarms: str | None) -> list[tuple[Channel, str]]:
    """Give where the owner hears of things: the team's chat, else e-mail, else where alarms go."""
    teams = plan.teams
    team = teams.get(plan.owner) or next(
        (t for t in teams.values() if plan.owner in t.members), None
    )
    if team is not None and team.notify:
        return [(Channel.CHAT, team.notify)]
    if "@" in plan.owner:
        return [(Channel.EMAIL, plan.owner)]
    if alarms:
        return [_road_to(alarms)]
    return [(Channel.EMAIL, each) for each in team.members] if team is not None else []


def _road_to(address: str) -> tuple[Channel, str]:
    return (Channel.EMAIL if "@" in address[1:] else Channel.CHAT), address


# ── Telling what is kept ─────────────────────────────────────────────────────────────────────


async def tell_people(system: System) -> int:
    """Tell what is due to be told, and give how many heard."""
    notices, sender = await asyncio.to_thread(_take, system)
    told = 0
    for notice in notices:
        result = await _send(system.connectors.get(Channel(notice.channel)), notice, sender)
        told += await asyncio.to_thread(_record, system, notice, result)
    return told


def _take(system: System) -> tuple[list[Notice], str | None]:
    now = system.clock()
    with system.database.reading() as cx:
        if not is_anything_to_tell(cx, now):
            return [], None
        sender = system.shelf.policies(cx).sender
    with system.database.writing() as cx:
        return take_notices(cx, now), sender


async def _send(
    connector: Connector | None, notice: Notice, sender: str | None
) -> SendResult | None:
    if connector is None:
        return None
    [result] = await connector.send([_message(notice, sender)])
    return result


def _message(notice: Notice, sender: str | None) -> Message:
    channel = Channel(notice.channel)
    texts = {"text": Wording((notice.words,))}
    if channel is Channel.EMAIL:
        body = f"<html><body><p>{html.escape(notice.words)}</p></body></html>"
        texts |= {"subject": Wording((_SUBJECT,)), "html": Wording((body,))}
    return Message(
        send_id=f"notice-{notice.id}-{notice.tries}",
        content=Content(channel, texts, sender=sender if channel is Channel.EMAIL else None),
        values=(),
        address=notice.address,
        customer_id=None,
        playbook="",
        kind=Kind.TRANSACTIONAL,
    )


def _record(system: System, notice: Notice, result: SendResult | None) -> bool:
    """Note that it was told, or tell it again later: what was perhaps taken as well."""
    now = system.clock()
    was_told = isinstance(result, Accepted)
    with system.database.writing(durable=False) as cx:
        if was_told:
            mark_told(cx, notice, now)
        else:
            pause = doubled_pause(_FIRST_PAUSE, notice.tries, _LONGEST_PAUSE)
            tell_later(cx, notice, now + pause if notice.tries < _TRIES else None)
            if isinstance(result, Rejected) and notice.channel == Channel.CHAT:
                _tell_by_mail(cx, system, notice, result.reason, now)
    return was_told


def _tell_by_mail(
    cx: Connection, system: System, notice: Notice, refusal: str, now: datetime
) -> None:
    """Tell those behind a chat channel by e-mail as well: it may be the channel that is wrong."""
    plans = [each.plan for each in system.shelf.live(cx).values()]
    teams = [team for plan in plans for team in plan.teams.values()]
    theirs = {each for team in teams if team.notify == notice.address for each in team.members}
    if not theirs:
        owners = [plan.teams[plan.owner] for plan in plans if plan.owner in plan.teams]
        theirs = {each for team in owners for each in team.members}
    words = f"{notice.words} ({notice.address} could not be told: {refusal}.)"
    by_mail = [Notice(notice.key, words, Channel.EMAIL, each, now) for each in theirs]
    put_notices(cx, by_mail, now)
