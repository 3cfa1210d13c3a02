"""Instructions and their calls: what becomes of reservation, task and worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from taskrouter_sync.emulator.engine import ServiceError, calls
from taskrouter_sync.emulator.engine.calls import CallSettings, Instruction, PhoneCall
from taskrouter_sync.emulator.engine.containers import Changes

from .support import START, Bench, holders, pending


CALLER = {"call_sid": "CA" + "9" * 32, "from": "+15550100", "to": "+15550199"}
URL = "https://example.com/twiml"


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


def states(call: PhoneCall) -> list[tuple[str, float]]:
    """Give what a call came to, by seconds since the start of the test."""
    return [(status, time - START) for status, time in call.states]


class Line(Bench):
    """A bench on which a caller is offered to Ann, whom a phone reaches."""

    def __init__(
        self,
        caller: Mapping[str, Any] = CALLER,
        *,
        multi_task_enabled: bool = True,
        **worker: Any,
    ) -> None:
        super().__init__(multi_task_enabled=multi_task_enabled)
        if not multi_task_enabled:
            for name in ("Reserved", "Busy"):
                self.engine.activities.create(self.workspace, name)
        self.flow()
        self.worker("Ann", **(worker or {"contact_uri": "client:ann"}))
        self.caller = self.task(attributes=dict(caller))
        self.reservation = pending(self.caller)
        self.told()

    @property
    def settings(self) -> CallSettings:
        return self.engine.telephony.settings

    def instruct(self, name: str, **given: Any) -> None:
        """Instruct the reservation."""
        self.engine.telephony.instruct(self.reservation, order(name, **given))

    def refusal(
        self, name: str, codes: tuple[int, int] = (20001, 20001), **given: Any
    ) -> str:
        """Give the text of a refusal; `codes` are those of response and alert."""
        with pytest.raises(ServiceError) as caught:
            self.instruct(name, **given)
        assert caught.value.status == 400
        assert (caught.value.code, caught.value.alert_code) == codes
        return caught.value.message

    @property
    def calls(self) -> list[PhoneCall]:
        return self.engine.telephony.calls

    @property
    def call(self) -> PhoneCall:
        """The only call."""
        (call,) = self.calls
        return call

    def hang_up(self, number: int = 0) -> None:
        """Hang up one of the calls."""
        self.engine.telephony.hang_up(self.calls[number].sid)

    def outcomes(self) -> list[str]:
        """List what each call has come to."""
        return [call.status for call in self.calls]

    @property
    def status(self) -> str:
        """What has become of the reservation."""
        return self.reservation.reservation_status

    @property
    def attributes(self) -> Any:
        """The task's attributes."""
        return json.loads(self.caller.attributes)


@pytest.fixture
def line() -> Line:
    return Line()


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
    line: Line, name: str, outcome: Any, expected: Any
) -> None:
    line.settings.outcome("client:ann", outcome)
    line.instruct(name, timeout=20)
    assert states(line.call) == expected[:-1]
    line.advance(100)
    assert states(line.call) == expected


def test_a_call_shows_what_it_is_for(line: Line) -> None:
    given = order(
        "dequeue",
        record="record-from-answer",
        timeout=30,
        status_callback="https://example.com/progress",
        status_callback_events=("initiated", "completed"),
    )
    line.engine.telephony.instruct(line.reservation, given)
    call = line.call
    assert call.sid.startswith("CA")
    assert len(call.sid) == 34
    assert call.instruction == given
    assert (call.workspace_sid, call.task_sid) == (line.workspace.sid, line.caller.sid)
    assert call.reservation_sid == line.reservation.sid
    assert call.worker_sid == line.ann.sid


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
    line: Line, name: str, given: Any, from_: str, to: str
) -> None:
    line.instruct(name, **given)
    assert (line.call.from_, line.call.to) == (from_, to)


def test_outcomes_are_by_contact_uri_and_in_general(line: Line) -> None:
    line.settings.outcome(None, "busy")
    line.settings.outcome("client:joey", "answered")
    for to in ("client:joey", "client:jim"):
        line.instruct("call", to=to)
    line.advance(1)
    assert line.outcomes() == ["answered", "busy"]


def test_answering_at_once_is_due_at_once(line: Line) -> None:
    line.settings.answer_after = 0
    line.instruct("dequeue")
    assert line.engine.next_deadline() == START
    line.engine.run_due()
    assert line.status == "accepted"


