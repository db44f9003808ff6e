"""Two customers who are one person become one (law 26).

The stricter consent stands, caps add up, the oldest run of a key goes on with its timer, and
nobody enters anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.engine.facts import Value
from keepwarm.engine.frequencies import FREQUENCY_OF, stricter
from keepwarm.engine.gates import CONFIRMED_OF
from keepwarm.schema.words import ADDRESS_OF
from keepwarm.store.attributes_told import merge_attributes_told
from keepwarm.store.audit import note
from keepwarm.store.bulk import json_text
from keepwarm.store.customers import COLUMNS, CONSENTS, Customer, find_customer
from keepwarm.store.ids import id_list, in_ids, json_parameter
from keepwarm.store.moments import to_micros
from keepwarm.store.past import keep_past, was
from keepwarm.store.people import ALL, Consent, record_consents
from keepwarm.store.stopping import Stopped, lock_people, stop_runs
from keepwarm.store.things_told import merge_things_told

#: What of a customer simply goes over. Messages bring their counts under caps along.
_GOES_OVER: Final = ("event", "identity", "message", "offer", "task")
_REASON: Final = "merged"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge came to."""

    #: The key of the customer who is left.
    kept: int
    gone: int
    runs_moved: int
    #: What of the newer run of a key was ended.
    stopped: Stopped


@dataclass(frozen=True, slots=True)
class NotMerged:
    """Why two customers were not merged."""

    reason: str


def merge(cx: Connection, keep: str, gone: str, by: str, now: datetime) -> Merged | NotMerged:
    """Make one customer of two: `keep` stays, and `gone` means the same from now on."""
    pair = _pair(cx, keep, gone)
    if isinstance(pair, NotMerged):
        return pair
    kept, other = pair
    lock_people(cx, [kept.id, other.id])
    pair = _pair(cx, keep, gone)  # as it is now that nobody else can change it
    if isinstance(pair, NotMerged):
        return pair
    kept, other = pair
    lent = channels_lent(kept.attributes, other.attributes)
    _merge_consents(cx, kept, other, lent, now)
    _merge_profiles(cx, kept, other, lent, now)
    stopped = _stop_newer_runs(cx, kept.id, other.id, now)
    moved = _move(cx, "run", kept.id, other.id)
    for table in _GOES_OVER:
        _move(cx, table, kept.id, other.id)
    _merge_matches(cx, kept.id, other.id)
    _merge_cohorts(cx, kept.id, other.id)
    merge_attributes_told(cx, kept.id, other.id)
    merge_things_told(cx, kept.id, other.id)
    note(cx, by, "merged customers", {"kept": kept.id, "gone": other.id}, now)
    return Merged(kept.id, other.id, moved, stopped)


def _pair(cx: Connection, keep: str, gone: str) -> tuple[Customer, Customer] | NotMerged:
    kept, other = find_customer(cx, keep), find_customer(cx, gone)
    for name, found in ((keep, kept), (gone, other)):
        if found is None:
            return NotMerged(f'there is no customer "{name}"')
        if found.erased:
            return NotMerged(f'the customer "{name}" was erased')
    assert kept is not None  # noqa: S101 - told above
    assert other is not None  # noqa: S101
    if kept.id == other.id:
        return NotMerged(f'"{keep}" and "{gone}" are one customer already')
    return kept, other


# ── What is known ────────────────────────────────────────────────────────────────────────────


def channels_lent(kept: Mapping[str, Value], gone: Mapping[str, Value]) -> frozenset[str]:
    """Give the channels on which a consent of the one counts for the other.

    A consent goes with the address for which it was given: where each has another address, what
    the one allowed says nothing of the other's.
    """
    lent = {
        channel.value
        for channel, column in ADDRESS_OF.items()
        if column not in kept or kept[column] == gone.get(column)
    }
    return frozenset(lent | {ALL}) if len(lent) == len(ADDRESS_OF) else frozenset(lent)


def merged_attributes(
    kept: Mapping[str, Value], gone: Mapping[str, Value], lent: frozenset[str]
) -> dict[str, Value]:
    """Give what is known of the one customer: the kept one's word first, the other's in gaps.

    Tags are joined and points added. Consent, and how often it may be used, is the stricter of
    the two.
    """
    merged = {**gone, **kept}
    for name in kept.keys() & gone.keys():
        one, other = kept[name], gone[name]
        if isinstance(one, list) and isinstance(other, list):
            merged[name] = list(dict.fromkeys([*one, *other]))
        elif name == "points" and isinstance(one, int | float) and isinstance(other, int | float):
            merged[name] = one + other
    for name, channel in CONSENTS.items():
        said = (kept.get(name), gone.get(name) if channel in lent else None)
        if kept.get(name) is False or gone.get(name) is False:
            merged[name] = False
        elif True in said:
            merged[name] = True
        else:
            merged.pop(name, None)
    for channel, name in CONFIRMED_OF.items():
        if channel not in lent and name not in kept:
            merged.pop(name, None)  # it was another address
    for name in FREQUENCY_OF:
        rarer = stricter(kept.get(name), gone.get(name))
        if rarer is not None:
            merged[name] = rarer.value
    return merged


