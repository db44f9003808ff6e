"""`keepwarm keys`: a key is shown once, listed without its secret, and revoked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.app.test_commands import said


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    monkeypatch.delenv("KEEPWARM_DATABASE_URL", raising=False)


def test_a_key_is_made_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "keys", "list")[1].startswith("There is no key.")
    scope = ("--calls", "track, page", "--events", "signed_up", "--per-second", "50")
    code, out, err = said(capsys, "keys", "add", "shop", *scope, "--by", "ann")
    assert code == 0
    assert re.fullmatch(r"kw_[0-9a-f]{8}_[0-9a-f]{40}\n", out)
    assert "the only time" in err
    listed = said(capsys, "keys", "list")[1]
    assert out.strip() not in listed
    assert listed.startswith(out[:11])
    assert "by ann, never used; page, track of signed_up, up to 50 a second" in listed
    name = out[:11]
    for key, says in ((name, "opens nothing any more"), (out.strip(), "was revoked already")):
        assert said(capsys, "keys", "revoke", key)[:2] == (0, f"{name} {says}.\n")
    assert "revoked " in said(capsys, "keys", "list")[1]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "The name of the source is empty. Write who holds the key, such as shop."),
        ("  ", "The name of the source is empty. Write who holds the key, such as shop."),
        ("my  shop ", "has blanks or other signs that are not seen. Write my-shop."),
        ("my\u00a0shop", "has blanks or other signs that are not seen. Write my-shop."),
        ("shop\u200b", "has blanks or other signs that are not seen. Write shop."),
    ],
)
def test_a_source_is_named_by_one_word(
    capsys: pytest.CaptureFixture[str], source: str, says: str
) -> None:
    code, out, err = said(capsys, "keys", "add", source)
    assert (code, out) == (1, "")
    assert says in err
    assert said(capsys, "keys", "list")[1].startswith("There is no key.")
    assert said(capsys, "keys", "add", "boutique-été.example_2")[0] == 0


def test_what_cannot_be_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "keys", "add", "shop", "--calls", "trac")
    assert (code, err) == (1, 'keepwarm: There is no call "trac". Did you mean track?\n')
    code, _, err = said(capsys, "keys", "revoke", "kw_nobody")
    assert code == 1
    assert 'There is no key "kw_nobody"' in err
    assert said(capsys, "keys")[0] == 2
    assert said(capsys, "keys", "add", "shop", "--per-second", "0")[0] == 2
