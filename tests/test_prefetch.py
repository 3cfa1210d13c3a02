"""The fetch threads: side by side, a few, and none when there is nothing to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync.errors import ClientClosed, HttpError, TaskRouterError
from taskrouter_sync.prefetch import Details, Job, Prefetcher

from .support import leaks
from .support.collector import Background, wait


class Gate:
    """A job that waits until it may go on."""

    def __init__(self, result: Any = None) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self._result = result

    def __call__(self) -> Any:
        self.entered.set()
        wait(self.open, "the test's word")
        return self._result


class Fetching:
    """A prefetcher, and what it has done."""

    def __init__(self, **options: Any) -> None:
        self.pool = Prefetcher(**options)

    def fetch(
        self, *jobs: Job, owner: str = "a client"
    ) -> tuple[Details, threading.Event]:
        done = threading.Event()
        return self.pool.fetch(jobs, done.set, owner), done

    def outcomes(self, *jobs: Job) -> list[Any]:
        details, done = self.fetch(*jobs)
        wait(done, "all jobs")
        assert details.done
        return details.outcomes


@pytest.fixture
def fetching() -> Iterator[Fetching]:
    made = Fetching()
    yield made
    made.pool.close()


def fetch_threads() -> list[str]:
    return [each.name for each in leaks.threads() if "-fetch-" in each.name]


def test_outcomes_are_in_the_order_of_the_jobs(fetching: Fetching) -> None:
    first = Gate("first")
    details, done = fetching.fetch(first, lambda: "second")
    wait(first.entered, "the first job")
    assert not details.done
    first.open.set()
    wait(done, "both jobs")
    assert details.outcomes == ["first", "second"]


def test_jobs_run_side_by_side(fetching: Fetching) -> None:
    together = threading.Barrier(6)
    assert sorted(fetching.outcomes(*[lambda: together.wait(5.0)] * 6)) == [*range(6)]


def test_an_error_is_an_outcome(fetching: Fetching) -> None:
    def refuse() -> None:
        raise HttpError(404, "Not found")

    (outcome,) = fetching.outcomes(refuse)
    assert (outcome.code, outcome.message) == (404, "Not found")


def test_a_mistake_is_an_outcome_too_and_logged(
    fetching: Fetching, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("a mistake")

    (outcome,) = fetching.outcomes(fail)
    assert isinstance(outcome, TaskRouterError)
    assert "a mistake" in caplog.text


def test_threads_are_named_and_made_when_first_needed(fetching: Fetching) -> None:
    assert not fetch_threads()
    names = fetching.outcomes(lambda: threading.current_thread().name)
    assert names == ["taskrouter-fetch-1"]


def test_a_thread_without_work_takes_the_next(fetching: Fetching) -> None:
    threads = {
        fetching.outcomes(lambda: threading.current_thread())[0] for _ in range(20)
    }
    # Right after its job a thread may not wait again yet: then a second one is made.
    assert len(threads) <= 2


def test_there_are_never_more_threads_than_allowed() -> None:
    fetching = Fetching(most=3)
    gates = [Gate() for _ in range(8)]
    _, done = fetching.fetch(*gates)
    for gate in gates[:3]:
        wait(gate.entered, "the first three jobs")
    assert len(fetch_threads()) == 3
    assert not any(gate.entered.is_set() for gate in gates[3:])
    for gate in gates:
        gate.open.set()
    wait(done, "all jobs")
    fetching.pool.close()


def test_nobody_waits_for_what_others_wait_for(fetching: Fetching) -> None:
    gates = [Gate() for _ in range(100)]
    stuck = [
        fetching.fetch(*gates[first : first + 20], owner=f"stuck {first}")[1]
        for first in range(0, 100, 20)
    ]
    _, done = fetching.fetch(*[lambda: None] * 50, owner="another")
    wait(done, "the other's jobs")
    for gate in gates:
        gate.open.set()
    for each in stuck:
        wait(each, "what was stuck")


def test_each_owner_has_two_threads_and_all_together_fourteen_more(
    fetching: Fetching,
) -> None:
    gates = [Gate() for _ in range(60)]
    done = [
        fetching.fetch(*gates[first : first + 20], owner=f"{first}")[1]
        for first in range(0, 60, 20)
    ]
    for gate in [*gates[:16], *gates[20:22], *gates[40:42]]:
        wait(gate.entered, "a job that may run")
    assert len(fetch_threads()) == 20
    for gate in gates:
        gate.open.set()
    for each in done:
        wait(each, "all jobs")


def test_owners_take_turns_at_what_is_common() -> None:
    fetching = Fetching(most=3)
    first, second = [Gate() for _ in range(6)], [Gate() for _ in range(3)]
    _, first_done = fetching.fetch(*first, owner="first")
    _, second_done = fetching.fetch(*second, owner="second")
    for gate in [*first[:3], *second[:2]]:
        wait(gate.entered, "a job that may run")
    first[0].open.set()
    wait(first[3].entered, "the first owner's turn")
    first[1].open.set()
    wait(second[2].entered, "the second owner's turn")
    assert not first[4].entered.is_set()
    for gate in [*first, *second]:
        gate.open.set()
    wait(first_done, "the first owner's jobs")
    wait(second_done, "the second owner's jobs")
    fetching.pool.close()


def test_nothing_to_fetch_is_done(fetching: Fetching) -> None:
    details, _ = fetching.fetch()
    assert details.done
    assert fetching.outcomes(lambda: "still works") == ["still works"]


def test_an_idle_thread_leaves() -> None:
    fetching = Fetching(idle=0.01)
    (thread,) = fetching.outcomes(threading.current_thread)
    thread.join(2.0)
    assert not thread.is_alive()
    fetching.pool.close()


def test_work_that_comes_while_the_last_thread_leaves_is_done(
    hurried_switching: None,
) -> None:
    """A thread that has decided to leave must not be counted on."""
    fetching = Fetching(most=1, idle=0.0)
    for _ in range(3000):
        assert fetching.outcomes(lambda: "done") == ["done"]
    fetching.pool.close()


def test_work_from_many_threads_is_all_done(fetching: Fetching) -> None:
    def ask() -> None:
        for number in range(50):
            jobs: list[Job] = [lambda n=number: n, lambda n=number: -n]  # type: ignore[misc]
            assert fetching.outcomes(*jobs) == [number, -number]

    for each in [Background(ask) for _ in range(6)]:
        each.result()


def test_close_settles_what_waits() -> None:
    fetching = Fetching(most=1)
    gate = Gate("done all the same")
    running, running_done = fetching.fetch(gate)
    waiting, waiting_done = fetching.fetch(lambda: "never", lambda: "never")
    wait(gate.entered, "the first job")
    closing = Background(fetching.pool.close)
    wait(waiting_done, "what waits")
    assert all(isinstance(each, ClientClosed) for each in waiting.outcomes)
    gate.open.set()
    wait(running_done, "what runs")
    assert running.outcomes == ["done all the same"]
    closing.result()


def test_close_ends_idle_threads(fetching: Fetching) -> None:
    fetching.outcomes(*[lambda: None] * 12)
    fetching.pool.close()
    assert not leaks.left_threads(set())


def test_close_does_not_wait_for_each_thread_that_is_busy() -> None:
    fetching = Fetching()
    gates = [Gate() for _ in range(12)]
    _, done = fetching.fetch(*gates)
    for gate in gates:
        wait(gate.entered, "a job")
    Background(fetching.pool.close).result(1.0)
    for gate in gates:
        gate.open.set()
    wait(done, "all jobs")


def test_fetch_after_close_is_settled_at_once(fetching: Fetching) -> None:
    fetching.pool.close()
    details, done = fetching.fetch(lambda: "never")
    assert done.is_set()
    assert isinstance(details.outcomes[0], ClientClosed)


def test_close_from_one_of_its_threads(fetching: Fetching) -> None:
    assert fetching.outcomes(fetching.pool.close) == [None]
