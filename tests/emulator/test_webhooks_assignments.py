"""Assignment callbacks: who is asked, and what becomes of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.clock import MANUAL_START
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.engine.model import Reservation
from taskrouter_sync.emulator.journal import Alert
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.support.receiver import Receiver, Reply, says


CALL_SID = "CA" + "9" * 32
CALLER = {"call_sid": CALL_SID, "from": "+15550100", "to": "+15550199"}


class Office:
    """A workspace whose workflow asks an application; Alice can be called."""

    def __init__(self, emulator: Emulator, receiver: Receiver) -> None:
        self.emulator = emulator
        self.receiver = receiver
        self.workspace: ReadyWorkspace = emulator.workspace(
            workers={"Alice": {"contact_uri": "client:alice"}},
            worker_activity="Available",
        )

    def asks(self, url: str | None, fallback: str | None = None) -> None:
        """Set the workflow's URLs."""
        self.emulator.call(
            lambda engine: engine.workflows.update(
                engine.workflows.find(
                    engine.workspaces.find(self.workspace.sid),
                    self.workspace.workflow_sid,
                ),
                assignment_callback_url=url,
                fallback_assignment_callback_url=fallback,
            )
        )

    def answers(self, *replies: Reply) -> str:
        """Say what is answered to assignments, and have it asked."""
        url = self.receiver.answers("/assign", *replies)
        self.asks(url, self.receiver.url("/fallback"))
        return url

    def offer(self, attributes: Any = CALLER, **options: Any) -> dict[str, Any]:
        return self.emulator.create_task(attributes=attributes, **options)

    def reservation(self) -> Reservation:
        """Give a copy of the reservation that was made first."""
        event = self.emulator.wait_for_events("reservation.created")[0]
        assert event.task is not None
        task_sid = event.task.sid
        return self.emulator.call(
            lambda engine: engine.reservations.find(
                engine.tasks.find(engine.workspaces.find(self.workspace.sid), task_sid),
                event.resource_sid,
            ).snapshot()
        )

    def call_alice_back(self) -> None:
        """Make her available again."""
        self.emulator.call(
            lambda engine: engine.workers.update(
                engine.workers.find(
                    engine.workspaces.find(self.workspace.sid),
                    self.workspace.workers["Alice"],
                ),
                activity_sid=self.workspace.activities["Available"],
            )
        )

    def alert(self) -> Alert:
        [alert] = self.emulator.wait_for_alerts()
        return alert

    def call(self) -> PhoneCall:
        [call] = self.emulator.calls
        return call


@pytest.fixture
def office(emulator: Emulator, receiver: Receiver) -> Office:
    return Office(emulator, receiver)


def test_the_application_is_asked_about_each_reservation(
    office: Office, receiver: Receiver, emulator: Emulator
) -> None:
    url = office.answers(says(""))
    emulator.advance(7)
    task = office.offer({"lang": "en"}, priority=4)
    [hook] = receiver.expect("/assign")
    assert dict(hook.form) == {
        "Timestamp": str(int(MANUAL_START) + 7),
        "AccountSid": emulator.account_sid,
        "WorkspaceSid": office.workspace.sid,
        "WorkflowSid": office.workspace.workflow_sid,
        "TaskQueueSid": office.workspace.task_queues["Everyone"],
        "WorkerSid": office.workspace.workers["Alice"],
        "WorkerAttributes": '{"contact_uri": "client:alice"}',
        "TaskSid": task["sid"],
        "TaskAttributes": '{"lang": "en"}',
        "TaskAge": "0",
        "TaskPriority": "4",
        "ReservationSid": office.reservation().sid,
    }
    validator = RequestValidator(emulator.auth_token)
    assert validator.validate(url, dict(hook.form), hook.signature)
    assert hook.method == "POST"


# Instructions


def test_accept_accepts(office: Office, emulator: Emulator) -> None:
    office.answers(says({"instruction": "accept"}))
    office.offer()
    emulator.wait_for_events("reservation.accepted")
    assert office.reservation().reservation_status == "accepted"
    assert emulator.alerts == []


