"""The page of promises names every law, and every test that holds one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_every_law_is_promised() -> None:
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 29))


def test_every_test_of_a_law_is_named_beside_it() -> None:
    rows = {int(row.split("|")[1]): row for row in PAGE.splitlines() if re.match(r"\| \d", row)}
    for file in sorted((ROOT / "tests" / "laws").glob("test_*.py")):
        found = re.findall(r"^def test_law_(\d+)_(\w+)\(", file.read_text("utf-8"), re.MULTILINE)
        for number, name in found:
            link = f"[{name.replace('_', ' ')}](../tests/laws/{file.name})"
            assert link in rows[int(number)], f"docs/guarantees.md lacks {name}"
