"""JavaScript's positional arguments -> named values, REST parameters and the callback.

Pure. The rules are those of the porting guide: a callable anywhere is the callback,
None is "not given", and every argument has a keyword. What the REST API takes as text
becomes text here. Every complaint about a call's arguments is made here too.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar

from .emitter import Callback, check_callback
from .errors import ArgumentError, quoted, shown
from .naming import BothSpellings, camel_case, parameter_name, plain_text
from .properties import date_text, json_text, json_value


# What `text` takes, for type checkers.
Value: TypeAlias = str | float | date | Mapping[str, Any] | Sequence[Any]
# The parameters of a request, as a dict.
Params: TypeAlias = Mapping[str, Any]

Method = TypeVar("Method", bound=Callable[..., Any])

# Of a whole number: some three thousand digits.
_MOST_BITS = 10_000

# Said once, for every method that takes a result callback.
_CALLBACK_NOTE = """

The callback gets ``(error, result)``; one of the two is None. It may take fewer
arguments. It runs on this thread, before the method returns. Without a callback the
method returns the result, and a failed request raises a `TaskRouterError`. Wrong
arguments raise an `ArgumentError` before anything is sent.
"""


def takes(*names: str, required: int = 0, more: str = "") -> Callable[[Method], Method]:
    """Let `help` and editors show what a method takes, and not ``(*args, **keywords)``.

    Args:
        names: the arguments in their order; one that follows a ``*`` has no place.
        required: how many of them must be given.
        more: what further keywords are, if they are taken.
    """
    kinds: Any = inspect.Parameter
    parameters = [kinds("self", kinds.POSITIONAL_OR_KEYWORD)]
    kind = kinds.POSITIONAL_OR_KEYWORD
    for place, name in enumerate(names):
        if name == "*":
            kind = kinds.KEYWORD_ONLY
            continue
        default = kinds.empty if place < required else None
        parameters.append(kinds(name, kind, default=default))
    if more:
        parameters.append(kinds(more, kinds.VAR_KEYWORD))

    def shown(method: Method) -> Method:
        described: Any = method
        described.__signature__ = inspect.Signature(parameters)
        described.__doc__ = inspect.cleandoc(method.__doc__ or "") + _CALLBACK_NOTE
        return method

    return shown


def public_arguments(method: Method) -> Method:
    """Let `help` and editors show those arguments of a constructor that are public."""
    signature, described = inspect.signature(method), method
    shown = [each for each in signature.parameters.values() if each.name[0] != "_"]
    described.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    return method


class Parameter(NamedTuple):
    """One argument of a method.

    Attributes:
        name: as the documentation of TaskRouter.js has it.
        keyword: as Python code spells it.
        wire: the REST parameter it becomes; empty for what is not sent.
        required: whether a call without it is a mistake.
        types: what is taken; text also as a number or a boolean.
        sid: whether it must be able to be one.
    """

    name: str
    keyword: str
    wire: str = ""
    required: bool = False
    types: tuple[type, ...] = (str, int, float, bool)
    sid: bool = False


class Signature(NamedTuple):
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

    def shown(self, method: Method) -> Method:
        """Decorate the method: let `help` and editors show what it takes."""
        names = [each.keyword for each in self.parameters]
        required = sum(each.required for each in self.parameters)
        place = len(names) if self.callback_at is None else self.callback_at
        names.insert(place, "callback")
        if self.options:
            names.append("options")
        more = "more" if self.options else ""
        return takes(*names, required=required, more=more)(method)

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
                f"{self.method}: too many arguments: takes {len(self.parameters)} "
                f"and a callback, not {len(rest)}"
            )
        for parameter, value in zip(self.parameters, rest, strict=False):
            if value is not None:
                values[parameter.keyword] = value
        self._take_keywords(keywords, values)
        for parameter in self.parameters:
            self._check(parameter, values)
        checked(self.method, values.get("options", {}))
        return values, callback

    def wire(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Name the values as the REST API does; the options go over the others."""
        params = {
            parameter.wire: values[parameter.keyword]
            for parameter in self.parameters
            if parameter.wire and parameter.keyword in values
        }
        return as_given(params) | as_given(values.get("options", {}))

    def _take_options(
        self, rest: list[Any], keywords: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        found = [value for value in rest if isinstance(value, Mapping)]
        if (named := keywords.pop("options", None)) is not None:
            found.append(named)
        if len(found) > 1:
            raise ArgumentError(f"{self.method}: options was given more than once")
        rest = [value for value in rest if not isinstance(value, Mapping)]
        if found and not isinstance(found[0], Mapping):
            wrong(self.method, "options", found[0], "a dict")
        return rest, {"options": dict(found[0])} if found else {}

    def _take_keywords(
        self, keywords: Mapping[str, Any], values: dict[str, Any]
    ) -> None:
        spelled = {
            name: each for each in self.parameters for name in (each.name, each.keyword)
        }
        for name, value in keywords.items():
            if name not in spelled:
                if self.options:
                    values.setdefault("options", {})[parameter_name(name)] = value
                    continue
                raise ArgumentError(f"{self.method}: unknown argument {quoted(name)}")
            parameter = spelled[name]
            if parameter.keyword in values:
                raise ArgumentError(f"{self.method}: {name} was given more than once")
            if value is not None:
                values[parameter.keyword] = value

    def _check(self, parameter: Parameter, values: dict[str, Any]) -> None:
        value = values.get(parameter.keyword)
        if value is None:
            if parameter.required:
                raise ArgumentError(f"{self.method}: {parameter.name} is required")
        elif parameter.required and value == "":
            raise ArgumentError(
                f"{self.method}: {parameter.name} is required and must not be empty"
            )
        elif not isinstance(value, parameter.types):
            expected = " or ".join(each.__name__ for each in parameter.types)
            wrong(self.method, parameter.name, value, expected)
        elif parameter.sid:
            values[parameter.keyword] = check_sid(self.method, value, parameter.name)
        else:
            checked(self.method, {parameter.name: value})


class Update(NamedTuple):
    """What an `update` says: the parameters, and the sid if one came before them."""

    params: dict[str, Any]
    callback: Callback | None
    sid: str | None = None


class Fetch(NamedTuple):
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
    sid_name: str = "sid",
) -> Update:
    """Read ``(name, value, cb)``, ``(dict, cb)``, or either after a sid.

    Each of them may be a keyword: `name`, `value`, `params`, `sid_name`. Further
    keywords are REST parameters, in snake_case: ``update(friendly_name="Ann")``.

    Args:
        method: for complaints.
        args, keywords: the call's.
        of_one: whether the sid must be there.
        sid_name: the sid's own keyword.
    """
    keywords = dict(keywords)
    rest, callback = take_callback(method, args, keywords, None)
    came = _kinds(rest)
    sid = _take(method, keywords, sid_name) or _take(method, keywords, "sid")
    name, value = (_take(method, keywords, each) for each in ("name", "value"))
    params, named = _take_params(method, keywords)
    pair = [each for each in (name, value) if each is not None]
    if sid is None and rest and isinstance(rest[0], str):
        # Two strings are a name and a value, three have the sid before them.
        before_name = len(rest) + len(pair) == 3 and params is None
        before_dict = len(rest) == 2 and (
            isinstance(rest[1], Mapping | None) and not _is_parameter(rest[0])
            if of_one
            else isinstance(rest[1], Mapping) and is_sid(rest[0])
        )
        before_keywords = len(rest) == 1 and (params is not None or bool(named))
        if before_name or before_dict or before_keywords:
            sid, *rest = rest
    if rest and name is not None:
        raise ArgumentError(f"{method}: name was given more than once")
    rest += pair if params is None else [*pair, params]
    if len(rest) == 1 and isinstance(rest[0], Mapping):
        sent = dict(rest[0])
    elif len(rest) == 2 and isinstance(rest[0], str):
        sent = {rest[0]: rest[1]}
        if rest[1] is None:
            wrong(method, f"the value of {rest[0]}", None, "a string")
    elif not rest and named:
        sent = {}
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
    if of_one:
        sid = check_sid(method, sid, sid_name)
    return Update(as_text(checked(method, sent | named)), callback, sid)


