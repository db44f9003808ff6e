"""The secret of an embedded installation: made once, kept beside the database, readable to us."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from keepwarm.app.settings import SHORTEST_SECRET, SettingsRefused

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret, and what is derived from it for each use."""

    text: str

    def derived(self, purpose: str) -> bytes:
        """Give 32 bytes for one purpose; knowing them tells nothing of the others."""
        return hashlib.blake2b(
            purpose.encode(), key=hashlib.sha256(self.text.encode()).digest(), digest_size=_BYTES
        ).digest()


def secret_in(home: Path) -> Secret:
    """Give the secret kept in the folder, making it the first time.

    Keep the file: without it, links in messages that were sent stop working, and addresses that
    must not be mailed can no longer be recognised.

    Raises:
        SettingsRefused: the file is there, and no secret is in it.
    """
    path = home / "secret"
    if not path.exists():
        _make(path)
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if len(text) < SHORTEST_SECRET:
        raise SettingsRefused(
            f"{path} holds no secret. Put it back from a backup. Without one, delete it, and"
            " another is made; then links in messages that were sent stop working, and addresses"
            " that must not be mailed are no longer recognised."
        )
    return Secret(text)


def _make(path: Path) -> None:
    """Make the file whole or not at all, whoever else makes it or dies meanwhile."""
    part = path.with_name(f"secret.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its is the one
            os.link(part, path)
    finally:
        part.unlink()
