"""The named values of a JSON document, checked.

Owns: the kinds of values, how texts have numbers, and errors that name the field. Pure;
all it takes from the emulator is how JSON is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .engine.errors import read_json


# How texts have numbers: Python reads 1_0, blanks and digits of all alphabets as well.
# No int() refuses so many digits.
INTEGER = re.compile("[+-]?[0-9]{1,600}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class FieldError(ValueError):
    """A value is missing, unknown or of the wrong kind.

    Args:
        field: its name; the names of nested fields are joined with dots.
        problem: the problem, such as "must be a number".
    """

    def __init__(self, field: str, problem: str) -> None:
        # Both arguments: with these copies and pickles are made.
        super().__init__(field, problem)
        self.field = field

    def __str__(self) -> str:
        return " ".join(self.args)


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    Args:
        words: its description, after "must be".
        fits: returns whether a value is of this kind.
        of_text: parses a value in a query.
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
    """Return the kind of strings of at most `max_bytes` bytes."""

    def fits(value: object) -> bool:
        try:
            return isinstance(value, str) and len(value.encode()) <= max_bytes
        except UnicodeEncodeError:
            return False  # Half a character, as "\ud800", cannot be sent on.

    return Kind(f"a string of at most {max_bytes} bytes", fits)


def number(minimum: float, maximum: float) -> Kind:
    """Return the kind of numbers from `minimum` to `maximum`, both included."""
    return Kind(
        f"a number from {minimum:.0f} to {maximum:.0f}",
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            # An integer of 400 digits has no float, but can be compared.
            and minimum <= value <= maximum
        ),
        lambda text: float(text) if _NUMBER.fullmatch(text) else text,
    )


def integer(minimum: float, maximum: float) -> Kind:
    """Return the kind of integers from `minimum` to `maximum`, both included."""
    any_number = number(minimum, maximum)
    return Kind(
        f"an integer {any_number.words.removeprefix('a number ')}",
        lambda value: isinstance(value, int) and any_number.fits(value),
        lambda text: int(text) if INTEGER.fullmatch(text) else text,
    )


def choice(*texts: str) -> Kind:
    """Return the kind of values that are one of `texts`."""
    return Kind(f"one of {', '.join(texts)}", lambda value: value in texts)


FLAG = Kind("true or false", lambda value: isinstance(value, bool))
DOCUMENT = Kind("a JSON object", lambda value: isinstance(value, dict))
NULL = Kind("null", lambda value: value is None)


def named(items: Kind) -> Kind:
    """Return the kind of JSON objects whose values are all of one kind."""
    return Kind(
        f"a JSON object whose values are each {items}", DOCUMENT.fits, items=items
    )


def either(*kinds: Kind) -> Kind:
    """Return the kind of values that are of any of `kinds`."""
    return Kind(
        " or ".join(map(str, kinds)),
        lambda value: any(kind.fits(value) for kind in kinds),
    )


@dataclass(frozen=True)
class Field:
    """An optional or required value of a document."""

    name: str
    kind: Kind
    about: str
    required: bool = False


def read(
    fields: Sequence[Field], document: Mapping[str, object], where: str = "the body"
) -> dict[str, Any]:
    """Check a document and return its values by name, without missing fields.

    `where` names the document in errors about missing fields.

    Raises:
        FieldError: one is missing, unknown, or of the wrong kind.
    """
    known = {field.name: field for field in fields}
    for name, value in document.items():
        if name not in known:
            names = ", ".join(known) or "none"
            raise FieldError(name, f"is an unknown parameter; use: {names}")
        known[name].kind.check(name, value)
    for field in fields:
        if field.required and field.name not in document:
            raise FieldError(field.name, f"is missing in {where}")
    return dict(document)


def of_query(
    fields: Sequence[Field], pairs: Iterable[tuple[str, str]]
) -> dict[str, object]:
    """Parse the parameters of a query.

    Raises:
        FieldError: there is a duplicate parameter.
    """
    document = _once(pairs)
    for field in fields:
        if field.name in document:
            document[field.name] = field.kind.of_text(document[field.name])
    return document


def document_of(text: str) -> dict[str, object]:
    """Parse a JSON object.

    Raises:
        FieldError: there is a duplicate name.
        ValueError: `text` is not a valid JSON object.
    """
    document = read_json(text, object_pairs_hook=_once)
    if not isinstance(document, dict):
        raise ValueError("it must be a JSON object")
    return document


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise FieldError(name, "is a duplicate parameter")
        document[name] = value
    return document
