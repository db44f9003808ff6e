"""Working ahead: one thread uses the database while another one thinks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Final, TypeVar

#: How many items may be taken before the result of the first is put down.
MOST_AHEAD: Final = 5

Item = TypeVar("Item")
Result = TypeVar("Result")


def worked_ahead(
    items: Iterable[Item], work: Callable[[Item], Result]
) -> Iterator[tuple[Item, Result]]:
    """Give each item with what `work` makes of it, in their order.

    The work is done in a thread of its own: an item is worked on while the caller puts down the
    result before it and takes items after it. A database computes without Python's lock, so the
    two are really done at once. `work` may use nothing that the caller uses meanwhile: no
    connection. At most MOST_AHEAD items are under way.
    """
    with _another_thread() as other:
        under_way: deque[tuple[Item, Future[Result]]] = deque()
        try:
            for item in items:
                under_way.append((item, other.submit(work, item)))
                # One more is always there to be worked on.
                while len(under_way) > MOST_AHEAD or (
                    len(under_way) > 1 and under_way[0][1].done()
                ):
                    before, result = under_way.popleft()
                    yield before, result.result()
            while under_way:
                before, result = under_way.popleft()
                yield before, result.result()
        finally:
            wait([result for _, result in under_way if not result.cancel()])


#: Threads that wait for work.
_idle: Final[deque[ThreadPoolExecutor]] = deque()
os.register_at_fork(after_in_child=_idle.clear)  # there, nobody is behind them


@contextmanager
def _another_thread() -> Iterator[ThreadPoolExecutor]:
    """Give a thread that nobody else uses meanwhile, one that has been started if there is one.

    Where memory is short, a thread may die before it has begun, and Python waits for ever for it to
    begin: here in the middle of a transaction, behind which everybody else would wait as long.
    """
    try:
        other = _idle.pop()
    except IndexError:
        other = ThreadPoolExecutor(1, thread_name_prefix="working ahead")
    try:
        yield other
    finally:
        _idle.append(other)
