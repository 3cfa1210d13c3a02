"""The forms that the instructions of telephony have, and what becomes of the calls."""

from __future__ import annotations

from datetime import date, datetime, timezone
from types import MappingProxyType
from typing import Any

import pytest

from taskrouter_sync import HttpError

from ...support.center import CALLER, Center
from ...support.outcome import Outcome
from .calls import FROM, JOEY, URL


EVENTS = "initiated,ringing,answered,completed"


def params_of(center: Center) -> dict[str, object]:
    """The parameters of the one instruction that was sent."""
    ((path, params),) = [each[1:] for each in center.sent() if each[0] == "POST"]
    assert "/Reservations/WR" in path
    return dict(params)


DEQUEUE = {"Instruction": "dequeue", "DequeueFrom": FROM}
CALL = {"Instruction": "call", "CallFrom": FROM, "CallUrl": URL, "CallTo": JOEY}
CONFERENCE = {"Instruction": "conference", "From": FROM, "Timeout": "30", "To": JOEY}
EXIT = {"EndConferenceOnExit": "true"}
EIGHT = datetime(2015, 7, 30, 20, 5, tzinfo=timezone.utc)
# Stands for the callback among a call's arguments.
CB = object()

# Method, arguments, and the parameters that they come to.
FORMS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    # Words that name events are the events, whatever place they have.
    (
        "dequeue",
        (FROM, None, None, None, URL, EVENTS, CB),
        {
            **DEQUEUE,
            "DequeueStatusCallbackUrl": URL,
            "DequeueStatusCallbackEvent": EVENTS,
        },
    ),
    # Others are where the call goes to, as in the documentation's example.
    *(
        (
            "dequeue",
            (FROM, None, None, None, URL, to, CB),
            {**DEQUEUE, "DequeueStatusCallbackUrl": URL, "DequeueTo": to},
        )
        for to in (JOEY, "busy")
    ),
    # None is "not given": what follows keeps its meaning.
    (
        "dequeue",
        (FROM, None, None, "30", None, None, JOEY, CB),
        {**DEQUEUE, "DequeueTimeout": "30", "DequeueTo": JOEY},
    ),
    *(
        (
            "dequeue",
            (FROM, None, None, None, None, events, JOEY, CB),
            {
                **DEQUEUE,
                "DequeueStatusCallbackEvent": "initiated,ringing",
                "DequeueTo": JOEY,
            },
        )
        for events in ("initiated,ringing", ["initiated", "ringing"])
    ),
    # A callable in any place is the callback.
    *(
        ("call", (*values[:place], CB, *values[place:]), CALL)
        for values in [(FROM, URL, None, None, None, JOEY)]
        for place in range(7)
    ),
    ("redirect", (CALLER, URL, CB), {"RedirectCallSid": CALLER, "RedirectUrl": URL}),
    # A dict in any place is the options.
    ("conference", (CB,), {}),
    *(
        ("conference", (*values[:place], EXIT, *values[place:]), CONFERENCE | EXIT)
        for values in [(FROM, None, "30", JOEY, CB)]
        for place in range(6)
    ),
    # Options override what was given before them, unless they are None.
    (
        "conference",
        (FROM, None, "30", JOEY, CB, {"To": "client:ann", "From": None}),
        {**CONFERENCE, "To": "client:ann"},
    ),
    *(
        (
            "conference",
            (None, None, None, None, CB, {"ConferenceStatusCallbackEvent": events}),
            {"ConferenceStatusCallbackEvent": events},
        )
        for events in ("start,end", ["start", "end"])
    ),
    # At any depth they are sent as JSON has them.
    (
        "conference",
        (CB, {"Day": date(2015, 7, 30), "Whatever": MappingProxyType({"n": (1.0,)})}),
        {"Day": "2015-07-30", "Whatever": {"n": [1]}},
    ),
    (
        "conference",
        (CB, {"Days": [date(2015, 7, 30)], "Span": {"from": EIGHT}}),
        {"Days": ["2015-07-30"], "Span": {"from": "2015-07-30T20:05:00.000Z"}},
    ),
]


@pytest.mark.parametrize(("method", "args", "params"), FORMS)
def test_a_form(
    center: Center,
    outcome: Outcome,
    method: str,
    args: tuple[Any, ...],
    params: dict[str, Any],
) -> None:
    given = [outcome.callback if each is CB else each for each in args]
    getattr(center.reservation, method)(*given)
    assert len(outcome.calls) == 1
    assert params_of(center) == {"Instruction": method, **params}


def test_options_may_be_keywords(center: Center) -> None:
    center.reservation.conference(
        from_=FROM, to=JOEY, options={"Beep": "onEnter"}, end_conference_on_exit=True
    )
    assert params_of(center) == {
        "Instruction": "conference",
        "From": FROM,
        "To": JOEY,
        "Beep": "onEnter",
        "EndConferenceOnExit": True,
    }


@pytest.mark.parametrize(
    "spelling", ["status_callback_events", "dequeueStatusCallbackEvents"]
)
@pytest.mark.parametrize("events", ["busy", "answered,busy", JOEY, ["busy"]])
@pytest.mark.parametrize("to", [None, JOEY])
def test_events_with_their_name_are_events_whatever_they_are(
    center: Center, outcome: Outcome, spelling: str, events: Any, to: str | None
) -> None:
    center.reservation.dequeue(FROM, outcome.callback, to=to, **{spelling: events})
    sent = {**DEQUEUE, "DequeueStatusCallbackEvent": "".join(events)}
    assert params_of(center) == (sent if to is None else {**sent, "DequeueTo": to})


# What becomes of them.


@pytest.mark.parametrize("method", ["dequeue", "conference"])
def test_an_answered_call_accepts_and_ends_in_its_activity(
    center: Center, method: str
) -> None:
    reservation = center.reservation
    center.emulator.telephony.answer_after = 0
    getattr(reservation, method)(FROM, center.rest, to=JOEY)
    assert reservation.fetch().reservationStatus == "accepted"
    (call,) = center.emulator.calls
    assert (call.to, call.instruction.name) == (JOEY, method)
    center.emulator.telephony.hang_up(call.sid)
    assert center.worker.fetch().activityName == "Break"


@pytest.mark.parametrize("accept", [True, False])
def test_a_call_and_a_redirect_accept_if_they_shall(
    center: Center, accept: bool
) -> None:
    status = "accepted" if accept else "pending"
    center.reservation.call(FROM, URL, accept=accept, to=JOEY)
    assert center.reservation.fetch().reservationStatus == status
    if not accept:
        center.reservation.redirect(CALLER, URL, accept=True)
        assert center.reservation.fetch().reservationStatus == "accepted"


@pytest.mark.parametrize(
    ("method", "keywords", "words"),
    [
        ("dequeue", {"from_": FROM}, "Dequeue"),
        ("redirect", {"call_sid": "CA1", "url": URL}, "RedirectCallSid"),
        ("conference", {"timeout": 1000, "to": JOEY}, "Timeout"),
        ("reject", {"activity_sid": "WA" + "0" * 32}, "WorkerActivitySid"),
    ],
)
def test_what_the_service_refuses(
    center: Center, method: str, keywords: dict[str, Any], words: str
) -> None:
    with pytest.raises(HttpError, match=words):
        getattr(center.reservation, method)(**keywords)
    assert center.emulator.calls == []
    assert center.reservation.fetch().reservationStatus == "pending"
