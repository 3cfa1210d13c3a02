"""What happens while the connection is lost is told when it is back."""

from __future__ import annotations

import pytest

from taskrouter_sync import InvalidResponse
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken
from ...support.backend import Backend, ReadyWorkspace
from ...support.internals import limit_memory, limit_pages, set_pauses, timing
from .conftest import CHANNEL_EVENTS, Desk, OpenDesk, Provider


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        # What happens while connected, what in the gap, and what is told in all.
        ("", "create", "created"),
        ("", "create accepted", "created accepted"),
        ("", "create accepted wrapping", "created accepted wrapup"),
        ("", "create accepted completed", "created accepted completed"),
        ("", "create accepted wrapping completed", "created accepted completed"),
        ("", "create cancel", "created canceled"),
        ("create", "", "created"),
        ("create", "accepted", "created accepted"),
        ("create", "cancel", "created canceled"),
        ("create", "accepted wrapping", "created accepted wrapup"),
        ("create", "accepted completed", "created accepted completed"),
        ("create accepted", "wrapping", "created accepted wrapup"),
        ("create accepted", "completed", "created accepted completed"),
        (
            "create accepted wrapping",
            "completed",
            "created accepted wrapup completed",
        ),
        ("create accepted completed", "", "created accepted completed"),
    ],
)
def test_what_was_missed_is_told_once_and_in_order(
    desk: Desk, before: str, within: str, events: str
) -> None:
    desk.do(before)
    desk.settle()
    with desk.gap():
        desk.do(within)
    assert desk.names() == events
    over = {"completed", "canceled"} & {*events.split()}
    assert len(desk.worker.reservations) == (not over)
    with desk.gap():
        pass
    assert desk.names() == events


def test_what_is_offered_anew_in_a_gap_is_another_reservation(desk: Desk) -> None:
    with desk.gap():
        desk.do("create rejected rejected accepted")
    assert desk.told() == desk.logged()
    assert len({sid for _, sid in desk.told()}) == 3


def test_a_reservation_of_the_gap_comes_with_its_task(desk: Desk) -> None:
    with desk.gap():
        desk.backend.create_task(language="no")
    reservation = desk.came.last("reservation.created")
    assert reservation.task.attributes.language == "no"
    reservation.accept()
    assert desk.came.expect("reservation.accepted").sid == reservation.sid


def test_gap_after_gap(desk: Desk) -> None:
    with desk.gap():
        pass
    assert set(desk.came.names()) == {"connected", "ready", "disconnected"}
    for act in ("create", "accepted", "wrapping", "completed"):
        with desk.gap():
            desk.do(act)
    assert desk.names() == "created accepted wrapup completed"


# The worker itself.


def test_changes_of_the_worker_are_told_once(
    desk: Desk, workspace: ReadyWorkspace
) -> None:
    """Whoever made them."""
    worker, came = desk.worker, desk.came
    with desk.gap():
        worker.update("ActivitySid", workspace.activities["Break"])
        desk.backend.update_worker(desk.alice, attributes='{"level": 2}')
    with desk.gap():
        pass
    assert came.count("activity.update") == came.count("attributes.update") == 1
    assert came.last("activity.update").activity_name == "Break"
    assert came.last("attributes.update").attributes.level == 2
    assert worker.activity_name == "Break"


@pytest.mark.parametrize("known", [True, False])
def test_channels_are_compared_if_the_client_knew_them(desk: Desk, known: bool) -> None:
    worker, came = desk.worker, desk.came
    if known:
        worker.fetch_channels()
    asked = len(desk.emulator.requests)
    with desk.gap():
        desk.backend.update_channel(desk.alice, "voice", capacity=7, available=False)
        if known:
            worker.fetch_channels()  # to read it is not to be told of it
    with desk.gap():
        pass
    assert [came.count(name) for name in CHANNEL_EVENTS] == [known, known]
    if known:
        assert came.last("capacity.update").configured_capacity == 7
        assert came.last("channel.availability.update").available is False
    else:
        urls = [each.url for each in desk.emulator.requests[asked:]]
        assert not [url for url in urls if f"/Workers/{desk.alice}/Channels" in url]


