"""An application that a workspace calls back."""

from __future__ import annotations

from typing import Any

from twilio.request_validator import RequestValidator

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.journal import Alert
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.support.backend import Backend
from tests.support.receiver import Hook, Receiver, Reply

from .rest import Rest


CALL_SID = "CA" + "9" * 32
CALLER = {"call_sid": CALL_SID, "from": "+15550100", "to": "+15550199"}


class Application:
    """Is told of a workspace's events, and asked about its reservations.

    Without a workspace it gets one with Alice, who is available and can be called.
    """

    def __init__(
        self,
        emulator: Emulator,
        receiver: Receiver,
        workspace: ReadyWorkspace | None = None,
    ) -> None:
        self.emulator = emulator
        self.receiver = receiver
        self.workspace = workspace or emulator.workspace(
            workers={"Alice": {"contact_uri": "client:alice"}},
            worker_activity="Available",
        )
        self.backend = Backend(emulator, self.workspace)
        self.rest = Rest(emulator, self.workspace.sid)

    def subscribe(self, events_filter: str = "", url: str | None = None) -> str:
        """Let it be told of events, and give the URL."""
        url = url or self.receiver.url("/events")
        self.backend.update_workspace(
            event_callback_url=url, events_filter=events_filter
        )
        return url

    def assign(self, url: str | None, fallback: str | None = None) -> None:
        """Let it be asked about reservations."""
        self.backend.update_workflow(
            assignment_callback_url=url, fallback_assignment_callback_url=fallback
        )

    def answers(self, *replies: Reply) -> str:
        """Say what is answered to assignments, and have it asked."""
        url = self.receiver.answers("/assign", *replies)
        self.assign(url, self.receiver.url("/fallback"))
        return url

    def offer(self, attributes: Any = CALLER, **options: Any) -> dict[str, Any]:
        """Create a task."""
        return self.emulator.create_task(
            self.workspace, attributes=attributes, **options
        )

    def sids(self, path: str, count: int = 1) -> list[str]:
        """Wait for so many event callbacks, and name their tasks."""
        return [hook.form["TaskSid"] for hook in self.receiver.expect(path, count)]

    def alert(self) -> Alert:
        """Wait for the only alert."""
        [alert] = self.emulator.wait_for_alerts()
        return alert

    def has_signed(self, hook: Hook) -> bool:
        """Say whether Twilio's validator takes the signature of a webhook."""
        form = {} if hook.method == "GET" else dict(hook.form)
        validator = RequestValidator(self.emulator.auth_token)
        return bool(validator.validate(hook.url, form, hook.signature))
