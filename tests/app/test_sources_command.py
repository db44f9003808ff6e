"""`keepwarm sources`: which there are, and what would be made of a payload."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keepwarm.schema.sources import SOURCES
from tests.app.test_commands import said
from tests.sources.given import CHANGE, INVOICE, MEMBERS, ORDER, event_of_stripe

CATALOG = """\
events:
  payment_failed:
    with: {invoice: text, amount: text, paid_on: date}
    from: stripe invoice.payment_failed
    called: {paid_on: reason}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_x")
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "words.yaml").write_text(CATALOG)
    (tmp_path / "invoice.json").write_text(
        json.dumps(event_of_stripe("invoice.payment_failed", INVOICE))
    )
    (tmp_path / "order.json").write_text(json.dumps(ORDER))
    return tmp_path


def test_it_lists_the_addresses_and_what_is_still_to_be_set(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "sources")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()[: len(SOURCES)]}
    assert set(lines) == set(SOURCES)
    assert lines["stripe"].split()[1:] == ["http://127.0.0.1:8800/sources/stripe", "ready"]
    assert lines["shopify"].endswith("set SHOPIFY_WEBHOOK_SECRET to let it in")
    assert "whsec_x" not in out


@pytest.mark.parametrize("name", SOURCES)
def test_it_shows_how_one_is_set_up(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "sources", "show", name)
    assert code == 0
    assert "  1. " in out
    assert "Settings:" in out


def test_it_tries_a_payload_with_the_catalog_of_the_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("sources", "try", str(folder / "invoice.json"), "--playbooks", str(folder))
    code, out, _ = said(capsys, *given)
    assert code == 0
    assert out.splitlines() == [
        "stripe invoice.payment_failed",
        "  about      stripe cus_1, anna@example.com",
        "  happened   2026-03-02T09:00:00+00:00",
        (
            '  becomes    the event payment_failed {"invoice": "in_1", "amount": 12.5,'
            ' "paid_on": "subscription_cycle"}'
        ),
        '  problem    payment_failed: paid_on is "subscription_cycle"; write a day as 2026-01-31',
    ]


def test_what_the_catalog_could_still_take_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("sources", "try", str(folder / "order.json"), "--playbooks", str(folder))
    code, out, _ = said(capsys, *given, "--header", "X-Shopify-Topic: orders/paid")
    assert code == 0
    assert "<event>: {with: {…}, from: shopify orders/paid}" in out
    code, _, err = said(capsys, *given)
    assert code == 1
    assert err.startswith("keepwarm: Say who posts this: --as")
    code, _, err = said(capsys, *given, "--as", "shopify")
    assert "the header X-Shopify-Topic is missing" in err
    code, _, err = said(capsys, "sources", "try", str(folder / "none.json"))
    assert "There is no file" in err
    assert said(capsys, *given, "--header", "nonsense")[0] == 1


def test_it_tries_an_answer_of_a_providers_api(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As its search gives it, so that a pull can be tried before keys are set."""
    (folder / "catalog" / "words.yaml").write_text(
        "attributes:\n  tier: {is: text, from: hubspot tier}\n"
        "  closes: {is: date, from: salesforce Opportunity.CloseDate}\n"
    )
    contact = {"id": "51", "properties": {"email": "anna@example.com", "tier": "gold",
               "lastmodifieddate": "2026-03-02T09:00:00Z"}}  # fmt: skip
    deal = {"attributes": {"type": "Opportunity"}, "Id": "006A", "ContactId": "003A",
            "CloseDate": "2026-09-01", "SystemModstamp": "2026-03-02T09:00:00Z"}  # fmt: skip
    for name, answer, tells in (
        ("hubspot", {"results": [contact]}, '  tells      {"tier": "gold"}'),
        ("salesforce", {"records": [deal]}, '  tells      {"closes": "2026-09-01"}'),
    ):
        (folder / "answer.json").write_text(json.dumps(answer))
        given = ("sources", "try", str(folder / "answer.json"), "--playbooks", str(folder))
        code, out, _ = said(capsys, *given, "--as", name)
        assert code == 0
        assert tells in out.splitlines()


def test_it_says_of_a_cohort_whom_it_tags_and_of_what_is_not_read_that_it_would_be_lost(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "members.json").write_text(json.dumps(MEMBERS))
    given = ("sources", "try", str(folder / "members.json"), "--playbooks", str(folder))
    code, out, _ = said(capsys, *given)
    assert (code, out.splitlines()) == (
        0,
        [
            "mixpanel cohorts",
            "  about      2 customers",
            "  no fact    of the catalog is mixpanel cohorts. If one should be:",
            "               cohorts: {is: tags, from: mixpanel cohorts}",
        ],
    )
    cohorts = "attributes:\n  cohorts: {is: tags, from: mixpanel cohorts}\n"
    (folder / "catalog" / "cohorts.yaml").write_text(cohorts)
    assert "gives      them the tag Power users in cohorts" in said(capsys, *given)[1]

    (folder / "refund.json").write_text(json.dumps({"id": 1, "order_id": 2, "note": None}))
    refund = ("--as", "shopify", "--header", "X-Shopify-Topic: refunds/create")
    given = ("sources", "try", str(folder / "refund.json"), "--playbooks", str(folder))
    code, out, _ = said(capsys, *given, *refund)
    assert code == 1
    assert "nothing would be kept" in out

    (folder / "batch.json").write_text(json.dumps([CHANGE, {"objectId": 1}]))
    given = ("sources", "try", str(folder / "batch.json"), "--playbooks", str(folder))
    code, out, err = said(capsys, *given, "--as", "hubspot")
    assert code != 0
    assert "no fact    of the catalog is hubspot lifecyclestage" in out
    assert "item 2 of 2: nothing stands at subscriptionType" in err
