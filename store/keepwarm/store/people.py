"""What customers allowed: consent with its proof, topics, and addresses not to be used.

Law 23: consent is per channel and topic, with wording, source and time; an import lifts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel
from keepwarm.store.bulk import insert_rows, text_list
from keepwarm.store.customers import CONSENTS
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import to_micros
from keepwarm.store.past import keep_past, made_before, was
from keepwarm.store.tables import ConsentRow, SuppressionRow

#: Stands for every channel, or for a channel as a whole.
ALL: Final = "*"
#: The first word of the source of a consent that came with a file.
IMPORTED: Final = "import"


class SuppressionReason(StrEnum):
    """Why an address may not be used."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    OPTED_OUT = "opted out"
    ERASED = "erased"
    INVALID = "invalid"
    #: Nothing there takes such messages: all that is ever lifted without being asked for.
    NOT_SUBSCRIBED = "not subscribed"


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent given or withdrawn, with its proof."""

    customer_id: int
    #: A channel, or ALL.
    channel: str
    #: A topic, or ALL for the channel as a whole.
    topic: str
    allowed: bool
    #: Where it was given: `preference page`, `text to +3197…`, `import customers.csv`.
    source: str
    at: datetime
    #: The words that the customer agreed to, or said.
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that may not be used on a channel, by its hash (`addresses.address_hash`)."""

    channel: Channel
    address_hash: str
    reason: SuppressionReason
    at: datetime
    #: What the provider said.
    evidence: str = ""


# ── Consent ──────────────────────────────────────────────────────────────────────────────────


def record_consents(cx: Connection, consents: Iterable[Consent], now: datetime) -> int:
    """Keep consents with their proof, and let them count; give how many were recorded.

    The latest by its own time decides where a customer stands, in whatever order they arrive:
    on a channel as a whole in the attribute `<channel>_consent`, on a topic in `topic_choice`.
    What a file says brings back nothing that the customer withdrew: such rows are left out.
    """
    told = [each for each in consents if each.channel == ALL or each.channel in CUSTOMER_CHANNELS]
    told = _without_lifted(cx, told)
    if not told:
        return 0
    columns = ("customer_id", "channel", "topic", "allowed", "wording", "source", "at")
    rows = [
        (one.customer_id, one.channel, one.topic, one.allowed, one.wording, one.source, one.at)
        for one in told
    ]
    recorded = insert_rows(cx, ConsentRow, columns, rows)
    whole = sorted({one.customer_id for one in told if one.topic == ALL})
    for attribute, channel in CONSENTS.items():
        if any(one.topic == ALL and one.channel in (ALL, channel) for one in told):
            _set_attribute(cx, attribute, channel, whole, now)
    _set_choices(cx, sorted({one.customer_id for one in told if one.topic != ALL}))
    return recorded


