"""The emulator as tests and programs use it.

Owns: ``Emulator``: one service, its thread, its address, and the ways to set it up
and to move its clock. Any thread may use it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from taskrouter_sync.emulator import furnishing
from taskrouter_sync.emulator.api.parameters import Parameters
from taskrouter_sync.emulator.clock import ManualClock, RealClock
from taskrouter_sync.emulator.control.routes import Control
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.faults import Faults
from taskrouter_sync.emulator.furnishing import ReadyWorkspace
from taskrouter_sync.emulator.listening import address, listen
from taskrouter_sync.emulator.service import Service
from taskrouter_sync.emulator.telephony import Telephony
from taskrouter_sync.emulator.thread import ServiceThread
from taskrouter_sync.emulator.ticker import pass_time
from taskrouter_sync.emulator.watching import Watch


Result = TypeVar("Result")


class Emulator(Watch):
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
    ) -> None:
        super().__init__(self.call)
        self.telephony = Telephony(self.call)
        source = random.SystemRandom() if seed is None else random.Random(seed)

        def new_sid(prefix: str) -> str:
            return f"{prefix}{source.getrandbits(128):032x}"

        # Always drawn, so that a seed gives the same sids whoever the account is.
        made_up = new_sid("AC"), new_sid("")
        self.account_sid = made_up[0] if account_sid is None else account_sid
        self.auth_token = made_up[1] if auth_token is None else auth_token
        self.faults = Faults(
            lambda act: self._running().call(lambda: act(self._service().channels))
        )
        self._host = host
        self._port = port
        self._heartbeat_interval = heartbeat_interval
        self._manual = ManualClock() if manual_clock else None
        self._clock = self._manual or RealClock()
        self._engine = Engine(self.account_sid, clock=self._clock.now, new_sid=new_sid)
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
            TimeoutError: it does not serve in time.
        """
        if self._thread is not None:
            return
        listener = listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        if self._served is None:
            self._served = Service(
                self.url,
                account_sid=self.account_sid,
                auth_token=self.auth_token,
                engine=self._engine,
                clock=self._clock,
                journal=self._journal,
                faults=self.faults,
            )
        thread = self._thread = ServiceThread(
            self._served,
            listener,
            self._heartbeat_interval,
            None if self._manual else self._clock,
            Control(self, self._served, self._host).extend,
        )
        try:
            thread.start(timeout)
        except BaseException:
            self._thread = None
            raise

    def stop(self) -> None:
        """Close all connections and return; do nothing if it does not serve."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()

    # Where it is

    @property
    def url(self) -> str:
        """The address: http://HOST:PORT.

        Raises:
            RuntimeError: it has not been started, and its port is not known.
        """
        if not self._port:
            raise RuntimeError("the emulator has not been started")
        return address(self._host, self._port)

    @property
    def api_base_url(self) -> str:
        """The address of the REST API, with /v1."""
        return f"{self.url}/v1"

    @property
    def event_bridge_url(self) -> str:
        """The address of the event bridge."""
        return self.url

    # What it holds

    def workspace(
        self,
        name: str = "Emulated workspace",
        *,
        activities: Mapping[str, bool] = furnishing.ACTIVITIES,
        workers: Mapping[str, Mapping[str, Any]] | None = None,
        worker_activity: str | None = None,
        queues: Mapping[str, str] | None = None,
        workflow: Mapping[str, Any] | None = None,
        task_reservation_timeout: int = 120,
        multi_task_enabled: bool = True,
        timeout_activity: str = furnishing.OFFLINE,
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
            ValueError: a name is not among those given.
            ServiceError: the service refuses a value.
        """
        return self.call(
            lambda engine: furnishing.furnish(
                engine,
                name,
                activities=activities,
                workers={"Alice": {}} if workers is None else workers,
                worker_activity=worker_activity,
                queues={"Everyone": "1==1"} if queues is None else queues,
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
            options: the other REST parameters in snake_case, as workflow_sid, priority.

        Raises:
            ServiceError: the service refuses.
        """
        params = {"Attributes": dict(attributes or {})} | {
            "".join(part.capitalize() for part in name.split("_")): value
            for name, value in options.items()
        }

        def create(engine: Engine) -> Mapping[str, object]:
            if isinstance(workspace, ReadyWorkspace):
                sid = workspace.sid
            else:
                sid = workspace or _only(engine)
            path = f"/v1/Workspaces/{sid}/Tasks"
            answer = self._service().api.perform(
                "POST", path, Parameters.from_json(params)
            )
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
        """
        clock = self._manual
        if clock is None:
            raise RuntimeError("only a manual clock can be advanced")
        self.call(lambda engine: pass_time(engine, clock, seconds))

    def send_frame(self, channel: str, frame: str | Mapping[str, object]) -> int:
        """Send a frame to the sockets of a channel; tell to how many.

        Args:
            channel: WK…, WQ… or WS….
            frame: any text, or what is sent as JSON.
        """
        text = frame if isinstance(frame, str) else json.dumps(frame)
        return self.faults.send_text(channel, text)

    def _running(self) -> ServiceThread:
        if self._thread is None:
            raise RuntimeError("the emulator is not running")
        return self._thread

    def _service(self) -> Service:
        if self._served is None:
            raise RuntimeError("the emulator is not running")
        return self._served


def _only(engine: Engine) -> str:
    if len(engine.workspaces) != 1:
        raise ValueError(f"workspace: say which of {len(engine.workspaces)} is meant")
    return next(iter(engine.workspaces))
