"""What `disconnected` carries."""

from __future__ import annotations

from typing import Any

from ..properties import Record
from ..wire.connection import Ending


_LOST = "Websocket disconnected due to lost connectivity"


class Disconnection(Record):
    """What `disconnected` carries: a dict with the ``message`` of TaskRouter.js.

    Attributes:
        code, reason: of the service's close frame; None and "" if there was none.
    """

    __slots__ = ("code", "reason")

    def __init__(self, ending: Ending) -> None:
        super().__init__({"message": _LOST})
        self.code: int | None = ending.code
        self.reason: str = ending.reason

    def __reduce__(self) -> Any:
        return Disconnection, (Ending(self.code, self.reason),)
