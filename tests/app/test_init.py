"""`keepwarm init`: the folder that it writes works as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from keepwarm.app.starter.files import starter_files
from keepwarm.schema.json_schema.documents import document_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that `init` wrote, and in which the commands are typed."""
    assert main(["init", str(tmp_path / "shop")]) == 0
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def test_the_folder_is_clean(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert main(["schema", "--check"]) == 0
    assert main(["fmt", "--check"]) == 0
    assert "3 playbooks checked, no problems." in capsys.readouterr().out


def test_its_stories_pass_and_take_every_branch(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test"]) == 0
    out = capsys.readouterr().out
    assert "not taken" not in out
    assert out.endswith(" passed, 0 failed\n")


def test_nothing_is_sent_before_somebody_says_so(shop: Path) -> None:
    playbooks = [p for p in (shop / "playbooks").glob("*.yaml") if "policies" not in p.name]
    live = [p.name for p in playbooks if "\nstatus: live" in p.read_text()]
    assert playbooks
    assert live == []


def test_editors_find_the_schema_of_every_file(shop: Path) -> None:
    for path in (shop / "playbooks").rglob("*.yaml"):
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
        assert named is not None, path
        schema = (path.parent / named[1]).resolve()
        expected = document_for(path.relative_to(shop / "playbooks").as_posix())
        assert schema == shop / "schema" / expected


def test_vs_code_is_told_the_same_as_in_our_own_folder(shop: Path) -> None:
    settings = json.loads((shop / ".vscode" / "settings.json").read_text())
    ours = json.loads((ROOT / ".vscode" / "settings.json").read_text())
    assert settings["yaml.schemas"] == ours["yaml.schemas"]
    assert json.loads((shop / ".vscode" / "extensions.json").read_text())["recommendations"] == [
        "redhat.vscode-yaml"
    ]


def test_nothing_is_overwritten(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = shop / "playbooks" / "policies.yaml"
    own.write_text("ours")
    (shop / "README.md").unlink()
    assert main(["init"]) == 1
    assert "are there already, and nothing was written:" in capsys.readouterr().err
    assert not (shop / "README.md").exists()
    assert main(["init", "--only-missing"]) == 0
    assert "1 file is written." in capsys.readouterr().out
    assert (shop / "README.md").exists()
    assert own.read_text() == "ours"


def test_the_files_that_are_in_the_way_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("ours")
    assert main(["init", str(tmp_path)]) == 1
    assert f"\n  {tmp_path / 'README.md'}\n" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["README.md"]


def test_a_folder_that_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A file stands where a folder must be: the files before it in the alphabet are taken back.
    (tmp_path / "schema").write_text("not a folder")
    assert main(["init", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [tmp_path / "schema"]


def test_no_file_of_the_starter_is_left_out() -> None:
    paths = set(starter_files())
    assert {".gitignore", ".vscode/settings.json", "README.md", "playbooks/policies.yaml"} <= paths
    assert {path.rpartition("/")[2] for path in paths if path.startswith("schema/")} == {
        "playbook.schema.json",
        "playbook-test.schema.json",
        "catalog.schema.json",
        "policies.schema.json",
    }
