"""Requests of a client: what is repeated, with which token, and when it ends."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskrouter_sync import WorkerCapabilityToken
from taskrouter_sync.errors import (
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TokenError,
)
from taskrouter_sync.session import Limits, Session
from taskrouter_sync.tokens import read_token
from taskrouter_sync.wire import backoff
from taskrouter_sync.wire.requester import Requester

from .support.collector import Background, Collector
from .support.raw_server import Peer, RawServer, unused_port
from .support.secrets import assert_no_secret


Reply = Callable[[Peer], None]

OK = {"payload": {"sid": "WK1", "friendly_name": "Ann"}}


def mint(worker_sid: str = "WK1", ttl: float = 3600) -> str:
    return WorkerCapabilityToken("AC1", "key", "WS1", worker_sid, ttl=ttl).to_jwt()


def says(status: int, body: Any = None, **headers: str) -> Reply:
    text = json.dumps({"message": "no"} if body is None else body).encode()
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda peer: peer.answer(status, text, fields)


ok = says(200, OK)


class Service:
    """Gives its replies one by one, and keeps the envelopes."""

    def __init__(self, *replies: Reply) -> None:
        self.envelopes: list[dict[str, Any]] = []
        self.asked = Collector()
        self._replies = iter(replies)
        self.server = RawServer(*[self._serve] * 20)

    def _serve(self, peer: Peer) -> None:
        while peer.next_head():
            self.envelopes.append(json.loads(peer.read_body()))
            self.asked.add("request")
            next(self._replies)(peer)

    @property
    def tokens(self) -> list[str]:
        return [each["token"] for each in self.envelopes]


class Made(Collector):
    """A session, and what it told its client."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__()
        self.requester = Requester()
        self.session = Session(
            requester=self.requester,
            endpoint=self.requester.endpoint(f"{url}/v1/wschannels/AC1/WK1"),
            api_url="https://taskrouter.twilio.com/v1",
            path="/Workers/WK1",
            read=lambda text: read_token(text, "worker_sid"),
            hear=self.callback("event"),
            notice=self.callback("notice"),
            token_changed=self.callback("token changed"),
            **{
                "token": read_token(mint(), "worker_sid"),
                "source": None,
                "max_retries": 0,
                "limits": Limits(),
                "factory": Factory(),
                **options,
            },
        )

    def get(self) -> Any:
        return self.session.request("GET", self.session.resource_url).payload

    def post(self) -> Any:
        url = self.session.resource_url
        return self.session.request("POST", url, {"A": "b"}).payload


class Factory:
    """Makes of a payload the payload."""

    def make(self, session: Session, payload: Any, url: str | None = None) -> Any:
        return payload

    def neighbor(self, session: Session, sid: Any, context: Any) -> Any:
        return sid


Make = Callable[..., tuple[Made, Service]]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make a session that gets these replies."""
    opened: list[tuple[Made, RawServer]] = []

    def make_one(*replies: Reply, **options: Any) -> tuple[Made, Service]:
        service = Service(*replies)
        service.server.__enter__()
        made = Made(service.server.url, **options)
        opened.append((made, service.server))
        return made, service

    yield make_one
    for made, server in opened:
        made.session.close()
        made.requester.close()
        server.__exit__(None, None, None)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Chance gives no wait; lists the attempts before which there was one."""
    attempts: list[int] = []

    def delay(attempt: int, chance: Callable[[], float]) -> float:
        attempts.append(attempt)
        return 0.0

    monkeypatch.setattr(backoff, "delay", delay)
    return attempts


# One request.


def test_the_envelope_holds_what_is_asked(make: Make) -> None:
    made, service = make(ok)
    made.session.request("GET", "https://x/y", {"a": 1}, event_type="ready")
    assert service.envelopes == [
        {
            "url": "https://x/y",
            "method": "GET",
            "params": {"a": 1},
            "event_type": "ready",
            "token": made.session.token.text,
        }
    ]


def test_what_is_not_given_is_left_out(make: Make) -> None:
    made, service = make(ok)
    made.get()
    assert set(service.envelopes[0]) == {"url", "method", "token"}


def test_the_result_is_the_payload(make: Make) -> None:
    made, _ = make(ok)
    assert made.get() == OK["payload"]


