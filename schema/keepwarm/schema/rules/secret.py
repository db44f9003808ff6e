"""A key or a password in the folder, which everybody who reads the repository would have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for file, text in workspace.sources.items():
        for number, line in enumerate(text.split("\n"), start=1):
            for match in _ANY.finditer(line) if _MAY_BE.search(line) else ():
                span = Span(number, match.start() + 1, number, match.end() + 1)
                yield Finding(
                    Place(file, span),
                    f"this looks like {_WHAT[match.lastgroup or '']}",
                    "keys belong in the environment, never in a file of playbooks; it has been "
                    "seen now: have it replaced where it was given out",
                    doubted_by=nothing,
                )


#: What each pattern finds; the names of its groups.
_WHAT = {
    "sendgrid": "a key of SendGrid",
    "twilio": "an account or a key of Twilio",
    "stripe": "a live key of Stripe",
    "slack": "a token of Slack",
    "slack_hook": "the address of a Slack webhook, which is a key",
    "onesignal": "a key of OneSignal",
    "webhook": "the key that signs webhooks",
    "write_key": "a write key of Keepwarm",
    "private_key": "a private key",
    "password": "an address with a password in it",
}
_ANY = re.compile(
    r"(?P<sendgrid>\bSG\.[\w-]{16,}\.[\w-]{16,})"
    r"|(?P<twilio>\b(?:AC|SK)[0-9a-f]{32}\b)"
    r"|(?P<stripe>\b[sr]k_live_\w{16,})"
    r"|(?P<slack>\bxox[abeprs]-[\w-]{10,})"
    r"|(?P<slack_hook>https://hooks\.slack\.com/services/\w+/\w+/\w+)"
    r"|(?P<onesignal>\bos_v2_\w{20,})"
    r"|(?P<webhook>\bwhsec_[\w+/=]{16,})"
    r"|(?P<write_key>\bkw_[0-9a-z]{8}_[0-9a-f]{40}\b)"
    r"|(?P<private_key>-----BEGIN [A-Z ]*PRIVATE KEY-----)"
    r"|(?P<password>\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"']{1,80}:[^\s/@\"'{}]{3,80}@[\w.-]+)",
)
#: A cheap look at a line before the dear one.
_MAY_BE = re.compile(
    r"SG\.|AC[0-9a-f]|SK[0-9a-f]|k_live_|xox|slack\.com|os_v2_|whsec_|kw_|BEGIN |://"
)

SECRET = Rule(
    "secret",
    "A key, a token or a password stands in a file.",
    _find,
)
