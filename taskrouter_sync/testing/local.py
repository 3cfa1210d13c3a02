"""A TaskRouter service for one test: an emulator, a workspace and clients.

The emulator is imported when a service is created, not with this module.
"""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .. import (
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)
from ..client import Client
from ..emitter import name_of
from ..errors import ArgumentError
from ..lifecycle import OpenClient, lifecycle
from ..naming import nearest_name
from ..notebook import without_our_beginning
from .events import EventLog
from .journal import journal


if TYPE_CHECKING:
    from ..emulator.engine import Event
    from ..emulator.faults import Faults
    from ..emulator.journal import Request

# Lets unittest end the traceback of a failure at the test's own line.
__unittest = True

Opened = TypeVar("Opened", Worker, TaskQueue, Workspace)

# Seconds until a client must be ready, and until its callbacks must have returned.
_READY = 10.0
_HANDLED = 1.0

# What a worker's program does; a test of what is refused passes less.
_WORKER = ("fetch_subresources", "update_activities", "update_reservations")
_OTHERS = ("fetch_subresources", "update_self", "update_subresources")


class LocalTaskRouter:
    """A new service on this machine, with a workspace that is ready to use.

    While it runs, environment variables select it: ``Worker(token)`` in the program
    under test connects to it without further arguments.

    An exception in an event callback is raised again at the end, so that the test
    fails. Clients that are still open at the end are closed; for a client that the test
    did not open with the methods below, a warning names it.

    Attributes:
        emulator: the `taskrouter_sync.emulator.Emulator`.
        workspace: its sids by name: ``workspace.workers["Alice"]``.
    """

    def __init__(
        self,
        *,
        manual_clock: bool = True,
        callbacks_may_raise: bool = False,
        **workspace: Any,
    ) -> None:
        """Prepare the service; the ``with`` statement starts it.

        Args:
            manual_clock: True stops the service's clock; only `advance` moves it.
            callbacks_may_raise: True lets the test pass if an event callback raises.
            workspace: the arguments of ``Emulator.workspace``, such as
                ``workers={"Alice": {…}}``, ``queues`` and ``workflow``. By default
                there is one available worker, Alice.

        Raises:
            ArgumentError: one of the arguments is wrong; also a TypeError.
            ImportError: the extra ``emulator`` is not installed.
        """
        from ..emulator import Emulator

        _check_plan(workspace, [*inspect.signature(Emulator.workspace).parameters][1:])
        self.emulator: Emulator = Emulator(manual_clock=manual_clock, seed=1)
        self._plan = {"worker_activity": "Available", **workspace}
        self._callbacks_may_raise = callbacks_may_raise
        self._stack = ExitStack()
        self._clients: list[Client[Any]] = []
        # What event callbacks raised; appended to by event threads.
        self._errors: list[tuple[str, BaseException]] = []
        # Events of the set-up, which tell nothing about the test.
        self._events_before = 0

    def __enter__(self) -> LocalTaskRouter:
        with ExitStack() as stack:
            stack.enter_context(self.emulator)
            self.workspace = self.emulator.workspace(**self._plan)
            self._events_before = len(self.events)
            stack.callback(_set(self._variables()))
            lifecycle.add_observer(self)
            stack.callback(lifecycle.remove_observer, self)
            stack.callback(self._close_clients)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        if isinstance(error, Exception) and sys.version_info >= (3, 11):
            error.add_note(self.journal())
        if error is None:
            self._wait_for_callbacks()
        self._stack.close()
        if error is None:
            self._raise_callback_error()

    def check_callbacks(self) -> None:
        """Raise the first exception of an event callback since the last check, if any.

        This happens at the end of each test. A long test may call it earlier.
        """
        __tracebackhide__ = True
        self._wait_for_callbacks()
        self._raise_callback_error()

    def _wait_for_callbacks(self) -> None:
        """Wait until the clients have handled the events that they have received."""
        for client in self._open_clients():
            client._wait_until_handled(_HANDLED)

    def _raise_callback_error(self) -> None:
        __tracebackhide__ = True
        errors, self._errors = self._errors, []
        if not errors or self._callbacks_may_raise:
            return
        listener, error = errors[0]
        if not isinstance(error, Exception):  # SystemExit would end the test run
            raise AssertionError(f"callback {listener} raised {error!r}") from error
        raise error.with_traceback(without_our_beginning(error.__traceback__))

    def _on_listener_error(
        self, client: OpenClient, listener: Callable[..., Any], error: BaseException
    ) -> None:
        if self._is_ours(client):
            self._errors.append((name_of(listener), error))

    def _is_ours(self, client: OpenClient) -> bool:
        return client._channel_url.startswith(f"{self.emulator.event_bridge_url}/")

    def _open_clients(self) -> list[Client[Any]]:
        """Return all open clients of this service, including those of the program."""
        return [
            client
            for client in lifecycle.clients()
            if isinstance(client, Client) and self._is_ours(client)
        ]

    def _close_clients(self) -> None:
        """Close all clients of this service; warn about those that were left open."""
        left = [each for each in self._open_clients() if each not in self._clients]
        names = ", ".join(map(repr, left))
        for client in (*reversed(left), *reversed(self._clients)):
            client.close()
        if left:
            warnings.warn(
                f"the test left {names} open, so it was closed: close it in the "
                "program, or with taskrouter_sync.close_all()",
                stacklevel=2,
            )

    # Clients and tokens

    def worker(self, name: str | None = None, **options: Any) -> Worker:
        """Open a client for a worker and wait until it is ready.

        The client is closed at the end of the test.

        Args:
            name: the worker's name; None selects the first worker.
            options: the arguments of `taskrouter_sync.Worker`; `token` replaces the
                default token.
        """
        token = options.pop("token", None) or self.worker_token(name)
        return self._opened(Worker, token, options)

    def task_queue(self, name: str | None = None, **options: Any) -> TaskQueue:
        """Open a client for a task queue, like `worker`."""
        sid = _named("task queue", self.workspace.task_queues, name)
        token = TaskQueueCapabilityToken(
            *self._account(), self.workspace.sid, sid, **_allowed(_OTHERS)
        )
        return self._opened(TaskQueue, token.to_jwt(), options)

    def workspace_client(self, **options: Any) -> Workspace:
        """Open a client for the workspace, like `worker`."""
        token = WorkspaceCapabilityToken(
            *self._account(),
            self.workspace.sid,
            **_allowed((*_OTHERS, "delete_subresources")),
        )
        return self._opened(Workspace, token.to_jwt(), options)

    def worker_token(self, name: str | None = None, **options: Any) -> str:
        """Return a capability token for a worker.

        Args:
            name: the worker's name; None selects the first worker.
            options: the options of `taskrouter_sync.WorkerCapabilityToken`.
        """
        return WorkerCapabilityToken(
            *self._account(),
            self.workspace.sid,
            _named("worker", self.workspace.workers, name),
            **{**_allowed(_WORKER), **options},
        ).to_jwt()

    def events_of(self, client: Any, *others: str) -> EventLog:
        """Record the events of a client; see `EventLog`.

        Args:
            client: a Worker, TaskQueue or Workspace.
            others: the names of events of your own.
        """
        return EventLog(client, *others)

    # What happens in the service

    def create_task(
        self, attributes: Mapping[str, Any] | None = None, **options: object
    ) -> dict[str, Any]:
        """Create a task and return it as a dict, as in the REST API.

        Args:
            attributes: the task's attributes, a dict.
            options: the other parameters of the REST API in snake_case, such as
                ``priority=3``.
        """
        return self.emulator.create_task(
            self.workspace, attributes=attributes, **options
        )

    def advance(self, seconds: float) -> None:
        """Advance the service's clock; whatever becomes due happens in order.

        Tokens still expire by real time.

        Args:
            seconds: 0 or more.

        Raises:
            ValueError: `seconds` is negative; time can't go back.
            RuntimeError: the service has a real clock (``manual_clock=False``).
        """
        __tracebackhide__ = True
        if seconds < 0:
            raise ValueError(f"time can't go back: advance({seconds})")
        self.emulator.advance(seconds)

    @property
    def faults(self) -> Faults:
        """Scripted failures, such as ``faults.answer(500)``; see `Faults`.

        ``faults.cut_sockets()`` cuts the WebSockets that are open now;
        ``faults.drop()`` drops the connection of the next request.
        """
        return self.emulator.faults

    @property
    def requests(self) -> list[Request]:
        """A list of all requests that have arrived, in order."""
        return self.emulator.requests

    @property
    def events(self) -> list[Event]:
        """A list of all events of the service, in order."""
        return self.emulator.events

    def journal(self) -> str:
        """Return the requests and events as text, without secrets.

        The report of a failed test contains it.
        """
        return journal(self.requests, self.events[self._events_before :])

    def _opened(
        self, kind: type[Opened], token: str, options: Mapping[str, Any]
    ) -> Opened:
        client = kind(token, **{"debug": False, "daemon": True, **options})
        self._clients.append(client)
        client.wait_until_ready(_READY)
        return client

    def _account(self) -> tuple[str, str]:
        return self.emulator.account_sid, self.emulator.auth_token

    def _variables(self) -> dict[str, str]:
        variables = {
            "TASKROUTER_EVENT_BRIDGE_URL": self.emulator.event_bridge_url,
            "TASKROUTER_API_URL": self.emulator.api_base_url,
            "TWILIO_ACCOUNT_SID": self.emulator.account_sid,
            "TWILIO_AUTH_TOKEN": self.emulator.auth_token,
            "TASKROUTER_WORKSPACE_SID": self.workspace.sid,
        }
        if self.workspace.workers:
            worker_sid = _named("worker", self.workspace.workers, None)
            variables["TASKROUTER_WORKER_SID"] = worker_sid
        # Whatever way this machine has to the world, the service is here.
        for name in ("NO_PROXY", "no_proxy"):
            before = os.environ.get(name)
            variables[name] = f"{before},127.0.0.1" if before else "127.0.0.1"
        return variables


