"""What call-backs report: kept once, applied in any order, and heeded."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from keepwarm.engine.outcome import MessageStatus, Received, Remedy, Report, Signal
from keepwarm.flows.circuits import stop
from keepwarm.flows.refusals import tell_of_refusal
from keepwarm.flows.system import System
from keepwarm.flows.texts import heed_text
from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.circuits import TRIED_EVERY, open_circuits
from keepwarm.store.claims import OutcomeNote, append_outcomes
from keepwarm.store.connection import Connection
from keepwarm.store.customers import read_customers
from keepwarm.store.people import (
    ALL,
    Consent,
    Suppression,
    SuppressionReason,
    record_consents,
    suppress,
)
from keepwarm.store.reports import Reported, keep_report, message_of

#: What a signal says about where the message stands; absent says nothing of that.
STATUS_OF: Final = {
    Signal.SENT: MessageStatus.SENT,
    Signal.DELIVERED: MessageStatus.DELIVERED,
    Signal.BOUNCED: MessageStatus.FAILED,
    # Its provider has given this message up, though the address is good.
    Signal.SOFT_BOUNCED: MessageStatus.FAILED,
    Signal.REJECTED: MessageStatus.FAILED,
}

#: What a signal says about the address.
SUPPRESSES: Final = {
    Signal.BOUNCED: SuppressionReason.BOUNCED,
    Signal.COMPLAINED: SuppressionReason.COMPLAINED,
    Signal.UNSUBSCRIBED: SuppressionReason.OPTED_OUT,
}


def keep_reports(system: System, connector: str, received: Received) -> None:
    """Keep what a verified call-back brought, and act on what is new."""
    now = system.clock()
    with system.database.writing() as cx:
        for report in received.reports:
            about = message_of(cx, report)
            if keep_report(cx, connector, report, about, now) and about is not None:
                _apply(cx, system, connector, report, about, now)
        for each in received.texts:
            heed_text(cx, system, connector, each, now)


def _apply(
    cx: Connection, system: System, connector: str, report: Report, about: Reported, now: datetime
) -> None:
    status = STATUS_OF.get(report.signal)
    if status is not None:
        note = OutcomeNote(
            about.message_id, about.attempt, status, report.reason or None, connector
        )
        append_outcomes(cx, [note], report.at)
    reason = SUPPRESSES.get(report.signal)
    if reason is None and report.remedy is Remedy.SUPPRESS_ADDRESS:
        reason = SuppressionReason.INVALID
    if report.remedy is Remedy.OPT_OUT:
        reason = SuppressionReason.OPTED_OUT
    if report.remedy is Remedy.STOP_CHANNEL:
        _stop_sending(cx, system, connector, about, report, now)
    live = system.shelf.live(cx).get(about.playbook)
    if report.remedy is Remedy.FIX_CONTENT and live is not None:
        why = report.reason or f"{connector} says {report.word}"
        tell_of_refusal(cx, system, live.plan, Channel(about.channel), why, now)
    if reason is not None:
        _keep_from(cx, system, connector, about, reason, report, now)


def _stop_sending(
    cx: Connection, system: System, connector: str, about: Reported, report: Report, now: datetime
) -> None:
    """Stop a provider that takes messages and drops them, since our account may not send.

    What it says late says nothing of now; and one that is stopped already is not kept from its
    next trial, however many messages it still tells of.
    """
    if now - report.at < TRIED_EVERY and connector not in open_circuits(cx):
        why = report.reason or f"{connector} says {report.word}"
        stop(cx, system, Channel(about.channel), connector, why, now)


def _keep_from(
    cx: Connection,
    system: System,
    connector: str,
    about: Reported,
    reason: SuppressionReason,
    report: Report,
    now: datetime,
) -> None:
    """Let nobody use the address again; who said no has said no to the channel as well."""
    channel = Channel(about.channel)
    known = read_customers(cx, [about.customer_id])
    attribute = ADDRESS_OF.get(channel)
    address = known[0].attributes.get(attribute) if known and attribute else None
    if isinstance(address, str):
        hashed = address_hash(system.pepper, channel, address)
        suppress(cx, [Suppression(channel, hashed, reason, now, report.word)])
    if reason in (SuppressionReason.OPTED_OUT, SuppressionReason.COMPLAINED):
        said_no = Consent(
            about.customer_id, channel, ALL, allowed=False, source=connector, at=report.at
        )
        record_consents(cx, [said_no], now)
