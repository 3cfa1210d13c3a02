"""Callbacks: called as JavaScript calls them, with as much as they take."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from taskrouter_sync.callbacks import arity, call, name_of


class Counter:
    """Has a method, can be called itself, and can be made by a call."""

    def __init__(self, start: Any = 0) -> None:
        self.start = start

    def count(self, error: Any, result: Any) -> tuple[Any, Any]:
        return error, result

    def __call__(self, error: Any) -> Any:
        return error


def nothing() -> str:
    return "called"


def optional(error: Any, result: Any = "default", third: Any = "default") -> Any:
    return error, result, third


def keyword_only(error: Any, *, result: Any = "default") -> Any:
    return error, result


def anything(*args: Any) -> tuple[Any, ...]:
    return args


def at_least_one(error: Any, *rest: Any) -> tuple[Any, ...]:
    return error, *rest


ARITIES: list[tuple[Callable[..., Any], tuple[int, int | None]]] = [
    (nothing, (0, 0)),
    (lambda error: error, (1, 1)),
    (lambda error, result: result, (2, 2)),
    (optional, (1, 3)),
    (keyword_only, (1, 1)),
    (anything, (0, None)),
    (at_least_one, (1, None)),
    (Counter().count, (2, 2)),
    (Counter(), (1, 1)),
    (Counter, (0, 1)),
    (partial(optional, "given"), (0, 2)),
    (partial(optional, third="given"), (1, 2)),
    ([].append, (1, 1)),
    # Built-ins may not tell.
    (max, (0, None)),
]

CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    # callback, what it is called with, what it makes of that
    (nothing, ("error", "result"), "called"),
    (lambda error: error, ("error", "result"), "error"),
    (lambda error, result: (error, result), ("error", "result"), ("error", "result")),
    (lambda error, result: (error, result), ("error",), ("error", None)),
    (lambda a, b, c: (a, b, c), (), (None, None, None)),
    (optional, ("error",), ("error", "default", "default")),
    (optional, ("error", "result"), ("error", "result", "default")),
    (optional, (), (None, "default", "default")),
    (keyword_only, ("error", "result"), ("error", "default")),
    (anything, ("error", "result"), ("error", "result")),
    (anything, (), ()),
    (at_least_one, (), (None,)),
    (partial(optional, "given"), ("error",), ("given", "error", "default")),
    (Counter().count, (1, 2, 3), (1, 2)),
    (max, (1, 2), 2),
]


@pytest.mark.parametrize(("callback", "expected"), ARITIES)
def test_arity(callback: Callable[..., Any], expected: tuple[int, int | None]) -> None:
    assert arity(callback) == expected


@pytest.mark.parametrize(("callback", "args", "expected"), CALLS)
def test_extra_arguments_are_dropped_and_missing_ones_are_none(
    callback: Callable[..., Any], args: tuple[Any, ...], expected: Any
) -> None:
    assert call(callback, *args) == expected


def test_a_type_error_of_the_callback_itself_comes_through() -> None:
    calls = []

    def broken(error: Any) -> None:
        calls.append(error)
        raise TypeError("broken() takes 1 positional argument but 2 were given")

    with pytest.raises(TypeError, match="broken"):
        call(broken, "error", "result")
    assert calls == ["error"]


@pytest.mark.parametrize(
    ("callback", "name"),
    [
        (nothing, "nothing"),
        (Counter().count, "Counter.count"),
        (Counter(), "Counter"),
        (Counter, "Counter"),
        (partial(nothing), "partial"),
    ],
)
def test_a_callback_has_a_name_for_the_log(
    callback: Callable[..., Any], name: str
) -> None:
    assert name_of(callback) == name
