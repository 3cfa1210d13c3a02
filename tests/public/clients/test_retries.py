"""`max_retries`: only what is safe to repeat is repeated."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter

from taskrouter_sync import HttpError, TaskRouterError, Worker
from taskrouter_sync.emulator import Emulator

from ...support.center import Center
from ...support.collector import LIMIT, Collector
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
    emulator.faults.delay(60.0, method=method)


@pytest.mark.parametrize(
    ("trouble", "repeated"),
    [
        (status(429), ["GET", "POST"]),
        (status(500), ["GET", "POST"]),
        (status(503), ["GET", "POST"]),
        # The service has given up waiting: for a POST nobody knows what it has read.
        (status(408), ["GET"]),
        # The service may have done what was asked.
        (status(502), ["GET"]),
        (status(504), ["GET"]),
        (lost, ["GET"]),
        (slow, ["GET"]),
        (status(400), []),
        (status(404), []),
        (status(409), []),
    ],
    ids=["429", "500", "503", "408", "502", "504", "lost", "slow", "400", "404", "409"],
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
    worker = center.ready(Worker, max_retries=1, _timing=timing(answer=2.0))
    asked = len(emulator.requests)
    trouble(emulator, method)
    if method in repeated:
        assert CALLS[method](worker).sid == worker.sid
    else:
        with pytest.raises(TaskRouterError):
            CALLS[method](worker)
    sent = [each.method for each in emulator.requests[asked:]]
    assert sent == [method] * (1 + (method in repeated))


@contextmanager
def mocked_worker(
    center: Center, session: requests.Session
) -> Iterator[tuple[Worker, responses.RequestsMock, str]]:
    """Give a client, what answers its requests from now on, and where they go."""
    url = f"{center.emulator.event_bridge_url}/v1/wschannels/"
    url += f"{center.emulator.account_sid}/{center.alice}"
    with responses.RequestsMock() as mocked:
        mocked.add_passthru(center.emulator.url)
        with center.ready(Worker, http_session=session, max_retries=1) as worker:
            mocked.passthru_prefixes = ()
            yield worker, mocked, url


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
    session: requests.Session,
    no_pauses: None,
    method: str,
    error: requests.RequestException,
    repeated: list[str],
) -> None:
    with mocked_worker(center, session) as (worker, mocked, url):
        mocked.post(url, body=error)
        if method in repeated:
            mocked.post(url, json={"payload": {"sid": center.alice}})
            assert CALLS[method](worker).sid == center.alice
        else:
            with pytest.raises(TaskRouterError):
                CALLS[method](worker)
        assert len(mocked.calls) == 1 + (method in repeated)


def test_without_it_nothing_is_repeated(center: Center) -> None:
    worker = center.ready(Worker)
    asked = len(center.emulator.requests)
    center.emulator.faults.answer(503)
    with pytest.raises(HttpError):
        worker.fetch()
    assert len(center.emulator.requests) == asked + 1


class Busy(HTTPAdapter):
    """Lets the service be busy for half a minute, but for what it is not told.

    Attributes:
        asked: method and last part of the URL of each request.
        refused: those that are refused.
        may_begin: set when somebody listens; no request is sent before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.refused = ""
        self.may_begin = threading.Event()

    def send(self, request: Any, *args: Any, **keywords: Any) -> requests.Response:
        assert self.may_begin.wait(LIMIT)
        envelope = json.loads(request.body)
        self.asked.append(f"{envelope['method']} {envelope['url'].rpartition('/')[2]}")
        if self.asked[-1] != self.refused:
            return super().send(request, *args, **keywords)
        response = requests.Response()
        response.status_code, response.raw = 503, io.BytesIO(b"{}")
        response.headers["Retry-After"] = "30"
        return response


@pytest.mark.parametrize(
    ("what", "is_first"),
    [
        ("GET WK…", True),
        ("GET Reservations", True),
        ("POST WK…", True),
        ("GET WK…", False),
        ("GET Reservations", False),
        ("GET Channels", False),
    ],
    ids=[
        *("ready", "what is pending", "the connect activity"),
        *("ready again", "what was missed", "the channels"),
    ],
)
def test_what_the_client_asks_for_by_itself_waits_as_long_as_the_service_says(
    center: Center,
    session: requests.Session,
    no_pauses: None,
    what: str,
    is_first: bool,
) -> None:
    adapter = Busy()
    refused = what.replace("WK…", center.alice)
    session.mount("http://", adapter)
    if is_first:
        adapter.refused = refused
    worker = center.open(Worker, http_session=session, connect_activity_sid=center.rest)
    came = Collector().listen(worker, "activity.update", "capacity.update", "error")
    adapter.may_begin.set()
    if not is_first:
        came.expect("activity.update")
        center.backend.update_channel(center.alice, "default", capacity=5)
        came.expect("capacity.update")
        adapter.asked.clear()
        adapter.refused = refused
        center.emulator.faults.cut_sockets()
    error = came.expect("error")
    assert (error.code, error.retry_after) == (503, 30.0)
    # It would be asked for at once, before any of these frames is told.
    for _ in range(20):
        center.settle(worker)
    assert adapter.asked.count(refused) == 1
    # Meanwhile the client does all else.
    adapter.refused = ""
    assert worker.fetch().sid == center.alice
    worker.close()


def test_the_service_says_when_to_try_again(
    center: Center, session: requests.Session, no_pauses: None
) -> None:
    with mocked_worker(center, session) as (worker, mocked, url):
        mocked.post(url, status=429, headers={"Retry-After": "0.3"})
        mocked.post(url, json={"payload": {"sid": center.alice}})
        started = time.monotonic()
        worker.fetch()
        assert time.monotonic() - started >= 0.3
