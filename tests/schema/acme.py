"""A small company whose catalog and playbooks the tests of this room read."""

from __future__ import annotations

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.catalog_reading import read_catalog
from keepwarm.schema.faults import Faults
from keepwarm.schema.loading import load
from keepwarm.schema.playbook import Playbook
from keepwarm.schema.playbook_reading import Known, read_playbook
from keepwarm.schema.problems import in_order

CATALOG = """\
attributes:
  plan: {is: "one of free, pro, team, enterprise", means: What they pay for}
  employees: {is: number, source: crm}
  monthly_revenue: {is: number, unit: EUR}
  subscription_status: {is: "one of active, suspended, cancelled"}
  country: {is: text}
  renewal_date: {is: date}
  signed_up_at: {is: moment}
  interests: {is: tags}
  vat_exempt: {is: yes or no}
events:
  signed_up: {}
  logged_in: {}
  payment_failed: {with: {invoice: text, amount: number}, means: A charge was refused}
  payment_succeeded: {with: {invoice: text, amount: number}}
  ordered: {with: {amount: number, channel: "one of web, app", on: date}}
  session_ended: {with: {minutes: number}}
metrics:
  active_minutes: {sum: session_ended.minutes, unit: minutes}
scores:
  rfm_segment: {from: ordered}
  lifetime_value: {from: ordered, unit: EUR}
segments:
  big-accounts:
    - monthly_revenue: at least 500
topics:
  product_tips: {title: Product tips}
  offers: {title: Offers, needs: consent}
teams:
  billing-ops: {members: [ann@acme.example], timezone: Europe/Amsterdam, notify: "#billing"}
  head-of-billing: {members: [bo@acme.example], timezone: Europe/Amsterdam}
offers:
  15-percent-1-month: {percent: 15, lasts: 1 month, costs: 12 EUR}
outcomes:
  rescue-call: [saved, lost, no_answer]
surveys:
  nps: {question: How likely are you to recommend us?}
webhooks:
  crm: {url: "https://crm.acme.example/hook"}
"""

FAILED_PAYMENT = """\
playbook: failed-payment
title: Rescue a failed payment
owner: billing-ops
status: live
kind: transactional
start:
  event: payment_failed
  once: per invoice
goal: {event: payment_succeeded, for_the_same: invoice, within: 14 days}
steps:
  - email: billing/card-declined
  - sms: billing/card-declined
  - wait: 3 days
  - if:
      - monthly_revenue: at least 500
    then:
      - task: Call before the account is suspended
        name: rescue-call
        for: billing-ops
        due: in 4 working hours
        if_late:
          - notify: "#billing-escalations"
          - reassign: head-of-billing
      - wait: until rescue-call is done, at most 2 days
    else:
      - sms: billing/last-reminder
        name: last-reminder
        or_else:
          push: billing/last-reminder
  - wait: until day 10
  - update: {subscription_status: suspended}
  - email: billing/account-suspended
"""

KNOWN = Known(
    email_templates=frozenset(
        {"billing/card-declined", "billing/account-suspended", "offers/one", "offers/two"},
    ),
    text_templates=frozenset(
        {"billing/card-declined", "billing/last-reminder", "offers/one", "surveys/nps"},
    ),
    playbooks=frozenset({"failed-payment", "win-back", "nps-follow-up"}),
)


def catalog(text: str = CATALOG) -> Catalog:
    """Give the company's catalog, which is in order."""
    faults = Faults("catalog/catalog.yaml")
    loaded = load(text, faults.file)
    read = read_catalog([(loaded.node, faults)])
    assert [*loaded.problems, *faults.problems] == []
    return read.catalog


def playbook(text: str = FAILED_PAYMENT, *, name: str = "failed-payment") -> Playbook:
    """Give a playbook of the company, which is in order."""
    faults = Faults(f"{name}.yaml")
    loaded = load(text, faults.file)
    assert loaded.node is not None
    read = read_playbook(loaded.node, catalog(), KNOWN, faults, name=name)
    assert [*loaded.problems, *faults.problems] == []
    assert read is not None
    return read


def told(faults: Faults) -> list[str]:
    """Give every problem as `line:column: sentence [rule]`, in order."""
    return [str(problem).removeprefix(f"{faults.file}:") for problem in in_order(faults.problems)]
