"""The connector for tests does what a test tells it."""

from __future__ import annotations

from datetime import UTC, datetime

from keepwarm.connectors.contract import Connector, Listens, Settles
from keepwarm.connectors.memory import Memory
from keepwarm.connectors.outbox import Outbox
from keepwarm.connectors.registry import find
from keepwarm.engine.message import Channel
from keepwarm.engine.outcome import Accepted, Received, Rejected, Unknown
from tests.connectors.given import message_for

NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def test_it_takes_everything_and_remembers_it() -> None:
    memory: Connector = Memory()
    messages = [message_for(Channel.SMS, number) for number in range(3)]
    assert await memory.send(messages) == [
        Accepted(f"memory:send-{number:04d}") for number in range(3)
    ]
    assert isinstance(memory, Memory)
    assert memory.sent == messages
    assert memory.calls == [3]
    assert memory.texts_to(messages[1].address) == ["Hi Ada1, your plan is Pro."]


async def test_it_answers_as_told_in_order_and_by_address() -> None:
    memory = Memory()
    memory.will_answer(Unknown("first"), lambda message: Rejected(message.send_id))
    memory.will_answer(Rejected("bounced"), to=message_for(Channel.SMS, 7).address)
    results = await memory.send([message_for(Channel.SMS, number) for number in (7, 0, 1, 2)])
    assert results == [
        Rejected("bounced"),
        Unknown("first"),
        Rejected("send-0001"),
        Accepted("memory:send-0002"),
    ]
    assert list(memory.accepted) == ["send-0002"]


async def test_it_settles_and_listens() -> None:
    memory = Memory()
    assert isinstance(memory, Settles)
    assert isinstance(memory, Listens)
    await memory.send([message_for(Channel.SMS)])
    assert await memory.look_up(message_for(Channel.SMS), NOW) == Accepted("memory:send-0000")
    assert await memory.look_up(message_for(Channel.SMS, 1), NOW) is None
    assert memory.receive("", {}, b"", NOW) is None
    memory.call_back = Received()
    assert memory.receive("", {}, b"", NOW) == Received()
    await memory.close()
    assert memory.closed


def test_what_stays_in_the_process_says_so() -> None:
    assert find("outbox").limits.transactional
    assert not find("sendgrid").limits.transactional
    assert Outbox.channels == frozenset(Channel)
