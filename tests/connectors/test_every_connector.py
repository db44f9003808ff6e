"""One contract for every connector, through its real SDK, over a real socket."""

from __future__ import annotations

import asyncio
import logging
import pickle
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from keepwarm.connectors.contract import Connector
from keepwarm.connectors.registry import BUILT_IN, find, make
from keepwarm.connectors.transport import LOUD
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)
from tests.connectors.conftest import Maker
from tests.connectors.given import message_for, settings_for
from tests.standins import Fault, Standins, answers, drips, drops, hangs, says
from tests.standins.provider import Provider
from tests.standins.slack import INCOMING


@dataclass(frozen=True)
class Road:
    """A way to a stand-in: the connector, its channel, and where its acceptances are noted."""

    connector: str
    channel: Channel
    standin: str
    incoming: bool = False

    def provider(self, here: Standins) -> Provider:
        return here.providers[self.standin]

    def made(self, made: Maker, here: Standins) -> Connector:
        settings = {}
        if self.incoming:
            settings = {"SLACK_BOT_TOKEN": "", "SLACK_WEBHOOK_URL": here.slack.url + INCOMING}
        return made(self.connector, **settings)

    def message(self, here: Standins, number: int = 0) -> Message:
        if self.channel is Channel.WEBHOOK:
            return message_for(self.channel, number, address=f"{here.receiver.url}/hook")
        return message_for(self.channel, number)


ROADS = [
    Road("sendgrid", Channel.EMAIL, "sendgrid"),
    Road("twilio", Channel.SMS, "twilio"),
    Road("onesignal", Channel.PUSH, "onesignal"),
    Road("slack", Channel.CHAT, "slack"),
    Road("slack", Channel.CHAT, "slack", incoming=True),
    Road("webhook", Channel.WEBHOOK, "receiver"),
]
#: For these, an answer without a body proves nothing.
PROVING = [road for road in ROADS if road.connector != "webhook"]
IN_PROCESS = ["memory", "outbox"]


def names(road: Road) -> str:
    return f"{road.connector}-incoming" if road.incoming else road.connector


over_every_road = pytest.mark.parametrize("road", ROADS, ids=names)


async def send_one(road: Road, made: Maker, here: Standins, *faults: Fault) -> SendResult:
    """Send one message to a provider that misbehaves as told."""
    road.provider(here).faults.add(*faults)
    connector = road.made(made, here)
    (result,) = await connector.send([road.message(here)])
    return result


@over_every_road
async def test_a_message_arrives_as_written(road: Road, made: Maker, here: Standins) -> None:
    result = await send_one(road, made, here)
    assert isinstance(result, Accepted)
    assert result.provider_id
    (entry,) = here.ledger.of(road.standin)
    message = road.message(here)
    texts = [message.text(name) for name in message.content.texts]
    assert set(texts) <= set(entry.words.values())


@over_every_road
async def test_results_stand_in_the_order_of_the_messages(
    road: Road, made: Maker, here: Standins
) -> None:
    messages = [road.message(here, number) for number in range(5)]
    road.provider(here).faults.add(answers(500, about="Ada3"))
    connector = road.made(made, here)
    if road.connector == "sendgrid":
        # One call would carry them all; its own tests look into it.
        results = [(await connector.send([message]))[0] for message in messages]
    else:
        results = list(await connector.send(messages))
    assert [type(result) for result in results] == [Accepted] * 3 + [Unknown, Accepted]


@over_every_road
async def test_no_message_gives_no_result_and_no_call(
    road: Road, made: Maker, here: Standins
) -> None:
    assert not await road.made(made, here).send([])
    assert not road.provider(here).calls


@over_every_road
async def test_an_answer_lost_after_acceptance_is_unknown_and_never_sent_again(
    road: Road, made: Maker, here: Standins
) -> None:
    result = await send_one(road, made, here, drops(after_acceptance=True))
    await asyncio.sleep(0.05)
    assert isinstance(result, Unknown)
    assert len(here.ledger.of(road.standin)) == 1
    assert len(road.provider(here).calls) == 1


@over_every_road
async def test_a_connection_lost_before_acceptance_is_unknown_too(
    road: Road, made: Maker, here: Standins
) -> None:
    result = await send_one(road, made, here, drops(after_acceptance=False))
    assert isinstance(result, Unknown)
    assert len(road.provider(here).calls) == 1


