"""Items that nobody means well: none breaks the door, and none stops what comes after it."""

from __future__ import annotations

from keepwarm.flows.arrivals import Track, keep
from keepwarm.store.inbox import Arrival
from tests.app.serving import Site

ONE_PLAYBOOK = "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"
CATALOG = """\
attributes:
  words: {is: text}
  seats: {is: number}
  seen_at: {is: moment}
  born_on: {is: date}
  kinds: {is: tags}
  is_staff: {is: yes or no}
"""


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


#: What a sender may say of when, of a text, of a number and of anything.
MOMENTS = [
    '"9999-12-31T23:59:59-12:00"', '"9999-12-31T23:59:59Z"', '"0001-01-01T00:00:00+14:00"',
    '"0001-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"', '"2026-01-01T23:59:60Z"', "1e300",
    "-1e18", "253402300799", '"9999-12-31"', '"0001-01-01"', "[]",
]  # fmt: skip
TEXTS = [r'"\u0000"', r'"a\u0000b"', '"' + "é" * 9_000 + '"', r'"\ud800"', '"\U0001f600"', '""']
NUMBERS = [
    "1e308", "-0.0", "123456789012345678901234567890", "9223372036854775808", "1e-320",
    '"١٢"', '"1e5"', "true",
]  # fmt: skip
OTHERS = [nested(200), nested(260), nested(900), "[" * 260 + "]" * 260, "[null]", "{}", "null"]


VALUES = [*MOMENTS, *TEXTS, *NUMBERS, *OTHERS]
TRAITS = [
    "words", "seats", "seen_at", "born_on", "kinds", "is_staff", "email", "phone", "timezone",
    "language", "email_consent", "x",
]  # fmt: skip


def items(value: str) -> list[str]:
    """Give an item for every place that a value may stand in."""
    traits = [f'"traits":{{"{name}":{value}}}' for name in TRAITS]
    properties = [f'"properties":{{"{name}":{value}}}' for name in ("invoice", "amount", "x")]
    event = '"userId":"a","event":"logged_in"'
    return [
        *(f'{{"type":"identify","userId":"a",{each}}}' for each in traits),
        *(
            f'{{"type":"track","userId":"a","event":"payment_failed",{each}}}'
            for each in properties
        ),
        f'{{"type":"track",{event},"timestamp":{value}}}',
        f'{{"type":"track",{event},"messageId":{value}}}',
        f'{{"type":"track",{event},"timestamp":"2026-01-01T00:00:00Z","sentAt":{value}}}',
        f'{{"type":"track","userId":{value},"event":"logged_in"}}',
        f'{{"type":"track","anonymousId":{value},"event":"logged_in"}}',
        f'{{"type":"track","userId":"a","event":{value}}}',
        f'{{"type":"alias","userId":"a","previousId":{value}}}',
        f'{{"type":"alias","userId":{value},"previousId":"a"}}',
        f'{{"type":"group","userId":"a","groupId":{value},"traits":{value}}}',
        f'{{"type":"page","userId":"a","name":{value},"properties":{value}}}',
        f'{{"type":{value}}}',
        value,
    ]


def bodies(value: str) -> list[tuple[str, str]]:
    """Give (call, body) of requests with a value in every place."""
    event = '{"type":"track","userId":"a","event":"logged_in","timestamp":"2026-01-01T00:00:00Z"}'
    return [
        ("batch", f'{{"batch":[{",".join(items(value))}]}}'),
        ("batch", f'{{"batch":[{event}],"sentAt":{value}}}'),
        ("batch", f'{{"batch":{value}}}'),
        ("batch", value),
        ("track", f'{{"userId":"a","event":"logged_in","timestamp":{value}}}'),
    ]


def test_no_item_breaks_the_door_or_stops_what_comes_after_it(site: Site) -> None:
    world = site.world
    world.write("catalog/more.yaml", CATALOG)
    world.playbook("hi", ONE_PLAYBOOK)
    world.apply()

    answers = [
        (site.ask("POST", f"/v1/{call}", body.encode(), {}).status, call, value[:40])
        for value in VALUES
        for call, body in bodies(value)
    ]

    assert [each for each in answers if each[0] not in (200, 400, 413, 422)] == []
    world.person("anna")
    world.event("anna", "signed_up")
    assert world.told("anna") == ["Mon 09:00 email hello"]
    problems = [problem for (problem,) in world.rows("SELECT problem FROM inbox") if problem]
    assert [each for each in problems if "fault of ours" in each] == []
    assert any("too far from now to be meant" in each for each in problems)


def test_an_arrival_that_our_reading_breaks_at_stops_no_other(site: Site) -> None:
    world = site.world
    world.playbook("hi", ONE_PLAYBOOK)
    world.apply()
    world.person("anna")
    good = Track("anna", "signed_up", None).payload()
    broken = [{"type": "track"}, {"type": "identify", "customer": "ben"}, {"type": "alias"}]
    told = [*({"type": "track", **good, "event": "logged_in"} for _ in range(30)), *broken, good]
    keep(world.system, [Arrival("x", f"{n:02}", each) for n, each in enumerate(told)])

    world.work()

    assert world.told("anna") == ["Mon 09:00 email hello"]
    assert world.rows("SELECT count(*) FROM event") == [(31,)]
    problems = world.rows("SELECT problem FROM inbox WHERE problem IS NOT NULL")
    assert [problem[:26] for (problem,) in problems] == ["reading it failed (KeyErro"] * 3