def read_fetch(
    method: str,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    by_sid: bool = True,
) -> Fetch:
    """Read ``(cb)``, ``(params, cb)`` or ``(sid, cb)``.

    Each of them may be a keyword; further keywords are REST parameters.
    """
    keywords = dict(keywords)
    rest, callback = take_callback(method, args, keywords, None)
    sid = _take(method, keywords, "sid") if by_sid else None
    params, named = _take_params(method, keywords)
    rest = [each for each in (*rest, sid, params) if each is not None]
    if not rest:
        named = checked(method, named)
        return Fetch(as_given(named) if named else None, callback)
    if len(rest) > 1:
        expected = "parameters or a sid" if by_sid else "parameters"
        raise ArgumentError(
            f"{method}: expected {expected}, then a callback; got {_kinds(rest)}"
        )
    if isinstance(rest[0], Mapping):
        return Fetch(as_given(checked(method, {**rest[0], **named})), callback)
    if by_sid and isinstance(rest[0], str) and rest[0]:
        sid = check_sid(method, rest[0])
        if named:
            raise ArgumentError(
                f"{method}: a sid takes no further parameters, not {', '.join(named)}"
            )
        return Fetch(None, callback, sid)
    expected = "a dict of parameters or a sid" if by_sid else "a dict of parameters"
    wrong(method, "the 1st argument", rest[0], expected)


