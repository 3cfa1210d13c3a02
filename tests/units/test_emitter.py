"""Callbacks as JavaScript calls them; Node's emitter, from any thread, lock-free."""

from __future__ import annotations

import functools
import signal
import threading
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Iterator
from enum import Enum
from functools import partial
from typing import Any
from unittest import mock

import pytest

from taskrouter_sync.emitter import (
    Emitter,
    call,
    check_callback,
    name_of,
)
from taskrouter_sync.errors import ArgumentError

from ..support.collector import Background


class Counter:
    """Has a method, and can be called itself."""

    def count(self, error: Any, result: Any) -> tuple[Any, Any]:
        return error, result

    def __call__(self, error: Any) -> Any:
        return error


def nothing() -> str:
    return "called"


def optional(error: Any, result: Any = "default", third: Any = "default") -> Any:
    return error, result, third


def keyword_only(error: Any, *, result: Any = "default") -> Any:
    return error, result


def anything(*args: Any) -> tuple[Any, ...]:
    return args


def at_least_one(error: Any, *rest: Any) -> tuple[Any, ...]:
    return error, *rest


@functools.wraps(optional)
def injecting(error: Any) -> Any:
    return optional("given", error)


@functools.wraps(nothing)
def logging_both(error: Any, result: Any) -> tuple[Any, Any]:
    return error, result


@functools.wraps(optional)
def passing_on(*args: Any, **keywords: Any) -> Any:
    return optional(*args, **keywords)


CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    # callback, what it is called with, what it makes of that
    (nothing, ("error", "result"), "called"),
    (lambda error: error, ("error", "result"), "error"),
    (lambda error, result: (error, result), ("error", "result"), ("error", "result")),
    (lambda error, result: (error, result), ("error",), ("error", None)),
    (lambda a, b, c: (a, b, c), (), (None, None, None)),
    (optional, ("error",), ("error", "default", "default")),
    (optional, ("error", "result"), ("error", "result", "default")),
    (optional, (), (None, "default", "default")),
    (keyword_only, ("error", "result"), ("error", "default")),
    (anything, ("error", "result"), ("error", "result")),
    (anything, (), ()),
    (at_least_one, (), (None,)),
    (partial(optional, "given"), ("error",), ("given", "error", "default")),
    (partial(optional, third="given"), (1, 2, 3), (1, 2, "given")),
    (Counter().count, (1, 2, 3), (1, 2)),
    (Counter(), (1, 2), 1),
    (namedtuple("Pair", "error result"), (1, 2, 3), (1, 2)),
    ([].append, (1, 2), None),
    (injecting, ("error", "result"), ("given", "error", "default")),
    (logging_both, ("error",), ("error", None)),
    (passing_on, (1, 2, 3, 4), (1, 2, 3)),
    (functools.lru_cache(optional), (1, 2, 3, 4), (1, 2, 3)),
    # Built-ins may not tell what they take.
    (max, (1, 2), 2),
]


@pytest.mark.parametrize(("callback", "args", "expected"), CALLS)
def test_extra_arguments_are_dropped_and_missing_ones_are_none(
    callback: Callable[..., Any], args: tuple[Any, ...], expected: Any
) -> None:
    assert call(callback, *args) == expected


def test_a_type_error_of_the_callback_itself_comes_through() -> None:
    calls = []

    def broken(error: Any) -> None:
        calls.append(error)
        raise TypeError("broken() takes 1 positional argument but 2 were given")

    with pytest.raises(TypeError, match="broken"):
        call(broken, "error", "result")
    assert calls == ["error"]


@pytest.mark.parametrize(
    ("callback", "name"),
    [
        (nothing, "nothing"),
        (Counter().count, "Counter.count"),
        (Counter(), "Counter"),
        (Counter, "Counter"),
        (partial(nothing), "partial"),
    ],
)
def test_a_callback_has_a_name_for_the_log(
    callback: Callable[..., Any], name: str
) -> None:
    assert name_of(callback) == name


async def coroutine(*args: Any) -> None:
    """A mistake: nothing here would await it."""


async def generator(*args: Any) -> AsyncIterator[int]:
    """The same mistake."""
    yield 1


class Asynchronous:
    """Has them as a method, and as what calling it does."""

    async def method(self) -> None: ...

    async def __call__(self) -> None: ...


@functools.wraps(nothing)
async def decorated() -> None: ...


COROUTINES: list[Any] = [
    coroutine,
    generator,
    partial(coroutine, 1),
    partial(partial(coroutine, 1), 2),
    Asynchronous().method,
    partial(Asynchronous().method),
    Asynchronous(),
    partial(Asynchronous()),
    decorated,
]


