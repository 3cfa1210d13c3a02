"""Queues of webhooks: who waits for whom, and how often one is tried.

Owns: the order of webhooks to one receiver, how many are under way and how many wait,
retries, and noting what went wrong. Runs on the emulator's event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field

from .clock import Clock
from .journal import Alert, Journal, Level, printable
from .persistence import Saver
from .state_file import StateError
from .webhook_request import (
    RETRIEVAL_FAILURE,
    Method,
    NotAnswered,
    Reply,
    Sender,
    compose,
    receiver,
    shown,
)


_log = logging.getLogger(__name__)

Job = Callable[[], Coroutine[object, object, None]]


@dataclass(frozen=True)
class Limits:
    """Limits, in seconds of real time, in numbers and in bytes.

    Documented are the two limits of an answer. The rest is not (choices): what
    has no response is tried again twice, after pauses, when there was no answer
    or a 5xx, so it may arrive twice. A receiver that lags by ``waiting`` webhooks
    misses those that come then; so do all when ``waiting_in_all`` wait.
    """

    event: float = 15.0
    assignment: float = 5.0
    pauses: tuple[float, ...] = (0.5, 2.0)
    waiting: int = 10_000
    waiting_in_all: int = 20_000
    waiting_bytes: int = 64 * 1024 * 1024
    # Webhooks under way, to one receiver's assignment callbacks and to all.
    assignments: int = 50
    under_way: int = 200


LIMITS = Limits()


@dataclass(frozen=True)
class Webhook:
    """A request to an application, and what it is about.

    Alerts about it name the resource. The URL is as it was configured.
    """

    workspace_sid: str
    resource_sid: str
    url: str = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    method: Method = "POST"


class Queues:
    """Queues of jobs by name, which do not wait for each other and take turns.

    Args:
        limit: how many jobs of one queue may wait.
        limit_in_all: how many of all queues may.
        limit_bytes: how many bytes all jobs may take.
        places: how many run at once, of whatever queue.
    """

    def __init__(
        self, *, limit: int, limit_in_all: int, limit_bytes: int, places: int
    ) -> None:
        self._limit = limit
        self._limit_in_all = limit_in_all + places
        self._limit_bytes = limit_bytes
        self._places = asyncio.Semaphore(places)
        # Jobs with their sizes, behind those that the queue's workers have.
        self._waiting: dict[str, deque[tuple[Job, int]]] = {}
        self._workers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0
        # How many jobs run or wait.
        self.unfinished = 0

    def put(self, name: str, job: Job, *, width: int, size: int = 0) -> bool:
        """Start the job or queue it; jobs start in the order of arrival.

        Args:
            name: of the queue.
            job: what to run.
            width: how many of the queue run at once; with 1 they end in order too.
            size: bytes that it takes.

        Returns:
            False if too many wait already: the job is not taken.
        """
        if (
            len(self._waiting.get(name, ())) >= self._limit
            or self.unfinished >= self._limit_in_all
            or self._bytes + size > self._limit_bytes
        ):
            return False
        self.unfinished += 1
        self._bytes += size
        waiting = self._waiting.setdefault(name, deque())
        if self._workers[name] == width:
            waiting.append((job, size))
        else:
            self._workers[name] += 1
            work = self._work(name, job, size)
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    async def close(self) -> None:
        """Break off what runs and forget what waits."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.unfinished = 0

    async def _work(self, name: str, job: Job, size: int) -> None:
        """Run a job, and others of its queue as long as some wait."""
        waiting = self._waiting[name]
        while True:
            async with self._places:
                try:
                    await job()
                except Exception:  # noqa: BLE001 - logged with its traceback
                    # The safety net of a loop: others go on.
                    _log.exception("a webhook failed")
            self.unfinished -= 1
            self._bytes -= size
            if not waiting:
                break
            job, size = waiting.popleft()
        self._workers[name] -= 1
        if not self._workers[name]:
            del self._workers[name], self._waiting[name]


