"""What clients, receivers and readers do or leave undone holds nothing up."""

from __future__ import annotations

import asyncio
import fcntl
import gzip
import json
import re
import resource
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import requests

from taskrouter_sync.emulator import Emulator, journal as journals
from taskrouter_sync.emulator.__main__ import main
from taskrouter_sync.emulator.channels import MAX_WAITING_CHARACTERS, Connection
from taskrouter_sync.emulator.engine import Event, calls
from taskrouter_sync.emulator.journal import Journal, Request, Search, without_token
from taskrouter_sync.emulator.setup import ReadyWorkspace

from .program import Program, program
from .rest import Rest


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBQyJ9.c2lnbmF0dXJl-_"
LIMIT = 5.0


def post(emulator: Emulator, path: str, text: str, **headers: str) -> int:
    answer = requests.post(
        emulator.url + path, data=text.encode(), headers=headers, timeout=LIMIT
    )
    return answer.status_code


# The journal


def arrive(journal: Journal, number: int, text: str = "") -> None:
    journal.arrived(0.0, "rest", "POST", f"/v1/{number}", {"Attributes": text})


def test_the_journal_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "KEEP_BYTES", 100_000)
    journal = Journal()
    for number in range(1, 51):
        arrive(journal, number, "é" * 5000)
    kept = journal.requests.after(0)
    assert 1 <= len(kept) <= 5
    # What is kept is the latest, under its own number.
    assert [number for number, _ in kept] == list(range(51 - len(kept), 51))
    assert kept[-1][1].url == "/v1/50"
    assert journal.requests.after(49) == kept[-1:]
    assert journal.requests.after(50) == []


def test_of_a_refused_request_a_line_is_kept(emulator: Emulator) -> None:
    path = "/v1/Workspaces/WS1/Tasks"
    assert post(emulator, path, "Attributes=" + "x" * 1_000_000) == 401
    channel = f"/v1/wschannels/{emulator.account_sid}/WK1"
    envelope = {
        "url": "https://x/v1/" + "y" * 1_000_000,
        "method": "GET" * 100_000,
        "token": JWT,
        "params": {"text": "z" * 500_000, "list": ["z" * 500_000] * 2, "n": 7},
    }
    assert post(emulator, channel, json.dumps(envelope)) == 403
    rest, bridge = emulator.requests
    assert (rest.url, rest.params, rest.status) == (path, {}, 401)
    assert bridge.params["n"] == 7
    assert len(repr(bridge)) < 3000


