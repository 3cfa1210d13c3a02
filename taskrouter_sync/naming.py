"""Both spellings of names: snake_case is written, camelCase exists by rule.

The index leads from snake_case to camelCase: the way back is not unique.
Pure; imports nothing of the package.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def camel_case(name: str) -> str:
    """Spell a name as TaskRouter.js does: ``activity_name`` -> ``activityName``.

    An underscore is dropped and what follows it is capitalized, wherever it stands,
    so that ``_a`` becomes ``A`` and ``a__`` becomes ``a``.
    """
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def parameter_name(keyword: str) -> str:
    """Name a REST parameter as REST does: ``friendly_name`` -> ``FriendlyName``."""
    return "".join(part[:1].upper() + part[1:] for part in keyword.split("_"))


def index(names: Iterable[str]) -> dict[str, str]:
    """Lead from each camelCase spelling back to its name; of two the later one wins."""
    return {camel_case(name): name for name in names}


def plain_text(text: str) -> str:
    """Give a text that may be a member of an enum, whose `str` is its name."""
    return str.__str__(text)


class BothSpellings:
    """A class whose public members exist in camelCase too: ``fetchReservations``.

    The second spelling is a class attribute, made once when the class is defined. A
    member that is written in camelCase already is left as it is. For type checkers each
    class repeats its spellings under ``if TYPE_CHECKING``; a test compares them.
    """

    __slots__ = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for camel, name in index(n for n in vars(cls) if n[0] != "_").items():
            if camel not in vars(cls):
                setattr(cls, camel, vars(cls)[name])


def no_attribute(thing: object, name: str, known: Iterable[str]) -> AttributeError:
    """Make the error for a name that is not there; it suggests the nearest one."""
    text = f"{type(thing).__name__!r} object has no attribute {name!r}"
    nearest = nearest_name(name, (each for each in known if each[:1] != "_"))
    return AttributeError(
        text if nearest is None else f"{text}; did you mean {nearest!r}?"
    )


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Find the name that was probably meant; None if none resembles it."""
    # At need: few programs mistype, and none does often.
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1, cutoff=0.75)), None)
