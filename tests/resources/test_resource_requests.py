"""Resources: what fetch, update and delete ask for, and who gets the outcome."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.errors import ArgumentError, HttpError, TaskRouterError
from taskrouter_sync.resources.base import deliver

from .session import WK, WORKER, RecordingSession


Outcome = list[tuple[Any, ...]]


class TestRequests:
    def test_fetch_brings_a_new_resource_and_leaves_this_one(
        self, session: RecordingSession, worker: Any
    ) -> None:
        session.reply(f"GET /Workers/{WK}", {**WORKER, "friendly_name": "Bea"})
        fetched = worker.fetch()
        assert fetched.friendlyName == "Bea"
        assert worker.friendlyName == "Ann"
        assert session.requests == [("GET", f"/Workers/{WK}", None)]

    @pytest.mark.parametrize(
        ("args", "keywords", "params"),
        [
            (("FriendlyName", "Bea"), {}, {"FriendlyName": "Bea"}),
            (({"FriendlyName": "Bea"},), {}, {"FriendlyName": "Bea"}),
            (({"Attributes": {"a": [1]}},), {}, {"Attributes": '{"a":[1]}'}),
            (({},), {}, {}),
            ((WK, "FriendlyName", "Bea"), {}, {"FriendlyName": "Bea"}),
            ((WK, {"FriendlyName": "Bea"}), {}, {"FriendlyName": "Bea"}),
            ((), {"friendly_name": "Bea"}, {"FriendlyName": "Bea"}),
        ],
    )
    def test_update_sends_what_is_given(
        self,
        session: RecordingSession,
        worker: Any,
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        params: dict[str, Any],
    ) -> None:
        session.reply(f"POST /Workers/{WK}", {**WORKER, "friendly_name": "Bea"})
        updated = worker.update(*args, **keywords)
        assert updated.friendlyName == "Bea"
        assert session.requests == [("POST", f"/Workers/{WK}", params)]

    def test_an_updated_resource_shows_it_before_the_callback(
        self, session: RecordingSession, worker: Any
    ) -> None:
        shown = []
        session.reply(f"POST /Workers/{WK}", {"sid": WK, "friendly_name": "Bea"})
        worker.update(
            "FriendlyName", "Bea", lambda error, _: shown.append(worker.friendlyName)
        )
        assert shown == ["Bea"]
        # What the service did not mention stays.
        assert worker.activityName == "Idle"

    def test_an_answer_that_was_overtaken_takes_nothing_back(
        self, session: RecordingSession, worker: Any
    ) -> None:
        for name, date in [("Bea", 1500000002), ("Cid", "2017-07-14T02:40:01Z")]:
            answer = {"sid": WK, "friendly_name": name, "date_updated": date}
            session.reply(f"POST /Workers/{WK}", answer)
            assert worker.update("FriendlyName", name).friendlyName == name
        assert worker.friendlyName == "Bea"

    @pytest.mark.parametrize("payload", [None, 5, [1], "text"])
    def test_an_update_answered_without_an_object_changes_nothing(
        self, session: RecordingSession, worker: Any, payload: Any
    ) -> None:
        session.reply(f"POST /Workers/{WK}", payload)
        assert worker.update("FriendlyName", "Bea") == payload
        assert worker.friendlyName == "Ann"

    @pytest.mark.parametrize("sid", ["WK2", "", "FriendlyName"])
    def test_an_update_of_another_sid_is_refused(
        self, session: RecordingSession, worker: Any, sid: str
    ) -> None:
        with pytest.raises(ValueError, match=f"{sid!r} is not the sid of this worker"):
            worker.update(sid, "FriendlyName", "Bea")
        assert session.requests == []

    def test_delete_has_no_result(self, session: RecordingSession, worker: Any) -> None:
        session.reply(f"DELETE /Workers/{WK}", None)
        assert worker.delete() is None
        assert session.requests == [("DELETE", f"/Workers/{WK}", None)]

    def test_a_token_is_the_clients(
        self, session: RecordingSession, worker: Any
    ) -> None:
        worker.updateToken("one")
        worker.update_token("two")
        worker.activity.updateToken("three")
        assert session.tokens == ["one", "two", "three"]

    @pytest.mark.parametrize(
        ("method", "args"),
        [
            ("fetch", (5,)),
            ("fetch", ("WK1",)),
            ("update", ()),
            ("update", ("FriendlyName",)),
            ("delete", (5,)),
        ],
    )
    def test_a_wrong_call_asks_for_nothing(
        self,
        session: RecordingSession,
        worker: Any,
        method: str,
        args: tuple[Any, ...],
    ) -> None:
        with pytest.raises(ArgumentError, match=f"worker.{method}: "):
            getattr(worker, method)(*args)
        assert session.requests == []

    CALLS = pytest.mark.parametrize(
        ("request_line", "method", "args"),
        [
            (f"GET /Workers/{WK}", "fetch", ()),
            (f"POST /Workers/{WK}", "update", ("FriendlyName", "Bea")),
            (f"DELETE /Workers/{WK}", "delete", ()),
        ],
    )

    @CALLS
    def test_a_callback_gets_the_result(
        self,
        session: RecordingSession,
        worker: Any,
        request_line: str,
        method: str,
        args: tuple[Any, ...],
    ) -> None:
        outcomes: Outcome = []
        reply = None if method == "delete" else WORKER
        session.reply(request_line, reply)
        returned = getattr(worker, method)(*args, lambda *got: outcomes.append(got))
        assert returned is None
        assert outcomes == [(None, None if method == "delete" else worker)]

    @CALLS
    def test_a_callback_gets_the_error(
        self,
        session: RecordingSession,
        worker: Any,
        request_line: str,
        method: str,
        args: tuple[Any, ...],
    ) -> None:
        outcomes: Outcome = []
        error = HttpError(403, "Forbidden")
        session.reply(request_line, error)
        getattr(worker, method)(*args, lambda *got: outcomes.append(got))
        assert outcomes == [(error, None)]

    @CALLS
    def test_without_a_callback_the_error_is_raised(
        self,
        session: RecordingSession,
        worker: Any,
        request_line: str,
        method: str,
        args: tuple[Any, ...],
    ) -> None:
        session.reply(request_line, HttpError(403, "Forbidden"))
        with pytest.raises(HttpError, match="403 Forbidden"):
            getattr(worker, method)(*args)


class TestDeliver:
    """The outcome of a request reaches the callback or the caller, once."""

    @pytest.mark.parametrize("error", [None, HttpError(500, "Oops")])
    def test_what_a_callback_raises_reaches_the_caller(
        self, error: TaskRouterError | None
    ) -> None:
        calls: Outcome = []

        def request() -> str:
            if error is not None:
                raise error
            return "result"

        def broken(*outcome: Any) -> None:
            calls.append(outcome)
            raise HttpError(404, "the callback's own")

        with pytest.raises(HttpError, match="the callback's own") as caught:
            deliver(request, broken)
        assert len(calls) == 1
        assert caught.value.__context__ is None

    def test_a_callback_may_take_less(self) -> None:
        calls: Outcome = []
        deliver(lambda: "result", lambda: calls.append(()))
        deliver(lambda: "result", lambda error: calls.append((error,)))
        assert calls == [(), (None,)]

    def test_a_mistake_of_ours_is_no_result(self) -> None:
        calls: Outcome = []
        with pytest.raises(ZeroDivisionError):
            deliver(lambda: 1 // 0, lambda *outcome: calls.append(outcome))
        assert calls == []
