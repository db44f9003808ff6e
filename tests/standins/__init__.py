"""Stand-ins for the providers, on loopback: their documented rules, a ledger, and misbehaviour.

    async with Standins() as here:
        here.sendgrid.url                      # where the connector is pointed to
        here.sendgrid.faults.add(drops(after_acceptance=True))
        here.ledger.of("sendgrid")             # what was taken, and only that

Also a program of its own, for tests that kill processes: `python -m tests.standins`.
"""

from tests.standins.faults import Fault, Faults, answers, drips, drops, hangs, says
from tests.standins.ledger import Entry, Ledger
from tests.standins.town import Standins

__all__ = [
    "Entry",
    "Fault",
    "Faults",
    "Ledger",
    "Standins",
    "answers",
    "drips",
    "drops",
    "hangs",
    "says",
]
