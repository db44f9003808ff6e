"""Rules are asked of files with faults as well, and say nothing that only follows from these."""

from __future__ import annotations

from datetime import date

import pytest

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import check
from tests.schema.workspaces import folder

ALL_RULES = all_rules(date(2026, 11, 22))

HEAD = "playbook: case\ntitle: Case\nowner: crm@acme.example\nstatus: draft\n"


def told(text: str, **more: str) -> list[str]:
    files = {"case.yaml": (HEAD + text).encode()}
    files |= {path: body.encode() for path, body in more.items()}
    found = check({**folder("shop"), **files}, ALL_RULES)
    return [f"{p.file}:{p.span.line} {p.rule}" for p in found.problems]


def test_two_lines_that_exclude_each_other_are_told_beside_a_fault_elsewhere() -> None:
    assert told(
        "topic: offers\nstart: {event: signed_up}\n"
        "only_if:\n  - plan: free\n  - plan: pro\n"
        "steps:\n  - wait: 3\n  - email: onboarding/welcome\n"
    ) == ["case.yaml:9 contradiction", "case.yaml:11 cannot-read"]


@pytest.mark.parametrize(
    "line",
    [
        "[plan: pro]@",
        "[plan: pro] @",
        "@[plan: pro]",
        "[@plan: pro]",
        "[plan: pro, @]",
        "[plan: @pro]",
    ],
)
def test_a_character_that_nobody_sees_is_told_once_whatever_it_stands_beside(line: str) -> None:
    start = f"topic: offers\nstart: {{event: signed_up}}\nonly_if: {line}\n"
    text = f"{start}steps:@\n  - email: onboarding/welcome\n"
    assert told(text.replace("@", "\x07")) == [
        "case.yaml:7 control-character",
        "case.yaml:8 control-character",
    ]


def test_nothing_is_said_of_a_step_that_could_not_be_read_but_that() -> None:
    steps = "  - wait: until project_created or so\n    name: came\n  - if: [came: no]\n"
    then = "    then:\n      - email: onboarding/welcome\n"
    start = "topic: offers\nstart: {event: signed_up}\nsteps:\n"
    assert told(start + steps + then) == ["case.yaml:8 cannot-read"]


def test_a_word_of_another_tool_is_told_once() -> None:
    start = "topic: offers\nstart: {event: signed_up}\nsteps:\n"
    email = "  - email: onboarding/welcome\n    body: Hello\n    fields: {a: b}\n"
    task = "  - task: call them\n    assign: customer-success\n    in: 4 working hours\n"
    assert told(start + email + task + "  - update: {tag: vip}\n") == [
        "case.yaml:9 unknown-key",
        "case.yaml:10 unknown-key",
        "case.yaml:12 unknown-key",
        "case.yaml:13 misplaced-key",
        "case.yaml:14 cannot-write",
    ]


def test_an_arm_is_not_shadowed_by_one_of_which_a_line_could_not_be_read() -> None:
    choose = (
        "topic: offers\nstart: {event: signed_up}\nsteps:\n  - choose:\n"
        "      - when:\n          - plan: pro\n          - employees: %s\n"
        "        steps:\n          - email: onboarding/welcome\n"
        "      - when:\n          - plan: pro\n"
        "        steps:\n          - email: onboarding/power-tips\n"
    )
    assert told(choose % "many and more") == ["case.yaml:11 condition"]
    assert told(choose.replace("          - employees: %s\n", "")) == ["case.yaml:14 shadowed-arm"]


def test_an_offer_that_is_misspelt_was_made_all_the_same() -> None:
    gift = {"templates/winback/gift.txt": "{{ offer.percent }}% off"}
    steps = "topic: offers\nstart: {event: signed_up}\nsteps:\n%s  - sms: winback/gift\n"
    assert told(steps % "  - offer: 15-percent-1-mont\n", **gift) == ["case.yaml:8 no-offer"]
    assert told(steps % "  - offer: something-else\n", **gift) == ["case.yaml:8 no-offer"]
    assert told(steps % "", **gift) == ["case.yaml:8 variable-not-set"]


def test_a_fact_that_the_catalog_declares_with_a_fault_makes_no_more_faults() -> None:
    catalog = "attributes:\n  stage: {is: one off new, old}\n"
    text = (
        "topic: offers\nstart: {event: signed_up}\nsteps:\n  - choose:\n"
        "      - when:\n          - plan: pro\n          - stage: new\n"
        "        steps:\n          - email: onboarding/welcome\n"
        "      - when:\n          - plan: pro\n          - stage: old\n"
        "        steps:\n          - email: onboarding/power-tips\n"
    )
    found = told(text, **{"catalog/more.yaml": catalog})
    assert [line.split()[0] for line in found] == ["catalog/more.yaml:2"]


