"""Stories: one customer lives through a playbook, and what came of it is judged."""

from __future__ import annotations

import pytest

from keepwarm.engine.playing import play
from keepwarm.engine.story_verdicts import Verdict, judge_story
from tests.engine.written import plan_in, workspace_of

WELCOME = """\
kind: transactional
start: {event: signed_up, once: per customer}
goal: {event: bought, within: 30 days}
steps:
  - email: hello
  - wait: 3 days
  - email: nudge
"""
SIGNS_UP = """\
- name: Signs up
  story:
    - {at: day 0 10:00, event: signed_up}
  expect:
"""


def judged(playbook: str, story: str, **others: str) -> Verdict:
    """Play the one story of a playbook."""
    workspace = workspace_of(playbook, story, **others)
    (only,) = workspace.stories["p"].tests
    return judge_story(only, play(plan_in(workspace), workspace.catalog, only))


def missed(verdict: Verdict) -> list[tuple[int, tuple[str, ...]]]:
    """Give (line, what there was instead) of what was missed."""
    return [(each.line, each.instead) for each in verdict.missed]


def assert_passes(playbook: str, story: str, **others: str) -> None:
    verdict = judged(playbook, story, **others)
    assert verdict.passed, [*missed(verdict), *verdict.timeline()]


# ── What is expected ─────────────────────────────────────────────────────────────────────────


def test_a_story_that_comes_as_expected_passes_and_tells_its_timeline() -> None:
    verdict = judged(
        WELCOME,
        SIGNS_UP
        + """\
    - {at: day 0 10:00, email: hello}
    - {at: day 3 10:00, email: nudge}
    - {run: finished}
    - nothing else
""",
    )
    assert verdict.passed
    assert verdict.timeline() == (
        "day 0 10:00  run entered",
        "day 0 10:00  email hello",
        "day 3 10:00  run finished",
        "day 3 10:00  email nudge",
    )


def test_a_wrong_time_is_reported_with_the_right_one() -> None:
    verdict = judged(WELCOME, SIGNS_UP + "    - {at: day 2 10:00, email: nudge}\n")
    assert missed(verdict) == [(7, ("day 3 10:00  email nudge",))]


def test_what_never_came_is_reported_with_nothing() -> None:
    verdict = judged(WELCOME, SIGNS_UP + "    - {email: hello}\n    - {goal: reached}\n")
    assert missed(verdict) == [(8, ())]


def test_what_its_own_condition_left_out_is_reported_with_what_was_asked() -> None:
    asks = WELCOME.replace("nudge\n", "nudge\n    only_if: [hello: clicked]\n")
    named = asks.replace("email: hello\n", "email: hello\n    name: hello\n")
    verdict = judged(named, SIGNS_UP + "    - {at: day 3 10:00, email: nudge}\n")
    said = "day 3 10:00  not sent: email nudge  (only_if does not hold: hello: clicked)"
    assert missed(verdict) == [(7, (said,))]


def test_each_message_is_expected_once() -> None:
    twice = "    - {email: hello}\n    - {email: hello}\n"
    assert missed(judged(WELCOME, SIGNS_UP + twice)) == [(8, ())]


def test_nothing_else_reports_each_deed_that_nobody_expected() -> None:
    verdict = judged(WELCOME, SIGNS_UP + "    - {email: hello}\n    - nothing else\n")
    assert [each.instead for each in verdict.missed] == [("day 3 10:00  email nudge",)]
    assert verdict.missed[0].expected is None


def test_never_is_broken_by_what_came() -> None:
    verdict = judged(WELCOME, SIGNS_UP + "    - {email: nudge, never: yes}\n")
    assert missed(verdict) == [(7, ("day 3 10:00  email nudge",))]


