"""What Slack alone asks for: `ok`, its own words for errors, and escaping."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from keepwarm.connectors.contract import ConnectorRefused, Settles
from keepwarm.connectors.slack import DOUBTFUL, LATER, REFUSALS
from keepwarm.engine.message import Channel
from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, Remedy, Unknown
from tests.connectors.conftest import Maker
from tests.connectors.given import message_for
from tests.standins import Fault, Standins, answers, drops
from tests.standins.slack import ARCHIVED, INCOMING


@pytest.mark.parametrize("word", sorted(REFUSALS))
async def test_every_refusal_of_the_table_is_read(made: Maker, here: Standins, word: str) -> None:
    here.slack.faults.add(says_not_ok(word))
    (result,) = await made("slack").send([message_for(Channel.CHAT)])
    assert isinstance(result, Rejected)
    assert result.remedy is REFUSALS[word]
    assert word in result.reason


@pytest.mark.parametrize("word", sorted(DOUBTFUL))
async def test_a_failure_that_may_have_succeeded_is_unknown(
    made: Maker, here: Standins, word: str
) -> None:
    here.slack.faults.add(says_not_ok(word))
    (result,) = await made("slack").send([message_for(Channel.CHAT)])
    assert isinstance(result, Unknown)


@pytest.mark.parametrize("word", sorted(LATER))
async def test_too_many_messages_wait(made: Maker, here: Standins, word: str) -> None:
    here.slack.faults.add(says_not_ok(word, "30"))
    (result,) = await made("slack").send([message_for(Channel.CHAT)])
    assert isinstance(result, NotProcessed)
    assert result.retry_after == timedelta(seconds=30)


async def test_a_word_that_is_not_in_the_table_is_final_and_stops_nothing(
    made: Maker, here: Standins
) -> None:
    here.slack.faults.add(says_not_ok("something_new"))
    (result,) = await made("slack").send([message_for(Channel.CHAT)])
    assert result == Rejected("Slack says something_new", Remedy.NONE, "Slack says something_new")


async def test_a_token_of_somebody_who_is_gone_stops_the_channel(
    made: Maker, here: Standins
) -> None:
    here.slack.faults.add(says_not_ok("account_inactive"))
    (result,) = await made("slack").send([message_for(Channel.CHAT)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.STOP_CHANNEL


async def test_an_archived_channel_is_not_tried_again(made: Maker, here: Standins) -> None:
    (result,) = await made("slack").send([message_for(Channel.CHAT, address=ARCHIVED)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.SUPPRESS_ADDRESS


@pytest.mark.parametrize(
    "body", ['{"ok": true}', '{"ok": true, "ts": ""}', '{"ok": true, "ts": 7}', '{"ok": 1, "x": 2}']
)
async def test_ok_without_a_moment_proves_nothing(made: Maker, here: Standins, body: str) -> None:
    here.slack.faults.add(answers(200, body))
    (result,) = await made("slack").send([message_for(Channel.CHAT)])
    assert isinstance(result, Unknown)


async def test_a_name_cannot_ring_the_whole_channel(made: Maker, here: Standins) -> None:
    message = message_for(Channel.CHAT, values=("<!channel> & <@U1>", "", "Pro"))
    await made("slack").send([message])
    (entry,) = here.ledger.of("slack")
    assert entry.words["text"] == "Please call &lt;!channel&gt; &amp; &lt;@U1&gt;: Pro."


async def test_an_unknown_message_is_found_by_its_send_id(made: Maker, here: Standins) -> None:
    connector = made("slack")
    message = message_for(Channel.CHAT, address="C0000000001")
    here.slack.faults.add(drops(after_acceptance=True))
    (result,) = await connector.send([message])
    assert isinstance(result, Unknown)
    assert isinstance(connector, Settles)
    found = await connector.look_up(message, datetime.now(UTC) - timedelta(minutes=1))
    assert found == Accepted(here.ledger.of("slack")[0].provider_id)
    other = message_for(Channel.CHAT, 7, address="C0000000001")
    assert await connector.look_up(other, datetime.now(UTC)) is None
    for fault in (says_not_ok("channel_not_found"), answers(500), drops(after_acceptance=False)):
        here.slack.faults.add(fault, fault)
        assert await connector.look_up(message, datetime.now(UTC)) is None


async def test_an_incoming_webhook_says_ok_or_why_not(made: Maker, here: Standins) -> None:
    url = here.slack.url + INCOMING
    connector = made("slack", SLACK_BOT_TOKEN="", SLACK_WEBHOOK_URL=url)
    for status, word, remedy in (
        (404, "no_service", Remedy.STOP_CHANNEL),
        (403, "invalid_token", Remedy.STOP_CHANNEL),
        (404, "channel_not_found", Remedy.SUPPRESS_ADDRESS),
        (410, "channel_is_archived", Remedy.SUPPRESS_ADDRESS),
        (400, "invalid_payload", Remedy.FIX_CONTENT),
    ):
        here.slack.faults.add(answers(status, word))
        (result,) = await connector.send([message_for(Channel.CHAT)])
        assert isinstance(result, Rejected)
        assert result.remedy is remedy
    here.slack.faults.add(answers(200, "okay"))
    (result,) = await connector.send([message_for(Channel.CHAT)])
    assert isinstance(result, Unknown)
    assert isinstance(connector, Settles)
    assert await connector.look_up(message_for(Channel.CHAT), datetime.now(UTC)) is None


@pytest.mark.parametrize("address", ["", "#a b", "https://x.example", "a\nb"])
async def test_an_address_that_is_no_channel_is_refused_here(
    made: Maker, here: Standins, address: str
) -> None:
    (result,) = await made("slack").send([message_for(Channel.CHAT, address=address)])
    assert isinstance(result, Rejected)
    assert not here.slack.calls


async def test_without_token_and_webhook_it_is_refused(made: Maker) -> None:
    with pytest.raises(ConnectorRefused, match="Neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL"):
        made("slack", SLACK_BOT_TOKEN="")


def says_not_ok(word: str, retry_after: str = "") -> Fault:
    """Answer as Slack does when something is wrong: 200, and `ok` false."""
    body = json.dumps({"ok": False, "error": word})
    return answers(200, body, Retry_After=retry_after)
