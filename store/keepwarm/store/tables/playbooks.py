"""Playbooks: their versions, what is released, and what holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field

from keepwarm.store.tables.columns import Row, id_column, json_column, key_column, moment_column


class VersionRow(Row, table=True):
    """A playbook's content with its templates, segments and policies, pinned."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("playbook", "digest"),)

    id: int | None = key_column()
    playbook: str
    #: Counts up within a playbook.
    number: int
    #: Hash of `files`.
    digest: str
    #: The commit of the playbooks' repository; empty where there is none.
    commit: str = ""
    #: Relative path -> text of every file that the playbook was compiled from.
    files: dict[str, Any] = json_column()
    made_at: datetime = moment_column()
    made_by: str = ""


class CatalogRow(Row, table=True):
    """The catalog and the policies as they were applied, for all playbooks. The latest count."""

    __tablename__ = "catalog"

    id: int | None = key_column()
    #: Hash of `files`.
    digest: str
    #: Relative path -> text of every file of the catalog, and of the policies.
    files: dict[str, Any] = json_column()
    applied_at: datetime = moment_column()
    applied_by: str


class ReleaseRow(Row, table=True):
    """What was applied at one moment: all or nothing."""

    __tablename__ = "release"

    id: int | None = key_column()
    #: The release that stood before it, which rollback goes back to; None for the first.
    follows: int | None = id_column(nullable=True)
    at: datetime = moment_column()
    by: str = ""
    note: str = ""
    #: The plan that it carried out; empty where it was applied without one.
    plan: str = ""
    #: Who must approve the next change: approval -> addresses.
    approvers: dict[str, Any] = json_column()


class ProposalRow(Row, table=True):
    """A plan that was made: what it compared, so that `apply` does that one or refuses."""

    __tablename__ = "proposal"

    id: str = Field(primary_key=True)
    #: Hash of the folder, the catalog and the release that it compared.
    basis: str = Field(index=True)
    #: The parts of the basis, to say which of them is another one by now.
    compared: dict[str, Any] = json_column()
    #: Up to when customers, events and runs were read.
    as_of: datetime = moment_column()
    made_by: str = ""


class ApprovalRow(Row, table=True):
    """A person's name under a plan."""

    __tablename__ = "approval"

    proposal_id: str = Field(primary_key=True)
    who: str = Field(primary_key=True)
    at: datetime = moment_column()


class ReleasedRow(Row, table=True):
    """One playbook of a release."""

    __tablename__ = "released"

    release_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    playbook: str = Field(primary_key=True)
    version_id: int = id_column()
    #: When this playbook first went live or into its rollout, carried over between releases.
    live_since: datetime = moment_column()


class PointerRow(Row, table=True):
    """The one pointer that apply and rollback flip (law 21): a name and a release."""

    __tablename__ = "pointer"

    name: str = Field(primary_key=True)
    release_id: int = id_column()


class HoldRow(Row, table=True):
    """A pause, outside git (law 22): a playbook's name, or `*` for all."""

    __tablename__ = "hold"

    playbook: str = Field(primary_key=True)
    since: datetime = moment_column()
    by: str
    reason: str
    #: `pause`, or `shadow` after a guardrail.
    kind: str = "pause"


class TickRow(Row, table=True):
    """Up to which moment a playbook's schedule has been carried out."""

    __tablename__ = "tick"

    playbook: str = Field(primary_key=True)
    done_until: datetime = moment_column()


class MatchRow(Row, table=True):
    """Who matched a `becomes` condition at the last look."""

    __tablename__ = "match"

    playbook: str = Field(primary_key=True)
    customer_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
