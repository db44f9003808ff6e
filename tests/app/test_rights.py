"""`keepwarm export` and `keepwarm erase`: what a customer may ask for."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from keepwarm.store.database import Database
from tests.app.test_commands import HELLO, said
from tests.journeys.world import World


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    world = World(sqlite_database, tmp_path / "playbooks")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", plan="pro", email="anna.anders@example.com")
    world.event("anna", "signed_up")
    return world


def test_an_export_has_the_profile_the_events_and_the_words_that_were_sent(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "export", "anna")
    found = json.loads(out)
    assert code == 0
    assert found["customer"][0]["email"] == "anna.anders@example.com"
    assert [event["name"] for event in found["event"]] == ["signed_up"]
    assert [run["status"] for run in found["run"]] == ["completed"]
    assert found["message"][0]["sent"]["subject"]
    assert found["provenance"] == [
        {"name": "timezone", "value": "Europe/Amsterdam", "known": "stated in the profile"},
        {"name": "language", "value": "en", "known": "the catalog's, as no other is known"},
    ]


def test_an_export_goes_into_a_file_that_only_its_owner_reads(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "anna.json"
    code, out, _ = said(capsys, "export", "anna", "--out", str(path))
    assert code == 0
    assert "rows about anna are in" in out
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text())["customer"]
    code, _, err = said(capsys, "export", "anna", "--out", str(path))
    assert code == 1
    assert "is there already" in err


def test_erasing_asks_first_and_then_forgets(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ana\n"))
    assert said(capsys, "erase", "anna")[0] == 1
    assert "anders" in said(capsys, "export", "anna")[1]

    monkeypatch.setattr("sys.stdin", io.StringIO("anna\n"))
    code, out, _ = said(capsys, "erase", "anna")
    assert code == 0
    assert "Erased anna." in out
    assert said(capsys, "export", "anna")[0] == 1


@pytest.mark.parametrize("words", [("export", "nobody"), ("erase", "nobody", "--yes")])
def test_a_customer_who_is_not_there_is_said_to_be_so(
    world: World, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, _, err = said(capsys, *words)
    assert code == 1
    assert 'There is no customer "nobody"' in err
