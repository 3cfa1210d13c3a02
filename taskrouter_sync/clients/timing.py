"""How long a client waits for what."""

from __future__ import annotations

from ..session import Limits
from ..wire.connection import SILENCE


_REQUEST = Limits()


class Timing:
    """Time limits of a client, in seconds; other than these only in tests.

    Attributes:
        request: of each attempt of a request.
        silence: without a frame that mean a dead line.
    """

    def __init__(
        self,
        request: Limits = _REQUEST,
        silence: float = SILENCE,
    ) -> None:
        self.request = request
        self.silence = silence