MANY = """\
topic: offers
start: {event: signed_up}
only_if:
  - plan: pro
goal: {event: ordered, within: 30}
steps:
  - if:
      - plan: free
    then:
      - email: winback/what-is-new
    else:
      - offer: 15-percent-1-month
        topic: offers
      - stop: that is all
  - sms: winback/gift
  - wait: 3 days
  - task: Call
    for: nobody-at-all
  - wait: until day 2
"""


def test_many_faults_are_told_side_by_side() -> None:
    found = told(MANY, **{"templates/winback/gift.txt": "{{ offer.percent }}% off"})
    assert found == [
        "case.yaml:9 cannot-read",
        "case.yaml:12 constant-condition",
        "case.yaml:17 misplaced-key",
        "case.yaml:19 variable-not-set",
        "case.yaml:22 no-team",
        "case.yaml:23 wait-is-over",
    ]


def test_what_stands_below_a_misspelt_word_is_told_at_once_and_at_its_place() -> None:
    text = MANY.replace("steps:", "stpes:").replace("email: winback/what", "emial: winback/waht")
    assert told(text, **{"templates/winback/gift.txt": "Hello"}) == [
        "case.yaml:9 cannot-read",
        "case.yaml:10 unknown-key",
        "case.yaml:12 constant-condition",
        "case.yaml:14 unknown-key",
        "case.yaml:14 no-template",
        "case.yaml:17 misplaced-key",
        "case.yaml:22 no-team",
        "case.yaml:23 wait-is-over",
    ]
    files = {**folder("shop"), "case.yaml": (HEAD + text).encode()}
    places = [(p.span.line, p.span.column) for p in check(files, ALL_RULES).problems]
    line = (HEAD + text).split("\n")[13]
    assert (14, line.index("emial") + 1) in places
    assert (14, line.index("winback") + 1) in places


def test_a_wait_that_could_not_be_read_may_have_changed_everything() -> None:
    text = MANY.replace("  - if:\n", "  - wait: 3\n  - if:\n")
    assert "case.yaml:13 constant-condition" not in told(
        text, **{"templates/winback/gift.txt": "Hello"}
    )


def test_what_no_step_can_mend_is_told_at_the_template() -> None:
    text = "topic: offers\nstart: {every: day at 09:00, for_customers: [plan: pro]}\nsteps:\n"
    gift = {"templates/winback/gift.txt": "You owe {{ event.amount }}"}
    assert told(text + "  - sms: winback/gift\n", **gift) == ["case.yaml:8 variable-not-set"]
    assert told(text + "  - sms: winback/gift\n" * 2, **gift) == [
        "templates/winback/gift.txt:1 variable-not-set"
    ]


def test_a_guard_that_is_misspelt_is_told_alone() -> None:
    city = "{% if customer.ctiy %}{{ customer.city }}{% endif %}"
    text = city + "{% if ofer %}{{ offer.code }}{% endif %}"
    playbook = "topic: offers\nstart: {event: signed_up}\nsteps:\n  - sms: winback/gift\n"
    assert told(playbook, **{"templates/winback/gift.txt": text}) == [
        "templates/winback/gift.txt:1 unknown-variable",
        "templates/winback/gift.txt:1 unknown-variable",
    ]


def test_a_name_that_was_put_right_in_a_wrong_way_makes_no_more_faults() -> None:
    steps = (
        "topic: offers\nstart: {event: signed_up}\nsteps:\n  - task: Call\n    name: rescue-cal\n"
        "    for: billing-ops\n  - tag: saved\n    only_if:\n      - rescue-call: saved\n"
    )
    assert told(steps) == ["case.yaml:13 unknown-name"]


def test_a_setting_in_a_wrong_place_is_not_missing_besides() -> None:
    steps = "steps:\n  - email: onboarding/welcome\n"
    assert told("topic: offers\nevent: signed_up\nstart:\n  once: per customer\n" + steps) == [
        "case.yaml:6 unknown-key"
    ]


