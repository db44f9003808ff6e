"""The customers of the reference job: made from a seed, the same for every engine.

Half are dormant for 30 days or more, 80 % agreed to e-mail, 70 % to texts; each has about ten
events of the last year; earlier messages of the last week are Poisson(0.25) a customer; 15 % log
in during the first three days of the job and 10 % during the four after them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

DAY = 86_400
#: The job's first moment, in seconds since 1970; its clock is moved, never waited for.
T0 = 1_750_000_000
START = datetime.fromtimestamp(T0, UTC)
FIRST_WAIT, SECOND_WAIT = timedelta(days=3), timedelta(days=4)
PLANS = ("free", "basic", "pro", "enterprise")
KINDS = ("view", "click", "purchase", "support", "api", "logged_in")
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo",
    "Australia/Sydney",
)  # fmt: skip
FAVOURITES: tuple[list[str], ...] = (
    [],
    ["jazz"],
    ["rock", "folk"],
    ["soul", "blues", "funk"],
    ["classical"],
)

#: Every engine must end with exactly these.
EXPECTED = {
    10_000: (3_851, 3_851, 2_280, 554, 971, 2_880),
    100_000: (38_754, 38_754, 23_148, 5_742, 9_726, 29_028),
    1_000_000: (389_113, 389_113, 231_117, 57_669, 97_584, 291_529),
}
OUTCOME = ("entered", "e-mails", "texts", "tasks", "left on login", "completed")


@dataclass(frozen=True)
class World:
    """Everybody and everything of one size."""

    customers: dict[str, Any]
    events: dict[str, Any]
    logins: dict[str, Any]
    messages: dict[str, Any]

    @property
    def size(self) -> int:
        return len(self.customers["id"])


def make(n: int, seed: int = 7) -> World:
    """Draw the customers; the order of the draws is part of the definition."""
    r = np.random.default_rng(seed)
    ids = np.arange(1, n + 1)
    plan = r.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    dormant = r.random(n) < 0.5
    last = T0 - np.where(dormant, r.integers(30 * DAY, 365 * DAY, n), r.integers(0, 30 * DAY, n))
    value = (r.lognormal(9.2, 1.3, n) * (1 + plan)).astype(np.int64)
    customers = {
        "id": ids,
        "zone": r.integers(0, len(ZONES), n),
        "plan": plan,
        "signup_at": T0 - r.integers(366 * DAY, 1500 * DAY, n),
        "last_login_at": last,
        "email_consent": r.random(n) < 0.8,
        "sms_consent": r.random(n) < 0.7,
        "value_cents": value,
    }
    count = r.poisson(9, n)
    many = int(count.sum())
    kind = r.choice(5, many, p=[0.5, 0.25, 0.1, 0.05, 0.1])
    at = T0 - r.integers(0, 365 * DAY, many)
    events = {
        "customer": np.concatenate([np.repeat(ids, count), ids]),
        "at": np.concatenate([at, last]),
        "kind": np.concatenate([kind, np.full(n, 5)]),
        "cents": np.concatenate(
            [np.where(kind == 2, r.integers(500, 20000, many), 0), np.zeros(n, np.int64)],
        ),
    }
    u = r.random(n)
    first, second = ids[u < 0.15], ids[(u >= 0.15) & (u < 0.25)]
    logins = {
        "customer": np.concatenate([first, second]),
        "at": T0
        + np.concatenate(
            [
                r.integers(3600, 3 * DAY, len(first)),
                r.integers(3 * DAY + 1, 7 * DAY, len(second)),
            ],
        ),
    }
    h = r.poisson(0.25, n)
    earlier = np.repeat(ids, h)
    messages = {"customer": earlier, "at": T0 - r.integers(0, 7 * DAY, len(earlier))}
    return World(customers, events, logins, messages)


def rows(columns: Mapping[str, Any], *names: str, step: int = 100_000) -> Iterator[tuple[Any, ...]]:
    """Give the rows of some columns as plain Python values, in constant memory."""
    total = len(columns[names[0]])
    for begin in range(0, total, step):
        yield from zip(*(columns[n][begin : begin + step].tolist() for n in names), strict=True)
