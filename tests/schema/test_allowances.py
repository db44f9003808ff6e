"""A rule is allowed in place, with a reason, for as long as something needs it."""

from __future__ import annotations

from datetime import date

import pytest

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import check
from tests.schema.workspaces import folder

ALL_RULES = all_rules(date(2026, 11, 22))

PLAYBOOK = """\
playbook: twice
title: The same line twice
owner: crm@acme.example
status: draft
topic: offers
start: {{event: signed_up}}
only_if:
  - plan: not free
{above}  - plan: not free{behind}
steps:
  - email: onboarding/welcome
"""


def told(above: str = "", behind: str = "", **more: str) -> list[str]:
    text = PLAYBOOK.format(above=above, behind=behind)
    files = {path: body.encode() for path, body in more.items()}
    found = check({**folder("shop"), "twice.yaml": text.encode(), **files}, ALL_RULES)
    return [str(problem) for problem in found.problems]


ALLOW = "# keepwarm: allow said-twice because two teams own a line each"


def test_a_rule_is_allowed_behind_the_line() -> None:
    assert [line for line in told() if "said-twice" in line]
    assert told(behind=f"  {ALLOW}") == []


def test_a_rule_is_allowed_above_the_line() -> None:
    assert told(above=f"  {ALLOW}\n") == []


def test_comments_may_stand_between() -> None:
    assert told(above=f"  {ALLOW}\n  # More about it.\n") == []


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        (
            "# keepwarm: allow said-twice",
            "twice.yaml:9:21: this allows said-twice and does not say why",
        ),
        (
            "# keepwarm: allow said-twise because I say so",
            'twice.yaml:9:39: no rule is called "said-twise"; did you mean "said-twice"?',
        ),
        (
            "# keepwarm: allow unknown-name because I say so",
            'twice.yaml:9:39: no rule is called "unknown-name"; did you mean "unknown-value"?',
        ),
        (
            "# keepwarm: allow liquid because I say so",
            "twice.yaml:9:39: liquid cannot be allowed: what cannot be read cannot be sent",
        ),
        (
            "# keepwarm: allow secret because I say so",
            "twice.yaml:9:21: this allows secret, and nothing here breaks that rule",
        ),
    ],
)
def test_what_an_allowance_lacks_is_told(comment: str, sentence: str) -> None:
    assert f"{sentence} [allowance]" in told(behind=f"  {comment}")


def test_an_allowance_without_a_reason_still_hides_nothing_else() -> None:
    assert len(told(behind="  # keepwarm: allow said-twice")) == 1


def test_an_allowance_that_is_needed_no_more_is_told() -> None:
    (line,) = told(behind=f"  {ALLOW}", **{"twice.yaml": _without_the_second()})
    assert line.endswith("this allows said-twice, and nothing here breaks that rule [allowance]")


def _without_the_second() -> str:
    return PLAYBOOK.format(above="", behind=f"  {ALLOW}").replace("  - plan: not free\n", "", 1)


def test_a_template_allows_in_its_own_kind_of_comment() -> None:
    text = "{% # keepwarm: allow unknown-variable because the shop sends it soon %}\n"
    names = "{{ customer.shoe_size | default: 'your size' }} is here\n"
    assert told(behind=f"  {ALLOW}", **{"templates/a.txt": text + names}) == []
    assert told(behind=f"  {ALLOW}", **{"templates/a.txt": names}) != []


def test_a_file_with_other_faults_is_not_told_that_an_allowance_is_needless() -> None:
    text = _without_the_second().replace("topic: offers", "topic: nothing-like-it")
    assert [line[-10:] for line in told(**{"twice.yaml": text})] == ["[no-topic]"]
