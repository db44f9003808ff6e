"""Plan, apply of that plan, rollback: against what is live, all or nothing, with names."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.app.applying import Applied, ApprovalRefused
from keepwarm.app.command_line import main
from keepwarm.app.paint import Paint
from keepwarm.app.planning import Hand, PlanRefused, apply_now, apply_planned, make_plan
from keepwarm.app.rolling_back import history, roll_back
from keepwarm.engine.proposing.approving import Approval
from keepwarm.engine.proposing.as_json import as_json
from keepwarm.engine.proposing.as_markdown import BUDGET, as_markdown
from keepwarm.engine.proposing.as_text import as_text
from keepwarm.engine.proposing.proposal import STANDS_FOR, Proposal
from keepwarm.flows.notices import tell_operators
from keepwarm.schema.words import Channel
from keepwarm.store.audit import read_audit
from keepwarm.store.database import Database
from keepwarm.store.proposals import approvals_of
from tests.journeys.world import POLICIES, World

MAILS = """\
topic: tips
start: {event: signed_up}
steps:
  - email: hello
  - wait: 2 days
  - email: last
"""
OFFER = MAILS.replace("  - email: last", "  - offer: ten-percent\n  - email: last")
APPROVERS = "approvers: {money: care, channel: [eve@acme.example]}\n"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    world = World(database, tmp_path / "playbooks")
    world.playbook("mails", MAILS)
    world.apply()
    return world


def plan(world: World) -> Proposal:
    return make_plan(world.database, world.folder, "ann", world.now)[1]


def apply(world: World, key: str | None, *approved_by: str) -> Applied:
    hand = Hand("ann", "because", world.now)
    return apply_planned(world.database, world.folder, key, approved_by, hand)[1]


def later(world: World, wait: str) -> None:
    world.playbook("mails", MAILS.replace("2 days", wait))


def test_a_plan_of_what_is_live_is_empty_and_formatting_is_no_change(world: World) -> None:
    assert not plan(world).is_change
    world.playbook("mails", MAILS.replace("topic: tips", "# a word\nkind: marketing\ntopic: tips"))
    assert not plan(world).is_change
    assert not world.apply().is_change
    assert world.rows("SELECT count(*) FROM version") == [(1,)]


def test_that_plan_is_applied_and_kept_with_who_when_and_why(world: World) -> None:
    later(world, "3 days")
    made = plan(world)
    applied = apply(world, made.id)

    assert (applied.changed, applied.release) == (("mails",), 2)
    assert not plan(world).is_change
    with world.database.reading() as cx:
        [released] = read_audit(cx, 1, only=["released"])
    assert (released.who, released.at) == ("ann", world.now)
    assert released.detail == {"release": 2, "before": 1, "note": "because", "plan": made.id}


def test_a_plan_is_known_by_the_beginning_of_its_name(world: World) -> None:
    later(world, "3 days")
    assert apply(world, plan(world).id[:6]).is_change


@pytest.mark.parametrize("change", ["folder", "release", "catalog", "approvers", "age", "applied"])
def test_a_stale_plan_is_refused_and_says_why(world: World, change: str) -> None:
    later(world, "3 days")
    made = plan(world)
    match change:
        case "folder":
            later(world, "4 days")
            why = "the folder says something else of mails"
        case "release":
            later(world, "4 days")
            world.apply()
            later(world, "3 days")
            why = "release 2 is live, and it was made against release 1"
        case "catalog":
            catalog = world.folder / "catalog" / "catalog.yaml"
            catalog.write_text(catalog.read_text().replace("costs: 12 EUR", "costs: 15 EUR"))
            why = "the catalog, or who must approve, is not what it was"
        case "approvers":
            world.write("policies.yaml", POLICIES + APPROVERS)
            why = "the catalog, or who must approve, is not what it was"
        case "age":
            world.now += STANDS_FOR + timedelta(hours=1)
            why = "it is 7 days old, and other customers would be touched by now"
        case _:
            apply(world, made.id)
            why = f"Plan {made.id} was applied already, as release 2."
    with pytest.raises(PlanRefused, match=re.escape(why)):
        apply(world, made.id)
    with pytest.raises(PlanRefused, match="There is no plan"):
        apply(world, "nonsense")


def test_what_is_only_written_differently_leaves_a_plan_good(world: World) -> None:
    later(world, "3 days")
    made = plan(world)
    file = world.folder / "mails.yaml"
    file.write_text("# reviewed\n" + file.read_text())
    assert apply(world, made.id).is_change


def test_ci_applies_the_plan_of_just_this_content_or_nothing(world: World) -> None:
    assert not apply(world, None).is_change
    later(world, "3 days")
    with pytest.raises(PlanRefused, match="Nobody planned what this folder says"):
        apply(world, None)
    made = plan(world)
    world.now += timedelta(hours=2)
    apply(world, None)
    assert world.rows("SELECT plan FROM release WHERE id = 2") == [(made.id,)]


# ── Names ────────────────────────────────────────────────────────────────────────────────────


def test_money_needs_a_name_and_a_plan_that_was_seen(world: World) -> None:
    world.playbook("mails", OFFER)
    hand = Hand("ann", "", world.now)
    with pytest.raises(ApprovalRefused, match=r"money: anybody, by name\n.*offer: ten-percent"):
        apply_now(world.database, world.folder, hand)
    made = plan(world)
    with pytest.raises(ApprovalRefused):
        apply(world, made.id)
    assert apply(world, made.id, "bea@acme.example").is_change
    with world.database.reading() as cx:
        [approved] = read_audit(cx, 1, only=["approved"])
    assert (approved.who, approved.detail) == ("bea@acme.example", {"plan": made.id})


def test_those_who_are_named_approve_and_their_names_add_up(world: World) -> None:
    world.write("policies.yaml", POLICIES + APPROVERS)
    world.apply()
    world.playbook("mails", OFFER.replace("email: last", "sms: last"))
    made = plan(world)
    assert [(n.approval, sorted(n.by)) for n in made.approvals] == [
        ("money", ["ann@acme.example"]),
        ("channel", ["eve@acme.example"]),
    ]
    with pytest.raises(ApprovalRefused, match=r"money: ann@acme\.example"):
        apply(world, made.id, "eve@acme.example", "somebody@acme.example")
    with world.database.reading() as cx:
        assert list(approvals_of(cx, made.id)) == ["eve@acme.example"]
    assert apply(world, made.id, "Ann@acme.example").is_change


def test_nobody_names_themselves_in_the_change_that_they_want(world: World) -> None:
    world.write("policies.yaml", POLICIES + "approvers: {permission: eve@acme.example}\n")
    world.apply()
    world.write("policies.yaml", POLICIES + "approvers: {permission: mallory@acme.example}\n")
    made = plan(world)
    assert made.is_change
    assert made.changes == ()
    with pytest.raises(ApprovalRefused, match=r"eve@acme\.example"):
        apply(world, made.id, "mallory@acme.example")
    assert apply(world, made.id, "eve@acme.example").is_change


def test_a_playbook_in_shadow_needs_no_name_until_it_goes_live(world: World) -> None:
    world.playbook("second", OFFER, status="shadow")
    assert plan(world).approvals == ()
    world.apply()
    world.playbook("second", OFFER)
    needed = {n.approval: n.because for n in plan(world).approvals}
    assert set(needed) == {"money", "permission", "channel"}
    assert needed[Approval.MONEY] == ("second: offer: ten-percent",)


# ── What no playbook uses ────────────────────────────────────────────────────────────────────

BESIDES = """\
alarms_to: "#ops"
promises: at most 9 messages per week
legal_hours: 07:00 to 22:00
thousand_messages_cost: {sms: 75 EUR}
keep: {events: 3 years}
"""


def test_what_no_playbook_uses_is_a_change_too_and_is_told_with_its_class(world: World) -> None:
    catalog = (world.folder / "catalog/catalog.yaml").read_text()
    world.write(
        "catalog/catalog.yaml",
        catalog.replace("signed_up: {}", "signed_up: {with: {device: text}, means: Came}")
        .replace("birthday: {is: date}", "birthday: {is: date, personal: yes}")
        .replace("costs: 12 EUR", "costs: 13 EUR")
        .replace("  news: {title: News, needs: no objection}\n", "")
        + "segments:\n  big:\n    - monthly_revenue: at least 500\n",
    )
    world.write("policies.yaml", POLICIES + BESIDES)
    made = plan(world)
    assert made.changes == ()
    told = [line.removeprefix("  ") for line in as_text(made, Paint(on=False)).splitlines()]
    assert [re.sub(r" +", " ", line) for line in told if line[:2] in ("+ ", "~ ", "- ")] == [
        "+ policies.yaml:4 permission promises: at most 9 messages per week",
        "+ policies.yaml:5 permission legal_hours: 07:00 to 22:00",
        "+ policies.yaml:3 description alarms_to: #ops",
        "+ policies.yaml:7 permission keep: events: 3 years",
        "+ policies.yaml:6 money thousand_messages_cost: sms: 75 EUR",
        "+ catalog/catalog.yaml:8 permission attribute birthday, personal: yes",
        "+ catalog/catalog.yaml:10 audience event signed_up, device: text",
        "+ catalog/catalog.yaml:10 description event signed_up, means: Came",
        "~ catalog/catalog.yaml:28 money offer ten-percent, costs: 12 EUR -> 13 EUR",
        "+ catalog/catalog.yaml:33 audience segment big",
        "- catalog/catalog.yaml:20 permission topic news",
    ]
    assert any(
        line.startswith("No playbook changes; 11 lines of the catalog and the policies do.")
        for line in told
    )
    assert "| `policies.yaml:5` | `+ legal_hours: 07:00 to 22:00` | permission |" in as_markdown(
        made
    )
    lines = json.loads(as_json(made))["catalog_and_policies"]
    assert (len(lines), lines[0]["class"], lines[0]["old"]) == (11, "permission", None)
    assert [each.approval for each in made.approvals] == ["money", "permission"]
    # What only comes to be there, and what nobody makes, costs nothing and asks nobody.
    assert not any("offer" in why or "topic" in why for n in made.approvals for why in n.because)


def test_what_no_playbook_uses_is_applied_without_a_release_and_then_in_force(
    world: World,
) -> None:
    world.write("policies.yaml", POLICIES + BESIDES)
    made = plan(world)
    with pytest.raises(ApprovalRefused, match="promises: at most 9 messages per week"):
        apply(world, made.id)
    applied = apply(world, made.id, "bea@acme.example")
    assert (applied.is_change, applied.shared_is_new, applied.release) == (False, True, None)
    assert not plan(world).is_change
    # Applied once more it changes nothing, and a comment never does.
    assert not apply(world, made.id).shared_is_new
    world.write("policies.yaml", POLICIES + BESIDES + "# a word\n")
    assert not plan(world).is_change
    with world.database.writing() as cx:
        tell_operators(cx, world.system, Channel.SMS, "key", "The connector stopped.")
        [noted] = read_audit(cx, 1, only=["applied a catalog"])
    assert noted.detail["plan"] == made.id
    assert [tuple(row) for row in world.rows("SELECT address FROM notice")] == [("#ops",)]


def test_what_a_playbook_uses_is_told_of_the_playbook_and_not_again(world: World) -> None:
    catalog = (world.folder / "catalog/catalog.yaml").read_text()
    world.write(
        "catalog/catalog.yaml",
        catalog.replace("tips: {title: Tips, needs: consent}", "tips: {title: T, needs: consent}")
        + "segments:\n  big:\n    - monthly_revenue: at least 500\n",
    )
    world.playbook("mails", MAILS.replace("steps:", "only_if:\n  - big: yes\nsteps:"))
    made = plan(world)
    [change] = made.changes
    assert [line.line.says for line in change.lines] == [
        "only_if:",
        "big: yes",
        "attribute monthly_revenue",
    ]
    assert [line.line.says for line in made.unbound] == ["title: T"]


# ── Those who are inside ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("in_flight", "said"),
    [
        ("finish", "They finish on the version they entered (in_flight: finish)."),
        ("move", "1 go on in the new version (in_flight: move)."),
        ("restart", "Their runs end, and they begin the new version (in_flight: restart)."),
        ("stop", "Their runs end here (in_flight: stop)."),
    ],
)
def test_a_plan_says_who_is_inside_and_what_becomes_of_them(
    world: World, in_flight: str, said: str
) -> None:
    world.person("anna")
    world.event("anna", "signed_up")
    changed = MAILS.replace("2 days", "4 days").replace("steps:", f"in_flight: {in_flight}\nsteps:")
    world.playbook("mails", changed)
    [change] = plan(world).changes
    assert change.how_many_inside == 1
    [standing] = json.loads(as_json(plan(world)))["playbooks"][0]["inside"]
    assert standing["step"] == "wait 2 days"
    assert standing["place"] == {"file": "mails.yaml", "line": 9}
    assert standing["goes_on"] == ("wait 4 days" if in_flight == "move" else None)
    assert f"Inside now: 1. {said}" in as_markdown(plan(world)).replace("&#95;", "_")
    asks = changed.replace("steps:", "only_if: [plan: pro]\nstop_if_any: [plan: free]\nsteps:")
    world.playbook("mails", asks)
    told = {
        "move": "new version; its stop_if_any ends none of their runs (in",
        "restart": "and those for whom its only_if holds begin the new version (in",
    }
    assert told.get(in_flight, said) in as_markdown(plan(world)).replace("&#95;", "_")


def test_a_plan_says_whom_of_those_who_move_a_new_version_stops(world: World) -> None:
    for name, has in {"anna": "free", "ben": "pro", "cleo": "free", "dan": "free"}.items():
        world.person(name, plan=has)
        world.event(name, "signed_up")
    world.person("eve", plan="free")
    world.event("eve", "signed_up")
    asks = MAILS.replace("steps:", "in_flight: move\nstop_if_any:\n  - %s\nsteps:")
    for stops, said in {
        "plan: pro": "ends 1 of their runs (ben) (in_flight: move).",
        "signed_up: never": "ends none of their runs (in_flight: move).",
        # That differs from run to run.
        "signed_up: at least 2 times since start": "ends the runs of those for whom it holds (in",
        "plan: free": "ends 4 of their runs (anna, cleo, dan and 1 more) (in_flight: move).",
    }.items():
        world.playbook("mails", asks % stops)
        told = plan(world)
        became = f"5 go on in the new version; its stop_if_any {said}"
        assert became in as_text(told, Paint(on=False))
    assert json.loads(as_json(told))["playbooks"][0]["stopped_inside"] == 4
    # What the plan told is lived through.
    world.apply()
    world.run_until(world.now)
    ended = world.rows(
        "SELECT c.external_id FROM run r JOIN customer c ON c.id = r.customer_id"
        " WHERE r.status = 'stopped' ORDER BY 1"
    )
    assert [name for (name,) in ended] == ["anna", "cleo", "dan", "eve"]


def test_the_worst_way_through_a_playbook_is_told_when_it_changes(world: World) -> None:
    later(world, "8 days")
    [change] = plan(world).changes
    assert (change.worst_before, change.worst) == (2, 1)
    said = "At worst, one run brings 1 message within seven days; live: 2."
    assert said in as_markdown(plan(world))


def test_another_name_is_said_to_be_another_playbook(world: World) -> None:
    (world.folder / "mails.yaml").unlink()
    world.playbook("letters", MAILS)
    told = as_text(plan(world), Paint(on=False))
    assert "+ letters  (About letters) comes; " in told
    assert "  Its steps are those of mails, which goes. By another name it is another " in told
    assert "Its steps are those of mails" in as_markdown(plan(world))
    world.playbook("letters", MAILS.replace("2 days", "3 days"))
    assert "Its steps are those" not in as_text(plan(world), Paint(on=False))


def test_a_new_title_restarts_nobody(world: World) -> None:
    world.person("anna")
    world.event("anna", "signed_up")
    restarting = MAILS.replace("steps:", "in_flight: restart\nsteps:")
    world.playbook("mails", MAILS)
    world.apply()
    file = world.folder / "mails.yaml"
    file.write_text(file.read_text().replace("About mails", "Another title"))
    assert world.apply().changed == ("mails",)
    assert world.runs("mails") == [("anna", "active", "live")]
    world.playbook("mails", restarting)
    world.apply()
    assert [status for _, status, _ in world.runs("mails")] == ["stopped", "active"]


def test_a_version_that_starts_another_playbook_still_does_when_it_is_read_again(
    world: World,
) -> None:
    world.playbook("mails", MAILS + "  - start_playbook: other\n")
    world.playbook(
        "other", "topic: tips\nstart: {called: by another playbook}\nsteps:\n  - email: nudge\n"
    )
    world.apply()
    assert not plan(world).is_change
    world.person("anna")
    world.event("anna", "signed_up")
    world.run_for(days=3)
    assert world.told("anna")[-1] == "Wed 09:00 email nudge"


# ── Going back ───────────────────────────────────────────────────────────────────────────────


def test_going_back_says_who_and_why_and_shows_in_the_history(world: World) -> None:
    later(world, "3 days")
    apply(world, plan(world).id)
    later(world, "4 days")
    world.apply()
    roll_back(world.database, "ben", "too slow", world.now, to=1)
    with world.database.reading() as cx:
        told = history(cx, 10)
    assert told[0].startswith("* 2026-03-02 08:00 UTC  back to release 1, by ben: ")
    assert told[0].endswith('"too slow"')
    assert told[1].strip() == "~ mails 3 -> 1"
    assert "plan" in told[6]
    later(world, "2 days")
    assert not plan(world).is_change


# ── How it is told ───────────────────────────────────────────────────────────────────────────


def test_a_comment_on_a_pull_request_keeps_its_budget(world: World) -> None:
    for number in range(120):
        world.playbook(f"playbook-{number}", MAILS)
        world.words(f"words-{number}", "x" * 300)
    world.apply()
    for number in range(120):
        steps = "".join(
            f"  - wait: {days} days\n  - email: words-{number}\n" for days in range(1, 9)
        )
        world.playbook(f"playbook-{number}", MAILS + steps)
    said = as_markdown(plan(world))
    assert len(said.encode()) <= BUDGET
    assert said.startswith("<!-- keepwarm plan -->\n### Plan `")
    assert said.endswith("`keepwarm plan` shows all._\n")


def test_markdown_is_no_markup_of_whoever_writes_a_title(world: World) -> None:
    file = world.folder / "mails.yaml"
    file.write_text(file.read_text().replace("About mails", "'<b>@everybody</b> `x` | y'"))
    said = as_markdown(plan(world))
    assert "#### `~` mails: &#60;b&#62;&#64;everybody" in said
    # In the table it stands between ticks that it cannot close, and its bar ends no cell.
    assert "`` ~ title: About mails -> <b>@everybody</b> `x` \\| y ``" in said


def test_the_commands_and_their_exit_codes(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    monkeypatch.setenv("KEEPWARM_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    folder = ("--playbooks", str(world.folder))

    def typed(*words: str) -> tuple[int, str, str]:
        code = main([*words, *folder] if words[0] in {"plan", "apply"} else words)
        out, err = capsys.readouterr()
        return code, out, err

    assert typed("apply")[0] == 0
    assert typed("plan")[0] == 0
    later(world, "3 days")
    world.write("catalog/shoes.yaml", "attributes:\n  shoe_size: {is: number}\n")
    code, out, _ = typed("plan")
    assert code == 2
    assert "~ mails.yaml:9  timing       wait: 2 days -> 3 days" in out
    made = re.findall(r"keepwarm apply (\w+)", out)[0]
    assert typed("apply", made)[1].endswith(
        "Applied, as release 2. `keepwarm rollback` goes back.\n"
    )
    assert typed("apply", "--approved-by", "ann")[0] == 2
    # What reads arrivals stays, and the folder would bring the change again: it says both.
    said = typed("rollback", "--reason", "oh")[1].splitlines()
    assert said[0] == "Release 1 is live again: 1 playbook."
    assert said[1].startswith(
        "Its playbooks run by the templates, segments and policies of release"
    )
    assert said[1].endswith(" UTC; other since release 1: catalog/shoes.yaml.")
    folder_said = said[2]
    assert folder_said.startswith("The folder still says the change: revert it in git")
    assert typed("rollback", "--reason", "no", "--to", "2")[1].splitlines()[1:] == [folder_said]
    assert typed("rollback", "--reason", "oh", "--to", "1")[0] == 0
    assert typed("rollback", "--reason", "oh")[0] == 1
    assert typed("rollback", "--reason", "oh", "--to", "9")[0] == 1
    assert "back to release 1" in typed("releases")[1]
    world.playbook("mails", MAILS.replace("email: hello", "emial: hello"))
    code, _, error = typed("plan")
    assert code == 1
    assert error.endswith("There is no plan.\n")
