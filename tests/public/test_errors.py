"""Errors travel, say where to look, and show nothing that is secret."""

from __future__ import annotations

import copy
import json
import logging
import math
import pickle
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import pytest
import requests

from taskrouter_sync import (
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
    errors,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.errors import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    TokenError,
)

from ..conftest import MintToken, OpenWorker, SetProxy
from ..support.center import Center
from ..support.collector import Collector
from ..support.internals import timing
from ..support.raw_server import RawServer


# One of each kind, with all that it can have; its code, its message, and what `except`
# catches it as besides.
KINDS: list[tuple[TaskRouterError, int, str, type[Exception]]] = [
    (TaskRouterError("m", code=7, response="r"), 7, "m", Exception),
    (
        HttpError(429, "m", twilio_code=1, more_info="https://t/1", retry_after=2.5),
        429,
        "m",
        Exception,
    ),
    (RequestTimeout("m"), 0, "m", TimeoutError),
    (ConnectionFailed("m", reached=True, response="r"), 0, "m", Exception),
    (InvalidResponse("m", code=200, response="{"), 200, "m", Exception),
    (ClientClosed(), 0, "The client is closed", Exception),
    (TokenError("m"), 0, "m", ValueError),
    (ArgumentError("m"), 0, "m", TypeError),
]
ERRORS = [error for error, *_ in KINDS]


def fail(kind: str) -> None:
    """Raise the error of this kind; in a process of a pool."""
    raise next(each for each in ERRORS if type(each).__name__ == kind)


def public(error: TaskRouterError) -> dict[str, Any]:
    names = [name for name in dir(error) if not name.startswith("_")]
    # An OSError has some that are only there with a value.
    values = {name: getattr(error, name, None) for name in names}
    return {"text": str(error), **{k: v for k, v in values.items() if not callable(v)}}


def test_the_docstring_draws_the_whole_tree() -> None:
    kinds = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, TaskRouterError)
    }
    assert kinds == {type(each) for each in ERRORS}
    assert errors.__doc__ is not None
    for kind in kinds - {TaskRouterError}:
        assert f"── {kind.__name__} " in errors.__doc__


@pytest.mark.parametrize(("error", "code", "message", "caught_as"), KINDS, ids=repr)
def test_every_error_has_a_code_and_a_message(
    error: TaskRouterError, code: int, message: str, caught_as: type[Exception]
) -> None:
    assert (error.code, error.message) == (code, message)
    assert isinstance(error, caught_as)
    assert message in str(error)


