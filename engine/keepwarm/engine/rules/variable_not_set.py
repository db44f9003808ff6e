"""A template that names what not every way to its message sets: an offer before it is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from keepwarm.engine.rules.sayings import (
    Saying,
    by_name,
    examined,
    is_asked_for_by_a_slip,
    own_words,
    place_of,
    sayings,
)
from keepwarm.engine.templates.analysis import NameUse
from keepwarm.engine.templates.variables import LINKS, OFFER_WORDS, offer_variables
from keepwarm.schema.catalog import Catalog, Offer, Place
from keepwarm.schema.playbook import OfferStep, WhenEvent
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.rule import Doubt, Finding, Rule, nothing, on_lines
from keepwarm.schema.words import CUSTOMER_CHANNELS
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    files = by_name(workspace)
    said_by: dict[tuple[str, str], list[Saying]] = defaultdict(list)
    for said in sayings(workspace):
        said_by[said.template, said.form].append(said)
    for key, all_said in said_by.items():
        named = [
            (use, file.file) for file in files.get(key, []) for use in examined(file).analysis.names
        ]
        yield from _of_words(named, all_said, workspace.catalog)
    for words in own_words(workspace):
        named = [(use, words.place.file) for use in words.examined.analysis.names]
        yield from _of_words(named, [words.said], workspace.catalog)


def _of_words(
    uses: list[tuple[NameUse, str]], all_said: list[Saying], catalog: Catalog
) -> Iterator[Finding]:
    """Give what is wrong with what words name, each with the file that it stands in."""
    missing = [
        (use, file)
        for use, file in uses
        if not _is_asked_for(use) and not is_asked_for_by_a_slip(use, catalog)
    ]
    # What is missing is told once a step, however often it is named and in whatever language.
    told: set[tuple[str, Place | None]] = set()
    for use, file in missing:
        reasons = [(said, _why_not(use, said, catalog)) for said in all_said]
        found = [(said, why) for said, why in reasons if why is not None]
        if len(found) > 1 and all(why is not None and not why.is_of_way for _, why in reasons):
            # No step that says the template can mend it, so the template is at fault.
            if (found[0][1].missing, None) not in told:
                told.add((found[0][1].missing, None))
                yield _of_all(found[0][1], use, file)
            continue
        for said, why in found:
            if (why.missing, said.place) not in told:
                told.add((why.missing, said.place))
                yield _finding(why, use, said, file)


def _is_asked_for(use: NameUse) -> bool:
    """Tell whether the template goes on without the name, or asks for what it is part of."""
    root = use.path.split(".")[0]
    return use.may_be_missing or root in use.asked - use.absent


@dataclass(frozen=True, slots=True)
class _Why:
    """Why a name may stand for nothing, and how to mend it."""

    #: What is not there: a whole offer, or the code of one.
    missing: str
    reason: str
    mend: str
    doubted_by: Doubt = nothing
    #: Whether it depends on the way to the step, and not on what the step or its playbook is.
    is_of_way: bool = False
    #: Where something stands that it rests on besides.
    rests_on: Place | None = None


def _finding(why: _Why, use: NameUse, said: Saying, file: str) -> Finding:
    where = f"{file}:{use.line}:{use.column}"
    return Finding(
        said.place,
        f'"{said.template}" names {use.path}, and {why.reason}',
        f"{why.mend} ({where})",
        doubted_by=why.doubted_by,
        rests_on=() if why.rests_on is None else (why.rests_on.file,),
    )


def _of_all(why: _Why, use: NameUse, file: str) -> Finding:
    return Finding(
        place_of(use, file, use.path),
        f"{use.path} stands for nothing wherever this is sent: {why.reason}",
        why.mend,
        doubted_by=why.doubted_by,
    )


def _why_not(use: NameUse, said: Saying, catalog: Catalog) -> _Why | None:
    root, _, word = use.path.partition(".")
    match root:
        case "offer":
            return _no_offer(use, said) or _no_such_offer(use, word, said, catalog)
        case "survey" if not said.has_survey:
            return _Why(
                root, "this step is no survey", "only a survey has a link:  - survey: <name> …"
            )
        case "event":
            return _no_event(word, said, catalog)
        case _ if root in LINKS and said.channel not in CUSTOMER_CHANNELS:
            return _Why(root, "only messages to a customer have that link", "leave it out")
        case _:
            return None


def _no_offer(use: NameUse, said: Saying) -> _Why | None:
    offers = said.standing.offers
    # Where something of an offer is there, an offer was made.
    if None not in offers or any(path.startswith("offer.") for path in use.present):
        return None
    is_never_made = offers == {None}
    return _Why(
        "offer",
        "no offer is made before it" if is_never_made else "not every way to it makes an offer",
        "make the offer above this step, or let the template ask:  {% if offer %} … {% endif %}",
        _hides_an_offer(said.place.span.line),
        is_of_way=True,
    )


def _hides_an_offer(line: int) -> Doubt:
    """Doubt where a step above could not be read that may have made the offer."""

    def doubts(problem: Problem) -> bool:
        is_above = problem.span.line <= line
        return is_above and problem.rule in _OF_STEPS

    return doubts


_OF_STEPS = frozenset(
    {"no-offer", "unknown-key", "two-things", "missing", "wrong-type", "shares", "empty"}
)


def _no_such_offer(use: NameUse, word: str, said: Saying, catalog: Catalog) -> _Why | None:
    """Give why one of the offers that may have been made lacks what the template says of it."""
    if word not in OFFER_WORDS:
        return None
    for step in sorted(_made(said), key=lambda step: step.offer):
        offer = catalog.offers.get(step.offer)
        if offer is None or not _comes_here(step, offer, use):
            continue
        if word == "ends_on":
            if step.expires is None:
                line = step.common.place.span.line
                reason = f'the offer "{step.offer}" of line {line} has no end'
                return _Why(use.path, reason, "say it there:  expires: in 14 days", is_of_way=True)
        elif word not in offer_variables(offer):
            reason = f'the offer "{step.offer}" has no {word}'
            where = f" in {offer.place}" if offer.place else ""
            example = f"{{{{ {use.path} | default: '…' }}}}"
            mend = f'write "{word}"{where}, or {example}'
            doubted_by = _declares(offer)
            return _Why(use.path, reason, mend, doubted_by, is_of_way=True, rests_on=offer.place)
    return None


def _comes_here(step: OfferStep, offer: Offer, use: NameUse) -> bool:
    """Tell whether the conditions around a name let in those who got an offer."""
    has = set(offer_variables(offer))
    if step.expires is not None:
        has.add("ends_on")
    asked = {word for word in OFFER_WORDS if f"offer.{word}" in use.present}
    denied = {word for word in OFFER_WORDS if f"offer.{word}" in use.absent}
    return asked <= has and not denied & has


def _declares(offer: Offer) -> Doubt:
    """Doubt where the catalog says what could not be read of the offer."""
    place = offer.place
    if place is None:
        return nothing
    span = place.span
    on_its_lines = on_lines(span.line, span.end_line)
    return lambda problem: problem.file == place.file and on_its_lines(problem)


def _made(said: Saying) -> list[OfferStep]:
    return [step for step in said.standing.offers if step is not None]


def _no_event(word: str, said: Saying, catalog: Catalog) -> _Why | None:
    start = said.playbook.start
    if not isinstance(start, WhenEvent):
        return _Why(
            "event",
            f"no event starts {said.playbook.name}",
            "take the value from the customer, or let the template ask:  {% if event %}",
        )
    event = catalog.events.get(start.event)
    others = {name for each in catalog.events.values() for name in each.properties}
    if event is None or not word or word in event.properties or word not in others:
        return None
    return _Why(
        f"event.{word}",
        f'the event "{start.event}", which starts this playbook, has no "{word}"',
        f"it has: {', '.join(sorted(event.properties))}"
        if event.properties
        else f"it has no properties; others have:  {word}",
    )


VARIABLE_NOT_SET = Rule(
    "variable-not-set",
    "A message names an offer, an event or a link that not every way to it sets.",
    _find,
)
