"""What a webhook alone asks for: a signature, an id that repeats, and no way into our network."""
# ruff: noqa: RUF001 - digits that look like others are what is tested

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from keepwarm.connectors.contract import ConnectorRefused
from keepwarm.connectors.public_addresses import is_public, problem_with_url
from keepwarm.engine.message import Channel, Wording
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)
from tests.connectors.conftest import Maker
from tests.connectors.given import content_for, message_for
from tests.standins import Standins, answers, drops
from tests.standins.receiver import SECRET

ONLY_HTTPS = frozenset({443})

#: Every spelling of a place inside, as the host of a URL.
INSIDE = [
    *("127.0.0.1", "127.0.0.2", "127.255.255.255", "127.1", "127.0.1", "0x7f000001", "0x7f.1"),
    *("2130706433", "017700000001", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "0127.0.0.1", "127.0.0.1."),
    *("①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "localhost", "LOCALHOST", "localhost."),
    *("0.0.0.0", "0", "0x0", "00", "10.0.0.1", "10.255.255.255", "0xa000001", "167772161"),
    *("100.64.0.1", "100.127.255.255", "169.254.169.254", "0xa9fea9fe", "2852039166"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1"),
    *("192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[::ffff:169.254.169.254]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::1]"),
    *("[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2001::1]", "[2001:db8::1]", "[100::1]"),
    *("[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]"),
    *("[3fff::1]", "[5f00::1]", "[2001:10::1]", "[2001:20::1]"),
]


async def post(made: Maker, url: str, **settings: str) -> SendResult:
    """Post one webhook to a URL, as from production: loopback is not allowed."""
    connector = made("webhook", **({"WEBHOOK_ALLOW_LOOPBACK": ""} | settings))
    (result,) = await connector.send([message_for(Channel.WEBHOOK, address=url)])
    return result


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note every connection that is tried from here on, and let none through."""
    tried: list[Any] = []

    async def refuse(self: asyncio.AbstractEventLoop, sock: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", refuse)
    return tried


def test_there_are_at_least_sixty_spellings() -> None:
    assert len(set(INSIDE)) >= 60


@pytest.mark.parametrize("host", INSIDE)
async def test_no_spelling_of_a_place_inside_is_called(
    made: Maker, sockets: list[Any], host: str
) -> None:
    result = await post(made, f"https://{host}/hook")
    assert isinstance(result, Rejected | NotProcessed), result
    assert sockets == []


@pytest.mark.parametrize("host", [host for host in INSIDE if host[0] != "["][:25])
async def test_the_switch_for_tests_opens_loopback_and_nothing_else(
    made: Maker, sockets: list[Any], host: str
) -> None:
    result = await post(made, f"https://{host}:443/hook", WEBHOOK_ALLOW_LOOPBACK="true")
    assert isinstance(result, Rejected | NotProcessed), result
    assert all(address[0] == "::1" or address[0].startswith("127.") for address in sockets)


async def test_a_name_that_resolves_to_a_place_inside_is_not_called(
    made: Maker, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("127.0.0.1", "169.254.169.254", "10.0.0.1"):
        resolve_to(monkeypatch, [address])
        result = await post(made, "https://innocent.example/hook")
        assert result == Rejected("the address is not a public one", Remedy.FIX_CONTENT)
    assert sockets == []


async def test_of_several_addresses_none_inside_is_tried(
    made: Maker, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ["127.0.0.1", "93.184.216.34", "10.0.0.1"])
    result = await post(made, "https://mixed.example/hook")
    assert isinstance(result, Rejected | NotProcessed)
    assert {address[0] for address in sockets} <= {"93.184.216.34"}


async def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
    made: Maker, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_in_turn = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    resolve_to(monkeypatch, answers_in_turn)
    for _ in range(3):
        await post(made, "https://rebinding.example/hook")
    assert [address[0] for address in sockets] == ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.acme.example/", "ftp://hooks.acme.example/", "file:///etc/passwd"),
        *("gopher://hooks.acme.example/", "//hooks.acme.example/", "hooks.acme.example", ""),
        *("https://", "https:///path", "https://user@hooks.acme.example/", "javascript:alert(1)"),
        *(
            "https://user:word@hooks.acme.example/",
            "https://hooks.acme.example:22/",
            "https://:443/",
        ),
        *("https://hooks.acme.example:99999/", "https://hooks.acme.example:x/", "https://[::1/"),
        *("https://hooks.acme.example/\r\nX: y", "https://hooks.acme.example\\@127.0.0.1/"),
        *("https://hooks.acme.example/ x", "https://hooks.acme.example/\x00", "https://@/"),
    ],
)
async def test_a_url_that_is_none_of_ours_is_refused_before_anything_is_resolved(
    made: Maker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("it was resolved"))
    result = await post(made, url)
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.FIX_CONTENT


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450::1"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "::x", "8.8.8.8.8"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


def test_other_ports_may_be_allowed() -> None:
    url = "https://hooks.acme.example:8443/"
    assert problem_with_url(url, frozenset({443, 8443}), loopback=False) is None
    assert problem_with_url(url, ONLY_HTTPS, loopback=False) is not None
    assert problem_with_url("https://hooks.acme.example/x?y=z", ONLY_HTTPS, loopback=False) is None


async def test_the_receiver_can_prove_who_called(made: Maker, here: Standins) -> None:
    message = message_for(Channel.WEBHOOK, address=f"{here.receiver.url}/hook")
    await made("webhook").send([message])
    (call,) = here.receiver.calls
    proved = Verifier(SECRET).verify(call.body, dict(call.headers))
    assert proved == {"name": "Ada0", "plan": "Pro"}
    assert call.headers["webhook-id"] == "send-0000"


async def test_a_receiver_with_a_secret_of_its_own_gets_its_signature(
    made: Maker, here: Standins
) -> None:
    own = "whsec_" + "QUJD" * 11
    connector = made("webhook", WEBHOOK_SECRET=own, WEBHOOK_SECRET_HELP_DESK=SECRET)
    extra = {"webhook": "help-desk"}
    url = f"{here.receiver.url}/hook"
    message = message_for(Channel.WEBHOOK, address=url, extra=extra)
    (result,) = await connector.send([message])
    assert isinstance(result, Accepted)
    (result,) = await connector.send([message_for(Channel.WEBHOOK, 1, address=url)])
    assert isinstance(result, Rejected)


async def test_an_unknown_call_is_settled_by_calling_again(made: Maker, here: Standins) -> None:
    connector = made("webhook")
    message = message_for(Channel.WEBHOOK, address=f"{here.receiver.url}/hook")
    here.receiver.faults.add(drops(after_acceptance=True))
    (result,) = await connector.send([message])
    assert isinstance(result, Unknown)
    (result,) = await connector.send([message])
    assert isinstance(result, Accepted)
    assert here.ledger.send_ids("receiver") == ["send-0000"]


async def test_a_receiver_that_wants_no_more_is_left_alone(made: Maker, here: Standins) -> None:
    message = message_for(Channel.WEBHOOK, address=f"{here.receiver.url}/gone")
    (result,) = await made("webhook").send([message])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.SUPPRESS_ADDRESS


async def test_an_answer_of_more_than_64_kb_is_not_read(made: Maker, here: Standins) -> None:
    message = message_for(Channel.WEBHOOK, address=f"{here.receiver.url}/hook")
    connector = made("webhook")
    here.receiver.faults.add(answers(200, b"x" * 65_537), answers(200, b"x" * 65_536))
    (result,) = await connector.send([message])
    assert isinstance(result, Unknown)
    (result,) = await connector.send([message])
    assert isinstance(result, Accepted)


@pytest.mark.parametrize("value", ['"', "\\", "\n", '", "admin": true, "x": "'])
async def test_a_body_that_is_no_json_is_refused_here(
    made: Maker, here: Standins, value: str
) -> None:
    url = f"{here.receiver.url}/hook"
    content = content_for(Channel.WEBHOOK, texts={"body": Wording(('{"name": "', 0))})
    message = message_for(Channel.WEBHOOK, address=url, content=content, values=(value,))
    (result,) = await made("webhook").send([message])
    assert result == Rejected("the body is not JSON", Remedy.FIX_CONTENT)
    assert not here.receiver.calls


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"WEBHOOK_SECRET": "whsec_short"}, "WEBHOOK_SECRET is not a secret"),
        ({"WEBHOOK_SECRET": "QUJD" * 11}, "WEBHOOK_SECRET is not a secret"),
        ({"WEBHOOK_SECRET_CRM": "whsec_?"}, "WEBHOOK_SECRET_CRM is not a secret"),
        ({"WEBHOOK_PORTS": "443;22"}, 'WEBHOOK_PORTS is "443;22"'),
    ],
)
async def test_wrong_settings_are_refused_with_how_to_mend(
    made: Maker, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ConnectorRefused, match=words):
        made("webhook", **changes)


def resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str] | Iterator[list[str]]) -> None:
    """Let every name resolve to these addresses, or to the next of several lists."""

    def resolve(_: str, port: int, *__: object, **___: object) -> list[tuple[Any, ...]]:
        found = addresses if isinstance(addresses, list) else next(addresses)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
