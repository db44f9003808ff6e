"""Plans for the engine's tests, compiled from written playbooks over one small catalog."""

from __future__ import annotations

from textwrap import dedent

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Plan
from keepwarm.schema.workspace import Workspace, read_workspace

CATALOG = """\
timezone: Europe/Amsterdam
attributes:
  plan: {is: one of free, pro, team}
  monthly_revenue: {is: number, unit: EUR}
  birthday: {is: date}
  renewal_date: {is: date}
  open_tickets: {is: number}
  interests: {is: tags}
events:
  signed_up: {}
  logged_in: {}
  bought: {with: {amount: number}}
topics:
  tips: {title: Tips, needs: consent}
teams:
  care:
    members: [ann@acme.example]
    works: weekdays 09:00 to 17:30
    timezone: Europe/Amsterdam
  bosses: {members: [eve@acme.example], works: weekdays 09:00 to 17:30, timezone: Europe/Amsterdam}
offers:
  ten-percent: {percent: 10, lasts: 1 month, costs: 12 EUR}
outcomes:
  rescue: [saved, lost]
"""
MAIL = """\
---
subject: Hello
---
<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section>
</mj-body></mjml>
"""
HEAD = "playbook: p\ntitle: A test\nowner: ann@acme.example\nstatus: live\n"


def workspace_of(
    playbook: str, stories: str | None = None, catalog: str = "", **others: str
) -> Workspace:
    """Read a playbook called `p`, written below its head, and perhaps its stories and others.

    `catalog` is declared besides what they all have.
    """
    files = {"catalog/catalog.yaml": CATALOG, "p.yaml": HEAD + dedent(playbook)}
    if catalog:
        files["catalog/more.yaml"] = catalog
    for name in ("hello", "nudge", "last"):
        files[f"templates/{name}.mjml"] = MAIL
        files[f"templates/{name}.txt"] = "Hello\n"
    for name, written in others.items():
        files[f"{name}.yaml"] = HEAD.replace("playbook: p", f"playbook: {name}") + dedent(written)
    if stories is not None:
        files["p.test.yaml"] = "tests_for: p\ntests:\n" + dedent(stories)
    workspace = read_workspace({path: text.encode() for path, text in files.items()})
    assert not workspace.problems, [str(problem) for problem in workspace.problems]
    return workspace


def plan_in(workspace: Workspace) -> Plan:
    """Compile the playbook `p`."""
    return compile_plan(workspace.playbooks["p"], workspace.catalog, workspace.policies)


def plan_of(playbook: str, **others: str) -> Plan:
    """Compile a playbook written below its head."""
    return plan_in(workspace_of(playbook, **others))
