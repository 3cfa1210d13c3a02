"""The recording bridge as a process, and one case's session with it.

Knows HTTP and the bridge's control requests, and nothing of the SDK.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests


_LIMIT = 10.0  # seconds for any one control request


@contextmanager
def running_bridge() -> Iterator[str]:
    """Run the bridge in a process of its own; gives its URL."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bridge.py"))],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().removeprefix("LISTENING ").strip()
            url = f"http://127.0.0.1:{port}"
            yield url
            requests.post(f"{url}/control/quit", timeout=_LIMIT)
        except BaseException:
            process.kill()
            raise


class Session:
    """One case's share of the bridge.

    Attributes:
        bridge, api: the bases for the client.
    """

    def __init__(self, url: str, rest: Any, tokens: dict[str, str]) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        made = self._post(f"{url}/control/session", {"rest": rest, "tokens": tokens})
        self.bridge: str = made["bridge"]
        self.api: str = made["api"]
        self._control = f"{url}/control/{made['session']}"

    def hold(self, on: bool) -> None:
        """Let upgrades wait, so that a script's first steps come before anything."""
        self._post(f"{self._control}/hold", {"on": on})

    def send(self, frame: Any) -> int:
        """Send a frame; says how many sockets were open."""
        sent: int = self._post(f"{self._control}/send", frame)["sent_to"]
        return sent

    def close_sockets(self, how: Any) -> None:
        self._post(f"{self._control}/close", how)

    def refuse(self, how: Any) -> None:
        self._post(f"{self._control}/refuse", how)

    def wait_until_idle(self, milliseconds: int) -> bool:
        """Wait until no request was open for that long."""
        reply = self._http.get(
            f"{self._control}/idle?ms={milliseconds}", timeout=_LIMIT
        )
        idle: bool = reply.json()["idle"]
        return idle

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = self._http.get(
            f"{self._control}/record", timeout=_LIMIT
        ).json()
        return record

    def close(self) -> None:
        self._http.delete(self._control, timeout=_LIMIT)
        self._http.close()

    def _post(self, url: str, body: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self._http.post(url, json=body, timeout=_LIMIT).json()
        assert "error" not in reply, reply
        return reply
