"""The rows. They never leave this room: other rooms see the engine's own types.

Rows that grow by the million are narrow, and appended rather than changed.
"""

from __future__ import annotations

from keepwarm.store.tables.access import AccountRow, EndedSessionRow, WriteKeyRow
from keepwarm.store.tables.columns import BigKey, Json, Moment, Row
from keepwarm.store.tables.messages import (
    ChunkRow,
    CircuitRow,
    ContentRow,
    DoubtRow,
    MessageRow,
    OutcomeRow,
    PaceRow,
    ReportRow,
)
from keepwarm.store.tables.people import (
    AttributeChangeRow,
    AttributeToldRow,
    CohortMemberRow,
    ConsentRow,
    CustomerRow,
    EventRow,
    ForgettingRow,
    IdentityRow,
    InboxRow,
    ScoreRow,
    SuppressionRow,
    TopicChoiceRow,
)
from keepwarm.store.tables.playbooks import (
    ApprovalRow,
    CatalogRow,
    HoldRow,
    MatchRow,
    PointerRow,
    ProposalRow,
    ReleasedRow,
    ReleaseRow,
    TickRow,
    VersionRow,
)
from keepwarm.store.tables.runs import DecisionRow, RunRow, TraceRow
from keepwarm.store.tables.work import (
    AuditRow,
    ImportRow,
    NoticeRow,
    OfferRow,
    PullRow,
    RetentionRow,
    TaskCopyRow,
    TaskRow,
)

__all__ = [
    "AccountRow",
    "ApprovalRow",
    "AttributeChangeRow",
    "AttributeToldRow",
    "AuditRow",
    "BigKey",
    "CatalogRow",
    "ChunkRow",
    "CircuitRow",
    "CohortMemberRow",
    "ConsentRow",
    "ContentRow",
    "CustomerRow",
    "DecisionRow",
    "DoubtRow",
    "EndedSessionRow",
    "EventRow",
    "ForgettingRow",
    "HoldRow",
    "IdentityRow",
    "ImportRow",
    "InboxRow",
    "Json",
    "MatchRow",
    "MessageRow",
    "Moment",
    "NoticeRow",
    "OfferRow",
    "OutcomeRow",
    "PaceRow",
    "PointerRow",
    "ProposalRow",
    "PullRow",
    "ReleaseRow",
    "ReleasedRow",
    "ReportRow",
    "RetentionRow",
    "Row",
    "RunRow",
    "ScoreRow",
    "SuppressionRow",
    "TaskCopyRow",
    "TaskRow",
    "TickRow",
    "TopicChoiceRow",
    "TraceRow",
    "VersionRow",
    "WriteKeyRow",
]
