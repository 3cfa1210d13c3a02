"""Threads and sockets that a test left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading


# Seconds that what has been told to end gets for it.
LIMIT = 3.0


def threads() -> set[threading.Thread]:
    """List the running threads of clients and emulators."""
    return {
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("taskrouter-")
    }


def sockets() -> set[str]:
    """List the open sockets of this process by their number in the kernel.

    Nothing on systems without /proc: there an unclosed socket only warns.
    """
    if sys.platform != "linux":
        return set()
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:
            continue  # that of the listing itself
        if target.startswith("socket:"):
            found.add(target)
    return found


def left_threads(before: set[threading.Thread]) -> list[str]:
    """Name the threads that do not end, though they get some time for it."""
    for thread in threads() - before:
        thread.join(LIMIT)
    return sorted(thread.name for thread in threads() - before)


def left_sockets(before: set[str]) -> list[str]:
    """List the sockets that are open and belong to something alive."""
    left = sockets() - before
    if left:
        # A pool that nobody uses any more closes its connections when it is collected.
        gc.collect()
        left = sockets() - before
    return sorted(left)
