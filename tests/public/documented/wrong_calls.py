"""Calls with wrong arguments, by what they are made on, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias


# Where the result callback is among the arguments.
CB = object()

SID = "WK" + "0" * 31 + "1"

# One hour before the first year that UTC has, and what is nested too deep.
TOO_EARLY = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
DEEP: list[Any] = []
for _ in range(10_000):
    DEEP = [DEEP]

# Which method, with which arguments; what is said after the method's name.
Case: TypeAlias = tuple[str, tuple[Any, ...], str]

NO_UPDATE = "expected a name and a value, or a dict, then a callback; got"
NO_VALUE = "must be a string, number, boolean, date, or a dict or list of these, not"

OF_EVERY_RESOURCE: list[Case] = [
    ("fetch", (5,), "takes 0 and a callback, not 1"),
    ("fetch", ({}, CB), "takes 0 and a callback, not 1"),
    ("fetch", (CB, CB), "more than one callback was given"),
    ("delete", (SID, CB), "takes 0 and a callback, not 1"),
    ("update", (), f"{NO_UPDATE} nothing"),
    ("update", (CB,), f"{NO_UPDATE} nothing"),
    ("update", (None, CB), f"{NO_UPDATE} NoneType"),
    ("update", ("FriendlyName", CB), f"{NO_UPDATE} str"),
    ("update", (5, "Ann", CB), f"{NO_UPDATE} int, str"),
    ("update", (["FriendlyName"], CB), f"{NO_UPDATE} list"),
    ("update", ({"a": "b"}, {"c": "d"}, CB), f"{NO_UPDATE} dict, dict"),
    ("update", ("A", "b", "C", "d", CB), f"{NO_UPDATE} str, str, str, str"),
    ("update", ("A", "b", CB, CB), "more than one callback was given"),
    ("update", ("A", None, CB), "the value of A must be a string, not NoneType None"),
    ("update", ("A", b"b", CB), f"the value of A {NO_VALUE} bytes b'b'"),
    ("update", ({"A": {1}}, CB), f"the value of A {NO_VALUE} set {{1}}"),
    ("update", ({"A": [CB]}, CB), f"the value of A {NO_VALUE} list"),
    ("update", ({5: "b"}, CB), "the name of a parameter must be a string, not int 5"),
    # What Python itself does not write, or JSON.
    ("update", ("A", datetime.min, CB), f"the value of A {NO_VALUE} datetime"),
    ("update", ({"A": [TOO_EARLY]}, CB), f"the value of A {NO_VALUE} list"),
    ("update", ({"A": DEEP}, CB), f"the value of A {NO_VALUE} list"),
    ("update", ("A", 10**5000, CB), f"the value of A {NO_VALUE} int"),
    ("update", ({"A": {"b": [10**5000]}}, CB), f"the value of A {NO_VALUE} dict"),
    ("update", (10**5000, "A", CB), f"{NO_UPDATE} int, str"),
]

OF_A_WORKER: list[Case] = [
    *OF_EVERY_RESOURCE,
    ("fetchReservations", (CB, 5), "must be a dict of parameters, not int 5"),
    ("fetchReservations", ("pending", CB), "must be a dict of parameters, not str"),
    ("fetchReservations", (CB, {}, {}), "expected parameters, .* got dict, dict"),
    ("fetchReservations", (CB, {"A": {1}}), f"the value of A {NO_VALUE} set"),
    ("fetchReservations", (CB, {"A": DEEP}), f"the value of A {NO_VALUE} list"),
    ("fetchReservations", (CB, {"A": 10**5000}), f"the value of A {NO_VALUE} int"),
    ("fetchReservations", (CB, -(10**5000)), "must be a dict of parameters, not int"),
    ("fetchChannels", ("text",), "must be a dict of parameters, not str 'text'"),
    ("updateTask", (), f"{NO_UPDATE} nothing"),
    ("updateTask", (SID, CB), f"{NO_UPDATE} str"),
    ("updateTask", (SID, None, CB), f"{NO_UPDATE} NoneType"),
    ("updateTask", ({"A": "b"}, CB), "the sid must come first, .* got dict"),
    ("updateTask", ("A", "b", CB), "the sid must come first, .* got str, str"),
    ("updateTask", (5, {"A": "b"}, CB), f"{NO_UPDATE} int, dict"),
    ("updateTask", (SID, {"A": b"b"}, CB), f"the value of A {NO_VALUE} bytes"),
    ("completeTask", (), "taskSid is required"),
    ("completeTask", (CB,), "taskSid is required"),
    ("completeTask", ("", CB), "taskSid is required and must not be empty"),
    ("completeTask", (5, CB), "taskSid must be str, not int 5"),
    ("completeTask", (SID, CB, ["done"]), "reason must be str or .*, not list"),
    ("completeTask", (SID, CB, "a", "b"), "takes 2 and a callback, not 3"),
    ("updateActivity", (CB,), "activitySid is required"),
    ("updateActivity", (5, CB), "activitySid must be str, not int 5"),
    ("updateActivity", (SID, "x", CB), "takes 1 and a callback, not 2"),
    ("statistics.fetch", ("Minutes", CB), "must be a dict of parameters, not str"),
    ("statistics.fetch", ({"A": TOO_EARLY}, CB), f"the value of A {NO_VALUE} datetime"),
    ("statistics.fetch", (240, CB), "must be a dict of parameters, not int 240"),
    ("activities.fetch", (5, CB), "must be a dict of parameters or a sid, not int 5"),
    ("activities.fetch", ("", CB), "must be a dict of parameters or a sid, not str ''"),
    ("activities.fetch", (SID, {}, CB), "expected parameters or a sid, .* str, dict"),
    ("activities.fetch", ({"A": CB}, CB), f"the value of A {NO_VALUE} object"),
    ("fetchActivityList", (5, CB), "a dict of parameters or a sid, not int 5"),
]

OF_A_RESERVATION: list[Case] = [
    *OF_EVERY_RESOURCE,
    ("accept", ("now", CB), "takes 0 and a callback, not 1"),
    ("accept", (CB, CB), "more than one callback was given"),
    ("reject", (["WA"], CB), "activitySid must be str or .*, not list"),
    ("reject", (SID, "x", CB), "takes 1 and a callback, not 2"),
    ("dequeue", (["1800"], CB), "dequeueFrom must be str or .*, not list"),
    ("dequeue", (*["x"] * 5, 5, CB), "dequeueStatusCallbackEvents .*, not int 5"),
    ("dequeue", (*["x"] * 8, CB), "takes 7 and a callback, not 8"),
    ("call", (CB,), "callFrom is required"),
    ("call", (None, "http://x", CB), "callFrom is required"),
    ("call", ("1800", CB), "callUrl is required"),
    ("call", ("1800", {"url": "x"}, CB), "callUrl must be str or .*, not dict"),
    ("call", (*["x"] * 7, CB), "takes 6 and a callback, not 7"),
    ("redirect", (CB,), "redirectCallSid is required"),
    ("redirect", (None, "http://x", "true", CB), "redirectCallSid is required"),
    ("redirect", ("CA1", CB), "redirectUrl is required"),
    ("redirect", ("CA1", "http://x", {}, CB), "redirectAccept must be .*, not dict"),
    ("redirect", (*["x"] * 4, CB), "takes 3 and a callback, not 4"),
    ("conference", (["1800"], CB), "from must be str or .*, not list"),
    ("conference", (*["x"] * 5, CB), "takes 4 and a callback, not 5"),
    ("conference", ({}, CB, {}), "options was given more than once"),
    ("conference", (CB, {"Beep": [DEEP]}), f"the value of Beep {NO_VALUE} list"),
    ("conference", (CB, {"Beep": b"no"}), f"the value of Beep {NO_VALUE} bytes"),
]

OF_A_TASK: list[Case] = [
    *OF_EVERY_RESOURCE,
    ("complete", (CB, ["done"]), "reason must be str or .*, not list"),
    ("complete", (CB, "a", "b"), "takes 1 and a callback, not 2"),
    ("complete", (CB, CB), "more than one callback was given"),
]

OF_A_LIST: list[Case] = [
    ("fetch", (5, CB), "must be a dict of parameters or a sid, not int 5"),
    ("fetch", ([SID], CB), "must be a dict of parameters or a sid, not list"),
    ("create", (CB,), "expected a dict of parameters, got nothing"),
    ("create", (None, CB), "expected a dict of parameters, got NoneType"),
    ("create", ("Ann", CB), "expected a dict of parameters, got str"),
    ("create", ({}, {}, CB), "expected a dict of parameters, got dict, dict"),
    ("create", ({"A": CB}, CB), f"the value of A {NO_VALUE} object"),
    ("update", (CB,), f"{NO_UPDATE} nothing"),
    ("update", (SID, CB), f"{NO_UPDATE} str"),
    ("update", (SID, None, CB), f"{NO_UPDATE} NoneType"),
    ("update", ("FriendlyName", "Ann", CB), "the sid must come first, .* got str, str"),
    ("update", ({"A": "b"}, CB), "the sid must come first, .* got dict"),
    (
        "update",
        (SID, "A", None, CB),
        "the value of A must be a string, not NoneType None",
    ),
    ("update", (SID, {"A": b"b"}, CB), f"the value of A {NO_VALUE} bytes"),
    ("delete", (CB,), "sid is required"),
    ("delete", ("", CB), "sid is required and must not be empty"),
    ("delete", (5, CB), "sid must be str, not int 5"),
    ("delete", (SID, SID, CB), "takes 1 and a callback, not 2"),
    ("next", (5, CB), "takes 0 and a callback, not 1"),
    ("previous", ({}, CB), "takes 0 and a callback, not 1"),
    ("all", ("x", CB), "takes 0 and a callback, not 1"),
    ("realtimeStats.fetch", ("x", CB), "must be a dict of parameters, not str 'x'"),
]

OF_THE_OTHERS: list[Case] = [
    *OF_EVERY_RESOURCE,
    ("statistics.fetch", ("x", CB), "must be a dict of parameters, not str 'x'"),
    ("cumulativeStats.fetch", (5, CB), "must be a dict of parameters, not int 5"),
    ("realtimeStats.fetch", ([], CB), "must be a dict of parameters, not list"),
]

GROUPS: Mapping[str, list[Case]] = {
    "worker": OF_A_WORKER,
    "reservation": OF_A_RESERVATION,
    "task": OF_A_TASK,
    "taskQueue": OF_THE_OTHERS,
    "workspace": OF_THE_OTHERS,
    "workers": OF_A_LIST,
}

KEYWORDS: list[tuple[str, dict[str, Any], str]] = [
    ("accept", {"reason": "x"}, "reservation.accept: unknown argument 'reason'"),
    ("reject", {"sid": "WA1"}, "reservation.reject: unknown argument 'sid'"),
    ("reject", {"callback": 5}, "callback must be a callable, not int 5"),
    ("reject", {"cb": "then"}, "cb must be a callable, not str 'then'"),
    (
        "dequeue",
        {"from_": "a", "dequeueFrom": "b"},
        "dequeueFrom was given more than once",
    ),
    ("call", {"url": "http://x"}, "callFrom is required"),
    ("conference", {"options": ["x"]}, "options must be a dict, not list"),
    ("conference", {"beep": {1}}, "the value of Beep must be a string, .* not set"),
    (
        "update",
        {"priority": b"x"},
        "the value of Priority must be a string, .* not bytes",
    ),
    ("fetch", {"sid": SID}, "unknown argument 'sid'"),
]
