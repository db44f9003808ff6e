"""Coverage: the ways through a playbook, and those that stories took."""

from __future__ import annotations

from keepwarm.engine.coverage import ways_through
from keepwarm.engine.playing import play
from tests.engine.written import plan_in, workspace_of

#: Every sort of branch there is, each on a line of its own.
BRANCHES = """\
topic: tips
start: {event: signed_up, once: per customer}
steps:
  - push: hello
    or_else: {sms: nudge}
    only_if:
      - plan: pro
  - wait: until logged_in, at most 3 days
  - if:
      - logged_in: at least once since start
    then:
      - tag: active
  - choose:
      - when:
          - plan: pro
        steps:
          - tag: paying
      - when:
          - plan: team
        steps:
          - tag: team
      - otherwise:
          - tag: free
  - split: colour
    into:
      - {share: 50%, name: red, steps: [{tag: red}]}
      - {share: 50%, name: blue, steps: [{tag: blue}]}
  - task: Call
    name: rescue
    for: care
    due: in 1 day
    if_late:
      - reassign: bosses
"""
SIGNS_UP = """\
- name: Signs up
  with: {plan: pro}
  drawn: {colour: blue}
  story:
    - {at: day 0 10:00, event: signed_up}
  expect:
    - {at: day 0 10:00, push: hello}
"""
#: The lines of BRANCHES come after the four of the head.
HEAD = 4


def ways_of(story: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Give the ways that a story took, and those it did not, by their lines and words."""
    workspace = workspace_of(BRANCHES, story)
    plan = plan_in(workspace)
    (only,) = workspace.stories["p"].tests
    taken = play(plan, workspace.catalog, only).ways
    told = [((w.step, w.way) in taken, (w.line - HEAD, w.said)) for w in ways_through(plan)]
    return [way for is_taken, way in told if is_taken], [
        way for is_taken, way in told if not is_taken
    ]


def test_each_way_of_each_branch_is_one() -> None:
    taken, left = ways_of(SIGNS_UP)
    assert taken == [
        (4, "taken, because its only_if holds"),
        (4, "by push"),
        (8, "timed out"),
        (9, "its conditions do not hold"),
        (16, "its conditions hold"),
        (24, "drawn into blue"),
        (28, "late"),
    ]
    assert left == [
        (4, "skipped, because its only_if does not hold"),
        (4, "or else by sms"),
        (8, "ended by what it waits for"),
        (11, "its conditions hold"),
        (13, "otherwise"),
        (20, "its conditions hold"),
        (24, "drawn into red"),
        (28, "done in time"),
    ]


def test_another_channel_counts_once_it_was_tried() -> None:
    taken, _ = ways_of(SIGNS_UP.replace("plan: pro", "plan: pro, push_consent: no"))
    assert {(4, "by push"), (4, "or else by sms")} <= set(taken)


def test_a_task_that_is_done_in_time_was_not_late() -> None:
    done = "    - {at: day 3 12:00, task: rescue, outcome: saved}\n  expect:"
    taken, left = ways_of(SIGNS_UP.replace("  expect:", done))
    assert (28, "done in time") in taken
    assert (28, "late") in left


def test_what_nobody_did_is_skipped() -> None:
    taken, _ = ways_of(SIGNS_UP.replace("plan: pro", "plan: free"))
    assert (4, "skipped, because its only_if does not hold") in taken
    assert (13, "otherwise") in taken
