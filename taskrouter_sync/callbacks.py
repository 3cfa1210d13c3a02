"""Calling what users hand in, the way JavaScript does: extra arguments are dropped.

Pure; imports the errors alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from .errors import TaskRouterError


Result = TypeVar("Result")

# Gets (error, result): one of them is None.
Callback: TypeAlias = Callable[..., Any]
# The same for type checkers: it may take fewer. The result is declared as if it always
# came, so that whoever has asked `error` first may use it as it is.
ResultCallback: TypeAlias = (
    Callable[[TaskRouterError | None, Result], Any]
    | Callable[[TaskRouterError | None], Any]
    | Callable[[], Any]
)
# Gets what the event carries: see the table of events in the README.
Listener: TypeAlias = Callable[..., Any]

_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def call(callback: Callable[..., Any], *args: Any) -> Any:
    """Call with as many of the arguments as the callback takes.

    As in JavaScript what is too much is dropped, and what is missing is None.
    """
    return call_fitted(callback, arity(callback), args)


def call_fitted(
    callback: Callable[..., Any], takes: tuple[int, int | None], args: tuple[Any, ...]
) -> Any:
    """Do what `call` does, with an arity that was found before."""
    fewest, most = takes
    if most is not None:
        args = args[:most]
    if len(args) < fewest:
        args += (None,) * (fewest - len(args))
    return callback(*args)


def arity(callback: Callable[..., Any]) -> tuple[int, int | None]:
    """Tell how few and how many positional arguments a callable takes.

    ``(0, None)``, anything goes, for a built-in that does not tell its signature.
    """
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (ValueError, TypeError):
        return 0, None
    positional = [each for each in parameters if each.kind in _POSITIONAL]
    fewest = sum(each.default is each.empty for each in positional)
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return fewest, None
    return fewest, len(positional)


def name_of(callback: Callable[..., Any]) -> str:
    """Name a callable for a log line."""
    return str(getattr(callback, "__qualname__", type(callback).__qualname__))