def test_a_name_that_two_steps_have_makes_no_more_faults() -> None:
    steps = (
        "topic: offers\nstart: {event: signed_up}\nsteps:\n  - task: Call\n"
        "    name: rescue-call\n    for: billing-ops\n"
        "  - wait: until rescue-call is done, at most 2 days\n    name: rescue-call\n"
        "  - tag: saved\n    only_if:\n      - rescue-call: saved\n"
    )
    assert told(steps) == ["case.yaml:12 step-name"]


def test_a_mail_without_a_subject_is_told_once() -> None:
    steps = "topic: offers\nstart: {event: signed_up}\nsteps:\n  - email: winback/gift\n"
    mail = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text>%s</mjml>"
    mail %= "</mj-column></mj-section></mj-body>"
    assert told(steps, **{"templates/winback/gift.mjml": f"---\npreheader: Hi\n---\n{mail}"}) == [
        "templates/winback/gift.mjml:1 missing"
    ]


def test_a_slip_where_a_fact_is_declared_is_told_there_and_nowhere_else() -> None:
    catalog = {"catalog/more.yaml": "events:\n  visted: {with: {minutes: number}}\n"}
    metric = "metrics:\n  stay: {sum: visited.minutes}\n"
    start = "topic: offers\nstart: {event: visited}\nsteps:\n  - email: onboarding/welcome\n"
    only_if = "    only_if:\n      - visited: at least 3 times\n"
    more = {"catalog/metrics.yaml": metric, **catalog}
    assert told(start + only_if, **more) == ["catalog/more.yaml:2 unknown-name"]
    # With one line alone, either of the two may have the slip.
    assert told(start, **catalog) == ["case.yaml:6 unknown-event"]
    # What others name is declared as it should be.
    right = "metrics:\n  stay: {sum: visited.minutes}\n  visits: {count: visted}\n"
    assert told(start, **{**catalog, "catalog/metrics.yaml": right}) == [
        "case.yaml:6 unknown-event",
        "catalog/metrics.yaml:2 unknown-name",
    ]


def test_an_odd_space_behind_a_colon_is_told_once() -> None:
    text = "topic:\u00a0offers\nstart: {event: signed_up}\nsteps:\n  - email: onboarding/welcome\n"
    assert told(text) == ["case.yaml:5 missing-space"]


def test_stories_of_no_playbook_are_told_once() -> None:
    stories = "tests_for: cse\ntests:\n  - {name: A, story: [], expect: [nothing else]}\n"
    text = "topic: offers\nstart: {event: signed_up}\nsteps:\n  - email: onboarding/welcome\n"
    assert told(text, **{"cse.test.yaml": stories}) == ["cse.test.yaml:1 no-playbook"]


def test_slips_in_liquid_are_told_with_what_to_write() -> None:
    words = {
        "{% if customer.plan = 'free' %}{% endif %}": 'write "==" to compare',
        "{{ customer.city || default: 'there' }}": 'write one "|" before a filter',
        "{% for tag of customer.interests %}{% endfor %}": 'write "in"',
        "{{ customer.city | default }}": "write default: 'there'",
    }
    for text, mend in words.items():
        files = {**folder("shop"), "templates/onboarding/short-nudge.txt": text.encode()}
        [problem] = [p for p in check(files, ALL_RULES).problems if p.rule == "liquid"]
        assert problem.hint is not None
        assert problem.hint.startswith(mend)


SIGNED_UP = "topic: offers\nstart: {event: signed_up}\n"
EMAIL = "  - email: onboarding/welcome\n"
START = "start: {event: signed_up}\n"
#: What is written -> the one line that is told, and its rule.
ONCE = {
    f"topic = offers\n{START}steps:\n{EMAIL}": "5 missing-colon",
    f"{SIGNED_UP}steps:\n  \u2013 email: onboarding/welcome\n    name: hello\n": "8 list-sign",
    "topic: offers\nstart:\n  event: signed_up\n\u00a0\u00a0once: every time\nsteps:\n"
    + EMAIL: "8 odd-space",
    f"{SIGNED_UP}---\nsteps:\n{EMAIL}": "7 several-documents",
    f"{SIGNED_UP}steps:\n{EMAIL}  - wait: until ordered\n    where: [{{amount: known}}]\n"
    + EMAIL: "9 cannot-read",
    f"{SIGNED_UP}steps:\n  - if: [plan: pro]\n    then:\n    {EMAIL}    elif:\n    "
    + EMAIL: "11 unknown-key",
    f"{SIGNED_UP}only_if: plan is pro\nsteps:\n{EMAIL}": "7 condition",
}