def test_reaching_the_goal_keeps_the_rest_from_coming() -> None:
    assert_passes(
        WELCOME,
        """\
- name: Buys
  story:
    - {at: day 0 10:00, event: signed_up}
    - {at: day 1 11:30, event: bought, amount: 5}
  expect:
    - {email: hello}
    - {at: day 1 11:30, goal: reached}
    - {email: nudge, never: yes}
    - nothing else
""",
    )


# ── Never, because ───────────────────────────────────────────────────────────────────────────

TIPS = """\
topic: tips
start: {event: signed_up, once: per customer}
steps:
  - email: hello
"""
REFUSES_MAIL = """\
- name: Refuses mail
  with: {email_consent: no}
  story:
    - {at: day 0 10:00, event: signed_up}
  expect:
"""


def test_a_message_that_a_gate_refused_never_came_for_its_reason() -> None:
    assert_passes(TIPS, REFUSES_MAIL + "    - {email: hello, never: yes}\n    - nothing else\n")
    withdrew = "    - {email: hello, never: yes, because: withdrew consent}\n"
    assert_passes(TIPS, REFUSES_MAIL + withdrew)


def test_never_for_another_reason_is_reported_with_the_right_one() -> None:
    capped = "    - {email: hello, never: yes, because: capped}\n"
    assert missed(judged(TIPS, REFUSES_MAIL + capped)) == [
        (
            8,
            ("day 0 10:00  not sent: email hello  (the customer withdrew consent to email)",),
        )
    ]


def test_a_refused_message_does_not_count_as_one_that_came() -> None:
    verdict = judged(TIPS, REFUSES_MAIL + "    - {email: hello}\n")
    (only,) = missed(verdict)
    assert "not sent" in only[1][0]


def test_another_way_is_tried_when_the_first_is_refused() -> None:
    playbook = TIPS.replace("email: hello", "email: hello\n    or_else: {sms: nudge}")
    assert_passes(
        playbook, REFUSES_MAIL + "    - {at: day 0 10:00, sms: nudge}\n    - nothing else\n"
    )


# ── Starts ───────────────────────────────────────────────────────────────────────────────────


def test_a_called_playbook_starts_with_the_story() -> None:
    assert_passes(
        "kind: transactional\nstart: {called: by another playbook}\n"
        "steps:\n  - email: hello\n  - wait: until bought, at most 2 days\n    name: buys\n"
        "  - email: nudge\n    only_if: [{buys: timed out}]\n",
        """\
- name: Is called
  story:
    - {at: day 0 10:00, event: logged_in}
  expect:
    - {at: day 0 10:00, email: hello}
    - {at: day 2 10:00, email: nudge}
    - nothing else
""",
        caller="kind: transactional\nstart: {event: bought, once: per customer}\n"
        "steps:\n  - start_playbook: p\n",
    )


BECOMES = """\
kind: transactional
start: {becomes: [{open_tickets: at least 2}], again_after: 5 days}
steps:
  - email: hello
"""


def test_somebody_gets_in_when_they_begin_to_match_and_again_only_later() -> None:
    assert_passes(
        BECOMES,
        """\
- name: Has two tickets
  story:
    - {at: day 0 10:00, update: {open_tickets: 2}}
    - {at: day 1 10:00, update: {open_tickets: 0}}
    - {at: day 2 10:00, update: {open_tickets: 2}}
    - {at: day 6 10:00, update: {open_tickets: 0}}
    - {at: day 7 10:00, update: {open_tickets: 3}}
  expect:
    - {at: day 0 10:00, email: hello}
    - {at: day 7 10:00, email: hello}
    - nothing else
""",
    )


def test_who_matched_before_the_story_does_not_become() -> None:
    assert_passes(
        BECOMES,
        """\
- name: Had two tickets all along
  with: {open_tickets: 2}
  story:
    - {at: day 0 10:00, update: {open_tickets: 3}}
  expect:
    - {run: entered, never: yes}
    - nothing else
""",
    )


