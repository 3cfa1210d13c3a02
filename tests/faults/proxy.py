"""A TCP proxy between client and service that lets scripted trouble happen.

Owns the thread, the port and the links; `link.py` does the rest. Any thread may use it.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from .fault import Fault, Kind
from .link import End, Link


# Seconds for whatever the proxy's thread is asked to do.
_PATIENCE = 10.0

Result = TypeVar("Result")


class Proxy:
    """``with Proxy(port) as proxy:`` listens on `proxy.port`.

    Args:
        target: the port of the service, on this machine.
        scripts: what happens to the first connection, the second, and so on; further
            ones are let through.
    """

    def __init__(self, target: int, *scripts: Sequence[Fault]) -> None:
        self._target = target
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        # From here on the loop's, but for the copies that are given out.
        self._links: list[Link] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._happened: Counter[Kind] = Counter()
        self._accepted = 0
        self._listening = False
        # Links that hold bytes back, and what ends their waiting.
        self._waiting: list[tuple[Link, asyncio.Future[None]]] = []
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-proxy")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        if not self._started.wait(_PATIENCE):
            raise TimeoutError("the proxy did not start")
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_PATIENCE)

    def happened(self) -> Counter[Kind]:
        """Count the faults that have happened so far, by kind."""
        return self._ask(self._happened.copy)

    def connections(self) -> int:
        """Count the open connections."""
        return self._ask(lambda: len(self._links))

    def strike(self, fault: Fault, which: int = 0, role: str = "") -> bool:
        """Let a fault happen to one of the open connections.

        Args:
            fault: what happens; REFUSE is about the next connections instead.
            which: picks among them, by the remainder.
            role: GET for sockets only, POST for requests only, empty for all.

        Returns:
            Whether there was a connection to strike.
        """

        return self._ask(lambda: self._strike(fault, which, role))

    def strike_soon(self, fault: Fault, which: int, role: str) -> None:
        """Do what `strike` does, without waiting for it."""
        self._loop.call_soon_threadsafe(self._strike, fault, which, role)

    def _ask(self, function: Callable[[], Result]) -> Result:
        """Run a function on the loop's thread."""

        async def run() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_PATIENCE)

    # On the loop's thread.

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._listen()
        self._started.set()
        await self._stop.wait()
        self._close_listener()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _listen(self) -> None:
        # Not by asyncio's server: closing that while somebody connects fails.
        self._listener.listen(100)
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)
        self._listening = True

    def _close_listener(self) -> None:
        if self._listening:
            self._loop.remove_reader(self._listener)
            self._listening = False
        self._listener.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it has gone again
        client.setblocking(False)
        self._spawn(self._link(client))

    async def _link(self, tcp: socket.socket) -> None:
        number, self._accepted = self._accepted, self._accepted + 1
        try:
            client = End(*await asyncio.open_connection(sock=tcp))
        except OSError:
            tcp.close()
            return
        try:
            server = End(*await asyncio.open_connection("127.0.0.1", self._target))
        except OSError:
            client.reset()  # nobody is there
            return
        except asyncio.CancelledError:
            client.reset()
            raise
        link = Link(
            client,
            server,
            happened=self._note,
            wait_for_another=self._wait_for_another,
            passed=self._note_passed,
        )
        if number < len(self._scripts):
            for fault in self._scripts[number]:
                link.strike(fault)
        self._links.append(link)
        try:
            await link.run()
        finally:
            self._links.remove(link)

    def _strike(self, fault: Fault, which: int, role: str) -> bool:
        if fault.kind is Kind.REFUSE:
            return self._refuse(fault.seconds)
        links = [link for link in self._links if role in ("", link.role)]
        if links:
            links[which % len(links)].strike(fault)
        return bool(links)

    def _note(self, kind: Kind) -> None:
        self._happened[kind] += 1

    def _note_passed(self, link: Link) -> None:
        for waiting, end in self._waiting:
            if waiting is not link and not end.done():
                end.set_result(None)

    async def _wait_for_another(self, link: Link, seconds: float) -> bool:
        entry = link, self._loop.create_future()
        self._waiting.append(entry)
        try:
            await asyncio.wait_for(entry[1], seconds)
        except asyncio.TimeoutError:
            return False
        finally:
            self._waiting.remove(entry)
        return True

    def _refuse(self, seconds: float) -> bool:
        """Let nobody connect for a while; who is connected stays."""
        if not self._listening:
            return False
        self._close_listener()
        # Bound meanwhile, so that nobody else takes the port.
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._note(Kind.REFUSE)
        self._spawn(self._listen_again(seconds))
        return True

    async def _listen_again(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._listen()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
