"""What SendGrid alone asks for: a thousand receivers a call, tags in the gaps, culprits apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.connectors.sendgrid_calls import in_calls, words_of
from keepwarm.engine.message import Channel, Kind, Wording
from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, Remedy, Unknown
from tests.connectors.conftest import Maker
from tests.connectors.given import content_for, message_for
from tests.standins import Standins, answers
from tests.standins.sendgrid import filled

HOSTILE = [
    "Robert'); DROP TABLE customers;--",
    "a;b,c",
    "{{ first_name }}",
    "-kw0000000000000000x0-",
    "%recipient.name% -name- [name] <%asm_group_unsubscribe_raw_url%>",
    "Zoë 😀 山田太郎 \u202e\u200d",
    '"quoted" \\ back\\slash',
    "$&\\1\\g<0>",
    "",
    " ",
    "x" * 900,
]


async def test_a_thousand_receivers_are_one_call(made: Maker, here: Standins) -> None:
    content = content_for(Channel.EMAIL)
    messages = [message_for(Channel.EMAIL, number, content=content) for number in range(1000)]
    results = await made("sendgrid").send(messages)
    assert {type(result) for result in results} == {Accepted}
    assert len(here.sendgrid.calls) == 1
    taken = {entry.send_id: entry for entry in here.ledger.of("sendgrid")}
    assert len(taken) == 1000
    for message in messages:
        entry = taken[message.send_id]
        assert entry.address == message.address
        assert entry.words["subject"] == message.text("subject")
        assert entry.words["text/html"] == message.text("html")
        assert entry.words["text/plain"] == message.text("text")
        assert entry.words["header:List-Unsubscribe"] == f"<{message.unsubscribe_url}>"


async def test_more_than_a_thousand_are_several_calls(made: Maker, here: Standins) -> None:
    content = content_for(Channel.EMAIL)
    messages = [message_for(Channel.EMAIL, number, content=content) for number in range(1001)]
    results = await made("sendgrid").send(messages)
    assert {type(result) for result in results} == {Accepted}
    assert len(here.sendgrid.calls) == 2


async def test_messages_of_different_words_are_never_one_call(made: Maker, here: Standins) -> None:
    other = content_for(Channel.EMAIL, texts={"subject": Wording(("S",)), "text": Wording((0,))})
    contents = [content_for(Channel.EMAIL), other, content_for(Channel.EMAIL), other]
    messages = [
        message_for(Channel.EMAIL, number, content=one) for number, one in enumerate(contents)
    ]
    await made("sendgrid").send(messages)
    assert len(here.sendgrid.calls) == 2
    taken = {entry.send_id: entry.words["subject"] for entry in here.ledger.of("sendgrid")}
    assert taken == {message.send_id: message.text("subject") for message in messages}


async def test_an_address_stands_once_in_a_call(made: Maker, here: Standins) -> None:
    addresses = ["ada@x.example", "ADA@x.example", "bob@x.example", "ada@x.example"]
    content = content_for(Channel.EMAIL)
    messages = [
        message_for(Channel.EMAIL, number, content=content, address=address)
        for number, address in enumerate(addresses)
    ]
    results = await made("sendgrid").send(messages)
    assert {type(result) for result in results} == {Accepted}
    assert len(here.sendgrid.calls) == 3
    assert sorted(here.ledger.send_ids("sendgrid")) == [message.send_id for message in messages]


async def test_values_too_large_for_a_shared_call_go_alone(made: Maker, here: Standins) -> None:
    content = content_for(Channel.EMAIL)
    values = [("a", "a", "small"), ("b", "b", "ü" * 6_000), ("c", "c", "small")]
    messages = [
        message_for(Channel.EMAIL, number, content=content, values=one)
        for number, one in enumerate(values)
    ]
    results = await made("sendgrid").send(messages)
    assert {type(result) for result in results} == {Accepted}
    assert [len(json.loads(call.body)["personalizations"]) for call in here.sendgrid.calls] == [
        2,
        1,
    ]


async def test_a_call_that_is_too_large_is_halved(made: Maker, here: Standins) -> None:
    texts = {"subject": Wording(("S",)), "text": Wording(("x" * 29_980_000, 0))}
    content = content_for(Channel.EMAIL, texts=texts)
    values = ("y" * 8_000, "", "")
    messages = [message_for(Channel.EMAIL, n, content=content, values=values) for n in range(4)]
    assert len(in_calls(messages)) == 1
    results = await made("sendgrid").send(messages)
    assert {type(result) for result in results} == {Accepted}
    assert len(here.sendgrid.calls) == 2


async def test_a_call_that_sendgrid_finds_too_large_is_halved(made: Maker, here: Standins) -> None:
    content = content_for(Channel.EMAIL)
    messages = [message_for(Channel.EMAIL, number, content=content) for number in range(4)]
    here.sendgrid.faults.add(answers(413, "too large"), answers(413, "too large"))
    results = await made("sendgrid").send(messages)
    assert {type(result) for result in results} == {Accepted}
    assert sorted(here.ledger.send_ids("sendgrid")) == [m.send_id for m in messages]


async def test_an_email_of_more_than_30_mb_is_refused_here(made: Maker, here: Standins) -> None:
    texts = {"subject": Wording(("S",)), "text": Wording(("x" * 30_000_000,))}
    message = message_for(Channel.EMAIL, content=content_for(Channel.EMAIL, texts=texts))
    (result,) = await made("sendgrid").send([message])
    assert result == Rejected("the e-mail is larger than 30 MB", Remedy.FIX_CONTENT)
    assert not here.sendgrid.calls


@pytest.mark.parametrize("value", HOSTILE)
async def test_hostile_values_come_out_as_they_went_in(
    made: Maker, here: Standins, value: str
) -> None:
    content = content_for(Channel.EMAIL)
    messages = [
        message_for(Channel.EMAIL, 0, content=content, values=(value, value, "Pro")),
        message_for(Channel.EMAIL, 1, content=content),
    ]
    await made("sendgrid").send(messages)
    taken = {entry.send_id: entry.words for entry in here.ledger.of("sendgrid")}
    for message in messages:
        assert taken[message.send_id]["subject"] == message.text("subject")
        assert taken[message.send_id]["text/html"] == message.text("html")


async def test_a_value_that_holds_the_tag_of_the_same_call_is_not_filled_again(
    made: Maker, here: Standins
) -> None:
    content = content_for(Channel.EMAIL)
    first = [message_for(Channel.EMAIL, number, content=content) for number in range(2)]
    stolen = next(iter(words_of(first).tags.values()))
    second = [
        message_for(Channel.EMAIL, 0, content=content, values=(stolen, stolen, "Pro")),
        message_for(Channel.EMAIL, 1, content=content, values=("Bob", "Bob", stolen * 3)),
    ]
    await made("sendgrid").send(second)
    taken = {entry.send_id: entry.words for entry in here.ledger.of("sendgrid")}
    assert taken["send-0000"]["subject"] == f"Welcome, {stolen}!"
    assert taken["send-0001"]["text/plain"] == f"Dear Bob, your plan is {stolen * 3}."


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=40)] * 3), min_size=2, max_size=5
    ),
    st.lists(st.one_of(st.text(max_size=20), st.integers(0, 2)), max_size=8),
)
def test_whatever_fills_the_gaps_everybody_reads_their_own_words(
    values: list[tuple[str, str, str]], parts: list[str | int]
) -> None:
    texts = {"subject": Wording(("S ", 0)), "text": Wording(tuple(parts))}
    content = content_for(Channel.EMAIL, texts=texts)
    messages = [
        message_for(Channel.EMAIL, number, content=content, values=one)
        for number, one in enumerate(values)
    ]
    words = words_of(messages)
    for message in messages:
        tags = words.substitutions(message)
        assert filled(words.subject, tags) == message.text("subject")
        assert filled(words.text, tags) == message.text("text")


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"values": ("A\r\nBcc: all@x.example", "A", "Pro")}, Remedy.FIX_CONTENT),
        ({"values": ("A\nB", "A", "Pro")}, Remedy.FIX_CONTENT),
        ({"values": ("A\x00B", "A", "Pro")}, Remedy.FIX_CONTENT),
        ({"values": ("A\u2028B", "A", "Pro")}, Remedy.FIX_CONTENT),
        ({"values": ("A" * 1000, "A", "Pro")}, Remedy.FIX_CONTENT),
        ({"values": ("A",)}, Remedy.FIX_CONTENT),
        ({"address": "ada@x.example\r\nbcc: b@x.example"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "ada@x"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "ada@x..example"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "a.@x.example"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "a" * 65 + "@x.example"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "pepé@x.example"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "a@x.example,b@x.example"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": "Ada <ada@x.example>"}, Remedy.SUPPRESS_ADDRESS),
        ({"address": ""}, Remedy.SUPPRESS_ADDRESS),
        ({"unsubscribe_url": "https://x.example/u\r\nX: y"}, Remedy.FIX_CONTENT),
        ({"unsubscribe_url": "https://x.example/u>,<mailto:x"}, Remedy.FIX_CONTENT),
        ({"unsubscribe_url": "javascript:alert(1)"}, Remedy.FIX_CONTENT),
    ],
)
async def test_what_would_break_a_header_is_refused_and_the_others_go(
    made: Maker, here: Standins, changes: dict[str, Any], remedy: Remedy
) -> None:
    content = content_for(Channel.EMAIL)
    bad = message_for(Channel.EMAIL, 0, content=content, **changes)
    refused, taken = await made("sendgrid").send(
        [bad, message_for(Channel.EMAIL, 1, content=content)]
    )
    assert isinstance(refused, Rejected)
    assert refused.remedy is remedy
    assert isinstance(taken, Accepted)
    assert here.ledger.send_ids("sendgrid") == ["send-0001"]


@pytest.mark.parametrize(
    "sender", ["hello", "A <hello>", "A\r\nB <a@x.example>", "a@x.example>, <b@x.example", "é@x.eu"]
)
async def test_a_sender_that_is_none_is_refused(made: Maker, here: Standins, sender: str) -> None:
    message = message_for(Channel.EMAIL, content=content_for(Channel.EMAIL, sender=sender))
    (result,) = await made("sendgrid").send([message])
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.FIX_CONTENT
    assert not here.sendgrid.calls


@pytest.mark.parametrize(
    ("sender", "sent"),
    [
        ("Acme <hello@acme.example>", "Acme <hello@acme.example>"),
        ('"Acme, Inc.; Sales" <hello@acme.example>', "Acme, Inc.; Sales <hello@acme.example>"),
        ("Café Zoë <hello@acme.example>", "Café Zoë <hello@acme.example>"),
        ("hello@acme.example", " <hello@acme.example>"),
    ],
)
async def test_the_senders_name_is_kept(
    made: Maker, here: Standins, sender: str, sent: str
) -> None:
    content = content_for(Channel.EMAIL, sender=sender, reply_to="Help <help@acme.example>")
    await made("sendgrid").send([message_for(Channel.EMAIL, content=content)])
    (entry,) = here.ledger.of("sendgrid")
    assert entry.words["from"] == sent
    assert entry.words["reply_to"] == "help@acme.example"


async def test_without_any_sender_the_content_is_to_blame(made: Maker, here: Standins) -> None:
    (result,) = await made("sendgrid", SENDGRID_FROM="").send([message_for(Channel.EMAIL)])
    assert result == Rejected("the e-mail has no sender", Remedy.FIX_CONTENT)


async def test_sendgrid_learns_the_send_id_and_nothing_else(made: Maker, here: Standins) -> None:
    await made("sendgrid").send([message_for(Channel.EMAIL)])
    (entry,) = here.ledger.of("sendgrid")
    assert json.loads(entry.words["custom_args"]) == {"send_id": "send-0000"}
    payload = json.loads(here.sendgrid.calls[0].body)
    assert payload["tracking_settings"] == {"subscription_tracking": {"enable": False}}
    assert "customer-0" not in here.sendgrid.calls[0].body.decode()


async def test_a_service_message_without_a_link_has_no_unsubscribe_headers(
    made: Maker, here: Standins
) -> None:
    message = message_for(Channel.EMAIL, kind=Kind.TRANSACTIONAL, unsubscribe_url=None)
    await made("sendgrid").send([message])
    (entry,) = here.ledger.of("sendgrid")
    assert not [name for name in entry.words if name.startswith("header:List-")]


async def test_the_receiver_whom_an_error_names_is_refused_and_the_others_may_go_again(
    made: Maker, here: Standins
) -> None:
    content = content_for(Channel.EMAIL)
    messages = [message_for(Channel.EMAIL, number, content=content) for number in range(4)]
    connector = made("sendgrid")
    # Which place in the call is whose is what the SDK makes it.
    await connector.send(messages)
    placed = json.loads(here.sendgrid.calls[0].body)["personalizations"]
    place = next(i for i, one in enumerate(placed) if one["to"][0]["email"] == messages[1].address)
    error = {"message": "Does not contain a valid address.", "help": None}
    error["field"] = f"personalizations.{place}.to.0.email"
    here.sendgrid.faults.add(answers(400, json.dumps({"errors": [error]})))
    results = await connector.send(messages)
    assert isinstance(results[1], Rejected)
    assert results[1].remedy is Remedy.SUPPRESS_ADDRESS
    assert all(isinstance(results[index], NotProcessed) for index in (0, 2, 3))


async def test_an_error_about_the_words_refuses_everybody(made: Maker, here: Standins) -> None:
    content = content_for(Channel.EMAIL)
    error = {"errors": [{"message": "The content is bad.", "field": "content"}]}
    here.sendgrid.faults.add(answers(400, json.dumps(error)))
    messages = [message_for(Channel.EMAIL, number, content=content) for number in range(2)]
    for result in await made("sendgrid").send(messages):
        assert isinstance(result, Rejected)
        assert result.remedy is Remedy.FIX_CONTENT
        assert result.reason == "The content is bad."


@pytest.mark.parametrize(
    ("status", "text", "remedy"),
    [
        (400, "anything", Remedy.FIX_CONTENT),
        (413, "too large", Remedy.FIX_CONTENT),
        (403, "The from address does not match a verified Sender Identity.", Remedy.FIX_CONTENT),
        (403, "access forbidden", Remedy.STOP_CHANNEL),
        (401, "The provided authorization grant is invalid", Remedy.STOP_CHANNEL),
    ],
)
async def test_refusals_ask_for_their_remedy(
    made: Maker, here: Standins, status: int, text: str, remedy: Remedy
) -> None:
    body = json.dumps({"errors": [{"message": text, "field": None, "help": None}]})
    here.sendgrid.faults.add(answers(status, body))
    (result,) = await made("sendgrid").send([message_for(Channel.EMAIL)])
    assert isinstance(result, Rejected)
    assert result.remedy is remedy


async def test_a_wrong_key_is_told_by_the_rules_of_the_stand_in(
    made: Maker, here: Standins
) -> None:
    (result,) = await made("sendgrid", SENDGRID_API_KEY="SG.wrong").send(
        [message_for(Channel.EMAIL)]
    )
    assert isinstance(result, Rejected)
    assert result.remedy is Remedy.STOP_CHANNEL


async def test_the_rate_limits_own_header_says_how_long_to_wait(
    made: Maker, here: Standins
) -> None:
    here.sendgrid.faults.add(answers(429, "{}", X_RateLimit_Reset="99999999999"))
    (result,) = await made("sendgrid").send([message_for(Channel.EMAIL)])
    assert isinstance(result, NotProcessed)
    assert result.retry_after is not None
    assert result.retry_after.total_seconds() == 3600


async def test_an_acceptance_without_a_name_proves_nothing(made: Maker, here: Standins) -> None:
    here.sendgrid.faults.add(answers(202, X_Message_Id=" "))
    (result,) = await made("sendgrid").send([message_for(Channel.EMAIL)])
    assert isinstance(result, Unknown)


async def test_in_the_sandbox_a_checked_mail_counts_and_is_not_delivered(
    made: Maker, here: Standins
) -> None:
    (result,) = await made("sendgrid", SENDGRID_SANDBOX="true").send([message_for(Channel.EMAIL)])
    assert isinstance(result, Accepted)
    assert not here.ledger.of("sendgrid")
