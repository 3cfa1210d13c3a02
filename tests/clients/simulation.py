"""A service and clients in one thread: no sockets, and nothing happens by itself.

What answers come when, which frames are under way and which are lost is the test's
choice; everything that decides what listeners hear is the product's own.
"""

from __future__ import annotations

import functools
import json
import logging
import math
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from taskrouter_sync import WorkerCapabilityToken
from taskrouter_sync.clients.announcer import Parts
from taskrouter_sync.clients.gap import Present
from taskrouter_sync.clients.known import KnownReservations
from taskrouter_sync.clients.status import Status
from taskrouter_sync.clients.worker_announcer import WorkerAnnouncer
from taskrouter_sync.emitter import Emitter
from taskrouter_sync.emulator import bridge, frames
from taskrouter_sync.emulator.api.addresses import query_pairs
from taskrouter_sync.emulator.api.dispatch import Api
from taskrouter_sync.emulator.api.rendering import Renderer
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.engine.model import Worker
from taskrouter_sync.errors import TaskRouterError
from taskrouter_sync.line import Line, Step
from taskrouter_sync.prefetch import Details, Job
from taskrouter_sync.resources import factory
from taskrouter_sync.session import Limits, Session, TokenSource
from taskrouter_sync.tokens import read_token
from taskrouter_sync.wire.answers import Answer
from taskrouter_sync.wire.connection import Ending

from ..emulator.engine.support import Bench
from ..support.collector import EVENTS


KEY = "0123456789abcdef0123456789abcdef"
API = "https://taskrouter.twilio.com/v1"


class Office(Bench):
    """The service: a workspace, its bridge, and whom its frames go to."""

    def __init__(self) -> None:
        super().__init__()
        # Tokens are not looked at: that takes longer than all the rest.
        self._api = Api(self.engine, Renderer(self.engine, API))
        self.desks: dict[str, Desk] = {}
        # How many of the next requests end in trouble, and in which.
        self.trouble = 0
        self.trouble_status = 500
        # What else happens before the next answer is there.
        self.meanwhile: Callable[[], None] = nothing
        self.engine.on_event(self._send)

    def post(self, endpoint: Any, body: dict[str, Any], **_limits: float) -> Answer:
        """Answer an envelope: what the SDK's requester does, without HTTP."""
        if self.trouble:
            self.trouble -= 1
            return Answer(self.trouble_status, "Trouble", b"{}")
        envelope = bridge.read(json.dumps(body))
        params = Parameters.from_json(envelope.params)
        if envelope.method == "GET":
            query = Parameters(query_pairs(envelope.url))
            params = Parameters([*query.pairs(), *params.pairs()])
        path = urlsplit(envelope.url).path
        answer = self._api.perform(envelope.method, path, params)
        answer = bridge.dress(answer, envelope)
        if envelope.event_type == "ready" and answer.status == 200:
            self.desks[endpoint].ready_read = len(self.events)
        now = formatdate(self.time, usegmt=True)
        meanwhile, self.meanwhile = self.meanwhile, nothing
        meanwhile()
        return Answer(answer.status, "", json.dumps(answer.body).encode(), date=now)

    def mint(self, worker: Worker) -> str:
        """Make a token for the worker."""
        account_sid, space_sid = self.engine.account_sid, self.workspace.sid
        token = WorkerCapabilityToken(account_sid, KEY, space_sid, worker.sid)
        return token.to_jwt()

    def _send(self, event: Event) -> None:
        framed = frames.frame(event, self.engine.account_sid)
        for channel in framed[0] if framed else ():
            if framed and channel in self.desks:
                self.desks[channel].send(Frame(event, framed[1]))


class Frame:
    """One frame, of one event."""

    def __init__(self, event: Event, text: str) -> None:
        self.event = event
        self.data = text.encode()


class Asked:
    """One request of a step, on its way there or back."""

    def __init__(self, job: Job, details: Details, position: int) -> None:
        self._job = job
        self._details = details
        self._position = position
        self.performed = False
        self.outcome: Any = None
        # The events that it shows while their frames are still under way.
        self.ahead_of: set[str] = set()

    def perform(self) -> None:
        try:
            self.outcome = self._job()
        except TaskRouterError as error:
            self.outcome = error
        self.performed = True

    def settle(self) -> None:
        self._details.settle(self._position, self.outcome)


class Turns(Line):
    """The line of steps, walked by whoever wants to: nobody sleeps on it."""

    def add(self, *steps: Step, more: bool = False) -> None:
        super().add(*steps)

    def wake(self) -> None:
        """There is nobody to wake."""

    def run(self, wall: float = 0.0) -> None:
        """Do all that can be done now; with a wall clock of ∞ the timers too."""
        while (run := self.due(wall, 0.0)[0]) is not None:
            run()


