"""How previews are shown, and which of them: what was chosen is told by radio buttons alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keepwarm.app.previewing.frame_heights import height_rules

#: How many receivers a page can tell apart.
MOST_RECEIVERS: Final = 40

_LOOKS: Final = """\
@media (min-width: 50rem) and (min-height: 40rem) { .choices { position: sticky; top: 0; } }
.choices {
  z-index: 1; display: flex; flex-wrap: wrap; gap: .6rem 1.4rem;
  padding: .8rem 0; background: var(--paper); border-bottom: 1px solid var(--line);
}
.choices fieldset { margin: 0; min-width: 0; }
.choices legend { font-size: .8rem; font-weight: 400; color: var(--soft); margin-bottom: .15rem; }
.segments { display: flex; flex-wrap: wrap; gap: .3rem; }
.segments input { position: absolute; opacity: 0; }
.segments label {
  padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card);
  cursor: pointer; font-size: .9rem;
}
.segments input:checked + label {
  background: var(--ink); color: var(--paper); border-color: var(--ink);
}
.segments input:focus-visible + label { outline: 2px solid var(--accent); outline-offset: 2px; }
.previews > h2 { font-size: 1.2rem; margin-top: 2.4rem; }
.piece { margin: 1.4rem 0 2.6rem; }
.piece h3 { font-size: 1rem; margin: 0 0 .2rem; font-weight: 400; color: var(--soft); }
.piece h3 span { font-weight: 600; color: var(--ink); }
.one .whose { margin: 0 0 .4rem; }
.fault {
  border-left: 4px solid var(--bad); background: var(--bad-soft); padding: .6rem .9rem;
  border-radius: 0 8px 8px 0; overflow-wrap: anywhere;
}
.fault-head { color: var(--bad); font-weight: 600; }
.skip { border-left: 4px solid var(--line); padding: .4rem .9rem; color: var(--soft); }
.bubble .part + .part { border-top: 1px dashed var(--soft); display: block; }
.mail iframe { resize: vertical; }
.previews .screen { color: var(--ink); }
body:has(#in-light:checked) .previews .screen {
  --card: #ffffff; --ink: #1d1d1b; --soft: #66645f; --line: #e2dfd8; --quiet-soft: #eceae5;
}
body:has(#in-dark:checked) .previews .screen {
  --card: #000000; --ink: #edebe6; --soft: #a5a199; --line: #3a3733; --quiet-soft: #2c2a26;
}
body.preview main { padding-top: 2rem; }
"""


def _rules() -> Iterator[str]:
    """Give the rules that show what was chosen; a browser that cannot follow them shows all."""
    for number in range(MOST_RECEIVERS):
        chosen = f"body:has(#for-{number}:checked)"
        yield f"{chosen} .one:not(.for-{number}) {{ display: none; }}"
    yield "body:has(#in-light:checked) :is(.mail.dark, .in-dark-only) { display: none; }"
    yield "body:has(#in-dark:checked) .mail.light { display: none; }"
    for key in ("desktop", "phone"):
        yield f"body:has(#as-{key}:checked) :is(.as-words, .as-headers) {{ display: none; }}"
    yield "body:has(#as-words:checked) :is(.mail, .as-headers, .in-dark-only) { display: none; }"
    yield "body:has(#as-headers:checked) :is(.mail, .as-words, .in-dark-only) { display: none; }"
    phone = "width: 375px; max-width: 100%; margin: 0 auto; border-width: 6px; border-radius: 26px"
    yield f"body:has(#as-phone:checked) .mail iframe {{ {phone}; }}"
    yield from height_rules()


#: Belongs to the style sheet of every page that shows previews.
PREVIEW_STYLE: Final = _LOOKS + "\n".join(_rules()) + "\n"
