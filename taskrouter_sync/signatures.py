"""JavaScript's positional arguments -> named values and the callback.

The one place where arguments are read; pure. The rules (a callable anywhere is the
callback, None is "not given", which names the keywords have) are those of the porting
guide; the words of every complaint are made here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from .callbacks import Callback
from .errors import ArgumentError
from .parameters import as_given, as_text, checked, parameter_name


@dataclass(frozen=True)
class Parameter:
    """One argument of a method.

    Attributes:
        name: as the documentation of TaskRouter.js has it.
        keyword: as Python code spells it.
        wire: the REST parameter it becomes; empty for what is not sent.
        required: whether a call without it is a mistake.
        types: what is taken; text also as a number or a boolean.
    """

    name: str
    keyword: str
    wire: str = ""
    required: bool = False
    types: tuple[type, ...] = (str, int, float, bool)


@dataclass(frozen=True)
class Signature:
    """The arguments of one method, in JavaScript's order.

    Attributes:
        method: for complaints: ``reservation.accept``.
        parameters: all but the callback.
        callback_at: the callback's place among the positional arguments.
        options: whether a dict, anywhere, overrides what the others became; further
            keywords count as such.
    """

    method: str
    parameters: tuple[Parameter, ...] = ()
    callback_at: int | None = None
    options: bool = False

    def read(
        self, args: Sequence[Any], keywords: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Callback | None]:
        """Sort a call's arguments.

        Returns:
            The values that were given, by keyword (with ``options`` for a dict), and
            the callback.

        Raises:
            ArgumentError: too many, of the wrong type, given twice, or missing.
        """
        keywords = dict(keywords)
        rest, callback = take_callback(self.method, args, keywords, self.callback_at)
        values: dict[str, Any] = {}
        if self.options:
            rest, values = self._take_options(rest, keywords)
        while len(rest) > len(self.parameters) and rest[-1] is None:
            rest.pop()
        if len(rest) > len(self.parameters):
            raise ArgumentError(
                f"{self.method}: takes {len(self.parameters)} values and a callback, "
                f"not {len(rest)} values"
            )
        for parameter, value in zip(self.parameters, rest, strict=False):
            if value is not None:
                values[parameter.keyword] = value
        self._take_keywords(keywords, values)
        for parameter in self.parameters:
            self._check(parameter, values.get(parameter.keyword))
        checked(self.method, values.get("options", {}))
        return values, callback

    def wire(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Name the values as the REST API does; the options go over the others."""
        params = {
            parameter.wire: values[parameter.keyword]
            for parameter in self.parameters
            if parameter.wire and parameter.keyword in values
        }
        options = values.get("options", {})
        return params | {
            name: value for name, value in options.items() if value is not None
        }

    def _take_options(
        self, rest: list[Any], keywords: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        found = [value for value in rest if isinstance(value, Mapping)]
        if "options" in keywords:
            found.append(keywords.pop("options"))
        found = [options for options in found if options is not None]
        if len(found) > 1:
            raise ArgumentError(f"{self.method}: options came more than once")
        rest = [value for value in rest if not isinstance(value, Mapping)]
        if found and not isinstance(found[0], Mapping):
            wrong(self.method, "options", found[0], "a dict")
        return rest, {"options": dict(found[0])} if found else {}

    def _take_keywords(
        self, keywords: Mapping[str, Any], values: dict[str, Any]
    ) -> None:
        spelled = {each.keyword: each for each in self.parameters}
        spelled |= {each.name: each for each in self.parameters}
        for name, value in keywords.items():
            if name not in spelled:
                if self.options:
                    values.setdefault("options", {})[parameter_name(name)] = value
                    continue
                raise ArgumentError(f"{self.method}: there is no argument {name!r}")
            parameter = spelled[name]
            if parameter.keyword in values:
                raise ArgumentError(f"{self.method}: {name} came more than once")
            if value is not None:
                values[parameter.keyword] = value

    def _check(self, parameter: Parameter, value: Any) -> None:
        if value is None:
            if parameter.required:
                raise ArgumentError(f"{self.method}: {parameter.name} is required")
        elif parameter.required and value == "":
            raise ArgumentError(
                f"{self.method}: {parameter.name} is required, not an empty text"
            )
        elif not isinstance(value, parameter.types):
            expected = " or ".join(each.__name__ for each in parameter.types)
            wrong(self.method, parameter.name, value, expected)


@dataclass(frozen=True)
class Update:
    """What an `update` says: the parameters, and the sid if one came before them."""

    params: dict[str, Any]
    callback: Callback | None
    sid: str | None = None


@dataclass(frozen=True)
class Fetch:
    """What a `fetch` asks for: one by sid, or those that the parameters describe."""

    params: dict[str, Any] | None
    callback: Callback | None
    sid: str | None = None


def read_update(
    method: str,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    of_one: bool = False,
) -> Update:
    """Read ``(name, value, cb)``, ``(dict, cb)``, or either after a sid.

    In Python code the REST parameters may be keywords too, in snake_case:
    ``update(friendly_name="Ann")``. With `of_one` the sid must be there.
    """
    keywords = dict(keywords)
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


def take_callback(
    method: str,
    args: Sequence[Any],
    keywords: dict[str, Any],
    place: int | None,
) -> tuple[list[Any], Callback | None]:
    """Separate the callback from the other arguments.

    Args:
        method: for complaints.
        args: the positional arguments.
        keywords: those given by name; ``callback`` or ``cb`` is taken out.
        place: where the callback belongs; None: after all others. A None there is
            "no callback".
    """
    found = [value for value in args if callable(value)]
    for name in ("callback", "cb"):
        value = keywords.pop(name, None)
        if value is not None:
            if not callable(value):
                wrong(method, name, value, "a callable")
            found.append(value)
    if len(found) > 1:
        raise ArgumentError(f"{method}: more than one callback came")
    rest = list(args)
    if found:
        rest = [value for value in rest if not callable(value)]
    elif place is None:
        # The last argument is the callback's place; None there is no callback.
        if len(rest) > 1 and rest[-1] is None:
            rest.pop()
    elif place < len(rest) and rest[place] is None:
        rest.pop(place)
    return rest, found[0] if found else None


def wrong(method: str, argument: str, value: Any, expected: str) -> NoReturn:
    raise ArgumentError(
        f"{method}: {argument} must be {expected}, "
        f"not {type(value).__name__} {value!r:.80}"
    )


def _kinds(values: Sequence[Any]) -> str:
    return ", ".join(type(value).__name__ for value in values) or "nothing"


def _is_sid(value: Any) -> bool:
    """Tell ``WK…`` from the name of a parameter, such as ``Attributes``."""
    return isinstance(value, str) and value[:2].isalpha() and value[:2].isupper()
