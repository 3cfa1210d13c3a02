"""Events as lines and as documents, whatever they carry."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given

from taskrouter_sync.cli import events
from taskrouter_sync.cli.heard import Heard
from taskrouter_sync.cli.terminal import Paint
from taskrouter_sync.errors import HttpError
from taskrouter_sync.typed_events import Disconnection

from ..strategies import json_values, moderate
from ..support.recording_session import WK, WORKER, WR, WT, RecordingSession


AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
PLAIN = Paint(io.StringIO(), {})
SESSION = RecordingSession()
RESERVATION = {"sid": WR, "reservation_status": "pending", "task_sid": WT}


def heard(*args: Any) -> Heard:
    return Heard(AT, WK, "some.event", args)


def reservation(attributes: str | None = '{"a": 1}') -> Any:
    made = SESSION.make(RESERVATION)
    if attributes is not None:
        made._set_task(SESSION.make({"sid": WT, "attributes": attributes}))
    return made


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "some.event"),
        ((SESSION.make(WORKER),), f"Worker {WK} friendly_name='Ann'"),
        ((reservation(),), f'{WR}  pending  {WT}  {{"a": 1}}'),
        ((reservation(None),), f"{WR}  pending"),
        ((HttpError(403, "no"),), "403 no"),
        ((Disconnection(1000, "bye"),), "lost connectivity bye"),
        (({"odd": "\x1b[2J"},), r'{"odd": "\u001b[2J"}'),
        (("text",), "text"),
    ],
)
def test_a_line_says_what_an_event_is_about(args: tuple[Any, ...], words: str) -> None:
    line = events.line(heard(*args), PLAIN)
    assert words in line
    assert line.isprintable()


@pytest.mark.parametrize(
    ("args", "payload"),
    [
        ((), None),
        ((SESSION.make(WORKER),), WORKER),
        (
            (reservation(),),
            {**RESERVATION, "task": {"sid": WT, "attributes": '{"a": 1}'}},
        ),
        ((reservation(None),), {**RESERVATION, "task": {"sid": WT}}),
        ((HttpError(403, "no"),), {"code": 403, "message": "no"}),
        (({"odd": 1},), {"odd": 1}),
        ((5,), 5),
    ],
)
def test_a_document_holds_what_an_event_carries(
    args: tuple[Any, ...], payload: Any
) -> None:
    document = json.loads(json.dumps(events.document(heard(*args))))
    assert document == {
        "at": "2026-01-02T03:04:05Z",
        "event": "some.event",
        "channel": WK,
        "payload": payload,
    }


@given(json_values())
@moderate
def test_whatever_an_event_carries_is_said(value: Any) -> None:
    carried = heard(SESSION.make(value))
    assert events.line(carried, PLAIN).isprintable()
    json.dumps(events.document(carried), default=str)
