"""Where both spellings meet: snake_case is written and stored, camelCase is answered.

The index leads from snake_case to camelCase: the way back is not unique.
Pure; imports nothing of the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def camel_case(name: str) -> str:
    """Spell a name as TaskRouter.js does: ``activity_name`` -> ``activityName``.

    An underscore is dropped and what follows it is capitalized, wherever it stands,
    so that ``_a`` becomes ``A`` and ``a__`` becomes ``a``.
    """
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def index(names: Iterable[str]) -> dict[str, str]:
    """Lead from each camelCase spelling back to its name; of two the later one wins."""
    return {camel_case(name): name for name in names}


@cache  # at need: most classes of a program are never asked in camelCase
def members(kind: type) -> Mapping[str, str]:
    """Lead from the camelCase spellings of a class's public members to the members."""
    names = dir(kind)
    taken = frozenset(names)
    # A member that already has the camelCase name answers by itself.
    return {
        camel: name
        for camel, name in index(each for each in names if each[0] != "_").items()
        if camel not in taken
    }


class BothSpellings:
    """Answer to ``fetchReservations`` where the class has ``fetch_reservations``.

    A class that has names of its own at run time (properties of a payload) adds them
    by `_names`, and reads them by `_named`.
    """

    def __getattr__(self, name: str) -> Any:
        # Only called for what ordinary look-up does not find.
        if name.startswith("_"):
            raise AttributeError(_absent(self, name))
        kind: type = type(self)
        member = members(kind).get(name)
        if member is not None:
            return getattr(self, member)
        try:
            return self._named(name)
        except KeyError:
            raise AttributeError(_absent(self, name)) from None

    def __dir__(self) -> Iterable[str]:
        own = [*super().__dir__(), *self._names()]
        kind: type = type(self)
        return sorted({*own, *members(kind)})

    def _names(self) -> Iterable[str]:
        """List the run-time names, in both spellings."""
        return ()

    def _named(self, name: str) -> Any:
        """Read a run-time name in either spelling; KeyError if there is none."""
        raise KeyError(name)


def _absent(thing: object, name: str) -> str:
    return f"{type(thing).__name__!r} object has no attribute {name!r}"
