"""Rules are asked of files with faults as well, and say nothing that only follows from these."""

from __future__ import annotations

from datetime import date

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import check
from tests.schema.workspaces import folder

ALL_RULES = all_rules(date(2026, 11, 22))

HEAD = "playbook: case\ntitle: Case\nowner: crm@acme.example\nstatus: draft\n"


def told(text: str, **more: str) -> list[str]:
    files = {"case.yaml": (HEAD + text).encode()}
    files |= {path: body.encode() for path, body in more.items()}
    found = check({**folder("shop"), **files}, ALL_RULES)
    return [f"{p.file}:{p.span.line} {p.rule}" for p in found.problems]


def test_two_lines_that_exclude_each_other_are_told_beside_a_fault_elsewhere() -> None:
    assert told(
        "topic: offers\nstart: {event: signed_up}\n"
        "only_if:\n  - plan: free\n  - plan: pro\n"
        "steps:\n  - wait: 3\n  - email: onboarding/welcome\n"
    ) == ["case.yaml:9 contradiction", "case.yaml:11 cannot-read"]


def test_an_arm_is_not_shadowed_by_one_of_which_a_line_could_not_be_read() -> None:
    choose = (
        "topic: offers\nstart: {event: signed_up}\nsteps:\n  - choose:\n"
        "      - when:\n          - plan: pro\n          - employees: %s\n"
        "        steps:\n          - email: onboarding/welcome\n"
        "      - when:\n          - plan: pro\n"
        "        steps:\n          - email: onboarding/power-tips\n"
    )
    assert told(choose % "many and more") == ["case.yaml:11 condition"]
    assert told(choose.replace("          - employees: %s\n", "")) == ["case.yaml:15 shadowed-arm"]


def test_an_offer_that_is_misspelt_was_made_all_the_same() -> None:
    gift = {"templates/winback/gift.txt": "{{ offer.percent }}% off"}
    steps = "topic: offers\nstart: {event: signed_up}\nsteps:\n%s  - sms: winback/gift\n"
    assert told(steps % "  - offer: 15-percent-1-mont\n", **gift) == ["case.yaml:8 no-offer"]
    assert told(steps % "  - offer: something-else\n", **gift) == ["case.yaml:8 no-offer"]
    assert told(steps % "", **gift) == ["case.yaml:8 variable-not-set"]


def test_a_fact_that_the_catalog_declares_with_a_fault_makes_no_more_faults() -> None:
    catalog = "attributes:\n  stage: {is: one off new, old}\n"
    text = (
        "topic: offers\nstart: {event: signed_up}\nsteps:\n  - choose:\n"
        "      - when:\n          - plan: pro\n          - stage: new\n"
        "        steps:\n          - email: onboarding/welcome\n"
        "      - when:\n          - plan: pro\n          - stage: old\n"
        "        steps:\n          - email: onboarding/power-tips\n"
    )
    found = told(text, **{"catalog/more.yaml": catalog})
    assert [line.split()[0] for line in found] == ["catalog/more.yaml:2"]
