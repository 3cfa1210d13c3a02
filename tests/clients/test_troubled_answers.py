"""Trouble instead of an answer: told once, by the callback or by an exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from taskrouter_sync import (
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskQueue,
    TaskQueueCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.session import Limits

from ..conftest import ReadyWorker
from ..support.collector import LIMIT
from ..support.secrets import assert_no_secret
from .calls import GROUPS, OF_A_RESERVATION, Calls, errors_of, outcome_of


# More than any group of calls sends.
ALL = 100


@pytest.fixture
def open_client(emulator: Emulator) -> Iterator[Callable[..., Any]]:
    """Open a client that is ready, for what its class needs to know."""
    with ExitStack() as stack:

        def open_one(kind: Any, token_kind: Any, *sids: str) -> Any:
            token = token_kind(
                emulator.account_sid,
                emulator.auth_token,
                *sids,
                allow_fetch_subresources=True,
            )
            client = stack.enter_context(
                kind(token.to_jwt(), event_bridge_base_url=emulator.event_bridge_url)
            )
            client.wait_until_ready(LIMIT)
            return client

        yield open_one


@pytest.fixture
def reservation(emulator: Emulator, ready_worker: ReadyWorker) -> Any:
    """A pending reservation of a worker whose client has come to rest."""
    emulator.create_task()
    worker, _ = ready_worker()
    return worker.fetchReservations().data[0]


@pytest.fixture(params=GROUPS)
def subject(
    request: pytest.FixtureRequest,
    open_client: Callable[..., Any],
    workspace: ReadyWorkspace,
) -> Any:
    """What a group's calls are made on."""
    if request.param == "worker":
        return request.getfixturevalue("ready_worker")()[0]
    if request.param in ("reservation", "task"):
        reservation = request.getfixturevalue("reservation")
        return reservation if request.param == "reservation" else reservation.task
    if request.param == "taskQueue":
        sids = workspace.sid, workspace.task_queues["Everyone"]
        return open_client(TaskQueue, TaskQueueCapabilityToken, *sids)
    client = open_client(Workspace, WorkspaceCapabilityToken, workspace.sid)
    if request.param == "workspace":
        return client
    return client.activities.fetch({"PageSize": "2"})


@pytest.fixture
def calls(request: pytest.FixtureRequest, subject: Any) -> Calls:
    """The calls of one group, by their names."""
    group = request.node.callspec.params["subject"]
    return {
        f"{group}.{name}": partial(call, subject)
        for name, call in GROUPS[group].items()
    }


# The service says no.


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 429, 500, 503])
def test_a_refusal(emulator: Emulator, calls: Calls, status: int) -> None:
    """With the status as its code, and the service's own words."""
    words = "You can't do this now"
    emulator.faults.answer(status, message=words, code=20001, times=ALL)
    for name, call in calls.items():
        for error in errors_of(name, call, HttpError):
            assert (error.code, error.message) == (status, words), name
            assert (error.status, error.twilio_code) == (status, 20001), name


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", "[]", "null", "5"])
def test_a_refusal_without_words(emulator: Emulator, calls: Calls, body: str) -> None:
    """The reason phrase tells it, whatever stands in the body."""
    emulator.faults.answer(502, body, times=ALL)
    for name, call in calls.items():
        for error in errors_of(name, call, HttpError):
            assert (error.code, error.message) == (502, "Bad Gateway"), name


# The service says yes, and nothing that makes sense.

NO_OBJECT = "The service's answer is no JSON object"
NO_SENSE: dict[str, tuple[str, str]] = {
    "blank": (" \r\n", "The service's answer is empty"),
    "malformed": ('{"payload": {', NO_OBJECT),
    "html": ("<html><body>Sign in</body></html>", NO_OBJECT),
    "list": ('[{"payload": {}}]', NO_OBJECT),
    "number": ("5", NO_OBJECT),
    "null": ("null", NO_OBJECT),
    "text": ('"payload"', NO_OBJECT),
    "list without items": (
        '{"payload": {"meta": {"key": "workers"}}}',
        "The service's list lacks its items",
    ),
    "list with an object for its items": (
        '{"payload": {"meta": {"key": "workers"}, "workers": {}}}',
        "The service's list lacks its items",
    ),
}


