"""An identity provider: discovery, codes with PKCE, keys that rotate; and its faults."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.waiting import PATIENCE_SECONDS

CLIENT_ID, CLIENT_SECRET = "keepwarm", "s3cret/with+signs"


class IdentityStandIn:
    """Signs in, without asking, whoever `claims` describes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.issuer = url
        self.claims: dict[str, Any] = {
            "sub": "17", "email": "ann@acme.example", "email_verified": True,
        }  # fmt: skip
        #: What tokens say otherwise than they should; None leaves a claim out, and a length of
        #: time is counted from when the token is made.
        self.lies: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.key_requests = 0
        self.status = 200
        self._codes: dict[str, Mapping[str, str]] = {}
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.kid = secrets.token_hex(4)
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())

    def document(self) -> Mapping[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def keys(self) -> Mapping[str, Any]:
        self.key_requests += 1
        of_rsa = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.rsa.public_key()))
        of_ec = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.ec.public_key()))
        return {
            "keys": [
                {**of_rsa, "kid": self.kid, "use": "sig"},
                {**of_ec, "kid": f"{self.kid}-ec", "use": "sig"},
                {**of_rsa, "kid": "another", "use": "enc"},
                {"kty": "XYZ", "kid": "unheard-of"},
            ]
        }

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Give where the browser is sent back to, with a code."""
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: Mapping[str, str], authorization: str) -> tuple[int, Any]:
        """Give an ID token for a code: once, to the client it was made for, with its verifier."""
        told = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        known = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":")
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proved = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if told != known:
            return 401, {"error": "invalid_client"}
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != proved
        ):
            return 400, {"error": "invalid_grant"}
        return self.status, {"token_type": "Bearer", "access_token": "x",
                             "id_token": self.token(asked["nonce"])}  # fmt: skip

    def token(self, nonce: str) -> str:
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        said = {**usual, **self.claims, **self.lies}
        claims = {
            name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
            for name, value in said.items()
            if value is not None
        }
        match self.algorithm:
            case "none":
                return jwt.encode(claims, "", algorithm="none")
            case "HS256":
                # What anybody can make who takes the public key for a secret.
                body = [{"alg": "HS256", "typ": "JWT", "kid": self.kid}, claims]
                parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=")
                         for each in body]  # fmt: skip
                signature = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=")
                return b".".join([*parts, signature]).decode()
            case "ES256":
                kid = f"{self.kid}-ec"
                return jwt.encode(claims, self.ec, algorithm="ES256", headers={"kid": kid})
            case "stranger":
                stranger = rsa.generate_private_key(65537, 2048)
                return jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": self.kid})
            case other:
                return jwt.encode(claims, self.rsa, algorithm=other, headers={"kid": self.kid})


@contextmanager
def identity_stand_in() -> Iterator[IdentityStandIn]:
    """Run one over a socket while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            """Say nothing."""

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            match asked.path:
                case "/.well-known/openid-configuration":
                    self.answer(200, there.document())
                case "/keys":
                    self.answer(200, there.keys())
                case "/authorize":
                    named = {name: each[-1] for name, each in parse_qs(asked.query).items()}
                    self.send_response(302)
                    self.send_header("Location", there.authorize(named))
                    self.end_headers()
                case _:
                    self.answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: each[-1] for name, each in parse_qs(body).items()}
            self.answer(*there.exchange(form, self.headers.get("Authorization", "")))

        def answer(self, status: int, body: Any) -> None:
            written = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = IdentityStandIn(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join(PATIENCE_SECONDS)
        server.server_close()
