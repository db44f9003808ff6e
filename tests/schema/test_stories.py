"""Stories: what a test file may tell, and what it may not."""

from __future__ import annotations

from datetime import date, time

import pytest

from keepwarm.schema.faults import Faults
from keepwarm.schema.hours import Weekday
from keepwarm.schema.loading import load
from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.stories import (
    Answer,
    CustomerChanges,
    EventHappens,
    Expectation,
    MessageAnswered,
    Stories,
    StoryTime,
    TaskEnds,
)
from keepwarm.schema.story_reading import read_starts_on, read_stories, read_story_time
from tests.schema import acme

CATALOG = acme.catalog()
PLAYBOOK = acme.playbook()

LANGUAGE_PAGE = """\
tests_for: failed-payment
customers:
  anna: {timezone: Europe/Amsterdam, sms_consent: yes, monthly_revenue: 40}
tests:
  - name: Pays after the first mail and hears nothing more
    customer: anna
    story:
      - {at: day 0 10:00, event: payment_failed, invoice: INV-1}
      - {at: day 1 09:00, event: payment_succeeded, invoice: INV-1}
    expect:
      - {at: day 0 10:00, email: billing/card-declined}
      - {at: day 0 10:00, sms: billing/card-declined}
      - {at: day 1 09:00, goal: reached}
      - nothing else
  - name: Nobody is woken up at night
    customer: anna
    story:
      - {at: day 0 23:30, event: payment_failed, invoice: INV-1}
    expect:
      - {at: day 1 08:00, sms: billing/card-declined}
"""

#: A file with one test, around what a test needs to show.
ONE = """\
tests_for: failed-payment
customers:
  anna: {monthly_revenue: 40}
tests:
  - name: One
    customer: anna
    story:
      - {at: day 0 10:00, event: payment_failed, invoice: INV-1}
    expect:
      - {at: day 0 10:00, email: billing/card-declined}
"""


def read(text: str, *, is_sound: bool = True) -> tuple[Stories | None, list[str]]:
    faults = Faults("failed-payment.test.yaml")
    loaded = load(text, faults.file)
    faults.problems.extend(loaded.problems)
    faults.is_whole = loaded.is_whole
    assert loaded.node is not None
    stories = read_stories(
        loaded.node,
        CATALOG,
        acme.KNOWN,
        PLAYBOOK if is_sound else None,
        faults,
        name="failed-payment",
    )
    return stories, acme.told(faults)


def refused(text: str) -> list[str]:
    return read(text)[1]


def changed(old: str, new: str) -> str:
    assert old in ONE
    return ONE.replace(old, new, 1)


def test_the_stories_of_the_language_page_are_read() -> None:
    stories, problems = read(LANGUAGE_PAGE)
    assert problems == []
    assert stories is not None
    first, second = stories.tests
    assert first.name == "Pays after the first mail and hears nothing more"
    assert first.nothing_else
    assert not second.nothing_else
    assert first.values == {
        "timezone": "Europe/Amsterdam",
        "sms_consent": "yes",
        "monthly_revenue": "40",
    }
    happens = first.story[0]
    assert isinstance(happens, EventHappens)
    assert happens.at == StoryTime(0, time(10))
    assert happens.properties == {"invoice": "INV-1"}
    assert [(e.what, e.thing, str(e.at)) for e in first.expect] == [
        ("email", "billing/card-declined", "day 0 10:00"),
        ("sms", "billing/card-declined", "day 0 10:00"),
        ("goal", "reached", "day 1 09:00"),
    ]


def test_what_with_says_stands_over_what_the_customer_says() -> None:
    stories, problems = read(
        changed("    story:", "    with: {monthly_revenue: 900, plan: pro}\n    story:"),
    )
    assert problems == []
    assert stories is not None
    assert stories.tests[0].values == {"monthly_revenue": "900", "plan": "pro"}
    assert stories.customers["anna"].values == {"monthly_revenue": "40"}