def test_the_event_of_an_answer_is_heard_before_the_result(make: Make) -> None:
    made, _ = make(says(200, {**OK, "event_type": "custom"}))
    entity = made.session.entity_from("GET", made.session.resource_url)
    event = made.expect("event")
    assert (event.type, event.payload) == ("custom", entity)
    assert made.names() == ["event", "notice"]


def test_the_answer_to_a_delete_may_bring_an_event_too(make: Make) -> None:
    made, _ = make(says(200, {"payload": None, "event_type": "custom"}))
    made.session.delete(made.session.resource_url)
    assert made.expect("event").type == "custom"


def test_what_came_is_shown_before_anybody_takes_notice(make: Make) -> None:
    made, _ = make(ok)
    url, show = made.session.resource_url, made.callback("show")
    entity = made.session.entity_from("POST", url, {"A": "b"}, show=show)
    assert made.calls() == [("show", (OK["payload"],)), ("notice", (entity,))]


def test_a_delete_has_no_result(make: Make) -> None:
    made, _ = make(lambda peer: peer.answer(204))
    made.session.delete(made.session.resource_url)


# What is repeated.

SAFE = [says(429), says(500), says(503)]
GET_ONLY = [says(502), says(504), Peer.cut]
NEVER = [says(400), says(401), says(403), says(404), says(409), says(200, [])]


@pytest.mark.parametrize("reply", [*SAFE, *GET_ONLY])
def test_a_get_that_meets_trouble_is_repeated(
    make: Make, pauses: list[int], reply: Reply
) -> None:
    made, _ = make(reply, reply, ok, max_retries=2)
    assert made.get() == OK["payload"]
    assert pauses == [1, 2]


@pytest.mark.parametrize("reply", SAFE)
def test_a_post_that_the_service_put_off_is_repeated(
    make: Make, pauses: list[int], reply: Reply
) -> None:
    made, _ = make(reply, ok, max_retries=2)
    assert made.post() == OK["payload"]
    assert pauses == [1]


@pytest.mark.parametrize("reply", [*GET_ONLY, *NEVER])
def test_a_post_that_may_have_been_done_is_not_repeated(
    make: Make, pauses: list[int], reply: Reply
) -> None:
    made, service = make(reply, ok, max_retries=5)
    with pytest.raises((HttpError, ConnectionFailed, InvalidResponse)):
        made.post()
    assert (len(service.envelopes), pauses) == (1, [])


@pytest.mark.parametrize("reply", NEVER)
def test_a_get_that_is_refused_is_not_repeated(
    make: Make, pauses: list[int], reply: Reply
) -> None:
    made, service = make(reply, ok, max_retries=5)
    with pytest.raises((HttpError, InvalidResponse)):
        made.get()
    assert (len(service.envelopes), pauses) == (1, [])


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_did_not_reach_the_service_is_repeated(
    method: str, pauses: list[int]
) -> None:
    made = Made(f"http://127.0.0.1:{unused_port()}", max_retries=3)
    with pytest.raises(ConnectionFailed):
        made.session.request(method, "https://x/y")
    assert pauses == [1, 2, 3]
    made.requester.close()


def test_a_get_without_an_answer_is_repeated(make: Make, pauses: list[int]) -> None:
    made, _ = make(Peer.stall, ok, max_retries=1, limits=Limits(answer=0.05))
    assert made.get() == OK["payload"]


def test_a_post_without_an_answer_is_not_repeated(
    make: Make, pauses: list[int]
) -> None:
    made, service = make(Peer.stall, ok, max_retries=1, limits=Limits(answer=0.05))
    with pytest.raises(RequestTimeout):
        made.post()
    assert len(service.envelopes) == 1


def test_nothing_is_repeated_by_default(make: Make, pauses: list[int]) -> None:
    made, service = make(says(503), ok)
    with pytest.raises(HttpError):
        made.get()
    assert len(service.envelopes) == 1


def test_the_last_attempt_s_error_is_the_error(make: Make, pauses: list[int]) -> None:
    made, service = make(says(500), says(503), says(429), ok, max_retries=2)
    with pytest.raises(HttpError) as caught:
        made.get()
    assert caught.value.code == 429
    assert len(service.envelopes) == 3


def test_the_service_s_own_wait_is_kept(make: Make, pauses: list[int]) -> None:
    made, _ = make(says(429, Retry_After="0.2"), ok, max_retries=1)
    started = time.monotonic()
    made.get()
    assert time.monotonic() - started >= 0.2


# Tokens.


