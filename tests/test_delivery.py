"""The event thread: steps in order, details waited for, timers, and its end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskrouter_sync import delivery as module, line as line_module
from taskrouter_sync.delivery import Delivery
from taskrouter_sync.line import Line, Step
from taskrouter_sync.prefetch import Details

from .support.collector import Background, Collector, wait


@pytest.fixture
def line() -> Iterator[Delivery]:
    made = Delivery("taskrouter-events-test", calling=lambda: "on_created")
    made.start()
    yield made
    made.close(lambda: None)
    assert made.join(2.0)


@pytest.fixture
def came() -> Collector:
    return Collector()


def step(came: Collector, name: str, details: Details | None = None) -> Step:
    return Step(lambda: came.add(name), details)


class Blocking:
    """A step that runs until it is told to end."""

    def __init__(self) -> None:
        self.running, self.go_on = threading.Event(), threading.Event()
        self.step = Step(self._run)

    def _run(self) -> None:
        self.running.set()
        wait(self.go_on, "the test's word")


def test_steps_run_in_order_on_the_named_thread(
    line: Delivery, came: Collector
) -> None:
    where: list[str] = []
    line.add(Step(lambda: where.append(threading.current_thread().name)))
    line.add(*[step(came, str(number)) for number in range(50)])
    line.add(step(came, "last"))
    came.expect("last")
    assert came.names() == [*map(str, range(50)), "last"]
    assert where == ["taskrouter-events-test"]


def test_a_step_keeps_its_place_until_its_details_are_there(
    line: Delivery, came: Collector
) -> None:
    details = Details(1, line.wake)
    line.add(step(came, "slow", details), step(came, "quick"))
    # A timer may run meanwhile: it is in nobody's line.
    line.set_timer("now", 0.0, lambda: came.add("timer"))
    came.expect("timer")
    details.settle(0, "answer")
    came.expect("quick")
    assert came.names() == ["timer", "slow", "quick"]


def test_details_that_come_out_of_order_change_nothing(
    line: Delivery, came: Collector
) -> None:
    details = [Details(1, line.wake) for _ in range(5)]
    line.add(*[step(came, str(i), each) for i, each in enumerate(details)])
    for each in reversed(details):
        each.settle(0, None)
    came.expect("4")
    assert came.names() == list("01234")


def test_a_step_runs_without_its_details_when_patience_ends(
    line: Delivery, came: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "PATIENCE", 0.05)
    details = Details(1, line.wake)
    line.add(step(came, "told anyway", details))
    came.expect("told anyway")
    assert not details.done


def test_what_a_step_leads_to_comes_before_what_waits(
    line: Delivery, came: Collector
) -> None:
    def lead() -> None:
        line.add_first(step(came, "one"), step(came, "two"))
        came.add("lead")

    blocking = Blocking()
    line.add(blocking.step, Step(lead), step(came, "three"))
    blocking.go_on.set()
    came.expect("three")
    assert came.names() == ["lead", "one", "two", "three"]


def test_a_step_beside_the_line_waits_for_nobody_s_details(
    line: Delivery, came: Collector
) -> None:
    details = Details(1, line.wake)
    line.add(step(came, "one", details), step(came, "two"))
    line.add_beside(step(came, "beside"))
    line.add_beside(step(came, "beside too"))
    came.expect("beside too")
    details.settle(0, None)
    came.expect("two")
    assert came.names() == ["beside", "beside too", "one", "two"]


def test_steps_beside_the_line_take_turns_with_it() -> None:
    """However many late listeners come, events come, too."""
    line, order = Line(), Collector()
    line.add(step(order, "one"), step(order, "two"), step(order, "three"))
    for name in ("beside", "beside 2", "beside 3", "beside 4"):
        line.add_beside(step(order, name))
    while (run := line.due(0.0, 0.0)[0]) is not None:
        run()
    assert order.names() == [
        "beside",
        "one",
        "beside 2",
        "two",
        "beside 3",
        "three",
        "beside 4",
    ]


def test_a_mistake_in_a_step_is_logged_and_the_next_one_runs(
    line: Delivery, came: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("a mistake")

    line.add(Step(fail), step(came, "next"))
    came.expect("next")
    assert "a mistake" in caplog.text


def test_many_threads_may_add(line: Delivery, came: Collector) -> None:
    def add(who: int) -> None:
        for number in range(100):
            line.add(step(came, f"{who}.{number}"))

    for each in [Background(lambda who=who: add(who)) for who in range(4)]:  # type: ignore[misc]
        each.result()
    line.add(step(came, "last"))
    came.expect("last")
    for who in range(4):
        mine = [name for name in came.names() if name.startswith(f"{who}.")]
        assert mine == [f"{who}.{number}" for number in range(100)]


# Timers.


def test_a_timer_runs_when_it_is_due(line: Delivery, came: Collector) -> None:
    due = time.time() + 0.05
    line.set_timer("t", due, lambda: came.add("timer", time.time()))
    assert came.expect("timer") >= due


def test_a_timer_of_the_same_name_is_replaced(line: Delivery, came: Collector) -> None:
    line.set_timer("t", time.time() + 60, lambda: came.add("first"))
    line.set_timer("t", 0.0, lambda: came.add("second"))
    came.expect("second")
    assert came.names() == ["second"]


def test_a_cleared_timer_does_not_run(line: Delivery, came: Collector) -> None:
    blocking = Blocking()
    line.add(blocking.step)
    wait(blocking.running, "the step")
    line.set_timer("t", 0.0, lambda: came.add("timer"))
    line.clear_timer("t")
    line.clear_timer("another")
    blocking.go_on.set()
    line.add(step(came, "marker"))
    came.expect("marker")
    assert came.names() == ["marker"]


def test_an_idle_line_does_not_wake_up() -> None:
    """Without a timer it waits without end; with one, until that is due."""
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    with line._condition:
        assert line._due() == (None, None)
        line.set_timer("t", time.time() + 60, lambda: None)
        _, seconds = line._due()
        assert seconds is not None
        assert 59 < seconds <= 60
        line.set_timer("t", time.time() + 1e9, lambda: None)
        assert line._due() == (None, 3600.0)


# The end.


def test_close_drops_what_waits_and_runs_the_last_thing(came: Collector) -> None:
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    line.start()
    blocking = Blocking()
    line.add(blocking.step, step(came, "waiting"))
    wait(blocking.running, "the step")
    line.set_timer("t", 0.0, lambda: came.add("timer"))
    line.close(lambda: came.add("last"))
    line.add(step(came, "late"))
    line.add_first(step(came, "late"))
    blocking.go_on.set()
    assert line.join(2.0)
    assert came.names() == ["last"]


def test_a_timer_set_after_close_does_not_run(came: Collector) -> None:
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    line.start()
    blocking = Blocking()
    line.add(blocking.step)
    wait(blocking.running, "the step")
    line.close(lambda: came.add("last"))
    line.set_timer("t", 0.0, lambda: came.add("timer"))
    blocking.go_on.set()
    assert line.join(2.0)
    assert came.names() == ["last"]


def test_close_twice_runs_one_last_thing(came: Collector) -> None:
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    line.start()
    line.close(lambda: came.add("first"))
    line.close(lambda: came.add("second"))
    assert line.join(2.0)
    assert came.names() == ["first"]


def test_close_on_the_event_thread_itself(came: Collector) -> None:
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    line.start()

    def close() -> None:
        assert line.is_current
        line.close(lambda: came.add("last"))
        assert line.join(5.0)  # at once: a thread never waits for itself
        came.add("closed")

    line.add(Step(close), step(came, "waiting"))
    came.expect("last")
    assert line.join(2.0)
    assert came.names() == ["closed", "last"]


def test_join_does_not_wait_longer_than_it_is_told() -> None:
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    line.start()
    blocking = Blocking()
    line.add(blocking.step)
    wait(blocking.running, "the step")
    line.close(lambda: None)
    assert not line.join(0.01)
    blocking.go_on.set()
    assert line.join(2.0)


def test_join_before_start_is_over_at_once() -> None:
    assert Delivery("taskrouter-events-test", calling=lambda: None).join(5.0)


# Slow callbacks.


@pytest.fixture
def blocked(
    line: Delivery, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[float], Any]]:
    """A line whose callback has been running for any number of seconds."""
    blocking = Blocking()
    line.add(blocking.step)
    wait(blocking.running, "the step")
    yield lambda limit: monkeypatch.setattr(module, "SLOW", limit)
    blocking.go_on.set()


def test_a_slow_callback_is_named_once(
    line: Delivery,
    blocked: Callable[[float], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    blocked(0.0)
    line.add(Step(lambda: None), Step(lambda: None))
    line.add(Step(lambda: None))
    assert [each.getMessage() for each in caplog.records] == [
        "on_created has been running for more than 0 s; 2 events wait for it"
    ]


def test_a_callback_that_is_not_slow_is_not_named(
    line: Delivery,
    blocked: Callable[[float], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    blocked(60.0)
    line.add(Step(lambda: None))
    assert not caplog.records


def test_what_a_notebook_does_to_threads_does_not_reach_the_event_thread(
    came: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ipykernel 6 does, whose replacement ties output to the cell of the start."""
    tied: list[str] = []
    usual = threading.Thread.run

    def run(self: threading.Thread) -> None:
        tied.append(self.name)
        usual(self)

    monkeypatch.setattr(threading.Thread, "run", run)
    line = Delivery("taskrouter-events-test", calling=lambda: None)
    line.start()
    line.add(step(came, "last"))
    came.expect("last")
    line.close(lambda: None)
    assert line.join(2.0)
    assert tied == []
