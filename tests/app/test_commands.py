"""The command line: what it prints, and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.app.command_line import COMMANDS, main
from keepwarm.app.secrets_file import secret_in
from keepwarm.app.settings import SettingsRefused
from keepwarm.app.wiring import clock
from keepwarm.engine.outcome import NotProcessed
from keepwarm.store.circuits import TRIED_EVERY, open_circuit, open_circuits
from keepwarm.store.database import Database
from keepwarm.store.inbox import how_many_wait
from tests.journeys.world import World

HELLO = (
    "topic: tips\nstart: {event: signed_up}\nonly_if:\n  - plan: pro\nsteps:\n  - email: hello\n"
)


@pytest.fixture
def folder(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of playbooks, with the database that commands find."""
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    world = World(sqlite_database, tmp_path / "playbooks")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", plan="pro")
    world.person("ben", plan="free")
    world.event("anna", "signed_up")
    return world.folder


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_check_finds_nothing_or_everything(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "check", "--playbooks", str(folder))[:2] == (
        0,
        "1 playbook checked, no problems.\n",
    )
    (folder / "bad.yaml").write_text("playbook: good\n")
    code, out, _ = said(capsys, "check", "--playbooks", str(folder))
    assert code == 1
    assert "bad.yaml:1:" in out


def test_check_mends_what_has_one_correction(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "hello.yaml"
    file.write_text(file.read_text().replace("plan: pro", "plan: prro").replace("steps", "stpes"))
    words = ("check", "--fix", "--playbooks", str(folder))
    code, out, _ = said(capsys, *words)
    assert code == 0
    assert "prro -> pro\n" in out
    assert "2 corrections made.\n\n1 playbook checked, no problems.\n" in out
    assert said(capsys, *words)[1] == "1 playbook checked, no problems.\n"


def test_a_forge_is_told_of_files_as_the_repository_names_them(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "bad.yaml").write_text("playbook: bad\n")
    monkeypatch.chdir(folder.parent)
    words = ("check", "--playbooks", folder.name, "--format")
    assert f"::error file={folder.name}/bad.yaml,line=1" in said(capsys, *words, "github")[1]
    sarif = json.loads(said(capsys, *words, "sarif")[1])
    (first, *_) = sarif["runs"][0]["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": f"{folder.name}/bad.yaml"}
    assert json.loads(said(capsys, *words, "json")[1])["problems"][0]["file"] == "bad.yaml"


def test_fmt_shows_or_makes_the_one_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("fmt", "--playbooks", str(folder))
    said(capsys, *words)
    file = folder / "hello.yaml"
    good = file.read_text()
    file.write_text(good.replace("  - plan: pro", "    -   plan: '= pro'"))
    code, out, _ = said(capsys, *words, "--check")
    assert code == 1
    assert "-    -   plan: '= pro'\n+  - plan: pro\n" in out
    assert out.endswith("1 file would change; to do it: keepwarm fmt\n")
    assert said(capsys, *words)[:2] == (0, "hello.yaml: in form now\n1 file changed.\n")
    assert file.read_text() == good
    assert said(capsys, *words, "--check")[:2] == (0, "Everything is in form.\n")
    (folder / "bad.yaml").write_text("playbook: bad\n")
    code, out, _ = said(capsys, *words)
    assert code == 1
    assert out.startswith("bad.yaml has problems, and is left alone; see: keepwarm check\n")


def test_check_imports_neither_prefect_nor_a_database(folder: Path) -> None:
    tells = (
        "import sys; from keepwarm.app.command_line import main;"
        f"code = main(['check', '--playbooks', {str(folder)!r}]);"
        "bad = {'prefect', 'sqlalchemy', 'sqlmodel'} & set(sys.modules);"
        "sys.exit(3 if bad else code)"
    )
    ran = subprocess.run([sys.executable, "-c", tells], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("command", [name for name, _ in COMMANDS])
def test_help_teaches_by_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, command, "--help")
    assert code == 0
    assert f"  keepwarm {command}" in out


def test_wrong_use_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys)[0] == 2
    assert said(capsys, "nonsense")[0] == 2
    assert said(capsys, "pause", "hello")[0] == 2


