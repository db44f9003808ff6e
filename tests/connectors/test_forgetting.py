"""Providers that are asked to forget somebody, over a socket and through their own SDKs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from keepwarm.connectors.contract import ConnectorRefused, Forgets, Forgot, Forgotten, NotYet
from keepwarm.connectors.forgetters.registry import make_forgetters
from keepwarm.engine.message import Channel
from keepwarm.engine.outcome import Accepted
from tests.connectors.conftest import Maker
from tests.connectors.given import message_for
from tests.standins import Standins
from tests.standins.privacy import KEY, SECRET

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


async def test_the_tools_that_tell_us_of_customers_are_asked_where_their_keys_are_set(
    here: Standins,
) -> None:
    url = here.privacy.url
    settings = {
        "AMPLITUDE_API_KEY": KEY, "AMPLITUDE_SECRET_KEY": SECRET, "AMPLITUDE_API_URL": url,
        "MIXPANEL_PROJECT_TOKEN": KEY, "MIXPANEL_GDPR_TOKEN": SECRET, "MIXPANEL_API_URL": url,
        "SEGMENT_API_TOKEN": SECRET, "SEGMENT_API_URL": url,
    }  # fmt: skip
    made = make_forgetters(settings, lambda: datetime.now(UTC))
    answers = {name: await one.forget(ADA) for name, one in made.items()}
    assert answers == {
        "amplitude": Forgot(),
        "mixpanel": Forgot("task 1583958896131033662"),
        "segment": Forgot("regulation reg_1"),
    }
    assert here.privacy.deleted == [(name, "customer-1") for name in answers]
    wrong = make_forgetters(
        {name: "wrong" if value == SECRET else value for name, value in settings.items()},
        lambda: datetime.now(UTC),
    )
    refused = [await one.forget(ADA) for one in wrong.values()]
    assert [each.reason for each in refused if isinstance(each, NotYet)] == [
        "it answered 401", "it answered 403", "it answered 403",
    ]  # fmt: skip
    for one in (*made.values(), *wrong.values()):
        await one.close()
    assert make_forgetters({}, lambda: datetime.now(UTC)) == {}
    with pytest.raises(ConnectorRefused, match="MIXPANEL_PROJECT_TOKEN"):
        make_forgetters({"MIXPANEL_GDPR_TOKEN": SECRET}, lambda: datetime.now(UTC))
