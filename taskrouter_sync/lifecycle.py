"""The open clients of a process: what they share, and what happens when a script ends.

A script stays alive while a client is open, as a page does; Ctrl-C ends it cleanly; a
forked child starts without clients. Knows of clients what `OpenClient` says.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from .fetcher import Fetcher
from .http import Http
from .notebook import Cell, place_of_caller, running_cell
from .timing import Condition


# The exit status after Ctrl-C.
INTERRUPTED = 130


class OpenClient(Protocol):
    """A client, as far as this module cares."""

    # Where it is connected to: two with the same one get the same events.
    _channel_url: str

    @property
    def _log(self) -> logging.LoggerAdapter[Any]: ...
    @property
    def _is_closed(self) -> bool: ...
    def close(self) -> None: ...
    def _start_last_request(self) -> None: ...
    def _forked(self) -> None: ...


class Observer(Protocol):
    """Follows the clients of the process: the tests of a program do."""

    def _on_listener_error(
        self, client: OpenClient, listener: Callable[..., Any], error: BaseException
    ) -> None: ...


class Opening(NamedTuple):
    """How a client was opened.

    Attributes:
        keeps_alive: whether the script lasts as long as it.
        cell: the run of a notebook's cell that opened it.
        place: for people: ``agent.py:12``, ``In[5]``.
    """

    keeps_alive: bool
    cell: Cell | None
    place: str


class Lifecycle:
    """The open clients of the process, and the pools that they share."""

    def __init__(self) -> None:
        # Guards everything below; the end of the script waits on it. A signal handler
        # may open and close clients: who looks through them has a copy.
        self._changed = Condition()
        # In the order of opening.
        self._open: dict[OpenClient, Opening] = {}
        # The same, by the URL of their channels.
        self._of_channel: dict[str, dict[OpenClient, Opening]] = {}
        self._observers: list[Observer] = []
        self._users: set[object] = set()
        self._http: Http | None = None
        self._fetcher: Fetcher | None = None
        self._installed = False
        # Whether the script's end has come, the status that was asked for meanwhile,
        # and whether it is the end of tests.
        self._has_ended = False
        self._status: object = None
        self._ends_tests = False

    # What clients share, from the opening of the first to the end of the last.

    def acquire(self, user: object) -> tuple[Http, Fetcher]:
        """Give a new client the shared pools; `release` must follow."""
        with self._changed.lock:
            # First: a signal handler may close the last of the others now.
            self._users.add(user)
            if self._http is None or self._fetcher is None:
                self._http, self._fetcher = Http(), Fetcher()
            return self._http, self._fetcher

    def release(self, user: object) -> None:
        """Note that a client has ended; the last one ends the pools."""
        with self._changed.lock:
            self._users.discard(user)
            if self._users:
                return
            http, fetcher = self._http, self._fetcher
            self._http = self._fetcher = None
        if fetcher is not None and http is not None:
            fetcher.close()
            http.close()

    # The end of the script.

    def opened(self, client: OpenClient, *, daemon: bool) -> None:
        """Keep the script alive for a client, unless `daemon`.

        Closes what an earlier run of the same notebook's cell opened.
        """
        cell = running_cell()
        opening = Opening(not daemon, cell, cell.name if cell else place_of_caller())
        if cell is not None:
            self._close_earlier_run(cell)
        with self._changed.lock:
            others = tuple(self._of_channel.get(client._channel_url, {}).items())
            twins = [(each, its.place) for each, its in others if not each._is_closed]
            self._open[client] = opening
            self._of_channel.setdefault(client._channel_url, {})[client] = opening
            installed, self._installed = self._installed, True
        if not installed:
            self._install()
        if twins:
            client._log.warning(
                "%r (opened at %s) is a second open client for the channel of %r "
                "(opened at %s): both receive every event. Close one with close(), "
                "or all with taskrouter_sync.close_all()",
                client,
                opening.place,
                *twins[0],
            )

    def _close_earlier_run(self, cell: Cell) -> None:
        """Close what a cell opened when it ran before: its names are used anew."""
        with self._changed.lock:
            earlier = [
                (client, each.place)
                for client, each in tuple(self._open.items())
                if each.cell is not None
                if each.cell.identity == cell.identity and each.cell.run != cell.run
            ]
        for client, place in reversed(earlier):
            client._log.warning(
                "closing %r, which an earlier run of this cell (%s) opened: the cell "
                "is opening a new client",
                client,
                place,
            )
            client.close()

    def _install(self) -> None:
        try:
            # Imported here, so that what it registers runs after ours: in a script that
            # is kept alive its executors go on taking work.
            importlib.import_module("concurrent.futures.thread")
            # Runs when the main thread has reached its end, before threads can no
            # longer be started, which a callback may want to do (from Python 3.12 on,
            # atexit comes too late). The function has no public name; it is what
            # concurrent.futures uses.
            threading._register_atexit(self._at_end)  # type: ignore[attr-defined]
        except RuntimeError:
            # The main thread has ended already: the thread that opens this client
            # keeps the process alive.
            self._has_ended = True
        atexit.register(self._at_exit)

    def closed(self, client: OpenClient) -> None:
        """Forget a client; the last one lets the script end."""
        with self._changed.lock:
            self._open.pop(client, None)
            of_channel = self._of_channel.get(client._channel_url, {})
            of_channel.pop(client, None)
            if not of_channel:
                self._of_channel.pop(client._channel_url, None)
            self._changed.notify_all()

    def clients(self) -> list[OpenClient]:
        """List the open clients, the oldest first."""
        with self._changed.lock:
            return list(self._open)

    def close_all(self) -> None:
        """Close every client, the youngest first."""
        clients = self.clients()[::-1]
        for client in clients:
            client._start_last_request()  # side by side, not each when its turn comes
        for client in clients:
            client.close()

    def _at_end(self) -> None:
        """Wait for the clients that keep the script alive, and close what is left."""
        self._has_ended = True
        try:
            # A script that failed, or that somebody types, has nothing to wait for.
            if not is_interactive() and getattr(sys, "last_value", None) is None:
                self._wait()
        except KeyboardInterrupt:
            self._status = INTERRUPTED
        except SystemExit as ended:  # of a signal handler
            self._status = ended.code
        finally:
            self.close_all()

    def end_with_tests(self) -> None:
        """At the script's end close what tests have left open, and name it."""
        self._ends_tests = True

    def _wait(self) -> None:
        if self._ends_tests:
            for client in self._kept_alive_for():
                client._log.warning("%r was left open, so it was closed", client)
            return
        waited_for = self._kept_alive_for()
        if waited_for:
            logs = [client._log for client in waited_for]
            shown = (each for each in logs if each.isEnabledFor(logging.INFO))
            next(shown, logs[0]).info(
                "The script has ended, but the process stays alive while these clients "
                "are open: %s. To let it exit, close them or open them with "
                "daemon=True",
                ", ".join(map(repr, waited_for)),
            )
        self._changed.wait_for(lambda: not self._kept_alive_for())

    def _kept_alive_for(self) -> list[OpenClient]:
        with self._changed.lock:
            opened = tuple(self._open.items())
        return [client for client, each in opened if each.keeps_alive]

    def _at_exit(self) -> None:
        """Close what threads have opened since; end with the status asked for."""
        if self._has_ended:
            self.close_all()
        else:
            # eventlet's threads keep no process alive, and it ends without asking.
            self._at_end()
        status = self._status
        if status:
            if not isinstance(status, int):  # as for any SystemExit
                with suppress(Exception):
                    sys.stderr.write(f"{status}\n")
                status = 1
            # The interpreter offers no other way at its end.
            logging.shutdown()
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):  # it may be missing, closed or full
                    stream.flush()
            os._exit(status)

    # What tests of programs follow.

    def add_observer(self, observer: Observer) -> None:
        """Report to an observer, from now on, what listeners of clients raise."""
        with self._changed.lock:
            self._observers.append(observer)

    def remove_observer(self, observer: Observer) -> None:
        with self._changed.lock:
            self._observers.remove(observer)

    def listener_raised(
        self, client: OpenClient, listener: Callable[..., Any], error: BaseException
    ) -> None:
        for observer in tuple(self._observers):
            observer._on_listener_error(client, listener, error)

    # Forks.

    def forked(self) -> None:
        """Close every client in a child process: their threads stayed behind.

        Waits for no lock: one of those threads may have held it at the fork.
        """
        self._changed = Condition()
        clients = list(self._open)
        self._open.clear()
        self._of_channel.clear()
        self._users, self._http, self._fetcher = set(), None, None
        for client in clients:
            client._forked()


def is_interactive() -> bool:
    """Whether this is somebody's interactive session, a notebook for one."""
    return bool(sys.flags.interactive) or hasattr(sys, "ps1")


lifecycle = Lifecycle()


def close_all() -> None:
    """Close every open client of this process, the newest first.

    Useful in notebooks and interactive sessions, where a client may still be open when
    no variable refers to it any more. May be called from any thread, and any number of
    times.
    """
    lifecycle.close_all()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    os.register_at_fork(after_in_child=lifecycle.forked)
