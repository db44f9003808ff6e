"""Workers on hosts of their own share one PostgreSQL, and the link of one is cut in the middle."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.faults.city import City
from tests.faults.hosts import city_on_the_bridge, connections_from, hosts
from tests.waiting import wait_for

pytestmark = [pytest.mark.long, pytest.mark.postgres]

#: How long a connection may outlive its host: what `database.py` asks for, and some more.
FORGOTTEN_WITHIN_SECONDS = 60


@pytest.mark.parametrize("count", [2, 4])
def test_hosts_share_the_work_and_the_link_of_one_is_cut_for_a_while(
    tmp_path: Path, count: int
) -> None:
    with hosts(count) as there, city_on_the_bridge(tmp_path) as town:
        town.settle_in("sendgrid", "onesignal")
        for _ in range(3):
            town.arrive(300)
            enough = len(town.here.ledger.entries) + 20
            workers = [host.begin(town) for host in there]
            wait_for(partial(has_more_than, town, enough))
            there[0].cut()
            for worker in workers[1:]:
                worker.join(120)
                assert worker.exitcode == 0
            there[0].mend()
            workers[0].join(120)
            assert workers[0].exitcode is not None
        town.come_to_rest()

        ends = town.judge()
    print(f"{count} hosts: {dict(ends)}")


def test_a_host_that_is_cut_off_for_good_holds_nothing_for_long(tmp_path: Path) -> None:
    with hosts(2) as there, city_on_the_bridge(tmp_path) as town:
        town.settle_in("sendgrid")
        town.arrive(300)
        lost = there[0].begin(town)
        wait_for(lambda: town.here.ledger.entries)
        there[0].cut()
        lost.kill()  # nobody hears of it: its last words are lost as well
        lost.join()
        assert connections_from(town, there[0]) > 0
        wait_for(lambda: not connections_from(town, there[0]), seconds=FORGOTTEN_WITHIN_SECONDS)
        other = there[1].begin(town)
        other.join(120)
        assert other.exitcode == 0
        town.come_to_rest()

        town.judge()


def has_more_than(town: City, entries: int) -> bool:
    return len(town.here.ledger.entries) > entries
