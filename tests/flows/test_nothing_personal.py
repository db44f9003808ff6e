"""With the real pieces: the customer gets the message, and Prefect learns nothing of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keepwarm.app.applying import apply_folder
from keepwarm.app.settings import read_settings
from keepwarm.app.wiring import make_system
from keepwarm.connectors.memory import Memory
from keepwarm.flows.arrivals import Identify, Track, keep, take_in
from keepwarm.flows.prefect.server import PrefectServer
from keepwarm.schema.words import Channel
from keepwarm.store.inbox import Arrival
from tests.flows.test_running import ended
from tests.waiting import PATIENCE_SECONDS, wait_for

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

pytestmark = pytest.mark.prefect

PLAYBOOK = """\
playbook: card-declined
title: A card is declined
owner: billing@acme.example
status: live
kind: transactional
start: {event: payment_failed, once: per invoice}
steps:
  - sms: declined
  - wait: 3 days
  - sms: declined
"""
CATALOG = """\
attributes:
  first_name: {is: text, personal: yes}
  plan: {is: text}
events:
  payment_failed: {with: {invoice: text}}
"""
PHONE, MAIL, NAME = "+31612345678", "canary@customer.example", "Canarina"


async def test_prefect_sees_counts_and_identifiers_only(
    server: PrefectServer, client: PrefectClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keepwarm.flows.prefect import foreman as module
    from keepwarm.flows.prefect.foreman import Foreman

    # A busy machine opens runs slowly, and here the work is to be done by one.
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", PATIENCE_SECONDS)
    files = {
        "card-declined.yaml": PLAYBOOK,
        "catalog/words.yaml": CATALOG,
        "templates/declined.txt": "Canary words for {{ customer.first_name | default: 'you' }}\n",
    }
    for name, content in files.items():
        (tmp_path / "playbooks" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "playbooks" / name).write_text(content)
    made = make_system(read_settings({"KEEPWARM_HOME": str(tmp_path / "data")}))
    memory = Memory()
    system = replace(made, connectors={**made.connectors, Channel.SMS: memory})
    apply_folder(system.database, tmp_path / "playbooks", "somebody", "", system.clock())
    about = {"first_name": NAME, "email": MAIL, "phone": PHONE}
    about["timezone"] = f"Etc/GMT{system.clock().hour - 12:+d}"
    foreman = Foreman(system, take_in, base_url="http://127.0.0.1:8800", server=server)
    foreman.start()
    try:
        wait_for(lambda: foreman.shop.kept_client is not None)
        keep(
            system,
            [
                Arrival("t", "1", Identify("c-1", None, about).payload()),
                Arrival("t", "2", Track("c-1", "payment_failed", None, {"invoice": "i"}).payload()),
            ],
        )
        foreman.notify()
        wait_for(lambda: memory.sent)
        (run,) = await ended(client, "card-declined")  # it leaves its artifacts before
        assert run.state_name == "Completed"
        artifacts = {each.key: each.data for each in await client.read_artifacts()}
    finally:
        assert foreman.stop(PATIENCE_SECONDS)
        system.database.close()
    assert memory.sent[0].address == PHONE
    funnel = str(artifacts["card-declined-funnel"])
    assert "1. text declined" in funnel
    assert '"sent": 1' in funnel
    assert '"waiting now": 1' in funnel
    summary = str(artifacts["card-declined-summary"])
    assert "1 text sent" in summary
    assert "http://127.0.0.1:8800/outbox?playbook=card-declined" in summary
    stored = b"".join(path.read_bytes() for path in server.home.glob("prefect.db*"))
    assert b"card-declined" in stored
    for canary in (PHONE, MAIL, NAME, "Canary words"):
        assert canary.encode() not in stored