def test_a_worker_whom_the_service_moved_away_is_moved_back(
    open_desk: OpenDesk, workspace: ReadyWorkspace
) -> None:
    desk = open_desk(disconnect_activity_sid=workspace.activities["Break"])
    desk.faults.cut_sockets(desk.alice)
    assert desk.came.expect("activity.update").activity_name == "Break"
    assert desk.came.expect("activity.update").activity_name == "Available"
    assert desk.worker.activity_name == "Available"


# Trouble.


def test_the_state_is_asked_for_until_it_is_known(desk: Desk, no_pauses: None) -> None:
    with desk.gap():
        desk.do("create")
        desk.faults.answer(503, method="GET", url=desk.url, times=2)
    desk.came.expect("reservation.created")
    assert desk.came.count("error") == 2
    assert desk.told() == desk.logged()


def test_events_that_overtake_an_unread_gap_keep_the_order(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_pauses(monkeypatch, 3600.0)
    with desk.gap():
        desk.do("create")
        desk.faults.answer(503, method="GET", url=desk.url)
    assert desk.told() == []
    desk.do("accepted")
    desk.settle()
    assert desk.told() == desk.logged()
    # The next connection reads what this one could not.
    with desk.gap():
        pass
    assert desk.names() == "created accepted"


@pytest.mark.parametrize(
    "payload", ["{}", '{"reservations": {}}', '{"reservations": 5}']
)
def test_a_response_without_a_list_is_no_empty_list(
    desk: Desk, no_pauses: None, payload: str
) -> None:
    """Or what is open would be told as withdrawn."""
    desk.do("create")
    desk.came.expect("reservation.created")
    desk.faults.malformed(f'{{"payload": {payload}}}', url="/Reservations")
    desk.faults.cut_sockets(desk.alice)
    desk.came.expect("ready")
    assert isinstance(desk.came.expect("error"), InvalidResponse)
    desk.backend.cancel()
    desk.came.expect("reservation.canceled")
    assert desk.names() == "created canceled"


def test_a_list_without_end_is_no_list(
    desk: Desk, no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_pages(monkeypatch, 5)
    url = desk.emulator.url
    page = f'{{"meta": {{"key": "reservations", "next_page_url": "{url}"}},'
    page += '"reservations": []}'
    desk.faults.answer(200, f'{{"payload": {page}}}', url="/Reservations", times=1)
    desk.faults.answer(200, f'{{"payload": {page}}}', url=url, times=9)
    desk.faults.cut_sockets(desk.alice)
    assert "never end" in desk.came.expect("error").message


def test_a_long_day_is_not_told_again(
    desk: Desk, no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many reservations are over: the service still lists them."""
    limit_memory(monkeypatch, 2)
    for _ in range(5):
        desk.do("create")
        desk.came.expect("reservation.created")
        desk.backend.cancel()
        desk.came.expect("reservation.canceled")
    before = desk.told()
    desk.faults.cut_sockets()
    desk.came.expect("ready")
    desk.do("create")
    desk.came.expect("reservation.created")
    assert desk.told()[:-1] == before


@pytest.mark.parametrize("by", ["a gap", "a fetch"])
@pytest.mark.parametrize(
    ("acts", "act", "end"),
    [("create", "cancel", "canceled"), ("create accepted", "completed", "completed")],
    ids=["pending", "accepted"],
)
def test_an_end_that_was_concluded_from_a_service_that_lagged_is_taken_back(
    desk: Desk, acts: str, act: str, end: str, by: str
) -> None:
    worker, came = desk.worker, desk.came
    desk.do(acts)
    desk.settle()
    sid = came.last("reservation.created").sid
    empty = {**desk.backend.listed(desk.alice), "reservations": []}
    with desk.gap():
        desk.faults.answer(200, {"payload": empty}, method="GET", url=desk.url)
        desk.faults.answer(404, method="GET", url=f"{desk.url}/{sid}")
    assert came.expect(f"reservation.{end}").sid == sid
    assert worker.reservations == {}
    if by == "a gap":
        with desk.gap():
            pass
    else:
        worker.fetch_reservations()
    task = came.last("reservation.created").task
    assert worker.reservations[sid].task.sid == task.sid
    # Its real end is told too.
    desk.do(act)
    assert came.expect(f"reservation.{end}").sid == sid
    assert worker.reservations == {}
    assert desk.names() == " ".join(["created", *acts.split()[1:], end, end])


def test_frames_that_come_twice_are_told_once(desk: Desk) -> None:
    desk.faults.duplicate_frames(desk.alice, times=9)
    desk.do("create accepted wrapping completed")
    desk.settle()
    assert desk.names() == "created accepted wrapup completed"


def test_a_response_that_is_ahead_of_its_event(desk: Desk) -> None:
    worker, came = desk.worker, desk.came
    desk.do("create")
    reservation = came.expect("reservation.created")
    desk.faults.stall_sockets(desk.alice)
    assert reservation.accept().reservation_status == "accepted"
    (shown,) = worker.reservations.values()
    assert shown.reservation_status == "accepted"
    desk.do("completed")
    assert reservation.fetch().reservation_status == "completed"
    assert worker.reservations == {}
    # The events are still to come, and take nothing back.
    assert desk.names() == "created"
    desk.faults.resume_sockets(desk.alice)
    came.expect("reservation.accepted")
    assert worker.reservations == {}
    came.expect("reservation.completed")
    desk.settle()
    assert desk.told() == desk.logged()


def test_what_happens_on_a_dead_connection_is_told_on_the_next(
    open_desk: OpenDesk, no_pauses: None
) -> None:
    desk = open_desk(_timing=timing(heartbeat=1.0))
    desk.faults.stall_sockets(desk.alice)
    desk.do("create accepted")
    desk.came.expect("disconnected")
    assert desk.told() == []
    desk.came.expect("reservation.accepted")
    assert desk.told() == desk.logged()


def test_what_has_come_already_is_not_what_was_before(
    desk: Desk, no_pauses: None
) -> None:
    """Its event may be queued when the past is read, dated within the same second."""
    desk.faults.delay(1.0, url="/Tasks/")
    task = desk.backend.create_task()
    desk.emulator.wait_for_requests(url=f"/Tasks/{task}")
    desk.faults.stall_sockets(desk.alice)
    desk.backend.cancel(task)
    assert desk.worker.reservations == {}
    desk.came.expect("reservation.created")
    desk.faults.cut_sockets(desk.alice)
    desk.came.expect("reservation.canceled")


# A fresh token.


@pytest.mark.parametrize("times", [1, 2, 9])
def test_details_that_are_refused_are_asked_for_with_a_fresh_token(
    open_desk: OpenDesk, worker_token: MintToken, times: int
) -> None:
    """Once more, and no more often."""
    provider = Provider(worker_token)
    desk = open_desk(provider)
    desk.faults.answer(401, method="GET", url="/Tasks/", times=times)
    sid = desk.backend.create_task()
    reservation = desk.came.expect("reservation.created")
    assert reservation.task.sid == sid
    assert ("reservation_status" in reservation.payload) is (times < 9)
    # The user's code runs where all of it does.
    assert provider.threads[1:] == [f"taskrouter-events-{desk.alice}"]
    assert len([each for each in desk.emulator.requests if sid in each.url]) == 4


def test_many_refused_details_need_one_fresh_token(
    open_desk: OpenDesk, worker_token: MintToken
) -> None:
    desk = open_desk(Provider(worker_token))
    desk.faults.answer(401, method="GET", url="/Tasks/", times=10)
    for _ in range(5):
        desk.do("create")
    # Those that came after the refresh were asked for with the fresh one at once.
    found = [desk.came.expect("reservation.created") for _ in range(5)]
    assert [each.sid for each in found] == [sid for _, sid in desk.logged()]


@pytest.mark.parametrize("name", ["Reservations", "Tasks"])
def test_a_refused_look_at_the_state_is_repeated_with_a_fresh_token(
    open_desk: OpenDesk, worker_token: MintToken, name: str
) -> None:
    provider = Provider(worker_token)
    desk = open_desk(provider)
    desk.worker.disconnect()
    desk.came.expect("disconnected")
    desk.do("create")
    desk.faults.answer(401, method="GET", url=f"/{name}")
    desk.worker.connect()
    created = desk.came.expect("reservation.created")
    assert created.task.assignment_status == "reserved"
    assert set(provider.threads[1:]) == {f"taskrouter-events-{desk.alice}"}
    assert "error" not in desk.came.names()


def test_a_provider_that_fails_leaves_the_frame(
    open_desk: OpenDesk, worker_token: MintToken
) -> None:
    tokens = [worker_token()]
    desk = open_desk(tokens.pop)
    desk.faults.answer(401, method="GET", url="/Tasks/")
    sid = desk.backend.create_task()
    assert "IndexError" in desk.came.expect("error").message
    assert desk.came.expect("reservation.created").task.sid == sid


# What was before the client.


def test_what_was_accepted_in_the_second_before_the_client_was_not_missed(
    backend: Backend, alice: str, open_desk: OpenDesk
) -> None:
    """Dates have whole seconds: of those of the first second frames tell enough."""
    backend.create_task()
    [sid] = backend.reservations(alice)
    backend.update_reservation(sid, "accepted")
    desk = open_desk()
    assert desk.worker.reservations == {}  # asks for what was before
    desk.emulator.wait_for_requests(2, method="GET", url=desk.url)
    desk.settle()
    assert list(desk.worker.reservations) == [sid]
    desk.faults.cut_sockets(alice)
    desk.came.expect("disconnected")
    desk.came.expect("ready")
    desk.emulator.wait_for_requests(3, method="GET", url=desk.url)
    desk.settle()
    assert desk.told() == []
    assert list(desk.worker.reservations) == [sid]


@pytest.fixture
def late(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    open_desk: OpenDesk,
    no_pauses: None,
) -> tuple[Desk, str, str]:
    """A client whose first list failed, and what was accepted and pending before it."""
    backend.create_task()
    [accepted] = backend.reservations(alice)
    backend.update_reservation(accepted, "accepted")
    backend.create_task()
    [_, pending] = backend.reservations(alice)
    emulator.faults.answer(503, method="GET", url="/Reservations")
    desk = open_desk()
    while desk.came.expect("reservation.created").sid != pending:
        continue
    return desk, accepted, pending


def test_a_first_list_that_failed_hides_nothing_that_was_open(
    late: tuple[Desk, str, str],
) -> None:
    desk, accepted, pending = late
    assert pending in desk.worker.reservations  # asks for what was before
    desk.emulator.wait_for_requests(3, method="GET", url=desk.url)
    desk.settle()
    assert {*desk.worker.reservations} == {accepted, pending}


def test_a_first_list_that_failed_spoils_no_later_one(
    late: tuple[Desk, str, str],
) -> None:
    """What a frame that makes no sense should have said is read from the list."""
    desk, _, pending = late
    listed = desk.backend.listed(desk.alice)
    for each in listed["reservations"]:
        each["reservation_status"] = "accepted"
    desk.faults.answer(200, {"payload": listed}, method="GET", url=desk.url)
    desk.faults.send_text(desk.alice, '{"event_type": "reservation.acc')
    while desk.came.expect("reservation.accepted").sid != pending:
        continue
