"""ID tokens: believed only if the provider signed them for us, just now, for this very sign-in."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt

#: Signatures that only the provider can make; never `none`, never one with a shared secret, which
#: whoever knows the provider's public key could forge.
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
#: By how much the clocks may differ.
_LEEWAY_SECONDS: Final = 60
_NEEDED: Final = ("iss", "sub", "aud", "exp", "iat")


class TokenRefused(Exception):
    """An ID token is not to be believed; says why, without what it holds."""


class KeyUnknown(Exception):  # noqa: N818 - named for what happened
    """A token is signed with a key that is not among those we know."""


def claims_of(
    token: str, keys: Sequence[Mapping[str, Any]], *, issuer: str, client_id: str, nonce: str
) -> Mapping[str, Any]:
    """Give what a token says.

    Raises:
        TokenRefused: it is not to be believed.
        KeyUnknown: the provider may have a new key; ask for its keys again.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in _ALGORITHMS:
            raise TokenRefused("it is not signed as it must be")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(header, keys),
            algorithms=_ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": list(_NEEDED)},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(_WHY.get(type(error), "it cannot be read")) from None
    audience = claims["aud"]
    is_for_others = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if is_for_others else client_id) != client_id:
        raise TokenRefused("it was given to somebody else")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise TokenRefused("it says of nobody that it is about")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise TokenRefused("it belongs to another sign-in")
    return claims


def _key(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> jwt.PyJWK:
    """Give the key that the token names, for the signature that it says, if the key is for it."""
    named, algorithm = header.get("kid"), header["alg"]
    fitting = [each for each in keys if named is None or each.get("kid") == named]
    if len(fitting) != 1:
        raise KeyUnknown
    [key] = fitting
    if key.get("alg", algorithm) != algorithm:
        raise TokenRefused("it is not signed as its key is for")
    return jwt.PyJWK(dict(key), algorithm=algorithm)


_WHY: Final[Mapping[type[Exception], str]] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is of the future; the clocks differ",
    jwt.InvalidAudienceError: "it is meant for somebody else",
    jwt.InvalidIssuerError: "another provider issued it",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.MissingRequiredClaimError: "something is missing in it",
}
