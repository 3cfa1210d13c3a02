"""Scripted faults.

Owns: the faults of the next requests and sockets; actions on open sockets. Does no
network I/O itself: the server applies the faults. Any thread may add faults, the
emulator's thread takes them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Protocol

from .api import requests as errors
from .api.dispatch import METHODS
from .channels import Close, Connection
from .fields import DOCUMENT, FLAG, NULL, Kind, either, integer, number, text


# The kinds of what is scripted, in Python and over HTTP.
STATUS = integer(200, 599)
REFUSAL_STATUS = integer(300, 599)
CODE = integer(0, 99_999)
CLOSE_CODE = integer(1000, 4999)
CLOSE_REASON = text(123)
# Programs in Python may try how a client takes what is too long.
_ANY_TEXT = text(1 << 30)
# Seconds: a year.
_MAX_DELAY = 31_536_000.0
_CHANNELS = ("WK", "WQ", "WS")
_WAY = "WK…, WQ… or WS… (of a worker: workspace.workers[name])"


class Runner(Protocol):
    """The owner of the open sockets and of their thread."""

    def each_socket(self, channel: str, act: Callable[[Connection], object]) -> int:
        """Apply `act` to the sockets of a channel (empty: all); return their number.

        Raises:
            RuntimeError: the emulator is not running.
        """


@dataclass(frozen=True)
class Fault:
    """What happens to a request.

    ``body`` None means the service's own response; ``carried_out`` is whether the
    service carries out the request nevertheless.
    """

    delay: float = 0.0
    status: int | None = None
    reason: str | None = None
    body: str | None = None
    drop: bool = False
    carried_out: bool = False


@dataclass
class _Scripted:
    fault: Fault
    method: str | None
    url: str
    times: int


class Faults:
    """The scripted faults of one emulator.

    Requests are matched by method (None: any) and by a part of the URL (empty: any):
    for REST the path with query, for the event bridge the method and URL inside the
    envelope. Each fault applies to ``times`` requests; the oldest fault is used first.

    Don't confuse ``drop`` with ``cut_sockets``: ``drop`` is for future requests,
    ``cut_sockets`` for open WebSockets.

    Args:
        runner: the owner of the open sockets.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        # Guards both lists; reentrant, as a signal handler may add a fault.
        self._lock = threading.RLock()
        self._requests: list[_Scripted] = []
        self._upgrades: list[_Scripted] = []

    def answer(
        self,
        status: int,
        body: Mapping[str, object] | str | None = None,
        *,
        message: str | None = None,
        code: int | None = None,
        method: str | None = None,
        url: str = "",
        times: int = 1,
        delay: float = 0.0,
        carried_out: bool = False,
    ) -> None:
        """Respond to the next matching requests with this status.

        Args:
            status: the HTTP status.
            body: the body; by default an error body like the service's.
            message: the reason phrase, and the message of the default body.
            code: Twilio's error code in the default body.
            method: GET, POST or DELETE.
            url: a part of the URL.
            times: the number of requests.
            delay: seconds until the response.
            carried_out: whether the service carries out the requests nevertheless.
        """
        _check("status", status, STATUS)
        _check("body", body, either(DOCUMENT, _ANY_TEXT, NULL))
        _check("message", message, either(_ANY_TEXT, NULL))
        _check("code", code, either(CODE, NULL))
        reason = message or responses.get(status, f"Status {status}")
        if body is None:
            body = errors.body(status, status if code is None else code, reason)
        fault = Fault(delay, status, reason, _json_of(body), carried_out=carried_out)
        self._script(self._requests, fault, method, url, times)

    def malformed(
        self,
        body: str = '{"payload": {',
        *,
        method: str | None = None,
        url: str = "",
        times: int = 1,
        carried_out: bool = False,
    ) -> None:
        """Respond to the next matching requests with 200 and invalid JSON."""
        _check("body", body, _ANY_TEXT)
        fault = Fault(0.0, 200, "OK", body, carried_out=carried_out)
        self._script(self._requests, fault, method, url, times)

    def delay(
        self,
        seconds: float,
        *,
        method: str | None = None,
        url: str = "",
        times: int = 1,
    ) -> None:
        """Delay the next matching requests before they are carried out."""
        fault = Fault(seconds, carried_out=True)
        self._script(self._requests, fault, method, url, times)

    def drop_requests(
        self,
        *,
        method: str | None = None,
        url: str = "",
        times: int = 1,
        carried_out: bool = False,
    ) -> None:
        """Drop the connections of the next matching requests without a response.

        Applies to future requests to the REST API and the event bridge; ``drop`` is
        another name for it. Open WebSockets are not affected: use ``cut_sockets``
        for these.
        """
        fault = Fault(drop=True, carried_out=carried_out)
        self._script(self._requests, fault, method, url, times)

    drop = drop_requests

    def refuse_upgrades(
        self, status: int, *, channel: str = "", times: int = 1, delay: float = 0.0
    ) -> None:
        """Refuse the next sockets of the channel (empty: any) with this status."""
        _check("status", status, REFUSAL_STATUS)
        _check("channel", channel, text())
        reason = responses.get(status, f"Status {status}")
        body = json.dumps(errors.body(status, status, reason))
        fault = Fault(delay, status, reason, body)
        self._script(self._upgrades, fault, None, channel, times)

    # Immediate actions on the open WebSockets of a channel (WK…, WQ…, WS…; empty:
    # all). Each returns the number of sockets.

    def close_sockets(
        self, channel: str = "", *, code: int = 1000, reason: str = ""
    ) -> int:
        """Close the channel's sockets (empty: all) with a close frame.

        Returns:
            The number of sockets.
        """
        _check("code", code, CLOSE_CODE)
        _check("reason", reason, CLOSE_REASON)
        last = Close(code, reason)
        return self._each_socket(channel, lambda socket: socket.send(last))

    def cut_sockets(self, channel: str = "") -> int:
        """Cut the connections of the channel's open WebSockets (empty: all) now.

        No close frame is sent, as when a network fails. Clients reconnect. Requests
        are not affected: use ``drop_requests`` for these.

        Returns:
            The number of sockets.
        """
        return self._each_socket(channel, lambda socket: socket.cut())

    def stall_sockets(self, channel: str = "") -> int:
        """Stop all traffic on the channel's sockets (empty: all).

        Until ``resume_sockets``, they stay open, but send neither frames nor
        heartbeats and read nothing from the client, not even a close frame.

        Returns:
            The number of sockets.
        """
        return self._each_socket(channel, lambda socket: socket.stall())

    def resume_sockets(self, channel: str = "") -> int:
        """Resume stalled sockets and deliver the data held back.

        Returns:
            The number of sockets.
        """
        return self._each_socket(channel, lambda socket: socket.resume())

    def duplicate_frames(self, channel: str = "", *, times: int = 1) -> int:
        """Send the next frames to the channel's open sockets (empty: all) twice.

        Args:
            channel: WK…, WQ… or WS….
            times: the number of frames; heartbeats do not count.

        Returns:
            The number of sockets.
        """
        _check_times(times)
        return self._each_socket(channel, lambda socket: socket.duplicate(times))

    def send_text(self, channel: str, text: str) -> int:
        """Send any string as a frame to the channel's sockets; return their number."""
        _check("text", text, _ANY_TEXT)
        return self._each_socket(channel, lambda socket: socket.send_frame(text))

    def _each_socket(self, channel: str, act: Callable[[Connection], object]) -> int:
        check_channel(channel)
        return self._runner.each_socket(channel, act)

    @property
    def pending(self) -> int:
        """The number of future requests and sockets that still have a fault."""
        with self._lock:
            return sum(rule.times for rule in [*self._requests, *self._upgrades])

    def clear(self) -> None:
        """Remove all faults that have not been used up."""
        with self._lock:
            self._requests.clear()
            self._upgrades.clear()

    def take(self, method: str, url: str) -> Fault | None:
        """Return the fault of this request, or None."""
        return self._take(self._requests, method, url)

    def take_upgrade(self, channel: str) -> Fault | None:
        """Return the fault of this new socket, or None."""
        return self._take(self._upgrades, "GET", channel)

    def _script(
        self,
        rules: list[_Scripted],
        fault: Fault,
        method: str | None,
        url: str,
        times: int,
    ) -> None:
        if method is not None and method not in METHODS:
            raise ValueError(
                f"method must be one of {', '.join(METHODS)}, not {method!r}"
            )
        _check("url", url, text())
        _check("carried_out", fault.carried_out, FLAG)
        _check_times(times)
        if not number(0, _MAX_DELAY).fits(fault.delay):
            raise ValueError(
                f"the delay must be 0 to {_MAX_DELAY:.0f} seconds, not {fault.delay!r}"
            )
        with self._lock:
            rules.append(_Scripted(fault, method, url, times))

    def _take(self, rules: list[_Scripted], method: str, url: str) -> Fault | None:
        with self._lock:
            for rule in rules:
                if rule.method in (None, method) and rule.url in url:
                    rule.times -= 1
                    if not rule.times:
                        rules.remove(rule)
                    return rule.fault
        return None


def check_channel(channel: str) -> None:
    """Check that `channel` is the sid of a channel, or empty.

    Raises:
        ValueError: it is not, such as a worker's name.
    """
    if channel and not (isinstance(channel, str) and channel.startswith(_CHANNELS)):
        raise ValueError(f"{channel!r} is not a channel: pass the sid, {_WAY}")


def _check(name: str, value: object, kind: Kind) -> None:
    if not kind.fits(value):
        raise ValueError(f"{name} must be {kind}, not {value!r:.30}")


def _check_times(times: int) -> None:
    if type(times) is not int or times < 1:
        raise ValueError(f"times must be a positive integer, not {times!r:.100}")


def _json_of(body: Mapping[str, object] | str) -> str:
    try:
        return body if isinstance(body, str) else json.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"body must be a JSON object: {error}") from None
