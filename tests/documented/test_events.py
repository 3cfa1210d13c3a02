"""The documented events, and Node's emitter family on every client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.resources.entities import WorkerChannel, WorkerResource
from taskrouter_sync.resources.reservation import Reservation

from ..support.collector import Collector
from .conftest import TO_ACT, OpenTaskQueue, OpenWorker, OpenWorkspace
from .held import Held


@pytest.fixture(params=["Worker", "TaskQueue", "Workspace"])
def client(
    request: pytest.FixtureRequest,
    worker_with: OpenWorker,
    task_queue_with: OpenTaskQueue,
    workspace_with: OpenWorkspace,
) -> Any:
    """Any of the clients."""
    openers: dict[str, Callable[[], Any]] = {
        "Worker": worker_with,
        "TaskQueue": task_queue_with,
        "Workspace": workspace_with,
    }
    return openers[request.param]()


@pytest.fixture
def desk(worker_with: OpenWorker) -> tuple[Worker, Collector]:
    """Alice's client once it is ready, and what it tells."""
    worker = worker_with(*TO_ACT)
    came = Collector().listen(worker, "ready")
    came.expect("ready")
    return worker, came


# On all clients


def test_connected_and_ready(client: Any, held: Held) -> None:
    """`ready` brings the client's entity, `connected` nothing."""
    came = Collector().listen(client, "connected", "ready")
    assert came.expect("connected") is None
    entity = came.expect("ready")
    assert entity.sid == client.sid
    names = {"Alice", "Everyone", held.workspace().friendly_name}
    assert entity.friendlyName in names
    assert client.friendlyName == entity.friendlyName


def test_disconnected(client: Any, emulator: Emulator, no_pauses: None) -> None:
    came = Collector().listen(client, "ready", "disconnected")
    came.expect("ready")
    emulator.faults.close_sockets(client.sid)
    assert came.expect("disconnected")["message"]
    came.expect("ready")


def test_disconnected_without_an_argument(client: Any, emulator: Emulator) -> None:
    came = Collector().listen(client, "ready")
    client.on("disconnected", lambda: came.add("disconnected"))
    came.expect("ready")
    emulator.faults.close_sockets(client.sid)
    came.expect("disconnected")


def test_error(client: Any, emulator: Emulator) -> None:
    """It has `response` and `message`; the connection goes on."""
    came = Collector().listen(client, "ready", "error", "marker")
    came.expect("ready")
    emulator.send_frame(client.sid, "{no JSON")
    error = came.expect("error")
    assert error.response == "{no JSON"
    assert error.message
    emulator.send_frame(client.sid, {"event_type": "marker", "payload": {"a_b": 1}})
    came.expect("marker")
    assert emulator.connections(client.sid) == 1


def test_an_unknown_event_comes_under_its_own_name(
    client: Any, emulator: Emulator
) -> None:
    came = Collector().listen(client, "ready", "weather.changed")
    came.expect("ready")
    frame = {"event_type": "weather.changed", "payload": {"sky": "blue"}}
    emulator.send_frame(client.sid, frame)
    assert came.expect("weather.changed").sky == "blue"


def test_token_expired(
    open_client: Callable[..., Worker],
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
) -> None:
    token = WorkerCapabilityToken(
        emulator.account_sid, emulator.auth_token, workspace.sid, alice, ttl=1
    )
    worker = open_client(Worker, token.to_jwt())
    came = Collector().listen(worker, "token.expired")
    assert came.expect("token.expired") is None


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


# On a Worker: what it is told of itself


def test_activity_update(
    desk: tuple[Worker, Collector], held: Held, workspace: ReadyWorkspace
) -> None:
    worker, came = desk
    came.listen(worker, "activity.update")
    held.change_worker(worker.sid, activity_sid=workspace.activities["Break"])
    told = came.expect("activity.update")
    assert type(told) is WorkerResource
    assert told.activityName == worker.activityName == "Break"


