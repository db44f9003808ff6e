"""The pages about connectors say what the connectors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepwarm.connectors.describing import BEGIN, END, written_anew
from keepwarm.connectors.registry import BUILT_IN

FOLDER = Path(__file__).parents[2] / "docs" / "connectors"


@pytest.mark.parametrize("name", ["README", *sorted(BUILT_IN)])
def test_a_page_is_as_it_is_written_from_the_connector(name: str) -> None:
    path = FOLDER / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    assert BEGIN in text
    assert END in text
    again = "python -m keepwarm.connectors.describing docs/connectors"
    assert text == written_anew(FOLDER)[path], f"write it anew: {again}"


def test_every_page_belongs_to_a_connector() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {"README", *BUILT_IN}
