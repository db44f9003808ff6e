"""Previews: every message before anybody gets it, in one file that loads nothing, and as pages."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from keepwarm.app.command_line import main
from keepwarm.app.previewing.frame_heights import frame_classes
from keepwarm.app.previewing.pieces import pieces_of
from keepwarm.app.previewing.schemes import in_scheme, knows_dark
from keepwarm.store.database import Database
from tests.app.serving import Site, serving
from tests.engine.written import plan_of
from tests.journeys.world import World

RESCUE = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
steps:
  - email: declined
  - sms: long
  - push: pushed
    or_else:
      sms: nudge
  - wait: 3 days
  - notify: "#billing"
  - task: Call them
    for: care
    due: in 4 working hours
    if_late:
      - notify: "#late"
"""
MAIL = """\
---
subject: "Invoice {{ event.invoice }}"
preheader: "{{ customer.first_name | default: 'friend' }}, this is short"
---
<mjml><mj-head>
<mj-style>@media (prefers-color-scheme: dark) { p { color: #fff; } }</mj-style>
</mj-head>
<mj-body><mj-section><mj-column>
<mj-text>Dear {{ customer.first_name | default: 'friend' }}, {{ event.amount | default: 'it' }}
<a href="https://acme.example/pay">Pay</a></mj-text>
<mj-image src="https://acme.example/logo.png" alt="Acme" />
</mj-column></mj-section></mj-body></mjml>
"""


TASK = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
steps:
  - task: Call them
    for: care
    details: >-
      Owes {{ event.amount }} for {{ event.invoice }},
      {{ customer.plan | default: 'no plan' }}
"""


def written_out(world: World) -> World:
    world.write("templates/declined.mjml", MAIL)
    world.write("templates/declined.nl.mjml", MAIL.replace("Dear", "Beste"))
    world.write("templates/long.txt", "Pay " + "word " * 40 + "\n")
    world.write("templates/pushed.txt", "---\ntitle: Look\n---\nYour card was declined\n")
    world.playbook("rescue", RESCUE)
    return world


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("KEEPWARM_HOME", str(tmp_path))
    return written_out(World(sqlite_database, tmp_path / "playbooks"))


def preview(world: World, *words: str) -> tuple[int, str]:
    file = world.folder.parent / "preview.html"
    code = main(["preview", "--playbooks", str(world.folder), "--out", str(file), *words])
    return code, file.read_text(encoding="utf-8")


def frames(file: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'srcdoc="([^"]*)"', file)]


def test_every_message_is_shown_for_everybody_in_light_and_in_dark(world: World) -> None:
    code, file = preview(world, "rescue")
    assert code == 0
    heads = re.findall(r"<h3>(.*?)</h3>", file)
    assert [re.sub(r"<[^>]*>", "", head) for head in heads] == [
        "E-mail declinedline 8",
        "Text longline 9",
        "Push pushedline 10",
        "Text nudgeline 10",
        "Chat a noticeline 14",
        "Chat a noticeline 15",
    ]
    # Typical, in Dutch, nothing known, everything long; each light and dark.
    mails = frames(file)
    assert len(mails) == 8
    assert [("Beste" in mail) for mail in mails[::2]] == [False, True, False, False]
    assert "Dear friend" in mails[4]
    assert "Wilhelmina-Alexandrina" in mails[6]
    assert "late: Call them" in file


def test_a_task_is_shown_with_its_details_in_words(world: World) -> None:
    world.playbook("call", TASK)
    code, file = preview(world, "call")
    [head] = re.findall(r"<h3>(.*?)</h3>", file)
    assert (code, re.sub(r"<[^>]*>", "", head)) == (1, "Task Call themline 8")
    assert "For care" in file
    assert re.search(r"Owes 42 for INV-1001,\s+free", file)
    assert "event.amount is missing" in file


def test_money_of_somebody_made_up_is_in_a_currency(world: World) -> None:
    world.write("catalog/money.yaml", "events:\n  charged: {with: {sum: number, currency: text}}\n")
    world.write("templates/nudge.txt", "{{ event.sum | money: event.currency }}\n")
    world.playbook("charge", "kind: transactional\nstart: {event: charged}\nsteps: [sms: nudge]\n")
    _, file = preview(world, "charge")
    assert ("€42.00" in file, "€1,234,567.89" in file, "needs a currency" in file) == (
        True,
        True,
        False,
    )


def test_what_lets_somebody_in_is_known_of_everybody(world: World) -> None:
    world.write("templates/nudge.txt", "{{ customer.plan }} until {{ customer.renewal_date }}\n")
    start = "start: {date: renewal_date, before: 9 days, for_customers: [plan: not free]}\n"
    world.playbook("renewal", f"topic: tips\n{start}steps:\n  - sms: nudge\n")
    assert preview(world, "renewal")[0] == 0


def test_what_every_way_to_a_message_sees_to_is_known_of_everybody_who_gets_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write("templates/known.txt", "{{ customer.plan }} until {{ customer.renewal_date }}\n")
    world.playbook(
        "branched",
        """\
