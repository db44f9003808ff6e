"""Call-backs over a running service, judged by the providers' own libraries.

What they sign or find good is taken; what they refuse is refused.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook
from slack_sdk.signature import Clock, SignatureVerifier
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from keepwarm.connectors.registry import make
from keepwarm.connectors.task_tools.registry import make_tools
from keepwarm.schema.words import Channel
from tests.app.serving import Site, serving
from tests.journeys.world import World
from tests.standins.ledger import Ledger
from tests.standins.sendgrid import SendGrid
from tests.standins.twilio import ACCOUNT, TOKEN

PUBLIC = "https://keepwarm.example"
SHARED, SECRET = "a shared key", "a signing secret"
SENDGRID = SendGrid(Ledger())
SETTINGS = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_SHARED_KEY": SHARED,
    "TWILIO_FROM": "+15005550006",
    "SENDGRID_API_KEY": "SG.x",
    "SENDGRID_WEBHOOK_KEY": SENDGRID.public_key,
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": SECRET,
}
STATUS = {"MessageSid": "SM" + "a" * 32, "MessageStatus": "sent", "To": "+14155550001"}
TWILIO = "/callbacks/twilio"


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    world.connectors = {
        Channel.SMS: make("twilio", SETTINGS, clock=world.clock),
        Channel.EMAIL: make("sendgrid", SETTINGS, clock=world.clock),
    }
    world.task_tools = make_tools(SETTINGS, world.clock)
    with serving(world) as running:
        yield running


def test_what_twilios_library_finds_good_is_taken_and_nothing_else(site: Site) -> None:
    url = f"{PUBLIC}{TWILIO}"
    empty = {**STATUS, "ErrorCode": "", "Body": " ", "Zoë 😀": "a+b &=%2B\r\n"}
    calls = [
        # what is signed, by what is called, what is posted
        (url, TWILIO, STATUS, STATUS),
        (url, TWILIO, empty, empty),
        (url, TWILIO, empty, dict(reversed(empty.items()))),
        (f"{PUBLIC}:443{TWILIO}", TWILIO, STATUS, STATUS),
        (f"{PUBLIC}:8443{TWILIO}", TWILIO, STATUS, STATUS),
        (f"{url}?send_id=1-0", f"{TWILIO}?send_id=1-0", STATUS, STATUS),
        (f"{url}?send_id=1-0", f"{TWILIO}?send_id=2-0", STATUS, STATUS),
        (f"{url}?a=%C3%AB+%2B", f"{TWILIO}?a=%C3%AB+%2B", STATUS, STATUS),
        (f"{url}?a=%C3%AB+%2B", f"{TWILIO}?a=%c3%ab+%2b", STATUS, STATUS),
        (url.replace("https", "http"), TWILIO, STATUS, STATUS),
        (url.replace("keepwarm.", "else."), TWILIO, STATUS, STATUS),
        (url, TWILIO, STATUS, {**STATUS, "MessageStatus": "delivered"}),
        (url, TWILIO, STATUS, {**STATUS, "ErrorCode": ""}),
        (url, TWILIO, empty, STATUS),
    ]
    signed_by = [
        # the secret, its algorithm, what Twilio says of a shared key
        (TOKEN, HMAC_SHA1, None),
        ("another", HMAC_SHA1, None),
        (SHARED, HMAC_SHA1, None),
        (SHARED, HMAC_SHA256, "key=k1,algorithm=HMAC_SHA256"),
        (TOKEN, HMAC_SHA256, "key=k1,algorithm=HMAC_SHA256"),
        (SHARED, HMAC_SHA256, "key=k1,algorithm=MD5"),
    ]
    verdicts = []
    for secret, algorithm, said in signed_by:
        judge = RequestValidator(TOKEN if said is None else SHARED)
        wanted = get_signature_algorithm(said)
        for address, path, signed, posted in calls:
            signature = RequestValidator(secret).compute_signature(address, signed, algorithm)
            is_good = judge.validate(f"{PUBLIC}{path}", posted, signature, wanted)
            shown = {SIGNATURE_HEADER: signature}
            if said is not None:
                shown[SIGNATURE_SETTINGS_HEADER] = said
            answer = site.post(path, urlencode(posted), **shown)
            assert answer.status == (204 if is_good else 401), (secret, address, path, posted)
            verdicts.append(is_good)
    assert (verdicts.count(True), verdicts.count(False)) == (12, 72)


def test_json_of_twilios_is_not_read_whoever_signed_it(site: Site) -> None:
    judge, body = RequestValidator(TOKEN), '{"MessageStatus": "sent"}'
    path = f"{TWILIO}?bodySHA256={judge.compute_hash(body)}"
    signature = judge.compute_signature(f"{PUBLIC}{path}", {})
    assert judge.validate(f"{PUBLIC}{path}", body, signature)
    assert site.post(path, body, X_Twilio_Signature=signature).status == 401


def test_what_sendgrids_library_finds_good_is_taken_and_nothing_else(site: Site) -> None:
    judge, now = EventWebhook(SENDGRID.public_key), site.world.now
    bodies = [
        b"[]", b"[{}]\r\n", ' [ {"event": "delivered", "reason": "Zoë 😀"} ] '.encode(),
        b'[{"event":"delivered"},\r\n{"event":"open"}]\r\n',
    ]  # fmt: skip
    for body in bodies:
        headers, _ = SENDGRID.signed(body, now)
        signature, stamp = headers.values()
        longer = base64.b64encode(base64.b64decode(signature) + b"x").decode()
        for sent, shown, moment in (
            (body, signature, stamp),
            (body + b" ", signature, stamp),
            (body, signature, str(int(stamp) + 1)),
            (body, longer, stamp),
        ):
            try:
                is_good = judge.verify_signature(sent.decode(), shown, moment)
            except ValueError:
                is_good = False
            named = dict(zip(headers, (shown, moment), strict=True))
            answer = site.post("/callbacks/sendgrid", sent, **named)
            assert answer.status == (204 if is_good else 401), (sent, shown, moment)
            assert is_good is ((sent, shown, moment) == (body, signature, stamp))


def test_what_slacks_library_finds_good_is_taken_and_nothing_else(site: Site) -> None:
    class Now(Clock):
        def now(self) -> float:
            return site.world.now.timestamp()

    judge = SignatureVerifier(SECRET, Now())
    other = SignatureVerifier("another", Now())
    bodies = [
        "payload=%7B%7D",
        "payload=" + "%F0%9F%98%80",
        "payload=ë 😀",
        "",
        "payload=&payload=",
    ]
    moments = [site.world.now + timedelta(seconds=late) for late in (0, 299, -299, 301, -301)]
    goods = 0
    for body in bodies:
        for moment in moments:
            stamp = str(int(moment.timestamp()))
            made = judge.generate_signature(timestamp=stamp, body=body) or ""
            foreign = other.generate_signature(timestamp=stamp, body=body) or ""
            for shown in (made, f"v0={made[3:].upper()}", f"v0= {made[3:]}", made[3:], foreign):
                is_good = judge.is_valid(body.encode(), stamp, shown)
                named = {"X_Slack_Request_Timestamp": stamp, "X_Slack_Signature": shown}
                answer = site.post("/callbacks/tasks/slack", body.encode(), **named)
                assert answer.status == (200 if is_good else 401), (body, moment, shown)
                goods += is_good
    assert goods == len(bodies) * 3
