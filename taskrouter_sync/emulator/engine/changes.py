"""Which records of an engine's state changed since the last look.

Plain data; imports nothing. `state` says what a record is.
"""

from __future__ import annotations

from collections.abc import Callable


class Changes:
    """Notes what was made, changed and removed, by the key of its record.

    The state's containers and objects note it themselves, so that no operation has to
    think of it. What is noted twice counts once.
    """

    def __init__(self, on_first: Callable[[], None]) -> None:
        """Call `on_first` whenever there is something to keep after there was nothing.

        That may be in the middle of an operation.
        """
        self._on_first = on_first
        self._noted: dict[str, object] = {}

    def note(self, key: str, thing: object) -> None:
        """Note that a thing is new or was changed; None: that it is gone."""
        if not self._noted:
            self._on_first()
        self._noted[key] = thing

    def take(self) -> dict[str, object]:
        """Give what was noted, owners before what they own, and begin anew."""
        noted, self._noted = self._noted, {}
        return noted