class Desk:
    """One worker's client: the product's own but for socket, threads and clocks."""

    def __init__(
        self,
        office: Office,
        worker: Worker,
        connect_activity_sid: str | None = None,
        source: TokenSource | None = None,
    ) -> None:
        self.office = office
        self.worker = worker
        self.known = KnownReservations()
        self.line = Turns()
        # What listeners heard: event and argument.
        self.told: list[tuple[str, Any]] = []
        # What was read before any event told it, by the event that would.
        self.learned: dict[str, list[Any]] = {}
        self.shown: dict[str, Any] = {}
        # The socket: frames under way, and those of the gap of the moment.
        self.connected = False
        self.flight: list[Frame] = []
        self.missed: list[Frame] = []
        # The frames' events that never came.
        self.lost: set[str] = set()
        # Those whose frames came after an answer that showed them.
        self.overtaken: set[str] = set()
        self.asked: list[Asked] = []
        # How long the log was when the client first became ready, at most.
        self.ready_read = 0
        self.since: int | None = None
        office.desks[worker.sid] = self
        self.session = self._session(source)
        emitter = Emitter()
        self.announcer = WorkerAnnouncer(
            Parts(
                emitter=emitter,
                session=self.session,
                delivery=self.line,
                prefetcher=self,
                status=Status(lambda: self.session.token),
                show=self._show,
                proved=nothing,
                log=logging.getLogger("taskrouter_sync.simulation"),
            ),
            self.known,
            connect_activity_sid,
            None,
        )
        for event in (*EVENTS, "capacity.update", "channel.availability.update"):
            emitter.on(event, functools.partial(self._hear, event))

    def _session(self, source: TokenSource | None) -> Session:
        sid = self.worker.sid
        requester: Any = self.office
        endpoint: Any = sid
        return Session(
            requester=requester,
            endpoint=endpoint,
            api_url=API,
            path=f"/Workers/{sid}",
            token=read_token(self.office.mint(self.worker), "worker_sid"),
            read=lambda text: read_token(text, "worker_sid"),
            source=source,
            max_retries=0,
            limits=Limits(),
            factory=factory,
            hear=lambda event: self.announcer.heard(event),
            notice=lambda entity: self.announcer.answered(entity),
            token_changed=nothing,
        )

    def _show(self, payload: Any) -> None:
        self.shown = {**self.shown, **payload}

    def _hear(self, event: str, argument: Any = None) -> None:
        self.told.append((event, argument))
        if event == "ready" and self.since is None:
            self.since = self.ready_read
            self.learn(argument.payload, "activity.update", "activity_sid")
            self.learn(argument.payload, "attributes.update", "attributes")

    def learn(self, payload: Any, event: str, name: str) -> None:
        """Note a value that was read."""
        self.learned.setdefault(event, [payload[name]])

    # The line.

    def fetch(
        self, jobs: Sequence[Job], on_done: Callable[[], None], owner: object
    ) -> Details:
        """Let the jobs wait until the test performs them."""
        details = Details(len(jobs), on_done)
        self.asked += [Asked(job, details, i) for i, job in enumerate(jobs)]
        return details

    def send(self, frame: Frame) -> None:
        """Put a frame of the service on its way, if there is one."""
        if self.connected:
            self.flight.append(frame)
        else:
            self.missed.append(frame)
            self.lost.add(frame.event.sid)

    def open(self, late: int = 0) -> None:
        """Connect; `late` of the frames of the gap still come."""
        if self.connected:
            return
        self.connected = True
        self.flight = self.missed[len(self.missed) - min(late, len(self.missed)) :]
        self.lost.difference_update(frame.event.sid for frame in self.flight)
        self.missed = []
        self.announcer.opened()

    def drop(self, arriving: int = 0) -> None:
        """Lose the line; of the frames under way so many arrive before."""
        if not self.connected:
            return
        self.receive(arriving)
        self.connected = False
        self.missed = self.flight
        self.lost.update(frame.event.sid for frame in self.flight)
        self.flight = []
        self.announcer.ended(Ending())

    def receive(self, most: int) -> None:
        """Let the next frames arrive."""
        arrived, self.flight = self.flight[:most], self.flight[most:]
        for frame in arrived:
            self.announcer.frame(frame.data, False)

    def perform(self, which: int) -> None:
        """Let the service perform one of the requests that are on their way to it."""
        waiting = [asked for asked in self.asked if not asked.performed]
        if waiting:
            asked = waiting[which % len(waiting)]
            asked.perform()
            if isinstance(asked.outcome, Present):
                asked.ahead_of = {frame.event.sid for frame in self.flight}

    def settle(self, which: int) -> None:
        """Let one of the answers arrive."""
        answered = [asked for asked in self.asked if asked.performed]
        if answered:
            asked = answered[which % len(answered)]
            self.asked.remove(asked)
            under_way = {frame.event.sid for frame in self.flight}
            self.overtaken.update(asked.ahead_of & under_way)
            asked.settle()

    def work(self) -> None:
        """Let the event thread do what it can."""
        self.line.run()

    def serve(self) -> None:
        """Let everything be performed, answered, and taken in order."""
        self.work()
        while self.asked:
            self.perform(0)
            self.settle(0)
            self.work()

    def finish(self) -> None:
        """Let everything come to its end on a line that stands."""
        self.open()
        self.line.run(math.inf)
        while self.flight or self.asked:
            self.receive(len(self.flight))
            while self.asked:
                self.perform(0)
                self.settle(0)
            self.line.run(math.inf)
        assert not len(self.line), "steps wait for nothing"


def nothing() -> None:
    """Let nothing happen."""
