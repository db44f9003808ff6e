"""A module's name says what it is, and a module is read in one sitting."""

from __future__ import annotations

import re

from tests.house.rooms import ROOT, all_modules

#: They say nothing about what is inside.
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "data", "handle"}

MOST_LINES = 400

#: Longer ones, each with its reason, by path from the root.
LONGER: dict[str, str] = {
    "store/keepwarm/store/tables.py": "every table on one page, since each points at others",
}


def test_no_module_has_a_name_that_says_nothing() -> None:
    ours = [*all_modules(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    empty = [
        str(module.relative_to(ROOT))
        for module in ours
        if EMPTY_WORDS & {*re.split("[_.]", module.stem), *module.parent.relative_to(ROOT).parts}
    ]
    assert empty == []


def test_no_module_is_too_long_to_read_without_a_reason() -> None:
    lengths = {
        str(module.relative_to(ROOT)): len(module.read_text(encoding="utf-8").splitlines())
        for module in all_modules()
    }
    too_long = {path for path, lines in lengths.items() if lines > MOST_LINES}
    assert too_long - set(LONGER) == set()
    assert set(LONGER) - too_long == set(), "no longer too long: take it off the list"
    assert all(reason.strip() for reason in LONGER.values())
