"""What Twilio alone asks for: numbers, codes, call-backs, texts of customers, look-ups."""
# ruff: noqa: RUF001 - digits that look like others are what is tested

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.connectors.contract import ConnectorRefused, Listens, Settles
from keepwarm.connectors.registry import make
from keepwarm.connectors.twilio import Twilio as TwilioConnector
from keepwarm.connectors.twilio_calls import SIGNATURE
from keepwarm.connectors.twilio_words import CODES, STATUSES
from keepwarm.engine.message import Channel, Wording
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Received,
    Rejected,
    Remedy,
    Signal,
    Unknown,
)
from tests.connectors.conftest import Maker
from tests.connectors.given import PUBLIC_URL, content_for, message_for
from tests.standins import Standins, answers, drops
from tests.standins.twilio import ACCOUNT, MAGIC_FROM, MAGIC_TO, SERVICE, TOKEN, Twilio

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SID = "SM" + "a" * 32
URL = f"{PUBLIC_URL}/callbacks/twilio?send_id=send-0001"
STATUS = {
    "MessageSid": SID,
    "MessageStatus": "delivered",
    "AccountSid": ACCOUNT,
    "To": "+14155550001",
    "From": "+15005550006",
}
TEXT = {
    "MessageSid": SID,
    "SmsStatus": "received",
    "From": "+14155550001",
    "To": "+15005550006",
    "Body": "Can't stop using it & ünïcode + 100%",
}


def listener(**changes: str) -> Listens:
    given_settings = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": "+15005550006",
    }
    connector = make("twilio", given_settings | changes, clock=lambda: NOW)
    assert isinstance(connector, Listens)
    return connector


LISTENER = listener()


def received(fields: dict[str, str], url: str = URL) -> Received | None:
    headers, body = Twilio.signed(url, fields)
    return LISTENER.receive(url, headers, body, NOW)


async def test_the_send_id_goes_along_in_the_address_of_the_call_back(
    made: Maker, here: Standins
) -> None:
    await made("twilio", TWILIO_VALID_FOR_SECONDS="14400").send([message_for(Channel.SMS)])
    (entry,) = here.ledger.of("twilio")
    assert entry.words["status_callback"] == f"{PUBLIC_URL}/callbacks/twilio?send_id=send-0000"
    assert entry.words["validity"] == "14400"


@pytest.mark.parametrize("public_url", [None, "http://127.0.0.1:8800"])
def test_where_twilio_cannot_reach_us_it_is_not_told_to_report(public_url: str | None) -> None:
    settings = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_FROM": "+1"}
    connector = make("twilio", settings, clock=lambda: NOW, public_url=public_url)
    assert isinstance(connector, TwilioConnector)
    assert "status_callback" not in connector._fields(message_for(Channel.SMS))


async def test_a_messaging_service_is_named_instead_of_a_number(
    made: Maker, here: Standins
) -> None:
    connector = made("twilio", TWILIO_MESSAGING_SERVICE_SID=SERVICE)
    (result,) = await connector.send([message_for(Channel.SMS)])
    assert isinstance(result, Accepted)
    assert b"MessagingServiceSid=MG" in here.twilio.calls[0].body
    assert b"From=" not in here.twilio.calls[0].body


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("+15005550001", Remedy.SUPPRESS_ADDRESS),
        ("+15005550002", Remedy.NONE),
        ("+15005550003", Remedy.NONE),
        ("+15005550004", Remedy.OPT_OUT),
        ("+15005550009", Remedy.SUPPRESS_ADDRESS),
    ],
)
async def test_twilios_magic_receivers_bring_their_remedies(
    made: Maker, here: Standins, address: str, remedy: Remedy
) -> None:
    (result,) = await made("twilio").send([message_for(Channel.SMS, address=address)])
    assert isinstance(result, Rejected)
    assert result.remedy is remedy
    assert str(MAGIC_TO[address][0]) in result.reason


@pytest.mark.parametrize("number", sorted(MAGIC_FROM))
async def test_twilios_magic_senders_bring_theirs(made: Maker, here: Standins, number: str) -> None:
    (result,) = await made("twilio", TWILIO_FROM=number).send([message_for(Channel.SMS)])
    if number == "+15005550008":
        assert isinstance(result, NotProcessed)
    else:
        assert isinstance(result, Rejected)
        assert result.remedy is Remedy.STOP_CHANNEL


