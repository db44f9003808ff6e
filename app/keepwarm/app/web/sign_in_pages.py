"""Signing in and out, and one's own account."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from keepwarm.app.passwords import hashed, opened_by, sign_in
from keepwarm.app.web.guesses import attempts_of
from keepwarm.app.web.layout import card, page
from keepwarm.app.web.links import Wanted, local_path
from keepwarm.app.web.markup import Child, Html, tag
from keepwarm.app.web.sessions import COOKIE, account_in, end, remember
from keepwarm.app.web.visitors import THIS_MACHINE, Asking
from keepwarm.store.accounts import account_of, set_password
from keepwarm.store.audit import note

router = APIRouter(tags=["signing in"], default_response_class=HTMLResponse)

SHORTEST_PASSWORD = 12
_LONGEST = 1_000
_TOO_MANY = "Too many wrong passwords. Try again in {} seconds."
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
def ask(
    request: Request,
    wanted: Wanted = "/outbox",
) -> HTMLResponse:
    """Show the form."""
    return _form(request, wanted)


@router.post("/sign-in", status_code=303, response_class=RedirectResponse)
def enter(
    request: Request,
    email: Given,
    password: Given,
    wanted: Wanted = "/outbox",
) -> Response:
    """Sign somebody in, and take them where they wanted to go."""
    service = request.app.state.service
    name = email.strip().lower()
    tried = attempts_of(request, name, service.trusted_proxies)
    wait = request.app.state.tries.take(tried)
    if wait:
        return _too_many(_form(request, wanted, _TOO_MANY.format(wait), 429), wait)
    account = sign_in(service.system.database, name, password, service.system.clock())
    if account is None:
        return _form(request, wanted, "This address and this password do not go together.", 401)
    request.app.state.tries.was_right(tried)
    return remember(request, account, RedirectResponse(local_path(wanted), status_code=303))


def _too_many(page: HTMLResponse, wait: int) -> HTMLResponse:
    page.headers["Retry-After"] = str(wait)
    return page


def _form(request: Request, wanted: str, said: str = "", status: int = 200) -> HTMLResponse:
    return card(
        "Sign in to Keepwarm",
        tag("p", said, role="alert") if said else None,
        _by_provider(request, wanted),
        tag(
            "form",
            _field("email", "E-mail address", "email", "username"),
            _field("password", "Password", "password", "current-password"),
            tag("button", "Sign in", class_="main"),
            method="post",
            action=f"/sign-in?{urlencode({'next': local_path(wanted)})}",
        ),
        status=status,
    )


def _by_provider(request: Request, wanted: str) -> Child:
    provider = request.app.state.service.provider
    if provider is None:
        return None
    says = f"Sign in with {urlsplit(provider.settings.issuer).hostname}"
    path = f"/sign-in/provider?{urlencode({'next': local_path(wanted)})}"
    return [tag("p", tag("a", says, href=path, class_="button")), tag("p", "or", class_="soft")]


def _field(name: str, says: str, kind: str, fills: str) -> Html:
    box = tag("input", type=kind, name=name, id=name, autocomplete=fills, required=True)
    return tag("p", tag("label", says, for_=name), box, class_="field")


@router.post("/sign-out", status_code=303, response_class=RedirectResponse)
def leave(request: Request) -> RedirectResponse:
    """End the session: neither this browser nor a copy of its cookie is signed in any more."""
    service = request.app.state.service
    session, now = request.cookies.get(COOKIE, ""), service.system.clock()
    with service.system.database.writing() as cx:
        account = account_in(cx, session, service.session_key, now)
        if account is not None:
            end(cx, session, now)
            note(cx, account.email, "signed out", {}, now)
    where = "/sign-in" if service.provider is None else "/sign-in/provider/left"
    answer = RedirectResponse(where, status_code=303)
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
    # Whoever found a browser that is signed in must not find the password out as well.
    tried = attempts_of(request, who.name, service.trusted_proxies)
    wait = request.app.state.tries.take(tried)
    if wait:
        return _too_many(_account_page(who, _TOO_MANY.format(wait), 429), wait)
    if opened_by(service.system.database, who.name, password) is None:
        with service.system.database.writing() as cx:
            note(cx, who.name, "failed to change the password", {}, now)
        return _account_page(who, "The present password is another.", 403)
    request.app.state.tries.was_right(tried)
    made = hashed(new_password)
    with service.system.database.writing() as cx:
        set_password(cx, who.name, made, who.name, now)
        changed = account_of(cx, who.name)
    if changed is None:
        raise HTTPException(409, "This account was removed just now.")
    return remember(request, changed, RedirectResponse("/account", status_code=303))


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
