"""Recording a customer's run: from the database to a story that plays as it was.

What the story gives when it is played is held against what was sent and how the run ended; what
differs is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from keepwarm.app.testing.recorded_runs import RecordedRun, Sent, past_of, sent_of
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.playing import Happened, Played, play
from keepwarm.engine.recording import Past, record
from keepwarm.engine.run import Mode, RunStatus
from keepwarm.engine.story_verdicts import judge_story
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.stories import Story
from keepwarm.schema.words import CUSTOMER_CHANNELS
from keepwarm.schema.workspace import Workspace
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer
from keepwarm.store.explaining import runs_of

#: What quiet hours held is let go over some minutes, and in a story at once.
_SPREAD: Final = timedelta(minutes=30)
_ENDS: Final = {
    RunStatus.COMPLETED: "goes to the end",
    RunStatus.GOAL_REACHED: "reaches the goal",
    RunStatus.STOPPED: "is stopped",
    RunStatus.TURNED_AWAY: "is turned away",
}
_STORY_ENDS: Final = {
    RunStatus.COMPLETED: ("run", "finished"),
    RunStatus.GOAL_REACHED: ("goal", "reached"),
    RunStatus.TURNED_AWAY: ("run", "turned away"),
}


class RecordingRefused(Exception):
    """There is no run to record; says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A story made from a run, and what of the run it does not show."""

    playbook: str
    story: Story
    #: Sentences.
    differences: tuple[str, ...]


def record_run(
    cx: Connection,
    workspace: Workspace,
    customer: Customer,
    playbook: str | None,
    pepper: bytes,
    now: datetime,
) -> Recording:
    """Make a story of the latest run of a customer, in one playbook or in any."""
    run = _latest(cx, workspace, customer, playbook)
    past = past_of(cx, run, workspace, pepper, now)
    name = _name(run, workspace)
    # The days of the calendar are left out unless the story turns on them.
    tries = [_tried(each, name, run) for each in (past, replace(past, keeps_date=True))]
    best = min(tries, key=lambda each: len(each.differences))
    return replace(best, differences=(*_about(run, best), *best.differences))


def _latest(
    cx: Connection, workspace: Workspace, customer: Customer, playbook: str | None
) -> RecordedRun:
    runs = runs_of(cx, customer.id, playbook, 1)
    if not runs:
        where = f"in {playbook}" if playbook else "in any playbook"
        raise RecordingRefused(
            f"{customer.customer} has no run {where}; `keepwarm explain {customer.customer}`"
            " says why."
        )
    (told,) = runs
    if told.playbook not in workspace.playbooks:
        raise RecordingRefused(
            f"{customer.customer} was in {told.playbook}, and the folder has no such playbook."
        )
    written = workspace.playbooks[told.playbook]
    plan = compile_plan(written, workspace.catalog, workspace.policies)
    version = Shelf().version(cx, told.version_id).plan
    return RecordedRun(told, customer, plan, version, tuple(sent_of(cx, told)))


def _name(run: RecordedRun, workspace: Workspace) -> str:
    """Give the story a name that tells how it went, and that no other one has."""
    ends = _ENDS.get(RunStatus(run.told.status), "is on the way")
    count = len(run.sent)
    after = f"after {count} message{'' if count == 1 else 's'}"
    name = f"As recorded, somebody {ends} {after}"
    stories = workspace.stories.get(run.told.playbook)
    taken = {story.name for story in stories.tests} if stories else set()
    names = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)


def _tried(past: Past, name: str, run: RecordedRun) -> Recording:
    story = record(past, name)
    played = play(past.plan, past.catalog, story)
    missed = judge_story(story, played).missed
    differences = [*_differences(played, past, run)] if run.told.mode == Mode.LIVE else []
    differences += [f"Played, {line} comes otherwise." for m in missed for line in m.instead]
    return Recording(run.told.playbook, story, tuple(differences))


# ── What the story does not show ─────────────────────────────────────────────────────────────


def _about(run: RecordedRun, recording: Recording) -> Iterator[str]:
    if run.told.mode != Mode.LIVE:
        yield f"The run is in {run.told.mode}: nothing was sent; the story says what would be."
    if recording.differences and run.plan.steps != run.version.steps:
        yield f"The playbook has changed since version {run.told.number}, in which it ran."


def _differences(played: Played, past: Past, run: RecordedRun) -> Iterator[str]:
    """Say which messages, and which end, there were in fact and not in the story."""
    left = [each for each in played.happened if each.what in CUSTOMER_CHANNELS and not each.refused]
    for sent in run.sent:
        alike = [each for each in left if _is(each, sent)]
        near = next((each for each in alike if _is_near(each, sent, past, played)), None)
        if near is not None:
            left.remove(near)
            continue
        what = f"{sent.channel} {sent.template} went out at {past.told(sent.at)}"
        if alike:
            left.remove(alike[0])
            yield f"In fact {what}, and in the story at another time."
        else:
            yield f"In fact {what}, and in the story it does not."
    until = past.until
    for extra in left:
        if _moved_back(extra, past, played) <= until:
            yield f"In the story {extra.what} {extra.names[0]} goes out, and in fact it did not."
    end = _STORY_ENDS.get(RunStatus(run.told.status))
    ends = {(each.what, name) for each in played.happened for name in each.names}
    if end is not None and end not in ends:
        yield f"In fact somebody {_ENDS[RunStatus(run.told.status)]}, and in the story does not."


def _is(happened: Happened, sent: Sent) -> bool:
    return happened.what == sent.channel and sent.template in happened.names


def _is_near(happened: Happened, sent: Sent, past: Past, played: Played) -> bool:
    return abs(_moved_back(happened, past, played) - sent.at) <= _SPREAD


def _moved_back(happened: Happened, past: Past, played: Played) -> datetime:
    """Give a moment of the story at the time at which it would have been in fact."""
    local = happened.at.astimezone(past.zone)
    day = past.day_zero + (local.date() - played.day_zero)
    return datetime.combine(day, local.time().replace(fold=0), past.zone)
