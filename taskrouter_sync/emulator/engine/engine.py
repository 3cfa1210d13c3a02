"""The emulated service without I/O: the parts that it is composed of.

State, transitions and routing; time and sids are passed in. Deterministic and
total: an operation gives a result or raises ServiceError, whatever the state.
"""

from __future__ import annotations

from collections.abc import Callable

from . import restoring, snapshots
from .configuration import (
    Activities,
    TaskChannels,
    TaskQueues,
    Workflows,
    Workspaces,
)
from .core import Alarm, Core
from .entities import Entity, Watcher
from .errors import not_found
from .model import Event, Workspace
from .operations import Schedule
from .records import Record
from .snapshots import State
from .tasks import Reservations, Tasks
from .telephony import Telephony
from .workers import Workers


class Engine:
    """The service. One thread owns it: there are no locks.

    `clock` returns epoch seconds; `new_sid` makes a sid of its prefix ("WT").
    """

    def __init__(
        self,
        account_sid: str,
        *,
        clock: Callable[[], float],
        new_sid: Callable[[str], str],
    ) -> None:
        """Start an empty service."""
        self._core = Core(account_sid, clock, new_sid)
        self._schedule = Schedule(self._core)
        self.account_sid = account_sid
        self.workspaces = Workspaces(self._schedule)
        self.activities = Activities(self._schedule)
        self.task_channels = TaskChannels(self._schedule)
        self.workers = Workers(self._schedule)
        self.task_queues = TaskQueues(self._schedule)
        self.workflows = Workflows(self._schedule)
        self.tasks = Tasks(self._schedule)
        self.reservations = Reservations(self._schedule)
        self.telephony = Telephony(self._schedule)

    # Time.

    @property
    def now(self) -> float:
        """The moment of the latest operation, in epoch seconds; for ages."""
        return self._core.now

    def next_deadline(self) -> float | None:
        """Return when `run_due` will have something to do (epoch seconds), or None."""
        return self._core.deadlines.next()

    def run_due(self) -> None:
        """Do everything that is due by now, in order, each as of its own moment."""
        self._schedule.run_due()

    # Events.

    def on_event(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with every event, at once, in order.

        What the event says holds by then. The operation may not be over, so a
        listener must not start another.
        """
        self._core.event_listeners.append(listener)

    def on_alarm(self, listener: Callable[[Alarm], None]) -> None:
        """Call `listener` with trouble that no request is answered with."""
        self._core.alarm_listeners.append(listener)

    def event(self, workspace: Workspace, sid: str) -> Event:
        """Return the event (EV)."""
        event = workspace.events.get(sid)
        if event is None:
            raise not_found(f"/Workspaces/{workspace.sid}/Events/{sid}")
        return event

    # The state as a whole.

    def state(self) -> State:
        """Read the whole state, as plain data that no longer changes."""
        self.run_due()
        return snapshots.take(self._core)

    def general_state(self) -> Record:
        """Read the fields of `State` that are of no size and of no workspace.

        They change with nearly every operation; a change of them alone is not
        reported, but that of a setting is.
        """
        return snapshots.general(self._core)

    def put_back(self, state: State) -> dict[str, Entity]:
        """Make the engine what it was; return the snapshots in events by number.

        There are no events, and nothing is done that is due by now; the next
        operation does. Objects of before are no longer the engine's. A watcher gets
        everything anew, but not every deadline that is gone. Raises ValueError, and
        changes nothing, if `state` is damaged.
        """
        before = self._core.workspaces
        versions = restoring.put_back(self._core, state)
        before.watch(None)
        self.watch(self._core.changes)
        return versions

    def watch(self, changes: Watcher | None) -> None:
        """Report the whole state to `changes` at once, then all that changes in it.

        None: there is no watcher any more.
        """
        core = self._core
        core.changes = changes
        core.workspaces.watch(changes)
        core.deadlines.watch(changes)
        core.calls.watch(changes)
        core.call_settings.watch(changes)
