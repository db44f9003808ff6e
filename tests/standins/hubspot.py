"""HubSpot's objects, by its documented rules: batch upsert, batch read, search, associations.

Source: developers.hubspot.com, "Tasks", "CRM search", "Associations v4", "Usage guidelines".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

TOKEN = "pat-eu1-stand-in"
KEY = "keepwarm_key"
CLIENT_SECRET = "stand-in-client-secret"


class HubSpot(Provider):
    """Keeps tasks as HubSpot would."""

    name = "hubspot"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.tasks: dict[str, dict[str, str]] = {}
        self.associations: set[tuple[str, str]] = set()
        #: Stream -> number -> properties, and the contacts of each deal.
        self.objects: dict[str, dict[int, dict[str, Any]]] = {"contacts": {}, "deals": {}}
        self.contacts_of: dict[str, list[str]] = {}
        #: Number -> when it was deleted.
        self.archived: dict[int, str] = {}

    def judge(self, call: Call) -> Verdict:
        """Decide about one call."""
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Verdict(401, {"status": "error", "category": "INVALID_AUTHENTICATION"})
        match call.method, call.path:
            case "GET", "/crm/v3/objects/contacts":
                return self._archived(dict(call.query))
            case "POST", "/crm/v3/objects/tasks/batch/upsert":
                return self._upserted(json.loads(call.body)["inputs"])
            case "POST", "/crm/v3/objects/tasks/batch/read":
                return self._read(json.loads(call.body))
            case "POST", "/crm/v4/associations/deals/contacts/batch/read":
                return self._associated(json.loads(call.body)["inputs"])
            case "POST", path if path.endswith("/search"):
                return self._searched(path.split("/")[4], json.loads(call.body))
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

    def _associated(self, inputs: list[dict[str, str]]) -> Verdict:
        found = [
            {"from": each, "to": [{"toObjectId": int(n)} for n in self.contacts_of[each["id"]]]}
            for each in inputs
            if each["id"] in self.contacts_of
        ]
        return Verdict(207 if len(found) < len(inputs) else 200, {"results": found})

    def _archived(self, asked: dict[str, str]) -> Verdict:
        if asked.get("archived") != "true":
            return Verdict(400, {"status": "error", "category": "VALIDATION_ERROR"})
        start, limit = int(asked.get("after", 0)), int(asked["limit"])
        found = sorted((n, when) for n, when in self.archived.items() if n > start)
        results = [
            {"id": str(n), "properties": {}, "archived": True, "archivedAt": when}
            for n, when in found[:limit]
        ]
        following = {"next": {"after": str(found[limit - 1][0])}} if len(found) > limit else {}
        return Verdict(200, {"results": results, **({"paging": following} if following else {})})

    def _searched(self, stream: str, asked: dict[str, Any]) -> Verdict:
        [group] = asked["filterGroups"]
        if len(group["filters"]) > 6 or not 0 < asked["limit"] <= 200:
            return Verdict(400, {"status": "error", "category": "VALIDATION_ERROR"})
        found = [
            (number, properties)
            for number, properties in sorted(self.objects[stream].items())
            if all(_fits(number, properties, each) for each in group["filters"])
        ]
        page = found[: asked["limit"]]
        results = [
            {"id": str(n), "properties": {name: kept.get(name) for name in asked["properties"]}}
            for n, kept in page
        ]
        return Verdict(200, {"total": len(found), "results": results})


def _fits(number: int, properties: dict[str, Any], asked: dict[str, str]) -> bool:
    name, wanted = asked["propertyName"], int(asked["value"])
    if name == "hs_object_id":
        value = number
    else:
        moment = datetime.fromisoformat(properties[name])
        value = int(moment.timestamp() * 1000)
    return {"GTE": value >= wanted, "LT": value < wanted, "GT": value > wanted}[asked["operator"]]


def changed(number: str, kind: str = "0-27") -> bytes:
    """Tell that the status of a task changed, as a generic subscription does."""
    change = {
        "eventId": 3816279340, "subscriptionId": 25, "portalId": 33, "appId": 1160452,
        "occurredAt": 1772442000000, "subscriptionType": "object.propertyChange",
        "attemptNumber": 0, "objectId": int(number), "objectTypeId": kind,
        "propertyName": "hs_task_status", "propertyValue": "COMPLETED",
        "changeSource": "CRM_UI", "isSensitive": False,
    }  # fmt: skip
    return json.dumps([change]).encode()


def signed(url: str, body: bytes, at: datetime) -> dict[str, str]:
    """Sign a webhook as HubSpot does, in its third version."""
    stamp = str(int(at.timestamp() * 1_000))
    content = b"POST" + url.encode() + body + stamp.encode()
    made = hmac.new(CLIENT_SECRET.encode(), content, hashlib.sha256).digest()
    return {
        "x-hubspot-signature-v3": base64.b64encode(made).decode(),
        "x-hubspot-request-timestamp": stamp,
    }
