"""The style of every chart, light and dark: in a file of its own, or in a page's style sheet."""

from __future__ import annotations

from typing import Final

CHART_STYLE: Final = """\
.chart {
  --c-ink: #1d1d1b; --c-soft: #66645f; --c-line: #cfcbc2; --c-wire: #a19d94; --c-card: #ffffff;
  --c-sheet: #f6f5f2; --c-accent: #b4431f; --c-send: #fbeae3; --c-send-line: #e5b5a1;
  --c-quiet: #eceae5; --c-fork: #e6eef7; --c-fork-line: #a9c1dc; --c-fork-ink: #24507e;
  --c-good: #1d6b43; --c-added: #1d6b43; --c-changed: #a56a00; --c-removed: #a32033;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
    sans-serif;
}
@media (prefers-color-scheme: dark) {
  .chart {
    --c-ink: #edebe6; --c-soft: #a5a199; --c-line: #45413b; --c-wire: #7d786f; --c-card: #211f1c;
    --c-sheet: #171614; --c-accent: #f0906c; --c-send: #3b251c; --c-send-line: #75452f;
    --c-quiet: #2c2a26; --c-fork: #1b2836; --c-fork-line: #3d5a7a; --c-fork-ink: #9cc3ec;
    --c-good: #7fd1a4; --c-added: #7fd1a4; --c-changed: #e6bf6a; --c-removed: #f29aa6;
  }
}
.chart .sheet { fill: var(--c-sheet); }
.chart .wire { fill: none; stroke: var(--c-wire); stroke-width: 1.5; stroke-linecap: round; }
.chart .box rect { fill: var(--c-card); stroke: var(--c-line); }
.chart .send rect { fill: var(--c-send); stroke: var(--c-send-line); }
.chart .wait rect, .chart .done rect { fill: var(--c-quiet); stroke: none; }
.chart .fork rect { fill: var(--c-fork); stroke: var(--c-fork-line); }
.chart .says rect { fill: var(--c-sheet); stroke: var(--c-fork-line); }
.chart .entry rect { stroke: var(--c-ink); stroke-width: 1.5; }
.chart .any-time rect { fill: none; stroke-dasharray: 5 4; }
.chart text { fill: var(--c-ink); }
.chart .verb { font-size: 11px; font-weight: 600; letter-spacing: .02em; fill: var(--c-soft); }
.chart .send .verb { fill: var(--c-accent); }
.chart .fork .verb { fill: var(--c-fork-ink); }
.chart .place { font-size: 10px; fill: var(--c-soft); }
.chart .what { font-size: 14px; font-weight: 600; }
.chart .more, .chart .says text, .chart text.says { font-size: 12px; }
.chart .more { fill: var(--c-soft); }
.chart .note { font-size: 12px; font-weight: 600; fill: var(--c-good); }
.chart .beside {
  font-size: 12px; font-weight: 600; fill: var(--c-soft); font-variant-numeric: tabular-nums;
}
.chart .added rect { stroke: var(--c-added); stroke-width: 3; }
.chart .changed rect { stroke: var(--c-changed); stroke-width: 3; }
.chart .removed rect { stroke: var(--c-removed); stroke-width: 3; stroke-dasharray: 6 4; }
.chart .removed text { text-decoration: line-through; }
"""
