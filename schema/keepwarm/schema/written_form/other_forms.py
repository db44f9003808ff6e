"""The written forms of policies, of the stories that test a playbook, and of a template's head."""

from __future__ import annotations

from keepwarm.schema.written_form.form import Form, Key, Many, Takes
from keepwarm.schema.written_form.step_form import STEP

POLICIES = Form(
    "policies",
    "the policies",
    (
        Key(
            "quiet_hours",
            Takes.WINDOW,
            "When no marketing goes out, whatever the playbook says; on the customer's own clock.",
            examples=("21:00 to 08:00",),
        ),
        Key(
            "at_most",
            Takes.AT_MOST,
            "How many messages a customer may get, over all playbooks and channels.",
            many=Many.ONE_OR_LIST,
            examples=("5 messages per week", "1 sms per day"),
        ),
        Key(
            "promises",
            Takes.PROMISE,
            "What no customer ever gets more of; keepwarm check proves it over all playbooks.",
            many=Many.ONE_OR_LIST,
            examples=("at most 5 messages per week", "at most 3 marketing messages per week"),
        ),
        Key(
            "legal_hours",
            Takes.WINDOW,
            "When the law lets texts arrive, on the customer's own clock; keepwarm check proves "
            "that none goes out at another time.",
            examples=("08:00 to 21:00",),
        ),
        Key(
            "texts",
            Takes.PARTS,
            "How many parts a text may take at worst; a carrier bills each. The default is 3.",
            examples=("at most 3 parts",),
        ),
        Key(
            "sender",
            Takes.TEXT,
            "Who an e-mail comes from where its template does not say.",
            examples=("Acme <hello@acme.example>",),
        ),
        Key(
            "postal_address",
            Takes.TEXT,
            "The postal address that marketing mail must show.",
            examples=("Acme BV, Damrak 1, 1012 LG Amsterdam",),
        ),
        Key(
            "alarms_to",
            Takes.TEXT,
            "Who hears of an alarm when nobody else is named: a chat channel or an address.",
            examples=('"#crm-alarms"',),
        ),
        Key(
            "approvers",
            Takes.MAPPING,
            "Who must approve, by name, before a change of that sort goes live.",
            shape="approvers",
        ),
        Key(
            "thousand_messages_cost",
            Takes.MAPPING,
            "What a thousand messages of each channel cost you; plans reckon with it.",
            shape="cost of messages",
        ),
        Key(
            "keep",
            Takes.MAPPING,
            "How long what is kept; what is older goes, a little every hour.",
            shape="what is kept",
        ),
    ),
)

WHAT_IS_KEPT = Form(
    "what is kept",
    "what is kept",
    (
        Key("events", Takes.KEEPING, "Events. The default is 3 years.", examples=("3 years",)),
        Key(
            "words",
            Takes.KEEPING,
            "What was personal in the words of messages, and what providers said of them. "
            "The default is 1 year.",
            examples=("1 year",),
        ),
        Key(
            "arrivals",
            Takes.KEEPING,
            "What arrived and could not be used. The default is 30 days.",
            examples=("30 days",),
        ),
        Key(
            "changes",
            Takes.KEEPING,
            "What was known of customers before. The default is 2 years.",
            examples=("2 years",),
        ),
        Key(
            "decisions",
            Takes.KEEPING,
            "The values that decisions saw. The default is 2 years.",
            examples=("2 years",),
        ),
        Key(
            "audit",
            Takes.KEEPING,
            "Who did what. The default is 7 years.",
            examples=("7 years", "forever"),
        ),
    ),
)

COST_OF_MESSAGES = Form(
    "cost of messages",
    "the cost of messages",
    (
        Key("email", Takes.MONEY, "What a thousand e-mails cost.", examples=("1 EUR",)),
        Key("sms", Takes.MONEY, "What a thousand texts cost.", examples=("70 EUR",)),
        Key("push", Takes.MONEY, "What a thousand push messages cost.", examples=("0.50 EUR",)),
    ),
)

_APPROVER = ("head-of-billing", "ann@acme.example")
APPROVERS = Form(
    "approvers",
    "the approvers",
    (
        Key(
            "money",
            Takes.TEAM,
            "Who approves offers, points and budgets: teams, or people by their addresses.",
            many=Many.ONE_OR_LIST,
            examples=_APPROVER,
        ),
        Key(
            "permission",
            Takes.TEAM,
            "Who approves what we allow ourselves: kinds, topics, consents, limits, going live.",
            many=Many.ONE_OR_LIST,
            examples=_APPROVER,
        ),
        Key(
            "channel",
            Takes.TEAM,
            "Who approves a channel that a playbook did not use before.",
            many=Many.ONE_OR_LIST,
            examples=_APPROVER,
        ),
    ),
)

TEMPLATE_HEAD = Form(
    "template head",
    "the head of a template",
    (
        Key("subject", Takes.TEXT, "The subject of an e-mail."),
        Key("preheader", Takes.TEXT, "The line that a mail program shows after the subject."),
        Key(
            "sender",
            Takes.TEXT,
            "Who it comes from, where the policies do not say it well.",
            examples=("Ann at Acme <ann@acme.example>",),
        ),
        Key("reply_to", Takes.ADDRESS, "Where answers go."),
        Key("title", Takes.TEXT, "For a push message: the line above the text."),
    ),
)