def test_nobody_answers_who_is_slower_than_the_phone_rings(line: Line) -> None:
    line.settings.answer_after = 10
    line.instruct("call", timeout=9)
    line.advance(30)
    assert states(line.call)[-1] == ("no-answer", 9)


def test_settings_are_for_later_calls(line: Line) -> None:
    line.instruct("call")
    line.settings.outcome(None, "busy")
    line.settings.call_length = 1
    line.advance(30)
    assert line.call.status == "answered"


def test_a_call_lasts_as_long_as_is_set(line: Line) -> None:
    line.settings.call_length = 10
    line.instruct("call")
    line.advance(60)
    assert states(line.call)[2:] == [("answered", 1), ("completed", 11)]
    line.settings.call_length = None
    line.instruct("call")
    line.advance(50)
    assert line.calls[1].status == "answered"


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
@pytest.mark.parametrize("setting", ["answer_after", "call_length"])
def test_no_number_of_seconds_is_refused(
    line: Line, setting: str, seconds: float
) -> None:
    with pytest.raises(ValueError, match="not a valid number of seconds"):
        setattr(line.settings, setting, seconds)


def test_an_unknown_outcome_is_refused(line: Line) -> None:
    wrong: Any = "asleep"
    with pytest.raises(ValueError, match="outcome must be one of answered, busy"):
        line.settings.outcome(None, wrong)


@pytest.mark.parametrize(
    ("after", "status"), [(0, "canceled"), (1, "completed"), (50, "completed")]
)
def test_hanging_up_ends_a_call(line: Line, after: float, status: str) -> None:
    line.instruct("call")
    line.advance(after)
    line.hang_up()
    assert states(line.call)[-1] == (status, after)
    line.advance(50)
    line.hang_up()
    assert states(line.call)[-1] == (status, after)


def test_the_log_is_a_copy(line: Line) -> None:
    line.instruct("call")
    before = line.call
    line.advance(1)
    assert before.status == "ringing"
    assert line.call.status == "answered"


# What becomes of the reservation.

UPDATED, ACCEPTED = "task.updated", "reservation.accepted"


# With what is told, at once and when it is answered.
@pytest.mark.parametrize(
    ("name", "accept", "at_once", "told_at_once", "then", "told_then"),
    [
        ("dequeue", False, "pending", [UPDATED], "accepted", [ACCEPTED]),
        ("call", False, "pending", [UPDATED], "pending", []),
        ("call", True, "accepted", [ACCEPTED, UPDATED], "accepted", []),
        ("redirect", False, "pending", [], "pending", []),
        ("redirect", True, "accepted", [ACCEPTED], "accepted", []),
        ("conference", False, "pending", [], "accepted", [ACCEPTED]),
    ],
)
def test_an_instruction_accepts_when_it_is_to(
    line: Line,
    name: str,
    accept: bool,
    at_once: str,
    told_at_once: list[str],
    then: str,
    told_then: list[str],
) -> None:
    line.instruct(name, accept=accept)
    assert (line.status, line.told()) == (at_once, told_at_once)
    # While it rings the worker's page can pair the call with the task.
    named = {"worker_call_sid": line.call.sid} if UPDATED in told_at_once else {}
    assert line.attributes == {**CALLER, **named}
    line.advance(1)
    assert (line.status, line.told()) == (then, told_then)
    assigned = then == "accepted"
    assert line.caller.assignment_status == ("assigned" if assigned else "reserved")


# Dequeue.


@pytest.mark.parametrize("name", ["dequeue", "call"])
def test_attributes_that_got_a_call_can_be_written_back(line: Line, name: str) -> None:
    attributes = {**CALLER, "name": "é" * 3900, "half": "\ud800"}
    text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\ud800", "\\ud800")
    line.engine.tasks.update(line.caller, attributes=text)
    line.instruct(name)
    shown = line.caller.attributes
    assert shown == f'{text[:-1]},"worker_call_sid":"{line.call.sid}"}}'
    line.engine.tasks.update(line.caller, attributes=shown)


def test_dequeue_moves_the_worker_on_after_the_call(line: Line) -> None:
    line.settings.call_length = 30
    line.instruct("dequeue", post_work_activity_sid=line.unavailable)
    line.advance(30)
    assert line.ann.activity_name == "Available"
    line.told()
    line.advance(1)
    assert line.ann.activity_name == "Unavailable"
    assert line.caller.assignment_status == "assigned"
    assert line.told() == ["worker.activity.update"]


