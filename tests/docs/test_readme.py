"""What the README and the docs tell people to type does what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from keepwarm.app.command_line import COMMANDS, main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").rglob("*.md"))

TYPED = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith(".venv/bin/keepwarm")
]


@pytest.mark.parametrize("line", TYPED)
def test_a_command_of_the_readme_works(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out.strip()


def test_every_command_is_named_in_the_docs() -> None:
    told = README + "".join(page.read_text(encoding="utf-8") for page in PAGES)
    missing = [name for name, _ in COMMANDS if not re.search(rf"keepwarm {name}\b", told)]
    assert missing == []


def test_every_link_of_the_docs_leads_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in (ROOT / "README.md", ROOT / "DESIGN.md", ROOT / "CONTRIBUTING.md", *PAGES)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
