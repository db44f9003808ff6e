"""A chart as SVG: readable on light and dark, by itself or inside a page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from keepwarm.engine.charts.boxes import PADDING
from keepwarm.engine.charts.layout import WIRE_SIZE, Chart, Placed, Wire
from keepwarm.engine.charts.style import CHART_STYLE

#: How round corners are: of boxes by their look, and of wires.
_ROUND: Final = {"entry": 20.0, "wait": 20.0, "done": 20.0, "says": 9.0}
_ROUND_BOX: Final = 9.0
_ROUND_WIRE: Final = 9.0


def svg_of(chart: Chart, title: str, *, with_style: bool) -> str:
    """Write a chart; `with_style` for a file that stands alone."""
    alone = f'<style>{CHART_STYLE}</style>\n<rect class="sheet" width="100%" height="100%"/>'
    parts = [
        _opening(chart, title),
        f"<title>{escape(title)}</title>",
        alone if with_style else "",
        *(part for wire in chart.wires for part in _wire(wire)),
        *(part for placed in chart.boxes for part in _box(placed)),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _opening(chart: Chart, title: str) -> str:
    width, height = _number(chart.width), _number(chart.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    says = f'role="img" aria-label="{escape(title)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {says} {size}>'


def _wire(wire: Wire) -> Iterator[str]:
    yield f'<path class="wire" d="{_rounded(wire.points)}"/>'
    x, y = wire.points[-1]
    if wire.has_arrow:
        head = f"M{_number(x - 5)} {_number(y - 7)}L{_number(x)} {_number(y)}"
        yield f'<path class="wire" d="{head}L{_number(x + 5)} {_number(y - 7)}"/>'
    if wire.says:
        before = wire.points[-2][1]
        at = f'x="{_number(x + 8)}" y="{_number((before + y) / 2 + WIRE_SIZE / 3)}"'
        yield f'<text class="beside" {at}>{escape(wire.says)}</text>'


def _rounded(points: tuple[tuple[float, float], ...]) -> str:
    """Give a path through the points, with its corners rounded."""
    path = [f"M{_point(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near = min(_ROUND_WIRE, _length(before, corner) / 2, _length(corner, after) / 2)
        path.append(f"L{_point(_towards(corner, before, near))}")
        path.append(f"Q{_point(corner)} {_point(_towards(corner, after, near))}")
    path.append(f"L{_point(points[-1])}")
    return "".join(path)


def _length(one: tuple[float, float], other: tuple[float, float]) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(
    here: tuple[float, float], there: tuple[float, float], far: float
) -> tuple[float, float]:
    length = _length(here, there) or 1.0
    return (
        here[0] + (there[0] - here[0]) * far / length,
        here[1] + (there[1] - here[1]) * far / length,
    )


def _box(placed: Placed) -> Iterator[str]:
    box, x, y = placed.box, placed.x, placed.y
    tone = f" {box.tone}" if box.tone else ""
    radius = min(_ROUND.get(box.look, _ROUND_BOX), box.height / 2)
    yield f'<g class="box {box.look}{tone}">'
    yield (
        f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(box.width)}"'
        f' height="{_number(box.height)}" rx="{_number(radius)}"/>'
    )
    is_centred = box.look in ("says", "done")
    start = x + box.width / 2 if is_centred else x + PADDING
    for line, below in zip(box.lines, box.baselines(), strict=True):
        anchor = ' text-anchor="middle"' if is_centred else ""
        at = f'y="{_number(y + below)}"{anchor}'
        yield f'<text class="{line.role}" x="{_number(start)}" {at}>{escape(line.text)}</text>'
        if line.end:
            end = _number(x + box.width - PADDING)
            ends = f'text-anchor="end">{escape(line.end)}</text>'
            yield f'<text class="place" x="{end}" {at} {ends}'
    yield "</g>"


def _point(point: tuple[float, float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(number: float) -> str:
    return f"{round(number, 1):g}"
