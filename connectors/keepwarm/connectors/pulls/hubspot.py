"""HubSpot, asked for contacts and deals that were modified.

Source: developers.hubspot.com, "CRM search" (filters, sorting, 10,000 results, rate limits),
"Contacts", "Deals", "Associations v4" (batch read).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from keepwarm.connectors.answers import as_object, wait_asked_for
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.pulls.contract import AboutPuller, NotNow, Page, Window
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.sources.contract import Telling
from keepwarm.connectors.sources.hubspot_objects import (
    DEAL,
    MODIFIED,
    OF_PEOPLE,
    contact_telling,
    deal_tellings,
    deletion_telling,
)
from keepwarm.connectors.sources.payloads import at, text_at
from keepwarm.connectors.transport import Answer, NoAnswer, NothingSent, Transport

_PAGE: Final = 100
_MOST_NAMES: Final = 200
#: What a catalog asks for, and the stream that tells it.
_DELETION, _DELETED = "contact.deletion", "deleted contacts"
#: How long a list of deleted contacts that has more than one page is left alone.
_LONG_LIST_RESTS: Final = timedelta(hours=1)


class HubSpotPull:
    """Asks HubSpot's search for what was modified."""

    about = AboutPuller(
        title="HubSpot",
        settings=(
            Setting(
                "HUBSPOT_TOKEN",
                "The access token of a private app that may read contacts and deals.",
                secret=True,
                example="pat-eu1-…",
            ),
            Setting("HUBSPOT_API_URL", "Where HubSpot is.", needed=False),
        ),
        steps=(
            (
                "Make a private app with the scopes crm.objects.contacts.read and"
                " crm.objects.deals.read, and set its token."
            ),
        ),
        notes=(
            (
                "A property of a contact is a fact by its internal name; one of a deal is"
                " `hubspot deal.<name>`, and belongs to the deal's contacts."
            ),
            "A deal that was modified is the event `hubspot deal.changed`.",
            (
                "Contacts that were merged become one here too. One that was deleted is the event"
                " `hubspot contact.deletion`, and stays a customer until somebody erases it"
                " (where more than a hundred were, it is told within the hour); the"
                " webhook `contact.privacyDeletion` does so by itself."
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        url = given.text("HUBSPOT_API_URL", "https://api.hubapi.com")
        self._url = checked_base_url("HUBSPOT_API_URL", url)
        self._headers = {"Authorization": f"Bearer {given.text('HUBSPOT_TOKEN')}"}
        self._transport = Transport(timeout=timedelta(seconds=30), at_once=4)

    def asked(
        self, facts: Collection[str], events: Mapping[str, Collection[str]]
    ) -> Mapping[str, frozenset[str]]:
        """Give the properties of contacts and of deals that the catalog names."""
        of_deals = {fact.removeprefix(DEAL) for fact in facts if fact.startswith(DEAL)}
        of_contacts = {fact for fact in facts if not fact.startswith(DEAL)}
        deals = events.get("deal.changed")
        found: dict[str, frozenset[str]] = {}
        if of_contacts:
            found["contacts"] = frozenset(of_contacts)
        if _DELETION in events:
            found[_DELETED] = frozenset()
        if of_deals or deals is not None:
            found["deals"] = frozenset(of_deals | set(deals or ()))
        return found

    async def page(self, stream: str, names: Collection[str], window: Window) -> Page | NotNow:
        """Ask for the records of one stream."""
        try:
            return await self._page(stream, sorted(names)[:_MOST_NAMES], window)
        except (NothingSent, NoAnswer) as error:
            return NotNow(str(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _page(self, stream: str, names: list[str], window: Window) -> Page | NotNow:
        if stream == _DELETED:
            return await self._deleted(window)
        modified = MODIFIED[stream]
        filters = [
            _filter(modified, "GTE", _milliseconds(window.since)),
            _filter(modified, "LT", _milliseconds(window.until)),
            *([_filter("hs_object_id", "GT", window.after)] if window.after else []),
        ]
        extra = [modified, *(OF_PEOPLE if stream == "contacts" else ())]
        asked = {
            "filterGroups": [{"filters": filters}],
            # By identifier and behind the last one: a search ends after 10,000 results.
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": sorted({*names, *extra}),
            "limit": _PAGE,
        }
        answer = await self._call(f"crm/v3/objects/{stream}/search", asked)
        records = at(as_object(answer.body), "results")
        if answer.status != HTTPStatus.OK or not isinstance(records, list):
            return self._not_now(answer)
        tellings = await self._tellings(stream, records, names)
        if isinstance(tellings, NotNow):
            return tellings
        last = text_at(records[-1], "id") if len(records) >= _PAGE else None
        return Page(tellings, last)

    async def _deleted(self, window: Window) -> Page | NotNow:
        """Ask for deleted contacts: a search finds none, and the list of them has no filter."""
        behind = f"&after={quote(window.after)}" if window.after else ""
        path = f"crm/v3/objects/contacts?archived=true&limit={_PAGE}{behind}"
        answer = await call_json(self._transport, "GET", f"{self._url}/{path}", self._headers)
        found = as_object(answer.body)
        records = at(found, "results")
        if answer.status != HTTPStatus.OK or not isinstance(records, list):
            return self._not_now(answer)
        tellings = (deletion_telling(each) for each in records)
        return Page(
            tuple(
                each
                for each in tellings
                if each is not None and each.at and window.since <= each.at < window.until
            ),
            text_at(found, "paging.next.after"),
            # Three months of deletions are walked whole each time, which is paid by the call.
            rests=_LONG_LIST_RESTS if window.after else None,
        )

    async def _tellings(
        self, stream: str, records: list[Any], names: list[str]
    ) -> tuple[Telling, ...] | NotNow:
        if stream == "contacts":
            return tuple(telling for each in records if (telling := contact_telling(each, names)))
        if not records:
            return ()
        asked = {"inputs": [{"id": text_at(each, "id")} for each in records]}
        answer = await self._call("crm/v4/associations/deals/contacts/batch/read", asked)
        # 207 where some deals have no contact.
        if answer.status not in (HTTPStatus.OK, HTTPStatus.MULTI_STATUS):
            return self._not_now(answer)
        found = at(as_object(answer.body), "results")
        contacts = {text_at(each, "from.id"): _contacts(each) for each in found or ()}
        return tuple(
            telling
            for each in records
            for telling in deal_tellings(each, contacts.get(text_at(each, "id"), []), names)
        )

    def _not_now(self, answer: Answer) -> NotNow:
        words = f"HubSpot answered with HTTP status {answer.status}"
        return NotNow(words, wait_asked_for(answer, self._clock()))

    async def _call(self, path: str, body: Mapping[str, Any]) -> Answer:
        return await call_json(self._transport, "POST", f"{self._url}/{path}", self._headers, body)


def _contacts(association: object) -> list[str]:
    found = at(association, "to")
    ids = (text_at(each, "toObjectId") for each in (found if isinstance(found, list) else ()))
    return [each for each in ids if each]


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1_000))
