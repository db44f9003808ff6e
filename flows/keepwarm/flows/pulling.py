"""Asking providers what was modified: page by page, each kept together with how far it came."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from keepwarm.connectors.pulls.contract import NotNow, Page, Puller, Window
from keepwarm.connectors.sources.contract import Telling
from keepwarm.flows.pauses import doubled_pause
from keepwarm.flows.system import System
from keepwarm.flows.tellings import arrivals_of
from keepwarm.schema.catalog import Catalog
from keepwarm.store.inbox import append_arrivals
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.paces import book, rests_until
from keepwarm.store.pulls import (
    Place,
    ask_later,
    end_window,
    go_on_behind,
    is_any_due,
    is_any_known,
    put_streams,
    take_place,
)

#: How often a provider is asked.
PULL_EVERY: Final = timedelta(minutes=5)
#: A turn that is due by then is taken with the schedule's next run, which is never quite punctual.
_MARGIN: Final = timedelta(minutes=1)
#: By how much windows overlap: a provider finds what was modified only a while later.
OVERLAP: Final = timedelta(minutes=10)
#: How many pages one turn takes, so that a first pull of a million contacts lets others in.
_PAGES: Final = 20
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=30)
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Pulled:
    """What asking a provider came to."""

    pages: int = 0
    told: int = 0
    new: int = 0
    #: Whether a stream has more to tell at once.
    has_more: bool = False
    #: Why a stream rests; identifiers and counts only.
    problem: str | None = None

    def sentence(self) -> str:
        """Say it, as people read it in Prefect's pages."""
        if self.problem is not None:
            return f"{self.new} new of {self.told} told, then: {self.problem}"
        return f"{self.new} new of {self.told} told" if self.pages else "nothing was due"


async def pull(system: System, name: str) -> Pulled:
    """Ask a provider for all whose turn it is, some pages of each stream in turn."""
    puller = system.pullers[name]
    done = Pulled(has_more=True)
    while done.has_more:
        done.has_more = False
        streams, catalog = await asyncio.to_thread(_due, system, name, puller)
        for stream, names in streams.items():
            await _pull_stream(system, puller, (name, stream), names, catalog, done)
            if done.problem is not None:  # what it asks of us, it asks for all its streams
                return done
    return done


def _due(system: System, name: str, puller: Puller) -> tuple[Mapping[str, frozenset[str]], Catalog]:
    """Give the streams whose turn it is, with the fields that the catalog names."""
    now = system.clock()
    with system.database.reading() as cx:
        catalog = system.shelf.catalog(cx) or Catalog()
        is_resting = rests_until(cx, _pace(name), now) > now
    streams = asked_of(catalog, name, puller)
    if not streams or is_resting:
        return {}, catalog
    with system.database.writing(durable=False) as cx:
        put_streams(cx, name, tuple(streams), now)
        return (streams if is_any_due(cx, name, now) else {}), catalog


def asked_of(catalog: Catalog, name: str, puller: Puller) -> Mapping[str, frozenset[str]]:
    """Give what a catalog asks a provider for: stream -> fields."""
    facts = {
        told.word
        for attribute in catalog.attributes.values()
        for told in attribute.told_by
        if told.source == name
    }
    events: dict[str, set[str]] = {}
    for event in catalog.events.values():
        called = dict(event.called)
        for told in event.told_by:
            if told.source == name:
                fields = events.setdefault(told.word, set())
                fields.update(called.get(each, each) for each in event.properties)
    return puller.asked(facts, events)


async def _pull_stream(
    system: System,
    puller: Puller,
    what: tuple[str, str],
    names: Collection[str],
    catalog: Catalog,
    done: Pulled,
) -> None:
    place = await asyncio.to_thread(_take, system, what)
    for number in range(1, _PAGES + 1):
        if place is None:
            return
        since = _BEGINNING if place.since is None else place.since - OVERLAP
        page = await puller.page(place.stream, names, Window(since, place.until, place.after))
        reached(Landmark.PULLED)
        place = await asyncio.to_thread(_keep, system, place, catalog, page, done, number == _PAGES)


def _take(system: System, what: tuple[str, str]) -> Place | None:
    with system.database.writing(durable=False) as cx:
        return take_place(cx, *what, system.clock())


def _keep(
    system: System,
    place: Place,
    catalog: Catalog,
    page: Page | NotNow,
    done: Pulled,
    is_last: bool,  # noqa: FBT001 - one caller, by its name
) -> Place | None:
    """Keep a page and how far it came, in one transaction; give where to go on, if at all."""
    now = system.clock()
    if isinstance(page, NotNow):
        done.problem = page.reason
        with system.database.writing(durable=False) as cx:
            until = now + _pause(place, page)
            ask_later(cx, place, until, page.reason)
            book(cx, _pace(place.source), until)
        return None
    told = [_as_news(place, telling) for telling in page.tellings]
    arrivals = arrivals_of(catalog, place.source, told)
    with system.database.writing() as cx:
        is_ours = (
            end_window(cx, place, now + (page.rests or PULL_EVERY) - _MARGIN)
            if page.last is None
            else go_on_behind(cx, place, page.last, now)
        )
        if not is_ours:
            return None
        done.new += append_arrivals(cx, arrivals, now)
        done.told += len(told)
        done.pages += 1
        if page.last is not None and is_last:
            done.has_more = ask_later(cx, place, now, None)
        reached(Landmark.PULL_KEEPING)
    return None if page.last is None or is_last else replace(place, after=page.last, tries=0)


def _pace(name: str) -> str:
    return f"asking {name}"


def _as_news(place: Place, telling: Telling) -> Telling:
    """Let what was modified before we first asked be known, and start nothing."""
    is_news = telling.at is None or telling.at >= place.begun_at
    return telling if is_news else replace(telling, word="")


def _pause(place: Place, page: NotNow) -> timedelta:
    if page.wait is not None:
        return page.wait
    return doubled_pause(_FIRST_PAUSE, place.tries, _LONGEST_PAUSE)


def is_pull_late(system: System, name: str) -> bool:
    """Tell whether a provider should have been asked by now: for the first time, or long ago."""
    now = system.clock()
    with system.database.reading() as cx:
        catalog = system.shelf.catalog(cx) or Catalog()
        if not asked_of(catalog, name, system.pullers[name]):
            return False
        return not is_any_known(cx, name) or is_any_due(cx, name, now - _LATE)


#: How long after its turn a provider is asked without Prefect, whose next run would come first.
_LATE: Final = PULL_EVERY
