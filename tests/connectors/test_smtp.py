"""What a mail server alone asks for: letters as they must be, and when a loss is unknown."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keepwarm.connectors.contract import Connector, ConnectorRefused
from keepwarm.connectors.smtp import Smtp
from keepwarm.connectors.smtp_session import Attempt, Letter
from keepwarm.engine.message import Channel, Message, Wording
from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, Remedy, Unknown
from tests.connectors.conftest import Maker
from tests.connectors.given import content_for, message_for, settings_for
from tests.standins import Standins, answers, drops, hangs
from tests.standins.mail import PASSWORD, USER


def messages_for(count: int) -> list[Message]:
    content = content_for(Channel.EMAIL)
    return [message_for(Channel.EMAIL, number, content=content) for number in range(count)]


async def sent(connector: Connector, here: Standins, message: Message) -> EmailMessage:
    """Send one message and give the letter that arrived."""
    (result,) = await connector.send([message])
    assert isinstance(result, Accepted), result
    return here.mail.letters[-1]


async def test_a_letter_arrives_as_written(made: Maker, here: Standins) -> None:
    message = message_for(Channel.EMAIL, content=content_for(Channel.EMAIL, reply_to="h@a.example"))
    letter = await sent(made("smtp"), here, message)
    assert letter["From"] == "Acme <hello@acme.example>"
    assert letter["To"] == message.address
    assert letter["Subject"] == message.text("subject")
    assert letter["Reply-To"] == "h@a.example"
    assert letter["Message-ID"] == "<send-0000@acme.example>"
    assert letter["Date"]
    assert letter["List-Unsubscribe"] == f"<{message.unsubscribe_url}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    kinds = [part.get_content_type() for part in letter.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    (entry,) = here.ledger.of("mail")
    assert entry.send_id == "send-0000"
    assert entry.words["text/plain"].strip() == message.text("text")
    assert entry.words["text/html"].strip() == message.text("html")


async def test_a_letter_may_have_one_body(made: Maker, here: Standins) -> None:
    connector = made("smtp")
    for name, kind in (("html", "text/html"), ("text", "text/plain")):
        texts = {"subject": Wording(("S",)), name: Wording(("words",))}
        message = message_for(Channel.EMAIL, content=content_for(Channel.EMAIL, texts=texts))
        assert (await sent(connector, here, message)).get_content_type() == kind


async def test_a_long_link_for_unsubscribing_stays_in_one_piece(
    made: Maker, here: Standins
) -> None:
    url = "https://keepwarm.acme.example/u/" + "t" * 400
    await sent(made("smtp"), here, message_for(Channel.EMAIL, unsubscribe_url=url))
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in here.mail.raw[0]


@pytest.mark.parametrize(
    "text",
    [".", "..\n.", "a\n.b\n..c\r\n.\r\nQUIT\r\n", "Zoë 😀\n", "x" * 5_000, "a\rb", "=3D =\n"],
)
async def test_no_line_of_a_letter_ends_it(made: Maker, here: Standins, text: str) -> None:
    texts = {"subject": Wording(("Zoë 😀 " + "long " * 40,)), "text": Wording((text,))}
    message = message_for(Channel.EMAIL, content=content_for(Channel.EMAIL, texts=texts))
    await sent(made("smtp"), here, message)
    entry = here.ledger.of("mail")[0]
    assert entry.words["text/plain"].splitlines() == text.splitlines()
    assert entry.words["subject"] == message.text("subject")


async def test_several_letters_go_over_one_connection_which_is_kept(
    made: Maker, here: Standins
) -> None:
    connector = made("smtp")
    for _ in range(3):
        results = await connector.send(messages_for(20))
        assert {type(result) for result in results} == {Accepted}
    assert here.mail.connections == 1
    assert len(here.ledger.of("mail")) == 60


async def test_a_connection_that_the_server_closed_is_opened_anew(
    made: Maker, here: Standins
) -> None:
    connector = made("smtp")
    await connector.send(messages_for(1))
    await here.mail.drop_connections()
    (result,) = await connector.send(messages_for(1))
    assert isinstance(result, Accepted)
    assert here.mail.connections == 2


@pytest.mark.parametrize(
    ("code", "text", "remedy"),
    [
        (550, "5.1.1 no such user", Remedy.SUPPRESS_ADDRESS),
        (550, "no such user", Remedy.SUPPRESS_ADDRESS),
        (550, "5.7.1 looks like spam", Remedy.FIX_CONTENT),
        (553, "bad mailbox name", Remedy.SUPPRESS_ADDRESS),
        (552, "too large", Remedy.FIX_CONTENT),
        (552, "5.2.2 mailbox full", Remedy.NOT_NOW),
        (550, "5.2.1 mailbox disabled", Remedy.NOT_NOW),
        (554, "5.2.2 over quota", Remedy.NOT_NOW),
        (552, "5.2.3 longer than this mailbox takes", Remedy.FIX_CONTENT),
        (552, "5.3.4 too big for the system", Remedy.FIX_CONTENT),
        (554, "no", Remedy.FIX_CONTENT),
        (530, "who are you", Remedy.STOP_CHANNEL),
        (556, "what", Remedy.NONE),
        # Of the sender, or of us, as servers say it when they hear of the receiver.
        (550, "5.1.8 Sender address rejected: domain not found", Remedy.STOP_CHANNEL),
        (553, "5.7.1 Sender address rejected: not owned by user", Remedy.STOP_CHANNEL),
        (550, "Sender verify failed", Remedy.STOP_CHANNEL),
        (550, "relay not permitted", Remedy.STOP_CHANNEL),
        (554, "5.7.1 Relay access denied", Remedy.STOP_CHANNEL),
        (553, "5.7.0 policy", Remedy.FIX_CONTENT),
        (550, "5.1.1 unknown; we relay for others", Remedy.SUPPRESS_ADDRESS),
    ],
)
async def test_a_receiver_who_is_refused_does_not_stop_the_others(
    made: Maker, here: Standins, code: int, text: str, remedy: Remedy
) -> None:
    messages = messages_for(3)
    here.mail.faults.add(answers(code, text, about=f"RCPT {messages[1].address}"))
    results = await made("smtp").send(messages)
    assert [type(result) for result in results] == [Accepted, Rejected, Accepted]
    assert isinstance(results[1], Rejected)
    assert results[1].remedy is remedy
    assert messages[1].address not in results[1].raw


async def test_a_refusal_of_the_sender_suppresses_no_receiver(made: Maker, here: Standins) -> None:
    here.mail.replies_to_senders = ["550 5.1.1 mailbox unknown", "450 4.1.8 try again later"]
    refused, later, taken = await made("smtp").send(messages_for(3))
    assert isinstance(refused, Rejected)
    assert (refused.remedy, refused.perhaps_alone) == (Remedy.STOP_CHANNEL, True)
    assert isinstance(later, NotProcessed)
    assert isinstance(taken, Accepted)


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
async def test_a_temporary_refusal_was_not_taken(
    made: Maker, here: Standins, code: int, stage: str
) -> None:
    here.mail.faults.add(answers(code, "later", about=stage))
    (result,) = await made("smtp").send(messages_for(1))
    assert isinstance(result, NotProcessed)
    assert not here.ledger.of("mail")


@pytest.mark.parametrize(
    ("code", "text", "is_of_the_receiver"),
    [(452, "4.2.2 mailbox full", True), (452, "4.3.1 system full", False), (450, "later", False)],
)
async def test_a_full_mailbox_is_its_receivers_matter_for_now_too(
    made: Maker, here: Standins, code: int, text: str, *, is_of_the_receiver: bool
) -> None:
    here.mail.faults.add(answers(code, text, about="RCPT"))
    (result,) = await made("smtp").send(messages_for(1))
    assert isinstance(result, NotProcessed)
    assert result.is_of_the_receiver is is_of_the_receiver


async def test_a_refusal_after_the_last_word_is_final(made: Maker, here: Standins) -> None:
    here.mail.faults.add(answers(554, "5.7.1 spam", about="DATA"))
    (result,) = await made("smtp").send(messages_for(1))
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.FIX_CONTENT
    assert not here.ledger.of("mail")


async def test_a_connection_lost_before_the_letter_took_nothing(
    made: Maker, here: Standins
) -> None:
    messages = messages_for(3)
    here.mail.faults.add(drops(after_acceptance=False, about=f"RCPT {messages[1].address}"))
    results = await made("smtp").send(messages)
    assert [type(result) for result in results] == [Accepted, NotProcessed, NotProcessed]
    assert here.ledger.send_ids("mail") == ["send-0000"]


async def test_a_connection_lost_after_the_letter_leaves_it_unknown_and_the_rest_unsent(
    made: Maker, here: Standins
) -> None:
    here.mail.faults.add(drops(after_acceptance=True, about="DATA <send-0001"))
    results = await made("smtp").send(messages_for(4))
    assert [type(result) for result in results] == [Accepted, Unknown, NotProcessed, NotProcessed]
    assert here.ledger.send_ids("mail") == ["send-0000", "send-0001"]


@pytest.mark.parametrize(("stage", "kind"), [("RCPT", NotProcessed), ("DATA", Unknown)])
async def test_a_server_that_falls_silent_is_given_up_in_time_and_no_letter_follows(
    made: Maker, here: Standins, stage: str, kind: type, patience_ends: Callable[[], None]
) -> None:
    messages = messages_for(3)
    about = f"RCPT {messages[1].address}" if stage == "RCPT" else "DATA <send-0001"
    here.mail.faults.add(hangs(after_acceptance=True, about=about, then=patience_ends))
    connector = made("smtp")
    results = await connector.send(messages)
    assert [type(result) for result in results] == [Accepted, kind, NotProcessed]
    # The thread that nobody waits for any more would go on now.
    assert isinstance(connector, Smtp)
    await asyncio.to_thread(connector._threads.shutdown)
    assert "send-0002" not in here.ledger.send_ids("mail")


def test_no_letter_begins_once_nobody_waits_for_it() -> None:
    attempt = Attempt([Letter("a@x.example", "b@x.example", "<1@x.example>", b"")] * 2)
    assert attempt.begins(0)
    known = attempt.give_up()
    assert [type(result) for result in known] == [Unknown, NotProcessed]
    assert not attempt.begins(1)


async def test_a_server_that_is_away_took_nothing(made: Maker, here: Standins) -> None:
    connector = made("smtp", SMTP_PORT="1")
    results = await connector.send(messages_for(2))
    assert {type(result) for result in results} == {NotProcessed}


async def test_what_would_break_a_header_is_refused_here(made: Maker, here: Standins) -> None:
    messages = [
        message_for(Channel.EMAIL, 0, values=("A\r\nBcc: b@x.example", "A", "Pro")),
        message_for(Channel.EMAIL, 1, send_id="a b\r\nX: y"),
        message_for(Channel.EMAIL, 2, address="a@x.example\nb"),
        message_for(Channel.EMAIL, 3),
    ]
    results = await made("smtp").send(messages)
    assert [type(result) for result in results] == [Rejected, Rejected, Rejected, Accepted]


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[tuple[Standins, dict[str, str]]]:
    """A mail server that asks for encryption and a password, and the settings for it."""
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(own_certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    here = Standins()
    here.mail.certificate = context
    async with here:
        login = {"SMTP_USER": USER, "SMTP_PASSWORD": PASSWORD}
        rest = {"SMTP_SECURITY": "starttls", "SMTP_CA_FILE": str(certificate)}
        yield here, settings_for("smtp", here) | login | rest


async def test_a_letter_goes_encrypted_and_with_a_password(
    made: Maker, secure: tuple[Standins, dict[str, str]]
) -> None:
    here, settings = secure
    (result,) = await made("smtp", **settings).send(messages_for(1))
    assert isinstance(result, Accepted)
    assert len(here.ledger.of("mail")) == 1


async def test_a_wrong_password_stops_the_channel(
    made: Maker, secure: tuple[Standins, dict[str, str]]
) -> None:
    _, settings = secure
    connector = made("smtp", **(settings | {"SMTP_PASSWORD": "wrong"}))
    (result,) = await connector.send(messages_for(1))
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.STOP_CHANNEL
    assert "wrong" not in result.reason + result.raw


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    made: Maker, secure: tuple[Standins, dict[str, str]]
) -> None:
    here, settings = secure
    (result,) = await made("smtp", **(settings | {"SMTP_CA_FILE": ""})).send(messages_for(1))
    assert isinstance(result, NotProcessed)
    assert not here.ledger.of("mail")


async def test_a_server_without_encryption_gets_no_letter(made: Maker, here: Standins) -> None:
    (result,) = await made("smtp", SMTP_SECURITY="starttls").send(messages_for(1))
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.STOP_CHANNEL


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SMTP_PORT": "mail"}, 'SMTP_PORT is "mail"'),
        ({"SMTP_SECURITY": "ssl"}, 'SMTP_SECURITY is "ssl"'),
        ({"SMTP_SECURITY": "none", "SMTP_HOST": "mail.acme.example"}, "in clear text"),
        ({"SMTP_FROM": "Acme"}, "Write it as Name <address>"),
        ({"SMTP_CA_FILE": "/nowhere.pem"}, "cannot be read"),
    ],
)
async def test_wrong_settings_are_refused_with_how_to_mend(
    made: Maker, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ConnectorRefused, match=words):
        made("smtp", **changes)


def own_certificate() -> bytes:
    """Give a key and a certificate for this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
