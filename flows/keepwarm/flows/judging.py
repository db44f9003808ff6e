"""Judging messages: the standing of all gathered at once, then the gates asked of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import starmap
from typing import Final, NamedTuple

from keepwarm.engine.frequencies import chooses_nothing, chosen_caps
from keepwarm.engine.gates import (
    CONFIRMED_OF,
    CONSENT_OF,
    DAYS_OF,
    Counted,
    Go,
    Manners,
    Refuse,
    Standing,
    Verdict,
    ask,
    why_cancelled,
)
from keepwarm.engine.guarding import tripped
from keepwarm.engine.plan import Plan
from keepwarm.engine.timing import start_of_days, zone_named
from keepwarm.engine.zones import Zones, zones_of
from keepwarm.flows.notices import tell_owner
from keepwarm.flows.system import System
from keepwarm.schema.phrases import AtMost
from keepwarm.schema.words import ADDRESS_OF, CUSTOMER_CHANNELS, Channel, Kind
from keepwarm.store import standing as store
from keepwarm.store.addresses import address_hash
from keepwarm.store.circuits import may_try, open_circuits
from keepwarm.store.claims import Claim
from keepwarm.store.connection import Connection
from keepwarm.store.harm import count_harm
from keepwarm.store.holds import EVERYTHING, HoldKind, hold, holds
from keepwarm.store.holds import Hold as Held
from keepwarm.store.intents import Intent, Intents
from keepwarm.store.people import ALL, suppressed_among

#: Where a message goes that has no address of its own; a push goes to the customer's identifier.
_ADDRESS: Final[Mapping[str, str]] = {each.value: name for each, name in ADDRESS_OF.items()}


def address_of(intent: Intent) -> str | None:
    """Give where a message goes."""
    own: str | None = getattr(intent, _ADDRESS.get(intent.channel, "customer"))
    return own if intent.address is None else intent.address


def _addresses_of(intents: Intents, channel: Channel) -> Sequence[str | None]:
    given, own = intents.column("address"), intents.column(_ADDRESS.get(channel, "customer"))
    if given.count(None) == len(given):
        return own
    return [each if other is None else other for each, other in zip(own, given, strict=True)]


class _Traits(NamedTuple):
    """All in which messages of a chunk may differ to the gates. Those of equal traits go alike."""

    version_id: int
    kind: str
    topic: str | None
    has_address: bool
    consent: bool | None
    topic_choice: bool | None
    confirmed: bool
    suppressed: str | None
    run_status: str
    expires_at: datetime | None
    chosen: tuple[Counted, ...]
    counted: tuple[int, ...]
    more_urgent: tuple[int, ...]
    zones: tuple[str, ...]
    over_budget: bool
    #: Whether it would go as a trial: its destination is stopped, and it is time to look again.
    is_trial: bool


#: What of a message decides as it stands in its row.
_OF_THE_ROW: Final = ("version_id", "kind", "topic", "run_status", "expires_at")


class Standings:
    """What the gates look at, read in the transaction that claims the messages (law 14)."""

    def __init__(
        self,
        cx: Connection,
        system: System,
        claim: Claim,
        destination: str,
        intents: Intents,
        now: datetime,
    ) -> None:
        self.now = now
        self._cx, self._system, self._destination, self._intents = cx, system, destination, intents
        self._channel = Channel(claim.channel)
        self._consent = CONSENT_OF.get(self._channel)
        #: The versions by which the gates are asked.
        self.released = {
            key: system.shelf.version(cx, key) for key in set(intents.column("version_id"))
        }
        held = holds(cx)
        self._held = held.get(EVERYTHING) or held.get(claim.playbook)
        if self._held is None:
            self._held = self._watch_guardrails(cx, claim.playbook)
        self._circuit, self._is_trial_due = self._read_circuit(cx)
        customers = intents.column("customer_id")
        #: Customer -> the limits that they chose for this channel; few choose any.
        self._chosen_caps = {
            customer_id: caps
            for customer_id, attributes in zip(customers, intents.column("attributes"), strict=True)
            if not chooses_nothing(attributes) and (caps := chosen_caps(attributes, self._channel))
        }
        self._capped = self._read_capped()
        #: Whether messages count under a limit: their customers are held until the transaction
        #: ends.
        self.is_capped = bool(self._capped)
        self._choices = store.topic_choices(cx, customers, claim.channel)
        self._suppressed = self._read_suppressed()
        self._touches = self._read_touches()
        self._urgent = self._read_urgent(cx, claim, held)
        self._over_budget = self._read_over_budget()
        self._verdicts: dict[_Traits, Verdict] = {}
        self._by_row: dict[tuple[object, ...], Verdict] = {}

    @property
    def needs_no_database(self) -> bool:
        """Whether what was read decides, so that another thread may judge."""
        return not self._is_trial_due

    def count_before(self, intents: Iterable[Intent]) -> None:
        """Count for caps what this transaction let go and did not note when these were read."""
        for intent in intents:
            self._count(intent)

    def judge(self, intents: Intents) -> Sequence[Verdict]:
        """Ask the gates of some of the messages, in their order."""
        # Most chunks need no more than what stands in their messages' own rows.
        if self._nobody_is_special():
            return self._judge_by_rows(intents)
        return [*map(self._verdict_of, intents)]

    def _watch_guardrails(self, cx: Connection, playbook: str) -> Held | None:
        """Let the playbook fall back to shadow if it does more harm than its author allows."""
        guardrails = next(
            (r.plan.guardrails for r in self.released.values() if r.plan.guardrails), ()
        )
        if not guardrails:
            return None
        reason = tripped(guardrails, *count_harm(cx, playbook, self.now))
        if reason is None:
            return None
        if hold(cx, playbook, "guardrail", reason, self.now, HoldKind.SHADOW):
            self._tell_of_shadow(cx, playbook, reason)
        return holds(cx).get(playbook)

    def _tell_of_shadow(self, cx: Connection, playbook: str, reason: str) -> None:
        plan = next(iter(self.released.values())).plan
        key = f"shadow {playbook} {self.now:%Y-%m-%dT%H:%M}"
        words = (
            f"it fell back to shadow, because {reason}. It goes on deciding and sends nothing;"
            f" `keepwarm resume {playbook}` lets it send again."
        )
        tell_owner(cx, self._system, plan, key, words)

    def _read_circuit(self, cx: Connection) -> tuple[str | None, bool]:
        """Give why the destination may not be used, and whether one message may try it."""
        if self._channel not in self._system.connectors:
            return f"no connector is set for {self._channel}", False
        circuit = open_circuits(cx).get(self._destination)
        return (circuit.reason, circuit.try_at <= self.now) if circuit else (None, False)

    def _read_suppressed(self) -> Mapping[str, str]:
        if self._channel not in CUSTOMER_CHANNELS:
            return {}
        if not store.any_suppressed(self._cx, self._channel):
            return {}
        hashes = [self._hash(a) for intent in self._intents if (a := address_of(intent))]
        return suppressed_among(self._cx, self._channel, hashes)

    def _hash(self, address: str) -> str:
        return address_hash(self._system.pepper, self._channel, address)

    def _read_capped(self) -> Sequence[int]:
        """Give the customers whose messages count under any limit: ours, or one of their own."""
        if any(released.plan.respect.caps for released in self.released.values()):
            return self._intents.column("customer_id")
        return list(self._chosen_caps)

    def _read_touches(self) -> dict[int, list[tuple[datetime, str]]]:
        if not self._capped:
            return {}
        store.lock_customers(self._cx, self._capped)
        # A message that may have left before, and is called again, is not in its own way.
        itself = [intent.id for intent in self._intents if intent.status is not None]
        return store.touches(self._cx, self._capped, self.now, besides=itself)

    def _read_urgent(
        self, cx: Connection, claim: Claim, held: Mapping[str, Held]
    ) -> Mapping[int, Sequence[frozenset[Channel]]]:
        """Give customer -> the channels of each more urgent playbook that wants to send now."""
        if not self._capped:
            return {}
        mine = min(released.plan.priority for released in self.released.values())
        urgent = {
            name: live.plan.channels & CUSTOMER_CHANNELS
            for name, live in self._system.shelf.live(cx).items()
            if live.plan.priority < mine and name not in held and name != claim.playbook
        }
        wanting = store.wanting(cx, self._capped, urgent.keys(), self.now) if urgent else {}
        return {who: [urgent[name] for name in names] for who, names in wanting.items()}

    def _read_over_budget(self) -> frozenset[int]:
        """Give the versions whose month's promises cost more than their budget already."""
        plans = {key: released.plan for key, released in self.released.items()}
        return frozenset(key for key, plan in plans.items() if self._costs_too_much(plan))

    def _costs_too_much(self, plan: Plan) -> bool:
        if plan.budget is None:
            return False
        zone = zone_named(plan.timezone)
        month = self.now.astimezone(zone).day
        since = start_of_days(self.now, month, zone)
        spent = store.offers_cost(self._cx, plan.playbook, since, plan.budget.currency)
        return spent > float(plan.budget.amount)

    def _nobody_is_special(self) -> bool:
        """Tell whether what stands in a message's own row decides alone, as in most chunks."""
        return not (
            self._choices
            or self._suppressed
            or self._capped
            or self._is_trial_due
            or self._over_budget
        )

    def _judge_by_rows(self, intents: Intents) -> Sequence[Verdict]:
        """Ask the gates where a message's own row decides: once for all whose rows are alike.

        It goes by columns, because there are messages by the hundred thousand.
        """
        consent, confirmed = self._consent or "", CONFIRMED_OF.get(self._channel, "")
        project = {key: released.plan.timezone for key, released in self.released.items()}
        attributes = intents.column("attributes")
        consents = [each.get(consent) for each in attributes]
        where = zip(*map(intents.column, ("timezone", "phone", "version_id")), strict=True)
        rows = [
            *zip(
                *map(intents.column, _OF_THE_ROW),
                map(bool, _addresses_of(intents, self._channel)),
                [each if each is True or each is False else None for each in consents],
                [each.get(confirmed) is True for each in attributes],
                [zones_of(zone, phone, project[key]).names for zone, phone, key in where],
                strict=True,
            )
        ]
        verdicts = self._by_row
        for row, place in {row: place for place, row in enumerate(rows)}.items():
            if row not in verdicts:
                verdicts[row] = self._verdict_of(intents[place])
        return [*map(verdicts.__getitem__, rows)]

    def _verdict_of(self, intent: Intent) -> Verdict:
        """Ask the gates of one message; what goes counts for the caps of those after it."""
        released = self.released[intent.version_id]
        manners = released.manners_for(intent.topic)
        traits = self._traits(intent, released.plan, manners)
        verdict = self._verdicts.get(traits)
        if verdict is None:
            standing = self._standing(traits, intent)
            verdict = self._verdicts[traits] = ask(standing, manners, self.now)
        if self._is_trial_due and isinstance(verdict, Go):
            self._is_trial_due = False  # this is the trial, or another worker's was before it
            if not may_try(self._cx, self._destination, self.now):
                return self._verdict_of(intent)
        if (manners.caps or traits.chosen) and not isinstance(verdict, Refuse):
            self._count(intent)
        return verdict

    def _count(self, intent: Intent) -> None:
        if intent.kind == Kind.MARKETING:
            self._touches.setdefault(intent.customer_id, []).append((self.now, intent.channel))

    def _traits(self, intent: Intent, plan: Plan, manners: Manners) -> _Traits:
        address = address_of(intent)
        zones = zones_of(intent.timezone, intent.phone, plan.timezone)
        return _Traits(
            intent.version_id,
            intent.kind,
            intent.topic,
            bool(address),
            self._consented(intent),
            self._choice(intent),
            self._channel in manners.confirmed_on and self._is_confirmed(intent),
            self._suppression(address),
            intent.run_status,
            intent.expires_at,
            self._chosen(intent, zones),
            self._counted(intent, manners.caps, zones),
            self._more_urgent(intent, manners.caps),
            zones.names,
            intent.version_id in self._over_budget and "offer" in intent.words,
            self._is_trial_due,
        )

    def _standing(self, traits: _Traits, intent: Intent) -> Standing:
        to_customer = self._channel in CUSTOMER_CHANNELS
        project = self.released[intent.version_id].plan.timezone
        held = self._held
        is_paused = held is not None and held.kind is HoldKind.PAUSE
        is_shadow = held is not None and held.kind is HoldKind.SHADOW
        reason = held.reason if held is not None else ""
        return Standing(
            channel=self._channel,
            kind=Kind(traits.kind),
            address=address_of(intent),
            paused=reason if is_paused else None if traits.is_trial else self._circuit,
            consent=traits.consent,
            topic_choice=traits.topic_choice,
            confirmed=traits.confirmed,
            suppressed=traits.suppressed,
            run_ended=why_cancelled(traits.run_status) if to_customer else None,
            expires_at=traits.expires_at,
            chosen=traits.chosen,
            counted=traits.counted,
            more_urgent=traits.more_urgent,
            zones=zones_of(intent.timezone, intent.phone, project) if to_customer else None,
            guardrail=reason if is_shadow else None,
            over_budget=traits.over_budget,
        )

    def _consented(self, intent: Intent) -> bool | None:
        consent = intent.attributes.get(self._consent) if self._consent is not None else None
        return consent if isinstance(consent, bool) else None

    def _choice(self, intent: Intent) -> bool | None:
        if not self._choices:
            return None
        everything = self._choices.get((intent.customer_id, ALL))
        if everything is False or intent.topic is None:
            return everything
        return self._choices.get((intent.customer_id, intent.topic), everything)

    def _is_confirmed(self, intent: Intent) -> bool:
        return intent.attributes.get(CONFIRMED_OF.get(self._channel, "")) is True

    def _suppression(self, address: str | None) -> str | None:
        if not self._suppressed or not address:
            return None
        reason = self._suppressed.get(self._hash(address))
        return None if reason is None else f"the address may not be used: {reason}"

    def _chosen(self, intent: Intent, zones: Zones) -> tuple[Counted, ...]:
        caps = self._chosen_caps.get(intent.customer_id) if self._chosen_caps else None
        if not caps:
            return ()
        more_urgent = self._more_urgent(intent, caps) or (0,) * len(caps)
        counted = self._counted(intent, caps, zones)
        return tuple(starmap(Counted, zip(caps, counted, more_urgent, strict=True)))

    def _counted(self, intent: Intent, caps: Sequence[AtMost], zones: Zones) -> tuple[int, ...]:
        if not caps:
            return ()
        touched = self._touches.get(intent.customer_id, ())
        zone = zone_named(zones.name)
        return tuple(
            sum(
                at >= start_of_days(self.now, DAYS_OF[cap.per], zone)
                and cap.channel in (None, channel)
                for at, channel in touched
            )
            for cap in caps
        )

    def _more_urgent(self, intent: Intent, caps: Sequence[AtMost]) -> tuple[int, ...]:
        wanting = self._urgent.get(intent.customer_id) if self._urgent else None
        if not wanting or not caps:
            return ()
        return tuple(
            sum(cap.channel is None or cap.channel in each for each in wanting if each)
            for cap in caps
        )
