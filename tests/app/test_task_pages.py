"""The task inbox: a person says what came of it, and the run goes on."""

from __future__ import annotations

import re
from datetime import timedelta

from keepwarm.app.passwords import hashed
from keepwarm.store.accounts import Role, add_account
from keepwarm.store.audit import read_audit
from tests.app.serving import Site

CALL = """\
kind: transactional
start: {event: signed_up}
steps:
  - task: Call them
    name: rescue
    for: care
    due: in 4 working hours
    details: "{{ customer.first_name | default: 'Somebody' }} <b>waits</b>"
  - wait: until rescue is done, at most 2 days
  - if:
      - rescue: saved
    then:
      - email: hello
    else:
      - email: last
"""


def test_a_task_is_done_and_its_run_goes_on(site: Site) -> None:
    world = site.world
    world.playbook("call", CALL)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    page = site.get("/tasks")
    assert "Call them" in page.text
    assert "care" in page.text
    assert "Anna &lt;b&gt;waits&lt;/b&gt;" in page.text
    assert 'href="/explain?customer=anna&amp;playbook=call"' in page.text
    assert site.submit("/tasks/1", outcome="eaten").status == 409
    assert site.submit("/tasks/1", outcome="saved", note="glad").status == 303
    assert site.woken == ["call"]
    world.work()
    assert world.told() == ["Mon 09:00 email hello"]
    assert site.submit("/tasks/1", outcome="lost").status == 409
    with world.database.reading() as cx:
        latest = read_audit(cx, 1)[0]
    assert (latest.what, latest.detail) == ("finished a task", {"task": 1, "outcome": "saved"})
    assert "Nothing waits for anybody." in site.get("/tasks").text


def test_another_site_cannot_do_a_task(site: Site) -> None:
    answer = site.post("/tasks/1", "outcome=saved", Origin="https://evil.example")
    assert answer.status == 403


def test_a_person_sees_their_own_what_is_late_and_what_they_put_off(site: Site) -> None:
    world = site.world
    world.playbook("call", CALL)
    world.playbook("boss", CALL.replace("care", "eve@acme.example").replace("them", "the boss"))
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    with world.database.writing() as cx:
        add_account(cx, "ann@acme.example", Role.OPERATOR, hashed("a password"), "ops", world.now)
    entered = site.submit("/sign-in", email="ann@acme.example", password="a password")
    session = entered.headers["set-cookie"].partition(";")[0]

    def shown(show: str) -> list[str]:
        page = site.get(f"/tasks?show={show}", Cookie=session).text
        return re.findall(r"<b>(Call [^<]*)</b>", page)

    assert shown("") == ["Call them", "Call the boss"]
    assert shown("mine") == ["Call them"]
    assert shown("late") == []
    [(mine,)] = world.rows("SELECT id FROM task WHERE assignee = 'care'")
    assert site.post(f"/tasks/{mine}/snooze", "hours=4", Cookie=session).status == 303
    assert shown("mine") == []
    assert shown("snoozed") == ["Call them"]
    world.now += timedelta(hours=5)
    assert shown("mine") == ["Call them"]
    assert shown("late") == ["Call them", "Call the boss"]


def test_a_task_is_handed_over_and_the_audit_knows_by_whom(site: Site) -> None:
    world = site.world
    world.playbook("call", CALL)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    assert site.submit("/tasks/1/hand-over", to="nobody").status == 404
    assert site.submit("/tasks/1/hand-over", to="eve@acme.example").status == 303
    assert world.rows("SELECT assignee FROM task") == [("eve@acme.example",)]
    assert site.submit("/tasks/1/snooze", hours="5").status == 422
    assert site.submit("/tasks/99/snooze", hours="4").status == 409
    with world.database.reading() as cx:
        [noted] = [each for each in read_audit(cx) if each.what == "handed over a task"]
    assert (noted.who, noted.detail) == ("this machine", {"task": 1, "to": "eve@acme.example"})
