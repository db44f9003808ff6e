"""Plans for tests, compiled from written playbooks over one small catalog."""

from __future__ import annotations

from textwrap import dedent, indent

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Plan
from keepwarm.schema.workspace import read_workspace

CATALOG = """\
timezone: Europe/Amsterdam
attributes:
  plan: {is: one of free, pro, enterprise}
  employees: {is: number}
  renewal_date: {is: date}
  born: {is: date}
  last_login_at: {is: moment}
  health: {is: number}
events:
  logged_in: {}
  signed_up: {with: {source: text}}
  payment_failed: {with: {invoice: text, amount: number}}
  payment_succeeded: {with: {invoice: text}}
"""


def plan_of(start: str, *, name: str = "p", status: str = "live", more: str = "") -> Plan:
    """Compile a playbook of one step that starts so; both texts are YAML."""
    written = (
        f"playbook: {name}\ntitle: A test\nowner: ann@acme.example\nstatus: {status}\n"
        f"start:\n{indent(dedent(start).strip(), '  ')}\n{dedent(more)}\n"
        "steps:\n  - tag: seen\n"
    )
    files = {"catalog/facts.yaml": CATALOG.encode(), f"{name}.yaml": written.encode()}
    workspace = read_workspace(files)
    assert name in workspace.playbooks, [str(problem) for problem in workspace.problems]
    return compile_plan(workspace.playbooks[name], workspace.catalog, workspace.policies)
