"""The documented events, and Node's emitter family on every client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import ClientClosed, HttpError, TaskQueue, Worker, Workspace
from taskrouter_sync.emulator import Emulator

from ...support.center import Center
from ...support.collector import LIMIT, Collector, settle


KINDS = [Worker, TaskQueue, Workspace]


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, center: Center) -> Any:
    """Any of the clients; it is not ready yet."""
    return center.open(request.param)


def path_of(kind: Any, center: Center) -> str:
    """Where the resource of a client is."""
    return {
        Worker: f"/Workers/{center.alice}",
        TaskQueue: f"/TaskQueues/{center.queue}",
        Workspace: f"/Workspaces/{center.sids.sid}/",
    }[kind]


# On all clients.


def test_connected_and_ready(client: Any, center: Center) -> None:
    """`ready` brings the client's resource, `connected` nothing."""
    came = Collector().listen(client)
    assert came.expect("connected") is None
    resource = came.expect("ready")
    assert (resource.sid, resource.friendlyName) == (client.sid, client.friendlyName)
    assert client.friendlyName in ("Alice", "Everyone", "Emulated workspace")
    assert came.names() == ["connected", "ready"]
    bridged = [each for each in center.emulator.requests if each.kind == "bridge"]
    assert bridged[0].url.endswith(path_of(type(client), center))


def test_a_lost_connection_is_made_again(
    client: Any, emulator: Emulator, no_pauses: None
) -> None:
    came = Collector().listen(client)
    client.on("disconnected", lambda: came.add("without an argument"))
    came.expect("ready")
    emulator.faults.close_sockets(client.sid, code=4001, reason="too many")
    told = came.expect("disconnected")
    assert (told.code, told.reason) == (4001, "too many")
    assert told["message"] == "Websocket disconnected due to lost connectivity"
    came.expect("without an argument")
    came.expect("ready")
    assert "error" not in came.names()


def test_error(client: Any, emulator: Emulator) -> None:
    """It has `response` and `message`; the connection goes on."""
    came = Collector().listen(client, "ready", "error")
    came.expect("ready")
    emulator.send_frame(client.sid, "{no JSON")
    error = came.expect("error")
    assert error.response == "{no JSON"
    assert error.message
    settle(emulator, client)
    assert emulator.connections(client.sid) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_ready_is_an_error_and_waits_for_a_token(
    center: Center, kind: Any
) -> None:
    center.emulator.faults.answer(401, url=path_of(kind, center))
    client = center.open(kind)
    came = Collector().listen(client)
    assert came.expect("error").code == 401
    with pytest.raises(HttpError):
        client.wait_until_ready(LIMIT)
    client.updateToken(center.token(kind, ttl=7200))
    came.expect("ready")


@pytest.mark.parametrize("kind", KINDS)
def test_token_expired(center: Center, kind: Any) -> None:
    client = center.open(kind, center.token(kind, valid_until=1_000_000, nbf=None))
    came = Collector().listen(client)
    assert came.expect("token.expired") is None
    with pytest.raises(HttpError, match="expired"):
        client.wait_until_ready(LIMIT)


def test_close(client: Any) -> None:
    came = Collector().listen(client)
    came.expect("ready")
    client.close()
    assert came.names()[-1] == "disconnected"
    with pytest.raises(ClientClosed):
        client.fetch()


def test_events_come_under_their_names(client: Any, emulator: Emulator) -> None:
    """The prefix `worker.` is cut on workers only; unknown events are events too."""
    cut = isinstance(client, Worker)
    name = "activity.update" if cut else "worker.activity.update"
    came = Collector().listen(client, "ready", name, "weather.changed")
    came.expect("ready")
    for event, payload in (
        ("worker.activity.update", {"sid": client.sid, "activity_name": "Lunch"}),
        ("weather.changed", {"sky": "blue"}),
    ):
        emulator.send_frame(client.sid, {"event_type": event, "payload": payload})
    assert came.expect(name).activityName == "Lunch"
    assert came.expect("weather.changed").sky == "blue"


