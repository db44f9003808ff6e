from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.insight.rfm import grade_customers, grades
from keepwarm.insight.value import lifetime_value
from keepwarm.schema.catalog_reading.facts import SCORES


def test_five_equal_fifths_get_five_grades() -> None:
    assert grades(np.arange(10)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_values_have_equal_grades_however_many_they_are() -> None:
    # Half of the customers ordered once. Cut into equal parts, some of them would be graded 3.
    orders = np.array([1] * 50 + [2] * 25 + [3] * 15 + [9] * 10)
    given_to = {int(each): set(grades(orders)[orders == each].tolist()) for each in (1, 2, 3, 9)}
    assert given_to == {1: {1}, 2: {3}, 3: {4}, 9: {5}}


def test_nobody_is_above_anybody_where_all_are_equal() -> None:
    assert grades(np.array([7, 7, 7])).tolist() == [1, 1, 1]
    assert grades(np.array([], np.int64)).tolist() == []


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60))
def test_grades_follow_the_values_and_nothing_else(values: list[int]) -> None:
    array = np.array(values)
    graded = grades(array)
    by_value = dict(zip(values, graded.tolist(), strict=True))
    assert [by_value[each] for each in values] == graded.tolist()  # equal values, equal grades
    ascending = [by_value[each] for each in sorted(by_value)]
    assert ascending == sorted(ascending)  # a greater value has no lesser grade
    assert set(ascending) <= {1, 2, 3, 4, 5}
    # At most two fifths may lie above the edge of three fifths, and so on.
    for grade in range(1, 5):
        assert (graded > grade).mean() <= 1 - grade / 5 + 1e-9


@pytest.mark.parametrize(
    ("recency", "frequency", "segment"),
    [
        (5, 5, "champions"),
        (5, 4, "champions"),
        (4, 5, "loyal"),
        (3, 4, "loyal"),
        (5, 3, "potential_loyalists"),
        (4, 2, "potential_loyalists"),
        (5, 1, "new_customers"),
        (4, 1, "promising"),
        (3, 3, "need_attention"),
        (3, 1, "about_to_sleep"),
        (3, 2, "about_to_sleep"),
        (2, 5, "cant_lose_them"),
        (1, 5, "cant_lose_them"),
        (2, 3, "at_risk"),
        (1, 4, "at_risk"),
        (2, 2, "hibernating"),
        (1, 2, "hibernating"),
        (1, 1, "lost"),
    ],
)
def test_the_segment_is_that_of_the_map(recency: int, frequency: int, segment: str) -> None:
    # Twenty-five customers, one for each place of the map.
    last = np.repeat(np.arange(1, 6), 5)
    orders = np.tile(np.arange(1, 6), 5)
    graded = grade_customers(last, orders, np.ones(25))
    here = (graded.recency == recency) & (graded.frequency == frequency)
    assert graded.segment[here].tolist() == [segment]


def test_every_place_of_the_map_has_a_segment_that_the_catalog_declares() -> None:
    graded = grade_customers(
        np.repeat(np.arange(1, 6), 5), np.tile(np.arange(1, 6), 5), np.ones(25)
    )
    assert set(graded.segment.tolist()) == set(SCORES["rfm_segment"].choices)


def test_value_is_to_the_cent_and_what_is_no_number_is_nothing() -> None:
    amounts = np.array([0.1 + 0.2, np.nan, np.inf, 29.736])
    assert lifetime_value(amounts).tolist() == [0.3, 0.0, 0.0, 29.74]
