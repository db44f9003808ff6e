"""The fixed words of the language: choices that a playbook picks from and all rooms share."""

from enum import StrEnum


class Channel(StrEnum):
    """By what road a message reaches its receiver."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    #: A team's chat; the receiver is never a customer.
    CHAT = "notify"
    WEBHOOK = "webhook"


class TaskTool(StrEnum):
    """Where a team keeps its tasks besides the inbox."""

    SLACK = "slack"
    ZENDESK = "zendesk"
    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    WEBHOOK = "webhook"


#: How a message is called where there is little room.
IN_SHORT = {
    Channel.EMAIL: "e-mail",
    Channel.SMS: "text",
    Channel.PUSH: "push",
    Channel.CHAT: "chat",
    Channel.WEBHOOK: "webhook",
}

_MESSAGES = {
    Channel.EMAIL: ("e-mail", "e-mails"),
    Channel.SMS: ("text", "texts"),
    Channel.PUSH: ("push message", "push messages"),
    Channel.CHAT: ("chat message", "chat messages"),
    Channel.WEBHOOK: ("webhook call", "webhook calls"),
}


def counted_messages(channel: str, count: int) -> str:
    """Say how many messages of a channel: `1 text`, `1,204 e-mails`."""
    one, many = _MESSAGES[Channel(channel)]
    return f"{count:,} {one if count == 1 else many}"


#: The channels that reach a customer, and so need consent, topics, caps and quiet hours.
CUSTOMER_CHANNELS = frozenset({Channel.EMAIL, Channel.SMS, Channel.PUSH})

#: The attribute with the address that a channel uses. A push goes to the customer's own identifier.
ADDRESS_OF = {Channel.EMAIL: "email", Channel.SMS: "phone"}

#: The channels by which a customer can be sent a link that confirms their consent.
CONFIRMABLE = frozenset({Channel.EMAIL, Channel.SMS})


class Kind(StrEnum):
    """Why a message is sent; the law treats the two differently."""

    #: Needs consent, honours topics, caps and quiet hours.
    MARKETING = "marketing"
    #: A service message about something the customer did or owes; exempt from marketing opt-outs.
    TRANSACTIONAL = "transactional"


class Frequency(StrEnum):
    """How often a customer wants marketing at most, the most often first."""

    EVERY_MESSAGE = "every message"
    ONE_A_DAY = "one a day"
    ONE_A_WEEK = "one a week"
    ONE_A_MONTH = "one a month"


class PlaybookStatus(StrEnum):
    """How far a playbook may go."""

    #: Is checked and tested, and never runs.
    DRAFT = "draft"
    #: Decides and records everything, sends nothing.
    SHADOW = "shadow"
    LIVE = "live"
    #: Keeps the runs it has where they are, and enters nobody.
    PAUSED = "paused"


class InFlight(StrEnum):
    """What becomes of the customers inside when a new version goes live (law 20)."""

    FINISH = "finish"
    MOVE = "move"
    RESTART = "restart"
    STOP = "stop"


class CatchUp(StrEnum):
    """What becomes of a message that fell due while nothing ran (law 13)."""

    #: Send it once, if it has not expired.
    ONCE = "once"
    SKIP = "skip"


class WhenCapped(StrEnum):
    """What becomes of a message over a frequency cap (law 15)."""

    SKIP = "skip"
    WAIT = "wait"


class WhenUnknown(StrEnum):
    """What becomes of a message whose acceptance cannot be established (law 17)."""

    #: Leave it, and tell somebody.
    LEAVE = "leave"
    #: Send it again; the receiver may get it twice. Only for `delivery: at least once`.
    SEND_AGAIN = "send again"


class Delivery(StrEnum):
    """How often a message may be accepted by a provider (law 17)."""

    AT_MOST_ONCE = "at most once"
    AT_LEAST_ONCE = "at least once"
