"""The pages about sources say what sources say, and their catalogs can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from keepwarm.app.source_pages import pages
from keepwarm.schema.sources import SOURCES
from keepwarm.schema.workspace import read_workspace

FOLDER = Path(__file__).parents[2] / "docs" / "sources"
PAGES = pages(FOLDER)


@pytest.mark.parametrize("name", ["README", *SOURCES])
def test_a_page_is_as_it_is_written_from_the_source(name: str) -> None:
    again = "python -m keepwarm.app.source_pages docs/sources"
    assert (FOLDER / f"{name}.md").read_text() == PAGES[f"{name}.md"], f"write it anew: {again}"


def test_every_page_belongs_to_a_source() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {"README", *SOURCES}


@pytest.mark.parametrize("name", ["README", *SOURCES])
def test_the_catalog_of_a_page_can_be_read(name: str) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGES[f"{name}.md"], re.DOTALL)
    assert read_workspace({"catalog/words.yaml": example.encode()}).problems == ()
