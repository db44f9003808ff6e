"""MJML: what comes through, and what is refused, each fault with its line and how to mend it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.rules.template_faults import template_faults
from keepwarm.schema.workspace import read_workspace
from tests.engine.template_samples import (
    customer,
    faults,
    mail_file,
    mjml_file,
    rendered,
)

FILE = "templates/winback/we-miss-you.mjml"


def mjml(body: str, head: str = "") -> str:
    return f"<mjml><mj-head>{head}</mj-head><mj-body>\n{body}\n</mj-body></mjml>"


def column(words: str) -> str:
    return mjml(f"<mj-section><mj-column>\n{words}\n</mj-column></mj-section>")


def test_liquid_between_elements_chooses_elements() -> None:
    body = mjml(
        """{% if customer.plan == "free" %}
        <mj-section><mj-column><mj-text>Upgrade</mj-text></mj-column></mj-section>
        {% else %}
        <mj-section><mj-column>
        {% for thing in customer.things %}<mj-text>One {{ thing }}</mj-text>{% endfor %}
        </mj-column></mj-section>
        {% endif %}"""
    )
    assert rendered(mjml_file(body), customer(plan="free"))["text"] == "Upgrade"
    paid = rendered(mjml_file(body), customer(plan="pro", things=["a", "b"]))
    assert paid["text"].rstrip() == "One a\n\nOne b"
    assert "Upgrade" not in paid["html"]


def test_names_may_be_made_before_the_mail_begins() -> None:
    body = "{% assign name = customer.first_name | default: 'you' %}\n" + column(
        "<mj-text>Dear {{ name }}</mj-text>"
    )
    assert rendered(mjml_file(body))["text"] == "Dear Anna"
    assert rendered(mjml_file(body), customer())["text"] == "Dear you"


def test_liquid_may_hold_what_mjml_would_choke_on() -> None:
    choice = "{% if customer.n < 3 and customer.n > 1 %}two{% endif %}"
    words = f"<mj-text>{choice} {{{{ customer.x }}}}</mj-text>"
    assert "two &lt;&amp;&gt;" in rendered(mjml_file(column(words)), customer(n=2, x="<&>"))["html"]


def test_comments_are_left_out_with_the_liquid_in_them() -> None:
    words = "<!-- {{ nothing }} --><mj-text>Hi<!-- {{ nothing }} {% if %} --></mj-text>"
    texts = rendered(mjml_file(column(words)))
    assert "<!-- " not in texts["html"].replace("<!--[if", "").replace("<!--<![", "")
    assert texts["text"] == "Hi"


def test_a_comment_for_outlook_is_kept() -> None:
    words = "<mj-text>Hi <!--[if mso]>Outlook<![endif]--></mj-text>"
    assert "<!--[if mso]>Outlook<![endif]-->" in rendered(mjml_file(column(words)))["html"]


def test_no_font_is_loaded_from_elsewhere() -> None:
    assert "googleapis" not in rendered(mail_file("Hi"))["html"]
    own = mjml(
        "<mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section>",
        head='<mj-font name="Acme" href="https://acme.example/font.css"/>'
        '<mj-attributes><mj-all font-family="Acme"/></mj-attributes>',
    )
    assert "googleapis" not in rendered(mjml_file(own))["html"]


def test_every_element_comes_through_with_its_liquid() -> None:
    body = mjml(
        """<mj-wrapper background-color="#fff"><mj-section><mj-group><mj-column width="50%">
        <mj-text>a {{ customer.first_name }}</mj-text>
        <mj-button href="{{ customer.url }}">b {{ customer.first_name }}</mj-button>
        <mj-image src="https://acme.example/{{ customer.plan }}.png" alt="c {{ customer.plan }}"/>
        <mj-divider border-color="#eee"/><mj-spacer height="20px"/>
        <mj-table><tr><td>d</td><td>{{ customer.plan }}</td></tr></mj-table>
        <mj-raw><p>e {{ customer.plan }}</p></mj-raw>
        <mj-social>
        <mj-social-element name="facebook" href="{{ customer.url }}">f</mj-social-element>
        </mj-social>
        <mj-navbar><mj-navbar-link href="{{ customer.url }}">g</mj-navbar-link></mj-navbar>
        <mj-accordion><mj-accordion-element><mj-accordion-title>h</mj-accordion-title>
        <mj-accordion-text>{{ customer.plan }}</mj-accordion-text></mj-accordion-element>
        </mj-accordion>
        <mj-carousel><mj-carousel-image src="{{ customer.url }}" alt="i"/></mj-carousel>
        </mj-column></mj-group></mj-section></mj-wrapper>
        <mj-hero background-url="{{ customer.url }}"><mj-text>j</mj-text></mj-hero>""",
        head="""<mj-title>{{ customer.plan }}</mj-title><mj-breakpoint width="320px"/>
        <mj-style>.x { color: red }</mj-style>
        <mj-attributes><mj-class name="k" color="red"/></mj-attributes>""",
    )
    variables = customer(first_name="Anna", plan="free", url="https://acme.example/")
    texts = rendered(mjml_file(body), variables)
    for words in (
        "a Anna",
        "b Anna",
        "free.png",
        "c free",
        "e free",
        'href="https://acme.example/"',
    ):
        assert words in texts["html"]
    assert re.search(
        r"a Anna\s+b Anna \(https://acme.example/\)\s+c free\s+d \| free", texts["text"]
    )


CASES = [
    ("no mjml", "Hello", "3:1: this is no MJML", "begin with <mjml>"),
    (
        "unknown element",
        mjml("<mj-sectoin></mj-sectoin>"),
        "4:1: <mj-sectoin> is no element",
        "did you mean <mj-section>?",
    ),
    (
        "HTML between elements",
        mjml("<p>x</p>"),
        "4:1: <p> is no element of MJML",
        "put HTML inside <mj-text>",
    ),
    (
        "words between elements",
        column("Hello"),
        "5:1: words stand between elements",
        "put them inside <mj-text>",
    ),
    (
        "not closed",
        column("<mj-text>Hi"),
        "5:1: <mj-text> is never closed",
        "close it with </mj-text>",
    ),
    (
        "section not closed",
        mjml("<mj-section>"),
        "5:1: </mj-body> closes <mj-section>",
        "close <mj-section> first",
    ),
    (
        "closes nothing",
        column("<mj-text>Hi</mj-text></mj-text>"),
        "5:22: </mj-text> closes nothing here",
        "take it out",
    ),
    ("never closed at all", "<mjml><mj-body>", "3:7: <mj-body> is never closed", "</mj-body>"),
    (
        "mjml twice",
        "<mjml><mj-body></mj-body></mjml><mjml></mjml>",
        "<mjml> stands in the wrong place",
        "one <mjml>",
    ),
    ("nested mjml", mjml("<mjml></mjml>"), "4:1: <mjml> stands in the wrong place", "one <mjml>"),
    (
        "reads a file",
        mjml('<mj-include path="/etc/passwd"/>'),
        "4:1: mj-include reads another file",
        "write the words here",
    ),
    (
        "sign in words",
        column("<mj-text>a < b</mj-text>"),
        "5:12: this < begins no tag",
        "write &lt;",
    ),
    ("HTML not closed", column("<mj-text><b>x</mj-text>"), "5:10: <b> is never closed", "</b>"),
    (
        "HTML crossed",
        column("<mj-text><b><i>x</b></i></mj-text>"),
        "5:17: </b> closes nothing here",
        "close tags in order",
    ),
    ("void closed", column("<mj-text>x</br></mj-text>"), "5:11: </br> closes nothing here", ""),
    ("raw not closed", column("<mj-raw><tr></mj-raw>"), "5:9: <tr> is never closed", ""),
    (
        "comment not closed",
        column("<!-- x"),
        "5:1: this comment is never closed",
        "close it with -->",
    ),
    (
        "no quotes",
        column("<mj-text align=left>x</mj-text>"),
        "5:1: a value in <mj-text> has no quotes",
        '"quotes"',
    ),
    (
        "quote in quotes",
        column("<mj-text><a title='\"'>x</a></mj-text>"),
        "5:10: a value in <a> holds a quote",
        "&quot;",
    ),
    (
        "quote not closed",
        column('<mj-text align="left>x</mj-text>'),
        "5:1: this tag is not well formed",
        "quotes",
    ),
    (
        "loose Liquid",
        column("<mj-text {{ customer.x }}>x</mj-text>"),
        "5:1: Liquid stands loose in <mj-text>",
        "href=",
    ),
    (
        "tag half in an attribute",
        column('<mj-text color="{% if x %}red">x</mj-text>'),
        "5:17: {% if %} is never closed",
        "close it with {% endif %}",
    ),
    (
        "name made in an attribute",
        column('<mj-text color="{% assign x = 1 %}">x</mj-text>'),
        "{% assign %} cannot stand in an attribute",
        "before <mjml>",
    ),
    (
        "tag half in an element",
        column("<mj-text>{% if x %}a</mj-text><mj-text>{% endif %}</mj-text>"),
        "5:10: {% if %} is not closed in <mj-text>",
        "whole element",
    ),
    (
        "tag ends elsewhere",
        column("<mj-text>a{% endif %}</mj-text>"),
        "5:11: {% endif %} closes nothing",
        "",
    ),
    (
        "tag inside social",
        column("<mj-social>{% if x %}<mj-social-element/>{% endif %}</mj-social>"),
        "{% if x %} cannot stand directly inside <mj-social>",
        "whole element",
    ),
    (
        "choice in the head",
        mjml("", head="{% if x %}<mj-style>a</mj-style>{% endif %}"),
        "{% if x %} cannot stand directly inside <mj-head>",
        "",
    ),
    ("after the end", mjml("") + "{{ x }}", "{{ x }} cannot stand here", ""),
    (
        "no effect",
        column('<mj-image src="a" width="{{ customer.w }}"/>'),
        "{{ customer.w }} has no effect here",
        "MJML drops it",
    ),
    (
        "unclosed Liquid",
        column("<mj-text>{{ customer.x }</mj-text>"),
        "5:10: this {{ is never closed",
        "close it with }}",
    ),
    (
        "unknown tag",
        column("<mj-text>{% fi x %}{% endif %}</mj-text>"),
        'fi is no tag that a template may use; did you mean "if"?',
        "",
    ),
    (
        "unknown filter",
        column("<mj-text>{{ customer.x | upcas }}</mj-text>"),
        '5:26: upcas is no filter that a template may use; did you mean "upcase"?',
        "",
    ),
    (
        "reads a template",
        column("<mj-text>{% include 'x' %}</mj-text>"),
        "5:10: include is no tag",
        "reads no other files",
    ),
    ("safe", column("<mj-text>{{ customer.x | safe }}</mj-text>"), "safe is no filter", ""),
    (
        "skip without reason",
        column("<mj-text>{% skip %}</mj-text>"),
        "5:13: `skip` needs its reason in quotes",
        "{% skip",
    ),
    (
        "skip with a value",
        column("<mj-text>{% skip customer.x %}</mj-text>"),
        "`skip` needs its reason in quotes",
        "",
    ),
    ("bad Liquid", column("<mj-text>{{ customer. }}</mj-text>"), "this is no Liquid:", ""),
    (
        "odd if",
        column("<mj-text>{% if x = 1 %}a{% endif %}</mj-text>"),
        "this is no Liquid",
        'write "=="',
    ),
]


@pytest.mark.parametrize(
    ("body", "told", "mend"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_fault_is_told_with_its_line_and_how_to_mend_it(body: str, told: str, mend: str) -> None:
    problems = faults(mjml_file(body))
    assert problems
    assert any(told in problem and mend in problem for problem in problems), problems
    for problem in problems:
        assert re.match(rf"{re.escape(FILE)}:\d+:\d+: ", problem)


def test_several_faults_are_told_together() -> None:
    body = column("Hello <mj-text {{ x }}>a</mj-text>\n{% if x %}<mj-text>{% endif %}</mj-text>")
    assert len(faults(mjml_file(body))) == 3


def test_all_faults_are_told_at_once_and_none_that_only_follows_from_another() -> None:
    """Each line has one fault of its own; reading goes on behind every one of them."""
    body = """<mjml><mj-head><mj-titel>Hi</mj-titel></mj-head><mj-body>