def test_a_folder_that_is_not_there_is_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = said(capsys, "check", "--playbooks", str(folder / "nowhere"))
    assert code == 1
    assert err.startswith("keepwarm: There is no folder")
    assert err.endswith("or begin with one that works: keepwarm init\n")
    (folder / "one.yaml").write_text("playbook: one\n")
    code, _, err = said(capsys, "check", "--playbooks", str(folder / "one.yaml"))
    assert (code, err.split(". ")[0]) == (1, f"keepwarm: {folder / 'one.yaml'} is a file")


@pytest.mark.parametrize("command", ["check", "fmt", "test", "plan", "apply", "simulate"])
def test_a_folder_without_playbooks_is_not_taken_for_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "shop" / "playbooks").mkdir(parents=True)
    (tmp_path / "shop" / "README.md").write_text("Ours.\n")
    code, _, err = said(capsys, command, "--playbooks", str(tmp_path / "shop"))
    assert code == 1
    assert err.startswith(f"keepwarm: There is nothing in {tmp_path / 'shop'}")
    (tmp_path / "shop" / "playbooks" / "hello.yaml").write_text("playbook: hello\n")
    code, _, err = said(capsys, command, "--playbooks", str(tmp_path / "shop"))
    assert code == 1
    assert f"one folder further in: --playbooks {tmp_path / 'shop' / 'playbooks'}" in err


def test_a_misspelt_setting_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEPWARM_PRT", "1")
    code, _, err = said(capsys, "status")
    assert code == 1
    assert "Did you mean KEEPWARM_PORT?" in err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("KEEPWARM_HOME", "/dev/null", "The folder /dev/null cannot be made"),
        ("KEEPWARM_HOME", "/proc/nowhere", "Set KEEPWARM_HOME to another one."),
        ("KEEPWARM_PUBLIC_URL", "keepwarm.acme.example", "write an address such as https://"),
        ("KEEPWARM_PUBLIC_URL", "https://", "write an address such as https://"),
        ("KEEPWARM_PUBLIC_URL", "https://acme.example/a b", "write an address such as https://"),
        ("KEEPWARM_SECRET", "secret", "fewer than 16 signs, and could be guessed"),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    says: str,
) -> None:
    monkeypatch.setenv(name, value)
    code, out, error = said(capsys, "status")
    assert (code, out) == (1, "")
    assert says in error
    assert len(error.splitlines()) == 1


def test_a_secret_is_made_whole_and_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        made = list(threads.map(secret_in, [tmp_path] * 64))
    assert len({each.text for each in made}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600

    # As a disk that was full leaves it: everybody could sign with it.
    (tmp_path / "secret").write_text("")
    with pytest.raises(SettingsRefused, match=r"holds no secret\. Put it back from a backup"):
        secret_in(tmp_path)


def test_apply_says_what_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "apply", "--playbooks", str(folder))[0] == 0
    file = folder / "hello.yaml"
    file.write_text(
        file.read_text()
        .replace("hello\n", "nudge\n", 99)
        .replace("playbook: nudge", "playbook: hello")
    )
    code, out, _ = said(capsys, "apply", "--playbooks", str(folder))
    assert code == 0
    assert out.splitlines() == [
        "~ hello  2 lines: words, description",
        "Applied, as release 2. `keepwarm rollback` goes back.",
    ]


@pytest.mark.parametrize("hours", ["100000", "999999999999999999999"])
def test_status_says_what_went_out(
    folder: Path, capsys: pytest.CaptureFixture[str], hours: str
) -> None:
    code, out, _ = said(capsys, "status", "--hours", hours)
    assert code == 0
    assert "email    1 sent" in out


