"""What one advance decides, where a playbook played from end to end does not show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from keepwarm.engine.advancing import advance
from keepwarm.engine.facts import Facts, TaskState
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import Course, Mode, QueueMessage, Run, RunStatus
from tests.engine.written import plan_in, plan_of, workspace_of

#: A Monday, 10:00 in Amsterdam.
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTHING: Mapping[str, str] = {}
HEAD = "kind: transactional\nstart: {event: signed_up}\nsteps:\n"


def begun(plan: Plan, attributes: Mapping[str, str] = NOTHING) -> tuple[Run, Course]:
    """Give a run at its start, and how it goes on from there."""
    run = Run("anna", RunStatus.ACTIVE, Mode.LIVE, START, NOW)
    return run, advance(plan, run, Facts(attributes), NOW).course


def messages(course: Course) -> list[QueueMessage]:
    return [effect for effect in course.effects if isinstance(effect, QueueMessage)]


def test_a_wait_asks_first_whom_it_is_for() -> None:
    plan = plan_of(f"{HEAD}  - wait: 3 days\n    only_if: [{{plan: free}}]\n  - notify: '#care'\n")
    _, passes = begun(plan, {"plan": "pro"})
    assert passes.status is RunStatus.COMPLETED
    assert messages(passes)
    _, waits = begun(plan, {"plan": "free"})
    assert waits.due_at == NOW + timedelta(days=3)
    assert not messages(waits)


def test_notices_of_one_step_are_told_apart_by_their_numbers() -> None:
    _, course = begun(plan_of(f"{HEAD}  - notify: '#care'\n    says: hello\n"))
    assert [message.part for message in messages(course)] == [0]


def test_a_late_task_is_told_of_when_it_is_due_and_still_open() -> None:
    plan = plan_of(
        f"{HEAD}  - task: Call\n    for: care\n    due: in 2 working hours\n    if_late:\n"
        "      - notify: '#care'\n      - notify: '#bosses'\n"
    )
    run, course = begun(plan)
    due = NOW + timedelta(hours=2)
    assert (course.due_at, messages(course)) == (due, [])
    opened = Facts(tasks={0: TaskState(None, None, due)})
    early = advance(plan, run.after(course), opened, due - timedelta(microseconds=1)).course
    assert messages(early) == []
    late = advance(plan, run.after(course), opened, due).course
    assert [(message.address, message.part) for message in messages(late)] == [
        ("#care", 1),
        ("#bosses", 2),
    ]
    assert late.status is RunStatus.COMPLETED


@pytest.mark.parametrize(("after", "is_late"), [(0, False), (1, True)])
def test_a_task_done_in_its_last_moment_is_not_late(after: int, *, is_late: bool) -> None:
    plan = plan_of(
        f"{HEAD}  - task: Call\n    for: care\n    due: in 2 working hours\n    if_late:\n"
        "      - notify: '#care'\n"
    )
    run, course = begun(plan)
    due = NOW + timedelta(hours=2)
    done = Facts(tasks={0: TaskState("done", due + timedelta(microseconds=after), due)})
    ended = advance(plan, run.after(course), done, due + timedelta(hours=1)).course
    assert bool(messages(ended)) is is_late


def test_a_run_does_not_stay_for_a_task_whose_lateness_means_nothing() -> None:
    _, course = begun(
        plan_of(f"{HEAD}  - task: Call\n    for: care\n    due: in 2 working hours\n")
    )
    assert (course.status, course.due_at) == (RunStatus.COMPLETED, None)
    assert course.memory.tasks_due == ()


@pytest.mark.parametrize(("late", "is_sent"), [(timedelta(), True), (timedelta.resolution, False)])
def test_what_fell_due_an_hour_ago_is_still_sent_and_not_a_moment_later(
    late: timedelta, *, is_sent: bool
) -> None:
    plan = plan_of(
        "kind: transactional\ncatch_up: skip\nstart: {event: signed_up}\nsteps:\n"
        "  - wait: 1 day\n  - email: hello\n"
    )
    run, course = begun(plan)
    woken = NOW + timedelta(days=1, hours=1) + late
    assert bool(messages(advance(plan, run.after(course), Facts(), woken).course)) is is_sent


def test_the_words_of_a_message_say_which_survey_it_asks() -> None:
    nps = "surveys:\n  nps: {question: How likely are you to recommend us?, scale: 0 to 10}\n"
    asks = workspace_of(
        f"{HEAD}  - survey: nps\n    template: hello\n  - email: nudge\n", catalog=nps
    )
    _, course = begun(plan_in(asks))
    assert [dict(message.words) for message in messages(course)] == [{"survey": "nps"}, {}]
