"""Customers as the team sees them: everything known and done, and who may be known twice.

Addresses of pages name the company's own identifier at most, as those of `explain_pages` do.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from keepwarm.app.explaining.finding import find_meant
from keepwarm.app.profiles.addresses import addresses_of
from keepwarm.app.profiles.profile import Deed, Profile, profile_of
from keepwarm.app.web.layout import page
from keepwarm.app.web.links import customer_link, explain_link, message_link, messages_link
from keepwarm.app.web.markup import Child, Html, tag
from keepwarm.app.web.moments import time_tag
from keepwarm.app.web.visitors import Asking, Visitor, admit, visitor_of
from keepwarm.flows.system import System
from keepwarm.store.customers import Customer, find_customer
from keepwarm.store.duplicates import Alike, find_duplicates
from keepwarm.store.merging import NotMerged, merge
from keepwarm.store.timelines import Entry, latest_entries

router = APIRouter(
    tags=["team"], dependencies=[Depends(visitor_of)], default_response_class=HTMLResponse
)

_LONGEST: Final = 300
#: How much of what happened a page shows.
_MOST: Final = 200
#: How many of those who entered a playbook last are shown to begin with.
_LATEST: Final = 30

Word = Annotated[str, Query(max_length=_LONGEST)]
Field = Annotated[str, Form(max_length=_LONGEST)]
#: Who stays and who goes, on a line each.
Pair = Annotated[str, Form(min_length=1, max_length=2 * _LONGEST + 2)]


@router.get("/customers")
def customers(request: Request, customer: Word = "") -> HTMLResponse:
    """Ask for a customer, and show everything known and done about the one who was asked for."""
    system: System = request.app.state.service.system
    if not customer:
        with system.database.reading() as cx:
            entries = latest_entries(cx, _LATEST)
        return _page("Customers", _form(), _entered(entries))
    with system.database.reading() as cx:
        found = find_customer(cx, customer)
        if found is None or found.erased:
            raise HTTPException(404, "There is no customer of this identifier.")
        profile = profile_of(cx, system.shelf, found, _MOST)
    return _page(f"Customer {profile.customer}", _form(profile.customer), _drawn(profile))


@router.post("/customers", responses={303: {"description": "To the page of who was meant."}})
def look_up(request: Request, customer: Field = "") -> Response:
    """Find who is meant, and go to the page that names the identifier alone."""
    system: System = request.app.state.service.system
    with system.database.reading() as cx:
        meant = find_meant(cx, customer.strip())
    if len(meant) == 1:
        return RedirectResponse(customer_link(meant[0].customer), status_code=303)
    if not meant:
        nobody = "Nobody has this identifier, e-mail address or phone number."
        return _page("Customers", _form(), tag("p", nobody, role="alert"), status=404)
    links = [tag("li", _link(each)) for each in meant]
    return _page("Customers", _form(), tag("p", "Several have it:"), tag("ul", links))


def _page(title: str, *content: Child, status: int = 200) -> HTMLResponse:
    heading = tag("h1", title)
    return page(f"{title} · Keepwarm", heading, *content, here="/customers", status=status)


def _form(customer: str = "") -> Html:
    field = tag("input", type="text", name="customer", value=customer, maxlength=_LONGEST)
    return tag(
        "form",
        tag("label", "Identifier, e-mail address or phone number", field),
        tag("button", "Show"),
        tag("a", "Who may be known twice?", href="/duplicates", class_="button"),
        method="post",
        action="/customers",
        class_="filters",
    )


def _entered(entries: list[Entry]) -> list[Child]:
    if not entries:
        return [tag("p", "Nobody has entered a playbook yet.", class_="soft")]
    rows = [
        tag(
            "a",
            tag("span", entry.customer, class_="subject"),
            tag("span", time_tag(entry.at, entry.timezone), class_="small soft"),
            tag("span", f"entered {entry.playbook}", class_="line small soft"),
            class_="playbook",
            href=customer_link(entry.customer),
        )
        for entry in entries
    ]
    return [
        tag("h2", "Who entered a playbook last"),
        tag("ul", [tag("li", row) for row in rows], class_="list"),
    ]


def _link(customer: Customer) -> Html:
    return tag("a", customer.customer, href=customer_link(customer.customer))


def _drawn(profile: Profile) -> list[Child]:
    known = [
        (
            tag("dt", told.name.replace("_", " ")),
            tag("dd", told.value, " ", tag("span", told.provenance, class_="soft small")),
        )
        for told in profile.known
    ]
    ways = [
        tag("a", "Why?", href=explain_link(profile.customer), class_="button"),
        tag("a", "Messages", href=messages_link(customer=profile.customer), class_="button"),
    ]
    deeds = [tag("li", time_tag(each.at, profile.zone), _deed(each)) for each in profile.deeds]
    latest = f", the latest {_MOST}" if len(deeds) == _MOST else ""
    return [
        tag("p", "Known since ", time_tag(profile.since, profile.zone), ".", class_="soft"),
        tag("div", ways, class_="ways"),
        tag("h2", "What is known"),
        tag("dl", known, class_="facts"),
        tag("h2", f"What happened{latest}"),
        tag("ol", deeds, class_="history") if deeds else tag("p", "Nothing yet.", class_="soft"),
    ]


def _deed(deed: Deed) -> Html:
    if deed.happened.what in ("message", "reaction"):
        return tag("span", tag("a", deed.says, href=message_link(deed.happened.key)))
    return tag("span", deed.says)


# ── Known twice ──────────────────────────────────────────────────────────────────────────────


@router.get("/duplicates")
def duplicates(request: Request, who: Asking) -> HTMLResponse:
    """Show customers who may be one person; a person decides."""
    system: System = request.app.state.service.system
    with system.database.reading() as cx:
        found = find_duplicates(cx)
    nobody = tag("p", "Nobody seems to be known twice.", class_="soft")
    about = "They have an address in common."
    if who.may_act:
        about += (
            " If they are one person, choose who stays: the other's events and messages go over,"
            " the stricter consent stands, and nobody enters anything."
        )
    return _page(
        "Who may be known twice?",
        tag("p", about, class_="soft") if found else None,
        tag("ul", [tag("li", _alike(each, who)) for each in found], class_="list")
        if found
        else nobody,
    )


def _alike(alike: Alike, who: Visitor) -> Html:
    first = alike.customers[0]
    rows = [
        tag(
            "form",
            _link(each),
            tag("span", _hint(each), class_="soft small"),
            _merge_buttons(first, each) if each is not first and who.may_act else None,
            method="post",
            action="/duplicates",
        )
        for each in alike.customers
    ]
    return tag("div", tag("b", alike.likeness.value), rows, class_="task")


def _hint(customer: Customer) -> str:
    names = (customer.attributes.get(name) for name in ("first_name", "last_name"))
    name = " ".join(str(each) for each in names if each)
    return " · ".join([*([name] if name else []), *addresses_of(customer)])


def _merge_buttons(first: Customer, other: Customer) -> Html:
    both = (first.customer, other.customer)
    buttons = [
        tag(
            "button", f"Keep {keep}, and merge {gone} into it", name="pair", value=f"{keep}\n{gone}"
        )
        for keep, gone in (both, both[::-1])
    ]
    return tag("div", buttons, class_="pair")


@router.post("/duplicates", dependencies=[Depends(admit)], status_code=303)
def merge_two(request: Request, who: Asking, pair: Pair) -> RedirectResponse:
    """Make one customer of two, in the name of who asked."""
    system: System = request.app.state.service.system
    keep, _, gone = pair.replace("\r\n", "\n").partition("\n")
    with system.database.writing() as cx:
        merged = merge(cx, keep, gone, who.name, system.clock())
    if isinstance(merged, NotMerged):
        raise HTTPException(409, f"They were not merged: {merged.reason}.")
    return RedirectResponse(customer_link(keep), status_code=303)
