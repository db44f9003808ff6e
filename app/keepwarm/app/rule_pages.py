"""What the page of rules shows of each: what breaks it, and what is said then.

The page is `docs/rules.md`. It travels with the package, so that code scanning can show it in
repositories that hold playbooks and no Keepwarm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
#: Beside this file where the package is installed; in the repository where it is worked on.
_PLACES: Final = (_HERE / "rules.md", _HERE.parents[2] / "docs" / "rules.md")
_SECTION: Final = re.compile(
    r"^## (?P<name>[\w-]+)\n(?P<says>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)


def rule_pages() -> Mapping[str, str]:
    """Give each rule's part of the page, without its heading, as Markdown."""
    page = next(place for place in _PLACES if place.is_file()).read_text(encoding="utf-8")
    return {each["name"]: each["says"].strip() for each in _SECTION.finditer(page)}
