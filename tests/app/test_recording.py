"""`keepwarm test --record`: a story from a run, that plays as it was and says nothing of whose."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keepwarm.app.checking import check_folder
from keepwarm.app.command_line import main
from keepwarm.app.testing.keeping import file_with
from keepwarm.app.testing.recording import Recording, RecordingRefused, record_run
from keepwarm.flows.scoring import compute_scores
from keepwarm.schema.formatting import formatted
from keepwarm.schema.story_writing import written_story
from keepwarm.store.customers import find_customer
from keepwarm.store.database import Database
from tests.journeys.world import World
from tests.systems import PEPPER

RESCUE = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
goal: {event: payment_succeeded, for_the_same: invoice, within: 14 days}
steps:
  - email: hello
  - sms: hello
  - wait: 3 days
  - if:
      - monthly_revenue: at least 500
    then:
      - task: Call them
        name: rescue
        for: care
        due: in 4 working hours
        if_late:
          - notify: "#bosses"
      - wait: until rescue is done, at most 2 days
    else:
      - email: nudge
  - wait: until day 10
  - update: {subscription_status: suspended}
  - email: last
"""
WIN_BACK = """\
topic: offers
start:
  every: day at 09:30
  for_customers:
    - logged_in: never in the last 30 days
    - signed_up: at least once
  again_after: 180 days
only_if:
  - none:
      - open_tickets: at least 1
steps:
  - email: hello
  - wait: 7 days
  - choose:
      - when:
          - monthly_revenue: in the top 20%
        steps:
          - email: nudge
      - when:
          - monthly_revenue: in the top 60%
        steps:
          - split: size
            into:
              - {share: 50%, name: big, steps: [{tag: big}]}
              - {share: 50%, name: small, steps: [{tag: small}]}
      - otherwise:
          - email: last
"""


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    """A world on SQLite; what is read differently on PostgreSQL is asked of both."""
    return World(sqlite_database, tmp_path / "playbooks")


@pytest.fixture
def either(database: Database, tmp_path: Path) -> World:
    """A world on each database."""
    return World(database, tmp_path / "playbooks")


def recorded(world: World, customer: str, playbook: str | None = None) -> Recording:
    """Record the latest run; keeping it sees that it is read, checked and comes true."""
    checked = check_folder(world.folder)
    assert checked.problems == ()
    with world.database.reading() as cx:
        found = find_customer(cx, customer)
        assert found is not None
        recording = record_run(cx, checked.workspace, found, playbook, PEPPER, world.now)
    file_with(checked.workspace, world.folder, recording.playbook, recording.story)
    return recording


def story_of(world: World, customer: str, playbook: str | None = None) -> str:
    """Give the text of a recording that shows all there was."""
    recording = recorded(world, customer, playbook)
    assert recording.differences == ()
    return written_story(recording.story)


def test_a_run_becomes_a_story(either: World) -> None:
    either.playbook("rescue", RESCUE)
    either.apply()
    either.person("anna", monthly_revenue=40, plan="pro")
    either.run_for(hours=3)
    either.event("anna", "logged_in")
    either.event("anna", "payment_failed", invoice="INV-2026-8842", amount=12.5)
    either.run_for(days=20)
    assert (
        story_of(either, "anna")
        == """\
  - name: As recorded, somebody goes to the end after 4 messages
    with: {monthly_revenue: 40}
    story:
      - {at: day 0 12:00, event: payment_failed, invoice: INVOICE-1}
    expect:
      - {at: day 0 12:00, email: hello}
      - {at: day 0 12:00, sms: hello}
      - {at: day 3 12:00, email: nudge}
      - {at: day 10 12:00, run: finished}
      - {at: day 10 12:00, update: {subscription_status: suspended}}
      - {at: day 10 12:00, email: last}
      - nothing else
"""
    )


def test_nothing_personal_is_in_it(world: World) -> None:
    world.write(
        "catalog/more.yaml",
        "attributes:\n  nickname: {is: text, personal: yes}\n"
        "  born: {is: date, personal: yes}\n  income: {is: number, personal: yes}\n",
    )
    conditions = "  - nickname: known\n  - born: before 2010-01-01\n  - income: at least 1000\n"
    world.playbook("rescue", RESCUE.replace("steps:\n", f"only_if:\n{conditions}steps:\n", 1))
    world.apply()
    world.person(
        "anna-4711",
        first_name="Annabel",
        email="annabel@hers.example",
        phone="+31687654321",
        nickname="Belle",
        born="1987-11-23",
        income=48_231,
        monthly_revenue=700,
    )
    world.event("anna-4711", "payment_failed", invoice="INV-77", amount=12.5)
    world.run_for(days=20)
    text = story_of(world, "anna-4711")
    for word in ("4711", "nnabel", "Belle", "87654321", "1987", "48231", "48", "INV-77", "hers"):
        assert word not in text, word
    assert "nickname: NICKNAME-1" in text
    assert "income: 50000" in text


