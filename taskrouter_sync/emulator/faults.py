"""Scripted trouble.

Owns: which of the next requests go wrong, and how; what is done to open sockets.
Knows no network: the server carries it out. Any thread may script, one takes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from .api import requests as errors
from .channels import Close, Connection


METHODS = ("GET", "POST", "DELETE")
# Seconds: a year.
_MAX_DELAY = 31_536_000.0
_CHANNELS = ("WK", "WQ", "WS")
_WAY = "WK…, WQ… or WS… (of a worker: workspace.workers[name])"


class Runner(Protocol):
    """Who has the open sockets, and the thread that they are for."""

    def each_socket(self, channel: str, act: Callable[[Connection], object]) -> int:
        """Do something to the channel's sockets (empty: all); give their number.

        Raises:
            RuntimeError: the emulator is not running.
        """
        ...


@dataclass(frozen=True)
class Fault:
    """What happens to a request.

    ``body`` None means the service's own answer; ``carried_out`` says whether the
    service does what was asked all the same.
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

    def matches(self, method: str, url: str) -> bool:
        return self.times > 0 and self.method in (None, method) and self.url in url


class Faults:
    """The trouble script of one emulator.

    Requests are matched by method (None: any) and by a part of the URL (empty: any):
    for REST the path with query, for the event bridge the method and URL inside the
    envelope. Each rule counts for ``times`` requests; the oldest rule goes first.

    Two kinds of trouble that must not be mistaken for each other: ``drop`` is for
    requests to come, ``cut_sockets`` for WebSockets that are open.

    Args:
        runner: who has the open sockets.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = threading.Lock()  # Guards both lists.
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
        """Answer the next matching requests with this status.

        Args:
            status: the HTTP status.
            body: the body; by default an error body like the service's.
            message: the reason phrase, and the message of the default body.
            code: Twilio's error code in the default body.
            method: GET, POST or DELETE.
            url: a part of the URL.
            times: how many requests.
            delay: seconds until the answer.
            carried_out: let the service do what was asked all the same.
        """
        reason = message or _phrase(status)
        if body is None:
            body = errors.body(status, status if code is None else code, reason)
        text = body if isinstance(body, str) else json.dumps(body)
        fault = Fault(delay, status, reason, text, carried_out=carried_out)
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
        """Answer the next matching requests 200 with a body that is no JSON."""
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
        """Let the next matching requests wait before they are carried out."""
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
        """Give the next matching requests no response: their connection is cut.

        This is about requests that are still to come, over REST or to the event
        bridge; ``drop`` is the same. WebSockets that are open are left alone: these
        are ``cut_sockets``'.
        """
        fault = Fault(drop=True, carried_out=carried_out)
        self._script(self._requests, fault, method, url, times)

    drop = drop_requests

    def refuse_upgrades(
        self, status: int, *, channel: str = "", times: int = 1, delay: float = 0.0
    ) -> None:
        """Refuse the next sockets of the channel (empty: of any) with this status."""
        reason = _phrase(status)
        fault = Fault(
            delay, status, reason, json.dumps(errors.body(status, status, reason))
        )
        self._script(self._upgrades, fault, None, channel, times)

    # What happens at once to the open WebSockets of a channel (WK…, WQ…, WS…; empty:
    # of all). Each tells how many these are.

    def close_sockets(
        self, channel: str = "", *, code: int = 1000, reason: str = ""
    ) -> int:
        """Close the channel's sockets (empty: all) by a close frame; tell how many."""
        last = Close(code, reason)
        return self._each_socket(channel, lambda socket: socket.send(last))

    def cut_sockets(self, channel: str = "") -> int:
        """Cut the channel's open WebSockets (empty: all) now; tell how many.

        There is no close frame, as when a network fails. Clients reconnect; requests
        are not affected: these are ``drop_requests``'.
        """
        return self._each_socket(channel, lambda socket: socket.cut())

    def stall_sockets(self, channel: str = "") -> int:
        """Let nothing through on the channel's sockets (empty: all); tell how many.

        They stay open, without a frame or a heartbeat, and what the client says is
        not read, not even that it hangs up, until ``resume_sockets``.
        """
        return self._each_socket(channel, lambda socket: socket.stall(True))

    def resume_sockets(self, channel: str = "") -> int:
        """Let stalled sockets flow again, with what waited; tell how many."""
        return self._each_socket(channel, lambda socket: socket.stall(False))

    def duplicate_frames(self, channel: str = "", *, times: int = 1) -> int:
        """Send the next frames to the channel's open sockets (empty: all) twice.

        Args:
            channel: WK…, WQ… or WS….
            times: how many frames; heartbeats do not count.

        Returns:
            How many sockets that are.
        """
        return self._each_socket(channel, lambda socket: socket.duplicate(times))

    def send_text(self, channel: str, text: str) -> int:
        """Send any text as a frame to the channel's sockets; tell how many."""
        return self._each_socket(channel, lambda socket: socket.send_frame(text))

    def _each_socket(self, channel: str, act: Callable[[Connection], object]) -> int:
        check_channel(channel)
        return self._runner.each_socket(channel, act)

    @property
    def pending(self) -> int:
        """How many requests and new sockets the rules still wait for."""
        with self._lock:
            return sum(rule.times for rule in [*self._requests, *self._upgrades])

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._requests.clear()
            self._upgrades.clear()

    def take(self, method: str, url: str) -> Fault | None:
        """Give what happens to this request, None for nothing special."""
        return self._take(self._requests, method, url)

    def take_upgrade(self, channel: str) -> Fault | None:
        """Give what happens to this new socket, None for nothing special."""
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
            raise ValueError(f"method is {method!r}: one of {', '.join(METHODS)}")
        if type(times) is not int or times < 1:
            raise ValueError(f"times is {times!r}: must be a positive integer")
        if not 0 <= fault.delay <= _MAX_DELAY:
            raise ValueError(f"{fault.delay!r} is not a number of seconds to wait")
        if fault.status is not None and not 100 <= fault.status <= 999:
            raise ValueError(f"{fault.status!r} is not an HTTP status")
        with self._lock:
            rules.append(_Scripted(fault, method, url, times))

    def _take(self, rules: list[_Scripted], method: str, url: str) -> Fault | None:
        with self._lock:
            for rule in rules:
                if rule.matches(method, url):
                    rule.times -= 1
                    if not rule.times:
                        rules.remove(rule)
                    return rule.fault
        return None


def check_channel(channel: str) -> None:
    """See that it is a channel, or empty.

    Raises:
        ValueError: it is something else, such as a worker's name.
    """
    if channel and not (isinstance(channel, str) and channel.startswith(_CHANNELS)):
        raise ValueError(f"{channel!r} is not a channel: pass the sid, {_WAY}")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
