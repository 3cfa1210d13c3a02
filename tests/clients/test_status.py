"""Whether a client works: what is waited for, and what keeps it from working."""

from __future__ import annotations

import threading

import pytest

from taskrouter_sync.clients.status import Status
from taskrouter_sync.errors import ClientClosed, HttpError, RequestTimeout
from taskrouter_sync.tokens import Token

from ..support.collector import Background


def token() -> Token:
    return Token("text", "AC1", "WS1", "WK1", "WK1", None)


class Client:
    """A status, and the token of its client."""

    def __init__(self) -> None:
        self.token = token()
        self.status = Status(lambda: self.token)

    def refuse(self, message: str = "no") -> None:
        self.status.refuse(HttpError(403, message), self.token)


@pytest.fixture
def client() -> Client:
    return Client()


def test_ready_ends_the_waiting(client: Client) -> None:
    waiting = Background(lambda: client.status.wait_until_ready(None))
    client.status.set_ready(True)
    waiting.result()


def test_ready_may_have_come_before(client: Client) -> None:
    client.status.set_ready(True)
    client.status.wait_until_ready(0.0)


def test_what_is_over_is_waited_for_again(client: Client) -> None:
    client.status.set_ready(True)
    client.status.set_ready(False)
    with pytest.raises(RequestTimeout, match=r"not ready within 0\.01 s$"):
        client.status.wait_until_ready(0.01)


def test_a_refusal_ends_the_waiting(client: Client) -> None:
    waiting = Background(lambda: client.status.wait_until_ready(None))
    client.refuse()
    with pytest.raises(HttpError, match="no"):
        waiting.result()


def test_a_refusal_of_an_old_token_does_not_count(client: Client) -> None:
    old, client.token = client.token, token()
    client.status.refuse(HttpError(403, "no"), old)
    assert client.status.refusal is None


def test_another_token_clears_the_refusal(client: Client) -> None:
    client.refuse()
    client.token = token()
    client.status.renewed()
    assert client.status.refusal is None
    with pytest.raises(RequestTimeout):
        client.status.wait_until_ready(0.0)


def test_ready_clears_the_refusal(client: Client) -> None:
    client.refuse()
    client.status.set_ready(True)
    assert client.status.refusal is None


def test_a_time_out_tells_what_went_wrong_last(client: Client) -> None:
    trouble = HttpError(503, "busy")
    client.status.trouble(HttpError(500, "oh"))
    client.status.trouble(trouble)
    with pytest.raises(RequestTimeout, match="busy") as caught:
        client.status.wait_until_ready(0.0)
    assert caught.value.__cause__ is trouble


@pytest.mark.parametrize("ready", [True, False])
def test_close_ends_all_waiting(client: Client, ready: bool) -> None:
    client.status.set_ready(ready)
    waiting = [] if ready else [_waiter(client) for _ in range(3)]
    assert client.status.close()
    assert client.status.closed
    for each in waiting:
        with pytest.raises(ClientClosed):
            each.result()
    with pytest.raises(ClientClosed):
        client.status.wait_until_ready(None)


def _waiter(client: Client) -> Background:
    entered = threading.Event()

    def wait_until_ready() -> None:
        entered.set()
        client.status.wait_until_ready(None)

    waiting = Background(wait_until_ready)
    assert entered.wait(5.0)
    return waiting


def test_only_the_first_close_counts(client: Client) -> None:
    assert client.status.close()
    assert not client.status.close()


def test_a_closed_one_does_not_tell_of_refusals(client: Client) -> None:
    client.refuse()
    client.status.close()
    with pytest.raises(ClientClosed):
        client.status.wait_until_ready(None)
