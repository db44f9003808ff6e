"""Signing in to the team's pages: who may look, who may act, and what ends a session."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI

from keepwarm.app.passwords import hashed
from keepwarm.app.web.guard import Guard, Message
from keepwarm.store.accounts import (
    Person,
    Role,
    add_account,
    bind_account,
    remove_account,
    set_password,
    unbind_account,
)
from keepwarm.store.audit import read_audit
from keepwarm.store.database import Database
from tests.app.serving import Answer, Site, serving
from tests.app.test_task_pages import CALL
from tests.journeys.world import World

ANN, PASSWORD = "ann@acme.example", "correct horse battery"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    with serving(World(sqlite_database, tmp_path / "playbooks")) as running:
        yield running


def add(site: Site, email: str = ANN, role: Role = Role.OPERATOR) -> None:
    world = site.world
    with world.database.writing() as cx:
        add_account(cx, email, role, hashed(PASSWORD), "ops", world.now)


def signed_in(site: Site, email: str = ANN, password: str = PASSWORD) -> Answer:
    return site.submit("/sign-in?" + urlencode({"next": "/tasks"}), email=email, password=password)


def cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def test_with_an_account_everybody_signs_in_this_machine_too(site: Site) -> None:
    assert site.get("/tasks").status == 200
    add(site)
    asked = site.get("/tasks?show=late")
    assert asked.status == 303
    assert asked.headers["location"] == "/sign-in?next=%2Ftasks%3Fshow%3Dlate"
    entered = signed_in(site, "Ann@Acme.example")
    assert (entered.status, entered.headers["location"]) == (303, "/tasks")
    assert {"HttpOnly", "SameSite=lax"} <= set(entered.headers["set-cookie"].split("; "))
    assert site.get("/tasks", Cookie=cookie(entered)).status == 200
    assert ANN in site.get("/account", Cookie=cookie(entered)).text


def test_a_viewer_may_ask_why_of_an_address(site: Site) -> None:
    site.world.playbook("call", CALL)
    site.world.apply()
    site.world.person("anna")
    add(site, role=Role.VIEWER)
    form = urlencode({"customer": "anna@example.com"})
    answer = site.post("/explain", form, Cookie=cookie(signed_in(site)))
    assert (answer.status, answer.headers["location"]) == (303, "/explain?customer=anna")
    assert site.post("/explain", form).status == 401


def test_a_wrong_password_and_an_unknown_address_are_told_alike(site: Site) -> None:
    add(site)
    wrong, unknown = signed_in(site, password="nonsense"), signed_in(site, "eve@acme.example")
    assert wrong.status == unknown.status == 401
    assert wrong.text == unknown.text
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "change", ["password", "removed", "unbound", "time", "signature", "somebody else"]
)
def test_a_session_ends_with_what_it_stands_on(site: Site, change: str) -> None:
    world = site.world
    add(site)
    add(site, "eve@acme.example")
    with world.database.writing() as cx:
        bind_account(cx, ANN, Person("https://login.acme.example", "17"), "ops", world.now)
    session, other = cookie(signed_in(site)), cookie(signed_in(site, "eve@acme.example"))
    match change:
        case "password":
            with world.database.writing() as cx:
                set_password(cx, ANN, hashed("another password"), "ops", world.now)
        case "removed":
            with world.database.writing() as cx:
                remove_account(cx, ANN, "ops", world.now)
        case "unbound":
            with world.database.writing() as cx:
                unbind_account(cx, ANN, "ops", world.now)
        case "time":
            world.now += timedelta(hours=12, seconds=1)
        case "signature":
            session = session[:-1] + ("0" if session[-1] != "0" else "1")
        case _:
            session = f"{other.partition('.')[0]}.{session.partition('.')[2]}"
    assert site.get("/tasks", Cookie=session).status == 303


@pytest.mark.parametrize("nonsense", ["", "x", "a.b", "é.é", "OTk5OTk5OTk5OTk5OTk5OTk5OSBhbm4.x"])
def test_a_cookie_that_is_not_ours_is_none(site: Site, nonsense: str) -> None:
    add(site)
    assert site.get("/tasks", Cookie=f"keepwarm_session={nonsense}".encode().decode("latin-1"))\
        .status == 303  # fmt: skip


def test_a_viewer_looks_and_does_not_act(site: Site) -> None:
    world = site.world
    world.playbook("call", CALL)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    add(site, role=Role.VIEWER)
    session = cookie(signed_in(site))
    assert "Call them" in site.get("/tasks", Cookie=session).text
    body = urlencode({"outcome": "saved"})
    assert site.post("/tasks/1", body, Cookie=session).status == 403
    assert site.post("/tasks/1", body).status == 401
    assert world.rows("SELECT done_by FROM task") == [(None,)]
    # Nobody is shown a button that refuses.
    world.person("anna-2", email="anna@example.com")
    for path, button in (("/tasks", ">Snooze<"), ("/duplicates", "Keep anna, and merge")):
        assert button not in site.get(path, Cookie=session).text
        add(site, "ben@acme.example")
        assert button in site.get(path, Cookie=cookie(signed_in(site, "ben@acme.example"))).text


def test_who_signed_in_and_who_failed_to_is_in_the_audit(site: Site) -> None:
    add(site)
    signed_in(site, password="nonsense")
    signed_in(site, "hunter2@typed.example")
    session = cookie(signed_in(site))
    body = urlencode({"password": "nonsense", "new_password": "a longer password"})
    site.post("/account", body, Cookie=session)
    site.post("/sign-out", "", Cookie=session)
    with site.world.database.reading() as cx:
        noted = [(each.who, each.what, dict(each.detail)) for each in read_audit(cx)][::-1]
    assert noted[1:] == [
        ("nobody", "failed to sign in", {"with": "password", "account": ANN}),
        ("nobody", "failed to sign in", {"with": "password", "account": "unknown"}),
        (ANN, "signed in", {"with": "password"}),
        (ANN, "failed to change the password", {}),
        (ANN, "signed out", {}),
    ]


def test_every_answer_says_what_browsers_may_do_with_it(site: Site) -> None:
    for path in ("/sign-in", "/health", "/nothing", "/v1/nothing"):
        headers = site.get(path).headers
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    # Where nobody promises TLS, no browser is told to insist on it.
    told: list[Message] = []

    async def keep(message: Message) -> None:
        told.append(message)

    async def nothing_comes() -> Message:
        return {"type": "http.request"}

    asked = {"type": "http", "method": "GET", "path": "/\0", "query_string": b"", "headers": []}
    asyncio.run(Guard(FastAPI())(asked, nothing_comes, keep))
    named = dict(told[0]["headers"])
    assert named[b"cross-origin-opener-policy"] == b"same-origin"
    assert b"strict-transport-security" not in named


def test_one_changes_ones_own_password(site: Site) -> None:
    add(site, role=Role.VIEWER)
    session = cookie(signed_in(site))

    def change(old: str, new: str) -> Answer:
        body = urlencode({"password": old, "new_password": new})
        return site.post("/account", body, Cookie=session)

    assert "at least 12 signs" in change(PASSWORD, "short").text
    assert "The present password is another." in change("nonsense", "a longer password").text
    changed = change(PASSWORD, "a longer password")
    assert changed.status == 303
    assert site.get("/account", Cookie=session).status == 303
    assert site.get("/account", Cookie=cookie(changed)).status == 200
    assert signed_in(site, password="a longer password").status == 303


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(site: Site, path: str) -> None:
    add(site)
    asked = site.get("/sign-in?" + urlencode({"next": path}))
    assert re.findall(r'action="/sign-in\?next=([^"]*)"', asked.text) == ["%2Foutbox"]
    body = {"email": ANN, "password": PASSWORD}
    entered = site.submit("/sign-in?" + urlencode({"next": path}), **body)
    assert entered.headers["location"] == "/outbox"


def test_signing_out_forgets_the_cookie(site: Site) -> None:
    left = site.submit("/sign-out")
    assert left.status == 303
    assert 'keepwarm_session=""' in left.headers["set-cookie"]
