"""Git: the story of a change from branch to rollback, and the files that we give to others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GIT = ROOT / "docs" / "git"


@pytest.mark.slow
def test_the_story_of_a_change_comes_true(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [str(ROOT / "tests" / "git" / "story.sh"), str(tmp_path / "story")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith("story: all of it came true\n")


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml", "pre-commit-config.yaml"])
def test_a_file_for_others_is_yaml(name: str) -> None:
    assert isinstance(yaml.safe_load((GIT / name).read_text(encoding="utf-8")), dict)


def test_every_line_of_a_script_is_text() -> None:
    """Hold that no line with a colon in it became a mapping."""
    jobs = yaml.safe_load((GIT / "gitlab.yml").read_text(encoding="utf-8"))
    parts = [job for job in jobs.values() if isinstance(job, dict)]
    keys = ("script", "before_script", "after_script")
    lines = [line for part in parts for key in keys for line in part.get(key, ())]
    assert len(lines) > 8
    assert [line for line in lines if not isinstance(line, str)] == []


def test_actions_are_named_by_their_commits() -> None:
    used = re.findall(r"uses: (\S+)", (GIT / "github.yml").read_text(encoding="utf-8"))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each)] == []


def test_what_people_wrote_never_becomes_a_part_of_a_script() -> None:
    jobs = yaml.safe_load((GIT / "github.yml").read_text(encoding="utf-8"))["jobs"]
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


def test_everything_installed_is_pinned_by_hash() -> None:
    for name in ("github.yml", "gitlab.yml"):
        lines = (GIT / name).read_text(encoding="utf-8").splitlines()
        installs = [line for line in lines if "pip install" in line]
        assert installs
        assert all("--require-hashes" in line for line in installs)


def test_hooks_for_other_repositories_run_commands_that_there_are() -> None:
    from keepwarm.app.command_line import COMMANDS

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    named = yaml.safe_load((GIT / "pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {hook["entry"].split()[1] for hook in hooks} <= {name for name, _ in COMMANDS}
    used = {hook["id"] for repo in named["repos"] for hook in repo["hooks"]}
    assert used == {hook["id"] for hook in hooks}
