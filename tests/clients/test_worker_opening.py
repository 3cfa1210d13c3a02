"""Opening a Worker: every argument of the constructor."""

from __future__ import annotations

import inspect
import threading
from typing import Any

import pytest

from taskrouter_sync import (
    RequestTimeout,
    Twilio,
    Worker,
)
from taskrouter_sync.clients.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.session import Limits

from ..conftest import MintToken, OpenWorker, ReadyWorker
from ..support.collector import Background, Collector
from ..support.raw_server import unused_port


def upgrade_of(emulator: Emulator) -> dict[str, Any]:
    """Give the query of the last socket, without the token."""
    upgrades = [each for each in emulator.requests if each.kind == "upgrade"]
    return dict(upgrades[-1].params)


def test_the_positional_order_is_that_of_taskrouter_js() -> None:
    names = list(inspect.signature(Worker).parameters)
    assert names[:9] == [
        "token",
        "debug",
        "connect_activity_sid",
        "disconnect_activity_sid",
        "close_existing_sessions",
        "region",
        "max_retries",
        "api_base_url",
        "event_bridge_base_url",
    ]


def test_all_arguments_by_position(
    emulator: Emulator, workspace: ReadyWorkspace, worker_token: MintToken
) -> None:
    activities = workspace.activities
    with Twilio.TaskRouter.Worker(
        worker_token(),
        False,
        activities["Break"],
        activities["Offline"],
        True,
        "ie1-ix",
        2,
        emulator.api_base_url,
        emulator.event_bridge_url,
    ) as worker:
        worker.wait_until_ready(5.0)
        assert upgrade_of(emulator) == {
            "closeExistingSessions": "true",
            "disconnectActivitySid": activities["Offline"],
        }
        get, *_ = emulator.wait_for_requests(url="/Workers/")
        assert get.url.startswith(emulator.api_base_url)


def test_the_constructor_returns_at_once(worker_token: MintToken) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    worker = Background(
        lambda: Worker(worker_token(), event_bridge_base_url=url)
    ).result(1.0)
    worker.close()


def test_without_options_the_socket_asks_for_nothing_special(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    ready_worker()
    assert upgrade_of(emulator) == {"closeExistingSessions": "false"}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (True, "true"),
        ("true", "true"),
        (False, "false"),
        ("false", "false"),
        (None, "false"),
        (1, "false"),
        ("yes", "false"),
    ],
)
def test_close_existing_sessions_is_on_for_true_only(
    emulator: Emulator, ready_worker: ReadyWorker, value: Any, sent: str
) -> None:
    ready_worker(close_existing_sessions=value)
    assert upgrade_of(emulator)["closeExistingSessions"] == sent


def test_close_existing_sessions_ends_the_other_connection(
    ready_worker: ReadyWorker,
) -> None:
    _, first = ready_worker()
    ready_worker(close_existing_sessions=True)
    first.expect("disconnected")


def test_an_empty_disconnect_activity_goes_into_the_query(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    ready_worker(disconnect_activity_sid="")
    assert upgrade_of(emulator)["disconnectActivitySid"] == ""


def test_connect_activity_is_applied(
    workspace: ReadyWorkspace, ready_worker: ReadyWorker
) -> None:
    sid = workspace.activities["Break"]
    worker, came = ready_worker(connect_activity_sid=sid)
    assert came.expect("activity.update").activitySid == sid
    assert worker.activitySid == sid


def test_connect_activity_waits_for_what_is_pending(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    open_worker: OpenWorker,
) -> None:
    """A worker with a pending reservation keeps the activity."""
    emulator.create_task()
    worker = open_worker(connect_activity_sid=workspace.activities["Break"])
    came = Collector().listen(worker, "reservation.created", "marker")
    came.expect("reservation.created")
    emulator.send_frame(alice, {"event_type": "marker", "payload": {}})
    came.expect("marker")
    posts = [each for each in emulator.requests if each.method == "POST"]
    assert posts == []


def test_connect_activity_is_applied_at_the_first_connection_only(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    ready_worker: ReadyWorker,
    no_pauses: None,
) -> None:
    worker, came = ready_worker(connect_activity_sid=workspace.activities["Break"])
    came.expect("activity.update")
    worker.update("ActivitySid", workspace.activities["Available"])
    came.expect("activity.update")
    emulator.faults.cut_sockets()
    came.expect("ready")
    worker.fetch()
    assert worker.activityName == "Available"


def test_disconnect_activity_is_applied_at_close(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    ready_worker: ReadyWorker,
) -> None:
    sid = workspace.activities["Offline"]
    worker, _ = ready_worker(disconnect_activity_sid=sid)
    worker.close()
    (post,) = emulator.wait_for_requests(method="POST", url=f"/Workers/{alice}")
    assert (post.params, post.status) == ({"ActivitySid": sid}, 200)


def test_max_retries_counts_for_the_client_s_requests(
    emulator: Emulator, alice: str, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    worker, _ = ready_worker(max_retries=2)
    emulator.faults.answer(503, url=f"/Workers/{alice}", times=2)
    assert worker.fetch().friendlyName == "Alice"


def test_the_environment_names_the_event_bridge(
    emulator: Emulator, worker_token: MintToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", emulator.event_bridge_url)
    with Worker(worker_token()) as worker:
        worker.wait_until_ready(5.0)


def test_the_time_limit_of_a_request(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    worker, _ = ready_worker(_timing=Timing(request=Limits(answer=0.05)))
    emulator.faults.delay(1.0, method="POST")
    with pytest.raises(RequestTimeout):
        worker.update("FriendlyName", "Alice")


def test_threads_are_named_by_the_worker(ready_worker: ReadyWorker, alice: str) -> None:
    ready_worker()
    names = {each.name for each in threading.enumerate()}
    assert {f"taskrouter-socket-{alice}", f"taskrouter-events-{alice}"} <= names


def test_a_client_shows_itself(ready_worker: ReadyWorker, alice: str) -> None:
    worker, _ = ready_worker()
    shown = "friendly_name='Alice' activity_name='Available'"
    assert repr(worker) == f"<Worker {alice} open {shown}>"
    assert isinstance(worker, Worker)
