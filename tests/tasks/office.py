"""An office: an installation whose team sees its tasks in another tool, and that tool."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

from keepwarm.connectors.task_tools.contract import Finished, TaskTool
from keepwarm.connectors.task_tools.registry import make_tools
from keepwarm.flows.sharing_tasks import look_at_tasks, share_tasks
from keepwarm.flows.task_deeds import do_deeds
from keepwarm.store.database import open_database
from keepwarm.store.landmarks import Landmark, watch
from keepwarm.store.task_copies import LEASE
from tests.faults.city import City
from tests.journeys.world import CATALOG, World
from tests.standins import Standins, hubspot, receiver, salesforce, slack, zendesk
from tests.systems import system_on
from tests.waiting import PATIENCE_SECONDS

CHANNEL = "#C0000000001"
CALL = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
goal: {event: payment_succeeded, for_the_same: invoice, within: 14 days}
steps:
  - task: Call them <!channel>
    name: rescue
    for: care
    due: in 4 working hours
  - wait: until rescue is done, at most 20 days
  - if:
      - rescue: saved
    then:
      - email: hello
    else:
      - email: last
"""
TOOLS = ("slack", "zendesk", "hubspot", "salesforce", "webhook")


def settings_for(tool: str, here: Standins) -> dict[str, str]:
    """Give the settings that lead a tool to its stand-in."""
    match tool:
        case "slack":
            return {
                "SLACK_BOT_TOKEN": slack.TOKEN,
                "SLACK_SIGNING_SECRET": slack.SIGNING_SECRET,
                "SLACK_API_URL": f"{here.slack.url}/api",
            }
        case "zendesk":
            return {
                "ZENDESK_URL": here.zendesk.url,
                "ZENDESK_EMAIL": zendesk.EMAIL,
                "ZENDESK_API_TOKEN": zendesk.TOKEN,
                "ZENDESK_TASKS_SECRET": zendesk.SECRET,
            }
        case "hubspot":
            return {
                "HUBSPOT_TASKS_TOKEN": hubspot.TOKEN,
                "HUBSPOT_TASKS_SECRET": hubspot.CLIENT_SECRET,
                "HUBSPOT_API_URL": here.hubspot.url,
            }
        case "salesforce":
            return {
                "SALESFORCE_URL": here.salesforce.url,
                "SALESFORCE_CLIENT_ID": salesforce.CLIENT,
                "SALESFORCE_CLIENT_SECRET": salesforce.SECRET,
                "SALESFORCE_TASK_OUTCOME": "Outcome__c",
                "SALESFORCE_TASKS_SECRET": salesforce.FLOW_SECRET,
            }
        case _:
            return {
                "TASKS_WEBHOOK_URL": f"{here.receiver.url}/tasks",
                "TASKS_WEBHOOK_SECRET": receiver.SECRET,
                "WEBHOOK_ALLOW_LOOPBACK": "true",
            }