def test_reject_rejects_and_changes_the_activity(
    office: Office, emulator: Emulator
) -> None:
    activity_sid = office.workspace.activities["Break"]
    office.answers(says({"instruction": "reject", "activity_sid": activity_sid}))
    office.offer()
    emulator.wait_for_events("reservation.rejected")
    [event] = emulator.wait_for_events("worker.activity.update")
    assert event.worker is not None
    assert event.worker.activity_sid == activity_sid


def test_dequeue_accepts_when_the_worker_answers(
    office: Office, emulator: Emulator, receiver: Receiver
) -> None:
    office.answers(
        says(
            {
                "instruction": "dequeue",
                "from": "+15550123",
                "to": "client:somebody",
                "post_work_activity_sid": office.workspace.activities["Break"],
                "status_callback_url": receiver.url("/status"),
                "status_callback_events": "initiated,answered",
            }
        )
    )
    office.offer()
    receiver.expect("/status")
    emulator.advance(1)
    emulator.wait_for_events("reservation.accepted")
    assert office.call().to == "client:somebody"
    assert [hook.said["CallStatus"] for hook in receiver.expect("/status", 2)] == [
        "initiated",
        "in-progress",
    ]


@pytest.mark.parametrize("reply", [Reply(200), Reply(204), says("  \n")])
def test_an_empty_answer_leaves_it_to_rest(
    reply: Reply, office: Office, emulator: Emulator, receiver: Receiver
) -> None:
    office.answers(reply, says({"instruction": "accept"}))
    office.offer()
    receiver.expect("/assign")
    emulator.advance(120)  # It times out, and is offered again.
    office.call_alice_back()
    emulator.wait_for_events("reservation.accepted")
    assert office.reservation().reservation_status == "timeout"
    assert emulator.alerts == []
    assert receiver.came("/fallback") == []


# Answers of no use


REACHED = [
    (says({}), 40005, "warning", "the response has no instruction"),
    (says([1]), 40005, "warning", "the response has no instruction"),
    (says("null"), 40005, "warning", "the response has no instruction"),
    (
        says({"instruction": "dance"}),
        55555,
        "error",
        "'dance' is not a valid instruction",
    ),
    (
        says({"instruction": ["accept"]}),
        55555,
        "error",
        "['accept'] is not a valid instruction",
    ),
    (
        says({"instruction": "supervise"}),
        55555,
        "error",
        "'supervise' is not a valid instruction",
    ),
    (
        says({"instruction": "call", "url": {"a": 1}}),
        55555,
        "error",
        "CallUrl must be a string or a number",
    ),
    (
        says({"instruction": "reject", "activity_sid": "WA0"}),
        40100,
        "error",
        "WorkerActivitySid WA0 is not an activity of the workspace",
    ),
    (
        says({"instruction": "call", "from": "+1", "url": "ftp://a"}),
        40112,
        "error",
        "CallUrl is not a valid URL",
    ),
    (
        says({"instruction": "call", "from": "+1", "url": "http://a/", "to": "?"}),
        40110,
        "error",
        "CallTo ? is not a valid phone number",
    ),
    (
        says({"instruction": "redirect", "call_sid": "CA1", "url": "http://a/"}),
        40121,
        "error",
        "RedirectCallSid CA1 is not a valid Call sid",
    ),
    (
        says({"instruction": "dequeue", "post_work_activity_sid": "WA0"}),
        40130,
        "error",
        "DequeuePostWorkActivitySid WA0 is not an activity of the workspace",
    ),
    (
        says({"instruction": "dequeue", "timeout": 1e400}),
        20001,
        "error",
        "DequeueTimeout must be an integer",
    ),
]


@pytest.mark.parametrize(("reply", "code", "level", "message"), REACHED)
def test_an_instruction_of_no_use_is_an_alert(
    reply: Reply, code: int, level: str, message: str, office: Office
) -> None:
    """The application was reached, so its fallback is not asked."""
    url = office.answers(reply)
    office.offer()
    alert = office.alert()
    assert (alert.code, alert.level, alert.message) == (code, level, message)
    assert alert.resource_sid == office.reservation().sid
    assert alert.workspace_sid == office.workspace.sid
    assert alert.url == url
    assert office.reservation().reservation_status == "pending"
    assert office.receiver.came("/fallback") == []


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ({"instruction": "accept"}, 20001),
        ({"instruction": "dequeue"}, 40135),
        ({"instruction": "call", "from": "+1", "url": "http://a/"}, 40114),
        (
            {"instruction": "redirect", "call_sid": CALL_SID, "url": "http://a/"},
            40123,
        ),
    ],
)
def test_an_instruction_that_comes_too_late_is_an_alert(
    instruction: dict[str, str],
    code: int,
    office: Office,
    emulator: Emulator,
    receiver: Receiver,
) -> None:
    reply = says(instruction)
    # It answers when the reservation has timed out.
    late = Reply(200, reply.body, reply.headers, lambda: emulator.advance(120))
    office.answers(late)
    office.offer()
    assert office.alert().code == code
    assert office.reservation().reservation_status == "timeout"


