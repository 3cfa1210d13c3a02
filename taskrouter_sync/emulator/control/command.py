"""One thing that the control can be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from taskrouter_sync.emulator.control.site import Site
from taskrouter_sync.emulator.fields import Field


Json = dict[str, object]
Run = Callable[[Site, dict[str, Any]], "Json | Awaitable[Json]"]


@dataclass(frozen=True)
class Command:
    """A path below /emulator.

    Args:
        method: GET takes its fields from the query, POST from a JSON body.
        path: what follows /emulator.
        about: what it does, one sentence.
        run: does it, with the fields that were given; gives the answer.
        fields: all that may be given.
        status: of the answer.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    about: str
    run: Run
    fields: Sequence[Field] = ()
    status: int = 200

    def described(self) -> Json:
        """Give its line of the list."""
        return {
            "method": self.method,
            "path": self.path,
            "about": self.about,
            "fields": {
                field.name: f"{field.kind}{' (needed)' if field.required else ''}: "
                f"{field.about}"
                for field in self.fields
            },
        }
