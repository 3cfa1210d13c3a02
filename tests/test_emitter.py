"""The emitter: Node's methods, from any thread, and no listener harms another."""

from __future__ import annotations

import logging
import threading
from asyncio import CancelledError
from typing import Any

import pytest

from taskrouter_sync.emitter import Emitter, Registration
from taskrouter_sync.errors import ArgumentError

from .support.collector import Background


class Heard:
    """Collects what listeners got."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def listener(self, name: str) -> Any:
        return lambda *args: self.calls.append((name, *args))


@pytest.fixture
def emitter() -> Emitter:
    return Emitter()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_a_listener_gets_what_the_event_carries(emitter: Emitter, heard: Heard) -> None:
    emitter.on("ready", heard.listener("a"))
    emitter.emit("ready", 1, 2)
    emitter.emit("ready")
    assert heard.calls == [("a", 1, 2), ("a",)]


def test_listeners_are_called_in_the_order_in_which_they_came(
    emitter: Emitter, heard: Heard
) -> None:
    for name in "abc":
        emitter.on("ready", heard.listener(name))
    emitter.emit("ready")
    assert heard.calls == [("a",), ("b",), ("c",)]


def test_a_listener_hears_of_its_own_event_only(emitter: Emitter, heard: Heard) -> None:
    emitter.on("ready", heard.listener("a"))
    emitter.emit("connected")
    assert heard.calls == []


def test_emit_tells_whether_anybody_listened(emitter: Emitter) -> None:
    assert emitter.emit("ready") is False
    emitter.on("ready", print)
    assert emitter.emit("ready") is True


def test_a_listener_may_take_less_than_the_event_carries(emitter: Emitter) -> None:
    calls = []
    emitter.on("disconnected", lambda: calls.append("called"))
    emitter.emit("disconnected", {"message": "lost"})
    assert calls == ["called"]


def test_a_listener_may_take_more_than_the_event_carries(emitter: Emitter) -> None:
    calls = []
    emitter.on("connected", lambda one, two: calls.append((one, two)))
    emitter.emit("connected")
    assert calls == [(None, None)]


def test_a_once_listener_is_called_once(emitter: Emitter, heard: Heard) -> None:
    emitter.once("ready", heard.listener("a"))
    emitter.emit("ready", 1)
    emitter.emit("ready", 2)
    assert heard.calls == [("a", 1)]
    assert emitter.listeners("ready") == []


def test_a_once_listener_that_emits_its_own_event_is_called_once(
    emitter: Emitter,
) -> None:
    calls = []

    def listener() -> None:
        calls.append("called")
        emitter.emit("ready")

    emitter.once("ready", listener)
    emitter.emit("ready")
    assert calls == ["called"]


def test_a_listener_that_is_added_twice_is_called_twice(
    emitter: Emitter, heard: Heard
) -> None:
    listener = heard.listener("a")
    emitter.on("ready", listener).on("ready", listener)
    emitter.emit("ready")
    assert heard.calls == [("a",), ("a",)]


@pytest.mark.parametrize("method", ["on", "once", "add_listener", "addListener"])
def test_every_way_to_listen(emitter: Emitter, heard: Heard, method: str) -> None:
    assert getattr(emitter, method)("ready", heard.listener("a")) is emitter
    emitter.emit("ready")
    assert heard.calls == [("a",)]


@pytest.mark.parametrize("method", ["off", "remove_listener", "removeListener"])
def test_every_way_to_stop_listening(
    emitter: Emitter, heard: Heard, method: str
) -> None:
    listener = heard.listener("a")
    emitter.on("ready", listener)
    assert getattr(emitter, method)("ready", listener) is emitter
    emitter.emit("ready")
    assert heard.calls == []


def test_a_once_listener_can_be_taken_off(emitter: Emitter, heard: Heard) -> None:
    listener = heard.listener("a")
    emitter.once("ready", listener).off("ready", listener)
    emitter.emit("ready")
    assert heard.calls == []


def test_a_bound_method_can_be_taken_off(emitter: Emitter) -> None:
    calls: list[Any] = []
    emitter.on("ready", calls.append).off("ready", calls.append)
    emitter.emit("ready", 1)
    assert calls == []


def test_of_two_registrations_the_later_is_taken_off(
    emitter: Emitter, heard: Heard
) -> None:
    first, second = heard.listener("a"), heard.listener("b")
    for listener in (first, second, first):
        emitter.on("ready", listener)
    emitter.off("ready", first)
    assert emitter.listeners("ready") == [first, second]


def test_to_take_off_what_is_not_there_is_no_mistake(
    emitter: Emitter, heard: Heard
) -> None:
    emitter.off("ready", print)
    emitter.on("ready", heard.listener("a")).off("ready", print)
    assert len(emitter.listeners("ready")) == 1


@pytest.mark.parametrize("method", ["remove_all_listeners", "removeAllListeners"])
def test_all_listeners_of_one_event_are_taken_off(
    emitter: Emitter, method: str
) -> None:
    emitter.on("ready", print).on("ready", print).on("error", print)
    assert getattr(emitter, method)("ready") is emitter
    assert emitter.listeners("ready") == []
    assert emitter.listeners("error") == [print]


def test_all_listeners_of_all_events_are_taken_off(emitter: Emitter) -> None:
    emitter.on("ready", print).on("error", print)
    emitter.remove_all_listeners()
    assert emitter.listeners("ready") == emitter.listeners("error") == []


def test_a_list_of_listeners_is_a_copy(emitter: Emitter) -> None:
    emitter.on("ready", print)
    emitter.listeners("ready").clear()
    assert emitter.listeners("ready") == [print]


def test_a_decorator_leaves_the_function_as_it_is(emitter: Emitter) -> None:
    calls = []

    @emitter.on("ready")
    def on_ready(worker: Any) -> str:
        calls.append(worker)
        return "still itself"

    emitter.emit("ready", "worker")
    assert calls == ["worker"]
    assert on_ready("again") == "still itself"


def test_a_decorated_once_listener_is_called_once(emitter: Emitter) -> None:
    calls = []

    @emitter.once("ready")
    def on_ready() -> None:
        calls.append("called")

    emitter.emit("ready")
    emitter.emit("ready")
    assert calls == ["called"]


@pytest.mark.parametrize("event", [None, 5, b"ready", ["ready"], print])
@pytest.mark.parametrize("method", ["on", "once", "add_listener", "off"])
def test_an_event_without_a_name_is_a_mistake(
    emitter: Emitter, method: str, event: Any
) -> None:
    with pytest.raises(ArgumentError, match="event must be the event's name, not"):
        getattr(emitter, method)(event, print)


@pytest.mark.parametrize("event", [None, 5, print])
def test_a_decorator_without_an_event_is_a_mistake(
    emitter: Emitter, event: Any
) -> None:
    with pytest.raises(ArgumentError, match="event must be the event's name, not"):
        emitter.on(event)


@pytest.mark.parametrize("callback", [None, 5, "print", {}])
@pytest.mark.parametrize("method", ["on", "once", "add_listener", "off"])
def test_a_callback_that_cannot_be_called_is_a_mistake(
    emitter: Emitter, method: str, callback: Any
) -> None:
    with pytest.raises(ArgumentError, match="callback must be callable, not"):
        getattr(emitter, method)("ready", callback)
    assert emitter.listeners("ready") == []


@pytest.mark.parametrize(
    "error", [ValueError("oops"), SystemExit(1), GeneratorExit(), CancelledError()]
)
def test_what_a_listener_raises_is_logged_and_the_others_are_called(
    emitter: Emitter,
    heard: Heard,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
) -> None:
    def broken() -> None:
        raise error

    emitter.on("ready", broken).on("ready", heard.listener("a"))
    with caplog.at_level(logging.ERROR, "taskrouter_sync"):
        assert emitter.emit("ready", 1) is True
    assert heard.calls == [("a", 1)]
    (record,) = caplog.records
    assert record.getMessage().startswith("The listener ")
    assert record.getMessage().endswith("broken of 'ready' raised")
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_an_interrupt_on_another_thread_is_a_listener_s_mistake(
    emitter: Emitter, heard: Heard
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    emitter.on("ready", interrupted).on("ready", heard.listener("a"))
    assert Background(lambda: emitter.emit("ready", 1)).result() is True
    assert heard.calls == [("a", 1)]


def test_ctrl_c_in_a_listener_comes_through(emitter: Emitter) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    emitter.on("ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        emitter.emit("ready")


def test_a_listener_that_is_added_meanwhile_waits_for_the_next_event(
    emitter: Emitter, heard: Heard
) -> None:
    emitter.on("ready", lambda: emitter.on("ready", heard.listener("late")))
    emitter.emit("ready")
    assert heard.calls == []
    emitter.emit("ready")
    assert heard.calls == [("late",)]


def test_a_listener_that_takes_off_another_does_not_disturb_the_round(
    emitter: Emitter, heard: Heard
) -> None:
    first, second, third = (heard.listener(name) for name in "abc")

    def taking_off() -> None:
        emitter.off("ready", first).off("ready", taking_off)

    for listener in (taking_off, first, second, third):
        emitter.on("ready", listener)
    emitter.emit("ready")
    assert heard.calls == [("a",), ("b",), ("c",)]
    assert emitter.listeners("ready") == [second, third]


def test_a_once_listener_is_called_once_when_two_threads_emit(emitter: Emitter) -> None:
    calls: list[str] = []
    for _ in range(200):
        emitter.once("ready", lambda: calls.append("called"))
    together = threading.Barrier(2)

    def emit() -> None:
        together.wait(5)
        emitter.emit("ready")

    threads = [threading.Thread(target=emit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(calls) == 200


class Remembering(Emitter):
    """Hears of its new listeners, as a client does."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[Registration] = []

    def _registered_late(self, registration: Registration) -> None:
        self.late.append(registration)


def test_a_client_hears_of_each_new_listener() -> None:
    emitter = Remembering()
    emitter.on("ready", print).once("error", repr)
    assert [(each.event, each.callback, each.once) for each in emitter.late] == [
        ("ready", print, False),
        ("error", repr, True),
    ]


def test_a_registration_stands_until_it_is_taken_off() -> None:
    emitter = Remembering()
    emitter.on("ready", print).on("ready", print)
    first, second = emitter.late
    emitter.off("ready", print)
    assert emitter._is_registered(first)
    assert not emitter._is_registered(second)


def test_one_registration_alone_can_be_told() -> None:
    calls: list[Any] = []
    emitter = Remembering()
    emitter.on("ready", lambda: calls.append("early"))
    emitter.once("ready", lambda: calls.append("late"))
    emitter._emit_to([emitter.late[1]])
    assert calls == ["late"]
    assert emitter.late[1].told
    assert not emitter.late[0].told
    assert not emitter._is_registered(emitter.late[1])
