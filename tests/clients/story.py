"""What can happen at an office and at its two desks, as moves that a test draws."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.model import Reservation, Task
from taskrouter_sync.errors import TaskRouterError
from taskrouter_sync.reconcile import status_rank

from .simulation import Desk, Office, nothing


Move = tuple[str, int, int]

# Seconds until an offer is withdrawn.
OFFER = 20


class Story:
    """Two workers, their clients, and everybody who changes something."""

    def __init__(self) -> None:
        self.office = Office()
        everyone = self.office.queue(max_reserved_workers=2)
        self.office.workflow(default=everyone, task_reservation_timeout=OFFER)
        self.office.engine.workspaces.update(
            self.office.workspace, timeout_activity_sid=self.office.available
        )
        self.desks = [
            Desk(self.office, self.office.worker(name)) for name in ("Alice", "Bob")
        ]
        for desk in self.desks:
            self._channel(desk, capacity=3)
        self._numbers = count(4)
        # How far each reservation that a desk shows as open was, when last looked at.
        self._seen: list[dict[str, int]] = [{}, {}]

    def play(self, moves: list[Move]) -> None:
        """Make the moves, one after the other, and look at the desks after each."""
        for name, first, second in moves:
            # What the service refuses does not happen.
            with contextlib.suppress(ServiceError):
                getattr(self, name)(first, second)
            self._look()

    def finish(self) -> None:
        """Let everything that was begun come to its end."""
        self.office.trouble = 0
        for desk in self.desks:
            desk.finish()
        self._look()

    # At the service.

    def create(self, first: int, second: int) -> None:
        """Somebody calls."""
        self.office.task()

    def answer(self, first: int, second: int) -> None:
        """A worker answers an offer by other means than this client."""
        status = ("accepted", "accepted", "rejected")[second % 3]
        for one in _pick(self._reservations("pending"), first):
            self.office.engine.reservations.update(one, status)

    def end(self, first: int, second: int) -> None:
        """A worker ends work, or begins to."""
        status = ("wrapping", "completed")[second % 2]
        for one in _pick(self._reservations("accepted", "wrapping"), first):
            self.office.engine.reservations.update(one, status)

    def go_on(self, first: int, second: int) -> None:
        """A worker goes on with what there is: accepts, wraps up, completes."""
        following = {"pending": "accepted", "accepted": "wrapping"}
        live = self._reservations("pending", "accepted", "wrapping")
        for one in _pick(live, first):
            for _ in range(1 + second % 2):
                status = following.get(one.reservation_status, "completed")
                self.office.engine.reservations.update(one, status)

    def manage(self, first: int, second: int) -> None:
        """Somebody ends a task: cancels, wraps up, completes, or deletes it."""
        engine = self.office.engine
        for task in _pick(self._tasks(), first):
            if second % 4 == 3:
                engine.tasks.delete(task)
            else:
                status = ("canceled", "wrapping", "completed")[second % 4]
                engine.tasks.update(task, assignment_status=status)

    def pass_time(self, first: int, second: int) -> None:
        """Time passes: sometimes a second, sometimes an offer's time."""
        self.office.advance(OFFER if second == 7 else first)

    def activity(self, first: int, second: int) -> None:
        """Somebody moves a worker to another activity."""
        office = self.office
        sids = (office.available, office.unavailable, office.offline)
        office.advance(1)
        office.engine.workers.update(
            self._desk(first).worker, activity_sid=sids[second % 3]
        )

    def attributes(self, first: int, second: int) -> None:
        """Somebody gives a worker new attributes."""
        self.office.advance(1)
        self.office.engine.workers.update(
            self._desk(first).worker, attributes=json.dumps({"n": next(self._numbers)})
        )

    def capacity(self, first: int, second: int) -> None:
        """Somebody changes what a worker can take at a time."""
        self.office.advance(1)
        self._channel(self._desk(first), capacity=next(self._numbers))

    def availability(self, first: int, second: int) -> None:
        """Somebody opens or closes a worker's channel."""
        self.office.advance(1)
        self._channel(self._desk(first), available=bool(second % 2))

    def trouble(self, first: int, second: int) -> None:
        """The service fails at the next requests."""
        self.office.trouble = second % 3

    # At the desks.

    def accept(self, first: int, second: int) -> None:
        """A worker accepts with this client; what the answer tells may be old by then.

        Meanwhile the frames arrive, or somebody completes it as well.
        """
        desk = self._desk(first)
        for one in _pick(list(desk.known.open().values()), second):

            def meanwhile() -> None:
                if first % 4 >= 2:
                    self.end(second, 1)
                if first % 8 >= 4:
                    desk.receive(9)
                    self._serve(desk)

            self.office.meanwhile = meanwhile
            with contextlib.suppress(TaskRouterError):
                one.accept()
            self.office.meanwhile = nothing

    def look_at_channels(self, first: int, second: int) -> None:
        """A worker's program reads its channels."""
        desk = self._desk(first)
        url = f"{desk.session.resource_url}/Channels"
        with contextlib.suppress(TaskRouterError):
            channels = desk.session.entity_from("GET", url)
            for channel in channels:
                if channel.payload["task_channel_unique_name"] == "default":
                    payload = channel.payload
                    desk.learn(payload, "capacity.update", "configured_capacity")
                    desk.learn(payload, "channel.availability.update", "available")

    def open(self, first: int, second: int) -> None:
        """A line opens; some of the frames it missed may still come."""
        self._desk(first).open(late=max(0, second - 4))

    def drop(self, first: int, second: int) -> None:
        """A line drops; some of the frames under way may have come before."""
        self._desk(first).drop(arriving=second)

    def receive(self, first: int, second: int) -> None:
        """Frames arrive, and the event thread works."""
        desk = self._desk(first)
        desk.receive(second)
        desk.work()

    def twice(self, first: int, second: int) -> None:
        """A reservation's frame that is under way is sent once more."""
        flight = self._desk(first).flight
        if flight and flight[-1].event.reservation is not None:
            flight.append(flight[-1])

    def perform(self, first: int, second: int) -> None:
        """One request reaches the service."""
        self._desk(first).perform(second)

    def settle(self, first: int, second: int) -> None:
        """One answer arrives, and the event thread works."""
        desk = self._desk(first)
        desk.settle(second)
        desk.work()

    def serve(self, first: int, second: int) -> None:
        """All that was asked is answered, in whatever order."""
        self._serve(self._desk(first), second)

    # Tools.

    def _serve(self, desk: Desk, order: int = 0) -> None:
        desk.work()
        while desk.asked:
            desk.perform(order)
            desk.settle(order)
            desk.work()

    def _desk(self, number: int) -> Desk:
        return self.desks[number % len(self.desks)]

    def _tasks(self) -> list[Task]:
        return list(self.office.workspace.tasks.values())

    def _reservations(self, *statuses: str) -> list[Reservation]:
        return [
            each
            for task in self._tasks()
            for each in task.reservations.values()
            if each.reservation_status in statuses
        ]

    def _channel(self, desk: Desk, **change: Any) -> None:
        channel = self.office.engine.workers.find_channel(desk.worker, "default")
        self.office.engine.workers.update_channel(channel, **change)

    def _look(self) -> None:
        """What a client shows of its open reservations only ever goes forward."""
        for desk, seen in zip(self.desks, self._seen, strict=True):
            told, ended = desk.known.told()
            shown = desk.known.open()
            assert not shown.keys() & ended
            assert shown.keys() <= told.keys()
            for sid, reservation in shown.items():
                reached = status_rank(reservation.payload.get("reservation_status"))
                reached = max(reached, told[sid].rank)
                assert reached >= seen.get(sid, 0), "it went back"
                seen[sid] = reached
            for sid in seen.keys() - shown.keys():
                seen[sid] = 9  # never to be open again


