"""Tasks a second through the emulator, end to end, in one process of its own.

Each task is created over REST, reserved, framed to its worker, accepted and completed
over the event bridge, by as many connected workers as are named. A second is one of the
emulator's own time, as it has one core: what else the machine does is not counted.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import aiohttp

from taskrouter_sync import WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator

from .report import Figure, interleaved
from .service import BenchService


PER_SECOND = 500.0

# Tasks under way at once: enough to keep the service busy.
_UNDER_WAY = 60

_WORKFLOW = {
    "task_routing": {
        "filters": [
            {"expression": "kind == 'wait'", "targets": [{"queue": "Nobody"}]},
        ],
        "default_filter": {"queue": "Everyone"},
    }
}


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    tasks = 150 if quick else 2_000
    for workers in (100,) if quick else (10, 100, 1_000):
        for waiting in (0, 1_000) if quick else (0, 10_000):
            with _emulator(workers, waiting) as place:
                rates = asyncio.run(_drive(place, tasks, 2))
            yield Figure(
                f"tasks/s, {workers:,} workers, {waiting:,} tasks waiting",
                rates[0],
                PER_SECOND,
                "tasks/s",
                "what a busy center needs",
                ">= 1",
            )
    rounds, runs = (1, 1) if quick else (5, 3)
    yield _after_many(tasks, rounds, runs)


def _after_many(tasks: int, rounds: int, runs: int) -> Figure:
    """Compare an emulator that has finished many tasks with new ones, in turn."""
    with _emulator(100, 0) as old:
        asyncio.run(_drive(old, tasks, rounds))

        def of_a_new_one() -> float:
            with _emulator(100, 0) as new:
                return _settled(new, tasks)

        late, early = interleaved(runs, lambda: _settled(old, tasks), of_a_new_one)
    return Figure(
        f"tasks/s, after {tasks * rounds:,} finished tasks",
        late,
        early,
        "tasks/s",
        "a new emulator",
        ">= 0.8",
    )


def _settled(place: dict[str, Any], tasks: int) -> float:
    """Give the tasks a second once Python's garbage collector has its share.

    It looks through what is alive now and then, but not before there is enough of it.
    """
    return asyncio.run(_drive(place, tasks, 2))[-1]


# The emulator's side.


@contextmanager
def _emulator(workers: int, waiting: int) -> Iterator[dict[str, Any]]:
    """Run an emulator; gives where it is, and the tokens of its workers."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, workers, waiting))
    process.start()
    try:
        place = ours.recv()

        def cpu() -> float:
            ours.send("cpu")
            return float(ours.recv())

        yield {**place, "cpu": cpu}
    finally:
        ours.send("end")
        process.join(10)
        process.kill()


def _serve(pipe: Connection, workers: int, waiting: int) -> None:
    with Emulator() as emulator:
        workspace = emulator.workspace(
            workers={f"worker {number}": {} for number in range(workers)},
            queues={"Everyone": "1 == 1", "Nobody": "1 == 2"},
            workflow=_WORKFLOW,
            worker_activity="Available",
        )
        for _ in range(waiting):
            emulator.create_task(workspace.sid, attributes={"kind": "wait"})
        pipe.send(
            {
                "tasks": f"{emulator.api_base_url}/Workspaces/{workspace.sid}/Tasks",
                "channels": f"{emulator.url}/v1/wschannels/{emulator.account_sid}/",
                "account": emulator.account_sid,
                "secret": emulator.auth_token,
                "workspace": workspace.sid,
                "workers": list(workspace.workers.values()),
            }
        )
        while pipe.recv() == "cpu":
            pipe.send(time.process_time())


# The callers' and the workers' side.


class _Center:
    """The workers' connections, and the tasks that are under way."""

    def __init__(self, session: aiohttp.ClientSession, place: dict[str, Any]) -> None:
        self._session = session
        self._place = place
        # As the service's own URLs, wherever it is.
        self._workspace = (
            f"https://taskrouter.twilio.com/v1/Workspaces/{place['workspace']}"
        )
        self._done: dict[str, asyncio.Future[None]] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def open(self) -> list[asyncio.Task[None]]:
        """Connect all workers; the tasks read what comes to them."""
        readers = []
        for sid in self._place["workers"]:
            token = WorkerCapabilityToken(
                self._place["account"],
                self._place["secret"],
                self._place["workspace"],
                sid,
            )
            token.allow_update_activities()
            token.allow_update_reservations()
            text = token.to_jwt()
            channel = self._place["channels"] + sid
            socket = await self._session.ws_connect(f"{channel}?token={text}")
            readers.append(asyncio.create_task(self._read(socket, channel, str(text))))
        return readers

    async def _read(
        self, socket: aiohttp.ClientWebSocketResponse[Any], channel: str, token: str
    ) -> None:
        async for message in socket:
            if not message.data.strip():
                continue
            frame = json.loads(message.data)
            payload, kind = frame["payload"], frame["event_type"]
            task = f"{self._workspace}/Tasks/{payload['sid']}"
            if kind == "reservation.created":
                url = f"{task}/Reservations/{payload['reservation_sid']}"
                self._post(channel, token, url, {"ReservationStatus": "accepted"})
            elif kind == "reservation.accepted":
                self._post(channel, token, task, {"AssignmentStatus": "completed"})
            elif kind == "reservation.completed":
                self._completed(payload["sid"]).set_result(None)

    def _post(self, channel: str, token: str, url: str, params: Any) -> None:
        envelope = {"url": url, "method": "POST", "params": params, "token": token}
        work = asyncio.create_task(self._send(channel, envelope))
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    async def _send(self, channel: str, envelope: Any) -> None:
        async with self._session.post(channel, data=json.dumps(envelope)) as answer:
            assert answer.status == 200, await answer.text()

    async def task(self) -> None:
        """Create a task, and wait until a worker has completed it."""
        auth = aiohttp.BasicAuth(self._place["account"], self._place["secret"])
        async with self._session.post(
            self._place["tasks"], auth=auth, data={"Attributes": "{}"}
        ) as made:
            sid = (await made.json())["sid"]
        await self._completed(sid)
        del self._done[sid]

    def _completed(self, sid: str) -> asyncio.Future[None]:
        """Find what stands for a task's end, which may come before its answer."""
        if sid not in self._done:
            self._done[sid] = asyncio.get_running_loop().create_future()
        return self._done[sid]


async def _drive(place: dict[str, Any], tasks: int, rounds: int) -> Sequence[float]:
    """Send tasks through; gives how many a second of its core, for each round."""
    rates = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        center = _Center(session, place)
        readers = await center.open()
        for _ in range(rounds):
            left = iter(range(tasks))
            started = place["cpu"]()
            callers = [_calls(center.task, left) for _ in range(_UNDER_WAY)]
            await asyncio.gather(*callers)
            rates.append(tasks / (place["cpu"]() - started))
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return rates


async def _calls(task: Callable[[], Any], left: Iterator[int]) -> None:
    for _ in left:
        await task()