topic: tips
start: {event: signed_up}
steps:
  - if: [plan: not free]
    then:
      - wait: until 30 days before renewal_date
      - sms: known
    else:
      - sms: nudge
  - sms: nudge
""",
    )
    assert preview(world, "branched")[0] == 0
    # Of who comes by the other branch, too, nobody knows it.
    world.write("templates/nudge.txt", "Paid up to {{ customer.renewal_date }}\n")
    capsys.readouterr()
    assert preview(world, "branched")[0] == 1
    told = capsys.readouterr().out
    assert "templates/nudge.txt:1:15" in told
    assert "known.txt" not in told
    assert "(Nothing known but what leads to each message)" in told


def test_a_frame_is_about_as_tall_as_its_mail() -> None:
    few, many = "Hello.", "A line of forty letters in all, or more.\n" * 40
    shown = [frame_classes("<p>", words) for words in (few, many)]
    assert shown == ["tall-3 slim-3", "tall-20 slim-20"]
    assert frame_classes('<p><img src="a.png">', many) == "tall-23 slim-23"
    # A pixel that counts who opened is no picture, and a phone needs more lines.
    assert frame_classes('<img width="1" height="1">', few) == "tall-3 slim-3"
    assert frame_classes("<p>", " ".join(many.split("\n"))) == "tall-12 slim-19"


def test_a_text_shows_its_parts_and_what_they_cost(world: World) -> None:
    file = preview(world, "rescue")[1]
    assert "2 parts in GSM-7, 103 places left." in file
    assert file.count('<span class="part">') == 2 * 4


def test_the_file_holds_all_it_needs_and_loads_nothing(world: World) -> None:
    file = preview(world, "rescue")[1]
    outside = re.sub(r'srcdoc="[^"]*"', "", file)
    assert not re.search(r'(?:src|href)="|url\(|@import|<script|<link', outside)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', file)
    assert policy is not None
    assert unescape(policy[1]).startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert file.count("<iframe") == file.count('sandbox=""') == 8
    assert len(re.findall(r'class="(?:light|dark) tall-\d+ slim-\d+"', file)) == 8
    assert "1 picture is not shown: this file loads nothing." in file
    assert "personal data" not in file


def test_what_cannot_be_written_is_shown_in_its_place_and_the_exit_code_says_so(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write("templates/nudge.txt", "Hello {{ customer.first_name }}\n")
    code, file = preview(world, "rescue")
    assert code == 1
    faults = re.findall(r'<p class="fault"><code>(.*?)</code> (.*?)</p>', file)
    assert [place for place, _ in faults] == ["templates/nudge.txt:1:10"]
    assert "customer.first_name" in faults[0][1]
    assert len(frames(file)) == 8
    assert "templates/nudge.txt:1:10" in capsys.readouterr().out


def test_real_customers_are_shown_only_if_they_are_named_and_the_file_says_so(world: World) -> None:
    world.apply()
    world.person("anna", first_name="Quirina")
    world.event("anna", "payment_failed", invoice="INV-77", amount=12)
    file = world.folder.parent / "preview.html"
    assert "Quirina" not in preview(world, "rescue")[1]
    code, content = preview(world, "rescue", "--customer", "anna")
    assert code == 0
    assert "Quirina" in content
    assert "Invoice INV-77" in content
    assert "<b>This holds personal data</b> of customer anna." in content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_customer_or_playbook_that_is_not_there_is_a_sentence(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["preview", "--playbooks", str(world.folder)]
    assert main([*words, "rescue", "--customer", "nobody"]) == 1
    assert capsys.readouterr().err == 'keepwarm: There is no customer "nobody".\n'
    assert main([*words, "rescu"]) == 1
    assert 'Did you mean "rescue"?' in capsys.readouterr().err


def test_all_playbooks_go_into_one_file(world: World) -> None:
    world.playbook("hello", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    file = preview(world)[1]
    assert re.findall(r"<h2>(.*?)</h2>", file) == ["About hello", "About rescue"]


def test_made_up_customers_have_the_shape_of_those_there_are(world: World) -> None:
    world.apply()
    long_name = "Q" * 60
    world.person("anna", first_name=long_name, language="fr")
    world.person("ben", language="nl-BE")
    code, file = preview(world, "rescue")
    assert code == 0
    assert re.findall(r'<label for="for-\d">(.*?)</label>', file) == [
        "Typical (en)",
        "Typical (nl)",
        "Typical (fr, which nobody translated into)",
        "Nothing known but what leads to each message",
        "Everything long",
    ]
    name = re.findall(r"<dd>(Wilhelmina.*?), this is short</dd>", file)[0]
    assert len(name) in (59, 60)
    assert long_name not in file


# ── Light and dark ───────────────────────────────────────────────────────────────────────────


def test_the_rules_of_a_mail_are_in_force_for_the_scheme_that_is_looked_at() -> None:
    html = (
        '<meta name="color-scheme" content="light dark"><style>:root { color-scheme: light dark }'
        "@media screen and (prefers-color-scheme: dark) { p { color: red } }</style>"
    )
    dark, light = in_scheme(html, dark=True), in_scheme(html, dark=False)
    assert 'content="dark"' in dark
    assert "color-scheme: dark }" in dark
    assert "@media screen and (min-width: 0) { p" in dark
    assert 'content="light"' in light
    assert "@media screen and (max-width: 0) { p" in light
    assert knows_dark(html)
    assert not knows_dark("<p>plain</p>")


def test_a_mail_that_knows_light_alone_is_not_made_dark() -> None:
    html = '<meta name="color-scheme" content="light only"><p>dark (prefers-color-scheme)</p>'
    assert in_scheme(html, dark=True) == html


# ── Offers ───────────────────────────────────────────────────────────────────────────────────


def test_a_message_says_the_offer_that_was_made_before_it() -> None:
    plan = plan_of(
        """
        topic: tips
        start: {event: signed_up}
        steps:
          - email: hello
          - if:
              - plan: pro
            then:
              - offer: ten-percent
              - email: nudge
          - email: last
        """
    )
    offers = [piece.offer and piece.offer.offer.name for piece in pieces_of(plan)]
    assert offers == [None, "ten-percent", "ten-percent"]


# ── In the service ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    world.apply()
    world.person("anna", first_name="Quirina")
    with serving(world) as running:
        yield running


def test_the_page_frames_each_mail_apart(site: Site) -> None:
    page = site.get("/playbooks/rescue/preview")
    assert page.status == 200
    sources = re.findall(r'<iframe src="([^"]*)"', page.text)
    assert len(sources) == 8
    framed = site.get(sources[0])
    assert "Dear Anna" in framed.text
    assert framed.headers["content-security-policy"].startswith("sandbox ")
    assert "script-src" not in framed.headers["content-security-policy"]
    assert "(max-width: 0)" in framed.text
    assert "(min-width: 0)" in site.get(sources[1]).text
    assert site.get("/playbooks/rescue/preview/99/0/light").status == 404
    assert site.get("/playbooks/rescue/preview/1/0/light").status == 404
    assert site.get("/playbooks/rescue/preview/0/0/pink").status == 404


def test_the_page_shows_a_real_customer_who_is_named(site: Site) -> None:
    assert "Quirina" not in site.get("/playbooks/rescue/preview").text
    page = site.get("/playbooks/rescue/preview?customer=anna")
    assert "This holds personal data" in page.text
    own = [each for each in re.findall(r'<iframe src="([^"]*)"', page.text) if "/0/4/" in each]
    assert "Quirina" in site.get(unescape(own[0])).text
    assert site.get("/playbooks/rescue/preview?customer=nobody").status == 404


def test_a_playbook_leads_to_what_it_sends(site: Site) -> None:
    assert 'href="/playbooks/rescue/preview"' in site.get("/playbooks/rescue").text


def test_nothing_is_queued_or_sent_by_looking(site: Site) -> None:
    site.get("/playbooks/rescue/preview?customer=anna")
    assert site.world.outbox() == []
    assert site.world.connector.sent == []


def test_other_machines_see_no_preview(site: Site) -> None:
    assert site.get("/playbooks/rescue/preview", Host="evil.example").status == 403
    assert site.get("/playbooks/rescue/preview/0/0/light", Host="evil.example").status == 403


def test_a_preview_is_the_same_at_the_same_moment(world: World) -> None:
    assert preview(world, "rescue") == preview(world, "rescue")
