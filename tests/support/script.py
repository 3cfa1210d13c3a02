"""Programs that run in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from .collector import Background


LIMIT = 10.0  # seconds for a script to come as far as it must

BEGINNING = """
import os, sys, threading, time
from taskrouter_sync import Worker
worker = Worker(os.environ["TOKEN"], False)
"""

# Prints "waits" when the main thread sleeps in a function of this name: what comes then
# interrupts that sleep and nothing before it.
WATCHED = """
import linecache, sys, threading, time

def tell_when_it_waits(function):
    names, line = [], ""
    while function not in names or not ("acquire(" in line or ".get(" in line):
        time.sleep(0.001)  # nothing tells that a thread sleeps: one has to look
        frame = sys._current_frames()[threading.main_thread().ident]
        line, names = linecache.getline(frame.f_code.co_filename, frame.f_lineno), []
        while frame is not None:
            names.append(frame.f_code.co_name)
            frame = frame.f_back
    print("waits", flush=True)

threading.Thread(target=tell_when_it_waits, args=["%s"], daemon=True).start()
"""


def run_python(
    *arguments: str | Path,
    cwd: Path | None = None,
    timeout: float = 25.0,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run Python to its end, with these variables besides those of this process."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class Script:
    """A program that runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        """Wait for the next line that it prints."""
        return _read(self.process.stdout)

    def tell(self, line: str) -> None:
        """Write a line for it to read."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

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
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
            )
            stack.callback(process.kill)
            return Script(process)

        yield run
