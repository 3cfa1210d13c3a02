"""What a client is to do is tried until it is done, replaced or refused for good."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from taskrouter_sync import HttpError, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.collector import Collector
from ...support.internals import set_pauses
from .conftest import Settle, TokenDue


pytestmark = pytest.mark.usefixtures("no_pauses")

# What can come between a wish and its fulfilment, and passes.
Trouble = Callable[[Emulator, str], None]
TROUBLE: dict[str, Trouble] = {
    **{
        str(status): lambda emulator, url, status=status: emulator.faults.answer(  # type: ignore[misc]
            status, url=url, times=3
        )
        for status in (302, 407, 429, 500, 502, 503)
    },
    "dropped": lambda emulator, url: emulator.faults.drop_requests(url=url, times=3),
    "dropped, but carried out": lambda emulator, url: emulator.faults.drop_requests(
        url=url, times=3, carried_out=True
    ),
    "no JSON": lambda emulator, url: emulator.faults.malformed(url=url, times=3),
    "no resource": lambda emulator, url: no_resource(emulator, url),
}


def no_resource(emulator: Emulator, url: str) -> None:
    for method in ("GET", "POST"):
        emulator.faults.answer(200, {"payload": None}, method=method, url=url, times=3)


@pytest.fixture(params=TROUBLE)
def trouble(request: pytest.FixtureRequest) -> Trouble:
    return TROUBLE[request.param]


class Desk:
    """Alice's client, which goes Offline by a disconnect."""

    def __init__(
        self,
        emulator: Emulator,
        workspace: ReadyWorkspace,
        backend: Backend,
        open_worker: OpenWorker,
    ) -> None:
        self.emulator, self.backend, self._open = emulator, backend, open_worker
        self.alice = workspace.workers["Alice"]
        self.activities = workspace.activities
        self.changes: Collector
        self.worker: Worker

    def open(self, connect: str | None, **options: Any) -> None:
        self.worker = self._open(
            connect_activity_sid=connect and self.activities[connect],
            disconnect_activity_sid=self.activities["Offline"],
            **options,
        )
        self.changes = Collector().listen(
            self.worker, "activity.update", "ready", "disconnected"
        )

    def put_in(self, activity: str) -> None:
        self.backend.update_worker(self.alice, activity_sid=self.activities[activity])

    def activity(self) -> str:
        names = {sid: name for name, sid in self.activities.items()}
        return names[self.emulator.call(self._activity_sid)]

    def _activity_sid(self, engine: Any) -> str:
        (space,) = engine.workspaces.values()
        sid: str = space.workers[self.alice].activity_sid
        return sid

    def expect(self, activity: str) -> None:
        """Wait until the service has put Alice in this activity."""
        while self.changes.expect("activity.update").activity_name != activity:
            continue
        assert self.activity() == activity

    def cut(self) -> None:
        """Lose the connection, and wait for the next that is ready."""
        self.emulator.faults.cut_sockets(self.alice)
        self.changes.expect("disconnected")
        self.changes.expect("ready")

    def leave(self) -> None:
        """Disconnect, and wait until the service knows."""
        self.worker.disconnect()
        self.changes.expect("disconnected")
        self.emulator.wait_for_connections(self.alice, 0)


@pytest.fixture
def desk(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    backend: Backend,
    open_worker: OpenWorker,
) -> Desk:
    return Desk(emulator, workspace, backend, open_worker)


def test_the_connect_activity_outlasts_trouble(desk: Desk, trouble: Trouble) -> None:
    desk.put_in("Offline")
    trouble(desk.emulator, f"/Workers/{desk.alice}")
    desk.open("Break")
    desk.expect("Break")


def test_the_connect_activity_outlasts_a_lost_connection(desk: Desk) -> None:
    """Events do not wait for it."""
    desk.put_in("Offline")
    desk.emulator.faults.delay(30.0, method="POST", url=f"/Workers/{desk.alice}")
    desk.open("Break")
    desk.changes.expect("ready")
    desk.emulator.wait_for_requests(method="POST", url=f"/Workers/{desk.alice}")
    desk.cut()
    desk.expect("Break")


def test_the_move_back_outlasts_trouble(desk: Desk, trouble: Trouble) -> None:
    desk.open(None)
    desk.changes.expect("ready")
    trouble(desk.emulator, f"/Workers/{desk.alice}")
    desk.emulator.faults.cut_sockets(desk.alice)
    desk.changes.expect("disconnected")
    desk.expect("Available")


def test_the_move_back_outlasts_a_second_cut(desk: Desk) -> None:
    desk.open(None)
    desk.changes.expect("ready")
    for _ in range(3):
        desk.emulator.faults.answer(
            503, method="POST", url=f"/Workers/{desk.alice}", delay=0.2
        )
        desk.cut()
    desk.expect("Available")


