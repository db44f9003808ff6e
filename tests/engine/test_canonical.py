"""The canonical form: what means the same is the same, and what differs has its class and line."""

from __future__ import annotations

from textwrap import dedent

import pytest

from keepwarm.engine.canonical import Aspect, canonical_form, digest_of
from keepwarm.engine.proposing.comparing import LineChange, compare
from keepwarm.engine.proposing.sentences import change_mark, change_said, place_said
from keepwarm.schema.workspace import Workspace, read_workspace
from tests.engine.written import CATALOG, MAIL

CONDITIONS = """\
  - plan: not free
  - any:
      - logged_in: at least 2 times in the last 30 days
      - big: yes
"""
CONDITIONS_TURNED_ROUND = """\
  - any:
      - big: yes
      - logged_in: at least 2 times in the last 30 days
  - all:
      - plan: not free
"""
PLAYBOOK = """\
playbook: p
title: A test
owner: care
status: live
topic: tips
start:
  event: bought
  where:
    - amount: at least 20
  again_after: 30 days
only_if:
  - plan: not free
  - any:
      - logged_in: at least 2 times in the last 30 days
      - big: yes
goal: {event: bought, within: 10 days}
holdout: 10%
respect: {quiet_hours: 21:00 to 08:00, at_most: 2 messages per week}
budget: {discounts: at most 100 EUR per month}
steps:
  - email: hello
    or_else: {sms: hello}
  - wait: 2 days
  - if:
      - monthly_revenue: at least 500
    then:
      - offer: ten-percent
        expires: in 14 days
      - email: nudge
    else:
      - task: Call them
        name: rescue
        for: care
        due: in 2 working days
        if_late: {reassign: bosses}
  - split: words
    into:
      - {share: 50%, steps: [{sms: nudge}]}
      - {share: 50%, steps: []}
  - email: last
"""
SEGMENTS = "segments:\n  big:\n    - monthly_revenue: at least 100\n"


def workspace_of(playbook: str = PLAYBOOK, **changed: str) -> Workspace:
    files = {
        "catalog/catalog.yaml": CATALOG + SEGMENTS,
        "p.yaml": playbook,
        "policies.yaml": "at_most: 5 messages per week\nsender: Acme <a@acme.example>\n",
        **{f"templates/{name}.mjml": MAIL for name in ("hello", "nudge", "last")},
        **{f"templates/{name}.txt": "Hello\n" for name in ("hello", "nudge", "last")},
    }
    files |= {path.replace("__", "/").replace("_", "."): text for path, text in changed.items()}
    workspace = read_workspace({path: text.encode() for path, text in files.items()})
    assert not workspace.problems, [str(problem) for problem in workspace.problems]
    return workspace


def digest(workspace: Workspace) -> str:
    return digest_of(canonical_form(workspace.playbooks["p"], workspace))


def changes(new: Workspace, old: Workspace | None = None) -> list[LineChange]:
    old = old or workspace_of()
    before = canonical_form(old.playbooks["p"], old)
    return list(compare(before, canonical_form(new.playbooks["p"], new)))


def told(found: list[LineChange]) -> list[str]:
    return [f"{change_mark(c)} {place_said(c)} {c.aspect}: {change_said(c)}" for c in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("holdout: 10%\n", "\n# a comment\nholdout:   10%   # here too\n"),
        ("title: A test\nowner: care\n", "owner: care\ntitle: 'A test'\n"),
        ("status: live\n", "status: live\nkind: marketing\nin_flight: finish\npriority: 5\n"),
        ("at least 500", "500 or more"),
        ("at least 2 times in the last 30 days", "2 or more times in the last 30 days"),
        (CONDITIONS, CONDITIONS_TURNED_ROUND),
        ("respect: {quiet_hours: 21:00 to 08:00, at_most: 2 messages per week}\n",
         "respect:\n  at_most: [2 messages per week]\n  quiet_hours: 21:00 to 08:00\n"),
        ("    or_else: {sms: hello}\n", "    or_else:\n      sms: hello\n"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_no_change(old: str, new: str) -> None:
    assert old in PLAYBOOK
    other = workspace_of(PLAYBOOK.replace(old, new))
    assert told(changes(other)) == []
    assert digest(other) == digest(workspace_of())


def test_a_choice_with_one_condition_is_an_if() -> None:
    written = PLAYBOOK.replace(
        "  - if:\n      - monthly_revenue: at least 500\n    then:\n",
        "  - choose:\n    - when:\n      - monthly_revenue: at least 500\n      steps:\n",
    ).replace("    else:\n", "    - otherwise:\n")
    assert told(changes(workspace_of(written))) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("wait: 2 days", "wait: 3 days", "~ p.yaml:23 timing: wait: 2 days -> 3 days"),
        ("holdout: 10%", "holdout: 5%", "~ p.yaml:17 audience: holdout: 10% -> 5%"),
        ("plan: not free", "plan: pro", "~ p.yaml:12 audience: plan: not free -> pro"),
        (
            "revenue: at least 500",
            "revenue: at least 300",
            "~ p.yaml:25 path: monthly_revenue: at least 500 -> at least 300",
        ),
        (
            "expires: in 14 days",
            "expires: in 7 days",
            "~ p.yaml:28 money: offer: ten-percent, expires: in 14 days -> in 7 days",
        ),
        (
            "at most 100 EUR",
            "at most 900 EUR",
            (
                "~ p.yaml:19 money: budget: discounts at most 100 EUR per month"
                " -> discounts at most 900 EUR per month"
            ),
        ),
        ("  - email: last\n", "  - email: hello\n", "~ p.yaml:40 words: email: last -> hello"),
        ("  - email: last\n", "", "- p.yaml:40 path: email: last"),
        (
            "in 2 working days",
            "in 1 working day",
            "~ p.yaml:34 timing: task: Call them, due: in 2 working days -> in 1 working day",
        ),
        ("status: live", "status: shadow", "~ p.yaml:4 permission: status: live -> shadow"),
        ("title: A test", "title: Another", "~ p.yaml:2 description: title: A test -> Another"),
        (
            "  - email: last\n",
            "  - email: last\n    kind: transactional\n",
            "+ p.yaml:41 permission: email: last, kind: transactional",
        ),
        ("share: 50%, steps: []", "share: 50%, steps: [{stop: enough}]",
         "+ p.yaml:39 path: stop: enough"),
    ],
)  # fmt: skip
def test_a_change_has_a_class_and_its_line(old: str, new: str, expected: str) -> None:
    assert old in PLAYBOOK
    assert told(changes(workspace_of(PLAYBOOK.replace(old, new, 1)))) == [expected]


