"""Templates: the head, the words, and the file's name."""

from __future__ import annotations

import pytest

from keepwarm.schema.faults import Faults
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.templates import missing_originals, read_template
from tests.schema import acme

WELCOME = """\
---
subject: 'Welcome, {{ customer.first_name | default: "you" }}'
preheader: Your first project in five minutes
sender: Ann at Acme <ann@acme.example>
reply_to: ann@acme.example
---
<mjml><mj-body>Hello</mj-body></mjml>
"""


def read(
    text: str | bytes, file: str = "templates/onboarding/welcome.mjml"
) -> tuple[TemplateFile | None, list[str]]:
    faults = Faults(file)
    template = read_template(text, faults)
    return template, acme.told(faults)


def test_a_head_stands_above_the_words() -> None:
    template, problems = read(WELCOME)
    assert problems == []
    assert template == TemplateFile(
        name="onboarding/welcome",
        form="mjml",
        body="<mjml><mj-body>Hello</mj-body></mjml>\n",
        body_line=7,
        file="templates/onboarding/welcome.mjml",
        subject='Welcome, {{ customer.first_name | default: "you" }}',
        preheader="Your first project in five minutes",
        sender="Ann at Acme <ann@acme.example>",
        reply_to="ann@acme.example",
    )


def test_a_text_needs_no_head() -> None:
    template, problems = read("Your card was declined.\n", "templates/billing/declined.txt")
    assert problems == []
    assert template is not None
    assert (template.form, template.body, template.body_line, template.subject) == (
        "txt",
        "Your card was declined.\n",
        1,
        None,
    )


def test_a_push_message_may_have_a_title() -> None:
    template, problems = read("---\ntitle: Almost there\n---\nOne step left.\n", "templates/a.txt")
    assert problems == []
    assert template is not None
    assert template.title == "Almost there"
    assert template.body_line == 4


def test_a_translation_is_named_by_its_file() -> None:
    template, problems = read(WELCOME, "templates/onboarding/welcome.pt-BR.mjml")
    assert problems == []
    assert template is not None
    assert (template.name, template.language) == ("onboarding/welcome", "pt-BR")


def test_windows_line_ends_and_a_mark_at_the_start_change_nothing() -> None:
    written = b"\xef\xbb\xbf" + WELCOME.replace("\n", "\r\n").encode()
    assert read(written) == read(WELCOME)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<mjml></mjml>\n", ['1:1: an e-mail needs "subject" [missing]']),
        ("---\npreheader: x\n---\n<mjml/>\n", ['1:1: an e-mail needs "subject" [missing]']),
        ("---\n---\n<mjml/>\n", ['1:1: an e-mail needs "subject" [missing]']),
        (
            "---\nsubjct: x\n---\n<mjml/>\n",
            [
                (
                    '2:1: the head of a template has no setting "subjct"; did you mean "subject"? '
                    "[unknown-key]"
                ),
            ],
        ),
        (
            "---\nsubject: Hi\n<mjml/>\n",
            ["1:1: the head of this template has no end [template-head]"],
        ),
        ("---\nsubject: Hi\n---\n\n", ["4:1: this template has no words [empty]"]),
        (
            '---\nsubject: "Hi\\r\\nBcc: everybody@acme.example"\n---\n<mjml/>\n',
            ['2:10: "subject" must be one line [one-line]'],
        ),
        (
            "---\nsubject: |\n  Hi\n  there\n---\n<mjml/>\n",
            ['2:10: "subject" must be one line [one-line]'],
        ),
        (
            "---\nsubject: Hi\nsubject: Hello\n---\n<mjml/>\n",
            ['3:1: "subject" is written twice here; the first one is on line 2 [duplicate-key]'],
        ),
        (
            "---\nsubject: Hi\nreply_to: ann\n---\n<mjml/>\n",
            ['3:11: "ann" is not an e-mail address [address]'],
        ),
        (
            "---\nsubject: Hi\nsender: Ann <ann>\n---\n<mjml/>\n",
            ['3:9: "Ann <ann>" is not a sender [address]'],
        ),
        (
            "---\nsubject: Hi\ntitle: Hi\n---\n<mjml/>\n",
            ['3:1: "title" belongs to a text (.txt), not to an e-mail (.mjml) [misplaced-key]'],
        ),
        (
            "---\nsubject: 50% off #1\n---\n<mjml/>\n",
            None,
        ),
    ],
)
def test_a_fault_in_a_template_is_told_at_its_place(text: str, expected: list[str] | None) -> None:
    problems = read(text)[1]
    if expected is None:
        assert len(problems) == 1
        assert problems[0].startswith("2:")
    else:
        assert problems == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "templates/welcome.html",
            '1:1: "welcome.html" does not end as templates do [template-name]',
        ),
        (
            "templates/welcome.dutch.mjml",
            '1:1: "dutch" is not how a language is written [template-name]',
        ),
        (
            "templates/on boarding/welcome.mjml",
            '1:1: "on boarding" cannot be part of a name [template-name]',
        ),
    ],
)
def test_a_file_that_is_not_named_as_templates_are_is_refused(file: str, expected: str) -> None:
    assert read(WELCOME, file) == (None, [expected])


def test_a_translation_needs_its_original() -> None:
    files = ("templates/welcome.mjml", "templates/welcom.nl.mjml", "templates/welcome.nl.mjml")
    templates = [template for file in files if (template := read(WELCOME, file)[0])]
    assert [str(problem) for problem in missing_originals(templates)] == [
        (
            'templates/welcom.nl.mjml:1:1: this translates "welcom" into "nl", and there is no '
            'templates/welcom.mjml; did you mean "welcome"? [translation]'
        ),
    ]


def test_an_email_and_a_text_may_share_a_name() -> None:
    both = [read(WELCOME)[0], read("Welcome!\n", "templates/onboarding/welcome.txt")[0]]
    assert [template.name for template in both if template] == ["onboarding/welcome"] * 2
    assert list(missing_originals(template for template in both if template)) == []
