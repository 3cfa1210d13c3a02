"""The documented lines of telephony: the calls that they make in the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator

from ...support.outcome import Outcome
from .conftest import CALLER
from .held import Held


FROM = "18004746453"
URL = "http://example.com/status"
TWIML = "http://example.com/agent_answer"


# dequeue


def test_dequeue_as_documented(
    reservation: Any, post_work: str, held: Held, outcome: Outcome
) -> None:
    """Six strings and a function: the sixth, a contact URI, is whom to dequeue to."""
    reservation.dequeue(
        FROM,
        post_work,
        "record-from-answer",
        "30",
        URL,
        "client:joey",
        outcome.callback,
    )
    assert outcome.result.sid == reservation.sid
    assert outcome.result.task.attributes["call_sid"] == CALLER
    call = held.call()
    assert (call.from_, call.to, call.status) == (FROM, "client:joey", "ringing")
    assert call.instruction.record == "record-from-answer"
    assert call.instruction.timeout == 30
    assert call.instruction.post_work_activity_sid == post_work
    assert call.instruction.status_callback == URL
    assert "DequeueStatusCallbackEvent" not in held.instruction()


@pytest.mark.parametrize(
    "events", ["initiated,ringing", ["initiated", "ringing"], ("initiated", "ringing")]
)
def test_dequeue_with_all_arguments(
    reservation: Any, post_work: str, held: Held, outcome: Outcome, events: Any
) -> None:
    reservation.dequeue(
        FROM,
        post_work,
        "do-not-record",
        "30",
        URL,
        events,
        "client:joey",
        outcome.callback,
    )
    assert outcome.result.reservationStatus == "pending"
    call = held.call()
    assert call.to == "client:joey"
    assert call.instruction.status_callback_events == ("initiated", "ringing")


def test_dequeue_with_events_in_sixth_place(
    reservation: Any, held: Held, outcome: Outcome
) -> None:
    """Words that name events are the events: nobody is left to call."""
    events = "initiated,ringing,answered,completed"
    reservation.dequeue(FROM, None, None, None, URL, events, outcome.callback)
    assert "contact_uri" in outcome.error.message
    assert held.instruction()["DequeueStatusCallbackEvent"] == events


def test_dequeue_with_nothing_in_the_middle(
    reservation: Any, held: Held, outcome: Outcome
) -> None:
    """None is "not given": it is left out, and what follows keeps its meaning."""
    reservation.dequeue(
        FROM, None, None, "30", None, None, "client:joey", outcome.callback
    )
    assert outcome.result.sid == reservation.sid
    assert held.call().instruction.post_work_activity_sid is None
    assert held.instruction() == {
        "Instruction": "dequeue",
        "DequeueFrom": FROM,
        "DequeueTimeout": "30",
        "DequeueTo": "client:joey",
    }


def test_dequeue_in_python(reservation: Any, post_work: str, held: Held) -> None:
    dequeued = reservation.dequeue(
        from_=FROM,
        post_work_activity_sid=post_work,
        record="record-from-answer",
        timeout=30,
        status_callback_url=URL,
        status_callback_events=["answered", "completed"],
        to="client:joey",
    )
    assert dequeued.task.sid == reservation.task.sid
    assert held.instruction() == {
        "Instruction": "dequeue",
        "DequeueFrom": FROM,
        "DequeuePostWorkActivitySid": post_work,
        "DequeueRecord": "record-from-answer",
        "DequeueTimeout": 30,
        "DequeueStatusCallbackUrl": URL,
        "DequeueStatusCallbackEvent": "answered,completed",
        "DequeueTo": "client:joey",
    }


def test_dequeue_without_anybody_to_call_raises(reservation: Any) -> None:
    with pytest.raises(HttpError, match="Dequeue"):
        reservation.dequeue(from_=FROM)


# call


def test_call_as_documented(reservation: Any, held: Held, outcome: Outcome) -> None:
    reservation.call(FROM, TWIML, None, "true", None, "client:joey", outcome.callback)
    assert outcome.result.sid == reservation.sid
    call = held.call()
    assert (call.instruction.name, call.from_, call.to) == ("call", FROM, "client:joey")
    assert call.instruction.url == TWIML
    # Accepted as it was asked for; the answer shows it as it was before.
    assert held.reservation(reservation.sid).reservation_status == "accepted"
    assert outcome.result.reservationStatus == "pending"


def test_call_with_all_arguments(
    reservation: Any, held: Held, outcome: Outcome
) -> None:
    record = "record-from-answer"
    reservation.call(FROM, TWIML, URL, "false", record, "client:joey", outcome.callback)
    assert outcome.result.sid == reservation.sid
    instruction = held.call().instruction
    assert (instruction.status_callback, instruction.record) == (URL, record)
    assert held.reservation(reservation.sid).reservation_status == "pending"


@pytest.mark.parametrize("place", range(7))
def test_call_with_its_callback_in_a_wrong_place(
    reservation: Any, held: Held, outcome: Outcome, place: int
) -> None:
    """A callable in any position is the callback; the others keep their meaning."""
    values = [FROM, TWIML, None, "true", None, "client:joey"]
    reservation.call(*values[:place], outcome.callback, *values[place:])
    assert outcome.result.sid == reservation.sid
    call = held.call()
    assert (call.from_, call.instruction.url, call.to) == (FROM, TWIML, "client:joey")


def test_call_in_python(reservation: Any, held: Held) -> None:
    called = reservation.call(
        from_=FROM,
        url=TWIML,
        status_callback_url=URL,
        accept=True,
        record="do-not-record",
        to="client:joey",
    )
    assert called.sid == reservation.sid
    assert held.call().instruction.status_callback == URL
    assert held.reservation(reservation.sid).reservation_status == "accepted"
    with pytest.raises(HttpError, match="Pending"):
        reservation.call(FROM, TWIML, to="client:joey")


# redirect


def test_redirect_as_documented(reservation: Any, held: Held, outcome: Outcome) -> None:
    reservation.redirect(CALLER, TWIML, "true", outcome.callback)
    assert outcome.result.sid == reservation.sid
    call = held.call()
    assert (call.sid, call.status) == (CALLER, "redirected")
    assert call.instruction.url == TWIML
    assert held.reservation(reservation.sid).reservation_status == "accepted"


def test_redirect_without_accepting(
    reservation: Any, held: Held, outcome: Outcome
) -> None:
    reservation.redirect(CALLER, TWIML, outcome.callback)
    assert outcome.result.sid == reservation.sid
    assert held.reservation(reservation.sid).reservation_status == "pending"
    assert "RedirectAccept" not in held.instruction()


def test_redirect_in_python(reservation: Any, held: Held) -> None:
    with pytest.raises(HttpError, match="RedirectCallSid"):
        reservation.redirect(call_sid="CA1", url=TWIML)
    redirected = reservation.redirect(call_sid=CALLER, url=TWIML, accept=True)
    assert redirected.sid == reservation.sid
    assert held.reservation(reservation.sid).reservation_status == "accepted"
    assert held.sent()[-1][1]["RedirectAccept"] is True


# What becomes of them


def test_an_answered_dequeue_accepts_and_ends_in_its_activity(
    reservation: Any, post_work: str, emulator: Emulator, held: Held, outcome: Outcome
) -> None:
    emulator.telephony.answer_after = 0
    reservation.dequeue(
        FROM, post_work, None, None, None, "client:joey", outcome.callback
    )
    assert outcome.result.reservationStatus == "pending"
    assert reservation.fetch().reservationStatus == "accepted"
    emulator.telephony.hang_up(held.call().sid)
    assert held.worker(reservation.workerSid).activity_name == "Break"


@pytest.mark.parametrize(
    ("method", "args", "missing"),
    [
        ("call", (), "callFrom"),
        ("call", (FROM,), "callUrl"),
        ("call", (None, TWIML), "callFrom"),
        ("redirect", (), "redirectCallSid"),
        ("redirect", (CALLER,), "redirectUrl"),
        ("redirect", (None, TWIML, "true"), "redirectCallSid"),
    ],
)
def test_what_an_instruction_can_t_do_without(
    reservation: Any,
    held: Held,
    outcome: Outcome,
    method: str,
    args: tuple[Any, ...],
    missing: str,
) -> None:
    """A TypeError names it, before anything is sent."""
    with pytest.raises(TypeError, match=f"reservation.{method}: {missing} is required"):
        getattr(reservation, method)(*args, outcome.callback)
    assert outcome.calls == held.sent() == []