def test_dequeue_without_an_activity_leaves_the_worker_where_he_is(line: Line) -> None:
    line.instruct("dequeue")
    line.advance(1)
    line.told()
    line.hang_up()
    assert line.ann.activity_name == "Available"
    assert line.told() == []


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_a_dequeue_that_fails_leaves_the_reservation_pending(
    line: Line, outcome: Any
) -> None:
    line.settings.outcome(None, outcome)
    line.instruct("dequeue", post_work_activity_sid=line.unavailable)
    line.advance(60)
    assert line.status == "pending"
    assert line.ann.activity_name == "Available"
    assert line.told() == ["task.updated"]
    assert line.attributes["worker_call_sid"] == line.call.sid
    line.settings.outcome(None, "answered")
    line.instruct("dequeue")
    line.advance(1)
    assert line.outcomes() == [outcome, "answered"]


def test_a_reservation_times_out_while_a_dequeue_rings(line: Line) -> None:
    line.settings.outcome(None, "no-answer")
    line.instruct("dequeue", timeout=999)
    line.advance(120)
    assert line.status == "timeout"
    assert states(line.call)[-1] == ("canceled", 120)
    assert line.engine.next_deadline() == START + 86400


def test_accepting_by_hand_lets_the_dequeue_go_on(line: Line) -> None:
    line.instruct("dequeue")
    line.accept(line.caller)
    line.advance(1)
    assert line.call.status == "answered"
    assert "worker_call_sid" in line.attributes
    assert line.told() == ["task.updated", "reservation.accepted"]


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
    assert first.reservation_status == "accepted"
    assert second.reservation_status == "rescinded"
    expected = [("answered", 1), ("canceled", 1)]
    assert [states(call)[-1] for call in bench.engine.telephony.calls] == expected


# Call.


def test_call_does_not_keep_a_reservation_from_its_timeout(line: Line) -> None:
    line.settings.answer_after = 130
    line.instruct("call", timeout=200)
    line.advance(130)
    assert line.status == "timeout"
    assert line.call.status == "answered"
    assert line.attributes["worker_call_sid"] == line.call.sid


def test_a_reservation_can_be_called_for_again(line: Line) -> None:
    for _ in range(2):
        line.instruct("call")
        line.advance(1)
    assert line.attributes["worker_call_sid"] == line.calls[1].sid


# Redirect.


def test_redirect_is_of_the_callers_call(line: Line) -> None:
    line.instruct("redirect")
    assert (line.call.sid, line.call.to) == (CALLER["call_sid"], None)
    assert line.call.instruction.url == URL
    assert states(line.call) == [("redirected", 0)]


def test_redirecting_a_workers_call_leaves_it_live(line: Line) -> None:
    line.instruct("call")
    line.advance(1)
    sid = line.call.sid
    line.instruct("redirect", call_sid=sid)
    line.hang_up()
    assert [call.sid for call in line.calls] == [sid, sid]
    assert line.outcomes() == ["completed", "redirected"]


# Conference.


def test_a_reservation_on_hold_does_not_time_out(line: Line) -> None:
    line.settings.answer_after = 500
    line.instruct("conference", timeout=600)
    line.advance(499)
    assert line.status == "pending"
    line.advance(1)
    assert line.status == "accepted"


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_a_conference_that_fails_cancels_the_reservation(
    line: Line, outcome: Any
) -> None:
    line.settings.outcome(None, outcome)
    line.instruct("conference", post_work_activity_sid=line.unavailable)
    line.advance(60)
    assert line.status == "canceled"
    assert line.ann.activity_name == "Available"
    # The task is offered to the next, who is the same.
    assert line.told() == ["reservation.canceled", "reservation.created"]


def test_giving_up_a_conference_cancels_the_reservation(line: Line) -> None:
    line.instruct("conference")
    line.hang_up()
    assert line.status == "canceled"


def test_the_end_of_a_conference_wraps_the_task_up(line: Line) -> None:
    line.settings.call_length = 30
    line.instruct("conference", post_work_activity_sid=line.unavailable)
    line.advance(1)
    line.told()
    line.advance(30)
    assert (line.caller.assignment_status, line.status) == ("wrapping", "wrapping")
    assert line.ann.activity_name == "Unavailable"
    told = ["task.wrapup", "reservation.wrapup", "worker.activity.update"]
    assert line.told() == told