def test_nights_tasks_and_lateness_are_told(world: World) -> None:
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("shop", monthly_revenue=800)
    world.run_for(hours=14)  # eleven at night
    world.event("shop", "payment_failed", invoice="A-1", amount=800)
    world.run_for(days=12)
    text = story_of(world, "shop")
    assert "{at: day 0 23:00, email: hello}" in text
    assert "{at: day 1 08:00, sms: hello}" in text
    assert "task: rescue, for: care}" in text
    assert 'notify: "#bosses"}' in text


def test_the_goal_and_what_a_person_did_are_told(world: World) -> None:
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("shop", monthly_revenue=800)
    world.event("shop", "payment_failed", invoice="A-1", amount=800)
    world.run_for(days=4)
    world.event("shop", "payment_succeeded", invoice="B-2")
    world.run_for(days=1)
    world.event("shop", "payment_succeeded", invoice="A-1")
    world.run_for(days=10)
    text = story_of(world, "shop")
    # Paying another invoice changed nothing, and is no part of the story.
    assert text.count("payment_succeeded") == 1
    assert "{at: day 5 09:00, goal: reached}" in text


def test_who_is_still_inside_is_told_up_to_now(world: World) -> None:
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("anna", monthly_revenue=40)
    world.event("anna", "payment_failed", invoice="A-1", amount=8)
    world.run_for(days=4)
    text = story_of(world, "anna")
    assert "is on the way after 3 messages" in text
    assert "nothing else" not in text
    assert "suspended" not in text


def test_ranks_and_draws_are_told_instead_of_figures(either: World) -> None:
    either.playbook("winback", WIN_BACK)
    either.apply()
    for number in range(10):
        either.person(f"c{number}", monthly_revenue=100 * number + 7)
        either.event(f"c{number}", "signed_up")
    either.run_for(days=12)
    best, middle, last = (story_of(either, name) for name in ("c9", "c6", "c0"))
    assert "monthly_revenue: in the top 20%" in best
    assert "monthly_revenue: in the top 60%" in middle
    assert "drawn: {size: " in middle
    assert "monthly_revenue: in the bottom 20%" in last
    assert "007" not in best + middle + last
    assert "{at: day -1 " in best or "{at: day 0 " in best


def test_scores_are_told_as_they_were_when_the_run_began(world: World) -> None:
    catalog = (world.folder / "catalog/catalog.yaml").read_text()
    score = "  lifetime_value: {from: payment_failed, amount: amount}\n"
    world.write("catalog/catalog.yaml", f"{catalog}scores:\n{score}")
    world.playbook(
        "first",
        "topic: tips\nstart: {event: signed_up}\nsteps:\n  - if:\n"
        "      - lifetime_value: at most 5\n    then:\n      - email: hello\n",
    )
    world.apply()
    world.person("anna")
    world.event("anna", "payment_failed", invoice="1", amount=5)
    world.now += timedelta(days=1)
    compute_scores(world.system)
    world.event("anna", "signed_up")
    world.run_for(days=1)
    world.event("anna", "payment_failed", invoice="2", amount=50)
    world.now += timedelta(days=1)
    compute_scores(world.system)
    recording = recorded(world, "anna")
    assert recording.differences == ()
    assert "lifetime_value: 5}" in story_of(world, "anna")


def test_consents_that_were_lacking_are_told(world: World) -> None:
    world.playbook("winback", WIN_BACK)
    world.apply()
    world.person("nora", monthly_revenue=10, email_consent=False)
    world.event("nora", "signed_up")
    world.run_for(days=10)
    text = story_of(world, "nora")
    assert "email_consent: no" in text
    assert "{email: hello, never: yes, because: " in text


def test_a_called_playbook_begins_when_it_was_called(world: World) -> None:
    world.playbook("caller", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - wait: 1 day\n"
                   "  - start_playbook: called\n")  # fmt: skip
    world.playbook("called", "topic: tips\nstart: {called: by another playbook}\nsteps:\n"
                   "  - email: hello\n  - wait: 2 hours\n  - email: nudge\n")  # fmt: skip
    world.apply()
    world.person("anna")
    world.run_for(minutes=95)
    world.event("anna", "signed_up")
    world.run_for(days=3)
    text = story_of(world, "anna", "called")
    assert "{at: day 0 10:35, email: hello}" in text
    assert "{at: day 0 12:35, email: nudge}" in text