def test_a_mistyped_event_is_named_in_the_log(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client.on("token.expird", print)
    words = "There is no event 'token.expird'; did you mean 'token.expired'?"
    assert words in caplog.text


@pytest.mark.parametrize("kind", [TaskQueue, Workspace])
def test_others_are_told_of_reservations_by_the_frame(
    center: Center, kind: Any
) -> None:
    client = center.ready(kind)
    came, asked = Collector().listen(client), len(center.sent())
    payload = {"sid": "WT1", "reservation_sid": "WR1"}
    frame = {"event_type": "reservation.created", "payload": payload}
    center.emulator.send_frame(client.sid, frame)
    assert came.expect("reservation.created").sid == "WT1"
    assert len(center.sent()) == asked


def test_the_emitter_family(client: Any) -> None:
    """The names are those of Node's emitter: what is registered is called in order."""
    told: list[tuple[str, str]] = []

    def by_on(word: str) -> None:
        told.append(("on", word))

    def by_once(word: str) -> None:
        told.append(("once", word))

    def by_add(word: str) -> None:
        told.append(("addListener", word))

    client.on("word", by_on).once("word", by_once).addListener("word", by_add)
    assert client.listeners("word") == [by_on, by_once, by_add]
    assert client.emit("word", "first") is True
    client.off("word", by_add)
    assert client.emit("word", "second") is True
    client.removeListener("word", by_on)
    assert client.emit("word", "third") is False
    client.on("word", by_on).removeAllListeners("word")
    assert client.emit("word", "fourth") is False
    first = [("on", "first"), ("once", "first"), ("addListener", "first")]
    assert told == [*first, ("on", "second")]


# On a Worker: what it is told of itself.


def test_worker_updates(center: Center) -> None:
    worker = center.worker
    came = Collector().listen(worker)
    center.backend.update_worker(worker.sid, activity_sid=center.rest)
    told = came.expect("activity.update")
    assert told.activityName == worker.activityName == "Break"
    center.backend.update_worker(worker.sid, attributes='{"languages":["es"]}')
    told = came.expect("attributes.update")
    assert told.attributes.languages == worker.attributes.languages == ["es"]
    # What the client itself has changed is told too.
    worker.update("ActivitySid", center.sids.activities["Offline"])
    assert came.expect("activity.update").activityName == "Offline"


@pytest.mark.parametrize(
    ("event", "change", "shown"),
    [
        ("capacity.update", {"capacity": 3}, {"configuredCapacity": 3}),
        ("channel.availability.update", {"available": False}, {"available": False}),
    ],
)
def test_channel_updates(
    center: Center, event: str, change: dict[str, Any], shown: dict[str, Any]
) -> None:
    came = Collector().listen(center.worker, event)
    center.backend.update_channel(center.alice, "voice", **change)
    told = came.expect(event)
    assert told.taskChannelUniqueName == "voice"
    assert {name: told[name] for name in shown} == shown


# On a Worker: reservations.

STORIES: dict[str, Callable[[Any, Center], Any]] = {
    "accepted": lambda offered, center: offered.accept(),
    "rejected": lambda offered, center: offered.reject(),
    "canceled": lambda offered, center: center.backend.cancel(offered.taskSid),
    "completed": lambda offered, center: offered.accept().task.complete(),
    "wrapup": lambda offered, center: offered.accept().task.update(
        "AssignmentStatus", "wrapping"
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_reservation_events(center: Center, name: str) -> None:
    """Each brings the reservation as it is, with its task loaded."""
    came = Collector().listen(
        center.worker, "reservation.created", f"reservation.{name}"
    )
    sid = center.backend.create_task(language="es")
    created = came.expect("reservation.created")
    assert (created.task.sid, created.task.attributes.language) == (sid, "es")
    STORIES[name](created, center)
    told = came.expect(f"reservation.{name}")
    assert (told, told.task.sid) == (created, sid)
    assert told.reservationStatus == {"wrapup": "wrapping"}.get(name, name)


@pytest.mark.parametrize("name", ["timeout", "rescinded", "failed"])
def test_reservation_events_by_their_frames(center: Center, name: str) -> None:
    came = Collector().listen(
        center.worker, "reservation.created", f"reservation.{name}"
    )
    center.backend.create_task()
    created = came.expect("reservation.created")
    payload = {"sid": created.taskSid, "reservation_sid": created.sid}
    frame = {"event_type": f"reservation.{name}", "payload": payload}
    center.emulator.send_frame(center.alice, frame)
    told = came.expect(f"reservation.{name}")
    assert (told, told.task.sid) == (created, created.taskSid)


@pytest.mark.parametrize(
    "step", ["initiated", "attempt-failed", "failed", "canceled", "completed"]
)
def test_transfers_of_tasks(
    center: Center, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each brings the transfer, as its frame has it."""
    event = f"task.transfer-{step}"
    came = Collector().listen(center.worker, event)
    payload = {"sid": "TT1", "task_sid": "WT1", "transfer_status": step}
    frame = {"event_type": event, "payload": payload}
    center.emulator.send_frame(center.alice, frame)
    told = came.expect(event)
    assert (told.sid, told.transferStatus, told.task.sid) == ("TT1", step, "WT1")
    assert "There is no event" not in caplog.text


def test_set_skip_fetch_reservation(center: Center) -> None:
    """Events then carry what their frame held, and nothing is asked for."""
    worker, came = center.worker, Collector()
    came.listen(worker, "reservation.created")
    worker.setSkipFetchReservation(True)
    sid = center.backend.create_task(language="es")
    reservation = came.expect("reservation.created")
    assert (reservation.task.sid, reservation.task.attributes.language) == (sid, "es")
    assert not any("/Tasks/" in path for _, path, _ in center.sent())
    assert reservation.accept().task.assignmentStatus == "assigned"
    # And back: the reservation and its task are fetched again.
    worker.setSkipFetchReservation(False)
    sid = center.backend.create_task()
    assert came.expect("reservation.created").reservationStatus == "pending"
    assert center.emulator.wait_for_requests(url=f"/Tasks/{sid}/Reservations/")
