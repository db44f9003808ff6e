"""The written form of steps: one flat mapping that holds every verb and every option."""

from __future__ import annotations

from keepwarm.schema.words import Delivery, Kind
from keepwarm.schema.written_form.form import Form, Key, Many, Takes

#: The verbs that send a message to the customer.
MESSAGES = ("email", "sms", "push")

_VERBS = (
    Key(
        "email",
        Takes.EMAIL_TEMPLATE,
        "Sends an e-mail: the words of templates/<name>.mjml.",
        examples=("onboarding/welcome",),
        leads=True,
    ),
    Key(
        "sms",
        Takes.TEXT_TEMPLATE,
        "Sends a text message: the words of templates/<name>.txt.",
        examples=("billing/card-declined",),
        leads=True,
    ),
    Key(
        "push",
        Takes.TEXT_TEMPLATE,
        "Sends a push message: the words of templates/<name>.txt.",
        examples=("onboarding/short-nudge",),
        leads=True,
    ),
    Key(
        "notify",
        Takes.CHAT_CHANNEL,
        "Tells a team in its chat.",
        examples=('"#billing"',),
        leads=True,
    ),
    Key(
        "webhook",
        Takes.ENDPOINT,
        "Posts to another system: a webhook of the catalog.",
        examples=("crm",),
        leads=True,
    ),
    Key(
        "task",
        Takes.TEXT,
        "Gives a person something to do; the text is its title.",
        examples=("Call before the account is suspended",),
        leads=True,
    ),
    Key(
        "wait",
        Takes.WAIT,
        "Waits: a length of time, until a day or hour, or until something happens.",
        examples=(
            "2 days",
            "4 hours",
            "until day 14",
            "until 09:00",
            "until Monday 09:00",
            "until project_created, at most 3 days",
            "until rescue-call is done, at most 2 days",
            "until 30 days before renewal_date",
        ),
        leads=True,
    ),
    Key(
        "if",
        Takes.CONDITIONS,
        "Asks all of this, and goes on with `then`, or else with `else`.",
        examples=("- project_created: at least once since start",),
        leads=True,
    ),
    Key(
        "choose",
        Takes.MAPPING,
        "Goes on with the first `when` that holds, or with `otherwise`.",
        many=Many.LIST,
        shape="choose arm",
        leads=True,
    ),
    Key(
        "split",
        Takes.NAME,
        "An experiment: customers are drawn into its arms by chance, always the same for one.",
        examples=("offer-size",),
        leads=True,
    ),
    Key(
        "update",
        Takes.MAPPING,
        "Writes attributes of the customer.",
        shape="update",
        leads=True,
    ),
    Key("tag", Takes.NAME, "Puts a tag on the customer.", examples=("vip",), leads=True),
    Key("untag", Takes.NAME, "Takes a tag off the customer.", examples=("vip",), leads=True),
    Key(
        "offer",
        Takes.OFFER,
        "Gives an offer of the catalog, which later messages may name.",
        examples=("15-percent-1-month",),
        leads=True,
    ),
    Key(
        "points",
        Takes.WHOLE_NUMBER,
        "Adds loyalty points, or takes them away with a minus.",
        examples=("100", "-50"),
        leads=True,
    ),
    Key(
        "survey",
        Takes.SURVEY,
        "Asks a question of the catalog; the answer arrives as the event survey_answered.",
        examples=("nps",),
        leads=True,
    ),
    Key(
        "start_playbook",
        Takes.PLAYBOOK,
        "Sends the customer into another playbook as well; this one goes on.",
        examples=("nps-follow-up",),
        leads=True,
    ),
    Key(
        "stop",
        Takes.TEXT,
        "Ends the playbook for this customer; the text says why.",
        examples=("was called already",),
        leads=True,
    ),
)

_ANYWHERE = (
    Key(
        "name",
        Takes.NAME,
        "A name for this step, so that later conditions can ask how it ended.",
        examples=("first-project",),
    ),
    Key(
        "only_if",
        Takes.CONDITIONS,
        "Takes this step only if all of this holds; otherwise goes on with the next.",
        examples=("- employees: at least 20",),
    ),
)

