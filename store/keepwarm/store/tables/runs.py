"""Runs, and the ledger of what they decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from keepwarm.store.tables.columns import Json, Row, id_column, key_column, moment_column


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
        # Of all runs, not of those that wait: advancing one would write it anew each time, and
        # whoever asks for all that is known of a customer would read every run.
        Index("ix_run_customer", "customer_id"),
    )

    id: int | None = key_column()
    playbook: str
    version_id: int = id_column()
    customer_id: int = id_column()
    entry_key: str
    status: str
    mode: str
    step: int
    #: How often it was advanced: numbers its decisions.
    advances: int = 0
    started_at: datetime = moment_column()
    #: When to look at it again; None once it has ended.
    due_at: datetime | None = moment_column(nullable=True)
    ended_at: datetime | None = moment_column(nullable=True)
    trigger: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    memory: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))


class TraceRow(Row, table=True):
    """The decisions of one advance, shared by all runs that decided alike.

    Values seen are not in it: each decision row has its own.
    """

    __tablename__ = "trace"
    __table_args__ = (UniqueConstraint("version_id", "digest"),)

    id: int | None = key_column()
    version_id: int = id_column()
    digest: str
    decisions: list[Any] = Field(sa_column=Column(Json, nullable=False))


class DecisionRow(Row, table=True):
    """One advance of one run: what was decided (the trace) on what values (seen)."""

    __tablename__ = "decision"

    run_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    #: Counts up within a run.
    number: int = Field(primary_key=True)
    at: datetime = moment_column()
    trace_id: int = id_column()
    #: The values seen, in the order of the trace's checks.
    seen: list[Any] | None = Field(default=None, sa_column=Column(Json))
    #: For a run that now waits: until when, as far as the clock alone decides.
    until: datetime | None = moment_column(nullable=True)
