"""Events as sentences and as documents, whatever they carry."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given

from taskrouter_sync import Disconnection, HttpError
from taskrouter_sync.cli import events
from taskrouter_sync.cli.events import Event
from taskrouter_sync.cli.terminal import Paint
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.typed_events import WORKER_EVENTS

from ...strategies import json_values, moderate
from .conftest import Run
from .program import LIMIT, started


AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
PLAIN = Paint(io.StringIO(), {})
WR, WT = "WR" + "1" * 32, "WT" + "2" * 32

RESERVATION = {"sid": WR, "task_sid": WT, "reservation_status": "accepted"}
CHANNEL = {"sid": "WC" + "3" * 32, "task_channel_unique_name": "voice"}


@pytest.mark.parametrize(
    ("name", "payload", "sentence"),
    [
        ("activity.update", {"activity_name": "Break"}, "Alice is now on Break"),
        ("activity.update", {"activity_name": "Offline"}, "Alice is now Offline"),
        (
            "attributes.update",
            {"attributes": '{"languages": ["en"]}'},
            'Alice now has the attributes {"languages": ["en"]}',
        ),
        (
            "capacity.update",
            {**CHANNEL, "configured_capacity": 3, "available": 1},
            "Channel voice is available, with a capacity of 3",
        ),
        (
            "channel.availability.update",
            {**CHANNEL, "configured_capacity": 1, "available": 0},
            "Channel voice is unavailable, with a capacity of 1",
        ),
        ("odd", {"a": 1}, '{"a": 1}'),
        ("odd", {"a": WT}, '{"a": "WT222222…"}'),
    ],
)
def test_an_event_of_the_service_is_a_sentence(
    account: dict[str, str],
    emulator: Emulator,
    alice: str,
    name: str,
    payload: dict[str, Any],
    sentence: str,
) -> None:
    if "sid" not in payload and name != "odd":
        payload = {"sid": alice, "friendly_name": "Alice", **payload}
    with started("listen", "--count", "3", environment=account) as process:
        assert process.stdout is not None
        assert b"connected" in process.stdout.readline()
        assert b"ready" in process.stdout.readline()
        emulator.send_frame(alice, {"event_type": name, "payload": payload})
        out, _ = process.communicate(timeout=LIMIT)
    line = out.decode().rstrip()
    assert line.split()[1] == name
    assert line.endswith(f"  {sentence}")


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("created", "is pending"),
        ("accepted", "was accepted"),
        ("rejected", "was rejected"),
        ("timeout", "timed out"),
        ("canceled", "was canceled"),
        ("rescinded", "was rescinded"),
        ("completed", "was completed"),
        ("wrapup", "is wrapping up"),
        ("failed", "failed"),
        ("odd", "odd"),
    ],
)
def test_what_became_of_a_reservation_is_a_sentence(name: str, outcome: str) -> None:
    event = Event(AT, "WK1", f"reservation.{name}", (RESERVATION,))
    assert events.sentence(event) == (
        f"Reservation WR111111… of task WT222222… {outcome}"
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("connected", None, "Connected"),
        ("token.expired", None, "The token has expired"),
        ("error", HttpError(403, "no"), "Error: 403 no"),
        ("disconnected", {"message": "gone"}, "Disconnected: gone"),
        ("task.updated", {"sid": WT}, "Task WT222222… was updated"),
        ("ready", None, "The worker is ready"),
        ("odd", "text", "text"),
    ],
)
def test_what_the_client_says_is_a_sentence(
    name: str, value: Any, sentence: str
) -> None:
    args = () if value is None else (value,)
    assert events.sentence(Event(AT, "WK1", name, args)) == sentence


@pytest.mark.usefixtures("account")
def test_documents_hold_all_that_events_carry(
    run: Run, emulator: Emulator, alice: str
) -> None:
    task = emulator.create_task(attributes={"language": "en"})
    ran = run("listen", "--json", "--count", "3")
    connected, ready, created = map(json.loads, ran.out.splitlines())
    assert connected["payload"] is None
    assert ready["payload"]["sid"] == alice
    assert ready["payload"]["activity_name"] == "Available"
    payload = created["payload"]
    assert payload["reservation_status"] == "pending"
    assert payload["task"]["sid"] == task["sid"]
    assert json.loads(payload["task"]["attributes"]) == {"language": "en"}
    assert {each["channel"] for each in (connected, ready, created)} == {alice}
    assert all(each["at"].endswith("Z") for each in (connected, ready, created))


def test_a_disconnection_s_document_says_how_the_service_closed() -> None:
    value = Disconnection(4001, "another client")
    document = events.document(Event(AT, "WK1", "disconnected", (value,)))
    message = value["message"]
    assert document["payload"] == {
        "message": message,
        "code": 4001,
        "reason": "another client",
    }


@given(json_values())
@moderate
def test_whatever_an_event_carries_is_said(value: Any) -> None:
    for name in (*WORKER_EVENTS, "odd"):
        event = Event(AT, "WK1", name, (value,))
        assert events.line(event, PLAIN).isprintable()
        json.dumps(events.document(event), default=str)
