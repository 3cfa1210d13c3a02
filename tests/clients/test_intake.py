"""The intake: what waits is bounded, and nothing is told out of order for that."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from taskrouter_sync.clients import intake as module
from taskrouter_sync.clients.intake import Intake
from taskrouter_sync.errors import ConnectionFailed, TaskRouterError
from taskrouter_sync.line import Step
from taskrouter_sync.wire.connection import Ending

from ..support.collector import LIMIT, Background


class Bench:
    """An intake between lists; `catch_up` lets the event thread's time come."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.told: list[str] = []
        self.steps: list[Step] = []
        self.intake = Intake("WK1", self, self, self, logging.getLogger("test"))

    def catch_up(self, marks: int | None = None) -> None:
        due = self.steps[:marks]
        del self.steps[:marks]
        for step in due:
            step.run()

    # The receiver.

    def opened(self) -> None:
        self.told.append("opened")

    def frame(self, data: bytes, more: bool) -> None:
        self.taken.append(data)

    def failed(self, error: TaskRouterError, refused: bool) -> None:
        self.told.append("failed")

    def ended(self, ending: Ending) -> None:
        self.told.append("ended")

    # The connection.

    def drop(self) -> None:
        self.told.append("drop")

    def retry(self) -> None:
        self.told.append("retry")

    # The line of steps.

    def add(self, *steps: Step) -> None:
        self.steps += steps

    def add_first(self, *steps: Step) -> None:
        self.steps[:0] = steps

    def set_timer(self, name: str, when: float, run: Callable[[], None]) -> None:
        raise AssertionError("the intake needs no timer")

    def clear_timer(self, name: str) -> None:
        raise AssertionError("the intake needs no timer")

    def wake(self) -> None:
        raise AssertionError("the intake fetches nothing")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """An intake for 10 frames of 1000 bytes altogether, counted 2 at a time."""
    monkeypatch.setattr(module, "MOST_FRAMES", 10)
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    monkeypatch.setattr(module, "_BATCH", 2)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    return Bench()


def test_what_there_is_room_for_is_passed_on(bench: Bench) -> None:
    bench.intake.opened()
    bench.intake.frame(b"one", False)
    bench.intake.frame(b"two", False)
    bench.intake.failed(ConnectionFailed("x"), False)
    bench.intake.ended(Ending())
    assert bench.taken == [b"one", b"two"]
    assert bench.told == ["opened", "failed", "ended"]
    assert bench.intake.has_room


def test_the_connection_is_dropped_once_when_too_many_wait(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        bench.intake.frame(b"%d" % number, False)
    assert len(bench.taken) == 10
    assert bench.told == ["drop"]
    assert [record.message for record in caplog.records] == [
        "WK1: too many events wait for a callback to end: 10 frames; the connection "
        "is made again when fewer do"
    ]
    assert not bench.intake.has_room


def test_the_connection_is_dropped_when_what_waits_is_too_large(bench: Bench) -> None:
    bench.intake.frame(b"x" * 600, False)
    bench.intake.frame(b"y" * 600, False)
    assert len(bench.taken) == 1
    assert bench.told == ["drop"]


def test_one_frame_is_never_too_large(bench: Bench) -> None:
    bench.intake.frame(b"x" * 5000, False)
    bench.catch_up()
    bench.intake.frame(b"y" * 5000, False)
    assert len(bench.taken) == 2
    assert bench.told == []


def test_who_keeps_up_is_never_dropped(bench: Bench) -> None:
    for _ in range(100):
        bench.intake.frame(b"x" * 100, False)
        bench.catch_up()
    assert len(bench.taken) == 100
    assert bench.told == []


def test_the_connection_is_wanted_again_when_half_is_done(bench: Bench) -> None:
    for _ in range(20):
        bench.intake.frame(b"x", False)
    bench.catch_up(2)
    assert not bench.intake.has_room
    bench.catch_up(1)
    assert bench.intake.has_room
    bench.catch_up()
    assert bench.told == ["drop", "retry"]


def fill(bench: Bench) -> None:
    for _ in range(10):
        bench.intake.frame(b"x", False)


def read_one_more_than_there_is_room_for(bench: Bench) -> None:
    fill(bench)
    reading = Background(lambda: bench.intake.frame(b"last", False))
    bench.catch_up()
    reading.result()
    assert bench.taken[-1] == b"last"


def test_reading_waits_for_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", LIMIT)
    read_one_more_than_there_is_room_for(bench)
    assert bench.told == []


@pytest.mark.parametrize("closed", [False, True])
def test_nobody_waits_for_room_on_a_line_that_is_not_wanted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 10 * LIMIT)
    fill(bench)
    reading = Background(lambda: bench.intake.frame(b"last", False))
    bench.intake.interrupt(closed=closed)
    reading.result()
    assert b"last" not in bench.taken
    assert bench.told == []


def test_on_the_next_line_reading_waits_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.intake.interrupt()
    bench.intake.opened()
    monkeypatch.setattr(module, "PATIENCE", LIMIT)
    read_one_more_than_there_is_room_for(bench)
    assert bench.told == ["opened"]


def test_a_closed_client_never_waits_for_room(bench: Bench) -> None:
    bench.intake.interrupt(closed=True)
    bench.intake.opened()
    fill(bench)
    bench.intake.frame(b"last", False)
    assert bench.told == ["opened"]


def test_after_what_was_not_taken_nothing_is_up_to_the_next_line(bench: Bench) -> None:
    for _ in range(11):
        bench.intake.frame(b"x", False)
    bench.catch_up()
    bench.intake.frame(b"too late", False)
    assert b"too late" not in bench.taken
    bench.intake.opened()
    bench.intake.frame(b"anew", False)
    assert bench.taken[-1] == b"anew"
