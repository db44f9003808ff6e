"""Who looks at the team's pages, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request

from keepwarm.app.web.guard import is_from_this_machine
from keepwarm.app.web.sessions import COOKIE, account_in
from keepwarm.store.accounts import Role, has_accounts

#: What the audit calls somebody who did not have to sign in.
THIS_MACHINE = "this machine"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody of the team."""

    #: The address of their account, or THIS_MACHINE.
    name: str
    role: Role

    @property
    def may_act(self) -> bool:
        """Whether buttons that change anything are for them."""
        return self.role.covers(Role.OPERATOR)


def visitor_of(request: Request) -> Visitor:
    """Give who asks: whoever signed in, or this machine as long as nobody has an account.

    Raises:
        HTTPException: they may not look.
    """
    service = request.app.state.service
    with service.system.database.reading() as cx:
        if service.provider is None and not has_accounts(cx):
            return _this_machine(request)
        session = request.cookies.get(COOKIE, "")
        account = account_in(cx, session, service.session_key, service.system.clock())
    if account is None:
        raise _sign_in_first(request)
    return Visitor(account.email, account.role)


def _this_machine(request: Request) -> Visitor:
    if is_from_this_machine(request):
        return Visitor(THIS_MACHINE, Role.APPROVER)
    raise HTTPException(
        403,
        "These pages hold customers' words. `keepwarm users add` lets people sign in from other"
        " machines.",
    )


def _sign_in_first(request: Request) -> HTTPException:
    # A browser is led to the form; a program, which would take that for the answer, is told.
    is_browser = "text/html" in request.headers.get("accept", "text/html")
    if request.method != "GET" or not is_browser:
        return HTTPException(401, "Sign in first, at /sign-in.")
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return HTTPException(
        303, "Sign in first.", headers={"Location": f"/sign-in?next={quote(path, safe='')}"}
    )


#: What a page takes that wants to know who asks.
Asking: TypeAlias = Annotated[Visitor, Depends(visitor_of)]


def admit(request: Request, who: Asking) -> None:
    """Let who asks look, and act if that is their role.

    Raises:
        HTTPException: they may look and not act.
    """
    if request.method not in ("GET", "HEAD") and not who.may_act:
        raise HTTPException(403, "You may look, and change nothing: your role is viewer.")
