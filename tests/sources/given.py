"""What sources are given in tests: calls as each provider makes and signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from keepwarm.connectors.sources.contract import Call, Source, Telling
from keepwarm.connectors.sources.registry import make_source

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://keepwarm.example/sources/"
#: In base64, as Standard Webhooks wants it; the others take any text.
SECRET, OLD, WRONG = (
    "whsec_" + base64.b64encode(each * 24).decode() for each in (b"n", b"o", b"w")
)

#: Gives the headers that prove a body: (secret, body, when).
Signing = Callable[[str, bytes, datetime], dict[str, str]]


@dataclass(frozen=True)
class Example:
    """One call that a provider documents, and how it is signed."""

    source: str
    setting: str
    payload: Any
    signed: Signing
    headers: Mapping[str, str]
    #: Whether the moment is signed, so that an overheard call is refused later.
    is_dated: bool = True

    @property
    def is_signed(self) -> bool:
        """Whether the body is signed, or only a secret shown."""
        return self.signed not in (by_password, by_token)

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()

    def call(self, secret: str = SECRET, at: datetime = NOW) -> Call:
        headers = {**self.headers, **self.signed(secret, self.body, at)}
        return Call(URL + self.source, headers, self.body, NOW)

    def made(self, **settings: str) -> Source:
        given = {self.setting: SECRET, f"{self.setting}_OLD": OLD} | settings
        return make_source(self.source, given, lambda: NOW)


def read(source: str, payload: Any, settings: Mapping[str, str] | None = None,
         **headers: str) -> list[Telling]:  # fmt: skip
    """Read a payload as if it had been proved."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    call = Call(URL + source, named, json.dumps(payload).encode(), NOW)
    return list(make_source(source, settings or {}, lambda: NOW).read(call))


def told(source: str, payload: Any, settings: Mapping[str, str] | None = None,
         **headers: str) -> Telling:  # fmt: skip
    """Read a payload that tells one thing."""
    [telling] = read(source, payload, settings, **headers)
    return telling