def test_an_instruction_for_a_deleted_task_is_an_alert(
    office: Office, emulator: Emulator
) -> None:
    def delete_all(engine: Engine) -> None:
        for task in [*engine.workspaces.find(office.workspace.sid).tasks.values()]:
            engine.tasks.delete(task)

    reply = says({"instruction": "accept"})
    office.answers(
        Reply(200, reply.body, reply.headers, lambda: emulator.call(delete_all))
    )
    office.offer()
    assert office.alert().code == 20404


def test_a_worker_whom_nobody_can_call_is_an_alert(
    office: Office, emulator: Emulator
) -> None:
    office.answers(says({"instruction": "call", "from": "+1", "url": "http://a/"}))
    emulator.call(
        lambda engine: engine.workers.update(
            engine.workers.find(
                engine.workspaces.find(office.workspace.sid),
                office.workspace.workers["Alice"],
            ),
            attributes="{}",
        )
    )
    office.offer()
    assert office.alert().code == 40110


# The fallback


NOT_REACHED = [
    (Reply(500), 11200, "the response's status is 500"),
    (Reply(404), 11200, "the response's status is 404"),
    (
        Reply(302, headers={"Location": "/elsewhere"}),
        11200,
        "the response's status is 302",
    ),
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
    reply: Reply, code: int, message: str, office: Office, receiver: Receiver
) -> None:
    url = office.answers(reply)
    receiver.answers("/fallback", says({"instruction": "accept"}))
    office.offer()
    office.emulator.wait_for_events("reservation.accepted")
    alert = office.alert()
    assert (alert.code, alert.message, alert.url) == (code, message, url)
    [first], [second] = receiver.came("/assign"), receiver.came("/fallback")
    assert first.form == second.form
    assert receiver.came("/elsewhere") == []


def test_an_application_that_is_not_there_is_replaced_by_the_fallback(
    office: Office, receiver: Receiver
) -> None:
    office.asks("http://127.0.0.1:9/assign", receiver.url("/fallback"))
    receiver.answers("/fallback", says({"instruction": "accept"}))
    office.offer()
    office.emulator.wait_for_events("reservation.accepted")
    alert = office.alert()
    assert (alert.code, alert.message) == (11200, "no connection: Connection refused")


def test_without_an_answer_the_reservation_stays_pending(
    office: Office, emulator: Emulator, receiver: Receiver
) -> None:
    office.asks(
        receiver.answers("/assign", Reply(500)),
        receiver.answers("/fallback", Reply(503)),
    )
    office.offer()
    alerts = emulator.wait_for_alerts(2)
    assert [alert.message for alert in alerts] == [
        "the response's status is 500",
        "the response's status is 503",
    ]
    assert office.reservation().reservation_status == "pending"
    assert len(receiver.came("/assign")) == 1, "an assignment callback is not repeated"


def test_a_fallback_alone_is_not_asked(
    office: Office, emulator: Emulator, receiver: Receiver
) -> None:
    office.asks(None, receiver.url("/fallback"))
    office.offer()
    office.asks(receiver.answers("/assign", says({"instruction": "accept"})))
    emulator.advance(120)
    office.call_alice_back()
    emulator.wait_for_events("reservation.accepted")
    assert receiver.came("/fallback") == []
    assert emulator.alerts == []


def test_what_an_application_answers_cannot_break_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.answers(says('{"instruction": "\\ud800\\n\\u001b[31m' + "x" * 5000 + '"}'))
    office.offer()
    alert = office.alert()
    assert alert.message.isprintable()
    assert len(alert.message) < 600
    [record] = [r for r in caplog.records if r.name.endswith("webhook_queue")]
    assert alert.message in record.getMessage()
