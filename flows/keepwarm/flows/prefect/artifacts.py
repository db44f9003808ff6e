"""Artifacts: what a run leaves in Prefect for people: a summary with links, and the funnel.

Counts and identifiers only; who the customers are is in the outbox, behind the links.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final
from urllib.parse import quote

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from keepwarm.engine.drawing import step_sentence
from keepwarm.engine.plan import Plan
from keepwarm.flows.prefect.workshop import Workshop
from keepwarm.flows.tally import Tally
from keepwarm.store.funnel import Funnel, StepCount, funnel

#: Rows of a table at most: Prefect keeps each version of it.
_MOST_ROWS: Final = 100
#: A funnel is counted again when it is this old, and this many times older than it took to count.
_OLDEST_SECONDS: Final = 30.0
_TIMES_ITS_COST: Final = 50.0

#: Playbook -> when its funnel may be counted again, in seconds of the monotonic clock.
_not_before: dict[str, float] = {}


async def leave_artifacts(shop: Workshop, playbook: str, total: Tally) -> None:
    """Leave the run's summary, and the playbook's funnel if the last is old."""
    await acreate_markdown_artifact(
        key=artifact_key(playbook, "summary"),
        markdown=summary(playbook, total, shop.base_url),
        description=f"What this run of {playbook} did",
    )
    if time.monotonic() < _not_before.get(playbook, 0.0):
        return
    began = time.monotonic()
    rows = await asyncio.to_thread(_read_rows, shop, playbook)
    took = time.monotonic() - began
    _not_before[playbook] = time.monotonic() + max(_OLDEST_SECONDS, took * _TIMES_ITS_COST)
    if rows:
        await acreate_table_artifact(
            key=artifact_key(playbook, "funnel"),
            table=rows,
            description=f"How far the customers of {playbook} came, in its live version",
        )


def artifact_key(playbook: str, kind: str) -> str:
    """Give the key under which Prefect keeps the versions of an artifact."""
    return re.sub(r"[^a-z0-9]+", "-", f"{playbook}-{kind}".lower()).strip("-")


def summary(playbook: str, total: Tally, base_url: str) -> str:
    """Say in Markdown what a run did, with the ways to look closer."""
    lines = [f"**{playbook}**: {total.sentence()}."]
    counts = (
        ("sent", total.sent),
        ("held", total.held),
        ("skipped", total.skipped),
        ("failed", total.failed),
    )
    rows = [
        f"| {what} | {_cell(why)} | {count:,} |"
        for what, counter in counts
        for why, count in counter.most_common(_MOST_ROWS // 4)
    ]
    if rows:
        lines += ["", "| what | by or why | messages |", "|---|---|---:|", *rows]
    if base_url:
        name = quote(playbook, safe="")
        ways = (
            ("The messages", f"/outbox?playbook={name}"),
            ("The playbook with its counts", f"/playbooks/{name}"),
            ("Why a customer did, or did not, get something", f"/explain?playbook={name}"),
        )
        lines += ["", " · ".join(f"[{says}]({base_url}{path})" for says, path in ways)]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _read_rows(shop: Workshop, playbook: str) -> list[dict[str, object]]:
    with shop.system.database.reading() as cx:
        live = shop.system.shelf.live(cx).get(playbook)
        if live is None:
            return []
        counted = funnel(cx, playbook, live.released.version_id)
    return funnel_rows(live.plan, counted)


def funnel_rows(plan: Plan, counted: Funnel) -> list[dict[str, object]]:
    """Give the table: a row a step, in the order of the plan."""
    first: dict[str, object] = {"step": "entered", "customers": counted.entered}
    rows = [first | dict.fromkeys(("waiting now", "queued", "sent", "skipped", "failed"), "")]
    for index, step in enumerate(plan.steps[: _MOST_ROWS - 1]):
        at = counted.steps.get(index, StepCount())
        rows.append(
            {
                "step": f"{index + 1}. {step_sentence(step)}",
                "customers": at.reached,
                "waiting now": at.waiting or "",
                "queued": at.queued or "",
                "sent": at.sent or "",
                "skipped": at.skipped or "",
                "failed": at.failed or "",
            }
        )
    return rows