def test_a_conference_ends_after_its_task(line: Line) -> None:
    """Who completes the task by hand still gets the post-work activity."""
    line.instruct("conference", post_work_activity_sid=line.unavailable)
    line.advance(1)
    line.complete(line.caller)
    line.advance(1000)
    assert line.call.status == "answered"
    line.told()
    line.hang_up()
    assert line.ann.activity_name == "Unavailable"
    assert line.told() == ["worker.activity.update"]


def test_the_end_of_a_conference_leaves_a_wrapping_task(line: Line) -> None:
    line.instruct("conference")
    line.advance(1)
    line.engine.tasks.update(line.caller, assignment_status="wrapping")
    line.told()
    line.hang_up()
    assert line.caller.assignment_status == "wrapping"
    assert line.told() == []


def test_canceling_the_task_cancels_the_set_up(line: Line) -> None:
    line.instruct("conference")
    line.engine.tasks.update(line.caller, assignment_status="canceled")
    assert (line.status, line.call.status) == ("canceled", "canceled")


# Conference, where a worker has one task at a time.


@pytest.fixture
def single() -> Line:
    return Line(multi_task_enabled=False)


def test_single_tasking_a_conference_completes_the_task(single: Line) -> None:
    single.instruct("conference", post_work_activity_sid=single.available)
    single.advance(1)
    assert single.ann.activity_name == "Busy"
    single.told()
    single.hang_up()
    assert single.caller.assignment_status == "completed"
    assert single.ann.activity_name == "Available"
    told = ["task.completed", "reservation.completed", "worker.activity.update"]
    assert single.told() == told


def test_single_tasking_a_failed_conference_moves_back(single: Line) -> None:
    single.settings.outcome(None, "busy")
    single.instruct("conference")
    single.told()
    single.advance(1)
    assert single.told() == [
        "reservation.canceled",
        "worker.activity.update",
        "reservation.created",
        "worker.activity.update",
    ]


# Supervise.


def test_a_supervisor_joins_a_conference_until_its_end(line: Line) -> None:
    line.instruct("conference")
    line.advance(1)
    line.told()
    line.instruct("supervise", options={"supervisor_mode": "whisper"})
    line.advance(1)
    supervisors = line.calls[1]
    assert (supervisors.to, supervisors.worker_sid) == ("client:boss", line.ann.sid)
    assert line.told() == []
    line.hang_up()
    expected = [("initiated", 1), ("ringing", 1), ("answered", 2), ("completed", 2)]
    assert states(line.calls[1]) == expected


def test_a_supervisor_who_leaves_ends_nothing(line: Line) -> None:
    line.instruct("conference")
    line.advance(1)
    line.instruct("supervise")
    line.hang_up(1)
    assert line.outcomes() == ["answered", "canceled"]
    assert line.caller.assignment_status == "assigned"


@pytest.mark.parametrize("name", ["dequeue", "call"])
def test_only_a_conference_can_be_supervised(line: Line, name: str) -> None:
    line.instruct(name)
    line.advance(1)
    assert line.refusal("supervise") == (
        "Unable to execute Supervise instruction."
        f" Reservation {line.reservation.sid} is not currently in a conference."
    )


# Refusals.


@pytest.mark.parametrize("name", NOT_PENDING)
def test_only_pending_reservations_can_be_instructed(line: Line, name: str) -> None:
    line.accept(line.caller)
    assert line.refusal(name, NOT_PENDING[name]) == (
        f"Unable to execute {name.capitalize()} instruction."
        f" Reservation {line.reservation.sid} is not currently in a Pending state."
    )
    assert line.calls == []


@pytest.mark.parametrize("second", NOT_PENDING)
@pytest.mark.parametrize("first", ["dequeue", "conference"])
def test_who_is_being_connected_cannot_be_instructed_again(
    line: Line, first: str, second: str
) -> None:
    line.instruct(first)
    message = line.refusal(second, NOT_PENDING[second])
    assert "is not currently in a Pending state." in message


@pytest.mark.parametrize("attributes", [{}, {"call_sid": ""}, {"call_sid": 5}])
@pytest.mark.parametrize(("name", "code"), [("conference", 40142), ("dequeue", 20001)])
def test_connecting_needs_a_caller(
    name: str, code: int, attributes: dict[str, Any]
) -> None:
    line = Line(attributes)
    assert line.refusal(name, (code, code), from_="+1") == (
        f"The {name} instruction can only be issued on a task that was created"
        " using the <Enqueue> TwiML verb."
    )
    assert line.caller.assignment_status == "reserved"