@pytest.mark.parametrize(("text", "said"), ONCE.items(), ids=ONCE.values())
def test_of_a_fault_nothing_else_is_told(text: str, said: str) -> None:
    assert told(text) == [f"case.yaml:{said}"]


def test_of_a_fault_in_another_file_nothing_else_is_told() -> None:
    text = f"{SIGNED_UP}only_if: [{{rich: yes}}]\nsteps:\n  - sms: winback/gift\n"
    gift = "templates/winback/gift.txt"
    rich = "segments:\n  rich:\n    - %s\n  poor:\n    - rich: no\n"
    city = {gift: "{{ customer.city }}"}
    assert told(text, **city, **{"catalog/more.yaml": rich % "city: known"}) == []
    for said, rule in (("city: at least 3", "3 condition"), ("poor: no", "2 segment-circle")):
        assert told(text, **city, **{"catalog/more.yaml": rich % said}) == [
            f"catalog/more.yaml:{rule}"
        ]
    offer = {"catalog/more.yaml": "offers:\n  half: {percent: 150, lasts: 1 month, costs: 9 EUR}\n"}
    made = f"{SIGNED_UP}steps:\n  - offer: half\n  - sms: winback/gift\n"
    assert told(made, **offer, **{gift: "{{ offer.percent }}%"}) == [
        "catalog/more.yaml:2 cannot-read"
    ]
    sms = f"{SIGNED_UP}steps:\n  - sms: winback/gift\n"
    assert told(sms, **{gift: "{{ customer.city | defualt: 'you' }}"}) == [f"{gift}:1 liquid"]
    quiet = {"policies.yaml": "quiet_hours: 08:00 to 21:00\nsender: A <a@a.example>\n"}
    assert "policies.yaml:1 legal-hours" not in told(sms, **quiet, **{gift: "Hello"})


def test_a_file_that_is_no_playbook_is_told_where_it_belongs() -> None:
    text = f"{SIGNED_UP}steps:\n{EMAIL}    only_if: [{{height: known}}]\n"
    height = "attributes:\n  height: {is: number}\n"
    assert told(text, **{"catalog.yaml": height}) == ["catalog.yaml:1 file-name"]
    plain = f"{SIGNED_UP}steps:\n{EMAIL}"
    for name, said in (
        ("more.yaml", height),
        ("policy.yaml", "quiet_hours: 21:00 to 08:00\n"),
        ("tests.yaml", "tests_for: case\n"),
        ("more.YAML", height),
        ("templates/winback/gift.TXT", "Hello"),
    ):
        assert told(plain, **{name: said}) == [f"{name}:1 file-name"]


def test_what_a_template_asks_for_is_there_where_it_asked_and_not_elsewhere() -> None:
    gift = "templates/winback/gift.txt"
    sms = f"{SIGNED_UP}steps:\n  - sms: winback/gift\n"
    words = {
        "{% if customer.zip %}{{ customer.zip }}{% endif %}": [],
        "{% unless customer.zip %}x{% else %}{{ customer.zip }}{% endunless %}": [],
        "{% if customer.city %}{{ customer.city }}{% elsif customer.zip %}{{ customer.zip }}"
        "{% endif %}": [],
        "{% if customer.city %}x{% else %}{{ customer.city }}{% endif %}": [
            f"{gift}:1 empty-value"
        ],
        "{% if customer.city %}{{ customer.zip }}{% if customer.zip %}x{% endif %}{% endif %}": [
            f"{gift}:1 empty-value"
        ],
    }
    for text, found in words.items():
        assert told(sms, **{gift: text}) == found
    two = f"{SIGNED_UP}steps:\n  - offer: %s\n  - sms: winback/gift\n"
    either = "{% if offer.percent %}{{ offer.percent }}%{% else %}{{ offer.amount }} off{% endif %}"
    ten = {"catalog/more.yaml": "offers:\n  ten-off: {amount: 10 EUR, costs: 9 EUR}\n"}
    for offer in ("15-percent-1-month", "ten-off"):
        assert told(two % offer, **ten, **{gift: either}) == []
    none = "{% unless offer.percent %}{{ offer.percent }}{% endunless %}"
    assert told(two % "ten-off", **ten, **{gift: none}) == ["case.yaml:9 variable-not-set"]
    assert told(sms, **{gift: "{% if offer.code %}{{ offer.code }}{% endif %}"}) == []
