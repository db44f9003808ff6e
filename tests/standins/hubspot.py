"""HubSpot's objects, by its documented rules: batch upsert, batch read, search, associations.

Source: developers.hubspot.com, "Tasks", "CRM search", "Associations v4", "Usage guidelines".
"""

from __future__ import annotations

import json
from typing import Any

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

TOKEN = "pat-eu1-stand-in"
KEY = "keepwarm_key"


class HubSpot(Provider):
    """Keeps tasks as HubSpot would."""

    name = "hubspot"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.tasks: dict[str, dict[str, str]] = {}
        self.associations: set[tuple[str, str]] = set()

    def judge(self, call: Call) -> Verdict:
        """Decide about one call."""
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Verdict(401, {"status": "error", "category": "INVALID_AUTHENTICATION"})
        match call.method, call.path:
            case "POST", "/crm/v3/objects/tasks/batch/upsert":
                return self._upserted(json.loads(call.body)["inputs"])
            case "POST", "/crm/v3/objects/tasks/batch/read":
                return self._read(json.loads(call.body))
            case "PUT", path if "/associations/default/contacts/" in path:
                task, contact = path.split("/")[5], path.split("/")[-1]
                self.associations.add((task, contact))
                return Verdict(200, {"status": "COMPLETE", "results": []})
            case _:
                return Verdict(404, {"status": "error", "category": "OBJECT_NOT_FOUND"})

    def _upserted(self, inputs: list[dict[str, Any]]) -> Verdict:
        results, taken = [], []
        for one in inputs:
            properties = one["properties"]
            if one.get("idProperty") != KEY or "hs_timestamp" not in properties:
                return Verdict(400, {"status": "error", "category": "VALIDATION_ERROR"})
            number = next((n for n, t in self.tasks.items() if t.get(KEY) == one["id"]), None)
            is_new = number is None
            if number is None:
                number = str(9001 + len(self.tasks))
                words = {"subject": properties["hs_task_subject"]}
                taken.append(Entry("hubspot", one["id"], "tasks", number, words))
            self.tasks.setdefault(number, {KEY: one["id"]}).update(properties)
            results.append({"id": number, "properties": self.tasks[number], "new": is_new})
        return Verdict(200, {"status": "COMPLETE", "results": results}, tuple(taken))

    def _read(self, asked: dict[str, Any]) -> Verdict:
        named = [each["id"] for each in asked["inputs"]]
        found = [
            {"id": n, "properties": {p: self.tasks[n].get(p) for p in asked["properties"]}}
            for n in named
            if n in self.tasks
        ]
        status = 200 if len(found) == len(named) else 207
        return Verdict(status, {"status": "COMPLETE", "results": found})
