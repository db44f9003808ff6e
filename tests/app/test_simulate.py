"""`keepwarm simulate`: recorded history replayed with the playbooks of a folder."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from keepwarm.app.folder import files_in
from keepwarm.app.simulating import running
from keepwarm.app.simulating.running import plans_of, playbooks_in, prepare, simulate
from keepwarm.schema.workspace import read_workspace
from keepwarm.store import histories
from keepwarm.store.database import Database
from tests.journeys.world import World

WELCOME = """\
topic: tips
start: {event: signed_up, once: per customer}
goal: {event: checkout_completed, within: 20 days}
steps:
  - email: hello
  - sms: nudge
  - wait: 2 days
  - offer: ten-percent
  - email: last
"""
QUIET = """\
topic: tips
start:
  every: day at 09:30
  for_customers: [{logged_in: never in the last 3 days}, {plan: free}]
expects: at most 2 customers per day
steps:
  - email: nudge
"""


@pytest.fixture
def lived(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Ten days in which nothing was live: seven people, four of whom signed up."""
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    monkeypatch.setenv("KEEPWARM_DATABASE_URL", str(sqlite_database.engine.url))
    world = World(sqlite_database, tmp_path / "playbooks")
    # So that the catalog is known; nobody is ever called.
    world.playbook(
        "idle", "topic: tips\nstart: {called: by another playbook}\nsteps: [{stop: so}]\n"
    )
    world.apply()
    for number in range(7):
        world.person(f"c{number}", plan="free" if number > 3 else "pro")
    world.run_for(days=1)
    world.update("c3", sms_consent=False)
    for number in range(4):
        world.event(f"c{number}", "signed_up")
        world.run_for(hours=8)
    world.event("c2", "checkout_completed")
    world.run_for(days=8)
    world.playbook("welcome", WELCOME)
    world.playbook("quiet", QUIET, status="draft")
    monkeypatch.setattr("keepwarm.app.wiring.clock", lambda: world.now)
    return world


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def simulated(world: World, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, out, err = said(
        capsys, "simulate", "--playbooks", str(world.folder), "--days", "10", "--processes", "1",
        *words,
    )  # fmt: skip
    assert (code, err) == (0, "")
    return out


def test_it_tells_who_would_have_come_to_each_step(
    lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = lived.rows("SELECT count(*) FROM run")
    out = simulated(lived, capsys)
    for line in (
        "2 March 2026 to 12 March 2026, 10 days, 7 customers",
        "welcome  About welcome",
        "4 customers entered, 0.4 a day",
        "e-mail hello                                         4 100% ████████████████████",
        "text nudge                                           3  75% ███████████████       1 not",
        "reached the goal (recorded, not caused by us)        1  25%",
        "offers made: 3 of ten-percent, which cost 36.00 EUR if all are used",
        "messages a customer   2: 2   3: 2",
        "held for later        1 for quiet hours",
        "not sent              1 for consent",
        "Nobody entered idle.",
    ):
        assert line in out, out
    assert lived.rows("SELECT count(*) FROM run") == before


def test_a_draft_is_simulated_when_it_is_named_and_limits_it_would_pass_are_told(
    lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "About quiet" not in simulated(lived, capsys)
    out = " ".join(simulated(lived, capsys, "quiet", "welcome").split())
    assert "3 customers entered" in out
    assert (
        "!! It expects at most 2 customers per day, and more would have come once, first on"
        " 3 March with 3." in out
    )


def test_json_tells_the_same(lived: World, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(simulated(lived, capsys, "--format", "json"))
    welcome = told["playbooks"]["welcome"]
    assert told["customers"] == 7
    assert welcome["entered"] == 4
    assert [(step["step"], step["came"], step["sent"]) for step in welcome["steps"]] == [
        ("e-mail hello", 4, 4),
        ("text nudge", 4, 3),
        ("offer ten-percent", 3, 0),
        ("e-mail last", 3, 3),
    ]
    assert welcome["costs"] == {"2026-03 EUR": 36.0}
    assert welcome["not_sent"] == {"consent": 1}


def test_what_it_is_asked_wrongly_is_said(lived: World, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ("--playbooks", str(lived.folder))
    code, _, err = said(capsys, "simulate", "welcom", *folder)
    assert (code, err) == (2, 'keepwarm: There is no playbook "welcom". Did you mean "welcome"?\n')
    code, _, err = said(capsys, "simulate", "--until", "yesterday", *folder)
    assert code == 2
    assert '"yesterday" is not a day, such as 2026-03-31' in err
    lived.write("broken.yaml", "playbook: broken\n")
    code, _, err = said(capsys, "simulate", *folder)
    assert code == 1
    assert "simulated when `keepwarm check` finds nothing" in err


def test_two_processes_find_what_one_finds(lived: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "BATCH", 3)
    files = files_in(lived.folder)
    workspace = read_workspace(files)
    plans = plans_of(workspace, playbooks_in(workspace, ["welcome", "quiet"]))
    url = lived.database.engine.url.render_as_string(hide_password=False)
    since, progress = lived.now - timedelta(days=10), []
    simulation = prepare(lived.database, url, b"p", files, plans, since, lived.now)

    one = simulate(lived.database, simulation, 1)
    two = simulate(lived.database, simulation, 2, lambda *told: progress.append(told))

    assert one == two
    assert one.runs.total() == 7
    assert progress == [(1, 3), (2, 3), (3, 3)]
    assert running.playbooks_in(workspace, ()) == ("idle", "welcome")


def test_messages_cost_what_the_policies_say(
    lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "messages cost" not in simulated(lived, capsys)
    policies = (lived.folder / "policies.yaml").read_text(encoding="utf-8")
    lived.write("policies.yaml", policies + "thousand_messages_cost: {email: 1 USD, sms: 80 EUR}\n")
    found = json.loads(simulated(lived, capsys, "--format", "json"))
    sent = found["playbooks"]["welcome"]["sent"]
    assert found["messages_cost"] == {
        "email USD": sent["email"] / 1000,
        "sms EUR": sent["sms"] * 80 / 1000,
    }
    out = simulated(lived, capsys)
    assert f"{sent['sms'] * 80 / 1000:,.2f} EUR for {sent['sms']} texts" in out
