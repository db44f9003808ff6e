"""One Prefect server for all tests of this folder, and workshops with pretended work."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from keepwarm.flows.prefect.server import PrefectServer, environment, free_port, one_certificate
from tests.canaries import refuse_canaries_in
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[PrefectServer]:
    """Prefect's server, and this process's environment set to it."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port(0)
    template = Path(pytestconfig.rootpath) / ".pytest_cache" / "prefect-3.8.8.db"
    settings = {**environment(home, port), **one_certificate(home)}
    before = dict(os.environ)
    os.environ.update(settings)
    if "prefect" in sys.modules:
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()
    running = PrefectServer(home, port, template=template)
    running.start()
    running.wait_until_healthy(PATIENCE_SECONDS)
    yield running
    running.stop()
    os.environ.clear()
    os.environ.update(before)
    # Whatever the tests of this folder did.
    refuse_canaries_in(home)


@pytest.fixture
async def client(server: PrefectServer) -> AsyncIterator[object]:
    from prefect.client.orchestration import get_client

    async with get_client() as made:
        yield made


@pytest.fixture(autouse=True)
def sockets_are_collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what Prefect left where it is forgiven, and not in the middle of another test."""
    yield
    if request.node.get_closest_marker("prefect") is not None:
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Prefect leaves sockets to the garbage collector; that is not ours to mend."""
    for item in items:
        if item.get_closest_marker("prefect") is not None:
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
            item.add_marker(
                pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
            )
