"""The outbox: every message as its receiver would see it, with what became of it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from keepwarm.app.web.layout import page
from keepwarm.app.web.links import Key, customer_link, explain_link, playbook_link
from keepwarm.app.web.markup import Html, tag, together
from keepwarm.app.web.message_views import email_document, letter_of, message_view
from keepwarm.app.web.moments import CHANNELS, channel_name, chip, time_tag
from keepwarm.app.web.visitors import admit
from keepwarm.store.outbox import Shown, Wanted, read_message, read_outbox

router = APIRouter(
    tags=["team"], dependencies=[Depends(admit)], default_response_class=HTMLResponse
)

_PAGE = 50

Filter = Annotated[str | None, Query(max_length=200)]


# Not `async`: they read the database, and so run in a thread.


@router.get("/outbox")
def outbox(
    request: Request,
    playbook: Filter = None,
    channel: Filter = None,
    customer: Filter = None,
    before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> HTMLResponse:
    """Show the latest messages, the newest first."""
    system = request.app.state.service.system
    wanted = Wanted(playbook, customer and customer.strip(), channel, before)
    with system.database.reading() as cx:
        shown = read_outbox(cx, wanted, _PAGE + 1)
        playbooks = sorted(system.shelf.live(cx))
    return page(
        "Outbox · Keepwarm",
        tag("h1", "Outbox"),
        tag("p", "Every message, as its receiver would see it.", class_="soft"),
        _filters(wanted, playbooks),
        _list(shown[:_PAGE]),
        _pages(wanted, shown),
        here="/outbox",
    )


def _filters(wanted: Wanted, playbooks: list[str]) -> Html:
    names = {name: name for name in playbooks}
    if wanted.playbook:
        names.setdefault(wanted.playbook, wanted.playbook)
    return tag(
        "form",
        tag("label", "Playbook", _choice("playbook", wanted.playbook, names)),
        tag("label", "Channel", _choice("channel", wanted.channel, CHANNELS)),
        tag(
            "label",
            "Customer",
            tag("input", type="text", name="customer", value=wanted.customer, size=12),
        ),
        tag("button", "Show"),
        class_="filters",
        method="get",
        action="/outbox",
    )


def _choice(name: str, chosen: str | None, choices: dict[str, str]) -> Html:
    options = [tag("option", "all", value="")]
    options += [
        tag("option", says, value=value, selected=value == chosen)
        for value, says in choices.items()
    ]
    return tag("select", options, name=name)


def _list(shown: list[Shown]) -> Html:
    if not shown:
        nothing = "No message yet. They appear here as soon as a playbook sends something."
        return tag("div", tag("p", nothing, class_="empty"), class_="list")
    return tag("ul", [tag("li", _row(each)) for each in shown], class_="list")


def _row(shown: Shown) -> Html:
    head, teaser = _headline(shown)
    return tag(
        "a",
        tag("span", channel_name(shown.channel), class_="channel small soft"),
        tag(
            "span",
            tag(
                "span",
                tag("span", head, class_="subject"),
                tag("span", f" — {teaser}" if teaser else "", class_="teaser"),
                class_="line",
            ),
            tag("span", " · ".join(_about(shown)), class_="line small soft"),
            class_="what",
        ),
        tag(
            "span",
            *_standing(shown),
            class_="end",
        ),
        class_="row",
        href=f"/outbox/{shown.id}",
    )


def _standing(shown: Shown) -> list[Html | str]:
    """Give where it stands and since when; of one that waits, until when."""
    # The chip before it says that it is held.
    at = _next(shown, held="until ") or time_tag(shown.at, shown.timezone)
    return [chip(shown.status), " ", tag("span", at, class_="small soft")]


def _next(shown: Shown, held: str = "held until ") -> Html | None:
    """Say when a message goes that waits for quiet hours or for another attempt."""
    if shown.due_at is None or not (shown.is_held or shown.awaits_next_attempt):
        return None
    what = held if shown.is_held else "next attempt at "
    return together(what, time_tag(shown.due_at, shown.timezone))


def _about(shown: Shown) -> list[str]:
    """Give whose it is, and the reason where it did not simply go."""
    reason = shown.history[-1].reason if shown.history else None
    return [shown.playbook, f"customer {shown.customer}", *([reason] if reason else [])]


def _headline(shown: Shown) -> tuple[str, str]:
    """Give what a list of messages shows of one: its first words, and a little more."""
    match shown.channel:
        case "email":
            head, teaser = shown.text("subject"), shown.text("preheader")
        case "push":
            head, teaser = shown.text("title"), shown.text("text")
        case "webhook":
            head, teaser = shown.address or "", ""
        case _:
            head, teaser = shown.text("text"), ""
    return head or shown.template or "Not put into words yet", teaser


def _pages(wanted: Wanted, shown: list[Shown]) -> Html:
    query = {
        name: value
        for name in ("playbook", "channel", "customer")
        if (value := getattr(wanted, name))
    }
    newest = older = None
    if wanted.before is not None:
        newest = tag("a", "Newest", href=f"/outbox?{urlencode(query)}", class_="button")
    if len(shown) > _PAGE:
        further = urlencode(query | {"before": str(shown[_PAGE - 1].id)})
        older = tag("a", "Older", href=f"/outbox?{further}", class_="button", rel="next")
    return tag("nav", newest, older, class_="pages", aria_label="Pages of the list")


# ── One message ──────────────────────────────────────────────────────────────────────────────


@router.get("/outbox/{message_id}")
def one(request: Request, message_id: Key) -> HTMLResponse:
    """Show one message, and its history."""
    system = request.app.state.service.system
    shown = _found(request, message_id)
    letter = letter_of(system, shown)
    head = _title(shown)
    return page(
        f"{head} · Outbox",
        tag("p", tag("a", "← Outbox", href="/outbox"), class_="small"),
        tag("h1", head),
        _facts(shown),
        _no_words(shown) if letter is None else message_view(letter, message_id),
        tag("h2", "History"),
        _history(shown),
        here="/outbox",
    )


@router.get("/outbox/{message_id}/html")
def html(request: Request, message_id: Key, *, dark: bool = False) -> HTMLResponse:
    """Give an e-mail's own HTML, for the frame that shows it."""
    letter = letter_of(request.app.state.service.system, _found(request, message_id))
    found = None if letter is None else email_document(letter, dark=dark)
    if found is None:
        raise HTTPException(404, "This message has no HTML.")
    return found


