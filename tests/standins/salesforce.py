"""Salesforce's REST API, by its documented rules: tokens that end, upsert by external id, SOQL.

Source: developer.salesforce.com, "REST API Developer Guide", "OAuth 2.0 Client Credentials Flow".
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

CLIENT, SECRET = "stand-in-client", "stand-in-client-secret"
FLOW_SECRET = "stand-in-flow-secret"
KEY = "Keepwarm_Key__c"
_ENDED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


class Salesforce(Provider):
    """Keeps tasks as Salesforce would."""

    name = "salesforce"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.tasks: dict[str, dict[str, Any]] = {}
        self.tokens = 0
        #: Object -> id -> fields.
        self.records: dict[str, dict[str, dict[str, Any]]] = {"Contact": {}, "Opportunity": {}}

    @property
    def token(self) -> str:
        """The access token that counts now."""
        return f"00D-token-{self.tokens}"

    def judge(self, call: Call) -> Verdict:
        """Decide about one call."""
        if call.path == "/services/oauth2/token":
            return self._given_a_token(parse_qs(call.body.decode()))
        if call.headers.get("authorization") != f"Bearer {self.token}" or not self.tokens:
            return Verdict(401, _ENDED)
        path = re.sub(r"^/services/data/v\d+\.\d/", "", call.path)
        if call.method == "PATCH" and path.startswith(f"sobjects/Task/{KEY}/"):
            return self._upserted(path.rsplit("/", 1)[1], json.loads(call.body))
        if call.method == "GET" and path == "query":
            return self._found(call.query["q"])
        if call.method == "GET" and path == "queryAll":
            return self._changed(call.query["q"])
        return Verdict(404, [{"errorCode": "NOT_FOUND"}])

    def _given_a_token(self, form: dict[str, list[str]]) -> Verdict:
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        if {name: values[-1] for name, values in form.items()} != wanted:
            return Verdict(400, {"error": "invalid_client"})
        self.tokens += 1
        return Verdict(200, {"access_token": self.token, "instance_url": self.url})

    def _upserted(self, key: str, fields: dict[str, Any]) -> Verdict:
        if KEY in fields:
            return Verdict(400, [{"errorCode": "INVALID_FIELD"}])
        number = next((n for n, t in self.tasks.items() if t[KEY] == key), None)
        if number is not None:
            self._keep(number, fields)
            return Verdict(200, {"id": number, "success": True, "created": False})
        number = f"00T{len(self.tasks):012d}AAA"
        self.tasks[number] = {KEY: key}
        self._keep(number, fields)
        entry = Entry("salesforce", key, "Task", number, {"subject": fields["Subject"]})
        return Verdict(201, {"id": number, "success": True, "created": True}, (entry,))

    def _keep(self, number: str, fields: dict[str, Any]) -> None:
        task = self.tasks[number]
        task.update(fields)
        task["IsClosed"] = task.get("Status") == "Completed"

    def _found(self, asked: str) -> Verdict:
        fields = re.fullmatch(
            r"SELECT (.+) FROM Task WHERE IsClosed = TRUE AND Id IN \((.+)\)", asked
        )
        if fields is None:
            return Verdict(400, [{"errorCode": "MALFORMED_QUERY"}])
        wanted = fields[1].split(", ")
        named = [each.strip("'") for each in fields[2].split(", ")]
        found = [
            {"Id": n, **{f: self.tasks[n].get(f) for f in wanted if f != "Id"}}
            for n in named
            if n in self.tasks and self.tasks[n]["IsClosed"]
        ]
        return Verdict(200, {"totalSize": len(found), "done": True, "records": found})

    def _changed(self, asked: str) -> Verdict:
        found = re.fullmatch(
            r"SELECT (?P<fields>[\w, ]+) FROM (?P<thing>\w+) WHERE SystemModstamp >= (?P<since>\S+)"
            r" AND SystemModstamp < (?P<until>\S+)(?: AND Id > '(?P<after>\w+)')?"
            r" ORDER BY Id LIMIT (?P<limit>\d+)",
            asked,
        )
        if found is None:
            return Verdict(400, [{"errorCode": "MALFORMED_QUERY"}])
        since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
        kept = [
            (number, record)
            for number, record in sorted(self.records[found["thing"]].items())
            if since <= datetime.fromisoformat(record["SystemModstamp"]) < until
            and number > (found["after"] or "")
        ]
        page = [
            {"attributes": {"type": found["thing"]},
             **{name: record.get(name) for name in found["fields"].split(", ")}, "Id": number}
            for number, record in kept[: int(found["limit"])]
        ]  # fmt: skip
        return Verdict(200, {"totalSize": len(page), "done": True, "records": page})