async def test_a_sender_that_may_be_wrong_for_one_receiver_stops_nothing_alone(
    made: Maker, here: Standins
) -> None:
    for code, is_alone in ((21659, True), (21703, True), (21660, False), (20404, False)):
        here.twilio.faults.add(answers(400, json.dumps({"code": code, "message": "as told"})))
        (result,) = await made("twilio").send([message_for(Channel.SMS)])
        assert isinstance(result, Rejected)
        assert (result.remedy, result.perhaps_alone) == (Remedy.STOP_CHANNEL, is_alone)


@pytest.mark.parametrize("code", sorted(CODES))
async def test_every_code_of_the_table_is_read(made: Maker, here: Standins, code: int) -> None:
    body = json.dumps({"code": code, "message": "as told", "status": 400})
    here.twilio.faults.add(answers(400, body))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    match CODES[code]:
        case ("later", _):
            assert isinstance(result, NotProcessed)
        case ("doubtful", _):
            assert isinstance(result, Unknown)
        case (_, remedy):
            assert isinstance(result, Rejected)
            assert result.remedy is remedy


async def test_a_code_that_is_not_in_the_table_suppresses_nobody(
    made: Maker, here: Standins
) -> None:
    here.twilio.faults.add(answers(400, json.dumps({"code": 63999, "message": "new"})))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.NONE
    assert "63999" in result.reason


async def test_errors_in_twilios_newer_form_are_read(made: Maker, here: Standins) -> None:
    body = {"type": "https://x", "title": "Unsubscribed", "status": 400, "code": 21610}
    here.twilio.faults.add(answers(400, json.dumps(body)))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.OPT_OUT


@pytest.mark.parametrize("status", [500, 503])
async def test_an_error_of_twilios_own_is_unknown_whatever_its_code(
    made: Maker, here: Standins, status: int
) -> None:
    here.twilio.faults.add(answers(status, json.dumps({"code": 21610, "message": "?"})))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Unknown)


@pytest.mark.parametrize(
    "body",
    [
        {"sid": None, "status": "queued"},
        {"sid": "", "status": "queued"},
        {"sid": "SM123", "status": "queued"},
        {"sid": SID.upper(), "status": "queued"},
        {"sid": 7, "status": "queued"},
        {"sid": SID, "status": "on its way"},
        {"sid": SID},
    ],
)
async def test_a_sid_and_a_known_status_are_the_proof(
    made: Maker, here: Standins, body: dict[str, object]
) -> None:
    here.twilio.faults.add(answers(201, json.dumps(body)))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Unknown)


@pytest.mark.parametrize("status", [200, 202])
async def test_only_201_is_an_acceptance(made: Maker, here: Standins, status: int) -> None:
    here.twilio.faults.add(answers(status, json.dumps({"sid": SID, "status": "queued"})))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Unknown)


async def test_a_text_that_is_taken_and_lost_at_once_is_rejected(
    made: Maker, here: Standins
) -> None:
    body = {"sid": SID, "status": "failed", "error_code": 30006}
    here.twilio.faults.add(answers(201, json.dumps(body)))
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.SUPPRESS_ADDRESS


