"""A text message that a carrier cuts into more parts than anybody wants to pay for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from keepwarm.engine.rules.longest_text import LONGEST_WORDS, longest_text
from keepwarm.engine.rules.sayings import by_name, examined, sayings
from keepwarm.engine.sms_parts import SmsParts, sms_parts
from keepwarm.schema.catalog import Attribute, Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import Playbook, TemplateFile, WhenEvent
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.words import Channel
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    said_by: dict[str, list[Playbook]] = defaultdict(list)
    for said in sayings(workspace):
        if said.channel is Channel.SMS:
            said_by[said.template].append(said.playbook)
    most = workspace.policies.promised.parts_of_a_text
    for (name, form), files in by_name(workspace).items():
        for file in files if form == "txt" and name in said_by else ():
            if examined(file).problems:
                continue
            parts = sms_parts(longest_text(file, _facts(said_by[name], workspace)))
            if len(parts.parts) > most:
                yield _finding(file, parts, most)


def _facts(said_by: list[Playbook], workspace: Workspace) -> Mapping[str, Attribute]:
    """Give what a template may name, by its whole name."""
    catalog = workspace.catalog
    facts = {f"customer.{name}": each for name, each in catalog.attributes.items()}
    for playbook in said_by:
        if isinstance(playbook.start, WhenEvent) and playbook.start.event in catalog.events:
            event = catalog.events[playbook.start.event]
            facts |= {f"event.{name}": each for name, each in event.properties.items()}
    return facts


def _finding(file: TemplateFile, parts: SmsParts, most: int) -> Finding:
    first = file.body.split("\n")[0]
    outside = "".join(dict.fromkeys(each for each in file.body if each in parts.outside_gsm_7))
    hint = f"shorten it, or let policies.yaml allow it:  texts: at most {len(parts.parts)} parts"
    if outside:
        hint = f'without "{outside}" a part would hold 153 characters instead of 67; {hint}'
    elif parts.outside_gsm_7:
        hint = (
            f"what customers write themselves is counted as {LONGEST_WORDS} letters of any script, "
            f"and then a part holds 67; {hint}"
        )
    return Finding(
        Place(file.file, Span(file.body_line, 1, file.body_line, len(first) + 1)),
        f"at worst this text takes {parts.used} places in {len(parts.parts)} parts, and at most "
        f"{most} are allowed",
        hint,
        doubted_by=nothing,
    )


SMS_PARTS = Rule(
    "sms-parts",
    "A text may take more parts than the policies allow (3, where they do not say).",
    _find,
)
