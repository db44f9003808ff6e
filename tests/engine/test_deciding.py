"""What one advance decides, where a playbook played from end to end does not show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from keepwarm.engine.advancing import advance
from keepwarm.engine.entry import next_stage, rollout_share
from keepwarm.engine.facts import Facts, Happening, Sent, TaskState, Value
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import (
    Course,
    Memory,
    Mode,
    OfferMade,
    OtherStarted,
    PointsAdded,
    QueueMessage,
    Run,
    RunStatus,
    TaskReassigned,
    TasksWithdrawn,
)
from keepwarm.schema.words import Channel
from tests.engine.written import plan_in, plan_of, workspace_of

#: A Monday, 10:00 in Amsterdam.
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTHING: Mapping[str, Value] = {}
HEAD = "kind: transactional\nstart: {event: signed_up}\nsteps:\n"


def begun(plan: Plan, attributes: Mapping[str, Value] = NOTHING) -> tuple[Run, Course]:
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
    skips = (
        "kind: transactional\ncatch_up: skip\nstart: {event: signed_up}\nsteps:\n"
        "  - email: nudge\n  - wait: 1 day\n  - email: hello\n"
    )
    plan = plan_of(skips)
    run, course = begun(plan)
    assert [message.template for message in messages(course)] == ["nudge"]
    sent = Facts(sent={0: Sent(MessageStatus.SENT, NOW)})
    woken = NOW + timedelta(days=1, hours=1) + late
    assert bool(messages(advance(plan, run.after(course), sent, woken).course)) is is_sent
    sends = plan_of(skips.replace("catch_up: skip\n", ""))
    run, course = begun(sends)
    assert messages(advance(sends, run.after(course), sent, woken).course)


def test_a_message_may_be_repeated_only_where_its_step_says_so() -> None:
    _, course = begun(
        plan_of(f"{HEAD}  - email: hello\n    delivery: at least once\n  - email: nudge\n")
    )
    assert [message.at_least_once for message in messages(course)] == [True, False]


def test_the_words_of_a_message_say_which_survey_it_asks() -> None:
    nps = "surveys:\n  nps: {question: How likely are you to recommend us?, scale: 0 to 10}\n"
    asks = workspace_of(
        f"{HEAD}  - survey: nps\n    template: hello\n  - email: nudge\n", catalog=nps
    )
    _, course = begun(plan_in(asks))
    assert [dict(message.words) for message in messages(course)] == [{"survey": "nps"}, {}]


# ── What the ledger tells, and what a run keeps ──────────────────────────────────────────────


def told(course: Course) -> list[tuple[str, str]]:
    """Give what was decided, as the ledger has it."""
    return [(str(each.deed), each.detail) for each in course.decisions]


def test_the_ledger_names_each_thing_that_was_done() -> None:
    _, course = begun(
        plan_of(
            f"{HEAD}  - email: hello\n  - notify: '#care'\n  - update: {{plan: pro}}\n"
            "  - tag: vip\n    in: interests\n  - untag: new\n    in: interests\n  - points: 5\n"
            "  - offer: ten-percent\n  - task: Call\n    for: care\n"
            "  - if: [{monthly_revenue: at least 9}]\n    then:\n      - points: 1\n"
            "    else:\n      - points: 2\n"
            "  - if: [{monthly_revenue: at least 9}]\n    then:\n      - points: 3\n"
            "  - if: [{plan: pro}]\n    then:\n      - points: 4\n"
        )
    )
    assert told(course) == [
        ("entered", ""),
        ("queued", "email hello"),
        ("queued", "notify #care"),
        ("changed", "plan = pro"),
        ("changed", "tagged vip"),
        ("changed", "untagged new"),
        ("changed", "points +5"),
        ("offered", "ten-percent"),
        ("task opened", "Call, for care"),
        ("took", "otherwise"),
        ("changed", "points +2"),
        ("took", "none"),
        ("took", "line 28"),
        ("changed", "points +4"),
        ("completed", ""),
    ]
    assert [each.points for each in course.effects if isinstance(each, PointsAdded)] == [5, 2, 4]


def test_an_offer_is_made_with_its_cost_and_is_said_of_in_what_comes_after() -> None:
    free = "offers:\n  a-month: {percent: 100, lasts: 1 month}\n"
    workspace = workspace_of(
        f"{HEAD}  - offer: ten-percent\n    expires: in 14 days\n  - email: hello\n"
        "  - offer: a-month\n  - notify: '#care'\n",
        catalog=free,
    )
    _, course = begun(plan_in(workspace))
    until = NOW + timedelta(days=14)
    made = [each for each in course.effects if isinstance(each, OfferMade)]
    assert [(each.offer, each.expires_at, each.cost) for each in made] == [
        ("ten-percent", until, Decimal(12)),
        ("a-month", None, Decimal(0)),
    ]
    assert [dict(each.words) for each in messages(course)] == [
        {"offer": "ten-percent", "offer_until": until.isoformat()},
        {"offer": "a-month"},
    ]


def test_a_step_that_was_left_out_counts_as_skipped() -> None:
    plan = plan_of(
        f"{HEAD}  - email: hello\n    name: first\n    only_if: [{{plan: pro}}]\n"
        "  - notify: '#care'\n    only_if: [{first: skipped}]\n"
    )
    _, without = begun(plan, {"plan": "free"})
    assert [message.address for message in messages(without)] == ["#care"]
    # It was queued, and has come to no end yet.
    _, queued = begun(plan, {"plan": "pro"})
    assert [message.address for message in messages(queued)] == [None]


def test_a_message_that_fell_due_while_nothing_ran_counts_as_skipped_and_says_why() -> None:
    plan = plan_of(
        "kind: transactional\ncatch_up: skip\nstart: {event: signed_up}\nsteps:\n"
        "  - wait: 1 day\n  - email: hello\n    name: first\n"
        "  - notify: '#care'\n    only_if: [{first: skipped}]\n"
    )
    run, course = begun(plan)
    late = advance(plan, run.after(course), Facts(), NOW + timedelta(days=3)).course
    assert ("skipped", "fell due while nothing ran") in told(late)
    assert [message.address for message in messages(late)] == ["#care"]


def test_each_check_of_a_decision_knows_which_value_was_its_own() -> None:
    plan = plan_of(
        f"{HEAD}  - email: hello\n    only_if: [{{plan: free}}, {{monthly_revenue: at least 9}}]\n"
    )
    run = Run("anna", RunStatus.ACTIVE, Mode.LIVE, START, NOW)
    decided = advance(plan, run, Facts({"plan": "free", "monthly_revenue": 5}), NOW)
    checks = [check for each in decided.course.decisions for check in each.checks]
    seen = [(check.fact, decided.seen[check.seen_at]) for check in checks]
    assert seen == [("plan", "free"), ("monthly_revenue", "5")]


@pytest.mark.parametrize(
    ("asked", "plans"),
    [("any", {"pro", "team"}), ("none", {"free"})],
)
def test_any_holds_for_each_of_a_list_and_none_for_none_of_it(asked: str, plans: set[str]) -> None:
    plan = plan_of(
        f"{HEAD}  - points: 1\n    only_if: [{{{asked}: [{{plan: pro}}, {{plan: team}}]}}]\n"
    )
    taken = {each for each in ("free", "pro", "team") if begun(plan, {"plan": each})[1].effects}
    assert taken == plans


def test_an_endpoint_is_called_another_playbook_begins_and_a_stop_says_why() -> None:
    workspace = workspace_of(
        f"{HEAD}  - offer: ten-percent\n  - webhook: crm\n  - start_playbook: other\n"
        "  - stop: they do not want to hear of us\n  - points: 1\n",
        catalog="webhooks:\n  crm: {url: https://crm.acme.example/hook}\n",
        other="kind: transactional\nstart: {called: by another playbook}\nsteps:\n  - points: 1\n",
    )
    _, course = begun(plan_in(workspace))
    assert told(course) == [
        ("entered", ""),
        ("offered", "ten-percent"),
        ("queued", "webhook crm"),
        ("started other", "other"),
        ("stopped", "they do not want to hear of us"),
        ("completed", ""),
    ]
    [call] = messages(course)
    assert (call.step, call.part, call.channel) == (1, 0, Channel.WEBHOOK)
    assert (call.address, call.template) == ("https://crm.acme.example/hook", None)
    assert dict(call.words) == {"offer": "ten-percent"}
    assert course.effects[2:] == (OtherStarted(2, "other"),)


# ── Waits ────────────────────────────────────────────────────────────────────────────────────


def test_a_wait_for_an_event_stays_until_late_ones_have_come_and_is_told_once() -> None:
    plan = plan_of(f"{HEAD}  - wait: until bought, at most 3 days\n    name: buys\n")
    run, course = begun(plan)
    deadline = NOW + timedelta(days=3)
    assert told(course)[1:] == [("waits", "until bought, at most 3 days")]
    run = run.after(course)
    for woken in (deadline - timedelta(seconds=1), deadline + timedelta(seconds=29)):
        again = advance(plan, run, Facts(), woken).course
        assert (told(again), again.status) == ([], RunStatus.ACTIVE)
    in_time = Facts(events={"bought": [Happening(deadline)]})
    won = advance(plan, run, in_time, deadline + timedelta(seconds=5)).course
    assert told(won) == [("waited", "happened"), ("completed", "")]
    over = advance(plan, run, Facts(), deadline + timedelta(seconds=30)).course
    assert told(over) == [("waited", "timed out"), ("completed", "")]


@pytest.mark.parametrize(
    ("status", "is_over"), [(MessageStatus.SENDING, False), (MessageStatus.SENT, True)]
)
def test_a_wait_stays_while_the_message_before_it_is_under_way(
    status: MessageStatus, *, is_over: bool
) -> None:
    plan = plan_of(f"{HEAD}  - email: hello\n  - wait: 2 hours\n")
    run, course = begun(plan)
    sent = Facts(sent={0: Sent(status, NOW + timedelta(minutes=1))})
    later = advance(plan, run.after(course), sent, NOW + timedelta(hours=3)).course
    assert (later.status is RunStatus.COMPLETED) is is_over


def test_a_task_that_ends_after_the_wait_for_it_came_too_late() -> None:
    """The wait is looked at later than it should be: nothing ran meanwhile."""
    plan = plan_of(
        f"{HEAD}  - task: Call\n    name: rescue\n    for: care\n"
        "  - wait: until rescue is done, at most 2 days\n    name: the-call\n"
    )
    run, course = begun(plan)
    done = Facts(tasks={0: TaskState("saved", NOW + timedelta(days=3), None)})
    over = advance(plan, run.after(course), done, NOW + timedelta(days=4)).course
    assert told(over) == [("waited", "timed out"), ("completed", "")]


def test_who_is_moved_out_of_a_wait_that_is_gone_begins_the_next_one_anew() -> None:
    plan = plan_of(f"{HEAD}  - points: 1\n  - wait: 5 days\n    only_if: [{{plan: pro}}]\n")
    waited = Memory(waits_since=NOW - timedelta(days=2), waits_until=NOW + timedelta(days=1))
    run = Run("anna", RunStatus.ACTIVE, Mode.LIVE, 0, NOW - timedelta(days=3), memory=waited)
    stays = advance(plan, run, Facts({"plan": "pro"}), NOW).course
    assert told(stays) == [("changed", "points +1"), ("waits", "5 days")]
    assert stays.due_at == NOW + timedelta(days=5)
    assert advance(plan, run, Facts({"plan": "free"}), NOW).course.status is RunStatus.COMPLETED


# ── Tasks ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("reassign: bosses", TaskReassigned(0, "bosses")),
        ("start_playbook: other", OtherStarted(0, "other")),
    ],
)
def test_each_thing_that_is_to_follow_a_late_task_follows_it(line: str, effect: object) -> None:
    called = "kind: transactional\nstart: {called: by another playbook}\nsteps:\n  - points: 1\n"
    plan = plan_of(
        f"{HEAD}  - task: Call\n    for: care\n    due: in 2 working hours\n    if_late:\n"
        f"      - {line}\n",
        other=called,
    )
    run, course = begun(plan)
    due = NOW + timedelta(hours=2)
    late = advance(plan, run.after(course), Facts(tasks={0: TaskState(None, None, due)}), due)
    assert told(late.course) == [("task late", "Call"), ("completed", "")]
    assert late.course.effects == (effect,)


def test_a_run_whose_task_was_done_in_time_ends_at_once() -> None:
    plan = plan_of(
        f"{HEAD}  - task: Call\n    for: care\n    due: in 2 working hours\n    if_late:\n"
        "      - notify: '#care'\n"
    )
    run, course = begun(plan)
    soon = NOW + timedelta(hours=1)
    done = Facts(tasks={0: TaskState("done", soon, NOW + timedelta(hours=2))})
    assert advance(plan, run.after(course), done, soon).course.status is RunStatus.COMPLETED


def test_tasks_are_withdrawn_when_a_run_is_stopped_and_stay_when_it_is_finished() -> None:
    plan = plan_of(
        "kind: transactional\nstart: {event: signed_up}\nstop_if_any: [{plan: pro}]\n"
        "steps:\n  - task: Call\n    for: care\n  - wait: 1 day\n"
    )
    run, course = begun(plan)
    day = NOW + timedelta(days=1)
    stopped = advance(plan, run.after(course), Facts({"plan": "pro"}), day).course
    assert stopped.effects == (TasksWithdrawn(1, "plan"),)
    assert advance(plan, run.after(course), Facts(), day).course.effects == ()


# ── Entering ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("amount", "enters"), [(60, True), (40, False)])
def test_what_is_asked_of_the_event_is_asked_of_the_event(amount: int, *, enters: bool) -> None:
    start = "start: {event: bought, where: [{amount: at least 50}]}"
    plan = plan_of(f"kind: transactional\n{start}\nsteps:\n  - points: 1\n")
    trigger = {"amount": amount}
    run = Run("anna", RunStatus.SETTLING, Mode.LIVE, START, NOW, trigger=trigger)
    course = advance(plan, run, Facts(), NOW).course
    assert course.status is (RunStatus.COMPLETED if enters else RunStatus.SETTLING)


def test_conditions_are_asked_again_for_five_minutes_and_then_no_more() -> None:
    plan = plan_of(
        "kind: transactional\nstart: {event: signed_up}\nonly_if: [{plan: pro}]\n"
        "steps:\n  - points: 1\n"
    )
    run = Run("anna", RunStatus.SETTLING, Mode.LIVE, START, NOW)
    over = NOW + timedelta(minutes=5)
    tries = [
        (NOW, NOW + timedelta(seconds=15)),
        (over - timedelta(seconds=10), over),
        (over - timedelta.resolution, over),
    ]
    for asked_at, again_at in tries:
        course = advance(plan, run, Facts({"plan": "free"}), asked_at).course
        assert (course.status, course.due_at) == (RunStatus.SETTLING, again_at)
        assert told(course) == []
    last = advance(plan, run, Facts({"plan": "free"}), over).course
    assert (last.status, last.due_at) == (RunStatus.TURNED_AWAY, None)
    assert told(last) == [("turned away", "the conditions do not hold")]
    known_late = advance(plan, run, Facts({"plan": "pro"}), over).course
    assert known_late.status is RunStatus.COMPLETED


def test_who_must_be_quiet_first_enters_when_they_were_for_long_enough() -> None:
    plan = plan_of(
        "kind: transactional\nstart: {event: bought, and_then_no: logged_in, for: 3 hours}\n"
        "steps:\n  - points: 1\n"
    )
    run = Run("anna", RunStatus.SETTLING, Mode.LIVE, START, NOW)
    again, over = NOW + timedelta(hours=1), NOW + timedelta(hours=4)
    bought = [Happening(NOW), Happening(again)]
    quiet = Facts(events={"bought": bought})
    # The time begins anew with each start event.
    waits = [(NOW, NOW + timedelta(hours=3)), (again, over), (over - timedelta.resolution, over)]
    for asked_at, until in waits:
        course = advance(plan, run, quiet, asked_at).course
        assert (course.status, course.due_at, course.effects) == (RunStatus.SETTLING, until, ())
    entered = advance(plan, run, quiet, over).course
    assert told(entered)[0] == ("entered", "")
    for came_at in (again, over):
        came = Facts(events={"bought": bought, "logged_in": [Happening(came_at)]})
        turned_away = advance(plan, run, came, over).course
        assert (turned_away.status, turned_away.due_at) == (RunStatus.TURNED_AWAY, None)
        assert told(turned_away) == [("turned away", "logged_in came")]
    # What they did before is none of it, nor what they did when it was over.
    outside = [Happening(NOW - timedelta.resolution), Happening(over + timedelta.resolution)]
    lived = Facts(events={"bought": bought, "logged_in": outside})
    assert advance(plan, run, lived, over + timedelta(days=1)).course.status is RunStatus.COMPLETED


def test_whom_the_clock_found_is_turned_away_at_once() -> None:
    """Only who came by an event may be told of a little later."""
    plan = plan_of(
        "kind: transactional\nstart:\n  every: day at 09:30\n  for_customers: [{plan: free}]\n"
        "only_if: [{open_tickets: 0}]\nsteps:\n  - points: 1\n"
    )
    _, course = begun(plan, {"plan": "free"})
    assert (course.status, course.due_at) == (RunStatus.TURNED_AWAY, None)


def test_who_is_held_out_is_told_so() -> None:
    plan = plan_of(
        "kind: transactional\nstart: {event: signed_up}\nholdout: 50%\nsteps:\n  - email: hello\n"
    )
    runs = [Run(str(n), RunStatus.ACTIVE, Mode.LIVE, START, NOW) for n in range(20)]
    courses = [advance(plan, run, Facts(), NOW).course for run in runs]
    modes = {(str(each.mode), told(each)[0]) for each in courses}
    assert modes == {
        ("live", ("entered", "")),
        ("holdout", ("held out", "in the holdout of 0.5")),
    }


def test_a_rollout_lets_in_more_with_each_of_its_stages() -> None:
    plan = plan_of(
        "kind: transactional\nstart: {event: signed_up}\n"
        "rollout: [5% for 3 days, 50% for 4 days, 100%]\nsteps:\n  - points: 1\n"
    )
    runs = [Run(str(n), RunStatus.ACTIVE, Mode.LIVE, START, NOW) for n in range(200)]

    def let_in(days: int) -> int:
        since = NOW - timedelta(days=days)
        statuses = [advance(plan, run, Facts(), NOW, since).course.status for run in runs]
        return statuses.count(RunStatus.COMPLETED)

    first, second, last = let_in(2), let_in(3), let_in(7)
    assert 0 < first < second < last == len(runs)
    assert rollout_share((), NOW, NOW) == 1
    shares = [rollout_share(plan.rollout, NOW - timedelta(days=n), NOW) for n in (2, 3, 6, 7)]
    assert shares == [Decimal(each) for each in ("0.05", "0.5", "0.5", "1")]
    assert advance(plan, runs[0], Facts(), NOW).course.status is RunStatus.COMPLETED
    # Whom a stage leaves out is looked at again when the next one begins.
    begins = [next_stage(plan.rollout, NOW, NOW + timedelta(days=n)) for n in (0, 3, 6, 7)]
    third, eighth = NOW + timedelta(days=3), NOW + timedelta(days=7)
    assert begins == [third, eighth, eighth, None]
