"""Filters of the lists.

Owns: tests for items, made of what the query supplied; what was not supplied
lets everything pass. Knows no resource but by the functions passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.engine.expressions import ExpressionError, parse


Item = TypeVar("Item")
Test = Callable[[Item], bool]


def equals(wanted: object, value: Callable[[Item], object]) -> Test[Item]:
    """Pass items whose value is the wanted one; None wants nothing."""
    return lambda item: wanted is None or value(item) == wanted


def one_of(wanted: tuple[str, ...], value: Callable[[Item], str]) -> Test[Item]:
    """Pass items whose value is among the wanted ones; none wants nothing."""
    return lambda item: not wanted or value(item) in wanted


def matches(
    parameter: str, text: str | None, context: Callable[[Item], Mapping[str, Any]]
) -> Test[Item]:
    """Pass items whose context the expression matches.

    Raises:
        ServiceError: the text is no expression.
    """
    if text is None:
        return lambda item: True
    try:
        expression = parse(text)
    except ExpressionError as error:
        raise invalid(f"{parameter}: {error}") from None
    return lambda item: expression.matches(context(item))
