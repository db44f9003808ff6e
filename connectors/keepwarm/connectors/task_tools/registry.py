"""The task tools by name: each a module here, and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pkgutil import resolve_name
from typing import Final, cast

from keepwarm.connectors.settings import Surroundings, refuse_what_is_missing
from keepwarm.connectors.task_tools.contract import TaskTool

#: Text, so that a tool is imported when it is used.
BUILT_IN: Final[Mapping[str, str]] = {
    "hubspot": "keepwarm.connectors.task_tools.hubspot:HubSpotTasks",
    "salesforce": "keepwarm.connectors.task_tools.salesforce:SalesforceTasks",
    "slack": "keepwarm.connectors.task_tools.slack:SlackTasks",
    "webhook": "keepwarm.connectors.task_tools.webhook:WebhookTasks",
    "zendesk": "keepwarm.connectors.task_tools.zendesk:ZendeskTickets",
}
#: Tool -> the setting without which nobody means to use it.
ASKED_FOR_BY: Final[Mapping[str, str]] = {
    "hubspot": "HUBSPOT_TASKS_TOKEN",
    "salesforce": "SALESFORCE_CLIENT_ID",
    "slack": "SLACK_SIGNING_SECRET",
    "webhook": "TASKS_WEBHOOK_URL",
    "zendesk": "ZENDESK_API_TOKEN",
}


def tool_class(name: str) -> type[TaskTool]:
    """Give the class of a tool by its name, importing it now.

    Raises:
        KeyError: there is no such tool.
    """
    return cast("type[TaskTool]", resolve_name(BUILT_IN[name]))


def make_tools(
    settings: Mapping[str, str], clock: Callable[[], datetime]
) -> Mapping[str, TaskTool]:
    """Make every tool that the settings ask for; `settings` may be the whole environment.

    Raises:
        ConnectorRefused: a setting is missing or cannot be used; says which and how to mend.
    """
    asked_for = [name for name, by in ASKED_FOR_BY.items() if settings.get(by, "").strip()]
    for name in asked_for:
        declared = tool_class(name).about.settings
        refuse_what_is_missing(f"tasks_in: {name}", declared, settings)
    return {name: tool_class(name)(Surroundings(settings, clock)) for name in asked_for}
