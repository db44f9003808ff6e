"""All stand-ins in one process, on loopback."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Self

from aiohttp import web

from tests.standins.faults import Faults
from tests.standins.hubspot import HubSpot
from tests.standins.ledger import Ledger
from tests.standins.mail import MailServer
from tests.standins.onesignal import OneSignal
from tests.standins.privacy import Privacy
from tests.standins.provider import Provider
from tests.standins.receiver import Receiver
from tests.standins.salesforce import Salesforce
from tests.standins.sendgrid import SendGrid
from tests.standins.slack import Slack
from tests.standins.twilio import Twilio
from tests.standins.zendesk import Zendesk

#: SendGrid takes 30 MB.
LARGEST_REQUEST_BYTES = 40_000_000


class Standins:
    """Providers, CRMs and help desks, a receiver of webhooks and a mail server."""

    def __init__(self, ledger: Path | None = None, *, port: int = 0) -> None:
        self.ledger = Ledger(ledger)
        self.sendgrid = SendGrid(self.ledger)
        self.twilio = Twilio(self.ledger)
        self.onesignal = OneSignal(self.ledger)
        self.slack = Slack(self.ledger)
        self.receiver = Receiver(self.ledger)
        self.zendesk = Zendesk(self.ledger)
        self.hubspot = HubSpot(self.ledger)
        self.salesforce = Salesforce(self.ledger)
        self.privacy = Privacy(self.ledger)
        self.mail = MailServer(self.ledger)
        everybody = (self.sendgrid, self.twilio, self.onesignal, self.slack, self.receiver,
                     self.zendesk, self.hubspot, self.salesforce, self.privacy)  # fmt: skip
        self.providers: dict[str, Provider] = {one.name: one for one in everybody}
        self.url = ""
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LARGEST_REQUEST_BYTES)
        for name, provider in self.providers.items():
            app.router.add_route("*", f"/{name}/{{rest:.*}}", provider.serve)
        app.router.add_get("/_ledger", self._show_ledger)
        app.router.add_post("/_faults/{name}", self._add_fault)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        for name, provider in self.providers.items():
            provider.url = f"{self.url}/{name}"
        await self.mail.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.mail.stop()
        if self._runner:
            await self._runner.cleanup()
        self.ledger.close()
        await asyncio.sleep(0)

    async def _show_ledger(self, _: web.Request) -> web.Response:
        entries = [asdict(entry) for entry in self.ledger.entries]
        return web.json_response(entries, dumps=lambda value: json.dumps(value, default=dict))

    async def _add_fault(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        faults = self.mail.faults if name == self.mail.name else self.providers[name].faults
        faults.add(Faults.read(await request.json()))
        return web.json_response({"ok": True})
