"""on / once / off / emit: Node's event emitter, safe to use from any thread.

Knows nothing of TaskRouter; may import the pure modules only.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .callbacks import Listener, arity, call_fitted, name_of
from .errors import ArgumentError
from .naming import BothSpellings


log = logging.getLogger("taskrouter_sync")

_NOT_GIVEN: Any = object()

if TYPE_CHECKING:
    Self = TypeVar("Self", bound="Emitter")
    Decorated = TypeVar("Decorated", bound=Listener)


class Registration:
    """One listener of one event.

    Attributes:
        told: whether an event has reached it; only the thread that emits touches it.
    """

    __slots__ = ("callback", "event", "once", "takes", "told")

    def __init__(self, event: str, callback: Listener, *, once: bool) -> None:
        self.event: str = event
        self.callback: Listener = callback
        self.once: bool = once
        # Found once: it takes longer than all else that a call needs.
        self.takes: tuple[int, int | None] = arity(callback)
        self.told: bool = False


class Emitter(BothSpellings):
    """Listeners by event name, with the methods of Node's ``EventEmitter``."""

    def __init__(self) -> None:
        # Guards _listeners; never held while a listener runs.
        self._listeners_lock = threading.Lock()
        self._listeners: dict[str, list[Registration]] = {}
        # What runs now, for the one who wonders why events wait.
        self._calling: Listener | None = None

    @overload
    def on(self, event: str) -> Callable[[Decorated], Decorated]: ...
    @overload
    def on(self: Self, event: str, callback: Listener) -> Self: ...
    def on(self, event: str, callback: Listener = _NOT_GIVEN) -> Any:
        """Call `callback` at every `event`; without a callback, decorate one.

        Args:
            event: the event's name, such as ``"reservation.created"``.
            callback: gets what the event carries, as many of it as it takes. It runs on
                the client's event thread, one at a time; what it raises is logged.

        Returns:
            The emitter, so that calls can be chained (or the decorator).

        Raises:
            ArgumentError: `event` is no text, or `callback` can't be called.

        Source: https://nodejs.org/api/events.html#emitteroneventname-listener
        """
        return self._register(event, callback, once=False)

    @overload
    def once(self, event: str) -> Callable[[Decorated], Decorated]: ...
    @overload
    def once(self: Self, event: str, callback: Listener) -> Self: ...
    def once(self, event: str, callback: Listener = _NOT_GIVEN) -> Any:
        """Call `callback` at the next `event` only; otherwise as `on`."""
        return self._register(event, callback, once=True)

    def add_listener(self: Self, event: str, callback: Listener) -> Self:
        """Do what `on` does: Node's other name for it."""
        self._register(event, callback, once=False)
        return self

    def remove_listener(self: Self, event: str, callback: Listener) -> Self:
        """Take `callback` off `event`: the latest registration, if it has several."""
        _check(event, callback)
        with self._listeners_lock:
            registered = self._listeners.get(event, [])
            for position in reversed(range(len(registered))):
                if registered[position].callback == callback:
                    # A new list: whoever walks the old one is not disturbed.
                    self._listeners[event] = (
                        registered[:position] + registered[position + 1 :]
                    )
                    break
        return self

    def off(self: Self, event: str, callback: Listener) -> Self:
        """Do what `remove_listener` does: Node's other name for it."""
        return self.remove_listener(event, callback)

    def remove_all_listeners(self: Self, event: str | None = None) -> Self:
        """Take all listeners off `event`, or off every event."""
        with self._listeners_lock:
            if event is None:
                self._listeners.clear()
            else:
                self._listeners.pop(event, None)
        return self

    def listeners(self, event: str) -> list[Listener]:
        """List the callbacks of `event`, in the order in which they are called."""
        return [registration.callback for registration in self._registered(event)]

    def emit(self, event: str, *args: Any) -> bool:
        """Call the listeners of `event` with `args`, on this thread, one by one.

        What a listener raises is logged with its traceback; the others are called all
        the same.

        Returns:
            Whether there was a listener.
        """
        return self._emit_to(self._registered(event), *args)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        addListener = add_listener
        removeListener = remove_listener
        removeAllListeners = remove_all_listeners

    def _register(self, event: str, callback: Listener, *, once: bool) -> Any:
        if callback is _NOT_GIVEN:
            _check_event(event)

            def decorate(decorated: Decorated) -> Decorated:
                self._register(event, decorated, once=once)
                return decorated

            return decorate
        _check(event, callback)
        registration = Registration(event, callback, once=once)
        with self._listeners_lock:
            self._listeners[event] = [*self._listeners.get(event, ()), registration]
        self._registered_late(registration)
        return self

    def _registered_late(self, registration: Registration) -> None:
        """Hear of a new listener; a client tells it the state that still holds."""

    def _may_call(self, registration: Registration) -> bool:
        """Whether a listener may still be called; a client that was closed says no."""
        return True

    def _registered(self, event: str) -> Sequence[Registration]:
        with self._listeners_lock:
            return self._listeners.get(event, ())

    def _is_registered(self, registration: Registration) -> bool:
        """Whether a registration still stands; for those who tell late listeners."""
        return registration in self._registered(registration.event)

    def _emit_to(self, registrations: Sequence[Registration], *args: Any) -> bool:
        """Call these listeners as `emit` does."""
        for registration in registrations:
            if not self._may_call(registration):
                continue
            if registration.once and not self._use_up(registration):
                continue
            registration.told = True
            self._calling = registration.callback
            try:
                call_fitted(registration.callback, registration.takes, args)
            except BaseException as error:  # the user's own: the others are called yet
                if _is_ctrl_c(error):
                    raise
                log.exception(
                    "The listener %s of %r raised",
                    name_of(registration.callback),
                    registration.event,
                )
            finally:
                self._calling = None
        return bool(registrations)

    def _calling_name(self) -> str | None:
        """Name the listener that runs now, for whoever wonders why events wait."""
        calling = self._calling
        return None if calling is None else name_of(calling)

    def _use_up(self, registration: Registration) -> bool:
        """Remove a once-listener; False if somebody else has just called it."""
        with self._listeners_lock:
            registered = self._listeners.get(registration.event, [])
            if registration not in registered:
                return False
            self._listeners[registration.event] = [
                other for other in registered if other is not registration
            ]
            return True


def _is_ctrl_c(error: BaseException) -> bool:
    # Python hands it to the main thread alone; on another it is a listener's mistake.
    main = threading.current_thread() is threading.main_thread()
    return main and isinstance(error, KeyboardInterrupt)


def _check(event: Any, callback: Any) -> None:
    _check_event(event)
    if not callable(callback):
        raise ArgumentError(
            f"callback must be callable, not {type(callback).__name__} {callback!r:.80}"
        )


def _check_event(event: Any) -> None:
    if not isinstance(event, str):
        raise ArgumentError(
            f"event must be the event's name, not {type(event).__name__} {event!r:.80}"
        )
