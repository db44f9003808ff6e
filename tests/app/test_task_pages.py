"""The task inbox: a person says what came of it, and the run goes on."""

from __future__ import annotations

from tests.app.serving import Site

CALL = """\
kind: transactional
start: {event: signed_up}
steps:
  - task: Call them
    name: rescue
    for: care
    due: in 4 working hours
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
    assert site.submit("/tasks/1", outcome="eaten").status == 422
    assert site.submit("/tasks/1", outcome="saved", note="glad").status == 303
    assert site.woken == ["call"]
    world.work()
    assert world.told() == ["Mon 09:00 email hello"]
    assert site.submit("/tasks/1", outcome="lost").status == 409
    assert "Nothing waits for anybody." in site.get("/tasks").text


def test_another_site_cannot_do_a_task(site: Site) -> None:
    answer = site.post("/tasks/1", "outcome=saved", Origin="https://evil.example")
    assert answer.status == 403
