"""Resources: what they show of their payload, and what their methods ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from taskrouter_sync.errors import HttpError, TaskRouterError
from taskrouter_sync.resources.base import deliver
from taskrouter_sync.resources.models import Activity

from ..support.recording_session import (
    AC,
    WA,
    WC,
    WK,
    WORKER,
    WQ,
    WR,
    WS,
    WT,
    WW,
    RecordingSession,
)


EIGHT = datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "name",
    [
        "activityName",
        "activity_name",
        "attributes",
        "activity",
        "sid",
        # Documented, and not in this payload; undocumented, and in it.
        "shoe_size",
        "shoeSize",
    ],
)
def test_a_property_of_the_service_cannot_be_assigned(
    session: RecordingSession, name: str
) -> None:
    worker = session.make({"sid": WK, "shoe_size": 42})
    with pytest.raises(AttributeError, match=f"{name!r} is .* worker.update"):
        setattr(worker, name, "Break")
    assert name not in vars(worker)


def test_a_name_of_the_programs_own_can_be_assigned(worker: Any) -> None:
    worker.panel = "left"
    worker.url = "mine"
    assert (worker.panel, worker.url) == ("left", "mine")
    del worker.panel
    assert not hasattr(worker, "panel")


def test_the_loop_over_a_resource_is_that_of_javascript(worker: Any) -> None:
    """camelCase, in the service's order, the neighbors right behind their sids."""
    assert list(worker) == [
        "accountSid",
        "activityName",
        "activitySid",
        "activity",
        "attributes",
        "available",
        "dateCreated",
        "dateStatusChanged",
        "dateUpdated",
        "friendlyName",
        "sid",
        "workspaceSid",
        "workspace",
    ]


def test_a_resource_is_a_mapping(worker: Any) -> None:
    assert isinstance(worker, Mapping)
    assert dict(worker)["friendlyName"] == "Ann"
    assert len(worker) == len(list(worker))
    assert worker.get("friendly_name") == worker.get("friendlyName") == "Ann"
    assert worker.get("color", "red") == "red"
    assert "friendlyName" in worker
    assert "friendly_name" in worker
    assert "workspace" in worker
    assert "color" not in worker
    assert ("friendlyName", "Ann") in worker.items()


@pytest.mark.parametrize("name", ["color", "Friendly_Name", "_secret", ""])
def test_a_name_that_nobody_knows(worker: Any, name: str) -> None:
    with pytest.raises(KeyError):
        _ = worker[name]
    with pytest.raises(AttributeError, match="'WorkerResource' object has no"):
        getattr(worker, name)


def test_a_name_that_is_mistyped_gets_a_suggestion(worker: Any) -> None:
    with pytest.raises(AttributeError, match="'updaet'; did you mean 'update'"):
        worker.updaet()
    with pytest.raises(
        AttributeError, match="'frendlyName'; did you mean 'friendlyName'"
    ):
        _ = worker.frendlyName
    with pytest.raises(AttributeError, match=r"has no attribute 'urll'$"):
        _ = worker.urll  # not _url


@pytest.mark.parametrize(
    ("sid", "documented", "neighbor"),
    [
        (WK, "activityName", "activity"),
        (WT, "assignmentStatus", "workflow"),
        (WA, "available", "workspace"),
        (WQ, "targetWorkers", "reservationActivity"),
        (WS, "multiTaskEnabled", "timeoutActivity"),
        (WW, "assignmentCallbackUrl", "workspace"),
    ],
)
def test_what_is_documented_and_not_there_is_none(
    session: RecordingSession, sid: str, documented: str, neighbor: str
) -> None:
    entity = session.make({"sid": sid})
    assert getattr(entity, documented) is None
    assert getattr(entity, neighbor) is None
    # It is not among the properties all the same.
    assert list(entity) == ["sid"]


def test_what_nobody_has_documented_yet_is_there(session: RecordingSession) -> None:
    worker = session.make({"sid": WK, "shoe_size": 42, "shoe_sid": "SH1"})
    assert worker.shoeSize == worker.shoe_size == 42
    assert list(worker) == ["sid", "shoeSize", "shoeSid"]


