"""What can happen at a service and at the desks, as moves that a test draws."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

from taskrouter_sync import TaskRouterError

from ..support.backend import ServiceError
from .simulation import Desk, Service, desks, nothing


Move = tuple[str, int, int]

# Seconds until an offer is withdrawn.
OFFER = 20

LIVE = ("pending", "accepted", "wrapping")


class Story:
    """Two workers, their clients, and everybody who changes something."""

    def __init__(self, service: Service) -> None:
        self._emulator = service.emulator
        self.sids, self.backend = service.workspace(OFFER)
        self.desks: list[Desk] = []
        self._numbers = count(4)

    def play(self, moves: list[Move]) -> None:
        """Make the moves, one after the other."""
        for name, first, second in moves:
            # What the service refuses does not happen.
            with contextlib.suppress(ServiceError):
                getattr(self, name)(first, second)

    # At the service.

    def create(self, first: int, second: int) -> None:
        """Somebody calls."""
        self.backend.create_task()

    def answer(self, first: int, second: int) -> None:
        """A worker answers an offer by other means than this client."""
        status = ("accepted", "accepted", "rejected")[second % 3]
        for sid in _pick(self._reservations("pending"), first):
            self.backend.update_reservation(sid, status)

    def go_on(self, first: int, second: int) -> None:
        """A worker goes on with what there is: accepts, wraps up, completes."""
        following = {"pending": "accepted", "accepted": "wrapping"}
        for sid in _pick(self._reservations(*LIVE), first):
            for _ in range(1 + second % 2):
                status = following.get(self._all()[sid].reservation_status, "completed")
                self.backend.update_reservation(sid, status)

    def manage(self, first: int, second: int) -> None:
        """Somebody ends a task: cancels, wraps up, completes, or deletes it."""
        for sid in _pick(self.backend.open_tasks(), first):
            if second % 4 == 3:
                self.backend.delete_task(sid)
            else:
                status = ("canceled", "wrapping", "completed")[second % 4]
                self.backend.update_task(sid, assignment_status=status)

    def pass_time(self, first: int, second: int) -> None:
        """Time passes: sometimes a second, sometimes an offer's time."""
        self._emulator.advance(OFFER if second == 7 else first)

    def activity(self, first: int, second: int) -> None:
        """Somebody moves a worker to another activity."""
        sids = list(self.sids.activities.values())
        self._change(first, activity_sid=sids[second % len(sids)])

    def attributes(self, first: int, second: int) -> None:
        """Somebody gives a worker new attributes."""
        self._change(first, attributes=json.dumps({"n": next(self._numbers)}))

    def _change(self, first: int, **values: Any) -> None:
        self._emulator.advance(1)
        self.backend.update_worker(self._worker(first), **values)

    def channel(self, first: int, second: int) -> None:
        """Somebody changes what a worker can take, or whether it takes anything."""
        self._emulator.advance(1)
        change: dict[str, Any] = {"available": bool(second % 2)}
        if second > 3:
            change = {"capacity": next(self._numbers)}
        self.backend.update_channel(self._worker(first), "default", **change)

    def trouble(self, first: int, second: int) -> None:
        """The service fails at the next requests."""
        self._emulator.faults.answer(500, times=1 + second % 2)

    # At the desks.

    def accept(self, first: int, second: int) -> None:
        """A worker accepts with this client; what comes back may be old by then.

        Meanwhile the frames arrive, or somebody goes on with it as well.
        """
        desk = self._desk(first)
        told = {each.sid: each for _, each in desk.told if "sid" in dir(each)}
        offered = [sid for sid in self._reservations("pending") if sid in told]
        for sid in _pick(offered, second):

            def meanwhile(sid: str = sid) -> None:
                if first % 4 >= 2:
                    with contextlib.suppress(ServiceError):
                        self.backend.update_reservation(sid, "completed")
                if first % 8 >= 4 and desk.connected:
                    desk.receive(9)

            desk.meanwhile = meanwhile
            with contextlib.suppress(TaskRouterError):
                told[sid].accept()
            desk.meanwhile = nothing

    def look_at_channels(self, first: int, second: int) -> None:
        """A worker's program reads its channels."""
        with contextlib.suppress(TaskRouterError):
            self._desk(first).client.fetch_channels()

    def open(self, first: int, second: int) -> None:
        """A connection opens; some of the frames it missed may still come."""
        self._desk(first).open(late=max(0, second - 4))

    def drop(self, first: int, second: int) -> None:
        """A connection drops; some of the frames under way may have come before."""
        self._desk(first).drop(arriving=second)

    def receive(self, first: int, second: int) -> None:
        """Frames arrive."""
        self._desk(first).receive(second)

    def twice(self, first: int, second: int) -> None:
        """A reservation's frame that is under way is sent once more."""
        flight = self._desk(first).flight
        if flight and flight[-1].reservation_sid is not None:
            flight.append(flight[-1])

    def perform(self, first: int, second: int) -> None:
        """One request reaches the service."""
        self._desk(first).perform(second)

    def settle(self, first: int, second: int) -> None:
        """One response arrives."""
        self._desk(first).settle(second)

    def serve(self, first: int, second: int) -> None:
        """All that was asked is answered."""
        desk = self._desk(first)
        if desk.connected:
            desk.serve()

    # Tools.

    def _desk(self, number: int) -> Desk:
        return self.desks[number % len(self.desks)]

    def _worker(self, number: int) -> str:
        return list(self.sids.workers.values())[number % 2]

    def _all(self) -> dict[str, Any]:
        return {
            sid: each
            for worker in self.sids.workers.values()
            for sid, each in self.backend.reservations(worker).items()
        }

    def _reservations(self, *statuses: str) -> list[str]:
        found = self._all().items()
        return [sid for sid, each in found if each.reservation_status in statuses]


@contextlib.contextmanager
def played(service: Service, before: list[Move], moves: list[Move]) -> Iterator[Story]:
    """Play a story: what was before the clients came, and what came then."""
    story = Story(service)
    with desks(service.emulator, story.sids, "Alice", "Bob") as story.desks:
        story.play(before)
        for desk in story.desks:
            desk.open()
        story.play(moves)
        service.emulator.faults.clear()
        for desk in story.desks:
            desk.finish()
        yield story


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
    *(Story.answer, Story.manage, Story.pass_time),
)
_CHANGES = (Story.activity, Story.attributes, Story.channel)
_CONNECTION = (Story.open, Story.drop, Story.receive, Story.twice)
_RESPONSES = (Story.perform, Story.settle, Story.serve, Story.trouble)
_OWN = (Story.accept, Story.look_at_channels)

BEFORE = _moves(6, Story.create, Story.create, Story.go_on, Story.pass_time)
MOVES = _moves(40, *_SERVICE, *_CHANGES, *_CONNECTION, *_CONNECTION, *_RESPONSES, *_OWN)
