"""The event thread: order, time limits, room, and an end from anywhere."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any

import pytest

from taskrouter_sync.dispatcher import Dispatcher
from taskrouter_sync.timing import Timing

from ..support.collector import LIMIT, Background, wait


LOG = logging.LoggerAdapter(logging.getLogger("tests.wire"))
TIMING = Timing(fetch=0.3, pause=0.1, max_events=4, max_bytes=1000)


class Desk:
    """A dispatcher and what it has run, in order."""

    def __init__(self, timing: Timing = TIMING) -> None:
        self.ran: list[Any] = []
        self._came = threading.Condition()
        self.dispatcher = Dispatcher("taskrouter-events-x", self, timing, LOG)

    def _running_name(self) -> str | None:
        return "slow_one"

    def run(self, what: Any) -> Any:
        return partial(self._run, what)

    def _run(self, what: Any) -> None:
        with self._came:
            self.ran.append(what)
            self._came.notify_all()

    def expect(self, *ran: Any) -> None:
        with self._came:
            self._came.wait_for(lambda: len(self.ran) >= len(ran), LIMIT)
            assert self.ran == list(ran)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    made.dispatcher.start()
    yield made
    made.dispatcher.close(made.run("end"))
    made.dispatcher.join(LIMIT)
    assert made.ran[-1] == "end"


def test_events_keep_their_order_whenever_their_details_come(desk: Desk) -> None:
    first: Future[Any] = Future()
    second: Future[Any] = Future()
    desk.dispatcher.put(desk.run(1), first)
    desk.dispatcher.put(desk.run(2), second)
    desk.dispatcher.put(desk.run(3))
    second.set_result(None)
    desk.dispatcher.call_soon(desk.run("soon"))
    desk.expect("soon")
    first.set_result(None)
    desk.expect("soon", 1, 2, 3)


def test_details_that_never_come_hold_up_for_a_while(desk: Desk) -> None:
    started = time.monotonic()
    desk.dispatcher.put(desk.run(1), Future())
    desk.dispatcher.put(desk.run(2))
    desk.expect(1, 2)
    assert 0.25 < time.monotonic() - started < 2


class Details(Future[Any]):
    """Says when the event thread has looked; others see them done, if they wait."""

    def __init__(self, looked: threading.Event) -> None:
        super().__init__()
        self._looked, self._finished = looked, threading.Event()
        self.add_done_callback(lambda _: self._finished.set())

    def done(self) -> bool:
        if threading.current_thread().name == "taskrouter-events-x":
            is_done = super().done()
            self._looked.set()
            return is_done
        self._finished.wait(0.1)
        return super().done()


def test_details_that_come_while_their_event_is_queued_are_not_overlooked() -> None:
    desk = Desk(TIMING._replace(fetch=3600.0))
    desk.dispatcher.start()
    looked = threading.Event()
    details = Details(looked)

    def finish() -> None:
        wait(looked, "the event thread's look")
        details.set_result(None)

    fetcher = Background(finish)
    desk.dispatcher.put(desk.run(1), details)
    desk.expect(1)
    fetcher.result()
    desk.dispatcher.close(lambda: None)
    desk.dispatcher.join(LIMIT)


def test_what_an_event_leads_to_comes_before_the_others(desk: Desk) -> None:
    late: Future[Any] = Future()

    def lead() -> None:
        desk.dispatcher.put_first(desk.run("led to"), late)

    desk.dispatcher.put(lead)
    desk.dispatcher.put(desk.run(2))
    late.set_result(None)
    desk.expect("led to", 2)


def test_topics_are_of_what_is_queued_and_not_of_what_runs(desk: Desk) -> None:
    go_on = threading.Event()

    def look() -> None:
        go_on.wait(LIMIT)
        desk.dispatcher.put_first(desk.run(3), topic="first")
        desk.ran.append(desk.dispatcher.topics())

    desk.dispatcher.put(look, topic="running")
    desk.dispatcher.put(desk.run(1), topic="one")
    desk.dispatcher.put(desk.run(2))
    go_on.set()
    desk.expect({"first", "one"}, 3, 1, 2)


def test_calls_out_of_band_and_events_take_turns(desk: Desk) -> None:
    """Neither starves the other."""
    again = desk.dispatcher.call_soon

    def forever() -> None:
        if "event" not in desk.ran:
            again(forever)

    again(forever)
    desk.dispatcher.put(desk.run("event"))
    desk.expect("event")


def test_timers_run_when_they_are_due_unless_cancelled(desk: Desk) -> None:
    def plan() -> None:
        desk.dispatcher.call_later("late", 0.1, desk.run("late"))
        desk.dispatcher.call_later("soon", 0.05, desk.run("replaced"))
        desk.dispatcher.call_later("soon", 0.01, desk.run("soon"))
        desk.dispatcher.call_later("never", 0.01, desk.run("never"))
        desk.dispatcher.cancel("never")

    desk.dispatcher.put(plan)
    desk.expect("soon", "late")


def test_what_raises_stops_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise SystemExit(3)

    for put in (desk.dispatcher.put, desk.dispatcher.call_soon):
        put(fail)
    desk.dispatcher.put(desk.run(1))
    desk.expect(1)
    assert caplog.messages.count("An event could not be delivered") == 2


@pytest.mark.parametrize(("size", "room"), [(1, 4), (400, 2), (2000, 1)])
def test_a_full_queue_lets_the_reader_wait(desk: Desk, size: int, room: int) -> None:
    """For a while; what is always accepted waits for no room.

    Full of events or of bytes; one frame has room, however large it is.
    """
    held: Future[Any] = Future()
    put = partial(desk.dispatcher.put, size=size)
    put(desk.run(0), held)
    count = 1
    while put(desk.run(count)):
        count += 1
        assert count <= TIMING.max_events
    assert count == room
    assert desk.dispatcher.put(desk.run("always"))
    held.set_result(None)
    desk.expect(*range(count), "always")
    assert put(desk.run("room"))


def test_a_slow_callback_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(TIMING._replace(slow_callback=0.01))
    desk.dispatcher.start()
    go, running = threading.Event(), threading.Event()

    def block() -> None:
        running.set()
        go.wait(LIMIT)

    desk.dispatcher.put(block)
    assert running.wait(LIMIT)
    threading.Event().wait(0.05)
    for _ in range(3):
        desk.dispatcher.put(desk.run("x"))
    go.set()
    desk.expect("x", "x", "x")
    desk.dispatcher.close(desk.run("end"))
    desk.dispatcher.join(LIMIT)
    assert sum("slow_one has been running" in each for each in caplog.messages) == 1
