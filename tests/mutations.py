"""Mutation testing of the engine's decisions: is a changed comparison or a dropped gate noticed?

    python -m tests.mutations                         # every mutant of every module
    python -m tests.mutations gates --most 50 --seed 1

Each mutant changes one thing in one function of the engine: `<` becomes `<=`, `and` becomes `or`,
one operand of a chain is dropped, a condition is turned round, a number is one more, a call does
not happen. The tests that pass through the changed line run on it, in a process of their own, those
that noticed most so far first. A mutant that no test notices survives, and is printed with its
line: either a test is missing, or the line says nothing. Those of which somebody found that they
change nothing that can be seen are in `tests/mutations_alike.py`, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.mutations_alike import ALIKE

_LAWS = tuple(f"tests/laws/test_{each}.py" for each in ("entering", "waiting", "sending", "people"))
_PLAYED = tuple(f"tests/engine/test_{each}.py" for each in ("deciding", "waits", "playing"))
#: Module -> the tests that are about it.
TESTS: Mapping[str, tuple[str, ...]] = {
    "gates": ("tests/engine/test_gates.py", *_LAWS),
    "waiting": (*_PLAYED, *_LAWS),
    "deciding": (*_PLAYED, *_LAWS),
    "walk": (*_PLAYED, *_LAWS),
    "entry": (*_PLAYED, "tests/engine/test_draws.py", *_LAWS),
    "timing": (
        "tests/engine/test_timing.py",
        "tests/engine/test_waits.py",
        "tests/properties/test_quiet_hours.py",
    ),
    "windows": ("tests/engine/test_conditions.py",),
    "due_dates": ("tests/engine/test_due_dates.py",),
    "ticking": ("tests/engine/test_ticking.py",),
    "zones": ("tests/engine/test_zones.py",),
    "weighing": ("tests/engine/test_weighing.py", "tests/app/test_explaining.py"),
    "conditions": ("tests/engine/test_conditions.py",),
    "attribute_tests": ("tests/engine/test_conditions.py",),
    "event_tests": ("tests/engine/test_conditions.py",),
    "frequencies": ("tests/engine/test_gates.py",),
    "releasing": ("tests/engine/test_releasing.py", *_LAWS),
    "outcome": (*_PLAYED, *_LAWS),
    "staying_out": ("tests/engine/test_staying_out.py", "tests/app/test_testing.py"),
}
#: Of the processor, not of the clock: a mutant that does not come to an end is noticed by whoever
#: waits for it.
SECONDS_A_MUTANT = 40
ENGINE = Path("engine/keepwarm/engine")

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


# ── Making them ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Mutant:
    """One module with one change."""

    module: str
    #: The lines of the statement that is changed.
    lines: range
    #: The line itself, as it is written.
    says: str
    change: str
    code: CodeType

    @property
    def is_alike(self) -> bool:
        """Whether somebody found that it changes nothing that can be seen."""
        return (self.module, self.says, self.change) in ALIKE


def mutants_of(name: str) -> list[Mutant]:
    """Give every mutant of an engine module."""
    source = (ENGINE / f"{name}.py").read_text(encoding="utf-8")
    says = [line.strip() for line in source.splitlines()]
    tree = ast.parse(source)
    found = []
    for statement in _statements(tree):
        for node in _own_nodes(statement):
            for change, apply in _changes(node):
                twin = copy.deepcopy(tree)
                apply(_same(tree, twin, node))
                code = compile(ast.fix_missing_locations(twin), name, "exec")
                line = getattr(node, "lineno", statement.lineno)
                found.append(Mutant(name, _lines(statement), says[line - 1], change, code))
    return found


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    inside: dict[int, ast.stmt] = {
        id(node): node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.stmt)
    }
    yield from inside.values()


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Give the statement and its expressions, without the statements within."""
    yield statement
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, (ast.expr, ast.withitem)):
            yield from ast.walk(child)
        elif isinstance(child, ast.match_case) and child.guard is not None:
            yield from ast.walk(child.guard)


