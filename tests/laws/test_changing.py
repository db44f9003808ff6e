"""Laws 20 to 22: changing."""

from __future__ import annotations

import pytest

from keepwarm.app.applying import apply_folder
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.store.audit import read_audit
from keepwarm.store.holds import hold, resume
from keepwarm.store.versions import Stale, live_release, release, rollback
from tests.journeys.world import World

TWO_MAILS = """\
topic: tips
start: {event: signed_up}
steps:
  - email: hello
  - wait: 2 days
  - email: last
"""


def test_law_20_a_run_finishes_on_the_version_it_entered_words_included(world: World) -> None:
    world.words("last", "The first words.")
    world.playbook("mails", TWO_MAILS)
    world.apply()
    for name in ("anna", "ben"):
        world.person(name)
    world.event("anna", "signed_up")

    world.words("last", "Other words.")
    world.playbook("mails", TWO_MAILS.replace("2 days", "5 days"))
    world.apply()
    world.event("ben", "signed_up")
    world.run_for(days=6)

    assert world.told("anna")[-1] == "Wed 09:00 email last"
    assert world.told("ben")[-1] == "Sat 09:00 email last"
    [first] = [m for m in world.outbox("anna") if m.template == "last"]
    [other] = [m for m in world.outbox("ben") if m.template == "last"]
    assert "The first words." in first.text("html")
    assert "Other words." in other.text("html")


def test_law_20_a_removed_step_or_playbook_strands_nobody(world: World) -> None:
    world.playbook("mails", TWO_MAILS)
    world.playbook("other", TWO_MAILS.replace("signed_up", "logged_in"))
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")

    (world.folder / "mails.yaml").unlink()
    world.apply()
    world.run_for(days=3)

    assert world.runs("mails") == [("anna", "completed", "live")]
    assert world.told("anna")[-1] == "Wed 09:00 email last"


@pytest.mark.parametrize(
    ("in_flight", "statuses", "last"),
    [
        ("finish", ["completed"], "Wed 09:00 email last"),
        # The wait is four days now, counted from when it began.
        ("move", ["completed"], "Fri 09:00 email nudge"),
        ("stop", ["stopped"], "Mon 09:00 email hello"),
        ("restart", ["stopped", "completed"], "Sat 09:00 email nudge"),
    ],
)
def test_law_20_the_reviewed_file_says_what_becomes_of_those_inside(
    world: World, in_flight: str, statuses: list[str], last: str
) -> None:
    world.playbook("mails", TWO_MAILS)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")

    world.run_for(days=1)
    changed = TWO_MAILS.replace("2 days", "4 days").replace("email: last", "email: nudge")
    world.playbook("mails", changed.replace("steps:", f"in_flight: {in_flight}\nsteps:"))
    world.apply()
    world.run_for(days=6)

    assert [status for _, status, _ in world.runs("mails")] == statuses
    assert world.told("anna")[-1] == last


def test_law_20_a_run_whose_step_is_gone_goes_on_at_the_next_one(world: World) -> None:
    world.playbook("mails", TWO_MAILS)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")

    without_wait = TWO_MAILS.replace("  - wait: 2 days\n", "")
    named = without_wait.replace("email: last", "email: last\n    name: last")
    world.playbook("mails", named.replace("steps:", "in_flight: move\nsteps:"))
    world.apply()
    world.run_for(days=3)

    assert world.runs("mails") == [("anna", "completed", "live")]


def test_law_20_steps_before_it_that_go_or_come_move_nobody_to_another_step(world: World) -> None:
    three = TWO_MAILS.replace("  - email: last\n", "  - email: nudge\n  - wait: 2 days\n%s")
    arms = "  - split: half\n    into:\n" + "".join(
        f"      - share: 50%\n        steps:\n          - wait: {days} days\n" for days in (2, 3)
    )
    last = "  - email: last\n"
    first = "  - email: hello\n  - wait: 2 days\n"
    changes = {
        "fewer": (three % last, (first, "")),
        "more": (three % last, (first, f"  - email: extra\n  - wait: 1 day\n{first}")),
        "arms": (three % (arms + last), (first, "")),
    }
    for name, (steps, _) in changes.items():
        world.playbook(name, steps)
    world.words("extra")
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    world.run_for(days=3)
    before = len(world.told("anna"))

    for name, (steps, (old, new)) in changes.items():
        world.playbook(
            name, steps.replace(old, new).replace("steps:", "in_flight: move\nsteps:", 1)
        )
    world.apply()
    world.run_for(days=6)

    assert [each.split(" ", 2)[2] for each in world.told("anna")[before:]] == ["email last"] * 3
    assert {status for name in changes for _, status, _ in world.runs(name)} == {"completed"}


def test_law_21_apply_is_all_or_nothing(world: World) -> None:
    world.playbook("mails", TWO_MAILS)
    world.apply()
    world.playbook("mails", TWO_MAILS.replace("2 days", "3 days"))
    world.playbook("broken", TWO_MAILS.replace("email: hello", "emial: hello"))

    before = world.rows("SELECT count(*) FROM version")
    with pytest.raises(PlaybookRefused):
        world.apply()

    assert world.rows("SELECT count(*) FROM version") == before
    assert world.rows("SELECT count(*) FROM release") == [(1,)]


def test_law_21_rollback_flips_the_pointer_back_and_a_stale_plan_is_refused(world: World) -> None:
    world.playbook("mails", TWO_MAILS)
    world.apply()
    with world.database.reading() as cx:
        seen = live_release(cx)
        first = world.shelf.live(cx)["mails"].number
    world.playbook("mails", TWO_MAILS.replace("2 days", "3 days"))
    world.apply()

    with world.database.writing() as cx:
        stale = release(cx, {}, "ann", "", world.now, seen=seen)
        rollback(cx, "ann", "too slow", world.now)
        live = world.shelf.live(cx)["mails"]

    assert isinstance(stale, Stale)
    assert live.number == first
    assert live_release_of(world) == seen


def live_release_of(world: World) -> int | None:
    with world.database.reading() as cx:
        return live_release(cx)


def test_law_21_applying_the_same_again_changes_nothing(world: World) -> None:
    world.playbook("mails", TWO_MAILS)
    world.apply()

    again = apply_folder(world.database, world.folder, "tester", "", world.now)

    assert not again.is_change
    assert world.rows("SELECT count(*) FROM release") == [(1,)]


def test_law_22_a_pause_stops_the_next_claim_and_records_who_and_why(world: World) -> None:
    world.playbook("mails", TWO_MAILS)
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "mails")

    with world.database.writing() as cx:
        hold(cx, "mails", "ann", "prices are wrong", world.now)
    world.work()
    assert world.connector.sent == []

    with world.database.writing() as cx:
        resume(cx, "mails", "bob", world.now)
        audit = [(note.who, note.what) for note in read_audit(cx)]
    world.run_for(minutes=2)

    assert world.told("anna") == ["Mon 09:01 email hello"]
    assert audit[:2] == [("bob", "resumed"), ("ann", "began a pause")]
