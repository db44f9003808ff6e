"""Laws 23 and 25 to 28: people. Law 24 has a file of its own."""

from __future__ import annotations

import pytest

from keepwarm.engine.keywords import Keyword, keyword_in
from keepwarm.engine.outcome import Received, Report, Signal, TextReceived
from keepwarm.engine.survey_answers import Answered, answer_in
from keepwarm.flows.confirming import Worth, confirm, worth_of
from keepwarm.flows.followed_links import FollowedLink, link_of
from keepwarm.flows.reports import keep_reports
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.erasing import erase
from keepwarm.store.merging import merge
from keepwarm.store.people import ALL, Consent, record_consents
from tests.journeys.world import World
from tests.systems import PEPPER

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"

ASK_BY_TEXT = """\
topic: tips
start: {event: signed_up, once: every time}
steps:
  - survey: nps
    by: sms
    template: hello
"""
CONFIRM = """\
kind: transactional
start: {event: confirmation_wanted, where: [{channel: email}], once: every time}
steps:
  - email: please
    expires: in 2 days
"""


def test_law_23_marketing_without_consent_is_never_sent(world: World) -> None:
    world.playbook("hello", HELLO)
    world.playbook("news", HELLO.replace("tips", "news"))
    world.apply()
    world.person("nothing", email_consent=None)
    world.person("no", email_consent=False)

    for name in ("nothing", "no"):
        world.event(name, "signed_up")

    # News needs no consent, only that nobody objected.
    assert [status for _, status, _ in world.ended("nothing")] == ["skipped", "sent"]
    assert [status for _, status, _ in world.ended("no")] == ["skipped", "skipped"]


def test_law_23_where_it_is_asked_for_consent_counts_once_it_is_confirmed(world: World) -> None:
    world.write("catalog/double.yaml", "double_opt_in: email\n")
    world.words("please", "Confirm: {{ confirm_url }}")
    world.playbook("hello", HELLO)
    world.playbook("confirm", CONFIRM)
    world.apply()
    world.person("anna")  # her profile says that she agreed
    world.event("anna", "signed_up")
    not_yet = "the customer has not confirmed consent to email yet"
    assert ("hello", "skipped", not_yet) in world.ended("anna")
    assert ("please", "sent", None) in world.ended("anna")

    for _ in range(5):  # told again and again, she is asked once a day, three times in all
        world.update("anna", email_consent=True)
        world.run_for(hours=13)
    assert [name for name, *_ in world.ended("anna")].count("please") == 3

    world.update("anna", email="new@example.com")
    asked, link = confirmation(world)
    assert worth_of(world.system, link) is Worth.EXPIRED  # it went to another address
    world.run_for(days=40)
    world.update("anna", email_consent=True)
    asked, link = confirmation(world)
    assert confirm(world.system, link, "News by e-mail") is Worth.GOOD
    assert confirm(world.system, link, "News by e-mail") is Worth.USED
    world.event("anna", "signed_up")
    assert world.ended("anna")[-1] == ("hello", "sent", None)
    proofs = world.rows("SELECT wording, source FROM consent ORDER BY id DESC LIMIT 1")
    assert [tuple(each) for each in proofs] == [("News by e-mail", f"link in email {asked}")]

    # Another address is to be confirmed anew, and so is a consent that was taken back.
    for first in ({"email": "other@example.com"}, {"email_consent": False}):
        world.update("anna", email_confirmed=True)  # told by the company itself, who has a proof
        world.event("anna", "signed_up")
        assert world.ended("anna")[-1] == ("hello", "sent", None)
        world.update("anna", **first)
        world.update("anna", email_consent=True)
        world.event("anna", "signed_up")
        assert world.ended("anna")[-1] == ("hello", "skipped", not_yet)
    world.run_for(days=8)
    assert worth_of(world.system, confirmation(world)[1]) is Worth.EXPIRED


def confirmation(world: World) -> tuple[int, FollowedLink]:
    """Give the message that asked last, and what its link is about."""
    asked = max(
        (each for each in world.outbox("anna") if each.template == "please"), key=lambda m: m.id
    )
    link = link_of(world.system, world.system.links.token(asked.customer_id, asked.id))
    assert link is not None
    return asked.id, link


