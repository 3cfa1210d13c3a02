"""Callbacks: what may be one, how it is called; and Node's event emitter for them.

A callback is called as JavaScript calls it: extra arguments are dropped, missing ones
are None. Knows nothing of TaskRouter; may import the pure modules only.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, overload

from .errors import ArgumentError, TaskRouterError, shown
from .logs import package_log
from .naming import BothSpellings, nearest_name, plain_text


Result = TypeVar("Result")

# Gets (error, result): one of them is None.
Callback: TypeAlias = Callable[..., Any]
# The same for type checkers: it may take fewer. The result is declared as if it always
# came, so that whoever has asked `error` first may use it as it is.
ResultCallback: TypeAlias = (
    Callable[[TaskRouterError | None, Result], Any]
    | Callable[[TaskRouterError | None], Any]
    | Callable[[], Any]
)
# Gets what the event carries: see the table of events in the README.
Listener: TypeAlias = Callable[..., Any]

# Shows itself in `help` as what it is in a signature.
_NOT_GIVEN: Any = ...

# Functions whose body a call does not run.
_NOT_ORDINARY = (
    (
        inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR,
        "coroutine",
        "nothing here would await it",
    ),
    (inspect.CO_GENERATOR, "generator", "nothing here would iterate over it"),
)

_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)

if TYPE_CHECKING:
    Self = TypeVar("Self", bound="Emitter")
    Decorated = TypeVar("Decorated", bound=Listener)


def check_callback(callback: Any, name: str = "callback") -> None:
    """Refuse what can't be a callback.

    Raises:
        ArgumentError: it can't be called, or it is a coroutine function or a generator
            function: calling one only makes an object that nothing here would run.
    """
    if not callable(callback):
        raise ArgumentError(f"{name} must be callable, not {shown(callback)}")
    flags = _flags(callback)
    for flag, kind, trouble in _NOT_ORDINARY:
        if flags & flag:
            raise ArgumentError(
                f"{name} must be an ordinary function, not the {kind} function "
                f"{name_of(callback)}: {trouble}"
            )


def _flags(callback: Any) -> int:
    """Give the flags of a callable's code.

    Not by `inspect`, which takes a mock for the function that it imitates.
    """
    while isinstance(callback, functools.partial):
        callback = callback.func
    flags = 0
    for each in (callback, type(callback).__call__):
        found = getattr(getattr(each, "__code__", None), "co_flags", 0)
        flags |= found if isinstance(found, int) else 0
    return flags


def call(callback: Callable[..., Any], *args: Any) -> Any:
    """Call with as many of the arguments as the callback takes."""
    return _call_fitted(callback, arity(callback), args)


def _call_fitted(
    callback: Callable[..., Any], takes: tuple[int, int | None], args: tuple[Any, ...]
) -> Any:
    fewest, most = takes
    if most is not None:
        args = args[:most]
    if len(args) < fewest:
        args += (None,) * (fewest - len(args))
    result = callback(*args)
    if type(result) is CoroutineType:
        # A wrapper around a coroutine function is found out only when it is called.
        result.close()
        raise ArgumentError(
            f"{name_of(callback)} returned a coroutine: nothing here would await it"
        )
    return result


def arity(callback: Callable[..., Any]) -> tuple[int, int | None]:
    """Count the positional arguments that a callable must and can take.

    ``(0, None)``, anything goes, for a built-in without a signature.
    """
    # What a decorator wraps may take more or fewer arguments than the decorator's own
    # function: it counts only if that function takes any number.
    own = _count(callback, follow_wrapped=False)
    return _count(callback) if own[1] is None else own


def _count(
    callback: Callable[..., Any], *, follow_wrapped: bool = True
) -> tuple[int, int | None]:
    try:
        found = inspect.signature(callback, follow_wrapped=follow_wrapped)
    except (ValueError, TypeError):
        return 0, None
    parameters = found.parameters.values()
    positional = [each for each in parameters if each.kind in _POSITIONAL]
    fewest = sum(each.default is each.empty for each in positional)
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return fewest, None
    return fewest, len(positional)


def name_of(callback: Callable[..., Any]) -> str:
    """Name a callable for a log line."""
    return str(getattr(callback, "__qualname__", type(callback).__qualname__))


class Registration:
    """One listener of one event; no two are equal.

    Attributes:
        delivered: whether an event has reached it; written by the emitting thread only.
    """

    __slots__ = ("callback", "delivered", "event", "once", "takes")

    def __init__(self, event: str, callback: Listener, *, once: bool) -> None:
        self.event: str = event
        self.callback: Listener = callback
        self.once: bool = once
        # Found once: it takes longer than all else that a call needs.
        self.takes: tuple[int, int | None] = arity(callback)
        self.delivered: bool = False


class Emitter(BothSpellings):
    """Listeners by event name, with the methods of Node's ``EventEmitter``.

    Any method may be called from any thread and in a signal handler. There is no lock
    that such a handler could wait for: the lists of registrations are changed only by
    operations that are atomic in CPython.
    """

    # The names of the events that there are, for those who mistype one.
    _EVENTS: ClassVar[frozenset[str]] = frozenset()

    _log = package_log

    def __init__(self) -> None:
        # A list stays once it is here, so that nobody appends to one that is gone.
        self._listeners: dict[str, list[Registration]] = {}
        # What runs now, the innermost last, for the one who wonders why events wait.
        self._running: list[Listener] = []
        # Unknown names that were looked at: looking takes long.
        self._unknown: set[str] = set()

    @overload
    def on(self, event: str) -> Callable[[Decorated], Decorated]: ...
    @overload
    def on(self: Self, event: str, callback: Listener) -> Self: ...
    def on(self, event: str, callback: Listener = _NOT_GIVEN) -> Any:
        """Add a listener: call `callback` for every `event`.

        Without a callback this is a decorator: ``@worker.on("ready")``.

        Args:
            event: the name of the event, such as ``"reservation.created"``.
            callback: gets what the event carries, or as many of the arguments as it
                takes. Callbacks run on the client's event thread, one at a time. An
                exception in one is logged.

        Returns:
            The client, so that calls can be chained (or the decorator).

        Raises:
            ArgumentError: `event` is not a string, or `callback` can't be called or
                is a coroutine function or a generator function.

        Source: https://nodejs.org/api/events.html#emitteroneventname-listener
        """
        return self._register(event, callback, once=False)

    @overload
    def once(self, event: str) -> Callable[[Decorated], Decorated]: ...
    @overload
    def once(self: Self, event: str, callback: Listener) -> Self: ...
    def once(self, event: str, callback: Listener = _NOT_GIVEN) -> Any:
        """Call `callback` for the next `event` only; otherwise like `on`."""
        return self._register(event, callback, once=True)

    def add_listener(self: Self, event: str, callback: Listener) -> Self:
        """Add a listener, like `on`, for any event.

        For `on` and `once`, type checkers know the names of the events and what each
        carries. Use this method for events of your own.
        """
        self._register(event, callback, once=False)
        return self

    def remove_listener(self: Self, event: str, callback: Listener) -> Self:
        """Remove a listener; if it was added several times, the latest addition."""
        event = _event_name(event)
        check_callback(callback)
        for registration in reversed(self._registered(event)):
            if registration.callback == callback and self._remove(registration):
                break
        return self

    def off(self: Self, event: str, callback: Listener) -> Self:
        """Do the same as `remove_listener`."""
        return self.remove_listener(event, callback)

    def remove_all_listeners(self: Self, event: str | None = None) -> Self:
        """Remove all listeners of `event`, or of every event."""
        for name in tuple(self._listeners) if event is None else (event,):
            self._listeners.get(name, []).clear()
        return self

    def listeners(self, event: str) -> list[Listener]:
        """Return a list of the listeners of `event`, in the order of their calls."""
        return [registration.callback for registration in self._registered(event)]

    def emit(self, event: str, *args: Any) -> bool:
        """Call the listeners of `event` with `args`, on this thread, one by one.

        An exception in a listener is logged with its traceback; the other listeners are
        still called.

        Returns:
            True if there was a listener.
        """
        return self._emit_to(self._registered(event), *args)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        addListener = add_listener
        removeListener = remove_listener
        removeAllListeners = remove_all_listeners

    def _register(self, event: str, callback: Listener, *, once: bool) -> Any:
        event = _event_name(event)
        if callback is _NOT_GIVEN:

            def decorate(decorated: Decorated) -> Decorated:
                self._register(event, decorated, once=once)
                return decorated

            return decorate
        check_callback(callback)
        if self._EVENTS and event not in self._EVENTS and event not in self._unknown:
            self._unknown.add(event)
            if meant := nearest_name(event, self._EVENTS):
                self._log.warning(
                    "There is no event %r; did you mean %r?", event, meant
                )
        registration = Registration(event, callback, once=once)
        self._listeners.setdefault(event, []).append(registration)
        self._on_registered(registration)
        return self

    def _on_registered(self, registration: Registration) -> None:
        """Follow a new listener up; a client calls it with the current state."""

    def _may_call(self, registration: Registration) -> bool:
        """Whether a listener may still be called; a client that was closed says no."""
        return True

    def _on_listener_error(
        self, registration: Registration, error: BaseException
    ) -> None:
        """Handle what a listener raised: log it with its traceback."""
        self._log.error(
            "Listener %s for %r raised an exception",
            name_of(registration.callback),
            registration.event,
            exc_info=error,
        )

    def _registered(self, event: str) -> tuple[Registration, ...]:
        return tuple(self._listeners.get(event, ()))

    def _is_registered(self, registration: Registration) -> bool:
        """Whether a registration still stands; for those who call late listeners."""
        return registration in self._listeners.get(registration.event, ())

    def _emit_to(self, registrations: Sequence[Registration], *args: Any) -> bool:
        """Call these listeners as `emit` does."""
        for registration in registrations:
            if not self._may_call(registration):
                continue
            # Of several that emit a once-listener's event, one can remove it.
            if registration.once and not self._remove(registration):
                continue
            registration.delivered = True
            self._running.append(registration.callback)
            try:
                _call_fitted(registration.callback, registration.takes, args)
            except BaseException as error:  # the user's own: the others are called yet
                if is_ctrl_c(error):
                    raise
                self._on_listener_error(registration, error)
            finally:
                self._running.pop()
        return bool(registrations)

    def _running_name(self) -> str | None:
        """Name the listener that runs now, for whoever wonders why events wait."""
        running = self._running[-1:]  # at once: it may end meanwhile
        return name_of(running[0]) if running else None

    def _remove(self, registration: Registration) -> bool:
        """Remove a registration; False if somebody else has just done it."""
        try:
            self._listeners.get(registration.event, []).remove(registration)
        except ValueError:
            return False
        return True


def is_ctrl_c(error: BaseException) -> bool:
    """Whether what user code raised is a Ctrl-C, and no mistake of its own."""
    # Python hands it to the main thread alone.
    main = threading.current_thread() is threading.main_thread()
    return main and isinstance(error, KeyboardInterrupt)


def _event_name(event: Any) -> str:
    if not isinstance(event, str):
        raise ArgumentError(f"event must be the name of an event, not {shown(event)}")
    return plain_text(event)
