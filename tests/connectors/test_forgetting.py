"""Providers that are asked to forget somebody, over a socket and through their own SDKs."""

from __future__ import annotations

import pytest

from keepwarm.connectors.contract import Forgets, Forgot, Forgotten, NotYet
from keepwarm.engine.message import Channel
from keepwarm.engine.outcome import Accepted
from tests.connectors.conftest import Maker
from tests.connectors.given import message_for
from tests.standins import Standins

ADA = Forgotten("customer-1", ("ada1@customer.example",), ("+14155550001",))


def forgetful(made: Maker, name: str, **settings: str) -> Forgets:
    connector = made(name, **settings)
    assert isinstance(connector, Forgets)
    return connector


async def test_sendgrid_erases_what_it_keeps_of_an_address(made: Maker, here: Standins) -> None:
    sendgrid = forgetful(made, "sendgrid")
    assert await sendgrid.forget(ADA) == Forgot("job job-1")
    assert here.sendgrid.erased == ["ada1@customer.example"]
    assert isinstance(await sendgrid.forget(Forgotten("customer-2")), Forgot)
    wrong = forgetful(made, "sendgrid", SENDGRID_API_KEY="SG.wrong")
    assert await wrong.forget(ADA) == NotYet("it answered 401")


async def test_onesignal_deletes_the_user(made: Maker, here: Standins) -> None:
    onesignal = forgetful(made, "onesignal")
    assert await onesignal.forget(ADA) == Forgot()
    assert here.onesignal.deleted == ["customer-1"]
    assert await onesignal.forget(Forgotten("nobody-known")) == Forgot("it knew nobody")


async def test_twilio_deletes_each_text(made: Maker, here: Standins) -> None:
    twilio = made("twilio")
    assert isinstance(twilio, Forgets)
    results = await twilio.send([message_for(Channel.SMS, 1), message_for(Channel.SMS, 2)])
    sids = [each.provider_id for each in results if isinstance(each, Accepted)]
    known = Forgotten("customer-1", provider_ids=(sids[0], "SM" + "f" * 32))
    assert await twilio.forget(known) == Forgot("2 texts deleted")
    assert [one["sid"] for one in here.twilio.messages] == sids[1:]


@pytest.mark.parametrize("name", ["sendgrid", "onesignal", "twilio"])
async def test_what_was_not_taken_is_said_and_never_raised(
    made: Maker, here: Standins, name: str
) -> None:
    del here
    gone = {"SENDGRID_API_URL": "http://127.0.0.1:9", "ONESIGNAL_API_URL": "http://127.0.0.1:9",
            "TWILIO_API_URL": "http://127.0.0.1:9"}  # fmt: skip
    person = Forgotten("customer-1", ("ada1@customer.example",), (), ("SM" + "f" * 32,))
    assert isinstance(await forgetful(made, name, **gone).forget(person), NotYet)
