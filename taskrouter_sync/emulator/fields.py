"""The named values of a JSON document, checked.

Owns: the kinds of values, and errors that name the field. Pure; imports nothing of
the emulator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class FieldError(ValueError):
    """A value is missing, unknown or of the wrong kind.

    Args:
        field: its name, with dots for what is inside of an object.
        problem: what is wrong, as in "must be a number".
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    Args:
        words: say it, after "must be".
        fits: tells whether a value is of this kind.
        of_text: gives the value that a text in a query means.
        items: the kind of all values of an object.
    """

    words: str
    fits: Callable[[object], bool]
    of_text: Callable[[str], object] = str
    items: Kind | None = None

    def __str__(self) -> str:
        return self.words

    def check(self, name: str, value: object) -> None:
        """Raise FieldError unless the value is of this kind."""
        if not self.fits(value):
            raise FieldError(name, f"must be {self}")
        if self.items is not None and isinstance(value, dict):
            for key, item in value.items():
                self.items.check(f"{name}.{key}", item)


def text(max_bytes: int = 1 << 20) -> Kind:
    """Make the kind of texts of at most so many bytes."""
    return Kind(
        f"a text of at most {max_bytes} bytes",
        lambda value: isinstance(value, str) and _size(value) <= max_bytes,
    )


def number(minimum: float, maximum: float) -> Kind:
    """Make the kind of numbers between two others, both included."""
    return Kind(
        f"a number from {minimum:.0f} to {maximum:.0f}",
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            # Of a whole number of 400 digits there is no float: compared it can be.
            and minimum <= value <= maximum
        ),
        _read(float),
    )


def integer(minimum: float, maximum: float) -> Kind:
    """Make the kind of whole numbers between two others, both included."""
    any_number = number(minimum, maximum)
    return Kind(
        f"a whole {any_number.words.removeprefix('a ')}",
        lambda value: isinstance(value, int) and any_number.fits(value),
        _read(int),
    )


def _read(kind: type[float]) -> Callable[[str], object]:
    def of_text(value: str) -> object:
        try:
            return kind(value)
        except ValueError:
            return value

    return of_text


def choice(*texts: str) -> Kind:
    """Make the kind of some texts."""
    return Kind(f"one of {', '.join(texts)}", lambda value: value in texts)


FLAG = Kind("true or false", lambda value: isinstance(value, bool))
DOCUMENT = Kind("a JSON object", lambda value: isinstance(value, dict))
NULL = Kind("null", lambda value: value is None)


def named(items: Kind) -> Kind:
    """Make the kind of JSON objects whose values are all of one kind, by any name."""
    return Kind(f"a JSON object of names, each {items}", DOCUMENT.fits, items=items)


def either(*kinds: Kind) -> Kind:
    """Make the kind of values that are of one of some kinds."""
    return Kind(
        " or ".join(map(str, kinds)),
        lambda value: any(kind.fits(value) for kind in kinds),
    )


@dataclass(frozen=True)
class Field:
    """A value that a document may have, or must have."""

    name: str
    kind: Kind
    about: str
    required: bool = False


def read(
    fields: Sequence[Field], document: Mapping[str, object], where: str = "the body"
) -> dict[str, Any]:
    """Give the values of a document by name, only those that are there.

    Args:
        fields: all that it may have.
        document: the document.
        where: what lacks a field that is not there.

    Raises:
        FieldError: one is missing, unknown, or of the wrong kind.
    """
    known = {field.name: field for field in fields}
    for name, value in document.items():
        if name not in known:
            names = ", ".join(known) or "none"
            raise FieldError(name, f"is not known here; known are: {names}")
        known[name].kind.check(name, value)
    for field in fields:
        if field.required and field.name not in document:
            raise FieldError(field.name, f"is missing in {where}")
    return dict(document)


def of_query(
    fields: Sequence[Field], pairs: Iterable[tuple[str, str]]
) -> dict[str, object]:
    """Make a document of the texts in a query.

    Raises:
        FieldError: a name is there twice.
    """
    kinds = {field.name: field.kind for field in fields}
    document: dict[str, object] = {}
    for name, text in pairs:
        if name in document:
            raise FieldError(name, "is there twice")
        document[name] = kinds[name].of_text(text) if name in kinds else text
    return document


def document_of(text: str) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        FieldError: a name is there twice.
        ValueError: it is no JSON, or no object.
    """
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("it must be a JSON object")
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document: dict[str, object] = {}
    for name, value in pairs:
        if name in document:
            raise FieldError(name, "is there twice")
        document[name] = value
    return document


def _size(text: str) -> float:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return math.inf  # Half a character, as "\ud800", cannot be sent on.
