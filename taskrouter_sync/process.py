"""What all clients of a process share: kept connections and the fetch threads."""

from __future__ import annotations

import os
import threading

from .prefetch import Prefetcher
from .wire.requester import Requester


class Shared:
    """HTTP connections and fetch threads, for as long as a client is open."""

    def __init__(
        self,
        requester: Requester,
        prefetcher: Prefetcher,
    ) -> None:
        self.requester = requester
        self.prefetcher = prefetcher


class _Owners:
    """Counts the open clients: the first makes what is shared, the last ends it."""

    def __init__(self) -> None:
        # Guards _count and _shared.
        self._lock = threading.Lock()
        self._count = 0
        self._shared: Shared | None = None

    def acquire(self) -> Shared:
        with self._lock:
            if self._shared is None:
                self._shared = Shared(Requester(), Prefetcher())
            self._count += 1
            return self._shared

    def orphan(self) -> None:
        """Start anew in a child process: the threads stayed behind."""
        self._lock = threading.Lock()
        self._count = 0
        self._shared = None

    def release(self) -> None:
        with self._lock:
            self._count -= 1
            ended = self._shared if self._count == 0 else None
            if ended is not None:
                self._shared = None
        if ended is not None:
            ended.prefetcher.close()
            ended.requester.close()


_owners = _Owners()

if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    os.register_at_fork(after_in_child=_owners.orphan)

acquire = _owners.acquire
release = _owners.release
