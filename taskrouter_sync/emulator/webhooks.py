"""Webhooks: event callbacks, assignment callbacks, and the progress of calls.

Owns: what calls whom, and what is done with the answer to an assignment callback.
Conference events have no webhooks here: there are no conferences behind the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from taskrouter_sync.emulator import webhook_messages
from taskrouter_sync.emulator.api.responses import Response
from taskrouter_sync.emulator.courier import Courier, Errand
from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.engine.model import Reservation, Workflow
from taskrouter_sync.emulator.posting import NotAnswered
from taskrouter_sync.emulator.webhook_messages import (
    Instruction,
    NoInstruction,
    assignment_form,
    call_form,
    call_progress,
    event_form,
)


# Carries out a POST to a REST path (starting at /v1) with these parameters.
Perform = Callable[[str, Mapping[str, object]], Response]

# The debugger's code for a call that could not be made.
_DIAL_FAILED = {"call": 40113, "dequeue": 40133, "conference": 40145}


class Webhooks:
    """The webhooks of one service, signed with ``X-Twilio-Signature``.

    Event callbacks go to the workspace's ``EventCallbackUrl`` as its ``EventsFilter``
    says, assignment callbacks to the workflow's ``AssignmentCallbackUrl`` or else its
    ``FallbackAssignmentCallbackUrl``, progress to the status callbacks of calls. They
    are only noted here: whatever a receiver does, the service goes on.

    Args:
        engine: what they tell of.
        courier: brings them.
        perform: carries out a REST request.
    """

    def __init__(self, engine: Engine, courier: Courier, perform: Perform) -> None:
        self._engine = engine
        self._courier = courier
        self._perform = perform
        engine.on_event(self._on_event)
        engine.telephony.on_call(self._on_call)

    # Listeners: the operation that they hear of is not over, so they only make a
    # note of what is to be sent.

    def _on_event(self, event: Event) -> None:
        workspace = self._engine.workspaces.get(event.workspace_sid, event.workspace)
        if workspace is not None and workspace.event_callback_url:
            if passes(workspace.events_filter, event.event_type):
                self._tell(workspace.event_callback_url, event)
        if event.event_type == "reservation.created":
            if event.workflow is not None and event.reservation is not None:
                self._offer(event, event.workflow, event.reservation)

    def _tell(self, url: str, event: Event) -> None:
        form = event_form(event, self._engine.account_sid)
        self._courier.tell(Errand(event.workspace_sid, event.sid, url, form))

    def _on_call(self, call: PhoneCall) -> None:
        instruction = call.instruction
        workspace = self._engine.workspaces.get(call.workspace_sid)
        task = None if workspace is None else workspace.tasks.get(call.task_sid)
        errand = Errand(
            call.workspace_sid,
            call.sid,
            instruction.status_callback or "",
            call_form(call, task, self._engine.account_sid),
            "GET" if instruction.status_callback_method == "GET" else "POST",
        )
        if call.status == "failed" and instruction.name in _DIAL_FAILED:
            code = _DIAL_FAILED[instruction.name]
            message = f"the call to {call.to} failed"
            self._courier.alert(replace(errand, url=""), code, message)
        wanted = call_progress(call) in instruction.status_callback_events
        if instruction.status_callback and wanted:
            self._courier.tell(errand)

    def _offer(
        self, event: Event, workflow: Workflow, reservation: Reservation
    ) -> None:
        # The fallback stands in for the other one: alone it is not called (choice).
        if not workflow.assignment_callback_url:
            return
        form = assignment_form(event, self._engine.account_sid)
        errands = [
            Errand(event.workspace_sid, reservation.sid, url, form)
            for url in (
                workflow.assignment_callback_url,
                workflow.fallback_assignment_callback_url,
            )
            if url
        ]
        path = (
            f"/v1/Workspaces/{event.workspace_sid}/Tasks/{reservation.task_sid}"
            f"/Reservations/{reservation.sid}"
        )
        self._courier.ask(errands[0], lambda: self._ask(errands, path))

    async def _ask(self, errands: list[Errand], path: str) -> None:
        # When both URLs fail, the reservation stays pending until it times out or is
        # answered by REST. The documentation is silent there. Others say that it is
        # canceled; but then the next one would be made at once, and fail as well.
        for errand in errands:
            try:
                instruction = webhook_messages.read_instruction(
                    await self._courier.answer(errand)
                )
            except NotAnswered as trouble:
                self._courier.alert(errand, trouble.code, trouble.message)
                continue
            except NoInstruction as trouble:
                # It was reached and has answered, so the fallback is not asked.
                code, message = trouble.code, trouble.message
                self._courier.alert(errand, code, message, trouble.level)
                return
            if instruction is not None:
                self._carry_out(errand, path, instruction)
            return

    def _carry_out(self, errand: Errand, path: str, instruction: Instruction) -> None:
        refusal = self._perform(path, instruction.params).error
        if refusal is not None:
            self._courier.alert(errand, refusal.alert_code, refusal.message)


def passes(events_filter: str | None, event_type: str) -> bool:
    """Tell whether a workspace's filter, a comma-separated list, has the event.

    Without one all events pass.
    """
    wanted = [word.strip() for word in (events_filter or "").split(",")]
    return not any(wanted) or event_type in wanted
