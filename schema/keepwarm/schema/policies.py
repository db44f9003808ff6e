"""Policies: the limits of `policies.yaml`, which hold for all playbooks together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from keepwarm.schema.addresses import is_address, is_sender
from keepwarm.schema.approvers import Approvers
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.catalog_reading.amounts import read_money
from keepwarm.schema.faults import Faults
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.nodes import Node
from keepwarm.schema.phrases import read_window
from keepwarm.schema.playbook import Policies
from keepwarm.schema.playbook_reading import Known
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.playbook_reading.references import CHAT_CHANNEL, team_or_person
from keepwarm.schema.playbook_reading.settings import read_caps
from keepwarm.schema.promises import NOTHING_PROMISED, Promised, read_parts, read_promise
from keepwarm.schema.retention import Kept, Retention, read_keeping
from keepwarm.schema.suggestions import quoted
from keepwarm.schema.values import items, phrase, phrase_of, text
from keepwarm.schema.words import Channel
from keepwarm.schema.written_form import FORMS


def read_policies(
    node: Node | None, faults: Faults, catalog: Catalog | None = None, known: Known | None = None
) -> Policies:
    """Read the policies; what is not written, or cannot be read, sets no limit.

    `node` is None for an empty file, which is in order. `catalog` has the teams that may be named.
    """
    fields = None if node is None else read_mapping(node, FORMS["policies"], faults)
    if fields is None:
        return Policies()
    return Policies(
        caps=read_caps(fields, faults),
        quiet_hours=phrase(fields, "quiet_hours", read_window, faults),
        sender=_sender(fields, faults),
        postal_address=_postal_address(fields, faults),
        alarms_to=_alarms_to(fields, faults),
        promised=_promised(fields, faults),
        approvers=_approvers(fields, Reading(catalog or Catalog(), known or Known(), faults, "")),
        thousand_messages_cost=tuple(_costs(fields, faults)),
        keep=_keep(fields, faults),
    )


def _promised(fields: Fields, faults: Faults) -> Promised:
    key = fields.key("promises")
    nodes = items(fields, "promises", faults, one=True)
    read = [(node, phrase_of(node, key, read_promise, faults)) for node in nodes]
    parts = phrase(fields, "texts", read_parts, faults)
    return Promised(
        limits=tuple((each, node.span) for node, each in read if each is not None),
        legal_hours=phrase(fields, "legal_hours", read_window, faults),
        parts_of_a_text=NOTHING_PROMISED.parts_of_a_text if parts is None else parts,
    )


def _sender(fields: Fields, faults: Faults) -> str | None:
    said = text(fields, "sender", faults)
    if said is None or is_sender(said):
        return said
    faults.add(
        "address",
        fields.values["sender"],
        f"{quoted(said)} is not a sender",
        hint='for example "Acme <hello@acme.example>"',
    )
    return None


def _postal_address(fields: Fields, faults: Faults) -> str | None:
    """Give the postal address on one line; in the file it may stand on several."""
    said = text(fields, "postal_address", faults)
    return None if said is None else ", ".join(line.strip(" ,") for line in said.splitlines())


def _alarms_to(fields: Fields, faults: Faults) -> str | None:
    said = text(fields, "alarms_to", faults)
    if said is None or is_address(said) or CHAT_CHANNEL.fullmatch(said):
        return said
    faults.add(
        "address",
        fields.values["alarms_to"],
        f"{quoted(said)} is neither a chat channel nor an e-mail address",
        hint='for example "#crm-alarms" (with quotes) or ops@acme.example',
    )
    return None


def _approvers(fields: Fields, reading: Reading) -> Approvers:
    node = fields.values.get("approvers")
    named = None if node is None else read_mapping(node, FORMS["approvers"], reading.faults)
    if named is None:
        return Approvers()
    return Approvers(
        money=_named("money", named, reading),
        permission=_named("permission", named, reading),
        channel=_named("channel", named, reading),
    )


def _named(key: str, fields: Fields, reading: Reading) -> tuple[str, ...]:
    nodes = items(fields, key, reading.faults, one=True)
    said = (team_or_person(node, key, reading) for node in nodes)
    return tuple(dict.fromkeys(each for each in said if each))


def _keep(fields: Fields, faults: Faults) -> Retention:
    node = fields.values.get("keep")
    form = FORMS["what is kept"]
    said = None if node is None else read_mapping(node, form, faults)
    if said is None:
        return Retention()
    read = {Kept(key.name): phrase(said, key.name, read_keeping, faults) for key in form.keys}
    return Retention(tuple((kept, each) for kept, each in read.items() if each is not None))


def _costs(fields: Fields, faults: Faults) -> Iterator[tuple[Channel, Decimal, str]]:
    node = fields.values.get("thousand_messages_cost")
    form = FORMS["cost of messages"]
    said = None if node is None else read_mapping(node, form, faults)
    if said is None:
        return
    for key in form.keys:
        money = phrase(said, key.name, read_money, faults)
        if money is not None:
            yield Channel(key.name), money.amount, money.currency
