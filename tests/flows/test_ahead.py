"""Working ahead: in order, some items further than the caller, and nothing is swallowed."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest

from keepwarm.flows.ahead import MOST_AHEAD, worked_ahead
from tests.waiting import PATIENCE_SECONDS


def test_results_come_in_order_with_their_items() -> None:
    assert list(worked_ahead(range(5), lambda number: number * 10)) == [
        (0, 0), (1, 10), (2, 20), (3, 30), (4, 40),
    ]  # fmt: skip
    assert list(worked_ahead((), str)) == []


def test_an_item_is_worked_on_while_the_one_before_it_is_put_down() -> None:
    begun = [threading.Event() for _ in range(3)]

    def work(number: int) -> int:
        begun[number].set()
        return threading.get_ident()

    threads = set()
    for number, thread in worked_ahead(range(3), work):
        threads.add(thread)
        if number < 2:
            assert begun[number + 1].wait(PATIENCE_SECONDS)
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_only_so_many_items_are_taken_before_the_first_result_is_put_down() -> None:
    go_on = threading.Event()
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            if number == MOST_AHEAD:
                go_on.set()  # until now the first is still worked on
            taken.append(number)
            yield number

    def work(number: int) -> bool:
        return go_on.wait(PATIENCE_SECONDS)

    for number, in_time in worked_ahead(items(), work):
        assert in_time
        assert number + 2 <= len(taken) <= number + 1 + MOST_AHEAD or len(taken) == 20


def test_what_goes_wrong_in_the_work_is_told_where_its_result_is_awaited() -> None:
    def work(number: int) -> float:
        return 1 / number

    worked = worked_ahead((2, 1, 0, 1), work)
    assert [next(worked), next(worked)] == [(2, 0.5), (1, 1.0)]
    with pytest.raises(ZeroDivisionError):
        next(worked)


def test_no_thread_is_started_where_one_waits_for_work() -> None:
    def thread_of(_: int) -> int:
        return threading.get_ident()

    ((_, first),) = worked_ahead((0,), thread_of)
    ((_, again),) = worked_ahead((0,), thread_of)
    assert again == first
    outer = worked_ahead((0, 1), thread_of)
    assert next(outer) == (0, first)
    ((_, beside),) = worked_ahead((0,), thread_of)
    assert beside != first
    assert next(outer) == (1, first)


def test_what_was_begun_is_at_its_end_when_the_caller_gives_up() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work(number: int) -> int:
        if number:
            begun.set()
            go_on.wait(PATIENCE_SECONDS)
            ended.set()
        return number

    worked = worked_ahead(range(4), work)
    assert next(worked) == (0, 0)
    assert begun.wait(PATIENCE_SECONDS)
    go_on.set()
    assert isinstance(worked, Generator)
    worked.close()
    assert ended.is_set()
    assert list(worked_ahead((0,), work)) == [(0, 0)]
