"""Connectors by name: built in, from outside, and refused with how to mend."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint

import pytest

from keepwarm.connectors import registry
from keepwarm.connectors.contract import Connector, ConnectorRefused, Limits
from keepwarm.connectors.memory import Memory
from keepwarm.connectors.registry import BUILT_IN, find, make, names
from keepwarm.connectors.settings import Surroundings


def now() -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC)


def refused(name: str, settings: dict[str, str]) -> str:
    with pytest.raises(ConnectorRefused) as error:
        make(name, settings, clock=now)
    return str(error.value)


def test_a_missing_setting_is_named_with_how_to_set_it() -> None:
    words = refused("sendgrid", {})
    assert words == (
        "SENDGRID_API_KEY is not set, and sendgrid needs it: An API key with the permission "
        '"Mail Send" (Settings, API Keys). Set it in the environment: '
        "export SENDGRID_API_KEY=SG.…"
    )


def test_all_missing_settings_are_named_at_once() -> None:
    words = refused("twilio", {"TWILIO_ACCOUNT_SID": "  "})
    assert [line.split()[0] for line in words.splitlines()] == [
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ]


def test_a_setting_under_a_near_name_is_pointed_at() -> None:
    words = refused("sendgrid", {"SENDGRID_APIKEY": "SG.x", "HOME": "/"})
    assert "SENDGRID_APIKEY is set: is it meant for SENDGRID_API_KEY?" in words
    assert "SG.x" not in words


def test_an_unknown_connector_is_told_its_near_miss() -> None:
    words = refused("SendGird", {})
    assert words.startswith('connector "SendGird" is not known. Did you mean "sendgrid"?')
    assert "outbox" in words


def test_a_key_never_goes_in_clear_text() -> None:
    words = refused("sendgrid", {"SENDGRID_API_KEY": "x", "SENDGRID_API_URL": "http://x.example"})
    assert words == (
        'SENDGRID_API_URL is "http://x.example", which would carry the key in clear text. '
        "Use an address that starts with https://"
    )
    for url in (
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example:80/",
        "http://127.0.0.1:80@evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://[::1/",
        "x",
    ):
        settings = {"SENDGRID_API_KEY": "x", "SENDGRID_API_URL": url}
        assert "clear text" in refused("sendgrid", settings)


def test_a_key_for_call_backs_that_is_none_is_refused() -> None:
    settings = {"SENDGRID_API_KEY": "x", "SENDGRID_WEBHOOK_KEY": "not a key"}
    assert "SENDGRID_WEBHOOK_KEY is not a verification key" in refused("sendgrid", settings)


def test_a_refusal_survives_pickling() -> None:
    with pytest.raises(ConnectorRefused) as error:
        make("sendgrid", {}, clock=now)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_the_timeout_may_be_replaced_and_the_other_limits_stay() -> None:
    connector = make("memory", {}, clock=now, timeout=timedelta(seconds=1))
    assert connector.limits == find("memory").limits
    sendgrid = make("sendgrid", {"SENDGRID_API_KEY": "x"}, clock=now, timeout=timedelta(seconds=1))
    assert sendgrid.limits == Limits(batch=1000, at_once=20, timeout=timedelta(seconds=1))


def test_the_address_for_call_backs_is_under_the_public_one() -> None:
    given = Surroundings({}, now, public_url="https://x.example/keepwarm/")
    assert given.call_back_url("twilio") == "https://x.example/keepwarm/callbacks/twilio"
    assert Surroundings({}, now).call_back_url("twilio") is None


class Pigeon(Memory):
    """A connector that another package brings."""

    name = "pigeon"


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Let another package bring a connector."""

    def bring(name: str, value: str) -> None:
        entry = EntryPoint(name, value, registry.ENTRY_POINTS)
        monkeypatch.setattr(registry, "entry_points", lambda group: [entry])

    return bring


def test_another_package_may_bring_a_connector(outside: Callable[[str, str], None]) -> None:
    outside("pigeon", f"{__name__}:Pigeon")
    sys.modules.setdefault(__name__, sys.modules[Pigeon.__module__])
    connector: Connector = make("pigeon", {}, clock=now)
    assert connector.name == "pigeon"
    assert "pigeon" in names()


def test_another_package_cannot_take_the_name_of_ours(
    outside: Callable[[str, str], None],
) -> None:
    outside("outbox", f"{__name__}:Pigeon")
    assert make("outbox", {}, clock=now).name == "outbox"


def test_a_package_that_is_broken_is_named(outside: Callable[[str, str], None]) -> None:
    outside("pigeon", "no_such_package.keepwarm:Pigeon")
    words = refused("pigeon", {})
    assert words.startswith('connector "pigeon" is at no_such_package.keepwarm:Pigeon')
    outside("pigeon", "json:loads")
    assert "has no `about`" in refused("pigeon", {})


def test_the_registry_imports_no_provider() -> None:
    heavy = "{'aiohttp', 'twilio', 'sendgrid', 'onesignal', 'slack_sdk', 'standardwebhooks'}"
    program = (
        "import sys, keepwarm.connectors.registry, keepwarm.connectors.outbox;"
        f"assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": _path()})


def test_every_name_leads_to_a_connector_of_that_name() -> None:
    assert {name: find(name).name for name in BUILT_IN} == {name: name for name in BUILT_IN}


def _path() -> str:
    return ":".join(sys.path)
