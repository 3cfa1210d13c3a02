"""The program as a process of its own, on a terminal or not."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest


LIMIT = 20.0  # seconds for anything that must come


# How the program is started.
PROGRAM = (sys.executable, "-W", "error", "-m", "taskrouter_sync")


def started(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start the program; its output is not buffered by Python."""
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        env={**os.environ, "TERM": "xterm", **(environment or {})},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def finished(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    given: bytes | None = None,
) -> tuple[int, str, str]:
    """Run the program to its end; gives status, output and errors.

    Args:
        arguments: of the program.
        environment: more of it.
        given: what comes from its standard input.
    """
    stdin = None if given is None else subprocess.PIPE
    with started(*arguments, environment=environment, stdin=stdin) as process:
        out, err = process.communicate(given, timeout=LIMIT)
    return process.returncode, out.decode(), err.decode()


class Terminal:
    """A terminal with the program on it."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process = process
        self.shown = ""
        self._screen = screen
        self._seen = 0

    def expect(self, words: str) -> str:
        """Wait until words show up after those of last time; give what came by then."""
        deadline = time.monotonic() + LIMIT
        while (found := self.shown.find(words, self._seen)) < 0:
            if not self._read(deadline - time.monotonic()):
                pytest.fail(f"no {words!r} came, but {self.shown[-2000:]!r}")
        came = self.shown[self._seen : found + len(words)]
        self._seen = found + len(words)
        return came

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._screen, keys.encode())

    def restore(self) -> None:
        """Give the terminal its usual settings: lines, with echo."""
        settings = termios.tcgetattr(self._screen)
        settings[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(self._screen, termios.TCSANOW, settings)

    def end(self) -> int:
        """Wait until the program ends; give its exit status."""
        while self._read(LIMIT):
            pass
        return self.process.wait(LIMIT)

    def _read(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._screen], [], [], max(0.0, timeout))
        if not ready:
            return False
        try:
            data = os.read(self._screen, 4096)
        except OSError:
            return False  # the program has ended
        self.shown += data.decode()
        return bool(data)


@contextmanager
def terminal(*arguments: str, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Run the program on a terminal of its own."""
    screen, inner = pty.openpty()
    process = started(
        *arguments, environment=environment, stdin=inner, stdout=inner, stderr=inner
    )
    os.close(inner)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


# Makes the terminal the one that controls the program, as a shell's is: Ctrl-C and
# Ctrl-Z are signals there.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@contextmanager
def controlled(
    *arguments: str, environment: Mapping[str, str], shell: str | None = None
) -> Iterator[Terminal]:
    """Run the program on a terminal that controls it.

    Args:
        arguments: of the program.
        environment: more of it.
        shell: what bash does instead, with job control; "$@" is the program there.
    """
    ours = [*PROGRAM, *arguments]
    if shell is not None:
        ours = ["bash", "-m", "-c", shell, "bash", *ours]
    screen, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *ours],
        env={**os.environ, "TERM": "xterm", **environment},
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    try:
        yield Terminal(process, screen)
    finally:
        # The terminal goes with its session's leader, and all of its programs too.
        process.kill()
        process.wait()
        os.close(screen)
