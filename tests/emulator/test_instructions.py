"""Instructions over the wire: REST and the event bridge."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine.calls import Instruction
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.application import CALL_SID, CALLER
from tests.emulator.conftest import Desk
from tests.emulator.rest import Rest


CALL = {
    "Instruction": "call",
    "CallFrom": "+15550111",
    "CallUrl": "https://example.com/twiml",
}


@pytest.fixture
def workspace(emulator: Emulator) -> ReadyWorkspace:
    """A workspace with Alice, who is available and can be called."""
    return emulator.workspace(
        workers={"Alice": {"contact_uri": "client:alice"}}, worker_activity="Available"
    )


class Path:
    """A reservation's address on the path of its task or of its worker."""

    def __init__(self, rest: Rest, kind: str) -> None:
        self.rest = rest
        self.path = rest.only(rest.only(f"/{kind}") + "/Reservations")

    def post(self, data: Any) -> requests.Response:
        return self.rest.ask("POST", self.path, data=data)

    def status(self) -> str:
        status: str = self.rest.get(self.path)["reservation_status"]
        return status


@pytest.fixture(params=["Tasks", "Workers"])
def path(request: pytest.FixtureRequest, rest: Rest) -> Path:
    """The reservation of a caller who is offered to Alice, on either path."""
    rest.emulator.create_task(attributes=CALLER)
    return Path(rest, request.param)


# REST


def test_a_dequeue_is_answered_before_it_is_carried_out(
    emulator: Emulator, path: Path
) -> None:
    answer = path.post({"Instruction": "dequeue"})
    assert answer.status_code == 200
    assert answer.json()["reservation_status"] == "pending"
    assert answer.json()["url"] == path.rest.url + path.path
    emulator.advance(1)
    assert path.status() == "accepted"


@pytest.mark.parametrize(
    "data",
    [
        {**CALL, "CallAccept": "true"},
        {
            "Instruction": "redirect",
            "RedirectCallSid": CALL_SID,
            "RedirectUrl": "https://example.com/twiml",
            "RedirectAccept": "true",
        },
    ],
)
def test_an_acceptance_at_once_is_not_in_the_answer(path: Path, data: Any) -> None:
    answer = path.post(data)
    assert answer.json()["reservation_status"] == "pending"
    assert answer.headers["ETag"] == '"0"'
    assert path.status() == "accepted"


def test_a_repeated_key_is_a_list(emulator: Emulator, path: Path) -> None:
    path.post(
        [
            ("Instruction", "conference"),
            ("StatusCallback", "https://example.com/progress"),
            ("StatusCallbackEvent", "initiated"),
            ("StatusCallbackEvent", "ringing"),
            ("Muted", "true"),
        ]
    )
    (call,) = emulator.calls
    assert call.instruction == Instruction(
        name="conference",
        status_callback="https://example.com/progress",
        status_callback_events=("initiated", "ringing"),
        options={"muted": True},
    )


def test_supervision_is_asked_for_on_the_tasks_path(
    emulator: Emulator, path: Path
) -> None:
    path.post({"Instruction": "conference"})
    emulator.advance(1)
    mode = {"Supervisor": "client:boss", "SupervisorMode": "monitor"}
    answer = path.post({"Instruction": "supervise", **mode})
    if "/Workers/" in path.path:
        assert answer.status_code == 400
        assert answer.json()["message"] == "Instruction supervise is invalid"
    else:
        assert answer.json()["reservation_status"] == "accepted"
        assert [call.to for call in emulator.calls] == ["client:alice", "client:boss"]


# The event bridge


def test_frames_tell_how_a_dequeue_goes(emulator: Emulator, desk: Desk) -> None:
    task = emulator.create_task(attributes=CALLER)
    sid = desk.frame()["payload"]["reservation_sid"]
    params = {
        "Instruction": "dequeue",
        "DequeuePostWorkActivitySid": desk.workspace.activities["Break"],
        "DequeueFrom": None,
        "DequeueTimeout": 30,
        "DequeueStatusCallbackEvent": ["initiated", "completed"],
    }
    answer = desk.post("POST", f"/Tasks/{task['sid']}/Reservations/{sid}", params)
    assert answer.json()["payload"]["reservation_status"] == "pending"
    emulator.advance(1)
    emulator.telephony.hang_up(emulator.calls[0].sid)
    expected = ["task.updated", "reservation.accepted", "worker.activity.update"]
    assert [desk.frame()["event_type"] for _ in range(3)] == expected


def test_the_reason_phrase_says_why_an_instruction_is_refused(desk: Desk) -> None:
    task = desk.emulator.create_task()
    sid = desk.frame()["payload"]["reservation_sid"]
    path = f"/Tasks/{task['sid']}/Reservations/{sid}"
    answer = desk.post("POST", path, {"Instruction": "conference"})
    assert (answer.status_code, answer.reason) == (
        400,
        "The conference instruction can only be issued on a task that was created"
        " using the <Enqueue> TwiML verb.",
    )


# The emulator's own ways


def test_an_emulator_that_does_not_run_has_no_calls() -> None:
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.calls
    with pytest.raises(RuntimeError, match="not running"):
        emulator.telephony.outcome(None, "busy")
