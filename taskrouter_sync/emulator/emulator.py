"""The emulator as tests and programs use it.

Owns: ``Emulator``: one service, its thread, its address, and the ways to set it up, to
move its clock, to see what happens and to wait for it. Any thread may use it.
"""

from __future__ import annotations

import json
import os
import queue
import socket
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import TracebackType
from typing import Any, TypedDict, TypeVar

from taskrouter_sync.emulator import setup
from taskrouter_sync.emulator.alerts import Alert
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.channels import GOING_AWAY, Close, Connection
from taskrouter_sync.emulator.clock import ManualClock, RealClock
from taskrouter_sync.emulator.control.control import Control
from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.engine.events import EVENT_TYPES
from taskrouter_sync.emulator.faults import METHODS, Faults, check_channel
from taskrouter_sync.emulator.journal import Journal, Request, Search
from taskrouter_sync.emulator.persistence import (
    Saver,
    put_back_snapshot,
    take_snapshot,
)
from taskrouter_sync.emulator.service import Service
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.emulator.sids import Sids
from taskrouter_sync.emulator.state_file import StateFile
from taskrouter_sync.emulator.telephony import Telephony
from taskrouter_sync.emulator.thread import ServiceThread


Result = TypeVar("Result")

# Seconds that a clock may be advanced at a time: ten years.
_MOST_SECONDS = 315_360_000
# Who listens everywhere can be reached on this machine.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_TASK_OPTIONS = (
    "workflow_sid",
    "task_channel",
    "task_queue_sid",
    "priority",
    "timeout",
    "routing_target",
    "ignore_capacity",
    "virtual_start_time",
)


class ClientOptions(TypedDict):
    """Keyword arguments of a client."""

    api_base_url: str
    event_bridge_base_url: str


