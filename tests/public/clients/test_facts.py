"""What the service says counts, in whatever order and however late it says it."""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from taskrouter_sync import Worker

from ...faults.stage import SELF, TOKEN, on_stage
from ...support.collector import Collector
from ...support.internals import expect_no_late_frames
from ...support.raw_server import Peer, RawServer
from .conftest import Desk


SIDS = ("WR00000000000000000000000000000001", "WR00000000000000000000000000000002")


def frame(event: str, sid: str) -> dict[str, Any]:
    payload = {"sid": "WT" + sid[2:], "reservation_sid": sid}
    return {"event_type": f"reservation.{event}", "payload": payload}


def reservation(sid: str, status: str, date: datetime | None = None) -> dict[str, Any]:
    when = (date or datetime.now(timezone.utc)).timestamp()
    dates = {"date_created": int(when), "date_updated": int(when)}
    return {"sid": sid, "task_sid": "WT1", "reservation_status": status, **dates}


def listed(*items: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"key": "reservations", "page": 0, "next_page_url": None}
    return {"payload": {"reservations": list(items), "meta": meta}}


@pytest.mark.parametrize(
    "events",
    [
        *itertools.permutations(("created", "accepted", "completed")),
        ("unheard-of", "created", "unheard-of", "accepted", "wrapup", "completed"),
        ("completed", "created", "accepted", "completed", "created"),
        ("canceled", "created"),
        ("rejected", "failed", "created"),
    ],
    ids=" ".join,
)
def test_each_event_is_told_once_in_whatever_order_it_comes(
    events: tuple[str, ...],
) -> None:
    """An unknown one changes nothing, and is told each time."""
    with on_stage("reservation.unheard-of") as stage:
        for event in events:
            for sid in SIDS:
                stage.send(frame(event, sid))
        told = [(name, found.sid) for name, found in stage.told()]
    expected: list[tuple[str, str]] = []
    for event in events:
        for sid in SIDS:
            pair = f"reservation.{event}", sid
            if event == "unheard-of" or pair not in expected:
                expected.append(pair)
    # An unknown one has no reservation that could be read: all the same it is told.
    assert told == expected


def test_an_unknown_event_leaves_the_reservation_open(desk: Desk) -> None:
    worker, came = desk.worker, desk.came
    came.listen(worker, "reservation.unheard-of")
    desk.do("create")
    sid = came.expect("reservation.created").sid
    desk.emulator.send_frame(desk.alice, frame("unheard-of", sid))
    came.expect("reservation.unheard-of")
    assert list(worker.reservations) == [sid]
    worker.reservations[sid].accept()
    came.expect("reservation.accepted")


# Lists that lag.


@pytest.mark.parametrize("detail", [503, 404, 403])
def test_a_list_that_lags_deafens_nobody(
    desk: Desk, no_pauses: None, detail: int
) -> None:
    """Not even if the reservation alone can't be read either: it counts as over."""
    desk.do("create")
    created = desk.came.expect("reservation.created")
    desk.faults.answer(200, listed(), method="GET", url=desk.url)
    desk.faults.answer(detail, method="GET", url=f"/Reservations/{created.sid}")
    desk.faults.cut_sockets(desk.alice)
    desk.came.expect("ready")
    desk.do("accepted completed")
    assert desk.came.expect("reservation.accepted").sid == created.sid
    assert desk.came.expect("reservation.completed").sid == created.sid
    if detail != 404:
        assert desk.names() == "created accepted completed"


def test_what_no_list_has_and_nobody_may_ask_for_is_over(
    desk: Desk, no_pauses: None
) -> None:
    """Not at the first list without it: that one may lag."""
    desk.do("create")
    created = desk.came.expect("reservation.created")
    alone = f"/Reservations/{created.sid}"
    asked = len(desk.emulator.requests)
    desk.faults.answer(403, method="GET", url=alone, times=99)
    desk.faults.answer(200, listed(), method="GET", url=desk.url, times=99)
    desk.faults.cut_sockets(desk.alice)
    assert desk.came.expect("reservation.canceled").sid == created.sid
    urls = [each.url for each in desk.emulator.requests[asked:]]
    assert sum(alone in each for each in urls) > 1
    assert desk.worker.reservations == {}


@pytest.mark.parametrize("reconnects", [False, True])
def test_what_a_list_lacked_is_read_at_the_first_heartbeat(
    desk: Desk, reconnects: bool
) -> None:
    if reconnects:
        assert desk.worker.reservations == {}  # asks for what was before
        desk.emulator.wait_for_requests(2, method="GET", url=desk.url)
    desk.worker.disconnect()
    desk.came.expect("disconnected")
    desk.do("create")
    desk.faults.answer(200, listed(), method="GET", url=desk.url)
    desk.worker.connect()
    desk.came.expect("ready")
    desk.settle()
    assert "reservation.created" not in desk.came.names()
    desk.emulator.send_frame(desk.alice, " ")
    desk.came.expect("reservation.created")


