"""What `check` says of whole files: each case is a `.yaml`, and for a refused one its `.out`.

    python tests/schema/test_checking.py

writes every `.out` anew from what is said now; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schema.workspaces import HERE, report, with_catalog, with_playbook

ACCEPTED = sorted((HERE / "accepted").glob("*.yaml"))
REFUSED = sorted((HERE / "refused").glob("**/*.yaml"))


def said_of(case: Path) -> str:
    """Give what is said of a case, put into the shop under its own name."""
    put = with_catalog if case.parent.name == "catalog" else with_playbook
    return report(put(case.read_text(), case.stem))


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.stem)
def test_an_accepted_playbook_has_no_problem(case: Path) -> None:
    assert said_of(case) == ""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_a_refused_file_is_told_every_fault_in_these_words(case: Path) -> None:
    assert said_of(case) == case.with_suffix(".out").read_text()


def test_every_refused_file_has_its_words_and_the_other_way_round() -> None:
    written = {path.with_suffix("") for path in (HERE / "refused").glob("**/*.out")}
    assert written == {case.with_suffix("") for case in REFUSED}
    assert all(case.with_suffix(".out").read_text() for case in REFUSED)


if __name__ == "__main__":
    for refused in REFUSED:
        refused.with_suffix(".out").write_text(said_of(refused))
