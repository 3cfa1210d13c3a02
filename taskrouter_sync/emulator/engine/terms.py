"""What expressions mean: paths, comparisons, junctions, evaluated on JSON values.

Every function here is total: any JSON value in, a bool or a value out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


Scalar = None | bool | int | float | str

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


class Node(Protocol):
    """A part of an expression that is true or false."""

    @property
    def depth(self) -> int:
        """Levels of nesting below and with this node."""

    def test(self, context: Mapping[str, Any]) -> bool:
        """Tell whether it is true of `context`."""

    def paths(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the keys that are read."""


@dataclass(frozen=True)
class Path:
    """A key such as `a.b[2]`."""

    steps: tuple[str | int, ...]

    def value(self, context: Mapping[str, Any]) -> Any:
        """Read the key; what is missing is None."""
        found: Any = context
        for step in self.steps:
            if isinstance(step, int):
                if not isinstance(found, list) or step >= len(found):
                    return None
                found = found[step]
            elif isinstance(found, Mapping):
                found = found.get(step)
            else:
                return None
        return found


@dataclass(frozen=True)
class Literal:
    """A value written in the expression."""

    constant: Any

    def value(self, context: Mapping[str, Any]) -> Any:
        """Return the constant."""
        return self.constant


@dataclass(frozen=True)
class Condition:
    """Two operands and what is asked of their values."""

    left: Path | Literal
    right: Path | Literal
    holds: Callable[[Any, Any], bool]
    depth: int = 1

    def test(self, context: Mapping[str, Any]) -> bool:
        """Tell whether it is true of `context`."""
        return self.holds(self.left.value(context), self.right.value(context))

    def paths(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the keys of the operands."""
        for operand in (self.left, self.right):
            if isinstance(operand, Path):
                yield operand.steps


class Junction:
    """Parts joined by AND (`every`) or by OR."""

    def __init__(self, every: bool, parts: tuple[Node, ...]) -> None:
        self.every = every
        self.parts = parts
        self.depth = 1 + max(part.depth for part in parts)

    def test(self, context: Mapping[str, Any]) -> bool:
        """Tell whether it is true of `context`."""
        for part in self.parts:
            if part.test(context) is not self.every:
                return not self.every
        return self.every

    def paths(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the keys of all parts."""
        for part in self.parts:
            yield from part.paths()


def comparison(left: Path | Literal, operator: str, right: Path | Literal) -> Condition:
    """Make the condition for `operator` in capital letters."""
    return Condition(left, right, OPERATORS[operator])


def number_of(value: Any) -> int | float | None:
    """Read a number, also from a numeric text; anything else is None.

    The documentation expects the attribute "6" to satisfy `> 5`.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (list, Mapping))


def _same(left: Any, right: Any) -> bool:
    """Compare two scalars. Case counts; null equals only null.

    Only number and numeric text are coerced to each other (`6` and `"6"`): a
    boolean equals neither 1 nor "true".
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) == isinstance(right, str):
        return bool(left == right)
    first, second = number_of(left), number_of(right)
    return first is not None and first == second


def _equal(left: Any, right: Any) -> bool:
    return _is_scalar(left) and _is_scalar(right) and _same(left, right)


def _unequal(left: Any, right: Any) -> bool:
    # A list with a scalar operator is always false; null differs from any value.
    return _is_scalar(left) and _is_scalar(right) and not _same(left, right)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        """Two texts compare as texts, all else by number; null is never in order."""
        if isinstance(left, str) and isinstance(right, str):
            return test(left, right)
        first, second = number_of(left), number_of(right)
        return first is not None and second is not None and test(first, second)

    return holds


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _digits(value)
    return None


def _digits(value: int | float) -> str:
    # str() refuses integers of thousands of digits.
    if isinstance(value, int) and value.bit_length() > 1024:
        return hex(value)
    return str(value)


def _contains(left: Any, right: Any) -> bool:
    whole, part = _text(left), _text(right)
    return whole is not None and part is not None and part in whole


def _has(left: Any, right: Any) -> bool:
    # HAS with a list on the right is false: elements are compared with scalars.
    if not isinstance(left, list) or right is None or not _is_scalar(right):
        return False
    return any(_equal(item, right) for item in left)


def _in(left: Any, right: Any) -> bool:
    return _has(right, left)


def _not_in(left: Any, right: Any) -> bool:
    # What is missing holds nothing, so everything is NOT IN it; like `!=`, and
    # unlike a scalar on the right, which makes any array operator false.
    if not _is_scalar(left):
        return False
    return right is None or (isinstance(right, list) and not _in(left, right))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "=": _equal,
    "!=": _unequal,
    "<": _ordered(lambda a, b: bool(a < b)),
    "<=": _ordered(lambda a, b: bool(a <= b)),
    ">": _ordered(lambda a, b: bool(a > b)),
    ">=": _ordered(lambda a, b: bool(a >= b)),
    "CONTAINS": _contains,
    "HAS": _has,
    ">-": _has,
    "IN": _in,
    "<-": _in,
    "NOT IN": _not_in,
}
