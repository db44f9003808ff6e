"""What somebody who writes playbooks sees in an editor with the stock YAML extension."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepwarm.schema.json_schema.documents import document_for
from tests.editor.language_server import LanguageServer

PLAYBOOK = "playbooks/p.yaml"
HEAD = "playbook: p\ntitle: P\nowner: lifecycle\nstatus: shadow\ntopic: offers\n"
START = HEAD + "start: {event: signed_up}\n"
STORY = """\
tests_for: welcome
tests:
  - name: A
    story:
      - {at: ten, event: ordered}
    expect:
      - nothing else
"""
STEPS = START + "steps:\n  - email: welcome/hello\n"


def test_every_file_of_the_folder_is_clean(editor: LanguageServer, shop: Path) -> None:
    for path in sorted((shop / "playbooks").rglob("*.yaml")):
        name = path.relative_to(shop).as_posix()
        assert editor.complaints(name, path.read_text()) == [], name


@pytest.mark.parametrize("modeline", [False, True])
def test_a_fault_is_a_sentence_in_its_line(editor: LanguageServer, modeline: bool) -> None:  # noqa: FBT001 - one case each
    """By the settings of the folder, and by the first line of the file alone."""
    head = "# yaml-language-server: $schema=../schema/playbook.schema.json\n" if modeline else ""
    path = "elsewhere/p.yaml" if modeline else PLAYBOOK
    text = head + STEPS.replace("status: shadow", "status: alive")
    (complaint,) = editor.complaints(path, text)
    assert complaint.line == 4 + modeline
    assert complaint.sentence == 'Write "draft", "shadow", "live" or "paused".'


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (STEPS.replace("welcome/hello", "welcome/helo"), 8, "There is no such e-mail template"),
        (STEPS + "only_if:\n  - pla: free\n", 10, "Not in the catalog. Press Ctrl+Space"),
        (STEPS + "only_if:\n  - plan: gold\n", 10, '"plan" is one of: free, pro, enterprise.'),
        (STEPS + "only_if:\n  - plan: true\n", 10, '"plan" is one of: free, pro, enterprise.'),
        (STEPS + "only_if:\n  - ordered: lately\n", 10, "This is an event; "),
        (STEPS + "goal: {event: signd_up}\n", 9, "There is no such event"),
        (STEPS + "  - wait: 2 moons\n", 9, 'Write a time to wait: "2 days", '),
        (STEPS + "holdout: some\n", 9, 'Write a share: "5%"'),
    ],
)
def test_a_sentence_says_what_may_stand_there(
    editor: LanguageServer, text: str, line: int, sentence: str
) -> None:
    (complaint,) = editor.complaints(PLAYBOOK, text)
    assert complaint.line == line
    assert complaint.sentence.startswith(sentence), complaint.sentence


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (START + "only_if:\n  - |", {"plan", "ordered", "lifetime_value", "big-accounts", "any"}),
        (HEAD + "start:\n  event: |", {"signed_up", "ordered", "payment_failed"}),
        (START + "steps:\n  - |", {"email", "wait", "if", "choose", "task", "offer"}),
        (START + "steps:\n  - email: |", {"welcome/hello", "winback/we-miss-you"}),
        (START + "steps:\n  - sms: |", {"billing/card-declined", "billing/last-reminder"}),
        (START + "steps:\n  - offer: |", {"15-percent-next-order"}),
        ("playbook: p\n|", {"title", "owner", "start", "goal", "holdout", "steps"}),
    ],
)
def test_names_are_offered(editor: LanguageServer, text: str, offered: set[str]) -> None:
    assert offered <= editor.completions(PLAYBOOK, text).keys()


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (START + "only_if:\n  - plan: |", {"free", "not free", "one of free, pro"}),
        (START + "only_if:\n  - ordered: |", {"never", "never in the last 30 days"}),
        (START + "only_if:\n  - monthly_revenue: |", {"at least 2", "in the top 10%"}),
        (START + "steps:\n  - wait: |", {"2 days", "until Monday 09:00"}),
        ("topic: |", {"offers", "getting_started"}),
        ("status: |", {"draft", "shadow", "live", "paused"}),
    ],
)
def test_phrases_are_offered_where_they_are_legal(
    editor: LanguageServer, text: str, offered: set[str]
) -> None:
    assert offered <= editor.completions(PLAYBOOK, text).keys()


def test_a_choice_offers_nothing_that_it_does_not_have(editor: LanguageServer) -> None:
    assert editor.completions(PLAYBOOK, START + "only_if:\n  - plan: |").keys() == {
        "free", "pro", "enterprise", "not free", "one of free, pro",
    }  # fmt: skip


def test_what_is_offered_is_explained(editor: LanguageServer) -> None:
    facts = editor.completions(PLAYBOOK, START + "only_if:\n  - |")
    assert "What they pay for." in facts["plan"]
    assert "Source: billing." in facts["monthly_revenue"]
    steps = editor.completions(PLAYBOOK, START + "steps:\n  - |")
    assert steps["wait"].startswith("Waits: a length of time")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (STEPS + "only_if:\n  - pl|an: free\n", "a choice: free, pro or enterprise."),
        (STEPS + "only_if:\n  - monthly_|revenue: at least 3\n", "What they pay us each month."),
        (STEPS + "only_if:\n  - monthly_|revenue: at least 3\n", "Source: billing."),
        (STEPS + "only_if:\n  - ema|il: known\n", "Personal: it never leaves the database"),
        (STEPS + "hold|out: 5%\n", "never contacted"),
        (STEPS + "  - wa|it: 2 days\n", "Waits: a length of time"),
    ],
)
def test_pointing_at_a_word_says_what_it_means(
    editor: LanguageServer, text: str, means: str
) -> None:
    assert means in editor.hover(PLAYBOOK, text)


@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("plan", "known of 3 of 3 customers; pro 2 and free 1."),
        (
            "monthly_revenue",
            "known of 2 of 3 customers; from 40 to 1200.5, half of them at most 40.",
        ),
        ("email", "known of 2 of 3 customers."),
        ("signed_up", "1 time, to 1 customer, the last on 2026-03-01."),
        ("ordered", "it never happened."),
        ("big-accounts", "1 of 3 customers are in it."),
    ],
)
def test_pointing_at_a_fact_says_how_it_stands(
    editor: LanguageServer, name: str, stands: str
) -> None:
    shown = editor.hover(PLAYBOOK, STEPS + f"only_if:\n  - {name[0]}|{name[1:]}: yes\n")
    assert stands in shown.replace("\\", ""), shown


def test_no_personal_value_is_in_the_schemas(editor: LanguageServer, shop: Path) -> None:
    written = "".join(path.read_text() for path in (shop / "schema").iterdir())
    assert "known of 3 of 3 customers" in written
    assert "nnabel" not in written
    assert "Bert" not in written


@pytest.mark.parametrize(
    ("path", "text", "line", "sentence"),
    [
        (
            "playbooks/p.test.yaml",
            STORY,
            5,
            'Write a time in the story: "day 0 10:00"',
        ),
        (
            "playbooks/catalog/c.yaml",
            "attributes:\n  shoe: {is: a size}\n",
            2,
            'Write a type: "text", "number" or "yes or no".',
        ),
    ],
)
def test_other_files_have_sentences_of_their_own(
    editor: LanguageServer, path: str, text: str, line: int, sentence: str
) -> None:
    (complaint,) = editor.complaints(path, text)
    assert complaint.line == line
    assert complaint.sentence.startswith(sentence), complaint.sentence


def test_each_file_has_the_schema_that_checks_it(shop: Path) -> None:
    paths = [path.relative_to(shop / "playbooks") for path in (shop / "playbooks").rglob("*.yaml")]
    assert {document_for(path.as_posix()) for path in paths} == {
        path.name for path in (shop / "schema").iterdir()
    }
