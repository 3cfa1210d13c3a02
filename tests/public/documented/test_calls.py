"""Every documented call: the request that it sends, and what its callback gets."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskrouter_sync import (
    HttpError,
    TaskQueue,
    TokenError,
    Worker,
    Workspace,
)

from ...support.center import Center
from ...support.collector import Collector
from ...support.html import check as check_html
from ...support.outcome import Outcome
from .calls import CALLS, LISTS, Call, filled, subject_of


def check(call: Call, center: Center, subject: Any, before: int, result: Any) -> None:
    """Check what a call has sent, and what came of it."""
    method, path, params = filled(call.sent, center, subject)
    sent = center.sent()[before:]
    assert any(
        (each[0], each[2]) == (method, params) and each[1].startswith(path)
        for each in sent
    ), sent
    assert len([each for each in sent if each[0] != "GET"]) == (method != "GET")
    if call.shows is None:
        assert result is None
    else:
        assert {name: result[name] for name in call.shows} == call.shows


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_in_javascript_s_form(center: Center, call: Call, outcome: Outcome) -> None:
    subject = subject_of(call.subject, center)
    before = len(center.sent())
    assert call.javascript(subject, center, outcome.callback) is None
    check(call, center, subject, before, outcome.result)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_in_python_s_form(center: Center, call: Call) -> None:
    """Parameters may be keywords in snake_case, the result is returned."""
    subject = subject_of(call.subject, center)
    before = len(center.sent())
    check(call, center, subject, before, call.python(subject, center))


# What comes back.


def test_a_page(center: Center, outcome: Outcome) -> None:
    sids = list(center.sids.activities.values())
    first = center.page
    assert [each.sid for each in first.data] == [each.sid for each in first] == sids[:2]
    assert (first.page, first.pageSize) == (0, 2)
    assert (first.hasNext, first.hasPrevious) == (True, False)
    second = first.next()
    assert [each.sid for each in second] == sids[2:]
    assert (second.page, second.hasNext, second.hasPrevious) == (1, False, True)
    second.previous(outcome.callback)
    assert outcome.result.data == first.data
    assert [each.sid for each in first.all()] == sids
    assert [each.sid for each in first.iterAll()] == sids
    # A page can be asked as the list that it is of.
    assert [each.sid for each in second.fetch()] == sids


def test_a_page_shows_itself(center: Center) -> None:
    page, empty = center.page, center.workspace.tasks.fetch()
    assert repr(page) == "<ActivityList page=0 items=2, more follow>"
    assert bool(empty) is True, "JavaScript's objects are true"
    assert [each["sid"] for each in page.to_dicts()] == [each.sid for each in page]
    assert {page[0].sid, page[1].sid} <= set(check_html(page._repr_html_()).words)
    assert {"has_next", "hasNext"} <= set(dir(page))


@pytest.mark.parametrize("way", ["next", "previous"])
def test_where_there_is_no_page(center: Center, outcome: Outcome, way: str) -> None:
    page = center.page.next() if way == "next" else center.page
    before = len(center.sent())
    with pytest.raises(LookupError, match=f"there is no {way} page"):
        getattr(page, way)(outcome.callback)
    assert outcome.calls == []
    assert center.sent()[before:] == []


def test_reservations_come_with_their_tasks(center: Center) -> None:
    (reservation,) = [center.reservation]
    assert reservation.task.attributes.language == "es"
    assert reservation.task.assignmentStatus == "reserved"
    accepted = reservation.accept()
    assert accepted.task.assignmentStatus == "assigned"
    # As in JavaScript the reservation itself stays as it was.
    assert accepted == reservation
    assert accepted is not reservation
    assert reservation.reservationStatus == "pending"
    # An update shows on the reservation itself.
    reservation.update(reservation_status="completed")
    assert reservation.reservationStatus == "completed"


def test_every_property_by_a_loop(center: Center) -> None:
    """``for (var property in reservation)``: the task and the neighbors among them."""
    reservation = center.reservation
    shown = {name: reservation[name] for name in reservation}
    assert shown["reservationStatus"] == "pending"
    assert shown["task"] is reservation.task
    assert shown["worker"].sid == shown["workerSid"]
    assert not shown.keys() & {"url", "links", "reservation_status"}


def test_statistics_count(center: Center) -> None:
    center.backend.create_task()
    for owner in (center.worker, center.task_queue, center.workspace):
        statistics = owner.statistics.fetch()
        assert statistics.cumulative.reservationsCreated == 1
        assert statistics["cumulative"]["reservations_created"] == 1
    workflow = center.workspace.workflows.fetch(center.sids.workflow_sid)
    assert workflow.realtimeStats.fetch().totalTasks == 1
    (of_queue,) = center.workspace.taskqueues.cumulative_stats.fetch()
    assert (of_queue.taskQueueSid, of_queue.reservationsCreated) == (center.queue, 1)


def test_a_task_queue_is_deleted(center: Center, outcome: Outcome) -> None:
    """Without anybody's need of it: the service keeps the others."""
    sid = center.backend.create_task_queue("Spare")
    spare = center.workspace.taskqueues.fetch(sid)
    spare.delete(outcome.callback)
    assert outcome.result is None
    with pytest.raises(HttpError, match="404"):
        spare.delete()


