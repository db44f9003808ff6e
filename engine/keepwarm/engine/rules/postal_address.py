"""Marketing mail without the postal address that the law wants in it."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.engine.rules.sayings import by_name, examined, place_of, sayings
from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.rules.rule import Finding, Rule, about
from keepwarm.schema.words import Channel, Kind
from keepwarm.schema.workspace import Workspace

_POLICIES = "policies.yaml"
_MEND = "for example:  postal_address: Acme BV, Damrak 1, 1012 LG Amsterdam"


def _find(workspace: Workspace) -> Iterator[Finding]:
    if workspace.policies.postal_address is not None:
        return
    if _POLICIES in workspace.sources:
        mails = (each for each in sayings(workspace) if _needs_one(each.channel, each.kind))
        first = next(mails, None)
        if first is not None:
            yield Finding(
                Place(_POLICIES, Span(1, 1, 1, 1)),
                f"marketing mail must show a postal address, and none is written here; none of it "
                f"would go out ({first.place} is the first)",
                _MEND,
                doubted_by=about("postal_address"),
            )
            return
    for files in by_name(workspace).values():
        for file in files:
            for use in examined(file).analysis.names:
                if use.path == "postal_address" and not use.may_be_missing:
                    yield Finding(
                        place_of(use, file.file, use.path),
                        "there is no postal address to write here",
                        f"say it in {_POLICIES}:  postal_address: …",
                        doubted_by=about("postal_address"),
                        rests_on=(_POLICIES,),
                    )


def _needs_one(channel: Channel, kind: Kind) -> bool:
    return channel is Channel.EMAIL and kind is Kind.MARKETING


POSTAL_ADDRESS = Rule(
    "postal-address",
    "There is marketing mail, and the policies have no postal address for it.",
    _find,
)
