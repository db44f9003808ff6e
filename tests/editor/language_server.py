"""A client of the YAML language server: what an editor says to it, and what it answers.

The Language Server Protocol, version 3.17, over the server's standard input and output.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tests.waiting import PATIENCE_SECONDS


@dataclass(frozen=True)
class Complaint:
    """A squiggle under a stretch of one line."""

    line: int
    sentence: str


class LanguageServer:
    """One running server, in which one folder is open."""

    def __init__(self, program: list[str], folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self._settings = settings
        self._process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        self._numbers = iter(range(1, 1_000_000))
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._complaints: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": self._folder.as_uri(),
                "workspaceFolders": [{"uri": self._folder.as_uri(), "name": "shop"}],
                "capabilities": {
                    "textDocument": {
                        "completion": {"completionItem": {"snippetSupport": True}},
                        "hover": {"contentFormat": ["markdown"]},
                        "publishDiagnostics": {},
                    },
                    "workspace": {"configuration": True, "workspaceFolders": True},
                },
            },
        )
        self._tell("initialized", {})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ask("shutdown", None)
        self._tell("exit", None)
        self._process.wait(timeout=PATIENCE_SECONDS)
        self._to.close()
        self._from.close()

    # ── What an editor does ──────────────────────────────────────────────────────────────────

    def complaints(self, path: str, text: str) -> list[Complaint]:
        """Open a file with this text, and give what is wrong in it, by line."""
        uri = self._open(path, text)
        while (told := self._complaints.get(timeout=PATIENCE_SECONDS))["uri"] != uri:
            pass  # of a file that was open before
        found = (
            Complaint(each["range"]["start"]["line"] + 1, each["message"])
            for each in told["diagnostics"]
        )
        return sorted(found, key=lambda each: each.line)

    def completions(self, path: str, text_with_cursor: str) -> dict[str, str]:
        """Give what is offered at the sign `|`: label -> what is said of it."""
        given = self._at_cursor("textDocument/completion", path, text_with_cursor)
        items = given["items"] if isinstance(given, dict) else given
        return {item["label"]: _words(item.get("documentation")) for item in items}

    def hover(self, path: str, text_with_cursor: str) -> str:
        """Give what is shown when somebody points at the sign `|`."""
        found = self._at_cursor("textDocument/hover", path, text_with_cursor)
        return "" if found is None else _words(found["contents"])

    def _at_cursor(self, method: str, path: str, text_with_cursor: str) -> Any:
        before, cursor, after = text_with_cursor.partition("|")
        assert cursor, "the text has no cursor"
        uri = self._open(path, before + after)
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self._ask(method, {"textDocument": {"uri": uri}, "position": position})

    def _open(self, path: str, text: str) -> str:
        """Open a text as a file of its own, because what is said of an earlier one comes late."""
        folder, _, name = path.rpartition("/")
        uri = (self._folder / folder / f"{next(self._numbers)}-{name}").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    # ── The protocol ─────────────────────────────────────────────────────────────────────────

    def _ask(self, method: str, parameters: object) -> Any:
        number = next(self._numbers)
        self._write({"id": number, "method": method, "params": parameters})
        answer = self._answers.get(timeout=PATIENCE_SECONDS)
        assert answer["id"] == number
        assert "error" not in answer, answer
        return answer["result"]

    def _tell(self, method: str, parameters: object) -> None:
        self._write({"method": method, "params": parameters})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._to.flush()

    def _listen(self) -> None:
        while (message := self._read()) is not None:
            if "method" not in message:
                self._answers.put(message)
            elif message["method"] == "textDocument/publishDiagnostics":
                self._complaints.put(message["params"])
            elif "id" in message:
                self._write({"id": message["id"], "result": self._asked(message)})

    def _read(self) -> dict[str, Any] | None:
        length = 0
        while (line := self._from.readline().strip()) or not length:
            if not line:
                return None  # the server has ended
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._from.read(length))
        return message

    def _asked(self, message: dict[str, Any]) -> object:
        """Answer what the server asks of the editor: its settings, by section."""
        if message["method"] != "workspace/configuration":
            return None
        return [self._section(item.get("section", "")) for item in message["params"]["items"]]

    def _section(self, name: str) -> dict[str, Any]:
        start = f"{name}."
        own = {k.removeprefix(start): v for k, v in self._settings.items() if k.startswith(start)}
        section: dict[str, Any] = {}
        for path, value in own.items():
            *parents, last = path.split(".")
            within = section
            for parent in parents:
                within = within.setdefault(parent, {})
            within[last] = value
        return section


def _words(documentation: Any) -> str:
    if isinstance(documentation, dict):
        return str(documentation["value"])
    return str(documentation or "")
