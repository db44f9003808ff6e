"""`keepwarm up` as a process of its own, which may die on the way: the real command, told where.

python -m tests.faults.served 2026-03-02T08:00:00+00:00 [sending]
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from keepwarm.app.settings import CONNECTOR_SETTINGS
from keepwarm.flows.prefect.server import free_port
from keepwarm.store.landmarks import Landmark
from tests.connectors.given import settings_for
from tests.faults.city import City
from tests.waiting import PATIENCE_SECONDS, wait_for

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Service:
    """A service that runs, or did."""

    process: subprocess.Popen[bytes]
    home: Path

    def says(self) -> str:
        """Give what it printed so far."""
        return (self.home / "output").read_text(encoding="utf-8")

    def wait_until_up(self) -> None:
        """Wait until it is connected to Prefect, so that work is done by runs from now on.

        One that is to die may come to its landmark before, with what others left.
        """
        wait_for(lambda: "Tasks " in self.says() or self.process.poll() is not None)

    def died(self) -> bool:
        """Wait until it is killed; False when it ended in another way."""
        return self.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL

    def end(self) -> bool:
        """Have it end in good order; tell whether it did."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS) == 0


@contextlib.contextmanager
def served(
    town: City, home: Path, prefect_url: str | None, ends_at: Landmark | None = None
) -> Iterator[Service]:
    """Start the service on a city's data, at the city's hour."""
    home.mkdir(exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT")},
        **({"PREFECT_API_URL": f"{prefect_url}/api"} if prefect_url else {}),
        **{CONNECTOR_SETTINGS[channel]: road for channel, road in town.roads.items()},
        "KEEPWARM_HOME": str(home),
        "KEEPWARM_DATABASE_URL": town.url,
        "KEEPWARM_PLAYBOOKS": str(town.world.folder),
        "KEEPWARM_PORT": str(free_port(0)),
        "KEEPWARM_PREFECT_PORT": str(free_port(0)),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
    }
    for road in town.roads.values():
        environment |= settings_for(road, town.here)
    command = [
        sys.executable,
        "-m",
        __name__,
        town.now.isoformat(),
        *([ends_at] if ends_at else []),
    ]
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield Service(process, home)
    finally:
        process.kill()
        process.wait()


# ── Inside the process ───────────────────────────────────────────────────────────────────────


def main(began: datetime, ends_at: Landmark | None) -> int:
    """Serve from that moment on, until told to end or until a landmark is reached."""
    from keepwarm.app import wiring
    from keepwarm.app.command_line import main as keepwarm
    from keepwarm.store.landmarks import watch

    since = time.monotonic()
    wiring.clock = lambda: began + timedelta(seconds=time.monotonic() - since)

    def die(landmark: Landmark) -> None:
        # A busy machine opens runs slowly, and here the work is to be done by one.
        sys.modules["keepwarm.flows.prefect.foreman"].__dict__["_PATIENCE_SECONDS"] = (
            PATIENCE_SECONDS
        )
        if landmark is ends_at:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(die)
    return keepwarm(["up", "--no-example"])


if __name__ == "__main__":
    at, *landmark = sys.argv[1:]
    sys.exit(main(datetime.fromisoformat(at), Landmark(landmark[0]) if landmark else None))
