"""The emulator as tests and programs use it.

Owns: ``Emulator``: one service, its thread, its address, and the ways to set it up
and to move its clock. Any thread may use it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from taskrouter_sync.emulator import snapshots
from taskrouter_sync.emulator.channels import GOING_AWAY, Close
from taskrouter_sync.emulator.clock import ManualClock, RealClock
from taskrouter_sync.emulator.contents import Contents
from taskrouter_sync.emulator.control.routes import Control
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.faults import Faults
from taskrouter_sync.emulator.listening import address, listen
from taskrouter_sync.emulator.saving import Saver
from taskrouter_sync.emulator.service import Service
from taskrouter_sync.emulator.sids import Sids
from taskrouter_sync.emulator.state_file import StateFile
from taskrouter_sync.emulator.telephony import Telephony
from taskrouter_sync.emulator.thread import ServiceThread
from taskrouter_sync.emulator.ticker import pass_time
from taskrouter_sync.emulator.watching import Watch


Result = TypeVar("Result")


class Emulator(Watch, Contents):
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
        Watch.__init__(self, self.call)
        Contents.__init__(self, self.call, lambda: self._service().api)
        self.telephony: Telephony = Telephony(self.call)
        self._sids = Sids(seed)
        # Always drawn, so that a seed gives the same sids whoever the account is.
        made_up = self._sids("AC"), self._sids("")
        if state is not None:
            with StateFile(state) as file:
                made_up = file.account(account_sid, auth_token, made_up)
        self.account_sid: str = made_up[0] if account_sid is None else account_sid
        self.auth_token: str = made_up[1] if auth_token is None else auth_token
        self.faults: Faults = Faults(
            lambda act: self._running().call(lambda: act(self._service().channels))
        )
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
        listener = listen(self._host, self._port)
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
            listener,
            self._heartbeat_interval,
            None if self._manual else self._clock,
            Control(self, self._served, self._host).extend,
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
        return address(self._host, self._port)

    @property
    def api_base_url(self) -> str:
        """The address of the REST API, with /v1."""
        return f"{self.url}/v1"

    @property
    def event_bridge_url(self) -> str:
        """The address of the event bridge."""
        return self.url

    @property
    def client_options(self) -> dict[str, str]:
        """What a client needs to use this service, whatever the environment says.

        ``Worker(token, **emulator.client_options)``
        """
        return {
            "api_base_url": self.api_base_url,
            "event_bridge_base_url": self.event_bridge_url,
        }

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

    def snapshot(self) -> dict[str, Any]:
        """Give the whole state as a value for JSON, for ``restore``.

        That is the workspaces with all that is in them, the events, what is due when,
        the calls and how they go, the time, and which sids come next (with a seed).
        Requests, faults, sockets and webhooks under way are of the run, not of the
        state. Account and auth token are not in it.
        """
        return self.call(lambda engine: snapshots.take(engine, self._sids))

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
            now = snapshots.put_back(snapshot, engine, self._sids)
            if self._manual is not None:
                self._manual.put(now)
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

    def _running(self) -> ServiceThread:
        if self._thread is None:
            raise RuntimeError("the emulator is not running")
        return self._thread

    def _service(self) -> Service:
        if self._served is None:
            raise RuntimeError("the emulator is not running")
        return self._served