def _pick(things: list[Any], number: int) -> Iterator[Any]:
    """Take one of them, if there is any."""
    if things:
        yield things[number % len(things)]


def _moves(most: int, *moves: Callable[..., None]) -> st.SearchStrategy[list[Move]]:
    small = st.integers(0, 7)
    names = st.sampled_from([move.__name__ for move in moves])
    move = st.tuples(names, small, small)
    # Long ones as often as short ones, which lists alone are not.
    return st.integers(0, most).flatmap(
        lambda size: st.lists(move, min_size=size, max_size=size)
    )


_SERVICE = (
    *(Story.create, Story.create, Story.go_on, Story.go_on, Story.go_on),
    *(Story.answer, Story.end, Story.manage, Story.pass_time),
)
_CHANGES = (Story.activity, Story.attributes, Story.capacity, Story.availability)
_LINE = (Story.open, Story.drop, Story.receive, Story.twice)
_ANSWERS = (Story.perform, Story.settle, Story.serve, Story.trouble)
_OWN = (Story.accept, Story.look_at_channels)

BEFORE = _moves(6, Story.create, Story.create, Story.go_on, Story.pass_time)
MOVES = _moves(60, *_SERVICE, *_CHANGES, *_LINE, *_LINE, *_ANSWERS, Story.serve, *_OWN)
