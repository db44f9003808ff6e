"""The rows. They never leave this room: other rooms see the engine's own types.

Moments are whole microseconds since 1970 in UTC (`Moment`): integers sort, index and compare
alike in both databases. Rows that grow by the million are narrow, and appended rather than
changed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from keepwarm.store.moments import from_micros as from_micros  # noqa: PLC0414 - also found here
from keepwarm.store.moments import to_micros as to_micros  # noqa: PLC0414


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn a moment into its row value."""
        del dialect
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn a row value into a moment."""
        del dialect
        return None if value is None else from_micros(value)


#: 64 bits everywhere, yet SQLite's own row number where it is a key.
BigKey = BigInteger().with_variant(Integer(), "sqlite")
#: Indexable in PostgreSQL, plain text in SQLite.
Json = JSON().with_variant(JSONB(), "postgresql")


class Row(SQLModel):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        },
    )


def _key() -> Any:  # noqa: ANN401 - SQLModel's Field is typed so
    return Field(default=None, sa_column=Column(BigKey, primary_key=True))


def _moment(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401
    return Field(
        default=None if nullable else ...,
        sa_column=Column(Moment(), nullable=nullable, index=index),
    )


def _json() -> Any:  # noqa: ANN401
    return Field(default_factory=dict, sa_column=Column(Json, nullable=False))


def _id(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401
    return Field(
        default=None if nullable else ...,
        sa_column=Column(BigInteger, nullable=nullable, index=index),
    )


# ── People ───────────────────────────────────────────────────────────────────────────────────


class CustomerRow(Row, table=True):
    """A customer, with all attributes that are not columns in one JSON object."""

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_email", "email"),
        Index("ix_customer_phone", "phone"),
    )

    id: int | None = _key()
    #: The identifier in the company's own books; all that Prefect and logs ever see.
    external_id: str = Field(unique=True)
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None
    language: str | None = None
    attributes: dict[str, Any] = _json()
    created_at: datetime = _moment()
    updated_at: datetime = _moment()
    erased_at: datetime | None = _moment(nullable=True)
    merged_into: int | None = _id(nullable=True)


class IdentityRow(Row, table=True):
    """Another name of a customer: an anonymous id, a provider's id, an earlier address."""

    __tablename__ = "identity"

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    customer_id: int = _id(index=True)
    since: datetime = _moment()


class EventRow(Row, table=True):
    """Something that a customer did, or that happened to one."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_event_customer", "customer_id", "name", "at"),
        Index("ix_event_name", "name", "at", "customer_id"),
    )

    id: int | None = _key()
    customer_id: int = _id()
    name: str
    at: datetime = _moment()
    received_at: datetime = _moment()
    source: str
    #: What the source calls this event; the same once more changes nothing (law 3).
    source_id: str
    properties: dict[str, Any] = _json()


class ScoreRow(Row, table=True):
    """A fact that `insight/` computed."""

    __tablename__ = "score"
    __table_args__ = (Index("ix_score_name_number", "name", "number"),)

    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    name: str = Field(primary_key=True)
    number: float | None = None
    word: str | None = None
    as_of: datetime = _moment()


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

    id: int | None = _key()
    source: str
    source_id: str
    received_at: datetime = _moment()
    payload: dict[str, Any] = _json()
    done_at: datetime | None = _moment(nullable=True)
    #: Why it could not be used; None when it could.
    problem: str | None = None


# ── Consent ──────────────────────────────────────────────────────────────────────────────────


class ConsentRow(Row, table=True):
    """One consent given or withdrawn, with its proof. Appended, never changed."""

    __tablename__ = "consent"

    id: int | None = _key()
    customer_id: int = _id(index=True)
    #: A channel, or `*` for all.
    channel: str
    #: A topic, or `*` for the channel as a whole.
    topic: str
    allowed: bool
    wording: str = ""
    source: str
    at: datetime = _moment()


class TopicChoiceRow(Row, table=True):
    """Where a customer stands on one topic now; absent means the topic's default."""

    __tablename__ = "topic_choice"

    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    topic: str = Field(primary_key=True)
    #: A channel, or `*`.
    channel: str = Field(primary_key=True)
    allowed: bool
    at: datetime = _moment()


