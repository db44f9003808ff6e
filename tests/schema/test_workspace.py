"""A whole folder, read at once."""

from __future__ import annotations

from time import thread_time

import pytest

from keepwarm.schema.conditions import All, FactKind, Happened, InSegment, OneOf, Test
from keepwarm.schema.phrases import Length, Unit, WaitUntilDone, WaitUntilEvent
from keepwarm.schema.playbook import (
    ChooseStep,
    OncePerProperty,
    OnSchedule,
    SendStep,
    SplitStep,
    TaskStep,
    UpdateStep,
    WaitStep,
    WhenEvent,
)
from keepwarm.schema.words import Channel, Kind, PlaybookStatus
from keepwarm.schema.workspace import Workspace, read_workspace
from tests.machine import is_within
from tests.schema.workspaces import HERE, folder, report, with_catalog, with_playbook

GOOD = """\
playbook: good
title: Good
owner: crm@acme.example
status: draft
start: {event: signed_up}
steps:
  - email: onboarding/welcome
"""


@pytest.fixture(scope="module")
def language() -> Workspace:
    """The three playbooks, the catalog and the test of the language's own first page."""
    return read_workspace(folder("language"))


def test_the_three_playbooks_their_catalog_and_their_test_have_no_problem(
    language: Workspace,
) -> None:
    assert report(language) == ""
    assert language.respellings == ()
    assert sorted(language.playbooks) == [
        "dormant-win-back",
        "failed-payment",
        "onboarding-30-days",
    ]
    assert [story.name for story in language.stories["failed-payment"].tests] == [
        "Pays after the first mail and hears nothing more",
        "Nobody is woken up at night",
    ]


def test_the_rescue_of_a_payment_is_typed(language: Workspace) -> None:
    playbook = language.playbooks["failed-payment"]
    assert (playbook.status, playbook.kind) == (PlaybookStatus.LIVE, Kind.TRANSACTIONAL)
    assert playbook.start == WhenEvent("payment_failed", OncePerProperty("invoice"))
    assert playbook.goal is not None
    assert playbook.goal.for_the_same == "invoice"
    choice = playbook.steps[5]
    assert isinstance(choice, ChooseStep)
    task, wait = choice.arms[0].steps
    assert isinstance(task, TaskStep)
    assert task.due == Length(4, Unit.WORKING_HOUR)
    assert task.if_late.notify == ("#billing-escalations",)
    assert task.if_late.reassign == "head-of-billing"
    assert isinstance(wait, WaitStep)
    assert wait.wait == WaitUntilDone("rescue-call", Length(2, Unit.DAY))
    assert choice.arms[1].when is None


def test_the_first_month_is_typed(language: Workspace) -> None:
    playbook = language.playbooks["onboarding-30-days"]
    assert playbook.topic == "product_tips"
    assert [str(cap) for cap in playbook.respect.caps] == ["3 messages per week"]
    choice = playbook.steps[2]
    assert isinstance(choice, ChooseStep)
    waiting = choice.arms[1].steps[1]
    assert isinstance(waiting, WaitStep)
    assert waiting.wait == WaitUntilEvent("project_created", Length(3, Unit.DAY))
    nudge = choice.arms[1].steps[2]
    assert isinstance(nudge, ChooseStep)
    push = nudge.arms[0].steps[0]
    assert isinstance(push, SendStep)
    assert [other.channel for other in push.or_else] == [Channel.SMS]


def test_the_win_back_is_typed(language: Workspace) -> None:
    playbook = language.playbooks["dormant-win-back"]
    assert isinstance(playbook.start, OnSchedule)
    assert playbook.start.once.again_after == Length(180, Unit.DAY)
    assert isinstance(playbook.start.for_customers, All)
    quiet = playbook.start.for_customers.of[0]
    assert isinstance(quiet, Test)
    assert quiet.kind is FactKind.EVENT
    assert isinstance(quiet.phrase, Happened)
    assert [str(stage) for stage in playbook.rollout] == ["5% for 3 days", "25% for 4 days", "100%"]
    choice = playbook.steps[2]
    assert isinstance(choice, ChooseStep)
    split = choice.arms[1].steps[0]
    assert isinstance(split, SplitStep)
    assert [str(portion.share) for portion in split.portions] == ["0.30", "0.70"]


def test_the_catalog_is_typed(language: Workspace) -> None:
    catalog = language.catalog
    assert catalog.attributes["plan"].choices == ("free", "pro", "team", "enterprise")
    assert catalog.attributes["plan"].means == "What they pay for"
    assert catalog.scores["rfm_segment"].amount == "amount"
    assert catalog.scores["rfm_segment"].choices[0] == "champions"
    assert catalog.metrics["active_minutes"].property == "minutes"
    assert catalog.teams["billing-ops"].timezone == "Europe/Amsterdam"
    assert catalog.outcomes["rescue-call"] == ("saved", "lost", "no_answer")
    assert catalog.attributes["email_consent"].kind is FactKind.TRUTH


