"""Rules: each with a case that breaks it and one that nearly does, and a page that shows both.

    python -m tests.schema.test_rules

writes every `refused.out` and `docs/rules.md` anew; read the difference before you keep it.
A case is a folder of files that are put into the shop (`tests/schema/shop`).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import Checked, check
from keepwarm.schema.problems import as_text
from keepwarm.schema.rules.rule import Rule
from tests.schema.workspaces import HERE, folder

ALL_RULES = all_rules(date(2026, 11, 22))

CASES = HERE / "rules"
PAGE = HERE.parents[1] / "docs" / "rules.md"
NAMES = [rule.name for rule in ALL_RULES]

OPENING = """\
# The rules of `keepwarm check`

`keepwarm check` refuses what cannot be read: a word that is not in the catalog, a phrase that says
nothing, a key in the wrong place. Those refusals explain themselves. What follows is different:
every line can be read, and the whole still cannot be meant.

A rule speaks only of what is certain, and of every file at once: also where something else in the
file could not be read. What merely follows from that is not told.

Where a rule is right and the line is still meant, allow it there, and say why:

```yaml
  - sms: winback/last-word      # keepwarm: allow sms-parts because legal wrote every word of it
```

The comment stands on the line that is refused or right above it; in a template it may be a comment
of HTML or Liquid. Without a reason it is refused, and so is one that allows nothing any more.
What is no rule, because a line cannot be read, cannot be allowed.

What is shown is what `keepwarm check` says; a test makes this page anew and compares.

"""


def checked(case: Path) -> Checked:
    return check({**folder("shop"), **files(case)}, ALL_RULES)


def files(case: Path) -> dict[str, bytes]:
    return {
        path.relative_to(case).as_posix(): path.read_bytes()
        for path in sorted(case.rglob("*"))
        if path.is_file()
    }


def said_of(rule: str) -> str:
    """Give what is said of the case that breaks a rule, as a terminal shows it."""
    found = checked(CASES / rule / "refused")
    return as_text(found.problems, found.workspace.sources)


def page() -> str:
    """Give the page of rules, made from the rules and their cases."""
    return OPENING + "\n".join(section(rule) for rule in ALL_RULES)


def section(rule: Rule) -> str:
    shown = [
        f"`{name}`\n\n```{_LANGUAGES[Path(name).suffix]}\n{text.decode()}```\n"
        for name, text in files(CASES / rule.name / "refused").items()
    ]
    said = f"```text\n{said_of(rule.name).rstrip()}\n```\n"
    return "\n".join([f"## {rule.name}\n", f"{rule.about}\n", *shown, said])


_LANGUAGES = {".yaml": "yaml", ".mjml": "html", ".txt": "liquid"}


@pytest.mark.parametrize("name", NAMES)
def test_what_breaks_a_rule_is_told_in_these_words(name: str) -> None:
    assert said_of(name) == (CASES / name / "refused.out").read_text()
    assert {problem.rule for problem in checked(CASES / name / "refused").problems} == {name}


@pytest.mark.parametrize("name", NAMES)
def test_what_nearly_breaks_a_rule_is_in_order(name: str) -> None:
    assert checked(CASES / name / "accepted").problems == ()


def test_every_rule_has_its_cases_and_every_case_its_rule() -> None:
    assert {path.name for path in CASES.iterdir()} == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_every_rule_is_a_file_of_its_own_in_its_own_name() -> None:
    for rule in ALL_RULES:
        assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", rule.name)
        room, _, module = rule.find.__module__.partition(".rules.")
        assert room in {"keepwarm.schema", "keepwarm.engine"}
        assert module == rule.name.replace("-", "_")


def test_every_rule_says_in_one_sentence_what_it_refuses() -> None:
    for rule in ALL_RULES:
        assert re.fullmatch(r"[A-Z][^\n]*\.", rule.about), rule.name


def test_the_page_shows_what_is_said() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.schema.test_rules"


def test_what_follows_from_a_fault_is_not_told() -> None:
    text = (CASES / "marketing-topic/accepted/own-topic.yaml").read_text()
    broken = text.replace("topic: product_tips", "topic: prodct_tips")
    assert broken != text
    found = check({**folder("shop"), "own-topic.yaml": broken.encode()}, ALL_RULES)
    assert [problem.rule for problem in found.problems] == ["no-topic"]


@pytest.mark.parametrize("line", ["topic product_tips", "topic nothing_of_ours"])
def test_a_topic_without_its_colon_is_no_missing_topic(line: str) -> None:
    text = (CASES / "marketing-topic/accepted/own-topic.yaml").read_text()
    of_step = "    topic: product_tips\n"
    for broken in (
        text.replace(of_step, f"    {line}\n"),
        text.replace(of_step, "").replace("steps:", f"{line}\nsteps:"),
    ):
        assert broken != text
        found = check({**folder("shop"), "own-topic.yaml": broken.encode()}, ALL_RULES)
        assert [problem.rule for problem in found.problems] == ["missing-colon"]


def test_what_does_not_follow_from_a_fault_is_told_beside_it() -> None:
    text = (CASES / "marketing-topic/refused/no-way-out.yaml").read_text()
    broken = text.replace("topic: product_tips", "topic: prodct_tips")
    found = check({**folder("shop"), "no-way-out.yaml": broken.encode()}, ALL_RULES)
    assert [problem.rule for problem in found.problems] == ["marketing-topic", "no-topic"]


@pytest.mark.parametrize("name", ["language", "shop"])
def test_the_other_folders_break_no_rule(name: str) -> None:
    assert check(folder(name), ALL_RULES).problems == ()


if __name__ == "__main__":
    for each in NAMES:
        (CASES / each / "refused.out").write_text(said_of(each))
    PAGE.write_text(page())