@pytest.mark.parametrize("is_set_back", [False, True])
def test_a_list_dated_before_what_is_known_is_read_once_more(
    desk: Desk, is_set_back: bool
) -> None:
    """It may lag; or the service's clock was set back, and it is right."""
    came = desk.came
    [channel] = [
        each
        for each in desk.worker.fetch_channels()
        if each.task_channel_unique_name == "default"
    ]
    desk.backend.update_channel(desk.alice, "default", capacity=5)
    assert came.expect("capacity.update").configured_capacity == 5
    old = {**channel.payload, "date_updated": 1577836800}
    meta = {"key": "channels", "page": 0, "next_page_url": None}
    body = {"payload": {"channels": [old], "meta": meta}}
    url = f"/Workers/{desk.alice}/Channels"
    times = 2 if is_set_back else 1
    desk.faults.answer(200, body, method="GET", url=url, times=times)
    desk.faults.cut_sockets(desk.alice)
    came.expect("ready")
    desk.emulator.wait_for_requests(2, method="GET", url=url)
    desk.settle()
    assert came.count("capacity.update") == 1
    desk.emulator.send_frame(desk.alice, " ")
    desk.emulator.wait_for_requests(3, method="GET", url=url)
    if is_set_back:
        missed = came.expect("capacity.update")
        assert missed.configured_capacity == channel.configured_capacity
    desk.settle()
    assert came.count("capacity.update") == 1 + is_set_back


def test_a_frame_that_the_sync_has_overtaken_changes_no_order(desk: Desk) -> None:
    desk.do("create")
    sid = desk.came.expect("reservation.created").sid
    desk.worker.disconnect()
    desk.came.expect("disconnected")
    desk.do("accepted wrapping completed")
    desk.worker.connect()
    desk.came.expect("reservation.completed")
    desk.emulator.send_frame(desk.alice, frame("wrapup", sid))
    desk.settle()
    assert desk.names() == "created accepted completed"


@pytest.mark.parametrize("is_very_late", [False, True])
def test_the_frame_of_a_change_that_a_sync_has_told_comes_too_late(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_very_late: bool
) -> None:
    if is_very_late:
        expect_no_late_frames(monkeypatch)
    desk.worker.disconnect()
    desk.came.expect("disconnected")
    desk.backend.update_worker(desk.alice, attributes='{"number": 7}')
    desk.worker.connect()
    told = desk.came.expect("attributes.update")
    frame = {"event_type": "worker.attributes.update", "payload": told.payload}
    desk.emulator.send_frame(desk.alice, frame)
    desk.settle()
    assert desk.came.count("attributes.update") == 1


def test_a_return_to_what_was_before_the_gap_is_told_within_the_same_second(
    desk: Desk,
) -> None:
    """But a frame of it that comes twice is told once."""
    came = desk.came
    desk.backend.update_worker(desk.alice, attributes='{"number": 7}')
    payload = came.expect("attributes.update").payload
    other = {"payload": {**payload, "attributes": "{}"}, "event_type": "ready"}
    desk.faults.answer(200, other, method="GET", url=f"/Workers/{desk.alice}")
    desk.faults.cut_sockets(desk.alice)
    assert came.expect("attributes.update").attributes == {}
    for _ in range(2):
        frame = {"event_type": "worker.attributes.update", "payload": payload}
        desk.emulator.send_frame(desk.alice, frame)
    assert came.expect("attributes.update").attributes == {"number": 7}
    desk.settle()
    assert came.count("attributes.update") == 3


# Clocks that differ.


class Service:
    """A bridge whose responses have a date of its own, or none."""

    def __init__(self, ahead: timedelta | None) -> None:
        self._ahead = ahead
        self.reservations: list[dict[str, Any]] = []
        self.may_cut = threading.Event()

    def serve(self, peer: Peer) -> None:
        while peer.read_head():
            if peer.header("upgrade"):
                peer.upgrade()
                self.may_cut.wait()
                self.may_cut.clear()
                return
            envelope = json.loads(peer.read_body())
            headers = [("Connection", "keep-alive")]
            if self._ahead is not None:
                now = datetime.now(timezone.utc) + self._ahead
                headers.append(("Date", format_datetime(now, usegmt=True)))
            peer.answer(200, json.dumps(self._reply(envelope)).encode(), headers)
            peer.head = ""

    def _reply(self, envelope: Mapping[str, Any]) -> dict[str, Any]:
        if envelope.get("event_type") == "ready":
            return {"payload": SELF, "event_type": "ready"}
        if not envelope["url"].endswith("/Reservations"):
            return {"payload": {"sid": "WT1"}}
        wanted = envelope.get("params", {}).get("ReservationStatus")
        found = self.reservations
        return listed(
            *(each for each in found if wanted in (None, each["reservation_status"]))
        )


