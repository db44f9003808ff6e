"""The page about tasks says what task tools say of themselves."""

from __future__ import annotations

from pathlib import Path

from keepwarm.app.tool_pages import page

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"


def test_the_page_is_as_it_is_written_from_the_tools() -> None:
    again = "python -m keepwarm.app.tool_pages docs/tasks.md"
    assert PAGE.read_text(encoding="utf-8") == page(PAGE), f"write it anew: {again}"