def _merge_profiles(
    cx: Connection, kept: Customer, gone: Customer, lent: frozenset[str], now: datetime
) -> None:
    merged = merged_attributes(kept.attributes, gone.attributes, lent)
    everything = dict.fromkeys(kept.attributes) | merged
    keep_past(cx, [(kept.id, was(kept.attributes, everything))], now)
    cx.execute(text("DELETE FROM attribute_change WHERE customer_id = :gone"), {"gone": gone.id})
    columns = {name: merged.pop(name, None) for name in COLUMNS}
    empty = ", ".join(f"{name} = NULL" for name in COLUMNS)
    values = {"kept": kept.id, "gone": gone.id, "now": to_micros(now)}
    cx.execute(
        text(
            f"UPDATE customer SET {empty}, attributes = {json_parameter(cx, 'nothing')},"
            " merged_into = :kept, updated_at = :now WHERE id = :gone"
        ),
        values | {"nothing": "{}"},
    )
    # Those who became the one that is gone now mean the one who is left.
    cx.execute(text("UPDATE customer SET merged_into = :kept WHERE merged_into = :gone"), values)
    cx.execute(
        text(
            f"UPDATE customer SET {', '.join(f'{name} = :{name}' for name in COLUMNS)},"
            f" attributes = {json_parameter(cx, 'merged')}, updated_at = :now WHERE id = :kept"
        ),
        values | columns | {"merged": json_text(merged)},
    )
    cx.execute(text("DELETE FROM score WHERE customer_id = :gone"), values)


# ── What is allowed ──────────────────────────────────────────────────────────────────────────


def _merge_consents(
    cx: Connection, kept: Customer, gone: Customer, lent: frozenset[str], now: datetime
) -> None:
    """Join the proofs, and record a refusal wherever the two disagreed."""
    refusals = _disagreements(cx, kept, gone)
    channels = ", ".join(f"'{channel}'" for channel in sorted(lent)) or "NULL"
    goes_over = f"customer_id = :gone AND (NOT allowed OR channel IN ({channels}))"
    values = {"kept": kept.id, "gone": gone.id}
    cx.execute(text(f"UPDATE consent SET customer_id = :kept WHERE {goes_over}"), values)
    cx.execute(
        text(
            "INSERT INTO topic_choice (customer_id, topic, channel, allowed, at)"
            f" SELECT :kept, topic, channel, allowed, at FROM topic_choice WHERE {goes_over}"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    cx.execute(text("DELETE FROM topic_choice WHERE customer_id = :gone"), values)
    refused = (
        Consent(kept.id, channel, topic, allowed=False, source=_REASON, at=now)
        for topic, channel in refusals
    )
    record_consents(cx, refused, now)


def _disagreements(cx: Connection, kept: Customer, gone: Customer) -> list[tuple[str, str]]:
    """Give the (topic, channel) that the one allowed and the other refused."""
    found = cx.execute(
        text(
            "SELECT topic, channel FROM topic_choice WHERE customer_id IN (:kept, :gone)"
            " GROUP BY topic, channel HAVING count(DISTINCT allowed) > 1 ORDER BY topic, channel"
        ),
        {"kept": kept.id, "gone": gone.id},
    )
    on_topics = [(topic, channel) for topic, channel in found]
    on_channels = [
        (ALL, channel.value)
        for name, channel in CONSENTS.items()
        if {kept.attributes.get(name), gone.attributes.get(name)} >= {True, False}
    ]
    return on_topics + on_channels


# ── What goes on ─────────────────────────────────────────────────────────────────────────────


def _stop_newer_runs(cx: Connection, kept: int, gone: int, now: datetime) -> Stopped:
    """Of two runs of one key leave the older; the other's history gets a key of its own."""
    found = cx.execute(
        text(
            "SELECT CASE WHEN (a.started_at, a.id) > (b.started_at, b.id) THEN a.id ELSE b.id END"
            " FROM run a JOIN run b ON b.playbook = a.playbook AND b.entry_key = a.entry_key"
            " WHERE a.customer_id = :kept AND b.customer_id = :gone"
        ),
        {"kept": kept, "gone": gone},
    )
    newer = list(found.scalars())
    stopped = stop_runs(cx, newer, _REASON, now)
    cx.execute(
        text(
            f"UPDATE run SET entry_key = entry_key || ' {_REASON} ' || id WHERE id {in_ids(cx)}"
        ).bindparams(id_list(cx, newer))
    )
    return stopped


def _move(cx: Connection, table: str, kept: int, gone: int) -> int:
    statement = text(f"UPDATE {table} SET customer_id = :kept WHERE customer_id = :gone")
    return cx.execute(statement, {"kept": kept, "gone": gone}).rowcount


def _merge_matches(cx: Connection, kept: int, gone: int) -> None:
    """Let the one who is left have matched whatever either did, so that nothing `becomes` true."""
    values = {"kept": kept, "gone": gone}
    cx.execute(
        text(
            "INSERT INTO match (playbook, customer_id)"
            " SELECT playbook, :kept FROM match WHERE customer_id = :gone ON CONFLICT DO NOTHING"
        ),
        values,
    )
    cx.execute(text("DELETE FROM match WHERE customer_id = :gone"), values)


def _merge_cohorts(cx: Connection, kept: int, gone: int) -> None:
    """Let the one who is left be a member wherever either was."""
    values = {"kept": kept, "gone": gone}
    cx.execute(
        text(
            "INSERT INTO cohort_member (source, cohort, customer_id, session)"
            " SELECT source, cohort, :kept, session FROM cohort_member WHERE customer_id = :gone"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    cx.execute(text("DELETE FROM cohort_member WHERE customer_id = :gone"), values)