def test_a_property_that_has_the_name_of_a_method_is_read_by_index(
    session: RecordingSession,
) -> None:
    worker = session.make({"sid": WK, "update": 1, "keys": 2})
    assert (worker["update"], worker["keys"]) == (1, 2)
    assert callable(worker.update)


def test_dir_lists_both_spellings_and_the_neighbors(worker: Any) -> None:
    assert {
        "friendly_name",
        "friendlyName",
        "activity",
        "update_token",
        "updateToken",
        "fetch",
    } <= {*dir(worker)}


class TestNeighbors:
    NEIGHBORS: tuple[tuple[dict[str, Any], str, str], ...] = (
        # In which payload, its name, where it is.
        ({"sid": WK, "activity_sid": WA}, "activity", f"/Activities/{WA}"),
        ({"sid": WT, "workflow_sid": WW}, "workflow", f"/Workflows/{WW}"),
        ({"sid": WT, "workspace_sid": WS}, "workspace", ""),
        ({"sid": WC, "worker_sid": WK}, "worker", f"/Workers/{WK}"),
        # Where the path to it needs more of the payload.
        (
            {"sid": WT, "worker_sid": WK, "worker_channel_sid": WC},
            "workerChannel",
            f"/Workers/{WK}/Channels/{WC}",
        ),
        (
            {"sid": WK, "task_sid": WT, "last_reservation_sid": WR},
            "lastReservation",
            f"/Tasks/{WT}/Reservations/{WR}",
        ),
    )

    @pytest.mark.parametrize(("payload", "name", "path"), NEIGHBORS)
    def test_a_sid_gives_a_neighbor_that_is_fetched_when_asked_to(
        self, session: RecordingSession, payload: dict[str, Any], name: str, path: str
    ) -> None:
        entity = session.make(payload)
        neighbor = getattr(entity, name)
        assert dict(neighbor.payload) == {"sid": path.rpartition("/")[2] or WS}
        assert name in entity
        assert session.requests == []
        session.reply(f"GET {path}", {"sid": neighbor.sid, "friendly_name": "N"})
        assert neighbor.fetch().friendlyName == "N"
        assert session.requests[0] == ("GET", path, None)

    def test_it_is_another_when_the_sid_is(
        self, session: RecordingSession, worker: Any
    ) -> None:
        assert worker.activity.sid == WA
        session.reply(f"POST /Workers/{WK}", {**WORKER, "activity_sid": "WA2"})
        worker.update("ActivitySid", "WA2")
        assert worker.activity.sid == "WA2"

    @pytest.mark.parametrize("sid", [None, "", 5, [WA]])
    def test_what_is_no_sid_gives_no_neighbor(
        self, session: RecordingSession, sid: Any
    ) -> None:
        worker = session.make({"sid": WK, "activity_sid": sid})
        assert worker.activity is None
        assert worker.activitySid == sid
        assert list(worker) == ["sid", "activitySid"]

    @pytest.mark.parametrize("sid", [None, ""])
    def test_a_sid_that_nobody_has_documented_may_be_empty_too(
        self, session: RecordingSession, sid: Any
    ) -> None:
        task = session.make({"sid": WT, "bar_activity_sid": sid})
        assert task.barActivity is task.bar_activity is None
        assert "barActivity" not in task
        assert list(task) == ["sid", "barActivitySid"]
        with pytest.raises(AttributeError, match="no attribute 'fooActivity'"):
            _ = task.fooActivity

    def test_what_the_payload_has_comes_first(self, session: RecordingSession) -> None:
        worker = session.make({"sid": WK, "activity_sid": WA, "activity": "Idle"})
        assert worker.activity == "Idle"
        assert list(worker) == ["sid", "activitySid", "activity"]

    def test_a_sid_of_no_resource_gives_none(self, worker: Any) -> None:
        assert worker.accountSid == AC
        assert not hasattr(worker, "account")


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        # One kind and sid are one thing; without a sid it equals itself.
        (WORKER, {"sid": WK}, True),
        (WORKER, {"sid": "WK2"}, False),
        (WORKER, {"sid": WT}, False),
        (WORKER, {"sid": "XX1"}, False),
        ({}, {}, False),
    ],
)
def test_which_resources_are_equal(
    session: RecordingSession, one: dict[str, Any], other: dict[str, Any], equal: bool
) -> None:
    wire: Any = session
    first, second = (
        session.make(payload) if payload else Activity(wire, {}, "")
        for payload in (one, other)
    )
    assert (first == second) is equal
    assert len({first, second}) == (1 if equal else 2)
    assert first == first


