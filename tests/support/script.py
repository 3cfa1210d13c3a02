"""Programs that run in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from .collector import Background


LIMIT = 10.0  # seconds for a script to come as far as it must

BEGINNING = """
import os, sys, threading, time
from taskrouter_sync import Worker
worker = Worker(os.environ["TOKEN"], False)
"""


class Script:
    """A program that runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        """Wait for the next line that it prints."""
        return _read(self.process.stdout)

    def ends(self, timeout: float = LIMIT) -> tuple[int, str, str]:
        """Wait until it has ended; gives status, rest of the output, and errors."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the script runs on after {timeout} s") from None
        return self.process.returncode, out, err

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)


def _read(stream: IO[str] | None) -> str:
    assert stream is not None
    text: str = Background(stream.readline).result(LIMIT)
    return text.strip()


Run = Callable[..., Script]


@contextmanager
def scripts(event_bridge_url: str, token: Callable[[], str]) -> Iterator[Run]:
    """Give what runs scripts with an open client; kills those that run on."""
    with ExitStack() as stack:

        def run(rest: str, beginning: str = BEGINNING) -> Script:
            environment = {
                **os.environ,
                "TOKEN": token(),
                "TASKROUTER_EVENT_BRIDGE_URL": event_bridge_url,
                "PYTHONUNBUFFERED": "1",
            }
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", beginning + rest],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
            )
            stack.callback(process.kill)
            return Script(process)

        yield run