def pages(*args: Any) -> Iterator[int]:
    """Another mistake: nothing here would iterate over it."""
    yield 1


GENERATORS: list[Any] = [pages, partial(pages, 1), type("", (), {"__call__": pages})()]


@pytest.mark.parametrize(
    ("callback", "kind"),
    [
        *((each, "coroutine") for each in COROUTINES),
        *((each, "generator") for each in GENERATORS),
    ],
)
def test_a_function_whose_call_runs_nothing_is_refused_at_once(
    callback: Any, kind: str
) -> None:
    words = f"callback must be an ordinary function, not the {kind} function"
    with pytest.raises(ArgumentError, match=words):
        check_callback(callback)
    emitter = Emitter()
    for register in (emitter.on, emitter.once, emitter.add_listener):
        with pytest.raises(ArgumentError, match=words):
            register("ready", callback)
    with pytest.raises(ArgumentError, match=words):
        emitter.on("ready")(callback)
    assert emitter.listeners("ready") == []


@pytest.mark.parametrize("kind", [mock.Mock, mock.MagicMock])
def test_a_mock_of_a_function_is_no_coroutine_function(kind: Any) -> None:
    imitation = kind(spec=anything)
    Emitter().on("ready", imitation).emit("ready", 1)
    imitation.assert_called_once_with(1)


