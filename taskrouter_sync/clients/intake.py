"""Between the line and the announcer: frames wait, but so many at most.

The service can send more than there is memory for. When too many wait, reading stops
for a moment, and the service with it. If a callback blocks for longer than that, the
line is given up, and made again when there is room: a gap like any other, which the
client makes up for.
"""

from __future__ import annotations

import threading
from logging import Logger
from typing import Protocol

from ..errors import TaskRouterError
from ..line import Step, Steps
from ..wire.connection import Ending, Receiver


# What may wait: frames, and bytes of frames. One frame may always.
MOST_FRAMES = 10_000
MOST_BYTES = 32 * 1024 * 1024

# Seconds that reading stops for: a client that does not read at all looks dead.
PATIENCE = 5.0

# Frames and bytes are counted as done so many at a time.
_BATCH = 100


class Restartable(Protocol):
    """What the intake does to the connection."""

    def drop(self) -> None: ...
    def retry(self) -> None: ...


class Intake:
    """Receives for another receiver what that has room for."""

    def __init__(
        self,
        name: str,
        receiver: Receiver,
        delivery: Steps,
        connection: Restartable,
        log: Logger,
    ) -> None:
        """Make it.

        Args:
            name: of the client, for the log.
            receiver: gets what is taken.
            delivery: where what is taken waits.
            connection: dropped when there is no room; told when there is again.
            log: is told of that.
        """
        self._name = name
        self._receiver = receiver
        self._delivery = delivery
        self._connection = connection
        self._log = log
        # Guards everything below; the socket's thread waits for room on the condition.
        # A signal's handler that closes may come back to it on its own thread.
        self._lock = threading.RLock()
        self._room = threading.Condition(self._lock)
        self._frames = 0
        self._bytes = 0
        self._batch_frames = 0
        self._batch_bytes = 0
        # What comes after a frame that was not taken is not taken either, up to the
        # next line: or it would be told in the wrong order.
        self._overrun = False
        # Whether the line, or the client, is not wanted any more.
        self._unwanted = False
        self._closed = False

    @property
    def has_room(self) -> bool:
        """Whether there is room enough for a line."""
        with self._lock:
            return not self._overrun or self._is_half_empty()

    def interrupt(self, *, closed: bool = False) -> None:
        """End a wait for room: the line is not wanted any more.

        Args:
            closed: nor is another one.
        """
        with self._lock:
            self._unwanted = True
            self._closed = self._closed or closed
            self._room.notify()

    # A receiver: on the socket's thread.

    def opened(self) -> None:
        with self._lock:
            self._overrun = False
            self._unwanted = self._closed
        self._receiver.opened()

    def frame(self, data: bytes, more: bool) -> None:
        with self._lock:
            known = self._overrun
            if not known and self._is_full(len(data)):
                self._room.wait_for(self._may_go_on, PATIENCE)
            taken = self._take(len(data))
            batch = self._end_of_batch()
            wanted = not self._unwanted
        if taken:
            self._receiver.frame(data, more)
            if batch is not None:
                self._delivery.add(Step(lambda: self._give_back(*batch)))
        elif wanted and not known:
            self._log.warning(
                "%s: too many events wait for a callback to end: %d frames; the "
                "connection is made again when fewer do",
                self._name,
                self._frames,
            )
            self._connection.drop()

    def failed(self, error: TaskRouterError, refused: bool) -> None:
        self._receiver.failed(error, refused)

    def ended(self, ending: Ending) -> None:
        self._receiver.ended(ending)

    # Counting.

    def _take(self, size: int) -> bool:
        if self._overrun:
            return False
        if self._is_full(size):
            self._overrun = True
            return False
        self._frames += 1
        self._bytes += size
        self._batch_frames += 1
        self._batch_bytes += size
        return True

    def _end_of_batch(self) -> tuple[int, int] | None:
        """Give a batch's frames and bytes at its end: a mark in the line follows it."""
        frames, size = self._batch_frames, self._batch_bytes
        if frames < _BATCH and size < MOST_BYTES // _BATCH:
            return None
        self._batch_frames = self._batch_bytes = 0
        return frames, size

    def _give_back(self, frames: int, size: int) -> None:
        with self._lock:
            had_room = self._is_half_empty()
            self._frames -= frames
            self._bytes -= size
            has_room = self._is_half_empty() and not had_room
            tell = has_room and self._overrun
            if has_room:
                self._room.notify()
        if tell:
            self._connection.retry()

    def _may_go_on(self) -> bool:
        return self._unwanted or self._is_half_empty()

    def _is_full(self, size: int) -> bool:
        """Whether there is no room for so many bytes; for one frame there always is."""
        return self._frames >= MOST_FRAMES or 0 < self._bytes > MOST_BYTES - size

    def _is_half_empty(self) -> bool:
        return self._frames <= MOST_FRAMES // 2 and self._bytes <= MOST_BYTES // 2