def read_params(
    method: str, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[dict[str, Any], Callback | None]:
    """Read ``(params, cb)``: a dict that must be there; further keywords count as one.

    The dict may be a keyword, too.
    """
    keywords = dict(keywords)
    rest, callback = take_callback(method, args, keywords, None)
    params, named = _take_params(method, keywords)
    if params is not None:
        rest.append(params)
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
    """Separate the callback from the other arguments; take it out of the keywords.

    A None in its `place` is "no callback"; without one that is after all others.
    """
    for number, value in enumerate(args, 1):
        _refuse_resource(method, f"argument {number}", value)
    for name, value in keywords.items():
        _refuse_resource(method, name, value)
    found = [value for value in args if callable(value)]
    for name in ("callback", "cb"):
        value = keywords.pop(name, None)
        if value is not None:
            if not callable(value):
                wrong(method, name, value, "a callable")
            found.append(value)
    if len(found) > 1:
        raise ArgumentError(f"{method}: more than one callback was given")
    rest = list(args)
    if found:
        check_callback(found[0], f"{method}: callback")
        rest = [value for value in rest if not callable(value)]
    elif place is None:
        # The last argument is the callback's place; None there is no callback.
        if len(rest) > 1 and rest[-1] is None:
            rest.pop()
    elif place < len(rest) and rest[place] is None:
        rest.pop(place)
    return rest, found[0] if found else None


def check_sid(method: str, value: Any, name: str = "sid") -> str:
    """Give a sid, if it can be one: it becomes a part of a URL's path.

    Raises:
        ArgumentError: it can't.
    """
    if not isinstance(value, str):
        wrong(method, name, value, "a sid")
    if not re.fullmatch("[A-Za-z0-9_-]+", value):
        raise ArgumentError(
            f"{method}: {name} must be a sid, with letters and digits only, "
            f"not {quoted(value)}"
        )
    return plain_text(value)


def checked(method: str, params: Mapping[Any, Any]) -> dict[str, Any]:
    """Give the parameters of a call, if they can be sent.

    Raises:
        ArgumentError: a name is no text, or a value nothing that JSON can say.
    """
    for name, value in params.items():
        if not isinstance(name, str):
            raise ArgumentError(
                f"{method}: the name of a parameter must be a string, not {shown(name)}"
            )
        _refuse_resource(method, f"the value of {name}", value)
        if not _can_be_sent(value):
            raise ArgumentError(
                f"{method}: the value of {name} must be a string, number, boolean, "
                f"date, or a dict or list of these, not {shown(value)}"
            )
    return dict(params)


def as_text(params: Mapping[str, Any]) -> dict[str, Any]:
    """Write values as the REST API does: objects as JSON text, the rest as text.

    The caller's own dict is left as it is; None is "not given".
    """
    return {name: text(value) for name, value in params.items() if value is not None}


def as_given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Leave values of a query as they are, as TaskRouter.js does, but for dates."""
    return {
        name: text(value) if isinstance(value, date) else json_value(value)
        for name, value in params.items()
        if value is not None
    }


def text(value: Any) -> Any:
    """Write one value as JavaScript's strings: ``"true"``, ``"20"``, JSON text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Mapping | list | tuple):
        return json_text(value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return plain_text(value) if isinstance(value, str) else value


def _refuse_resource(method: str, argument: str, value: Any) -> None:
    # A mapping, which would be taken for parameters or be sent as a whole.
    if isinstance(value, BothSpellings) and isinstance(value, Mapping):
        raise ArgumentError(
            f"{method}: {argument} must not be the {type(value).__name__} itself: pass "
            "its .sid"
        )


def wrong(method: str, argument: str, value: Any, expected: str) -> NoReturn:
    """Raise the error for an argument of the wrong type."""
    raise ArgumentError(f"{method}: {argument} must be {expected}, not {shown(value)}")


def is_sid(value: Any) -> bool:
    """Distinguish ``WK…`` from the name of a parameter, such as ``Attributes``."""
    return isinstance(value, str) and value[:2].isalpha() and value[:2].isupper()


def _is_parameter(text: str) -> bool:
    """Distinguish ``Attributes`` from a sid, or from a channel's name: ``default``."""
    return text[:1].isupper() and text[1:2].islower()


def _take(method: str, keywords: dict[str, Any], name: str) -> Any:
    """Take an argument out of the keywords, in either spelling."""
    found = [keywords.pop(each, None) for each in {name, camel_case(name)}]
    given = [each for each in found if each is not None]
    if len(given) > 1:
        raise ArgumentError(f"{method}: {name} was given more than once")
    return given[0] if given else None


def _take_params(
    method: str, keywords: dict[str, Any]
) -> tuple[Mapping[Any, Any] | None, dict[str, Any]]:
    """Take the dict out of the keywords; what is left of them are parameters too."""
    params = keywords.pop("params", None)
    if params is not None and not isinstance(params, Mapping):
        wrong(method, "params", params, "a dict")
    return params, {parameter_name(each): keywords[each] for each in keywords}


def _can_be_sent(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        # Longer ones Python does not write either, at its default limit.
        return value.bit_length() <= _MOST_BITS
    if not isinstance(value, Mapping | list | tuple | date):
        return False
    try:
        json.dumps(value, default=_plain, allow_nan=False)
        text(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return True


def _plain(value: Any) -> Any:
    """Write what `json` does not know; TypeError for what nobody knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return date_text(value)
    raise TypeError(f"{type(value).__name__} can't be sent")


def _kinds(values: Sequence[Any]) -> str:
    return ", ".join(type(value).__name__ for value in values) or "nothing"