def _set_attribute(
    cx: Connection, attribute: str, channel: Channel, ids: Sequence[int], now: datetime
) -> None:
    """Let the latest consent to a channel as a whole be the customers' attribute."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            truth = "json(CASE WHEN latest.allowed THEN 'true' ELSE 'false' END)"
            changed = f"json_set(attributes, '$.{attribute}', {truth})"
        case Dialect.POSTGRESQL:
            changed = f"jsonb_set(attributes, '{{{attribute}}}', to_jsonb(latest.allowed))"
    latest = (
        "(SELECT customer_id, allowed, row_number() OVER"
        " (PARTITION BY customer_id ORDER BY at DESC, id DESC) AS place"
        f" FROM consent WHERE customer_id {in_ids(cx)} AND topic = '*'"
        " AND channel IN ('*', :channel)) AS latest"
    )
    _keep_past(cx, attribute, channel, latest, made_before(cx, ids, now), now)
    cx.execute(
        text(
            f"UPDATE customer SET attributes = {changed}, updated_at = :now FROM {latest}"
            " WHERE latest.place = 1 AND customer.id = latest.customer_id"
        ).bindparams(id_list(cx, ids)),
        {"now": to_micros(now), "channel": channel},
    )


def _keep_past(
    cx: Connection, attribute: str, channel: Channel, latest: str, ids: Sequence[int], now: datetime
) -> None:
    """Keep what was known of the consent of those whose latest word is another."""
    if not ids:
        return
    found = cx.execute(
        text(
            f"SELECT customer.id, CAST(customer.attributes AS TEXT), latest.allowed FROM customer"
            f" JOIN {latest} ON customer.id = latest.customer_id WHERE latest.place = 1"
            " ORDER BY customer.id"
        ).bindparams(id_list(cx, ids)),
        {"channel": channel},
    )
    past = ((key, was(orjson.loads(held), {attribute: bool(said)})) for key, held, said in found)
    keep_past(cx, past, now)


def _set_choices(cx: Connection, ids: Sequence[int]) -> None:
    """Let the latest consent to each topic be where the customers stand on it."""
    if not ids:
        return
    cx.execute(
        text(
            "INSERT INTO topic_choice (customer_id, topic, channel, allowed, at)"
            " SELECT customer_id, topic, channel, allowed, at FROM ("
            "SELECT customer_id, topic, channel, allowed, at, row_number() OVER"
            " (PARTITION BY customer_id, topic, channel ORDER BY at DESC, id DESC) AS place"
            f" FROM consent WHERE customer_id {in_ids(cx)} AND topic <> '*') AS latest"
            " WHERE place = 1 ORDER BY customer_id, topic, channel"
            " ON CONFLICT (customer_id, topic, channel)"
            " DO UPDATE SET allowed = excluded.allowed, at = excluded.at"
        ).bindparams(id_list(cx, ids))
    )


def _without_lifted(cx: Connection, told: Sequence[Consent]) -> list[Consent]:
    suspects = {
        one.customer_id for one in told if one.allowed and one.source.partition(" ")[0] == IMPORTED
    }
    no = _withdrawn(cx, sorted(suspects)) if suspects else frozenset()

    def is_lifted(one: Consent) -> bool:
        channels = CUSTOMER_CHANNELS if one.channel == ALL else (one.channel,)
        return (
            one.allowed
            and one.source.partition(" ")[0] == IMPORTED
            and any((one.customer_id, one.topic, channel) in no for channel in channels)
        )

    return [one for one in told if not is_lifted(one)] if no else list(told)


def _withdrawn(cx: Connection, ids: Sequence[int]) -> frozenset[tuple[int, str, str]]:
    """Tell what customers withdrew by other means than a file: (customer, topic, channel).

    The last that they said themselves counts.
    """
    statement = text(
        "SELECT customer_id, topic, channel FROM ("
        "SELECT customer_id, topic, channel, allowed, row_number() OVER"
        " (PARTITION BY customer_id, topic, channel ORDER BY at DESC, id DESC) AS place FROM ("
        + " UNION ALL ".join(
            f"SELECT id, customer_id, topic, '{channel}' AS channel, allowed, at FROM consent"
            f" WHERE customer_id {in_ids(cx)} AND channel IN ('*', '{channel}')"
            " AND source <> :imported AND source NOT LIKE :imported_from"
            for channel in sorted(CUSTOMER_CHANNELS)
        )
        + ") AS said) AS latest WHERE place = 1 AND NOT allowed"
    ).bindparams(id_list(cx, ids))
    found = cx.execute(statement, {"imported": IMPORTED, "imported_from": f"{IMPORTED} %"})
    return frozenset((customer_id, topic, channel) for customer_id, topic, channel in found)


def choices_of(cx: Connection, customer_id: int) -> Mapping[tuple[str, str], bool]:
    """Tell where a customer stands on topics: (topic, channel or ALL) -> allowed."""
    statement = text("SELECT topic, channel, allowed FROM topic_choice WHERE customer_id = :id")
    found = cx.execute(statement, {"id": customer_id})
    return {(topic, channel): bool(allowed) for topic, channel, allowed in found}


# ── Suppressions ─────────────────────────────────────────────────────────────────────────────


def suppress(cx: Connection, suppressions: Iterable[Suppression]) -> int:
    """Keep addresses from being used; give how many were not kept from it before.

    A reason that stands already stays: the first is the cause, the later ones follow from it. But
    that nobody was subscribed gives way, so that what lifts it lifts no opt-out.
    """
    suppressions = list(suppressions)
    _give_way(cx, suppressions)
    columns = ("channel", "address_hash", "reason", "evidence", "at")
    rows = sorted(
        (one.channel.value, one.address_hash, one.reason.value, one.evidence, one.at)
        for one in suppressions
    )
    return insert_rows(cx, SuppressionRow, columns, rows, on_conflict="skip")


def _give_way(cx: Connection, suppressions: Iterable[Suppression]) -> None:
    rows = [
        {"channel": one.channel, "hash": one.address_hash, "weak": SuppressionReason.NOT_SUBSCRIBED}
        for one in suppressions
        if one.reason is not SuppressionReason.NOT_SUBSCRIBED
    ]
    if rows:
        cx.execute(
            text(
                "DELETE FROM suppression"
                " WHERE channel = :channel AND address_hash = :hash AND reason = :weak"
            ),
            rows,
        )


def suppressed_among(
    cx: Connection, channel: Channel, hashes: Sequence[str]
) -> Mapping[str, SuppressionReason]:
    """Tell which of these addresses may not be used, and why."""
    statement = text(
        "SELECT address_hash, reason FROM suppression"
        f" WHERE channel = :channel AND address_hash {in_ids(cx, 'hashes')}"
    ).bindparams(text_list(cx, "hashes", hashes))
    found = cx.execute(statement, {"channel": channel})
    return {address: SuppressionReason(reason) for address, reason in found}


def lift_opt_out(cx: Connection, channel: Channel, address_hash: str) -> bool:
    """Use an address again whose owner opted out and now asked for it, as by the word START.

    Nothing else is ever lifted so: a bounce, a complaint and an erasure stand.
    """
    statement = text(
        "DELETE FROM suppression"
        " WHERE channel = :channel AND address_hash = :hash AND reason = :reason"
    )
    values = {"channel": channel, "hash": address_hash, "reason": SuppressionReason.OPTED_OUT}
    return cx.execute(statement, values).rowcount > 0


def lift_for_subscribers(cx: Connection, channel: Channel, hashes: Sequence[str]) -> int:
    """Use addresses again of which something is subscribed now; give how many were not used.

    Nothing but that nobody was subscribed is lifted so.
    """
    statement = text(
        "DELETE FROM suppression"
        f" WHERE channel = :channel AND reason = :reason AND address_hash {in_ids(cx, 'hashes')}"
    ).bindparams(text_list(cx, "hashes", hashes))
    values = {"channel": channel, "reason": SuppressionReason.NOT_SUBSCRIBED}
    return cx.execute(statement, values).rowcount


def ask_anew_who_is_subscribed(cx: Connection, before: datetime) -> int:
    """Use addresses again at which nobody was subscribed that long ago; give how many."""
    statement = text("DELETE FROM suppression WHERE reason = :reason AND at < :before")
    values = {"reason": SuppressionReason.NOT_SUBSCRIBED, "before": to_micros(before)}
    return cx.execute(statement, values).rowcount