def test_changes_from_outside_are_told_and_those_of_the_playbook_are_not(either: World) -> None:
    stops = RESCUE.replace("steps:\n", "stop_if_any:\n  - subscription_status: cancelled\nsteps:\n")
    either.playbook("rescue", stops)
    either.apply()
    either.person("anna", monthly_revenue=40, subscription_status="active")
    either.event("anna", "payment_failed", invoice="A-1", amount=8)
    either.run_for(days=4)
    either.update("anna", subscription_status="cancelled", plan="free")
    either.run_for(days=10)
    text = story_of(either, "anna")
    assert "{at: day 4 09:00, update: {subscription_status: cancelled}}" in text
    assert "{at: day 4 09:00, run: stopped}" in text
    assert "plan" not in text


def test_a_run_that_other_messages_changed_says_so(world: World) -> None:
    capped = "respect: {at_most: 1 message per day}\nsteps:\n  - email: hello\n"
    for name in ("early", "second"):
        world.playbook(name, f"topic: tips\nstart: {{event: signed_up}}\n{capped}")
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    world.run_for(days=2)
    assert story_of(world, "anna", "early")
    recording = recorded(world, "anna", "second")
    assert recording.differences == ("In the story email hello goes out, and in fact it did not.",)


def test_a_clock_that_was_late_is_told_as_it_should_have_been(world: World) -> None:
    world.playbook("winback", WIN_BACK)
    world.apply()
    world.person("anna", monthly_revenue=10)
    world.event("anna", "signed_up")
    world.now += timedelta(hours=26)  # the service stood still over half past nine
    world.work()
    recording = recorded(world, "anna")
    assert "{at: day 0 09:30, email: hello}" in written_story(recording.story)
    assert recording.differences == (
        "In fact email hello went out at day 0 11:00, and in the story at another time.",
    )


def test_what_is_kept_is_in_form_and_keeps_what_is_there(world: World) -> None:
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("anna", monthly_revenue=40)
    world.event("anna", "payment_failed", invoice="A-1", amount=8)
    world.run_for(days=20)
    recording = recorded(world, "anna")
    workspace = check_folder(world.folder).workspace
    path, text = file_with(workspace, world.folder, "rescue", recording.story)
    path.write_text(text)
    again = recorded(world, "anna")
    assert again.story.name.endswith("(2)")
    workspace = check_folder(world.folder).workspace
    path, more = file_with(workspace, world.folder, "rescue", again.story)
    assert more.startswith(text)
    path.write_text(more)
    files = {p.relative_to(world.folder).as_posix(): p.read_bytes()
             for p in world.folder.rglob("*") if p.is_file()}  # fmt: skip
    assert "rescue.test.yaml" not in formatted(files).changed


def test_a_date_is_recorded_by_the_day_of_the_story(world: World) -> None:
    world.playbook(
        "renewal",
        "topic: tips\nstart: {date: renewal_date, before: 9 days}\nsteps:\n  - email: hello\n",
    )
    world.apply()
    world.person("anna", renewal_date=(world.now + timedelta(days=11)).date().isoformat())
    for _ in range(4):
        world.run_for(days=1)
    text = story_of(world, "anna")
    assert "with: {renewal_date: day 9}" in text
    assert not re.search("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)


def test_a_story_that_turns_on_a_change_of_clocks_keeps_its_date(world: World) -> None:
    world.playbook(
        "elapsed",
        "topic: tips\nstart: {event: signed_up}\nsteps:\n  - wait: 48 hours\n  - email: hello\n",
    )
    world.apply()
    world.person("anna")
    world.run_until(datetime(2026, 3, 28, 11, tzinfo=UTC))  # the clocks change the night after
    world.event("anna", "signed_up")
    world.run_for(days=3)
    text = story_of(world, "anna")
    assert "starts_on: 2026-03-28" in text
    assert "{at: day 2 13:00, email: hello}" in text


def test_who_was_never_inside_is_a_sentence(world: World) -> None:
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("anna")
    with pytest.raises(RecordingRefused, match="anna has no run in any playbook"):
        recorded(world, "anna")


def test_the_command_prints_and_keeps(
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    world = World(sqlite_database, tmp_path / "playbooks")
    world.playbook("rescue", RESCUE)
    world.apply()
    world.person("anna", monthly_revenue=40)
    world.event("anna", "payment_failed", invoice="A-1", amount=8)
    world.run_for(days=20)
    words = ["test", "--playbooks", str(world.folder), "--record"]
    assert main([*words, "anna", "rescue"]) == 0
    assert "  - name: As recorded, somebody goes to the end" in capsys.readouterr().out
    assert not (world.folder / "rescue.test.yaml").exists()
    assert main([*words, "anna@example.com", "--append"]) == 0
    assert 'has one story more: "As recorded, ' in capsys.readouterr().out
    assert main(["test", "rescue", "--playbooks", str(world.folder)]) == 0
    assert "1 passed, 0 failed" in capsys.readouterr().out
    assert main([*words, "nobody"]) == 1
    assert 'keepwarm: There is no customer "nobody".' in capsys.readouterr().err
