"""Runs of ``python -m taskrouter_sync.emulator``."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import requests


LIMIT = 10.0  # seconds for a run to end


class Program:
    """A run of the emulator as a program, and where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @cached_property
    def greeting(self) -> str:
        """What it prints until it serves."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "Attributes=" in line:
                break
        return "".join(lines)

    @cached_property
    def exported(self) -> dict[str, str]:
        """The variables that the greeting exports."""
        found = re.findall(r"^export (\w+)=(\S+)$", self.greeting, re.MULTILINE)
        return dict(found)

    @property
    def workspace_url(self) -> str:
        sid = self.exported["TASKROUTER_WORKSPACE_SID"]
        return f"{self.exported['TASKROUTER_API_URL']}/Workspaces/{sid}"

    @property
    def credentials(self) -> tuple[str, str]:
        return self.exported["TWILIO_ACCOUNT_SID"], self.exported["TWILIO_AUTH_TOKEN"]

    @property
    def port(self) -> int:
        return int(self.exported["TASKROUTER_EVENT_BRIDGE_URL"].rpartition(":")[2])

    def ask(
        self, method: str, path: str, session: Any = requests, **params: str
    ) -> Any:
        """Ask over the event bridge, as the worker does; give the payload."""
        bridge, account_sid, worker_sid, token = (
            self.exported[name]
            for name in (
                "TASKROUTER_EVENT_BRIDGE_URL",
                "TWILIO_ACCOUNT_SID",
                "TASKROUTER_WORKER_SID",
                "WORKER_TOKEN",
            )
        )
        url = f"{self.workspace_url}/{path}"
        answer = session.post(
            f"{bridge}/v1/wschannels/{account_sid}/{worker_sid}",
            json={"url": url, "method": method, "token": token, "params": params},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["payload"]

    def complaint(self, status: int) -> str:
        """Wait for its end with this status; give what it says to stderr."""
        assert self.process.wait(LIMIT) == status
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def terminate(self) -> str:
        """End it by a signal; give what it said to stderr."""
        self.process.send_signal(signal.SIGTERM)
        return self.complaint(0)


@contextmanager
def program(*arguments: str, **environment: str) -> Iterator[Program]:
    """Run the program until the end of the block, which kills it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "taskrouter_sync.emulator", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONWARNINGS": "error", **environment},
    )
    with process:
        try:
            yield Program(process)
        finally:
            process.kill()
