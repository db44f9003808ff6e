"""Canaries: personal data and keys that tests plant, and that must not be seen where nobody looks.

A world's people have addresses of these kinds, and stand-ins take these keys only. So after every
test it can be asked whether one of them was logged, or lies in what Prefect or a service wrote.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: What only a message, a customer's own export and the pages about one customer may hold.
PERSONAL: Final = re.compile(
    rb"[\w.+-]+@(?:example\.com|customer\.example)|\+31612345678|\+1415555\d{4}|Canarina"
)
#: What nothing may hold: the keys of the stand-ins and of a test's own settings.
KEYS: Final = re.compile(
    rb"SG\.stand-in-key|stand-in-auth-token|os_v2_app_standin|xoxb-stand-in|whsec_[\w+/=]+"
    rb"|zendesk-signing-secret|pat-eu1-stand-in|canary-key-\w+"
)
#: Files in which whoever runs the service looks for what went wrong, and Prefect's own.
WRITTEN: Final = ("*.log", "output", "prefect.db*")
#: What logs by itself and asks nobody; and those whose words reach the ones that do not.
_TALKERS: Final = ("", "keepwarm", "prefect", "uvicorn", "uvicorn.error")
#: Ours, and those of what handles messages and requests: heard to the last detail.
_IN_DETAIL: Final = ("keepwarm", "aiohttp", "slack_sdk", "twilio", "python_http_client", "uvicorn")


class Leaked(AssertionError):  # noqa: N818 - named for what happened
    """A canary was seen where it must not be."""


def refuse_canaries(text: bytes | str, where: object, *, personal: bool = True) -> None:
    """Refuse a text that holds a key, or something personal where that may not be either.

    Raises:
        Leaked: it does, and where.
    """
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    found = KEYS.search(raw) or (PERSONAL.search(raw) if personal else None)
    if found is not None:
        around = raw[max(0, found.start() - 80) : found.end() + 40]
        raise Leaked(f"{found[0].decode()} is in {where}: {around.decode(errors='replace')}")


def refuse_canaries_in(folder: Path) -> None:
    """Refuse a folder in which a log, or a database of Prefect's, holds one."""
    for pattern in WRITTEN:
        for path in folder.rglob(pattern):
            if path.is_file():
                refuse_canaries(path.read_bytes(), path)


class _Ear(logging.Handler):
    """Keeps what was logged as the line that it would be, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


@contextmanager
def canaries_in_logs_refused() -> Iterator[None]:
    """Refuse, at the end of a block, any that was logged meanwhile, whoever did it."""
    ear = _Ear()
    levels = _in_detail(_IN_DETAIL)
    for name in _TALKERS:
        logging.getLogger(name).addHandler(ear)
    try:
        yield
    finally:
        for name in _TALKERS:
            logging.getLogger(name).removeHandler(ear)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    for line in ear.heard:
        refuse_canaries(line, "the log")


def _in_detail(names: Iterable[str]) -> dict[str, int]:
    """Have these say all they can, and give what they said before."""
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    return before