@over_every_road
async def test_a_connection_that_is_refused_sent_nothing(
    road: Road, made: Maker, here: Standins
) -> None:
    connector, message = road.made(made, here), road.message(here)
    await here.__aexit__()
    (result,) = await connector.send([message])
    assert result == NotProcessed("the connection was refused", is_away=True)


@over_every_road
@pytest.mark.parametrize("misbehave", [hangs, drips], ids=["silence", "drip"])
async def test_a_provider_that_does_not_finish_is_unknown_within_the_timeout(
    road: Road, made: Maker, here: Standins, misbehave: Callable[..., Fault],
    patience_ends: Callable[[], None],
) -> None:  # fmt: skip
    fault = misbehave(after_acceptance=True, then=patience_ends)
    result = await send_one(road, made, here, fault)
    assert result == Unknown("no answer in time")
    assert len(road.provider(here).calls) == 1


@over_every_road
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    road: Road, made: Maker, here: Standins, status: int
) -> None:
    elsewhere = f"{here.url}/receiver/elsewhere"
    result = await send_one(road, made, here, answers(status, Location=elsewhere))
    assert isinstance(result, Unknown)
    assert [call.path for call in here.receiver.calls if call.path == "/elsewhere"] == []
    assert len(road.provider(here).calls) == 1


@over_every_road
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
async def test_a_provider_that_fails_leaves_the_outcome_unknown(
    road: Road, made: Maker, here: Standins, status: int
) -> None:
    fault = answers(status, "<html>Bad gateway</html>", after_acceptance=True)
    result = await send_one(road, made, here, fault)
    assert isinstance(result, Unknown)
    assert len(road.provider(here).calls) == 1


@pytest.mark.parametrize("road", PROVING, ids=names)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"<html>ok</html>", b"\xff\xfe", b'{"sid": null, "id":'],
    ids=["empty", "object", "list", "null", "html", "bad utf-8", "cut"],
)  # fmt: skip
async def test_a_yes_that_proves_nothing_is_not_success(
    road: Road, made: Maker, here: Standins, status: int, body: bytes
) -> None:
    result = await send_one(road, made, here, answers(status, body, after_acceptance=True))
    assert isinstance(result, Unknown), result
    assert len(road.provider(here).calls) == 1


@over_every_road
@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": "x',
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"SMTP ready\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=["truncated body", "truncated head", "other protocol", "bytes", "bad chunk", "huge head"],
)  # fmt: skip
async def test_a_broken_answer_is_unknown(
    road: Road, made: Maker, here: Standins, answer: bytes
) -> None:
    result = await send_one(road, made, here, says(answer, after_acceptance=True))
    assert isinstance(result, Unknown), result


@over_every_road
async def test_an_endless_answer_is_cut_off(road: Road, made: Maker, here: Standins) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 20_000_000
    connector, message = road.made(made, here), road.message(here)
    road.provider(here).faults.add(says(endless, after_acceptance=True))
    tracemalloc.start()
    try:
        (result,) = await connector.send([message])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(result, Unknown)
    # The stand-in's own copy in its socket's buffer is most of it.
    assert peak < 50_000_000