def test_status_says_once_what_is_held(
    folder: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    night = (
        "topic: tips\nstart: {event: logged_in}\nrespect: {quiet_hours: 08:00 to 20:00}"
        "  # keepwarm: allow quiet-by-day because it is morning in this test\n"
    )
    world = World(sqlite_database, folder)
    world.playbook("night", night + "steps:\n  - email: hello\n")
    world.apply()
    world.event("anna", "logged_in", message_id="at night")
    assert said(capsys, "status", "--hours", "100000")[1].count("held") == 1
    # Of an hour in which nothing happened, it is said that some are held since before.
    assert "1 more are held since before that" in said(capsys, "status", "--hours", "1")[1]


def test_status_says_what_waits_for_its_next_attempt(
    folder: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    noon = clock().replace(hour=11) + timedelta(days=1)  # after anything that is due now
    world = World(sqlite_database, folder, now=noon)
    again = "kind: transactional\nstart: {event: logged_in}\nsteps:\n  - sms: hello\n"
    world.playbook("again", again)
    world.apply()
    world.connector.will_answer(NotProcessed("429", retry_after=timedelta(minutes=40)))
    world.event("anna", "logged_in", message_id="too many")
    (message, *_) = [each for each in world.outbox() if each.channel == "sms"]

    out = said(capsys, "status")[1]
    assert message.due_at is not None
    assert message.due_at >= world.now + timedelta(minutes=40)
    assert f"  sms      1 for the next attempt, next due {message.due_at:%d %b %H:%M} UTC" in out
    assert "1 queued" not in out


def test_a_connector_that_stopped_is_shown_and_tried(
    folder: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    now = World(sqlite_database, folder).now
    with sqlite_database.writing() as cx:
        open_circuit(cx, "twilio", "Twilio error 20003: Authenticate", now)

    out = said(capsys, "status")[1]
    assert "twilio is STOPPED since 02 Mar 08:00 UTC: Twilio error 20003: Authenticate" in out
    assert said(capsys, "connectors", "--try", "twilio")[0] == 0
    with sqlite_database.reading() as cx:
        assert open_circuits(cx)["twilio"].try_at > now + TRIED_EVERY
    with sqlite_database.writing() as cx:
        open_circuit(cx, "webhook:crm.acme.example", "refused with HTTP status 401", now)
        open_circuit(cx, "webhook:b.example:8443", "refused with HTTP status 403", now)
    out = said(capsys, "status")[1]
    assert "webhook:crm.acme.example is STOPPED since 02 Mar 08:00 UTC: refused with HTTP" in out
    tries = "webhook:crm.acme.example tries one message within a minute"
    only, both = (
        said(capsys, "connectors", "--try", name)[1]
        for name in ("webhook:crm.acme.example", "webhook")
    )
    assert (tries in only, "b.example" in only) == (True, False)
    assert tries in both
    assert "webhook:b.example:8443 tries" in both
    assert said(capsys, "connectors", "--try", "smtp")[:2] == (1, "smtp is not stopped.\n")
    assert said(capsys, "connectors", "--try", "twillio")[2].startswith(
        'keepwarm: connector "twillio" is not known. Did you mean "twilio"?'
    )


def test_arrivals_that_were_refused_are_listed_and_tried_again(
    folder: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(sqlite_database, folder)
    for name in ("anna", "ben"):
        world.event(name, "signed_upp", message_id=f"late-{name}")

    why = 'the catalog has no event "signed_upp"; did you mean "signed_up"?'
    assert said(capsys, "arrivals")[1] == f"        2  {why}\n"
    assert said(capsys, "arrivals", "--try-again", "--only", "nothing like it")[0] == 1
    code, out, _ = said(capsys, "arrivals", "--try-again")
    assert (code, out.split()[0]) == (0, "2")
    with sqlite_database.reading() as cx:
        assert how_many_wait(cx) == 2


def test_pause_and_resume(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "pause", "hello", "--reason", "wrong words", "--by", "ann")[0] == 0
    assert "pause by ann: wrong words" in said(capsys, "status")[1]
    assert said(capsys, "pause", "helo", "--reason", "x")[2].endswith('Did you mean "hello"?\n')
    assert said(capsys, "resume", "hello")[0] == 0
    assert said(capsys, "resume", "hello")[0] == 1


def test_explain_tells_each_decision_with_what_it_saw(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "explain", "anna")
    assert code == 0
    assert "times are Europe/Amsterdam (profile)" in out
    assert "✓ plan: pro — it was pro (hello.yaml:8)" in out
    assert "sent by memory: e-mail hello (hello.yaml:10)" in out


def test_explain_tells_why_somebody_never_entered(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, "explain", "ben", "hello")[1]
    assert "never entered. Customers enter when signed_up arrives." in out
    assert "✗ plan: pro — it is free (hello.yaml:8)" in out


def test_explain_of_nobody_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = said(capsys, "explain", "nobody")
    assert code == 1
    assert error == (
        'keepwarm: There is no customer "nobody". Give your own identifier, as in'
        " customer_id of an import or userId of an event, an e-mail address or a phone number.\n"
    )


@pytest.mark.parametrize("hours", ["0", "-3", "many"])
def test_hours_that_are_none_are_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], hours: str
) -> None:
    code, _, error = said(capsys, "status", "--hours", hours)
    assert code == 2
    assert f'"{hours}" is not a whole number from 1 on' in error


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("audit --last 99999999999999999999", "99999999999999999999 is too many; the most is"),
        ("simulate --days 99999999999", "99999999999 is too many; the most is 36,500"),
        ("plan --days 99999", "99999 is too many; the most is 36,500"),
        ("simulate --until 0001-01-01", '"0001-01-01" is not a day, such as'),
        ("simulate --until 9999-12-31", '"9999-12-31" is not a day, such as'),
    ],
)
def test_numbers_and_days_that_nobody_means_are_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], words: str, says: str
) -> None:
    code, _, error = said(capsys, *words.split())
    assert (code, says in error) == (2, True)


