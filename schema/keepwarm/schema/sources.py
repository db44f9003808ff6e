"""What sources tell: their words, as `check` and editors know them.

A source is a provider that posts what happens to our customers. Its module in `connectors/sources`
makes tellings of what it posts; the catalog says what each of its words is called here:
`from: stripe invoice.payment_failed`. A test holds that modules and this page name the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.suggestions import closest, listed, quoted


@dataclass(frozen=True, slots=True)
class Told:
    """A word of a source: an event that it tells, or a fact about a customer."""

    source: str
    word: str

    def __str__(self) -> str:
        return f"{self.source} {self.word}"


@dataclass(frozen=True, slots=True)
class SourceWords:
    """What one source can tell."""

    title: str
    #: Event -> what comes with it, by the names that properties are filled from.
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: What it tells about a customer.
    facts: tuple[str, ...] = ()
    #: Whether its own users name events and facts as well, so that any word may be one.
    is_open: bool = False
    #: What the events begin with that its own users name, and what comes with those.
    own: str = ""
    with_own: tuple[str, ...] = ()

    def comes_with(self, event: str) -> tuple[str, ...] | None:
        """Give what comes with an event; None where it is none of this source."""
        is_own = bool(self.own) and event.startswith(self.own) and event != self.own
        return self.with_own if is_own else self.events.get(event)


#: The fact by which a catalog asks for the cohorts of a source.
COHORTS: Final = "cohorts"

_INVOICE = (
    "invoice", "number", "amount", "currency", "subscription", "attempt", "next_attempt_at",
    "reason", "url",
)  # fmt: skip
_SUBSCRIPTION = (
    "subscription", "status", "plan", "monthly_amount", "currency", "trial_ends_at", "renews_at",
    "cancels_at", "reason", "feedback",
)  # fmt: skip
_ORDER = (
    "order", "number", "amount", "currency", "items", "discount_code", "reason", "url",
)  # fmt: skip
_CHECKOUT = ("checkout", "amount", "currency", "items", "url")

_TICKET = (
    "ticket", "status", "previous_status", "priority", "subject", "channel", "rating", "comment",
)  # fmt: skip
_CONVERSATION = ("conversation", "state", "subject", "rating", "remark")

SOURCES: Final[Mapping[str, SourceWords]] = MappingProxyType(
    {
        "amplitude": SourceWords("Amplitude", facts=(COHORTS,), is_open=True),
        "hubspot": SourceWords(
            "HubSpot",
            {
                "contact.creation": ("property", "value"),
                "contact.propertyChange": ("property", "value"),
            },
            is_open=True,
        ),
        "intercom": SourceWords(
            "Intercom",
            {
                **dict.fromkeys(
                    (
                        "conversation.user.created", "conversation.user.replied",
                        "conversation.admin.replied", "conversation.admin.closed",
                        "conversation.rating.added", "conversation.admin.opened",
                        "conversation.admin.snoozed", "conversation.admin.assigned",
                        "conversation.priority.updated",
                    ),
                    _CONVERSATION,
                ),
                **dict.fromkeys(
                    ("ticket.created", "ticket.state.updated", "ticket.closed"),
                    ("ticket", "state", "subject"),
                ),
                **dict.fromkeys(
                    (
                        "contact.user.created", "contact.user.updated", "contact.lead.created",
                        "contact.email.updated", "contact.unsubscribed",
                        "contact.user.tag.created", "contact.lead.tag.created",
                    ),
                    (),
                ),
            },
            (
                "customer.email", "customer.name", "customer.phone", "customer.email_consent",
            ),
        ),
        "klaviyo": SourceWords(
            "Klaviyo",
            dict.fromkeys(
                (
                    "klaviyo.received_email", "klaviyo.opened_email", "klaviyo.clicked_email",
                    "klaviyo.marked_email_as_spam", "klaviyo.clicked_sms",
                    "klaviyo.subscribed_to_email_marketing",
                    "klaviyo.unsubscribed_from_email_marketing",
                    "klaviyo.subscribed_to_sms_marketing",
                    "klaviyo.unsubscribed_from_sms_marketing",
                ),
                (),
            ),
            (
                "customer.email", "customer.phone", "customer.first_name", "customer.last_name",
                "customer.email_consent", "customer.sms_consent",
            ),
            is_open=True,
        ),
        "mixpanel": SourceWords("Mixpanel", facts=(COHORTS,), is_open=True),
        "salesforce": SourceWords(
            "Salesforce",
            dict.fromkeys(
                (
                    "Contact.create", "Contact.update", "Opportunity.create",
                    "Opportunity.update", "Case.create", "Case.update",
                ),
                (),
            ),
            ("Contact.Email", "Contact.FirstName", "Contact.LastName"),
            is_open=True,
        ),
        "shopify": SourceWords(
            "Shopify",
            {
                **dict.fromkeys(("checkouts/create", "checkouts/update"), _CHECKOUT),
                **dict.fromkeys(
                    (
                        "orders/create", "orders/paid", "orders/fulfilled", "orders/cancelled",
                        "orders/updated", "orders/partially_fulfilled", "draft_orders/create",
                        "draft_orders/update",
                    ),
                    _ORDER,
                ),
                **dict.fromkeys(
                    (
                        "subscription_contracts/create", "subscription_contracts/update",
                        "subscription_contracts/activate", "subscription_contracts/pause",
                        "subscription_contracts/cancel", "subscription_contracts/expire",
                        "subscription_contracts/fail",
                    ),
                    ("subscription", "status", "currency"),
                ),
                **dict.fromkeys(
                    (
                        "customers/create", "customers/update", "customers/enable",
                        "customers/disable", "customer.tags_added", "customer.tags_removed",
                    ),
                    (),
                ),
            },
            (
                "customer.email", "customer.phone", "customer.first_name", "customer.last_name",
                "customer.email_consent", "customer.sms_consent", "customer.orders",
                "customer.spent", "customer.since", "customer.tags",
            ),
        ),
        "stripe": SourceWords(
            "Stripe",
            {
                **dict.fromkeys(
                    (
                        "invoice.payment_failed", "invoice.payment_succeeded", "invoice.paid",
                        "invoice.upcoming", "invoice.payment_action_required",
                    ),
                    _INVOICE,
                ),
                **dict.fromkeys(
                    (
                        "customer.subscription.created", "customer.subscription.updated",
                        "customer.subscription.deleted", "customer.subscription.paused",
                        "customer.subscription.resumed", "customer.subscription.trial_will_end",
                    ),
                    _SUBSCRIPTION,
                ),
                **dict.fromkeys(("customer.created", "customer.updated"), ()),
            },
            (
                "subscription.status", "subscription.plan", "subscription.monthly_amount",
                "subscription.renews_at", "subscription.trial_ends_at", "subscription.cancels_at",
                "customer.email", "customer.name", "customer.phone", "customer.language",
            ),
        ),
        "webhook": SourceWords("any sender of signed webhooks", is_open=True),
        "zendesk": SourceWords(
            "Zendesk",
            {
                **dict.fromkeys(
                    (
                        "ticket.created", "ticket.status_changed", "ticket.comment_added",
                        "ticket.priority_changed", "ticket.custom_status_changed",
                        "ticket.tags_changed", "ticket.merged", "ticket.solved", "ticket.rated",
                    ),
                    _TICKET,
                ),
                "user.created": (),
            },
            ("customer.email",),
            own="trigger.",
            with_own=("ticket", "status", "priority", "subject", "rating", "comment"),
        ),
    }
)  # fmt: skip


def read_event_told(text: str) -> Read[Told] | Refusal:
    """Read what a source calls an event: `stripe invoice.payment_failed`."""
    return _read(text, "event")


def read_fact_told(text: str) -> Read[Told] | Refusal:
    """Read what a source calls a fact about a customer: `stripe subscription.status`."""
    return _read(text, "fact about a customer")


def examples(*, of_facts: bool = False) -> tuple[str, ...]:
    """Give everything that sources with words of their own tell, for editors to offer."""
    return tuple(
        f"{name} {word}"
        for name, source in SOURCES.items()
        for word in (source.facts if of_facts else source.events)
    )


def _read(text: str, what: str) -> Read[Told] | Refusal:
    name, _, word = " ".join(text.split()).partition(" ")
    source = SOURCES.get(name.lower())
    if source is None:
        near = closest(name.lower(), SOURCES)
        return Refusal(
            f"there is no source {quoted(name)}",
            hint=f"there are: {', '.join(SOURCES)}",
            replacement=f"{near} {word}" if near and word else None,
        )
    known = tuple(source.events) if what == "event" else source.facts
    if not word:
        example = next(iter(known), "invoice.overdue")
        return Refusal(
            f"which {what} of {source.title}?", hint=f"for example:  from: {name} {example}"
        )
    is_known = word in known or (what == "event" and source.comes_with(word) is not None)
    if not is_known and not source.is_open:
        near = closest(word, known)
        return Refusal(
            f"{source.title} tells no {what} {quoted(word)}",
            hint=None if near else f"it tells: {listed(known)}",
            replacement=f"{name.lower()} {near}" if near else None,
        )
    return Read(Told(name.lower(), word), f"{name.lower()} {word}")
