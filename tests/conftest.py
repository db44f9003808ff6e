"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.canaries import canaries_in_logs_refused, refuse_canaries_in

# The same cases every time: a run that fails is one that fails again, for whoever looks. New ones
# are found on purpose, with `pytest --hypothesis-seed=random --hypothesis-profile=default`.
settings.register_profile("same", derandomize=True, database=None)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def no_canary_is_seen(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse a test in which something personal or a key got into a log or into Prefect."""
    # First, so that it is still there after the test's own services have ended.
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    with canaries_in_logs_refused():
        yield
    if folder is not None:
        refuse_canaries_in(folder)
