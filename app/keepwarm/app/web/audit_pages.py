"""The audit log as a page: who did what, and when."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from keepwarm.app.deeds import detail_of
from keepwarm.app.web.layout import page
from keepwarm.app.web.markup import tag
from keepwarm.app.web.moments import time_tag
from keepwarm.app.web.visitors import visitor_of
from keepwarm.flows.system import System
from keepwarm.store.audit import read_audit

router = APIRouter(
    tags=["team"], dependencies=[Depends(visitor_of)], default_response_class=HTMLResponse
)

_MOST: Final = 500


@router.get("/audit")
def audit(request: Request, who: Annotated[str, Query(max_length=300)] = "") -> HTMLResponse:
    """Show who did what, the latest first."""
    system: System = request.app.state.service.system
    with system.database.reading() as cx:
        found = read_audit(cx, _MOST, who=who or None)
    rows = [
        tag(
            "tr",
            tag("td", time_tag(each.at, None)),
            tag("td", each.who),
            tag("td", each.what),
            tag("td", detail_of(each), class_="soft"),
        )
        for each in found
    ]
    head = tag("tr", [tag("th", name, scope="col") for name in ("When", "Who", "What", "More")])
    form = tag(
        "form",
        tag("label", "Who", tag("input", type="text", name="who", value=who)),
        tag("button", "Show"),
        class_="filters",
    )
    lines = tag("table", tag("thead", head), tag("tbody", rows))
    table = tag("div", lines, class_="wide", role="region", tabindex=0, aria_label="Audit log")
    nothing = tag("p", "Nothing was done yet.", class_="soft")
    heading = tag("h1", "Who did what")
    return page("Audit · Keepwarm", heading, form, table if rows else nothing, here="/audit")
