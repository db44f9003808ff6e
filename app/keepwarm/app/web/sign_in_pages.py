"""Signing in and out, and one's own account."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from keepwarm.app.passwords import hashed, sign_in
from keepwarm.app.web.layout import card, page
from keepwarm.app.web.markup import Child, Html, tag
from keepwarm.app.web.sessions import COOKIE, HOLDS_FOR, session_for
from keepwarm.app.web.visitors import THIS_MACHINE, Asking
from keepwarm.store.accounts import Account, account_of, set_password

router = APIRouter(tags=["signing in"], default_response_class=HTMLResponse)

SHORTEST_PASSWORD = 12
_LONGEST = 1_000
_ROLES = {
    "viewer": "You may look at everything.",
    "operator": "You may look at everything and act on it.",
    "approver": "You may look at everything, act on it, and approve plans.",
}

#: Empty counts as missing.
Given = Annotated[str, Form(min_length=1, max_length=_LONGEST)]
NewPassword = Annotated[
    # Too short is said on the page.
    str, Form(max_length=_LONGEST, json_schema_extra={"minLength": SHORTEST_PASSWORD})
]


@router.get("/sign-in")
def ask(next: Annotated[str, Query(max_length=2_000)] = "/outbox") -> HTMLResponse:  # noqa: A002 - the word in the address
    """Show the form."""
    return _form(next)


@router.post("/sign-in", status_code=303, response_class=RedirectResponse)
def enter(
    request: Request,
    email: Given,
    password: Given,
    next: Annotated[str, Query(max_length=2_000)] = "/outbox",  # noqa: A002 - the word in the address
) -> Response:
    """Sign somebody in, and take them where they wanted to go."""
    service = request.app.state.service
    name, now = email.strip().lower(), time.monotonic()
    host = request.client.host if request.client else ""
    wait = max(service.tries.wait_seconds(each, now) for each in (name, host))
    if wait:
        refused = _form(next, f"Too many wrong passwords. Try again in {wait} seconds.", 429)
        refused.headers["Retry-After"] = str(wait)
        return refused
    account = sign_in(service.system.database, name, password, service.system.clock())
    if account is None:
        for each in (name, host):
            service.tries.was_wrong(each, now)
        return _form(next, "This address and this password do not go together.", 401)
    service.tries.was_right(name)
    return _remembered(request, account, RedirectResponse(_local(next), status_code=303))


def _form(wanted: str, said: str = "", status: int = 200) -> HTMLResponse:
    return card(
        "Sign in to Keepwarm",
        tag("p", said, role="alert") if said else None,
        tag(
            "form",
            _field("email", "E-mail address", "email", "username"),
            _field("password", "Password", "password", "current-password"),
            tag("button", "Sign in", class_="main"),
            method="post",
            action=f"/sign-in?{urlencode({'next': _local(wanted)})}",
        ),
        status=status,
    )


def _local(wanted: str) -> str:
    """Give where to go, if it is a page of ours."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_ours and wanted.isprintable() else "/outbox"


def _field(name: str, says: str, kind: str, fills: str) -> Html:
    box = tag("input", type=kind, name=name, id=name, autocomplete=fills, required=True)
    return tag("p", tag("label", says, for_=name), box, class_="field")


def _remembered(request: Request, account: Account, answer: RedirectResponse) -> RedirectResponse:
    service = request.app.state.service
    answer.set_cookie(
        COOKIE,
        session_for(account, service.session_key, service.system.clock()),
        max_age=int(HOLDS_FOR.total_seconds()),
        secure=service.system.links.base_url.startswith("https://"),
        httponly=True,
        # Links from a chat or from Prefect's pages still find who is signed in; posts do not.
        samesite="lax",
    )
    return answer


@router.post("/sign-out", status_code=303, response_class=RedirectResponse)
def leave() -> RedirectResponse:
    """Forget who signed in here."""
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


# ── One's own account ────────────────────────────────────────────────────────────────────────


@router.get("/account")
def account(who: Asking) -> HTMLResponse:
    """Show who is signed in, and what they may do."""
    return _account_page(who)


@router.post("/account", status_code=303, response_class=RedirectResponse)
def change_password(
    request: Request, who: Asking, password: Given, new_password: NewPassword
) -> Response:
    """Give one's own account another password; every other session of it ends."""
    service = request.app.state.service
    now = service.system.clock()
    if len(new_password) < SHORTEST_PASSWORD:
        return _account_page(who, f"A password has at least {SHORTEST_PASSWORD} signs.", 422)
    if sign_in(service.system.database, who.name, password, now) is None:
        return _account_page(who, "The present password is another.", 403)
    made = hashed(new_password)
    with service.system.database.writing() as cx:
        set_password(cx, who.name, made, who.name, now)
        changed = account_of(cx, who.name)
    if changed is None:
        raise HTTPException(409, "This account was removed just now.")
    return _remembered(request, changed, RedirectResponse("/account", status_code=303))


def _account_page(who: Asking, said: str = "", status: int = 200) -> HTMLResponse:
    return page(
        "Account · Keepwarm",
        tag("h1", "Account"),
        tag("p", said, role="alert") if said else None,
        _of_this_machine() if who.name == THIS_MACHINE else _own(who),
        here="/account",
        status=status,
    )


def _of_this_machine() -> Child:
    return tag(
        "p",
        "Only this machine sees these pages. `keepwarm users add ann@acme.example` lets people"
        " sign in.",
    )


def _own(who: Asking) -> Child:
    change = tag(
        "form",
        # So that those who keep passwords for people know whose it is.
        tag("input", type="text", autocomplete="username", value=who.name, hidden=True),
        _field("password", "Present password", "password", "current-password"),
        _field("new_password", "New password", "password", "new-password"),
        tag("button", "Change the password"),
        method="post",
    )
    leaving = tag("form", tag("button", "Sign out"), method="post", action="/sign-out")
    return [
        tag("p", f"{who.name}, {who.role}. {_ROLES[who.role]}"),
        leaving,
        tag("h2", "Password"),
        change,
    ]
