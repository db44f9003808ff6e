"""Test sends: a message really sent, to somebody who may get it, and counted nowhere.

It goes straight to the configured connector, past outbox, ledger and gates, under a name that is
none of our messages': what its provider reports of it changes nothing. It holds a made-up
customer's words, says that it is a test, and its links lead to nobody's choices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, assert_never
from uuid import uuid4

from keepwarm.connectors.contract import Connector
from keepwarm.engine.message import Message, Wording
from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, SendResult, Unknown
from keepwarm.engine.plan import Plan
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import normal_address

#: What a test begins with, so that nobody takes it for the real thing.
MARK: Final = "[Test] "
#: In which of its texts, by channel.
_MARKED: Final = {Channel.EMAIL: "subject", Channel.SMS: "text"}


class TestRefused(Exception):
    """A test may not be sent; says why, and how it may be."""

    # Pytest would collect a class of this name.
    __test__ = False


def channel_of(address: str) -> Channel:
    """Tell by which channel an address is reached."""
    return Channel.EMAIL if "@" in address else Channel.SMS


def refuse_strangers(address: str, plan: Plan, own: Sequence[str]) -> None:
    """Let a test go only to those who answer for the playbook, or whom the operator names.

    Raises:
        TestRefused: the address is neither.
    """
    channel = channel_of(address)
    team = plan.teams.get(plan.owner)
    allowed = {*own, *(team.members if team is not None else (plan.owner,))}
    normal = {normal_address(channel, each) for each in allowed if channel_of(each) is channel}
    if normal_address(channel, address) not in normal:
        raise TestRefused(
            "Tests go to the owner of the playbook, to members of the team that owns it, and to"
            " addresses in KEEPWARM_TEST_ADDRESSES (with commas between them). This one is none"
            " of them."
        )


def connector_for(channel: Channel, connectors: Mapping[Channel, Connector]) -> Connector:
    """Give the connector that sends for real.

    Raises:
        TestRefused: none is set that does.
    """
    connector = connectors[channel]
    if connector.limits.transactional:
        raise TestRefused(
            f"The connector of {channel} is {connector.name}, which sends nothing."
            f" Set another, such as KEEPWARM_{channel.upper()}={_EXAMPLES[channel]}."
        )
    return connector


_EXAMPLES: Final = {Channel.EMAIL: "smtp", Channel.SMS: "twilio"}


def as_test(message: Message, address: str) -> Message:
    """Give the message as a test for an address: marked, and under a name of its own."""
    content, name = message.content, _MARKED[message.channel]
    marked = Wording((MARK, *content.texts[name].parts))
    return replace(
        message,
        send_id=f"test-{uuid4().hex}",
        content=replace(content, texts={**content.texts, name: marked}),
        address=address,
        customer_id=None,
        # Providers count by it.
        playbook="test",
    )


async def send_tests(connector: Connector, messages: Sequence[Message]) -> list[SendResult]:
    """Send messages one by one, each once, and give what came of each."""
    results: list[SendResult] = []
    try:
        for message in messages:
            results += await connector.send([message])
    finally:
        await connector.close()
    return results


def send_now(connector: Connector, messages: Sequence[Message]) -> list[SendResult]:
    """Send messages from where nothing runs yet."""
    return asyncio.run(send_tests(connector, messages))


def result_sentence(result: SendResult) -> str:
    """Say what came of a test."""
    match result:
        case Accepted():
            return "sent"
        case NotProcessed(reason=reason) | Rejected(reason=reason):
            return f"not sent: {reason}"
        case Unknown(reason=reason):
            return f"perhaps sent: {reason}"
        case _:
            assert_never(result)
