"""The constructors' arguments, as TaskRouter.js and Python code give them. Pure."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError


def read_retries(value: Any) -> int:
    """Read `max_retries`: a whole number, or text of one; None for 0.

    Raises:
        ArgumentError: it is neither.
    """
    if value is None:
        return 0
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ArgumentError(f"max_retries must be a whole number from 0, not {value!r}")
    return value


def check_sid(name: str, value: Any) -> None:
    """Refuse an activity sid that is no text: it would be sent as something else."""
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"{name} must be a sid, not {type(value).__name__}")
