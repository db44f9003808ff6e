"""Pictures of playbooks: every step is in them, nothing is cut, and nothing lies on another."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from keepwarm.app.folder import read_folder
from keepwarm.engine.charts.boxes import BOLD, PADDING, SIZES, Box
from keepwarm.engine.charts.layout import Chart, Placed, lay_out_chart
from keepwarm.engine.charts.svg import svg_of
from keepwarm.engine.charts.widths import width_of, wrapped
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.drawing import mermaid
from keepwarm.engine.drawing_notes import NOTHING, Notes, Tone
from keepwarm.engine.plan import END, START, Plan
from tests.engine.written import plan_of

FORKS = """
topic: tips
start: {event: signed_up}
goal: {event: bought, within: 30 days}
stop_if_any:
  - plan: free
steps:
  - email: hello
  - choose:
      - when:
          - plan: pro
        steps:
          - split: size
            into:
              - share: 30%
                name: big
                steps:
                  - offer: ten-percent
                    expires: in 14 days
                  - email: nudge
              - share: 70%
                steps:
                  - push: hello
                    or_else:
                      sms: hello
      - when:
          - plan: team
        steps:
          - stop: has a person
      - otherwise:
          - tag: left
            tags: interests
  - if:
      - open_tickets: at least 1
    then:
      - wait: until bought, at most 3 days
  - stop: enough for now
    only_if:
      - monthly_revenue: at least 500
  - email: last
