"""The written form of the catalog: `catalog/*.yaml`, any number of files, their sections merged."""

from __future__ import annotations

from keepwarm.schema.sources import examples
from keepwarm.schema.words import TaskTool
from keepwarm.schema.written_form.form import Form, Key, Many, Takes

_MEANS = Key("means", Takes.TEXT, "What it stands for, in words; editors show it.")
_UNIT = Key("unit", Takes.TEXT, "What the number counts.", examples=("EUR", "minutes"))


def _section(name: str, means: str, *, shape: str) -> Key:
    return Key(name, Takes.MAPPING, means, shape=shape)


CATALOG = Form(
    "catalog",
    "the catalog",
    (
        _section("attributes", "What is known about a customer.", shape="attributes"),
        _section("events", "What customers do, or what happens to them.", shape="events"),
        _section("metrics", "Numbers over time, summed from events.", shape="metrics"),
        _section("scores", "What Keepwarm computes about a customer.", shape="scores"),
        _section("segments", "Conditions with a name.", shape="segments"),
        _section("topics", "What a customer may switch off.", shape="topics"),
        _section("calendars", "Working hours that several teams share.", shape="calendars"),
        _section("teams", "Those to whom playbooks hand tasks.", shape="teams"),
        _section("offers", "What customers may be given.", shape="offers"),
        _section("outcomes", "How tasks may end, by the task's name.", shape="outcomes"),
        _section("surveys", "Questions with a number for an answer.", shape="surveys"),
        _section("webhooks", "Addresses that webhook steps post to.", shape="webhooks"),
        Key(
            "timezone",
            Takes.ZONE,
            "The zone of schedules, and of customers whose own zone is not known.",
            examples=("Europe/Amsterdam",),
        ),
        Key(
            "language",
            Takes.LANGUAGE,
            "The language of templates whose files name none, and of customers whose own language "
            "is not known. The default is en.",
            examples=("en", "nl", "pt-BR"),
        ),
        Key(
            "country",
            Takes.COUNTRY,
            "The country of telephone numbers that are told without one: 020 123 4567 is then "
            "+31201234567. Without it such a number is refused.",
            examples=("NL", "GB"),
        ),
        Key(
            "double_opt_in",
            Takes.CHOICE,
            "Channels by which consent counts only once the customer confirmed it by a link.",
            choices=("email", "sms"),
            many=Many.ONE_OR_LIST,
        ),
    ),
)

ATTRIBUTE = Form(
    "attribute",
    "an attribute",
    (
        Key(
            "is",
            Takes.TYPE,
            "What sort of value it has; this decides what conditions may ask.",
            required=True,
            examples=(
                "text",
                "number",
                "yes or no",
                "date",
                "moment",
                "tags",
                "one of free, pro, team",
            ),
        ),
        _MEANS,
        _UNIT,
        Key("source", Takes.TEXT, "Where it comes from.", examples=("crm",)),
        Key(
            "personal",
            Takes.TRUTH,
            "Whether it never leaves the database but in a message.",
        ),
        Key(
            "from",
            Takes.TOLD,
            "The source that tells it, and what it is called there.",
            many=Many.ONE_OR_LIST,
            examples=("stripe subscription.status", *examples(of_facts=True)),
        ),
        Key(
            "read_as",
            Takes.MAPPING,
            "What words of the source mean here, where they are not the same.",
            shape="read as",
        ),
    ),
)

EVENT = Form(
    "event",
    "an event",
    (
        Key("with", Takes.MAPPING, "Its properties and their types.", shape="properties"),
        _MEANS,
        Key(
            "from",
            Takes.TOLD,
            "The source that tells it, and what it is called there.",
            many=Many.ONE_OR_LIST,
            examples=("stripe invoice.payment_failed", *examples()),
        ),
        Key(
            "called",
            Takes.MAPPING,
            "What the source calls a property, where it is not the same.",
            shape="called",
        ),
    ),
)

METRIC = Form(
    "metric",
    "a metric",
    (
        Key(
            "sum",
            Takes.EVENT_PROPERTY,
            "Adds up a number that comes with an event.",
            examples=("session_ended.minutes",),
            leads=True,
        ),
        Key("count", Takes.EVENT, "Counts an event.", examples=("logged_in",), leads=True),
        _MEANS,
        _UNIT,
    ),
)

SCORE = Form(
    "score",
    "a score",
    (
        Key(
            "from",
            Takes.EVENT,
            "The event it is computed from: usually the order.",
            required=True,
            examples=("ordered",),
        ),
        Key(
            "amount",
            Takes.PROPERTY,
            "The property of that event that holds the money; needed only where it has several "
            "numbers.",
            examples=("amount",),
        ),
        _MEANS,
        _UNIT,
    ),
)

TOPIC = Form(
    "topic",
    "a topic",
    (
        Key("title", Takes.TEXT, "What the preference centre calls it.", required=True),
        Key(
            "needs",
            Takes.CHOICE,
            "Whether the customer must have agreed, must have confirmed that by a link (double "
            "opt-in), or must only not have objected. The default is consent.",
            choices=("consent", "double opt-in", "no objection"),
        ),
        _MEANS,
    ),
)

