"""People, what they did, and what they consented to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from keepwarm.store.tables.columns import Row, id_column, json_column, key_column, moment_column


class CustomerRow(Row, table=True):
    """A customer, with all attributes that are not columns in one JSON object."""

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_email", "email"),
        Index("ix_customer_phone", "phone"),
    )

    id: int | None = key_column()
    #: The identifier in the company's own books; all that Prefect and logs ever see.
    external_id: str = Field(unique=True)
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None
    language: str | None = None
    attributes: dict[str, Any] = json_column()
    created_at: datetime = moment_column()
    updated_at: datetime = moment_column()
    erased_at: datetime | None = moment_column(nullable=True)
    merged_into: int | None = id_column(nullable=True)


class AttributeChangeRow(Row, table=True):
    """What was known of a customer until a moment: an undo log, so that any moment can be read.

    Appended, whatever changes attributes; nothing is written while a customer is being made.
    """

    __tablename__ = "attribute_change"
    __table_args__ = (Index("ix_attribute_change_customer", "customer_id", "at"),)

    id: int | None = key_column()
    customer_id: int = id_column()
    at: datetime = moment_column()
    #: The playbook whose step changed it; empty for what came from outside.
    playbook: str = ""
    #: Name -> the value before; null where none was known.
    was: dict[str, Any] = json_column()


class IdentityRow(Row, table=True):
    """Another name of a customer: an anonymous id, a provider's id, an earlier address."""

    __tablename__ = "identity"

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    customer_id: int = id_column(index=True)
    since: datetime = moment_column()


class CohortMemberRow(Row, table=True):
    """A member of a cohort that a source keeps."""

    __tablename__ = "cohort_member"

    source: str = Field(primary_key=True)
    #: The source's own name for the cohort.
    cohort: str = Field(primary_key=True)
    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    #: The last sending of all members that named this one.
    session: str


class AttributeToldRow(Row, table=True):
    """As of when a source told an attribute last: what is older and comes later changes nothing."""

    __tablename__ = "attribute_told"

    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    source: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    at: datetime = moment_column()


class ThingToldRow(Row, table=True):
    """What a source told last of one of several things of a customer's, such as subscriptions."""

    __tablename__ = "thing_told"

    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    source: str = Field(primary_key=True)
    #: The source's own name for it.
    thing: str = Field(primary_key=True)
    #: The thing with the highest counts.
    standing: int
    at: datetime = moment_column()
    #: The attributes that it told.
    facts: dict[str, Any] = json_column()


class EventRow(Row, table=True):
    """Something that a customer did, or that happened to one."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_event_customer", "customer_id", "name", "at"),
        Index("ix_event_name", "name", "at", "customer_id"),
    )

    id: int | None = key_column()
    customer_id: int = id_column()
    name: str
    at: datetime = moment_column()
    received_at: datetime = moment_column()
    source: str
    #: What the source calls this event; the same once more changes nothing (law 3).
    source_id: str
    properties: dict[str, Any] = json_column()


class ScoreRow(Row, table=True):
    """A fact that `insight/` computed."""

    __tablename__ = "score"
    __table_args__ = (Index("ix_score_name_number", "name", "number"),)

    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    name: str = Field(primary_key=True)
    number: float | None = None
    word: str | None = None
    as_of: datetime = moment_column()


class InboxRow(Row, table=True):
    """Something that arrived: kept before it is answered, worked off afterwards."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index(
            "ix_inbox_waiting",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: int | None = key_column()
    source: str
    source_id: str
    received_at: datetime = moment_column()
    payload: dict[str, Any] = json_column()
    done_at: datetime | None = moment_column(nullable=True)
    #: Why it could not be used; None when it could.
    problem: str | None = None


class ConsentRow(Row, table=True):
    """One consent given or withdrawn, with its proof. Appended, never changed."""

    __tablename__ = "consent"

    id: int | None = key_column()
    customer_id: int = id_column(index=True)
    #: A channel, or `*` for all.
    channel: str
    #: A topic, or `*` for the channel as a whole.
    topic: str
    allowed: bool
    wording: str = ""
    source: str
    at: datetime = moment_column()


class TopicChoiceRow(Row, table=True):
    """Where a customer stands on one topic now; absent means the topic's default."""

    __tablename__ = "topic_choice"

    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    topic: str = Field(primary_key=True)
    #: A channel, or `*`.
    channel: str = Field(primary_key=True)
    allowed: bool
    at: datetime = moment_column()


class ForgettingRow(Row, table=True):
    """A wish that a provider forgets an erased customer."""

    __tablename__ = "forgetting"
    __table_args__ = (
        Index(
            "ix_forgetting_due",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )

    id: int | None = key_column()
    provider: str
    customer_id: int = id_column()
    asked_at: datetime = moment_column()
    #: What the provider may know the customer by: personal, and emptied once it took the wish.
    known_by: dict[str, Any] = json_column()
    #: When it is asked next; None once it took the wish, or is asked no more.
    next_at: datetime | None = moment_column(nullable=True)
    tries: int = 0
    ended_at: datetime | None = moment_column(nullable=True)
    #: What it said last.
    answer: str = ""


class SuppressionRow(Row, table=True):
    """An address that may not be used on a channel. Holds a peppered hash, never the address."""

    __tablename__ = "suppression"

    channel: str = Field(primary_key=True)
    address_hash: str = Field(primary_key=True)
    #: One of `people.SuppressionReason`.
    reason: str
    evidence: str = ""
    at: datetime = moment_column()