def _lines(statement: ast.stmt) -> range:
    """Give where the statement itself is written, without the statements within."""
    match statement:
        case ast.Match(cases=[first, *_]):
            # A guard is written among what is within.
            last = statement.end_lineno if any(c.guard for c in statement.cases) else None
            return range(statement.lineno, (last or first.body[0].lineno - 1) + 1)
        case (
            ast.If(body=[first, *_])
            | ast.While(body=[first, *_])
            | ast.For(body=[first, *_])
            | ast.With(body=[first, *_])
            | ast.Try(body=[first, *_])
            | ast.FunctionDef(body=[first, *_])
        ):
            return range(statement.lineno, max(first.lineno, statement.lineno + 1))
        case _:
            return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


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
        case ast.Constant(value=bool() as told):
            yield f"{told} became {not told}", lambda it: setattr(it, "value", not told)
        case ast.Constant(value=int() as value):
            yield f"{value} became {value + 1}", lambda it: setattr(it, "value", value + 1)
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            if isinstance(test, (ast.Name, ast.Attribute, ast.Call, ast.Yield, ast.NamedExpr)):
                yield "the condition was turned round", _turn_round
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return  # nothing comes there, as the type checker proves
        case ast.Expr(value=ast.Call() | ast.YieldFrom() | ast.Yield()):
            yield "the call was dropped", lambda it: setattr(it, "value", ast.Constant(None))
        case _:
            return


def _drop(chain: ast.BoolOp, number: int) -> None:
    left = [value for place, value in enumerate(chain.values) if place != number]
    # A chain has two links at least; of one, twice the same is the same.
    chain.values = left if len(left) > 1 else [left[0], left[0]]


def _undo_not(node: ast.UnaryOp) -> None:
    node.op = ast.Not()
    node.operand = ast.UnaryOp(op=ast.Not(), operand=node.operand)


def _turn_round(node: ast.If | ast.While | ast.IfExp) -> None:
    node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)


# ── Trying them ──────────────────────────────────────────────────────────────────────────────


