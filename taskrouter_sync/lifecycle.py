"""A script stays alive while a client is open, as a page does; Ctrl-C ends it cleanly.

A forked child starts without clients.

Knows of clients only that they can be closed.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Protocol


log = logging.getLogger("taskrouter_sync")

INTERRUPTED = 130


class Closable(Protocol):
    """A client, as far as this module cares."""

    def close(self) -> None: ...


class Lifecycle:
    """The open clients of a process, and what becomes of them when its script ends."""

    def __init__(self) -> None:
        # Guards everything below; the end of the script waits on it.
        self._condition = threading.Condition()
        # In the order of opening; True for those that keep the script alive.
        self._open: dict[Closable, bool] = {}
        self._when_forked: dict[Closable, Callable[[], None]] = {}
        self._installed = False
        self._interrupted = False

    def opened(
        self, client: Closable, *, daemon: bool, when_forked: Callable[[], None]
    ) -> None:
        """Keep the script alive for a client, unless it is a daemon's.

        Args:
            client: the one that was opened.
            daemon: whether the script may end without it.
            when_forked: gives it up in a child process.
        """
        with self._condition:
            self._open[client] = not daemon
            self._when_forked[client] = when_forked
            installed, self._installed = self._installed, True
        if not installed:
            # Imported here, so that what it registers runs after ours: in a script that
            # is kept alive its executors go on taking work.
            importlib.import_module("concurrent.futures.thread")
            # Runs when the main thread has reached its end, before threads can no
            # longer be started, which a callback may want to do (from Python 3.12
            # on, atexit comes too late). The function has no public name; it is what
            # concurrent.futures uses.
            threading._register_atexit(self._at_end)  # type: ignore[attr-defined]
            atexit.register(self._exit_status)

    def closed(self, client: Closable) -> None:
        """Forget a client; the last one lets the script end."""
        with self._condition:
            self._open.pop(client, None)
            self._when_forked.pop(client, None)
            self._condition.notify_all()

    def close_all(self) -> None:
        """Close every client, the youngest first."""
        with self._condition:
            clients = list(self._open)
        for client in reversed(clients):
            client.close()

    def orphan_all(self) -> None:
        """Give up every client in a child process: their threads stayed behind."""
        self._condition = threading.Condition()
        self._open.clear()
        orphans = list(self._when_forked.values())
        self._when_forked.clear()
        for give_up in orphans:
            give_up()

    def _at_end(self) -> None:
        """Wait for the clients, and close what is left."""
        try:
            if not _failed():
                with self._condition:
                    self._condition.wait_for(lambda: not any(self._open.values()))
        except KeyboardInterrupt:
            self._interrupted = True
        self.close_all()

    def _exit_status(self) -> None:
        """End with Ctrl-C's status: the interpreter offers no other way at its end."""
        if self._interrupted:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)


def is_interactive() -> bool:
    """Whether this is somebody's interactive session, a notebook for one."""
    return bool(sys.flags.interactive) or hasattr(sys, "ps1")


def _failed() -> bool:
    """Whether the script ended with an exception, or is somebody's interactive session.

    Such a script has nothing more to wait for.
    """
    return is_interactive() or getattr(sys, "last_value", None) is not None


lifecycle = Lifecycle()

if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    os.register_at_fork(after_in_child=lifecycle.orphan_all)
