"""Status callbacks: the progress of the calls that instructions make."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.receiver import Hook

from .application import CALL_SID, Application


CALL = {
    "Instruction": "call",
    "CallFrom": "+15550123",
    "CallUrl": "http://example.com/",
}


def instruct(app: Application, **params: Any) -> None:
    """Offer a caller to Alice, and instruct the reservation."""
    app.offer()
    task = app.rest.only("/Tasks")
    answer = app.rest.post(app.rest.only(f"{task}/Reservations"), **params)
    assert answer.status_code == 200, answer.text


def texts(hooks: list[Hook], name: str) -> list[str]:
    return [hook.said.get(name, "") for hook in hooks]


def test_the_progress_of_a_call_is_told_in_order(app: Application) -> None:
    app.emulator.telephony.call_length = 30
    url = app.receiver.url("/status")
    instruct(
        app,
        Instruction="dequeue",
        DequeueFrom="+15550123",
        DequeueStatusCallbackUrl=url,
        DequeueStatusCallbackEvent="initiated,ringing,answered,completed",
    )
    app.emulator.advance(60)
    hooks = app.receiver.expect("/status", 4)
    [call] = app.emulator.calls
    statuses = ["initiated", "ringing", "in-progress", "completed"]
    assert texts(hooks, "CallStatus") == statuses
    assert texts(hooks, "SequenceNumber") == ["0", "1", "2", "3"]
    assert texts(hooks, "CallDuration") == ["", "", "", "30"]
    assert {hook.method for hook in hooks} == {"GET"}
    assert hooks[0].said == {
        "CallSid": call.sid,
        "AccountSid": app.emulator.account_sid,
        "CallStatus": "initiated",
        "From": "+15550123",
        "To": "client:alice",
        "ApiVersion": "2010-04-01",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
        "Timestamp": "Thu, 01 Jan 2026 00:00:00 +0000",
        "taskCallSid": CALL_SID,
    }
    assert all(app.has_signed(hook) for hook in hooks)


def test_a_call_that_nobody_answers_is_completed(app: Application) -> None:
    """The end is what is told when nothing else is asked for."""
    app.emulator.telephony.outcome(None, "busy")
    url = app.receiver.url("/status")
    instruct(app, **CALL, CallStatusCallbackUrl=url)
    app.emulator.advance(60)
    [hook] = app.receiver.expect("/status")
    assert (hook.form["CallStatus"], hook.form["CallDuration"]) == ("busy", "0")


def test_a_get_has_its_parameters_in_the_query(app: Application) -> None:
    instruct(
        app,
        Instruction="conference",
        StatusCallback=app.receiver.url("/status") + "?shop=1",
        StatusCallbackMethod="GET",
        StatusCallbackEvent="initiated",
    )
    [hook] = app.receiver.expect("/status")
    assert hook.method == "GET"
    assert hook.query.items() >= {"shop": "1", "CallStatus": "initiated"}.items()
    assert "Content-Type" not in hook.headers
    assert app.has_signed(hook)


@pytest.mark.parametrize(
    ("instruction", "code"),
    [({"Instruction": "dequeue"}, 40133), (CALL, 40113)],
)
def test_a_call_that_cannot_be_made_is_an_alert(
    instruction: dict[str, str], code: int, app: Application
) -> None:
    app.emulator.telephony.outcome("client:alice", "failed")
    instruct(app, **instruction)
    app.emulator.advance(5)
    [alert] = app.emulator.wait_for_alerts()
    [call] = app.emulator.calls
    assert (alert.code, alert.resource_sid, alert.url) == (code, call.sid, "")
    assert alert.message == "the call to client:alice failed"


def test_a_redirected_call_has_no_progress(app: Application) -> None:
    instruct(
        app,
        Instruction="redirect",
        RedirectCallSid=CALL_SID,
        RedirectUrl=app.receiver.url("/busy"),
    )
    [call] = app.emulator.calls
    assert call.status == "redirected"
    assert app.receiver.came("/busy") == []


CONFERENCE = {
    "Instruction": "conference",
    "ConferenceStatusCallbackEvent": "start,end,join,leave",
}


def test_the_events_of_a_conference_are_sent_in_order(app: Application) -> None:
    app.emulator.telephony.call_length = 30
    url = app.receiver.url("/conference")
    instruct(app, **CONFERENCE, ConferenceStatusCallback=url)
    app.emulator.advance(60)
    hooks = app.receiver.expect("/conference", 6)
    [call] = app.emulator.calls
    told = [(h.form["StatusCallbackEvent"], h.form.get("CallSid")) for h in hooks]
    assert told == [
        ("participant-join", call.sid),
        ("participant-join", CALL_SID),
        ("conference-start", None),
        ("participant-leave", call.sid),
        ("participant-leave", CALL_SID),
        ("conference-end", None),
    ]
    assert texts(hooks, "SequenceNumber") == ["1", "2", "3", "4", "5", "6"]
    assert len(set(texts(hooks, "ConferenceSid"))) == 1
    assert hooks[0].form == {
        "AccountSid": app.emulator.account_sid,
        "ConferenceSid": f"CF{call.task_sid[2:]}",
        "FriendlyName": call.task_sid,
        "Timestamp": "Thu, 01 Jan 2026 00:00:01 +0000",
        "StatusCallbackEvent": "participant-join",
        "SequenceNumber": "1",
        "CallSid": call.sid,
    }
    assert all(app.has_signed(hook) for hook in hooks)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({}, ["conference-start", "conference-end"]),
        ({"ConferenceStatusCallbackEvent": "leave"}, ["participant-leave"] * 2),
    ],
)
def test_of_a_conference_only_what_is_wanted_is_sent(
    app: Application, wanted: dict[str, str], told: list[str]
) -> None:
    app.emulator.telephony.call_length = 30
    url = app.receiver.url("/conference?x=1")
    instruct(
        app,
        Instruction="conference",
        ConferenceStatusCallback=url,
        ConferenceStatusCallbackMethod="GET",
        **wanted,
    )
    app.emulator.advance(60)
    hooks = app.receiver.expect("/conference", 2)
    assert [hook.method for hook in hooks] == ["GET", "GET"]
    assert [hook.query["StatusCallbackEvent"] for hook in hooks] == told
    assert hooks[0].query["x"] == "1"