def test_an_error_has_what_is_known_of_it() -> None:
    error = HttpError(
        429, "Too many", twilio_code=20429, more_info="https://t/20429", retry_after=2.5
    )
    assert str(error) == "429 Too many"
    assert (error.status, error.twilio_code, error.retry_after) == (429, 20429, 2.5)
    assert error.more_info == "https://t/20429"
    error = HttpError(500, "Oops")
    assert (error.twilio_code, error.more_info, error.retry_after) == (None,) * 3
    assert not ConnectionFailed("refused").reached
    assert ConnectionFailed("cut", reached=True).reached
    assert InvalidResponse("no JSON", response="{").response == "{"
    assert InvalidResponse("no JSON").response == ""


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_can_be_copied_and_pickled(error: TaskRouterError) -> None:
    copies = [copy.copy(error), copy.deepcopy(error)]
    copies += [
        pickle.loads(pickle.dumps(error, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    for each in copies:
        assert type(each) is type(error)
        assert public(each) == public(error)


def test_errors_come_back_from_a_pool_of_processes() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for error in ERRORS:
            found = pool.submit(fail, type(error).__name__).exception(20)
            assert isinstance(found, TaskRouterError)
            assert public(found) == public(error)


def test_what_a_request_raises_can_be_pickled(center: Center) -> None:
    """With its cause and its traceback's end."""
    worker = center.worker
    center.emulator.faults.answer(429, code=20429, message="slow down")
    with pytest.raises(HttpError) as raised:
        worker.fetch()
    again = pickle.loads(pickle.dumps(raised.value))
    assert public(again) == public(raised.value)


# Secrets.


def assert_hidden(error: BaseException, *secrets: str) -> None:
    """Look for secrets where error reporters do: text and locals of our frames."""
    frames = [error.__traceback__]
    for each in (error.__cause__, error.__context__):
        frames += [] if each is None else [each.__traceback__]
    shown = "".join(traceback.format_exception(error))
    for trace in frames:
        while trace is not None:
            if "/tests/" not in trace.tb_frame.f_code.co_filename:
                shown += repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
    for secret in secrets:
        assert secret not in shown


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token + "!",
        lambda token: token.encode(),
        lambda token: {"token": token},
        lambda token: [token],
        lambda token: token.replace(".", " "),
        lambda token: " " + token[:-30] + "\n\n" + token[-30:],
    ],
    ids=["bad", "bytes", "dict", "list", "blanks", "in lines"],
)
def test_a_constructor_shows_no_token(
    kind: type[Any], spoil: Any, worker_token: MintToken
) -> None:
    token = worker_token()
    for given in (spoil(token), lambda: spoil(token)):
        with pytest.raises(TokenError) as raised:
            kind(given, debug=False)
        assert_hidden(raised.value, token, token.split(".")[2])


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_a_constructor_shows_no_token_of_a_function(
    kind: type[Any], worker_token: MintToken
) -> None:
    token = worker_token()

    class Minter:
        def __call__(self) -> str:
            return token

        def __repr__(self) -> str:
            return f"Minter({token})"

    for given in (partial(str, token), Minter()):
        with pytest.raises((ArgumentError, TokenError)) as raised:
            kind(given, debug=False, region="a b")
        assert_hidden(raised.value, token)


@pytest.mark.parametrize(
    "put",
    [
        lambda token, worker: Worker(token, False, f"{token}\n"),
        lambda token, worker: Worker(token, False, "", f"{token}\n"),
        lambda token, worker: Worker(token, False, region=token),
        lambda token, worker: Worker(token, False, max_retries=token),
        lambda token, worker: Worker(token, False, api_base_url=token),
        lambda token, worker: worker.wait_until_ready(token),
        lambda token, worker: worker.on("ready", token),
        lambda token, worker: worker.on([token], print),
        lambda token, worker: worker.fetch(token),
        lambda token, worker: worker.activities.fetch(token),
        lambda token, worker: worker.activities.fetch([token]),
        lambda token, worker: worker.update(token, "FriendlyName", "Ann"),
        lambda token, worker: worker.update({(token,): "Ann"}),
        lambda token, worker: worker.update("Attributes", {token}),
        lambda token, worker: worker.complete_task(token),
    ],
)
def test_no_token_in_a_wrong_place_is_quoted(
    open_worker: OpenWorker, worker_token: MintToken, put: Callable[..., Any]
) -> None:
    token = worker_token()
    with pytest.raises((ArgumentError, ValueError)) as raised:
        put(token, open_worker(token))
    assert "eyJ" not in "".join(traceback.format_exception_only(raised.value))


def test_update_token_shows_no_token(
    open_worker: OpenWorker, worker_token: MintToken
) -> None:
    worker, token = open_worker(), worker_token()
    for given in (token + "!", token.encode(), {"token": token}, None, 5):
        with pytest.raises(TokenError) as raised:
            worker.update_token(given)
        assert_hidden(raised.value, token)


def test_what_can_t_be_sent_shows_no_token(
    open_worker: OpenWorker, worker_token: MintToken
) -> None:
    token = worker_token()
    worker = open_worker(token)
    for params in (
        {"A": object()},
        {"A": {"b": {1, 2}}},
        {"A": b"x"},
        {"A": float("nan")},
    ):
        with pytest.raises((TypeError, ValueError)) as raised:
            worker.update(params)
        assert_hidden(raised.value, token)


@pytest.mark.parametrize(
    ("kind", "sids"),
    [
        (WorkerCapabilityToken, ["WK1"]),
        (TaskQueueCapabilityToken, ["WQ1"]),
        (WorkspaceCapabilityToken, []),
    ],
)
def test_making_a_token_shows_no_auth_token(kind: type[Any], sids: list[str]) -> None:
    key = "0123456789abcdef" * 2
    attempts: list[Callable[[], Any]] = [
        lambda: kind("AC1", key, "WS1", *["XX1" for _ in sids], ttl=-1),
        lambda: kind("account", key, "WS1", *sids),
        lambda: kind("AC1", key, 5, *sids),
        lambda: kind("AC1", key, "WS1", *sids, ttl=math.nan),
        lambda: kind("AC1", key, "WS1", *sids, nbf=True),
        lambda: kind("AC1", key, "WS1", *sids, allow_everything=True),
        lambda: kind("AC1", key.encode(), "WS1", *sids),
        lambda: kind("AC1", [key], "WS1", *sids),
        lambda: kind("AC1", f"{key}\udce9", "WS1", *sids).to_jwt(),
        lambda: kind("AC1", key, "WS1", *sids).to_jwt(ttl=math.inf),
        lambda: kind("AC1", key, "WS1", *sids).add_policy("", "GET"),
    ]
    for attempt in attempts:
        with pytest.raises((TypeError, ValueError)) as raised:
            attempt()
        assert_hidden(raised.value, key)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_what_a_signal_handler_raises_during_a_request_shows_no_token(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    """Not in the frames of libraries either, which it interrupted; its own stay."""
    token = worker_token()
    worker = open_worker(token)
    worker.wait_until_ready(5)
    emulator.faults.delay(5.0, url="/Activities")

    class Alarm(BaseException):
        pass

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(Alarm) as raised:
            worker.activities.fetch()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert_hidden(raised.value, token)
    assert traceback.extract_tb(raised.value.__traceback__)[-1].name == "ring"


def no_way(*args: Any, **keywords: Any) -> Any:
    raise LookupError("no way")


class NoWay(requests.adapters.HTTPAdapter):
    """Raises when a request is sent, as `no_way` does when it is made."""

    get_connection_with_tls_context = no_way


@pytest.mark.parametrize(
    "spoil",
    [
        lambda session: session.mount("http://", NoWay()),
        lambda session: setattr(session, "auth", no_way),
    ],
    ids=["adapter", "auth"],
)
def test_what_a_session_of_the_program_raises_shows_no_token(
    open_worker: OpenWorker,
    worker_token: MintToken,
    spoil: Callable[[requests.Session], None],
) -> None:
    token = worker_token()
    with requests.Session() as session:
        worker = open_worker(token, http_session=session)
        worker.wait_until_ready(5)
        spoil(session)
        with pytest.raises(LookupError, match="no way") as raised:
            worker.fetch()
        worker.close()
    assert_hidden(raised.value, token)


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
@pytest.mark.parametrize(
    "proxy",
    [
        "http://Al:12/s3cret@127.0.0.1:1",
        "http://Al:s3cret#@127.0.0.1:1",
        "http://Al:s3cret@127.0.0.1:port",
        "https://Al:s3cret@127.0.0.1:1",
        "socks5://Al:s3cret@127.0.0.1:1",
    ],
)
@pytest.mark.parametrize("given", [False, True], ids=["environment", "session"])
def test_a_proxy_that_is_refused_shows_no_password(
    center: Center, set_proxy: SetProxy, kind: type[Any], proxy: str, given: bool
) -> None:
    with requests.Session() as session:
        if given:
            session.proxies = {"http": proxy}
        else:
            set_proxy(proxy)
        with pytest.raises(ValueError, match="prox") as raised:
            center.open(kind, http_session=session if given else None)
    assert_hidden(raised.value, "s3cret")


def test_a_base_url_that_is_refused_shows_no_environment(
    worker_token: MintToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_TOKEN", "s3cret")
    for options in ({"api_base_url": "x"}, {"region": "a.b"}):
        with pytest.raises((TypeError, ValueError)) as raised:
            Worker(worker_token(), **options)
        assert_hidden(raised.value, "s3cret")


def test_what_a_token_provider_quotes_is_hidden(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    token = worker_token()
    tokens = iter([token])

    def provide() -> str:
        found = next(tokens, None)
        if found is None:
            raise ValueError(f"what came is {token}!")
        return found

    worker = open_worker(provide)
    worker.wait_until_ready(5)
    emulator.faults.answer(401, url="/Activities")
    with pytest.raises(TokenError, match="what came is <token>!") as raised:
        worker.activities.fetch()
    assert token[20:60] not in str(raised.value)


FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 403},
    {"status": 200, "body": "no JSON"},
    {"status": 200, "body": "{}", "delay": 3.0},
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_failed_request_shows_no_token(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken, fault: Any
) -> None:
    token = worker_token()
    worker = open_worker(token, _timing=timing(answer=0.3))
    worker.wait_until_ready(5)
    emulator.faults.answer(**fault, times=9)
    for call in (worker.fetch, worker.fetch_reservations, worker.activities.fetch):
        with pytest.raises(TaskRouterError) as raised:
            call()
        assert_hidden(raised.value, token)


@pytest.mark.parametrize(
    "part",
    [slice(200), slice(-43, None), slice(-100, None), slice(20, 120)],
    ids=["beginning", "signature", "end", "middle"],
)
def test_what_a_peer_repeats_is_hidden_everywhere(
    worker_token: MintToken, caplog: pytest.LogCaptureFixture, part: slice
) -> None:
    """In errors, close reasons and frames, whole or cut."""
    token = worker_token()
    quoted = token[part]
    caplog.set_level(logging.DEBUG, "taskrouter_sync")

    def speak(peer: Any) -> None:
        peer.upgrade()
        peer.frame(f"no JSON {token}")
        peer.event("mark")
        peer.close_frame(4000, quoted[-100:])

    def refuse(_: Any) -> tuple[int, Any]:
        return 500, {"message": f"no: {quoted} \x1b[2J\n", "more_info": token}

    with RawServer(speak, answer_posts=refuse) as server:
        worker = Worker(token, event_bridge_base_url=server.url, daemon=True)
        came = Collector().listen(worker, "error", "disconnected")
        came.expect("disconnected")
        with pytest.raises(HttpError) as raised:
            worker.fetch()
        worker.close()
    assert_hidden(raised.value, token, token[20:90], quoted[-20:])
    shown = " ".join(
        [
            repr(each) + str(vars(each))
            for _, args in came.calls()
            for each in args
            if not isinstance(each, dict)
        ]
        + [json.dumps(args[0]) for name, args in came.calls() if name == "disconnected"]
        + caplog.messages
    )
    assert token[20:90] not in shown and quoted[-20:] not in shown
    assert all(each.isprintable() for each in caplog.messages)