def test_a_choice_of_somebody_else_is_not_undone(desk: Desk, settle: Settle) -> None:
    """In the second gap, while the move back is still tried."""
    desk.open(None)
    desk.changes.expect("ready")
    desk.emulator.faults.answer(
        503, method="POST", url=f"/Workers/{desk.alice}", times=500
    )
    desk.cut()
    desk.leave()
    desk.put_in("Break")
    desk.worker.connect()
    desk.changes.expect("ready")
    desk.emulator.faults.clear()
    for _ in range(3):
        settle(desk.worker)
    assert desk.activity() == "Break"


def test_an_update_of_the_program_waits_for_what_is_under_way(desk: Desk) -> None:
    """Or the service would carry it out first, and that after it."""
    desk.put_in("Offline")
    url = f"/Workers/{desk.alice}"
    desk.emulator.faults.delay(0.3, method="POST", url=url)
    desk.open("Available")
    desk.emulator.wait_for_requests(1, method="POST", url=url)
    changes = Collector().listen(desk.worker, "activity.update")
    desk.worker.update("ActivitySid", desk.activities["Break"])
    for name in ("Available", "Break"):
        assert changes.expect("activity.update").activityName == name


def test_a_choice_of_the_program_outlasts_what_is_under_way(desk: Desk) -> None:
    """Of which the service knows nothing yet, so that it carries that out last."""
    desk.put_in("Offline")
    url = f"/Workers/{desk.alice}"
    desk.emulator.faults.delay(0.3, method="POST", url=url)
    desk.open("Available")
    ready = desk.changes.expect("ready")
    desk.emulator.wait_for_requests(1, method="POST", url=url)
    ready.update("ActivitySid", desk.activities["Break"])
    for name in ("Available", "Break"):
        while desk.changes.expect("activity.update").activity_name != name:
            continue
    assert desk.activity() == "Break"


def test_close_waits_for_what_is_under_way(desk: Desk) -> None:
    """Or the worker would be available, and nobody there."""
    desk.put_in("Offline")
    url = f"/Workers/{desk.alice}"
    desk.emulator.faults.delay(0.1, method="POST", url=url)
    desk.open("Available")
    desk.emulator.wait_for_requests(1, method="POST", url=url)
    desk.worker.close()
    desk.emulator.wait_for_events("worker.activity.update", 2)
    assert desk.activity() == "Offline"


@pytest.mark.parametrize("chosen", ["Break", "Offline"])
def test_an_update_of_the_program_replaces_the_wish(
    desk: Desk, settle: Settle, chosen: str
) -> None:
    desk.put_in("Offline")
    url = f"/Workers/{desk.alice}"
    desk.emulator.faults.answer(503, method="POST", url=url, times=500)
    desk.open("Available")
    desk.changes.expect("ready")
    desk.emulator.wait_for_requests(3, method="POST", url=url)
    desk.emulator.faults.clear()
    desk.worker.update("ActivitySid", desk.activities[chosen])
    # The program's word is the last, though another request was under way.
    for number in range(200):
        settle(desk.worker)
        if number >= 20 and desk.activity() == chosen:
            break
    assert desk.activity() == chosen


def by_an_update(worker: Worker, ready: Any, activity: str) -> None:
    worker.update("ActivitySid", activity)


def by_what_ready_brought(worker: Worker, ready: Any, activity: str) -> None:
    ready.update("ActivitySid", activity)


def by_a_reject(worker: Worker, ready: Any, activity: str) -> None:
    [reservation] = worker.fetch_reservations()
    reservation.reject(activity)


@pytest.mark.parametrize("choose", [by_an_update, by_what_ready_brought, by_a_reject])
def test_a_choice_of_the_program_is_what_the_worker_is_moved_back_to(
    desk: Desk, choose: Callable[[Worker, Any, str], None]
) -> None:
    """However it was made, and although its frame got lost with the connection."""
    desk.open(None)
    ready = desk.changes.expect("ready")
    desk.backend.create_task()
    desk.emulator.faults.stall_sockets(desk.alice)
    choose(desk.worker, ready, desk.activities["Break"])
    assert desk.activity() == "Break"
    desk.cut()
    desk.expect("Break")


def test_a_refused_wish_is_given_up(desk: Desk) -> None:
    desk.put_in("Offline")
    desk.open("Break", token=None)
    errors = Collector().listen(desk.worker, "error")
    desk.changes.expect("ready")
    desk.expect("Break")
    desk.emulator.faults.answer(400, method="POST", url=f"/Workers/{desk.alice}")
    desk.cut()
    assert isinstance(errors.expect("error"), HttpError)
    assert desk.activity() == "Offline"