<mj-section><mj-colum>
<mj-text>a < b</mj-text>
<mj-text><p><b>bold</p></mj-text>
<mj-text align=left>x</mj-text>
<mj-buton href="https://acme.example">Buy</mj-buton>
<mj-text align="left>x</mj-text>
<mj-text>never closed
<mj-image src="a.png"/>
<mj-text><a href="x>link</a></mj-text>
<div><mj-text>in HTML</mj-text></div>
<mj-text>slip</mj-txet>
</mj-colum></mj-section>
<mj-section><mj-text>no column</mj-text><mj-text>either</mj-text></mj-section>
<mj-section><mj-column><mj-text>fine</mj-text></mj-column>
</mj-body></mjml>"""
    told = [each.partition(" [mjml]")[0] for each in faults(mjml_file(body))]
    assert [each.removeprefix(f"{FILE}:") for each in told] == [
        "3:16: <mj-titel> is no element of MJML",
        "4:13: <mj-colum> is no element of MJML",
        "5:12: this < begins no tag",
        "6:13: <b> is never closed",
        "7:1: a value in <mj-text> has no quotes",
        "8:1: <mj-buton> is no element of MJML",
        "9:1: this tag is not well formed",
        "10:1: <mj-text> is never closed",
        "12:10: this tag is not well formed",
        "13:1: <div> is no element of MJML",
        "14:14: </mj-txet> is no element of MJML",
        "16:13: <mj-text> cannot stand directly in <mj-section>",
        "18:1: </mj-body> closes <mj-section>",
    ]


def test_a_fault_of_markup_is_told_beside_one_of_liquid() -> None:
    body = column(
        "<mj-text>{{ customer.x }</mj-text>\n<mj-txet>{% if x %}{{ y }}{% endif %}</mj-txet>"
    )
    folder = read_workspace({FILE: f"---\nsubject: Hi\n---\n{body}".encode()})
    (liquid,) = template_faults(folder, "liquid")
    (markup,) = template_faults(folder, "mjml")
    assert "this {{ is never closed" in liquid.message
    assert (markup.place.span.line, markup.message) == (
        liquid.place.span.line + 1,
        "<mj-txet> is no element of MJML",
    )


def test_every_mark_that_is_never_closed_is_told() -> None:
    body = column(
        "<mj-text>{{ customer.x }</mj-text>\n<mj-text>{% if y }{{ customer.y }}</mj-text>\n"
        "<mj-text>{{ '{{' }} {{ customer.z</mj-text>"
    )
    told = [each.partition(" [")[0].removeprefix(f"{FILE}:") for each in faults(mjml_file(body))]
    assert told == [
        "5:10: this {{ is never closed",
        "6:10: this {% is never closed",
        "7:21: this {{ is never closed",
    ]


def test_more_gaps_lost_than_anybody_reads_are_no_breakdown() -> None:
    lost = "".join(f'<mj-image src="a" width="{{{{ customer.w{n} }}}}"/>' for n in range(30))
    assert len(faults(mjml_file(column(lost)))) == 20


def test_a_fault_behind_liquid_is_told_at_its_own_place() -> None:
    body = column("<mj-text>{{ customer.first_name | default: 'you' }}</mj-text>\n<mj-txet/>")
    (problem,) = faults(mjml_file(body))
    assert problem.startswith(f"{FILE}:6:1: ")


def test_the_words_that_stand_for_liquid_cannot_be_taken_for_it() -> None:
    words = "kwmark0q KWMARK0Q kwmarkx1q {{ customer.first_name }}"
    assert rendered(mail_file(words))["text"] == "kwmark0q KWMARK0Q kwmarkx1q Anna"
    variables = customer(first_name="kwmark0q kwmarkxx0q")
    assert rendered(mail_file(words), variables)["text"].endswith("kwmark0q kwmarkxx0q")


def test_a_preheader_is_hidden_at_the_top_of_the_mail() -> None:
    file = mail_file("Hi", preheader="Save {{ customer.plan }} & more")
    html = rendered(file)["html"]
    assert html.index("Save free &amp; more") < html.index("Hi\n")
    with_own = mjml_file(mjml("", head="<mj-preview>Own</mj-preview>"), preheader="Other")
    assert "Other" not in rendered(with_own)["html"]


# ── Whatever is done to a mail ───────────────────────────────────────────────────────────────

WHOLE = mjml(
    """{% if customer.plan %}<mj-section background-url="{{ customer.url }}"><mj-column>
    <mj-text>a <b title='{{ customer.x }}'>{{ customer.x }}</b><!-- {{ b }} --></mj-text>
    {% for t in customer.list %}<mj-button href="{{ t }}">{{ t | upcase }}</mj-button>{% endfor %}
    </mj-column></mj-section>{% else %}<mj-hero><mj-text>x</mj-text></mj-hero>{% endif %}""",
    head="<mj-preview>p</mj-preview><mj-style>.a { color: {{ customer.x }} }</mj-style>",
)
SIGNS = st.sampled_from(
    [
        *"<>\"'&/=\n\x00é",
        *("{{", "}}", "{%", "%}", "{% if x %}", "{% else %}", "{% endif %}", "{% skip 'x' %}"),
        *("{% raw %}", "{% endraw %}", "{% comment %}", "{% for t in l %}", "{% endfor %}"),
        *("<mj-text>", "</mj-text>", "<mj-raw>", "<mj-section>", "</mj-section>", "<mjml>"),
        *("<b>", "</b>", "<br>", '<a href="', "<!--", "-->", "<![CDATA[", "]]>", "<?x?>", "url("),
        *("<!DOCTYPE>", "kwmark0q"),
    ]
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), SIGNS), max_size=4))
def test_a_mail_that_was_tampered_with_is_refused_or_written(
    edits: list[tuple[int, int, str]],
) -> None:
    body = WHOLE
    for at, cut, sign in edits:
        body = body[:at] + sign + body[at + cut :]
    for problem in faults(mjml_file(body)):
        assert re.match(rf"{re.escape(FILE)}:\d+:\d+: ", problem)
