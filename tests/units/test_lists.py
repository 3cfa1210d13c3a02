"""Lists: one page of resources, what can be asked of them, and the other pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from taskrouter_sync.errors import ArgumentError, HttpError, InvalidResponse

from ..support.recording_session import WA, WK, WORKSPACE, RecordingSession


def page(
    number: int, *, following: bool = False, preceding: bool = False
) -> dict[str, Any]:
    """A page of two workers, as the service sends it."""

    def url(other: int) -> str:
        return f"{WORKSPACE}/Workers?PageSize=2&Page={other}"

    return {
        "meta": {
            "key": "workers",
            "page": number,
            "page_size": 2,
            "url": url(number),
            "next_page_url": url(number + 1) if following else None,
            "previous_page_url": url(number - 1) if preceding else None,
        },
        "workers": [{"sid": f"WK{number}{place}"} for place in "ab"],
    }


@pytest.fixture
def workers(session: RecordingSession) -> Any:
    """The first of three pages."""
    for number in (1, 2):
        reply = page(number, following=number < 2, preceding=True)
        session.reply(f"GET /Workers?PageSize=2&Page={number}", reply)
    return session.make(page(0, following=True), f"{WORKSPACE}/Workers")


class TestPage:
    def test_it_tells_where_it_is(self, workers: Any) -> None:
        assert workers.page == 0
        assert workers.pageSize == workers.page_size == 2
        assert workers.hasNext is workers.has_next is True
        assert workers.hasPrevious is workers.has_previous is False

    def test_it_holds_its_items(self, workers: Any) -> None:
        assert [worker.sid for worker in workers.data] == ["WK0a", "WK0b"]

    def test_it_is_a_sequence_of_its_items(self, workers: Any) -> None:
        assert issubclass(type(workers), Sequence)
        assert list(workers) == workers.data
        assert workers[0] is workers.data[0]
        assert workers[-1:] == workers.data[1:]
        assert len(workers) == 2
        assert workers.data[1] in workers

    def test_an_empty_one_is_true_as_in_javascript(
        self, session: RecordingSession
    ) -> None:
        empty = session.make({"meta": {"key": "workers"}, "workers": []})
        assert empty
        assert len(empty) == 0
        assert (empty.page, empty.pageSize) == (None, None)
        assert not empty.hasNext

    def test_it_shows_itself(self, workers: Any) -> None:
        assert repr(workers) == "<WorkerList page=0 items=2, more follow>"


class TestPages:
    @pytest.mark.parametrize(
        ("way", "start", "number"), [("next", 0, 1), ("previous", 2, 1)]
    )
    def test_from_page_to_page(
        self, session: RecordingSession, workers: Any, way: str, start: int, number: int
    ) -> None:
        here = workers.next().next() if start else workers
        session.requests.clear()
        turned = getattr(here, way)()
        assert turned.page == number
        assert session.requests == [("GET", f"/Workers?PageSize=2&Page={number}", None)]

    def test_a_page_is_asked_for_where_the_list_is(
        self, session: RecordingSession, workers: Any
    ) -> None:
        session.reply(f"GET /Workers/{WK}", {"sid": WK})
        assert workers.next().fetch(WK).sid == WK

    def test_a_callback_gets_the_page(self, workers: Any) -> None:
        pages: list[Any] = []
        assert workers.next(lambda error, found: pages.append((error, found))) is None
        assert [(error, found.page) for error, found in pages] == [(None, 1)]

    @pytest.mark.parametrize("way", ["next", "previous"])
    def test_where_there_is_no_page_nothing_is_asked_for(
        self, session: RecordingSession, way: str
    ) -> None:
        calls: list[Any] = []
        alone = session.make(page(0))
        with pytest.raises(LookupError, match=f"workerList.{way}: there is no {way}"):
            getattr(alone, way)(lambda *outcome: calls.append(outcome))
        assert calls == session.requests == []

    def test_all_walks_the_pages(self, workers: Any) -> None:
        assert [worker.sid for worker in workers.all()] == [
            f"WK{number}{place}" for number in range(3) for place in "ab"
        ]

    def test_all_gives_them_to_a_callback(self, workers: Any) -> None:
        outcomes: list[Any] = []
        workers.all(lambda error, found: outcomes.append((error, len(found))))
        assert outcomes == [(None, 6)]

    def test_all_gives_a_callback_the_error_of_a_page(
        self, session: RecordingSession, workers: Any
    ) -> None:
        outcomes: list[Any] = []
        error = HttpError(500, "Oops")
        session.reply("GET /Workers?PageSize=2&Page=2", error)
        workers.all(lambda *outcome: outcomes.append(outcome))
        assert outcomes == [(error, None)]

    @pytest.mark.parametrize("method", ["iter_all", "iterAll"])
    def test_a_page_is_fetched_when_the_walk_gets_there(
        self, session: RecordingSession, workers: Any, method: str
    ) -> None:
        walk = getattr(workers, method)()
        for _ in range(2):
            next(walk)
        assert session.requests == []
        next(walk)
        assert len(session.requests) == 1

    @pytest.mark.parametrize("first", [{}, {"url": None, "page": None}])
    def test_a_walk_ends_where_a_page_names_one_that_came(
        self, session: RecordingSession, first: dict[str, Any]
    ) -> None:
        here = page(0, following=True)
        here["meta"] |= {"next_page_url": f"{WORKSPACE}/Workers?Page=9", **first}
        session.reply("GET /Workers?Page=9", here)
        walk = session.make(here, f"{WORKSPACE}/Workers").iter_all()
        with pytest.raises(InvalidResponse, match="next page is one that came already"):
            for count, _ in enumerate(walk):
                assert count < 10
        assert len(session.requests) == 1

    def test_a_next_page_that_is_no_list_is_invalid(
        self, session: RecordingSession, workers: Any
    ) -> None:
        session.reply("GET /Workers?PageSize=2&Page=1", {"sid": WK})
        with pytest.raises(InvalidResponse, match="next page is no list"):
            workers.all()

    @pytest.mark.parametrize("url", [None, "", 5, {}, []])
    def test_what_is_no_url_is_no_page(
        self, session: RecordingSession, url: Any
    ) -> None:
        odd = page(0)
        odd["meta"] |= {"next_page_url": url, "page": url}
        found = session.make(odd)
        assert not found.has_next
        assert len(found.all()) == 2


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[str, str, Any]]] = [
    # Method, arguments, keywords; the request.
    ("fetch", (), {}, ("GET", "/Workers", None)),
    ("fetch", (None,), {}, ("GET", "/Workers", None)),
    ("fetch", (WK,), {}, ("GET", f"/Workers/{WK}", None)),
    (
        "fetch",
        ({"Available": "true"},),
        {},
        ("GET", "/Workers", {"Available": "true"}),
    ),
    (
        "fetch",
        (),
        {"friendly_name": "Ann"},
        ("GET", "/Workers", {"FriendlyName": "Ann"}),
    ),
    (
        "create",
        ({"FriendlyName": "Ann", "Attributes": {"a": 1}},),
        {},
        ("POST", "/Workers", {"FriendlyName": "Ann", "Attributes": '{"a":1}'}),
    ),
    (
        "create",
        (),
        {"friendly_name": "Ann"},
        ("POST", "/Workers", {"FriendlyName": "Ann"}),
    ),
    (
        "update",
        (WK, "ActivitySid", WA),
        {},
        ("POST", f"/Workers/{WK}", {"ActivitySid": WA}),
    ),
    (
        "update",
        (WK, {"ActivitySid": WA}),
        {},
        ("POST", f"/Workers/{WK}", {"ActivitySid": WA}),
    ),
    (
        "update",
        (WK,),
        {"activity_sid": WA},
        ("POST", f"/Workers/{WK}", {"ActivitySid": WA}),
    ),
    ("delete", (WK,), {}, ("DELETE", f"/Workers/{WK}", None)),
]


@pytest.mark.parametrize(("method", "args", "keywords", "request_made"), CALLS)
def test_what_a_call_asks_for(
    session: RecordingSession,
    workers: Any,
    method: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    request_made: tuple[str, str, Any],
) -> None:
    verb, path, _ = request_made
    session.reply(f"{verb} {path}", None if verb == "DELETE" else {"sid": WK})
    found = getattr(workers, method)(*args, **keywords)
    assert session.requests == [request_made]
    assert found is None if verb == "DELETE" else found.sid == WK


@pytest.mark.parametrize(("method", "args", "keywords", "request_made"), CALLS)
@pytest.mark.parametrize("fails", [False, True])
def test_a_callback_gets_the_outcome(
    session: RecordingSession,
    workers: Any,
    method: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    request_made: tuple[str, str, Any],
    fails: bool,
) -> None:
    outcomes: list[Any] = []
    verb, path, _ = request_made
    worker = None if verb == "DELETE" else {"sid": WK}
    error = HttpError(403, "Forbidden")
    session.reply(f"{verb} {path}", error if fails else worker)
    assert (
        getattr(workers, method)(
            *args, **keywords, cb=lambda *outcome: outcomes.append(outcome)
        )
        is None
    )
    assert outcomes == [(error, None) if fails else (None, session.make(worker))]


WRONG: list[tuple[str, tuple[Any, ...], str]] = [
    ("fetch", ("",), "must be a dict of parameters or a sid, not str ''"),
    ("fetch", (5,), "must be a dict of parameters or a sid, not int"),
    ("fetch", ("..",), "sid must be a sid, .* not '..'"),
    ("update", ("WK1/x", "A", "b"), "sid must be a sid, .* not 'WK1/x'"),
    ("delete", ("?a=b",), "sid must be a sid, .* not"),
    ("create", (), "expected a dict of parameters, got nothing"),
    ("create", (WK,), "expected a dict of parameters, got str"),
    ("update", ("ActivitySid", WA), "the sid must come first.*; got str, str"),
    ("update", ({"ActivitySid": WA},), "the sid must come first"),
    ("update", (WK,), "expected a name and a value, or a dict"),
    ("update", ("", "ActivitySid", WA), "the sid must come first"),
    ("delete", (), "sid is required"),
    ("delete", (5,), "sid must be str, not int"),
    ("next", (5,), "takes 0 values and a callback, not 1"),
    ("all", (5,), "takes 0 values and a callback, not 1"),
]


@pytest.mark.parametrize(("method", "args", "words"), WRONG)
def test_a_wrong_call_asks_for_nothing(
    session: RecordingSession,
    workers: Any,
    method: str,
    args: tuple[Any, ...],
    words: str,
) -> None:
    with pytest.raises(ArgumentError, match=f"^workerList.{method}: .*{words}"):
        getattr(workers, method)(*args)
    assert session.requests == []


def test_a_list_has_the_statistics_of_its_items(
    session: RecordingSession, workers: Any
) -> None:
    session.reply(
        "GET /Workers/CumulativeStatistics",
        {"meta": {"key": "workers_statistics"}, "workers_statistics": [{"a_b": 1}]},
    )
    assert workers.cumulativeStats.fetch() == [{"aB": 1}]


def test_a_token_is_the_clients(session: RecordingSession, workers: Any) -> None:
    workers.updateToken("one")
    workers.update_token("two")
    assert session.tokens == ["one", "two"]
