"""What an instruction says, read from a request. Plain data; imports nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


InstructionName = Literal["dequeue", "call", "redirect", "conference", "supervise"]
Option = str | int | tuple[str, ...]

# Seconds; documented for dequeue, and taken for the others (choice).
RING_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """A telephony instruction with its parameters; None is not given.

    `to` is a contact URI, for supervise the supervisor. `options` are the
    parameters that only conference and supervise have, in snake_case.
    """

    name: InstructionName
    from_: str | None = None
    to: str | None = None
    url: str | None = None
    # Redirect: the caller's call (CA).
    call_sid: str | None = None
    accept: bool = False
    record: str | bool | None = None
    # Seconds that the phone rings.
    timeout: int = RING_SECONDS
    post_work_activity_sid: str | None = None
    status_callback: str | None = None
    status_callback_method: str = "POST"
    # "Callback URL for completed call event", as the parameters are described.
    status_callback_events: tuple[str, ...] = ("completed",)
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name as refusals have it: Conference."""
        return self.name.capitalize()

    @property
    def bridges(self) -> bool:
        """Whether it connects the worker with the caller, and so is an acceptance."""
        return self.name in ("dequeue", "conference")
