"""One thing that the control can be asked, and what it works with. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from taskrouter_sync.emulator.control.changes import Changes
from taskrouter_sync.emulator.control.views import Views
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.faults import Faults
from taskrouter_sync.emulator.fields import Field
from taskrouter_sync.emulator.service import Service
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.emulator.telephony import Telephony


Json = dict[str, object]
Result = TypeVar("Result")


class Steered(Protocol):
    """What the control uses of an ``Emulator``; see there."""

    @property
    def telephony(self) -> Telephony: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def calls(self) -> list[PhoneCall]: ...
    def call(self, function: Callable[[Engine], Result]) -> Result: ...
    def advance(self, seconds: float) -> None: ...
    def snapshot(self) -> dict[str, Any]: ...
    def restore(self, snapshot: Mapping[str, Any]) -> None: ...
    @property
    def workspace(self) -> Callable[..., ReadyWorkspace]: ...
    @property
    def create_task(self) -> Callable[..., dict[str, Any]]: ...
    def send_frame(self, channel: str, frame: str | Mapping[str, object]) -> int: ...


@dataclass(frozen=True)
class Context:
    """What a command works with, on the emulator's own thread.

    Args:
        emulator: what a program in Python would use.
        service: what it serves.
        views: show it.
        changes: wait for it.
    """

    emulator: Steered
    service: Service
    views: Views
    changes: Changes


@dataclass(frozen=True)
class Command:
    """A path below /emulator.

    Args:
        method: GET and DELETE take fields from the query, POST from a JSON body.
        path: what follows /emulator.
        about: what it does, one sentence.
        run: does it, with the fields that were given; gives the response. A list in it
            may be an iterator.
        fields: all that may be given.
        status: of the response.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    about: str
    run: Callable[[Context, dict[str, Any]], Json | Awaitable[Json]]
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
