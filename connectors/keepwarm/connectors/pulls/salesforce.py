"""Salesforce, asked for contacts and opportunities that were modified, deleted or merged.

Source: developer.salesforce.com, "REST API Developer Guide: QueryAll", "SOQL and SOSL Reference",
"System Fields" (SystemModstamp, IsDeleted), "Object Reference: Contact" (MasterRecordId).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from keepwarm.connectors.answers import as_object, wait_asked_for
from keepwarm.connectors.pulls.contract import AboutPuller, NotNow, Page, Window
from keepwarm.connectors.salesforce_calls import SETTINGS, SalesforceCalls
from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.sources.payloads import at, text_at
from keepwarm.connectors.sources.salesforce_records import OF_ALL, OF_PEOPLE, record_telling
from keepwarm.connectors.transport import Answer, NoAnswer, NothingSent

_PAGE: Final = 200
_NAME: Final = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
#: What Salesforce says when a day's calls are used up: it opens again by itself.
_USED_UP: Final = "REQUEST_LIMIT_EXCEEDED"
_AFTER_USED_UP: Final = timedelta(minutes=15)


class SalesforcePull:
    """Asks Salesforce's queries for what was modified."""

    about = AboutPuller(
        title="Salesforce",
        settings=SETTINGS,
        steps=(
            (
                "Make a connected app with the client credentials flow, whose user may read"
                " contacts and opportunities, and set its key and secret."
            ),
        ),
        notes=(
            (
                "A field is a fact by its object and name: `salesforce Contact.Renewal_Date__c`,"
                " `salesforce Opportunity.CloseDate`; an opportunity's belong to its contact."
            ),
            (
                "What was made, modified or deleted is the event `Contact.create`, `.update` or"
                " `.delete`, and alike of `Opportunity`."
            ),
            "A contact that was merged into another becomes one with it here.",
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        self._calls = SalesforceCalls(given)

    def asked(
        self, facts: Collection[str], events: Mapping[str, Collection[str]]
    ) -> Mapping[str, frozenset[str]]:
        """Give the fields of each object that the catalog names."""
        found: dict[str, set[str]] = {}
        for word in facts:
            thing, _, name = word.partition(".")
            found.setdefault(thing, set()).add(name)
        for word, names in events.items():
            found.setdefault(word.partition(".")[0], set()).update(names)
        return {
            thing: frozenset(name for name in names if _NAME.fullmatch(name))
            for thing, names in sorted(found.items())  # contacts before what is about them
            if thing in OF_PEOPLE
        }

    async def page(self, stream: str, names: Collection[str], window: Window) -> Page | NotNow:
        """Ask for the records of one object."""
        try:
            asked = _soql(stream, names, window)
            answer = await self._calls.call("GET", f"queryAll?{urlencode({'q': asked})}")
        except (NothingSent, NoAnswer) as error:
            return NotNow(str(error))
        records = at(as_object(answer.body), "records")
        if answer.status != HTTPStatus.OK or not isinstance(records, list):
            return self._not_now(answer)
        tellings = tuple(telling for each in records if (telling := record_telling(each, names)))
        last = text_at(records[-1], "Id") if len(records) >= _PAGE else None
        return Page(tellings, last)

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.close()

    def _not_now(self, answer: Answer) -> NotNow:
        wait = wait_asked_for(answer, self._clock())
        if _USED_UP.encode() in answer.body:
            wait = _AFTER_USED_UP
        return NotNow(f"Salesforce answered with HTTP status {answer.status}", wait)


def _soql(stream: str, names: Collection[str], window: Window) -> str:
    fields = ", ".join(sorted({*names, *OF_ALL, *OF_PEOPLE[stream]}))
    after = f" AND Id > '{window.after}'" if _IDENTIFIER.fullmatch(window.after) else ""
    # Fields are the catalog's, of which `asked` lets none through that is more than a name.
    return (
        f"SELECT {fields} FROM {stream} WHERE SystemModstamp >= {_moment(window.since)}"  # noqa: S608 - SOQL, of checked names
        f" AND SystemModstamp < {_moment(window.until)}{after} ORDER BY Id LIMIT {_PAGE}"
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
