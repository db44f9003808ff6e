"""A mail server that takes letters, refuses receivers, drops and hangs as told."""

from __future__ import annotations

import asyncio
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.standins.faults import Deed, Faults
from tests.standins.ledger import Entry, Ledger

USER, PASSWORD = "keepwarm", "stand-in-password"


class MailServer:
    """An SMTP server on loopback; with a certificate it offers STARTTLS and AUTH."""

    name = "mail"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.faults = Faults()
        self.port = 0
        self.connections = 0
        self.letters: list[EmailMessage] = []
        #: The same as they came over the wire.
        self.raw: list[bytes] = []
        #: What the next senders are told instead of yes.
        self.replies_to_senders: list[str] = []
        #: Set before `start` to offer encryption.
        self.certificate: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._open: list[SMTP] = []

    async def start(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new_connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()
            await asyncio.sleep(0)

    async def drop_connections(self) -> None:
        """Close all connections, as a server does with idle ones."""
        for one in self._open:
            if one.transport:
                one.transport.close()
        self._open.clear()
        await asyncio.sleep(0.05)

    def _new_connection(self) -> SMTP:
        self.connections += 1
        one = SMTP(
            self,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
            tls_context=self.certificate,
            require_starttls=self.certificate is not None,
            auth_required=self.certificate is not None,
            authenticator=_authenticate,
        )
        self._open.append(one)
        return one

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer a sender."""
        if self.replies_to_senders:
            return self.replies_to_senders.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer a receiver, or fail before any word of the letter."""
        fault = self.faults.next_for(f"RCPT {address}")
        if fault and fault.deed is Deed.DROP and server.transport:
            server.transport.close()
        elif fault and fault.deed is Deed.HANG:
            fault.then()
            await asyncio.sleep(3600)
        elif fault:
            return f"{fault.status} {fault.body.decode() or 'as told'}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter, or fail after its last word."""
        content = bytes(envelope.original_content or b"")
        letter = message_from_bytes(content, policy=policy.default)
        fault = self.faults.next_for(f"DATA {letter['Message-ID']}")
        if fault and not fault.after_acceptance and fault.deed is Deed.ANSWER:
            return f"{fault.status} {fault.body.decode() or 'as told'}"
        self._take(letter, envelope)
        if fault and fault.deed is Deed.DROP and server.transport:
            server.transport.close()
        elif fault and fault.deed is Deed.HANG:
            fault.then()
            await asyncio.sleep(3600)
        elif fault:
            return f"{fault.status} {fault.body.decode() or 'as told'}"
        return "250 OK taken"

    def _take(self, letter: EmailMessage, envelope: Envelope) -> None:
        self.letters.append(letter)
        self.raw.append(bytes(envelope.original_content or b""))
        words = {f"header:{name}": str(value) for name, value in letter.items()}
        words["subject"] = str(letter["Subject"])
        for part in letter.walk():
            if not part.is_multipart():
                words[part.get_content_type()] = part.get_content()
        send_id = str(letter["Message-ID"]).strip("<>").partition("@")[0]
        self.ledger.add(Entry("mail", send_id, envelope.rcpt_tos[0], send_id, words))


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    is_known = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_known, handled=is_known)
