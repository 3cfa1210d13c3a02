"""Objects as a ported page has them: what can be read, set, sent and printed."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import ArgumentError, TaskQueue, Worker, Workspace
from taskrouter_sync.emulator import Emulator

from ..conftest import OpenWorker, ReadyWorker
from ..support.center import Center
from ..support.collector import Collector
from ..support.raw_server import unused_port


Find = Callable[[Center], Any]

ATTRIBUTES = {
    "from": "+1555",
    "items": [{"class": "gold", "deep": {"in": 1}}],
    "language": "es",
}


# User data, wherever it comes from.


@pytest.fixture
def furnished(center: Center) -> Center:
    """A center where everything that can hold user data holds this."""
    center.workspace.workers.update(center.alice, "Attributes", ATTRIBUTES)
    center.backend.create_task(**ATTRIBUTES)
    center.settle(center.worker)
    return center


USER_DATA: dict[str, Find] = {
    "a client": lambda center: center.worker.fetch() and center.worker.attributes,
    "a fetched entity": lambda center: center.worker.fetch().attributes,
    "a task": lambda center: center.worker.fetch_reservations()[0].task.attributes,
    "an open reservation": lambda center: (
        next(iter(center.worker.reservations.values())).task.attributes
    ),
    "an item of a list": lambda center: center.workspace.tasks.fetch()[0].attributes,
    "a neighbor": lambda center: (
        center.worker.fetch_reservations()[0].worker.fetch().attributes
    ),
    "an action's result": lambda center: (
        center.worker.fetch_reservations()[0].accept().task.attributes
    ),
}


@pytest.mark.parametrize("find", USER_DATA.values(), ids=USER_DATA)
def test_user_data_behaves_as_in_javascript(furnished: Center, find: Find) -> None:
    attributes = find(furnished)
    assert attributes == ATTRIBUTES
    inner = attributes["items"][0]
    for each in (attributes, inner, inner.deep):
        assert each.not_there is None
        assert not hasattr(each, "__not_there__")
        with pytest.raises(KeyError):
            each["not_there"]
    assert (attributes.from_, inner.class_, inner.deep.in_) == ("+1555", "gold", 1)
    attributes.flag, inner.deep.with_ = True, {"more": [1]}
    assert (attributes["flag"], inner["deep"]["with"].more) == (True, [1])
    expected = json.loads(json.dumps(attributes))
    assert expected["items"][0]["deep"] == {"in": 1, "with": {"more": [1]}}
    for again in (copy.deepcopy(attributes), pickle.loads(pickle.dumps(attributes))):
        assert again == attributes and again.also_not_there is None


@pytest.mark.parametrize(
    "update",
    [
        lambda task: task.update("Attributes", task.attributes),
        lambda task: task.update({"Attributes": task.attributes}),
        lambda task: task.update(attributes=task.attributes),
        lambda task: task.update("Attributes", json.dumps(task.attributes)),
        lambda task: task.update(name="Attributes", value=task.attributes),
        lambda task: task.update(params={"Attributes": task.attributes}),
    ],
)
def test_what_was_set_reaches_the_service(
    furnished: Center, update: Callable[[Any], Any]
) -> None:
    task = furnished.worker.fetch_reservations()[0].task
    task.attributes.flag = True
    task.attributes["items"].append({"class": "new"})
    task.attributes["items"][1].is_ = "set"
    update(task)
    stored = furnished.workspace.tasks.fetch(task.sid).attributes
    assert (stored.flag, stored["items"][1]) == (True, {"class": "new", "is": "set"})
    assert stored.language == "es"


# Properties of the service.


@pytest.mark.parametrize(
    ("find", "name"),
    [
        (lambda center: center.worker, "available"),
        (lambda center: center.worker, "activity_name"),
        (lambda center: center.worker.fetch(), "attributes"),
        (lambda center: center.worker, "workerSid"),
        (lambda center: center.worker, "reservations"),
        (lambda center: center.workspace, "friendlyName"),
        (lambda center: center.task_queue, "taskQueueSid"),
        (lambda center: center.reservation, "reservationStatus"),
        (lambda center: center.reservation, "task"),
        (lambda center: center.reservation.task, "routingTarget"),
        (lambda center: center.page.data[0], "friendly_name"),
    ],
)
def test_a_property_of_the_service_cannot_be_assigned(
    center: Center, find: Find, name: str
) -> None:
    thing = find(center)
    before = getattr(thing, name)
    is_sent = name in thing.payload or name in dict(thing)
    words = rf"'{name}' .* \w+\.update" if is_sent else None
    with pytest.raises(AttributeError, match=words):
        setattr(thing, name, "mine")
    assert getattr(thing, name) == before
    thing.my_own = "mine"
    assert thing.my_own == "mine"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Worker, ["sid", "workerSid", "worker_sid"]),
        (TaskQueue, ["sid", "taskQueueSid", "task_queue_sid"]),
        (Workspace, ["sid", "workspaceSid", "workspace_sid"]),
    ],
)
def test_a_client_has_its_sids_from_the_start(
    center: Center, kind: Any, names: list[str]
) -> None:
    nobody = f"http://127.0.0.1:{unused_port()}"
    client = center.open(kind, event_bridge_base_url=nobody)
    own = {
        Worker: center.alice,
        TaskQueue: center.queue,
        Workspace: center.sids.sid,
    }[kind]
    assert [getattr(client, name) for name in names] == [own] * 3
    for name in ("account_sid", "accountSid"):
        assert getattr(client, name) == client[name] == center.emulator.account_sid
    for name in ("workspace_sid", "workspaceSid"):
        assert getattr(client, name) == client[name] == center.sids.sid


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_what_a_subclass_annotates_is_its_own(center: Center, kind: Any) -> None:
    class Counting(kind):  # type: ignore[misc]
        count: int = 0
        label: str

    client = center.open(Counting, center.token(kind))
    client.count += 1
    assert client.count == 1
    with pytest.raises(AttributeError, match="label"):
        _ = client.label
    client.label = "mine"
    assert client.label == "mine"
    with pytest.raises(AttributeError, match="update"):
        client.friendlyName = "mine"


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_a_subclass_may_set_its_own_before_the_client_is_made(
    center: Center, kind: Any
) -> None:
    class Counting(kind):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            self.count, self.seen = 0, getattr(self, "seen", 5)
            with pytest.raises(AttributeError, match="property of the service"):
                self.friendlyName = "mine"
            super().__init__(*args, **options)

    options = {**center.emulator.client_options, "debug": False}
    client = Counting(center.token(kind), **options)
    client.close()
    assert (client.count, client.seen) == (0, 5)


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_an_options_object_is_refused_with_the_form_to_use(
    center: Center, kind: Any
) -> None:
    with pytest.raises(ArgumentError) as raised:
        kind(center.token(kind), {"connectActivitySid": center.rest})
    form = f"{kind.__name__}(token, debug, "
    assert form in raised.value.message
    assert "max_retries" in raised.value.message
    assert "daemon" not in raised.value.message


def test_a_coroutine_function_is_no_callback(center: Center) -> None:
    async def callback(*args: Any) -> None: ...

    worker, reservation = center.worker, center.reservation
    before = len(center.sent())
    for call in (
        lambda: worker.on("ready", callback),
        lambda: worker.once("ready")(callback),
        lambda: worker.update("ActivitySid", center.rest, callback),
        lambda: reservation.accept(callback=callback),
        lambda: reservation.conference(None, None, None, None, callback, {}),
    ):
        with pytest.raises(ArgumentError, match="not the coroutine function"):
            call()
    assert len(center.sent()) == before


# Reservations and their tasks.


def languages(reservations: Any) -> list[Any]:
    return [each.task.attributes.n for each in reservations]


def test_tasks_are_loaded_on_every_page(center: Center) -> None:
    """Whichever way leads there; and nothing is taken from what the client knows."""
    worker = center.worker
    for n in range(4):
        center.backend.create_task(n=n)
    center.settle(worker)
    known = sorted(languages(worker.reservations.values()))
    assert known == [0, 1, 2, 3]
    first = worker.fetch_reservations(page_size=2)
    second = first.next()
    came: list[Any] = []
    first.next(lambda error, page: came.extend(page.data))
    assert languages(came) == languages(second)
    assert languages(second.previous()) == languages(first) == languages(first.data)
    assert sorted(languages(first) + languages(second)) == known
    assert languages(first.iter_all()) == languages(first.all())
    assert sorted(languages(first.all())) == known
    assert sorted(languages(first.fetch())) == known
    assert sorted(languages(worker.reservations.values())) == known


def test_a_reservation_that_was_accepted_before_is_open(
    center: Center, ready_worker: ReadyWorker
) -> None:
    """And has its task: as after a restart of the program."""
    sid = center.reservation.accept().sid
    center.close()
    worker, came = ready_worker()
    assert came.count("reservation.accepted") == 0
    asked = {"method": "GET", "url": "/Tasks/"}
    before = sum(
        each.method == "GET" and "/Tasks/" in each.url
        for each in center.emulator.requests
    )
    # Asked for in the background.
    assert list(worker.reservations) in ([], [sid])
    center.emulator.wait_for_requests(before + 1, **asked)
    center.settle(worker)
    (reservation,) = worker.reservations.values()
    assert (reservation.sid, reservation.reservationStatus) == (sid, "accepted")
    assert reservation.task.attributes.language == "es"


# Errors.


def of_nobody(emulator: Emulator, open_worker: OpenWorker) -> Worker:
    return open_worker(event_bridge_base_url=f"http://127.0.0.1:{unused_port()}")


def of_a_refused_upgrade(emulator: Emulator, open_worker: OpenWorker) -> Worker:
    emulator.faults.refuse_upgrades(403)
    return open_worker()


def of_a_refused_ready(emulator: Emulator, open_worker: OpenWorker) -> Worker:
    emulator.faults.answer(404, body="", method="GET")
    return open_worker()


def of_a_ready_without_json(emulator: Emulator, open_worker: OpenWorker) -> Worker:
    emulator.faults.malformed(method="GET")
    return open_worker()


def of_a_bad_frame(emulator: Emulator, open_worker: OpenWorker) -> Worker:
    worker = open_worker()
    # Not before there is a listener.
    worker.on("ready", lambda _: emulator.faults.send_text(worker.worker_sid, "[]"))
    return worker


def of_a_frame_without_payload(emulator: Emulator, open_worker: OpenWorker) -> Worker:
    worker = open_worker()
    frame = {"event_type": "reservation.created"}
    worker.on("ready", lambda _: emulator.send_frame(worker.worker_sid, frame))
    return worker


@pytest.mark.parametrize(
    "open_one",
    [
        of_nobody,
        of_a_refused_upgrade,
        of_a_refused_ready,
        of_a_ready_without_json,
        of_a_bad_frame,
        of_a_frame_without_payload,
    ],
)
def test_the_documented_error_listener_runs(
    emulator: Emulator,
    open_worker: OpenWorker,
    open_one: Callable[[Emulator, OpenWorker], Worker],
) -> None:
    """It joins texts, and so needs some, whatever the error."""
    worker, came = open_one(emulator, open_worker), Collector()

    def on_error(error: Any) -> None:
        came.add("error", "had: " + error.response + " with: " + error.message, error)

    worker.on("error", on_error)
    text, error = came.expect("error")
    assert text.endswith(error.message) and error.message
    again = pickle.loads(pickle.dumps(error))
    assert (again.response, again.message) == (error.response, error.message)


# Printing.

SHOWN: dict[str, tuple[Find, str]] = {
    "worker": (lambda center: center.worker, "<Worker WK… open friendly_name='Alice' "),
    "queue": (lambda center: center.task_queue, "<TaskQueue WQ… open friendly_name="),
    "workspace": (lambda center: center.workspace, "<Workspace WS… open friendly_name"),
    "ready": (lambda center: center.worker.fetch(), "<Worker WK… friendly_name='Alice"),
    "reservation": (
        lambda center: center.reservation,
        "<Reservation WR… reservation_status='pending'>",
    ),
    "task": (
        lambda center: center.reservation.task,
        "<Task WT… assignment_status='reserved'>",
    ),
    "neighbor": (lambda center: center.reservation.task.queue, "<TaskQueue WQ…>"),
    "attributes": (lambda center: center.reservation.task.attributes, "{'call_sid': "),
    "list": (lambda center: center.page, "<ActivityList page=0 items=2, more follow>"),
    "no list yet": (lambda center: center.worker.activities, "<ActivityList, not fetc"),
    "statistics": (lambda center: center.worker.statistics.fetch(), "{'"),
    "no statistics yet": (lambda center: center.worker.statistics, "<Statistics, not"),
    "statistics of all": (
        lambda center: center.workspace.taskqueues.statistics.fetch(),
        "[{'",
    ),
    "channels": (lambda center: center.worker.fetch_channels(), "<WorkerChannelList "),
}


@pytest.mark.parametrize(("find", "shown"), SHOWN.values(), ids=SHOWN)
def test_what_print_shows(center: Center, find: Find, shown: str) -> None:
    """One line that says what it is and how it stands; no secret."""
    thing = find(center)
    text = str(thing)
    sid = thing.get("sid", "") if isinstance(thing, dict) or "…" in shown else ""
    assert text.replace(sid[2:], "…" if sid else "").startswith(shown)
    assert text == repr(thing) and text.isprintable()
    secret = center.token(Worker).split(".")
    assert not any(part in text for part in (*secret, center.emulator.auth_token))


def test_everything_of_an_entity_is_data(center: Center) -> None:
    reservation = center.reservation
    shown = json.loads(reservation.to_json())
    assert shown["reservationStatus"] == "pending"
    assert shown["task"]["attributes"]["language"] == "es"
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", shown["dateCreated"])
    assert list(shown)[:2] == list(reservation)[:2]
    data = reservation.to_dict(snake_case=True)
    assert data["task"]["assignment_status"] == "reserved"
    assert pickle.loads(pickle.dumps(data)) == copy.deepcopy(data) == data


def test_a_list_and_statistics_are_data(center: Center) -> None:
    page = json.loads(center.page.to_json())
    assert (len(page["data"]), page["pageSize"], page["hasNext"]) == (2, 2, True)
    assert center.page.to_dict(snake_case=True)["page_size"] == 2
    statistics = center.workspace.statistics.fetch()
    assert json.loads(statistics.to_json()) == statistics == statistics.to_dict()
    assert "reservations_created" in statistics.to_dict(snake_case=True)["cumulative"]
    assert pickle.loads(pickle.dumps(statistics)) == statistics


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_what_cannot_be_copied_says_how(center: Center, copied: Any) -> None:
    for thing in (center.worker, center.page, center.reservation, center.task):
        with pytest.raises(TypeError, match="to_dict"):
            copied(thing)
    for client in (center.worker, center.task_queue, center.workspace):
        with pytest.raises(TypeError, match="can't be copied: use its data"):
            copy.copy(client)
    assert copy.deepcopy(center.task.to_dict()) == center.task.to_dict()
