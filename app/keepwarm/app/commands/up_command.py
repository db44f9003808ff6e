"""Start the whole service, with nothing else installed, and show where to look.

  keepwarm up                 the playbooks in ./playbooks, on an example's customers
  keepwarm up --no-example    without the example: bring your own (`keepwarm import`)

Everything is kept in .keepwarm (KEEPWARM_HOME names another folder): start it again and it goes
on where it was. Ctrl-C ends it. Nothing leaves this machine until a connector is set.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Final

from keepwarm.app.shown import add_by, add_colour, add_playbooks, wants_colour

_LISTEN_EVERY_SECONDS: Final = 0.5
_EXIT_WITHIN_SECONDS: Final = 3.0


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_by(parser)
    add_colour(parser)
    parser.add_argument(
        "--no-example", action="store_true", help="start without the example's customers"
    )
    parser.add_argument("--port", type=int, metavar="PORT", help="of the web (default: 8800)")


def run(given: argparse.Namespace) -> int:
    """Start everything, tell what happened, and wait for Ctrl-C."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.up.starting_up import StartUp
    from keepwarm.app.up.telling import Teller

    settings = replace(read_settings(), playbooks=given.playbooks.absolute())
    if given.port:
        settings = settings.at_port(given.port)
    teller = Teller(sys.stdout, colour=wants_colour(given, sys.stdout))
    with _interrupted_once() as interruption:
        start_up = StartUp(settings, teller, by=given.by, with_example=not given.no_example)
        try:
            start_up.begin()
            _wait_until(interruption)
        except KeyboardInterrupt:
            pass
        finally:
            interruption.is_over = True
            start_up.end()
    _end_in_time()
    return 0


def _end_in_time() -> None:
    """See to it that the process ends soon, in good order or not: its work is done.

    What Prefect's client could not yet tell a server that is gone, it would tell it for minutes.
    """
    sys.stdout.flush()
    last = threading.Timer(_EXIT_WITHIN_SECONDS, os._exit, [0])
    last.daemon = True
    last.start()


@dataclass(slots=True)
class _Interruption:
    """Whether a signal came, or none is heard of any more."""

    is_over: bool = False


def _wait_until(interruption: _Interruption) -> None:
    """Sleep until a signal interrupts, or did.

    In short sleeps: a signal that the system gave to another thread wakes nobody, and is heard of
    when this one runs again. And one that came while Python tidied up was swallowed there.
    """
    while not interruption.is_over:
        time.sleep(_LISTEN_EVERY_SECONDS)


@contextmanager
def _interrupted_once() -> Iterator[_Interruption]:
    """Let Ctrl-C, a polite kill or a terminal that closes interrupt; after the first none does."""
    interruption = _Interruption()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not interruption.is_over:
            interruption.is_over = True
            raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it to go on
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
