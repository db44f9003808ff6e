"""Show every message of a playbook, before anybody gets it: as a file for the browser.

  keepwarm preview dormant-win-back                    for made-up customers, into preview.html
  keepwarm preview --out all.html --open               all playbooks, opened in the browser
  keepwarm preview dormant-win-back --customer 00021   as a real customer would get it
  keepwarm preview dormant-win-back --send-to me@acme.example

Made up are one customer like many, one for each language of your templates, one of whom nothing is
known, and one of whom everything is long. E-mail is shown on a desktop and a phone, in light and in
dark; texts with the parts that they cost. What cannot be written is shown in its place, and the
exit code is 1. The file loads nothing; with --customer it holds personal data, and says so.

--send-to really sends the messages of one playbook to you, marked as tests: to an address of those
who own the playbook, or one that KEEPWARM_TEST_ADDRESSES names. They count nowhere; the audit says
who sent them.
"""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from keepwarm.app.shown import add_by, add_playbooks

if TYPE_CHECKING:
    from keepwarm.app.previewing.drafts import Playing
    from keepwarm.app.previewing.receivers import Receiver
    from keepwarm.app.settings import Settings
    from keepwarm.app.web.preview_file import Shown
    from keepwarm.engine.message import Message
    from keepwarm.engine.plan import Plan
    from keepwarm.schema.catalog import Catalog
    from keepwarm.store.connection import Connection
    from keepwarm.store.customers import Customer


class PreviewRefused(Exception):
    """A preview cannot be made; says why, and what to write instead."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    parser.add_argument("playbook", nargs="?", metavar="PLAYBOOK", help="default: all of them")
    parser.add_argument(
        "--customer",
        action="append",
        default=[],
        metavar="ID",
        help="a real customer too, by your identifier; may be said again",
    )
    parser.add_argument("--out", type=Path, default=Path("preview.html"), metavar="FILE")
    parser.add_argument("--open", action="store_true", help="open the file in the browser")
    parser.add_argument("--send-to", metavar="ADDRESS", help="an e-mail address or phone number")
    parser.add_argument(
        "--as",
        dest="receiver",
        default="typical",
        metavar="WHO",
        help="for whom tests are worded: typical (the default), empty, longest or a language",
    )
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Write the file or send the tests, and give the exit code."""
    from keepwarm.app.settings import read_settings

    settings = read_settings()
    playings = _playings(given, settings)
    if given.send_to:
        return _send(given, settings, playings)
    people = _receivers(playings, given.customer, settings)
    shown = [_shown(*each) for each in zip(playings, people, strict=True)]
    _write(given.out, _file(shown), is_personal=bool(given.customer))
    faults = list(_faults(shown))
    messages = sum(len(each.shots) for each in shown)
    print(f"{messages} message{'' if messages == 1 else 's'} in {given.out}")
    for fault in faults:
        print(f"  {fault}")
    if given.open:
        webbrowser.open(given.out.absolute().as_uri())
    return 1 if faults else 0


def _playings(given: argparse.Namespace, settings: Settings) -> list[Playing]:
    """Read the folder, and compile the playbook that is wanted, or all.

    Raises:
        ChoiceRefused: there is no such playbook, or it has problems.
    """
    from keepwarm.app.choosing import plans_in
    from keepwarm.app.previewing.drafts import Playing
    from keepwarm.app.wiring import clock
    from keepwarm.flows.wording_books import WordBook

    workspace, plans = plans_in(given.playbooks, given.playbook)
    if not plans:
        raise PreviewRefused("There is no playbook without problems; `keepwarm check` names them.")
    catalog = workspace.catalog
    words = WordBook(workspace.templates.values(), workspace.policies, catalog)
    return [
        Playing(plan, workspace.playbooks[name], catalog, words, settings.public_url, clock())
        for name, plan in plans.items()
    ]


def _shown(playing: Playing, receivers: tuple[Receiver, ...]) -> Shown:
    from keepwarm.app.previewing.drafts import shots_of
    from keepwarm.app.previewing.pieces import pieces_of
    from keepwarm.app.web.preview_file import Shown

    shots = shots_of(playing, pieces_of(playing.plan), receivers)
    return Shown(playing.plan.title, shots, receivers)


def _receivers(
    playings: Sequence[Playing], customers: Sequence[str], settings: Settings
) -> list[tuple[Receiver, ...]]:
    """Give the same people for each playbook: made up, and real ones that were asked for.

    Raises:
        PreviewRefused: nobody has one of the identifiers.
    """
    from keepwarm.app.previewing.pieces import templates_named
    from keepwarm.app.previewing.receivers import made_up, real
    from keepwarm.app.previewing.shape import shape_of_customers

    languages = {
        language
        for playing in playings
        for language in playing.words.languages(templates_named(playing.plan))
    }
    if not customers and not _has_database(settings):
        return [made_up(*_of(each), languages, each.now.date()) for each in playings]
    with _reading(settings) as cx:
        found = [_customer(cx, identifier) for identifier in customers]
        shape = shape_of_customers(cx, playings[0].catalog)
        return [
            (
                *made_up(*_of(each), languages, each.now.date(), shape),
                *(real(cx, *_of(each), one, each.now.date()) for one in found),
            )
            for each in playings
        ]


