"""Measure how fast the connectors hand over, against stand-ins in a process of their own.

`python -m tests.standins.measuring` with the rooms on the path, as in a development installation.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from keepwarm.connectors.contract import Connector
from keepwarm.connectors.registry import make
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Accepted
from tests.connectors.given import content_for, message_for
from tests.standins import onesignal, receiver, sendgrid, twilio


@dataclass(frozen=True)
class Measure:
    """How many messages go by one connector, and with which settings."""

    connector: str
    channel: Channel
    count: int
    settings: Mapping[str, str]
    address: str | None = None


def measures(places: Mapping[str, str]) -> Sequence[Measure]:
    """Give what is measured, pointed at the stand-ins."""
    mail = {"SENDGRID_API_KEY": sendgrid.KEY, "SENDGRID_API_URL": places["sendgrid"]}
    mail |= {"SENDGRID_FROM": "hello@acme.example"}
    text = {"TWILIO_ACCOUNT_SID": twilio.ACCOUNT, "TWILIO_AUTH_TOKEN": twilio.TOKEN}
    text |= {"TWILIO_FROM": "+15005550006", "TWILIO_API_URL": places["twilio"]}
    push = {"ONESIGNAL_APP_ID": onesignal.APP, "ONESIGNAL_API_KEY": onesignal.KEY}
    push |= {"ONESIGNAL_API_URL": places["onesignal"]}
    hook = {"WEBHOOK_SECRET": receiver.SECRET, "WEBHOOK_ALLOW_LOOPBACK": "yes"}
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(places["mail"])}
    smtp |= {"SMTP_FROM": "hello@acme.example", "SMTP_SECURITY": "none"}
    return [
        Measure("sendgrid", Channel.EMAIL, 20_000, mail),
        Measure("twilio", Channel.SMS, 4_000, text),
        Measure("onesignal", Channel.PUSH, 2_000, push),
        Measure("webhook", Channel.WEBHOOK, 4_000, hook, f"{places['receiver']}/hook"),
        Measure("smtp", Channel.EMAIL, 2_000, smtp),
    ]


async def measured(measure: Measure) -> str:
    """Hand over all messages as a dispatcher does, and say how long it took."""
    connector = make(measure.connector, measure.settings, clock=lambda: datetime.now(UTC))
    content = content_for(measure.channel)
    messages = [
        message_for(measure.channel, number, content=content)
        if measure.address is None
        else message_for(measure.channel, number, content=content, address=measure.address)
        for number in range(measure.count)
    ]
    size = connector.limits.batch
    batches = [messages[start : start + size] for start in range(0, len(messages), size)]
    began, worked = time.perf_counter(), time.process_time()
    accepted = sum(await hand_over(connector, batches))
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    await connector.close()
    a_second, each = measure.count / seconds, worked / measure.count * 1e6
    return (
        f"{measure.connector}: {a_second:,.0f} a second, {each:,.0f} us of CPU each, "
        f"{accepted} of {measure.count} accepted"
    )


async def hand_over(connector: Connector, batches: Sequence[Sequence[Message]]) -> Sequence[int]:
    """Send all batches, so many at once as the connector allows."""
    room = asyncio.Semaphore(connector.limits.at_once)

    async def send(batch: Sequence[Message]) -> int:
        async with room:
            return sum(isinstance(result, Accepted) for result in await connector.send(batch))

    return await asyncio.gather(*(send(batch) for batch in batches))


async def measure_all(places: Mapping[str, str]) -> None:
    """Measure every connector in turn."""
    for measure in measures(places):
        print(await measured(measure), flush=True)


def main() -> None:
    """Start the stand-ins, measure, end them."""
    command = [sys.executable, "-m", "tests.standins"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            places = json.loads(process.stdout.readline() if process.stdout else "")
            asyncio.run(measure_all(places))
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