def test_everything_that_may_happen_is_read() -> None:
    stories, problems = read(
        """\
tests_for: failed-payment
tests:
  - name: A busy story
    with: {plan: pro, interests: [golf, tea], lifetime_value: in the top 10%}
    starts_on: Monday
    story:
      - {at: day -30 09:00, event: ordered, amount: 12.50, channel: web, on: 2026-01-31}
      - {at: day 0 10:00, event: payment_failed, invoice: INV-1}
      - {at: day 0 11:00, clicked: billing/card-declined}
      - {at: day 3 11:00, opened: last-reminder}
      - {at: day 4 10:00, update: {plan: team}}
      - {at: day 5 10:00, task: rescue-call, outcome: saved}
    expect:
      - {task: rescue-call, for: billing-ops}
      - {at: day 7 13:00, notify: "#billing-escalations", because: late}
      - {never: yes, sms: billing/last-reminder}
      - {update: {subscription_status: suspended}}
      - {wait: until day 10}
      - {run: finished}
""",
    )
    assert problems == []
    assert stories is not None
    (test,) = stories.tests
    assert test.starts_on == Weekday.MONDAY
    assert test.values == {
        "plan": "pro",
        "interests": "golf, tea",
        "lifetime_value": "in the top 10%",
    }
    before, _, clicked, opened, changes, ends = test.story
    assert isinstance(before, EventHappens)
    assert before.properties == {"amount": "12.5", "channel": "web", "on": "2026-01-31"}
    assert isinstance(clicked, MessageAnswered)
    assert (clicked.answer, clicked.message) == (Answer.CLICKED, "billing/card-declined")
    assert isinstance(opened, MessageAnswered)
    assert (opened.answer, opened.message) == (Answer.OPENED, "last-reminder")
    assert isinstance(changes, CustomerChanges)
    assert changes.values == {"plan": "team"}
    assert isinstance(ends, TaskEnds)
    assert (ends.task, ends.outcome) == ("rescue-call", "saved")
    task, notify, never, update, _, run = test.expect
    assert task.assignee == "billing-ops"
    assert notify.because == "late"
    assert never.never
    assert update.values == {"subscription_status": "suspended"}
    assert run == Expectation("run", "finished", run.place)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "customer: anna",
            "customer: ana",
            '6:15: there is no customer "ana"; did you mean "anna"? [unknown-customer]',
        ),
        (
            "tests_for: failed-payment",
            "tests_for: fialed-payment",
            (
                '1:12: the file is called "failed-payment.test.yaml", and it tests '
                '"fialed-payment"; did you mean "failed-payment"? [file-name]'
            ),
        ),
        (
            "monthly_revenue: 40",
            "monthly_revenu: 40",
            (
                '3:10: no attribute is called "monthly_revenu"; did you mean "monthly_revenue"? '
                "[unknown-name]"
            ),
        ),
        (
            "monthly_revenue: 40",
            "monthly_revenue: much",
            (
                '3:27: "monthly_revenue" is a number, and "much" is not one in digits alone '
                "[cannot-read]"
            ),
        ),
        (
            "monthly_revenue: 40",
            "big-accounts: yes",
            '3:10: "big-accounts" has no value of its own (segment) [cannot-write]',
        ),
        (
            "event: payment_failed",
            "event: payment_faild",
            (
                '8:34: there is no event "payment_faild"; did you mean "payment_failed"? '
                "[unknown-event]"
            ),
        ),
        (
            "invoice: INV-1",
            "invoise: INV-1",
            (
                '8:50: the event "payment_failed" has no property "invoise"; did you mean '
                '"invoice"? [unknown-property]'
            ),
        ),
        (
            "{at: day 0 10:00, event",
            "{at: 10:00, event",
            '8:14: "10:00" needs a day [cannot-read]',
        ),
        (
            "{at: day 0 10:00, event",
            "{at: day 0 at 25:00, event",
            '8:14: no clock shows "25:00" [cannot-read]',
        ),
        (
            "email: billing/card-declined",
            "email: billing/card-declind",
            (
                '10:34: the playbook sends no e-mail "billing/card-declind"; did you mean '
                '"billing/card-declined"? [never-happens]'
            ),
        ),
        (
            "email: billing/card-declined",
            "emial: billing/card-declined",
            '10:27: an expectation has no setting "emial"; did you mean "email"? [unknown-key]',
        ),
        (
            "email: billing/card-declined",
            "task: Call them",
            '10:33: the playbook has no task "Call them" [never-happens]',
        ),
        (
            "email: billing/card-declined",
            "update: {plan: pro}",
            '10:36: the playbook never writes "plan" [never-happens]',
        ),
        (
            "email: billing/card-declined",
            "goal: reachd",
            '10:33: "goal" cannot be "reachd"; did you mean "reached"? [not-a-choice]',
        ),
        (
            "- {at: day 0 10:00, email: billing/card-declined}",
            "- nothing els",
            '10:9: this is no expectation; did you mean "nothing else"? [cannot-read]',
        ),
        (
            "{at: day 0 10:00, email: billing/card-declined}",
            "{at: day 0 10:00, never: yes, email: billing/card-declined}",
            '10:14: "never" is at no time at all [misplaced-key]',
        ),
        (
            "      - {at: day 0 10:00, email",
            "      - nothing else\n      - {at: day 0 10:00, email",
            '10:9: "nothing else" stands last [story-order]',
        ),
        (
            "INV-1}\n",
            "INV-1}\n      - {at: day -1 09:00, event: logged_in}\n",
            '9:9: "day -1 09:00" comes before the line above it ("day 0 10:00") [story-order]',
        ),
        (
            "INV-1}\n",
            "INV-1}\n      - {at: day 4 09:00, task: rescue-call, outcome: won}\n",
            '9:55: the task "rescue-call" never ends as "won" [not-a-choice]',
        ),
        (
            "INV-1}\n",
            "INV-1}\n      - {at: day 4 09:00, task: rescue-call}\n",
            "9:9: how did the task end? [missing]",
        ),
        (
            "INV-1}\n",
            "INV-1}\n      - {at: day 4 09:00, clicked: billing/card-declind}\n",
            (
                '9:36: the playbook sends no message "billing/card-declind"; did you mean '
                '"billing/card-declined"? [never-happens]'
            ),
        ),
        (
            "customer: anna",
            "customer: anna\n    starts_on: Moonday",
            (
                '7:16: cannot read "Moonday" as a day to start on; did you mean "Monday"? '
                "[cannot-read]"
            ),
        ),
    ],
)
def test_a_fault_in_a_story_is_told_at_its_place(old: str, new: str, expected: str) -> None:
    assert refused(changed(old, new)) == [expected]


