"""Messages and settings that the tests of this room begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keepwarm.engine.message import Channel, Content, Kind, Message, Wording
from tests.standins import Standins
from tests.standins import onesignal as onesignal_standin
from tests.standins import receiver as receiver_standin
from tests.standins import sendgrid as sendgrid_standin
from tests.standins import slack as slack_standin
from tests.standins import twilio as twilio_standin

PUBLIC_URL = "https://keepwarm.acme.example"

#: Where each channel's messages go, `{}` being a number.
ADDRESSES = {
    Channel.EMAIL: "ada{}@customer.example",
    Channel.SMS: "+1415555{:04d}",
    Channel.PUSH: "customer-{}",
    Channel.CHAT: "#customer-success",
    Channel.WEBHOOK: "https://hooks.acme.example/keepwarm",
}

TEXTS: Mapping[Channel, Mapping[str, Wording]] = {
    Channel.EMAIL: {
        "subject": Wording(("Welcome, ", 0, "!")),
        "html": Wording(("<html><body><p>Dear ", 1, ", your plan is ", 2, ".</p></body></html>")),
        "text": Wording(("Dear ", 0, ", your plan is ", 2, ".")),
    },
    Channel.SMS: {"text": Wording(("Hi ", 0, ", your plan is ", 2, "."))},
    Channel.PUSH: {"title": Wording(("Hi ", 0)), "text": Wording(("Your plan is ", 2, "."))},
    Channel.CHAT: {"text": Wording(("Please call ", 0, ": ", 2, "."))},
    Channel.WEBHOOK: {"body": Wording(('{"name": "', 0, '", "plan": "', 2, '"}'))},
}


def content_for(channel: Channel, **changes: Any) -> Content:
    """Give a content of three gaps: a name as text, the same name as HTML, a plan."""
    fields: dict[str, Any] = {"channel": channel, "texts": TEXTS[channel]}
    return Content(**(fields | changes))


def message_for(
    channel: Channel,
    number: int = 0,
    *,
    content: Content | None = None,
    values: Sequence[str] | None = None,
    **changes: Any,
) -> Message:
    """Give a message to the customer of this number."""
    fields: dict[str, Any] = {
        "send_id": f"send-{number:04d}",
        "content": content or content_for(channel),
        "values": tuple(values or (f"Ada{number}", f"Ada{number}", "Pro")),
        "address": ADDRESSES[channel].format(number),
        "customer_id": f"customer-{number}",
        "playbook": "onboarding-30-days",
        "kind": Kind.MARKETING,
    }
    if channel is Channel.EMAIL:
        fields["unsubscribe_url"] = f"https://keepwarm.acme.example/u/token-{number}"
    return Message(**(fields | changes))


def settings_for(name: str, here: Standins) -> dict[str, str]:
    """Give the settings that lead a connector to its stand-in."""
    match name:
        case "sendgrid":
            return {
                "SENDGRID_API_KEY": sendgrid_standin.KEY,
                "SENDGRID_API_URL": here.sendgrid.url,
                "SENDGRID_FROM": "Acme <hello@acme.example>",
                "SENDGRID_WEBHOOK_KEY": here.sendgrid.public_key,
            }
        case "twilio":
            return {
                "TWILIO_ACCOUNT_SID": twilio_standin.ACCOUNT,
                "TWILIO_AUTH_TOKEN": twilio_standin.TOKEN,
                "TWILIO_FROM": "+15005550006",
                "TWILIO_API_URL": here.twilio.url,
            }
        case "onesignal":
            return {
                "ONESIGNAL_APP_ID": onesignal_standin.APP,
                "ONESIGNAL_API_KEY": onesignal_standin.KEY,
                "ONESIGNAL_API_URL": here.onesignal.url,
            }
        case "slack":
            return {
                "SLACK_BOT_TOKEN": slack_standin.TOKEN,
                "SLACK_API_URL": f"{here.slack.url}/api",
            }
        case "webhook":
            return {
                "WEBHOOK_SECRET": receiver_standin.SECRET,
                "WEBHOOK_ALLOW_LOOPBACK": "true",
            }
        case "smtp":
            return {
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(here.mail.port),
                "SMTP_FROM": "Acme <hello@acme.example>",
                "SMTP_SECURITY": "none",
            }
        case _:
            return {}
