"""Pages for customers: unsubscribing, preferences and surveys, without a login (law 24)."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from keepwarm.app.web.layout import card
from keepwarm.app.web.markup import Html, tag
from keepwarm.app.web.moments import channel_name
from keepwarm.flows.wishes import (
    Wish,
    answer_survey,
    choose,
    standing_of,
    unsubscribe,
    wish_of,
)

router = APIRouter(include_in_schema=False)

_LONGEST_COMMENT = 2_000


def _wish(request: Request, token: str) -> Wish:
    wish = wish_of(request.app.state.service.system, token)
    if wish is None:
        raise HTTPException(404, "This link is not whole. Please use the one in the message.")
    return wish


async def _form(request: Request) -> dict[str, str]:
    """Read a small form, the last of each name; what is not a form is empty."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}


# ── Unsubscribing ────────────────────────────────────────────────────────────────────────────


@router.get("/unsubscribe/{token}")
def ask(request: Request, token: str) -> HTMLResponse:
    """Show what the button would do. Following the link does nothing: mail scanners do."""
    wish = _wish(request, token)
    return card(
        "Unsubscribe",
        tag("p", f"You will no longer get {_what(wish)}."),
        tag("form", tag("button", "Unsubscribe", class_="main"), method="post"),
    )


@router.post("/unsubscribe/{token}")
def heed(request: Request, token: str) -> HTMLResponse:
    """Unsubscribe: by the button, or by a mail program's one click (RFC 8058)."""
    service = request.app.state.service
    wish = _wish(request, token)
    unsubscribe(service.system, wish, "unsubscribe link")
    service.notify()
    return card("You are unsubscribed", tag("p", f"You will no longer get {_what(wish)}."))


def _what(wish: Wish) -> str:
    if wish.topic is not None:
        return f"messages about {wish.topic.title}"
    if wish.linked is None:
        return "marketing messages"
    by = {"email": "e-mail", "sms": "text message", "push": "push message"}
    return f"marketing by {by.get(wish.linked.channel, wish.linked.channel)}"


# ── Preferences ──────────────────────────────────────────────────────────────────────────────


@router.get("/preferences/{token}")
def preferences(request: Request, token: str) -> HTMLResponse:
    """Show what the customer gets, to switch on and off."""
    return _preferences(request, _wish(request, token))


@router.post("/preferences/{token}")
async def set_preferences(request: Request, token: str) -> HTMLResponse:
    """Keep what the customer chose."""
    form = await _form(request)
    return await run_in_threadpool(_set_preferences, request, token, form)


def _set_preferences(request: Request, token: str, form: dict[str, str]) -> HTMLResponse:
    service = request.app.state.service
    wish = _wish(request, token)
    before = standing_of(service.system, wish)
    choose(
        service.system,
        wish,
        {name: f"topic:{name}" in form for name in before.topics},
        {name: f"channel:{name}" in form for name in before.channels},
    )
    service.notify()
    return _preferences(request, wish, "Saved.")


def _preferences(request: Request, wish: Wish, said: str = "") -> HTMLResponse:
    stands = standing_of(request.app.state.service.system, wish)
    topics = [
        _switch(f"topic:{name}", wish.catalog.topics[name].title, is_on=is_on)
        for name, is_on in stands.topics.items()
    ]
    channels = [
        _switch(f"channel:{name}", f"by {channel_name(name).lower()}", is_on=is_on)
        for name, is_on in stands.channels.items()
    ]
    return card(
        "What would you like to get?",
        tag("p", said, role="status") if said else None,
        tag(
            "form",
            tag("fieldset", tag("legend", "About"), topics) if topics else None,
            tag("fieldset", tag("legend", "News and offers"), channels),
            tag("button", "Save", class_="main"),
            method="post",
        ),
    )


def _switch(name: str, says: str, *, is_on: bool) -> Html:
    box = tag("input", type="checkbox", name=name, value="on", checked=is_on)
    return tag("label", box, tag("span", says), class_="choice")


# ── Surveys ──────────────────────────────────────────────────────────────────────────────────


@router.get("/survey/{token}")
def question(request: Request, token: str) -> HTMLResponse:
    """Show the question."""
    return _question(_wish(request, token))


@router.post("/survey/{token}")
async def answer(request: Request, token: str) -> HTMLResponse:
    """Keep the answer, for playbooks to hear of."""
    form = await _form(request)
    return await run_in_threadpool(_answer, request, token, form)


def _answer(request: Request, token: str, form: dict[str, str]) -> HTMLResponse:
    service = request.app.state.service
    wish = _wish(request, token)
    if wish.survey is None:
        return _question(wish)
    given = form.get("score", "")
    scores = range(wish.survey.low, wish.survey.high + 1)
    score = int(given) if given.isascii() and given.isdigit() else None
    if score is None or score not in scores:
        return _question(wish, "Please choose a number.")
    is_new = answer_survey(service.system, wish, score, form.get("comment", "")[:_LONGEST_COMMENT])
    service.notify()
    says = "We have your answer." if is_new else "We had your answer already, and kept the first."
    return card("Thank you", tag("p", says))


def _question(wish: Wish, said: str = "") -> HTMLResponse:
    survey = wish.survey
    if survey is None:
        return card("This survey is over", tag("p", "Thank you for wanting to answer."), status=410)
    scale = [
        tag(
            "label",
            tag("input", type="radio", name="score", value=number, required=True),
            tag("span", number),
        )
        for number in range(survey.low, survey.high + 1)
    ]
    return card(
        survey.question,
        tag("p", said, role="alert") if said else None,
        tag(
            "form",
            tag("fieldset", tag("legend", "Your answer"), tag("div", scale, class_="scale")),
            tag(
                "fieldset",
                tag("label", "Would you like to say why?", for_="comment"),
                tag("textarea", name="comment", id="comment", maxlength=_LONGEST_COMMENT),
            ),
            tag("button", "Send", class_="main"),
            method="post",
        ),
    )
