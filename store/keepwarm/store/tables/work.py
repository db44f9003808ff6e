"""Work for people, promises to customers, and what was done by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from keepwarm.store.tables.columns import (
    Json,
    Row,
    id_column,
    json_column,
    key_column,
    moment_column,
)


class TaskRow(Row, table=True):
    """Work for a person."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("run_id", "version_id", "step"),
        Index(
            "ix_task_open",
            "assignee",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: int | None = key_column()
    run_id: int = id_column()
    version_id: int = id_column()
    step: int
    customer_id: int = id_column(index=True)
    playbook: str
    title: str
    details: str | None = None
    assignee: str
    outcomes: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    opened_at: datetime = moment_column()
    due_at: datetime | None = moment_column(nullable=True)
    #: Whoever has it does not want to see it before.
    snoozed_until: datetime | None = moment_column(nullable=True)
    done_at: datetime | None = moment_column(nullable=True)
    outcome: str | None = None
    done_by: str | None = None
    note: str | None = None
    #: When the owner was told that it is late.
    late_told_at: datetime | None = moment_column(nullable=True)


class TaskCopyRow(Row, table=True):
    """A task as another tool shows it. The task itself says what the tool is to show."""

    __tablename__ = "task_copy"
    __table_args__ = (
        UniqueConstraint("task_id", "tool"),
        Index("ix_task_copy_reference", "tool", "reference"),
        Index(
            "ix_task_copy_open",
            "tool",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: int | None = key_column()
    task_id: int = id_column()
    tool: str
    #: The team whose tool it is; the task may have gone to somebody else since.
    team: str
    #: What the tool calls it; None until that is known.
    reference: str | None = None
    #: When it was first to be made there: from then on a call may have been taken.
    begun_at: datetime | None = moment_column(nullable=True)
    #: The state of the task that the tool shows; None where that is not known.
    shown: str | None = None
    #: The task is done, and the tool shows it.
    closed_at: datetime | None = moment_column(nullable=True)
    #: Whose turn it is: a worker holds it until then, and knows it by the fence.
    held_until: datetime | None = moment_column(nullable=True)
    fence: int = 0
    #: How often in a row it did not come about, when it is tried again, and what was wrong.
    tries: int = 0
    next_at: datetime | None = moment_column(nullable=True)
    problem: str | None = None
    looked_at: datetime | None = moment_column(nullable=True)


class PullRow(Row, table=True):
    """How far a stream of a provider that we ask has come."""

    __tablename__ = "pull"

    source: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    #: When it was first to be asked for: what was modified before is no news.
    begun_at: datetime = moment_column()
    #: Up to when everything was told; None before the first window ended.
    since: datetime | None = moment_column(nullable=True)
    #: The end of the window that is being walked, and the identifier behind which to go on.
    until: datetime | None = moment_column(nullable=True)
    after: str = ""
    next_at: datetime = moment_column()
    held_until: datetime | None = moment_column(nullable=True)
    fence: int = 0
    tries: int = 0
    problem: str | None = None


class OfferRow(Row, table=True):
    """A promise made to a customer."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("run_id", "version_id", "step"),
        Index("ix_offer_playbook", "playbook", "at"),
    )

    id: int | None = key_column()
    run_id: int = id_column()
    version_id: int = id_column()
    step: int
    customer_id: int = id_column(index=True)
    playbook: str
    offer: str
    at: datetime = moment_column()
    expires_at: datetime | None = moment_column(nullable=True)
    cost: float = 0.0
    cost_currency: str = ""


class NoticeRow(Row, table=True):
    """Something that somebody of the house should know."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("key", "channel", "address"),
        Index(
            "ix_notice_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    id: int | None = key_column()
    #: What it is about: the same is told once.
    key: str
    words: str
    channel: str
    address: str
    at: datetime = moment_column()
    #: When it is told next; None once it was told or given up.
    due_at: datetime | None = moment_column(nullable=True)
    tries: int = 0
    told_at: datetime | None = moment_column(nullable=True)


class AuditRow(Row, table=True):
    """Something that a person or the system did to how things run."""

    __tablename__ = "audit"

    id: int | None = key_column()
    at: datetime = moment_column()
    who: str
    what: str
    detail: dict[str, Any] = json_column()


class RetentionRow(Row, table=True):
    """What has gone by its retention period, so that replays can say what they cannot know."""

    __tablename__ = "retention"

    what: str = Field(primary_key=True)
    #: Whatever is older may be gone.
    gone_until: datetime = moment_column()
    #: How far down the table it was looked for.
    last_key: int = id_column()
    gone: int = id_column()


class ImportRow(Row, table=True):
    """A file that was imported, so that repeating it is seen."""

    __tablename__ = "import"
    __table_args__ = (CheckConstraint("rows_read >= 0", name="rows_read"),)

    digest: str = Field(primary_key=True)
    name: str
    kind: str
    rows_read: int = 0
    rows_refused: int = 0
    finished_at: datetime | None = moment_column(nullable=True)
