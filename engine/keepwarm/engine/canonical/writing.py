"""Writing a playbook out in its canonical form."""

from __future__ import annotations

from keepwarm.engine.canonical.lines import Canonical, Line, flattened
from keepwarm.engine.canonical.places import Places
from keepwarm.engine.canonical.settings import settings_branches
from keepwarm.engine.canonical.shared import catalog_sections, policy_lines
from keepwarm.engine.canonical.steps import steps_branches
from keepwarm.engine.canonical.uses import uses_of
from keepwarm.engine.canonical.words import template_lines
from keepwarm.schema.playbook import Playbook
from keepwarm.schema.workspace import Workspace


def canonical_form(playbook: Playbook, workspace: Workspace) -> Canonical:
    """Give all that a playbook means, with what it uses of the folder that it stands in."""
    places = Places(workspace.sources)
    uses = uses_of(playbook)
    sections: dict[str, tuple[Line, ...]] = {
        "playbook": flattened(settings_branches(playbook, places)),
        "steps": flattened(steps_branches(playbook.steps, places)),
    }
    sections |= {
        path: template_lines(file)
        for path, file in sorted(workspace.templates.items())
        if (file.name, file.form) in uses.templates
    }
    sections |= catalog_sections(uses, workspace.catalog)
    sections["policies"] = policy_lines(uses, workspace.policies, places)
    return {name: lines for name, lines in sections.items() if lines}
