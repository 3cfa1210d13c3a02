"""JavaScript's positional arguments -> named values and the callback.

Pure. The rules (a callable anywhere is the
callback, None is "not given", which names the keywords have) are those of the porting
guide; the words of every complaint are made here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .callbacks import Callback
from .errors import ArgumentError
from .parameters import checked, parameter_name


class Parameter:
    """One argument of a method.

    Attributes:
        name: as the documentation of TaskRouter.js has it.
        keyword: as Python code spells it.
        wire: the REST parameter it becomes; empty for what is not sent.
        required: whether a call without it is a mistake.
        types: what is taken; text also as a number or a boolean.
    """

    def __init__(
        self,
        name: str,
        keyword: str,
        wire: str = "",
        required: bool = False,
        types: tuple[type, ...] = (str, int, float, bool),
    ) -> None:
        self.name = name
        self.keyword = keyword
        self.wire = wire
        self.required = required
        self.types = types


class Signature:
    """The arguments of one method, in JavaScript's order.

    Attributes:
        method: for complaints: ``reservation.accept``.
        parameters: all but the callback.
        callback_at: the callback's place among the positional arguments.
        options: whether a dict, anywhere, overrides what the others became; further
            keywords count as such.
    """

    def __init__(
        self,
        method: str,
        parameters: tuple[Parameter, ...] = (),
        callback_at: int | None = None,
        options: bool = False,
    ) -> None:
        self.method = method
        self.parameters = parameters
        self.callback_at = callback_at
        self.options = options

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
