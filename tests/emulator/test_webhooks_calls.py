"""Status callbacks: the progress of the calls that instructions make."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from twilio.request_validator import RequestValidator

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.support.receiver import Hook, Receiver


CALL_SID = "CA" + "9" * 32
CALLER = {"call_sid": CALL_SID, "from": "+15550100", "to": "+15550199"}


@pytest.fixture
def workspace(emulator: Emulator) -> ReadyWorkspace:
    """A workspace with Alice, who is available and can be called."""
    return emulator.workspace(
        workers={"Alice": {"contact_uri": "client:alice"}}, worker_activity="Available"
    )


def instruct(emulator: Emulator, workspace: ReadyWorkspace, **params: Any) -> None:
    """Offer a caller to Alice, and instruct the reservation."""
    emulator.create_task(attributes=CALLER)
    [event] = emulator.wait_for_events("reservation.created")
    assert event.task is not None
    answer = requests.post(
        f"{emulator.api_base_url}/Workspaces/{workspace.sid}/Tasks/{event.task.sid}"
        f"/Reservations/{event.resource_sid}",
        auth=(emulator.account_sid, emulator.auth_token),
        data=params,
        timeout=5,
    )
    assert answer.status_code == 200, answer.text


def texts(hooks: list[Hook], name: str) -> list[str]:
    return [hook.said.get(name, "") for hook in hooks]


def test_the_progress_of_a_call_is_told_in_order(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    emulator.telephony.call_length = 30
    url = receiver.url("/status")
    instruct(
        emulator,
        workspace,
        Instruction="dequeue",
        DequeueFrom="+15550123",
        DequeueStatusCallbackUrl=url,
        DequeueStatusCallbackEvent="initiated,ringing,answered,completed",
    )
    emulator.advance(60)
    hooks = receiver.expect("/status", 4)
    [call] = emulator.calls
    assert texts(hooks, "CallStatus") == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert texts(hooks, "SequenceNumber") == ["0", "1", "2", "3"]
    assert texts(hooks, "CallDuration") == ["", "", "", "30"]
    assert {hook.method for hook in hooks} == {"GET"}
    assert hooks[0].said == {
        "CallSid": call.sid,
        "AccountSid": emulator.account_sid,
        "CallStatus": "initiated",
        "From": "+15550123",
        "To": "client:alice",
        "ApiVersion": "2010-04-01",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
        "Timestamp": "Thu, 01 Jan 2026 00:00:00 +0000",
        "taskCallSid": CALL_SID,
    }
    validator = RequestValidator(emulator.auth_token)
    for hook in hooks:
        assert validator.validate(hook.url, {}, hook.signature)


def test_a_call_that_nobody_answers_is_completed(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    """The end is what is told when nothing else is asked for."""
    emulator.telephony.outcome(None, "busy")
    url = receiver.url("/status")
    instruct(
        emulator,
        workspace,
        Instruction="call",
        CallFrom="+15550123",
        CallUrl="http://example.com/",
        CallStatusCallbackUrl=url,
    )
    emulator.advance(60)
    [hook] = receiver.expect("/status")
    assert (hook.form["CallStatus"], hook.form["CallDuration"]) == ("busy", "0")


def test_a_get_has_its_parameters_in_the_query(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    instruct(
        emulator,
        workspace,
        Instruction="conference",
        StatusCallback=receiver.url("/status") + "?shop=1",
        StatusCallbackMethod="GET",
        StatusCallbackEvent="initiated",
    )
    [hook] = receiver.expect("/status")
    assert hook.method == "GET"
    assert hook.query.items() >= {"shop": "1", "CallStatus": "initiated"}.items()
    assert "Content-Type" not in hook.headers
    validator = RequestValidator(emulator.auth_token)
    assert validator.validate(hook.url, {}, hook.signature)


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ({"Instruction": "dequeue"}, 40133),
        (
            {
                "Instruction": "call",
                "CallFrom": "+15550123",
                "CallUrl": "http://example.com/",
            },
            40113,
        ),
    ],
)
def test_a_call_that_cannot_be_made_is_an_alert(
    instruction: dict[str, str],
    code: int,
    emulator: Emulator,
    workspace: ReadyWorkspace,
) -> None:
    emulator.telephony.outcome("client:alice", "failed")
    instruct(emulator, workspace, **instruction)
    emulator.advance(5)
    [alert] = emulator.wait_for_alerts()
    [call] = emulator.calls
    assert (alert.code, alert.resource_sid, alert.url) == (code, call.sid, "")
    assert alert.message == "the call to client:alice failed"


def test_a_redirected_call_has_no_progress(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    instruct(
        emulator,
        workspace,
        Instruction="redirect",
        RedirectCallSid=CALL_SID,
        RedirectUrl=receiver.url("/busy"),
    )
    [call] = emulator.calls
    assert call.status == "redirected"
    assert receiver.came("/busy") == []


CONFERENCE = {
    "Instruction": "conference",
    "ConferenceStatusCallbackEvent": "start,end,join,leave",
}


def test_the_events_of_a_conference_are_sent_in_order(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    emulator.telephony.call_length = 30
    url = receiver.url("/conference")
    instruct(emulator, workspace, **CONFERENCE, ConferenceStatusCallback=url)
    emulator.advance(60)
    hooks = receiver.expect("/conference", 6)
    [call] = emulator.calls
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
        "AccountSid": emulator.account_sid,
        "ConferenceSid": f"CF{call.task_sid[2:]}",
        "FriendlyName": call.task_sid,
        "Timestamp": "Thu, 01 Jan 2026 00:00:01 +0000",
        "StatusCallbackEvent": "participant-join",
        "SequenceNumber": "1",
        "CallSid": call.sid,
    }
    validator = RequestValidator(emulator.auth_token)
    assert all(validator.validate(url, dict(h.form), h.signature) for h in hooks)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({}, ["conference-start", "conference-end"]),
        (
            {"ConferenceStatusCallbackEvent": "leave"},
            ["participant-leave", "participant-leave"],
        ),
    ],
)
def test_of_a_conference_only_what_is_wanted_is_sent(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    receiver: Receiver,
    wanted: dict[str, str],
    told: list[str],
) -> None:
    emulator.telephony.call_length = 30
    url = receiver.url("/conference?x=1")
    instruct(
        emulator,
        workspace,
        Instruction="conference",
        ConferenceStatusCallback=url,
        ConferenceStatusCallbackMethod="GET",
        **wanted,
    )
    emulator.advance(60)
    hooks = receiver.expect("/conference", 2)
    assert [hook.method for hook in hooks] == ["GET", "GET"]
    assert [hook.query["StatusCallbackEvent"] for hook in hooks] == told
    assert hooks[0].query["x"] == "1"
