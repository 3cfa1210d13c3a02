"""The documented constructors: their arguments by position and by name."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from taskrouter_sync import TaskQueue, Twilio, Worker, Workspace
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.collector import LIMIT, Background
from ..support.raw_server import unused_port
from .conftest import TO_OPEN, WORKER_TO_OPEN, Mint
from .held import Held


KINDS = [Worker, TaskQueue, Workspace]


@pytest.fixture
def token_for(
    mint: Mint, alice: str, queue_sid: str, workspace: ReadyWorkspace
) -> Callable[[Any], str]:
    """Mint a token for a kind of client."""
    channels = {Worker: alice, TaskQueue: queue_sid, Workspace: workspace.sid}
    return lambda kind: mint(
        channels[kind],
        *(WORKER_TO_OPEN if kind is Worker else TO_OPEN),
        *(["update_activities"] if kind is Worker else []),
    )


def test_the_namespace() -> None:
    """``Twilio.TaskRouter.Worker`` is the class that Python code imports."""
    names = Twilio.TaskRouter
    assert [names.Worker, names.TaskQueue, names.Workspace] == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_arguments(kind: Any) -> None:
    of_a_worker = ["connect_activity_sid", "disconnect_activity_sid"]
    of_a_worker += ["close_existing_sessions"]
    names = [
        "token",
        "debug",
        *(of_a_worker if kind is Worker else []),
        "region",
        "max_retries",
        "api_base_url",
        "event_bridge_base_url",
    ]
    parameters = inspect.signature(kind).parameters.values()
    positional = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    assert [each.name for each in positional] == names


def test_a_worker_by_position(
    token_for: Callable[[Any], str],
    emulator: Emulator,
    workspace: ReadyWorkspace,
    held: Held,
) -> None:
    activities = workspace.activities
    with Twilio.TaskRouter.Worker(
        token_for(Worker),
        False,
        activities["Break"],
        activities["Offline"],
        True,
        "ie1-ix",
        2,
        emulator.api_base_url,
        emulator.event_bridge_url,
    ) as worker:
        worker.wait_until_ready(LIMIT)
        emulator.wait_for_requests(method="POST", url="/Workers/")
    emulator.wait_for_requests(2, method="POST", url="/Workers/")
    # An explicit event bridge wins over the region, and both activities count.
    (upgrade,) = [each for each in emulator.requests if each.kind == "upgrade"]
    assert upgrade.params == {
        "closeExistingSessions": "true",
        "disconnectActivitySid": activities["Offline"],
    }
    bodies = [params for _, params in held.sent()]
    assert bodies[0] == {"ActivitySid": activities["Break"]}
    asked = [each.url for each in emulator.requests if each.kind == "bridge"]
    assert all(url.startswith(emulator.api_base_url) for url in asked)
    assert held.worker(workspace.workers["Alice"]).activity_name == "Offline"


@pytest.mark.parametrize("kind", [TaskQueue, Workspace])
def test_the_others_by_position(
    token_for: Callable[[Any], str], emulator: Emulator, kind: Any
) -> None:
    with kind(
        token_for(kind),
        False,
        "ie1-ix",
        2,
        emulator.api_base_url,
        emulator.event_bridge_url,
    ) as client:
        client.wait_until_ready(LIMIT)
    (asked,) = [each.url for each in emulator.requests if each.kind == "bridge"]
    assert asked.startswith(emulator.api_base_url)


@pytest.mark.parametrize("kind", KINDS)
def test_by_name(
    token_for: Callable[[Any], str], emulator: Emulator, kind: Any
) -> None:
    with kind(
        token=token_for(kind),
        debug="false",
        region=None,
        max_retries=1,
        api_base_url=None,
        event_bridge_base_url=emulator.event_bridge_url,
    ) as client:
        client.wait_until_ready(LIMIT)
        assert client.friendlyName


@pytest.mark.parametrize("kind", KINDS)
def test_max_retries(
    token_for: Callable[[Any], str], emulator: Emulator, kind: Any, no_pauses: None
) -> None:
    """In JavaScript it does nothing."""
    url = emulator.event_bridge_url
    with kind(token_for(kind), max_retries=2, event_bridge_base_url=url) as client:
        client.wait_until_ready(LIMIT)
        emulator.faults.answer(503, method="GET", times=2)
        assert client.fetch().sid == client.sid


@pytest.mark.parametrize("kind", KINDS)
def test_it_returns_at_once(token_for: Callable[[Any], str], kind: Any) -> None:
    """The connection is made in the background."""
    url = f"http://127.0.0.1:{unused_port()}"
    open_it = Background(lambda: kind(token_for(kind), event_bridge_base_url=url))
    open_it.result().close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_environment(
    token_for: Callable[[Any], str],
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
) -> None:
    """An unmodified script can be pointed at the emulator."""
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", emulator.event_bridge_url)
    monkeypatch.setenv("TASKROUTER_API_URL", emulator.api_base_url)
    with kind(token_for(kind)) as client:
        client.wait_until_ready(LIMIT)
    asked = [each.url for each in emulator.requests if each.kind == "bridge"]
    assert asked
    assert all(url.startswith(emulator.api_base_url) for url in asked)


@pytest.mark.parametrize(
    ("debug", "told"), [(True, True), (None, True), (False, False), ("false", False)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_debug(
    token_for: Callable[[Any], str],
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    kind: Any,
    debug: Any,
    told: bool,
) -> None:
    """On unless False or "false"; the token never appears."""
    token = token_for(kind)
    caplog.set_level(logging.DEBUG)
    url = emulator.event_bridge_url
    with kind(token, debug, event_bridge_base_url=url) as client:
        client.wait_until_ready(LIMIT)
    lines = [each for each in caplog.records if each.name.startswith("taskrouter_sync")]
    assert bool(lines) is told
    assert not any(part in caplog.text for part in token.split("."))


# Tokens that can't be used


def token_without(*names: str, **claims: Any) -> str:
    """A token for everything, but for some of its claims."""
    whole = {
        "account_sid": "AC1",
        "channel": "WK1",
        "workspace_sid": "WS1",
        "worker_sid": "WK1",
        "taskqueue_sid": "WQ1",
        **claims,
    }
    left = {name: value for name, value in whole.items() if name not in names}
    return jwt.encode(left, "0123456789abcdef" * 2, "HS256")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "A token is required"),
        ("", "A token is required"),
        ("no token", "The token is no JWT"),
        ("a.b", "The token is no JWT"),
        (5, "The token must be text, not int"),
        (token_without("account_sid"), "lacks account_sid"),
        (token_without("channel"), "lacks channel"),
        (token_without("workspace_sid"), "lacks workspace_sid"),
        (token_without("account_sid", "channel"), "lacks account_sid, channel"),
    ],
    ids=[
        "None",
        "empty",
        "no JWT",
        "two parts",
        "number",
        "no account",
        "no channel",
        "no workspace",
        "neither",
    ],
)
def test_a_token_that_can_t_be_used(kind: Any, token: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        kind(token)
    assert not isinstance(token, str) or not token or token not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "claim"), [(Worker, "worker_sid"), (TaskQueue, "taskqueue_sid")]
)
def test_a_token_of_the_wrong_kind(kind: Any, claim: str) -> None:
    """In JavaScript the text "undefined" goes into the URLs."""
    with pytest.raises(ValueError, match=f"The token lacks {claim}"):
        kind(token_without(claim))
