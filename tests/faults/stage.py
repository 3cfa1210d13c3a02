"""A worker's client on a bridge that says whatever a test wants said."""

from __future__ import annotations

import json
import logging
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.errors import TaskRouterError

from ..support.collector import EVENTS, Collector
from ..support.raw_server import TEXT, Peer, RawServer, frame


WORKER = "WK00000000000000000000000000000001"
TOKEN = WorkerCapabilityToken("AC1", "s" * 32, "WS1", WORKER).to_jwt()

# What the service answers to a sensible question.
SELF = {"sid": WORKER, "friendly_name": "Alice"}
NOTHING = {"reservations": [], "meta": {"key": "reservations", "next_page_url": None}}


class Stage:
    """What a test says, and what the client tells of it.

    Attributes:
        payload: what every request gets; None for what is sensible.
        came: the client's events.
    """

    def __init__(self) -> None:
        self.payload: Any = None
        self.client: Worker
        self.came: Collector
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._marks = 0

    def send(
        self, data: bytes | str | dict[str, Any], opcode: int = TEXT, fin: bool = True
    ) -> None:
        """Send text or bytes as they are, and an event as JSON."""
        if isinstance(data, dict):
            data = json.dumps(data)
        self._frames.put(frame(data, opcode, fin=fin))

    def settle(self) -> None:
        """Wait until everything that was sent has been told."""
        self._marks += 1
        name = f"mark {self._marks}"
        seen = Collector().listen(self.client, name)
        self.send({"event_type": name})
        seen.expect(name)

    def told(self) -> list[tuple[str, Any]]:
        """Wait until everything is told; list the events since `ready`."""
        self.settle()
        return [(name, args[0] if args else None) for name, args in self.came.calls()][
            2:
        ]

    def reply(self, envelope: Any) -> tuple[int, Any]:
        """Answer a request; for the server."""
        if self.payload is not None:
            return 200, {"payload": self.payload}
        if envelope.get("event_type") == "ready":
            return 200, {"payload": SELF, "event_type": "ready"}
        if envelope["url"].endswith("/Reservations"):
            return 200, {"payload": NOTHING}
        return 404, {"message": "no such thing"}

    def speak(self, peer: Peer) -> None:
        """Send frames as they come; for the server."""
        peer.upgrade()
        while (data := self._frames.get()) is not None:
            peer.send(data)

    def end(self) -> None:
        self._frames.put(None)


class Mistakes(logging.Handler):
    """Collects what the SDK logs of itself, as no trouble from outside explains it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        # What nobody listens to is logged, and is trouble as any other.
        if error is not None and not isinstance(error, TaskRouterError):
            self.found.append(self.format(record))


@contextmanager
def on_stage(*events: str) -> Iterator[Stage]:
    """Open a client that is ready; at the end nothing may have gone wrong inside."""
    stage, mistakes = Stage(), Mistakes()
    logger = logging.getLogger("taskrouter_sync")
    logger.addHandler(mistakes)
    try:
        with RawServer(stage.speak, answer_posts=stage.reply) as server:
            stage.client = Worker(TOKEN, False, event_bridge_base_url=server.url)
            stage.came = Collector().listen(stage.client, *EVENTS, *events)
            try:
                stage.came.expect("ready")
                yield stage
            finally:
                stage.client.close()
                stage.end()
    finally:
        logger.removeHandler(mistakes)
    assert not mistakes.found, "\n".join(mistakes.found)
