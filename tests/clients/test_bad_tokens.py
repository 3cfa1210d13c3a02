"""Tokens that can't be used: at construction, later, and as a source gives them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    HttpError,
    TaskQueue,
    TaskQueueCapabilityToken,
    TokenError,
    Worker,
    WorkerCapabilityToken,
    Workspace,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..conftest import MintToken, OpenWorker, ReadyWorker
from ..support.collector import Collector
from ..support.secrets import assert_no_secret
from .conftest import TokenDue


CLIENTS: list[Callable[..., Any]] = [Worker, TaskQueue, Workspace]

CLAIMS = {
    "account_sid": "AC1",
    "channel": "WK1",
    "workspace_sid": "WS1",
    "worker_sid": "WK1",
    "taskqueue_sid": "WQ1",
}


def unsigned(claims: Any) -> str:
    """Make a token of anything."""

    def part(value: Any) -> str:
        text = json.dumps(value).encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


# At construction.


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "A token is required"),
        ("", "A token is required"),
        (7, "must be text, not int"),
        (b"a.b.c", "must be text, not bytes"),
        ({"token": "x"}, "must be text, not dict"),
        ("secret", "no JWT"),
        ("secret.secret.secret", "no JWT"),
        (unsigned("secret"), "no JWT"),
        (unsigned(["secret"]), "no JWT"),
        ("\ud800.secret.secret", "no JWT"),
        ("secret" * 100_000, "no JWT"),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_what_is_no_token_raises_at_once(
    client: Callable[..., Any], token: Any, words: str
) -> None:
    with pytest.raises(TokenError, match=words) as caught:
        client(token)
    assert isinstance(caught.value, ValueError)
    assert_no_secret(caught.value, "secret")


@pytest.mark.parametrize("missing", ["account_sid", "channel", "workspace_sid"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_token_that_lacks_a_claim_raises_and_names_it(
    client: Callable[..., Any], missing: str
) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    with pytest.raises(TokenError, match=f"lacks {missing}"):
        client(unsigned(claims))


@pytest.mark.parametrize(
    ("client", "claim"), [(Worker, "worker_sid"), (TaskQueue, "taskqueue_sid")]
)
def test_a_token_of_another_kind_raises(client: Callable[..., Any], claim: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != claim}
    with pytest.raises(TokenError, match=f"lacks {claim}"):
        client(unsigned(claims))


@pytest.mark.parametrize("exp", ["soon", [], {}, True, float("nan")])
def test_a_token_whose_end_is_no_number_raises(exp: Any) -> None:
    with pytest.raises(TokenError):
        Worker(unsigned({**CLAIMS, "exp": exp}))


def test_a_token_that_the_service_does_not_know_is_refused(
    open_worker: OpenWorker, worker_token: MintToken
) -> None:
    token = worker_token() + "x"
    worker = open_worker(token)
    error = Collector().listen(worker, "error").expect("error")
    assert error.code in (401, 403)
    assert_no_secret(error, token)
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)


@pytest.mark.parametrize("exp", [0, -1, 1, 1_700_000_000])
def test_an_expired_token_is_told_and_not_tried(
    emulator: Emulator, open_worker: OpenWorker, token_due: TokenDue, exp: float
) -> None:
    worker = open_worker(token_due(exp - time.time()))
    came = Collector().listen(worker)
    came.expect("token.expired")
    with pytest.raises(HttpError, match="expired") as caught:
        worker.wait_until_ready(5.0)
    assert caught.value.code == 401
    assert came.names() == ["token.expired"]
    assert emulator.requests == []


@pytest.mark.parametrize("exp", [1e18, 10**400, 2**63])
def test_a_token_may_last_for_ages(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken, exp: float
) -> None:
    """The service may refuse it; the client does not mind."""
    worker = open_worker(unsigned({**CLAIMS, "exp": exp}))
    came = Collector().listen(worker)
    assert isinstance(came.expect("error"), HttpError)
    assert "token.expired" not in came.names()


# Later.


def others(emulator: Emulator, workspace: ReadyWorkspace) -> dict[str, Any]:
    """Tokens that Alice's client can't use, by what is wrong with them."""
    account, key = emulator.account_sid, emulator.auth_token
    wk = next(iter(workspace.workers.values()))
    ac, ws, bob = "AC" + "0" * 32, "WS" + "0" * 32, "WK" + "0" * 32
    queue = next(iter(workspace.task_queues.values()))
    return {
        f"account_sid is {ac}": WorkerCapabilityToken(ac, key, workspace.sid, wk),
        f"workspace_sid is {ws}": WorkerCapabilityToken(account, key, ws, wk),
        f"channel_sid is {bob}": WorkerCapabilityToken(
            account, key, workspace.sid, bob
        ),
        "lacks worker_sid": TaskQueueCapabilityToken(
            account, key, workspace.sid, queue
        ),
    }


@pytest.mark.parametrize("wrong", range(4))
def test_a_token_of_another_client_is_refused_and_the_old_one_stays(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    ready_worker: ReadyWorker,
    wrong: int,
) -> None:
    worker, _ = ready_worker()
    words, token = list(others(emulator, workspace).items())[wrong]
    text = token.to_jwt()
    with pytest.raises(TokenError, match=words) as caught:
        worker.update_token(text)
    assert_no_secret(caught.value, text)
    assert worker.fetch().friendlyName == "Alice"


@pytest.mark.parametrize("token", [None, "", 7, b"x", "no jwt", "a.b.c", lambda: "x"])
def test_what_is_no_token_is_refused_and_the_old_one_stays(
    ready_worker: ReadyWorker, token: Any
) -> None:
    worker, _ = ready_worker()
    with pytest.raises(TokenError):
        worker.update_token(token)
    assert worker.fetch().friendlyName == "Alice"


def test_a_token_of_the_past_is_told_as_expired(
    ready_worker: ReadyWorker, token_due: TokenDue
) -> None:
    worker, came = ready_worker()
    worker.update_token(token_due(-60))
    came.expect("token.expired")


def test_what_another_token_did_wrong_is_not_held_against_the_next(
    heard_worker: ReadyWorker, worker_token: MintToken
) -> None:
    worker, came = heard_worker(worker_token(allow_web_sockets=False))
    came.expect("disconnected")
    with pytest.raises(TokenError):
        worker.update_token("no jwt")
    worker.update_token(worker_token())
    worker.wait_until_ready(5.0)
