"""HubSpot's signatures of a call, in the three versions that its apps and workflows make.

Source: developers.hubspot.com, "Validating requests".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from keepwarm.connectors.sources.contract import Call
from keepwarm.connectors.sources.proofs import (
    from_base64,
    from_hex,
    is_recent,
    is_signed,
    moment_of,
)


def is_signed_by_hubspot(call: Call, secrets: Sequence[bytes]) -> bool:
    """Check `X-HubSpot-Signature-v3`: HMAC-SHA256 over method, address, body and timestamp.

    Workflows sign by version 2, a hash of the secret, the method, the address and the body,
    and older apps by version 1, without method and address. Neither signs a moment: what
    comes again is known by its key, as with other providers that sign none.
    """
    if "x-hubspot-signature-v3" not in call.headers:
        return _is_signed_by_an_older_version(call, secrets)
    stamp = call.headers.get("x-hubspot-request-timestamp", "")
    signature = from_base64(call.headers.get("x-hubspot-signature-v3", ""))
    content = b"POST" + call.url.encode() + call.body + stamp.encode()
    return is_recent(moment_of(stamp[:-3]), call.now) and is_signed([signature], secrets, content)


def _is_signed_by_an_older_version(call: Call, secrets: Sequence[bytes]) -> bool:
    shown = from_hex(call.headers.get("x-hubspot-signature", ""))
    match call.headers.get("x-hubspot-signature-version"):
        case "v1":
            content = call.body
        case "v2":
            content = b"POST" + call.url.encode() + call.body
        case _:
            return False
    fits = False
    for secret in secrets:
        # Not ended at the first that fits: how long it takes should not tell which did.
        fits |= hmac.compare_digest(shown, hashlib.sha256(secret + content).digest())
    return fits
