"""Guesses at passwords: how many are free, for whom, and over how many processes of the web."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from keepwarm.app.settings import SettingsRefused, read_settings
from keepwarm.app.web.guesses import Attempt, Tries, attempts_of
from keepwarm.flows.housekeeping import keep_house_hourly
from keepwarm.store.accounts import Role, add_account
from tests.app.serving import Site, serving
from tests.journeys.world import World

ANN, PASSWORD = "ann@acme.example", "correct horse battery"


def tries_of(world: World) -> Tries:
    return Tries(world.database, b"key", world.clock)


def guess(site: Site, password: str = "nonsense", seen: str = "203.0.113.7") -> int:
    body = urlencode({"email": ANN, "password": password})
    return site.post("/sign-in", body, X_Forwarded_For=seen).status


def add(world: World) -> None:
    made = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=2, r=8, p=1).hex()  # made quickly
    with world.database.writing() as cx:
        kept = f"scrypt 2 8 1 {b'salt'.hex()} {made}"
        add_account(cx, ANN, Role.VIEWER, kept, "ops", world.now)


def test_who_guesses_has_to_wait_whichever_process_is_asked(world: World) -> None:
    add(world)
    with serving(world) as first, serving(world) as second:
        asked = [(first, second)[turn % 2] for turn in range(7)]
        assert [guess(each) for each in asked] == [401] * 5 + [429] * 2
        assert guess(second, PASSWORD) == 429
        # Others behind the same proxy are somebody else, whatever the caller wrote before.
        assert guess(first, PASSWORD, seen="198.51.100.9") == 303
        assert guess(first, PASSWORD, seen="198.51.100.9, 203.0.113.7") == 429
        world.now += timedelta(seconds=6)
        assert guess(first, PASSWORD) == 303
        assert [guess(first) for _ in range(6)] == [401] * 5 + [429]
    assert "203.0.113" not in str(world.rows("SELECT * FROM wrong_password"))
    world.now += timedelta(days=1, hours=1)
    assert keep_house_hourly(world.system)
    assert world.rows("SELECT * FROM wrong_password") == []


def test_who_found_a_browser_that_is_signed_in_cannot_find_the_password_out(world: World) -> None:
    add(world)
    with serving(world) as site:
        entered = site.submit("/sign-in", email=ANN, password=PASSWORD)
        session = entered.headers["set-cookie"].partition(";")[0]
        bodies = [
            urlencode({"password": password, "new_password": "a longer password"})
            for password in (*["nonsense"] * 5, PASSWORD)
        ]
        answers = [site.post("/account", body, Cookie=session) for body in bodies]
        assert [each.status for each in answers] == [403] * 5 + [429]
        assert answers[-1].headers["retry-after"] == "5"
        world.now += timedelta(seconds=6)
        assert site.post("/account", bodies[-1], Cookie=session).status == 303


def test_each_wrong_password_more_doubles_the_wait(world: World) -> None:
    tries, ann, ben = tries_of(world), [Attempt("ann")], [Attempt("ben")]
    waits: list[int] = []
    for _ in range(15):
        assert tries.take(ann) == 0
        wait = tries.take(ann) if len(waits) >= 4 else 0
        waits.append(wait)
        world.now += timedelta(seconds=wait)
    assert waits[:7] == [0, 0, 0, 0, 5, 10, 20]
    assert waits[-1] == 900
    assert tries.take(ben) == 0
    tries.was_right(ann)
    assert [tries.take(ann) for _ in range(6)] == [0, 0, 0, 0, 0, 5]


def test_guesses_at_the_same_time_are_no_more_than_one_after_another(world: World) -> None:
    tries = tries_of(world)
    both = [Attempt("ann"), Attempt("here", 20)]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda turn: tries.take(both[:: 1 - 2 * (turn % 2)]), range(16)))
    assert sorted(waits) == [0] * 5 + [5] * 11


def request_from(host: str, seen: str = "") -> Request:
    headers = [(b"x-forwarded-for", seen.encode())] if seen else []
    return Request({"type": "http", "client": (host, 1), "headers": headers})


def test_a_place_and_an_account_have_their_own_limits(world: World) -> None:
    tries = tries_of(world)
    # Twenty accounts from one place; that one of the passwords was right frees none of the others.
    office = request_from("10.0.0.2", "203.0.113.7")
    assert {tries.take(attempts_of(office, f"{n}@acme.example", ())) for n in range(19)} == {0}
    for _ in range(3):
        assert tries.take(attempts_of(office, "mine@acme.example", ())) == 0
        tries.was_right(attempts_of(office, "mine@acme.example", ()))
    assert [tries.take(attempts_of(office, f"{n}@x.example", ())) for n in range(2)] == [0, 5]
    # Fifty places at one account.
    places = [attempts_of(request_from(f"198.51.100.{n}"), ANN, ()) for n in range(51)]
    assert [tries.take(each) for each in places] == [0] * 50 + [5]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (request_from("203.0.113.7"), request_from("10.0.0.2", "203.0.113.7"), True),
        (request_from("2001:db8::1"), request_from("2001:db8::ffff:2"), True),
        (request_from("2001:db8::1"), request_from("2001:db8:0:1::1"), False),
        (request_from("::ffff:203.0.113.7"), request_from("203.0.113.7"), True),
        # Only a proxy of ours is believed what it forwards.
        (request_from("9.9.9.9", "198.51.100.1"), request_from("9.9.9.9"), True),
        # Those that are named may stand in a row, and what comes before them is hearsay.
        (request_from("192.0.2.1", "203.0.113.7"), request_from("203.0.113.7"), True),
        (
            request_from("10.0.0.2", "6.6.6.6, 203.0.113.7, 192.0.2.9"),
            request_from("203.0.113.7"),
            True,
        ),
        (request_from("::ffff:192.0.2.1", "2001:db8::1"), request_from("2001:db8::2"), True),
        (request_from("10.0.0.2", "6.6.6.6, 10.1.2.3"), request_from("10.1.2.3"), True),
        (request_from("192.0.2.1", "6.6.6.6, "), request_from("192.0.2.1"), True),
    ],
)
def test_a_place_is_where_a_request_comes_from(one: Request, other: Request, is_same: bool) -> None:  # noqa: FBT001 - a case says it
    ours = read_settings({"KEEPWARM_TRUSTED_PROXIES": "192.0.2.0/24, 2001:db8:ff::1"})
    one_place, other_place = (attempts_of(each, ANN, ours.trusted_proxies) for each in (one, other))
    assert (one_place == other_place) is is_same


def test_a_proxy_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="KEEPWARM_TRUSTED_PROXIES cannot be used: 'acme'"):
        read_settings({"KEEPWARM_TRUSTED_PROXIES": "192.0.2.1, acme"})
