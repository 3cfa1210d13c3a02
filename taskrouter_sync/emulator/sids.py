"""Makes sids.

Owns: where their numbers come from, and going on from where another one was.
"""

from __future__ import annotations

import random
from collections.abc import Mapping


_BITS = 128
# How many numbers are skipped at a time.
_STRIDE = 10_000


class Sids:
    """Makes sids of a prefix and 32 hexadecimal digits: ``sids("WT")``.

    Args:
        seed: makes them repeat from run to run; None: nobody can guess them.
    """

    def __init__(self, seed: int | None) -> None:
        self._begin(seed)

    def _begin(self, seed: int | None) -> None:
        self._seed = seed
        self._made = 0
        self._source = random.SystemRandom() if seed is None else random.Random(seed)

    def __call__(self, prefix: str) -> str:
        """Make a sid."""
        self._made += 1
        return f"{prefix}{self._source.getrandbits(_BITS):032x}"

    def state(self) -> dict[str, int | None]:
        """Give what `go_on` needs, as plain data."""
        return {"seed": self._seed, "made": self._made}

    def go_on(self, state: Mapping[str, int | None]) -> None:
        """Go on from where another one was.

        That had no seed: this one makes its own sids, as nothing is to repeat.

        Raises:
            ValueError: it is not the state of one.
        """
        seed, made = state.get("seed"), state.get("made")
        if not (seed is None or type(seed) is int) or type(made) is not int:
            raise ValueError("the state of the sids is damaged")
        if seed is None:
            return
        self._begin(seed)
        for skipped in range(0, made, _STRIDE):
            self._source.getrandbits(_BITS * min(_STRIDE, made - skipped))
        self._made = made
