"""Waiting for a change, whoever makes it: another thread or a signal handler."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from taskrouter_sync.timing import Condition

from ..support.collector import LIMIT, Background


@pytest.fixture
def condition() -> Condition:
    return Condition()


def test_what_holds_already_is_not_waited_for(condition: Condition) -> None:
    assert condition.wait_for(lambda: "found", 0.0) == "found"


def test_another_thread_ends_a_wait(condition: Condition) -> None:
    found: list[str] = []
    looked = threading.Event()

    def look() -> str | None:
        looked.set()
        return found[0] if found else None

    waiting = Background(partial(condition.wait_for, look))
    assert looked.wait(LIMIT)
    with condition.lock:
        found.append("found")
        condition.notify_all()
    assert waiting.result() == "found"


def test_all_who_wait_look_again(condition: Condition) -> None:
    over, looked = threading.Event(), threading.Barrier(4)

    def look() -> bool:
        if not over.is_set():
            looked.wait(LIMIT)
        return over.is_set()

    waiting = [Background(partial(condition.wait_for, look)) for _ in range(3)]
    looked.wait(LIMIT)
    over.set()
    condition.notify_all()
    assert [each.result() for each in waiting] == [True] * 3


def test_a_change_between_a_look_and_the_wait_is_seen(condition: Condition) -> None:
    """A signal handler may run there, on the very thread that is about to wait."""
    looks = []

    def look() -> bool:
        looks.append(len(looks))
        if len(looks) == 1:  # what a handler does after the look
            condition.notify_all()
        return len(looks) == 2

    assert Background(partial(condition.wait_for, look)).result() is True


def test_a_wait_in_a_wait_does_not_take_its_change(condition: Condition) -> None:
    """A handler may wait too, and other threads go on meanwhile."""
    looks = []

    def look() -> bool:
        looks.append(len(looks))
        if len(looks) == 1:
            condition.notify_all()
            assert condition.wait_for(lambda: True)
        return len(looks) == 2

    assert Background(partial(condition.wait_for, look)).result() is True


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.05])
def test_a_wait_ends_after_its_seconds(condition: Condition, seconds: float) -> None:
    before = time.monotonic()
    assert condition.wait_for(lambda: None, seconds) is None
    assert time.monotonic() - before >= seconds


def test_no_lock_is_held_during_a_wait(condition: Condition) -> None:
    free: list[bool] = []

    def look() -> bool:
        if not free:
            Background(partial(_enter, condition)).result()
            free.append(True)
            condition.notify_all()
            return False
        return True

    assert condition.wait_for(look, LIMIT) is True


def test_the_lock_may_be_taken_twice_by_one_thread(condition: Condition) -> None:
    def is_free() -> bool:
        return condition.lock.acquire(blocking=False)

    with condition.lock:
        with condition.lock:
            pass
        assert Background(is_free).result() is False
    Background(partial(_enter, condition)).result()


def _enter(condition: Condition) -> None:
    with condition.lock:
        pass
