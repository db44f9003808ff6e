"""`office` makes an installation whose team sees its tasks in a tool."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.city import City
from tests.faults.conftest import sqlite_town, town
from tests.tasks.office import Office

__all__ = ["sqlite_town", "town"]


@pytest.fixture
def office(sqlite_town: City) -> Callable[[str], Office]:
    return lambda tool: Office(sqlite_town, tool)


@pytest.fixture
def either_office(town: City) -> Callable[[str], Office]:
    return lambda tool: Office(town, tool)
