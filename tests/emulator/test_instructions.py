"""Instructions over the wire: REST, the event bridge, and the clients' own calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from taskrouter_sync import HttpError, Worker
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine.calls import Instruction
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.resources.reservation import Reservation
from tests.emulator.conftest import Desk, OpenDesk, worker_token


CALL_SID = "CA" + "9" * 32
CALLER = {"call_sid": CALL_SID, "from": "+15550100", "to": "+15550199"}


@pytest.fixture
def workspace(emulator: Emulator) -> ReadyWorkspace:
    """A workspace with Alice, who is available and can be called."""
    return emulator.workspace(
        workers={"Alice": {"contact_uri": "client:alice"}}, worker_activity="Available"
    )


@pytest.fixture
def task(emulator: Emulator, workspace: ReadyWorkspace) -> dict[str, Any]:
    """A caller who is offered to Alice."""
    return emulator.create_task(attributes=CALLER)


def offer(emulator: Emulator) -> str:
    """Give the sid of the reservation that was made last."""
    *_, event = (e for e in emulator.events if e.event_type == "reservation.created")
    return event.resource_sid


def ask(
    emulator: Emulator, method: str, path: str, **options: Any
) -> requests.Response:
    url = f"{emulator.api_base_url}{path}"
    auth = emulator.account_sid, emulator.auth_token
    return requests.request(method, url, auth=auth, timeout=5, **options)


class Path:
    """The reservation's address on the path of its task or of its worker."""

    def __init__(self, emulator: Emulator, kind: str, owner: str, ws: str) -> None:
        self.emulator = emulator
        self.url = f"/Workspaces/{ws}/{kind}/{owner}/Reservations/{offer(emulator)}"

    def post(self, data: Any) -> requests.Response:
        return ask(self.emulator, "POST", self.url, data=data)

    def status(self) -> str:
        body: dict[str, str] = ask(self.emulator, "GET", self.url).json()
        return body["reservation_status"]


@pytest.fixture(params=["Tasks", "Workers"])
def path(
    request: pytest.FixtureRequest,
    emulator: Emulator,
    workspace: ReadyWorkspace,
    task: dict[str, Any],
) -> Path:
    """Alice's reservation, on either path."""
    kind: str = request.param
    owner = task["sid"] if kind == "Tasks" else workspace.workers["Alice"]
    return Path(emulator, kind, owner, workspace.sid)


# REST


def test_a_dequeue_is_answered_before_it_is_carried_out(
    emulator: Emulator, path: Path
) -> None:
    answer = path.post({"Instruction": "dequeue"})
    assert answer.status_code == 200
    assert answer.json()["reservation_status"] == "pending"
    assert answer.json()["url"] == emulator.api_base_url + path.url
    emulator.advance(1)
    assert path.status() == "accepted"