@pytest.mark.parametrize("words", [("pause", "hello"), ("pause", "--all"), ("rollback",)])
def test_a_reason_has_words(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, _, error = said(capsys, *words, "--reason", " ")
    assert (code, "--reason: write at least one word" in error) == (2, True)


def test_a_file_that_cannot_be_written_is_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder / "nowhere" / "hello.mmd"
    code, _, error = said(capsys, "graph", "hello", "--counts", "--out", str(target))
    assert (code, error) == (1, f"keepwarm: {target}: No such file or directory.\n")


def test_customers_are_no_event(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "people.csv"
    file.write_text("customer_id\nanna\n")
    code, _, error = said(capsys, "import", "customers", str(file), "--event", "signed_up")
    assert (code, "--event is for events" in error) == (2, True)


def test_import_names_the_rows_it_refuses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "people.csv"
    file.write_text("customer_id,plan,shoe\ncarl,pro,44\ndora,golden,38\n")
    words = ("import", "customers", str(file), "--playbooks", str(folder))
    code, out, _ = said(capsys, *words)
    assert code == 1
    assert out.startswith("2 rows read: 1 new customers, 1 refused.\n")
    assert "line 3: plan" in out
    assert "shoe" in out


def test_import_of_events_makes_their_customers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "events.csv"
    file.write_text("who,at\nnew,2026-03-01T10:00:00Z\n")
    words = ("import", "events", str(file), "--event", "logged_in", "--column", "who=customer")
    code, out, _ = said(capsys, *words, "--playbooks", str(folder))
    assert (code, out) == (0, "1 rows read: 1 new events, 1 customers made for events.\n")
    again = said(capsys, *words, "--playbooks", str(folder))
    assert again[1] == f"{file} went in before; nothing was done.\n"


def test_schemas_are_written_and_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("schema", "--playbooks", str(folder))
    assert said(capsys, *words, "--check")[0] == 1
    assert said(capsys, *words)[0] == 0
    assert said(capsys, *words, "--check")[0] == 0


def test_statistics_are_put_into_schemas_and_taken_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("schema", "--playbooks", str(folder))
    said(capsys, *words)
    target = folder.parent / "schema" / "playbook.schema.json"
    plain = target.read_text()
    assert said(capsys, *words, "--statistics")[0] == 0
    assert "known of 2 of 2 customers; free 1 and pro 1." in target.read_text()
    assert said(capsys, *words, "--check")[0] == 0
    said(capsys, *words)
    assert target.read_text() == plain


def test_graph_draws_a_playbook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "graph", "hello", "--playbooks", str(folder))
    assert code == 0
    assert out.startswith("flowchart TD")
    assert "Did you mean" in said(capsys, "graph", "helo", "--playbooks", str(folder))[2]
    all_of_them = said(capsys, "graph", "--playbooks", str(folder))[1]
    assert all_of_them.startswith("## hello\n\n```mermaid\nflowchart TD")


def test_graph_writes_pictures_with_the_counts_of_what_is_live(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--format", "svg", "--playbooks", str(folder))
    code, out, _ = said(capsys, "graph", "hello", "--counts", *words)
    assert code == 0
    assert ">1 entered</text>" in out
    assert ">1 sent</text>" in out
    assert "came here" not in said(capsys, "graph", "hello", *words)[1]
    assert said(capsys, "graph", *words)[0] == 1
    assert said(capsys, "graph", *words, "--out", str(tmp_path / "pictures"))[0] == 0
    assert (tmp_path / "pictures" / "hello.svg").read_text().startswith("<svg")
    # The folder may say more than what is live.
    (folder / "new.yaml").write_text((folder / "hello.yaml").read_text().replace("hello", "new", 1))
    assert "Live are" in said(capsys, "graph", "new", "--counts", *words)[2]


def test_connectors_say_what_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    assert "SENDGRID_API_KEY" in said(capsys, "connectors", "sendgrid")[1]


def test_users_are_added_listed_given_roles_and_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "this machine alone" in said(capsys, "users", "list")[1]
    code, password, told = said(capsys, "users", "add", "Ann@Acme.example")
    assert code == 0
    assert len(password.strip()) >= 16
    assert "shown this once" in told
    assert said(capsys, "users", "add", "ann@acme.example")[0] == 1
    assert said(capsys, "users", "add", "ann")[0] == 1
    assert said(capsys, "users", "role", "ann@acme.example", "viewer")[0] == 0
    assert said(capsys, "users", "list")[1] == "ann@acme.example  viewer    never signed in\n"
    code, renewed, _ = said(capsys, "users", "password", "ann@acme.example")
    assert code == 0
    assert renewed != password
    assert "Nobody is left" in said(capsys, "users", "remove", "ann@acme.example")[1]
    assert said(capsys, "users", "password", "ann@acme.example")[0] == 1


def test_customers_are_shown_found_twice_and_merged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "customers", "show", "anna@example.com")
    assert code == 0
    assert "stated in the profile" in out
    assert "signed_up" in out
    assert said(capsys, "customers", "show", "nobody")[0] == 1
    code, out, _ = said(capsys, "customers", "duplicates")
    assert "anna, ben: same phone number" in out
    assert said(capsys, "customers", "merge", "anna", "anna")[0] == 1
    assert said(capsys, "customers", "merge", "anna", "ben", "--by", "ann")[0] == 0
    assert "Nobody seems to be known twice." in said(capsys, "customers", "duplicates")[1]
    code, out, _ = said(capsys, "audit", "--who", "ann")
    assert out.count("\n") == 1
    assert "merged customers" in out


def test_retention_says_what_would_go(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "retention")
    assert code == 0
    assert "3 years" in out
    assert "signed_up" not in out  # nothing of it is old
