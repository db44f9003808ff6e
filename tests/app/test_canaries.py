"""What commands and pages show: nobody's data but a named customer's, and never a key."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from keepwarm.engine.outcome import NotProcessed, Rejected, Remedy
from keepwarm.flows.notices import tell_operators
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import open_circuit
from keepwarm.store.database import Database
from tests.app.serving import Site, serving
from tests.canaries import Leaked, refuse_canaries
from tests.journeys.world import CATALOG, World

KEYS = {
    "KEEPWARM_SECRET": "canary-key-secret",
    "KEEPWARM_WRITE_KEY": "canary-key-write",
    "SENDGRID_API_KEY": "canary-key-sendgrid",
    "SENDGRID_FROM": "Acme <hello@acme.example>",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "canary-key-twilio",
    "TWILIO_FROM": "+15005550006",
    "KEEPWARM_EMAIL": "sendgrid",
    "KEEPWARM_SMS": "twilio",
    "STRIPE_WEBHOOK_SECRET": "canary-key-stripe",
}
HELLO = """\
topic: tips
start: {event: signed_up}
only_if:
  - plan: pro
steps:
  - email: hello
  - sms: nudge
  - task: Call
    for: care
    due: in 2 days
"""
#: What says how things stand, and is about no customer who is named.
COMMANDS = [
    ["status"], ["releases"], ["connectors"], ["arrivals"], ["sources"], ["keys", "list"],
    ["users", "list"], ["graph", "--counts"], ["graph", "hello", "--format", "svg"], ["plan"],
    ["plan", "--format", "json"], ["simulate"], ["schema", "--statistics"], ["check"],
    ["connectors", "--try", "sendgrid"], ["explain", "nobody"],
    ["import", "customers", "people.csv"],
]  # fmt: skip


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Customers with much to hide, to whom everything happened."""
    for name, value in {**KEYS, "KEEPWARM_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    world = World(sqlite_database, tmp_path / "playbooks")
    monkeypatch.setenv("KEEPWARM_PLAYBOOKS", str(world.folder))
    world.write(
        "catalog/catalog.yaml",
        CATALOG.replace("attributes:\n", "attributes:\n  first_name: {is: text, personal: yes}\n"),
    )
    world.words("hello", "Dear {{ customer.first_name | default: 'you' }}.")
    world.playbook("hello", HELLO)
    world.apply()
    world.connector.will_answer(NotProcessed("503"), to="canary1@customer.example")
    world.connector.will_answer(
        Rejected("550 no such mailbox", Remedy.SUPPRESS_ADDRESS), to="canary2@customer.example"
    )
    for number in range(3):
        name, mail = f"c{number}", f"canary{number}@customer.example"
        world.person(name, email=mail, first_name="Canarina", plan="pro")
        world.event(name, "signed_up")
        world.event(name, "signed_upp", words=mail)  # cannot be used
    with world.database.writing() as cx:
        open_circuit(cx, "sendgrid", "SendGrid error 401", world.now)
        tell_operators(cx, world.system, Channel.EMAIL, "a look", "sendgrid is stopped")
    # Something to plan, and something to refuse.
    world.playbook("hello", HELLO.replace("plan: pro", "plan: free"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(
        "customer_id,plan,email\nc7,golden,canary7@customer.example\n", encoding="utf-8"
    )
    return world


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_about_everybody_shows_anybody(
    world: World, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with contextlib.suppress(SystemExit):  # usage
        main(words)
    said = capsys.readouterr()
    assert said.out + said.err
    refuse_canaries(said.out + said.err, " ".join(words))
    for path in (world.folder.parent / "schema").rglob("*.json"):
        written = path.read_text(encoding="utf-8").replace("as +31612345678", "")  # an example
        refuse_canaries(written, path)


def test_an_export_holds_one_customer_and_no_key(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "c1"]) == 0
    exported = capsys.readouterr().out
    refuse_canaries(exported, "the export", personal=False)
    with pytest.raises(Leaked):
        refuse_canaries(exported, "the export")  # their own
    assert "canary1@customer.example" in exported
    assert "canary0@" not in exported
    assert "canary2@" not in exported
    json.loads(exported)


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    with serving(world, KEYS["KEEPWARM_WRITE_KEY"]) as running:
        yield running


def test_pages_about_everybody_show_nobody_and_no_page_shows_a_key(site: Site) -> None:
    for path in ("/playbooks", "/playbooks/hello", "/sign-in", "/account",
                 "/explain", "/nothing", "/outbox/99999"):  # fmt: skip
        refuse_canaries(site.get(path).text, path)
    message = site.world.outbox("c1")[0].id
    for path in ("/outbox", f"/outbox/{message}", f"/outbox/{message}/html", "/tasks",
                 "/playbooks/hello/preview", "/explain?customer=c1", "/openapi.json"):  # fmt: skip
        page = site.get(path)
        assert page.status == 200, path
        refuse_canaries(page.text, path, personal=False)


def test_what_the_door_answers_repeats_nothing(site: Site) -> None:
    told = {"userId": "c9", "event": 5, "traits": {"email": "canary9@customer.example"}}
    for path in ("/v1/track", "/v1/identify", "/v1/batch", "/callbacks/twilio", "/sources/stripe"):
        for key in ("canary-key-write", "canary-key-wrong"):
            answer = site.post(path, told, Authorization=f"Bearer {key}")
            refuse_canaries(answer.text, path)
