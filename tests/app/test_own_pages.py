"""Preferences and surveys: pages for customers, reached by the links in their messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

from keepwarm.app.web.own_words import LANGUAGES, OwnWords
from keepwarm.engine.links import Purpose
from tests.app.serving import Site

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"
ASK = """\
topic: tips
start: {event: signed_up}
steps:
  - survey: nps
    by: email
    template: ask
"""


def path_of(site: Site, purpose: Purpose) -> str:
    [found] = site.world.outbox()
    links = site.world.system.links
    return links.url(purpose, links.token(found.customer_id, found.id)).removeprefix(links.base_url)


def test_preferences_are_shown_and_kept(site: Site) -> None:
    world = site.world
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", sms_consent=False)
    world.event("anna", "signed_up")
    path = path_of(site, Purpose.PREFERENCES)
    page = site.get(path)
    assert set(re.findall(r'name="([a-z:]+)" value="on" checked', page.text)) == {
        "topic:tips", "topic:offers", "topic:news", "channel:email", "channel:push",
    }  # fmt: skip

    saved = site.submit(path, **{"topic:news": "on", "channel:email": "on", "channel:sms": "on"})

    assert "Saved." in saved.text
    assert set(re.findall(r'name="([a-z:]+)" value="on" checked', saved.text)) == {
        "topic:news", "channel:email", "channel:sms",
    }  # fmt: skip
    world.event("anna", "signed_up")
    assert world.ended()[-1] == ("hello", "skipped", "the customer switched this topic off")


def test_how_often_is_chosen_over_all_and_for_each_way(site: Site) -> None:
    world = site.world
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", language="de")
    world.event("anna", "signed_up")
    path = path_of(site, Purpose.PREFERENCES)
    page = site.get(path).text
    assert page.count('<option value="every message" selected>') == 4
    assert "Eine Nachricht pro Woche" in page
    assert "<details open" not in page
    wanted = {"topic:tips": "on", "channel:email": "on"}

    saved = site.submit(
        path, message_frequency="one a week", sms_frequency="one a month",
        push_frequency="thrice", **wanted,
    ).text  # fmt: skip

    assert '<option value="one a week" selected>' in saved
    assert "<details open" in saved
    chosen = "SELECT attributes FROM customer WHERE external_id = 'anna'"
    [(known,)] = world.rows(chosen)
    assert "one a week" in str(known)
    assert "push_frequency" not in str(known)
    world.event("anna", "signed_up")
    reason = "the customer wants at most 1 message per week"
    assert world.ended()[-1] == ("hello", "skipped", reason)

    site.submit(path, message_frequency="every message", **wanted)
    world.event("anna", "signed_up")
    assert world.ended()[-1] == ("hello", "sent", None)


def test_a_consent_is_confirmed_by_a_button_and_never_by_following_the_link(site: Site) -> None:
    world = site.world
    world.write("catalog/double.yaml", "double_opt_in: [email, sms]\n")
    world.words("please", "Confirm: {{ confirm_url }}")
    start = "kind: transactional\nstart: {event: confirmation_wanted, once: every time}\n"
    world.playbook("confirm", f"{start}steps:\n  - email: please\n")
    world.apply()
    world.person("anna", language="fr", sms_consent=None)
    path = path_of(site, Purpose.CONFIRM)
    known = "SELECT attributes FROM customer WHERE external_id = 'anna'"

    page = site.get(path).text
    assert "Confirmez votre inscription" in page
    assert "email_confirmed" not in str(world.rows(known))
    assert "Vous avez confirmé" in site.submit(path).text
    assert "email_confirmed" in str(world.rows(known))
    assert "Vous avez confirmé" in site.get(path).text

    # A link that came by e-mail proves nothing of the phone.
    preferences = path.replace("/confirm/", "/preferences/")
    saved = site.submit(preferences, **{"channel:email": "on", "channel:sms": "on"}).text
    assert "Confirmez avec le lien que nous venons de vous envoyer." in saved
    assert "sms_confirmed" not in str(world.rows(known))
    world.run_for(days=9)
    world.update("anna", email="new@example.com")
    late = site.submit(path)
    assert (late.status, "Ce lien a expiré" in late.text) == (410, True)


def test_pages_speak_the_customers_language_then_the_browsers_then_the_projects(
    site: Site,
) -> None:
    world = site.world
    world.write("catalog/language.yaml", "language: fr\n")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", language="nl-BE")
    world.event("anna", "signed_up")
    path = path_of(site, Purpose.UNSUBSCRIBE)
    page = site.get(path, Accept_Language="de, en;q=0.5")
    assert '<html lang="nl">' in page.text
    assert "Je krijgt geen berichten meer over Tips." in page.text

    world.update("anna", language="tlh")
    assert "Thema Tips" in site.get(path, Accept_Language="xx, es;q=0.3, de;q=0.8").text
    assert "Vous ne recevrez plus" in site.get(path).text
    assert '<html lang="fr">' in site.get(path_of(site, Purpose.PREFERENCES)).text
    assert "Vous êtes désabonné" in site.submit(path).text


def test_every_language_says_everything() -> None:
    english = LANGUAGES["en"]
    for language, words in LANGUAGES.items():
        assert words.language == language
        for part in fields(OwnWords):
            said, meant = getattr(words, part.name), getattr(english, part.name)
            assert said, (language, part.name)
            if isinstance(meant, Mapping):
                assert said.keys() == meant.keys()
                assert all(said.values())
            else:
                assert ("{topic}" in said) == ("{topic}" in meant)


def test_a_link_that_is_not_ours_says_so(site: Site) -> None:
    for path in ("/unsubscribe/nonsense", "/preferences/AQAA", "/survey/x"):
        answer = site.get(path, Accept="text/html")
        assert answer.status == 404
        assert "This link is not whole" in answer.text


def test_following_a_survey_answers_nothing_until_it_is_sent(site: Site) -> None:
    world = site.world
    world.write(
        "catalog/surveys.yaml", "surveys:\n  nps: {question: How are we?, scale: 0 to 10}\n"
    )
    world.words("ask", "Tell us: {{ survey.link }}")
    world.playbook("ask", ASK)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    path = path_of(site, Purpose.SURVEY)

    assert "How are we?" in site.get(path).text
    assert world.rows("SELECT 1 FROM inbox WHERE source = 'survey'") == []
    assert "Please choose a number." in site.submit(path, score="11").text
    assert "We have your answer." in site.submit(path, score="9", comment="fine").text
    assert "kept the first" in site.submit(path, score="1").text
    world.work()
    [(properties,)] = world.rows("SELECT properties FROM event WHERE name = 'survey_answered'")
    assert "9" in str(properties)
    assert "fine" in str(properties)
