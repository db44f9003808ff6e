"""Draws: the same each time, even over all, and independent of each other."""

from __future__ import annotations

from itertools import pairwise

from keepwarm.engine.draws import share_of

CUSTOMERS = [f"customer-{number}" for number in range(20_000)]


def chi_square(counts: list[int], expected: float) -> float:
    return sum((count - expected) ** 2 / expected for count in counts)


def test_a_draw_is_the_same_each_time_and_on_every_machine() -> None:
    assert share_of("holdout:p", "ann") == share_of("holdout:p", "ann")
    assert share_of("holdout:p", "ann") == 0.2672878269325467


def test_a_draw_lies_in_the_half_open_unit_interval() -> None:
    shares = [share_of("s", customer) for customer in CUSTOMERS]
    assert min(shares) >= 0.0
    assert max(shares) < 1.0
    assert len(set(shares)) == len(shares)


def test_draws_are_even_over_twenty_thousand() -> None:
    for salt in ("holdout:p", "split:p/offer", ""):
        counts = [0] * 20
        for customer in CUSTOMERS:
            counts[int(share_of(salt, customer) * 20)] += 1
        assert chi_square(counts, 1000) < 43.8  # 19 degrees of freedom, p = 0.001


def test_a_share_is_met_to_a_percent() -> None:
    for share in (0.05, 0.5, 0.9):
        drawn = sum(share_of("holdout:p", customer) < share for customer in CUSTOMERS)
        assert abs(drawn / len(CUSTOMERS) - share) < 0.01


def test_draws_under_two_salts_are_independent() -> None:
    counts = [0] * 16
    for customer in CUSTOMERS:
        one, other = share_of("split:p/a", customer), share_of("split:p/b", customer)
        counts[int(one * 4) * 4 + int(other * 4)] += 1
    assert chi_square(counts, len(CUSTOMERS) / 16) < 37.7  # 15 degrees of freedom, p = 0.001


def test_neighbouring_customers_are_independent() -> None:
    counts = [0] * 16
    shares = [share_of("s", customer) for customer in CUSTOMERS]
    for one, other in pairwise(shares):
        counts[int(one * 4) * 4 + int(other * 4)] += 1
    assert chi_square(counts, len(CUSTOMERS) / 16) < 37.7


def test_growing_a_group_keeps_everybody_who_was_in_it() -> None:
    small = {c for c in CUSTOMERS if share_of("rollout:p", c) < 0.1}
    large = {c for c in CUSTOMERS if share_of("rollout:p", c) < 0.5}
    assert small < large


def test_salt_and_customer_do_not_run_into_each_other() -> None:
    assert share_of("split:p", "ann") != share_of("split:pa", "nn")
