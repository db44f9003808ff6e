"""An exception crosses from a worker to Prefect's server as a pickle; each of ours survives it."""

from __future__ import annotations

import importlib
import inspect
import pickle
import typing
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tests.house.rooms import all_modules, dotted

#: What stands for an argument, by its type.
SAMPLES: dict[object, object] = {
    str: "a word",
    int: 3,
    float: 0.5,
    bool: True,
    bytes: b"bytes",
    Path: Path("playbooks/failed-payment.yaml"),
    datetime: datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    timedelta: timedelta(hours=4),
    list: ["a word"],
    tuple: ("a word",),
    set: {"a word"},
    frozenset: frozenset({"a word"}),
    dict: {"a": "word"},
    type(None): None,
}


def exceptions() -> list[type[Exception]]:
    """Give every exception class that a room defines."""
    found = {
        each
        for module in all_modules()
        if module.name != "__main__.py" and "migrations" not in module.parts
        for _, each in inspect.getmembers(importlib.import_module(dotted(module)), inspect.isclass)
        if issubclass(each, Exception) and each.__module__.startswith("keepwarm.")
    }
    return sorted(found, key=lambda each: (each.__module__, each.__qualname__))


def test_every_exception_of_ours_comes_out_of_a_pickle_as_it_went_in() -> None:
    assert [trouble for each in exceptions() for trouble in troubles_of(each)] == []


def test_an_exception_that_would_be_lost_on_the_way_is_found() -> None:
    assert troubles_of(LostOnTheWayError) != []
    assert troubles_of(KeptError) == []


class LostOnTheWayError(Exception):
    """Takes two arguments and hands one on: unpickling calls it with one."""

    def __init__(self, playbook: str, line: int) -> None:
        super().__init__(f"{playbook}:{line}")


class KeptError(Exception):
    """Hands on all that it takes."""

    def __init__(self, playbook: str, line: int) -> None:
        super().__init__(playbook, line)


def troubles_of(exception: type[Exception]) -> list[str]:
    """Say what becomes of an exception in a pickle; empty if it comes out as it went in."""
    name = f"{exception.__module__}.{exception.__qualname__}"
    try:
        before = exception(**arguments_of(exception))
        after = pickle.loads(pickle.dumps(before))
    except Exception as trouble:  # noqa: BLE001 - whatever goes wrong is what we report
        return [f"{name}: {trouble!r}"]
    same = (type(after), str(after), after.args) == (type(before), str(before), before.args)
    same = same and repr(vars(after)) == repr(vars(before))
    return [] if same else [f"{name}: {before!r} came out as {after!r}"]


def arguments_of(exception: type[Exception]) -> dict[str, object]:
    """Give a sample of each argument that must be given."""
    if exception.__init__ is Exception.__init__:
        return {}
    types = typing.get_type_hints(exception.__init__)
    parameters = list(inspect.signature(exception.__init__).parameters.values())[1:]
    return {
        each.name: sample_of(types.get(each.name, str))
        for each in parameters
        if each.default is each.empty and each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}
    }


def sample_of(type_: Any) -> object:
    """Give a value of a type: one of the samples, an enum's first, or a dataclass made of them."""
    if type_ in SAMPLES:
        return SAMPLES[type_]
    origin = typing.get_origin(type_)
    if origin is typing.Literal:
        return typing.get_args(type_)[0]
    if origin in SAMPLES:
        return SAMPLES[origin]
    if inspect.isclass(origin):  # Sequence, Mapping and their like
        return {} if hasattr(origin, "keys") else ()
    if typing.get_args(type_):  # a union
        return sample_of(typing.get_args(type_)[0])
    if inspect.isclass(type_) and issubclass(type_, Enum):
        return next(iter(type_))
    if inspect.isclass(type_):
        types = typing.get_type_hints(type_)
        parameters = inspect.signature(type_).parameters.values()
        return type_(
            **{
                each.name: sample_of(types[each.name])
                for each in parameters
                if each.default is each.empty
            }
        )
    pytest.fail(f"SAMPLES has nothing for {type_!r}; add it")
