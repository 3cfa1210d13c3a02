"""Assignment callbacks: who is asked, and what becomes of the answer."""

from __future__ import annotations

import pytest

from taskrouter_sync.emulator.clock import MANUAL_START
from taskrouter_sync.emulator.engine.model import Reservation
from tests.support.receiver import Reply, says

from .application import CALL_SID, Application


ACCEPT = says({"instruction": "accept"})


def first_reservation(app: Application) -> Reservation:
    """Give a copy of the reservation that was made first."""
    event = app.emulator.wait_for_events("reservation.created")[0]
    alice = app.workspace.workers["Alice"]
    copy: Reservation = app.backend.reservations(alice)[event.resource_sid]
    return copy


def status(app: Application) -> str:
    return first_reservation(app).reservation_status


def call_alice_back(app: Application) -> None:
    """Make her available again."""
    app.backend.update_worker(
        app.workspace.workers["Alice"],
        activity_sid=app.workspace.activities["Available"],
    )


def test_the_application_is_asked_about_each_reservation(app: Application) -> None:
    url = app.answers(says(""))
    app.emulator.advance(7)
    task = app.offer({"lang": "en"}, priority=4)
    [hook] = app.receiver.expect("/assign")
    assert dict(hook.form) == {
        "Timestamp": str(int(MANUAL_START) + 7),
        "AccountSid": app.emulator.account_sid,
        "WorkspaceSid": app.workspace.sid,
        "WorkflowSid": app.workspace.workflow_sid,
        "TaskQueueSid": app.workspace.task_queues["Everyone"],
        "WorkerSid": app.workspace.workers["Alice"],
        "WorkerAttributes": '{"contact_uri": "client:alice"}',
        "TaskSid": task["sid"],
        "TaskAttributes": '{"lang": "en"}',
        "TaskAge": "0",
        "TaskPriority": "4",
        "ReservationSid": first_reservation(app).sid,
    }
    assert hook.url == url
    assert app.has_signed(hook)
    assert hook.method == "POST"


# Instructions


def test_accept_accepts(app: Application) -> None:
    app.answers(ACCEPT)
    app.offer()
    app.emulator.wait_for_events("reservation.accepted")
    assert status(app) == "accepted"
    assert app.emulator.alerts == []


def test_reject_rejects_and_changes_the_activity(app: Application) -> None:
    activity_sid = app.workspace.activities["Break"]
    app.answers(says({"instruction": "reject", "activity_sid": activity_sid}))
    app.offer()
    app.emulator.wait_for_events("reservation.rejected")
    [event] = app.emulator.wait_for_events("worker.activity.update")
    assert event.worker is not None
    assert event.worker.activity_sid == activity_sid


def test_dequeue_accepts_when_the_worker_answers(app: Application) -> None:
    app.answers(
        says(
            {
                "instruction": "dequeue",
                "from": "+15550123",
                "to": "client:somebody",
                "post_work_activity_sid": app.workspace.activities["Break"],
                "status_callback_url": app.receiver.url("/status"),
                "status_callback_events": "initiated,answered",
            }
        )
    )
    app.offer()
    app.receiver.expect("/status")
    app.emulator.advance(1)
    app.emulator.wait_for_events("reservation.accepted")
    assert [call.to for call in app.emulator.calls] == ["client:somebody"]
    told = [hook.said["CallStatus"] for hook in app.receiver.expect("/status", 2)]
    assert told == ["initiated", "in-progress"]


@pytest.mark.parametrize("reply", [Reply(200), Reply(204), says("  \n")])
def test_an_empty_answer_leaves_it_to_rest(reply: Reply, app: Application) -> None:
    app.answers(reply, ACCEPT)
    app.offer()
    app.receiver.expect("/assign")
    app.emulator.advance(120)  # It times out, and is offered again.
    call_alice_back(app)
    app.emulator.wait_for_events("reservation.accepted")
    assert status(app) == "timeout"
    assert app.emulator.alerts == []
    assert app.receiver.came("/fallback") == []


# Answers of no use


CALL = {"instruction": "call", "from": "+1", "url": "http://a/"}
DEQUEUE = {"instruction": "dequeue"}
REDIRECT = {"instruction": "redirect", "call_sid": CALL_SID, "url": "http://a/"}
REACHED: list[tuple[int, str, object]] = [
    (40005, "the response has no instruction", {}),
    (40005, "the response has no instruction", [1]),
    (40005, "the response has no instruction", None),
    (55555, "'dance' is not a valid instruction", {"instruction": "dance"}),
    (55555, "['accept'] is not a valid instruction", {"instruction": ["accept"]}),
    (55555, "'supervise' is not a valid instruction", {"instruction": "supervise"}),
    (55555, "CallUrl must be a string or a number", {**CALL, "url": {"a": 1}}),
    (
        40100,
        "WorkerActivitySid WA0 is not an activity of the workspace",
        {"instruction": "reject", "activity_sid": "WA0"},
    ),
    (40112, "CallUrl is not a valid URL", {**CALL, "url": "ftp://a"}),
    (40110, "CallTo ? is not a valid phone number", {**CALL, "to": "?"}),
    (
        40121,
        "RedirectCallSid CA1 is not a valid Call sid",
        {**REDIRECT, "call_sid": "CA1"},
    ),
    (
        40130,
        "DequeuePostWorkActivitySid WA0 is not an activity of the workspace",
        {**DEQUEUE, "post_work_activity_sid": "WA0"},
    ),
    (20001, "DequeueTimeout must be an integer", {**DEQUEUE, "timeout": 1e400}),
]


