"""The forms of `fetch`, `update` and `create`: name and value, dict, sid. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .callbacks import Callback
from .errors import ArgumentError
from .parameters import as_given, as_text, checked, parameter_name
from .signatures import take_callback, wrong


class Update:
    """What an `update` says: the parameters, and the sid if one came before them."""

    def __init__(
        self,
        params: dict[str, Any],
        callback: Callback | None,
        sid: str | None = None,
    ) -> None:
        self.params = params
        self.callback = callback
        self.sid = sid


class Fetch:
    """What a `fetch` asks for: one by sid, or those that the parameters describe."""

    def __init__(
        self,
        params: dict[str, Any] | None,
        callback: Callback | None,
        sid: str | None = None,
    ) -> None:
        self.params = params
        self.callback = callback
        self.sid = sid


def read_update(
    method: str,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    of_one: bool = False,
) -> Update:
    """Read ``(name, value, cb)``, ``(dict, cb)``, or either after a sid.

    In Python code the REST parameters may be keywords too, in snake_case:
    ``update(friendly_name="Ann")``. With `of_one` the sid must be there; it may be a
    keyword too.
    """
    keywords = dict(keywords)
    if of_one and "sid" in keywords:
        args = (keywords.pop("sid"), *args)
    rest, callback = take_callback(method, args, keywords, None)
    came = _kinds(rest)
    named = {parameter_name(name): value for name, value in keywords.items()}
    sid = None
    # Two strings are a name and a value, three have the sid before them.
    before_name = len(rest) == 3
    before_dict = len(rest) == 2 and isinstance(rest[1], Mapping) and _is_sid(rest[0])
    before_keywords = len(rest) == 1 and bool(named)
    if (before_name or before_dict or before_keywords) and isinstance(rest[0], str):
        sid, *rest = rest
    if len(rest) == 1 and isinstance(rest[0], Mapping):
        params = dict(rest[0])
    elif len(rest) == 2 and isinstance(rest[0], str):
        params = {rest[0]: rest[1]}
        if rest[1] is None:
            wrong(method, f"the value of {rest[0]}", None, "text")
    elif not rest and named:
        params = {}
    else:
        raise ArgumentError(
            f"{method}: expected a name and a value, or a dict, then a callback; "
            f"got {_kinds(rest)}"
        )
    if of_one and not sid:
        raise ArgumentError(
            f"{method}: the sid must come first, then a name and a value, or a dict; "
            f"got {came}"
        )
    return Update(as_text(checked(method, params | named)), callback, sid)


def read_fetch(
    method: str,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    by_sid: bool = True,
) -> Fetch:
    """Read ``(cb)``, ``(params, cb)`` or ``(sid, cb)``; keywords are parameters."""
    keywords = dict(keywords)
    if by_sid and "sid" in keywords:
        args = (keywords.pop("sid"), *args)
    rest, callback = take_callback(method, args, keywords, None)
    named = {parameter_name(name): value for name, value in keywords.items()}
    rest = [value for value in rest if value is not None]
    if not rest:
        named = checked(method, named)
        return Fetch(as_given(named) if named else None, callback)
    if len(rest) > 1:
        expected = "parameters or a sid" if by_sid else "parameters"
        raise ArgumentError(
            f"{method}: expected {expected}, then a callback; got {_kinds(rest)}"
        )
    if isinstance(rest[0], Mapping):
        params = checked(method, {**rest[0], **named})
        return Fetch(as_given(params), callback)
    if by_sid and isinstance(rest[0], str) and rest[0] and not named:
        return Fetch(None, callback, rest[0])
    expected = "a dict of parameters or a sid" if by_sid else "a dict of parameters"
    wrong(method, "the 1st argument", rest[0], expected)


def read_params(
    method: str, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[dict[str, Any], Callback | None]:
    """Read ``(params, cb)``: a dict that must be there; keywords count as one."""
    keywords = dict(keywords)
    rest, callback = take_callback(method, args, keywords, None)
    named = {parameter_name(name): value for name, value in keywords.items()}
    if len(rest) == 1 and isinstance(rest[0], Mapping):
        return as_text(checked(method, {**rest[0], **named})), callback
    if not rest and named:
        return as_text(checked(method, named)), callback
    raise ArgumentError(f"{method}: expected a dict of parameters, got {_kinds(rest)}")


def _kinds(values: Sequence[Any]) -> str:
    return ", ".join(type(value).__name__ for value in values) or "nothing"


def _is_sid(value: Any) -> bool:
    """Tell ``WK…`` from the name of a parameter, such as ``Attributes``."""
    return isinstance(value, str) and value[:2].isalpha() and value[:2].isupper()
