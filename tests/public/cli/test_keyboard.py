"""Keys come one by one, from a terminal at once, and the terminal is as it was."""

from __future__ import annotations

import os
import pty
import queue
import termios
from collections.abc import Iterator
from typing import IO

import pytest

from taskrouter_sync.cli.terminal import END, keys


LIMIT = 5.0


def test_a_pipe_gives_keys_and_an_end() -> None:
    read, write = os.pipe()
    pressed: queue.SimpleQueue[str] = queue.SimpleQueue()
    with open(read) as stream, keys(stream, pressed):
        os.write(write, b"a r\nx")
        assert [pressed.get(timeout=LIMIT) for _ in range(3)] == ["a", "r", "x"]
        os.close(write)
        assert pressed.get(timeout=LIMIT) == END


def test_a_file_gives_keys_and_an_end(tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "keys")
    with open(path, "w") as file:
        file.write("q")
    pressed: queue.SimpleQueue[str] = queue.SimpleQueue()
    with open(path) as stream, keys(stream, pressed):
        assert [pressed.get(timeout=LIMIT) for _ in range(2)] == ["q", END]


@pytest.fixture
def terminal() -> Iterator[tuple[int, IO[str]]]:
    """A terminal: the side that presses keys, and the side that reads them."""
    screen, inner = pty.openpty()
    with open(inner) as stream:
        yield screen, stream
    os.close(screen)


def test_a_terminal_gives_each_key_without_enter(terminal: tuple[int, IO[str]]) -> None:
    screen, stream = terminal
    pressed: queue.SimpleQueue[str] = queue.SimpleQueue()
    usual = termios.tcgetattr(stream)
    with keys(stream, pressed):
        os.write(screen, b"a")
        assert pressed.get(timeout=LIMIT) == "a"
        assert not termios.tcgetattr(stream)[3] & termios.ECHO
        # Ctrl-C stays a signal.
        assert termios.tcgetattr(stream)[3] & termios.ISIG
    assert termios.tcgetattr(stream) == usual


def test_whatever_happens_a_terminal_is_as_it_was(
    terminal: tuple[int, IO[str]],
) -> None:
    _, stream = terminal
    usual = termios.tcgetattr(stream)
    with pytest.raises(KeyboardInterrupt), keys(stream, queue.SimpleQueue()):
        raise KeyboardInterrupt
    assert termios.tcgetattr(stream) == usual
