"""The simulated calls of an emulator, for other threads.

Owns: ``Telephony``: how calls go, and hanging up. All of it runs on the emulator's
thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.calls import Outcome


Result = TypeVar("Result")


class OnEngine(Protocol):
    """Runs a function with the engine on the emulator's thread."""

    def __call__(self, function: Callable[[Engine], Result], /) -> Result: ...


class Telephony:
    """How the calls of instructions go. A call goes by what is set when it starts.

    All of it raises RuntimeError while the emulator is not running.

    Args:
        on_engine: runs a function with the engine, and gives its result.
    """

    def __init__(self, on_engine: OnEngine) -> None:
        self._on_engine = on_engine

    @property
    def answer_after(self) -> float:
        """Seconds until a call is answered, is found busy, or fails; 1 by default."""
        return self._on_engine(lambda engine: engine.telephony.settings.answer_after)

    @answer_after.setter
    def answer_after(self, seconds: float) -> None:
        def change(engine: Engine) -> None:
            engine.telephony.settings.answer_after = seconds

        self._on_engine(change)

    @property
    def call_length(self) -> float | None:
        """Seconds from the answer to the end; None, the default: until `hang_up`."""
        return self._on_engine(lambda engine: engine.telephony.settings.call_length)

    @call_length.setter
    def call_length(self, seconds: float | None) -> None:
        def change(engine: Engine) -> None:
            engine.telephony.settings.call_length = seconds

        self._on_engine(change)

    def outcome(self, contact_uri: str | None, outcome: Outcome) -> None:
        """Say what comes of calls to a contact URI; None: to all the others.

        Args:
            contact_uri: as the call is made to, such as ``client:joey``.
            outcome: ``answered`` (the default), ``busy``, ``no-answer`` (when the
                phone has rung for the instruction's timeout) or ``failed``.

        Raises:
            ValueError: it is no such outcome.
        """
        self._on_engine(
            lambda engine: engine.telephony.settings.outcome(contact_uri, outcome)
        )

    def hang_up(self, call_sid: str) -> None:
        """End a call, answered or not; one that is over stays as it is.

        Args:
            call_sid: CA…, of ``emulator.calls``.

        Raises:
            ServiceError: there is no such call.
        """
        self._on_engine(lambda engine: engine.telephony.hang_up(call_sid))