def test_ready_outlasts_trouble(desk: Desk, trouble: Trouble) -> None:
    trouble(desk.emulator, f"/Workers/{desk.alice}")
    desk.open(None)
    desk.worker.wait_until_ready(5)


@pytest.mark.parametrize(
    "failure",
    [ValueError("no"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), ""],
    ids=repr,
)
def test_a_token_provider_is_asked_until_it_has_one(
    desk: Desk,
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    failure: Any,
) -> None:
    """However it fails: raising whatever, or with what is no token."""
    failures = [failure, token_due(-60), failure]
    tokens = iter([worker_token()])

    def provide() -> str:
        first = next(tokens, None)
        if first is not None:
            return first
        if not failures:
            return worker_token()
        found = failures.pop()
        if isinstance(found, BaseException):
            raise found
        text: str = found
        return text

    came = Collector().listen(open_worker(provide), "error", "ready")
    came.expect("ready")
    desk.emulator.faults.refuse_upgrades(401)
    desk.emulator.faults.cut_sockets()
    came.expect("error")
    came.expect("ready")
    assert failures == []


# What the client asks for by itself: method and path, whether at its first `ready`, and
# what comes of it.
OWN_REQUESTS = {
    "the connect activity": ("POST", "/Workers/", True, "activity.update"),
    "what is pending": ("GET", "/Reservations", True, "reservation.created"),
    "the move back": ("POST", "/Workers/", False, "activity.update"),
    "what was missed": ("GET", "/Reservations", False, "reservation.canceled"),
    "the channels": ("GET", "/Channels", False, "capacity.update"),
}


@pytest.mark.parametrize("failure", [OSError("no way"), SystemExit(3), None], ids=repr)
@pytest.mark.parametrize(
    ("method", "path", "is_first", "event"), OWN_REQUESTS.values(), ids=OWN_REQUESTS
)
def test_what_is_refused_is_done_with_a_later_token_of_the_provider(
    desk: Desk,
    worker_token: MintToken,
    method: str,
    path: str,
    is_first: bool,
    event: str,
    failure: BaseException | None,
) -> None:
    """The provider fails at first, or its first tokens are refused as well."""
    given: list[Any] = [failure, worker_token()] if failure else []

    def provide() -> str:
        found = given.pop() if given else worker_token()
        if isinstance(found, BaseException):
            raise found
        return str(found)

    def happen() -> None:
        if event == "reservation.created":
            desk.backend.create_task()
        elif event == "reservation.canceled":
            desk.backend.cancel()
        elif event == "capacity.update":
            desk.backend.update_channel(desk.alice, "default", capacity=5)
        times = 1 if failure else 3
        desk.emulator.faults.answer(401, method=method, url=path, times=times)

    if is_first:
        happen()
    connect = "Break" if is_first and method == "POST" else None
    desk.open(connect, token=provide)
    came = Collector().listen(
        desk.worker, "capacity.update", "reservation.created", "reservation.canceled"
    )
    if not is_first:
        desk.changes.expect("ready")
        desk.backend.create_task()
        came.expect("reservation.created")
        desk.worker.fetch_channels()
        desk.leave()
        happen()
        desk.worker.connect()
    if event == "activity.update":
        desk.expect(connect or "Available")
    else:
        came.expect(event)
    assert given == []


def test_a_wish_that_is_refused_is_fulfilled_with_the_next_token(
    desk: Desk, heard_worker: ReadyWorker, worker_token: MintToken
) -> None:
    desk.emulator.faults.answer(401, method="POST", url=f"/Workers/{desk.alice}")
    worker, came = heard_worker(connect_activity_sid=desk.activities["Break"])
    assert came.expect("error").code == 401
    worker.update_token(worker_token(ttl=7200))
    assert came.expect("activity.update").activity_name == "Break"


