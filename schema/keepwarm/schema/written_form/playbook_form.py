"""The written form of a playbook, but for its steps."""

from __future__ import annotations

from keepwarm.schema.words import CatchUp, InFlight, Kind, PlaybookStatus, WhenCapped, WhenUnknown
from keepwarm.schema.written_form.form import Form, Key, Many, Takes

PLAYBOOK = Form(
    "playbook",
    "a playbook",
    (
        Key(
            "playbook",
            Takes.NAME,
            "The playbook's name, which is also the name of its file.",
            required=True,
            examples=("win-back",),
        ),
        Key(
            "title",
            Takes.TEXT,
            "What people call it, in reports and in Prefect.",
            required=True,
            examples=("Win back customers who have gone quiet",),
        ),
        Key(
            "owner",
            Takes.TEAM,
            "Who answers when this playbook misbehaves: an e-mail address, or a team.",
            required=True,
            examples=("crm@acme.example",),
        ),
        Key(
            "status",
            Takes.CHOICE,
            "How far it may go: a draft is only checked, a shadow decides and sends nothing, "
            "paused lets nobody in and keeps those inside where they are.",
            required=True,
            choices=tuple(PlaybookStatus),
        ),
        Key(
            "kind",
            Takes.CHOICE,
            "Marketing needs consent; transactional is a service message about something that the "
            "customer did or owes. The default is marketing.",
            choices=tuple(Kind),
        ),
        Key(
            "topic",
            Takes.TOPIC,
            "What the customer may switch off in the preference centre.",
            examples=("product_tips",),
        ),
        Key(
            "start",
            Takes.MAPPING,
            "Who gets in, and when.",
            required=True,
            shape="start",
        ),
        Key(
            "only_if",
            Takes.CONDITIONS,
            "Only customers for whom all of this holds get in.",
            examples=("- plan: not enterprise",),
        ),
        Key(
            "goal",
            Takes.MAPPING,
            "What success is; reaching it ends the playbook for this customer.",
            shape="goal",
        ),
        Key(
            "stop_if_any",
            Takes.CONDITIONS,
            "As soon as any of this holds, the playbook ends for this customer.",
            examples=("- subscription_status: cancelled",),
        ),
        Key(
            "holdout",
            Takes.SHARE,
            "The share that is never contacted, against which the lift is measured.",
            examples=("5%", "10%"),
        ),
        Key(
            "rollout",
            Takes.STAGE,
            "The shares of customers that get in, stage after stage.",
            many=Many.ONE_OR_LIST,
            examples=("5% for 3 days", "25% for 4 days", "100%"),
        ),
        Key(
            "respect",
            Takes.MAPPING,
            "The manners that customers may expect of this playbook.",
            shape="respect",
        ),
        Key(
            "back_to_shadow_if_any",
            Takes.GUARDRAILS,
            "Guardrails, watched on every send: past any of them nothing more is sent.",
            examples=("- unsubscribe_rate: above 0.5%", "- complaint_rate: above 0.1%"),
        ),
        Key(
            "budget",
            Takes.MAPPING,
            "What may be given away; past it no more offers are made.",
            shape="budget",
        ),
        Key(
            "expects",
            Takes.EXPECTS,
            "How many customers should get in; more than that stops and asks, and nobody enters.",
            examples=("200 to 900 customers per day", "at most 500 customers per day"),
        ),
        Key(
            "in_flight",
            Takes.CHOICE,
            "What becomes of the customers inside when a new version goes live. "
            "The default lets them finish on the version they entered.",
            choices=tuple(InFlight),
        ),
        Key(
            "catch_up",
            Takes.CHOICE,
            "What becomes of a message that fell due while nothing ran. "
            "The default sends it once if it has not expired.",
            choices=tuple(CatchUp),
        ),
        Key(
            "when_unknown",
            Takes.CHOICE,
            "What becomes of a message when the provider's answer never came. "
            "The default leaves it and tells somebody.",
            choices=tuple(WhenUnknown),
        ),
        Key(
            "priority",
            Takes.WHOLE_NUMBER,
            "From 1, first, to 9, last: who goes first when two playbooks want the same place "
            "under a limit. The default is 5.",
            examples=("1", "5", "9"),
        ),
        Key(
            "steps",
            Takes.MAPPING,
            "What happens to a customer, one step after the other.",
            required=True,
            many=Many.LIST,
            shape="step",
        ),
    ),
)

