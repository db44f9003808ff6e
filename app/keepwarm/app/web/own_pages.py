"""Pages for customers: unsubscribing, preferences and surveys, without a login (law 24)."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from keepwarm.app.web.document import form_of
from keepwarm.app.web.layout import card
from keepwarm.app.web.markup import Html, tag
from keepwarm.app.web.own_words import OwnWords, accepted, words_in
from keepwarm.engine.frequencies import FREQUENCY_OF, OVER_ALL
from keepwarm.flows.confirming import Worth, channel_of, confirm, worth_of
from keepwarm.flows.followed_links import FollowedLink, answer_survey, link_of, unsubscribe
from keepwarm.flows.preferences import Preferences, choose, preferences_of
from keepwarm.schema.words import Channel, Frequency

router = APIRouter(tags=["customers"], default_response_class=HTMLResponse)

_LONGEST_COMMENT = 2_000
_SCORE = {"type": "integer", "description": "A number of the question's scale."}
_COMMENT = {"type": "string"}


def _link(request: Request, token: str) -> FollowedLink:
    link = link_of(request.app.state.service.system, token)
    if link is None:
        raise HTTPException(404, _words(request).not_whole)
    return link


def _words(request: Request, link: FollowedLink | None = None) -> OwnWords:
    """Give the words in the customer's language, else the browser's, else the project's."""
    browser = accepted(request.headers.get("accept-language"))
    known = (link.language, link.catalog.language) if link else (None, None)
    return words_in((known[0], *browser, known[1]))


async def _form(request: Request) -> dict[str, str]:
    """Read a small form, the last of each name; what is not a form is empty."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}


# ── Unsubscribing ────────────────────────────────────────────────────────────────────────────


@router.get("/unsubscribe/{token}")
def ask(request: Request, token: str) -> HTMLResponse:
    """Show what the button would do. Following the link does nothing: mail scanners do."""
    link = _link(request, token)
    words = _words(request, link)
    return card(
        words.unsubscribe,
        tag("p", _no_more(link, words)),
        tag("form", tag("button", words.unsubscribe, class_="main"), method="post"),
        language=words.language,
    )


@router.post("/unsubscribe/{token}", openapi_extra=form_of())
def heed(request: Request, token: str) -> HTMLResponse:
    """Unsubscribe: by the button, or by a mail program's one click (RFC 8058)."""
    service = request.app.state.service
    link = _link(request, token)
    unsubscribe(service.system, link, "unsubscribe link")
    service.notify()
    words = _words(request, link)
    return card(words.unsubscribed, tag("p", _no_more(link, words)), language=words.language)


def _no_more(link: FollowedLink, words: OwnWords) -> str:
    if link.topic is not None:
        return words.no_more_about.format(topic=link.topic.title)
    if link.message is None:
        return words.no_more_marketing
    return words.no_more_by.get(Channel(link.message.channel), words.no_more_marketing)


# ── Preferences ──────────────────────────────────────────────────────────────────────────────


@router.get("/preferences/{token}")
def preferences(request: Request, token: str) -> HTMLResponse:
    """Show what the customer gets, to switch on and off."""
    link = _link(request, token)
    return _preferences(request, link, _words(request, link))


@router.post("/preferences/{token}", openapi_extra=form_of())
async def set_preferences(request: Request, token: str) -> HTMLResponse:
    """Keep what the customer chose."""
    form = await _form(request)
    return await run_in_threadpool(_set_preferences, request, token, form)


def _set_preferences(request: Request, token: str, form: dict[str, str]) -> HTMLResponse:
    service = request.app.state.service
    link = _link(request, token)
    before = preferences_of(service.system, link)
    wanted = Preferences(
        topics={name: f"topic:{name}" in form for name in before.topics},
        channels={name: f"channel:{name}" in form for name in before.channels},
        frequencies={
            name: _frequency(form.get(name), was) for name, was in before.frequencies.items()
        },
    )
    asked = choose(service.system, link, wanted)
    service.notify()
    words = _words(request, link)
    said = f"{words.saved} {words.please_confirm}" if asked else words.saved
    return _preferences(request, link, words, said)


def _frequency(said: str | None, was: Frequency) -> Frequency:
    """Give what was chosen; what was not asked, or is none of the choices, stays as it was."""
    return next((each for each in Frequency if each.value == said), was)


def _preferences(
    request: Request, link: FollowedLink, words: OwnWords, said: str = ""
) -> HTMLResponse:
    stands = preferences_of(request.app.state.service.system, link)
    topics = [
        _switch(f"topic:{name}", link.catalog.topics[name].title, is_on=is_on)
        for name, is_on in stands.topics.items()
    ]
    channels = [
        _switch(f"channel:{name}", words.by[Channel(name)], is_on=is_on)
        for name, is_on in stands.channels.items()
    ]
    return card(
        words.preferences,
        tag("p", said, role="status") if said else None,
        tag(
            "form",
            tag("fieldset", tag("legend", words.about), topics) if topics else None,
            tag("fieldset", tag("legend", words.news_and_offers), channels),
            _how_often(stands, words),
            tag("button", words.save, class_="main"),
            method="post",
        ),
        language=words.language,
    )


