"""The settings of a playbook beside its start, goal and steps: manners, shares, limits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from keepwarm.schema.faults import Faults
from keepwarm.schema.limits import AtMost, Budget, Share, Stage, parse_share, read_at_most
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar
from keepwarm.schema.nodes import Sequence as ListNode
from keepwarm.schema.phrases import read_budget, read_stage, read_window
from keepwarm.schema.playbook import Guardrail, Respect
from keepwarm.schema.reading import Read, Refusal, inside, tidied
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import choice, items, phrase, phrase_of, refuse
from keepwarm.schema.words import WhenCapped
from keepwarm.schema.written_form import FORMS, GUARDRAIL_RATES


def read_respect(node: Node, faults: Faults) -> Respect:
    """Read the manners of a playbook."""
    fields = read_mapping(node, FORMS["respect"], faults)
    if fields is None:
        return Respect()
    window = phrase(fields, "quiet_hours", read_window, faults)
    caps = read_caps(fields, faults)
    when_capped = choice(fields, "when_capped", WhenCapped, faults)
    return Respect(window, caps, when_capped or WhenCapped.SKIP)


def read_caps(fields: Fields, faults: Faults) -> tuple[AtMost, ...]:
    """Read `at_most`: one limit, or a list of them."""
    caps: list[AtMost] = []
    for node in items(fields, "at_most", faults, one=True):
        limit = phrase_of(node, fields.key("at_most"), read_at_most, faults)
        if limit is None:
            continue
        if any(_is_same_kind(cap, limit) for cap in caps):
            faults.add(
                "two-things",
                node,
                f'two limits count the same: "{limit}" and another one',
                hint="keep one of them",
            )
        caps.append(limit)
    return tuple(caps)


def _is_same_kind(a: AtMost, b: AtMost) -> bool:
    return (a.per, a.channel) == (b.per, b.channel)


def read_rollout(fields: Fields, faults: Faults) -> tuple[Stage, ...]:
    """Read the stages of a rollout, of which each reaches more customers than the one before."""
    nodes = items(fields, "rollout", faults, one=True)
    key = fields.key("rollout")
    stages = [(node, phrase_of(node, key, read_stage, faults)) for node in nodes]
    read = [(node, stage) for node, stage in stages if stage is not None]
    if len(read) == len(nodes):
        _check_stages(read, faults)
    return tuple(stage for _, stage in read)


def _check_stages(stages: Sequence[tuple[Node, Stage]], faults: Faults) -> None:
    before = Decimal(0)
    for number, (node, stage) in enumerate(stages, start=1):
        is_last = number == len(stages)
        if stage.share.percent <= before:
            faults.add(
                "rollout",
                node,
                f"{stage.share} is not more than the stage before it",
                hint="a rollout only grows",
            )
        if not is_last and stage.length is None:
            faults.add(
                "rollout",
                node,
                f'"{stage}" does not say how long it lasts',
                replacement=f"{stage} for 3 days",
            )
        if is_last and stage.length is not None:
            faults.add(
                "rollout",
                node,
                f'nothing follows "{stage}"',
                hint='the last stage has no end: for example "100%"',
            )
        before = stage.share.percent


def read_guardrails(node: Node, faults: Faults) -> tuple[Guardrail, ...]:
    """Read `back_to_shadow_if_any`."""
    if not isinstance(node, ListNode):
        faults.add(
            "wrong-type",
            node,
            "this should be a list of guardrails",
            hint="for example:  - unsubscribe_rate: above 0.5%",
        )
        return ()
    lines = [_guardrail_lines(item, faults) for item in node.items]
    read = [_read_guardrail(entry, faults) for entries in lines for entry in entries]
    return tuple(guardrail for guardrail in read if guardrail is not None)


def _guardrail_lines(node: Node, faults: Faults) -> tuple[Entry, ...]:
    if isinstance(node, Mapping):
        return node.entries
    faults.add(
        "wrong-type",
        node,
        "a guardrail is a rate and a limit",
        hint="for example:  - unsubscribe_rate: above 0.5%",
    )
    return ()


def _read_guardrail(entry: Entry, faults: Faults) -> Guardrail | None:
    name = entry.key.text
    if name not in GUARDRAIL_RATES:
        faults.add(
            "unknown-name",
            entry.key,
            f'no rate is called "{name}"',
            hint=f"there are: {', '.join(GUARDRAIL_RATES)}",
            replacement=closest(name, GUARDRAIL_RATES),
        )
        return None
    if not isinstance(entry.value, Scalar):
        faults.add("wrong-type", entry.value, f'"{name}" needs a limit such as "above 0.5%"')
        return None
    found = _read_above(entry.value.text)
    if isinstance(found, Refusal):
        refuse(entry.value, found, faults)
        return None
    if found.canonical != entry.value.text:
        faults.respell(entry.value.span, found.canonical)
    return Guardrail(name, found.value.fraction, faults.place(entry.key))


def _read_above(text: str) -> Read[Share] | Refusal:
    match = _ABOVE.fullmatch(tidied(text))
    share = parse_share(match["share"]) if match else None
    if isinstance(share, Share) and match is not None and match["word"]:
        return Read(share, f"above {share}")
    if isinstance(share, Refusal) and match is not None:
        if re.fullmatch(r"0?\.[0-9]+", match["share"]) and share.replacement:
            # Rates are so small that 0.5 may as well be 0.5% as half of all.
            low, high = f"above {match['share']}%", f"above {share.replacement}"
            return Refusal(share.message, f'write "{low}" or "{high}", whichever is meant')
        return inside(share, "above ")
    message = f"cannot read {quoted(text)} as the limit of a rate"
    meant = f"above {share}" if isinstance(share, Share) else None
    return Refusal(message, 'for example "above 0.5%"', meant)


def read_playbook_budget(node: Node, faults: Faults) -> Budget | None:
    """Read what a playbook may give away."""
    fields = read_mapping(node, FORMS["budget"], faults)
    return None if fields is None else phrase(fields, "discounts", read_budget, faults)


_ABOVE = re.compile(
    r"(?P<word>above |over |more than |> ?)?(?P<share>[^ ]+(?: ?%)?)", re.IGNORECASE
)
