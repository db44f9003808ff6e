"""What OneSignal alone asks for: a key that makes repeated calls harmless, ids that are empty."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import pytest

from keepwarm.connectors.contract import ConnectorRefused
from keepwarm.connectors.onesignal import idempotency_key
from keepwarm.engine.message import Channel, Wording
from keepwarm.engine.outcome import Accepted, Rejected, Remedy, Unknown
from tests.connectors.conftest import Maker
from tests.connectors.given import content_for, message_for
from tests.standins import Standins, answers, drops, hangs
from tests.standins.onesignal import INVALID, NOT_SUBSCRIBED, PARTLY


async def test_an_unknown_push_is_settled_by_calling_again_and_taken_once(
    made: Maker, here: Standins, patience_ends: Callable[[], None]
) -> None:
    connector, message = made("onesignal"), message_for(Channel.PUSH)
    assert connector.limits.idempotent
    for fault in (drops(after_acceptance=True), hangs(after_acceptance=True, then=patience_ends)):
        here.onesignal.faults.add(fault)
        (result,) = await connector.send([message])
        assert isinstance(result, Unknown)
    (result,) = await connector.send([message])
    (entry,) = here.ledger.of("onesignal")
    assert isinstance(result, Accepted)
    assert result.provider_id == entry.provider_id


def test_the_key_is_the_same_for_the_same_message_and_stays_so_for_ever() -> None:
    assert idempotency_key("send-0001") == idempotency_key("send-0001")
    assert idempotency_key("send-0001") != idempotency_key("send-0002")
    # Changing it would let OneSignal take what it has already taken.
    assert idempotency_key("send-0001") == "fefbfe27-5692-5b6a-ae01-888506ac53f3"
    assert uuid.UUID(idempotency_key("x")).version == 5


@pytest.mark.parametrize("alias", [NOT_SUBSCRIBED, INVALID, PARTLY])
async def test_a_push_that_reaches_nobody_is_rejected(
    made: Maker, here: Standins, alias: str
) -> None:
    (result,) = await made("onesignal").send([message_for(Channel.PUSH, address=alias)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.NOT_SUBSCRIBED
    assert alias not in result.raw + result.reason
    assert not here.ledger.of("onesignal")


async def test_an_empty_id_without_a_reason_was_not_sent(made: Maker, here: Standins) -> None:
    here.onesignal.faults.add(answers(200, '{"id": ""}'))
    (result,) = await made("onesignal").send([message_for(Channel.PUSH)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.NONE


@pytest.mark.parametrize(
    "body", ['{"id": 7}', '{"id": null}', '{"id": ["x"]}', '{"errors": ["x"]}', "[]"]
)
async def test_an_id_that_is_none_proves_nothing(made: Maker, here: Standins, body: str) -> None:
    here.onesignal.faults.add(answers(200, body))
    (result,) = await made("onesignal").send([message_for(Channel.PUSH)])
    assert isinstance(result, Unknown)


@pytest.mark.parametrize(
    ("errors", "remedy"),
    [
        (["All included players are not subscribed"], Remedy.NOT_SUBSCRIBED),
        ({"invalid_aliases": {"external_id": ["x"]}}, Remedy.NOT_SUBSCRIBED),
        (["Message Notifications must have English language content"], Remedy.FIX_CONTENT),
        (["app_id not found. You may be missing a header."], Remedy.STOP_CHANNEL),
    ],
)
async def test_a_refusal_asks_for_its_remedy(
    made: Maker, here: Standins, errors: object, remedy: Remedy
) -> None:
    here.onesignal.faults.add(answers(400, json.dumps({"errors": errors})))
    (result,) = await made("onesignal").send([message_for(Channel.PUSH)])
    assert isinstance(result, Rejected)
    assert result.remedy is remedy


async def test_hostile_words_arrive_as_written(made: Maker, here: Standins) -> None:
    text = 'Zoë 😀 "x" {{ user.email }} \n'
    content = content_for(Channel.PUSH, texts={"text": Wording((text,))})
    await made("onesignal").send([message_for(Channel.PUSH, content=content)])
    (entry,) = here.ledger.of("onesignal")
    assert entry.words == {"text": text, "title": ""}


@pytest.mark.parametrize("alias", ["", "a\nb", "x" * 129])
async def test_an_alias_that_is_none_is_refused_here(
    made: Maker, here: Standins, alias: str
) -> None:
    (result,) = await made("onesignal").send([message_for(Channel.PUSH, address=alias)])
    assert isinstance(result, Rejected)
    assert not here.onesignal.calls


async def test_an_app_that_is_no_uuid_is_refused(made: Maker) -> None:
    with pytest.raises(ConnectorRefused, match="is not a UUID"):
        made("onesignal", ONESIGNAL_APP_ID="my app")