def test_update_token_is_for_the_next_request(make: Make) -> None:
    made, service = make(ok, ok)
    first, second = made.session.token.text, mint(ttl=7200)
    made.get()
    made.session.update_token(second)
    made.get()
    assert service.tokens == [first, second]
    assert made.names() == ["token changed"]


def test_a_token_of_another_worker_is_refused_and_not_used(make: Make) -> None:
    made, service = make(ok)
    first = made.session.token.text
    with pytest.raises(TokenError, match="WK2"):
        made.session.update_token(mint("WK2"))
    made.get()
    assert service.tokens == [first]
    assert made.names() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_fresh_token_is_asked_for_after_401(make: Make, method: str) -> None:
    fresh = mint(ttl=7200)
    made, service = make(says(401), ok, source=lambda: fresh)
    first = made.session.token.text
    made.session.request(method, "https://x/y")
    assert service.tokens == [first, fresh]


def test_a_fresh_token_is_asked_for_once(make: Make) -> None:
    asked: list[str] = []

    def source() -> str:
        asked.append("asked")
        return mint(ttl=7200 + len(asked))

    made, service = make(says(401), says(401), ok, source=source)
    with pytest.raises(HttpError) as caught:
        made.get()
    assert caught.value.code == 401
    assert (len(asked), len(service.envelopes)) == (1, 2)


def test_a_request_that_must_not_run_the_user_s_code_does_not(make: Make) -> None:
    made, _ = make(says(401), ok, source=lambda: pytest.fail("it was asked"))
    with pytest.raises(HttpError):
        made.session.request("GET", "https://x/y", may_refresh=False)


def test_401_without_a_source_is_an_error(make: Make) -> None:
    made, service = make(says(401), ok, max_retries=3)
    with pytest.raises(HttpError):
        made.get()
    assert len(service.envelopes) == 1


def test_403_asks_for_no_token(make: Make) -> None:
    made, _ = make(says(403), source=lambda: pytest.fail("it was asked"))
    with pytest.raises(HttpError):
        made.get()


def test_a_source_that_raises_is_the_error_s_cause(make: Make) -> None:
    trouble = RuntimeError("no key")

    def source() -> str:
        raise trouble

    made, _ = make(says(401), source=source)
    with pytest.raises(TokenError, match="no key") as caught:
        made.get()
    assert caught.value.__cause__ is trouble


@pytest.mark.parametrize("given", ["", None, 7, "no.jwt.here", mint("WK2")])
def test_a_source_that_gives_no_token_is_a_token_error(make: Make, given: Any) -> None:
    made, _ = make(says(401), source=lambda: given)
    with pytest.raises(TokenError) as caught:
        made.get()
    if given:
        assert_no_secret(caught.value, str(given))


def test_a_token_that_another_thread_has_renewed_is_not_renewed_again(
    make: Make,
) -> None:
    made, _ = make(source=lambda: pytest.fail("it was asked"))
    old = made.session.token
    made.session.update_token(mint(ttl=7200))
    made.session.refresh(old)


def test_no_token_is_in_an_error_or_the_log(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first, second = mint(), mint(ttl=7200)

    def echo(peer: Peer) -> None:
        text = json.dumps({"message": f"bad {first}", "more_info": f"/?{first}"})
        peer.answer(400, text.encode(), reason=first)

    made, _ = make(echo, token=read_token(first, "worker_sid"))
    with pytest.raises(HttpError) as caught:
        made.get()
    assert_no_secret(caught.value, first)
    made.session.update_token(second)
    assert first not in caplog.text
    assert second not in caplog.text


# The end.


def test_a_closed_session_asks_nothing(make: Make) -> None:
    made, service = make(ok)
    made.session.close()
    with pytest.raises(ClientClosed):
        made.get()
    assert service.envelopes == []


def test_close_ends_a_wait_between_attempts(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "delay", lambda attempt, chance: 30.0)
    made, service = make(says(503), max_retries=1)
    asking = Background(made.get)
    service.asked.expect("request")
    made.session.close()
    with pytest.raises(ClientClosed):
        asking.result(1.0)


def test_a_request_that_is_under_way_is_finished(make: Make) -> None:
    go_on = threading.Event()

    def slowly(peer: Peer) -> None:
        assert go_on.wait(5.0)
        ok(peer)

    made, service = make(slowly)
    asking = Background(made.get)
    service.asked.expect("request")
    made.session.close()
    go_on.set()
    assert asking.result() == OK["payload"]
