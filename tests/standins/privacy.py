"""The privacy interfaces of Amplitude, Mixpanel and Segment, by their documented rules.

Source: amplitude.com/docs, "User Privacy API"; docs.mixpanel.com, "GDPR and CCPA API (v3)";
docs.segmentapis.com, "Deletion and Suppression".
"""

from __future__ import annotations

import base64
import json

from tests.standins.ledger import Ledger
from tests.standins.provider import Call, Provider, Verdict

KEY, SECRET = "stand-in-key", "stand-in-secret"
PAIR = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


class Privacy(Provider):
    """Takes wishes to delete users as the three of them would."""

    name = "privacy"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        #: Who was asked to be deleted: (by which tool, the user).
        self.deleted: list[tuple[str, str]] = []

    def judge(self, call: Call) -> Verdict:
        """Decide about one wish."""
        said = call.headers.get("authorization", "")
        told = json.loads(call.body)
        match call.method, call.path:
            case "POST", "/api/2/deletions/users":
                if said != f"Basic {PAIR}":
                    return Verdict(401, {"error": "unauthorized"})
                return self._taken("amplitude", told["user_ids"], {"status": "staging"})
            case "POST", "/api/app/data-deletions/v3.0/":
                if said != f"Bearer {SECRET}" or call.query.get("token") != KEY:
                    return Verdict(403, {"error": "forbidden"})
                if told.get("compliance_type") not in ("GDPR", "CCPA"):
                    return Verdict(400, {"error": "compliance_type"})
                done = {"status": "ok", "results": {"task_id": "1583958896131033662"}}
                return self._taken("mixpanel", told["distinct_ids"], done)
            case "POST", "/regulations":
                if said != f"Bearer {SECRET}":
                    return Verdict(403, {"errors": [{"type": "forbidden"}]})
                if (told["regulationType"], told["subjectType"]) != (
                    "SUPPRESS_WITH_DELETE", "USER_ID",
                ):  # fmt: skip
                    return Verdict(400, {"errors": [{"type": "bad-request"}]})
                return self._taken("segment", told["subjectIds"], {"data": {"regulateId": "reg_1"}})
            case _:
                return Verdict(404, {"error": "not found"})

    def _taken(self, tool: str, users: list[str], answer: object) -> Verdict:
        self.deleted += [(tool, user) for user in users]
        return Verdict(200, answer)