"""


@pytest.fixture(scope="module")
def forks() -> Plan:
    return plan_of(FORKS.replace("            tags: interests\n", ""))


def shipped() -> list[Plan]:
    workspace = read_folder(Path(__file__).parents[2] / "playbooks")
    return [
        compile_plan(each, workspace.catalog, workspace.policies)
        for each in workspace.playbooks.values()
    ]


def all_plans() -> list[Plan]:
    return [plan_of(FORKS.replace("            tags: interests\n", "")), *shipped()]


@pytest.mark.parametrize("plan", all_plans(), ids=lambda plan: plan.playbook)
def test_every_step_is_drawn_once_and_nothing_lies_on_another(plan: Plan) -> None:
    chart = lay_out_chart(plan)
    drawn = [each.box.step for each in chart.boxes if each.box.step is not None]
    assert sorted(drawn) == list(range(len(plan.steps)))
    for one, other in combinations(chart.boxes, 2):
        assert not _overlap(one, other), (one, other)
    for each in chart.boxes:
        assert each.x >= 0
        assert each.y >= 0
        assert each.x + each.box.width <= chart.width
        assert each.y + each.box.height <= chart.height


@pytest.mark.parametrize("plan", all_plans(), ids=lambda plan: plan.playbook)
def test_no_text_is_wider_than_its_box(plan: Plan) -> None:
    notes = Notes(under={0: ("1,000,000 sent, 2,000,000 under way, 3,000,000 skipped",)})
    for placed in lay_out_chart(plan, notes).boxes:
        for line in placed.box.lines:
            assert _needed(placed.box, line.text, line.end, line.role) <= placed.box.width + 0.01


def test_wires_run_straight_down_or_across_and_end_at_boxes(forks: Plan) -> None:
    chart = lay_out_chart(forks)
    for wire in chart.wires:
        for (x, y), (to_x, to_y) in zip(wire.points, wire.points[1:], strict=False):
            assert x == to_x or y == to_y
            assert y <= to_y
        if wire.has_arrow:
            assert any(_is_on_top(each, wire.points[-1]) for each in chart.boxes)


def test_a_way_that_stops_leads_nowhere_and_one_that_may_stop_goes_on(forks: Plan) -> None:
    chart = lay_out_chart(forks)
    stops = [each for each in chart.boxes if each.box.look == "stop"]
    assert [_leaves(chart, each) for each in stops] == [False, True]
    said = mermaid(forks)
    [first, second] = [i for i, step in enumerate(forks.steps) if type(step).__name__ == "Stop"]
    assert f"  s{first} --" not in said
    assert f'  s{second} -- "otherwise" --> s{second + 1}' in said


def test_a_picture_is_sound_xml_and_loads_nothing(forks: Plan) -> None:
    svg = svg_of(lay_out_chart(forks), 'A "title" & <more>', with_style=True)
    root = ET.fromstring(svg)
    assert root.get("aria-label") == 'A "title" & <more>'
    assert not re.search(r"href|url\(|@import|<script|<image|<foreignObject", svg)
    assert "prefers-color-scheme: dark" in svg
    assert "<style" not in svg_of(lay_out_chart(forks), "x", with_style=False)


def test_the_same_plan_is_drawn_the_same(forks: Plan) -> None:
    assert svg_of(lay_out_chart(forks), "x", with_style=True) == svg_of(
        lay_out_chart(forks), "x", with_style=True
    )


def test_notes_stand_at_their_steps_and_on_their_ways(forks: Plan) -> None:
    notes = Notes(
        under={START: ("9 entered",), 0: ("8 sent",)},
        into={0: "7", END: "6"},
        arms={(1, 0): "5"},
        tones={0: Tone.CHANGED},
        goal="4 reached it",
        done="3 came here",
    )
    svg = svg_of(lay_out_chart(forks, notes), "x", with_style=False)
    for says in ("9 entered", "8 sent", "4 reached it", "3 came here"):
        assert svg.count(f">{says}</text>") == 1
    for says in "765":
        assert svg.count('class="beside" x="') == 3
        assert f">{says}</text>" in svg
    assert '<g class="box send changed">' in svg
    said = mermaid(forks, notes)
    assert 's0["e-mail hello<br/>8 sent"]' in said
    assert 'start -- "7" --> s0' in said
    assert 's1 -- "plan pro<br/>5" --> s2' in said
    assert "  class s0 changed" in said
    assert "classDef changed fill:#fbf0d5" in said
    assert '-- "big, 30%" -->' in said
    assert '-- "70%" -->' in said


def test_of_several_ways_that_meet_none_is_given_the_count_of_all(forks: Plan) -> None:
    meets = forks.steps[1].at.then
    assert '"77"' not in mermaid(forks, Notes(into={meets: "77"}))


def test_without_notes_a_drawing_is_the_plan_alone(forks: Plan) -> None:
    assert mermaid(forks, NOTHING) == mermaid(forks)
    # Below the words of a step stands only what it asks itself.
    below = re.findall(r"<br/>([^\"<]*)", mermaid(forks))
    assert below == ["only if monthly_revenue at least 500"]


def test_a_long_word_is_broken_and_no_letter_is_lost() -> None:
    text = "a " + "x" * 200 + "/what-is-new 日本語のとても長い文章です"
    lines = wrapped(text, 120, 14)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line, 14) <= 120 for line in lines)


def _overlap(one: Placed, other: Placed) -> bool:
    return (
        one.x < other.x + other.box.width
        and other.x < one.x + one.box.width
        and one.y < other.y + other.box.height
        and other.y < one.y + one.box.height
    )


def _needed(box: Box, text: str, end: str, role: str) -> float:
    needed = width_of(text, SIZES[role], bold=role in BOLD) + 2 * PADDING
    return needed + (PADDING + width_of(end, 10) if end else 0)


def _is_on_top(placed: Placed, point: tuple[float, float]) -> bool:
    middle = placed.x + placed.box.width / 2
    return abs(middle - point[0]) < 0.01 and abs(placed.y - point[1]) < 0.01


def _leaves(chart: Chart, placed: Placed) -> bool:
    below = (placed.x + placed.box.width / 2, placed.y + placed.box.height)
    return any(
        abs(wire.points[0][0] - below[0]) < 0.01 and abs(wire.points[0][1] - below[1]) < 0.01
        for wire in chart.wires
    )
