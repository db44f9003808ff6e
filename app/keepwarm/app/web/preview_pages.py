"""Previews in the service: every message of a playbook that is live, as its receivers see it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from keepwarm.app.previewing.drafts import Playing, Shot, shot_of, shots_of
from keepwarm.app.previewing.frame_heights import frame_classes
from keepwarm.app.previewing.pieces import pieces_of, templates_named
from keepwarm.app.previewing.receivers import Receiver, made_up, real
from keepwarm.app.previewing.schemes import in_scheme
from keepwarm.app.previewing.shape import KeptShapes
from keepwarm.app.web.layout import page
from keepwarm.app.web.links import playbook_link, preview_link
from keepwarm.app.web.markup import Html, tag
from keepwarm.app.web.message_views import SANDBOX, framed_document
from keepwarm.app.web.playbook_pages import found_live
from keepwarm.app.web.preview_style import MOST_RECEIVERS
from keepwarm.app.web.preview_views import choices, personal_warning, preview_body
from keepwarm.app.web.visitors import admit
from keepwarm.connectors.showing import ShownEmail
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.store.customers import find_customer

router = APIRouter(
    tags=["team"], dependencies=[Depends(admit)], default_response_class=HTMLResponse
)

#: How many real customers a page shows messages for.
_MOST = 5

Customers = Annotated[list[str], Query(max_length=_MOST)]


@router.get("/playbooks/{playbook}/preview")
def preview(request: Request, playbook: str, customer: Customers = []) -> HTMLResponse:  # noqa: B006 - FastAPI reads it
    """Show every message, for made-up customers and for those who are named."""
    live = found_live(request, playbook)
    playing, receivers = _playing(request, live), _receivers(request, live, customer)
    shots = shots_of(playing, pieces_of(live.plan), receivers)
    query = urlencode([("customer", each) for each in customer])

    def framing(shot: Shot, number: int, index: int, dark: bool) -> Html:  # noqa: FBT001 - a `Framing`
        scheme = "dark" if dark else "light"
        path = f"{preview_link(playbook)}/{number}/{index}/{scheme}"
        assert isinstance(shot.seen, ShownEmail)  # noqa: S101 - only e-mails are framed
        return tag(
            "iframe",
            src=f"{path}?{query}" if query else path,
            title=f"{shot.seen.subject}, in {scheme}, for {shot.receiver.name}",
            sandbox=SANDBOX,
            loading="lazy",
            class_=f"{scheme} {frame_classes(shot.seen.html, shot.seen.text or '')}",
        )

    title = live.plan.title
    return page(
        f"Messages of {title} · Keepwarm",
        tag("p", tag("a", f"← {title}", href=playbook_link(playbook)), class_="small"),
        tag("h1", f"Messages of {title}"),
        tag("p", f"As version {live.number} would send them. Nothing was sent.", class_="soft"),
        _real_form(playbook, customer),
        personal_warning(receivers),
        choices(receivers),
        preview_body(None, shots, framing),
        here="/playbooks",
    )


@router.get("/playbooks/{playbook}/preview/{number}/{index}/{scheme}")
def html(
    request: Request,
    playbook: str,
    number: int,
    index: int,
    scheme: str,
    customer: Customers = [],  # noqa: B006 - FastAPI reads it
) -> HTMLResponse:
    """Give an e-mail's own HTML, for the frame that shows it."""
    live = found_live(request, playbook)
    pieces, receivers = pieces_of(live.plan), _receivers(request, live, customer)
    if scheme in ("light", "dark") and 0 <= number < len(pieces) and 0 <= index < len(receivers):
        shot = shot_of(_playing(request, live), pieces[number], receivers[index])
        if isinstance(shot.seen, ShownEmail):
            return framed_document(in_scheme(shot.seen.html, dark=scheme == "dark"))
    raise HTTPException(404, "There is no such e-mail.")


def _playing(request: Request, live: Live) -> Playing:
    system: System = request.app.state.service.system
    released, base_url = live.released, system.links.base_url
    return Playing(
        live.plan, released.playbook, released.catalog, released.words, base_url, system.clock()
    )


def _receivers(request: Request, live: Live, customers: list[str]) -> tuple[Receiver, ...]:
    system: System = request.app.state.service.system
    shapes: KeptShapes = request.app.state.shapes
    today = system.clock().date()
    plan, catalog = live.plan, live.released.catalog
    languages = live.released.words.languages(templates_named(plan))
    with system.database.reading() as cx:
        shape = shapes.of(cx, live.released.version_id, catalog)
        found = made_up(plan, catalog, languages, today, shape)
        for identifier in customers:
            customer = find_customer(cx, identifier)
            if customer is None or customer.erased:
                raise HTTPException(404, "There is no customer of this identifier.")
            found = (*found, real(cx, plan, catalog, customer, today))
    return found[:MOST_RECEIVERS]


def _real_form(playbook: str, customers: list[str]) -> Html:
    """Ask for one more real customer, by identifier alone."""
    known = [tag("input", type="hidden", name="customer", value=each) for each in customers]
    entry = tag("input", type="text", name="customer", size=16, required=True)
    return tag(
        "form",
        known,
        tag("label", "A real customer too, by identifier", entry),
        tag("button", "Show"),
        class_="filters",
        method="get",
        action=preview_link(playbook),
    )
