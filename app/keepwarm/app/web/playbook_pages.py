"""Playbooks that are live: which there are, and each with its picture and its counts."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from keepwarm.app.counting import Counted, KeptCounts, count_notes
from keepwarm.app.web.layout import page
from keepwarm.app.web.links import explain_link, messages_link, playbook_link, preview_link
from keepwarm.app.web.markup import Html, tag, together, written
from keepwarm.app.web.moments import time_tag
from keepwarm.app.web.visitors import admit
from keepwarm.engine.charts.layout import lay_out_chart
from keepwarm.engine.charts.svg import svg_of
from keepwarm.engine.drawing import entry_sentence, step_sentence
from keepwarm.engine.plan import Plan
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.schema.words import PlaybookStatus
from keepwarm.store.funnel import StepCount
from keepwarm.store.holds import EVERYTHING, Hold, holds
from keepwarm.store.overview import standing

router = APIRouter(
    tags=["team"], dependencies=[Depends(admit)], default_response_class=HTMLResponse
)


@router.get("/playbooks")
def playbooks(request: Request) -> HTMLResponse:
    """List what is live."""
    system: System = request.app.state.service.system
    with system.database.reading() as cx:
        live = system.shelf.live(cx)
        inside = {name: each.inside for name, each in standing(cx).items()}
        held = holds(cx)
    rows = [
        tag("li", _row(each.plan, inside.get(name, 0), held.get(name)))
        for name, each in sorted(live.items())
    ]
    nothing = "Nothing is live. `keepwarm apply` makes the playbooks of a folder live."
    return page(
        "Playbooks · Keepwarm",
        tag("h1", "Playbooks"),
        _everything_paused(held),
        tag("ul", rows, class_="list") if rows else tag("p", nothing, class_="empty"),
        here="/playbooks",
    )


def _everything_paused(held: Mapping[str, Hold]) -> Html | None:
    hold = held.get(EVERYTHING)
    if hold is None:
        return None
    return tag("p", f"Everything is paused by {hold.by}: {hold.reason}", class_="chip bad")


def _row(plan: Plan, inside: int, hold: Hold | None) -> Html:
    return tag(
        "a",
        tag("span", plan.title, class_="subject"),
        tag(
            "span",
            _status(plan, hold),
            tag("span", f" {inside:,} inside", class_="small soft"),
            class_="end",
        ),
        tag("span", f"{plan.playbook} · {plan.owner}", class_="line small soft"),
        class_="playbook",
        href=playbook_link(plan.playbook),
    )


def _status(plan: Plan, hold: Hold | None) -> Html:
    if hold is not None:
        return tag("span", f"{hold.kind} by {hold.by}", class_="chip bad")
    tone = "good" if plan.status is PlaybookStatus.LIVE else "wait"
    return tag("span", plan.status.value, class_=f"chip {tone}")


def found_live(request: Request, playbook: str) -> Live:
    """Give a live playbook by its name; a page of its own says that there is none."""
    system: System = request.app.state.service.system
    with system.database.reading() as cx:
        found = system.shelf.live(cx).get(playbook)
    if found is None:
        raise HTTPException(404, "No playbook of this name is live.")
    return found


@router.get("/playbooks/{playbook}")
def one(request: Request, playbook: str) -> HTMLResponse:
    """Show one playbook."""
    system: System = request.app.state.service.system
    counts: KeptCounts = request.app.state.counts
    found = found_live(request, playbook)
    plan = found.plan
    with system.database.reading() as cx:
        held = holds(cx).get(playbook)
        stands = standing(cx).get(playbook)
        counted, at = counts.of(cx, playbook, found.released.version_id, system.clock())
    everybody = 0 if stands is None else stands.inside
    chart = lay_out_chart(plan, count_notes(plan, counted))
    drawing = written(svg_of(chart, f"{plan.title}, as a picture", with_style=False))
    return page(
        f"{plan.title} · Keepwarm",
        tag("p", tag("a", "← Playbooks", href="/playbooks"), class_="small"),
        tag("h1", plan.title),
        _facts(found, held, _inside(counted, everybody)),
        tag("p", "Counted at ", time_tag(at, plan.timezone), class_="soft small"),
        tag("div", drawing, class_="picture", role="region", tabindex=0, aria_label="Picture"),
        tag("h2", "Step by step"),
        _steps(plan, counted),
        here="/playbooks",
    )


def _steps(plan: Plan, counted: Counted) -> Html:
    """Give the picture's counts as a table, for those who do not see it or would rather read."""
    names = ("Line", "Step", "Came here", "Here now", "Sent", "Skipped", "Failed")
    heads = [
        tag("th", name, scope="col", class_=None if name == "Step" else "number") for name in names
    ]
    rows = []
    for index, step in enumerate(plan.steps):
        at = counted.funnel.steps.get(index, StepCount())
        counts = (at.reached, at.waiting, at.sent, at.skipped, at.failed)
        cells = [tag("td", f"{count:,}" if count else "", class_="number") for count in counts]
        line = tag("td", step.at.place.span.line, class_="number soft")
        rows.append(tag("tr", line, tag("td", step_sentence(step)), cells))
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="small")
    return tag("div", table, class_="list wide", role="region", tabindex=0, aria_label="Counts")


def _inside(counted: Counted, everybody: int) -> str:
    """Say how many are inside: of the version that is live, and of older ones."""
    older = everybody - counted.inside
    return f"{counted.inside:,}" + (f", and {older:,} in older versions" if older > 0 else "")


def _facts(live: Live, hold: Hold | None, inside: str) -> Html:
    plan = live.plan
    known = (
        ("Name", f"{plan.playbook}, version {live.number}"),
        ("Status", together(_status(plan, hold), f" {hold.reason}" if hold else "")),
        ("Owner", plan.owner),
        ("Customers enter", entry_sentence(plan)),
        ("Inside now", inside),
    )
    pairs = [(tag("dt", name), tag("dd", value)) for name, value in known]
    ways = (
        ("What it sends", preview_link(plan.playbook)),
        ("What it sent", messages_link(playbook=plan.playbook)),
        ("Why did, or did not, a customer …", explain_link(playbook=plan.playbook)),
    )
    links = [tag("a", says, href=path, class_="button") for says, path in ways]
    return together(
        tag("dl", [together(*pair) for pair in pairs], class_="facts small"),
        tag("p", links, class_="ways"),
    )