def test_a_step_put_in_between_leaves_the_others_as_they_were() -> None:
    written = PLAYBOOK.replace("  - wait: 2 days\n", "  - tag: seen\n  - wait: 2 days\n")
    assert told(changes(workspace_of(written))) == ["+ p.yaml:23 path: tag: seen"]


def test_a_segment_shows_where_it_is_asked_about_and_nowhere_else() -> None:
    catalog = CATALOG + SEGMENTS.replace("100", "200")
    other = workspace_of(catalog__catalog_yaml=catalog)
    [change] = changes(other)
    assert change.aspect is Aspect.AUDIENCE
    assert change_said(change) == ("segment big, monthly_revenue: at least 100 -> at least 200")
    without = PLAYBOOK.replace("      - big: yes\n", "")
    old, new = workspace_of(without), workspace_of(without, catalog__catalog_yaml=catalog)
    assert changes(new, old) == []


def test_what_an_offer_costs_is_money_and_a_topics_consent_a_permission() -> None:
    dearer = workspace_of(catalog__catalog_yaml=CATALOG.replace("12 EUR", "20 EUR") + SEGMENTS)
    assert told(changes(dearer)) == [
        "~ catalog/catalog.yaml:22 money: offer ten-percent, costs: 12 EUR -> 20 EUR"
    ]
    freer = CATALOG.replace("needs: consent", "needs: no objection") + SEGMENTS
    assert [c.aspect for c in changes(workspace_of(catalog__catalog_yaml=freer))] == [
        Aspect.PERMISSION
    ]


def test_the_layout_of_a_template_is_no_change_and_its_words_are() -> None:
    laid_out = """\
    ---
    subject: Hello     # the same
    ---
    <!-- a comment -->
    <mjml>
      <mj-body>
        <mj-section><mj-column>
          <mj-text>
            Hello
          </mj-text>
        </mj-column></mj-section>
      </mj-body>
    </mjml>
    """
    assert changes(workspace_of(templates__hello_mjml=dedent(laid_out))) == []
    warmer = MAIL.replace(">Hello<", ">Hello <b>you</b><")
    found = changes(workspace_of(templates__hello_mjml=warmer))
    assert {c.aspect for c in found} == {Aspect.WORDS}
    assert {place_said(c) for c in found} == {"templates/hello.mjml:4"}


def test_a_space_that_a_reader_sees_is_a_change() -> None:
    close, apart = (MAIL.replace(">Hello<", f">Hello{s}<b>you</b><") for s in ("", " "))
    old, new = (workspace_of(templates__hello_mjml=mail) for mail in (close, apart))
    assert told(changes(new, old)) == ["~ templates/hello.mjml:4 words: Hello -> Hello "]


def test_a_translation_that_comes_is_one_change() -> None:
    found = changes(workspace_of(templates__hello_nl_mjml=MAIL))
    assert told(found) == ["+ templates/hello.nl.mjml:2 words: templates/hello.nl.mjml"]


def test_what_a_new_step_uses_is_told_by_the_step() -> None:
    catalog = CATALOG + SEGMENTS + "surveys:\n  nps: {question: Well?, scale: 0 to 10}\n"
    written = PLAYBOOK + "  - survey: nps\n    template: hello\n"
    old = workspace_of(catalog__catalog_yaml=catalog)
    new = workspace_of(written, catalog__catalog_yaml=catalog)
    assert [c.line.says for c in changes(new, old)] == [
        "survey: nps",
        "by: email",
        "template: hello",
    ]