def test_a_long_name_does_not_fill_the_screen(session: RecordingSession) -> None:
    assert len(repr(session.make({"sid": WK, "friendly_name": "a" * 10**6}))) < 200


Outcome = list[tuple[Any, ...]]


class TestRequests:
    def test_fetch_brings_a_new_resource_and_leaves_this_one(
        self, session: RecordingSession, worker: Any
    ) -> None:
        session.reply(f"GET /Workers/{WK}", {**WORKER, "friendly_name": "Bea"})
        fetched = worker.fetch()
        assert fetched.friendlyName == "Bea"
        assert worker.friendlyName == "Ann"
        assert session.requests == [("GET", f"/Workers/{WK}", None)]

    def test_an_updated_resource_shows_it_before_the_callback(
        self, session: RecordingSession, worker: Any
    ) -> None:
        shown = []
        session.reply(f"POST /Workers/{WK}", {"sid": WK, "friendly_name": "Bea"})
        worker.update(
            "FriendlyName", "Bea", lambda error, _: shown.append(worker.friendlyName)
        )
        assert shown == ["Bea"]
        # What the service did not mention stays.
        assert worker.activityName == "Idle"

    def test_the_response_to_an_update_is_shown_whatever_its_date(
        self, session: RecordingSession, worker: Any
    ) -> None:
        for name, date in [("Bea", 1500000002), ("Cid", "2017-07-14T02:40:01Z")]:
            payload = {"sid": WK, "friendly_name": name, "date_updated": date}
            session.reply(f"POST /Workers/{WK}", payload)
            worker.update("FriendlyName", name)
            assert worker.friendlyName == name
        # A frame that was overtaken is not.
        older = {"friendly_name": "Dan", "date_updated": 1400000000}
        worker._apply(older, if_newer=True)
        assert worker.friendlyName == "Cid"


class TestDeliver:
    """The outcome of a request reaches the callback or the caller, once."""

    @pytest.mark.parametrize("error", [None, HttpError(500, "Oops")])
    def test_what_a_callback_raises_reaches_the_caller(
        self, error: TaskRouterError | None
    ) -> None:
        calls: Outcome = []

        def request() -> str:
            if error is not None:
                raise error
            return "result"

        def broken(*outcome: Any) -> None:
            calls.append(outcome)
            raise HttpError(404, "the callback's own")

        with pytest.raises(HttpError, match="the callback's own") as caught:
            deliver(request, broken)
        assert len(calls) == 1
        assert caught.value.__context__ is None

    def test_a_mistake_of_ours_is_no_result(self) -> None:
        calls: Outcome = []
        with pytest.raises(ZeroDivisionError):
            deliver(lambda: 1 // 0, lambda *outcome: calls.append(outcome))
        assert calls == []


@pytest.mark.parametrize(
    ("payload", "read"),
    [
        # The name that is written so comes first.
        ({"a_b": 1, "aB": 2}, {"a_b": 1, "aB": 2}),
        # Else the later one.
        ({"a_b": 1, "a__b": 2}, {"a_b": 1, "a__b": 2, "aB": 2}),
    ],
)
def test_two_names_with_one_camel_case(
    session: RecordingSession, payload: dict[str, int], read: dict[str, int]
) -> None:
    thing = session.make({"sid": "XX1", **payload})
    assert {name: thing[name] for name in read} == read
