"""`max_retries`: only what is safe to repeat is repeated."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from taskrouter_sync import HttpError, TaskRouterError, Worker
from taskrouter_sync.emulator import Emulator

from ...support.center import Center
from ...support.internals import timing


Trouble = Callable[[Emulator, str], None]

CALLS: dict[str, Callable[[Worker], Any]] = {
    "GET": lambda worker: worker.fetch(),
    "POST": lambda worker: worker.update("FriendlyName", "Ann"),
}


def status(code: int) -> Trouble:
    def answer(emulator: Emulator, method: str) -> None:
        emulator.faults.answer(code, method=method)

    return answer


def lost(emulator: Emulator, method: str) -> None:
    emulator.faults.drop_requests(method=method)


def slow(emulator: Emulator, method: str) -> None:
    emulator.faults.delay(2.0, method=method)


@pytest.mark.parametrize(
    ("trouble", "repeated"),
    [
        (status(429), ["GET", "POST"]),
        (status(500), ["GET", "POST"]),
        (status(503), ["GET", "POST"]),
        # The service may have done what was asked.
        (status(502), ["GET"]),
        (status(504), ["GET"]),
        (lost, ["GET"]),
        (slow, ["GET"]),
        (status(400), []),
        (status(404), []),
        (status(409), []),
    ],
    ids=["429", "500", "503", "502", "504", "lost", "slow", "400", "404", "409"],
)
@pytest.mark.parametrize("method", CALLS)
def test_what_is_repeated(
    center: Center,
    no_pauses: None,
    method: str,
    trouble: Trouble,
    repeated: list[str],
) -> None:
    emulator = center.emulator
    worker = center.ready(Worker, max_retries=1, _timing=timing(answer=0.5))
    asked = len(emulator.requests)
    trouble(emulator, method)
    if method in repeated:
        assert CALLS[method](worker).sid == worker.sid
    else:
        with pytest.raises(TaskRouterError):
            CALLS[method](worker)
    sent = [each.method for each in emulator.requests[asked:]]
    assert sent == [method] * (1 + (method in repeated))


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    ("error", "repeated"),
    [
        (requests.ConnectTimeout(), ["GET", "POST"]),
        (requests.ReadTimeout(), ["GET"]),
        (requests.exceptions.ChunkedEncodingError(), ["GET"]),
    ],
    ids=["before it was sent", "after it was sent", "in the response"],
)
def test_what_did_not_reach_the_service_is_repeated(
    center: Center,
    no_pauses: None,
    method: str,
    error: requests.RequestException,
    repeated: list[str],
) -> None:
    with requests.Session() as session, responses.RequestsMock() as mocked:
        mocked.add_passthru(center.emulator.url)
        worker = center.ready(Worker, http_session=session, max_retries=1)
        mocked.passthru_prefixes = ()
        url = f"{center.emulator.event_bridge_url}/v1/wschannels/"
        url += f"{center.emulator.account_sid}/{center.alice}"
        mocked.post(url, body=error)
        if method in repeated:
            mocked.post(url, json={"payload": {"sid": center.alice}})
            assert CALLS[method](worker).sid == center.alice
        else:
            with pytest.raises(TaskRouterError):
                CALLS[method](worker)
        assert len(mocked.calls) == 1 + (method in repeated)
        worker.close()


def test_without_it_nothing_is_repeated(center: Center) -> None:
    worker = center.ready(Worker)
    asked = len(center.emulator.requests)
    center.emulator.faults.answer(503)
    with pytest.raises(HttpError):
        worker.fetch()
    assert len(center.emulator.requests) == asked + 1


def test_the_service_says_when_to_try_again(center: Center, no_pauses: None) -> None:
    with requests.Session() as session, responses.RequestsMock() as mocked:
        mocked.add_passthru(center.emulator.url)
        worker = center.ready(Worker, http_session=session, max_retries=1)
        mocked.passthru_prefixes = ()
        url = f"{center.emulator.event_bridge_url}/v1/wschannels/"
        url += f"{center.emulator.account_sid}/{center.alice}"
        mocked.post(url, status=429, headers={"Retry-After": "0.3"})
        mocked.post(url, json={"payload": {"sid": center.alice}})
        started = time.monotonic()
        worker.fetch()
        assert time.monotonic() - started >= 0.3
        worker.close()