START = Form(
    "start",
    "a start",
    (
        Key(
            "event",
            Takes.EVENT,
            "A customer gets in when this happens.",
            examples=("signed_up",),
            leads=True,
        ),
        Key(
            "every",
            Takes.SCHEDULE,
            "Customers are looked for at these times.",
            examples=(
                "day at 09:30",
                "Monday at 09:00",
                "month on day 1 at 08:00",
                "15 minutes",
            ),
            leads=True,
        ),
        Key(
            "date",
            Takes.DATE_ATTRIBUTE,
            "A customer gets in around this date: a renewal, a birthday, an anniversary.",
            examples=("renewal_date",),
            leads=True,
        ),
        Key(
            "becomes",
            Takes.CONDITIONS,
            "A customer gets in who did not match before and matches now.",
            examples=("- health_score: below 50",),
            leads=True,
        ),
        Key(
            "called",
            Takes.CHOICE,
            "Customers get in when another playbook sends them here with start_playbook.",
            choices=("by another playbook",),
            leads=True,
        ),
        Key(
            "where",
            Takes.CONDITIONS,
            "Only events whose own properties meet all of this.",
            examples=("- cart_items: at least 1",),
            beside=("event",),
        ),
        Key(
            "and_then_no",
            Takes.EVENT,
            "Only if this has not happened afterwards, for the time that `for` gives.",
            examples=("checkout_completed",),
            beside=("event",),
        ),
        Key(
            "for",
            Takes.LENGTH,
            "How long `and_then_no` waits after the last start event.",
            examples=("4 hours",),
            beside=("event",),
        ),
        Key(
            "for_customers",
            Takes.CONDITIONS,
            "Which customers are looked for; all of it must hold.",
            examples=("- logged_in: never in the last 30 days",),
            beside=("every", "date"),
        ),
        Key(
            "before",
            Takes.LENGTH,
            "How long before the date.",
            examples=("90 days",),
            beside=("date",),
        ),
        Key(
            "after",
            Takes.LENGTH,
            "How long after the date.",
            examples=("1 day",),
            beside=("date",),
        ),
        Key(
            "at",
            Takes.CLOCK,
            "At what time of day, on the customer's own clock; the default is 09:00.",
            examples=("09:00",),
            beside=("date",),
        ),
        Key(
            "yearly",
            Takes.TRUTH,
            "Whether it comes back every year, as a birthday does.",
            beside=("date",),
        ),
        Key(
            "once",
            Takes.ONCE,
            "How often one customer may enter: once ever, once for each value of a property of "
            "the event, or every time.",
            examples=("per customer", "per invoice", "every time"),
            beside=("event", "called"),
        ),
        Key(
            "again_after",
            Takes.LENGTH,
            "A customer may enter again when this much time has passed since the last entry.",
            examples=("180 days",),
            beside=("event", "every", "becomes", "called"),
        ),
    ),
)

GOAL = Form(
    "goal",
    "a goal",
    (
        Key(
            "event",
            Takes.EVENT,
            "What the customer does when the playbook has worked.",
            required=True,
            examples=("project_published",),
        ),
        Key(
            "times",
            Takes.TIMES,
            "How often it must happen; the default is once.",
            examples=("at least 3",),
        ),
        Key(
            "within",
            Takes.LENGTH,
            "How long after the start it still counts.",
            examples=("30 days",),
        ),
        Key(
            "for_the_same",
            Takes.PROPERTY,
            "The property that must be the same as in the event that started the run.",
            examples=("invoice",),
        ),
        Key(
            "where",
            Takes.CONDITIONS,
            "Only events whose own properties meet all of this.",
            examples=("- amount: at least 50",),
        ),
    ),
)

RESPECT = Form(
    "respect",
    "respect",
    (
        Key(
            "quiet_hours",
            Takes.WINDOW,
            "When no message goes out, on the customer's own clock; it is held until the end.",
            examples=("21:00 to 08:00",),
        ),
        Key(
            "at_most",
            Takes.AT_MOST,
            "How many messages a customer may get, over all playbooks and channels.",
            many=Many.ONE_OR_LIST,
            examples=("3 messages per week", "1 sms per day"),
        ),
        Key(
            "when_capped",
            Takes.CHOICE,
            "What becomes of a message over that limit. The default skips it.",
            choices=tuple(WhenCapped),
        ),
    ),
)

BUDGET = Form(
    "budget",
    "a budget",
    (
        Key(
            "discounts",
            Takes.BUDGET,
            "What the offers of this playbook may cost.",
            required=True,
            examples=("at most 20000 EUR per month",),
        ),
    ),
)

#: The rates that `back_to_shadow_if_any` may watch, with what each is a share of.
GUARDRAIL_RATES = {
    "unsubscribe_rate": "Unsubscribes for each delivered message.",
    "complaint_rate": "Complaints as spam for each delivered message.",
    "bounce_rate": "Bounces for each message sent.",
    "failure_rate": "Messages that failed, of all that were tried.",
}

PLAYBOOK_FORMS = (PLAYBOOK, START, GOAL, RESPECT, BUDGET)