@pytest.mark.parametrize(("code", "message", "document"), REACHED)
def test_an_instruction_of_no_use_is_an_alert(
    code: int, message: str, document: object, app: Application
) -> None:
    """The application was reached, so its fallback is not asked."""
    url = app.answers(says(document))
    app.offer()
    alert = app.alert()
    assert (alert.code, alert.message, alert.url) == (code, message, url)
    assert alert.level == ("warning" if code == 40005 else "error")
    assert alert.resource_sid == first_reservation(app).sid
    assert alert.workspace_sid == app.workspace.sid
    assert status(app) == "pending"
    assert app.receiver.came("/fallback") == []


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ({"instruction": "accept"}, 20001),
        (DEQUEUE, 40135),
        (CALL, 40114),
        (REDIRECT, 40123),
    ],
)
def test_an_instruction_that_comes_too_late_is_an_alert(
    instruction: dict[str, str], code: int, app: Application
) -> None:
    reply = says(instruction)
    # It answers when the reservation has timed out.
    late = Reply(200, reply.body, reply.headers, lambda: app.emulator.advance(120))
    app.answers(late)
    app.offer()
    assert app.alert().code == code
    assert status(app) == "timeout"


def test_an_instruction_for_a_deleted_task_is_an_alert(app: Application) -> None:
    def delete() -> None:
        app.backend.delete_task(first_reservation(app).task_sid)

    app.answers(Reply(200, ACCEPT.body, ACCEPT.headers, delete))
    app.offer()
    assert app.alert().code == 20404


def test_a_worker_whom_nobody_can_call_is_an_alert(app: Application) -> None:
    app.answers(says(CALL))
    app.backend.update_worker(app.workspace.workers["Alice"], attributes="{}")
    app.offer()
    assert app.alert().code == 40110


# The fallback


NOT_REACHED = [
    (Reply(500), 11200, "the response's status is 500"),
    (Reply(404), 11200, "the response's status is 404"),
    (Reply(302, "", {"Location": "/elsewhere"}), 11200, "the response's status is 302"),
    (says("{", 200), 40005, "the response is not valid JSON"),
    (says("[" * 60_000), 40005, "the response is not valid JSON"),
    (says("1" * 5_000_000), 11200, "the response is too long"),
    (
        Reply(200, "accept", {"Content-Type": "text/html; charset=utf-8"}),
        12300,
        "the response's Content-Type is text/html, not application/json",
    ),
]


@pytest.mark.parametrize(("reply", "code", "message"), NOT_REACHED)
def test_the_fallback_is_asked_when_the_application_fails(
    reply: Reply, code: int, message: str, app: Application
) -> None:
    url = app.answers(reply)
    app.receiver.answers("/fallback", ACCEPT)
    app.offer()
    app.emulator.wait_for_events("reservation.accepted")
    alert = app.alert()
    assert (alert.code, alert.message, alert.url) == (code, message, url)
    [first], [second] = app.receiver.came("/assign"), app.receiver.came("/fallback")
    assert first.form == second.form
    assert app.receiver.came("/elsewhere") == []


def test_an_application_that_is_not_there_is_replaced_by_the_fallback(
    app: Application,
) -> None:
    app.assign("http://127.0.0.1:9/assign", app.receiver.url("/fallback"))
    app.receiver.answers("/fallback", ACCEPT)
    app.offer()
    app.emulator.wait_for_events("reservation.accepted")
    alert = app.alert()
    assert (alert.code, alert.message) == (11200, "no connection: Connection refused")


def test_without_an_answer_the_reservation_stays_pending(app: Application) -> None:
    app.assign(
        app.receiver.answers("/assign", Reply(500)),
        app.receiver.answers("/fallback", Reply(503)),
    )
    app.offer()
    alerts = app.emulator.wait_for_alerts(2)
    expected = ["the response's status is 500", "the response's status is 503"]
    assert [alert.message for alert in alerts] == expected
    assert status(app) == "pending"
    assert len(app.receiver.came("/assign")) == 1, "it is not repeated"


def test_a_fallback_alone_is_not_asked(app: Application) -> None:
    app.assign(None, app.receiver.url("/fallback"))
    app.offer()
    app.assign(app.receiver.answers("/assign", ACCEPT))
    app.emulator.advance(120)
    call_alice_back(app)
    app.emulator.wait_for_events("reservation.accepted")
    assert app.receiver.came("/fallback") == []
    assert app.emulator.alerts == []


def test_what_an_application_answers_cannot_break_the_log(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.answers(says('{"instruction": "\\ud800\\n\\u001b[31m' + "x" * 5000 + '"}'))
    app.offer()
    alert = app.alert()
    assert alert.message.isprintable()
    assert len(alert.message) < 600
    [record] = [r for r in caplog.records if r.name.endswith("webhook_queue")]
    assert alert.message in record.getMessage()