def _of(playing: Playing) -> tuple[Plan, Catalog]:
    return playing.plan, playing.catalog


def _has_database(settings: Settings) -> bool:
    """Tell whether customers are there to look at: a preview makes no database."""
    scheme, _, path = settings.database_url.partition(":///")
    return scheme != "sqlite" or Path(path).exists()


@contextmanager
def _reading(settings: Settings) -> Iterator[Connection]:
    from keepwarm.app.wiring import open_and_migrate

    with closing(open_and_migrate(settings)) as database, database.reading() as cx:
        yield cx


def _customer(cx: Connection, identifier: str) -> Customer:
    from keepwarm.store.customers import find_customer

    found = find_customer(cx, identifier)
    if found is None or found.erased:
        raise PreviewRefused(f'There is no customer "{identifier}".')
    return found


def _file(shown: Sequence[Shown]) -> str:
    from keepwarm.app.web.preview_file import preview_file

    return preview_file(shown, "Every message, as its receivers would see it. Nothing was sent.")


def _write(path: Path, content: str, *, is_personal: bool) -> None:
    """Write the file; one with personal data is its owner's alone."""
    mode = 0o600 if is_personal else 0o644
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        if is_personal:
            path.chmod(mode)  # it may have been there, and open to others
        file.write(content)
    if is_personal:
        print("The file holds personal data of real customers; delete it when you have seen it.")


def _faults(shown: Sequence[Shown]) -> Iterator[str]:
    """Give what cannot be written, each once with those whom it concerns."""
    from keepwarm.engine.templates.results import Broken

    found: dict[str, list[str]] = {}
    for playbook in shown:
        for row in playbook.shots:
            for shot in row:
                if isinstance(shot.seen, Broken):
                    found.setdefault(str(shot.seen), []).append(shot.receiver.name)
    for fault, whom in found.items():
        yield f"{fault} ({'; '.join(dict.fromkeys(whom))})"


# ── Tests to oneself ─────────────────────────────────────────────────────────────────────────


def _send(given: argparse.Namespace, settings: Settings, playings: Sequence[Playing]) -> int:
    from keepwarm.app.previewing import sending
    from keepwarm.app.wiring import connect
    from keepwarm.engine.outcome import Accepted

    if given.playbook is None:
        raise PreviewRefused("Name the playbook whose messages are to be sent as tests.")
    if given.customer:
        raise PreviewRefused("Tests hold made-up customers only: leave out --customer.")
    [playing] = playings
    address = given.send_to
    sending.refuse_strangers(address, playing.plan, settings.test_addresses)
    channel = sending.channel_of(address)
    messages, faults = _drafts(playing, given.receiver, channel, settings)
    if not messages and not faults:
        raise PreviewRefused(f"{given.playbook} sends nothing by {channel}.")
    connector = sending.connector_for(channel, connect(settings))
    tests = [sending.as_test(message, address) for message in messages]
    # First, so that a test that was sent is in the audit whatever comes of it.
    _note(given, settings, connector.name, len(tests))
    results = sending.send_now(connector, tests)
    for test, result in zip(tests, results, strict=True):
        says = test.text("subject") or test.text("text")
        print(f"{sending.result_sentence(result)} by {connector.name}: {says}")
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 0 if not faults and all(isinstance(each, Accepted) for each in results) else 1


def _note(given: argparse.Namespace, settings: Settings, connector: str, count: int) -> None:
    """Keep who sent tests of what; to whom is nobody's business but theirs."""
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.audit import note

    with closing(open_and_migrate(settings)) as database, database.writing() as cx:
        detail = {"playbook": given.playbook, "connector": connector, "messages": count}
        note(cx, given.by, "sent tests", detail, clock())


def _drafts(
    playing: Playing, key: str, channel: str, settings: Settings
) -> tuple[list[Message], list[str]]:
    """Put the messages of a channel into words for one receiver; and say which cannot be."""
    from keepwarm.app.previewing.drafts import draft_of
    from keepwarm.app.previewing.pieces import pieces_of
    from keepwarm.engine.message import Message
    from keepwarm.engine.templates.results import Broken

    [made_up] = _receivers([playing], (), settings)
    receivers = {each.key: each for each in made_up}
    if key not in receivers:
        raise PreviewRefused(f'There is no "{key}"; write one of {", ".join(receivers)}.')
    drafts = [
        draft_of(playing, piece, receivers[key])
        for piece in pieces_of(playing.plan)
        if piece.channel == channel
    ]
    messages = [each for each in drafts if isinstance(each, Message)]
    return messages, [str(each) for each in drafts if isinstance(each, Broken)]