_OPTIONS = (
    Key(
        "or_else",
        Takes.MAPPING,
        "Another channel, tried when this one cannot be used for this customer.",
        many=Many.ONE_OR_LIST,
        shape="or_else",
        beside=MESSAGES,
    ),
    Key(
        "expires",
        Takes.DUE,
        "For a message: when it is no longer worth sending. For an offer: how long it holds.",
        examples=("in 14 days", "in 2 hours"),
        beside=(*MESSAGES, "offer"),
    ),
    Key(
        "topic",
        Takes.TOPIC,
        "What the customer may switch off, where it is not the playbook's own topic.",
        examples=("offers",),
        beside=MESSAGES,
    ),
    Key(
        "kind",
        Takes.CHOICE,
        "Marketing or transactional, where it is not what the playbook says.",
        choices=tuple(Kind),
        beside=MESSAGES,
    ),
    Key(
        "delivery",
        Takes.CHOICE,
        "Whether the customer may rather get it twice than never; only for transactional messages.",
        choices=tuple(Delivery),
        beside=MESSAGES,
    ),
    Key(
        "says",
        Takes.TEXT_TEMPLATE,
        "The words to tell: templates/<name>.txt. Without it a plain sentence is made.",
        examples=("team/big-account-at-risk",),
        beside=("notify",),
    ),
    Key(
        "with",
        Takes.MAPPING,
        "The fields to post.",
        shape="webhook fields",
        beside=("webhook",),
    ),
    Key(
        "for",
        Takes.TEAM,
        "Who does the task: a team of the catalog or a person's address.",
        examples=("customer-success",),
        beside=("task",),
    ),
    Key(
        "due",
        Takes.DUE,
        "By when it should be done, counted in the team's working hours.",
        examples=("in 4 working hours", "in 2 working days"),
        beside=("task",),
    ),
    Key(
        "if_late",
        Takes.MAPPING,
        "What happens when the task is not done in time.",
        many=Many.LIST,
        shape="if_late",
        beside=("task",),
    ),
    Key(
        "details",
        Takes.TEXT,
        "What the person should know; may hold {{ customer.first_name }} and the like.",
        beside=("task",),
    ),
    Key(
        "where",
        Takes.CONDITIONS,
        "Only events whose own properties meet all of this end the wait.",
        examples=("- amount: at least 50",),
        beside=("wait",),
    ),
    Key(
        "then",
        Takes.MAPPING,
        "The steps to take if it holds.",
        many=Many.LIST,
        shape="step",
        beside=("if",),
    ),
    Key(
        "else",
        Takes.MAPPING,
        "The steps to take if it does not hold.",
        many=Many.LIST,
        shape="step",
        beside=("if",),
    ),
    Key(
        "into",
        Takes.MAPPING,
        "The arms of the experiment; their shares make 100 %.",
        many=Many.LIST,
        shape="split arm",
        beside=("split",),
    ),
    Key(
        "in",
        Takes.TAGS_ATTRIBUTE,
        "Which attribute holds the tag; the default is tags.",
        examples=("interests",),
        beside=("tag", "untag"),
    ),
    Key(
        "by",
        Takes.CHOICE,
        "How the survey reaches the customer; the default is email.",
        choices=("email", "sms"),
        beside=("survey",),
    ),
    Key(
        "template",
        Takes.TEMPLATE,
        "The words around the question; the default is surveys/<name of the survey>.",
        examples=("surveys/nps",),
        beside=("survey",),
    ),
)

STEP = Form("step", "a step", (*_VERBS, *_ANYWHERE, *_OPTIONS))

OR_ELSE = Form(
    "or_else",
    "or_else",
    tuple(key for key in _VERBS if key.name in MESSAGES),
)

IF_LATE = Form(
    "if_late",
    "a line of if_late",
    (
        Key(
            "notify",
            Takes.CHAT_CHANNEL,
            "Tells a team in its chat.",
            examples=('"#billing-escalations"',),
            leads=True,
        ),
        Key(
            "reassign",
            Takes.TEAM,
            "Hands the task to another team or person.",
            examples=("head-of-billing",),
            leads=True,
        ),
        Key(
            "start_playbook",
            Takes.PLAYBOOK,
            "Sends the customer into another playbook as well.",
            leads=True,
        ),
    ),
)

CHOOSE_ARM = Form(
    "choose arm",
    "a line of choose",
    (
        Key("when", Takes.CONDITIONS, "All of this must hold for its steps.", leads=True),
        Key(
            "otherwise",
            Takes.MAPPING,
            "The steps for those whom no `when` above took.",
            many=Many.LIST,
            shape="step",
            leads=True,
        ),
        Key(
            "steps",
            Takes.MAPPING,
            "The steps for those whom this `when` takes.",
            many=Many.LIST,
            shape="step",
            beside=("when",),
        ),
    ),
)

SPLIT_ARM = Form(
    "split arm",
    "an arm of a split",
    (
        Key(
            "share",
            Takes.SHARE,
            "Its share of the customers.",
            required=True,
            examples=("50%",),
        ),
        Key("name", Takes.NAME, "What reports call this arm.", examples=("small-offer",)),
        Key(
            "steps",
            Takes.MAPPING,
            "The steps for those drawn into it; an empty list does nothing.",
            required=True,
            many=Many.LIST,
            shape="step",
        ),
    ),
)

UPDATE = Form(
    "update",
    "an update",
    entries=Key(
        "<attribute>",
        Takes.VALUE,
        "An attribute of the catalog and its new value.",
    ),
)

WEBHOOK_FIELDS = Form(
    "webhook fields",
    "the fields of a webhook",
    entries=Key(
        "<field>",
        Takes.TEXT,
        "A field to post: a text, which may hold {{ customer.plan }} and the like.",
    ),
)

STEP_FORMS = (STEP, OR_ELSE, IF_LATE, CHOOSE_ARM, SPLIT_ARM, UPDATE, WEBHOOK_FIELDS)
