"""A playbook on one side of a comparison: as the folder has it, or as it is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from keepwarm.engine.canonical import Canonical, canonical_form
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Notify, Plan, Send
from keepwarm.schema.playbook import Playbook
from keepwarm.schema.workspace import Workspace, read_version

POLICIES: Final = "policies.yaml"


@dataclass(frozen=True, slots=True)
class Side:
    """A playbook on one side of the comparison."""

    playbook: Playbook
    plan: Plan
    canonical: Canonical
    #: The folder that it stands in, or the files that it is pinned with.
    workspace: Workspace


def side_of(playbook: Playbook, workspace: Workspace) -> Side:
    """Give a playbook of a folder, compiled and in canonical form."""
    plan = compile_plan(playbook, workspace.catalog, workspace.policies)
    return Side(playbook, plan, canonical_form(playbook, workspace), workspace)


def live_side(name: str, files: Mapping[str, str]) -> Side | None:
    """Give a version by the files it is pinned with; None if this Keepwarm cannot read them."""
    workspace = read_version(files)
    # What was in order when it was pinned may be at fault by the rules of a later Keepwarm.
    playbook = workspace.playbooks.get(name) or workspace.faulty.get(name)
    return None if playbook is None else side_of(playbook, workspace)


def files_of(workspace: Workspace, side: Side) -> dict[str, str]:
    """Give the files that a playbook is compiled from: itself, its templates, what all share."""
    templates = templates_of(side.plan)
    shared = {path for path in workspace.sources if path.startswith("catalog/")}
    own = {path for path, file in workspace.templates.items() if file.name in templates}
    paths = {side.playbook.place.file, *shared, *own} | ({POLICIES} & set(workspace.sources))
    return {path: workspace.sources[path] for path in sorted(paths)}


def templates_of(plan: Plan) -> frozenset[str]:
    """Name the templates that a plan may send."""
    names = {way.template for step in plan.steps if isinstance(step, Send) for way in step.ways}
    names |= {step.template for step in plan.steps if isinstance(step, Notify) and step.template}
    return frozenset(names)
