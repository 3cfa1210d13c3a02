"""The documented lines of ``reservation.conference``."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator

from ...support.outcome import Outcome
from .held import Held


FROM = "18004746453"
JOEY = "client:joey"


@pytest.fixture(autouse=True)
def contact_uri(reservation: Any, held: Held) -> str:
    """Alice's own contact URI, for conferences that name nobody."""
    held.change_worker(reservation.workerSid, attributes='{"contact_uri":"client:al"}')
    return "client:al"


def test_conference_as_documented(
    reservation: Any, contact_uri: str, held: Held, outcome: Outcome
) -> None:
    """Four times nothing, the callback, the options."""
    options = {
        "ConferenceStatusCallback": "http://example.com/conference",
        "ConferenceStatusCallbackEvent": "start,end",
        "ConferenceRecord": "true",
        "EndConferenceOnExit": "true",
    }
    reservation.conference(None, None, None, None, outcome.callback, options)
    assert outcome.result.sid == reservation.sid
    assert outcome.result.task.sid == reservation.task.sid
    call = held.call()
    assert (call.instruction.name, call.to) == ("conference", contact_uri)
    assert call.instruction.options == {
        "conference_status_callback": "http://example.com/conference",
        "conference_status_callback_event": ("start", "end"),
        "conference_record": "true",
        "end_conference_on_exit": True,
    }
    # What was not given is not sent.
    assert held.instruction() == {"Instruction": "conference", **options}


def test_conference_with_all_arguments(
    reservation: Any, post_work: str, held: Held, outcome: Outcome
) -> None:
    reservation.conference(FROM, post_work, "30", JOEY, outcome.callback)
    assert outcome.result.reservationStatus == "pending"
    call = held.call()
    assert (call.from_, call.to, call.instruction.timeout) == (FROM, JOEY, 30)
    assert call.instruction.post_work_activity_sid == post_work


def test_conference_without_anything(
    reservation: Any, contact_uri: str, held: Held, outcome: Outcome
) -> None:
    reservation.conference(outcome.callback)
    assert outcome.result.sid == reservation.sid
    assert held.call().to == contact_uri
    assert held.instruction() == {"Instruction": "conference"}


def test_conference_s_options_override(
    reservation: Any, post_work: str, held: Held, outcome: Outcome
) -> None:
    options = {"To": "client:ann", "Timeout": "20", "From": None}
    reservation.conference(FROM, post_work, "30", JOEY, outcome.callback, options)
    assert outcome.result.sid == reservation.sid
    call = held.call()
    assert (call.to, call.instruction.timeout, call.from_) == ("client:ann", 20, FROM)
    # The caller's own dict stays as it was.
    assert options == {"To": "client:ann", "Timeout": "20", "From": None}


@pytest.mark.parametrize("place", range(6))
def test_conference_with_its_options_in_a_wrong_place(
    reservation: Any, held: Held, outcome: Outcome, place: int
) -> None:
    """A dict anywhere is the options, a callable anywhere the callback."""
    values: list[Any] = [FROM, None, "30", JOEY, outcome.callback]
    options = {"EndConferenceOnExit": "true"}
    reservation.conference(*values[:place], options, *values[place:])
    assert outcome.result.sid == reservation.sid
    call = held.call()
    assert (call.from_, call.to, call.instruction.timeout) == (FROM, JOEY, 30)
    assert call.instruction.options == {"end_conference_on_exit": True}


@pytest.mark.parametrize("events", ["start,end", ["start", "end"]])
def test_conference_events_stay_what_they_are(
    reservation: Any, held: Held, outcome: Outcome, events: Any
) -> None:
    options = {"ConferenceStatusCallbackEvent": events}
    reservation.conference(None, None, None, None, outcome.callback, options)
    assert outcome.result.sid == reservation.sid
    assert held.instruction()["ConferenceStatusCallbackEvent"] == events
    assert held.call().instruction.options == {
        "conference_status_callback_event": ("start", "end")
    }


def test_conference_in_python(reservation: Any, post_work: str, held: Held) -> None:
    conferred = reservation.conference(
        from_=FROM,
        post_work_activity_sid=post_work,
        timeout=30,
        to=JOEY,
        options={"Beep": "onEnter"},
        end_conference_on_exit=True,
    )
    assert conferred.task.sid == reservation.task.sid
    call = held.call()
    assert (call.from_, call.to, call.instruction.timeout) == (FROM, JOEY, 30)
    assert call.instruction.options == {
        "beep": "onEnter",
        "end_conference_on_exit": True,
    }


def test_an_answered_conference_accepts_and_ends_in_its_activity(
    reservation: Any, post_work: str, emulator: Emulator, held: Held, outcome: Outcome
) -> None:
    emulator.telephony.answer_after = 0
    reservation.conference(None, post_work, None, JOEY, outcome.callback)
    assert outcome.result.reservationStatus == "pending"
    assert reservation.fetch().reservationStatus == "accepted"
    emulator.telephony.hang_up(held.call().sid)
    assert reservation.fetch().reservationStatus == "wrapping"
    assert held.worker(reservation.workerSid).activity_name == "Break"


def test_conference_that_the_service_refuses(
    reservation: Any, held: Held, outcome: Outcome
) -> None:
    reservation.conference(None, None, "1000", JOEY, outcome.callback)
    assert outcome.error.code == 400
    assert "Timeout" in outcome.error.message
    with pytest.raises(HttpError, match="Timeout"):
        reservation.conference(timeout=1000, to=JOEY)
    assert held.emulator.calls == []