@pytest.mark.parametrize(
    "address",
    ["4155550001", "+0155550001", "+1 415 555 0001", "", "+１４１５５５５０００１", "+1\n2"],
)
async def test_an_address_that_is_no_number_is_refused_here(
    made: Maker, here: Standins, address: str
) -> None:
    (result,) = await made("twilio").send([message_for(Channel.SMS, address=address)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.SUPPRESS_ADDRESS
    assert not here.twilio.calls


@pytest.mark.parametrize("text", ["", "  \n", "x" * 1601])
async def test_a_text_without_words_or_with_too_many_is_refused_here(
    made: Maker, here: Standins, text: str
) -> None:
    content = content_for(Channel.SMS, texts={"text": Wording((text,))})
    (result,) = await made("twilio").send([message_for(Channel.SMS, content=content)])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.FIX_CONTENT
    assert not here.twilio.calls


async def test_hostile_words_arrive_as_written(made: Maker, here: Standins) -> None:
    text = "a&b=c +100% ünï 😀 \n{{x}} <b>"
    content = content_for(Channel.SMS, texts={"text": Wording((text,))})
    await made("twilio").send([message_for(Channel.SMS, content=content)])
    assert here.ledger.of("twilio")[0].words["text"] == text


async def test_what_is_kept_of_an_acceptance_repeats_neither_words_nor_number(
    made: Maker, here: Standins
) -> None:
    (result,) = await made("twilio").send([message_for(Channel.SMS)])
    assert isinstance(result, Accepted)
    assert result.raw == "201 status=queued parts=1 error=None"


async def test_an_unknown_text_is_found_by_looking_up(made: Maker, here: Standins) -> None:
    connector, message = made("twilio"), message_for(Channel.SMS)
    began = datetime.now(UTC)
    here.twilio.faults.add(drops(after_acceptance=True))
    (result,) = await connector.send([message])
    assert isinstance(result, Unknown)
    assert isinstance(connector, Settles)
    found = await connector.look_up(message, began)
    assert found == Accepted(here.ledger.of("twilio")[0].provider_id)


async def test_a_look_up_finds_neither_other_words_nor_older_texts(
    made: Maker, here: Standins
) -> None:
    connector, message = made("twilio"), message_for(Channel.SMS)
    await connector.send([message])
    assert isinstance(connector, Settles)
    other = message_for(Channel.SMS, values=("Bob", "Bob", "Free"))
    began = datetime.now(UTC) - timedelta(seconds=5)
    assert await connector.look_up(other, began) is None
    assert await connector.look_up(message, began + timedelta(minutes=1)) is None
    here.twilio.faults.add(answers(500, "no"))
    assert await connector.look_up(message, began) is None
    here.twilio.faults.add(answers(200, "<html>"))
    assert await connector.look_up(message, began) is None
    here.twilio.faults.add(drops(after_acceptance=False), drops(after_acceptance=False))
    assert await connector.look_up(message, began) is None


@pytest.mark.parametrize(
    ("status", "code", "signal", "remedy"),
    [
        ("queued", "", Signal.QUEUED, Remedy.NONE),
        ("sent", "", Signal.SENT, Remedy.NONE),
        ("delivered", "", Signal.DELIVERED, Remedy.NONE),
        ("read", "", Signal.OPENED, Remedy.NONE),
        ("undelivered", "30003", Signal.SOFT_BOUNCED, Remedy.NONE),
        ("undelivered", "30008", Signal.SOFT_BOUNCED, Remedy.NONE),
        ("undelivered", "30005", Signal.BOUNCED, Remedy.SUPPRESS_ADDRESS),
        ("undelivered", "30006", Signal.BOUNCED, Remedy.SUPPRESS_ADDRESS),
        ("undelivered", "30007", Signal.REJECTED, Remedy.FIX_CONTENT),
        ("failed", "21610", Signal.REJECTED, Remedy.OPT_OUT),
        ("failed", "30002", Signal.REJECTED, Remedy.STOP_CHANNEL),
        ("failed", "63999", Signal.REJECTED, Remedy.NONE),
        ("failed", "", Signal.REJECTED, Remedy.NONE),
        ("undelivered", "9" * 400, Signal.SOFT_BOUNCED, Remedy.NONE),
        ("delivered", "30006", Signal.DELIVERED, Remedy.NONE),
        ("something new", "", Signal.UNKNOWN, Remedy.NONE),
    ],
)
def test_a_status_call_back_is_read(status: str, code: str, signal: Signal, remedy: Remedy) -> None:
    brought = received(STATUS | {"MessageStatus": status, "ErrorCode": code})
    assert brought is not None
    (one,) = brought.reports
    assert (one.signal, one.remedy, one.word) == (signal, remedy, status)
    assert (one.send_id, one.provider_id, one.at) == ("send-0001", SID, NOW)
    assert one.dedupe_key == f"{SID}:{status}"
    assert "+14155550001" not in one.raw


def test_every_status_of_twilios_has_a_word() -> None:
    documented = (
        "accepted scheduled queued sending sent delivered undelivered failed read canceled "
        "partially_delivered"
    )
    assert set(documented.split()) == set(STATUSES)


def test_a_customers_text_is_read() -> None:
    brought = received(TEXT, f"{PUBLIC_URL}/callbacks/twilio")
    assert brought is not None
    (text,) = brought.texts
    assert (text.sender, text.receiver) == ("+14155550001", "+15005550006")
    assert text.body == TEXT["Body"]
    assert text.dedupe_key == SID
    assert text.provider_took_it_as is None


def test_what_twilio_made_of_a_text_is_told() -> None:
    brought = received(TEXT | {"Body": "Stop!", "OptOutType": "STOP"})
    assert brought is not None
    assert brought.texts[0].provider_took_it_as == "STOP"


def test_a_proved_call_about_something_else_brings_nothing() -> None:
    assert received({"AccountSid": ACCOUNT}) == Received()


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("send-0001", "send-0002"),
        URL.replace("acme.example", "evil.example"),
        URL + "&x=y",
        "",
        "http://[::1",
        "https://x:99999999/",
    ],
)
def test_a_call_to_another_address_is_refused(url: str) -> None:
    headers, body = Twilio.signed(URL, STATUS)
    assert LISTENER.receive(url, headers, body, NOW) is None


