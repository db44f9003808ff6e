"""`check --fix` mends what can be mended in one way only, and leaves every other byte."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import check
from keepwarm.schema.fixing import Fixed, fixed
from keepwarm.schema.problems import Problem
from tests.schema.workspaces import HERE, folder

ALL_RULES = all_rules(date(2026, 11, 22))

HEAD = "playbook: case\ntitle: Case\nowner: crm@acme.example\nstatus: draft\ntopic: offers\n"


def problems_in(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    return check(files, ALL_RULES).problems


def mended(text: str, file: str = "case.yaml") -> Fixed:
    return fixed({**folder("shop"), file: text.encode()}, problems_in)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - plan: prro\n", "  - plan: pro\n"),
        ('  - plan: "prro"   # why\n', "  - plan: pro   # why\n"),
        ("  - open_tickts: 'at leest 2'\n", "  - open_tickets: at least 2\n"),
        ("  - monthly_revenue >= 1000\n", "  - monthly_revenue: at least 1000\n"),
        ("  - {plan: prro, where: x}\n", "  - {plan: pro, where: x}\n"),
        ("  - monthly_revenue: 1.000 EUR\n", "  - monthly_revenue: 1.000 EUR\n"),
    ],
)
def test_a_line_is_mended_where_it_stands(before: str, after: str) -> None:
    text = HEAD + "start: {event: signed_up}\nonly_if:\n%s\nsteps:\n  - email: onboarding/welcome\n"
    assert mended(text % before).files["case.yaml"].decode() == text % after


def test_conditions_written_as_a_text_become_a_list() -> None:
    text = HEAD + "start: {event: signed_up}\nonly_if: %s\nsteps:\n  - email: onboarding/welcome\n"
    found = mended(text % "plan is pro")
    assert found.files["case.yaml"].decode() == text % "[plan: pro]"
    assert problems_in(found.files) == ()


def test_no_other_byte_changes() -> None:
    text = (
        "\ufeff" + HEAD.replace("draft", "darft") + "start:   {event: signed_up}  # in\r\n\r\n\r\n"
        "steps:\r\n      - emial:   onboarding/welcome  \r\n"
    )
    done = mended(text)
    expected = text.replace("darft", "draft").replace("emial", "email")
    assert done.files["case.yaml"].decode() == expected
    assert [str(fix) for fix in done.fixes] == [
        "case.yaml:4: darft -> draft",
        "case.yaml:10: emial -> email",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "rollout: [5%, 100%]",  # three days are an example
        "in_flight: mvoe it all",
        "back_to_shadow_if_any:\n  - open_rate: above 2%",  # no rate is called nearly so
        "back_to_shadow_if_any:\n  - bounce_rate: above 0.5",  # half a percent, or half of all
        "stop_if_all:\n  - plan: free\n  - employees: 3",  # one of them, or both at once
    ],
)
def test_what_may_be_meant_in_another_way_is_left(line: str) -> None:
    text = f"{HEAD}start: {{event: signed_up}}\n{line}\nsteps:\n  - email: onboarding/welcome\n"
    assert problems_in({**folder("shop"), "case.yaml": text.encode()})
    assert mended(text).fixes == ()


def test_a_time_that_nobody_gave_is_not_made_up() -> None:
    for wait in ("until Monday", "3 working days"):
        text = f"{HEAD}start: {{event: signed_up}}\nsteps:\n  - wait: {wait}\n"
        assert mended(text).fixes == ()


STORY = """\
tests_for: case
customers:
  anna:
    plan: pro
    %s
tests:
  - {name: Hears of it, customer: anna, story: [], expect: [nothing else]}
"""


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        ("plann: team", {"plann": '"plan" (line 4) stands here already'}),
        (
            "employes: 3\n    emploees: 4",
            {
                "employes": '"emploees" (line 6) may mean "employees", too',
                "emploees": '"employes" (line 5) may mean "employees", too',
            },
        ),
    ],
)
def test_a_name_is_not_written_twice(lines: str, faults: Mapping[str, str]) -> None:
    name = "case.test.yaml"
    text = f"{HEAD}start: {{event: signed_up}}\nsteps:\n  - email: onboarding/welcome\n"
    files = {**folder("shop"), "case.yaml": text.encode(), name: (STORY % lines).encode()}
    # Another fault, for which the file is not whole, changes nothing.
    for story in (files[name], files[name] + b"  - name\n    customer: anna\n"):
        once = {**files, name: story}
        assert fixed(once, problems_in).fixes == ()
        told = [each for each in problems_in(once) if each.rule == "unknown-name"]
        assert {each.message: each.hint for each in told} == {
            f'no attribute is called "{said}"': f"{why}; keep one of them"
            for said, why in faults.items()
        }


def test_what_comes_to_light_behind_a_correction_is_corrected_too() -> None:
    text = f"{HEAD}start: {{event: signed_up}}\nstpes:\n  - emial: onboarding/welcom\n"
    assert (
        mended(text).files["case.yaml"].decode().endswith("steps:\n  - email: onboarding/welcome\n")
    )


def test_words_of_templates_are_mended_in_the_template() -> None:
    text = "{{ customer.frist_name | defalt: 'you' | upcase }}, {{ city }}\n"
    done = mended(text, "templates/hello.txt").files["templates/hello.txt"].decode()
    assert done == "{{ customer.first_name | default: 'you' | upcase }}, {{ customer.city }}\n"


def test_mending_twice_changes_nothing_more() -> None:
    cases = sorted((HERE / "refused").glob("*.yaml"))
    files = {**folder("shop"), **{case.name: case.read_bytes() for case in cases}}
    once = fixed(files, problems_in)
    assert len(once.fixes) > 50
    assert fixed(once.files, problems_in).fixes == ()
    assert len(problems_in(once.files)) < len(problems_in(files))
