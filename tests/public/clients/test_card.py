"""How clients show themselves: where they stand, and never a token."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import given

from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...strategies import moderate
from ...support.backend import Backend
from ...support.center import Center
from ...support.collector import Block, Collector
from ...support.html import MARKUP, check
from ...support.internals import show


def shown(client: Any) -> dict[str, str]:
    """Read what the card says, by name."""
    words = check(client._repr_html_()).words
    return dict(zip(words[1::2], words[2::2], strict=False))


def test_a_card_tells_where_a_worker_stands(
    ready_worker: ReadyWorker, backend: Backend
) -> None:
    worker, came = ready_worker()
    state = shown(worker)
    assert state["friendly_name"] == "Alice"
    assert state["activity_name"] == "Available"
    assert (state["connection"], state["ready"]) == ("open", "yes")
    assert (state["open reservations"], state["events queued"]) == ("0", "0")
    backend.create_task(language="<en>")
    reservation = came.expect("reservation.created")
    words = check(worker._repr_html_()).words
    assert words[words.index("open reservations") + 1] == "1"
    assert {reservation.sid, "pending", '{"language": "<en>"}'} <= set(words)
    assert "open_reservations=1" in repr(worker)


def test_a_card_tells_what_waits_for_a_callback(
    ready_worker: ReadyWorker, emulator: Emulator, alice: str
) -> None:
    worker, _ = ready_worker()
    block = Block()
    came = Collector().listen(worker, "later")
    worker.on("slow", block)
    emulator.send_frame(alice, {"event_type": "slow", "payload": {}})
    block.wait_until_inside()
    for _ in range(3):
        emulator.send_frame(alice, {"event_type": "later", "payload": {}})
    try:
        state = wait_for(worker, "events queued", "3")
        assert "Block" in state["callback running"]
    finally:
        block.go_on.set()
    for _ in range(3):
        came.expect("later")
    assert shown(worker)["events queued"] == "0"


def wait_for(client: Any, name: str, value: str) -> dict[str, str]:
    """Look until a card says it: frames arrive when they arrive."""
    pause, state = threading.Event(), shown(client)
    for _ in range(500):
        if state[name] == value:
            break
        pause.wait(0.01)
        state = shown(client)
    assert state[name] == value
    return state


def test_a_card_tells_what_keeps_a_client_from_working(
    open_worker: OpenWorker, emulator: Emulator
) -> None:
    emulator.faults.refuse_upgrades(403, times=10)
    came = Collector()
    worker = open_worker()
    came.listen(worker, "error").expect("error")
    state = shown(worker)
    assert state["ready"] == "no"
    assert state["refused"].startswith("403")


def test_a_closed_client_shows_itself(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()
    worker.close()
    assert shown(worker)["connection"] == "closed"
    assert " closed " in repr(worker)


def test_nothing_that_is_shown_holds_the_token(
    ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    token = worker_token()
    worker, _ = ready_worker(token)
    for part in (*token.split("."), token):
        assert part not in repr(worker) + worker._repr_html_()


def test_other_clients_have_cards_too(center: Center) -> None:
    queue = center.task_queue
    assert repr(queue) == f"<TaskQueue {center.queue} open friendly_name='Everyone'>"
    assert shown(queue)["friendly_name"] == "Everyone"


def test_no_property_of_a_client_becomes_markup(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()

    @given(MARKUP, MARKUP)
    @moderate
    def look(name: str, activity: str) -> None:
        show(worker, {"friendly_name": name, "activity_name": activity, name: name})
        check(worker._repr_html_())

    look()
