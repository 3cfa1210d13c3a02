"""Tokens that can't be used: at construction, and later."""

from __future__ import annotations

import base64
import json
import time
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

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.backend import ReadyWorkspace
from ...support.collector import Collector
from ...support.secrets import assert_no_secret
from .conftest import TokenDue


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


def without(*names: str, **more: Any) -> str:
    kept = {name: value for name, value in CLAIMS.items() if name not in names}
    return unsigned(kept | more)


NO_TOKENS = [
    (None, "A token is required"),
    ("", "A token is required"),
    (7, "must be a string, not int"),
    (b"a.b.c", "must be a string, not bytes"),
    ({"token": "x"}, "must be a string, not dict"),
    ("secret", "not a valid JWT"),
    ("a.b", "not a valid JWT"),
    ("secret.secret.secret", "not a valid JWT"),
    (unsigned("secret"), "not a valid JWT"),
    (unsigned(["secret"]), "not a valid JWT"),
    ("\ud800.secret.secret", "not a valid JWT"),
    ("secret" * 100_000, "not a valid JWT"),
    (without("account_sid"), "lacks account_sid"),
    (without("channel"), "lacks channel"),
    (without("workspace_sid"), "lacks workspace_sid"),
    (without("account_sid", "channel"), "lacks account_sid, channel"),
    *(
        (without(exp=exp), ".")
        for exp in ("soon", list[str](), dict[str, str](), True, float("nan"))
    ),
]


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
@pytest.mark.parametrize(("token", "words"), NO_TOKENS, ids=lambda it: f"{it!r:.40}")
def test_what_is_no_token_raises_at_once(kind: Any, token: Any, words: str) -> None:
    with pytest.raises(TokenError, match=words) as caught:
        kind(token)
    assert isinstance(caught.value, ValueError)
    assert_no_secret(caught.value, "secret")
    if isinstance(token, str) and token:
        assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "claim"), [(Worker, "worker_sid"), (TaskQueue, "taskqueue_sid")]
)
def test_a_token_of_the_wrong_kind_raises(kind: Any, claim: str) -> None:
    """In JavaScript the text "undefined" goes into the URLs."""
    with pytest.raises(TokenError, match=f"The token lacks {claim}"):
        kind(without(claim))


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
def test_a_token_may_last_for_ages(open_worker: OpenWorker, exp: float) -> None:
    """The service may refuse it; the client does not mind."""
    came = Collector().listen(open_worker(without(exp=exp)))
    assert isinstance(came.expect("error"), HttpError)
    assert "token.expired" not in came.names()


# Later.


def others(emulator: Emulator, workspace: ReadyWorkspace) -> dict[str, Any]:
    """Tokens that Alice's client can't use, by what is wrong with them."""
    account, key = emulator.account_sid, emulator.auth_token
    alice, queue = workspace.workers["Alice"], workspace.task_queues["Everyone"]
    ac, ws, bob = "AC" + "0" * 32, "WS" + "0" * 32, "WK" + "0" * 32
    kind = WorkerCapabilityToken
    return {
        f"account_sid is {ac}": kind(ac, key, workspace.sid, alice),
        f"workspace_sid is {ws}": kind(account, key, ws, alice),
        f"channel_sid is {bob}": kind(account, key, workspace.sid, bob),
        "lacks worker_sid": TaskQueueCapabilityToken(
            account, key, workspace.sid, queue
        ),
    }


def test_a_token_that_can_t_be_used_is_refused_and_the_old_one_stays(
    emulator: Emulator, workspace: ReadyWorkspace, ready_worker: ReadyWorker
) -> None:
    worker, _ = ready_worker()
    for words, token in others(emulator, workspace).items():
        text = token.to_jwt()
        with pytest.raises(TokenError, match=words) as caught:
            worker.update_token(text)
        assert_no_secret(caught.value, text)
    for wrong, words in [*NO_TOKENS, (lambda: "x", "must be a string")]:
        with pytest.raises(TokenError, match=words):
            worker.update_token(wrong)
    assert worker.fetch().friendlyName == "Alice"


def test_what_another_token_did_wrong_is_not_held_against_the_next(
    heard_worker: ReadyWorker, worker_token: MintToken
) -> None:
    worker, came = heard_worker(worker_token(allow_web_sockets=False))
    came.expect("disconnected")
    with pytest.raises(TokenError):
        worker.update_token("no jwt")
    worker.update_token(worker_token())
    worker.wait_until_ready(5.0)
