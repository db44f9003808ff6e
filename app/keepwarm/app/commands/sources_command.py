"""Say which providers may tell us what happens to customers, or try what one would tell.

  keepwarm sources
  keepwarm sources show stripe
  keepwarm sources try invoice.json --as stripe
  keepwarm sources try order.json --as shopify --header "X-Shopify-Topic: orders/paid"

A file is what the provider posts, as it shows it in its own log. Nothing is kept: it is held
against the catalog of the folder of playbooks as it is now.
"""

from __future__ import annotations

import argparse
import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keepwarm.app.shown import add_playbooks
from keepwarm.schema.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keepwarm.connectors.sources.contract import Call, Cohort, Telling
    from keepwarm.schema.catalog import Catalog
    from keepwarm.store.inbox import Arrival


#: So many facts that a catalog could name are shown.
_MOST_FACTS: Final = 12


class SourceRefused(Exception):
    """A source or a file cannot be used; says why, and what can."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    what = parser.add_subparsers(dest="what", metavar="WHAT")
    showing = what.add_parser("show", help="one source: how it is set up, and what it tells")
    showing.add_argument("source", choices=tuple(SOURCES))
    trying = what.add_parser("try", help="what would be made of a payload; nothing is kept")
    trying.add_argument("file", type=Path, metavar="FILE")
    trying.add_argument("--as", dest="source", choices=tuple(SOURCES), help="who posts it")
    trying.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME: VALUE",
        help="a header that the provider sends with it",
    )
    add_playbooks(trying)


def run(given: argparse.Namespace) -> int:
    """Do it, and give the exit code."""
    match given.what:
        case "try":
            return _try(given)
        case "show":
            return _show(given.source)
        case _:
            return _list()


# ── Which there are ──────────────────────────────────────────────────────────────────────────


def _list() -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock
    from keepwarm.connectors.sources.registry import is_set, source_class

    settings = read_settings()
    width = len(settings.public_url) + len("/sources/") + max(len(name) for name in SOURCES)
    for name in SOURCES:
        about = source_class(name).about
        has_secret = is_set(name, settings.environment, clock)
        stands = "ready" if has_secret else f"set {about.secrets[0].name} to let it in"
        address = f"{settings.public_url}/sources/{name}"
        print(f"{name:<11} {address:<{width}}  {stands}")
    _list_asked(settings.environment)
    print("\n`keepwarm sources show NAME` says how one is set up.")
    return 0


def _list_asked(environment: Mapping[str, str]) -> None:
    """Say which providers are asked on a schedule besides."""
    from keepwarm.connectors.pulls.registry import ASKED_FOR_BY

    print()
    for name, setting in ASKED_FOR_BY.items():
        is_asked = environment.get(setting, "").strip()
        stands = "asked every 5 minutes" if is_asked else f"set {setting} to have it asked"
        print(f"{name:<11} {stands}")


def _show(name: str) -> int:
    from keepwarm.connectors.sources.registry import source_class

    about, words = source_class(name).about, SOURCES[name]
    print(f"{about.title}\n")
    for number, step in enumerate(about.steps, 1):
        print(f"  {number}. {step}")
    print("\nSettings:")
    for setting in (*about.secrets, *about.settings):
        needed = "needed" if setting.needed else "may be set"
        print(f"  {setting.name:<28} {needed}: {setting.meaning}")
    if words.is_open:
        print("\nIts own users name what it tells: any word may stand in the catalog.")
    if words.own:
        print(f"\nEvents that its own users name begin with {words.own}")
    if words.events:
        print("\nEvents, and what comes with them:")
        for fields, alike in groupby(words.events, key=words.events.__getitem__):
            print("\n".join(f"  {name} {word}" for word in alike))
            print(f"      with {', '.join(fields)}" if fields else "      with nothing but who")
    if words.facts:
        print("\nAbout a customer:")
        print("\n".join(f"  {name} {fact}" for fact in words.facts))
    return 0


# ── What one would tell ──────────────────────────────────────────────────────────────────────


def _try(given: argparse.Namespace) -> int:
    from keepwarm.app.folder import read_folder
    from keepwarm.app.wiring import clock
    from keepwarm.connectors.sources.contract import Unreadable
    from keepwarm.connectors.sources.registry import make_source
    from keepwarm.flows.tellings import arrivals_of

    call = _call(given)
    name = given.source or _guessed(call)
    catalog = read_folder(given.playbooks).catalog
    misread: Unreadable | None = None
    try:
        tellings = make_source(name, {}, clock).read(call)
    except Unreadable as why:
        misread, tellings = why, why.told
    for telling in tellings:
        arrivals = arrivals_of(catalog, name, [telling])
        print("\n".join(_said(name, telling, arrivals, catalog)))
    title = SOURCES[name].title
    if misread is not None:
        raise SourceRefused(f"{given.file} is not what {title} posts: {misread}.")
    if not tellings:
        print(
            f"{title} tells nothing by it that Keepwarm reads: it names no customer, or is none of"
            f" the events that `keepwarm sources show {name}` lists. {title} would hear that it was"
            " taken, and nothing would be kept."
        )
        return 1
    return 0


def _call(given: argparse.Namespace) -> Call:
    from keepwarm.app.wiring import clock
    from keepwarm.connectors.sources.contract import Call

    if not given.file.is_file():
        raise SourceRefused(f"There is no file {given.file}. Name what a provider posted, in JSON.")
    headers = {}
    for said in given.header:
        header, colon, value = said.partition(":")
        if not colon:
            raise SourceRefused(
                f'--header "{said}" has no colon. Write "X-Shopify-Topic: orders/paid".'
            )
        headers[header.strip().lower()] = value.strip()
    return Call("", headers, given.file.read_bytes(), clock())


def _guessed(call: Call) -> str:
    """Give the one source whose form the payload has."""
    from keepwarm.app.wiring import clock
    from keepwarm.connectors.sources.contract import Unreadable
    from keepwarm.connectors.sources.registry import make_source

    able = []
    for name in SOURCES:
        try:
            if make_source(name, {}, clock).read(call):
                able.append(name)
        except Unreadable:
            continue
    if len(able) == 1:
        return able[0]
    seems = f"It may be of {' or '.join(able)}." if able else "It looks like none that is known."
    raise SourceRefused(f"Say who posts this: --as {' or --as '.join(able or SOURCES)}. {seems}")


def _said(name: str, telling: Telling, arrivals: list[Arrival], catalog: Catalog) -> Iterator[str]:
    from keepwarm.app.wiring import clock
    from keepwarm.flows.arrivals import foresee

    yield f"{name} {telling.word}"
    if telling.cohort is not None:
        yield from _said_of_cohort(name, telling.cohort, arrivals)
        return
    yield f"  about      {_who(telling)}"
    if telling.at is not None:
        yield f"  happened   {telling.at.isoformat()}"
    if telling.asks is not None:
        yield f"  asks for   {telling.asks}"
    for arrival in arrivals:
        payload = arrival.payload
        match payload["type"]:
            case "track":
                yield f"  becomes    the event {payload['event']} {_listed(payload['properties'])}"
            case "identify":
                yield f"  tells      {_listed(payload['attributes'])}"
            case _:
                pass
    for problem in foresee(catalog, arrivals, clock()).values():
        yield f"  problem    {problem}"
    yield from _unused(name, telling, catalog, is_used=bool(arrivals))


def _said_of_cohort(name: str, cohort: Cohort, arrivals: list[Arrival]) -> Iterator[str]:
    from keepwarm.connectors.sources.contract import CohortChange

    yield f"  about      {_people(len(cohort.members))}"
    for arrival in arrivals:
        tagged = f"the tag {arrival.payload['tag']} in {arrival.payload['attribute']}"
        match cohort.change:
            case CohortChange.REMOVED:
                yield f"  takes      {tagged} from them"
            case CohortChange.ADDED:
                yield f"  gives      them {tagged}"
            case CohortChange.ALL:
                yield f"  gives      them {tagged}, and takes it from all whom no page names"
    if not arrivals:
        yield f"  no fact    of the catalog is {name} {cohort.fact}. If one should be:"
        attribute = cohort.fact.rpartition(".")[2]
        yield f"               {attribute}: {{is: tags, from: {name} {cohort.fact}}}"


def _people(count: int) -> str:
    return "1 customer" if count == 1 else f"{count:,} customers"


def _who(telling: Telling) -> str:
    who = telling.person
    known = [f"customer {who.customer}"] if who.customer else []
    known += [f"{kind} {value}" for kind, value in who.names]
    known += [each for each in (who.email, who.phone) if each]
    return ", ".join(known)


def _listed(values: object) -> str:
    return json.dumps(values, ensure_ascii=False)


def _unused(name: str, telling: Telling, catalog: Catalog, *, is_used: bool) -> Iterator[str]:
    """Say what the catalog could still take."""
    source = SOURCES[name]
    used = {told for event in catalog.events.values() for told in event.told_by}
    known = {told for attribute in catalog.attributes.values() for told in attribute.told_by}
    words = {str(told) for told in used | known}
    may_be_named = source.is_open or source.comes_with(telling.word) is not None
    if telling.asks is None and may_be_named and f"{name} {telling.word}" not in words:
        yield "  no event   of the catalog comes from it. If one should:"
        yield f"               <event>: {{with: {{…}}, from: {name} {telling.word}}}"
        if telling.fields:
            yield f"             with it come {_listed(telling.fields)}"
    free = [fact for fact in telling.facts if f"{name} {fact}" not in words]
    # Whose users name facts tells many that nobody wants.
    if free and not (source.is_open and is_used):
        more = ", …" if len(free) > _MOST_FACTS else ""
        named = ", ".join(f"{name} {fact}" for fact in free[:_MOST_FACTS])
        yield f"  no fact    of the catalog is {named}{more}"
