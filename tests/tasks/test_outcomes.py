"""What people do with a task in another tool comes back, proved and once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from keepwarm.connectors.contract import ConnectorRefused
from keepwarm.connectors.task_tools.registry import make_tools
from keepwarm.flows.arrivals import Identify
from keepwarm.flows.lateness import tell_of_late_tasks
from keepwarm.store.identities import Who
from keepwarm.store.task_copies import elsewhere
from keepwarm.store.tasks import hand_over, snooze
from tests.app.serving import Site, serving
from tests.standins import hubspot, salesforce, slack, zendesk
from tests.tasks.office import Office

Founding = Callable[[str], Office]


def opened(office: Founding, tool: str) -> Office:
    there = office(tool)
    there.world.person("anna")
    there.fails("anna", "INV-1")
    there.share()
    return there


def task(office: Office) -> tuple[Any, ...]:
    """Give outcome, who said so, and the remark of the only task."""
    [found] = office.world.rows("SELECT outcome, done_by, note FROM task")
    return tuple(found)


def test_a_button_in_slack_says_what_came_of_it_and_the_message_says_who(office: Founding) -> None:
    there = opened(office, "slack")
    world, [message] = there.world, there.here.slack.history
    section, about, _ = message["blocks"]
    # A title rings nobody.
    assert section["text"]["text"] == "*Call them &lt;!channel&gt;*"
    assert "For care · customer `anna` · call · due <!date^" in about["elements"][0]["text"]
    body = slack.pressed(message, "outcome:0")

    assert there.hears(slack.signed(body, world.now, "another secret"), body) is None
    assert there.hears(slack.signed(body, world.now), body + b" ") is None
    assert there.hears(slack.signed(body, world.now - timedelta(minutes=6)), body) is None
    assert there.hears({}, body) is None
    assert task(there) == (None, None, None)

    assert there.hears(slack.signed(body, world.now), body) == ["call"]
    world.work()
    assert world.told() == ["Mon 09:00 email hello"]
    # A second press, by whoever was slower, changes nothing.
    late = slack.pressed(message, "outcome:1")
    assert there.hears(slack.signed(late, world.now), late) == []
    assert task(there) == ("saved", "ann (Slack)", None)

    there.share()
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["section", "context", "context"]
    assert message["blocks"][2]["elements"][0]["text"] == "Saved, says ann (Slack)."


def test_a_task_is_taken_and_snoozed_in_slack(office: Founding) -> None:
    there = opened(office, "slack")
    world, [message] = there.world, there.here.slack.history
    take = slack.pressed(message, "take")
    assert there.hears(slack.signed(take, world.now), take) == []
    snooze = slack.pressed(message, "snooze", "24")
    assert there.hears(slack.signed(snooze, world.now), snooze) == []
    there.share()
    [(assignee, until)] = world.rows("SELECT assignee, snoozed_until FROM task")
    assert assignee == "ann (Slack)"
    assert until == int((world.now + timedelta(days=1)).timestamp()) * 1_000_000
    said = message["blocks"][1]["elements"][0]["text"]
    assert said.startswith("For ann (Slack)")
    assert "snoozed until" in said
    assert len(there.made()) == 1


def test_what_slack_posts_is_never_a_fault_of_ours(office: Founding) -> None:
    there = opened(office, "slack")
    nobody = b'{"actions": [{"block_id": "keepwarm:-", "action_id": "outcome:0", "value": "x"}]}'
    strange = b'{"actions": [1, null, {"block_id": "keepwarm:x-9", "action_id": "take"}]}'
    said = (b"", b"%7B", b"[]", b'{"actions": 1}', nobody, strange)
    broken = [b"", b"\xff\xfe", *(b"payload=" + each for each in said)]
    for body in broken:
        assert there.hears(slack.signed(body, there.world.now), body) == []
    assert task(there) == (None, None, None)


def test_a_ticket_that_is_solved_ends_the_task_by_its_tag(office: Founding) -> None:
    there = opened(office, "zendesk")
    world = there.world
    [number] = there.here.zendesk.tickets
    ticket = there.here.zendesk.tickets[number]
    assert ticket["comments"][0]["public"] is False
    body = there.here.zendesk.solve(number, "keepwarm_saved")
    assert there.hears(zendesk.signed(body, world.now - timedelta(hours=1)), body) is None
    assert there.hears(zendesk.signed(body, world.now), body.replace(b"saved", b"lost")) is None

    assert there.hears(zendesk.signed(body, world.now), body) == ["call"]
    assert there.hears(zendesk.signed(body, world.now), body) == []
    assert task(there) == ("saved", "Zendesk", None)
    calls = len(there.here.zendesk.calls)
    there.share()
    assert len(there.here.zendesk.calls) == calls  # it shows by itself what was done there


def test_a_ticket_says_who_has_the_task_now(office: Founding) -> None:
    there = opened(office, "zendesk")
    world = there.world
    with world.database.writing() as cx:
        assert hand_over(cx, 1, "bosses", "ann", world.now)
        assert snooze(cx, 1, world.now + timedelta(hours=4), "ann", world.now)
    there.share()
    [ticket] = there.here.zendesk.tickets.values()
    assert ticket["comments"][-1] == {
        "body": "This is for bosses now, due 2026-03-02 12:00 UTC,"
        " put off until 2026-03-02 12:00 UTC.",
        "public": False,
    }
    assert (ticket["status"], len(there.made())) == ("new", 1)


def test_a_webhook_that_was_lost_is_made_up_for_by_a_look(office: Founding) -> None:
    there = opened(office, "zendesk")
    [number] = there.here.zendesk.tickets
    there.here.zendesk.solve(number, "keepwarm_eaten")
    assert there.look() == ["call"]
    # No such outcome is known: it is done, and what was said is kept.
    assert task(there) == ("done", "Zendesk", '(said "eaten")')


def test_tasks_completed_in_hubspot_and_salesforce_end_here(office: Founding) -> None:
    there = opened(office, "hubspot")
    assert there.look() == []
    [done] = there.here.hubspot.tasks.values()
    done |= {"hs_task_status": "COMPLETED", "keepwarm_outcome": "lost"}
    assert there.look() == []  # fifteen seconds have not passed
    there.world.now += timedelta(seconds=20)
    assert there.look() == ["call"]
    assert task(there) == ("lost", "HubSpot", None)


def test_a_salesforce_task_is_on_its_contact_and_its_token_may_end(office: Founding) -> None:
    there = office("salesforce")
    world = there.world
    world.person("anna")
    known_there = Who("anna", (("salesforce", "0035e00000abcdEAAA"),))
    world.tell(Identify(known_there, None, {}).payload())
    there.fails("anna", "INV-1")
    there.share()
    there.here.salesforce.tokens += 1  # the session was ended by an administrator
    [made] = there.here.salesforce.tasks.values()
    assert made["WhoId"] == "0035e00000abcdEAAA"
    made |= {"Status": "Completed", "IsClosed": True, "Outcome__c": "saved"}
    assert there.look() == ["call"]
    assert task(there) == ("saved", "Salesforce", None)


def test_hubspot_tells_that_a_task_changed_and_is_asked_at_once(office: Founding) -> None:
    there = opened(office, "hubspot")
    world, path = there.world, "/callbacks/tasks/hubspot"
    [(number, kept)] = there.here.hubspot.tasks.items()
    assert there.look() == []  # so that nobody looks again for fifteen seconds
    world.task_tools = make_tools(there.settings, world.clock)
    kept |= {"hs_task_status": "COMPLETED", "keepwarm_outcome": "lost"}
    with serving(world) as site:

        def told(body: bytes, *, signed: bytes | None = None) -> int:
            url = f"https://keepwarm.example{path}"
            return site.post(path, body, **hubspot.signed(url, signed or body, world.now)).status

        body = hubspot.changed(number)
        assert told(body, signed=b"[]") == 401
        for strange in (b"", b"[]", b"{}", b"[null, 1, {}]", b'[{"objectTypeId": "0-27"}]',
                        hubspot.changed("7"), hubspot.changed(number, "0-1")):  # fmt: skip
            assert told(strange) == 200
        assert there.look() == []
        assert told(body) == 200
    assert there.look() == ["call"]
    assert task(there) == ("lost", "HubSpot", None)


def test_a_flow_of_salesforce_tells_that_a_task_is_closed(office: Founding) -> None:
    there = opened(office, "salesforce")
    [(number, kept)] = there.here.salesforce.tasks.items()
    assert there.look() == []
    kept |= {"Status": "Completed", "IsClosed": True, "Outcome__c": "saved"}
    there.world.task_tools = make_tools(there.settings, there.world.clock)
    shown = {"Authorization": f"Bearer {salesforce.FLOW_SECRET}"}
    change = {"payload": {"ChangeEventHeader": {"entityName": "Task", "recordIds": [number]}}}
    with serving(there.world) as site:
        path = "/callbacks/tasks/salesforce"
        assert site.post(path, {"task": number}).status == 401
        assert site.post(path, {"task": number}, Authorization="Bearer no").status == 401
        assert site.post(path, b"\xff 00T", **shown).status == 200
        assert site.post(path, {"task": "00T5e00000abcdEAAA"}, **shown).status == 200
        assert there.look() == []
        there.world.task_tools = make_tools(there.settings, there.world.clock)
        assert site.post(path, change, **shown).status == 200
    assert there.look() == ["call"]
    assert task(there) == ("saved", "Salesforce", None)


def posted(office: Office) -> tuple[dict[str, Any], str]:
    """Give the task that was posted last, and the path of its page."""
    body = json.loads(office.here.ledger.of("receiver")[-1].words["body"])
    return body, body["page"].removeprefix("https://keepwarm.example")


def test_the_outcome_comes_back_by_a_signed_link_or_a_post(office: Founding) -> None:
    there = opened(office, "webhook")
    told, path = posted(there)
    assert (told["type"], told["outcomes"]) == ("task.opened", ["saved", "lost"])
    with serving(there.world) as site:
        page = site.get(path)
        assert (page.status, task(there)) == (200, (None, None, None))
        assert ">saved</button>" in page.text
        assert "&lt;!channel&gt;" in page.text
        assert _refusals(site, path) == [404, 404, 404, 409, 422, 422, 403]
        answer = site.post(path, {"outcome": "saved", "by": "Eve", "note": "glad"})
        assert (answer.status, site.woken) == (200, ["call"])
        assert site.submit(path, outcome="lost", by="Ben").status == 409
        assert "Nobody needs to do this any more" in site.get(path).text
    assert task(there) == ("saved", "Eve (by link)", "glad")
    there.share()
    told, _ = posted(there)
    assert (told["type"], told["outcome"], told["by"]) == ("task.closed", "saved", "Eve (by link)")


def _refusals(site: Site, path: str) -> list[int]:
    """Try what must not close the task."""
    said = {"outcome": "saved", "by": "Eve"}
    customers = site.world.system.links.token(1, 0)
    forged = [path[:-1] + ("A" if path[-1] != "A" else "B"), "/task/x", f"/task/{customers}"]
    return [
        *(site.post(each, said).status for each in forged),
        site.post(path, {"outcome": "eaten"}).status,
        site.post(path, {}).status,
        site.ask("POST", path, b"{", {"Content-Type": "application/json"}).status,
        site.post(path, said, Origin="https://evil.example").status,
    ]


def test_a_tool_is_heard_over_the_web_and_the_run_goes_on(office: Founding) -> None:
    there = opened(office, "slack")
    [message] = there.here.slack.history
    there.world.task_tools = make_tools(there.settings, there.world.clock)
    body = slack.pressed(message, "outcome:0")
    with serving(there.world) as site:
        assert "In Slack" in site.get("/tasks").text
        assert site.post("/callbacks/tasks/slack", body).status == 401
        assert site.post("/callbacks/tasks/webhook", body).status == 404
        answer = site.post("/callbacks/tasks/slack", body, **slack.signed(body, there.world.now))
        assert (answer.status, answer.text, site.woken) == (200, "", ["call"])
        assert "Nothing waits for anybody." in site.get("/tasks").text


ANN_IN_SLACK = {"id": "U061F7AUR", "team_id": slack.TEAM,
                "profile": {"email": "Ann@acme.example"}}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "who"),
    [
        (ANN_IN_SLACK, "ann@acme.example"),
        # Nobody whom we know, no scope for addresses, another company's, who may write any address.
        ({**ANN_IN_SLACK, "profile": {"email": "mia@acme.example"}}, "ann (Slack)"),
        ({**ANN_IN_SLACK, "profile": {}}, "ann (Slack)"),
        ({**ANN_IN_SLACK, "team_id": "T0THER"}, "ann (Slack)"),
        ({**ANN_IN_SLACK, "is_email_confirmed": False}, "ann (Slack)"),
        ({**ANN_IN_SLACK, "deleted": True}, "ann (Slack)"),
        (None, "ann (Slack)"),
    ],
)
def test_who_takes_a_task_in_slack_is_who_has_that_address_here(
    office: Founding, told: dict[str, Any] | None, who: str
) -> None:
    there = opened(office, "slack")
    if told is not None:
        there.here.slack.people["U061F7AUR"] = told
    there.world.task_tools = make_tools(there.settings, there.world.clock)
    body = slack.pressed(there.here.slack.history[0], "take")
    with serving(there.world) as site:
        proof = slack.signed(body, there.world.now)
        assert site.post("/callbacks/tasks/slack", body, **proof).status == 200
    assert there.world.rows("SELECT assignee FROM task") == [(who,)]


def test_a_tool_without_its_settings_is_said_on_the_page_and_one_with_half_is_refused(
    office: Founding,
) -> None:
    there = office("zendesk")
    there.world.person("anna")
    there.fails("anna", "INV-1")
    with serving(there.world) as site:
        assert "Zendesk is not set up here" in site.get("/tasks").text
    with pytest.raises(ConnectorRefused, match="ZENDESK_EMAIL is not set, and tasks_in: zendesk"):
        make_tools({"ZENDESK_API_TOKEN": "x"}, there.world.clock)


def test_the_owner_hears_once_of_tasks_that_are_late(office: Founding) -> None:
    there = opened(office, "webhook")
    world = there.world
    there.fails("anna", "INV-2")
    world.person("ben")
    there.fails("ben", "INV-3")
    assert tell_of_late_tasks(world.system) == 0
    world.now += timedelta(hours=5)
    assert tell_of_late_tasks(world.system) == 3
    assert tell_of_late_tasks(world.system) == 0
    [(words, address)] = world.rows("SELECT words, address FROM notice")
    assert address == "owner@acme.example"
    assert words == (
        "call: 3 tasks are late; the first, Call them <!channel>, for care,"
        " was due 2026-03-02 12:00 UTC."
    )
    with world.database.reading() as cx:
        [place] = elsewhere(cx, [1])[1]
    assert (place.tool, place.problem) == ("webhook", None)
