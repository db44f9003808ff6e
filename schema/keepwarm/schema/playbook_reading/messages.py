"""Steps that say something: `email`, `sms`, `push`, `survey`, `notify` and `webhook`."""

from __future__ import annotations

from dataclasses import replace

from keepwarm.schema.lengths import Length, read_in
from keepwarm.schema.mapping_reading import Fields, read_entries, read_mapping
from keepwarm.schema.nodes import Node
from keepwarm.schema.playbook import Common, NotifyStep, SendStep, SurveyStep, WebhookStep
from keepwarm.schema.playbook_reading.reading import Passed, Reading
from keepwarm.schema.playbook_reading.references import catalog_name, chat_channel, template
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import choice, chosen, items, phrase, text, text_of
from keepwarm.schema.words import Channel, Delivery, Kind
from keepwarm.schema.written_form import FORMS


def read_message(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> SendStep | None:
    """Read `email`, `sms` or `push`, with the channels to try after it."""
    del passed
    channel = Channel(fields.leading or "")
    words = _template(fields, channel, reading)
    expires = read_expires(fields, reading)
    topic = catalog_name(fields.values.get("topic"), "topic", reading.catalog.topics, reading)
    kind = choice(fields, "kind", Kind, reading.faults)
    delivery = _delivery(fields, kind or reading.kind, reading)
    step = SendStep(common, channel, words or "", (), expires, topic, kind, delivery)
    others = _or_else(fields, step, reading)
    return None if words is None else replace(step, or_else=others)


def read_expires(fields: Fields, reading: Reading) -> Length | None:
    """Give how long something holds; customers have no working hours."""
    found = phrase(fields, "expires", read_in, reading.faults)
    if found is not None and found.length.unit.is_working:
        reading.faults.add(
            "cannot-read",
            fields.values["expires"],
            f'"{found.length}" belong to a team\'s calendar, and a customer has none',
            hint="count in hours, days or weeks",
        )
        return None
    return found.length if found else None


def read_survey(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> SurveyStep | None:
    """Read `survey: nps`, whose template has the survey's name unless another is given."""
    del passed
    survey = catalog_name(fields.values.get("survey"), "survey", reading.catalog.surveys, reading)
    channel = Channel(chosen(fields, "by", reading.faults) or "email")
    is_email = channel is Channel.EMAIL
    if "template" in fields.values:
        words = template(fields.values["template"], "template", reading, is_email=is_email)
    else:
        words = f"surveys/{survey}"
        names = reading.known.email_templates if is_email else reading.known.text_templates
        if survey is not None and words not in names:
            ending = "mjml" if is_email else "txt"
            reading.faults.add(
                "no-template",
                fields.values["survey"],
                f"there is no template {quoted(words)} for this survey",
                hint=f'expected templates/{words}.{ending}; another one is named with "template"',
            )
            return None
    if survey is None or words is None:
        return None
    return SurveyStep(common, survey, channel, words)


def read_notify(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> NotifyStep | None:
    """Read `notify: "#billing"`."""
    del passed
    channel = chat_channel(fields.values.get("notify"), "notify", reading)
    says = template(fields.values.get("says"), "says", reading, is_email=False)
    return None if channel is None else NotifyStep(common, channel, says)


def read_webhook(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> WebhookStep | None:
    """Read `webhook: crm`, with the fields to post."""
    del passed
    endpoint = _endpoint(fields, reading)
    posted: dict[str, str] = {}
    if "with" in fields.values:
        form = FORMS["webhook fields"]
        for entry in read_entries(fields.values["with"], form, reading.faults):
            said = text_of(entry.value, entry.key.text, reading.faults)
            if said is not None:
                posted[entry.key.text] = said
    return None if endpoint is None else WebhookStep(common, endpoint, posted)


def _template(fields: Fields, channel: Channel, reading: Reading) -> str | None:
    node = fields.values.get(str(channel))
    return template(node, str(channel), reading, is_email=channel is Channel.EMAIL)


def _delivery(fields: Fields, kind: Kind, reading: Reading) -> Delivery:
    delivery = choice(fields, "delivery", Delivery, reading.faults)
    if delivery is Delivery.AT_LEAST_ONCE and kind is Kind.MARKETING:
        reading.faults.add(
            "delivery",
            fields.values["delivery"],
            "marketing is never sent at the risk of sending it twice",
            hint='only "kind: transactional" may say "at least once"',
        )
    return delivery or Delivery.AT_MOST_ONCE


def _or_else(fields: Fields, step: SendStep, reading: Reading) -> tuple[SendStep, ...]:
    """Read the other channels; each goes out with the options of the first."""
    seen = {step.channel}
    others = []
    for node in items(fields, "or_else", reading.faults, one=True):
        other = _other_channel(node, step, seen, reading)
        if other is not None:
            others.append(other)
    return tuple(others)


def _other_channel(
    node: Node, step: SendStep, seen: set[Channel], reading: Reading
) -> SendStep | None:
    fields = read_mapping(node, FORMS["or_else"], reading.faults)
    if fields is None or fields.leading is None:
        return None
    channel = Channel(fields.leading)
    if channel in seen:
        reading.faults.add(
            "or-else",
            node,
            f'"{channel}" has been tried already at this point',
            hint="name another channel",
        )
        return None
    seen.add(channel)
    words = _template(fields, channel, reading)
    if words is None:
        return None
    common = Common(reading.faults.place(node))
    return replace(step, common=common, channel=channel, template=words, or_else=())


def _endpoint(fields: Fields, reading: Reading) -> str | None:
    said = text(fields, "webhook", reading.faults)
    node = fields.values.get("webhook")
    endpoints = reading.catalog.endpoints
    if said is None or node is None or said in endpoints or _is_safe(said):
        return said
    if said.startswith("http:"):
        reading.faults.add(
            "no-webhook",
            node,
            "a webhook posts to https, not to http",
            replacement=f"https{said[4:]}",
        )
    elif reading.known.catalog_is_whole:
        near = closest(said, endpoints)
        hint = f"the catalog declares it like this:  webhooks: {{{said}: {{url: https://…}}}}"
        reading.faults.add(
            "no-webhook",
            node,
            f"there is no webhook {quoted(said)}",
            hint=None if near else hint,
            replacement=near,
        )
    return None


def _is_safe(url: str) -> bool:
    return url.startswith("https://") and len(url) > len("https://") and " " not in url