def test_a_wish_that_is_refused_with_every_token_is_not_repeated_without_a_pause(
    desk: Desk, worker_token: MintToken, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once with one other token, and no more often."""
    set_pauses(monkeypatch, 3600.0)
    url = f"/Workers/{desk.alice}"
    desk.emulator.faults.answer(401, method="POST", url=url, times=1_000_000)
    desk.open(None, token=worker_token)
    came = Collector().listen(desk.worker, "error")
    desk.changes.expect("ready")
    desk.leave()
    desk.worker.connect()
    assert came.expect("error").code == 401
    for _ in range(20):
        settle(desk.worker)
    assert len(desk.emulator.wait_for_requests(2, method="POST", url=url)) == 2
    assert came.count("error") == 1


@pytest.mark.parametrize("skew", [0.5, 3.0])
@pytest.mark.parametrize("by_provider", [False, True])
def test_a_token_that_is_not_valid_yet_is_tried_until_it_is(
    emulator: Emulator,
    open_worker: OpenWorker,
    token_due: TokenDue,
    by_provider: bool,
    skew: float,
) -> None:
    """Also if each new one of the provider is as young."""

    def mint() -> str:
        return not_valid_yet(token_due(600), skew, emulator)

    worker = open_worker(mint if by_provider else mint())
    worker.wait_until_ready(5)


@pytest.mark.parametrize("part", ["activity", "pending", "missed", "channels"])
def test_what_is_refused_with_a_token_that_is_not_valid_yet_is_done_with_it_later(
    desk: Desk, worker_token: MintToken, token_due: TokenDue, part: str
) -> None:
    emulator = desk.emulator
    tokens = [worker_token()]

    def provide() -> str:
        return tokens.pop() if tokens else not_valid_yet(token_due(600), 1.0, emulator)

    names = {"activity": "", "channels": "/Channels"}
    url = f"/Workers/{desk.alice}{names.get(part, '/Reservations')}"

    def refuse() -> None:
        method = "POST" if part == "activity" else "GET"
        emulator.faults.answer(401, method=method, url=url)

    if part == "activity":
        desk.put_in("Offline")
        refuse()
        desk.open("Break", token=provide)
        desk.expect("Break")
        return
    if part == "pending":
        desk.backend.create_task()
        refuse()
    desk.open(None, token=provide)
    came = Collector().listen(desk.worker, "reservation.created", "capacity.update")
    desk.changes.expect("ready")
    if part == "pending":
        came.expect("reservation.created")
        return
    desk.backend.update_channel(desk.alice, "default", capacity=5)
    came.expect("capacity.update")
    desk.leave()
    desk.backend.create_task()
    desk.backend.update_channel(desk.alice, "default", capacity=6)
    refuse()
    desk.worker.connect()
    came.expect("capacity.update" if part == "channels" else "reservation.created")


def not_valid_yet(token: str, skew: float, emulator: Emulator) -> str:
    """Let a token begin in so many seconds."""
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["nbf"] = time.time() + skew
    return jwt.encode(claims, emulator.auth_token, algorithm="HS256")


# Parts that a token may not read.


# The options of a token that may not read these.
WITHOUT: dict[str, dict[str, bool]] = {
    "Channels": {"allow_fetch_subresources": False},
    "Tasks": {"allow_fetch_reservations": False},
    "Reservations": {
        "allow_fetch_subresources": False,
        "allow_fetch_worker_reservations": False,
    },
}


@pytest.mark.parametrize("parts", [("Channels",), ("Tasks",), ("Channels", "Tasks")])
def test_a_refused_part_does_not_spoil_the_others(
    desk: Desk, worker_token: MintToken, parts: tuple[str, ...]
) -> None:
    options = {name: value for part in parts for name, value in WITHOUT[part].items()}
    desk.open(None, token=worker_token(**options))
    came = Collector().listen(
        desk.worker, "capacity.update", "reservation.created", "reservation.canceled"
    )
    desk.changes.expect("ready")
    desk.backend.update_channel(desk.alice, "default", capacity=5)
    came.expect("capacity.update")
    for _ in range(2):
        desk.worker.disconnect()
        desk.changes.expect("disconnected")
        sid = desk.backend.create_task()
        desk.worker.connect()
        created = came.expect("reservation.created")
        desk.worker.disconnect()
        desk.changes.expect("disconnected")
        desk.backend.cancel(sid)
        desk.worker.connect()
        assert came.expect("reservation.canceled").sid == created.sid


def test_the_connect_activity_needs_no_right_to_read_reservations(
    desk: Desk, worker_token: MintToken
) -> None:
    desk.put_in("Offline")
    desk.open("Break", token=worker_token(**WITHOUT["Reservations"]))
    desk.expect("Break")


def test_what_was_refused_is_read_with_the_next_token(
    desk: Desk, worker_token: MintToken
) -> None:
    desk.open(None, token=worker_token())
    came = Collector().listen(desk.worker, "reservation.created", "error")
    desk.changes.expect("ready")
    desk.worker.disconnect()
    desk.changes.expect("disconnected")
    desk.backend.create_task()
    desk.worker.update_token(worker_token(**WITHOUT["Reservations"]))
    desk.worker.connect()
    assert came.expect("error").code == 403
    desk.worker.update_token(worker_token())
    came.expect("reservation.created")
