"""A program's own `requests.Session` sends the requests, set up as it is."""

from __future__ import annotations

import io
import json
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import trustme
from requests.adapters import BaseAdapter, HTTPAdapter

from taskrouter_sync import ConnectionFailed, HttpError, TaskQueue, Worker, Workspace
from taskrouter_sync.emulator import Emulator

from ...conftest import OpenWorker
from ...support.center import Center
from ...support.collector import Collector
from ...support.front import front


class Counting(HTTPAdapter):
    """Sends as requests does, and notes what."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.closed = False

    def send(self, request: Any, *args: Any, **keywords: Any) -> requests.Response:
        self.urls.append(request.url)
        return super().send(request, *args, **keywords)

    def close(self) -> None:
        self.closed = True
        super().close()


class Canned(BaseAdapter):
    """Answers by itself, with a body as files and test doubles have it."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__()
        self._status, self._body = status, json.dumps(body).encode()

    def send(self, request: Any, *args: Any, **keywords: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.reason = self._status, "Whatever"
        response.raw = io.BytesIO(self._body)
        response.url, response.request = request.url, request
        return response

    def close(self) -> None: ...


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_its_adapters_send_the_requests_of_every_client(
    center: Center, session: requests.Session, kind: Any
) -> None:
    adapter = Counting()
    session.mount("http://", adapter)
    session.headers["X-Request-Source"] = "support desk"
    client = center.ready(kind, http_session=session)
    client.fetch()
    sent = len(adapter.urls)
    assert sent >= 2
    assert all("/v1/wschannels/" in url for url in adapter.urls)
    client.close()
    assert not adapter.closed
    # The program goes on using it.
    assert session.get(center.emulator.url).ok
    assert len(adapter.urls) == sent + 1


@pytest.mark.parametrize("is_list", [False, True])
def test_its_hooks_see_the_responses(
    center: Center, session: requests.Session, is_list: bool
) -> None:
    seen: list[int] = []

    def note(response: requests.Response, *_: Any, **__: Any) -> None:
        seen.append(response.status_code)

    session.hooks["response"] = [note] if is_list else note  # type: ignore[assignment]
    client = center.ready(Workspace, http_session=session)
    seen.clear()
    client.fetch()
    assert seen == [200]


def test_the_clients_beside_it_have_theirs(
    center: Center, session: requests.Session
) -> None:
    adapter = Counting()
    session.mount("http://", adapter)
    first = center.ready(Worker, http_session=session)
    sent = len(adapter.urls)
    second = center.ready(Workspace)
    second.fetch()
    assert len(adapter.urls) == sent
    first.close()
    assert second.fetch().sid == center.sids.sid


@pytest.mark.parametrize("is_own", [False, True])
def test_with_each_lost_websocket_the_kept_connections_are_given_up(
    emulator: Emulator,
    open_worker: OpenWorker,
    session: requests.Session,
    no_pauses: None,
    is_own: bool,
) -> None:
    """What has lost the one may have lost the others: however often in a second."""
    with front(emulator.event_bridge_url) as way:
        worker = open_worker(
            event_bridge_base_url=way.url,
            http_session=session if is_own else None,
        )
        came = Collector().listen(worker, "disconnected")
        worker.wait_until_ready(5)
        for _ in range(3):
            before = way.connections
            emulator.faults.cut_sockets()
            came.expect("disconnected")
            worker.wait_until_ready(5)
            assert way.connections >= before + 2
        worker.close()


def test_a_lost_websocket_closes_no_adapter_of_the_program(
    center: Center, session: requests.Session, no_pauses: None
) -> None:
    adapter = Counting()
    session.mount("http://", adapter)
    worker = center.ready(Worker, http_session=session)
    came = Collector().listen(worker, "disconnected", "ready")
    center.emulator.faults.cut_sockets()
    came.expect("disconnected")
    came.expect("ready")
    assert not adapter.closed
    worker.close()


class Exiting(HTTPAdapter):
    """Ends the program instead of sending one request, if it is told so."""

    exits = False

    def send(self, request: Any, *args: Any, **keywords: Any) -> requests.Response:
        if self.exits:
            self.exits = False
            raise SystemExit(3)
        return super().send(request, *args, **keywords)


def test_an_adapter_that_exits_is_the_error_of_its_request(
    center: Center, session: requests.Session, no_pauses: None
) -> None:
    """Also of one that the client makes by itself: it is repeated."""
    adapter = Exiting()
    session.mount("http://", adapter)
    worker = center.ready(Worker, http_session=session)
    came = Collector().listen(worker, "disconnected", "error", "ready")
    adapter.exits = True
    center.emulator.faults.cut_sockets()
    came.expect("disconnected")
    assert "SystemExit" in came.expect("error").message
    came.expect("ready")
    worker.close()


class Ringing(Counting):
    """Raises a signal before it sends the first request that it is told of."""

    rings = False

    def send(self, request: Any, *args: Any, **keywords: Any) -> requests.Response:
        if self.rings:
            self.rings = False
            signal.raise_signal(signal.SIGINT)
        return super().send(request, *args, **keywords)


def test_its_adapters_send_what_a_signal_handler_asks_for_during_a_request(
    center: Center, session: requests.Session
) -> None:
    adapter = Ringing()
    session.mount("http://", adapter)
    worker = center.ready(Worker, http_session=session)
    sent = len(adapter.urls)
    found: list[Any] = []
    usual = signal.signal(
        signal.SIGINT, lambda *_: found.append(worker.activities.fetch())
    )
    try:
        adapter.rings = True
        found.append(worker.fetch())
    finally:
        signal.signal(signal.SIGINT, usual)
    activities, alice = found
    assert "Break" in {each.friendlyName for each in activities}
    assert alice.friendlyName == "Alice"
    assert len(adapter.urls) == sent + 2
    worker.close()


def test_ctrl_c_in_code_without_lines_stays_what_it_is(
    center: Center, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python 3.11 on some of a program's instructions have no line."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    interrupt.__code__ = interrupt.__code__.replace(co_linetable=b"")
    worker = center.ready(Worker, http_session=session)
    monkeypatch.setattr(session, "send", interrupt)
    with pytest.raises(KeyboardInterrupt):
        worker.fetch()
    worker.close()


@pytest.mark.parametrize("status", [200, 404])
def test_an_adapter_may_answer_by_itself(
    center: Center, session: requests.Session, status: int
) -> None:
    worker = center.ready(Worker, http_session=session)
    payload = {"sid": center.alice, "friendly_name": "Canned"}
    body = {"payload": payload} if status == 200 else {"message": "no such worker"}
    session.mount(center.emulator.url, Canned(status, body))
    if status == 200:
        assert worker.fetch().friendlyName == "Canned"
    else:
        with pytest.raises(HttpError, match="no such worker"):
            worker.fetch()


def test_the_responses_package_answers_it(
    center: Center, session: requests.Session
) -> None:
    worker = center.ready(Worker, http_session=session)
    payload = {"sid": center.alice, "friendly_name": "Mocked"}
    channel = f"{center.emulator.event_bridge_url}/v1/wschannels/"
    url = f"{channel}{center.emulator.account_sid}/{center.alice}"
    with responses.RequestsMock() as mocked:
        mocked.post(url, json={"payload": payload})
        assert worker.fetch().friendlyName == "Mocked"
        mocked.replace("POST", url, json={"message": "not now"}, status=503)
        with pytest.raises(HttpError, match="not now"):
            worker.fetch()
        mocked.replace("POST", url, body=requests.ConnectionError("cut"))
        with pytest.raises(ConnectionFailed):
            worker.fetch()
        sent = json.loads(mocked.calls[0].request.body)
    assert sent["method"] == "GET"
    assert sent["url"].endswith(center.alice)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """It signs the server's certificate and those of the clients."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # With requests they win over what a session says.
        monkeypatch.delenv(name, raising=False)
    return trustme.CA()


@pytest.fixture
def demanding_url(emulator: Emulator, authority: trustme.CA) -> Iterator[str]:
    """The emulator behind TLS that asks clients for a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with front(emulator.event_bridge_url, context) as made:
        yield made.url.replace("http:", "https:")


@pytest.mark.parametrize("files", [1, 2])
def test_its_client_certificate_opens_requests_and_the_websocket(
    demanding_url: str,
    authority: trustme.CA,
    open_worker: OpenWorker,
    emulator: Emulator,
    session: requests.Session,
    tmp_path: Path,
    files: int,
) -> None:
    paths = [str(tmp_path / name) for name in ("bundle", "own", "key")]
    authority.cert_pem.write_to_path(paths[0])
    own = authority.issue_cert("agent@desk.example")
    if files == 1:
        own.private_key_and_cert_chain_pem.write_to_path(paths[1])
        session.cert = paths[1]
    else:
        own.cert_chain_pems[0].write_to_path(paths[1])
        own.private_key_pem.write_to_path(paths[2])
        session.cert = paths[1], paths[2]
    session.verify = tmp_path / "bundle"  # type: ignore[assignment]
    with open_worker(
        event_bridge_base_url=demanding_url, http_session=session
    ) as worker:
        came = Collector().listen(worker)
        worker.wait_until_ready(5)
        emulator.create_task()
        came.expect("reservation.created")
        assert worker.fetch().friendlyName == "Alice"


def test_its_missing_certificate_is_named(
    demanding_url: str, open_worker: OpenWorker, session: requests.Session
) -> None:
    session.cert = "/nowhere/own.pem"
    with open_worker(
        event_bridge_base_url=demanding_url, http_session=session
    ) as worker:
        words = "the client certificate /nowhere/own.pem does not exist"
        with pytest.raises(ConnectionFailed, match=words):
            worker.fetch()


@pytest.mark.parametrize("value", ["of a file\n", 5])
def test_its_header_that_can_t_be_sent_is_not_the_service_s_fault(
    center: Center, session: requests.Session, value: Any
) -> None:
    worker = center.ready(Worker, http_session=session)
    session.headers["X-Api-Key"] = value
    with pytest.raises(ConnectionFailed, match="could not be sent"):
        worker.fetch()
    worker.close()


def test_without_it_such_a_service_can_t_be_reached(
    demanding_url: str,
    authority: trustme.CA,
    open_worker: OpenWorker,
    session: requests.Session,
    tmp_path: Path,
) -> None:
    bundle = str(tmp_path / "bundle")
    authority.cert_pem.write_to_path(bundle)
    session.verify = bundle
    with open_worker(
        event_bridge_base_url=demanding_url, http_session=session
    ) as worker:
        came = Collector().listen(worker, "error")
        assert isinstance(came.expect("error"), ConnectionFailed)
        with pytest.raises(ConnectionFailed):
            worker.fetch()
