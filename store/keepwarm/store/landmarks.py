"""Landmarks: named points of the work between which a process may die.

Whoever works says that it reached one. Nobody listens, unless a test of faults in the same process
does: it then ends the process there, stops it, or cuts its database off.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Landmark(StrEnum):
    """A point of the work. Those that end in `ING` lie inside a transaction, before its commit."""

    #: Arrivals have become profiles, events and runs.
    USING_ARRIVALS = "arrivals are being used"
    ARRIVALS_USED = "arrivals are used"
    #: The clock has let customers in.
    ENTERING = "customers are entering"
    ENTERED = "customers have entered"
    #: Runs that are due are held by this worker.
    TAKING_RUNS = "runs are being taken"
    #: What was decided is written: next moments, messages, tasks.
    DECIDING = "runs are being decided"
    DECIDED = "runs are decided"
    #: A chunk of messages is held by this worker.
    CLAIMING = "messages are being claimed"
    #: Its gates were asked and its words rendered.
    JUDGING = "messages are being judged"
    #: The claim is on the disk, and no request has left.
    SENDING = "messages are about to leave"
    #: The provider has answered.
    ANSWERED = "the provider has answered"
    RECORDING = "answers are being recorded"
    RECORDED = "answers are recorded"
    #: Unknown outcomes are held by this worker, and the provider was not asked.
    DOUBTS_TAKEN = "doubts are taken"
    SETTLING = "doubts are being settled"
    SETTLED = "doubts are settled"
    #: Another tool is about to be told of a task, and the claim is on the disk.
    SHARING = "tasks are about to be shared"
    SHARED = "a tool has answered"
    #: A provider that is asked has answered, and nothing of it is kept.
    PULLED = "a page was pulled"
    PULL_KEEPING = "what was pulled is being kept"
    SHARE_RECORDING = "what a tool answered is being recorded"


_watch: Callable[[Landmark], None] | None = None


def reached(landmark: Landmark) -> None:
    """Say that the work has come to a landmark."""
    if _watch is not None:
        _watch(landmark)


def watch(watcher: Callable[[Landmark], None] | None) -> None:
    """Have somebody told of every landmark that this process reaches; None stops it."""
    global _watch  # noqa: PLW0603 - one process is what is watched
    _watch = watcher
