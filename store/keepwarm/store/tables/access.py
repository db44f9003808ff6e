"""Who may post to us, and who may look and act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field

from keepwarm.store.tables.columns import Json, Row, moment_column


class WriteKeyRow(Row, table=True):
    """A key that lets a source post events and profiles. Of the key itself only a hash is kept."""

    __tablename__ = "write_key"

    #: The part of the key that may be shown: `kw_` and eight signs.
    id: str = Field(primary_key=True)
    source: str
    digest: str
    #: What it may call, and which events it may tell; empty is all.
    calls: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    events: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    #: How many items a second it may post.
    per_second: int
    made_at: datetime = moment_column()
    made_by: str
    used_at: datetime | None = moment_column(nullable=True)
    revoked_at: datetime | None = moment_column(nullable=True)


class AccountRow(Row, table=True):
    """Somebody of the team who signs in. Of the password itself only a slow hash is kept."""

    __tablename__ = "account"

    #: In small letters: how people sign in, and what tasks and the audit name them by.
    email: str = Field(primary_key=True)
    #: viewer, operator, approver
    role: str
    password: str
    made_at: datetime = moment_column()
    made_by: str
    signed_in_at: datetime | None = moment_column(nullable=True)
    #: Who it is to the identity provider, from the first sign-in there on; both or none.
    issuer: str | None = None
    subject: str | None = None

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class EndedSessionRow(Row, table=True):
    """A session that somebody ended by signing out; forgotten once it would have ended anyhow."""

    __tablename__ = "ended_session"

    #: Of the cookie's value.
    digest: str = Field(primary_key=True)
    until: datetime = moment_column()


class WrongPasswordRow(Row, table=True):
    """How many wrong passwords came of late: for an account, from a place, or for one from one."""

    __tablename__ = "wrong_password"

    #: A keyed digest: what was typed may be a password, and a place is somebody's address.
    counted_for: str = Field(primary_key=True)
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: Until when the next password is not looked at.
    until: datetime = moment_column()
    last_at: datetime = moment_column(index=True)


class IngestPaceRow(Row, table=True):
    """How fast a sender posts, counted for all processes of the web together."""

    __tablename__ = "ingest_pace"

    #: Of a write key, the part that may be shown.
    sender: str = Field(primary_key=True)
    #: When all that was taken is paid for at the sender's rate.
    free_at: datetime = moment_column()
