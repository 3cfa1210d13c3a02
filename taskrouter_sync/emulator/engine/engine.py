"""The emulated service without I/O: the parts that it is composed of.

State, transitions and routing; time and sids are passed in. Deterministic and
total: an operation gives a result or raises ServiceError, whatever the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import state
from .configuration import Activities, TaskChannels, TaskQueues, Workflows, Workspaces
from .containers import Changes
from .core import Alarm, Core
from .errors import find
from .model import Event, Workspace
from .operations import Schedule
from .state import Record, Recorder, Records
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
        return find(workspace.events.by_sid, sid, f"/Workspaces/{workspace.sid}/Events")

    # The state as a whole.

    def state(self) -> Records:
        """Read the whole state, as plain data."""
        self.run_due()
        return self.recorder().everything()

    def recorder(self) -> Recorder:
        """Return what makes records of the state, and of its changes."""
        return Recorder(self._core)

    def put_back(self, records: Mapping[str, Record]) -> None:
        """Make the engine what it was when these records were made.

        There are no events, and nothing is done that is due by now; the next
        operation does. Objects of before are no longer the engine's, and nobody
        watches any more. Raises ValueError, and changes nothing, if `records` are
        damaged.
        """
        before = self._core.workspaces
        state.put_back(self._core, records)
        before.watch(None)
        self.watch(None)

    def watch(self, changes: Changes | None) -> None:
        """Note in `changes` the whole state, and all that changes; None: no longer."""
        core = self._core
        for part in (core.workspaces, core.deadlines, core.calls, core.call_settings):
            part.watch(changes)
