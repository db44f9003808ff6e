"""An editor: the folder that `keepwarm init` writes, open in the real YAML language server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from tests.editor.language_server import LanguageServer
from tests.npm import installed

PACKAGE = Path(__file__).parent / "server"


@pytest.fixture(scope="session")
def server() -> list[str]:
    """The command line of the server, which is installed at the first use: pinned and hashed."""
    node, modules = installed(PACKAGE, "the editor's language server")
    return [node, str(modules / "yaml-language-server" / "bin" / "yaml-language-server"), "--stdio"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who has just begun."""
    folder = tmp_path_factory.mktemp("editor") / "shop"
    assert main(["init", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def customers(shop: Path) -> None:
    """Some customers, whose statistics are in the schemas that the editor reads."""
    rows = [
        "customer_id,email,first_name,plan,monthly_revenue",
        "c1,annabel@example.com,Annabel,free,",
        "c2,bert@example.com,Bert,pro,40",
        "c3,,,pro,1200.5",
    ]
    (shop / "people.csv").write_text("\n".join(rows) + "\n")
    (shop / "events.csv").write_text("customer_id,at\nc1,2026-03-01T10:00:00Z\n")
    in_shop = ["--playbooks", str(shop / "playbooks")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPWARM_HOME", str(shop / ".keepwarm"))
        events = ["import", "events", str(shop / "events.csv"), "--event", "signed_up"]
        for words in (
            ["import", "customers", str(shop / "people.csv")],
            events,
            ["schema", "--statistics"],
        ):
            assert main([*words, *in_shop]) == 0


@pytest.fixture(scope="session")
def editor(server: list[str], shop: Path, customers: None) -> Iterator[LanguageServer]:
    """The folder open in an editor, with the settings that came with it."""
    settings = json.loads((shop / ".vscode" / "settings.json").read_text())
    with LanguageServer(server, shop, settings) as running:
        yield running
