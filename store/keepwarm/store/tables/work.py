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
    __table_args__ = (UniqueConstraint("run_id", "version_id", "step"),)

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