@contextmanager
def opened(ahead: timedelta | None) -> Iterator[tuple[Service, Worker, Collector]]:
    service = Service(ahead)
    with RawServer(*[service.serve] * 20) as server:
        worker = Worker(TOKEN, False, event_bridge_base_url=server.url)
        try:
            yield service, worker, Collector().listen(worker)
        finally:
            worker.close()
            service.may_cut.set()


@pytest.mark.parametrize(
    "ahead",
    [None, *(timedelta(seconds=each) for each in (0, 3600, -3600, 86400, -86400))],
    ids=str,
)
def test_what_belongs_to_the_first_gap_is_told_by_whatever_clock(
    ahead: timedelta | None, no_pauses: None
) -> None:
    old, new = SIDS
    with opened(ahead) as (service, _, came):
        before = datetime.now(timezone.utc) - timedelta(minutes=10)
        service.reservations.append(reservation(old, "completed", before))
        came.expect("ready")
        service.reservations.append(reservation(new, "accepted"))
        service.may_cut.set()
        assert came.expect("reservation.created").sid == new
        assert came.expect("reservation.accepted").sid == new
        service.reservations[-1] = reservation(new, "completed")
        service.may_cut.set()
        assert came.expect("reservation.completed").sid == new
        told = {args[0].sid for name, args in came.calls() if "reservation" in name}
    assert told == {new}


def test_a_status_that_is_no_text_spoils_no_list() -> None:
    odd, new = SIDS
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    with opened(timedelta(0)) as (service, worker, came):
        worker.wait_until_ready(5.0)
        service.reservations += [
            {
                **reservation(odd, "", later),
                "reservation_status": [{}],
                "date_created": 1,
            },
            reservation(new, "pending"),
        ]
        assert worker.reservations == {}  # asks for what was before
        assert came.expect("reservation.created").sid == new


# The program's own requests.


@pytest.mark.parametrize("dated", [1, -86400])
def test_a_response_to_the_program_is_shown_whatever_its_date(
    desk: Desk, dated: int
) -> None:
    worker = desk.worker
    payload = {**worker.payload, "friendly_name": "Al", "date_updated": dated}
    calls: list[Callable[[], Any]] = [
        worker.fetch,
        lambda: worker.update("FriendlyName", "Al"),
        lambda: worker.update_activity(worker.activity_sid),
    ]
    for level, call in enumerate(calls[: 2 + (dated < 0)]):
        # What is known is newer each time.
        desk.backend.update_worker(desk.alice, attributes=f'{{"level": {level}}}')
        desk.settle()
        body = {"payload": {**payload, "friendly_name": str(random.random())}}
        desk.faults.answer(200, body, url=f"/Workers/{desk.alice}")
        with pytest.warns(DeprecationWarning) if call is calls[2] else nullcontext():
            call()
        assert worker.friendly_name == body["payload"]["friendly_name"]
    late = Collector().listen(worker, "ready")
    assert late.expect("ready").friendly_name == worker.friendly_name


@pytest.mark.parametrize("name", ["worker", "ready"])
def test_a_response_to_another_object_is_shown_by_the_client(
    desk: Desk, name: str
) -> None:
    worker = desk.worker
    if name == "ready":
        other = Collector().listen(worker, "ready").expect("ready")
    else:
        desk.do("create")
        other = desk.came.expect("reservation.created").worker
    body = {"payload": {**worker.payload, "friendly_name": "Zoe"}}
    desk.faults.answer(200, body, url=f"/Workers/{desk.alice}")
    other.update("FriendlyName", "Zoe")
    assert worker.friendly_name == "Zoe"
    late = Collector().listen(worker, "ready")
    assert late.expect("ready").friendly_name == "Zoe"


def test_the_task_of_an_open_reservation_is_kept_current(desk: Desk) -> None:
    changed = Collector().listen(desk.worker, "task.updated")
    task_sid = desk.backend.create_task(language="en")
    sid = desk.came.expect("reservation.created").sid
    attributes = '{"language": "en", "urgent": true}'
    desk.backend.update_task(task_sid, attributes=attributes)
    changed.expect("task.updated")
    assert desk.worker.reservations[sid].task.attributes.urgent is True


def test_a_response_about_the_task_of_an_open_reservation_is_shown(desk: Desk) -> None:
    """At once, not when its event comes."""
    task_sid = desk.backend.create_task(language="en")
    sid = desk.came.expect("reservation.created").sid
    desk.faults.stall_sockets(desk.alice)
    desk.worker.update_task(task_sid, {"Attributes": {"urgent": True}})
    assert desk.worker.reservations[sid].task.attributes.urgent is True
