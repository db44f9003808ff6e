"""Hostile and huge files, generated; run as a script, it prints the time that each takes.

PYTHONPATH=schema python tests/schema/bombs.py
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

from keepwarm.schema.loading import load

MANY = 100_000
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bomb:
    """A hostile file, and what reading it must come to."""

    name: str
    write: Callable[[], str | bytes]
    #: One of the rules that refuse it; None for a file that is big, odd and legal.
    refused_by: str | None
    #: Whether something of it can be read all the same.
    gives_a_node: bool = False


def aliases_of_aliases() -> str:
    """The billion laughs: nine lines that unfold to three hundred million texts."""
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    for n in range(1, 9):
        names = ", ".join([f"*a{n - 1}"] * 9)
        lines.append(f"a{n}: &a{n} [{names}]")
    return "\n".join(lines)


def merges_of_merges() -> str:
    """Mappings that each merge the one before twice."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n  k{n}: 1" for n in range(1, 40)]
    return "\n".join(lines)


BOMBS = [
    # Deep.
    Bomb("100k brackets", lambda: "[" * MANY, "too-deep"),
    Bomb("100k braces, spaced", lambda: "{a: " * MANY, "too-deep"),
    Bomb("100k braces", lambda: "{" * MANY, "braces", gives_a_node=True),
    Bomb("100k dashes", lambda: "- " * MANY, "too-deep"),
    Bomb("100k question marks", lambda: "? " * MANY, "too-deep"),
    Bomb(
        "1,400 steps of indentation",
        lambda: "".join(f"{' ' * n}a:\n" for n in range(1_400)),
        "too-deep",
    ),
    Bomb("brackets over lines", lambda: "[\n" * MANY, "too-deep"),
    Bomb("brackets, then commas", lambda: "[\n" * 49 + "a,\n" * MANY, "too-many-nodes"),
    # Unfolding.
    Bomb("alias bomb", aliases_of_aliases, "alias", gives_a_node=True),
    Bomb("merge bomb", merges_of_merges, "merge-key", gives_a_node=True),
    Bomb("90k aliases", lambda: "a: &a 1\nb: [" + "*a," * 90_000 + "]", "too-many-problems"),
    Bomb("90k anchors", lambda: "- &x y\n" * 90_000, "too-many-problems"),
    Bomb("90k tags", lambda: "- !x y\n" * 90_000, "too-many-problems"),
    Bomb("40k merges", lambda: "a: &a {}\n" + "<<: *a\n" * 40_000, "too-many-problems"),
    # Many.
    Bomb("100k equal names", lambda: "a: b\n" * MANY, "too-many-problems"),
    Bomb("100k names", lambda: "".join(f"k{n}: v\n" for n in range(80_000)), "too-many-nodes"),
    Bomb("250k entries", lambda: "- a\n" * 250_000, "too-many-nodes"),
    Bomb("500k entries on a line", lambda: "[" + "a," * 499_000 + "]", "too-many-nodes"),
    Bomb("200k empty lists", lambda: "[" + "[]," * 200_000 + "]", "too-many-nodes"),
    Bomb("250k documents", lambda: "---\n" * 250_000, "several-documents", gives_a_node=True),
    Bomb(
        "90k directives",
        lambda: "%TAG !a! x\n" * 90_000 + "---\na: 1",
        "directive",
        gives_a_node=True,
    ),
    Bomb("40k lists as names", lambda: "? [a]\n: b\n" * 40_000, "too-many-problems"),
    Bomb("100k emoji", lambda: "- 🎉\n" * MANY, "too-many-nodes"),
    # Long.
    Bomb("a name of 1 MB", lambda: "k" * (MEGABYTE - 10) + ": 1", "long-name"),
    Bomb("a text of 1 MB", lambda: "a: " + "x" * (MEGABYTE - 10), None, gives_a_node=True),
    Bomb("quotes of 1 MB", lambda: 'a: "' + "x" * (MEGABYTE - 10) + '"', None, gives_a_node=True),
    Bomb("apostrophes of 1 MB", lambda: "a: '" + "''" * 499_000 + "'", None, gives_a_node=True),
    Bomb("a block of 1 MB", lambda: "a: |\n" + "  x\n" * 249_000, None, gives_a_node=True),
    Bomb("a folded block of 1 MB", lambda: "a: >\n" + "  x\n\n" * 199_000, None, gives_a_node=True),
    Bomb("a plain text over 500k lines", lambda: "x\n" * 499_000, None, gives_a_node=True),
    Bomb(
        "900 names of 1,000 letters",
        lambda: "".join(f"{'k' * 1_000}{n}: 1\n" for n in range(900)),
        None,
        gives_a_node=True,
    ),
    Bomb("1 MB of comments", lambda: "#\n" * 499_000, None),
    Bomb("1 MB of empty lines", lambda: "\n" * MEGABYTE, None),
    Bomb("1 MB of spaces", lambda: "a:\n" + " " * (MEGABYTE - 10) + "b", None, gives_a_node=True),
    Bomb("a comment of 1 MB", lambda: "a: b " + " #" * 499_000, None, gives_a_node=True),
    Bomb(
        "a lost text of 1 MB",
        lambda: "a: b #x" + " " * (MEGABYTE - 20),
        "cut-text",
        gives_a_node=True,
    ),
    Bomb("escapes of 1 MB", lambda: 'a: "' + "\\x41" * 249_000 + '"', None, gives_a_node=True),
    Bomb("400k false escapes", lambda: 'a: "' + "\\q" * 400_000 + '"', "escape", gives_a_node=True),
    Bomb("more than 1 MB", lambda: "#" * (MEGABYTE + 1), "too-big"),
    Bomb("more than 1 MB in bytes", lambda: "é" * 600_000, "too-big"),
    # Broken, again and again.
    Bomb("100k second colons", lambda: "a: b: c\n" * MANY, "second-colon"),
    Bomb(
        "a line of 300k colons", lambda: "a: " + "b: " * 300_000, "second-colon", gives_a_node=True
    ),
    Bomb("50k braces for values", lambda: "a: {{ x }}\n" * 50_000, "braces"),
    Bomb("100k comparisons", lambda: "a: > 5\n" * MANY, "symbol"),
    Bomb("90k comparisons that YAML reads", lambda: "- < 5\n" * 90_000, "too-many-problems"),
    Bomb("100k open quotes", lambda: 'a: "x\n' * MANY, "open-quote"),
    Bomb("100k texts after quotes", lambda: 'a: "x" y\n' * MANY, "after-quote"),
    Bomb("1 MB of tabs", lambda: "a:\n" + "\t" * (MEGABYTE - 10) + "b", "tab", gives_a_node=True),
    Bomb("140k lines with tabs", lambda: "a:\n" + "\tb: c\n" * 140_000, "tab"),
    Bomb("80k crooked lines", lambda: "a: 1\n  b: 2\n" * 40_000, "indentation"),
    Bomb("100k lost texts", lambda: "a: b #x\n" * MANY, "cut-text"),
    Bomb("100k nameless values", lambda: ": x\n" * MANY, "empty-key"),
    Bomb(
        "a late fault",
        lambda: "".join(f"k{n}: v\n" for n in range(7_000)) + "a: > 5\n" * 60,
        "symbol",
    ),
    Bomb(
        "a late fault behind a text",
        lambda: "t: |\n" + "  x\n" * 200_000 + "a: > 5\n" * 60,
        "symbol",
    ),
    Bomb(
        "brackets behind quotes",
        lambda: 'a: "x" ' + "[" * 900_000,
        "after-quote",
        gives_a_node=True,
    ),
    # No text at all.
    Bomb("1 MB of NUL", lambda: "\0" * MEGABYTE, "control-character"),
    Bomb("1 MB of 0xFF", lambda: b"\xff" * MEGABYTE, "encoding"),
    Bomb("UTF-16", lambda: ("a: b\n" * 90_000).encode("utf-16"), "encoding"),
    Bomb("UTF-16 without a mark", lambda: ("a: b\n" * 90_000).encode("utf-16-le"), "encoding"),
    Bomb("UTF-32", lambda: ("a: b\n" * 10_000).encode("utf-32"), "encoding"),
    Bomb("300k marks of byte order", lambda: "\ufeff" * 300_000, "control-character"),
    Bomb("half a character", lambda: "a: \ud800\n", "control-character", gives_a_node=True),
    Bomb("100k turned directions", lambda: "a: \u202e\n" * MANY, "control-character"),
    Bomb("100k carriage returns", lambda: "a: b\r" * MANY, "encoding"),
    Bomb("40k copied spaces", lambda: "a: \u00a0x\n" * 40_000, "too-many-problems"),
]


def measure() -> None:
    """Print for each bomb the best of five times, of this process alone, and the peak of memory."""
    slowest = 0.0
    for bomb in BOMBS:
        written = bomb.write()
        times = []
        for _ in range(5):
            start = time.process_time()
            load(written, "bomb.yaml")
            times.append((time.process_time() - start) * 1_000)
        tracemalloc.start()
        load(written, "bomb.yaml")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        slowest = max(slowest, min(times))
        print(f"{min(times):7.1f} ms {peak / 1e6:6.1f} MB  {bomb.name}")
    print(f"{slowest:7.1f} ms at most, {len(BOMBS)} bombs, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    measure()