@pytest.mark.parametrize("kind", ["empty", *NO_SENSE])
def test_an_answer_that_makes_no_sense(
    emulator: Emulator, calls: Calls, kind: str
) -> None:
    body, words = NO_SENSE.get(kind, ("", "The service's answer is empty"))
    emulator.faults.answer(200, body, times=ALL)
    for name, call in calls.items():
        if name.endswith(".delete") and not body.strip():
            # It has nothing to say.
            assert outcome_of(name, call).result is None
            continue
        for error in errors_of(name, call, InvalidResponse):
            assert (error.code, error.message) == (200, words), name


@pytest.mark.parametrize(
    "body", ["{}", '{"payload":null}', '{"payload":5}', '{"payload":[1]}']
)
def test_an_answer_of_another_payload_is_passed_on(
    emulator: Emulator, calls: Calls, body: str
) -> None:
    """As TaskRouter.js does; only a walk through pages must have pages."""
    emulator.faults.answer(200, body, times=ALL)
    payload = json.loads(body).get("payload")
    for name, call in calls.items():
        if name.endswith(".delete"):
            payload_of_it = None
        elif name == "list.all":
            errors_of(name, call, InvalidResponse)
            continue
        else:
            payload_of_it = payload
        assert outcome_of(name, call).result == payload_of_it, name


# No answer at all.


def test_a_connection_that_is_dropped(emulator: Emulator, calls: Calls) -> None:
    emulator.faults.drop(times=ALL)
    for name, call in calls.items():
        for error in errors_of(name, call, ConnectionFailed):
            assert error.code == 0, name
            assert error.message.startswith("The connection to the service broke")


def test_a_service_that_is_not_there(emulator: Emulator, calls: Calls) -> None:
    emulator.stop()
    for name, call in calls.items():
        for error in errors_of(name, call, ConnectionFailed):
            assert error.code == 0, name
            assert error.message, name


def test_no_answer_in_time(
    emulator: Emulator, calls: Calls, subject: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject._session, "_limits", Limits(answer=0.02))
    emulator.faults.answer(503, delay=60.0, times=ALL)
    for name, call in calls.items():
        for error in errors_of(name, call, RequestTimeout):
            assert error.code == 0, name
            assert error.message == "The service did not answer in time", name


# What holds for all of it.


def test_no_trouble_shows_the_token(
    emulator: Emulator, calls: Calls, subject: Any
) -> None:
    token = subject._session.token.text
    emulator.faults.answer(403, message=f"Bad token {token}", times=ALL)
    for name, call in calls.items():
        for error in errors_of(name, call, HttpError):
            assert_no_secret(error, token)


def test_after_trouble_all_goes_on(emulator: Emulator, reservation: Any) -> None:
    for status in (500, 401):
        emulator.faults.answer(status)
        assert outcome_of("accept", reservation.accept).error.code == status
    emulator.faults.malformed()
    with pytest.raises(InvalidResponse):
        reservation.accept()
    emulator.faults.drop()
    with pytest.raises(ConnectionFailed):
        reservation.accept()
    accepted = outcome_of("accept", reservation.accept).result
    assert accepted.reservationStatus == "accepted"


# The answer is good, but the reservation's task can't be loaded.

TASK_TROUBLES: dict[str, Callable[[Emulator], None]] = {
    "404": lambda emulator: emulator.faults.answer(404, method="GET"),
    "500": lambda emulator: emulator.faults.answer(500, method="GET"),
    "dropped": lambda emulator: emulator.faults.drop(method="GET"),
    "empty": lambda emulator: emulator.faults.answer(200, "", method="GET"),
    "malformed": lambda emulator: emulator.faults.malformed(method="GET"),
    "no payload": lambda emulator: emulator.faults.answer(200, "{}", method="GET"),
    "a number": lambda emulator: emulator.faults.answer(
        200, '{"payload":5}', method="GET"
    ),
    "something else": lambda emulator: emulator.faults.answer(
        200, '{"payload":{"sid":"WK1"}}', method="GET"
    ),
}


@pytest.mark.parametrize("trouble", TASK_TROUBLES)
def test_a_task_that_can_t_be_loaded(
    emulator: Emulator, reservation: Any, trouble: str
) -> None:
    """The callback comes all the same, with a task that holds what is known."""
    TASK_TROUBLES[trouble](emulator)
    accept = partial(OF_A_RESERVATION["accept"], reservation)
    accepted = outcome_of("accept", accept).result
    assert accepted.reservationStatus == "accepted"
    assert accepted.task.sid == reservation.task.sid
    assert type(accepted.task) is type(reservation.task)
    assert accepted.task.fetch().assignmentStatus == "assigned"
