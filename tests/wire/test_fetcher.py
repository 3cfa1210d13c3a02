"""The shared threads: fair, few, and without a trace when they can't be started."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any

import pytest

from taskrouter_sync.errors import ClientClosed, TaskRouterError
from taskrouter_sync.fetcher import Fetcher, NoThread

from ..support.collector import LIMIT


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher(max_threads=4, idle=0.1)
    yield made
    made.close()


def _start_none(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_clients_take_turns_with_the_shared_threads(fetcher: Fetcher) -> None:
    started: SimpleQueue[str] = SimpleQueue()
    may_end = {name: threading.Semaphore(0) for name in ("Alice", "Bob")}

    def wait_as(name: str) -> bool:
        started.put(name)
        return may_end[name].acquire(timeout=LIMIT)

    for name in may_end:
        for _ in range(9):
            fetcher.submit(name, partial(wait_as, name))
    # Each has two threads of her own; Alice, who came first, has the other two as well.
    first = [started.get(timeout=LIMIT) for _ in range(6)]
    assert sorted(first) == ["Alice"] * 4 + ["Bob"] * 2
    for expected in ("Alice", "Bob", "Alice", "Bob"):
        may_end["Alice"].release()
        assert started.get(timeout=LIMIT) == expected
    for each in may_end.values():
        each.release(9)


def test_a_thread_that_another_one_leaves_no_work_stays_for_the_next() -> None:
    fetcher = Fetcher(idle=LIMIT)
    both = threading.Barrier(2)

    def meet() -> str:
        both.wait(LIMIT)
        return threading.current_thread().name

    def names() -> set[str]:
        return {each.result(LIMIT) for each in [fetcher.submit(1, meet) for _ in "ab"]}

    first = names()
    with fetcher._changed:
        threads = [*fetcher._threads]
        fetcher._changed.notify_all()
    for each in threads:
        each.join(0.1)
    assert names() == first == {"taskrouter-fetch-1", "taskrouter-fetch-2"}
    fetcher.close()


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (TaskRouterError("no"), TaskRouterError),
        (ZeroDivisionError("secret"), TaskRouterError),
    ],
)
def test_what_a_job_raises_is_its_result(
    fetcher: Fetcher, raised: Exception, kind: type[Exception]
) -> None:
    def fail() -> None:
        raise raised

    error = fetcher.submit("Alice", fail).exception(LIMIT)
    assert isinstance(error, kind)
    assert "secret" not in str(error)
    assert fetcher.submit("Alice", lambda: 1).result(LIMIT) == 1


def test_a_cancelled_job_ends_no_thread(fetcher: Fetcher) -> None:
    go = threading.Event()
    blocked = [fetcher.submit("Alice", lambda: go.wait(LIMIT)) for _ in range(8)]
    for each in blocked:
        each.cancel()
    go.set()
    assert fetcher.submit("Alice", lambda: 2).result(LIMIT) == 2


def test_a_cancelled_job_that_has_not_begun_is_left_out(fetcher: Fetcher) -> None:
    go, running, ran = threading.Event(), threading.Semaphore(0), []

    def wait() -> bool:
        running.release()
        return go.wait(LIMIT)

    begun = [fetcher.submit("Alice", wait, lasts=True) for _ in range(4)]
    for _ in begun:
        assert running.acquire(timeout=LIMIT)
    for lasts in (True, False):
        assert fetcher.submit("Alice", lambda: ran.append(1), lasts=lasts).cancel()
    assert not any(each.cancel() for each in begun)
    go.set()
    assert all(each.result(LIMIT) for each in begun)
    assert fetcher.submit("Alice", lambda: 2).result(LIMIT) == 2
    assert not ran


def test_without_any_thread_everything_fails_at_once(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _start_none)
        for owner in ("Alice", "Bob"):
            futures = [fetcher.submit(owner, lambda: 1) for _ in range(9)]
            errors = [each.exception(0) for each in futures]
            assert all(isinstance(each, NoThread) for each in errors)
    assert fetcher.submit("Alice", lambda: 3).result(LIMIT) == 3


def test_with_one_thread_everything_is_done(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    first = fetcher.submit("Alice", lambda: go.wait(LIMIT))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _start_none)
        others = [fetcher.submit(owner, lambda: 4) for owner in "ABCDEF" * 3]
        go.set()
        assert first.result(LIMIT)
        assert [each.result(LIMIT) for each in others] == [4] * 18


def test_close_ends_what_no_thread_has_begun(fetcher: Fetcher) -> None:
    go = threading.Event()
    waiting: list[Future[Any]] = [
        fetcher.submit("Alice", lambda: go.wait(LIMIT)) for _ in range(9)
    ]
    fetcher.close()
    go.set()
    ends = [each.exception(LIMIT) for each in waiting]
    assert sum(isinstance(each, ClientClosed) for each in ends) >= 5
    late = fetcher.submit("Alice", lambda: 5)
    assert isinstance(late.exception(0), ClientClosed)
