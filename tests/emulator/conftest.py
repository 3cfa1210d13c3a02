"""An emulator per test, whose clock stands still, and tokens by Twilio's library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import websocket
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.application import Application
from tests.emulator.rest import Rest
from tests.support.receiver import Receiver


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator whose sids repeat and whose clock stands still."""
    with Emulator(seed=1, manual_clock=True) as running:
        yield running


@pytest.fixture
def workspace(emulator: Emulator) -> ReadyWorkspace:
    """A workspace with Alice, who is available."""
    return emulator.workspace(worker_activity="Available")


@pytest.fixture
def rest(emulator: Emulator, workspace: ReadyWorkspace) -> Rest:
    """REST, with paths below the workspace."""
    return Rest(emulator, workspace.sid)


@dataclass
class Desk:
    """A worker's end of the event bridge: a socket and envelopes."""

    emulator: Emulator
    workspace: ReadyWorkspace
    worker_sid: str
    token: str = field(repr=False)
    sockets: list[websocket.WebSocket] = field(default_factory=list)

    @property
    def channel_url(self) -> str:
        return (
            f"{self.emulator.url}/v1/wschannels/"
            f"{self.emulator.account_sid}/{self.worker_sid}"
        )

    @property
    def socket(self) -> websocket.WebSocket:
        """The first socket."""
        return self.sockets[0]

    def connect(self, **options: str) -> websocket.WebSocket:
        """Open one more socket."""
        query = "".join(f"&{name}={value}" for name, value in options.items())
        url = f"ws{self.channel_url[4:]}?token={self.token}{query}"
        ws = websocket.WebSocket(skip_utf8_validation=True)
        # Before it connects: refused, it leaves its socket open.
        self.sockets.append(ws)
        ws.connect(url, timeout=5)
        return ws

    def hang_up(self) -> None:
        """Let all sockets go, in whatever state they are."""
        for ws in self.sockets:
            ws.shutdown()

    def post(
        self,
        method: str,
        path: str,
        params: Any = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> requests.Response:
        """Send an envelope; the path is below the workspace, unless there is a URL."""
        envelope = {
            "url": f"https://taskrouter.twilio.com/v1/Workspaces/"
            f"{self.workspace.sid}{path}",
            "method": method,
            "token": self.token,
            **extra,
        }
        if params is not None:
            envelope["params"] = params
        text = json.dumps(envelope)
        return requests.post(self.channel_url, text, headers=headers, timeout=5)

    def frame(self) -> Any:
        """Wait for the next frame on the first socket."""
        return json.loads(self.socket.recv())


def worker_token(
    emulator: Emulator, workspace: ReadyWorkspace, worker_sid: str, **options: Any
) -> str:
    """Make a token of a worker who may do what workers do."""
    token = WorkerCapabilityToken(
        emulator.account_sid,
        emulator.auth_token,
        workspace.sid,
        worker_sid,
        allow_fetch_subresources=True,
        allow_update_activities=True,
        allow_update_reservations=True,
        **options,
    )
    jwt: str = token.to_jwt()
    return jwt


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    """Makes desks: (emulator, workspace, channel, token)."""
    desks: list[Desk] = []

    def make(
        emulator: Emulator,
        workspace: ReadyWorkspace,
        channel: str | None = None,
        token: str | None = None,
    ) -> Desk:
        channel = channel or workspace.workers["Alice"]
        token = token or worker_token(emulator, workspace, channel)
        desks.append(Desk(emulator, workspace, channel, token))
        return desks[-1]

    yield make
    for desk in desks:
        desk.hang_up()


@pytest.fixture
def desk(emulator: Emulator, workspace: ReadyWorkspace, open_desk: OpenDesk) -> Desk:
    """Alice's end of the event bridge, with an open socket."""
    desk: Desk = open_desk(emulator, workspace)
    desk.connect()
    return desk


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An application that webhooks can be sent to."""
    with Receiver() as running:
        yield running


@pytest.fixture
def app(emulator: Emulator, receiver: Receiver) -> Application:
    """An application that Alice's workspace can call back."""
    return Application(emulator, receiver)