class WebhookQueue:
    """Sends the webhooks of one service.

    Event callbacks and status callbacks to one receiver (scheme, host and port of the
    URL) are sent one after the other, in the order in which it happened; receivers do
    not wait for each other. Assignment callbacks start in that order as well, but
    without waiting for the responses to those before. Nothing is sent of a state that
    is not saved.
    """

    def __init__(
        self, auth_token: str, clock: Clock, journal: Journal, saver: Saver | None
    ) -> None:
        self._auth_token = auth_token
        self._clock = clock
        self._journal = journal
        self._saver = saver
        self._limits = LIMITS
        self._queues: Queues | None = None
        self._sender: Sender | None = None

    def open(self) -> None:
        """Start to send, on the running event loop, until the close."""
        limits = self._limits
        self._sender = Sender()
        self._queues = Queues(
            limit=limits.waiting,
            limit_in_all=limits.waiting_in_all,
            limit_bytes=limits.waiting_bytes,
            places=limits.under_way,
        )

    async def close(self) -> None:
        """Break off at once: what has not been delivered never will be."""
        queues, self._queues = self._queues, None
        sender, self._sender = self._sender, None
        if queues is not None:
            if queues.unfinished:
                _log.info("%d webhooks were not delivered: stopped", queues.unfinished)
            await queues.close()
        if sender is not None:
            await sender.close()

    def send(self, webhook: Webhook) -> None:
        """Send after earlier requests to the receiver; the response is not read."""

        async def deliver() -> None:
            for pause in (*self._limits.pauses, None):
                try:
                    await self._attempt(webhook, self._limits.event)
                    return
                except NotAnswered as trouble:
                    if pause is None or not trouble.passing:
                        self.alert(webhook, trouble.code, trouble.message)
                        return
                await asyncio.sleep(pause)

        self._put(f"events {receiver(webhook.url)}", deliver, 1, webhook)

    def run(self, webhook: Webhook, job: Job) -> None:
        """Run a job that waits for a response, once few enough others do."""
        name = f"assignments {receiver(webhook.url)}"
        self._put(name, job, self._limits.assignments, webhook)

    async def request(self, webhook: Webhook) -> Reply:
        """Return the receiver's response; one attempt.

        Raises:
            NotAnswered: there is no 2xx response within the limit.
        """
        return await self._attempt(webhook, self._limits.assignment)

    def _put(self, name: str, job: Job, width: int, webhook: Webhook) -> None:
        if self._queues is None:
            return  # It is about to stop, or has not started: nobody hears of it.
        size = 1000 + sum(map(len, webhook.form.values()))
        if not self._queues.put(name, job, width=width, size=size):
            message = "not sent: too many earlier webhooks wait for a response"
            self.alert(webhook, RETRIEVAL_FAILURE, message)

    async def _attempt(self, webhook: Webhook, seconds: float) -> Reply:
        if self._saver is not None:
            try:
                await self._saver.saved()
            except StateError as error:
                raise NotAnswered(str(error), passing=True) from None
        if self._sender is None:
            raise NotAnswered("the emulator has stopped", passing=False)
        reply = await self._sender.send(
            compose(self._auth_token, webhook.url, webhook.form, webhook.method),
            seconds,
        )
        # 204 and 200 are documented. A redirection is not followed (choice).
        if not 200 <= reply.status < 300:
            raise NotAnswered(
                f"the response's status is {reply.status}", passing=reply.status >= 500
            )
        return reply

    def alert(
        self, webhook: Webhook, code: int, message: str, level: Level = "error"
    ) -> None:
        """Note trouble, for the debugger and in the log."""
        # It may repeat what an application answered.
        message = printable(message)
        url = shown(webhook.url) if webhook.url else ""
        sid = webhook.resource_sid
        _log.warning("webhook about %s: %s: %s (%d)", sid, url, message, code)
        self._journal.alerted(
            Alert(
                self._clock.now(), level, code, message, webhook.workspace_sid, sid, url
            )
        )