def test_law_23_consent_is_by_topic_with_wording_source_and_time(world: World) -> None:
    world.playbook("hello", HELLO)
    world.playbook("offers", HELLO.replace("tips", "offers"))
    world.apply()
    world.person("anna")
    [(key,)] = world.rows("SELECT id FROM customer WHERE external_id = 'anna'")
    with world.database.writing() as cx:
        refusal = Consent(
            key,
            ALL,
            "offers",
            allowed=False,
            source="preference page",
            at=world.now,
            wording="No offers",
        )
        record_consents(cx, [refusal], world.now)

    world.event("anna", "signed_up")

    statuses = {m.playbook: str(m.status) for m in world.outbox("anna")}
    assert statuses == {"hello": "sent", "offers": "skipped"}
    [proof] = world.rows(
        "SELECT channel, topic, allowed, wording, source FROM consent WHERE topic = 'offers'"
    )
    assert tuple(proof) == ("*", "offers", False, "No offers", "preference page")


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("STOP", Keyword.STOP),
        (" stop! ", Keyword.STOP),
        ("Stop.", Keyword.STOP),
        ("STOPALL", Keyword.STOP),
        ("opt out", Keyword.STOP),
        ("Opt-Out", Keyword.STOP),
        ("OPTOUT", Keyword.STOP),
        ("unsubscribe", Keyword.STOP),
        ("revoke", Keyword.STOP),
        ("quit", Keyword.STOP),
        ("\uff33\uff34\uff2f\uff30", Keyword.STOP),
        ("Start", Keyword.START),
        ("help?", Keyword.HELP),
        ("can't stop using it", None),
        ("please stop", None),
        ("stop 2", None),
        ("the end", None),
        ("", None),
    ],
)
def test_law_25_stop_is_an_exact_word(text: str, keyword: Keyword | None) -> None:
    assert keyword_in(text) is keyword


def test_law_25_stop_suppresses_the_number_and_start_lifts_it(world: World) -> None:
    world.playbook("nudge", HELLO.replace("email: hello", "sms: nudge"))
    world.apply()
    world.person("anna")

    def text(body: str) -> None:
        received = TextReceived("+31612345678", "+31970", body, world.now, f"sm-{body}")
        keep_reports(world.system, "memory", Received(texts=(received,)))

    text("can't stop using it")
    world.event("anna", "signed_up")
    text("STOP")
    world.event("anna", "signed_up")
    text("START")
    world.event("anna", "signed_up")

    assert [status for _, status, _ in world.ended("anna")] == ["sent", "skipped", "sent"]


def test_law_25_a_text_answers_a_survey_and_stop_still_wins(world: World) -> None:
    world.write("catalog/nps.yaml", "surveys:\n  nps: {question: How are we?, scale: 0 to 10}\n")
    world.playbook("nps", ASK_BY_TEXT)
    world.apply()
    for number, name in enumerate(("anna", "bert", "cleo")):
        world.person(name, phone=f"+3161234567{number}")
        world.event(name, "signed_up")

    def text(number: int, body: str) -> None:
        sender, key = f"+3161234567{number}", f"sm-{number}-{body}"
        received = TextReceived(sender, "+31970", body, world.now, key)
        for _ in range(2):  # providers tell some things twice
            keep_reports(world.system, "memory", Received(texts=(received,)))
        world.work()

    def answers(name: str) -> list[str]:
        found = world.rows(
            "SELECT e.name, e.properties FROM event e JOIN customer c ON c.id = e.customer_id"
            " WHERE c.external_id = :name AND e.name <> 'signed_up' ORDER BY e.id", name=name,
        )  # fmt: skip
        return [f"{event} {said}" for event, said in found]

    text(0, "8 or 9")  # kept for a person, and a clear answer may still follow
    text(0, "9 great service")
    text(0, "2")  # the first clear answer stands
    [unclear, clear, answer, later] = answers("anna")
    assert [each.split()[0] for each in (unclear, clear, answer, later)] == [
        "text_received", "text_received", "survey_answered", "text_received",
    ]  # fmt: skip
    assert "8 or 9" in unclear
    assert "nps" in unclear
    assert "great service" in answer
    assert "survey" not in later
    text(1, "STOP")
    text(1, "9")
    assert [each.split()[0] for each in answers("bert")] == ["text_received", "survey_answered"]
    world.event("bert", "signed_up")
    assert world.ended("bert")[-1][1] == "skipped"
    world.run_for(days=15)
    text(2, "10")  # too late to be an answer
    assert [each.split()[0] for each in answers("cleo")] == ["text_received"]
    with world.database.writing() as cx:
        erase(cx, "anna", "ann", PEPPER, Catalog(), world.now)
    assert "great" not in str(world.rows("SELECT properties FROM event"))
    assert "8 or 9" not in str(world.rows("SELECT properties FROM event"))


