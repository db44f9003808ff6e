"""An editor: the folder that `keepwarm init` writes, open in the real YAML language server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from tests.editor.language_server import LanguageServer

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).parent / "server"
#: What npm says when it reached no registry at all; whatever else it says is a fault of ours.
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


@pytest.fixture(scope="session")
def server() -> list[str]:
    """The command line of the server, which is installed at the first use: pinned and hashed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("the editor's language server needs node and npm, and they are not installed")
    digest = sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()[:16]
    home = ROOT / ".editor" / digest
    program = home / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not program.is_file():
        install(npm, home)
    return [node, str(program), "--stdio"]


def install(npm: str, home: Path) -> None:
    """Install exactly what the lock names, and run no script of any package."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(PACKAGE, home)
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ran = subprocess.run(words, cwd=home, capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode:
        shutil.rmtree(home)
        if any(code in ran.stderr for code in NO_NETWORK):
            pytest.skip(
                "the editor's language server is not installed, and npm reaches no registry"
            )
        pytest.fail(f"npm ci failed:\n{ran.stderr}")


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