class SuppressionRow(Row, table=True):
    """An address that may not be used on a channel. Holds a peppered hash, never the address."""

    __tablename__ = "suppression"

    channel: str = Field(primary_key=True)
    address_hash: str = Field(primary_key=True)
    #: bounced, complained, opted out, erased, invalid
    reason: str
    evidence: str = ""
    at: datetime = _moment()


# ── Playbooks ────────────────────────────────────────────────────────────────────────────────


class VersionRow(Row, table=True):
    """A playbook's content with its templates, segments and policies, pinned."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("playbook", "digest"),)

    id: int | None = _key()
    playbook: str
    #: Counts up within a playbook.
    number: int
    #: Hash of `files`.
    digest: str
    #: The commit of the playbooks' repository; empty where there is none.
    commit: str = ""
    #: Relative path -> text of every file that the playbook was compiled from.
    files: dict[str, Any] = _json()
    made_at: datetime = _moment()
    made_by: str = ""


class ReleaseRow(Row, table=True):
    """What was applied at one moment: all or nothing."""

    __tablename__ = "release"

    id: int | None = _key()
    #: The release that stood before it, which rollback goes back to; None for the first.
    follows: int | None = _id(nullable=True)
    at: datetime = _moment()
    by: str = ""
    note: str = ""


class ReleasedRow(Row, table=True):
    """One playbook of a release."""

    __tablename__ = "released"

    release_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    playbook: str = Field(primary_key=True)
    version_id: int = _id()
    #: When this playbook first went live or into its rollout, carried over between releases.
    live_since: datetime = _moment()


class PointerRow(Row, table=True):
    """The one pointer that apply and rollback flip (law 21): a name and a release."""

    __tablename__ = "pointer"

    name: str = Field(primary_key=True)
    release_id: int = _id()


class HoldRow(Row, table=True):
    """A pause, outside git (law 22): a playbook's name, or `*` for all."""

    __tablename__ = "hold"

    playbook: str = Field(primary_key=True)
    since: datetime = _moment()
    by: str
    reason: str
    #: `pause`, or `shadow` after a guardrail.
    kind: str = "pause"


class TickRow(Row, table=True):
    """Up to which moment a playbook's schedule has been carried out."""

    __tablename__ = "tick"

    playbook: str = Field(primary_key=True)
    done_until: datetime = _moment()


class MatchRow(Row, table=True):
    """Who matched a `becomes` condition at the last look."""

    __tablename__ = "match"

    playbook: str = Field(primary_key=True)
    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))


# ── Runs and their ledger ────────────────────────────────────────────────────────────────────


class RunRow(Row, table=True):
    """One customer inside one version of a playbook."""

    __tablename__ = "run"
    __table_args__ = (
        # Law 1: who races, the database decides.
        UniqueConstraint("playbook", "customer_id", "entry_key"),
        Index(
            "ix_run_due",
            "playbook",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_run_customer",
            "customer_id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    id: int | None = _key()
    playbook: str
    version_id: int = _id()
    customer_id: int = _id()
    entry_key: str
    status: str
    mode: str
    step: int
    #: How often it was advanced: numbers its decisions.
    advances: int = 0
    started_at: datetime = _moment()
    #: When to look at it again; None once it has ended.
    due_at: datetime | None = _moment(nullable=True)
    ended_at: datetime | None = _moment(nullable=True)
    trigger: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    memory: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))


class TraceRow(Row, table=True):
    """The decisions of one advance, shared by all runs that decided alike.

    Values seen are not in it: each decision row has its own.
    """

    __tablename__ = "trace"
    __table_args__ = (UniqueConstraint("version_id", "digest"),)

    id: int | None = _key()
    version_id: int = _id()
    digest: str
    decisions: list[Any] = Field(sa_column=Column(Json, nullable=False))