@pytest.mark.parametrize(
    ("text", "score", "comment"),
    [
        ("9", 9, ""),
        (" 10! ", 10, ""),
        ("9/10", 9, ""),
        ("9 out of 10, thanks", 9, "thanks"),
        ("0\nnever again", 0, "never again"),
        ("9, because of the 24 hour line", 9, "because of the 24 hour line"),
        ("\uff19", 9, ""),  # as Japanese phones write it
    ],
)
def test_law_25_a_number_of_the_scale_is_an_answer(text: str, score: int, comment: str) -> None:
    assert answer_in(text, 0, 10) == Answered(score, comment)


@pytest.mark.parametrize(
    "text",
    [
        "8 or 9",
        "9.5",
        "9-10",
        "11",
        "-1",
        "9 of 5",
        "3 times I called",
        "100%",
        "I'd say 9",
        "great",
    ],
)
def test_law_25_what_may_mean_another_number_is_none(text: str) -> None:
    assert answer_in(text, 0, 10) is None


def test_law_26_a_merge_keeps_the_stricter_consent_and_enters_nobody(world: World) -> None:
    world.playbook(
        "hello",
        "topic: tips\nstart: {event: signed_up}\nsteps:\n  - wait: 1 day\n  - email: hello\n",
    )
    world.apply()
    world.person("anna")
    world.person("anna-too", email="a2@example.com", email_consent=False)
    world.event("anna", "signed_up")
    world.run_for(hours=1)
    world.event("anna-too", "signed_up")
    world.person("ben")
    world.event("ben", "signed_up")
    world.person("ben-too", email="b2@example.com")
    [(other,)] = world.rows("SELECT id FROM customer WHERE external_id = 'ben-too'")
    no_tips = Consent(other, Channel.EMAIL, "tips", allowed=False, source="page", at=world.now)

    with world.database.writing() as cx:
        record_consents(cx, [no_tips], world.now)
        merge(cx, "anna", "anna-too", "ann", world.now)
        merge(cx, "ben", "ben-too", "ann", world.now)
    world.run_for(days=2)

    statuses = [status for name, status, _ in world.runs("hello") if name == "anna"]
    assert statuses == ["completed", "stopped"]
    assert world.connector.sent == []
    assert world.ended("anna")[0][1:] == ("skipped", "the customer withdrew consent to email")
    assert world.ended("ben")[0][1:] == ("skipped", "the customer switched this topic off")


def test_law_27_erasing_leaves_no_personal_word_and_the_counts_right(world: World) -> None:
    world.words("hello", "Dear {{ customer.first_name | default: 'you' }} of {{ customer.email }}")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", email="canary@example.com", first_name="Canaria", phone="+31698765432")
    world.person("ben")
    for name in ("anna", "ben"):
        world.event(name, "signed_up")
    before = world.rows("SELECT count(*) FROM outcome WHERE status = 'sent'")

    with world.database.writing() as cx:
        catalog = world.shelf.live(cx)["hello"].released.catalog
        erase(cx, "anna", "ann", world.system.pepper, catalog, world.now)

    for canary in ("canary", "Canaria", "698765432"):
        assert canary not in everything(world)
    assert world.rows("SELECT count(*) FROM outcome WHERE status = 'sent'") == before
    hashed = address_hash(world.system.pepper, Channel.EMAIL, "canary@example.com")
    assert (hashed,) in [tuple(row) for row in world.rows("SELECT address_hash FROM suppression")]


def everything(world: World) -> str:
    """Give every value of every row as text."""
    tables = (
        "customer", "identity", "event", "inbox", "run", "decision", "trace", "message",
        "outcome", "content", "report", "task", "offer", "audit", "consent",
    )  # fmt: skip
    rows = (row for table in tables for row in world.rows(f"SELECT * FROM {table}"))
    return "\n".join(str(tuple(row)) for row in rows)


def test_law_28_an_open_by_a_machine_is_no_engagement(world: World) -> None:
    world.playbook(
        "hello",
        "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n    name: first\n"
        "  - wait: 1 day\n  - if:\n      - first: opened\n    then:\n      - email: last\n",
    )
    world.apply()
    for name in ("machine", "person"):
        world.person(name)
        world.event(name, "signed_up")

    for name, by_machine in (("machine", True), ("person", False)):
        [message] = world.outbox(name)
        opened = Report(
            Signal.OPENED, world.now, f"open-{name}", f"{message.id}-0", by_machine=by_machine
        )
        keep_reports(world.system, "memory", Received((opened,)))
    world.run_for(days=2)

    assert world.told("machine") == ["Mon 09:00 email hello"]
    assert world.told("person") == ["Mon 09:00 email hello", "Tue 09:00 email last"]
