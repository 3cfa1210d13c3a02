"""The named values of a JSON document, checked.

Owns: the kinds of values, and errors that name the field. Pure; imports nothing of
the emulator.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
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


class Kind(ABC):
    """What a value may be."""

    @abstractmethod
    def __str__(self) -> str:
        """Say it in words, after "must be"."""

    @abstractmethod
    def fits(self, value: object) -> bool:
        """Tell whether the value is of this kind."""

    def check(self, name: str, value: object) -> None:
        """Raise FieldError unless the value is of this kind."""
        if not self.fits(value):
            raise FieldError(name, f"must be {self}")

    def of_text(self, text: str) -> object:
        """Give the value that a text in a query means."""
        return text


@dataclass(frozen=True)
class Text(Kind):
    """A text of at most so many bytes."""

    max_bytes: int = 1 << 20

    def __str__(self) -> str:
        return f"a text of at most {self.max_bytes} bytes"

    def fits(self, value: object) -> bool:
        return isinstance(value, str) and _size(value) <= self.max_bytes


@dataclass(frozen=True)
class Number(Kind):
    """A number between two others, both included."""

    minimum: float
    maximum: float

    def __str__(self) -> str:
        return f"a number from {self.minimum:.0f} to {self.maximum:.0f}"

    def fits(self, value: object) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            # Of a whole number of 400 digits there is no float: compared it can be.
            and self.minimum <= value <= self.maximum
        )

    def of_text(self, text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text


@dataclass(frozen=True)
class Integer(Number):
    """A whole number between two others, both included."""

    def __str__(self) -> str:
        return f"a whole {super().__str__().removeprefix('a ')}"

    def fits(self, value: object) -> bool:
        return isinstance(value, int) and super().fits(value)

    def of_text(self, text: str) -> object:
        try:
            return int(text)
        except ValueError:
            return text


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    def __str__(self) -> str:
        return "true or false"

    def fits(self, value: object) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True)
class Choice(Kind):
    """One of some texts."""

    texts: tuple[str, ...]

    def __str__(self) -> str:
        return f"one of {', '.join(self.texts)}"

    def fits(self, value: object) -> bool:
        return value in self.texts


@dataclass(frozen=True)
class Document(Kind):
    """A JSON object, whatever is in it."""

    def __str__(self) -> str:
        return "a JSON object"

    def fits(self, value: object) -> bool:
        return isinstance(value, dict)


@dataclass(frozen=True)
class Each(Kind):
    """A JSON object whose values are all of one kind, by any name."""

    kind: Kind

    def __str__(self) -> str:
        return f"a JSON object of names, each {self.kind}"

    def fits(self, value: object) -> bool:
        return isinstance(value, dict)

    def check(self, name: str, value: object) -> None:
        super().check(name, value)
        if isinstance(value, dict):
            for key, item in value.items():
                self.kind.check(f"{name}.{key}", item)


@dataclass(frozen=True)
class Either(Kind):
    """One of some kinds; None stands for null."""

    kinds: tuple[Kind | None, ...]

    def __str__(self) -> str:
        return " or ".join("null" if kind is None else str(kind) for kind in self.kinds)

    def fits(self, value: object) -> bool:
        return any(
            value is None if kind is None else kind.fits(value) for kind in self.kinds
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