def test_segments_may_ask_about_each_other() -> None:
    catalog = read_workspace(folder("shop")).catalog
    condition = catalog.segments["quiet-big-accounts"].condition
    assert isinstance(condition, All)
    first = condition.of[0]
    assert isinstance(first, Test)
    assert first.phrase == InSegment(wanted=True)


def test_one_bad_file_does_not_keep_the_others_from_being_read() -> None:
    shop = folder("shop")
    workspace = read_workspace(
        {**shop, "good.yaml": GOOD.encode(), "bad.yaml": b"a: [", "worse.yaml": b"\xff\xfe\x00"}
    )
    assert list(workspace.playbooks) == ["good"]
    assert {problem.file for problem in workspace.problems} == {"bad.yaml", "worse.yaml"}


def test_a_playbook_with_a_fault_is_kept_apart_as_far_as_it_could_be_read() -> None:
    workspace = with_playbook(GOOD + "  - emial: onboarding/welcome\n", "good")
    assert list(workspace.playbooks) == []
    assert len(workspace.faulty["good"].steps) == 1


def test_while_a_fact_of_the_catalog_is_at_fault_no_playbook_is_taken_for_whole() -> None:
    files = {**folder("shop"), "good.yaml": GOOD.encode()}
    files["catalog/more.yaml"] = b"attributes:\n  size: {is: huge}\n"
    workspace = read_workspace(files)
    assert workspace.playbooks == {}
    assert list(workspace.faulty) == ["good"]


def test_the_use_of_a_fact_that_is_declared_with_a_fault_is_not_a_fault_too() -> None:
    playbook = GOOD.replace("start:", "only_if: [size: at least 3, {size: known}]\nstart:")
    files = {**folder("shop"), "good.yaml": playbook.encode()}
    files["catalog/more.yaml"] = b"attributes:\n  size: {is: huge}\n"
    assert {problem.file for problem in read_workspace(files).problems} == {"catalog/more.yaml"}


def test_an_unreadable_catalog_makes_no_name_unknown() -> None:
    files = {"good.yaml": GOOD.encode(), "catalog/words.yaml": b"events: {signed_up: {}\n"}
    files["templates/onboarding/welcome.mjml"] = b"---\nsubject: Hello\n---\n<mjml></mjml>\n"
    assert {problem.file for problem in read_workspace(files).problems} == {"catalog/words.yaml"}


def test_playbooks_may_lie_in_folders_and_still_have_one_name_each() -> None:
    files = {**folder("shop"), "a/good.yaml": GOOD.encode(), "b/good.yaml": GOOD.encode()}
    workspace = read_workspace(files)
    assert list(workspace.playbooks) == ["good"]
    assert report(workspace) == (
        'b/good.yaml:1:1: there are two playbooks called "good"; the other one is a/good.yaml'
        " [file-name]\n    rename one of them\n"
    )


def test_a_file_that_would_not_be_read_says_so() -> None:
    files = {**folder("shop"), "good.yml": GOOD.encode(), "win back.yaml": GOOD.encode()}
    assert report(read_workspace(files)) == (
        "good.yml:1:1: files of the workspace end in .yaml, and this one is not read [file-name]\n"
        "    rename it to good.yaml\n"
        'win back.yaml:1:1: "win back" cannot be the name of a playbook [file-name]\n'
        "    a name has letters, digits, hyphens and underscores; rename the file\n"
    )


def test_files_that_are_no_part_of_it_are_left_alone() -> None:
    files = {".github/workflows/ci.yaml": b"on: push", "README.md": b"# Ours"}
    assert read_workspace({**folder("shop"), **files}).problems == ()


def test_an_empty_file_of_the_catalog_or_of_policies_is_in_order() -> None:
    files = {**folder("shop"), "catalog/later.yaml": b"# nothing yet\n", "policies.yaml": b""}
    assert read_workspace(files).problems == ()


def test_an_empty_test_file_is_refused() -> None:
    files = {**folder("shop"), "good.yaml": GOOD.encode(), "good.test.yaml": b""}
    assert [str(problem) for problem in read_workspace(files).problems] == [
        "good.test.yaml:1:1: this file is empty [empty]"
    ]


def test_a_template_is_found_by_its_name_form_and_language() -> None:
    mail = b"---\nsubject: Hoi\n---\n<mjml></mjml>\n"
    files = {**folder("shop"), "templates/onboarding/welcome.nl.mjml": mail}
    workspace = read_workspace(files)
    original = workspace.template("onboarding/welcome", "mjml")
    dutch = workspace.template("onboarding/welcome", "mjml", "nl")
    assert original is not None
    assert dutch is not None
    assert (original.subject, dutch.subject) == ("Hello", "Hoi")
    assert workspace.template("onboarding/welcome", "txt") is None


