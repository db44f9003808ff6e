"""Signing in through an identity provider, which may misbehave."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from keepwarm.app.oidc import provider as provider_module
from keepwarm.app.oidc.provider import IdentityProvider
from keepwarm.app.oidc.settings import OidcSettings, read_oidc
from keepwarm.app.settings import SettingsRefused
from keepwarm.store.accounts import Account, Role, account_of, add_account
from keepwarm.store.audit import read_audit
from keepwarm.store.database import Database
from tests.app.serving import Answer, Site, serving
from tests.app.test_commands import said
from tests.journeys.world import World
from tests.standins.identity import CLIENT_ID, CLIENT_SECRET, IdentityStandIn, identity_stand_in
from tests.waiting import PATIENCE_SECONDS

ANN = "ann@acme.example"
START = "/sign-in/provider"


@pytest.fixture
def idp() -> Iterator[IdentityStandIn]:
    with identity_stand_in() as running:
        yield running


def settings(idp: IdentityStandIn, **others: str) -> OidcSettings:
    read = read_oidc(
        {
            "KEEPWARM_OIDC_ISSUER": idp.url,
            "KEEPWARM_OIDC_CLIENT_ID": CLIENT_ID,
            "KEEPWARM_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            **{f"KEEPWARM_OIDC_{name}": value for name, value in others.items()},
        }
    )
    assert read is not None
    return read


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path, idp: IdentityStandIn) -> Iterator[Site]:
    """A site where Ann, an operator, signs in with the provider."""
    world = World(sqlite_database, tmp_path / "playbooks")
    with world.database.writing() as cx:
        add_account(cx, ANN, Role.OPERATOR, "scrypt 2 8 1 00 00", "ops", world.now)
    with serving(world, provider=IdentityProvider(settings(idp), "http://keepwarm/back")) as here:
        yield here


class Browser:
    """Keeps cookies and follows to the provider and back, as a browser would."""

    def __init__(self, site: Site, idp: IdentityStandIn) -> None:
        self.site, self.idp = site, idp
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        shown = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.site.get(path, **({"Cookie": shown} if shown else {}))
        for line in answer.headers.get("set-cookie", "").splitlines():
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.cookies.pop(name, None)
            self.cookies |= {name: value} if value else {}
        return answer

    def begin(self, wanted: str = "/tasks") -> Mapping[str, str]:
        """Go to the provider, and give what it is asked."""
        gone = self.get(f"{START}?{urlencode({'next': wanted})}")
        assert gone.status == 303
        query = urlsplit(gone.headers["location"]).query
        return {name: each[-1] for name, each in parse_qs(query).items()}

    def back(self, asked: Mapping[str, str]) -> str:
        """Sign in there, and give the path that the provider leads back to."""
        there = urlsplit(self.idp.url)
        connection = http.client.HTTPConnection(there.netloc, timeout=PATIENCE_SECONDS)
        connection.request("GET", f"/authorize?{urlencode(asked)}")
        found = connection.getresponse().headers["Location"]
        connection.close()
        return f"{START}/back?{urlsplit(found).query}"

    def sign_in(self, wanted: str = "/tasks") -> Answer:
        return self.get(self.back(self.begin(wanted)))


@pytest.fixture
def browser(site: Site, idp: IdentityStandIn) -> Browser:
    return Browser(site, idp)


def account(site: Site, email: str = ANN) -> Account | None:
    with site.world.database.reading() as cx:
        return account_of(cx, email)


def deeds(site: Site) -> list[tuple[str, str]]:
    with site.world.database.reading() as cx:
        return [(each.who, each.what) for each in read_audit(cx)][::-1]


def test_who_the_provider_proves_is_signed_in_and_out(browser: Browser) -> None:
    assert "Sign in with 127.0.0.1" in browser.get("/sign-in?next=/tasks").text
    asked = browser.begin()
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, "http://keepwarm/back")
    entered = browser.get(browser.back(asked))
    assert (entered.status, entered.headers["location"]) == (303, "/tasks")
    assert browser.get("/tasks").status == 200
    assert ANN in browser.get("/account").text
    # A copy of the cookie is worth nothing either once its owner has left.
    shown = f"keepwarm_session={browser.cookies['keepwarm_session']}"
    left = browser.site.ask("POST", "/sign-out", b"", {"Cookie": shown})
    assert left.headers["location"] == f"{START}/left"
    assert f'href="{browser.idp.url}/logout?' in browser.get(f"{START}/left").text
    assert browser.site.get("/tasks", Cookie=shown).status == 303
    assert deeds(browser.site)[1:] == [
        ("identity provider", "bound an account"), (ANN, "signed in"), (ANN, "signed out"),
    ]  # fmt: skip


def test_an_account_is_its_persons_whoever_has_the_address_later(
    browser: Browser, site: Site, idp: IdentityStandIn, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert browser.sign_in().status == 303
    # Ann married, and her old address went to a colleague.
    idp.claims |= {"sub": "18"}
    stranger = Browser(site, idp)
    refused = stranger.sign_in()
    assert (refused.status, "keepwarm_session" in stranger.cookies) == (403, False)
    assert "belongs to somebody else" in refused.text
    idp.claims |= {"sub": "17", "email": "ann.new@acme.example", "email_verified": False}
    assert browser.sign_in().status == 303
    assert ANN in browser.get("/account").text
    # Whoever runs it says that the address has another owner now; the old one's sessions end.
    monkeypatch.setenv("KEEPWARM_DATABASE_URL", str(site.world.database.engine.url))
    assert f"bound to {idp.url}" in said(capsys, "users", "list")[1]
    assert said(capsys, "users", "unbind", ANN)[0] == 0
    assert "bound to nobody" in said(capsys, "users", "unbind", ANN)[2]
    assert browser.get("/tasks").status == 303
    idp.claims |= {"sub": "18", "email": ANN, "email_verified": True}
    assert stranger.sign_in().status == 303
    assert "unbound an account" in [what for _, what in deeds(site)]
    assert said(capsys, "users", "unbind", "--all")[1].startswith("1 accounts belong")
    assert stranger.get("/tasks").status == 303


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256"])
def test_every_signature_that_only_the_provider_can_make_is_believed(
    browser: Browser, algorithm: str
) -> None:
    browser.idp.algorithm = algorithm
    assert browser.sign_in().headers["location"] == "/tasks"


HOUR = timedelta(hours=1)
LIES: dict[str, dict[str, Any]] = {
    "meant for somebody else": {"aud": "another"},
    "was given to somebody else": {"aud": [CLIENT_ID, "another"]},
    "given to somebody else": {"azp": "another"},
    "another provider issued it": {"iss": "https://evil.example"},
    "has expired": {"iat": -2 * HOUR, "exp": -HOUR},
    "the clocks differ": {"iat": HOUR, "exp": 2 * HOUR},
    "belongs to another sign-in": {"nonce": "another"},
    "it belongs to another": {"nonce": None},
    "something is missing": {"exp": None},
    "cannot be read": {"sub": 17},
    "of nobody": {"sub": ""},
}


@pytest.mark.parametrize("says", LIES)
def test_a_token_that_lies_signs_nobody_in(browser: Browser, says: str) -> None:
    browser.idp.lies = LIES[says]
    refused = browser.sign_in()
    assert refused.status == 403
    assert says in refused.text
    assert "keepwarm_session" not in browser.cookies
    assert deeds(browser.site)[-1] == ("nobody", "failed to sign in")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "stranger"])
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    browser: Browser, algorithm: str
) -> None:
    browser.idp.algorithm = algorithm
    refused = browser.sign_in()
    assert (refused.status, "keepwarm_session" in browser.cookies) == (403, False)
    assert "not believed" in refused.text


def test_who_comes_back_without_having_been_there_is_not_noted_without_end(site: Site) -> None:
    answers = [site.get(f"{START}/back?code=x&state=y") for _ in range(23)]
    assert [each.status for each in answers] == [403] * 20 + [429] * 3
    assert answers[-1].headers["retry-after"] == "5"
    assert deeds(site).count(("nobody", "failed to sign in")) == 20


def test_clocks_may_differ_by_a_minute(browser: Browser) -> None:
    minute = timedelta(minutes=1)
    browser.idp.lies = {"iat": minute / 2, "exp": 5 * minute}
    assert browser.sign_in().status == 303
    browser.idp.lies = {"iat": -5 * minute, "exp": -minute / 2}
    assert browser.sign_in().status == 303


def test_a_code_is_good_once_and_only_in_the_browser_that_asked(
    browser: Browser, site: Site, idp: IdentityStandIn
) -> None:
    asked = browser.begin()
    began = dict(browser.cookies)
    path = browser.back(asked)
    # Somebody else's browser is led to Ann's answer, with and without a sign-in of its own.
    other = Browser(site, idp)
    assert other.get(path).status == 403
    other.begin()
    assert "not begun in this browser" in other.get(path).text
    assert browser.get(path).status == 303
    browser.cookies = began
    assert "it answered 400" in browser.get(path).text
    assert "keepwarm_session" not in browser.cookies


def test_a_provider_that_rotates_its_keys_is_asked_anew_and_not_too_often(
    browser: Browser, idp: IdentityStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.sign_in().status == 303
    assert browser.sign_in().status == 303
    assert idp.key_requests == 1
    provider = browser.site.provider
    assert provider is not None
    # A slow machine takes longer than ten seconds for three new keys.
    monkeypatch.setattr(provider_module, "_KEYS_AT_MOST_EVERY_SECONDS", 1_800.0)
    idp.rotate()
    provider._keys_at -= 1_800
    assert browser.sign_in().status == 303
    assert idp.key_requests == 2
    for _ in range(3):
        idp.rotate()
        assert "unknown key" in browser.sign_in().text
    assert idp.key_requests == 2


def test_a_provider_that_is_another_or_fails_signs_nobody_in(
    browser: Browser, idp: IdentityStandIn
) -> None:
    idp.issuer = "https://evil.example"
    refused = browser.get(START)
    assert (refused.status, "of another issuer" in refused.text) == (503, True)
    idp.issuer = idp.url
    asked = browser.begin()
    denied = urlencode({"error": "access_denied", "state": asked["state"]})
    assert "did not let you in" in browser.get(f"{START}/back?{denied}").text
    mixed = browser.back(browser.begin()).replace(urlencode({"iss": idp.url}), "iss=https%3A//x")
    assert browser.get(mixed).status == 403
    idp.status = 500
    assert "it answered 500" in browser.sign_in().text


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(browser: Browser, wanted: str) -> None:
    assert browser.sign_in(wanted).headers["location"] == "/outbox"


@pytest.mark.parametrize("lie", [{"email_verified": False}, {"email_verified": None},
                                 {"email": None}, {"email": ["ann@acme.example"]}])  # fmt: skip
def test_only_an_address_that_is_verified_is_somebodys(browser: Browser, lie: Any) -> None:
    browser.idp.lies = lie
    refused = browser.sign_in()
    assert (refused.status, "keepwarm_session" in browser.cookies) == (403, False)


def test_accounts_are_made_and_roles_given_by_rule(
    site: Site, idp: IdentityStandIn, browser: Browser
) -> None:
    idp.claims |= {"sub": "18", "email": "Ben@acme.example", "groups": ["all", "retention"]}
    assert "has no account here" in browser.sign_in().text
    rules = {"ROLES_CLAIM": "groups", "ROLES": "retention=operator, heads=approver"}
    by_rule = IdentityProvider(settings(idp, **rules), "http://x")
    with serving(site.world, provider=by_rule) as ruled:
        ben = Browser(ruled, idp)
        assert ben.sign_in().status == 303
        made = account(ruled, "ben@acme.example")
        assert made is not None
        assert (made.role, made.made_by) == (Role.OPERATOR, "identity provider")
        idp.claims["groups"] = ["retention", "heads"]
        assert ben.sign_in().status == 303
        raised = account(ruled, "ben@acme.example")
        assert raised is not None
        assert raised.role is Role.APPROVER
        idp.claims["groups"] = ["all"]
        assert "None of your groups has a role here." in ben.sign_in().text
    assert ("identity provider", "changed a role") in deeds(site)
    anybody = settings(idp, NEW_ACCOUNTS="viewer")
    with serving(site.world, provider=IdentityProvider(anybody, "http://x")) as opened:
        idp.claims |= {"sub": "19", "email": "eve@acme.example"}
        assert Browser(opened, idp).sign_in().status == 303
        eve = account(opened, "eve@acme.example")
        assert eve is not None
        assert eve.role is Role.VIEWER


def test_a_provider_may_call_it_otherwise_that_an_address_is_verified(
    site: Site, idp: IdentityStandIn
) -> None:
    ours = settings(idp, VERIFIED_CLAIM="xms_edov")
    with serving(site.world, provider=IdentityProvider(ours, "http://x")) as here:
        refused = Browser(here, idp).sign_in()
        assert (refused.status, "verified (xms_edov)" in refused.text) == (403, True)
        idp.claims |= {"xms_edov": "1", "email_verified": None}
        assert Browser(here, idp).sign_in().status == 303


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ISSUER": "http://login.example", "CLIENT_ID": "x"}, "begins https://"),
        ({"ISSUER": "https://login.example"}, "set both"),
        ({"ISSUER": "https://x.example", "CLIENT_ID": "x", "ROLES": "a=viewer"}, "both or none"),
        ({"ISSUER": "https://x.example", "CLIENT_ID": "x", "ROLES_CLAIM": "g", "ROLES": "a=king"},
         "viewer, operator, approver"),
        ({"ISSUER": "https://x.example", "CLIENT_ID": "x", "NEW_ACCOUNTS": "boss"},
         "the roles are"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(given: Mapping[str, str], says: str) -> None:
    with pytest.raises(SettingsRefused, match=says):
        read_oidc({f"KEEPWARM_OIDC_{name}": value for name, value in given.items()})


def test_no_provider_is_no_page(world: World) -> None:
    with serving(world) as plain:
        assert plain.get(START).status == 404
        assert "Sign in with" not in plain.get("/sign-in").text
    assert read_oidc({}) is None
