"""The watch over personal data and keys is awake: what is leaked on purpose is seen."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.canaries import Leaked, canaries_in_logs_refused, refuse_canaries, refuse_canaries_in
from tests.standins import onesignal, receiver, sendgrid, slack, twilio


@pytest.fixture(autouse=True)
def no_canary_is_seen() -> None:
    """Takes the place of the watch of that name over all tests: these leak on purpose."""


@pytest.mark.parametrize(
    "name", ["keepwarm.flows.prefect.foreman", "prefect.flow_runs", "somebody.else"]
)
def test_an_address_in_a_log_is_seen(name: str) -> None:
    with pytest.raises(Leaked, match=r"anna@example\.com"), canaries_in_logs_refused():
        logging.getLogger(name).warning("sent to %s", "anna@example.com")


def test_an_address_in_the_traceback_of_a_log_is_seen() -> None:
    error = ValueError("+31612345678 is no number")
    with pytest.raises(Leaked), canaries_in_logs_refused():
        logging.getLogger("keepwarm.store").debug("it failed", exc_info=error)


@pytest.mark.parametrize("name", ["home/keepwarm.log", "prefect/prefect.db-wal", "home/output"])
def test_a_key_in_what_a_service_wrote_is_seen(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\0said: " + sendgrid.KEY.encode())
    with pytest.raises(Leaked, match=path.name):
        refuse_canaries_in(tmp_path)


@pytest.mark.parametrize(
    "key", [sendgrid.KEY, twilio.TOKEN, onesignal.KEY, slack.TOKEN, receiver.SECRET]
)
def test_the_keys_of_the_stand_ins_are_canaries(key: str) -> None:
    with pytest.raises(Leaked):
        refuse_canaries(f"Authorization: Bearer {key}", "a page", personal=False)