def test_what_is_respelt_means_the_same_and_has_its_one_spelling() -> None:
    text = (HERE / "accepted" / "close-spellings.yaml").read_text()
    before = with_playbook(text, "close-spellings")
    lines = text.splitlines(keepends=True)
    for respelling in sorted(before.respellings, key=lambda r: r.span, reverse=True):
        span = respelling.span
        line = lines[span.line - 1]
        lines[span.line - 1] = (
            line[: span.column - 1] + f'"{respelling.text}"' + line[span.end_column - 1 :]
        )
    after = with_playbook("".join(lines), "close-spellings")
    assert len(before.respellings) == 10
    assert after.respellings == ()
    assert report(after) == ""
    old, new = before.playbooks["close-spellings"], after.playbooks["close-spellings"]
    assert (new.start, new.only_if, new.goal) == (old.start, old.only_if, old.goal)
    assert (new.holdout, new.respect) == (old.holdout, old.respect)


def test_words_without_a_colon_go_on_with_the_value_before_them() -> None:
    catalog = with_catalog("attributes: {size: {is: one of small, large, means: Shoe, or hat}}\n")
    size = catalog.catalog.attributes["size"]
    assert (size.choices, size.means) == (("small", "large"), "Shoe, or hat")
    text = GOOD.replace("start:", "only_if: [plan: one of pro, team, open_tickets: 0]\nstart:")
    condition = with_playbook(text, "good").playbooks["good"].only_if
    assert isinstance(condition, All)
    plan = condition.of[0]
    assert isinstance(plan, Test)
    assert plan.phrase == OneOf(("pro", "team"))
    assert len(condition.of) == 2


def test_two_hundred_playbooks_of_sixty_lines_are_read_in_less_than_two_seconds() -> None:
    text = (HERE / "language" / "dormant-win-back.yaml").read_text()
    long = text + "  - wait: 1 day\n" * (60 - text.count("\n"))
    files = folder("language")
    for number in range(200):
        name = f"win-back-{number}"
        files[f"{name}.yaml"] = long.replace("dormant-win-back", name).encode()
    began = thread_time()
    workspace = read_workspace(files)
    took = thread_time() - began
    assert report(workspace) == ""
    assert len(workspace.playbooks) == 203
    assert is_within(2, took)


def test_what_can_never_be_the_same_is_told_where_it_is_asked_for() -> None:
    workspace = read_workspace(
        {
            **folder("shop"),
            "catalog/case.yaml": b"events:\n  parcel_sent: {with: {parcel: number}}\n"
            b"  parcel_came: {with: {parcel: text}}\n",
            "good.yaml": GOOD.replace(
                "{event: signed_up}",
                "{event: parcel_sent, once: per parcel}\n"
                "goal: {event: parcel_came, for_the_same: parcel}",
            ).encode(),
        }
    )
    assert report(workspace) == (
        'good.yaml:6:42: "parcel" is a number in "parcel_sent" and a text in "parcel_came", so'
        " they are never the same [never-the-same]\n    declare both alike in the catalog\n"
    )


def test_yes_and_no_are_what_they_are_in_every_spelling() -> None:
    written = ", ".join(
        f"update: {{newsletter: {word}}}" for word in ("on", "Off", "true", "N", "yes")
    )
    steps = "".join(f"  - {each}\n" for each in written.split(", "))
    workspace = with_playbook(
        "playbook: case\ntitle: A case\nowner: crm@acme.example\nstatus: draft\n"
        f"start: {{event: signed_up}}\nsteps:\n{steps}"
    )
    assert report(workspace) == ""
    values = [
        step.values for step in workspace.playbooks["case"].steps if isinstance(step, UpdateStep)
    ]
    assert [each["newsletter"] for each in values] == ["yes", "no", "yes", "no", "yes"]
    refused = with_playbook("playbook: case\nsteps:\n  - update: {newsletter: nein}\n")
    assert '"newsletter" is yes or no, not "nein" [cannot-write]\n' in report(refused)


def test_the_title_of_a_task_is_no_template() -> None:
    refused = with_playbook(
        "playbook: case\nsteps:\n  - task: Call {{ customer.first_name }}\n    for: billing-ops\n"
    )
    assert "case.yaml:3:11: the title of a task is the same for everybody" in report(refused)


def test_a_zone_and_a_language_that_are_none_are_told_in_a_story_too() -> None:
    story = (
        "tests_for: good\ncustomers:\n  anna: {timezone: Europe/Amsterdm, language: english}\n"
        "tests:\n  - name: Signs up\n    customer: anna\n    story:\n"
        "      - {at: day 0 10:00, event: signed_up}\n"
        "    expect:\n      - {email: onboarding/welcome}\n"
    )
    files = {**folder("shop"), "good.yaml": GOOD.encode(), "good.test.yaml": story.encode()}
    said = report(read_workspace(files))
    assert 'no time zone "Europe/Amsterdm"; did you mean "Europe/Amsterdam"?' in said
    assert '"english" is not how a language is written' in said
