"""The control over HTTP: what a test in any language can ask of the emulator."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, IncompleteRead
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings, strategies as st

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.control import changes
from taskrouter_sync.emulator.control.commands import COMMANDS, Command
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.conftest import Desk, OpenDesk
from tests.emulator.rest import Rest


class Remote:
    """A test in another language: HTTP and JSON is all it knows."""

    def __init__(self, emulator: Emulator) -> None:
        self.url = f"{emulator.url}/emulator"

    def get(self, path: str, expected: int = 200, /, **query: Any) -> Any:
        return self._read(requests.get(self.url + path, query, timeout=5), expected)

    def post(self, path: str, expected: int = 200, /, **fields: Any) -> Any:
        answer = requests.post(self.url + path, json=fields, timeout=5)
        return self._read(answer, expected)

    def delete(self, path: str, expected: int = 200) -> Any:
        return self._read(requests.delete(self.url + path, timeout=5), expected)

    def _read(self, answer: requests.Response, expected: int) -> Any:
        assert answer.status_code == expected, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        return answer.json()


@pytest.fixture
def remote(emulator: Emulator) -> Remote:
    return Remote(emulator)


# The list


def test_the_list_tells_all_that_can_be_asked(remote: Remote) -> None:
    listed = remote.get("")["commands"]
    assert {(each["method"], each["path"]) for each in listed} == {
        (each.method, each.path) for each in COMMANDS
    }
    advance = next(each for each in listed if each["path"] == "/clock/advance")
    assert advance["fields"]["seconds"].startswith("a number from 0 to ")
    assert "(required)" in advance["fields"]["seconds"]


def test_another_path_or_method_says_what_there_is(remote: Remote) -> None:
    missing = remote.get("/nothing", 404)
    assert "GET /emulator lists the commands" in missing["message"]
    wrong = remote.post("/state", 405)
    assert wrong["message"] == "/emulator/state takes GET"


# The clock


def test_the_clock_is_advanced_and_what_is_due_happens(
    emulator: Emulator, workspace: ReadyWorkspace, remote: Remote
) -> None:
    emulator.create_task()
    before = remote.get("/clock")
    assert before["manual"] is True
    assert before["next_deadline"] == before["now"] + 120

    after = remote.post("/clock/advance", seconds=120)
    assert after["now"] == before["now"] + 120
    assert "reservation.timeout" in [event.event_type for event in emulator.events]


def test_a_real_clock_is_not_advanced() -> None:
    with Emulator() as emulator:
        refused = Remote(emulator).post("/clock/advance", 409, seconds=1)
    assert refused["message"] == "only a manual clock can be advanced"


# Setting up


def test_a_workspace_is_set_up_in_one_call(remote: Remote, emulator: Emulator) -> None:
    made = remote.post(
        "/workspaces",
        201,
        activities={"Away": False, "Here": True},
        workers={"Ann": {"languages": ["en"]}},
        worker_activity="Here",
        queues={"English": "languages HAS 'en'"},
        workflow={"task_routing": {"default_filter": {"queue": "English"}}},
    )
    assert list(made["workers"]) == ["Ann"]
    worker = Rest(emulator, made["sid"]).get(f"/Workers/{made['workers']['Ann']}")
    assert worker["activity_name"] == "Here"


def test_a_task_is_created_as_rest_shows_it(
    workspace: ReadyWorkspace, remote: Remote
) -> None:
    task = remote.post("/tasks", 201, attributes={"type": "support"}, priority=7)
    assert json.loads(task["attributes"]) == {"type": "support"}
    assert (task["priority"], task["assignment_status"]) == (7, "reserved")


def test_rest_needs_no_credentials_here(
    emulator: Emulator, workspace: ReadyWorkspace, remote: Remote
) -> None:
    worker = f"/Workspaces/{workspace.sid}/Workers/{workspace.workers['Alice']}"
    answer = remote.post(
        "/rest",
        method="POST",
        path=worker,
        params={"ActivitySid": workspace.activities["Break"]},
    )
    assert (answer["status"], answer["body"]["activity_name"]) == (200, "Break")
    refused = remote.post("/rest", method="GET", path="/v1/Workspaces/WS1")
    assert (refused["status"], refused["body"]["code"]) == (404, 20404)
    assert emulator.requests == []


# Faults

COMMANDS_OF_FAULTS: list[tuple[str, str, dict[str, Any]]] = [
    ("/faults/answer", "answer", {"status": 503, "times": 2, "message": "Closed"}),
    ("/faults/answer", "answer", {"status": 500, "body": {"a": 1}, "delay": 0.5}),
    ("/faults/malformed", "malformed", {"body": "{", "carried_out": True}),
    ("/faults/delay", "delay", {"seconds": 0.5, "method": "GET"}),
    ("/faults/drop", "drop_requests", {"url": "/Tasks", "carried_out": True}),
    ("/faults/refuse_upgrades", "refuse_upgrades", {"status": 503, "delay": 1}),
    ("/sockets/close", "close_sockets", {"code": 1012, "reason": "a"}),
    ("/sockets/cut", "cut_sockets", {"channel": "WK1"}),
    ("/sockets/stall", "stall_sockets", {}),
    ("/sockets/resume", "resume_sockets", {"channel": "WK1"}),
    ("/sockets/duplicate", "duplicate_frames", {"channel": "WK1", "times": 3}),
]


@pytest.mark.parametrize(("path", "method", "given"), COMMANDS_OF_FAULTS)
def test_trouble_is_scripted_by_the_methods_of_faults(
    emulator: Emulator,
    remote: Remote,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    method: str,
    given: dict[str, Any],
) -> None:
    scripted = Mock(return_value=7)
    monkeypatch.setattr(emulator.faults, method, scripted)
    answer = remote.post(path, **given)
    scripted.assert_called_once_with(**given)
    assert answer == ({"sockets": 7} if path.startswith("/sockets") else {})


def test_scripted_faults_are_forgotten(emulator: Emulator, remote: Remote) -> None:
    remote.post("/faults/answer", status=500)
    assert emulator.faults.pending == 1
    assert remote.delete("/faults") == {}
    assert emulator.faults.pending == 0


def test_a_fault_may_have_a_status_without_a_name(desk: Desk, remote: Remote) -> None:
    remote.post("/faults/answer", status=599)
    assert desk.post("GET", "/Activities").status_code == 599


def test_frames_are_sent_and_duplicated(desk: Desk, remote: Remote) -> None:
    remote.post("/sockets/duplicate", channel=desk.worker_sid)
    frame = {"event_type": "task.updated", "payload": {}}
    remote.post("/sockets/send", channel=desk.worker_sid, frame=frame)
    assert [desk.frame(), desk.frame()] == [frame, frame]


# Looking


def test_requests_and_events_are_numbered(desk: Desk, remote: Remote) -> None:
    desk.post("GET", "/Activities")
    desk.emulator.create_task()
    entries = remote.get("/requests")["requests"]
    assert [entry["kind"] for entry in entries] == ["upgrade", "bridge"]
    assert entries[1]["status"] == 200
    assert desk.token not in json.dumps(entries)
    later = remote.get("/requests", after=entries[0]["number"])["requests"]
    assert later == entries[1:]
    assert remote.get("/requests", url="/Activities")["requests"] == entries[1:]

    events = remote.get("/events")["events"]
    assert [event["number"] for event in events] == [*range(1, len(events) + 1)]
    [created] = remote.get("/events", event_type="task.created")["events"]
    assert created["event_data"]["workspace_sid"] == desk.workspace.sid


def test_a_request_is_waited_for(desk: Desk, remote: Remote) -> None:
    late = threading.Thread(target=desk.post, args=("GET", "/Activities"))
    found: list[Any] = []
    waiting = threading.Thread(
        target=lambda: found.append(remote.get("/requests/wait", url="/Activities"))
    )
    waiting.start()
    late.start()
    waiting.join(5)
    late.join(5)
    assert [entry["kind"] for entry in found[0]["requests"]] == ["bridge"]


def test_connections_are_counted_and_waited_for(desk: Desk, remote: Remote) -> None:
    assert remote.get("/connections") == {"connections": {desk.worker_sid: 1}}
    desk.hang_up()
    gone = remote.get("/connections/wait", channel=desk.worker_sid, count=0)
    assert gone == {"connections": {}}


def test_what_does_not_come_is_waited_for_no_longer(remote: Remote) -> None:
    late = remote.get("/connections/wait", 504, channel="WK1", count=1, timeout=0.01)
    assert late["message"] == "1 sockets of WK1: not within 0.01 s"


def test_the_state_shows_workers_queues_and_reservations(
    desk: Desk, remote: Remote
) -> None:
    for number in range(2):
        desk.emulator.create_task(attributes={"n": number})
    [shown] = remote.get("/state")["workspaces"]
    [worker] = shown["workers"]
    assert (worker["friendly_name"], worker["connections"]) == ("Alice", 1)
    assert worker["channels"][0]["load"] == 1
    [queue] = shown["task_queues"]
    assert (queue["waiting"], queue["tasks"][0]["attributes"]) == (1, '{"n": 1}')
    [reservation] = shown["reservations"]
    assert reservation["expires"] == reservation["date_created"] + 120
    assert shown["series"]["tasks_created"][-1] == 2
    assert shown["series"]["open_tasks"][-2:] == [0, 2]


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("workers", {}, (3, 3, ["Bob 2", "bob 10", "Zoë"])),
        ("workers", {"order": "load"}, (3, 3, ["Zoë", "bob 10", "Bob 2"])),
        ("workers", {"text": "BOB fr"}, (3, 1, ["bob 10"])),
        ("workers", {"status": "Offline"}, (3, 0, [])),
        ("tasks", {}, (4, 4, [3, 2, 1, 0])),
        ("tasks", {"order": "priority"}, (4, 4, [2, 0, 1, 3])),
        ("tasks", {"order": "oldest", "offset": 1, "limit": 2}, (4, 4, [1, 2])),
        ("tasks", {"status": "pending"}, (4, 1, [3])),
        ("tasks", {"text": "bob"}, (4, 2, [2, 1])),
        ("reservations", {"order": "worker"}, (3, 3, ["Bob 2", "bob 10", "Zoë"])),
        ("task_queues", {"order": "waiting"}, (2, 2, ["Everyone", "A few"])),
    ],
    ids=str,
)
def test_lists_are_searched_sorted_and_cut_into_pages(
    emulator: Emulator,
    remote: Remote,
    path: str,
    query: dict[str, Any],
    expected: tuple[int, int, list[object]],
) -> None:
    workspace = emulator.workspace(
        workers={"Zoë": {}, "bob 10": {"languages": ["fr"]}, "Bob 2": {}},
        worker_activity="Available",
        queues={"Everyone": "1==1", "A few": "1==2"},
    )
    for number in range(4):
        emulator.create_task(attributes={"n": number}, priority=int(number == 2))
    answer = remote.get(f"/{path}", workspace=workspace.sid, **query)
    shown = [
        json.loads(row["attributes"])["n"]
        if path == "tasks"
        else row.get("worker_name", row.get("friendly_name"))
        for row in answer[path]
    ]
    assert (answer["total"], answer["matching"], shown) == expected


# Calls


def test_telephony_is_set_and_shown(remote: Remote) -> None:
    settings: dict[str, Any] = {
        "answer_after": 0.0,
        "call_length": None,
        "outcome": "busy",
        "outcomes": {"client:joey": "answered"},
    }
    assert remote.post("/telephony", **settings) == settings
    assert remote.get("/telephony") == settings
    settings["call_length"] = 5.0
    assert remote.post("/telephony", call_length=5) == settings


def test_calls_are_listed_and_hung_up(desk: Desk, remote: Remote) -> None:
    task = desk.emulator.create_task(attributes={"call_sid": "CA" + "1" * 32})
    [reservation] = remote.get("/state")["workspaces"][0]["reservations"]
    path = f"/Tasks/{task['sid']}/Reservations/{reservation['sid']}"
    to = {"CallFrom": "+1", "CallTo": "+2", "CallUrl": "http://x"}
    desk.post("POST", path, {"Instruction": "call", **to}).raise_for_status()
    [call] = remote.get("/calls")["calls"]
    assert (call["instruction"], call["to"]) == ("call", "+2")
    remote.post("/calls/hang_up", call_sid=call["sid"])
    [call] = remote.get("/calls")["calls"]
    assert call["states"][-1]["status"] == call["status"] == "canceled"
    assert remote.post("/calls/hang_up", 404, call_sid="CA1")["code"] == 20404


# Snapshots


def test_a_snapshot_is_restored_in_another_emulator(desk: Desk, remote: Remote) -> None:
    desk.emulator.create_task()
    snapshot = remote.get("/snapshot")
    desk.emulator.advance(120)
    shown = remote.get("/state")["workspaces"][0]["reservations"]
    assert remote.post("/restore", **snapshot)["now"] == 1_767_225_600
    [before] = remote.get("/state")["workspaces"][0]["reservations"]
    assert before["reservation_status"] == "pending"
    assert before not in shown
    with Emulator(manual_clock=True) as other:
        Remote(other).post("/restore", **snapshot)
        assert Remote(other).get("/snapshot") == snapshot


def test_a_snapshot_may_be_large(desk: Desk, remote: Remote) -> None:
    text = json.dumps(remote.get("/snapshot")) + " " * 5_000_000
    answer = requests.post(f"{remote.url}/restore", data=text, timeout=5)
    assert answer.status_code == 200


# What is wrong


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("/clock/advance", {}, "seconds is missing in the body"),
    ("/clock/advance", {"seconds": "1"}, "seconds must be a number from 0 to"),
    ("/clock/advance", {"seconds": -1}, "seconds must be a number from 0 to"),
    ("/faults/answer", {"status": 99}, "status must be an integer from 200 to 599"),
    ("/faults/delay", {"seconds": 1, "method": "PUT"}, "method must be one of GET,"),
    ("/faults/drop", {"times": 0}, "times must be an integer from 1 to"),
    ("/sockets/close", {"code": 1}, "code must be an integer from 1000 to 4999"),
    ("/sockets/close", {"reason": "é" * 62}, "reason must be a string of at most 123"),
    ("/sockets/send", {"channel": "WK1", "frame": 1}, "frame must be a string"),
    ("/telephony", {"outcomes": {"a": "lost"}}, "outcomes.a must be one of answered"),
    ("/tasks", {"attributes": "{}"}, "attributes must be a JSON object"),
    ("/workspaces", {"activities": {"A": "y"}}, "activities.A must be true or false"),
    ("/workspaces", {"workers": {"Ann": []}}, "workers.Ann must be a JSON object"),
    (
        "/workspaces",
        {"task_reservation_timeout": 0},
        "task_reservation_timeout must be",
    ),
    ("/workspaces", {"colour": "red"}, "colour is an unknown parameter"),
    ("/restore", {"snapshot": {"format": "none"}}, "snapshot was refused: this is not"),
]


@pytest.mark.parametrize(
    ("path", "fields", "message"), WRONG, ids=[f"{case[0]} {case[1]}" for case in WRONG]
)
def test_wrong_input_is_answered_with_the_name_of_the_field(
    remote: Remote, path: str, fields: dict[str, object], message: str
) -> None:
    refused = remote.post(path, 400, **fields)
    assert refused["message"].startswith(message)
    assert refused["message"].startswith(refused["field"])


# What fits the fields, and is refused all the same.
REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("/tasks", {}, "workspace is required: there are 0"),
    ("/workspaces", {"worker_activity": "No"}, "worker_activity: there is no activity"),
    ("/workspaces", {"queues": {"Q": "1=="}}, "queues.Q: "),
    ("/workspaces", {"workflow": {"task_routing": 1}}, "workflow: "),
]


@pytest.mark.parametrize(("path", "fields", "message"), REFUSED, ids=str)
def test_what_is_refused_leaves_nothing(
    emulator: Emulator,
    remote: Remote,
    path: str,
    fields: dict[str, object],
    message: str,
) -> None:
    assert remote.post(path, 400, **fields)["message"].startswith(message)
    assert emulator.call(lambda engine: len(engine.workspaces)) == 0


@pytest.mark.parametrize("body", ["{", "[]", '{"seconds": 1, "seconds": 2}', b"\xff"])
def test_a_body_that_is_no_json_object_is_said(remote: Remote, body: str) -> None:
    answer = requests.post(f"{remote.url}/clock/advance", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["field"] in ("the body", "seconds")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(
        ["GET", "POST", "/Workspaces", "/v1//..", "1e999", "\0", "\ud800"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Command, dict[str, object]]:
    """A command with anything as its fields, but for how long to wait."""
    command = draw(st.sampled_from(COMMANDS))
    names = [field.name for field in command.fields if field.name != "timeout"]
    fields = draw(st.dictionaries(st.sampled_from(names or ["none"]), JSON))
    if command.path.endswith("/wait"):
        fields["timeout"] = 0
    return command, fields


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(question=questions())
def test_whatever_is_asked_is_answered(
    workspace: ReadyWorkspace,
    remote: Remote,
    question: tuple[Command, dict[str, object]],
) -> None:
    command, fields = question
    if command.method == "POST":
        sent: dict[str, Any] = {"data": json.dumps(fields)}
    else:
        sent = {"params": {name: json.dumps(value) for name, value in fields.items()}}
    url = remote.url + command.path
    answer = requests.request(command.method, url, timeout=5, **sent)
    assert answer.status_code in (200, 201, 400, 404, 409, 504), answer.text
    assert isinstance(answer.json(), dict)


# The door


def test_a_page_of_another_site_cannot_steer(remote: Remote) -> None:
    evil = {"Origin": "http://evil.example"}
    for headers in (evil, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("/state", "/stream"):
            answer = requests.get(remote.url + path, headers=headers, timeout=5)
            assert answer.status_code == 403, headers
            assert "Access-Control-Allow-Origin" not in answer.headers
        refused = requests.post(f"{remote.url}/sockets/cut", headers=headers, timeout=5)
        assert refused.status_code == 403
    preflight = requests.options(f"{remote.url}/sockets/cut", headers=evil, timeout=5)
    assert "Access-Control-Allow-Origin" not in preflight.headers


# The stream


class Stream:
    """A reader of server-sent events."""

    def __init__(self, url: str, **headers: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.netloc, timeout=5)
        self._connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.headers["Content-Type"] == "text/event-stream"

    def message(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for line in iter(self._answer.readline, b""):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if not name:
                return fields
            fields[name] = value
        raise EOFError

    def until(self, kind: str) -> tuple[list[str], Any]:
        """Give the types of the events before a message of that kind, and it."""
        types: list[str] = []
        while (message := self.message())["event"] != kind:
            types.append(json.loads(message["data"])["event_type"])
        return types, json.loads(message["data"])

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


OpenStream = Callable[..., Stream]


@pytest.fixture
def open_stream(emulator: Emulator, workspace: ReadyWorkspace) -> Iterator[OpenStream]:
    """Opens streams: (query, headers)."""
    with ExitStack() as stack:

        def open_one(query: str = "", **headers: str) -> Stream:
            stream = Stream(f"{emulator.url}/emulator/stream?{query}", **headers)
            stack.callback(stream.close)
            return stream

        yield open_one


@pytest.fixture
def stream(open_stream: OpenStream) -> Stream:
    return open_stream()


def test_the_stream_tells_events_and_the_state_after_each_change(
    emulator: Emulator, stream: Stream
) -> None:
    past, state = stream.until("state")
    assert past[0] == "workspace.created"
    assert state["workspaces"][0]["reservations"] == []

    emulator.create_task()
    came, state = stream.until("state")
    assert "task.created" in came
    assert len(state["workspaces"][0]["reservations"]) == 1

    emulator.advance(1)
    came, later = stream.until("state")
    assert (came, later["clock"]["now"]) == ([], state["clock"]["now"] + 1)


def test_the_stream_leaves_the_lists_out_on_request(
    open_stream: OpenStream, workspace: ReadyWorkspace
) -> None:
    _, state = open_stream("lists=no").until("state")
    [shown] = state["workspaces"]
    assert shown["sid"] == workspace.sid
    assert not {"workers", "task_queues", "reservations"} & {*shown}


def test_the_stream_tells_of_sockets(
    emulator: Emulator, workspace: ReadyWorkspace, stream: Stream, open_desk: OpenDesk
) -> None:
    stream.until("state")
    desk = open_desk(emulator, workspace)
    desk.connect()
    _, state = stream.until("state")
    while not state["connections"]:
        _, state = stream.until("state")
    assert state["connections"] == {desk.worker_sid: 1}


def test_a_reader_misses_nothing_however_much_happens_at_once(
    emulator: Emulator, open_stream: OpenStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_EVENTS", 2)
    before = [event.event_type for event in emulator.events]
    # Of what is past, who has seen nothing gets the latest only.
    stream = open_stream()
    assert stream.until("state")[0] == before[-2:]
    for _ in range(3):
        emulator.create_task()
    new = [event.event_type for event in emulator.events[len(before) :]]
    back = open_stream(**{"Last-Event-ID": str(len(before))})
    for reader in (stream, back):
        came: list[str] = []
        while len(came) < len(new):
            came += reader.until("state")[0]
        assert came == new


def test_a_reader_of_another_emulator_gets_everything(
    emulator: Emulator, open_stream: OpenStream
) -> None:
    came, _ = open_stream(**{"Last-Event-ID": "999999"}).until("state")
    assert came == [event.event_type for event in emulator.events]


def test_the_stream_ends_with_the_emulator(emulator: Emulator, stream: Stream) -> None:
    stream.until("state")
    emulator.stop()
    with pytest.raises((EOFError, IncompleteRead)):
        while True:
            stream.message()


def test_the_control_serves_again_after_a_restart() -> None:
    emulator = Emulator(manual_clock=True)
    for _ in range(2):
        with emulator:
            assert Remote(emulator).get("/clock")["manual"] is True