def _set(variables: Mapping[str, str]) -> Callable[[], None]:
    """Set environment variables; return a function that restores them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)

    def put_back() -> None:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    return put_back


def _allowed(names: tuple[str, ...]) -> Any:
    return {f"allow_{name}": True for name in names}


def _named(kind: str, sids: Mapping[str, str], name: str | None) -> str:
    if not sids:
        raise LookupError(f"the workspace has no {kind}")
    if name is None:
        return next(iter(sids.values()))
    if not isinstance(name, str):
        raise ArgumentError(f"name must be a single name, not {name!r:.80}")
    if name not in sids:
        raise LookupError(f"{name!r} is not one of {', '.join(sids)}")
    return sids[name]


def _check_plan(plan: Mapping[str, Any], known: list[str]) -> None:
    for name in plan:
        if name not in known:
            nearest = nearest_name(name, known)
            right = f"did you mean {nearest!r}?" if nearest else ", ".join(known)
            raise ArgumentError(f"unknown argument {name!r}: {right}")
    for name, inside, example in (
        ("workers", "attributes", '{"Alice": {"languages": ["en"]}}'),
        ("queues", "expressions", '{"Support": "1==1"}'),
        ("activities", "availability", '{"Break": False}'),
    ):
        if not isinstance(plan.get(name, {}), Mapping | type(None)):
            raise ArgumentError(
                f"{name} must be a dict of {inside} by name, such as {name}={example}, "
                f"not {plan[name]!r:.80}"
            )
