"""Plays one case's script with a real client against the bridge.

Our methods call back before they return, and a client handles what it is sent in
order: so where a script waits "until nothing happens", a marker frame is sent, and
has been handled when all that was sent before it has.
"""

from __future__ import annotations

import copy
import json
import threading
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from taskrouter_sync import Twilio
from taskrouter_sync.errors import TaskRouterError

from .bridge import OpenSession
from .case import Arguments, Case, Json, Recording, callback_names, sign_all
from .ears import MARKER, Ears, ScriptedError
from .recorder import Recorder


# Seconds that a step may take unless it says so.
_PATIENCE = 5.0

# Milliseconds without a request after which a client counts as idle.
_IDLE = 15


# What a call of the SDK may raise: its own errors, wrong arguments, no such member or
# page, and what a callback of the script threw.
_RAISED = (TaskRouterError, TypeError, ValueError, LookupError, AttributeError)


class StepFailed(Exception):
    """A step waited for something that did not come."""


class Player:
    """One case being played."""

    def __init__(self, case: Case, open_session: OpenSession, **limits: Any) -> None:
        """Prepare the case.

        Args:
            case: as the rules made it.
            open_session: of the bridge.
            limits: keywords of the client that are no part of the script.
        """
        self._case = case
        self._limits = limits
        tokens = sign_all(case)
        named = {
            f"<token{number}>": token
            for number, token in enumerate(tokens, 1)
            if isinstance(token, str) and token
        }
        self._service = open_session(case["rest"], named)
        self._recorder = Recorder(self._service.api)
        self._ears = Ears(self._recorder)
        self._variables = copy.deepcopy(case.get("vars", {}))
        self._arguments = Arguments(
            tokens,
            self._service.api,
            self._service.bridge,
            self._variables,
            self._ears.callback,
        )
        self._client: Any = None
        self._listeners: dict[tuple[str, str | None], Callable[..., None]] = {}
        self._used: Counter[str] = Counter()
        self._markers = count(1)
        self._exceptions: list[Json] = []
        self._snapshots: dict[str, Json] = {}
        self._during: dict[int, range] = {}
        self._token_from = [(0, "<token1>")]

    def play(self) -> Recording:
        """Play the whole script.

        Raises:
            StepFailed: something that the script waits for did not come.
        """
        try:
            if self._construct():
                for index, step in enumerate(self._case["steps"]):
                    self._step(index, step)
                self._settle()
            return self._recording()
        finally:
            if self._client is not None:
                self._client.close()
            self._service.close()

    def _construct(self) -> bool:
        """Make the client and attach the listeners before anything can arrive."""
        if "refuse_first" in self._case:
            self._service.refuse(self._case["refuse_first"])
        self._service.hold(True)
        kind = getattr(Twilio.TaskRouter, self._case["client"])
        arguments = [self._arguments.make(a) for a in self._case["constructor_args"]]
        try:
            self._client = kind(*arguments, **self._limits)
        except _RAISED as error:
            self._raised("constructor", f"new {self._case['client']}", error)
            return False
        self._client.on(MARKER, self._ears.mark)
        for event in self._case["listen"]:
            self._listen({"listen": event})
        return True

    # ------------------------------------------------------------------- steps

    def _step(self, index: int, step: Json) -> None:
        if not step.keys() & {"call", "listen", "snapshot"}:
            # What came so far belonged to the constructor's own turn.
            self._service.hold(False)
        try:
            if "call" in step:
                self._call(index, step)
            elif "listen" in step:
                self._listen(step)
            elif "unlisten" in step:
                event = step["unlisten"]
                listener = self._listeners[event, step.get("as")]
                self._client.removeListener(event, listener)
            elif "unlisten_all" in step:
                self._client.removeAllListeners(step["unlisten_all"])
            elif "snapshot" in step:
                self._snapshot(step)
            elif "send" in step:
                self._service.send(step["send"])
            elif "send_raw" in step:
                self._service.send({"raw": step["send_raw"]})
            elif "close_socket" in step:
                self._service.close_sockets(step["close_socket"])
            elif "refuse_connects" in step:
                status = step.get("status", 503)
                refusal = {"count": step["refuse_connects"], "status": status}
                self._service.refuse(refusal)
            else:
                self._wait(step)
        except StepFailed as failure:
            raise StepFailed(f"step {index} {json.dumps(step)}: {failure}") from None

    def _wait(self, step: Json) -> None:
        limit = max(step.get("timeout_ms", 0) / 1000, _PATIENCE)
        if "await" in step:
            name = step["await"]
            self._used[name] += step.get("count", 1)
            if not self._ears.wait_for(name, self._used[name], limit):
                raise StepFailed(self._so_far())
        elif "await_request" in step:
            method, _, url = step["await_request"].partition(" ")
            self._poll(
                lambda record: (
                    sum(
                        (one["body"]["method"], one["body"]["url"]) == (method, url)
                        for one in record["requests"]
                    )
                    >= step.get("count", 1)
                )
            )
        elif "await_connects" in step:
            self._poll(lambda record: len(record["connects"]) >= step["await_connects"])
        elif "await_idle" in step or "settle_ms" in step:
            self._settle()
        else:
            raise StepFailed("no such step")

    def _settle(self) -> None:
        """Wait until the client has handled all it was sent, and asks for nothing."""
        self._service.hold(False)
        number = next(self._markers)
        frame = {"event_type": MARKER, "payload": {"n": number}}
        if self._service.send(frame) and not self._ears.wait_for_marker(
            number, _PATIENCE
        ):
            raise StepFailed(f"the client is stuck; {self._so_far()}")
        if not self._service.wait_until_idle(_IDLE):
            raise StepFailed("the client does not stop to ask")

    def _so_far(self) -> str:
        calls = {name: calls["count"] for name, calls in self._ears.calls.items()}
        events = [event["event"] for event in self._ears.events]
        raised = [f"{each['type']}: {each['message']}" for each in self._exceptions]
        return f"came: {calls} {events}; raised: {raised}"

    def _poll(self, holds: Callable[[Json], bool]) -> None:
        never = threading.Event()
        for _ in range(int(_PATIENCE / 0.01)):
            if holds(self._service.record()):
                return
            never.wait(0.01)
        raise StepFailed(f"the bridge did not see it; {self._so_far()}")

    # ---------------------------------------------------- calls and snapshots

    def _call(self, index: int, step: Json) -> None:
        for name in callback_names(step["args"]):
            self._ears.expect(name)
        before = len(self._service.record()["requests"])
        try:
            method = self._find(step, step["call"])
            method(*[self._arguments.make(value) for value in step["args"]])
            if step["call"] == "updateToken":
                self._token_from.append((before, f"<token{step['args'][0]['$token']}>"))
        except (*_RAISED, ScriptedError) as error:
            self._raised(index, step["call"], error)
        after = len(self._service.record()["requests"])
        self._during[index] = range(before, after)

    def _snapshot(self, step: Json) -> None:
        target = self._find(step, step.get("path", ""))
        if target is self._client:
            recorded = self._recorder.record_client(target, self._case["client"])
        else:
            recorded = self._recorder.record(target)
        self._snapshots[step["snapshot"]] = recorded

    def _find(self, step: Json, path: str) -> Any:
        """Follow a step's path from the client, or from what was delivered."""
        target = self._client
        if "on_result" in step:
            target = self._ears.delivered(step["on_result"], step.get("nth", -1))
        for name in filter(None, path.split(".")):
            target = target[int(name)] if name.isdigit() else getattr(target, name)
        return target

    def _raised(self, step: int | str, call: str, error: Exception) -> None:
        self._exceptions.append(
            {
                "step": step,
                "call": call,
                "type": type(error).__name__,
                "message": str(error),
            }
        )

    def _listen(self, step: Json) -> None:
        event, label = step["listen"], step.get("as")
        listener = self._ears.listener(event, label, step.get("throws"))
        self._listeners[event, label] = listener
        method = "once" if step.get("once") else step.get("method", "on")
        getattr(self._client, method)(event, listener)

    def _recording(self) -> Recording:
        record = self._service.record()
        seen = {
            "connects": record["connects"],
            "requests": record["requests"],
            "callbacks": self._ears.calls,
            "events": self._ears.events,
            "exceptions": self._exceptions,
            "snapshots": self._snapshots,
            "vars_after": self._variables,
            "open_sockets": record["open_sockets"],
            "client_frames": record["client_frames"],
        }
        return Recording(seen, self._during, self._token_from)