def test_two_tests_of_one_name_are_refused() -> None:
    again = ONE.split("tests:\n")[1]
    assert refused(ONE + again) == [
        '11:11: two tests are called "One"; the first one is on line 5 [test-name]',
    ]


def test_nothing_is_said_of_what_a_playbook_may_do_when_it_has_faults_itself() -> None:
    text = changed("email: billing/card-declined", "email: billing/no-such-template")
    assert read(text, is_sound=False)[1] == []


def test_a_property_may_have_the_name_of_another_key() -> None:
    stories, problems = read(
        changed("event: payment_failed, invoice: INV-1", "event: ordered, on: 2026-02-03"),
    )
    assert problems == []
    assert stories is not None
    (line,) = stories.tests[0].story
    assert isinstance(line, EventHappens)
    assert line.properties == {"on": "2026-02-03"}


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("day 0 10:00", "day 0 10:00"),
        ("Day 12, at 9:05", "day 12 09:05"),
        ("day -30 00:00", "day -30 00:00"),
    ],
)
def test_a_time_in_a_story_has_one_spelling(said: str, canonical: str) -> None:
    found = read_story_time(said)
    assert isinstance(found, Read)
    assert found.canonical == str(found.value) == canonical


def test_a_date_may_be_a_day_of_the_story() -> None:
    told = "{renewal_date: Day 90, signed_up_at: day -70 at 9:05}"
    stories, problems = read(changed("customer: anna", f"customer: anna\n    with: {told}"))
    assert problems == []
    assert stories is not None
    (test,) = stories.tests
    assert test.values["renewal_date"] == "day 90"
    assert test.values["signed_up_at"] == "day -70 09:05"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "renewal_date: day 90 10:00",
            '7:26: "renewal_date" is a date, and has no time of day; did you mean "day 90"? ',
        ),
        ("renewal_date: day 9999", "7:26: day 9999 is more than 10 years away "),
        ("renewal_date: soon", '7:26: "renewal_date" is a date, and "soon" is none '),
    ],
)
def test_a_day_of_the_story_that_is_none_is_told(said: str, expected: str) -> None:
    text = changed("customer: anna", f"customer: anna\n    with: {{{said}}}")
    assert refused(text) == [f"{expected}[cannot-read]"]


def test_what_a_playbook_writes_is_no_day_of_a_story() -> None:
    text = changed("email: billing/card-declined", "update: {renewal_date: day 9}")
    assert any('"renewal_date" is a date, and "day 9" is none' in each for each in refused(text))


@pytest.mark.parametrize("said", ["", "day", "day 0", "10:00", "day 0 10", "day 99999 10:00"])
def test_half_a_time_is_refused(said: str) -> None:
    assert isinstance(read_story_time(said), Refusal)


def test_a_story_may_start_on_a_date() -> None:
    found = read_starts_on("2026-03-28")
    assert isinstance(found, Read)
    assert found.value == date(2026, 3, 28)
    assert found.canonical == "2026-03-28"


# ── Draws, and what is not known ─────────────────────────────────────────────────────────────


def test_what_is_not_known_is_told() -> None:
    unknown = "    with: {monthly_revenue: unknown, sms_consent: unknown}\n    story:"
    stories, problems = read(changed("    story:", unknown))
    assert problems == []
    assert stories is not None
    assert stories.tests[0].values == {"monthly_revenue": "", "sms_consent": ""}


def test_a_draw_into_what_there_is_not_is_refused() -> None:
    assert any(
        'the playbook has no experiment "colour"' in each
        for each in refused(changed("    story:", "    drawn: {colour: red}\n    story:"))
    )
