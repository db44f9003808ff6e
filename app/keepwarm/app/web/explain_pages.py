"""Why a customer did, or did not, get something: the explanation as a page.

Addresses of pages name the company's own identifier at most. An e-mail address or a phone number
is looked up by a form that is posted, so that it stands in no address, history or log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from keepwarm.app.explaining.explain import explain, zones_of_customer
from keepwarm.app.explaining.explanation import (
    Entry,
    Explanation,
    NeverEntered,
    RunExplained,
    Written,
)
from keepwarm.app.explaining.finding import find_meant
from keepwarm.app.explaining.text import (
    as_of_said,
    heading_of_reason,
    heading_of_rest,
    saw,
    stands_still,
    wanted,
)
from keepwarm.app.moments import NoMomentError, moment_meant, said
from keepwarm.app.web.layout import page
from keepwarm.app.web.links import explain_link, messages_link, playbook_link
from keepwarm.app.web.markup import Html, tag, together
from keepwarm.app.web.moments import chip, time_tag
from keepwarm.app.web.visitors import visitor_of
from keepwarm.engine.run import Mode
from keepwarm.engine.weighing import Looked, Weighed
from keepwarm.flows.system import System
from keepwarm.store.customers import find_customer

#: Whoever may look may ask: what is posted here changes nothing.
router = APIRouter(
    tags=["team"], dependencies=[Depends(visitor_of)], default_response_class=HTMLResponse
)

_LONGEST = 300

Word = Annotated[str, Query(max_length=_LONGEST)]
Field = Annotated[str, Form(max_length=_LONGEST)]


@router.get("/explain")
def explained(
    request: Request, customer: Word = "", playbook: Word = "", at: Word = ""
) -> HTMLResponse:
    """Ask for a customer, and explain the one who was asked for; as of a moment, if one is said."""
    system: System = request.app.state.service.system
    form = _form(system, customer, playbook, at)
    if not customer:
        return _page("Why?", form)
    now = system.clock()
    with system.database.reading() as cx:
        found = find_customer(cx, customer)
        if found is None:
            raise HTTPException(404, "There is no customer of this identifier.")
        try:
            zone = zones_of_customer(cx, system.shelf, found).name
            then = moment_meant(at, zone, now) if at else None
        except NoMomentError as none:
            return _page("Why?", form, tag("p", str(none), role="alert"), status=400)
        told = explain(cx, system.shelf, found, now, playbook or None, at=then)
    return _page(f"Why? Customer {told.customer}", form, _drawn(told))


@router.post("/explain", responses={303: {"description": "To the page of who was meant."}})
def look_up(
    request: Request, customer: Field = "", playbook: Field = "", at: Field = ""
) -> Response:
    """Find who is meant, and go to the page that names the identifier alone."""
    system: System = request.app.state.service.system
    with system.database.reading() as cx:
        meant = find_meant(cx, customer.strip())
    if len(meant) == 1:
        return RedirectResponse(explain_link(meant[0].customer, playbook, at), status_code=303)
    form = _form(system, "", playbook, at)
    if not meant:
        nobody = "Nobody has this identifier, e-mail address or phone number."
        return _page("Why?", form, tag("p", nobody, role="alert"), status=404)
    links = [
        tag("li", tag("a", one.customer, href=explain_link(one.customer, playbook, at)))
        for one in meant
    ]
    several = tag("p", f"{len(meant)} customers have this address. Which one?")
    return _page("Why?", form, several, tag("ul", links))


def _page(title: str, *content: Html, status: int = 200) -> HTMLResponse:
    return page(f"{title} · Keepwarm", tag("h1", title), *content, here="/explain", status=status)


def _form(system: System, customer: str, playbook: str, at: str) -> Html:
    with system.database.reading() as cx:
        names = sorted(system.shelf.live(cx))
    options = [tag("option", "all playbooks", value="")]
    options += [tag("option", name, value=name, selected=name == playbook) for name in names]
    says = "Customer: identifier, e-mail address or phone number"
    entry = tag("input", type="text", name="customer", value=customer, size=28, required=True)
    return tag(
        "form",
        tag("label", says, entry),
        tag("label", "Playbook", tag("select", options, name="playbook")),
        tag(
            "label",
            "As of (now, if empty)",
            tag("input", type="datetime-local", name="at", value=at),
        ),
        tag("button", "Explain"),
        class_="filters",
        method="post",
        action="/explain",
    )


# ── The explanation ──────────────────────────────────────────────────────────────────────────


def _drawn(told: Explanation) -> Html:
    about = f"Times are {told.zone} ({told.zone_source}). "
    if told.left_out:
        about += f"Only the latest runs are shown; {told.left_out:,} more are left out. "
    is_past = told.at is not None
    return together(
        [tag("p", sentence) for sentence in as_of_said(told)],
        tag("p", about, tag("a", "Their messages", href=messages_link(customer=told.customer)),
            class_="soft small"),
        [_run(run, told.zone, is_past=is_past) for run in told.runs],
        [_never(never, is_past=is_past) for never in told.never_entered],
    )  # fmt: skip


def _run(run: RunExplained, zone: str, *, is_past: bool) -> Html:
    mode = "" if run.mode == Mode.LIVE else f", {run.mode}"
    return tag(
        "section",
        tag("h2", tag("a", run.playbook, href=playbook_link(run.playbook)), " ",
            tag("span", f"version {run.number} · {run.status}{mode}", class_="soft")),
        tag("ol", list(_entries(run, zone)), class_="history small"),
        run.paused and (tag("p", run.paused), tag("p", stands_still(is_past=is_past))),
        class_="why",
    )  # fmt: skip


def _entries(run: RunExplained, zone: str) -> Iterator[Html]:
    before = ""
    for entry in run.entries:
        moment = said(entry.at, zone)
        is_same = moment == before
        yield tag(
            "li",
            tag("span", None if is_same else time_tag(entry.at, zone)),
            tag(
                "div",
                _said(entry),
                _place(entry.written, entry.line),
                _tests(entry.tests, entry.written),
            ),
            class_="same" if is_same else None,
        )
        before = moment


def _said(entry: Entry) -> Html:
    if entry.message is None:
        return tag("span", entry.said)
    state = None if entry.status is None else chip(entry.status)
    rest = entry.said.removeprefix(entry.status.value if entry.status else "")
    return tag("span", state, " ", tag("a", rest.strip(), href=f"/outbox/{entry.message}"))


def _place(written: Written, line: int | None) -> Html | None:
    return None if line is None else tag("code", written.place(line), class_="place soft")


def _tests(tests: Sequence[Weighed], written: Written, verb: str = "was") -> Html | None:
    if not tests:
        return None
    return tag("ul", [tag("li", _test(each, written, verb)) for each in tests], class_="tests")


def _test(test: Weighed, written: Written, verb: str) -> Html:
    if isinstance(test, Looked):
        return together(
            _mark(test),
            tag("b", wanted(test)),
            tag("span", f" — {saw(test, verb)}"),
            _place(written, test.line),
        )
    says = f"{'any' if test.is_any else 'all'} of these:"
    return together(_mark(test), says, _tests(test.of, written, verb))


def _mark(test: Weighed) -> Html:
    if test.met is None:
        return tag("span", "· ", class_="mark")
    sign, says, tone = ("✓", "met: ", "good") if test.met else ("✗", "not met: ", "bad")
    return together(
        tag("span", sign, class_=f"mark {tone}", aria_hidden="true"),
        tag("span", says, class_="unseen"),
    )


def _never(never: NeverEntered, *, is_past: bool) -> Html:
    keeps_out = rest = None
    verb = "was" if is_past else "is"
    if never.keeps_out is not None:
        keeps_out = together(
            tag("p", f"{heading_of_reason(is_past=is_past)}:"),
            _tests((never.keeps_out,), never.written, verb),
        )
    if never.rest:
        rest = together(
            tag("p", f"{heading_of_rest(never, is_past=is_past)}:"),
            _tests(never.rest, never.written, verb),
        )
    return tag(
        "section",
        tag("h2", tag("a", never.playbook, href=playbook_link(never.playbook)), " ",
            tag("span", "never entered", class_="soft")),
        tag("p", f"Customers enter {never.enters}.", class_="soft"),
        [tag("p", sentence) for sentence in never.because],
        keeps_out,
        rest,
        class_="why small",
    )  # fmt: skip
