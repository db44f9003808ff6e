"""Messages, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from keepwarm.store.tables.columns import Json, Row, id_column, key_column, moment_column


class ChunkRow(Row, table=True):
    """About a thousand messages that a worker claims with one row."""

    __tablename__ = "chunk"
    __table_args__ = (
        Index(
            "ix_chunk_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    id: int | None = key_column()
    playbook: str
    channel: str
    priority: int = 5
    #: When it may be claimed; moves to the end of the lease while a worker has it; None when done.
    due_at: datetime | None = moment_column(nullable=True)
    worker: str | None = None
    #: Grows with every claim; an outcome written under an older one is refused (a zombie's).
    fence: int = 0
    #: The destination that all its messages wait for, because it takes none at present.
    waits_for: str | None = None


class MessageRow(Row, table=True):
    """An intent to send: written with the decision, changed only to move to another chunk."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("run_id", "version_id", "step", "part"),
        Index("ix_message_chunk", "chunk_id"),
        Index("ix_message_customer", "customer_id", "queued_at"),
    )

    id: int | None = key_column()
    run_id: int = id_column()
    customer_id: int = id_column()
    version_id: int = id_column()
    playbook: str
    step: int
    part: int = 0
    channel: str
    template: str | None = None
    kind: str
    topic: str | None = None
    queued_at: datetime = moment_column()
    expires_at: datetime | None = moment_column(nullable=True)
    #: The chunk that it waits in, or waited in last.
    chunk_id: int | None = id_column(nullable=True)
    #: Grows when it is certain that an attempt was not accepted and another is made.
    attempt: int = 0
    address: str | None = None
    words: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))


class OutcomeRow(Row, table=True):
    """What came of one attempt of a message, appended. The highest rank is where it stands."""

    __tablename__ = "outcome"
    __table_args__ = ({"sqlite_with_rowid": False},)

    message_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    attempt: int = Field(primary_key=True)
    status: str = Field(primary_key=True)
    at: datetime = moment_column()
    reason: str | None = None
    connector: str | None = None
    provider_id: str | None = None
    content_key: str | None = None
    #: What filled the gaps of the content: personal, emptied by erasure.
    personal: list[Any] | None = Field(default=None, sa_column=Column(Json))
    raw: str | None = None


class ContentRow(Row, table=True):
    """Words that messages share; holds nothing personal."""

    __tablename__ = "content"

    key: str = Field(primary_key=True)
    body: str


class ReportRow(Row, table=True):
    """What a provider's call-back said about a message, once."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("connector", "dedupe_key"),)

    id: int | None = key_column()
    connector: str
    dedupe_key: str
    message_id: int | None = id_column(nullable=True, index=True)
    signal: str
    at: datetime = moment_column()
    received_at: datetime = moment_column()
    by_machine: bool = False
    reason: str = ""
    raw: str = ""


class CircuitRow(Row, table=True):
    """A destination that may not be used: our credentials or configuration failed there."""

    __tablename__ = "circuit"

    #: The connector, or one host of it: `webhook:crm.acme.example`.
    connector: str = Field(primary_key=True)
    since: datetime = moment_column()
    reason: str
    #: When the next message may go as a trial.
    try_at: datetime = moment_column()


class SuspectRow(Row, table=True):
    """A message that a destination refused for itself or for us all, and none was taken since."""

    __tablename__ = "suspect"

    #: As in a circuit.
    connector: str = Field(primary_key=True)
    message_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class PaceRow(Row, table=True):
    """A destination that takes so many messages a second, or asked us to wait."""

    __tablename__ = "pace"

    #: As in a circuit.
    connector: str = Field(primary_key=True)
    #: From when on the next message may leave, whichever worker sends it.
    free_at: datetime = moment_column()


class DoubtRow(Row, table=True):
    """An attempt whose outcome is unknown, until it is known or left to a person."""

    __tablename__ = "doubt"
    __table_args__ = (
        Index(
            "ix_doubt_due",
            "playbook",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    message_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    attempt: int = Field(primary_key=True)
    playbook: str
    since: datetime = moment_column()
    #: When it is looked at next; None when it was left to a person.
    due_at: datetime | None = moment_column(nullable=True)
    looks: int = 0