@dataclass
class Office:
    """One installation, one tool, and what is seen there."""

    city: City
    tool: str
    settings: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.settings = settings_for(self.tool, self.city.here)
        team = f'    notify: "{CHANNEL}"\n    tasks_in: {self.tool}\n'
        self.world.write("catalog/catalog.yaml", CATALOG.replace('    notify: "#care"\n', team))
        self.world.playbook("call", CALL)
        self.world.apply()
        # Made anew for each deed, as its connections belong to the loop that made them.
        self.world.task_tools = {}

    @property
    def world(self) -> World:
        return self.city.world

    @property
    def here(self) -> Standins:
        return self.city.here

    def fails(self, customer: str, invoice: str) -> None:
        """Let a payment fail, so that somebody is to call."""
        self.world.event(customer, "payment_failed", invoice=invoice, amount=5)

    def share(self) -> None:
        """Bring the tool into line, once."""
        asyncio.run(self._with_tools(share_tasks))

    def look(self) -> list[str]:
        """Ask the tool what was done there, and give the playbooks that may go on."""
        return [each.playbook for each in asyncio.run(self._with_tools(look_at_tasks))]

    async def _with_tools(self, deed: Any) -> Any:
        tools = make_tools(self.settings, self.world.clock)
        self.world.task_tools = tools
        try:
            return await deed(self.world.system, self.tool)
        finally:
            await tools[self.tool].close()

    def hears(self, headers: Mapping[str, str], body: bytes) -> list[str] | None:
        """Let the tool call us, and give the playbooks that may go on; None where it is refused."""
        found: Any = make_tools(self.settings, self.world.clock)[self.tool]
        deeds = found.hear(headers, body, self.world.now)
        if deeds is None:
            return None
        return [each.playbook for each in do_deeds(self.world.system, self.tool, deeds)]

    def made(self) -> list[str]:
        """Give the keys of the tasks that the tool took, repeated ones repeated."""
        name = "receiver" if self.tool == "webhook" else self.tool
        return self.here.ledger.send_ids(name)

    def seen(self) -> str:
        """Give all that people see in the tool; of webhooks what was told last."""
        match self.tool:
            case "slack":
                return str(self.here.slack.history)
            case "zendesk":
                return str(self.here.zendesk.tickets)
            case "hubspot":
                return str(self.here.hubspot.tasks)
            case "salesforce":
                return str(self.here.salesforce.tasks)
            case _:
                return self.here.ledger.of("receiver")[-1].words["body"]

    def closed_there(self) -> bool:
        """Tell whether the tool shows every task of it as done."""
        match self.tool:
            case "slack":
                kinds = [
                    block["type"] for one in self.here.slack.history for block in one["blocks"]
                ]
                return "actions" not in kinds
            case "zendesk":
                return all(t["status"] == "solved" for t in self.here.zendesk.tickets.values())
            case "hubspot":
                tasks = self.here.hubspot.tasks.values()
                return all(task["hs_task_status"] == "COMPLETED" for task in tasks)
            case "salesforce":
                return all(task["IsClosed"] for task in self.here.salesforce.tasks.values())
            case _:
                bodies = [entry.words["body"] for entry in self.here.ledger.of("receiver")]
                return '"task.closed"' in bodies[-1]

    def copies(self, columns: str) -> list[Any]:
        """Ask the database of the copies."""
        return [
            tuple(row) for row in self.world.rows(f"SELECT {columns} FROM task_copy ORDER BY id")
        ]

    def later(self, **length: float) -> None:
        """Let so much time pass, and do what is due meanwhile."""
        self.world.run_for(**length)

    def dies(self, landmark: Landmark) -> int | None:
        """Have a worker share tasks, and die at a landmark; give its exit code."""
        given = (self.city.url, self.tool, dict(self.settings), self.world.now, landmark)
        context = get_context("forkserver")
        context.set_forkserver_preload(["tests.tasks.office", *map(_module, TOOLS)])
        process = context.Process(target=_share_and_die, args=given, daemon=True)
        process.start()
        process.join(PATIENCE_SECONDS)
        return process.exitcode


def _module(tool: str) -> str:
    return f"keepwarm.connectors.task_tools.{tool}"


#: Beyond the lease of whoever died, and beyond what is waited after a doubt.
LATER = LEASE + timedelta(minutes=1)


def _share_and_die(
    url: str, tool: str, settings: dict[str, str], now: datetime, landmark: Landmark
) -> None:
    database = open_database(url)
    watch(lambda here: os.kill(os.getpid(), signal.SIGKILL) if here is landmark else None)
    tools: Mapping[str, TaskTool] = make_tools(settings, lambda: now)
    system = system_on(database, lambda: now, "dying", task_tools=tools)
    asyncio.run(share_tasks(system, tool))


def finished(outcome: str, reference: str) -> Finished:
    """Give what a tool tells of a task that ended."""
    return Finished(None, reference, outcome, "Ann")