def test_the_port_may_be_written_or_left_out() -> None:
    with_port = URL.replace("acme.example/", "acme.example:443/")
    headers, body = Twilio.signed(with_port, STATUS)
    assert LISTENER.receive(URL, headers, body, NOW) is not None


def test_every_flipped_bit_is_refused() -> None:
    headers, body = Twilio.signed(URL, STATUS)
    for index in range(len(body)):
        for bit in range(8):
            broken = bytearray(body)
            broken[index] ^= 1 << bit
            brought = LISTENER.receive(URL, headers, bytes(broken), NOW)
            # Hexadecimal digits of an escape may be written large or small: the same words.
            assert brought is None or bytes(broken).lower() == body.lower()
    signature = headers[SIGNATURE].encode()
    for index in range(len(signature)):
        for bit in range(8):
            broken = bytearray(signature)
            broken[index] ^= 1 << bit
            forged = {SIGNATURE: broken.decode("latin-1")}
            assert LISTENER.receive(URL, forged, body, NOW) is None


def test_both_tokens_are_good_while_they_are_changed_over() -> None:
    both = listener(TWILIO_AUTH_TOKEN="new-token", TWILIO_AUTH_TOKEN_OLD=TOKEN)
    for token in ("new-token", TOKEN):
        headers, body = Twilio.signed(URL, STATUS, token)
        assert both.receive(URL, headers, body, NOW) is not None
    headers, body = Twilio.signed(URL, STATUS, "other")
    assert both.receive(URL, headers, body, NOW) is None


def test_a_name_that_stands_twice_is_refused() -> None:
    headers, body = Twilio.signed(URL, STATUS)
    doubled = body + b"&To=%2B14155550001"
    assert LISTENER.receive(URL, headers, doubled, NOW) is None


@settings(max_examples=300)
@given(
    st.text(max_size=60),
    st.dictionaries(st.sampled_from([SIGNATURE, "content-type"]), st.text(max_size=60)),
    st.binary(max_size=200),
)
def test_junk_is_refused_and_never_raises(url: str, headers: dict[str, str], body: bytes) -> None:
    assert LISTENER.receive(url, headers, body, NOW) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TWILIO_FROM": ""}, "Neither TWILIO_MESSAGING_SERVICE_SID nor TWILIO_FROM is set"),
        ({"TWILIO_MESSAGING_SERVICE_SID": "MG1"}, 'TWILIO_MESSAGING_SERVICE_SID is "MG1"'),
        ({"TWILIO_API_KEY": "SK1"}, "belong together"),
        ({"TWILIO_VALID_FOR_SECONDS": "40000"}, "Use a number from 1 to 36000"),
        ({"TWILIO_VALID_FOR_SECONDS": "soon"}, 'TWILIO_VALID_FOR_SECONDS is "soon"'),
        ({"TWILIO_API_URL": "http://api.twilio.com"}, "https://"),
    ],
)
def test_wrong_settings_are_refused_with_how_to_mend(changes: dict[str, str], words: str) -> None:
    with pytest.raises(ConnectorRefused) as refused:
        listener(**changes)
    assert words in str(refused.value)
