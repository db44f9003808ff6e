"""An e-mail whose MJML no mail program could show."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.engine.rules.template_faults import template_faults
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    yield from template_faults(workspace, "mjml")


MJML = Rule(
    "mjml",
    "An e-mail is no MJML: an element is unknown or never closed, a value stands where none may.",
    _find,
    may_be_allowed=False,
)
