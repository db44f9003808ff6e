"""SendGrid's event webhook: proved, read, and put into our words."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.connectors.contract import Listens
from keepwarm.connectors.registry import make
from keepwarm.connectors.sendgrid_events import SIGNATURE, TIMESTAMP
from keepwarm.engine.outcome import Received, Remedy, Report, Signal
from tests.connectors.given import PUBLIC_URL
from tests.standins.ledger import Ledger
from tests.standins.sendgrid import SendGrid

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
URL = f"{PUBLIC_URL}/callbacks/sendgrid"
SENDGRID = SendGrid(Ledger())
BEFORE = SendGrid(Ledger())
EVENT: dict[str, Any] = {
    "email": "ada@customer.example",
    "timestamp": int(NOW.timestamp()) - 60,
    "event": "delivered",
    "send_id": "send-0001",
    "sg_message_id": "standin1.recvd-abc-1.0",
    "sg_event_id": "e1",
    "response": "250 OK ada@customer.example",
}


def listener(**changes: str) -> Listens:
    keys = {"SENDGRID_WEBHOOK_KEY": SENDGRID.public_key}
    given = {"SENDGRID_API_KEY": "SG.x"} | keys | changes
    connector = make("sendgrid", given, clock=lambda: NOW)
    assert isinstance(connector, Listens)
    return connector


LISTENER = listener()


def received(*events: dict[str, Any]) -> Received:
    headers, body = SENDGRID.signed(events, NOW)
    brought = LISTENER.receive(URL, headers, body, NOW)
    assert brought is not None
    return brought


def report(**changes: Any) -> Report:
    (one,) = received(EVENT | changes).reports
    return one


def test_a_signed_event_is_read() -> None:
    one = report()
    assert one.signal is Signal.DELIVERED
    assert one.send_id == "send-0001"
    assert one.provider_id == "standin1"
    assert one.at == NOW - timedelta(seconds=60)
    assert one.word == "delivered"
    assert "ada@customer.example" not in one.raw + one.reason


@pytest.mark.parametrize(
    ("changes", "signal", "remedy"),
    [
        ({"event": "processed"}, Signal.QUEUED, Remedy.NONE),
        ({"event": "deferred"}, Signal.DEFERRED, Remedy.NONE),
        ({"event": "bounce", "type": "bounce"}, Signal.BOUNCED, Remedy.SUPPRESS_ADDRESS),
        ({"event": "bounce", "type": "blocked"}, Signal.SOFT_BOUNCED, Remedy.NONE),
        ({"event": "open"}, Signal.OPENED, Remedy.NONE),
        ({"event": "click", "url": "https://x.example"}, Signal.CLICKED, Remedy.NONE),
        ({"event": "spamreport"}, Signal.COMPLAINED, Remedy.OPT_OUT),
        ({"event": "unsubscribe"}, Signal.UNSUBSCRIBED, Remedy.OPT_OUT),
        ({"event": "group_unsubscribe"}, Signal.UNSUBSCRIBED, Remedy.OPT_OUT),
        ({"event": "group_resubscribe"}, Signal.UNKNOWN, Remedy.NONE),
        ({"event": "something_new"}, Signal.UNKNOWN, Remedy.NONE),
        ({"event": None}, Signal.UNKNOWN, Remedy.NONE),
        (
            {"event": "dropped", "reason": "Bounced Address"},
            Signal.REJECTED,
            Remedy.SUPPRESS_ADDRESS,
        ),
        ({"event": "dropped", "reason": "Invalid"}, Signal.REJECTED, Remedy.SUPPRESS_ADDRESS),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Signal.REJECTED, Remedy.OPT_OUT),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Signal.REJECTED, Remedy.OPT_OUT),
        ({"event": "dropped", "reason": "no idea"}, Signal.REJECTED, Remedy.NONE),
    ],
)
def test_every_event_has_its_word(changes: dict[str, Any], signal: Signal, remedy: Remedy) -> None:
    one = report(**changes)
    assert (one.signal, one.remedy) == (signal, remedy)


def test_an_open_by_a_machine_says_so() -> None:
    assert report(event="open", sg_machine_open=True).by_machine
    assert not report(event="open", sg_machine_open=False).by_machine


def test_an_event_delivered_again_under_another_id_has_the_same_key() -> None:
    assert report(sg_event_id="e1").dedupe_key == report(sg_event_id="e2").dedupe_key
    assert report().dedupe_key != report(event="open").dedupe_key
    assert report().dedupe_key != report(timestamp=EVENT["timestamp"] + 1).dedupe_key
    clicks = [report(event="click", url=url).dedupe_key for url in ("https://a", "https://b")]
    assert len(set(clicks)) == 2


def test_a_late_bounce_without_a_message_id_is_joined_by_the_send_id() -> None:
    one = report(event="bounce", type="bounce", sg_message_id=None)
    assert one.send_id == "send-0001"
    assert one.provider_id is None


@pytest.mark.parametrize(
    "timestamp", [None, "soon", -1, 0, 10**15, 1.5, True, [1], {"a": 1}, float("inf")]
)
def test_an_event_without_a_usable_moment_happened_now(timestamp: object) -> None:
    assert report(timestamp=timestamp).at == NOW


def test_an_event_from_the_future_happened_now() -> None:
    assert report(timestamp=int(NOW.timestamp()) + 10_000).at == NOW


def test_what_is_no_event_is_left_out() -> None:
    headers, body = SENDGRID.signed(json.dumps([EVENT, 1, None, "x", [EVENT]]).encode(), NOW)
    brought = LISTENER.receive(URL, headers, body, NOW)
    assert brought is not None
    assert len(brought.reports) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"[", b"\xff\xfe", b"[" * 100_000, b'"x"', b"[NaN"]
)
def test_a_signed_body_that_is_no_list_is_refused(body: bytes) -> None:
    headers, _ = SENDGRID.signed(body, NOW)
    assert LISTENER.receive(URL, headers, body, NOW) is None


def test_half_characters_are_mended() -> None:
    headers, body = SENDGRID.signed(b'[{"event": "open", "send_id": "a\\ud800b"}]', NOW)
    brought = LISTENER.receive(URL, headers, body, NOW)
    assert brought is not None
    assert brought.reports[0].send_id == "a?b"
    assert brought.reports[0].raw.encode()


def test_every_flipped_bit_of_the_body_is_refused() -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    for index in range(len(body)):
        for bit in range(8):
            broken = bytearray(body)
            broken[index] ^= 1 << bit
            assert LISTENER.receive(URL, headers, bytes(broken), NOW) is None


def test_every_flipped_bit_of_the_signature_and_the_moment_is_refused() -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    for name in (SIGNATURE, TIMESTAMP):
        value = headers[name].encode("latin-1")
        for index in range(len(value)):
            for bit in range(8):
                broken = bytearray(value)
                broken[index] ^= 1 << bit
                forged = headers | {name: broken.decode("latin-1")}
                assert LISTENER.receive(URL, forged, body, NOW) is None


@pytest.mark.parametrize("seconds", [601, 3600, 86_400, -601, -3600, -(10**9)])
def test_a_replayed_or_future_call_is_refused(seconds: int) -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    assert LISTENER.receive(URL, headers, body, NOW + timedelta(seconds=seconds)) is None


@pytest.mark.parametrize("seconds", [600, 0, -600])
def test_a_call_within_ten_minutes_is_taken(seconds: int) -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    assert LISTENER.receive(URL, headers, body, NOW + timedelta(seconds=seconds)) is not None


def test_both_keys_are_good_while_they_are_changed_over() -> None:
    both = listener(SENDGRID_WEBHOOK_KEY_OLD=BEFORE.public_key)
    for sender in (SENDGRID, BEFORE):
        headers, body = sender.signed([EVENT], NOW)
        assert both.receive(URL, headers, body, NOW) is not None
    headers, body = BEFORE.signed([EVENT], NOW)
    assert LISTENER.receive(URL, headers, body, NOW) is None


def test_without_a_key_nothing_is_believed() -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    assert listener(SENDGRID_WEBHOOK_KEY="").receive(URL, headers, body, NOW) is None


def test_a_signature_in_another_spelling_is_refused() -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    signature = headers[SIGNATURE]
    for spelling in (
        f" {signature}",
        f"{signature}\n",
        f"{signature}=",
        signature.replace("=", ""),
        signature[:10] + "\r\n" + signature[10:],
        signature[:10] + "!" + signature[10:],
    ):
        if spelling != signature:
            forged = headers | {SIGNATURE: spelling}
            assert LISTENER.receive(URL, forged, body, NOW) is None


def test_a_signature_of_nothing_is_refused() -> None:
    headers, body = SENDGRID.signed([EVENT], NOW)
    r, s = decode_dss_signature(base64.b64decode(headers[SIGNATURE]))
    for pair in ((0, 0), (r, 0), (0, s), (1, 1), (s, r)):
        forged = base64.b64encode(encode_dss_signature(*pair)).decode()
        assert LISTENER.receive(URL, headers | {SIGNATURE: forged}, body, NOW) is None


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from([SIGNATURE, TIMESTAMP, "content-type", "x"]), st.text(max_size=80)
    ),
    st.binary(max_size=200),
)
def test_junk_is_refused_and_never_raises(headers: dict[str, str], body: bytes) -> None:
    assert LISTENER.receive(URL, headers, body, NOW) is None


@settings(max_examples=200)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["event", "timestamp", "email", "send_id", "reason", "type", "url"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                lambda inner: st.lists(inner, max_size=2),
                max_leaves=3,
            ),
        ),
        max_size=3,
    )
)
def test_whatever_a_proved_call_holds_is_read_without_raising(events: list[Any]) -> None:
    headers, body = SENDGRID.signed(events, NOW)
    brought = LISTENER.receive(URL, headers, body, NOW)
    assert brought is not None
    assert len(brought.reports) == len(events)
    for one in brought.reports:
        assert one.at.tzinfo is not None
        (one.raw + one.reason + one.word + one.dedupe_key + (one.send_id or "")).encode()