_WORKS = Key(
    "works",
    Takes.WORKING_HOURS,
    "The days and hours of work. The default is weekdays 09:00 to 17:00.",
    examples=("weekdays 09:00 to 17:30", "Monday to Thursday 08:00 to 16:00"),
)
_TIMEZONE = Key(
    "timezone",
    Takes.ZONE,
    "The zone of those hours; the default is the catalog's own.",
    examples=("Europe/Amsterdam",),
)
_HOLIDAYS = Key(
    "holidays",
    Takes.DATE,
    "Days on which nobody works.",
    many=Many.LIST,
    examples=("2026-12-25",),
)

CALENDAR = Form("calendar", "a calendar", (_WORKS, _TIMEZONE, _HOLIDAYS))

TEAM = Form(
    "team",
    "a team",
    (
        Key(
            "members",
            Takes.ADDRESS,
            "Who is in it, by e-mail address.",
            required=True,
            many=Many.LIST,
            examples=("ann@acme.example",),
        ),
        Key(
            "calendar",
            Takes.CALENDAR,
            "A calendar of the catalog, in place of hours, zone and holidays of its own.",
        ),
        _WORKS,
        _TIMEZONE,
        _HOLIDAYS,
        Key(
            "notify",
            Takes.CHAT_CHANNEL,
            "The chat channel that hears of the team's tasks.",
            examples=('"#billing"',),
        ),
        Key(
            "tasks_in",
            Takes.CHOICE,
            "The tool that shows the team's tasks besides the inbox.",
            choices=tuple(TaskTool),
            examples=("slack",),
        ),
    ),
)

OFFER = Form(
    "offer",
    "an offer",
    (
        Key("percent", Takes.NUMBER, "How many percent off.", examples=("15",)),
        Key("amount", Takes.MONEY, "How much money off.", examples=("10 EUR",)),
        Key("lasts", Takes.LENGTH, "For how long the customer has it.", examples=("1 month",)),
        Key(
            "costs",
            Takes.MONEY,
            "What it costs the business, for budgets and plans.",
            examples=("12 EUR",),
        ),
        Key("code", Takes.TEXT, "The code that the customer types.", examples=("STAY15",)),
        _MEANS,
    ),
)

SURVEY = Form(
    "survey",
    "a survey",
    (
        Key("question", Takes.TEXT, "What it asks.", required=True),
        Key(
            "scale",
            Takes.SCALE,
            "The lowest and the highest answer; the default is 0 to 10.",
            examples=("0 to 10", "1 to 5"),
        ),
    ),
)

WEBHOOK = Form(
    "webhook",
    "a webhook",
    (
        Key(
            "url",
            Takes.URL,
            "Where to post.",
            required=True,
            examples=("https://crm.acme.example/hooks/keepwarm",),
        ),
        _MEANS,
    ),
)


def _entries(name: str, called: str, entry: Key) -> Form:
    return Form(name, called, entries=entry)


def _entry(name: str, means: str, *, shape: str) -> Key:
    return Key(name, Takes.MAPPING, means, shape=shape)


SECTIONS = (
    _entries(
        "attributes",
        "the attributes",
        _entry("<attribute>", "An attribute of customers.", shape="attribute"),
    ),
    _entries("events", "the events", _entry("<event>", "An event.", shape="event")),
    _entries(
        "properties",
        "the properties of an event",
        Key(
            "<property>",
            Takes.TYPE,
            "A property of the event and its type.",
            examples=("text", "number", "one of web, app"),
        ),
    ),
    _entries(
        "called",
        "the names of properties at the source",
        Key(
            "<property>",
            Takes.TEXT,
            "What the source calls this property, or where it stands in what the source posts.",
            examples=("number", "data.object.number"),
        ),
    ),
    _entries(
        "read as",
        "the words of the source",
        Key(
            "<word>",
            Takes.TEXT,
            "What this word of the source means here.",
            examples=("cancelled",),
        ),
    ),
    _entries("metrics", "the metrics", _entry("<metric>", "A metric.", shape="metric")),
    _entries(
        "scores",
        "the scores",
        _entry("<score>", "A score: rfm_segment or lifetime_value.", shape="score"),
    ),
    _entries(
        "segments",
        "the segments",
        Key("<segment>", Takes.CONDITIONS, "A segment: all of this holds for its customers."),
    ),
    _entries("topics", "the topics", _entry("<topic>", "A topic.", shape="topic")),
    _entries("calendars", "the calendars", _entry("<calendar>", "A calendar.", shape="calendar")),
    _entries("teams", "the teams", _entry("<team>", "A team.", shape="team")),
    _entries("offers", "the offers", _entry("<offer>", "An offer.", shape="offer")),
    _entries(
        "outcomes",
        "the outcomes",
        Key(
            "<task>",
            Takes.NAME,
            "How a task of this name may end.",
            many=Many.LIST,
            examples=("saved", "lost"),
        ),
    ),
    _entries("surveys", "the surveys", _entry("<survey>", "A survey.", shape="survey")),
    _entries("webhooks", "the webhooks", _entry("<webhook>", "A webhook.", shape="webhook")),
)

CATALOG_FORMS = (
    CATALOG,
    *SECTIONS,
    ATTRIBUTE,
    EVENT,
    METRIC,
    SCORE,
    TOPIC,
    CALENDAR,
    TEAM,
    OFFER,
    SURVEY,
    WEBHOOK,
)