def test_a_channel_is_changed_by_its_update(center: Center, outcome: Outcome) -> None:
    channel = center.worker.fetchChannels({"PageSize": 1})[0]
    channel.update("Capacity", 3, outcome.callback)
    assert outcome.result.configuredCapacity == channel.configuredCapacity == 3


@pytest.mark.parametrize(
    "args", [("default", {"Capacity": "2"}), ("default", "Capacity", 2)]
)
def test_a_channel_is_changed_by_its_name(
    center: Center, outcome: Outcome, args: tuple[Any, ...]
) -> None:
    center.worker.fetch_channels().update(*args, outcome.callback)
    assert outcome.result.taskChannelUniqueName == "default"
    assert outcome.result.configuredCapacity == 2
    sent = f"/Workers/{center.alice}/Channels/default", {"Capacity": "2"}
    assert center.sent()[-1] == ("POST", *sent)


def test_neighbors_are_fetched(center: Center) -> None:
    """A property that ends in Sid leads there."""
    workspace, task = center.workspace, center.task
    assert workspace.timeoutActivity.fetch().friendlyName == "Offline"
    assert workspace.defaultActivity.fetch().available is False
    assert task.taskQueue.fetch().friendlyName == "Everyone"
    assert task.queue.sid == center.queue
    assert task.workflow.fetch().sid == center.sids.workflow_sid


def test_arguments_may_be_keywords(center: Center) -> None:
    task = center.task
    assert center.worker.update_task(task_sid=task.sid, priority=8).priority == 8
    assert center.worker.complete_task(task_sid=task.sid, reason="Solved").reason


@pytest.mark.parametrize("skills", [{"skill": "chat"}, '{"skill":"chat"}'])
def test_attributes_may_be_text(center: Center, skills: Any) -> None:
    properties = {"Attributes": skills}
    assert center.worker.update(properties).attributes["skill"] == "chat"
    assert properties == {"Attributes": skills}, "the caller's own dict is changed"


# The client shows what a call has changed before its callback runs.


@pytest.mark.parametrize("name", ["worker", "task_queue", "workspace"])
@pytest.mark.parametrize("method", ["update", "fetch"])
def test_the_client_shows_the_newest(center: Center, name: str, method: str) -> None:
    client, shown = getattr(center, name), list[str]()

    def callback(error: Any, result: Any) -> None:
        shown.extend([result.friendlyName, client.friendlyName, client.friendly_name])

    if method == "update":
        client.update("FriendlyName", "Another", callback)
    else:
        of_another = center.ready(type(client))
        of_another.update(friendly_name="Another")
        client.fetch(callback)
    assert shown == ["Another"] * 3


def test_the_client_shows_its_open_reservations(center: Center) -> None:
    worker, reservation = center.worker, center.reservation
    came = Collector().listen(worker, "reservation.completed")
    center.settle(worker)
    assert worker.reservations == {reservation.sid: reservation}
    worker.reservations.clear()  # a copy
    shown: list[str] = []
    reservation.accept(
        lambda: shown.append(worker.reservations[reservation.sid].reservationStatus)
    )
    assert shown == ["accepted"]
    reservation.task.complete()
    came.expect("reservation.completed")
    assert worker.reservations == {}


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_update_token(center: Center, kind: Any) -> None:
    """One token for all that was born of the client: each allows something else."""
    client = center.ready(kind, center.token(kind, "fetch_subresources"))
    statistics = client.statistics
    with pytest.raises(HttpError, match="403"):
        client.update("FriendlyName", "Another")
    client.updateToken(center.token(kind, "update_self"))
    assert client.update("FriendlyName", "Another").friendlyName == "Another"
    with pytest.raises(HttpError, match="403"):
        statistics.fetch()
    # A resource's is the client's.
    client.fetch().update_token(center.token(kind, "fetch_subresources"))
    assert statistics.fetch()
    another = {Worker: TaskQueue, TaskQueue: Worker, Workspace: Worker}[kind]
    with pytest.raises(TokenError):
        client.updateToken(center.token(another))
    assert statistics.fetch()


# Result callbacks.

Take = Callable[[list[Any]], Any]
CALLBACKS: list[Take] = [
    lambda got: lambda: got.append(()),
    lambda got: lambda error: got.append((error,)),
    lambda got: lambda error, result: got.append((error, result)),
    lambda got: lambda error, result=None: got.append((error, result)),
    lambda got: lambda *args: got.append(args),
]


