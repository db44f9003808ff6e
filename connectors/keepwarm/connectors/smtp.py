"""E-mail through any mail server, by the standard library's own client."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

from keepwarm.connectors.addresses import name_and_address
from keepwarm.connectors.contract import ConnectorRefused, Limits
from keepwarm.connectors.letter import (
    Sender,
    problem_with,
    sender_of,
    unsubscribe_headers,
)
from keepwarm.connectors.settings import About, Setting, Surroundings
from keepwarm.connectors.smtp_session import Attempt, Connections, Letter, Server
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Rejected, SendResult

SECURITIES = ("starttls", "tls", "none")
#: Folding longer lines would write the address for unsubscribing as an encoded word, which no
#: mail program follows; RFC 5322 2.1.1 allows 998.
_POLICY = SMTP_POLICY.clone(max_line_length=998, cte_type="7bit")
_SAFE_IN_AN_ID = re.compile(r"[A-Za-z0-9._-]{1,200}", re.ASCII)


class Smtp:
    """Hands letters to a mail server, several over one connection."""

    name = "smtp"
    channels = frozenset({Channel.EMAIL})
    limits = Limits(batch=20, at_once=4, timeout=timedelta(seconds=30))
    about = About(
        title="SMTP",
        settings=(
            Setting("SMTP_HOST", "The mail server.", example="smtp.acme.example"),
            Setting(
                "SMTP_FROM",
                "Who e-mails come from where a template does not say.",
                example="'Acme <hello@acme.example>'",
            ),
            Setting("SMTP_PORT", "Its port.", needed=False, example="587"),
            Setting(
                "SMTP_SECURITY",
                "How the connection is encrypted: starttls, tls, or none, the last on this machine "
                "only.",
                needed=False,
                example="starttls",
            ),
            Setting("SMTP_USER", "The user, where the server asks for one.", needed=False),
            Setting("SMTP_PASSWORD", "The user's password.", needed=False, secret=True),
            Setting(
                "SMTP_CA_FILE",
                "Who vouches for the server's certificate, if not the system's authorities.",
                needed=False,
            ),
        ),
        promises=(
            "Several letters of the same words go over one connection, which is kept.",
            "Accepted means 250 after the last word of the letter.",
            "The Message-ID holds the send id, so that a receiver can tell a repetition.",
            (
                "Marketing e-mails carry both headers of one-click unsubscribing (RFC 8058), "
                "which the server must sign with DKIM."
            ),
        ),
        unknown_settles_by="Nothing: SMTP cannot be asked. The message follows when_unknown.",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the connector; no connection is opened yet."""
        self.limits = given.limits(type(self).limits)
        self._clock = given.clock
        self._default_sender = given.text("SMTP_FROM")
        if name_and_address(self._default_sender) is None:
            raise ConnectorRefused(
                f'SMTP_FROM is "{self._default_sender}". Write it as Name <address>.'
            )
        seconds = self.limits.timeout.total_seconds()
        self._connections = Connections(_server(given), seconds)
        # The library waits in the thread that calls it; the number of threads is the limit.
        self._threads = ThreadPoolExecutor(self.limits.at_once, thread_name_prefix="smtp")

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Hand over messages one after the other, over one connection."""
        prepared = [self._prepared(message) for message in messages]
        attempt = Attempt([one for one in prepared if isinstance(one, Letter)])
        brought = iter(await self._deliver(attempt) if attempt.letters else ())
        return [next(brought) if isinstance(one, Letter) else one for one in prepared]

    async def close(self) -> None:
        """Say goodbye on every idle connection, and end the threads."""
        await asyncio.get_running_loop().run_in_executor(None, self._connections.close)
        self._threads.shutdown(wait=False)

    async def _deliver(self, attempt: Attempt) -> Sequence[SendResult]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limits.timeout.total_seconds()):
                await loop.run_in_executor(self._threads, self._connections.deliver, attempt)
        except TimeoutError:
            return attempt.give_up()
        except BaseException:
            attempt.give_up()
            raise
        return attempt.results

    def _prepared(self, message: Message) -> Letter | SendResult:
        try:
            if refusal := problem_with(message):
                return refusal
            sender = sender_of(message.content, self._default_sender)
            return sender if isinstance(sender, Rejected) else self._letter(message, sender)
        except (ValueError, LookupError, TypeError) as error:
            return Rejected(f"the e-mail cannot be written ({type(error).__name__})")

    def _letter(self, message: Message, sender: Sender) -> Letter:
        if not _SAFE_IN_AN_ID.fullmatch(message.send_id):
            raise ValueError(message.send_id)
        user, _, domain = sender.address.rpartition("@")
        letter = EmailMessage(policy=_POLICY)
        letter["From"] = Address(sender.name, user, domain)
        letter["To"] = Address(addr_spec=message.address)
        letter["Subject"] = message.text("subject")
        letter["Date"] = format_datetime(self._clock())
        letter["Message-ID"] = f"<{message.send_id}@{domain}>"
        if sender.reply_to:
            letter["Reply-To"] = Address(addr_spec=sender.reply_to)
        for name, value in unsubscribe_headers(message).items():
            letter[name] = value
        text, html = message.text("text"), message.text("html")
        if text.strip():
            letter.set_content(text)
        if html.strip():
            add = letter.add_alternative if text.strip() else letter.set_content
            add(html, subtype="html")
        return Letter(sender.address, message.address, letter["Message-ID"], bytes(letter))


def _server(given: Surroundings) -> Server:
    host, port = given.text("SMTP_HOST"), given.text("SMTP_PORT", "587")
    security = given.text("SMTP_SECURITY", "starttls").lower()
    if not (port.isascii() and port.isdigit()):
        raise ConnectorRefused(f'SMTP_PORT is "{port}". Use a number, such as 587.')
    if security not in SECURITIES:
        raise ConnectorRefused(f'SMTP_SECURITY is "{security}". Use starttls, tls or none.')
    if security == "none" and host not in {"127.0.0.1", "::1", "localhost"}:
        raise ConnectorRefused(
            f'SMTP_SECURITY is "none", and {host} is another machine: letters and passwords '
            "would go in clear text. Use starttls or tls."
        )
    ca_file = given.optional("SMTP_CA_FILE")
    try:
        tls = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConnectorRefused(f'SMTP_CA_FILE "{ca_file}" cannot be read: {error}') from error
    user, password = given.optional("SMTP_USER"), given.optional("SMTP_PASSWORD")
    return Server(host, int(port), security, user, password, tls)
