"""Mutation testing of the engine's decisions: is a changed comparison or a dropped gate noticed?

    python -m tests.mutations                         # every mutant of every module: half an hour
    python -m tests.mutations gates --most 50 --seed 1

Each mutant changes one thing in one function of the engine: `<` becomes `<=`, `and` becomes `or`,
one operand of a chain is dropped, a `not` goes, a number is one more. The tests that are about the
module run on it in a process of their own. A mutant that no test notices survives, and is printed
with its line: either a test is missing, or the line says nothing.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

#: Module -> the tests that are about it, the quickest first.
TESTS = {
    "gates": ["tests/engine/test_gates.py", "tests/laws/test_sending.py"],
    "timing": ["tests/engine/test_timing.py", "tests/properties/test_quiet_hours.py"],
    "waiting": [
        "tests/engine/test_waits.py",
        "tests/engine/test_playing.py",
        "tests/laws/test_waiting.py",
    ],
    "deciding": [
        "tests/engine/test_deciding.py",
        "tests/engine/test_playing.py",
        "tests/laws/test_waiting.py",
        "tests/laws/test_entering.py",
        "tests/laws/test_sending.py",
    ],
}
SECONDS_A_MUTANT = 300

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One module with one change."""

    module: str
    line: int
    change: str
    code: CodeType


def mutants_of(name: str) -> list[Mutant]:
    """Give every mutant of an engine module."""
    tree = ast.parse(_source(name))
    found = []
    nodes = [
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
    ]
    for node in nodes:
        for change, apply in _changes(node):
            twin = copy.deepcopy(tree)
            apply(_same(tree, twin, node))
            code = compile(ast.fix_missing_locations(twin), name, "exec")
            found.append(Mutant(name, getattr(node, "lineno", 0), change, code))
    return found


def _source(name: str) -> str:
    return Path(f"engine/keepwarm/engine/{name}.py").read_text(encoding="utf-8")


def _same(tree: ast.Module, twin: ast.Module, node: ast.AST) -> Any:
    pairs = zip(ast.walk(tree), ast.walk(twin), strict=True)
    return next(other for each, other in pairs if each is node)


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            other = _COMPARISONS[type(op)]
            yield (
                f"{type(op).__name__} became {other.__name__}",
                lambda it: it.ops.__setitem__(0, other()),
            )
        case ast.BoolOp(op=op, values=values):
            swapped = ast.Or if isinstance(op, ast.And) else ast.And
            yield (
                f"`{type(op).__name__.lower()}` was swapped",
                lambda it: setattr(it, "op", swapped()),
            )
            for number in range(len(values)):
                yield (
                    f"operand {number + 1} of {len(values)} was dropped",
                    partial(_drop, number=number),
                )
        case ast.UnaryOp(op=ast.Not()):
            yield "`not` was dropped", _undo_not
        case ast.BinOp(op=op) if type(op) in _SUMS:
            swapped_sum = _SUMS[type(op)]
            yield (
                f"{type(op).__name__} became {swapped_sum.__name__}",
                lambda it: setattr(it, "op", swapped_sum()),
            )
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield f"{value} became {value + 1}", lambda it: setattr(it, "value", value + 1)
        case _:
            return


def _drop(chain: ast.BoolOp, number: int) -> None:
    left = [value for place, value in enumerate(chain.values) if place != number]
    # A chain has two links at least; of one, twice the same is the same.
    chain.values = left if len(left) > 1 else [left[0], left[0]]


def _undo_not(node: ast.UnaryOp) -> None:
    node.op = ast.Not()
    node.operand = ast.UnaryOp(op=ast.Not(), operand=node.operand)


# ── Trying one ───────────────────────────────────────────────────────────────────────────────


def is_noticed(mutant: Mutant) -> bool:
    """Run the module's tests on a mutant, in a process of its own; True when one fails."""
    process = multiprocessing.get_context("fork").Process(target=_try, args=(mutant,))
    process.start()
    process.join(SECONDS_A_MUTANT)
    if process.is_alive():  # it does not come to an end: whoever waits for it notices
        process.kill()
        process.join()
        return True
    return process.exitcode != 0


def _try(mutant: Mutant) -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    _put_in(importlib.import_module(f"keepwarm.engine.{mutant.module}"), mutant.code)
    chosen = ["-x", "-q", "-k", "not postgresql", "-p", "no:cacheprovider"]
    for file in TESTS[mutant.module]:
        code = int(pytest.main([*chosen, file]))
        if code:
            os._exit(code)
    os._exit(0)


def _put_in(module: ModuleType, code: CodeType) -> None:
    """Give the module's functions the code of the mutant, wherever they were imported to."""
    changed = {each.co_qualname: each for each in _codes(code)}
    for owner in (module, *(each for each in vars(module).values() if isinstance(each, type))):
        if getattr(owner, "__module__", module.__name__) != module.__name__:
            continue
        for each in vars(owner).values():
            plain = getattr(each, "__wrapped__", getattr(each, "fget", each))
            if isinstance(plain, FunctionType) and plain.__module__ == module.__name__:
                new = changed.get(plain.__qualname__)
                if new is not None and new.co_freevars == plain.__code__.co_freevars:
                    plain.__code__ = new


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


# ── The score ────────────────────────────────────────────────────────────────────────────────


def main(words: Sequence[str] | None = None) -> int:
    """Try mutants, and print who survived and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--most", type=int, help="so many of each module, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    survived = 0
    importlib.import_module("tests.journeys.world")  # once, for all that are forked
    for name in given.modules:
        untouched = compile(_source(name), name, "exec")
        if is_noticed(Mutant(name, 0, "nothing", untouched)):
            print(f"{name}: its tests fail as it is, so they can tell nothing.")
            return 2
        mutants = mutants_of(name)
        every = len(mutants)
        if given.most is not None and given.most < every:
            mutants = Random(given.seed).sample(mutants, given.most)
        left = [mutant for mutant in mutants if not is_noticed(mutant)]
        survived += len(left)
        for mutant in sorted(left, key=lambda each: each.line):
            print(f"  survived: engine/keepwarm/engine/{name}.py:{mutant.line}: {mutant.change}")
        noticed = len(mutants) - len(left)
        print(f"{name}: {noticed} of {len(mutants)} noticed ({every} in all)", flush=True)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.path[:0] = [str(each.parent) for each in Path().glob("*/keepwarm")]
    sys.exit(main())