def test_a_yearly_date_comes_at_its_time_where_the_customer_lives() -> None:
    assert_passes(
        "kind: transactional\nstart: {date: birthday, yearly: yes, at: 10:00}\n"
        "steps:\n  - email: hello\n",
        """\
- name: Has a birthday in Tokyo
  with: {birthday: 1990-01-07, timezone: Asia/Tokyo}
  starts_on: 2026-01-05
  story:
    - {at: day 3 12:00, event: logged_in}
  expect:
    - {at: day 2 10:00, email: hello}
    - nothing else
""",
    )


@pytest.mark.parametrize(
    ("seen", "changes", "nudges"),
    [
        ("day 2 10:01", "plan: pro", ""),
        ("day 2 09:59", "plan: pro", "    - {at: day 30 10:00, email: nudge}\n"),
        ("day 3", "renewal_date: day 33", "    - {at: day 31 10:00, email: nudge}\n"),
    ],
)
def test_a_date_and_a_moment_are_told_by_the_day_of_the_story(
    seen: str, changes: str, nudges: str
) -> None:
    assert_passes(
        """\
kind: transactional
start: {date: renewal_date, before: 30 days, at: 10:00}
steps:
  - email: hello
  - wait: until 2 days before renewal_date
  - email: nudge
    only_if: [{seen_at: more than 28 days ago}]
""",
        f"""\
- name: Is a customer in Tokyo
  with: {{renewal_date: day 32, seen_at: {seen}, timezone: Asia/Tokyo}}
  starts_on: 2026-01-05
  story:
    - {{at: day 3 12:00, update: {{{changes}}}}}
  expect:
    - {{at: day 2 10:00, email: hello}}
{nudges}    - nothing else
""",
        catalog="attributes: {seen_at: {is: moment}}\n",
    )


def test_a_schedule_looks_for_its_customers() -> None:
    assert_passes(
        "kind: transactional\nstart:\n  every: Wednesday at 09:30\n"
        "  for_customers: [{plan: free}]\n  again_after: 10 days\nsteps:\n  - email: hello\n",
        """\
- name: Is free for three Wednesdays
  with: {plan: free}
  starts_on: Monday
  story:
    - {at: day 17 12:00, event: logged_in}
  expect:
    - {at: day 2 09:30, email: hello}
    - {at: day 16 09:30, email: hello}
    - nothing else
""",
    )


# ── Tasks, answers, the night ────────────────────────────────────────────────────────────────

RESCUE = """\
kind: transactional
start: {event: signed_up, once: per customer}
steps:
  - task: Call them
    name: rescue
    for: care
    due: in 4 working hours
    if_late:
      - notify: "#bosses"
      - reassign: bosses
  - wait: until rescue is done, at most 3 days
  - email: hello
    only_if: [{rescue: saved}]
"""


def test_a_task_that_nobody_does_is_late() -> None:
    assert_passes(
        RESCUE,
        """\
- name: Nobody calls
  starts_on: Friday
  story:
    - {at: day 0 16:00, event: signed_up}
  expect:
    - {at: day 0 16:00, task: rescue, for: care}
    - {at: day 3 11:30, notify: "#bosses"}
    - {email: hello, never: yes}
""",
    )


def test_a_task_that_is_done_in_time_goes_on_at_once_and_is_not_late() -> None:
    assert_passes(
        RESCUE,
        """\
- name: Ann calls
  starts_on: Monday
  story:
    - {at: day 0 10:00, event: signed_up}
    - {at: day 0 12:00, task: rescue, outcome: saved}
  expect:
    - {task: Call them, for: care}
    - {at: day 0 12:00, email: hello}
    - {run: finished}
    - nothing else
""",
    )


CLICKS = """\
kind: transactional
start: {event: signed_up, once: per customer}
steps:
  - email: hello
    name: first
  - wait: 2 days
  - if: [{first: clicked}]
    then:
      - tag: keen
    else:
      - email: nudge
"""


