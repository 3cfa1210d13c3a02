"""The Worker client: an agent's activity, reservations and tasks.

First its public methods, then how it handles events, then its sync after a reconnect.
"""

from __future__ import annotations

import math
import time
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from .arguments import (
    Parameter,
    Params,
    Signature,
    Value,
    public_arguments,
    read_fetch,
    read_update,
    takes,
)
from .client import Client, Event, State
from .connection import Ending
from .emitter import Registration, ResultCallback
from .errors import (
    ArgumentError,
    HttpError,
    InvalidResponse,
    TaskRouterError,
    quoted,
)
from .fetcher import NoThread
from .logs import TRUE_IN_SCRIPTS
from .naming import plain_text
from .resources.base import deliver
from .resources.lists import ActivityList, WorkerChannelList
from .resources.models import Task, WorkerChannel, WorkerFields, WorkerResource
from .resources.reservation import Reservation, ReservationList
from .resources.statistics import Statistics, StatisticsData
from .session import has_sid, is_unauthorized, result_of, wait_for
from .sync import PREFIX, Missed, Reservations, Topic, Values, topic_of
from .timing import Timing, may_pass
from .tokens import Token, TokenProvider, hide
from .typed_events import WorkerEvents


if TYPE_CHECKING:
    import requests
else:
    from .http import requests  # for `get_type_hints`


_UPDATE_ACTIVITY = Signature(
    "worker.updateActivity",
    (Parameter("activitySid", "activity_sid", "ActivitySid", True, (str,), sid=True),),
    callback_at=1,
)
_COMPLETE_TASK = Signature(
    "worker.completeTask",
    (
        Parameter("taskSid", "task_sid", required=True, types=(str,), sid=True),
        Parameter("reason", "reason", "Reason"),
    ),
    callback_at=1,
)

_ACTIVITY = "activity.update"
_CREATED = "reservation.created"

# How many lists in a row may lack a reservation that can't be asked for by itself.
_LACKED = 3