def test_a_wrapper_around_a_coroutine_function_is_found_out_when_called(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def wrapper() -> Any:
        return coroutine()

    with pytest.raises(ArgumentError, match="wrapper returned a coroutine"):
        call(wrapper)
    Emitter().on("ready", wrapper).emit("ready")
    assert "wrapper for 'ready' raised" in caplog.text


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


def test_a_listener_gets_what_its_event_carries_or_as_much_as_it_takes(
    emitter: Emitter, heard: Heard
) -> None:
    emitter.on("ready", heard.listener("any"))
    emitter.on("ready", lambda: heard.calls.append("none"))
    emitter.on("ready", lambda a, b, c: heard.calls.append((a, b, c)))
    assert emitter.emit("connected") is False
    assert emitter.emit("ready", 1, 2) is True
    # In the order in which they came.
    assert heard.calls == [("any", 1, 2), "none", (1, 2, None)]


def test_a_once_listener_is_called_once_even_if_it_emits_its_own_event(
    emitter: Emitter, heard: Heard
) -> None:
    emitter.once("ready", lambda: emitter.emit("ready"))
    emitter.once("ready", heard.listener("a"))
    emitter.emit("ready", 1)
    emitter.emit("ready", 2)
    assert heard.calls == [("a",)]
    assert emitter.listeners("ready") == []


@pytest.mark.parametrize("method", ["on", "once", "add_listener", "addListener"])
def test_every_way_to_listen(emitter: Emitter, heard: Heard, method: str) -> None:
    listener = heard.listener("a")
    assert getattr(emitter, method)("ready", listener) is emitter
    getattr(emitter, method)("ready", listener)
    emitter.emit("ready")
    assert heard.calls == [("a",), ("a",)]


@pytest.mark.parametrize("method", ["off", "remove_listener", "removeListener"])
def test_every_way_to_stop_listening(
    emitter: Emitter, heard: Heard, method: str
) -> None:
    first, second = heard.listener("a"), heard.listener("b")
    for listener in (first, second, first, heard.calls.append):
        emitter.on("ready", listener)
    emitter.once("ready", print)
    stop = getattr(emitter, method)
    # Of several registrations the latest; what is not there is no mistake.
    for listener in (first, heard.calls.append, print, repr):
        assert stop("ready", listener) is emitter
    stop("error", print)
    assert emitter.listeners("ready") == [first, second]


@pytest.mark.parametrize("method", ["remove_all_listeners", "removeAllListeners"])
def test_all_listeners_are_taken_off(emitter: Emitter, method: str) -> None:
    emitter.on("ready", print).on("ready", print).on("error", print)
    emitter.listeners("ready").clear()
    assert emitter.listeners("ready") == [print, print]
    assert getattr(emitter, method)("ready") is emitter
    assert (emitter.listeners("ready"), emitter.listeners("error")) == ([], [print])
    emitter.on("ready", print)
    getattr(emitter, method)()
    assert emitter.listeners("ready") == emitter.listeners("error") == []


@pytest.mark.parametrize("method", ["on", "once"])
def test_a_decorator_leaves_the_function_as_it_is(
    emitter: Emitter, method: str
) -> None:
    calls = []

    @getattr(emitter, method)("ready")
    def on_ready(worker: Any) -> str:
        calls.append(worker)
        return "still itself"

    emitter.emit("ready", "worker")
    emitter.emit("ready", "worker")
    assert len(calls) == (2 if method == "on" else 1)
    assert on_ready("again") == "still itself"


def test_an_event_may_be_a_member_of_an_enum(
    emitter: Emitter, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    class Event(str, Enum):
        READY = "ready"

    emitter.on(Event.READY, lambda: 1 / 0).once(Event.READY, heard.listener("a"))
    emitter.emit("ready", 1)
    assert heard.calls == [("a", 1)]
    assert "for 'ready' raised" in caplog.text


class Unprintable:
    """A class of the program's own, with a mistake in it."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


@pytest.mark.parametrize("event", [None, 5, b"ready", ["ready"], print, Unprintable()])
@pytest.mark.parametrize("method", ["on", "once", "add_listener", "off"])
def test_an_event_without_a_name_is_a_mistake(
    emitter: Emitter, method: str, event: Any
) -> None:
    with pytest.raises(ArgumentError, match="event must be the name of an event, not"):
        getattr(emitter, method)(event, print)
    with pytest.raises(ArgumentError, match="event must be the name of an event, not"):
        emitter.on(event)


@pytest.mark.parametrize("callback", [None, 5, "print", {}, Unprintable()])
@pytest.mark.parametrize("method", ["on", "once", "add_listener", "off"])
def test_a_callback_that_cannot_be_called_is_a_mistake(
    emitter: Emitter, method: str, callback: Any
) -> None:
    with pytest.raises(ArgumentError, match="callback must be callable, not"):
        getattr(emitter, method)("ready", callback)
    assert emitter.listeners("ready") == []


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


class Knowing(Emitter):
    """Knows its events."""

    _EVENTS = frozenset({"ready", "reservation.created"})


@pytest.mark.parametrize("name", ["reservation.acreated", "Ready", "redy"])
def test_a_name_that_looks_mistyped_is_a_warning_once(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    emitter = Knowing()
    for _ in range(3):
        emitter.on(name, print).once(name, print)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"There is no event {name!r}; did you mean")


@pytest.mark.parametrize("name", ["ready", "my.own.event", "x", ""])
def test_any_other_name_is_taken_as_it_is(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert Knowing().on(name, print).listeners(name) == [print]
    assert caplog.records == []


def test_the_listener_that_runs_has_a_name(emitter: Emitter) -> None:
    names: list[Any] = []

    def inner() -> None:
        names.append(emitter._running_name())

    def outer() -> None:
        emitter.emit("inner")
        names.append(emitter._running_name())

    emitter.on("outer", outer).on("inner", inner).emit("outer")
    assert [name.rpartition(".")[2] for name in names] == ["inner", "outer"]
    assert emitter._running_name() is None


def test_no_listener_seems_to_run_after_two_threads_have_emitted(
    emitter: Emitter,
) -> None:
    started, may_end = threading.Event(), threading.Event()

    def first() -> None:
        started.set()
        assert may_end.wait(5)

    def second() -> None:
        may_end.set()
        background.result()

    emitter.on("first", first).on("second", second)
    background = Background(partial(emitter.emit, "first"))
    assert started.wait(5)
    emitter.emit("second")  # ends after the one that had begun before it
    assert emitter._running_name() is None


@pytest.fixture
def interrupts() -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Run something in a signal handler, again and again, in the middle of the test."""
    usual = signal.getsignal(signal.SIGALRM)

    def start(action: Callable[[], Any]) -> None:
        def handle(*_: Any) -> None:
            if action():
                signal.setitimer(signal.ITIMER_REAL, 0.0002)

        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0002)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, usual)


def test_a_signal_handler_may_do_anything_in_the_middle_of_anything(
    emitter: Emitter, interrupts: Callable[[Callable[[], Any]], None]
) -> None:
    calls: list[str] = []

    def listener() -> None:
        calls.append("called")

    def handler() -> bool:
        emitter.on("ready", listener).off("ready", listener)
        emitter.once("handled", listener).emit("handled")
        return len(calls) < 1000

    interrupts(handler)
    while len(calls) < 1000:
        emitter.on("ready", handler).off("ready", handler)
        emitter.once("once", lambda: None).emit("once")
    assert len(calls) == 1000
    for event in ("ready", "once", "handled"):
        assert emitter.listeners(event) == []


def test_threads_that_register_at_once_lose_nothing(emitter: Emitter) -> None:
    def work() -> None:
        for _ in range(500):
            emitter.on("kept", print).on("gone", print).off("gone", print)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emitter.listeners("kept")) == 2000
    assert emitter.listeners("gone") == []