STORIES = Form(
    "stories",
    "a test file",
    (
        Key(
            "tests_for",
            Takes.PLAYBOOK,
            "The playbook under test.",
            required=True,
            examples=("failed-payment",),
        ),
        Key(
            "customers",
            Takes.MAPPING,
            "The customers of these stories, by a name for each.",
            shape="story customers",
        ),
        Key(
            "tests",
            Takes.MAPPING,
            "The stories.",
            required=True,
            many=Many.LIST,
            shape="story",
        ),
    ),
)

STORY_CUSTOMERS = Form(
    "story customers",
    "the customers of a test file",
    entries=Key("<customer>", Takes.MAPPING, "A customer.", shape="story customer"),
)

STORY_CUSTOMER = Form(
    "story customer",
    "a customer of a test file",
    entries=Key("<attribute>", Takes.VALUE, "An attribute and this customer's value of it."),
)

DRAWN = Form(
    "drawn",
    "what the customer is drawn into",
    entries=Key("<experiment>", Takes.NAME, "The name of an arm of this experiment."),
)

STORY = Form(
    "story",
    "a test",
    (
        Key(
            "name",
            Takes.TEXT,
            "What the story shows, as a sentence.",
            required=True,
            examples=("Pays after the first mail and hears nothing more",),
        ),
        Key("customer", Takes.STORY_CUSTOMER, "Who it is about.", examples=("anna",)),
        Key(
            "with",
            Takes.MAPPING,
            "What is different about the customer in this story.",
            shape="story customer",
        ),
        Key(
            "starts_on",
            Takes.STORY_START,
            "The day that is day 0: a weekday or a date.",
            examples=("Monday", "2026-03-28"),
        ),
        Key(
            "drawn",
            Takes.MAPPING,
            "Into which arm of an experiment the customer is drawn; else chance decides.",
            shape="drawn",
        ),
        Key(
            "story",
            Takes.MAPPING,
            "What happens.",
            required=True,
            many=Many.LIST,
            shape="story line",
        ),
        Key(
            "expect",
            Takes.MAPPING,
            "What should come of it, in order; `nothing else` says that this is all.",
            required=True,
            many=Many.LIST,
            shape="expectation",
        ),
    ),
)

_AT = Key("at", Takes.STORY_TIME, "When, on the customer's own clock.", examples=("day 0 10:00",))

STORY_LINE = Form(
    "story line",
    "a line of the story",
    (
        Key(
            "at",
            Takes.STORY_TIME,
            "When, on the customer's own clock.",
            required=True,
            examples=("day 0 10:00",),
        ),
        Key(
            "event",
            Takes.EVENT,
            "An event; its properties stand beside it.",
            leads=True,
        ),
        Key(
            "update",
            Takes.MAPPING,
            "Attributes of the customer that change from outside.",
            shape="story customer",
            leads=True,
        ),
        Key("task", Takes.NAME, "A person ends the task of this name.", leads=True),
        Key("opened", Takes.NAME, "The customer opens the message of this step.", leads=True),
        Key("clicked", Takes.NAME, "The customer follows a link in it.", leads=True),
        Key("delivered", Takes.NAME, "The provider reports its delivery.", leads=True),
        Key("failed", Takes.NAME, "The provider reports that it failed.", leads=True),
        Key(
            "outcome",
            Takes.NAME,
            "How the task ended.",
            beside=("task",),
            examples=("saved", "done"),
        ),
    ),
    entries=Key("<property>", Takes.VALUE, "A property of the event and its value."),
)

EXPECTATION = Form(
    "expectation",
    "an expectation",
    (
        _AT,
        *(
            Key(verb.name, Takes.TEXT, verb.means, leads=True)
            for verb in STEP.leading()
            if verb.name not in {"if", "choose", "update"}
        ),
        Key(
            "update",
            Takes.MAPPING,
            "Attributes that the playbook writes.",
            shape="story customer",
            leads=True,
        ),
        Key(
            "goal",
            Takes.CHOICE,
            "Whether the goal is reached.",
            choices=("reached",),
            leads=True,
        ),
        Key(
            "run",
            Takes.CHOICE,
            "Whether the customer gets in, and how the run ends.",
            choices=("entered", "turned away", "finished", "stopped"),
            leads=True,
        ),
        Key("for", Takes.TEAM, "Who gets the task.", beside=("task",)),
        Key(
            "because",
            Takes.TEXT,
            "The reason that the ledger should give.",
            examples=("no consent",),
        ),
        Key("never", Takes.TRUTH, "Whether this must not happen at all."),
    ),
)

OTHER_FORMS = (
    POLICIES,
    APPROVERS,
    COST_OF_MESSAGES,
    WHAT_IS_KEPT,
    TEMPLATE_HEAD,
    STORIES,
    STORY_CUSTOMERS,
    STORY_CUSTOMER,
    DRAWN,
    STORY,
    STORY_LINE,
    EXPECTATION,
)
