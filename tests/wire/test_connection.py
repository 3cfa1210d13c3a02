"""The line to the event bridge: what it is told, and what it tells."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from taskrouter_sync.errors import ConnectionFailed, HttpError, TaskRouterError
from taskrouter_sync.wire.connection import Connection, Ending, State

from ..support.collector import Background, Collector, wait
from ..support.raw_server import Peer, RawServer, Script, unused_port


class Ears(Collector):
    """A receiver that collects."""

    def opened(self) -> None:
        self.add("opened")

    def frame(self, data: bytes, more: bool = False) -> None:
        self.add("frame", data)

    def failed(self, error: TaskRouterError, refused: bool) -> None:
        self.add("failed", error, refused)

    def ended(self, ending: Ending) -> None:
        self.add("ended", ending)


class Lines:
    """Starts connections to servers, and ends both."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def serve(self, *scripts: Script) -> RawServer:
        return self._stack.enter_context(RawServer(*scripts))

    def start(self, port: int, **options: Any) -> tuple[Connection, Ears]:
        options = {"chance": lambda: 0.0, **options}
        line = Connection(
            "taskrouter-socket-test", lambda: f"ws://127.0.0.1:{port}/", **options
        )
        ears = Ears()
        line.start(ears)
        self._stack.callback(self._end, line)
        return line, ears

    def connect(self, *scripts: Script, **options: Any) -> tuple[Connection, Ears]:
        return self.start(self.serve(*scripts).port, **options)

    @staticmethod
    def _end(line: Connection) -> None:
        line.close()
        assert line.join(2.0), "the connection's thread did not end"


@pytest.fixture
def lines() -> Iterator[Lines]:
    with ExitStack() as stack:
        yield Lines(stack)


def upgraded(*frames: str) -> Script:
    """Agree, send frames, and wait."""

    def script(peer: Peer) -> None:
        peer.upgrade()
        for each in frames:
            peer.frame(each)
        peer.stall()

    return script


def refused(status: int) -> Script:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.answer(status)

    return script


def closing(code: int = 1000, reason: str = "") -> Script:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.close_frame(code, reason)
        peer.until_gone()

    return script


# What it tells.


def test_opened_comes_before_the_frames(lines: Lines) -> None:
    _, ears = lines.connect(upgraded("one", "two"))
    ears.expect("frame")
    assert ears.expect("frame") == b"two"
    assert ears.names() == ["opened", "frame", "frame"]


def test_an_end_tells_the_service_s_code_and_reason(lines: Lines) -> None:
    _, ears = lines.connect(closing(1001, "restart"), upgraded())
    assert ears.expect("ended") == Ending(1001, "restart")


def test_a_lost_line_is_made_again(lines: Lines) -> None:
    _, ears = lines.connect(closing(), closing(), upgraded())
    for _ in range(2):
        ears.expect("opened")
        ears.expect("ended")
    ears.expect("opened")


def test_silence_counts_as_a_lost_line(lines: Lines) -> None:
    _, ears = lines.connect(upgraded(), upgraded(), silence=0.05)
    assert ears.expect("ended").reason == "no frame came for too long"
    ears.expect("opened")


def test_a_blank_frame_breaks_the_silence(lines: Lines) -> None:
    def beating(peer: Peer) -> None:
        peer.upgrade()
        for _ in range(8):
            peer.frame(" ")
            peer.server.stalled.wait(0.1)
        peer.frame("still here")
        peer.stall()

    _, ears = lines.connect(beating, silence=0.6)
    while ears.expect("frame") != b"still here":
        assert "ended" not in ears.names()


def test_an_attempt_that_fails_is_told_and_made_again(lines: Lines) -> None:
    _, ears = lines.connect(Peer.cut, upgraded())
    error, was_refused = ears.expect("failed")
    assert isinstance(error, ConnectionFailed)
    assert not was_refused
    ears.expect("opened")
    assert ears.names() == ["failed", "ended", "opened"]


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_a_refusal_that_is_not_of_the_token_is_tried_again(
    lines: Lines, status: int
) -> None:
    _, ears = lines.connect(refused(status), upgraded())
    assert ears.expect("failed")[1] is False
    ears.expect("opened")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_not_tried_again(lines: Lines, status: int) -> None:
    line, ears = lines.connect(refused(status), upgraded())
    error, was_refused = ears.expect("failed")
    assert isinstance(error, HttpError)
    assert was_refused
    line.close()
    assert line.join(2.0)
    assert ears.names() == ["failed", "ended"]


