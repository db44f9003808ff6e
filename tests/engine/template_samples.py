"""Templates and customers for the tests of templates."""

from __future__ import annotations

from typing import Any

from keepwarm.engine.templates import (
    Broken,
    CompiledTemplate,
    Outcome,
    Rendered,
    Skip,
    compile_template,
)
from keepwarm.schema.playbook import Policies, TemplateFile
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import Channel, Kind

POLICIES = Policies(
    sender="Acme <news@acme.example>",
    postal_address="Acme BV, Damrak 1, 1012 LG Amsterdam",
)
ANNA: dict[str, Any] = {
    "customer": {"first_name": "Anna", "plan": "free", "language": "en"},
    "unsubscribe_url": "https://acme.example/u/abc",
}


def mail_file(words: str, *, subject: str = "Hello", **head: Any) -> TemplateFile:
    """Give a mail whose only element is an `mj-text` with these words, on line 4 of the file."""
    body = (
        "<mjml><mj-body><mj-section><mj-column><mj-text>\n"
        f"{words}\n</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    return mjml_file(body, subject=subject, **head)


def mjml_file(body: str, *, subject: str | None = "Hello", **head: Any) -> TemplateFile:
    """Give a mail; its body begins on line 3 of the file."""
    name = "winback/we-miss-you"
    file = f"templates/{name}.mjml"
    return TemplateFile(name, "mjml", body, 3, file, subject=subject, **head)


def text_file(body: str, **head: Any) -> TemplateFile:
    """Give the words of a text message, a push message or a chat."""
    return TemplateFile("billing/card", "txt", body, 1, "templates/billing/card.txt", **head)


def compiled(
    *files: TemplateFile, kind: Kind = Kind.TRANSACTIONAL, policies: Policies = POLICIES
) -> CompiledTemplate:
    return compile_template(files, policies, kind=kind, timezone="Europe/Amsterdam")


def render(
    file: TemplateFile, variables: dict[str, Any] = ANNA, channel: Channel | None = None
) -> Outcome:
    template = compiled(file)
    return template.render(variables, channel or template.channels[0])


def rendered(
    file: TemplateFile, variables: dict[str, Any] = ANNA, channel: Channel | None = None
) -> dict[str, str]:
    """Give the texts that the receiver reads; fails where there is no message."""
    return texts_of(render(file, variables, channel))


def texts_of(outcome: Outcome) -> dict[str, str]:
    match outcome:
        case Rendered(content, values):
            return {name: text.filled(values) for name, text in content.texts.items()}
        case Skip() | Broken():
            raise AssertionError(outcome)


def html_of(words: str, variables: dict[str, Any] = ANNA) -> str:
    """Give the HTML that these words become inside a mail, without the mail around them."""
    html = rendered(mail_file(f"⟦{words}⟧"), variables)["html"]
    return html[html.index("⟦") + 1 : html.rindex("⟧")]


def text_of(words: str, variables: dict[str, Any] = ANNA) -> str:
    """Give the plain text part of a mail with these words."""
    return rendered(mail_file(words), variables)["text"]


def sms_of(words: str, variables: dict[str, Any] = ANNA) -> str:
    return rendered(text_file(words), variables, Channel.SMS)["text"]


def customer(**attributes: object) -> dict[str, Any]:
    return {**ANNA, "customer": attributes}


def faults(*files: TemplateFile, kind: Kind = Kind.TRANSACTIONAL) -> list[str]:
    """Give the problems for which templates are refused, each on one line with its hint."""
    try:
        compiled(*files, kind=kind)
    except PlaybookRefused as refused:
        return [f"{p}{f'; {p.hint}' if p.hint else ''}" for p in refused.problems]
    return []
