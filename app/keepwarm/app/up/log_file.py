"""The file that `keepwarm up` writes its log to: others may move it, and its disk may fail."""

from __future__ import annotations

import contextlib
import logging
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path


class LogFile(WatchedFileHandler):
    """Writes to a file, and to a new one of its name once that was moved away.

    What it cannot take, since its disk is full or read-only, goes to stderr.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            OSError: it cannot be written.
        """
        super().__init__(path, encoding="utf-8")
        self._fails = self._failed_before = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; nothing is raised, since whoever logs has other work to do."""
        self._failed_before, self._fails = self._fails, False
        try:
            super().emit(record)
        except OSError:  # it was moved, and there can be no other
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it so
        """Say a line on stderr that the file does not take, and before the first of them why."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._fails = True
        self.dev = self.ino = -1  # whatever lies there next is another file
        says = self.format(record)
        if not self._failed_before:
            why = f"{self.baseFilename} cannot be written ({error.strerror}); it would say:"
            says = f"{why}\n{says}"
        with contextlib.suppress(OSError, ValueError):  # it may lie on that disk, or be closed
            print(says, file=sys.stderr, flush=True)