def test_a_refused_token_is_tried_again_after_retry(lines: Lines) -> None:
    line, ears = lines.connect(refused(401), upgraded())
    ears.expect("ended")
    line.retry()
    ears.expect("opened")


def test_a_retry_during_an_attempt_that_is_refused_is_not_forgotten(
    lines: Lines,
) -> None:
    """A new token came while the old one was on its way to be refused."""
    server = lines.serve(slowly_refused := Slow(refused(401)), upgraded())
    line, ears = lines.start(server.port)
    wait(slowly_refused.arrived, "the first attempt")
    line.retry()
    slowly_refused.go_on.set()
    ears.expect("opened")


class Slow:
    """Runs a script once it may."""

    def __init__(self, script: Script) -> None:
        self.arrived, self.go_on = threading.Event(), threading.Event()
        self._script = script

    def __call__(self, peer: Peer) -> None:
        peer.read_head()
        self.arrived.set()
        wait(self.go_on, "the test's word")
        self._script(peer)


def test_the_address_is_asked_for_at_each_attempt(lines: Lines) -> None:
    server = lines.serve(closing(), upgraded())
    tokens = iter("abc")
    line = Connection(
        "taskrouter-socket-test",
        lambda: f"ws://127.0.0.1:{server.port}/?token={next(tokens)}",
        chance=lambda: 0.0,
    )
    line.start(Ears())
    heads = [server.next_head(), server.next_head()]
    line.close()
    assert line.join(2.0)
    assert [head.split()[1] for head in heads] == ["/?token=a", "/?token=b"]


def test_the_waits_grow_until_the_line_is_proved_to_work(lines: Lines) -> None:
    waits: list[float] = []

    class Clock:
        """Stands for chance: is asked once for each wait."""

        def __call__(self) -> float:
            waits.append(0.0)
            return 0.0

    server = lines.serve(closing(), closing(), upgraded())
    line, ears = lines.start(server.port, chance=Clock())
    for _ in range(3):
        ears.expect("opened")
    assert len(waits) == 2
    assert line._failures == 2
    line.proved()
    assert line._failures == 0


def test_nothing_is_tried_while_it_may_not_connect(lines: Lines) -> None:
    allowed: list[bool] = []
    server = lines.serve(upgraded())
    line, ears = lines.start(server.port, may_connect=lambda: bool(allowed))
    assert server.heads.empty()
    allowed.append(True)
    line.retry()
    ears.expect("opened")


# What it is told.


def test_disconnect_ends_the_line_and_connect_makes_it_again(lines: Lines) -> None:
    line, ears = lines.connect(upgraded(), upgraded())
    ears.expect("opened")
    line.disconnect()
    ears.expect("ended")
    line.connect()
    ears.expect("opened")
    assert ears.names() == ["opened", "ended", "opened"]


def test_connect_while_connected_does_nothing(lines: Lines) -> None:
    server = lines.serve(upgraded("marker"))
    line, ears = lines.start(server.port)
    ears.expect("opened")
    line.connect()
    ears.expect("frame")
    assert line.state is State.OPEN


def test_connect_after_close_does_nothing(lines: Lines) -> None:
    line, ears = lines.connect(upgraded())
    ears.expect("opened")
    line.close()
    assert line.join(2.0)
    line.connect()
    assert line.state is State.CLOSED


def test_connect_right_after_disconnect_does_not_wait(lines: Lines) -> None:
    line, ears = lines.connect(upgraded(), upgraded(), chance=lambda: 1.0)
    ears.expect("opened")
    line.disconnect()
    line.connect()
    ears.expect("opened", 0.5)


