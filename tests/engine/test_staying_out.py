"""Why nobody entered in a story: the moment that is told, and what was seen at it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from keepwarm.engine.staying_out import StayedOut
from keepwarm.engine.weighing import Looked
from tests.engine.test_playing import judged

BODY = "steps:\n  - email: hello\n"
DAILY = f"""\
kind: transactional
start:
  every: day at 09:30
  for_customers: [{{plan: free}}, {{logged_in: never}}, {{open_tickets: 0}}]
{BODY}"""
STAYS_OUT = """\
- name: Stays out
  with: {{{known}}}
  starts_on: 2026-03-02
  story:
{lines}
  expect:
    - {{{expected}}}
"""


def kept_out(
    playbook: str,
    *lines: str,
    known: str = "plan: free",
    expected: str = "email: hello",
    catalog: str = "",
) -> StayedOut:
    """Give why the customer of a story stays out."""
    told = "\n".join(f"    - {{{line}}}" for line in lines)
    story = STAYS_OUT.format(known=known, lines=told, expected=expected)
    stayed_out = judged(playbook, story, catalog=catalog).played.stayed_out
    assert stayed_out is not None
    return stayed_out


def when(stayed_out: StayedOut) -> str:
    assert stayed_out.at is not None
    return f"{stayed_out.at.astimezone(ZoneInfo('Europe/Amsterdam')):%d %H:%M}"


def saw(stayed_out: StayedOut) -> list[tuple[str, object, bool | None]]:
    """Give (name, what was seen, whether that is what is wanted)."""
    asked = [each for each in stayed_out.asked if isinstance(each, Looked)]
    return [(each.fact, each.seen, each.met) for each in asked]


@pytest.mark.parametrize("expected", ["day 2 09:30", "day 3 09:29"])
def test_of_all_looks_the_last_before_what_was_expected_is_told(expected: str) -> None:
    """What happens in the very moment of a look is seen by it; what comes later is not."""
    out = kept_out(
        DAILY,
        "at: day 0 10:00, event: bought",
        "at: day 1 10:00, update: {plan: free}",
        "at: day 2 09:30, update: {plan: pro, open_tickets: unknown}",
        "at: day 2 09:30, event: logged_in",
        "at: day 2 09:31, update: {plan: team, open_tickets: 1}",
        "at: day 2 09:31, event: logged_in",
        known="plan: team, open_tickets: 0",
        expected=f"at: {expected}, email: hello",
    )
    assert when(out) == "04 09:30"
    seen = [("plan", "pro", False), ("logged_in", "once", False), ("open_tickets", None, False)]
    assert saw(out) == seen
    assert out.because == ""


def test_what_was_expected_before_the_first_look_came_too_early() -> None:
    early = "at: day 0 09:29, email: hello"
    out = kept_out(DAILY, "at: day 0 10:00, event: logged_in", expected=early)
    said = "It was not time yet: customers enter every day at 09:30."
    assert (out.at, out.because, out.asked) == (None, said, ())


def test_a_schedule_that_never_comes_in_a_story_was_never_looked_at() -> None:
    yearly = DAILY.replace("day at 09:30", "month on day 20 at 09:30")
    out = kept_out(yearly, "at: day 0 10:00, event: logged_in")
    assert out.because.startswith("It was never time: customers enter every month")


def test_who_was_turned_away_is_told_so_with_what_was_seen_then() -> None:
    only_if = f"kind: transactional\nstart: {{event: signed_up}}\nonly_if: [plan: pro]\n{BODY}"
    out = kept_out(only_if, "at: day 0 10:00, event: signed_up")
    assert (when(out), out.because, saw(out)) == ("02 10:05", "", [("plan", "free", False)])


def test_of_several_events_the_first_is_held_against_what_is_asked_of_it() -> None:
    start = "start: {event: bought, where: [{amount: at least 50}]}"
    out = kept_out(
        f"kind: transactional\n{start}\n{BODY}",
        "at: day 0 10:00, event: bought, amount: 20",
        "at: day 1 10:00, event: bought, amount: 30",
    )
    assert (when(out), saw(out)) == ("02 10:00", [("amount", "20", False)])


def test_an_event_that_never_came_is_named_whatever_else_came() -> None:
    event = f"kind: transactional\nstart: {{event: signed_up}}\n{BODY}"
    out = kept_out(event, "at: day 0 10:00, update: {plan: pro}", "at: day 1 10:00, event: bought")
    said = "signed_up never came, and customers enter when signed_up arrives."
    assert (out.at, out.because) == (None, said)


def test_who_never_starts_to_match_is_held_against_what_is_asked() -> None:
    becomes = f"kind: transactional\nstart: {{becomes: [{{plan: pro}}]}}\n{BODY}"
    out = kept_out(becomes, "at: day 0 10:00, event: logged_in")
    assert (out.because, saw(out)) == ("", [("plan", "free", False)])
    matched = kept_out(becomes, "at: day 0 10:00, event: logged_in", known="plan: pro")
    assert matched.because.startswith("The customer matched at the first look already")


DATED = f"""\
kind: transactional
start: {{date: renewal_date, before: 2 days, at: 09:00, for_customers: [{{plan: pro}}]}}
{BODY}"""


def test_a_day_that_came_is_told_with_what_was_seen_on_it() -> None:
    """The date that was learned last is the one that counts."""
    out = kept_out(
        DATED,
        "at: day 0 10:00, update: {renewal_date: 2026-03-07}",
        "at: day 3 09:01, update: {plan: pro}",
        "at: day 6 10:00, event: logged_in",
        known="plan: free, renewal_date: 2031-01-01",
    )
    assert (when(out), out.because, saw(out)) == ("05 09:00", "", [("plan", "free", False)])


def test_a_day_that_does_not_come_is_named() -> None:
    out = kept_out(
        DATED,
        "at: day 0 10:00, update: {renewal_date: 2031-01-01}",
        known="plan: free, renewal_date: 2026-03-07",
    )
    said = "renewal_date is 2031-01-01, and customers enter 2 days before renewal_date."
    assert (out.at, out.because) == (None, f"{said} That day does not come in the story.")
    # A moment is on the day that it is where the customer lives.
    visit = kept_out(
        DATED.replace("renewal_date", "visit"),
        "at: day 0 10:00, update: {visit: 2031-01-01T23:30:00Z}",
        catalog="attributes: {visit: {is: moment}}\n",
    )
    assert visit.because.startswith("visit is 2031-01-02, and customers enter")
    forgotten = kept_out(
        DATED, "at: day 0 10:00, update: {renewal_date: unknown}", known="renewal_date: 2026-03-07"
    )
    assert forgotten.because == "renewal_date is unknown, so that its day cannot come."
