"""`check` as a whole: what it needs, how fast it is, and that it tells each thing once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import date

import pytest

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import check
from tests.machine import is_within
from tests.schema.workspaces import HERE, folder

ALL_RULES = all_rules(date(2026, 11, 22))
ROOT = HERE.parents[1]


def test_checking_needs_neither_prefect_nor_a_database() -> None:
    code = (
        "import sys\n"
        "import keepwarm.schema.checking, keepwarm.schema.json_schema\n"
        "heavy = {'prefect', 'sqlalchemy', 'sqlmodel', 'pydantic', 'asyncio', 'liquid'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "schema"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "[]\n"


def many_playbooks(count: int) -> dict[str, bytes]:
    """Give the language page's folder with so many playbooks more, of 60 lines each."""
    files = folder("language")
    lines = files["onboarding-30-days.yaml"].decode().rstrip().split("\n")
    steps = ["  - wait: 1 day", "  - email: onboarding/power-tips", "    only_if: [plan: pro]"]
    lines += steps * ((60 - len(lines)) // len(steps) + 1)
    text = "\n".join(lines[:60]) + "\n"
    name = "playbook: onboarding-30-days"
    assert text.count("\n") == 60
    return files | {
        f"p{number}.yaml": text.replace(name, f"playbook: p{number}").encode()
        for number in range(count)
    }


@pytest.mark.slow
def test_two_hundred_playbooks_are_checked_in_two_seconds() -> None:
    files = many_playbooks(200)
    seconds = []
    for _ in range(3):
        start = time.thread_time()
        found = check(files, ALL_RULES)
        seconds.append(time.thread_time() - start)
        assert found.problems == ()
        assert len(found.workspace.playbooks) == 203
    # The best of three, and of the processor: other tests may run beside this one.
    assert is_within(2, min(seconds))


def test_nothing_is_told_twice() -> None:
    for case in sorted((HERE / "refused").glob("*.yaml")):
        found = check({**folder("shop"), case.name: case.read_bytes()})
        places = Counter(
            (problem.file, problem.span, problem.message) for problem in found.problems
        )
        assert all(count == 1 for count in places.values()), case.stem


def test_the_problems_of_every_part_come_in_one_order() -> None:
    text = (HERE / "refused" / "branches.yaml").read_bytes()
    found = check({**folder("shop"), "branches.yaml": text, "policies.yaml": b"at_mots: 1\n"})
    lines = [(p.file, p.span.line, p.span.column) for p in found.problems]
    assert lines == sorted(lines)
    assert "structure" in {problem.rule for problem in found.problems}


def test_a_fault_within_a_block_of_text_is_told_where_it_stands() -> None:
    playbook = (
        "playbook: case\ntitle: A case\nowner: crm@acme.example\nstatus: draft\n"
        "start: {event: signed_up}\nsteps:\n"
        "  - task: Call\n    for: billing-ops\n    details: |+\n"
        "      Dear colleague,\n        {{ customer.one }} is\n\n      {{ customer.two }}\n\n"
        "  - task: Write\n    for: billing-ops\n    details: >-\n"
        "      Dear colleague,\n      it is about {{ customer.three }}\n"
    )
    found = check({**folder("shop"), "case.yaml": playbook.encode()}, ALL_RULES)
    places = [(each.span.line, each.span.column) for each in found.problems]
    assert places == [(11, 21), (13, 19), (19, 31)]
