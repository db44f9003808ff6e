"""The log of `keepwarm up`: rotated beneath it, and on a disk that fails."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from keepwarm.app.up.log_file import LogFile


def test_the_log_goes_on_in_a_new_file_once_the_old_one_was_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "keepwarm.log"
    file = LogFile(path)
    say(file, "before")
    path.rename(tmp_path / "keepwarm.log.1")
    say(file, "after")
    file.close()

    assert path.read_text() == "after\n"
    assert (tmp_path / "keepwarm.log.1").read_text() == "before\n"


def test_what_the_log_cannot_take_is_said_on_stderr_and_why_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "logs" / "keepwarm.log"
    path.parent.mkdir()
    file = LogFile(path)
    path.unlink()
    path.mkdir()  # nobody writes into that, root neither
    say(file, "one")
    say(file, "two")
    why = f"{path} cannot be written (Is a directory); it would say:"
    assert capsys.readouterr().err == f"{why}\none\ntwo\n"
    path.rmdir()
    say(file, "three")
    path.unlink()
    path.mkdir()
    say(file, "four")
    file.close()

    assert capsys.readouterr().err == f"{why}\nfour\n"


def say(file: LogFile, words: str) -> None:
    file.emit(logging.LogRecord("keepwarm", logging.WARNING, "", 0, words, None, None))
