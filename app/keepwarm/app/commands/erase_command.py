"""Forget a customer who asks for it, for good (GDPR, article 17).

  keepwarm erase 00018          asks you to type the identifier again
  keepwarm erase 00018 --yes    does not ask: for scripts

Every personal word goes, from events, messages and decisions too; running playbooks end, and the
addresses are never written to again. What was counted stays counted.

Providers that can be asked are asked to forget the customer too, by a running Keepwarm, until they
take it; `keepwarm audit` says what each of them answered.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from contextlib import closing

from keepwarm.app.shown import add_by


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("customer", metavar="CUSTOMER", help="your own identifier of the customer")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Erase the customer, and give the exit code."""
    from keepwarm.app.rights import erase_customer
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, connect, open_and_migrate, secret_of
    from keepwarm.connectors.contract import forgetful
    from keepwarm.connectors.forgetters.registry import make_forgetters

    if not (given.yes or _is_meant(given.customer)):
        sys.stderr.write("Nobody was erased.\n")
        return 1
    settings = read_settings()
    connectors = connect(settings).values()
    asked = sorted(forgetful(connectors, make_forgetters(settings.environment, clock)))
    with closing(open_and_migrate(settings)) as database:
        pepper = secret_of(settings).derived("addresses")
        erased = erase_customer(database, given.customer, given.by, pepper, clock(), asked)
    print(
        f"Erased {given.customer}.\n"
        f"  playbooks ended                           {erased.stopped.runs}\n"
        f"  waiting messages that are not sent        {erased.stopped.messages}\n"
        f"  open tasks withdrawn                      {erased.stopped.tasks}\n"
        f"  addresses that are never written to again {erased.addresses_suppressed}\n"
        f"{_providers(asked, {each.name for each in connectors} - set(asked))}"
        "Backups still hold the customer; see to them yourself."
    )
    return 0


def _providers(asked: Sequence[str], others: Collection[str]) -> str:
    """Say who is asked to forget the customer too, and who cannot be."""
    said = ""
    if asked:
        said += f"Asked to forget the customer too, within minutes: {', '.join(asked)}.\n"
    if others := sorted(set(others) - {"outbox", "memory"}):
        said += f"Cannot be asked, see to them yourself: {', '.join(others)}.\n"
    return said


def _is_meant(customer: str) -> bool:
    """Have the identifier typed again: what is erased does not come back."""
    sys.stdout.write(f"Erasing {customer} cannot be undone. Type the identifier again: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip() == customer
