"""A module's name says what it is, and a module is read in one sitting."""

from __future__ import annotations

import re

from tests.house.rooms import ROOT, all_modules

#: They say nothing about what is inside.
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "data", "handle"}

MOST_LINES = 400


def test_no_module_has_a_name_that_says_nothing() -> None:
    ours = [*all_modules(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    empty = [
        str(module.relative_to(ROOT))
        for module in ours
        if EMPTY_WORDS & {*re.split("[_.]", module.stem), *module.parent.relative_to(ROOT).parts}
    ]
    assert empty == []


def test_no_module_is_too_long_to_read() -> None:
    lengths = {
        str(module.relative_to(ROOT)): len(module.read_text(encoding="utf-8").splitlines())
        for module in all_modules()
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}
