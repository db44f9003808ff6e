"""The command line itself: wrong words, Ctrl-C, readers that leave, and colour."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
KEEPWARM = [sys.executable, "-m", "keepwarm.app.command_line"]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


# ── Wrong words ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("chek", 'There is no command "chek". Did you mean `keepwarm check`?'),
        ("check --formt json", "There is no option --formt. Did you mean --format?"),
        (
            "check --format jsn",
            '--format: "jsn" is none of text, json, github or sarif. Did you mean "json"?',
        ),
        ("graph -f svg", "There is no option -f. Did you mean --format?"),
        ("check a", '"a" is one word more than this command takes.'),
        ("--verison", "There is no option --verison. Did you mean --version?"),
        ("pause hello", "--reason must be said too."),
        ("pause --reason x", "PLAYBOOK or --all must be said too."),
        ("pause hello --reason", "--reason needs a word behind it."),
        ("up --port eighty", '--port is a whole number, not "eighty".'),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(
    words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *words.split())
    assert (code, out) == (2, "")
    assert err.startswith(f"keepwarm: {says}\nSee `keepwarm")


def test_a_word_that_is_near_to_none_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert "There are init, up, check, " in said(capsys, "xyzzy")[2]


def test_help_may_be_asked_for_in_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "help", "pause") == said(capsys, "pause", "--help")
    assert said(capsys, "help") == said(capsys, "--help")


# ── Ctrl-C, and readers that leave ───────────────────────────────────────────────────────────


def environment(home: Path) -> Mapping[str, str]:
    return {**os.environ, "KEEPWARM_HOME": str(home), "KEEPWARM_PLAYBOOKS": str(ROOT / "playbooks")}


STOPS_AFTER_A_BATCH = """
import sys, time
from keepwarm.app.command_line import main
from keepwarm.store import importing
class WholeBatch(importing.Imported):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "rows_read" and value == 60_000:  # in the middle of the second one
            print("imports", flush=True)
            time.sleep(600)
importing.Imported = WholeBatch
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_in_an_import_leaves_whole_batches_and_the_next_run_does_the_rest(
    tmp_path: Path,
) -> None:
    rows = 120_000
    people = tmp_path / "people.csv"
    people.write_text("customer_id\n" + "".join(f"c{number}\n" for number in range(rows)))
    words = ["import", "customers", str(people)]
    # Whoever runs the tests in the background has it ignored, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stopped = subprocess.Popen(
        [sys.executable, "-c", STOPS_AFTER_A_BATCH, *words],
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert stopped.stdout is not None
    assert stopped.stdout.readline() == b"imports\n"
    stopped.send_signal(signal.SIGINT)
    _, told = stopped.communicate(timeout=PATIENCE_SECONDS)
    assert stopped.returncode == 130
    assert told.decode() == "\nStopped. What was finished stays; nothing is left half done.\n"
    assert customers_in(tmp_path / "keepwarm.db") == 50_000
    again = subprocess.run(
        [*KEEPWARM, *words], env=environment(tmp_path), capture_output=True, check=True
    )
    assert b"120,000 rows read" in again.stdout
    assert customers_in(tmp_path / "keepwarm.db") == rows


GIVEN_TO_ANOTHER_THREAD = """
import signal, threading, time
from keepwarm.app.commands import up_command
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # of this thread alone
with up_command._interrupted_once() as interruption:
    try:
        print("waits", flush=True)  # within: the signal may come as soon as this is read
        up_command._wait_until(interruption)
    except KeyboardInterrupt:
        pass
print("ends")
"""
SWALLOWED = """
import sys, time
from keepwarm.app.commands import up_command
sys.unraisablehook = lambda _: None
class Tidied:
    def __del__(self):
        print("waits", flush=True)
        time.sleep(600)
with up_command._interrupted_once() as interruption:
    Tidied()
    up_command._wait_until(interruption)
print("ends")
"""


@pytest.mark.parametrize("program", [GIVEN_TO_ANOTHER_THREAD, SWALLOWED])
def test_a_signal_ends_the_service_whoever_the_system_gives_it_to(program: str) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == b"waits\n"
    waiting.send_signal(signal.SIGTERM)
    told, _ = waiting.communicate(timeout=PATIENCE_SECONDS)
    assert (told, waiting.returncode) == (b"ends\n", 0)


def customers_in(database: Path) -> int:
    if not database.exists():
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM customer").fetchone()[0])
    except sqlite3.OperationalError:  # no tables yet
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize(("words", "code"), [("--help", 0), ("test --show", 141), ("check", 141)])
def test_a_reader_that_leaves_is_no_error(words: str, code: int, tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    ran = subprocess.run(
        [*KEEPWARM, *words.split()],
        env=environment(tmp_path),
        stdout=writes,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writes)
    assert (ran.returncode, ran.stderr) == (code, b"")


# ── Colour ───────────────────────────────────────────────────────────────────────────────────


def on_a_terminal(home: Path, *words: str, **settings: str) -> str:
    """Give what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    plain = {k: v for k, v in environment(home).items() if k not in ("NO_COLOR", "TERM")}
    writing = subprocess.Popen(
        [*KEEPWARM, *words], env={**plain, "TERM": "xterm", **settings}, stdout=theirs
    )
    os.close(theirs)
    written = b""
    with suppress(OSError):  # it is how a terminal says that nobody writes any more
        while more := os.read(ours, 1 << 16):
            written += more
    writing.wait()
    os.close(ours)
    return written.decode()


def test_a_terminal_gets_colours_unless_they_are_refused(tmp_path: Path) -> None:
    words = ("test", "milestone-birthday")
    coloured = on_a_terminal(tmp_path, *words)
    assert "\x1b[32mok" in coloured
    for plain in (
        on_a_terminal(tmp_path, *words, "--no-color"),
        on_a_terminal(tmp_path, *words, NO_COLOR="1"),
        on_a_terminal(tmp_path, *words, TERM="dumb"),
    ):
        assert "\x1b" not in plain
        assert "ok" in plain


def test_a_file_gets_no_colours_unless_they_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("test", "milestone-birthday", "--playbooks", str(ROOT / "playbooks"))
    assert "\x1b" not in said(capsys, *words)[1]
    assert "\x1b[32m" in said(capsys, *words, "--colour", "always")[1]


def test_help_fits_into_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    for words in (["--help"], ["test", "--help"]):
        with pytest.raises(SystemExit):
            main(words)
    text = capsys.readouterr().out
    assert max(map(len, text.split("\n"))) <= 60
    assert (
        "  keepwarm test --show\n      with all that did happen, also where all is well\n" in text
    )
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main(["test", "--help"])
    assert "  keepwarm test --show                    with all that did" in capsys.readouterr().out
