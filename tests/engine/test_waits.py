"""Waits of every form end at the moment that they say."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from keepwarm.engine.playing import play
from tests.engine.test_playing import assert_passes
from tests.engine.written import plan_in, workspace_of

ZONE = ZoneInfo("Europe/Amsterdam")
PLAYBOOK = """\
kind: transactional
start: {{event: signed_up, once: per customer}}
steps:
  - email: hello
  - wait: {wait}
  - email: nudge
"""
STORY = """\
- name: Signs up
  starts_on: {day}
  with: {{renewal_date: {renewal}}}
  story:
    - {{at: day 0 {time}, event: signed_up}}
  expect:
    - {{email: nudge}}
"""


def nudged(wait: str, begins: str, renewal: str = "unknown") -> datetime | None:
    """Give when the message after a wait left; None when it never did."""
    day, time = begins.split(" ")
    story = STORY.format(day=day, time=time, renewal=renewal)
    workspace = workspace_of(PLAYBOOK.format(wait=wait), story)
    (only,) = workspace.stories["p"].tests
    played = play(plan_in(workspace), workspace.catalog, only)
    return next((each.at for each in played.happened if "nudge" in each.names), None)


@pytest.mark.parametrize(
    ("wait", "begins", "renewal", "ends"),
    [
        ("until day 14", "2026-03-02 10:15", "unknown", "2026-03-16 10:15 +0100"),
        # The clock stands at 02:30 twice, and jumps over it in spring.
        ("until day 1", "2026-10-24 02:30", "unknown", "2026-10-25 02:30 +0200"),
        ("until day 1", "2026-03-28 02:30", "unknown", "2026-03-29 03:00 +0200"),
        # One begins where the one before it ended.
        ("1 day\n  - wait: 2 days", "2026-03-02 10:15", "unknown", "2026-03-05 10:15 +0100"),
        ("until renewal_date", "2026-03-02 10:15", "2026-03-20", "2026-03-20 10:15 +0100"),
        ("until 3 days before renewal_date", "2026-03-02 10:15", "2026-03-20",
         "2026-03-17 10:15 +0100"),
        ("until 3 days after renewal_date", "2026-03-02 10:15", "2026-03-20",
         "2026-03-23 10:15 +0100"),
        ("until renewal_date", "2026-10-02 02:30", "2026-10-25", "2026-10-25 02:30 +0200"),
        # It has passed, and so it only has to be known that the first one was sent.
        ("until 3 days before renewal_date", "2026-03-02 10:15", "2026-03-04",
         "2026-03-02 10:16 +0100"),
    ],
)  # fmt: skip
def test_a_wait_ends_at_the_moment_that_it_says(
    wait: str, begins: str, renewal: str, ends: str
) -> None:
    left = nudged(wait, begins, renewal)
    assert left is not None
    local = left.astimezone(ZONE)
    assert f"{local:%Y-%m-%d %H:%M %z}" == ends


@pytest.mark.parametrize(
    ("visit", "ends"), [("day 18 21:00", "day 15"), ("day 18 00:30", "day 15")]
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_moment_is_waited_for_on_the_day_that_it_is_where_the_customer_lives(
    zone: str, visit: str, ends: str
) -> None:
    assert_passes(
        PLAYBOOK.format(wait="until 3 days before visit"),
        f"""\
- name: Comes for a visit
  starts_on: 2026-03-02
  with: {{visit: {visit}, timezone: {zone}}}
  story:
    - {{at: day 0 10:15, event: signed_up}}
  expect:
    - {{at: {ends} 10:15, email: nudge}}
""",
        catalog="attributes: {visit: {is: moment}}\n",
    )


def test_a_moment_that_a_playbook_writes_is_one_that_it_can_ask_about() -> None:
    written = "steps:\n  - update: {visit: 2026-03-20 00:30}\n  - wait: until 3 days before visit\n"
    assert_passes(
        PLAYBOOK.format(wait="1 day").partition("steps:")[0]
        + f"{written}  - email: nudge\n    only_if: [{{visit: in the next 4 days}}]\n",
        """\
- name: Is asked for a visit
  starts_on: 2026-03-02
  story:
    - {at: day 0 10:15, event: signed_up}
  expect:
    - {at: day 15 10:15, email: nudge}
""",
        catalog="attributes: {visit: {is: moment}}\n",
    )


def test_a_wait_for_a_date_that_is_not_known_stops_the_run() -> None:
    assert nudged("until renewal_date", "2026-03-02 10:15") is None


@pytest.mark.parametrize(
    ("ends", "answer"), [("10:15", "done"), ("10:14", "done"), ("10:16", "timed out")]
)
def test_a_task_that_ends_at_the_last_moment_was_in_time(ends: str, answer: str) -> None:
    assert_passes(
        """\
kind: transactional
start: {event: signed_up, once: per customer}
steps:
  - task: Call them
    name: rescue
    for: care
  - wait: until rescue is done, at most 2 days
    name: the-call
  - if:
      - the-call: timed out
    then:
      - email: nudge
    else:
      - email: last
""",
        f"""\
- name: Signs up
  story:
    - {{at: day 0 10:15, event: signed_up}}
    - {{at: day 2 {ends}, task: rescue, outcome: saved}}
  expect:
    - {{email: {"nudge" if answer == "timed out" else "last"}}}
    - {{email: {"last" if answer == "timed out" else "nudge"}, never: yes}}
""",
    )
