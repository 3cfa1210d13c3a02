"""The emulator's thread.

Owns: a thread with an event loop that runs the service until ``stop``, and calling
functions on it for other threads.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait as wait_for
from typing import Any, TypeVar

from .control.control import Control
from .server import Server
from .service import Service


NAME = "taskrouter-emulator"

# Seconds that a function may take on the thread, and that the thread takes to end.
_PATIENCE = 60.0

Result = TypeVar("Result")


class ServiceThread:
    """One run of a service on a bound socket, which the thread closes."""

    def __init__(
        self,
        service: Service,
        control: Control,
        listener: socket.socket,
        heartbeat_interval: float,
    ) -> None:
        self._service = service
        self._control = control
        self._listener = listener
        self._heartbeat_interval = heartbeat_interval
        self._started: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        # Whose thread it is.
        self.process: int = os.getpid()

    def start(self, timeout: float) -> None:
        """Start the thread and return when the service is running.

        Raises:
            TimeoutError: the service did not start in time.
            Exception: the error of the thread, if it could not start.
        """
        try:
            self._thread.start()
        except BaseException:
            self._listener.close()
            raise
        # concurrent.futures has a TimeoutError of its own before Python 3.11.
        _, waiting = wait_for([self._started], timeout)
        if waiting:
            raise TimeoutError(f"the emulator did not start within {timeout} s")
        if self._started.exception() is not None:
            self._thread.join(_PATIENCE)  # it gives the port back
        self._started.result()

    def stop(self) -> None:
        """Stop the service and wait for the thread; does nothing the second time."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:
                return  # The loop is closed: it has stopped already.
        started = self._thread.ident is not None
        if started and threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE)

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function on the thread and return its result or raise its exception.

        Raises:
            TimeoutError: the function took more than a minute.
            RuntimeError: the emulator is not running.
        """
        if threading.current_thread() is self._thread:
            return function()
        if self._loop is None or not self._thread.is_alive():
            raise RuntimeError("the emulator is not running")

        async def run() -> Result:
            result = function()
            self._service.settle()
            await self._service.saved()
            return result

        coroutine = run()
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise RuntimeError("the emulator is not running") from None
        # The loop may end before the function is called.
        either: list[Future[Any]] = [future, self._ended]
        wait_for(either, _PATIENCE, FIRST_COMPLETED)
        if not future.done() and not self._ended.done():
            raise TimeoutError(f"the function took more than {_PATIENCE} s")
        if not future.done() or future.cancelled():
            raise RuntimeError("the emulator was stopped")
        return future.result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
        finally:
            self._listener.close()
            self._ended.set_result(None)

    async def _serve(self) -> None:
        service = self._service
        loop = asyncio.get_running_loop()
        self._loop = loop
        server = Server(service, self._control, self._heartbeat_interval)
        loop.set_exception_handler(
            lambda loop, context: server.note(context.get("exception"))
        )
        await server.start(self._listener)
        service.open()
        self._started.set_result(None)
        await self._stop.wait()
        await service.close()
        await server.stop(self._listener)
