"""What a stand-in took, written at the moment of taking, before any answer: the oracle."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One message that a provider took, as its receiver would read it."""

    provider: str
    send_id: str
    address: str
    provider_id: str
    #: The texts as read: `subject`, `html`, `text`; headers as `header:<name>`.
    words: Mapping[str, str] = field(default_factory=dict)


class Ledger:
    """Entries in the order of acceptance; with a path, also on the disk before the answer."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._file = path.open("a", encoding="utf-8") if path else None

    def add(self, *entries: Entry) -> None:
        """Take messages; on the disk when this returns."""
        self.entries.extend(entries)
        if self._file and entries:
            lines = [json.dumps(asdict(entry), ensure_ascii=False) for entry in entries]
            self._file.write("\n".join(lines) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def of(self, provider: str) -> list[Entry]:
        """Give what one provider took."""
        return [entry for entry in self.entries if entry.provider == provider]

    def send_ids(self, provider: str) -> list[str]:
        """Give the send ids that one provider took, repeated ones repeated."""
        return [entry.send_id for entry in self.of(provider)]

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
