"""Whatever goes wrong: the callback is called once, or the call raises."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    Worker,
)
from taskrouter_sync.emulator import Emulator

from ...support.center import Center
from ...support.internals import timing
from ...support.outcome import Outcome
from .calls import BY_SUBJECT, Call, subject_of


# More than any group of calls sends.
ALL = 1000


class Calls:
    """All calls of one subject."""

    def __init__(self, center: Center, name: str, subject: Any = None) -> None:
        self._center = center
        self._subject = subject or subject_of(name, center)
        self._calls = BY_SUBJECT[name]

    def __iter__(self) -> Any:
        return iter(self._calls)

    def outcome(self, call: Call) -> Outcome:
        """Make a call with a callback; it was called once, before the call returned."""
        outcome = Outcome()
        assert call.javascript(self._subject, self._center, outcome.callback) is None
        assert len(outcome.calls) == 1, f"{call}: {outcome.calls}"
        return outcome

    def errors(self, call: Call, kind: type[Exception]) -> list[Any]:
        """Make a call that fails, with a callback and without; give both errors."""
        told = self.outcome(call).error
        assert type(told) is kind, f"{call}: {told!r}"
        with pytest.raises(kind) as caught:
            call.python(self._subject, self._center)
        return [told, caught.value]

    def all_errors(self, kind: type[Exception]) -> list[Any]:
        return [error for call in self for error in self.errors(call, kind)]


@pytest.fixture(params=BY_SUBJECT)
def calls(request: pytest.FixtureRequest, center: Center) -> Calls:
    return Calls(center, request.param)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 429, 500, 503])
def test_a_refusal(emulator: Emulator, calls: Calls, status: int) -> None:
    """With the status as its code, and the service's own words."""
    words = "You can't do this now"
    emulator.faults.answer(status, message=words, code=20001, times=ALL)
    for error in calls.all_errors(HttpError):
        assert (error.code, error.message) == (status, words)
        assert (error.status, error.twilio_code) == (status, 20001)


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", "[]", "null", "5"])
def test_a_refusal_without_words(emulator: Emulator, calls: Calls, body: str) -> None:
    """The reason phrase tells it, whatever stands in the body."""
    emulator.faults.answer(502, body, times=ALL)
    for error in calls.all_errors(HttpError):
        assert (error.code, error.message) == (502, "Bad Gateway")


EMPTY = "The service's response is empty"
NO_OBJECT = "The service's response is not a JSON object"
NO_ITEMS = "The service's response describes a list but has no items"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", EMPTY),
        (" \r\n", EMPTY),
        ('{"payload": {', NO_OBJECT),
        ("<html><body>Sign in</body></html>", NO_OBJECT),
        ('[{"payload": {}}]', NO_OBJECT),
        ("5", NO_OBJECT),
        ("null", NO_OBJECT),
        ('"payload"', NO_OBJECT),
        ('{"payload": {"meta": {"key": "workers"}}}', NO_ITEMS),
        ('{"payload": {"meta": {"key": "workers"}, "workers": {}}}', NO_ITEMS),
    ],
)
def test_a_response_that_makes_no_sense(
    emulator: Emulator, calls: Calls, body: str, words: str
) -> None:
    emulator.faults.answer(200, body, times=ALL)
    for call in calls:
        if call.sent[0] == "DELETE" and not body.strip():
            assert calls.outcome(call).result is None  # it has nothing to say
            continue
        for error in calls.errors(call, InvalidResponse):
            assert (error.code, error.message) == (200, words)


@pytest.mark.parametrize(
    "body", ["{}", '{"payload":null}', '{"payload":5}', '{"payload":[1]}']
)
def test_a_response_with_another_payload_is_passed_on(
    emulator: Emulator, calls: Calls, body: str
) -> None:
    """As TaskRouter.js does; only a walk through pages must have pages."""
    emulator.faults.answer(200, body, times=ALL)
    for call in calls:
        if call.line.startswith("page.all"):
            calls.errors(call, InvalidResponse)
            continue
        deleted = call.sent[0] == "DELETE"
        payload = None if deleted else json.loads(body).get("payload")
        assert calls.outcome(call).result == payload, call


def test_no_response(emulator: Emulator, calls: Calls) -> None:
    emulator.faults.drop(times=ALL)
    for error in calls.all_errors(ConnectionFailed):
        assert error.code == 0
        assert error.message.startswith("The connection to the service was lost")
    emulator.stop()
    for error in calls.all_errors(ConnectionFailed):
        assert error.code == 0
        assert error.message


def test_no_response_in_time(center: Center) -> None:
    worker = center.ready(Worker, _timing=timing(answer=0.05))
    center.emulator.faults.answer(503, delay=60.0, times=ALL)
    for error in Calls(center, "worker", worker).all_errors(RequestTimeout):
        assert (error.code, error.message) == (
            0,
            "The service did not respond in time",
        )


def test_after_trouble_all_goes_on(center: Center) -> None:
    reservation, faults = center.reservation, center.emulator.faults
    for make, kind in (
        (lambda: faults.answer(500), HttpError),
        (lambda: faults.answer(401), HttpError),
        (faults.malformed, InvalidResponse),
        (faults.drop, ConnectionFailed),
    ):
        make()
        with pytest.raises(kind):
            reservation.accept()
    assert reservation.accept().reservationStatus == "accepted"


TASK_TROUBLES: dict[str, Callable[[Any], None]] = {
    "404": lambda faults: faults.answer(404, method="GET"),
    "500": lambda faults: faults.answer(500, method="GET"),
    "dropped": lambda faults: faults.drop(method="GET"),
    **{
        body: lambda faults, body=body: faults.answer(200, body, method="GET")
        for body in ("", "{", "{}", '{"payload":5}', '{"payload":{"sid":"WK1"}}')
    },
}


@pytest.mark.parametrize("trouble", TASK_TROUBLES)
def test_a_task_that_can_t_be_loaded(
    center: Center, outcome: Outcome, trouble: str
) -> None:
    """The callback comes all the same, with a task that holds what is known."""
    reservation = center.reservation
    TASK_TROUBLES[trouble](center.emulator.faults)
    reservation.accept(outcome.callback)
    accepted = outcome.result
    assert accepted.reservationStatus == "accepted"
    assert (accepted.task.sid, type(accepted.task)) == (
        reservation.task.sid,
        type(reservation.task),
    )
    assert accepted.task.fetch().assignmentStatus == "assigned"


def test_everything_born_of_a_closed_client_says_so(
    center: Center, calls: Calls
) -> None:
    center.close()
    for error in calls.all_errors(ClientClosed):
        assert error.code == 0