def test_close_ends_a_wait_between_attempts(lines: Lines) -> None:
    line, ears = lines.start(unused_port(), chance=lambda: 1.0)
    ears.expect("failed")
    ears.expect("failed")  # after a second; now it waits for three
    line.close()
    assert line.join(0.5)


def test_close_ends_a_handshake_that_is_never_answered(lines: Lines) -> None:
    server = lines.serve(lambda peer: peer.stall())
    line, ears = lines.start(server.port)
    wait(server.stalled, "the attempt")
    line.close()
    assert line.join(0.5)
    assert ears.names() == []


def test_close_ends_a_silent_line(lines: Lines) -> None:
    line, ears = lines.connect(upgraded())
    ears.expect("opened")
    line.close()
    assert line.join(0.5)
    assert ears.names() == ["opened", "ended"]


def test_close_before_start_leaves_nothing(lines: Lines) -> None:
    line = Connection("taskrouter-socket-test", lambda: "ws://127.0.0.1:1/")
    line.close()
    assert line.join(0.5)


def test_close_from_the_receiver_ends_the_line(lines: Lines) -> None:
    class Closing(Ears):
        line: Connection

        def frame(self, data: bytes, more: bool = False) -> None:
            super().frame(data, more)
            self.line.close()
            assert self.line.join(5.0)  # a thread never waits for itself

    server = lines.serve(upgraded("one", "two"))
    ears = Closing()
    ears.line = Connection(
        "taskrouter-socket-test", lambda: f"ws://127.0.0.1:{server.port}/"
    )
    ears.line.start(ears)
    ears.expect("ended")
    assert ears.line.join(2.0)


def test_close_from_many_threads_at_once(lines: Lines) -> None:
    line, ears = lines.connect(upgraded())
    ears.expect("opened")
    closers = [Background(line.close) for _ in range(8)]
    for closer in closers:
        closer.result(1.0)
    assert line.join(1.0)
    assert ears.names() == ["opened", "ended"]


def test_a_mistake_of_the_receiver_does_not_end_the_line(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    class Clumsy(Ears):
        def opened(self) -> None:
            super().opened()
            if self.count("opened") == 1:
                raise RuntimeError("a mistake")

    server = lines.serve(upgraded(), upgraded())
    ears = Clumsy()
    line = Connection(
        "taskrouter-socket-test",
        lambda: f"ws://127.0.0.1:{server.port}/",
        chance=lambda: 0.0,
    )
    line.start(ears)
    ears.expect("opened")
    ears.expect("opened")
    line.close()
    assert line.join(2.0)
    assert "a mistake" in caplog.text


def test_each_change_of_state_is_logged(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "taskrouter_sync")
    line, ears = lines.connect(upgraded())
    ears.expect("opened")
    line.close()
    assert line.join(2.0)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "new -> connecting",
        "connecting -> open",
        "open -> closed",
    ]


def test_disconnect_and_connect_in_a_row_from_many_threads(lines: Lines) -> None:
    """Whatever the order, the last word counts and nothing hangs."""
    server = lines.serve(*[upgraded()] * 200)
    line, ears = lines.start(server.port)

    def nag() -> None:
        for _ in range(10):
            line.disconnect()
            line.connect()

    for each in [Background(nag) for _ in range(4)]:
        each.result()
    line.connect()
    line.disconnect()
    line.connect()
    ears.expect("opened")
    line.close()
    assert line.join(2.0)
    names = [name for name in ears.names() if name != "failed"]
    assert names == ["opened", "ended"] * (len(names) // 2)


def test_a_dropped_line_is_made_again(lines: Lines) -> None:
    line, ears = lines.connect(upgraded("one"), upgraded("two"))
    ears.expect("frame")
    line.drop()
    ears.expect("ended")
    assert ears.expect("frame") == b"two"


def test_a_line_that_is_not_there_can_be_dropped(lines: Lines) -> None:
    line, ears = lines.connect(upgraded("one"))
    ears.expect("frame")
    line.disconnect()
    ears.expect("ended")
    line.drop()
    assert ears.names().count("ended") == 1
