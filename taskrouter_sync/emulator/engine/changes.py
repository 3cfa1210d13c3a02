"""What changed in an engine since the last look, for whoever keeps its state.

Plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .calls import PhoneCall
from .deadlines import Deadline
from .entities import Entity
from .model import Event


class Changes:
    """Notes what was made, changed and removed.

    The state's containers and objects tell it themselves, so that no verb has to
    think of it. What is noted twice counts once.
    """

    def __init__(self, on_first: Callable[[], None]) -> None:
        """Call `on_first` whenever there is something to keep after there was nothing.

        That may be in the middle of an operation.
        """
        self._on_first = on_first
        # In the order in which they were first noted, so owners before what they own.
        self.entities: dict[Entity, None] = {}
        self.removed: dict[Entity, None] = {}
        self.calls: dict[PhoneCall, None] = {}
        self.events: list[Event] = []
        # Events that the log let go of; they may be among the new ones as well.
        self.old_events: list[Event] = []
        # None: cleared.
        self.deadlines: dict[tuple[str, str], Deadline | None] = {}
        self._any = False

    def __bool__(self) -> bool:
        return self._any

    def note(self, entity: Entity) -> None:
        """Note that an entity is new or was changed."""
        self.entities[entity] = None
        self._noted()

    def note_removal(self, entity: Entity) -> None:
        """Note that an entity is no longer part of the state."""
        self.entities.pop(entity, None)
        self.removed[entity] = None
        self._noted()

    def note_call(self, call: PhoneCall) -> None:
        """Note that a call is new or came to another state."""
        self.calls[call] = None
        self._noted()

    def note_event(self, event: Event) -> None:
        """Note that an event happened."""
        self.events.append(event)
        self._noted()

    def note_old_events(self, events: Iterable[Event]) -> None:
        """Note that events are no longer in their log."""
        self.old_events.extend(events)
        self._noted()

    def note_deadline(self, key: tuple[str, str], deadline: Deadline | None) -> None:
        """Note that a deadline was set or moved, or cleared (None)."""
        self.deadlines[key] = deadline
        self._noted()

    def note_setting(self) -> None:
        """Note that something changed that is small enough to be written always."""
        self._noted()

    def clear(self) -> None:
        """Forget all of it."""
        self.entities.clear()
        self.removed.clear()
        self.calls.clear()
        self.events.clear()
        self.old_events.clear()
        self.deadlines.clear()
        self._any = False

    def _noted(self) -> None:
        if not self._any:
            self._any = True
            self._on_first()
