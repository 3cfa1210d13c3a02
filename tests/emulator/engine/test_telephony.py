"""Instructions and their calls: what becomes of reservation, task and worker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.calls import Instruction, Outcome, PhoneCall
from taskrouter_sync.emulator.engine.model import Reservation, Task, Worker

from .support import START, Bench, holders, pending


CALLER = {
    "call_sid": "CA" + "9" * 32,
    "from": "+15550100",
    "to": "+15550199",
}
URL = "https://example.com/twiml"


@pytest.fixture
def ann(bench: Bench) -> Worker:
    bench.flow()
    return bench.worker("Ann", contact_uri="client:ann")


@pytest.fixture
def task(bench: Bench, ann: Worker) -> Task:
    task = bench.task(attributes=CALLER)
    bench.told()
    return task


def order(name: Any, **given: Any) -> Instruction:
    """Write an instruction with what it needs."""
    if name in ("call", "redirect"):
        given.setdefault("url", URL)
    if name == "call":
        given.setdefault("from_", "+15550111")
    if name == "redirect":
        given.setdefault("call_sid", CALLER["call_sid"])
    if name == "supervise":
        given.setdefault("to", "client:boss")
    return Instruction(name=name, **given)


def instruct(bench: Bench, task: Task, name: str, **given: Any) -> Reservation:
    """Instruct the pending reservation of a task, and return it."""
    reservation = pending(task)
    bench.engine.telephony.instruct(reservation, order(name, **given))
    return reservation


def the_call(bench: Bench) -> PhoneCall:
    (call,) = bench.engine.telephony.calls
    return call


def status(reservation: Reservation) -> str:
    return reservation.reservation_status


def states(call: PhoneCall) -> list[tuple[str, float]]:
    """Give what a call came to, by seconds since the start of the test."""
    return [(status, time - START) for status, time in call.states]


def refusal(
    bench: Bench,
    reservation: Reservation,
    name: str,
    codes: tuple[int, int] = (20001, 20001),
    **given: Any,
) -> str:
    """Give the text of a refusal; `codes` are those of response and alert."""
    with pytest.raises(ServiceError) as caught:
        bench.engine.telephony.instruct(reservation, order(name, **given))
    assert caught.value.status == 400
    assert (caught.value.code, caught.value.alert_code) == codes
    return caught.value.message


NOT_PENDING = {
    "dequeue": (20001, 40135),
    "call": (20001, 40114),
    "redirect": (20001, 40123),
    "conference": (40144, 40144),
}


# What becomes of the call.


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("answered", [("initiated", 0), ("ringing", 0), ("answered", 1)]),
        ("busy", [("initiated", 0), ("ringing", 0), ("busy", 1)]),
        ("no-answer", [("initiated", 0), ("ringing", 0), ("no-answer", 20)]),
        ("failed", [("initiated", 0), ("failed", 1)]),
    ],
)
@pytest.mark.parametrize("name", ["dequeue", "call", "conference"])
def test_a_call_comes_to_its_outcome(
    bench: Bench, task: Task, name: str, outcome: Outcome, expected: Any
) -> None:
    bench.engine.telephony.settings.outcome("client:ann", outcome)
    instruct(bench, task, name, timeout=20)
    assert states(the_call(bench)) == expected[:-1]
    bench.advance(100)
    assert states(the_call(bench)) == expected


def test_a_call_shows_what_it_is_for(bench: Bench, ann: Worker, task: Task) -> None:
    given = order(
        "dequeue",
        record="record-from-answer",
        timeout=30,
        status_callback="https://example.com/progress",
        status_callback_events=("initiated", "completed"),
    )
    reservation = pending(task)
    bench.engine.telephony.instruct(reservation, given)
    call = the_call(bench)
    assert call.sid.startswith("CA")
    assert len(call.sid) == 34
    assert call.instruction == given
    assert (call.workspace_sid, call.task_sid) == (bench.workspace.sid, task.sid)
    assert (call.reservation_sid, call.worker_sid) == (reservation.sid, ann.sid)
    assert (call.from_, call.to) == ("+15550100", "client:ann")


@pytest.mark.parametrize(
    ("name", "given", "from_", "to"),
    [
        ("dequeue", {}, "+15550100", "client:ann"),
        ("dequeue", {"from_": "+1", "to": "sip:a@b.c"}, "+1", "sip:a@b.c"),
        ("call", {}, "+15550111", "client:ann"),
        ("call", {"to": "client:joey"}, "+15550111", "client:joey"),
        ("conference", {}, "+15550199", "client:ann"),
        ("conference", {"from_": "+1", "to": "+2"}, "+1", "+2"),
    ],
)
def test_a_call_goes_from_and_to(
    bench: Bench, task: Task, name: str, given: Any, from_: str, to: str
) -> None:
    instruct(bench, task, name, **given)
    assert (the_call(bench).from_, the_call(bench).to) == (from_, to)


def test_outcomes_are_by_contact_uri_and_in_general(bench: Bench, task: Task) -> None:
    telephony = bench.engine.telephony.settings
    telephony.outcome(None, "busy")
    telephony.outcome("client:joey", "answered")
    for to in ("client:joey", "client:jim"):
        instruct(bench, task, "call", to=to)
    bench.advance(1)
    assert [call.status for call in bench.engine.telephony.calls] == [
        "answered",
        "busy",
    ]


def test_answering_at_once_is_due_at_once(bench: Bench, task: Task) -> None:
    bench.engine.telephony.settings.answer_after = 0
    reservation = instruct(bench, task, "dequeue")
    assert bench.engine.next_deadline() == START
    bench.engine.run_due()
    assert status(reservation) == "accepted"


def test_nobody_answers_who_is_slower_than_the_phone_rings(
    bench: Bench, task: Task
) -> None:
    bench.engine.telephony.settings.answer_after = 10
    instruct(bench, task, "call", timeout=9)
    bench.advance(30)
    assert states(the_call(bench))[-1] == ("no-answer", 9)


def test_settings_are_for_later_calls(bench: Bench, task: Task) -> None:
    telephony = bench.engine.telephony.settings
    instruct(bench, task, "call")
    telephony.outcome(None, "busy")
    telephony.call_length = 1
    bench.advance(30)
    assert the_call(bench).status == "answered"


def test_a_call_lasts_as_long_as_is_set(bench: Bench, task: Task) -> None:
    bench.engine.telephony.settings.call_length = 10
    instruct(bench, task, "call")
    bench.advance(60)
    assert states(the_call(bench))[2:] == [("answered", 1), ("completed", 11)]
    bench.engine.telephony.settings.call_length = None
    instruct(bench, task, "call")
    bench.advance(50)
    assert bench.engine.telephony.calls[1].status == "answered"


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_no_number_of_seconds_is_refused(bench: Bench, seconds: float) -> None:
    with pytest.raises(ValueError, match="not a valid number of seconds"):
        bench.engine.telephony.settings.answer_after = seconds
    with pytest.raises(ValueError, match="not a valid number of seconds"):
        bench.engine.telephony.settings.call_length = seconds


def test_an_unknown_outcome_is_refused(bench: Bench) -> None:
    wrong: Any = "asleep"
    with pytest.raises(ValueError, match="outcome must be one of answered, busy"):
        bench.engine.telephony.settings.outcome(None, wrong)


@pytest.mark.parametrize(
    ("after", "status"), [(0, "canceled"), (1, "completed"), (50, "completed")]
)
def test_hanging_up_ends_a_call(
    bench: Bench, task: Task, after: float, status: str
) -> None:
    instruct(bench, task, "call")
    bench.advance(after)
    sid = the_call(bench).sid
    bench.engine.telephony.hang_up(sid)
    assert states(the_call(bench))[-1] == (status, after)
    bench.advance(50)
    bench.engine.telephony.hang_up(sid)
    assert states(the_call(bench))[-1] == (status, after)


def test_no_call_is_hung_up_that_was_never_made(bench: Bench) -> None:
    with pytest.raises(ServiceError, match="/Calls/CA1 was not found"):
        bench.engine.telephony.hang_up("CA1")


def test_the_log_is_a_copy(bench: Bench, task: Task) -> None:
    instruct(bench, task, "call")
    before = the_call(bench)
    bench.advance(1)
    assert before.status == "ringing"
    assert the_call(bench).status == "answered"


def test_listeners_hear_each_state_at_its_moment(bench: Bench, task: Task) -> None:
    heard: list[list[tuple[str, float]]] = []
    bench.engine.telephony.on_call(lambda call: heard.append(states(call)))
    bench.engine.telephony.settings.call_length = 5
    instruct(bench, task, "call")
    instruct(bench, task, "redirect")
    bench.advance(60)
    assert [last for *_, last in heard] == [
        ("initiated", 0),
        ("ringing", 0),
        ("redirected", 0),
        ("answered", 1),
        ("completed", 6),
    ]


# Dequeue.


@pytest.mark.parametrize("name", ["dequeue", "call"])
def test_attributes_that_got_a_call_can_be_written_back(
    bench: Bench, ann: Worker, name: str
) -> None:
    attributes = {**CALLER, "name": "é" * 3900, "half": "\ud800"}
    text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\ud800", "\\ud800")
    task = bench.engine.tasks.create(bench.workspace, attributes=text)
    instruct(bench, task, name)
    sid = the_call(bench).sid
    assert task.attributes == f'{text[:-1]},"worker_call_sid":"{sid}"}}'
    bench.engine.tasks.update(task, attributes=task.attributes)


def test_dequeue_accepts_when_it_is_answered(
    bench: Bench, ann: Worker, task: Task
) -> None:
    reservation = instruct(bench, task, "dequeue")
    assert status(reservation) == "pending"
    # While it rings the worker's page can pair the call with the task.
    assert json.loads(task.attributes) == {
        **CALLER,
        "worker_call_sid": the_call(bench).sid,
    }
    assert bench.told() == ["task.updated"]
    bench.advance(1)
    assert status(reservation) == "accepted"
    assert task.assignment_status == "assigned"
    assert bench.told() == ["reservation.accepted"]


def test_dequeue_moves_the_worker_on_after_the_call(
    bench: Bench, ann: Worker, task: Task
) -> None:
    bench.engine.telephony.settings.call_length = 30
    instruct(bench, task, "dequeue", post_work_activity_sid=bench.unavailable)
    bench.advance(30)
    assert ann.activity_name == "Available"
    bench.told()
    bench.advance(1)
    assert ann.activity_name == "Unavailable"
    assert task.assignment_status == "assigned"
    assert bench.told() == ["worker.activity.update"]


def test_dequeue_without_an_activity_leaves_the_worker_where_he_is(
    bench: Bench, ann: Worker, task: Task
) -> None:
    instruct(bench, task, "dequeue")
    bench.advance(1)
    bench.told()
    bench.engine.telephony.hang_up(the_call(bench).sid)
    assert ann.activity_name == "Available"
    assert bench.told() == []


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_a_dequeue_that_fails_leaves_the_reservation_pending(
    bench: Bench, ann: Worker, task: Task, outcome: Outcome
) -> None:
    bench.engine.telephony.settings.outcome(None, outcome)
    reservation = instruct(
        bench, task, "dequeue", post_work_activity_sid=bench.unavailable
    )
    bench.advance(60)
    assert status(reservation) == "pending"
    assert ann.activity_name == "Available"
    assert bench.told() == ["task.updated"]
    assert json.loads(task.attributes)["worker_call_sid"] == the_call(bench).sid
    bench.engine.telephony.settings.outcome(None, "answered")
    instruct(bench, task, "dequeue")
    bench.advance(1)
    assert [call.status for call in bench.engine.telephony.calls] == [
        outcome,
        "answered",
    ]


def test_a_reservation_times_out_while_a_dequeue_rings(
    bench: Bench, ann: Worker, task: Task
) -> None:
    bench.engine.telephony.settings.outcome(None, "no-answer")
    reservation = instruct(bench, task, "dequeue", timeout=999)
    bench.advance(120)
    assert status(reservation) == "timeout"
    assert states(the_call(bench))[-1] == ("canceled", 120)
    assert bench.engine.next_deadline() == START + 86400


def test_accepting_by_hand_lets_the_dequeue_go_on(bench: Bench, task: Task) -> None:
    instruct(bench, task, "dequeue")
    bench.accept(task)
    bench.advance(1)
    assert the_call(bench).status == "answered"
    assert "worker_call_sid" in json.loads(task.attributes)
    assert bench.told() == ["task.updated", "reservation.accepted"]


def test_who_dequeues_first_rescinds_the_others(bench: Bench) -> None:
    bench.flow(max_reserved_workers=2)
    for name in ("Ann", "Bob"):
        bench.worker(name, contact_uri=f"client:{name}")
    task = bench.task(attributes=CALLER)
    first, second = task.reservations.values()
    bench.engine.telephony.instruct(first, order("dequeue"))
    bench.time += 0.5
    bench.engine.telephony.instruct(second, order("dequeue"))
    bench.advance(10)
    assert (first.reservation_status, second.reservation_status) == (
        "accepted",
        "rescinded",
    )
    assert [states(call)[-1] for call in bench.engine.telephony.calls] == [
        ("answered", 1),
        ("canceled", 1),
    ]


# Call.


def test_call_leaves_the_reservation_pending(bench: Bench, task: Task) -> None:
    reservation = instruct(bench, task, "call")
    bench.advance(1)
    assert status(reservation) == "pending"
    assert json.loads(task.attributes)["worker_call_sid"] == the_call(bench).sid
    assert bench.told() == ["task.updated"]


def test_call_accepts_at_once_if_it_is_told_so(bench: Bench, task: Task) -> None:
    reservation = instruct(bench, task, "call", accept=True)
    assert status(reservation) == "accepted"
    assert bench.told() == ["reservation.accepted", "task.updated"]
    bench.advance(1)
    assert bench.told() == []


def test_call_does_not_keep_a_reservation_from_its_timeout(
    bench: Bench, task: Task
) -> None:
    bench.engine.telephony.settings.answer_after = 130
    reservation = instruct(bench, task, "call", timeout=200)
    bench.advance(130)
    assert status(reservation) == "timeout"
    assert the_call(bench).status == "answered"
    assert json.loads(task.attributes)["worker_call_sid"] == the_call(bench).sid


def test_a_reservation_can_be_called_for_again(bench: Bench, task: Task) -> None:
    for _ in range(2):
        instruct(bench, task, "call")
        bench.advance(1)
    latest = bench.engine.telephony.calls[1].sid
    assert json.loads(task.attributes)["worker_call_sid"] == latest


# Redirect.


@pytest.mark.parametrize(
    ("accept", "expected"), [(False, "pending"), (True, "accepted")]
)
def test_redirect_accepts_only_if_it_is_told_so(
    bench: Bench, task: Task, accept: bool, expected: str
) -> None:
    reservation = instruct(bench, task, "redirect", accept=accept)
    assert status(reservation) == expected
    call = the_call(bench)
    assert (call.sid, call.to) == (CALLER["call_sid"], None)
    assert call.instruction.url == "https://example.com/twiml"
    assert states(call) == [("redirected", 0)]


def test_redirecting_a_workers_call_leaves_it_live(bench: Bench, task: Task) -> None:
    instruct(bench, task, "call")
    bench.advance(1)
    sid = the_call(bench).sid
    instruct(bench, task, "redirect", call_sid=sid)
    bench.engine.telephony.hang_up(sid)
    called, redirected = bench.engine.telephony.calls
    assert (called.sid, redirected.sid) == (sid, sid)
    assert (called.status, redirected.status) == ("completed", "redirected")


# Conference.


def test_conference_accepts_when_it_is_set_up(bench: Bench, task: Task) -> None:
    reservation = instruct(bench, task, "conference")
    assert status(reservation) == "pending"
    bench.advance(1)
    assert status(reservation) == "accepted"
    assert json.loads(task.attributes) == CALLER
    assert bench.told() == ["reservation.accepted"]


def test_a_reservation_on_hold_does_not_time_out(bench: Bench, task: Task) -> None:
    bench.engine.telephony.settings.answer_after = 500
    reservation = instruct(bench, task, "conference", timeout=600)
    bench.advance(499)
    assert status(reservation) == "pending"
    bench.advance(1)
    assert status(reservation) == "accepted"


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_a_conference_that_fails_cancels_the_reservation(
    bench: Bench, ann: Worker, task: Task, outcome: Outcome
) -> None:
    bench.engine.telephony.settings.outcome(None, outcome)
    reservation = instruct(
        bench, task, "conference", post_work_activity_sid=bench.unavailable
    )
    bench.advance(60)
    assert status(reservation) == "canceled"
    assert ann.activity_name == "Available"
    # The task is offered to the next, who is the same.
    assert bench.told() == ["reservation.canceled", "reservation.created"]


def test_giving_up_a_conference_cancels_the_reservation(
    bench: Bench, task: Task
) -> None:
    reservation = instruct(bench, task, "conference")
    bench.engine.telephony.hang_up(the_call(bench).sid)
    assert status(reservation) == "canceled"


def test_the_end_of_a_conference_wraps_the_task_up(
    bench: Bench, ann: Worker, task: Task
) -> None:
    bench.engine.telephony.settings.call_length = 30
    reservation = instruct(
        bench, task, "conference", post_work_activity_sid=bench.unavailable
    )
    bench.advance(1)
    bench.told()
    bench.advance(30)
    assert (task.assignment_status, reservation.reservation_status) == (
        "wrapping",
        "wrapping",
    )
    assert ann.activity_name == "Unavailable"
    assert bench.told() == [
        "task.wrapup",
        "reservation.wrapup",
        "worker.activity.update",
    ]


def test_a_conference_ends_after_its_task(
    bench: Bench, ann: Worker, task: Task
) -> None:
    """Who completes the task by hand still gets the post-work activity."""
    instruct(bench, task, "conference", post_work_activity_sid=bench.unavailable)
    bench.advance(1)
    bench.complete(task)
    bench.advance(1000)
    assert the_call(bench).status == "answered"
    bench.told()
    bench.engine.telephony.hang_up(the_call(bench).sid)
    assert ann.activity_name == "Unavailable"
    assert bench.told() == ["worker.activity.update"]


def test_the_end_of_a_conference_leaves_a_wrapping_task(
    bench: Bench, task: Task
) -> None:
    instruct(bench, task, "conference")
    bench.advance(1)
    bench.engine.tasks.update(task, assignment_status="wrapping")
    bench.told()
    bench.engine.telephony.hang_up(the_call(bench).sid)
    assert task.assignment_status == "wrapping"
    assert bench.told() == []


def test_canceling_the_task_cancels_the_set_up(bench: Bench, task: Task) -> None:
    reservation = instruct(bench, task, "conference")
    bench.engine.tasks.update(task, assignment_status="canceled")
    assert status(reservation) == "canceled"
    assert the_call(bench).status == "canceled"


# Conference, where a worker has one task at a time.


@pytest.fixture
def single() -> Bench:
    bench = Bench(multi_task_enabled=False)
    for name in ("Reserved", "Busy"):
        bench.engine.activities.create(bench.workspace, name)
    bench.flow()
    return bench


def test_single_tasking_a_conference_completes_the_task(single: Bench) -> None:
    ann = single.worker("Ann", contact_uri="client:ann")
    task = single.task(attributes=CALLER)
    instruct(single, task, "conference", post_work_activity_sid=single.available)
    single.advance(1)
    assert ann.activity_name == "Busy"
    single.told()
    single.engine.telephony.hang_up(the_call(single).sid)
    assert task.assignment_status == "completed"
    assert ann.activity_name == "Available"
    assert single.told() == [
        "task.completed",
        "reservation.completed",
        "worker.activity.update",
    ]


def test_single_tasking_a_failed_conference_moves_back(single: Bench) -> None:
    single.worker("Ann", contact_uri="client:ann")
    task = single.task(attributes=CALLER)
    single.engine.telephony.settings.outcome(None, "busy")
    instruct(single, task, "conference")
    single.told()
    single.advance(1)
    assert single.told() == [
        "reservation.canceled",
        "worker.activity.update",
        "reservation.created",
        "worker.activity.update",
    ]


# Supervise.


def test_a_supervisor_joins_a_conference_until_its_end(
    bench: Bench, ann: Worker, task: Task
) -> None:
    reservation = instruct(bench, task, "conference")
    bench.advance(1)
    bench.told()
    given = order("supervise", options={"supervisor_mode": "whisper"})
    bench.engine.telephony.instruct(reservation, given)
    bench.advance(1)
    worker_call, supervisor_call = bench.engine.telephony.calls
    assert (supervisor_call.to, supervisor_call.worker_sid) == ("client:boss", ann.sid)
    assert bench.told() == []
    bench.engine.telephony.hang_up(worker_call.sid)
    assert states(bench.engine.telephony.calls[1]) == [
        ("initiated", 1),
        ("ringing", 1),
        ("answered", 2),
        ("completed", 2),
    ]


def test_a_supervisor_who_leaves_ends_nothing(bench: Bench, task: Task) -> None:
    reservation = instruct(bench, task, "conference")
    bench.advance(1)
    bench.engine.telephony.instruct(reservation, order("supervise"))
    bench.engine.telephony.hang_up(bench.engine.telephony.calls[1].sid)
    assert [call.status for call in bench.engine.telephony.calls] == [
        "answered",
        "canceled",
    ]
    assert task.assignment_status == "assigned"


@pytest.mark.parametrize("name", ["dequeue", "call"])
def test_only_a_conference_can_be_supervised(
    bench: Bench, task: Task, name: str
) -> None:
    reservation = instruct(bench, task, name)
    bench.advance(1)
    assert refusal(bench, reservation, "supervise") == (
        "Unable to execute Supervise instruction."
        f" Reservation {reservation.sid} is not currently in a conference."
    )


# Refusals.


@pytest.mark.parametrize("name", ["dequeue", "call", "redirect", "conference"])
def test_only_pending_reservations_can_be_instructed(
    bench: Bench, task: Task, name: str
) -> None:
    reservation = bench.accept(task)
    assert refusal(bench, reservation, name, NOT_PENDING[name]) == (
        f"Unable to execute {name.capitalize()} instruction."
        f" Reservation {reservation.sid} is not currently in a Pending state."
    )
    assert bench.engine.telephony.calls == []


@pytest.mark.parametrize("second", ["dequeue", "call", "redirect", "conference"])
@pytest.mark.parametrize("first", ["dequeue", "conference"])
def test_who_is_being_connected_cannot_be_instructed_again(
    bench: Bench, task: Task, first: str, second: str
) -> None:
    reservation = instruct(bench, task, first)
    message = refusal(bench, reservation, second, NOT_PENDING[second])
    assert "is not currently in a Pending state." in message


@pytest.mark.parametrize("attributes", [{}, {"call_sid": ""}, {"call_sid": 5}])
@pytest.mark.parametrize(
    ("name", "codes"), [("conference", (40142, 40142)), ("dequeue", (20001, 20001))]
)
def test_connecting_needs_a_caller(
    bench: Bench,
    ann: Worker,
    name: str,
    codes: tuple[int, int],
    attributes: dict[str, Any],
) -> None:
    task = bench.task(attributes=attributes)
    assert refusal(bench, pending(task), name, codes, from_="+1") == (
        f"The {name} instruction can only be issued on a task that was created"
        " using the <Enqueue> TwiML verb."
    )
    assert task.assignment_status == "reserved"


def test_a_conference_may_have_somebody_to_call(bench: Bench, ann: Worker) -> None:
    task = bench.task(attributes={"outbound_to": "+15550102"})
    refused = refusal(bench, pending(task), "conference", (40141, 40141))
    assert refused == "From field is required"
    reservation = instruct(bench, task, "conference", from_="+15550100")
    bench.advance(1)
    assert status(reservation) == "accepted"


@pytest.mark.parametrize("name", ["dequeue", "call", "conference"])
@pytest.mark.parametrize("attributes", [{}, {"contact_uri": ""}, {"contact_uri": 5}])
def test_a_worker_whom_nothing_reaches_cannot_be_called(
    bench: Bench, name: str, attributes: dict[str, Any]
) -> None:
    bench.flow()
    bob = bench.worker("Bob", **attributes)
    reservation = pending(bench.task(attributes=CALLER))
    codes = (20001, 40110 if name == "call" else 20001)
    assert refusal(bench, reservation, name, codes) == (
        f"Unable to execute {name.capitalize()} instruction. There is neither a"
        f" contact_uri in the attributes of Worker {bob.sid} nor a To."
    )
    assert bench.engine.telephony.calls == []
    bench.engine.telephony.instruct(reservation, order(name, to="client:bob"))


@pytest.mark.parametrize(
    ("name", "parameter", "codes"),
    [
        ("dequeue", "DequeuePostWorkActivitySid", (20001, 40130)),
        ("conference", "PostWorkActivitySid", (40143, 40143)),
    ],
)
def test_the_post_work_activity_is_one_of_the_workspace(
    bench: Bench, task: Task, name: str, parameter: str, codes: tuple[int, int]
) -> None:
    given = {"post_work_activity_sid": "WAx"}
    message = refusal(bench, pending(task), name, codes, **given)
    assert message == f"{parameter} WAx is not an activity of the workspace"


def test_an_instruction_answers_with_the_reservation_as_it_was(
    bench: Bench, task: Task
) -> None:
    before = bench.engine.telephony.instruct(
        pending(task), order("redirect", accept=True)
    )
    assert before.reservation_status == "pending"
    assert before.version + 1 == next(iter(task.reservations.values())).version


# What goes away meanwhile.


def test_an_activity_that_is_gone_by_the_end_is_not_taken(
    bench: Bench, ann: Worker, task: Task
) -> None:
    lunch = bench.engine.activities.create(bench.workspace, "Lunch")
    instruct(bench, task, "dequeue", post_work_activity_sid=lunch.sid)
    bench.advance(1)
    bench.engine.activities.delete(lunch)
    bench.engine.telephony.hang_up(the_call(bench).sid)
    assert ann.activity_name == "Available"


def test_a_worker_can_be_deleted_while_the_phone_rings(
    bench: Bench, ann: Worker, task: Task
) -> None:
    instruct(bench, task, "call")
    instruct(bench, task, "dequeue")
    bench.engine.workers.delete(ann)
    bench.advance(1)
    assert [call.status for call in bench.engine.telephony.calls] == [
        "answered",
        "canceled",
    ]
    assert holders(task) == []
    bench.engine.telephony.hang_up(bench.engine.telephony.calls[0].sid)


def test_a_call_outlives_its_task(bench: Bench, ann: Worker, task: Task) -> None:
    instruct(bench, task, "dequeue", post_work_activity_sid=bench.unavailable)
    bench.advance(1)
    bench.engine.tasks.delete(task)
    assert the_call(bench).status == "answered"
    bench.engine.telephony.hang_up(the_call(bench).sid)
    assert ann.activity_name == "Unavailable"


def test_a_call_is_answered_for_a_task_that_is_gone(bench: Bench, task: Task) -> None:
    instruct(bench, task, "call")
    bench.engine.tasks.delete(task)
    bench.advance(1)
    assert the_call(bench).status == "answered"


def test_all_calls_of_a_workspace_end_with_it(bench: Bench, task: Task) -> None:
    instruct(bench, task, "call")
    bench.advance(1)
    instruct(bench, task, "dequeue")
    other = bench.engine.workspaces.create("Other")
    bench.engine.workspaces.delete(other)
    assert [call.status for call in bench.engine.telephony.calls] == [
        "answered",
        "ringing",
    ]
    bench.engine.workspaces.delete(bench.workspace)
    assert [call.status for call in bench.engine.telephony.calls] == [
        "completed",
        "canceled",
    ]
    assert bench.engine.next_deadline() is None
    bench.engine.telephony.hang_up(bench.engine.telephony.calls[0].sid)


def test_one_leap_of_time_is_as_good_as_many_steps() -> None:
    def story(steps: int) -> tuple[list[str], list[tuple[str, float]]]:
        bench = Bench()
        bench.flow()
        bench.worker("Ann", contact_uri="client:ann")
        task = bench.task(attributes=CALLER)
        bench.engine.telephony.settings.call_length = 40
        instruct(bench, task, "conference", post_work_activity_sid=bench.unavailable)
        for _ in range(steps):
            bench.advance(64 / steps)
        return bench.told(), states(the_call(bench))

    assert story(1) == story(64)
