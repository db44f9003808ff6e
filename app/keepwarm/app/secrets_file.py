"""The secret of an embedded installation: made once, kept beside the database, readable to us."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

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
    """
    path = home / "secret"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return Secret(path.read_text(encoding="ascii").strip())
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
    return Secret(path.read_text(encoding="ascii").strip())
