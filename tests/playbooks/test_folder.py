"""The shipped folder as a whole, and the real purchases that its win-back finds."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from importlib.resources import files as resources

import pytest

from keepwarm.schema.playbook import OnSchedule
from keepwarm.schema.words import PlaybookStatus
from tests.playbooks.shipped import FOLDER, checked, files

WORKSPACE = checked().workspace
SHIPPED = {
    "onboarding-30-days",
    "dormant-win-back",
    "failed-payment",
    "at-risk-escalation",
    "abandoned-cart",
    "renewal-90-days",
    "milestone-birthday",
    "milestone-anniversary",
    "nps-survey",
    "nps-detractor-follow-up",
}


def test_nothing_is_wrong_in_it() -> None:
    assert [str(problem) for problem in checked().problems] == []
    assert not WORKSPACE.respellings
    assert set(WORKSPACE.playbooks) == SHIPPED


@pytest.mark.parametrize("path", [path for path in files() if path.endswith(".yaml")])
def test_its_first_line_names_a_schema_that_is_there(path: str) -> None:
    first = files()[path].decode().splitlines()[0]
    opening = "# yaml-language-server: $schema="
    assert first.startswith(opening)
    assert (FOLDER / path).parent.joinpath(first.removeprefix(opening)).resolve().is_file()


def test_every_attribute_and_event_says_what_it_means() -> None:
    catalog = WORKSPACE.catalog
    sections = (catalog.attributes, catalog.events, catalog.metrics, catalog.scores)
    silent = [name for each in sections for name, said in each.items() if not said.means]
    assert silent == []


def test_the_win_back_and_the_failed_payment_are_live() -> None:
    for name in ("dormant-win-back", "failed-payment"):
        assert WORKSPACE.playbooks[name].status is PlaybookStatus.LIVE


def test_the_win_back_finds_some_hundreds_of_the_real_customers_on_its_first_day() -> None:
    bought: dict[str, list[date]] = defaultdict(list)
    written = (resources("keepwarm.app.example") / "cdnow_sample.csv").read_text(encoding="ascii")
    for row in csv.DictReader(written.splitlines()):
        bought[row["customer_id"]].append(date.fromisoformat(row["ordered_on"]))
    today = max(max(days) for days in bought.values()) + timedelta(days=1)
    quiet_since = today - timedelta(days=180)
    found = [days for days in bought.values() if len(days) >= 2 and max(days) < quiet_since]
    assert len(found) == 638  # and up to two more by the hour at which it looks
    expects = WORKSPACE.playbooks["dormant-win-back"].expects
    assert expects is not None
    assert len(found) <= expects.high
    assert isinstance(WORKSPACE.playbooks["dormant-win-back"].start, OnSchedule)