@over_every_road
@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta(0)),
        ("999999999", timedelta(hours=1)),
        ("-5", None),
        ("NaN", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_a_provider_that_asks_for_fewer_calls_is_given_its_time(
    road: Road, made: Maker, here: Standins, asked: str, wait: timedelta | None
) -> None:
    result = await send_one(road, made, here, answers(429, "{}", Retry_After=asked))
    assert isinstance(result, NotProcessed)
    assert result.retry_after == wait


@over_every_road
async def test_a_wait_given_as_a_date_is_read(road: Road, made: Maker, here: Standins) -> None:
    began = datetime.now(UTC).replace(microsecond=0)  # as the date has it
    moment = began + timedelta(minutes=20)
    text = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    result = await send_one(road, made, here, answers(429, "{}", Retry_After=text))
    took = datetime.now(UTC) - began
    assert isinstance(result, NotProcessed)
    assert result.retry_after is not None
    assert timedelta(minutes=20) - took <= result.retry_after <= timedelta(minutes=20)


@over_every_road
@pytest.mark.parametrize("status", [401, 403])
async def test_wrong_credentials_stop_the_channel(
    road: Road, made: Maker, here: Standins, status: int
) -> None:
    result = await send_one(road, made, here, answers(status, "{}"))
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.STOP_CHANNEL


@over_every_road
@pytest.mark.parametrize("status", [402, 404, 405, 409, 410, 415, 418, 451])
async def test_an_unknown_refusal_is_final_and_stops_nothing_else(
    road: Road, made: Maker, here: Standins, status: int
) -> None:
    result = await send_one(road, made, here, answers(status, "who knows"))
    assert isinstance(result, Rejected)
    gone = road.connector == "webhook" and status == 410
    assert result.remedy is (Remedy.SUPPRESS_ADDRESS if gone else Remedy.NONE)


@over_every_road
async def test_many_messages_go_over_one_connection(
    road: Road, made: Maker, here: Standins
) -> None:
    connector = road.made(made, here)
    for number in range(30):
        await connector.send([road.message(here, number)])
    assert len(road.provider(here).calls) == 30
    assert len(road.provider(here).connections) == 1


@over_every_road
async def test_proxies_of_the_environment_are_ignored(
    road: Road, made: Maker, here: Standins, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(await send_one(road, made, here), Accepted)


@over_every_road
async def test_logs_hold_no_key_no_address_and_no_word(
    road: Road, made: Maker, here: Standins, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = road.message(here)
    faults = [answers(400, message.address), drops(after_acceptance=True), answers(429, "{}")]
    connector = road.made(made, here)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.DEBUG)
    await connector.send([message])
    for fault in faults:
        road.provider(here).faults.add(fault)
        await connector.send([message])
    settings = settings_for(road.connector, here)
    secrets = [value for name, value in settings.items() if "KEY" in name or "TOKEN" in name]
    for word in [*secrets, message.address, "Ada0"]:
        assert word not in caplog.text


@over_every_road
async def test_what_is_kept_of_an_answer_is_short_and_without_the_address(
    road: Road, made: Maker, here: Standins
) -> None:
    message = road.message(here)
    text = f"refused: {message.address} {message.address.upper()} " + "x" * 5000
    result = await send_one(road, made, here, answers(400, text))
    assert isinstance(result, Rejected)
    assert message.address.lower() not in (result.raw + result.reason).lower()
    assert len(result.raw) <= 2048
    assert pickle.loads(pickle.dumps(result)) == result


@over_every_road
async def test_a_connector_may_be_closed_twice_and_unused(
    road: Road, made: Maker, here: Standins
) -> None:
    connector = road.made(made, here)
    await connector.close()
    await connector.close()


@over_every_road
def test_a_connector_serves_several_event_loops(road: Road) -> None:
    async def first_and_then() -> list[SendResult]:
        async with Standins() as here:
            settings = settings_for(road.connector, here)
            if road.incoming:
                settings = {"SLACK_WEBHOOK_URL": here.slack.url + INCOMING}
            connector = make(road.connector, settings, clock=lambda: datetime.now(UTC))
            results = list(await connector.send([road.message(here)]))
            message = road.message(here, 1)

            def elsewhere() -> None:
                async def go() -> None:
                    results.extend(await connector.send([message]))
                    await connector.close()

                asyncio.run(go())

            await asyncio.to_thread(elsewhere)
            await connector.close()
            await asyncio.sleep(0)
            return results

    results = asyncio.run(first_and_then())
    assert [type(result) for result in results] == [Accepted, Accepted]


@pytest.mark.parametrize("name", IN_PROCESS)
async def test_what_stays_in_the_process_is_always_taken(name: str, made: Maker) -> None:
    connector = made(name)
    messages = [message_for(Channel.EMAIL, number) for number in range(3)]
    results = await connector.send(messages)
    assert all(isinstance(result, Accepted) for result in results)
    assert not await connector.send([])
    await connector.close()


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_connector_says_what_it_is(name: str) -> None:
    found = find(name)
    assert found.name == name
    assert found.about.title
    assert found.about.promises
    assert found.about.unknown_settles_by
    for setting in found.about.settings:
        assert setting.meaning.rstrip().endswith(".")