@pytest.mark.parametrize("take", CALLBACKS)
def test_a_callback_may_take_fewer_arguments(center: Center, take: Take) -> None:
    """JavaScript drops arguments that are too many: so does a call here."""
    got: list[Any] = []
    callback = take(got)
    center.worker.update("FriendlyName", "Ann", callback)
    center.task_queue.fetch(callback)
    center.workspace.workers.fetch(callback)
    center.reservation.accept(callback)
    center.reservation.task.complete(callback, "Done")
    assert len(got) == 5
    assert all(args[:1] in ((), (None,)) for args in got)
    center.task_queue.update("TaskOrder", "RANDOM", callback)
    assert not got[-1] or isinstance(got[-1][0], HttpError)


@pytest.mark.parametrize("name", ["callback", "cb"])
def test_a_callback_may_be_a_keyword(
    center: Center, outcome: Outcome, name: str
) -> None:
    told = Outcome()
    center.worker.update("FriendlyName", "Ann", **{name: told.callback})
    center.reservation.reject(**{name: outcome.callback})
    assert told.result.friendlyName == "Ann"
    assert outcome.result.reservationStatus == "rejected"


@pytest.mark.parametrize("name", ["Ann", None])
def test_what_a_callback_raises_reaches_the_caller(center: Center, name: Any) -> None:
    """It is no failure of the call, and never makes a second call."""
    worker, came = center.worker, list[Any]()

    def fail(error: Any, result: Any) -> None:
        came.append(error)
        raise HttpError(500, "the program's own")

    if name is None:
        center.emulator.faults.answer(403)
    with pytest.raises(HttpError, match="the program's own"):
        worker.update("FriendlyName", "Ann", fail)
    assert [error and error.code for error in came] == [None if name else 403]


def test_calls_work_in_event_callbacks(center: Center) -> None:
    """The documented script: accept what comes, complete what was accepted."""
    worker, came = center.worker, Collector()

    def on_accepted(error: Any, reservation: Any) -> None:
        came.add("accepted", error, reservation)
        reservation.task.complete(came.callback("completed"), "Done")

    @worker.on("reservation.created")
    def on_created(reservation: Any) -> None:
        came.add("returned", worker.fetch())
        reservation.accept(on_accepted)

    center.backend.create_task()
    assert came.expect("returned").friendlyName == "Alice"
    error, accepted = came.expect("accepted")
    assert (error, accepted.reservationStatus) == (None, "accepted")
    error, completed = came.expect("completed")
    assert (error, completed.reason) == (None, "Done")


def test_a_call_that_fails_in_an_event_callback_ends_that(
    center: Center, caplog: pytest.LogCaptureFixture
) -> None:
    """What it raises is logged; the other callbacks and the connection go on."""
    worker = center.ready(Worker, center.token(Worker, "fetch_reservations"))
    came = Collector()

    @worker.on("reservation.created")
    def accept(reservation: Any) -> None:
        reservation.accept()
        came.add("after it")

    came.listen(worker, "reservation.created")
    for _ in range(2):
        center.backend.create_task()
        came.expect("reservation.created")
    assert came.names() == ["reservation.created"] * 2
    raised = [record for record in caplog.records if record.exc_info]
    assert ["403" in (record.exc_text or "") for record in raised] == [True] * 2


# Deprecated methods, and spellings.


def test_deprecated_methods_warn_and_work(center: Center, outcome: Outcome) -> None:
    worker = center.worker
    with pytest.warns(DeprecationWarning, match=r"use activities\.fetch"):
        worker.fetchActivityList(outcome.callback)
    assert len(outcome.result) == len(center.sids.activities)
    with pytest.warns(DeprecationWarning):
        assert worker.fetch_activity_list().data == outcome.result.data
    with pytest.warns(DeprecationWarning, match='use update\\("ActivitySid"'):
        worker.updateActivity(center.rest)
    assert worker.activityName == "Break"
    with pytest.warns(DeprecationWarning):
        worker.update_activity(activity_sid=center.sids.activities["Available"])
    assert worker.activityName == "Available"


# What only this package has, or is tested elsewhere; and what makes a resource a
# Mapping, and a list a Sequence.
NOT_HERE = set(
    "run_forever close connect disconnect wait_until_ready worker_sid on once off emit "
    "listeners add_listener remove_listener remove_all_listeners to_dict to_dicts "
    "to_json payload get items keys values count index".split()
)


@pytest.mark.parametrize(
    "find",
    [
        lambda center: center.worker,
        lambda center: center.task_queue,
        lambda center: center.workspace,
        lambda center: center.reservation,
        lambda center: center.task,
        lambda center: center.page,
        lambda center: center.workspace.statistics,
    ],
)
def test_every_public_member_is_used(
    center: Center, find: Callable[[Center], Any]
) -> None:
    kind = type(find(center))
    members = {
        name
        for name, member in inspect.getmembers(kind)
        if not name.startswith("_")
        and name.islower()
        and (inspect.isfunction(member) or inspect.isdatadescriptor(member))
    }
    pages = Path(__file__).parent.glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    used = {*LISTS, *re.findall(r"\.(\w+)", text)}
    camel = {
        name: re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in members
    }
    missing = {name for name in members - NOT_HERE if not {name, camel[name]} & used}
    assert not missing, f"add a call of each to calls.py: {kind.__name__}, {missing}"