def _title(shown: Shown) -> str:
    """Give what a page about one message is called: its subject, or else what it is."""
    if shown.channel in ("email", "push"):
        return _headline(shown)[0]
    return f"{channel_name(shown.channel)} of {shown.playbook}"


def _found(request: Request, message_id: int) -> Shown:
    if not 0 <= message_id < 2**63:
        raise HTTPException(404, "There is no such message.")
    with request.app.state.service.system.database.reading() as cx:
        shown = read_message(cx, message_id)
    if shown is None:
        raise HTTPException(404, "There is no such message.")
    return shown


def _facts(shown: Shown) -> Html:
    known = (
        ("To", shown.address or "no address"),
        ("Customer", tag("a", shown.customer, href=customer_link(shown.customer))),
        ("Playbook", tag("a", shown.playbook, href=playbook_link(shown.playbook))),
        ("Template", shown.template),
        ("Kind", f"{shown.kind}, topic {shown.topic}" if shown.topic else shown.kind),
    )
    pairs = [(tag("dt", name), tag("dd", value)) for name, value in known if value]
    why = tag("a", "Why this message?", href=explain_link(shown.customer, shown.playbook))
    return together(
        tag("dl", [together(*pair) for pair in pairs], class_="facts small"),
        tag("p", why, class_="small"),
    )


def _no_words(shown: Shown) -> Html:
    why = shown.history[-1].reason if shown.history else None
    says = f"It was not put into words: {why}." if why else "It has not been put into words yet."
    return tag("div", tag("p", says, class_="empty"), class_="list")


def _history(shown: Shown) -> Html:
    steps = [
        tag("li", time_tag(shown.queued_at, shown.timezone), tag("span", "queued")),
        *(
            tag(
                "li",
                time_tag(note.at, shown.timezone),
                tag(
                    "span",
                    chip(note.status),
                    f" {note.reason}" if note.reason else "",
                    f" by {note.connector}" if note.connector else "",
                    tag("span", f" as {note.provider_id}", class_="soft small")
                    if note.provider_id
                    else None,
                ),
            )
            for note in shown.history
        ),
    ]
    to_come = _next(shown)
    if to_come is not None:
        steps.append(tag("li", tag("span", to_come)))
    return tag("ol", steps, class_="history small")
