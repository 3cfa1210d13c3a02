"""Every documented call of TaskRouter.js v1, in its own form and in Python's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...support.center import CALLER, Center


FROM = "18004746453"
JOEY = "client:joey"
URL = "http://example.com/twiml"
NIGHT = {"task_routing": {"filters": []}}


@dataclass(frozen=True)
class Call:
    """One documented call.

    Attributes:
        line: as the documentation has it; its first word says what it is made on.
        javascript: makes it on a subject, with the callback where JavaScript has it.
        python: makes it as Python programs do; gives its result.
        sent: method, path below the workspace, and parameters of its request. In both
            `{name}` is an attribute of the center, or of its subject.
        shows: what its result shows, as far as it says what the call has done.
    """

    line: str
    javascript: Callable[[Any, Center, Any], Any]
    python: Callable[[Any, Center], Any]
    sent: tuple[str, str, Mapping[str, Any]]
    shows: Mapping[str, Any] | None = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.line.partition(".")[0]

    def __str__(self) -> str:
        return self.line


def subject_of(name: str, center: Center) -> Any:
    """Find what a call is made on: an attribute of the center, or of its workspace."""
    if hasattr(type(center), name):
        return getattr(center, name)
    if name == "taskQueue":
        return center.task_queue
    if name == "neighbor":
        return center.task.workflow
    return getattr(center.workspace, name)


def filled(value: Any, center: Center, subject: Any) -> Any:
    """Put sids where a text names them in braces."""
    if isinstance(value, Mapping):
        return {name: filled(each, center, subject) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(filled(each, center, subject) for each in value)
    if not isinstance(value, str) or not value.startswith(("/", "{")):
        return value
    for name in ("alice", "queue", "rest"):
        value = value.replace(f"{{{name}}}", getattr(center, name))
    for name in ("sid", "task_sid"):
        if f"{{{name}}}" in value:
            value = value.replace(f"{{{name}}}", getattr(subject, name))
    return value


WORKER = "/Workers/{alice}"
QUEUE = "/TaskQueues/{queue}"
RESERVATION = "/Tasks/{task_sid}/Reservations/{sid}"
TASK = "/Tasks/{sid}"

CALLS: list[Call] = [
    # Worker.
    Call(
        "worker.update(name, value, cb)",
        lambda worker, at, cb: worker.update("ActivitySid", at.rest, cb),
        lambda worker, at: worker.update(activity_sid=at.rest),
        ("POST", WORKER, {"ActivitySid": "{rest}"}),
        {"activityName": "Break"},
    ),
    Call(
        "worker.update(dict, cb)",
        lambda worker, at, cb: worker.update(
            {"FriendlyName": "Ann", "Attributes": {"languages": ["en", "es"]}}, cb
        ),
        lambda worker, at: worker.update(
            friendly_name="Ann", attributes='{"languages":["en","es"]}'
        ),
        (
            "POST",
            WORKER,
            {"FriendlyName": "Ann", "Attributes": '{"languages":["en","es"]}'},
        ),
        {"friendlyName": "Ann", "attributes": {"languages": ["en", "es"]}},
    ),
    Call(
        "worker.fetch(cb)",
        lambda worker, at, cb: worker.fetch(cb),
        lambda worker, at: worker.fetch(),
        ("GET", WORKER, {}),
        {"friendlyName": "Alice"},
    ),
    Call(
        "worker.delete(cb)",
        lambda worker, at, cb: worker.delete(cb),
        lambda worker, at: worker.delete(),
        ("DELETE", WORKER, {}),
        None,
    ),
    Call(
        "worker.activities.fetch(cb)",
        lambda worker, at, cb: worker.activities.fetch(cb),
        lambda worker, at: worker.activities.fetch(),
        ("GET", "/Activities", {}),
    ),
    Call(
        "worker.activities.fetch(params, cb)",
        lambda worker, at, cb: worker.activities.fetch({"Available": "true"}, cb),
        lambda worker, at: worker.activities.fetch(available="true"),
        ("GET", "/Activities", {"Available": "true"}),
    ),
    Call(
        "worker.activities.fetch(sid, cb)",
        lambda worker, at, cb: worker.activities.fetch(at.rest, cb),
        lambda worker, at: worker.activities.fetch(at.rest),
        ("GET", "/Activities/{rest}", {}),
        {"friendlyName": "Break"},
    ),
    Call(
        "worker.fetchReservations(cb)",
        lambda worker, at, cb: worker.fetchReservations(cb),
        lambda worker, at: worker.fetch_reservations(),
        ("GET", f"{WORKER}/Reservations", {}),
    ),
    Call(
        "worker.fetchReservations(cb, params)",
        lambda worker, at, cb: worker.fetchReservations(
            cb, {"ReservationStatus": "accepted"}
        ),
        lambda worker, at: worker.fetch_reservations(reservation_status="accepted"),
        ("GET", f"{WORKER}/Reservations", {"ReservationStatus": "accepted"}),
    ),
    Call(
        "worker.fetchChannels(cb)",
        lambda worker, at, cb: worker.fetchChannels(cb),
        lambda worker, at: worker.fetch_channels(),
        ("GET", f"{WORKER}/Channels", {}),
    ),
    Call(
        "worker.statistics.fetch(cb)",
        lambda worker, at, cb: worker.statistics.fetch(cb),
        lambda worker, at: worker.statistics.fetch(),
        ("GET", f"{WORKER}/Statistics", {}),
    ),
    Call(
        "worker.statistics.fetch(params, cb)",
        lambda worker, at, cb: worker.statistics.fetch({"Minutes": "240"}, cb),
        lambda worker, at: worker.statistics.fetch(minutes="240"),
        ("GET", f"{WORKER}/Statistics", {"Minutes": "240"}),
    ),
    # Worker, about tasks: `task` is one that is assigned to Alice.
    Call(
        "task.updateTask(sid, params, cb), of worker",
        lambda task, at, cb: at.worker.updateTask(task.sid, {"Priority": 7}, cb),
        lambda task, at: at.worker.update_task(task.sid, priority=7),
        ("POST", TASK, {"Priority": "7"}),
        {"priority": 7},
    ),
    Call(
        "task.completeTask(sid, cb), of worker",
        lambda task, at, cb: at.worker.completeTask(task.sid, cb),
        lambda task, at: at.worker.complete_task(task.sid),
        ("POST", TASK, {"AssignmentStatus": "completed"}),
        {"assignmentStatus": "completed"},
    ),
    Call(
        "task.completeTask(sid, cb, reason), of worker",
        lambda task, at, cb: at.worker.completeTask(task.sid, cb, "Solved"),
        lambda task, at: at.worker.complete_task(task.sid, reason="Solved"),
        ("POST", TASK, {"AssignmentStatus": "completed", "Reason": "Solved"}),
        {"assignmentStatus": "completed", "reason": "Solved"},
    ),
    # TaskQueue and Workspace.
    Call(
        "taskQueue.update(name, value, cb)",
        lambda queue, at, cb: queue.update("MaxReservedWorkers", "20", cb),
        lambda queue, at: queue.update(max_reserved_workers=20),
        ("POST", QUEUE, {"MaxReservedWorkers": "20"}),
        {"maxReservedWorkers": 20},
    ),
    Call(
        "taskQueue.update(dict, cb)",
        lambda queue, at, cb: queue.update({"TaskOrder": "LIFO"}, cb),
        lambda queue, at: queue.update(task_order="LIFO"),
        ("POST", QUEUE, {"TaskOrder": "LIFO"}),
        {"taskOrder": "LIFO"},
    ),
    Call(
        "taskQueue.fetch(cb)",
        lambda queue, at, cb: queue.fetch(cb),
        lambda queue, at: queue.fetch(),
        ("GET", QUEUE, {}),
        {"friendlyName": "Everyone"},
    ),
    Call(
        "workspace.update(name, value, cb)",
        lambda space, at, cb: space.update("FriendlyName", "Support", cb),
        lambda space, at: space.update(friendly_name="Support"),
        ("POST", "", {"FriendlyName": "Support"}),
        {"friendlyName": "Support"},
    ),
    Call(
        "workspace.update(dict, cb)",
        lambda space, at, cb: space.update(
            {"MultiTaskEnabled": False, "TimeoutActivitySid": at.rest}, cb
        ),
        lambda space, at: space.update(
            multi_task_enabled=False, timeout_activity_sid=at.rest
        ),
        ("POST", "", {"MultiTaskEnabled": "false", "TimeoutActivitySid": "{rest}"}),
        {"multiTaskEnabled": False, "timeoutActivityName": "Break"},
    ),
    Call(
        "workspace.fetch(cb)",
        lambda space, at, cb: space.fetch(cb),
        lambda space, at: space.fetch(),
        ("GET", "", {}),
        {"friendlyName": "Emulated workspace"},
    ),
    Call(
        "workspace.delete(cb)",
        lambda space, at, cb: space.delete(cb),
        lambda space, at: space.delete(),
        ("DELETE", "", {}),
        None,
    ),
    # Reservation: a pending one.
    Call(
        "reservation.accept(cb)",
        lambda reservation, at, cb: reservation.accept(cb),
        lambda reservation, at: reservation.accept(),
        ("POST", RESERVATION, {"ReservationStatus": "accepted"}),
        {"reservationStatus": "accepted"},
    ),
    Call(
        "reservation.reject(activitySid, cb)",
        lambda reservation, at, cb: reservation.reject(at.rest, cb),
        lambda reservation, at: reservation.reject(activity_sid=at.rest),
        (
            "POST",
            RESERVATION,
            {"ReservationStatus": "rejected", "WorkerActivitySid": "{rest}"},
        ),
        {"reservationStatus": "rejected"},
    ),
    Call(
        "reservation.reject(cb)",
        lambda reservation, at, cb: reservation.reject(cb),
        lambda reservation, at: reservation.reject(),
        ("POST", RESERVATION, {"ReservationStatus": "rejected"}),
        {"reservationStatus": "rejected"},
    ),
    Call(
        "reservation.reject(null, cb)",
        lambda reservation, at, cb: reservation.reject(None, cb),
        lambda reservation, at: reservation.reject(None),
        ("POST", RESERVATION, {"ReservationStatus": "rejected"}),
        {"reservationStatus": "rejected"},
    ),
    Call(
        "reservation.fetch(cb)",
        lambda reservation, at, cb: reservation.fetch(cb),
        lambda reservation, at: reservation.fetch(),
        ("GET", RESERVATION, {}),
        {"reservationStatus": "pending"},
    ),
    Call(
        "reservation.update(name, value, cb)",
        lambda reservation, at, cb: reservation.update(
            "ReservationStatus", "accepted", cb
        ),
        lambda reservation, at: reservation.update(reservation_status="accepted"),
        ("POST", RESERVATION, {"ReservationStatus": "accepted"}),
        {"reservationStatus": "accepted"},
    ),
    # The instructions of telephony.
    Call(
        "reservation.dequeue(six strings, cb), the last of them whom to dequeue to",
        lambda reservation, at, cb: reservation.dequeue(
            FROM, at.rest, "record-from-answer", "30", URL, JOEY, cb
        ),
        lambda reservation, at: reservation.dequeue(
            from_=FROM,
            post_work_activity_sid=at.rest,
            record="record-from-answer",
            timeout="30",
            status_callback_url=URL,
            to=JOEY,
        ),
        (
            "POST",
            RESERVATION,
            {
                "Instruction": "dequeue",
                "DequeueFrom": FROM,
                "DequeuePostWorkActivitySid": "{rest}",
                "DequeueRecord": "record-from-answer",
                "DequeueTimeout": "30",
                "DequeueStatusCallbackUrl": URL,
                "DequeueTo": JOEY,
            },
        ),
        {"reservationStatus": "pending"},
    ),
    Call(
        "reservation.dequeue(from, postWorkActivitySid, record, timeout, "
        "statusCallbackUrl, statusCallbackEvents, to, cb)",
        lambda reservation, at, cb: reservation.dequeue(
            FROM, None, None, "30", URL, ["initiated", "ringing"], JOEY, cb
        ),
        lambda reservation, at: reservation.dequeue(
            from_=FROM,
            timeout="30",
            status_callback_url=URL,
            status_callback_events="initiated,ringing",
            to=JOEY,
        ),
        (
            "POST",
            RESERVATION,
            {
                "Instruction": "dequeue",
                "DequeueFrom": FROM,
                "DequeueTimeout": "30",
                "DequeueStatusCallbackUrl": URL,
                "DequeueStatusCallbackEvent": "initiated,ringing",
                "DequeueTo": JOEY,
            },
        ),
        {"reservationStatus": "pending"},
    ),
    Call(
        "reservation.call(from, url, statusCallbackUrl, accept, record, to, cb)",
        lambda reservation, at, cb: reservation.call(
            FROM, URL, None, "true", None, JOEY, cb
        ),
        lambda reservation, at: reservation.call(
            from_=FROM, url=URL, accept="true", to=JOEY
        ),
        (
            "POST",
            RESERVATION,
            {
                "Instruction": "call",
                "CallFrom": FROM,
                "CallUrl": URL,
                "CallAccept": "true",
                "CallTo": JOEY,
            },
        ),
        # Accepted with it; the response shows it as it was before.
        {"reservationStatus": "pending"},
    ),
    Call(
        "reservation.redirect(callSid, url, accept, cb)",
        lambda reservation, at, cb: reservation.redirect(CALLER, URL, "true", cb),
        lambda reservation, at: reservation.redirect(CALLER, URL, accept="true"),
        (
            "POST",
            RESERVATION,
            {
                "Instruction": "redirect",
                "RedirectCallSid": CALLER,
                "RedirectUrl": URL,
                "RedirectAccept": "true",
            },
        ),
    ),
    Call(
        "reservation.conference(from, postWorkActivitySid, timeout, to, cb, options)",
        lambda reservation, at, cb: reservation.conference(
            FROM, at.rest, "30", JOEY, cb, {"EndConferenceOnExit": "true", "To": None}
        ),
        lambda reservation, at: reservation.conference(
            from_=FROM,
            post_work_activity_sid=at.rest,
            timeout="30",
            to=JOEY,
            end_conference_on_exit="true",
        ),
        (
            "POST",
            RESERVATION,
            {
                "Instruction": "conference",
                "From": FROM,
                "PostWorkActivitySid": "{rest}",
                "Timeout": "30",
                "To": JOEY,
                "EndConferenceOnExit": "true",
            },
        ),
        {"reservationStatus": "pending"},
    ),
    # Task: an assigned one.
    Call(
        "task.complete(cb)",
        lambda task, at, cb: task.complete(cb),
        lambda task, at: task.complete(),
        ("POST", TASK, {"AssignmentStatus": "completed"}),
        {"assignmentStatus": "completed"},
    ),
    Call(
        "task.complete(cb, reason)",
        lambda task, at, cb: task.complete(cb, "Solved"),
        lambda task, at: task.complete(reason="Solved"),
        ("POST", TASK, {"AssignmentStatus": "completed", "Reason": "Solved"}),
        {"assignmentStatus": "completed", "reason": "Solved"},
    ),
    Call(
        "task.update(dict, cb)",
        lambda task, at, cb: task.update(
            {"Priority": 6, "Attributes": {"vip": True}}, cb
        ),
        lambda task, at: task.update(priority="6", attributes={"vip": True}),
        ("POST", TASK, {"Priority": "6", "Attributes": '{"vip":true}'}),
        {"priority": 6, "attributes": {"vip": True}},
    ),
    Call(
        "task.fetch(cb)",
        lambda task, at, cb: task.fetch(cb),
        lambda task, at: task.fetch(),
        ("GET", TASK, {}),
        {"assignmentStatus": "assigned"},
    ),
    Call(
        "task.delete(cb)",
        lambda task, at, cb: task.delete(cb),
        lambda task, at: task.delete(),
        ("DELETE", TASK, {}),
        None,
    ),
    Call(
        "neighbor.fetch(cb), of task: workflow, taskQueue",
        lambda workflow, at, cb: workflow.fetch(cb),
        lambda workflow, at: workflow.fetch(),
        ("GET", "/Workflows/{sid}", {}),
        {"friendlyName": "Default workflow"},
    ),
    # A page of a list.
    Call(
        "page.next(cb)",
        lambda page, at, cb: page.next(cb),
        lambda page, at: page.next(),
        ("GET", "/Activities?PageSize=2&Page=1&PageToken=", {}),
    ),
    Call(
        "page.all(cb)",
        lambda page, at, cb: page.all(cb),
        lambda page, at: page.all(),
        ("GET", "/Activities?PageSize=2&Page=1&PageToken=", {}),
    ),
]


@dataclass(frozen=True)
class Listed:
    """A list of a workspace, and something to create and to change in it.

    Attributes:
        path: where it is below the workspace.
        params: create one; sent: what of them goes out as other text.
        only: finds that one alone.
        change: name and value of an update; shows: what it comes to.
    """

    path: str
    params: dict[str, Any]
    only: dict[str, Any]
    change: tuple[str, str]
    shows: dict[str, Any]
    sent: dict[str, str] = field(default_factory=dict)


LISTS = {
    "activities": Listed(
        "/Activities",
        {"FriendlyName": "Lunch", "Available": False},
        {"FriendlyName": "Lunch"},
        ("FriendlyName", "Dinner"),
        {"friendlyName": "Dinner"},
        {"Available": "false"},
    ),
    "workflows": Listed(
        "/Workflows",
        {"FriendlyName": "Night", "Configuration": NIGHT},
        {"FriendlyName": "Night"},
        ("TaskReservationTimeout", "20"),
        {"taskReservationTimeout": 20},
        {"Configuration": '{"task_routing":{"filters":[]}}'},
    ),
    "taskqueues": Listed(
        "/TaskQueues",
        {"FriendlyName": "Spanish", "TargetWorkers": 'languages HAS "es"'},
        {"FriendlyName": "Spanish"},
        ("MaxReservedWorkers", "20"),
        {"maxReservedWorkers": 20},
    ),
    "workers": Listed(
        "/Workers",
        {"FriendlyName": "Bob", "Attributes": {"languages": ["es"]}},
        {"FriendlyName": "Bob"},
        ("Attributes", '{"skill":"chat"}'),
        {"attributes": {"skill": "chat"}},
        {"Attributes": '{"languages":["es"]}'},
    ),
    "tasks": Listed(
        "/Tasks",
        {"Attributes": {"language": "es"}, "Priority": 5},
        {"Priority": "5"},
        ("Priority", "7"),
        {"priority": 7},
        {"Attributes": '{"language":"es"}', "Priority": "5"},
    ),
}

# Who has statistics, and where they are.
STATISTICS = {
    "taskQueue": QUEUE,
    "workspace": "",
    "workers": "/Workers",
    "taskqueues": "/TaskQueues",
}
STATISTICS_KINDS = {
    "statistics": "Statistics",
    "cumulativeStats": "CumulativeStatistics",
    "realtimeStats": "RealTimeStatistics",
}


def statistics_calls() -> Iterator[Call]:
    """Make the calls of every kind of statistics, for all that have them."""
    for owner, path in STATISTICS.items():
        for kind, name in STATISTICS_KINDS.items():

            def fetch(of: Any, *args: Any, kind: str = kind, **keywords: Any) -> Any:
                return getattr(of, kind).fetch(*args, **keywords)

            yield Call(
                f"{owner}.{kind}.fetch(cb)",
                lambda of, at, cb, fetch=fetch: fetch(of, cb),
                lambda of, at, fetch=fetch: fetch(of),
                ("GET", f"{path}/{name}", {}),
            )
            yield Call(
                f"{owner}.{kind}.fetch(params, cb)",
                lambda of, at, cb, fetch=fetch: fetch(of, {"TaskChannel": "voice"}, cb),
                lambda of, at, fetch=fetch: fetch(of, task_channel="voice"),
                ("GET", f"{path}/{name}", {"TaskChannel": "voice"}),
            )


CALLS += statistics_calls()

# Calls with a request of their own, by what they are made on.
BY_SUBJECT: dict[str, list[Call]] = {}
for _call in CALLS:
    BY_SUBJECT.setdefault(_call.subject, []).append(_call)