def test_a_conference_may_have_somebody_to_call() -> None:
    line = Line({"outbound_to": "+15550102"})
    assert line.refusal("conference", (40141, 40141)) == "From field is required"
    line.instruct("conference", from_="+15550100")
    line.advance(1)
    assert line.status == "accepted"


@pytest.mark.parametrize("name", ["dequeue", "call", "conference"])
@pytest.mark.parametrize(
    "attributes", [{"x": 1}, {"contact_uri": ""}, {"contact_uri": 5}]
)
def test_a_worker_whom_nothing_reaches_cannot_be_called(
    name: str, attributes: dict[str, Any]
) -> None:
    line = Line(**attributes)
    codes = (20001, 40110 if name == "call" else 20001)
    assert line.refusal(name, codes) == (
        f"Unable to execute {name.capitalize()} instruction. There is neither a"
        f" contact_uri in the attributes of Worker {line.ann.sid} nor a To."
    )
    assert line.calls == []
    line.instruct(name, to="client:bob")


@pytest.mark.parametrize(
    ("name", "parameter", "codes"),
    [
        ("dequeue", "DequeuePostWorkActivitySid", (20001, 40130)),
        ("conference", "PostWorkActivitySid", (40143, 40143)),
    ],
)
def test_the_post_work_activity_is_one_of_the_workspace(
    line: Line, name: str, parameter: str, codes: tuple[int, int]
) -> None:
    message = line.refusal(name, codes, post_work_activity_sid="WAx")
    assert message == f"{parameter} WAx is not an activity of the workspace"


def test_an_instruction_answers_with_the_reservation_as_it_was(line: Line) -> None:
    instruction = order("redirect", accept=True)
    before = line.engine.telephony.instruct(line.reservation, instruction)
    assert before.reservation_status == "pending"
    assert before.version + 1 == line.reservation.version


# What goes away meanwhile.


def test_an_activity_that_is_gone_by_the_end_is_not_taken(line: Line) -> None:
    lunch = line.engine.activities.create(line.workspace, "Lunch")
    line.instruct("dequeue", post_work_activity_sid=lunch.sid)
    line.advance(1)
    line.engine.activities.delete(lunch)
    line.hang_up()
    assert line.ann.activity_name == "Available"


def test_a_worker_can_be_deleted_while_the_phone_rings(line: Line) -> None:
    line.instruct("call")
    line.instruct("dequeue")
    line.engine.workers.delete(line.ann)
    line.advance(1)
    assert line.outcomes() == ["answered", "canceled"]
    assert holders(line.caller) == []
    line.hang_up()


def test_a_call_outlives_its_task(line: Line) -> None:
    line.instruct("dequeue", post_work_activity_sid=line.unavailable)
    line.advance(1)
    line.engine.tasks.delete(line.caller)
    assert line.call.status == "answered"
    line.hang_up()
    assert line.ann.activity_name == "Unavailable"


def test_a_call_is_answered_for_a_task_that_is_gone(line: Line) -> None:
    line.instruct("call")
    line.engine.tasks.delete(line.caller)
    line.advance(1)
    assert line.call.status == "answered"


def test_all_calls_of_a_workspace_end_with_it(line: Line) -> None:
    line.instruct("call")
    line.advance(1)
    line.instruct("dequeue")
    line.engine.workspaces.delete(line.engine.workspaces.create("Other"))
    assert line.outcomes() == ["answered", "ringing"]
    line.engine.workspaces.delete(line.workspace)
    assert line.outcomes() == ["completed", "canceled"]
    assert line.engine.next_deadline() is None
    line.hang_up()


def test_the_log_lets_go_of_calls_that_nobody_hangs_up(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "KEEP_CALLS", 3)
    for _ in range(9):
        line.instruct("call")
        line.advance(1)
    log = line.engine.telephony._core.calls
    assert log.all_live() == log.of(line.reservation.sid) == list(log)
    assert len(line.calls) == 3


def test_a_conference_is_set_up_even_if_the_log_has_let_go_of_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else would end the reservation, which is on hold for it."""
    monkeypatch.setattr(calls, "KEEP_CALLS", 1)
    line.instruct("conference")
    line.worker("Bob", contact_uri="client:bob")
    task = line.task(attributes=CALLER)
    line.engine.telephony.instruct(pending(task), order("call"))
    watched = Changes(lambda: None)
    line.engine.watch(watched)
    watched.take()
    line.advance(1)
    assert line.status == "accepted"
    log = line.engine.telephony._core.calls
    assert log.all_live() == list(log)
    assert [key for key in watched.take() if key.startswith("call ")] == ["call 2"]
