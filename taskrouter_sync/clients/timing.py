"""How long a client waits for what."""

from __future__ import annotations

from dataclasses import dataclass

from ..session import Limits
from ..wire.connection import SILENCE


_REQUEST = Limits()


@dataclass(frozen=True)
class Timing:
    """Time limits of a client, in seconds; other than these only in tests.

    Attributes:
        request: of each attempt of a request.
        silence: without a frame that mean a dead line.
    """

    request: Limits = _REQUEST
    silence: float = SILENCE
