"""One conversation with a mail server: letters go over it, one after the other.

What came of a letter depends on when it failed. Before its first word left, the server certainly
does not have it; after that, only its reply to the last word tells. Source: RFC 5321 4.2, 4.5.3.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

from keepwarm.connectors.answers import shortened
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)

TAKEN = 250
#: "OK", "will forward", "start mail input".
FINE = frozenset({TAKEN, 251, 354})
TEMPORARY = range(400, 500)

#: What replies ask of us; those about a mailbox are judged by their enhanced codes. Source:
#: RFC 5321 4.2.3, RFC 3463.
REMEDIES = {
    530: Remedy.STOP_CHANNEL,
    534: Remedy.STOP_CHANNEL,
    535: Remedy.STOP_CHANNEL,
    552: Remedy.FIX_CONTENT,
    554: Remedy.FIX_CONTENT,
}
ABOUT_A_MAILBOX = frozenset({550, 553})
_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS_STATUS = "1"
_MAILBOX_STATUS = "2"
#: Within it: "message length exceeds administrative limit", which is about what we wrote.
_TOO_LONG_FOR_THE_MAILBOX = "3"
#: Within it: "bad sender's mailbox address syntax", "bad sender's system address".
_OF_THE_SENDER = frozenset({"7", "8"})
#: Servers refuse a sender, or to pass letters on for us, when they hear of the receiver.
_BLAMES_US = re.compile(r"\b(?:relay(?:ing)?|sender)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail, ready to go over the wire."""

    sender: str
    receiver: str
    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is, and how we prove who we are."""

    host: str
    port: int
    #: `starttls`, `tls` or `none`.
    security: str
    user: str | None
    password: str | None
    tls: ssl.SSLContext


class Attempt:
    """The sending of some letters, with what is known of each at every moment.

    The thread that sends and the event loop that waits share it. `give_up` ends it from outside:
    what is known then stays true, because no letter begins once it was called.
    """

    def __init__(self, letters: Sequence[Letter]) -> None:
        self.letters = letters
        self.results: list[SendResult] = [
            NotProcessed("the conversation ended before this letter")
        ] * len(letters)
        self.connection: smtplib.SMTP | None = None
        self._given_up = False
        self._lock = Lock()

    @property
    def is_given_up(self) -> bool:
        """Tell whether nobody waits for it any more."""
        return self._given_up

    def begins(self, index: int) -> bool:
        """Note that the first word of a letter leaves now; False where it must not."""
        with self._lock:
            if not self._given_up:
                self.results[index] = Unknown("no answer after the letter was sent")
            return not self._given_up

    def give_up(self) -> list[SendResult]:
        """Break the connection, and give what is known of each letter."""
        with self._lock:
            self._given_up = True
            known = list(self.results)
        if self.connection is not None and self.connection.sock is not None:
            with contextlib.suppress(OSError):
                self.connection.sock.shutdown(socket.SHUT_RDWR)
        return known


@dataclass
class Connections:
    """Connections that wait for letters, each used by one attempt at a time."""

    server: Server
    timeout_seconds: float
    idle: list[smtplib.SMTP] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def deliver(self, attempt: Attempt) -> None:
        """Send the letters of an attempt over one connection, noting what comes of each."""
        if attempt.is_given_up:
            return
        try:
            connection = attempt.connection = self._alive() or self._opened()
        except (OSError, smtplib.SMTPException) as error:
            failed = _not_connected(error)
            attempt.results = [failed] * len(attempt.letters)
            return
        try:
            for index, letter in enumerate(attempt.letters):
                hand_over(connection, attempt, index, letter)
        except (OSError, smtplib.SMTPException):
            # What is noted stays: the letters from here on did not begin.
            connection.close()
        else:
            with self.lock:
                self.idle.append(connection)

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        with self.lock:
            idle, self.idle = self.idle, []
        for connection in idle:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                connection.quit()

    def _alive(self) -> smtplib.SMTP | None:
        """Give an idle connection that still answers; servers close them when they like."""
        while True:
            with self.lock:
                if not self.idle:
                    return None
                connection = self.idle.pop()
            try:
                if connection.rset()[0] == TAKEN:
                    return connection
            except (OSError, smtplib.SMTPException):
                pass
            connection.close()

    def _opened(self) -> smtplib.SMTP:
        server = self.server
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self.timeout_seconds, context=server.tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self.timeout_seconds)
        try:
            connection.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                connection.starttls(context=server.tls)
                connection.ehlo()
            if server.user:
                connection.login(server.user, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection


def hand_over(connection: smtplib.SMTP, attempt: Attempt, index: int, letter: Letter) -> None:
    """Send one letter and note what comes of it.

    Raises:
        OSError, smtplib.SMTPException: the conversation is over; what is noted stays true.

    """
    if attempt.is_given_up:
        raise smtplib.SMTPServerDisconnected
    for number, (code, text) in enumerate(_announced(connection, letter)):
        if code not in FINE:
            attempt.results[index] = _refused(code, text, letter, of_sender=number == 0)
            connection.rset()
            return
    if not attempt.begins(index):
        raise smtplib.SMTPServerDisconnected
    connection.send(_on_the_wire(letter.content))
    code, text = connection.getreply()
    if code == TAKEN:
        attempt.results[index] = Accepted(letter.message_id, _words(code, text, letter))
    elif code in TEMPORARY or code >= TEMPORARY.stop:
        attempt.results[index] = _refused(code, text, letter)
    # Anything else is no answer to a letter, and its outcome stays unknown.


def _announced(connection: smtplib.SMTP, letter: Letter) -> Iterator[tuple[int, bytes]]:
    """Give the server's replies to all that goes before the letter, each when it is asked for.

    The first is about the sender.
    """
    yield connection.mail(letter.sender)
    yield connection.rcpt(letter.receiver)
    yield connection.docmd("DATA")


def _on_the_wire(content: bytes) -> bytes:
    """Give a letter with its lines ended and its leading dots doubled (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    quoted = re.sub(rb"(?m)^\.", b"..", lines)
    return (quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n") + b".\r\n"


def _refused(code: int, text: bytes, letter: Letter, *, of_sender: bool = False) -> SendResult:
    words = _words(code, text, letter)
    said = text.decode(errors="replace")
    enhanced = _ENHANCED.match(said)
    is_about_a_mailbox = not of_sender and _is_about_a_mailbox(enhanced)
    if code in TEMPORARY:
        return NotProcessed(words, raw=words, is_of_the_receiver=is_about_a_mailbox)
    remedy = REMEDIES.get(code, Remedy.NONE)
    if remedy is Remedy.STOP_CHANNEL:
        return Rejected(words, remedy, words)
    if is_about_a_mailbox:
        return Rejected(words, Remedy.NOT_NOW, words)
    if of_sender or _is_about_us(said, enhanced):
        # Of one template's sender, or of all that we send.
        return Rejected(words, Remedy.STOP_CHANNEL, words, perhaps_alone=True)
    if code in ABOUT_A_MAILBOX:
        is_about_the_address = enhanced is None or enhanced[2] == _ADDRESS_STATUS
        remedy = Remedy.SUPPRESS_ADDRESS if is_about_the_address else Remedy.FIX_CONTENT
    return Rejected(words, remedy, words)


def _is_about_a_mailbox(enhanced: re.Match[str] | None) -> bool:
    """Tell whether the receiver's mailbox is full or shut for now; its address is good."""
    return (
        enhanced is not None
        and enhanced[2] == _MAILBOX_STATUS
        and enhanced[3] != _TOO_LONG_FOR_THE_MAILBOX
    )


def _is_about_us(said: str, enhanced: re.Match[str] | None) -> bool:
    """Tell whether a refusal blames the sender, or us: the receiver's address may be good."""
    if enhanced is not None and enhanced[2] == _ADDRESS_STATUS:
        return enhanced[3] in _OF_THE_SENDER
    return _BLAMES_US.search(said) is not None


def _not_connected(error: Exception) -> SendResult:
    match error:
        case smtplib.SMTPAuthenticationError() if error.smtp_code not in TEMPORARY:
            words = f"the mail server refused the user or password ({error.smtp_code})"
            return Rejected(words, Remedy.STOP_CHANNEL)
        case smtplib.SMTPNotSupportedError():
            words = "the mail server does not offer what SMTP_SECURITY or SMTP_USER ask for"
            return Rejected(words, Remedy.STOP_CHANNEL)
        case smtplib.SMTPResponseException():
            words = f"the mail server is not ready ({error.smtp_code})"
        case ssl.SSLError():
            words = "no secure connection could be made"
        case TimeoutError():
            words = "no answer in time"
        case _:
            words = "the mail server could not be reached"
    return NotProcessed(words, is_away=True)


def _words(code: int, text: bytes, letter: Letter) -> str:
    said = text.decode(errors="replace").replace("\n", " ")
    return shortened(f"{code} {said}", [letter.receiver])
