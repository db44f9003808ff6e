"""A proposal: what applying a folder would change, as one value with an identifier.

People know it as a plan (`keepwarm plan`); in the engine that word is a compiled playbook.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.money import Prices
from keepwarm.engine.proposing.approving import Needed
from keepwarm.engine.proposing.changes import Fate, PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.effects import Effects

#: After this time the customers whom a plan counted are no longer those whom it would touch.
STANDS_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a proposal was made from: with any of it different, it is another proposal."""

    #: Playbook -> digest of its canonical form, as wanted; drafts left out.
    wanted: Mapping[str, str]
    #: Digest of the catalog, the policies and who must approve, as wanted.
    catalog: str
    #: The release that is live; None for none.
    release: int | None

    @property
    def digest(self) -> str:
        """Give the hash by which equal bases are one."""
        said = [sorted(self.wanted.items()), self.catalog, self.release]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def id_at(self, as_of: datetime) -> str:
        """Give the identifier of a proposal made from this, with data up to a moment."""
        said = f"{self.digest} {as_of.isoformat()}"
        return hashlib.sha256(said.encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that applying would change."""

    id: str
    basis: Basis
    #: Up to when customers, events and runs were read.
    as_of: datetime
    #: The commit of the folder; empty without git.
    commit: str
    changes: tuple[PlaybookChange, ...]
    #: Playbooks that stay as they are.
    unchanged: tuple[str, ...]
    #: Who must approve, for what.
    approvals: tuple[Needed, ...] = ()
    #: Whether other people must approve the next changes.
    approvers_change: bool = False
    #: Changes of the catalog and the policies that no playbook has in its own form.
    unbound: tuple[LineChange, ...] = ()
    #: Whom it would have touched; None where nothing was replayed.
    effects: Effects | None = None
    #: What a thousand messages of a channel cost, by what is live and as wanted.
    prices_before: Prices = ()
    prices: Prices = ()

    @property
    def is_change(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.changes or self.unbound) or self.approvers_change

    @property
    def is_felt(self) -> bool:
        """Whether recorded days lived again would show anything: other messages or their cost."""
        return bool(self.changes) or self.prices != self.prices_before

    def of(self, fate: Fate) -> tuple[PlaybookChange, ...]:
        """Give the playbooks of one fate."""
        return tuple(each for each in self.changes if each.fate is fate)