@pytest.mark.parametrize(
    "data",
    [
        {
            "Instruction": "call",
            "CallFrom": "+15550111",
            "CallUrl": "https://example.com/twiml",
            "CallAccept": "true",
        },
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
    answer = path.post(
        {
            "Instruction": "supervise",
            "Supervisor": "client:boss",
            "SupervisorMode": "monitor",
        }
    )
    if "/Workers/" in path.url:
        assert answer.status_code == 400
        assert answer.json()["message"] == "Instruction supervise is invalid"
    else:
        assert answer.json()["reservation_status"] == "accepted"
        assert [call.to for call in emulator.calls] == ["client:alice", "client:boss"]


# The event bridge


@pytest.fixture
def desk(emulator: Emulator, workspace: ReadyWorkspace, open_desk: OpenDesk) -> Desk:
    """Alice's end of the event bridge, with an open socket."""
    desk: Desk = open_desk(emulator, workspace)
    desk.connect()
    return desk


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
    assert [desk.frame()["event_type"] for _ in range(3)] == [
        "task.updated",
        "reservation.accepted",
        "worker.activity.update",
    ]


def test_the_reason_phrase_says_why_an_instruction_is_refused(
    emulator: Emulator, desk: Desk
) -> None:
    task = emulator.create_task()
    path = f"/Tasks/{task['sid']}/Reservations/{offer(emulator)}"
    answer = desk.post("POST", path, {"Instruction": "conference"})
    assert (answer.status_code, answer.reason) == (
        400,
        "The conference instruction can only be issued on a task that was created"
        " using the <Enqueue> TwiML verb.",
    )


# The emulator's own ways


def test_calls_go_as_the_emulator_is_told(emulator: Emulator, path: Path) -> None:
    telephony = emulator.telephony
    assert (telephony.answer_after, telephony.call_length) == (1, None)
    telephony.answer_after = 5
    telephony.call_length = 10
    telephony.outcome("client:joey", "busy")
    for to in ("", "client:joey"):
        path.post(
            {
                "Instruction": "call",
                "CallFrom": "+15550111",
                "CallUrl": "https://example.com/twiml",
                "CallTo": to,
            }
        )
    emulator.advance(60)
    assert (telephony.answer_after, telephony.call_length) == (5, 10)
    start = emulator.calls[0].states[0].time
    assert [
        [(status, time - start) for status, time in call.states]
        for call in emulator.calls
    ] == [
        [("initiated", 0), ("ringing", 0), ("answered", 5), ("completed", 15)],
        [("initiated", 0), ("ringing", 0), ("busy", 5)],
    ]


def test_an_emulator_that_does_not_run_has_no_calls() -> None:
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.calls
    with pytest.raises(RuntimeError, match="not running"):
        emulator.telephony.outcome(None, "busy")


def test_a_real_clock_answers_by_itself(open_desk: OpenDesk) -> None:
    with Emulator() as emulator:
        emulator.telephony.answer_after = 0
        workspace = emulator.workspace(
            workers={"Alice": {"contact_uri": "client:alice"}},
            worker_activity="Available",
        )
        desk: Desk = open_desk(emulator, workspace)
        desk.connect()
        task = emulator.create_task(attributes=CALLER)
        sid = desk.frame()["payload"]["reservation_sid"]
        path = f"/Tasks/{task['sid']}/Reservations/{sid}"
        desk.post("POST", path, {"Instruction": "conference"})
        frame = desk.frame()
        assert frame["event_type"] == "reservation.accepted"
        assert frame["payload"]["reservation_sid"] == sid


# The clients' calls


@pytest.fixture
def worker(emulator: Emulator, workspace: ReadyWorkspace) -> Iterator[Worker]:
    """Alice, as a client."""
    token = worker_token(emulator, workspace, workspace.workers["Alice"])
    client = Worker(token, event_bridge_base_url=emulator.event_bridge_url)
    yield client
    client.close()


@pytest.fixture
def reservation(task: dict[str, Any], worker: Worker) -> Reservation:
    """The caller's reservation, as Alice's client has it."""
    (found,) = worker.fetch_reservations()
    assert isinstance(found, Reservation)
    return found


def asked(emulator: Emulator) -> Instruction:
    """Give the only instruction that was carried out."""
    (call,) = emulator.calls
    return call.instruction


def test_a_client_dequeues_with_everything(
    emulator: Emulator, workspace: ReadyWorkspace, reservation: Reservation
) -> None:
    answers: list[Any] = []
    reservation.dequeue(
        "18004746453",
        workspace.activities["Break"],
        "record-from-answer",
        "30",
        "http://example.com/progress",
        "initiated,ringing,answered,completed",
        "client:joey",
        lambda error, answer: answers.append((error, answer.reservation_status)),
    )
    assert answers == [(None, "pending")]
    assert asked(emulator) == Instruction(
        name="dequeue",
        from_="18004746453",
        post_work_activity_sid=workspace.activities["Break"],
        record="record-from-answer",
        timeout=30,
        status_callback="http://example.com/progress",
        status_callback_method="GET",
        status_callback_events=("initiated", "ringing", "answered", "completed"),
        to="client:joey",
    )
    emulator.advance(1)
    emulator.telephony.hang_up(emulator.calls[0].sid)
    path = f"/Workspaces/{workspace.sid}/Workers/{workspace.workers['Alice']}"
    assert ask(emulator, "GET", path).json()["activity_name"] == "Break"


def test_a_client_is_told_why_an_instruction_is_refused(
    reservation: Reservation,
) -> None:
    reservation.accept()
    with pytest.raises(HttpError) as caught:
        reservation.conference()
    assert caught.value.code == 400
    assert caught.value.message == (
        "Unable to execute Conference instruction."
        f" Reservation {reservation.sid} is not currently in a Pending state."
    )
