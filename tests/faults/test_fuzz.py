"""Whatever is said to a client, only the documented errors come of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from taskrouter_sync import Worker
from taskrouter_sync.errors import TaskRouterError

from ..strategies import json_values, payloads, texts
from ..support.internals import set_pauses
from ..support.raw_server import BINARY, TEXT
from .stage import on_stage


# The same examples in every run; each takes a round trip or some.
fuzz = settings(max_examples=40, deadline=None, derandomize=True)

TYPES = (
    *("created", "pending", "accepted", "completed", "unheard-of"),
    "",
    "worker.activity.update",
    "worker.attributes.update",
    "worker.capacity.update",
    "worker.channel.availability.update",
    "worker.",
    "task.updated",
    "ready",
    "readyness",
    "connected",
    "disconnected",
    "error",
    "token.expired",
)
SIDS = (
    *(kind + "0" * 31 + "1" for kind in ("WR", "WT", "WK", "WC")),
    "",
    "..",
    "\ud800",
)

named = st.sampled_from(
    "sid reservation_sid task_sid worker_sid activity_sid attributes available "
    "configured_capacity reservation_status date_created date_updated meta key "
    "next_page_url reservations channels url".split()
)
values = (
    json_values()
    | st.sampled_from(SIDS)
    | st.lists(payloads(named), max_size=3)
    | st.sampled_from(["pending", "accepted", "completed", "reservations", "channels"])
)
things = st.dictionaries(named, values, max_size=6) | json_values() | payloads()
types = st.sampled_from(TYPES) | texts
events = st.fixed_dictionaries(
    {"event_type": types | types.map("reservation.{}".format), "payload": things}
)
frames = (
    events.map(json.dumps).map(str.encode)
    | st.binary(max_size=40)
    | json_values().map(json.dumps).map(str.encode)
)


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no thread of a client throw dice, which hypothesis keeps for itself."""
    set_pauses(monkeypatch, 0.01)


def read_all(value: Any) -> None:
    """Do with a result what programs do with results."""
    repr(value)
    str(value)
    copy.copy(value)
    value == value  # noqa: B015 - whether it can be compared
    if hasattr(value, "_repr_html_"):
        value._repr_html_()
    for name in dir(value):
        if not name.startswith("_"):
            try:
                getattr(value, name)
            except AttributeError:
                # dir lists what the documentation does: not each is in each payload.
                continue
    if isinstance(value, list):
        for each in value:
            read_all(each)


def test_any_frames_are_events_or_errors() -> None:
    with on_stage() as stage:
        stage.client.on("reservation.created", read_all)
        stage.client.on("task.updated", read_all)

        @fuzz
        @given(st.lists(frames, max_size=8), st.sampled_from([TEXT, BINARY]))
        def say(said: list[bytes], opcode: int) -> None:
            for frame in said:
                stage.send(frame, opcode)
            stage.settle()

        say()


def test_any_answers_to_the_requests_that_frames_cause() -> None:
    with on_stage() as stage:

        @fuzz
        @given(things, st.sampled_from(SIDS[:3]))
        def say(answer: Any, sid: str) -> None:
            stage.payload = answer
            payload = {"sid": "WT1", "reservation_sid": sid}
            stage.send({"event_type": "reservation.created", "payload": payload})
            stage.settle()

        say()


def test_any_answer_about_the_state_is_a_state_or_an_error() -> None:
    """After each frame that makes no sense the state is read anew."""
    with on_stage() as stage:

        @fuzz
        @given(things)
        def say(answer: Any) -> None:
            stage.payload = answer
            stage.send("no json")
            stage.came.expect("error")
            stage.settle()

        say()


CALLS: dict[str, Callable[..., Any]] = {
    "fetch": lambda worker, *cb: worker.fetch(*cb),
    "update": lambda worker, *cb: worker.update({"FriendlyName": "A"}, *cb),
    "fetch_reservations": lambda worker, *cb: worker.fetch_reservations(*cb),
    "fetch_channels": lambda worker, *cb: worker.fetch_channels(*cb),
    "activities": lambda worker, *cb: worker.activities.fetch(*cb),
    "activity": lambda worker, *cb: worker.activities.fetch("WA1", *cb),
    "statistics": lambda worker, *cb: worker.statistics.fetch(*cb),
    "complete_task": lambda worker, *cb: worker.complete_task("WT1", *cb),
}


@pytest.mark.parametrize("name", CALLS)
def test_any_answer_is_a_result_or_an_error(name: str) -> None:
    """With a callback nothing is raised: it gets the one or the other."""
    with on_stage() as stage:
        call: Callable[[Worker], Any] = CALLS[name]

        @settings(fuzz, max_examples=20)
        @given(things)
        def ask(answer: Any) -> None:
            stage.payload = answer
            told: list[tuple[Any, Any]] = []
            CALLS[name](stage.client, lambda *args: told.append(args))
            ((error, result),) = told
            assert error is None or isinstance(error, TaskRouterError)
            if error is None:
                read_all(result)
                read_all(call(stage.client))

        ask()