def _how_often(stands: Preferences, words: OwnWords) -> Html:
    """Ask how often at most: over all ways together, and, folded away, of each by itself."""
    each = [
        _often(name, words.by[channel], stands.frequencies[name], words)
        for name, channel in FREQUENCY_OF.items()
        if channel is not None
    ]
    differs = any(
        chosen is not Frequency.EVERY_MESSAGE
        for name, chosen in stands.frequencies.items()
        if name != OVER_ALL
    )
    return tag(
        "fieldset",
        tag("legend", words.how_often),
        _often(OVER_ALL, words.all_together, stands.frequencies[OVER_ALL], words),
        tag("details", tag("summary", words.each_way), each, open=differs),
    )


def _often(name: str, says: str, chosen: Frequency, words: OwnWords) -> Html:
    options = [
        tag("option", words.often[each], value=each, selected=each is chosen) for each in Frequency
    ]
    select = tag("select", options, name=name, id=name)
    return tag("p", tag("label", says, for_=name), select, class_="often")


def _switch(name: str, says: str, *, is_on: bool) -> Html:
    box = tag("input", type="checkbox", name=name, value="on", checked=is_on)
    return tag("label", box, tag("span", says), class_="choice")


# ── Confirming a consent ─────────────────────────────────────────────────────────────────────


@router.get("/confirm/{token}")
def ask_to_confirm(request: Request, token: str) -> HTMLResponse:
    """Show what the button would confirm. Following the link does nothing: mail scanners do."""
    link = _link(request, token)
    words = _words(request, link)
    worth = worth_of(request.app.state.service.system, link)
    if worth is not Worth.GOOD:
        return _confirmed(worth, words)
    return card(
        words.confirm_title,
        tag("p", _agreed(link, words)),
        tag("form", tag("button", words.confirm, class_="main"), method="post"),
        tag("p", words.not_you, class_="soft small"),
        language=words.language,
    )


@router.post("/confirm/{token}")
def take_confirmation(request: Request, token: str) -> HTMLResponse:
    """Keep the confirmation, with the words that were confirmed."""
    service = request.app.state.service
    link = _link(request, token)
    words = _words(request, link)
    worth = confirm(service.system, link, _agreed(link, words))
    service.notify()
    return _confirmed(worth, words)


def _agreed(link: FollowedLink, words: OwnWords) -> str:
    channel = channel_of(link)
    return f"{words.news_and_offers} {words.by[channel]}" if channel else words.news_and_offers


def _confirmed(worth: Worth, words: OwnWords) -> HTMLResponse:
    if worth is Worth.EXPIRED:
        says = tag("p", words.sign_up_again)
        return card(words.link_expired, says, status=410, language=words.language)
    return card(words.confirmed, tag("p", words.thank_you), language=words.language)


# ── Surveys ──────────────────────────────────────────────────────────────────────────────────


@router.get("/survey/{token}")
def question(request: Request, token: str) -> HTMLResponse:
    """Show the question."""
    link = _link(request, token)
    return _question(link, _words(request, link))


@router.post("/survey/{token}", openapi_extra=form_of(score=_SCORE, comment=_COMMENT))
async def answer(request: Request, token: str) -> HTMLResponse:
    """Keep the answer, for playbooks to hear of."""
    form = await _form(request)
    return await run_in_threadpool(_answer, request, token, form)


def _answer(request: Request, token: str, form: dict[str, str]) -> HTMLResponse:
    service = request.app.state.service
    link = _link(request, token)
    words = _words(request, link)
    if link.survey is None:
        return _question(link, words)
    given = form.get("score", "")
    scores = range(link.survey.low, link.survey.high + 1)
    score = int(given) if given.isascii() and given.isdigit() else None
    if score is None or score not in scores:
        return _question(link, words, words.choose, status=422)
    is_new = answer_survey(service.system, link, score, form.get("comment", "")[:_LONGEST_COMMENT])
    service.notify()
    says = words.kept if is_new else words.kept_the_first
    return card(words.thank_you, tag("p", says), language=words.language)


def _question(
    link: FollowedLink, words: OwnWords, said: str = "", status: int = 200
) -> HTMLResponse:
    survey = link.survey
    if survey is None:
        over = tag("p", words.thank_you_anyway)
        return card(words.survey_over, over, status=410, language=words.language)
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
            tag("fieldset", tag("legend", words.your_answer), tag("div", scale, class_="scale")),
            tag(
                "fieldset",
                tag("label", words.why, for_="comment"),
                tag("textarea", name="comment", id="comment", maxlength=_LONGEST_COMMENT),
            ),
            tag("button", words.send, class_="main"),
            method="post",
        ),
        status=status,
        language=words.language,
    )