class Worker(WorkerEvents, WorkerFields, Client[WorkerResource]):
    """A client for one worker (an agent): ``Twilio.TaskRouter.Worker``.

    ::

        worker = Worker(token)
        worker.on("reservation.created", lambda reservation: reservation.accept())

    The constructor returns at once; the connection is made in the background, and event
    callbacks run one at a time on the client's event thread.
    """

    _SID_CLAIM = "worker_sid"
    _PATH = "/Workers/{sid}"

    # The newest request for the wanted activity, and when one has ended.
    _wish: Future[Any] | None = None
    _wish_ended_at = -math.inf

    # The change to the disconnect activity, when the client is closed.
    _last_request: Future[Any] | None = None

    @public_arguments
    def __init__(
        self,
        token: str | TokenProvider,
        debug: object = TRUE_IN_SCRIPTS,
        connect_activity_sid: str | None = None,
        disconnect_activity_sid: str | None = None,
        close_existing_sessions: bool | str | None = False,
        region: str | None = None,
        max_retries: int | None = 0,
        api_base_url: str | None = None,
        event_bridge_base_url: str | None = None,
        *,
        daemon: bool = False,
        http_session: requests.Session | None = None,
        _timing: Timing | None = None,
    ) -> None:
        """Open the client; the arguments are in the order of TaskRouter.js.

        Args:
            token: a capability token for the worker, or a function that returns a new
                one. The function is called now, before the token expires, and after the
                service has refused a token (401).
            debug: log events and requests; False or "false" turns this off. In a
                notebook it is off by default.
            connect_activity_sid: WA…, the activity that the worker gets after the first
                connection, if no reservation is pending.
            disconnect_activity_sid: WA…, the activity that the worker gets when the
                connection is lost or closed.
            close_existing_sessions: with True or "true" the service closes the worker's
                other connections.
            region: the region of the event bridge, such as ``"ie1-ix"``.
            max_retries: how often a failed request is retried, if it is safe to repeat.
            api_base_url: used instead of ``https://taskrouter.twilio.com/v1``. The
                environment variable TASKROUTER_API_URL sets it too.
            event_bridge_base_url: used instead of ``https://event-bridge.twilio.com``.
                The environment variable TASKROUTER_EVENT_BRIDGE_URL sets it too.
            daemon: True lets the script exit while this client is open.
            http_session: your own session for all requests, with its adapters, proxies
                and client certificate; the WebSocket uses the certificate too. `close`
                leaves it open.

        Raises:
            TokenError: the token can't be used; also a ValueError.
            ArgumentError: an argument is wrong; also a TypeError.

        Source: https://www.twilio.com/docs/taskrouter/js-sdk-v1/worker
        """
        token = hide(token)
        connect_activity_sid = _activity("connect_activity_sid", connect_activity_sid)
        disconnect_activity_sid = _activity(
            "disconnect_activity_sid", disconnect_activity_sid
        )
        self._reservations = Reservations()
        self._values = Values()
        # Read by the socket thread.
        self._skip_fetch_reservation = False
        # One object for each connection: the newest's; and, for the event thread, that
        # of the connection whose events it is handling.
        self._newest_opening = self._opening = object()
        # All below belong to the event thread. Whether events were missed since the
        # state of the service was read.
        self._is_behind = False
        # Whether the state is being read; and whether the last sync's lists may have
        # lagged: a heartbeat reads them again.
        self._is_reading = False
        self._may_lag = False
        self._is_learning = False
        # How often in a row no list had what can't be asked for by itself.
        self._lacked: Counter[str] = Counter()
        self._may_read_channels = True
        # The disconnect activity, until it is asked for.
        self._last_activity = disconnect_activity_sid
        # The activity that the worker should have, until the service says it has.
        self._connect_activity_sid = connect_activity_sid
        self._wanted_activity: str | None = None
        # Which one is asked for now, and whether that waits for another token.
        self._asked_for: str | None = None
        self._rests = False
        # The activity that somebody has put the worker in, other than by a disconnect.
        self._own_activity: str | None = None
        super().__init__(
            token,
            debug=debug,
            region=region,
            max_retries=max_retries,
            api_base_url=api_base_url,
            event_bridge_base_url=event_bridge_base_url,
            daemon=daemon,
            http_session=http_session,
            close_existing_sessions=close_existing_sessions is True
            or close_existing_sessions == "true",
            disconnect_activity_sid=disconnect_activity_sid,
            timing=_timing,
        )

    @property
    def worker_sid(self) -> str:
        """The worker's sid (WK…), from the token."""
        return str(self.payload["sid"])

    @property
    def reservations(self) -> dict[str, Reservation]:
        """A dict of the open reservations by sid (WR…), kept up to date by events.

        Each access returns a copy. Reservations that were accepted before this program
        started are fetched in the background at the first access.
        """
        if not self._reservations.is_complete:
            self._dispatcher.call_soon(self._learn)
        return self._reservations.open()

    @property
    def activities(self) -> ActivityList:
        """The workspace's activities, as in ``worker.activities.fetch(cb)``."""
        return ActivityList(self._session, f"{self._session.workspace_url}/Activities")

    @property
    def statistics(self) -> Statistics[StatisticsData]:
        """The worker's statistics, as in ``worker.statistics.fetch(cb)``."""
        return Statistics(self._session, f"{self._url}/Statistics")

    @overload
    def fetch_reservations(
        self,
        callback: ResultCallback[ReservationList],
        params: Params | None = None,
        **filters: Value | None,
    ) -> None: ...
    @overload
    def fetch_reservations(
        self, params: Params, callback: ResultCallback[ReservationList], /
    ) -> None: ...
    @overload
    def fetch_reservations(
        self,
        callback: None = None,
        params: Params | None = None,
        **filters: Value | None,
    ) -> ReservationList: ...
    @overload
    def fetch_reservations(self, params: Params, /) -> ReservationList: ...
    @takes("callback", "params", more="filters")
    def fetch_reservations(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the worker's reservations: ``fetchReservations(cb, params)``.

        The result is a list of reservations with their tasks.

        Args:
            params: a dict of filters of the REST API, such as
                ``{"ReservationStatus": "accepted"}``. Filters may also be keywords:
                ``reservation_status="accepted"``.

        Source: TaskRouter.js v1, ``worker.fetchReservations``.
        """
        return self._fetch_list("Reservations", "fetchReservations", args, keywords)

    @overload
    def fetch_channels(
        self, callback: ResultCallback[WorkerChannelList], **filters: Value | None
    ) -> None: ...
    @overload
    def fetch_channels(
        self, callback: None = None, **filters: Value | None
    ) -> WorkerChannelList: ...
    @takes("callback", more="filters")
    def fetch_channels(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the worker's channels: ``fetchChannels(cb)``.

        The result is a list of worker channels.

        Source: TaskRouter.js v1, ``worker.fetchChannels``.
        """
        return self._fetch_list("Channels", "fetchChannels", args, keywords)

    def _fetch_list(
        self, name: str, method: str, args: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> Any:
        fetch = read_fetch(f"worker.{method}", args, keywords, by_sid=False)
        url = f"{self._url}/{name}"
        request = partial(self._session.perform, "GET", url, fetch.params)
        return deliver(request, fetch.callback)

    @overload
    def update_task(
        self, task_sid: str, params: Params, callback: ResultCallback[Task]
    ) -> None: ...
    @overload
    def update_task(
        self, task_sid: str, *, callback: ResultCallback[Task], **params: Value
    ) -> None: ...
    @overload
    def update_task(
        self, task_sid: str, params: Params, callback: None = None
    ) -> Task: ...
    @overload
    def update_task(self, task_sid: str, **params: Value | None) -> Task: ...
    @takes(
        "task_sid",
        "name",
        "value",
        "callback",
        "*",
        "params",
        required=1,
        more="parameters",
    )
    def update_task(self, *args: Any, **keywords: Any) -> Any:
        """Update a task: ``updateTask(taskSid, params, cb)``.

        The result is the updated task.

        Args:
            task_sid: the task's sid, WT….
            params: a dict of parameters of the REST API, such as
                ``{"Attributes": {…}}``. Dicts and lists are sent as JSON.

        Source: TaskRouter.js v1, ``worker.updateTask``.
        """
        update = read_update(
            "worker.updateTask", args, keywords, of_one=True, sid_name="task_sid"
        )
        url = f"{self._session.workspace_url}/Tasks/{update.sid}"
        request = partial(self._session.perform, "POST", url, update.params)
        return deliver(request, update.callback)

    @overload
    def complete_task(
        self, task_sid: str, callback: ResultCallback[Task], reason: str | None = None
    ) -> None: ...
    @overload
    def complete_task(
        self, task_sid: str, callback: None = None, reason: str | None = None
    ) -> Task: ...
    @_COMPLETE_TASK.shown
    def complete_task(self, *args: Any, **keywords: Any) -> Any:
        """Complete a task: ``completeTask(taskSid, cb, reason)``.

        The result is the completed task.

        Args:
            task_sid: the task's sid, WT….
            reason: text that is stored with the task.

        Source: TaskRouter.js v1, ``worker.completeTask``.
        """
        values, callback = _COMPLETE_TASK.read(args, keywords)
        params = {"AssignmentStatus": "completed", **_COMPLETE_TASK.wire(values)}
        url = f"{self._session.workspace_url}/Tasks/{values['task_sid']}"
        return deliver(partial(self._session.perform, "POST", url, params), callback)

    def set_skip_fetch_reservation(self, skip: bool = True) -> None:
        """Emit reservation events without fetching the reservation and its task.

        The callback then gets what the frame contains. This saves two requests for each
        event.

        Args:
            skip: False turns fetching on again.

        Source: TaskRouter.js v1, ``worker.setSkipFetchReservation``.
        """
        self._skip_fetch_reservation = bool(skip)

    def _forked(self) -> None:
        self._reservations.forked()
        super()._forked()

    # What a Worker still has for old pages.

    @overload
    def fetch_activity_list(self, callback: ResultCallback[ActivityList]) -> None: ...
    @overload
    def fetch_activity_list(self, callback: None = None) -> ActivityList: ...
    @takes("params", "callback", "*", "sid", more="filters")
    def fetch_activity_list(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the activities: ``fetchActivityList(cb)``.

        Deprecated: use ``activities.fetch``.
        """
        _warn("fetchActivityList is deprecated: use activities.fetch")
        return self.activities.fetch(*args, **keywords)

    @overload
    def update_activity(
        self, activity_sid: str, callback: ResultCallback[WorkerResource]
    ) -> None: ...
    @overload
    def update_activity(
        self, activity_sid: str, callback: None = None
    ) -> WorkerResource: ...
    @_UPDATE_ACTIVITY.shown
    def update_activity(self, *args: Any, **keywords: Any) -> Any:
        """Change the activity: ``updateActivity(sid, cb)``. Deprecated: use `update`.

        Source: TaskRouter.js v1, ``worker.updateActivity``.
        """
        _warn('updateActivity is deprecated: use update("ActivitySid", sid, callback)')
        values, callback = _UPDATE_ACTIVITY.read(args, keywords)
        return deliver(partial(self._update, _UPDATE_ACTIVITY.wire(values)), callback)

    if TYPE_CHECKING:  # both spellings for editors; at run time by rule
        workerSid = worker_sid
        fetchReservations = fetch_reservations
        fetchChannels = fetch_channels
        updateTask = update_task
        completeTask = complete_task
        setSkipFetchReservation = set_skip_fetch_reservation
        fetchActivityList = fetch_activity_list
        updateActivity = update_activity

    # How it handles events: frames are queued on the socket thread, with the requests
    # for their details under way; methods named _handle_… run on the event thread.

    def _on_open(self) -> None:
        opening = self._newest_opening = object()
        self._dispatcher.put(partial(self._handle_opened, opening))
        super()._on_open()

    def _on_heartbeat(self) -> None:
        super()._on_heartbeat()
        if self._may_lag or self._values.is_in_doubt:
            self._dispatcher.call_soon(self._read_again)
        # Not while a list may lag: what that lacked is no older than the client.
        if self._reservations.needs_learning and not self._may_lag:
            self._dispatcher.call_soon(self._learn)

    def _queue_event(self, event: Event, size: int = 0, topic: Hashable = None) -> bool:
        if event.type.startswith("worker."):
            event = event._replace(type=event.type.removeprefix("worker."))
        if event.type.startswith(PREFIX):
            return self._queue_reservation(event, size)
        topic = topic_of(event.type, event.payload)
        return super()._queue_event(event, size, topic)

    def _queue_reservation(self, event: Event, size: int) -> bool:
        if event.type == "reservation.pending":
            event = event._replace(type=_CREATED)
        task_sid, sid = _sids_of(event)
        topic = Topic(event.type, sid)
        run = partial(self._handle_reservation_event, event, sid)
        if self._skip_fetch_reservation:
            return self._dispatcher.put(run, size=size, topic=topic)
        task = f"{self._session.workspace_url}/Tasks/{task_sid}"
        details = [partial(self._session.fetch, task)]
        payload = event.payload
        if payload["sid"] != sid or "worker_sid" not in payload:
            # It does not carry the whole reservation.
            reservation = f"{task}/Reservations/{sid}"
            details.append(partial(self._session.fetch, reservation))
        return self._fetch_then(details, run, size=size, topic=topic)

    def _handle_opened(self, opening: object) -> None:
        self._opening = opening

    def _handle_reservation_event(
        self, event: Event, sid: str, task: Any = None, reservation: Any = None
    ) -> None:
        if not self._reservations.is_news(event.type, sid):
            # Of the pending ones, of a sync, or sent twice.
            self._log.debug(
                "%s: %s of %s was already emitted", self._sid, event.type, sid
            )
            return
        made = self._build_reservation(event.payload, sid, task, reservation)
        if (self._is_behind or self._may_lag) and self._reservations.has_begun:
            # The sync is not done yet, or its list may have lacked something; the order
            # of the events of a reservation is kept.
            before = self._reservations.missed_before(event.type, sid, made.payload)
            for earlier in before:
                self._emit_reservation(earlier, sid, made)
        self._emit_reservation(event.type, sid, made)

    def _build_reservation(
        self, payload: Mapping[str, Any], sid: str, task: Any, reservation: Any
    ) -> Reservation:
        """Build what an event carries: of its details, else of the frame alone."""
        made, loaded = self._build(reservation), self._build(task)
        # If either part is missing: of the frame alone, as TaskRouter.js does.
        is_whole = isinstance(made, Reservation) and isinstance(loaded, Task)
        carried = made if is_whole else self._session.build(payload)
        if isinstance(carried, Reservation):
            if isinstance(loaded, Task):
                carried._set_task(loaded)
            return carried
        bare = self._bare_reservation(sid, payload.get("sid"))
        bare._set_task(carried)
        return bare

    def _build(self, result: Any) -> Any:
        """Build a result; None for an error, and for what was not asked for."""
        if result is None:
            return None
        if isinstance(result, NoThread):
            self._handle_error(result)
            return None
        if isinstance(result, TaskRouterError):
            self._log.info(
                "%s: could not fetch the details of an event: %s", self._sid, result
            )
            return None
        return self._session.build(result)

    def _bare_reservation(self, sid: str, task_sid: Any) -> Reservation:
        # Whatever the prefix of its sid is, it was said to be a reservation.
        url = f"{self._session.workspace_url}/Tasks/{task_sid}/Reservations/{sid}"
        return Reservation(self._session, {"sid": sid}, url)

    def _emit_reservation(
        self, event: str, sid: str, reservation: Reservation, **how: bool
    ) -> None:
        self._reservations.note(event, sid, reservation, **how)
        if self._emit(event, reservation):
            self._reservations.delivered(sid)

    def _handle_event(self, event: Event) -> None:
        if not self._values.note(event.type, event.payload):
            return  # the sync has emitted it
        if event.type in (_ACTIVITY, "attributes.update"):  # the payload is the worker
            self._apply(event.payload, if_newer=True)
        if event.type.startswith("task."):
            self._apply_to_task(event.payload, if_newer=True)
        if event.type == _ACTIVITY and isinstance(event.payload, Mapping):
            self._handle_activity(event.payload.get("activity_sid"))
        super()._handle_event(event)

    def _apply_to_task(self, payload: Any, *, if_newer: bool = False) -> None:
        """Update the task of the open reservations for it."""
        if has_sid(payload):
            for reservation in self._reservations.open().values():
                reservation._apply_to_task(payload, if_newer)

    def _handle_bad_frame(self, error: TaskRouterError) -> None:
        """Report a frame that makes no sense; what it should have said is missed."""
        super()._handle_bad_frame(error)
        # More such frames may come: it is not read at once, nor if it will be anyhow.
        if self._is_ready and not self._is_behind:
            self._retry("sync", self._read_state)
        self._is_behind = self._is_behind or self._reservations.has_begun

    def _handle_token(self) -> None:
        """Read with a new token what the old one was refused."""
        super()._handle_token()
        could_read, self._may_read_channels = self._may_read_channels, True
        self._is_learning = False
        if self._rests:
            self._pursue_activity()
        if self._is_ready and self._is_behind:
            self._read_state()
        elif self._is_ready and not could_read:
            self._read_channels()

    def _handle_disconnected(self, ending: Ending) -> None:
        for timer in ("sync", "channels", "activity"):
            self._dispatcher.cancel(timer)
        if self._wish is not None:
            # If it has not begun: somebody else may choose before the next `ready`.
            self._wish.cancel()
        self._is_behind = True
        super()._handle_disconnected(ending)

    def _on_registered(self, registration: Registration) -> None:
        super()._on_registered(registration)
        if registration.event == _CREATED and not self._is_closed:
            self._dispatcher.call_soon(self._emit_undelivered)

    def _emit_undelivered(self) -> None:
        """Emit the pending reservations for which nobody listened yet."""
        for sid, reservation in self._reservations.undelivered().items():
            if self._emit(_CREATED, reservation):
                self._reservations.delivered(sid)

    def _on_result(self, result: Any) -> None:
        super()._on_result(result)
        if isinstance(result, Reservation):
            self._reservations.renew(result)
        elif isinstance(result, WorkerChannel):
            self._values.learn(result.payload)
        elif isinstance(result, ReservationList | WorkerChannelList):
            for each in result:
                self._on_result(each)

    def _open_reservations(self) -> Mapping[str, Reservation]:
        return self._reservations.open()

    # The activity that the worker should have.

    def _update(self, params: Mapping[str, Any]) -> Any:
        wish = self._wish
        if wish is not None and params.get("ActivitySid"):
            # It must not arrive at the service after this.
            wait_for((wish,), self._timing.response)
        return super()._update(params)

    def _on_posted(
        self, url: str, params: Mapping[str, Any], since: float, payload: Any
    ) -> None:
        """Follow a task or an activity that the program has changed, however."""
        self._apply_to_task(payload)
        is_own = url == self._url
        activity = params.get("ActivitySid" if is_own else "WorkerActivitySid")
        if activity:
            handle = partial(self._handle_own_update, activity, since)
            self._dispatcher.call_soon(handle)

    def _handle_own_update(self, activity: Any, since: float) -> None:
        # It replaces what the worker should have been put in.
        self._connect_activity_sid = None
        self._choose_activity(activity)
        if self._wish_ended_at > since or self._asked_for is not None:
            # Another was asked for meanwhile, which the service may take last: the
            # program's word counts.
            self._wanted_activity = activity
            if self._asked_for is None:
                self._pursue_activity()

    def _choose_activity(self, activity: Any) -> None:
        self._own_activity, self._wanted_activity = activity, None
        self._succeeded("activity")

    def _handle_activity(self, activity: Any) -> None:
        """Follow an activity that somebody has put the worker in."""
        if self._wanted_activity is not None:
            if activity == self._disconnect_activity_sid:
                return  # of the disconnect that the worker is to come back from
            own = (self._asked_for, self._wanted_activity)
            if self._asked_for is not None and activity in own:
                return  # its own request; the last one decides
        self._choose_activity(activity)

    def _on_wish_ended(self, run: Callable[[], None], _: Future[Any]) -> None:
        self._wish_ended_at = time.monotonic()
        self._dispatcher.call_soon(run)

    def _pursue_activity(self) -> None:
        """Ask for the wanted activity, until the service has accepted or refused it."""
        wanted = self._wanted_activity
        if wanted is None or not self._is_ready:
            return  # withdrawn; or asked for at the next `ready`
        self._rests = False
        token = self._session.token
        future = self._session.start("POST", self._url, {"ActivitySid": wanted})
        self._wish, self._asked_for = future, wanted
        # Out of band: no event has to wait for it.
        handle = partial(self._handle_activity_response, wanted, token, future)
        future.add_done_callback(partial(self._on_wish_ended, handle))

    def _handle_activity_response(
        self, wanted: str, token: Token, future: Future[Any]
    ) -> None:
        result = result_of(future)
        if future is self._wish:
            self._asked_for = None
            if self._wanted_activity not in (wanted, None):
                self._pursue_activity()  # replaced while it was under way
        if future.cancelled():
            return
        if not isinstance(result, TaskRouterError | Mapping):
            words = "The response to the change of activity contains no resource"
            result = InvalidResponse(words)
        if isinstance(result, TaskRouterError):
            if self._wanted_activity != wanted or self._ask_once_more(result, token):
                self._handle_error(result)
            return
        self._succeeded("activity")
        if self._wanted_activity == wanted:
            self._own_activity, self._wanted_activity = wanted, None
        self._apply(result)

    def _ask_once_more(self, error: TaskRouterError, token: Token) -> bool:
        """Follow a request for the wanted activity that failed.

        It may be repeated: it says where to be, not what to do.

        Returns:
            Whether the error is to be reported; False if another token has come.
        """
        is_first = not self._failures.get("activity")
        if is_unauthorized(error):
            if not self._can_renew(token):
                self._rests = True
            elif is_first:
                self._failures["activity"] = 1
                self._pursue_activity()
                return False
            else:
                self._retry("activity", self._pursue_activity)
        elif may_pass(error):
            self._retry("activity", self._pursue_activity, error)
        elif not self._retry_when_valid("activity", self._pursue_activity, error):
            self._wanted_activity = None
        return True

    def _start_last_request(self) -> None:
        """Start the change to the disconnect activity, once, as a page at `unload`.

        The service does it by itself when the connection is gone: little is lost if
        this fails.
        """
        with self._changed.lock:
            if not self._is_ready:
                return  # it may be by the time that it is closed
            activity, self._last_activity = self._last_activity, None
        if activity:
            params = {"ActivitySid": activity}
            last = self._session.start_last("POST", self._url, params, self._wish)
            self._last_request = last

    def _wait_for_last_request(self, deadline: float) -> None:
        if (last := self._last_request) is not None:
            wait_for([last], deadline - time.monotonic())
            error = result_of(last)
            last.cancel()  # if it has not begun
            if isinstance(error, TaskRouterError):
                self._log.warning("The disconnect activity was not set: %s", error)

    # The sync. At the first `ready`: what is pending. Later: what was missed.

    def _read_after_ready(self, payload: Mapping[str, Any], date: Any) -> None:
        known = self._reservations
        is_first = not known.has_begun
        if is_first:
            known.begin(date)
        if self._is_next_open():
            self._values.learn(payload)
            return
        # It may have seen events on an earlier connection that was never ready.
        has_seen = self._is_behind and (known or self._values.knows_channels())
        if is_first and not has_seen:
            self._is_behind = False
            self._read_pending()
        else:
            self._read_state()
        self._compare_worker(payload)
        self._pursue_activity()

    def _is_next_open(self) -> bool:
        """Whether the next connection is open already, and its sync will do.

        Its frames are queued by now, and nothing emitted here must overtake them.
        """
        return self._newest_opening is not self._opening

    @property
    def _is_settled(self) -> bool:
        """Whether reading now is worth it: no sync is to come that reads the same.

        One is, if the heartbeat was of a connection whose events are still queued.
        """
        return self._is_ready and not (self._is_behind or self._is_next_open())

    def _handle_ready_event(self, event: Event) -> None:
        super()._handle_ready_event(event)
        self._read_pending()

    def _read_pending(self) -> None:
        pending = {"ReservationStatus": "pending"}
        self._read("Reservations", pending, self._handle_pending)

    def _handle_pending(self, found: Any) -> None:
        if found is None:
            return  # the connection was lost
        self._note_pending_read()
        if isinstance(found, TaskRouterError):
            self._handle_sync_failed(found)
            return
        self._succeeded("sync")
        missed = [
            (_CREATED, payload)
            for payload in found
            if self._reservations.is_news(_CREATED, payload["sid"])
        ]
        self._apply_connect_activity(is_pending=bool(found))
        self._queue_missed(missed)

    def _note_pending_read(self) -> None:
        """Let those go on who wait until ready, unless the connection is lost again."""
        if self._is_ready:
            self._set_state(State.READY)

    def _apply_connect_activity(self, *, is_pending: bool) -> None:
        """Change to the connect activity, once, if nothing is pending."""
        activity, self._connect_activity_sid = self._connect_activity_sid, None
        if activity and not is_pending:
            self._wanted_activity = activity
            self._pursue_activity()

    def _handle_sync_failed(self, error: TaskRouterError) -> None:
        # More may be missed until it works than what was asked for.
        self._is_behind = True
        if may_pass(error) or self._may_renew(error):
            self._retry("sync", self._read_state, error)
        elif not self._retry_when_valid("sync", self._read_state, error):
            # With another token perhaps: see `_handle_token`.
            if not is_unauthorized(error):
                # What is pending can't be known, which must not spoil this.
                self._apply_connect_activity(is_pending=False)
        self._handle_error(error)

    def _may_renew(self, error: TaskRouterError) -> bool:
        """Whether a later token of the provider may be accepted where two were not."""
        return is_unauthorized(error) and self._session.has_provider

    def _compare_worker(self, payload: Mapping[str, Any]) -> None:
        """Emit how the worker itself has changed."""
        self._emit_missed_values(payload)
        activity, own = payload.get("activity_sid"), self._own_activity
        if activity != self._disconnect_activity_sid or own is None:
            if own is not None and activity != own:
                self._wanted_activity = None  # somebody has chosen another one
            self._own_activity = activity
        elif own != activity and self._wanted_activity is None:
            # The service has moved the worker as the connection was lost: back.
            self._wanted_activity = own

    def _read_state(self) -> None:
        """Read what listeners may have missed.

        The service has a log of events too (``/Events``), which a worker's token may
        not read; so what the lists do not show any more is lost: that a reservation was
        wrapping before it was completed, or that there was one that is forgotten.
        """
        reads = [partial(self._start_read, "Reservations", {"PageSize": 1000})]
        if self._may_read_channels and self._values.knows_channels():
            reads.append(partial(self._start_read, "Channels", None))
        self._is_reading = True
        self._fetch_then(reads, self._handle_state, first=True)

    def _handle_state(self, present: Any, channels: Any = ()) -> None:
        """Take each part for itself: that one is refused does not spoil the other."""
        self._is_reading = False
        if self._is_next_open() or present is None:
            return
        self._note_pending_read()
        self._handle_channels(channels)
        if isinstance(present, TaskRouterError):
            self._handle_sync_failed(present)
            return
        self._succeeded("sync")
        # A list may lag: what it lacks is asked for by itself.
        unlisted = self._reservations.unlisted(present)
        url = f"{self._url}/Reservations"
        reads = [partial(self._session.fetch, f"{url}/{sid}") for sid in unlisted]
        self._is_reading = True
        run = partial(self._handle_reservations, present, unlisted)
        if reads:
            self._fetch_then(reads, run, first=True)
        else:
            run()

    def _handle_reservations(
        self, present: list[Any], unlisted: list[str], *found: Any
    ) -> None:
        self._is_reading = False
        gone = set()
        for sid, each in zip(unlisted, found, strict=True):
            if isinstance(each, Mapping):
                present.append(each)
            elif isinstance(each, HttpError) and each.status in (404, 410):
                gone.add(sid)
            elif isinstance(each, TaskRouterError) and may_pass(each):
                self._retry("sync", self._read_state, each)
            elif self._lacked[sid] >= _LACKED:
                # It can't be asked for, and no list has had it for a while.
                gone.add(sid)
            else:
                self._lacked[sid] += 1
                self._retry("sync", self._read_state)
        self._lacked = Counter({sid: self._lacked[sid] for sid in {*unlisted} - gone})
        if self._is_next_open():
            return
        self._may_lag = self._is_behind
        self._is_behind = False
        missed = self._reservations.missed(present, gone, self._dispatcher.topics())
        pending = any(each.get("reservation_status") == "pending" for each in present)
        self._apply_connect_activity(is_pending=pending)
        for payload in self._reservations.hidden(present):
            self._show(payload)
        self._queue_missed(missed)

    def _read_again(self) -> None:
        """Read the state once more, when what a list lacked must be there."""
        may_lag = self._may_lag or self._values.is_in_doubt
        if may_lag and self._is_settled and not self._is_reading:
            self._read_state()

    def _handle_channels(self, found: Any) -> None:
        if found is None:
            return
        if isinstance(found, TaskRouterError):
            if may_pass(found) or self._may_renew(found):
                self._retry("channels", self._read_channels, found)
                self._handle_error(found)
            elif not self._retry_when_valid("channels", self._read_channels, found):
                self._may_read_channels = False
                self._log.info(
                    "%s: the channels could not be read: %s", self._sid, found
                )
            return
        self._succeeded("channels")
        for payload in found:
            self._emit_missed_values(payload, may_lag=True)

    def _read_channels(self) -> None:
        self._read("Channels", None, self._handle_channels)

    def _emit_missed_values(self, payload: Any, *, may_lag: bool = False) -> None:
        """Emit the changes that were missed; they are shown already."""
        queued = self._dispatcher.topics()
        for event in self._values.missed(payload, queued, may_lag=may_lag):
            self._log.debug("%s: missed %s", self._sid, event)
            super()._handle_event(Event(event, payload))

    def _queue_missed(self, missed: list[Missed]) -> None:
        """Emit reservation events that were missed, each with its task."""
        for event, payload in reversed(missed):
            run = partial(self._emit_missed_event, event, payload)
            self._fetch_task(payload, run)

    def _fetch_task(
        self, reservation: Mapping[str, Any], run: Callable[[Any], None]
    ) -> None:
        task = f"{self._session.workspace_url}/Tasks/{reservation.get('task_sid')}"
        self._fetch_then((partial(self._session.fetch, task),), run, first=True)

    def _emit_missed_event(
        self, event: str, payload: Mapping[str, Any], task: Any
    ) -> None:
        sid = payload["sid"]
        if not self._reservations.is_news(event, sid):
            return
        reservation = self._session.build(payload)
        if not isinstance(reservation, Reservation):
            reservation = self._bare_reservation(sid, payload.get("task_sid"))
        loaded = self._build(task)
        if isinstance(loaded, Task):
            reservation._set_task(loaded)
        self._log.debug("%s: missed %s", self._sid, event)
        how = {"synced": True, "concluded": "reservation_status" not in payload}
        self._emit_reservation(event, sid, reservation, **how)

    # What existed before the client: read once, when somebody asks, or at the first
    # heartbeat where the clocks leave it open. From then on what is unknown is new.

    def _learn(self) -> None:
        if self._is_settled and not self._is_learning:
            self._is_learning = True
            run = partial(self._take_learned, self._opening)
            self._read("Reservations", {"PageSize": 1000}, run)

    def _take_learned(self, opening: object, found: Any) -> None:
        # Refused, it is not asked for again.
        failed = found is None or isinstance(found, TaskRouterError)
        self._is_learning = isinstance(found, TaskRouterError) and not may_pass(found)
        if failed or self._is_behind or opening is not self._newest_opening:
            return
        late: list[Missed] = []
        for payload in self._reservations.learn(found, self._dispatcher.topics()):
            if payload["reservation_status"] == "pending":
                late.append((_CREATED, payload))
            else:
                self._show(payload)
        self._queue_missed(late)

    def _show(self, payload: Mapping[str, Any]) -> None:
        """Have a reservation among the open ones, with its task, without an event."""
        self._fetch_task(payload, partial(self._show_with, payload))

    def _show_with(self, payload: Mapping[str, Any], task: Any) -> None:
        reservation, loaded = self._session.build(payload), self._build(task)
        if isinstance(reservation, Reservation):
            if isinstance(loaded, Task):
                reservation._set_task(loaded)
            self._reservations.open_known(reservation)

    def _read(
        self, name: str, params: Mapping[str, Any] | None, run: Callable[..., None]
    ) -> None:
        """Read all pages of one of the worker's lists, before everything that waits."""
        self._fetch_then((partial(self._start_read, name, params),), run, first=True)

    def _start_read(self, name: str, params: Mapping[str, Any] | None) -> Future[Any]:
        url = f"{self._url}/{name}"
        return self._until_lost(self._session.fetch_pages(url, name.lower(), params))


def _sids_of(event: Event) -> tuple[str, str]:
    """Give the sids of the task and the reservation that an event is about."""
    payload = event.payload
    if not isinstance(payload, dict):
        raise InvalidResponse(f"A {event.type} frame has no payload")
    task_sid, sid = payload.get("sid"), payload.get("reservation_sid")
    if sid is None and str(task_sid).startswith("WR"):
        # It carries the reservation, not its task.
        sid, task_sid = task_sid, payload.get("task_sid", payload.get("taskSid"))
    if not isinstance(task_sid, str) or not isinstance(sid, str):
        raise InvalidResponse(f"A {event.type} frame has no reservation sid")
    return task_sid, sid


def _activity(name: str, value: Any) -> str | None:
    """Refuse a sid that is not text: it would be sent as something else."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be a sid, not {type(value).__name__}")
    if not value.isprintable():
        # Half of a surrogate pair can't be sent at all.
        raise ArgumentError(f"{name} must be a sid, not {quoted(value)}")
    return plain_text(value)


def _warn(words: str) -> None:
    warnings.warn(words, DeprecationWarning, stacklevel=3)