def _mac(secret: bytes, content: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(secret, content, digest).digest()


# ── How each provider signs ──────────────────────────────────────────────────────────────────


def by_stripe(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signature = _mac(secret.encode(), f"{stamp}.".encode() + body).hex()
    return {"stripe-signature": f"t={stamp},v0=ffff,v1={signature}"}


def by_shopify(secret: str, body: bytes, _at: datetime) -> dict[str, str]:
    signature = base64.b64encode(_mac(secret.encode(), body)).decode()
    return {"x-shopify-hmac-sha256": signature}


def by_standard_webhooks(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """Signed by the reference library, not by us."""
    from standardwebhooks import Webhook

    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


def by_zendesk(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64.b64encode(_mac(secret.encode(), stamp.encode() + body)).decode()
    return {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": stamp,
    }


def by_intercom(secret: str, body: bytes, _at: datetime) -> dict[str, str]:
    return {"x-hub-signature": "sha1=" + _mac(secret.encode(), body, "sha1").hex()}


def by_klaviyo(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp = at.isoformat()
    signature = _mac(secret.encode(), body + stamp.encode()).hex()
    return {"klaviyo-signature": signature, "klaviyo-timestamp": stamp}


def by_hubspot(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp = str(int(at.timestamp() * 1000))
    content = f"POST{URL}hubspot".encode() + body + stamp.encode()
    signature = base64.b64encode(_mac(secret.encode(), content)).decode()
    return {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}


def by_password(secret: str, _body: bytes, _at: datetime) -> dict[str, str]:
    shown = base64.b64encode(f"keepwarm:{secret}".encode()).decode()
    return {"authorization": f"Basic {shown}"}


def by_token(secret: str, _body: bytes, _at: datetime) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


# ── One documented call of each ──────────────────────────────────────────────────────────────

INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "customer": "cus_1",
    "customer_email": "anna@example.com",
    "amount_due": 1250,
    "amount_paid": 0,
    "currency": "eur",
    "number": "ACME-0001",
    "attempt_count": 1,
    "next_payment_attempt": 1772701200,
    "billing_reason": "subscription_cycle",
    "parent": {
        "subscription_details": {"subscription": "sub_1", "metadata": {"customer_id": "anna"}}
    },
}
ORDER = {
    "id": 450789469,
    "name": "#1001",
    "email": "anna@example.com",
    "phone": None,
    "total_price": "67.50",
    "currency": "USD",
    "created_at": "2026-03-01T10:00:00-05:00",
    "updated_at": "2026-03-01T10:05:00-05:00",
    "discount_codes": [{"code": "TEN", "amount": "10.00", "type": "percentage"}],
    "line_items": [{"quantity": 2, "price": "30.00"}, {"quantity": 1, "price": "7.50"}],
    "customer": {"id": 207119551, "email": "anna@example.com", "first_name": "Anna"},
}


def event_of_stripe(word: str, thing: Mapping[str, Any]) -> dict[str, Any]:
    """Give an event as Stripe posts it."""
    return {
        "id": "evt_1",
        "object": "event",
        "type": word,
        "created": 1772442000,
        "livemode": False,
        "data": {"object": dict(thing)},
    }


TICKET = {
    "type": "zen:event-type:ticket.status_changed",
    "account_id": 12514403,
    "id": "01HN-1",
    "time": "2026-03-02T08:59:00Z",
    "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:35436",
    "detail": {
        "id": "35436",
        "status": "SOLVED",
        "priority": "HIGH",
        "requester_id": "20978392",
        "subject": "The record skips",
        "via": {"channel": "web"},
    },
    "event": {"current": "SOLVED", "previous": "OPEN"},
}
TRIGGER = {
    "type": "ticket.rated",
    "at": "2026-03-02T08:59:00Z",
    "ticket": {
        "id": "35436",
        "email": "anna@example.com",
        "external_id": "",
        "rating": "Bad",
        "comment": "Still skips",
    },
}
RATED = {
    "type": "notification_event",
    "id": "notif_1",
    "topic": "conversation.rating.added",
    "created_at": 1772442000,
    "data": {
        "type": "notification_event_data",
        "item": {
            "type": "conversation",
            "id": "1911149811",
            "state": "closed",
            "contacts": {"contacts": [{"id": "530370b477ad7120001d", "external_id": "anna"}]},
            "source": {"author": {"type": "user", "email": "anna@example.com"}},
            "conversation_rating": {"rating": 2, "remark": "Slow"},
        },
    },
}
CLICKED: dict[str, Any] = {
    "data": [
        {
            "topic": "event:klaviyo.clicked_email",
            "external_id": "ev_1",
            "payload": {
                "data": {
                    "type": "event",
                    "id": "ev_1",
                    "attributes": {
                        "timestamp": 1772438400,
                        "event_properties": {"Subject": "New records", "URL": "https://a.example"},
                        "datetime": "2026-03-02T08:00:00+00:00",
                    },
                    "relationships": {"profile": {"data": {"type": "profile", "id": "01GDD"}}},
                },
                "included": [
                    {
                        "type": "profile",
                        "id": "01GDD",
                        "attributes": {
                            "email": "anna@example.com",
                            "phone_number": "+31612345678",
                            "external_id": "anna",
                            "first_name": "Anna",
                        },
                    }
                ],
            },
        }
    ],
    "meta": {"timestamp": "2026-03-02T08:59:59+00:00"},
}
CHANGE = {
    "eventId": 100,
    "subscriptionId": 1234,
    "portalId": 62515,
    "occurredAt": 1772442000000,
    "subscriptionType": "contact.propertyChange",
    "attemptNumber": 0,
    "objectId": 1246965,
    "propertyName": "lifecyclestage",
    "propertyValue": "customer",
    "changeSource": "CRM",
}
CHANGED: dict[str, Any] = {
    "schema": "abc",
    "payload": {
        "ChangeEventHeader": {
            "entityName": "Contact",
            "recordIds": ["003xx000004TmiQAAS"],
            "changeType": "UPDATE",
            "transactionKey": "0002343d-9d90",
            "commitTimestamp": 1772442000000,
        },
        "Email": "anna@example.com",
        "Renewal_Date__c": "2026-09-01",
    },
    "event": {"replayId": 6},
}
MEMBERS: dict[str, Any] = {
    "action": "members",
    "parameters": {
        "mixpanel_project_id": "3",
        "mixpanel_cohort_id": "1478097",
        "mixpanel_cohort_name": "Power users",
        "mixpanel_session_id": "session-1",
        "page_info": {"total_pages": 2, "current_page": 1},
        "members": [
            {"email": "anna@example.com", "mixpanel_distinct_id": "d1"},
            {"mixpanel_distinct_id": "d2"},
        ],
    },
}
ENTERED = {
    "cohort_name": "Quiet",
    "cohort_id": "7khm89cz",
    "in_cohort": True,
    "computed_time": "1692206763",
    "message_id": "9baaa88f::enter::0",
    "users": [{"user_id": "anna"}, {"user_id": "ben@example.com"}],
}

EXAMPLES = (
    Example("amplitude", "AMPLITUDE_SECRET", ENTERED, by_token, {}, is_dated=False),
    Example("hubspot", "HUBSPOT_CLIENT_SECRET", [CHANGE], by_hubspot, {}),
    Example("intercom", "INTERCOM_CLIENT_SECRET", RATED, by_intercom, {}, is_dated=False),
    Example("klaviyo", "KLAVIYO_WEBHOOK_SECRET", CLICKED, by_klaviyo, {}),
    Example("mixpanel", "MIXPANEL_WEBHOOK_PASSWORD", MEMBERS, by_password, {}, is_dated=False),
    Example("salesforce", "SALESFORCE_SECRET", CHANGED, by_token, {}, is_dated=False),
    Example("zendesk", "ZENDESK_WEBHOOK_SECRET", TICKET, by_zendesk, {}),
    Example("stripe", "STRIPE_WEBHOOK_SECRET",
            event_of_stripe("invoice.payment_failed", INVOICE), by_stripe, {}),
    Example("shopify", "SHOPIFY_WEBHOOK_SECRET", ORDER, by_shopify,
            {"x-shopify-topic": "orders/paid"}, is_dated=False),
    Example("webhook", "INBOUND_WEBHOOK_SECRET",
            {"type": "charge.refused", "timestamp": "2026-03-02T08:59:00Z",
             "data": {"customer": "anna", "invoice": "INV-1", "amount": 12.5}},
            by_standard_webhooks, {}),
)  # fmt: skip


def tampered(call: Call, **changes: Any) -> Call:
    return replace(call, **changes)


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