def test_a_click_is_told_by_the_template_or_by_the_steps_name() -> None:
    for name in ("hello", "first"):
        assert_passes(
            CLICKS,
            f"""\
- name: Clicks
  story:
    - {{at: day 0 10:00, event: signed_up}}
    - {{at: day 1 10:00, clicked: {name}}}
  expect:
    - {{email: hello}}
    - {{at: day 2 10:00, tag: keen}}
    - nothing else
""",
        )


def test_without_a_click_the_other_arm_is_taken() -> None:
    verdict = judged(
        CLICKS, SIGNS_UP + "    - {email: hello}\n    - {at: day 2 10:00, email: nudge}\n"
    )
    assert verdict.passed
    assert {way for _, way in verdict.played.ways} == {"otherwise"}


def test_a_text_waits_for_the_morning_and_the_wait_after_it_begins_then() -> None:
    assert_passes(
        "kind: transactional\nstart: {event: signed_up, once: per customer}\n"
        "steps:\n  - sms: hello\n  - wait: 2 hours\n  - email: nudge\n",
        """\
- name: Signs up at night
  story:
    - {at: day 0 23:30, event: signed_up}
  expect:
    - {at: day 1 08:00, sms: hello}
    - {at: day 1 10:00, email: nudge}
    - nothing else
""",
    )


def test_a_cap_binds_over_the_days_of_a_story() -> None:
    capped = TIPS.replace("steps:\n", "respect: {at_most: 1 message per day}\nsteps:\n")
    assert_passes(
        capped + "  - email: nudge\n  - wait: 1 day\n  - email: last\n",
        SIGNS_UP
        + """\
    - {at: day 0 10:00, email: hello}
    - {email: nudge, never: yes, because: capped}
    - {at: day 1 10:00, email: last}
    - nothing else
""",
    )


# ── Draws, and what is not known ─────────────────────────────────────────────────────────────

COLOURS = (
    TIPS
    + """\
  - split: colour
    into:
      - {share: 99%, name: red, steps: [{tag: red}]}
      - {share: 1%, name: blue, steps: [{tag: blue}]}
"""
)


def test_a_story_tells_into_which_arm_somebody_is_drawn() -> None:
    for colour in ("red", "blue"):
        assert_passes(
            COLOURS,
            SIGNS_UP.replace("  story:", f"  drawn: {{colour: {colour}}}\n  story:")
            + f"    - {{split: colour}}\n    - {{email: hello}}\n    - {{tag: {colour}}}\n"
            "    - nothing else\n",
        )


def test_a_draw_is_checked_against_the_arms() -> None:
    wrong = SIGNS_UP.replace("  story:", "  drawn: {colour: bleu}\n  story:") + "    - {tag: red}\n"
    with pytest.raises(AssertionError, match='has no arm "bleu"'):
        workspace_of(COLOURS, wrong)


def test_who_has_no_address_is_not_reached() -> None:
    nobody = SIGNS_UP.replace("  story:", "  with: {email: unknown}\n  story:")
    assert_passes(TIPS, nobody + "    - {email: hello, never: yes, because: no e-mail address}\n")


def test_consent_may_be_lost_on_the_way() -> None:
    playbook = TIPS + "  - wait: 2 days\n  - email: nudge\n"
    assert_passes(
        playbook,
        """\
- name: Says no
  story:
    - {at: day 0 10:00, event: signed_up}
    - {at: day 1 10:00, update: {email_consent: unknown}}
  expect:
    - {at: day 0 10:00, email: hello}
    - {email: nudge, never: yes}
    - nothing else
""",
    )


def test_that_a_wait_begins_may_be_expected() -> None:
    begins = "    - {at: day 0 10:00, wait: 3 days}\n    - {email: hello}\n    - {email: nudge}\n"
    assert_passes(WELCOME, SIGNS_UP + begins + "    - nothing else\n")