@dataclass
class Trial:
    """The tests of some modules, collected once; every mutant runs those that pass its line."""

    wanted: Mapping[str, Sequence[Mutant]]
    #: Those that no test noticed.
    left: list[Mutant] = field(default_factory=list)
    #: Test -> the lines of each module that it passes.
    _passed: dict[str, dict[str, frozenset[int]]] = field(default_factory=dict)
    _seconds: dict[str, float] = field(default_factory=dict)
    #: Test -> how many mutants it was the first to notice.
    _noticed: Counter[str] = field(default_factory=Counter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Stand in for the loop that runs every test once."""
        if session.testsfailed:
            raise SystemExit("The tests could not be collected.")
        items = [each for each in session.items if each.get_closest_marker("long") is None]
        scouted = _in_a_process(partial(_scout, items, tuple(self.wanted)))
        if not isinstance(scouted, dict):
            raise SystemExit(f"Its tests fail as it is, so they can tell nothing: {scouted}")
        for test, (seconds, passed) in scouted.items():
            self._seconds[test], self._passed[test] = seconds, passed
        print(f"{len(scouted)} tests in {sum(self._seconds.values()):.0f} s", flush=True)
        for name, mutants in self.wanted.items():
            for mutant in mutants:
                self._try(mutant, items)
            self._report(name, mutants)
        return True

    def _try(self, mutant: Mutant, items: Sequence[pytest.Item]) -> None:
        lines = frozenset(mutant.lines)
        about = [each for each in items if self._passed[each.nodeid][mutant.module] & lines]
        about.sort(key=lambda each: (-self._noticed[each.nodeid], self._seconds[each.nodeid]))
        noticed = _in_a_process(partial(_first_that_fails, mutant, about)) if about else None
        if noticed is None:
            self.left.append(mutant)
        elif noticed:
            self._noticed[noticed] += 1

    def _report(self, name: str, mutants: Sequence[Mutant]) -> None:
        left = [mutant for mutant in self.left if mutant.module == name]
        alike = sum(mutant.is_alike for mutant in left)
        for mutant in sorted(left, key=lambda each: each.lines.start):
            if not mutant.is_alike:
                where = f"{ENGINE / name}.py:{mutant.lines.start}"
                print(f"  survived: {where}: {mutant.change}: {mutant.says}")
        noticed = len(mutants) - len(left)
        changing = len(mutants) - alike
        print(f"{name}: {noticed} of {changing} noticed, {alike} more change nothing", flush=True)


def _in_a_process(deed: Callable[[], Any]) -> Any:
    """Do it in a process of its own, and give what it gives; "" when it does not come to an end."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_do, args=(deed, there))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:  # it died of what was changed, or took too long
        return ""
    finally:
        process.join()


def _do(deed: Callable[[], Any], there: Connection) -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    there.send(deed())
    os._exit(0)


def _first_that_fails(mutant: Mutant, tests: Sequence[pytest.Item]) -> str | None:
    """Name the first of these tests that fails on the mutant; None when none does."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_A_MUTANT, SECONDS_A_MUTANT))
    _put_in(importlib.import_module(f"keepwarm.engine.{mutant.module}"), mutant.code)
    for test, following in zip(tests, [*tests[1:], None], strict=True):
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
        if test.session.testsfailed:
            return test.nodeid
    return None


def _put_in(module: ModuleType, code: CodeType) -> None:
    """Give the module's functions the code of the mutant, wherever they were imported to."""
    changed = {each.co_qualname: each for each in _codes(code)}
    for owner in (module, *(each for each in vars(module).values() if isinstance(each, type))):
        if getattr(owner, "__module__", module.__name__) != module.__name__:
            continue
        for each in vars(owner).values():
            plain = getattr(each, "__wrapped__", getattr(each, "fget", each))
            plain = getattr(plain, "__func__", plain)
            if isinstance(plain, FunctionType) and plain.__module__ == module.__name__:
                new = changed.get(plain.__qualname__)
                if new is not None and new.co_freevars == plain.__code__.co_freevars:
                    plain.__code__ = new


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


# ── Which test passes which line ─────────────────────────────────────────────────────────────

Passed = dict[str, frozenset[int]]


def _scout(tests: Sequence[pytest.Item], names: Sequence[str]) -> dict[str, Any] | str:
    """Run all tests on the modules as they are: how long each took, and the lines it passed."""
    files = {str(Path(ENGINE / f"{name}.py").resolve()): name for name in names}
    found: dict[str, tuple[float, Passed]] = {}
    for test, following in zip(tests, [*tests[1:], None], strict=True):
        _forget_results()
        passed: dict[str, set[int]] = {name: set() for name in names}
        begun = time.perf_counter()
        with_lines = partial(_enter, files, passed)
        threading.settrace(with_lines)
        sys.settrace(with_lines)
        try:
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
        finally:
            sys.settrace(None)
        if test.session.testsfailed:
            return test.nodeid
        seconds = time.perf_counter() - begun
        found[test.nodeid] = seconds, {name: frozenset(each) for name, each in passed.items()}
    return found


def _enter(
    files: Mapping[str, str], passed: Mapping[str, set[int]], frame: FrameType, *_: object
) -> Callable[..., Any] | None:
    name = files.get(frame.f_code.co_filename)
    if name is None:
        return None
    passed[name].add(frame.f_lineno)
    return partial(_pass, passed[name])


def _pass(lines: set[int], frame: FrameType, *_: object) -> Callable[..., Any]:
    lines.add(frame.f_lineno)
    return partial(_pass, lines)


def _forget_results() -> None:
    """Let every test compute by itself what an earlier one left in a cache."""
    for name, module in list(sys.modules.items()):
        if name.startswith("keepwarm."):
            for each in vars(module).values():
                if isinstance(each, functools._lru_cache_wrapper):
                    each.cache_clear()


# ── The score ────────────────────────────────────────────────────────────────────────────────


def main(words: Sequence[str] | None = None) -> int:
    """Try mutants, and print who survived and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--most", type=int, help="so many of each module, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    wanted: dict[str, Sequence[Mutant]] = {}
    for name in given.modules:
        mutants = mutants_of(name)
        if given.most is not None and given.most < len(mutants):
            mutants = Random(given.seed).sample(mutants, given.most)
        wanted[name] = mutants
    trial = Trial(wanted)
    files = dict.fromkeys(file for name in wanted for file in TESTS[name])
    with tempfile.TemporaryDirectory() as folder:
        chosen = ["-p", "no:cacheprovider", "-p", "no:xdist", "-s", "-qq"]
        chosen += ["-k", "not postgresql", "--basetemp", f"{folder}/tests", *files]
        pytest.main(chosen, plugins=[trial])
    return 1 if any(not mutant.is_alike for mutant in trial.left) else 0


if __name__ == "__main__":
    sys.path[:0] = [str(each.parent) for each in Path().glob("*/keepwarm")]
    sys.exit(main())