SPELLINGS = [
    f"/v1/wschannels/AC1/WK1?token={JWT}&x=1",
    f"/v1?TOKEN={JWT}",
    f"/v1?x=1;%74oken={JWT}",
    f"/v1?%2574%256fken={JWT}",
    f"/v1?auth-token={JWT}",
    f"/v1?a={JWT}",
    f"/v1/{JWT}/x",
    f"/v1?a={JWT.replace('.', '%2E').replace('e', '%65')}",
    f"https://AC1:{JWT}@host/v1",
    f"https://AC1:{JWT[4:]}@host/v1",
    f"/v1#token={JWT}",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_a_token_gets_into_the_journal(url: str) -> None:
    assert JWT[-12:] not in without_token(url)


def test_what_is_no_token_stays_as_it_is() -> None:
    for url in ("/v1/W?PageToken=PT1&a=%20b;c", "http://x/y?key=eyeliner.pencil.red"):
        assert without_token(url) == url


@pytest.mark.parametrize("name", ["token", "Token", "access_token", "other", JWT])
def test_no_parameter_with_a_token_gets_into_the_journal(name: str) -> None:
    journal = Journal()
    nested: Any = {name: JWT, "list": [{name: JWT}, f"Bearer x_{JWT}"], "n": 1}
    journal.arrived(0.0, "bridge", "GET", "/v1", {name: JWT, "x": nested})
    [request] = journal.requests.all()
    assert JWT[-12:] not in repr(request)
    assert isinstance(request.params["x"], dict)
    assert request.params["x"]["n"] == 1


def test_a_token_as_a_query_stays_out_of_the_journal(emulator: Emulator) -> None:
    url = f"{emulator.api_base_url}/Workspaces?{JWT}"
    requests.get(url, auth=(emulator.account_sid, emulator.auth_token), timeout=LIMIT)
    assert JWT[-12:] not in repr(emulator.requests)


def test_of_a_very_large_request_a_part_is_kept(rest: Rest) -> None:
    names = {f"%2541{number}": [{}] for number in range(30_000)}
    assert rest.ask("POST", "", json=names).ok
    [request] = rest.emulator.requests
    assert 1 <= len(request.params) < 100


@pytest.mark.parametrize("like_a_token", ["eyA", "%65yA"])
def test_what_resembles_tokens_holds_nothing_up(
    emulator: Emulator, like_a_token: str
) -> None:
    # Looking on from each of these places would take minutes.
    text = f"{like_a_token * (280_000 // len(like_a_token))}."
    for params in ({"a": text}, {text: ""}):
        envelope = {"url": "https://x/", "method": "GET", "token": "x"}
        text = json.dumps({**envelope, "params": params})
        assert post(emulator, "/v1/wschannels/AC1/WK1", text) == 403


@pytest.mark.parametrize("kind", ["data", "json"])
def test_repeated_parameters_hold_nothing_up(rest: Rest, kind: str) -> None:
    answer = rest.ask("POST", "", **{kind: {"FriendlyName": ["x"] * 200_000}})
    assert answer.json()["friendly_name"] == "x"


# What holds a document of some levels, each with the status of one that is read.
DEEP = [
    (
        "/v1/wschannels/AC1/WK1",
        '{{"url":"x","method":"POST","token":"x","params":{{"Attributes":{deep}}}}}',
        403,
    ),
    (
        "/v1/Workspaces/{workspace}/Workers",
        '{{"FriendlyName":"Bob","Attributes":{deep}}}',
        201,
    ),
    ("/emulator/tasks", '{{"attributes":{deep}}}', 201),
    (
        "/emulator/rest",
        '{{"method":"POST","path":"/Workspaces/{workspace}/Tasks",'
        '"params":{{"Attributes":{deep}}}}}',
        200,
    ),
    ("/emulator/workspaces", '{{"workers":{{"Bob":{deep}}}}}', 201),
]


@pytest.mark.parametrize(("path", "body", "status"), DEEP, ids=[e[0] for e in DEEP])
@pytest.mark.parametrize("levels", [150, 250, 2000])
def test_what_is_nested_deeply_is_refused(
    rest: Rest,
    workspace: ReadyWorkspace,
    path: str,
    body: str,
    status: int,
    levels: int,
) -> None:
    deep = '{"a":' + "[" * levels + "]" * levels + "}"
    answer = rest.ask(
        "POST",
        rest.emulator.url + path.format(workspace=workspace.sid),
        data=body.format(workspace=workspace.sid, deep=deep),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == (status if levels < 200 else 400)


@pytest.mark.parametrize(
    "path", ["/v1/wschannels/AC1/WK1", "/v1/Workspaces", "/emulator/workspaces"]
)
@pytest.mark.parametrize("encoding", ["gzip", "Deflate", "identity"])
def test_compressed_bodies_are_not_unpacked(
    emulator: Emulator, path: str, encoding: str
) -> None:
    body = b"{}" if encoding == "identity" else gzip.compress(b"{}")
    answer = requests.post(
        emulator.url + path,
        body,
        headers={"Content-Encoding": encoding, "Content-Type": "application/json"},
        auth=(emulator.account_sid, emulator.auth_token),
        timeout=LIMIT,
    )
    message = answer.json().get("message")
    if encoding == "identity":
        assert answer.status_code in (201, 400, 403)
    else:
        assert (answer.status_code, message) == (415, "The request body is compressed")


def test_a_search_looks_at_each_entry_once() -> None:
    journal = Journal()
    looked_at: list[str] = []

    def matches(entry: Request) -> bool:
        looked_at.append(entry.url)
        return True

    search = Search(journal.requests, matches)
    for number in range(100):
        arrive(journal, number)
        assert search.count() == number + 1
    assert looked_at == [f"/v1/{number}" for number in range(100)]


# The control


def test_lists_have_a_limit_and_go_on(emulator: Emulator) -> None:
    emulator.workspace()
    control = f"{emulator.url}/emulator"
    seen: list[int] = [0]
    more = True
    while more:
        url = f"{control}/events?limit=3&after={seen[-1]}"
        page = requests.get(url, timeout=LIMIT).json()
        seen += [event["number"] for event in page["events"]]
        assert len(page["events"]) <= 3
        more = page["more"]
    assert seen == list(range(len(emulator.events) + 1))
    for limit in ("0", "10001", "9" * 5000, "x"):
        answer = requests.get(f"{control}/requests?limit={limit}", timeout=LIMIT)
        assert (answer.status_code, answer.json()["field"]) == (400, "limit")


def test_a_long_list_comes_in_parts(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    for number in range(60):
        emulator.create_task(attributes={"n": number, "text": "x" * 3000})
    answer = requests.get(f"{emulator.url}/emulator/events", timeout=LIMIT)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    events = answer.json()["events"]
    assert [each["sid"] for each in events] == [each.sid for each in emulator.events]


@pytest.mark.parametrize("seen", ["9" * 5000, "-1", "x", "\uff11"])
def test_a_reader_that_has_seen_anything_gets_the_latest(
    emulator: Emulator, workspace: ReadyWorkspace, seen: str
) -> None:
    for _ in range(3):
        with requests.get(
            f"{emulator.url}/emulator/stream",
            headers={"Last-Event-ID": seen.encode()},
            stream=True,
            timeout=LIMIT,
        ) as answer:
            assert answer.status_code == 200
            assert next(answer.iter_lines()) == b"retry: 1000"
    # Readers that went away are found out at the next change at the latest.
    journal = emulator._journal
    deadline = time.monotonic() + LIMIT
    while emulator.call(lambda engine: len(journal._waiting)):
        emulator.create_task()
        assert time.monotonic() < deadline, "somebody still watches"


# Clients and readers


def test_a_body_that_drips_holds_nobody_up(emulator: Emulator) -> None:
    port = int(emulator.url.rpartition(":")[2])
    with ExitStack() as stack:
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", port), LIMIT)
            stack.enter_context(closing(client))
            client.sendall(
                b"POST /v1/wschannels/AC1/WK1 HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 99999\r\n\r\n{"
            )
        began = time.monotonic()
        assert post(emulator, "/v1/Workspaces", "") == 401
        emulator.stop()
        assert time.monotonic() - began < 2


def test_frames_that_wait_are_bounded_in_bytes() -> None:
    transport = Mock(asyncio.Transport)
    connection = Connection("WK1", transport)
    for _ in range(10):
        connection.send("x" * (MAX_WAITING_CHARACTERS // 10))
    assert not transport.abort.called
    connection.send("x" * 10)
    assert transport.abort.called


MALFORMED = [
    b"\x16\x03\x01secret\r\n\r\n",
    b"GET /secret HTTP/9.9secret\r\n\r\n",
    b"GET / HTTP/1.1\r\nsecret\x00: x\r\n\r\n",
    b"GET /" + b"secret" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n",
    b"GET http://[::1secret HTTP/1.1\r\nHost: x\r\n\r\n",
]


def send(run: Program, data: bytes) -> bytes:
    with closing(socket.create_connection(("127.0.0.1", run.port), LIMIT)) as client:
        client.sendall(data)
        return client.recv(1000)


def test_a_full_stderr_pipe_never_stops_the_service() -> None:
    with program() as run:
        assert run.process.stderr is not None
        fcntl.fcntl(run.process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        # A line each, more than the pipe takes.
        for _ in range(200):
            assert b" 400 " in send(run, MALFORMED[1])
        lines = run.terminate().splitlines()
    # The last one may have been cut off by the pipe's end.
    assert set(lines[:-1]) == {"a malformed request: BadStatusLine"}
    assert 50 < len(lines) < 200


def test_of_malformed_requests_only_a_line_is_logged() -> None:
    with program() as run:
        for data in MALFORMED:
            assert b" 400 " in send(run, data)
        lines = run.terminate().splitlines()
    assert 1 <= len(lines) <= len(MALFORMED)
    for line in lines:
        assert re.fullmatch(r"a malformed request: \w+", line)


CONNECTIONS_WAIT = (
    "connections have to wait: "
    "too few file descriptors or too little memory (ulimit -n)"
)


def test_too_few_file_descriptors_are_one_warning() -> None:
    with program() as run:
        address = "127.0.0.1", run.port
        resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, (40, 40))
        with ExitStack() as stack:
            for _ in range(80):
                client = socket.create_connection(address, LIMIT)
                stack.enter_context(closing(client))
        # When there are some again, it goes on.
        assert send(run, b"GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert run.terminate().splitlines() == [CONNECTIONS_WAIT]


def test_the_end_of_a_program_with_too_few_file_descriptors_is_silent() -> None:
    # asyncio accepts again after a second, which falls on these moments of the end.
    for seconds in (0.985, 0.99, 0.995):
        with program() as run, ExitStack() as stack:
            address = "127.0.0.1", run.port
            resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, (40, 40))
            for _ in range(40):
                client = socket.create_connection(address, LIMIT)
                stack.enter_context(closing(client))
            assert run.process.stderr is not None
            warning = run.process.stderr.readline()
            time.sleep(seconds)
            assert warning + run.terminate() == CONNECTIONS_WAIT + "\n"


# The program's names and numbers


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "x", "9" * 5000])
def test_a_port_that_is_none_is_a_usage_error(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        main([f"--port={port}"])
    assert exit.value.code == 2
    assert "is not a port (use 0 to 65535)" in capsys.readouterr().err


def test_names_are_printed_harmlessly(tmp_path: Path) -> None:
    name = "A\x1b[31m\x07\nexport PATH=mine\r\u202e"
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"name": name, "workers": {name: {}}}))
    with program("--seed", str(seed), TWILIO_ACCOUNT_SID="AC 1;id") as run:
        text = run.greeting
    assert r"A\x1b[31m\x07\nexport PATH=mine\r\u202e" in text
    assert "export TWILIO_ACCOUNT_SID='AC 1;id'" in text
    assert all(each.isprintable() for each in text.splitlines())


HUGE = "9" * 400
COMMANDS = {
    "/clock/advance": "seconds",
    "/tasks": "priority",
    "/faults/answer": "status",
    "/faults/delay": "seconds",
    "/telephony": "answer_after",
    "/sockets/close": "code",
}


@pytest.mark.parametrize("number", [HUGE, f"-{HUGE}", f"{HUGE}.5", "1e999", "NaN"])
@pytest.mark.parametrize("path", COMMANDS)
def test_huge_numbers_to_the_control_are_refused(
    emulator: Emulator, path: str, number: str
) -> None:
    text = f'{{"{COMMANDS[path]}": {number}}}'
    answer = requests.post(f"{emulator.url}/emulator{path}", data=text, timeout=LIMIT)
    assert (answer.status_code, answer.json()["field"]) == (400, COMMANDS[path])


def test_a_snapshot_of_no_time_is_refused(emulator: Emulator) -> None:
    snapshot = emulator.snapshot()
    for now in (10**400, -1, 1e300, float("nan")):
        snapshot["state"]["service"]["now"] = now
        with pytest.raises(ValueError, match="damaged"):
            emulator.restore(snapshot)


# What the logs keep


@pytest.fixture
def account(emulator: Emulator) -> Rest:
    """The account, with a caller who is offered to Alice."""
    alice = {"Alice": {"contact_uri": "client:alice"}}
    workspace = emulator.workspace(workers=alice, worker_activity="Available")
    emulator.create_task(attributes={"call_sid": "CA" + "9" * 32})
    return Rest(emulator, workspace.sid)


CALL = {"Instruction": "call", "CallFrom": "+15550100", "CallUrl": "http://x/"}
# Where a text of any length could go, with what else is needed.
TEXTS: list[tuple[str, str, dict[str, str]]] = [
    ("", "EventCallbackUrl", {}),
    ("", "EventsFilter", {}),
    ("/Workflows", "AssignmentCallbackUrl", {}),
    ("/Workflows", "FallbackAssignmentCallbackUrl", {}),
    ("/Tasks", "Reason", {"AssignmentStatus": "canceled"}),
    ("/Reservations", "CallUrl", CALL),
    ("/Reservations", "CallTo", CALL),
    ("/Reservations", "Region", {"Instruction": "conference", "From": "1"}),
]


@pytest.mark.parametrize(("path", "name", "others"), TEXTS, ids=[e[1] for e in TEXTS])
def test_a_text_without_end_is_refused(
    account: Rest, path: str, name: str, others: dict[str, str]
) -> None:
    if path == "/Reservations":
        path = account.only(account.only("/Tasks") + path)
    elif path:
        path = account.only(path)
    text = ("sip:" if name == "CallTo" else "http://x/").ljust(4097, "x")
    answer = account.post(path, **{**others, name: text})
    message = f"{name} must not be longer than 4096 characters"
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert account.post(path, **{**others, name: text[:-1]}).status_code == 200


def test_the_log_of_calls_is_bounded_in_bytes(
    emulator: Emulator, account: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "KEEP_BYTES", 100_000)
    path = account.only(account.only("/Tasks") + "/Reservations")
    for number in range(12):
        url = f"http://x/{number}?".ljust(4000, "x")
        assert account.post(path, **{**CALL, "CallUrl": url}).status_code == 200
    kept = emulator.call(lambda engine: engine.telephony.calls)
    assert 1 <= len(kept) <= 6
    assert kept[-1].instruction.url == url


def test_an_event_of_long_texts_counts_as_large(
    emulator: Emulator, account: Rest
) -> None:
    long = "x" * 4000
    account.post(account.only("/Tasks"), Attributes=f'{{"text":"{long}"}}')
    account.post(account.only("/Tasks"), AssignmentStatus="canceled", Reason=long)
    account.post(account.only("/Workflows"), AssignmentCallbackUrl=f"http://x/{long}")
    account.post("", EventsFilter=long)
    sizes = {
        event.event_type: event.size
        for event in emulator.events
        if isinstance(event, Event)
    }
    for name in ("task", "workflow", "workspace"):
        assert sizes[f"{name}.updated"] > 16_000
    assert sizes["task.canceled"] > 32_000