class Emulator:
    """A TaskRouter service on this machine, in a thread of its own.

    ``with Emulator() as emulator:`` serves until the end of the block. Stopped and
    started again it is the same service, at the same address.

    Args:
        host: the interface to listen on.
        port: 0 for a free one.
        account_sid: AC…; made up by default.
        auth_token: made up by default.
        seed: makes sids repeat from run to run.
        manual_clock: time stands still (at 2026-01-01T00:00:00Z) but for ``advance``.
        heartbeat_interval: seconds, always of real time.
        state: a file that keeps the workspaces and all that is in them, and what was
            made up; made if there is none. What was answered is in it. Read at each
            start; what fell due in between happens then. Nobody else may use it.

    Raises:
        StateError: the file is of no use, as it is somebody else's, damaged or in use.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        account_sid: str | None = None,
        auth_token: str | None = None,
        seed: int | None = None,
        manual_clock: bool = False,
        heartbeat_interval: float = 15.0,
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port is {port!r}: must be 0 (any free one) to 65535")
        self.telephony: Telephony = Telephony(self.call)
        self._sids = Sids(seed)
        # Always drawn, so that a seed gives the same sids whoever the account is.
        made_up = self._sids("AC"), self._sids("")
        if state is not None:
            with StateFile(state) as file:
                made_up = file.account(account_sid, auth_token, made_up)
        self.account_sid: str = made_up[0] if account_sid is None else account_sid
        self.auth_token: str = made_up[1] if auth_token is None else auth_token
        self.faults: Faults = Faults(self)
        self._journal = Journal()
        self._host = host
        self._port = port
        self._heartbeat_interval = heartbeat_interval
        self._manual = ManualClock() if manual_clock else None
        self._clock = self._manual or RealClock()
        self._engine = Engine(
            self.account_sid, clock=self._clock.now, new_sid=self._sids
        )
        self._saver = (
            None
            if state is None
            else Saver(state, self._engine, self._sids, self._manual)
        )
        self._served: Service | None = None
        self._thread: ServiceThread | None = None

    def __repr__(self) -> str:
        state = "stopped" if self._thread is None else self.url
        return f"<Emulator {state} {self.account_sid}>"

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, timeout: float = 10.0) -> None:
        """Return when it serves; do nothing if it does already.

        Args:
            timeout: seconds.

        Raises:
            OSError: the port is taken.
            StateError: the file of the state is of no use.
            TimeoutError: it does not serve in time.
        """
        if self._thread is not None:
            return
        family, *_ = socket.getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.create_server((self._host, self._port), family=family)
        self._port = listener.getsockname()[1]
        if self._saver is not None:
            try:
                self._saver.open()
            except BaseException:
                listener.close()
                raise
        if self._served is None:
            self._served = Service(
                self.url,
                account_sid=self.account_sid,
                auth_token=self.auth_token,
                engine=self._engine,
                clock=self._clock,
                journal=self._journal,
                faults=self.faults,
                saver=self._saver,
            )
        thread = self._thread = ServiceThread(
            self._served,
            Control(self, self._served, self._host),
            listener,
            self._heartbeat_interval,
            None if self._manual else self._clock,
        )
        try:
            thread.start(timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close all connections and return; do nothing if it does not serve.

        Raises:
            StateError: what changed last could not be written to the state's file.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()
            if self._saver is not None:
                self._saver.close()

    # Where it is

    @property
    def url(self) -> str:
        """The address, which is also the console for a browser.

        Raises:
            RuntimeError: it has not been started, and its port is not known.
        """
        if not self._port:
            raise RuntimeError("the emulator has not been started")
        host = _EVERYWHERE.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def api_base_url(self) -> str:
        """The address of the REST API, with /v1."""
        return f"{self.url}/v1"

    @property
    def event_bridge_url(self) -> str:
        """The address of the event bridge."""
        return self.url

    @property
    def client_options(self) -> ClientOptions:
        """What a client needs to use this service, whatever the environment says.

        ``Worker(token, **emulator.client_options)``
        """
        return {
            "api_base_url": self.api_base_url,
            "event_bridge_base_url": self.event_bridge_url,
        }

    # Setting it up

    def workspace(
        self,
        name: str = "Emulated workspace",
        *,
        activities: Mapping[str, bool] = setup.ACTIVITIES,
        workers: Mapping[str, Mapping[str, Any]] | None = None,
        worker_activity: str | None = None,
        queues: Mapping[str, str] | None = None,
        workflow: Mapping[str, Any] | None = None,
        task_reservation_timeout: int = 120,
        multi_task_enabled: bool = True,
        timeout_activity: str = setup.OFFLINE,
    ) -> ReadyWorkspace:
        """Set up a workspace, and give the sids of what it contains.

        Args:
            name: its friendly name.
            activities: whether each is available, by name.
            workers: attributes by name; one without attributes, Alice, by default.
            worker_activity: the name of the workers' first activity; by default the
                workspace's default activity, Offline.
            queues: expressions by name; Everyone for all by default.
            workflow: the configuration, in which ``queue`` may name a queue instead
                of its sid; by default all tasks go to the first queue.
            task_reservation_timeout: seconds.
            multi_task_enabled: whether workers take several tasks.
            timeout_activity: the name of the activity after a reservation timeout.

        Raises:
            TypeError: an argument is of the wrong kind.
            ValueError: a name is not among those given.
            ServiceError: the service refuses a value.
        """
        workers = {"Alice": {}} if workers is None else workers
        queues = {"Everyone": "1==1"} if queues is None else queues
        _check_mapping("activities", activities, '{"Available": True}')
        _check_mapping("workers", workers, '{"Alice": {"languages": ["en"]}}')
        _check_mapping("queues", queues, '{"Everyone": "1==1"}')
        for worker, attributes in workers.items():
            _check_mapping(f"workers.{worker}", attributes, '{"languages": ["en"]}')
        return self.call(
            lambda engine: setup.set_up(
                engine,
                name,
                activities=activities,
                workers=workers,
                worker_activity=worker_activity,
                queues=queues,
                workflow=workflow,
                task_reservation_timeout=task_reservation_timeout,
                multi_task_enabled=multi_task_enabled,
                timeout_activity=timeout_activity,
            )
        )

    def create_task(
        self,
        workspace: ReadyWorkspace | str | None = None,
        *,
        attributes: Mapping[str, Any] | None = None,
        **options: object,
    ) -> dict[str, Any]:
        """Create a task, and give it as REST shows it.

        Args:
            workspace: a workspace or its sid; by default the only one.
            attributes: the task's attributes, a document.
            options: the other REST parameters in snake_case: workflow_sid,
                task_channel, task_queue_sid, priority, timeout, routing_target,
                ignore_capacity, virtual_start_time.

        Raises:
            TypeError: an argument is unknown or of the wrong kind.
            ValueError: there is not one workspace only.
            ServiceError: the service refuses.
        """
        if attributes is not None:
            _check_mapping("attributes", attributes, '{"type": "support"}')
        for name in options:
            if name not in _TASK_OPTIONS:
                known = ("workspace", "attributes", *_TASK_OPTIONS)
                raise TypeError(
                    f"{name} is not an argument{_did_you_mean(name, known)}"
                )
        params = {"Attributes": dict(attributes or {})} | {
            "".join(part.capitalize() for part in name.split("_")): value
            for name, value in options.items()
        }

        def create(engine: Engine) -> Mapping[str, object]:
            sid = workspace.sid if isinstance(workspace, ReadyWorkspace) else workspace
            if sid is None:
                if len(engine.workspaces) != 1:
                    count = len(engine.workspaces)
                    raise ValueError(f"workspace: say which of {count} is meant")
                sid = next(iter(engine.workspaces))
            path = f"/v1/Workspaces/{sid}/Tasks"
            api = self._service().api
            answer = api.perform("POST", path, Parameters.from_json(params))
            if answer.error is not None:
                raise answer.error
            return answer.body or {}

        return dict(self.call(create))

    def call(self, function: Callable[[Engine], Result]) -> Result:
        """Run a function with the engine on the emulator's thread.

        Raises:
            RuntimeError: the emulator is not running.
        """
        return self._running().call(lambda: function(self._engine))

    def advance(self, seconds: float) -> None:
        """Let time pass; whatever falls due happens in order, each at its moment.

        Raises:
            RuntimeError: the clock is a real one.
            ValueError: it is no number of seconds from 0 to ten years: time does not
                go back.
        """
        clock = self._manual
        if clock is None:
            raise RuntimeError("only a manual clock can be advanced")
        if not 0 <= seconds <= _MOST_SECONDS:
            raise ValueError(
                f"seconds is {seconds!r}: must be 0 to {_MOST_SECONDS} (time does not"
                " go back; restore() does)"
            )
        self.call(lambda engine: clock.advance(engine, seconds))

    def snapshot(self) -> dict[str, Any]:
        """Give the whole state as a value for JSON, for ``restore``.

        That is the workspaces with all that is in them, the events, what is due when,
        the calls and how they go, the time, and which sids come next (with a seed).
        Requests, faults, sockets and webhooks under way are of the run, not of the
        state. Account and auth token are not in it.
        """
        return self.call(lambda engine: take_snapshot(engine, self._sids))

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Be what an emulator was at a snapshot; it may have been another one.

        All sockets are closed as at a stop: clients come back, and look at the state
        anew. No worker leaves by that. A manual clock goes to the snapshot's time; by
        a real one what fell due since then happens now.

        Raises:
            ValueError: it is no snapshot, or of a newer version; nothing has changed.
            RuntimeError: the emulator is not running.
        """

        def put_back(engine: Engine) -> None:
            put_back_snapshot(snapshot, engine, self._sids)
            if self._manual is not None:
                self._manual.put(engine.now)
            if self._saver is not None:
                self._saver.begin_anew()
            self._service().channels.evict("", Close(GOING_AWAY, "restored"))
            engine.run_due()

        self.call(put_back)

    def send_frame(self, channel: str, frame: str | Mapping[str, object]) -> int:
        """Send a frame to the sockets of a channel; tell to how many.

        Args:
            channel: WK…, WQ… or WS….
            frame: any text, or what is sent as JSON.
        """
        text = frame if isinstance(frame, str) else json.dumps(frame)
        return self.faults.send_text(channel, text)

    # What happens

    @property
    def requests(self) -> list[Request]:
        """All requests so far, to REST and the event bridge, and WebSocket upgrades.

        The latest ones, if they are very many.
        """
        return self._journal.requests

    @property
    def events(self) -> list[Event]:
        """All events of the service so far; the latest ones, if they are very many."""
        return self._journal.events

    @property
    def alerts(self) -> list[Alert]:
        """All alerts so far, of what went wrong with webhooks and their answers."""
        return self._journal.alerts

    def follow(self, entries: queue.Queue[Request | Event | Alert | None]) -> None:
        """Put each request into a queue when it is answered, and events and alerts.

        Args:
            entries: what comes while it is full is left out. The emulator itself never
                puts None into it.
        """
        self._journal.follow(entries)

    @property
    def calls(self) -> list[PhoneCall]:
        """All calls so far that instructions made, as they stand.

        Raises:
            RuntimeError: the emulator is not running.
        """
        return self.call(lambda engine: engine.telephony.calls)

    def connections(self, channel: str) -> int:
        """Give the number of open sockets of a channel (WK…, WQ…, WS…)."""
        check_channel(channel)
        return self._journal.connections(channel)

    def wait_for_connections(
        self, channel: str, count: int, timeout: float = 5.0
    ) -> None:
        """Return as soon as the channel has exactly so many open sockets.

        Args:
            channel: WK…, WQ… or WS….
            count: how many; 0 to wait until all are gone.
            timeout: seconds.

        Raises:
            TimeoutError: it has another number all the time.
            ValueError: it is no channel.
        """
        check_channel(channel)
        self._journal.wait_until(
            lambda: self._journal.connections(channel) == count,
            timeout,
            f"{count} sockets of {channel}",
        )

    def wait_for_requests(
        self,
        count: int = 1,
        *,
        method: str | None = None,
        url: str = "",
        timeout: float = 5.0,
    ) -> list[Request]:
        """Return as soon as so many matching requests arrived, and give them.

        Args:
            count: at least how many.
            method: GET, POST or DELETE; None for any.
            url: a part of the URL.
            timeout: seconds.

        Raises:
            TimeoutError: fewer arrived.
            ValueError: there is no such method.
        """
        if method is not None and method not in METHODS:
            raise ValueError(f"method is {method!r}: one of {', '.join(METHODS)}")
        search = Search(
            self._journal.requests_after,
            lambda entry: method in (None, entry.method) and url in entry.url,
        )
        what = f"{count} requests {method or ''} …{url}"
        return self._journal.wait_for(search, count, timeout, what)

    def wait_for_events(
        self, event_type: str, count: int = 1, timeout: float = 5.0
    ) -> list[Event]:
        """Return as soon as so many events of a type happened, and give them.

        Args:
            event_type: as ``reservation.accepted``.
            count: at least how many.
            timeout: seconds.

        Raises:
            TimeoutError: fewer happened.
            ValueError: there is no such type.
        """
        if event_type not in EVENT_TYPES:
            hint = _did_you_mean(event_type, EVENT_TYPES)
            raise ValueError(f"{event_type!r} is not a type of event{hint}")
        search = Search(
            self._journal.events_after, lambda event: event.event_type == event_type
        )
        return self._journal.wait_for(search, count, timeout, f"{count} {event_type}")

    def wait_for_alerts(self, count: int = 1, timeout: float = 5.0) -> list[Alert]:
        """Return as soon as there are so many alerts, and give all.

        Args:
            count: at least how many.
            timeout: seconds.

        Raises:
            TimeoutError: there are fewer.
        """
        search = Search(self._journal.alerts_after, lambda alert: True)
        return self._journal.wait_for(search, count, timeout, f"{count} alerts")

    def each_socket(self, channel: str, act: Callable[[Connection], object]) -> int:
        """Do something to open sockets; ``faults`` has what can be done."""
        return self._running().call(lambda: self._service().channels.each(channel, act))

    def _running(self) -> ServiceThread:
        if self._thread is None:
            raise RuntimeError("the emulator is not running")
        return self._thread

    def _service(self) -> Service:
        if self._served is None:
            raise RuntimeError("the emulator is not running")
        return self._served


def _check_mapping(name: str, value: object, example: str) -> None:
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise TypeError(f"{name} must be a mapping such as {example}, not a {kind}")


def _did_you_mean(name: object, known: Iterable[str]) -> str:
    close = get_close_matches(str(name)[:100], known, 3)
    return f": did you mean {' or '.join(close)}?" if close else f": {', '.join(known)}"
