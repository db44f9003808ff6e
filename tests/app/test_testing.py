"""`keepwarm test`: what it tells of stories, in each of its forms."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from keepwarm.app.command_line import main

FAILED = """\
tests_for: failed-payment
tests:
  - name: Never pays
    story:
      - {at: day 0 10:00, event: payment_failed, invoice: INV-1}
    expect:
      - {at: day 0 10:00, email: billing/card-declined}
      - {at: day 4 10:00, email: billing/second-reminder}
      - {task: rescue-call}
      - {sms: billing/last-reminder, never: yes}
  - name: Pays
    story:
      - {at: day 0 10:00, event: payment_failed, invoice: INV-1}
      - {at: day 1 10:00, event: payment_succeeded, invoice: INV-1}
    expect:
      - {goal: reached}
"""


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A folder as `init` writes it, in which stories of one playbook fail."""
    assert main(["init", str(tmp_path)]) == 0
    monkeypatch.chdir(tmp_path)
    Path("playbooks/failed-payment.test.yaml").write_text(FAILED)
    capsys.readouterr()
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 1) -> str:
    assert main(["test", "failed-payment", *words]) == code
    return capsys.readouterr().out


def test_what_did_happen_stands_beside_what_was_expected(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = Path(__file__).with_name("failed_story.out").read_text(encoding="utf-8")
    assert told(capsys) == expected


def test_stories_are_chosen_by_words_of_their_names(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = told(capsys, "--story", "PAYS", code=1)
    assert "Never pays" in out
    assert main(["test", "--story", "hears what is next"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("1 passed, 0 failed\n")
    assert "branches" not in out
    assert main(["test", "--story", "no such words"]) == 1
    assert 'No story has "no such words" in its name.' in capsys.readouterr().err


def test_every_branch_may_be_asked_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "welcome", "--every-branch"]) == 0
    file = Path("playbooks/failed-payment.test.yaml")
    file.write_text(
        FAILED[: FAILED.index("  - name: Never")] + FAILED[FAILED.index("  - name: Pays") :]
    )
    assert told(capsys, code=0).endswith("1 passed, 0 failed\n")
    assert "not taken" in told(capsys, "--every-branch", code=1)


def test_programs_read_it_as_json(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(told(capsys, "--format", "json"))
    assert (report["passed"], report["failed"]) == (1, 1)
    (playbook,) = report["playbooks"]
    first, second = playbook["stories"]
    assert [(missed["line"], missed["says"]) for missed in first["missed"]] == [
        (8, "expected at day 4 10:00: email billing/second-reminder, and got it otherwise"),
        (9, "expected task rescue-call, and it never happened"),
        (10, "sms billing/last-reminder should never happen, but it did"),
    ]
    assert second["passed"]
    assert second["happened"][-1]["what"] == "goal"
    assert playbook["branches"]["all"] == 6
    assert len(playbook["branches"]["not_taken"]) == 5


def test_build_servers_read_it_as_junit(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ET.fromstring(told(capsys, "--format", "junit").encode())
    (suite,) = root
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == (
        "failed-payment",
        "2",
        "1",
    )
    failed, passed = suite
    assert failed.get("file") == "playbooks/failed-payment.test.yaml"
    assert failed.get("line") == "3"
    (failure,) = failed
    assert "day 3 10:00  email billing/second-reminder" in (failure.text or "")
    assert len(passed) == 0


def test_pull_requests_are_annotated(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "--format", "github").splitlines()
    assert lines[0] == (
        "::error file=playbooks/failed-payment.test.yaml,line=8,title=Never pays::expected at day 4"
        " 10:00: email billing/second-reminder, and got it otherwise%0Aday 3 10:00  email"
        " billing/second-reminder"
    )
    assert sum(line.startswith("::error") for line in lines) == 3
    assert (
        sum(line.startswith("::notice file=playbooks/failed-payment.yaml") for line in lines) == 5
    )


def test_a_story_in_which_nobody_enters_says_which_condition_kept_the_customer_out(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    playbook = (
        "playbook: {name}\ntitle: {name}\nowner: ops@acme.example\nstatus: live\n"
        "kind: transactional\n{start}\nsteps:\n  - sms: billing/last-reminder\n"
    )
    story = (
        "tests_for: {name}\ntests:\n  - name: Hears of it\n    with: {{{known}}}\n"
        "    story:\n      - {{{line}}}\n    expect:\n      - {{sms: billing/last-reminder}}\n"
    )

    Path("playbooks/catalog/more.yaml").write_text("attributes:\n  renewal_date: {is: date}\n")

    def played(name: str, start: str, known: str, line: str, *words: str) -> str:
        file, tests = Path(f"playbooks/{name}.yaml"), Path(f"playbooks/{name}.test.yaml")
        file.write_text(playbook.format(name=name, start=start))
        tests.write_text(story.format(name=name, known=known, line=line))
        assert main(["test", name, *words]) == 1, capsys.readouterr().err
        file.unlink()
        tests.unlink()
        return capsys.readouterr().out

    paid = "at: day 0 10:00, event: payment_failed, invoice: INV-1, amount: 20"
    signed_up = "at: day 0 10:00, event: signed_up"
    event = "start: {event: payment_failed, once: per invoice"
    only_if = "only_if:\n  - any: [{plan: pro}, {sms_consent: no}]\n  - email: unknown"
    assert (
        "        Nobody entered at day 0 10:05. This kept the customer out:\n"
        "            ✗ any of these:\n"
        "                ✗ plan: pro — it was free (kept.yaml:8)\n"
        "                ✗ sms_consent: no — it was yes (kept.yaml:8)\n"
    ) in played("kept", event + "}\n" + only_if, "plan: free", paid)
    where = event + ", where: [{amount: at least 50}]}"
    assert (
        "Nobody entered at day 0 10:00. This kept the customer out:\n"
        "            ✗ amount: at least 50 — it was 20 (where.yaml:6)\n"
    ) in played("where", where, "plan: free", paid)
    assert (
        "Nobody entered. payment_failed never came, and customers enter when payment_failed arrives"
    ) in played("never", event + "}", "plan: free", signed_up)
    daily = "start:\n  every: day at 09:30\n  for_customers: [{plan: pro}, {signed_up: never}]"
    said = json.loads(played("daily", daily, "plan: free", signed_up, "--format", "json"))
    ((told,),) = [playbook["stories"] for playbook in said["playbooks"]]
    assert told["nobody_entered"] == [
        "Nobody entered at day 1 09:30. This kept the customer out:",
        "    ✗ plan: pro — it was free (daily.yaml:8)",
        "    ✗ signed_up: never — it was once (daily.yaml:8)",
    ]
    becomes = "start: {becomes: [{plan: free}]}"
    assert "matched at the first look already" in played("starts", becomes, "plan: free", signed_up)
    date = "start: {date: renewal_date, before: 3 days, at: 09:00}"
    assert "renewal_date is unknown" in played("date", date, "plan: free", signed_up)
    known = "renewal_date: 2031-01-01"
    assert "That day does not come in the story." in played("date", date, known, signed_up)
