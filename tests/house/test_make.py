"""The door: `make help` says all that can be done, and CI does what a developer does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.rooms import ROOT
from tests.waiting import PATIENCE_SECONDS


def make(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make, and give what it said."""
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def targets() -> list[str]:
    """Give the targets that are deeds, not files."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^\.PHONY: (\S+)$", text, flags=re.MULTILINE)


def test_help_names_each_target() -> None:
    said = make("help").stdout
    assert {line.split()[1] for line in said.splitlines()} == set(targets())


def test_make_alone_is_help() -> None:
    assert make().stdout == make("help").stdout


@pytest.mark.parametrize("wanted", ["up", "install", "test", "lock", "sbom", "audit"])
def test_what_the_documents_tell_people_to_type_is_there(wanted: str) -> None:
    assert wanted in targets()


def test_an_old_python_is_refused_with_a_way_to_mend_it(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    answer = make("install", f"PYTHON={old}", folder=tmp_path)

    assert answer.returncode != 0
    assert "needs Python 3.11 or newer" in answer.stderr
    assert "make PYTHON=" in answer.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_make_test_and_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.search(r"^make test\b", script.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("===== 12 passed in 0.31s =====", True),
        ("===== 3 passed, 1 skipped in 0.31s =====", True),
        ("===== 4 skipped in 0.31s =====", False),
        ("===== 20 deselected in 0.31s =====", False),
        ("", False),
    ],
)
def test_ci_fails_if_no_test_was_run(tmp_path: Path, said: str, passes: bool) -> None:  # noqa: FBT001 - a parameter of the test
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text(f"test:\n\t@echo '{said}'\n")

    assert run_ci(tmp_path).returncode == (0 if passes else 1)


def test_ci_fails_if_a_test_fails(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text("test:\n\t@echo '1 failed, 2 passed'; exit 1\n")

    assert run_ci(tmp_path).returncode != 0


def run_ci(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run CI's script in a folder of its own."""
    return subprocess.run(
        [folder / ".ci" / "run"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