def test_attributes_update(desk: tuple[Worker, Collector], held: Held) -> None:
    worker, came = desk
    came.listen(worker, "attributes.update")
    held.change_worker(worker.sid, attributes='{"languages":["es"]}')
    told = came.expect("attributes.update")
    assert type(told) is WorkerResource
    assert told.attributes.languages == worker.attributes.languages == ["es"]


@pytest.mark.parametrize(
    ("event", "change", "shown"),
    [
        ("capacity.update", {"capacity": 3}, {"configuredCapacity": 3}),
        ("channel.availability.update", {"available": False}, {"available": False}),
    ],
)
def test_channel_updates(
    desk: tuple[Worker, Collector],
    held: Held,
    event: str,
    change: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    worker, came = desk
    came.listen(worker, event)

    def update(engine: Engine) -> str:
        channels = engine.workspaces.find(held.sids.sid).workers[worker.sid].channels
        sid, channel = next(iter(channels.items()))
        engine.workers.update_channel(channel, **change)
        return sid

    sid = held.emulator.call(update)
    told = came.expect(event)
    assert type(told) is WorkerChannel
    assert told.sid == sid
    assert {name: told[name] for name in shown} == shown


# On a Worker: reservations

STORIES: dict[str, Callable[[Any, Held], Any]] = {
    "reservation.accepted": lambda offered, held: offered.accept(),
    "reservation.rejected": lambda offered, held: offered.reject(),
    "reservation.canceled": lambda offered, held: held.cancel(offered.taskSid),
    "reservation.completed": lambda offered, held: offered.accept().task.complete(),
    "reservation.wrapup": lambda offered, held: offered.accept().task.update(
        "AssignmentStatus", "wrapping"
    ),
}


@pytest.mark.parametrize("event", STORIES)
def test_reservation_events(
    desk: tuple[Worker, Collector], emulator: Emulator, held: Held, event: str
) -> None:
    """Each brings the reservation as it is, with its task loaded."""
    worker, came = desk
    came.listen(worker, "reservation.created", event)
    task = emulator.create_task(attributes={"language": "es"})
    created = came.expect("reservation.created")
    assert (type(created), created.task.sid) == (Reservation, task["sid"])
    assert created.task.attributes.language == "es"
    STORIES[event](created, held)
    told = came.expect(event)
    assert (told, told.task.sid) == (created, task["sid"])
    status = held.reservation(told.sid).reservation_status
    assert told.reservationStatus == status
    assert status == {"wrapup": "wrapping"}.get(event[12:], event[12:])


@pytest.mark.parametrize("name", ["timeout", "rescinded", "failed"])
def test_reservation_events_by_their_frames(
    desk: tuple[Worker, Collector], emulator: Emulator, alice: str, name: str
) -> None:
    worker, came = desk
    came.listen(worker, "reservation.created", f"reservation.{name}")
    emulator.create_task()
    created = came.expect("reservation.created")
    payload = {"sid": created.taskSid, "reservation_sid": created.sid}
    frame = {"event_type": f"reservation.{name}", "payload": payload}
    emulator.send_frame(alice, frame)
    told = came.expect(f"reservation.{name}")
    assert (told, told.task.sid) == (created, created.taskSid)


def test_set_skip_fetch_reservation(
    worker_with: OpenWorker, emulator: Emulator, held: Held
) -> None:
    """Events then carry what their frame held, and nothing is asked for."""
    worker = worker_with("fetch_reservations")
    worker.setSkipFetchReservation(True)
    came = Collector().listen(worker, "ready", "reservation.created")
    came.expect("ready")
    emulator.wait_for_requests(url="/Reservations")  # what was pending before
    task = emulator.create_task(attributes={"language": "es"})
    reservation = came.expect("reservation.created")
    assert reservation.task.sid == task["sid"]
    assert reservation.task.attributes.language == "es"
    assert not any("/Tasks/" in each.url for each in emulator.requests)
    # And back: the reservation and its task are fetched again.
    worker.setSkipFetchReservation(False)
    held.cancel(task["sid"])
    task = emulator.create_task()
    assert came.expect("reservation.created").reservationStatus == "pending"
    assert emulator.wait_for_requests(url=f"/Tasks/{task['sid']}/Reservations/")