class DecisionRow(Row, table=True):
    """One advance of one run: what was decided (the trace) on what values (seen)."""

    __tablename__ = "decision"

    run_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    #: Counts up within a run.
    number: int = Field(primary_key=True)
    at: datetime = _moment()
    trace_id: int = _id()
    #: The values seen, in the order of the trace's checks.
    seen: list[Any] | None = Field(default=None, sa_column=Column(Json))
    #: For a run that now waits: until when, as far as the clock alone decides.
    until: datetime | None = _moment(nullable=True)


# ── Messages ─────────────────────────────────────────────────────────────────────────────────


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

    id: int | None = _key()
    playbook: str
    channel: str
    priority: int = 5
    #: When it may be claimed; moves to the end of the lease while a worker has it; None when done.
    due_at: datetime | None = _moment(nullable=True)
    worker: str | None = None
    #: Grows with every claim; an outcome written under an older one is refused (a zombie's).
    fence: int = 0


class MessageRow(Row, table=True):
    """An intent to send: written with the decision, changed only to move to another chunk."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("run_id", "version_id", "step", "part"),
        Index("ix_message_chunk", "chunk_id"),
        Index("ix_message_customer", "customer_id", "queued_at"),
    )

    id: int | None = _key()
    run_id: int = _id()
    customer_id: int = _id()
    version_id: int = _id()
    playbook: str
    step: int
    part: int = 0
    channel: str
    template: str | None = None
    kind: str
    topic: str | None = None
    queued_at: datetime = _moment()
    expires_at: datetime | None = _moment(nullable=True)
    #: The chunk that it waits in, or waited in last.
    chunk_id: int | None = _id(nullable=True)
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
    at: datetime = _moment()
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

    id: int | None = _key()
    connector: str
    dedupe_key: str
    message_id: int | None = _id(nullable=True, index=True)
    signal: str
    at: datetime = _moment()
    received_at: datetime = _moment()
    by_machine: bool = False
    reason: str = ""
    raw: str = ""


class CircuitRow(Row, table=True):
    """A connector that may not be used: its credentials or configuration failed."""

    __tablename__ = "circuit"

    connector: str = Field(primary_key=True)
    since: datetime = _moment()
    reason: str


# ── Work and promises ────────────────────────────────────────────────────────────────────────


class TaskRow(Row, table=True):
    """Work for a person."""

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("run_id", "version_id", "step"),)

    id: int | None = _key()
    run_id: int = _id()
    version_id: int = _id()
    step: int
    customer_id: int = _id(index=True)
    playbook: str
    title: str
    details: str | None = None
    assignee: str
    outcomes: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    opened_at: datetime = _moment()
    due_at: datetime | None = _moment(nullable=True)
    done_at: datetime | None = _moment(nullable=True)
    outcome: str | None = None
    done_by: str | None = None
    note: str | None = None


class OfferRow(Row, table=True):
    """A promise made to a customer."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("run_id", "version_id", "step"),
        Index("ix_offer_playbook", "playbook", "at"),
    )

    id: int | None = _key()
    run_id: int = _id()
    version_id: int = _id()
    step: int
    customer_id: int = _id(index=True)
    playbook: str
    offer: str
    at: datetime = _moment()
    expires_at: datetime | None = _moment(nullable=True)
    cost: float = 0.0
    cost_currency: str = ""


class AuditRow(Row, table=True):
    """Something that a person or the system did to how things run."""

    __tablename__ = "audit"

    id: int | None = _key()
    at: datetime = _moment()
    who: str
    what: str
    detail: dict[str, Any] = _json()


class ImportRow(Row, table=True):
    """A file that was imported, so that repeating it is seen."""

    __tablename__ = "import"
    __table_args__ = (CheckConstraint("rows_read >= 0", name="rows_read"),)

    digest: str = Field(primary_key=True)
    name: str
    kind: str
    rows_read: int = 0
    rows_refused: int = 0
    finished_at: datetime | None = _moment(nullable=True)
