"""A database in which something is known of everybody: rows planted in every table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows
from keepwarm.store.tables import (
    AttributeChangeRow,
    DecisionRow,
    MatchRow,
    MessageRow,
    OfferRow,
    OutcomeRow,
    ReportRow,
    Row,
    RunRow,
    ScoreRow,
    TaskRow,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def plant(cx: Connection, table: type[Row], **values: Any) -> None:
    insert_rows(cx, table, list(values), [tuple(values.values())])


def plant_run(cx: Connection, key: int, customer: int, **other: Any) -> None:
    """Plant an open run with a due timer."""
    values = {
        "id": key, "playbook": "rescue", "version_id": 1, "customer_id": customer,
        "entry_key": "", "status": "active", "mode": "live", "step": 1, "advances": 1,
        "started_at": NOW, "due_at": NOW + DAY, "trigger": None, "memory": None,
    } | other  # fmt: skip
    plant(cx, RunRow, **values)


def plant_message(cx: Connection, key: int, run: int, customer: int, **other: Any) -> None:
    """Plant a message that nobody has begun to send."""
    values = {
        "id": key, "run_id": run, "customer_id": customer, "version_id": 1, "playbook": "rescue",
        "step": key, "part": 0, "channel": "email", "kind": "marketing", "queued_at": NOW,
        "chunk_id": 1, "attempt": 0,
    } | other  # fmt: skip
    plant(cx, MessageRow, **values)


def plant_traces(cx: Connection, run: int, customer: int, word: str) -> None:
    """Plant what a run leaves behind, with a personal word wherever one may stand."""
    plant_message(cx, run * 10, run, customer, address=word, words={"name": word})
    plant_message(cx, run * 10 + 1, run, customer)
    plant(cx, OutcomeRow, message_id=run * 10, attempt=0, status="failed", at=NOW,
          reason=f"no mailbox {word}", provider_id="p1", content_key="k", personal=[word],
          raw=word)  # fmt: skip
    plant(cx, ReportRow, connector="c", dedupe_key=f"d{run}", message_id=run * 10,
          signal="bounced", at=NOW, received_at=NOW, by_machine=False, reason=word,
          raw=word)  # fmt: skip
    plant(cx, DecisionRow, run_id=run, number=1, at=NOW, trace_id=1, seen=[word])
    plant(cx, TaskRow, run_id=run, version_id=1, step=3, customer_id=customer, playbook="rescue",
          title=f"Call {word}", details=word, assignee="team", outcomes=[],
          opened_at=NOW)  # fmt: skip
    plant(cx, OfferRow, run_id=run, version_id=1, step=4, customer_id=customer, playbook="rescue",
          offer="15-percent", at=NOW, cost=12.0, cost_currency="EUR")  # fmt: skip
    plant(cx, MatchRow, playbook=f"p{run}", customer_id=customer)
    plant(cx, AttributeChangeRow, customer_id=customer, at=NOW, playbook="", was={"city": word})
    plant(cx, ScoreRow, customer_id=customer, name=f"s{run}", number=1.0, word=word, as_of=NOW)


def rows(cx: Connection, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in cx.execute(text(sql), values)]


def one(cx: Connection, sql: str, **values: Any) -> Any:
    [(value,)] = rows(cx, sql, **values)
    return value


def everything(cx: Connection) -> Mapping[str, str]:
    """Give every table's rows as one text."""
    return {
        name: "\n".join(str(tuple(row)) for row in cx.execute(table.select()))
        for name, table in Row.metadata.tables.items()
    }
