"""Working ahead: one thread uses the database while another one thinks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def worked_ahead(
    items: Iterable[Item], work: Callable[[Item], Result]
) -> Iterator[tuple[Item, Result]]:
    """Give each item with what `work` makes of it, in their order.

    The work is done in a thread of its own: an item is worked on while the caller puts down the
    result before it and takes the item after it. A database computes without Python's lock, so
    the two are really done at once. `work` may use nothing that the caller uses meanwhile: no
    connection. At most two items are under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="working ahead") as other:
        under_way: deque[tuple[Item, Future[Result]]] = deque()
        for item in items:
            under_way.append((item, other.submit(work, item)))
            if len(under_way) > 1:
                before, result = under_way.popleft()
                yield before, result.result()
        for before, result in under_way:
            yield before, result.result()
