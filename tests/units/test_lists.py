"""Lists: one page of resources, what can be asked of them, and the other pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from taskrouter_sync.errors import InvalidResponse

from ..support.recording_session import WK, WORKSPACE, WS, RecordingSession


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

    @pytest.mark.parametrize("method", ["all", "iter_all", "iterAll"])
    def test_a_list_that_was_not_fetched_begins_with_its_first_page(
        self, session: RecordingSession, workers: Any, method: str
    ) -> None:
        session.reply("GET /Workers", page(0, following=True))
        unfetched = session.make({"sid": WS}).workers
        found = getattr(unfetched, method)()
        assert len(session.requests) == (3 if method == "all" else 0)
        assert [each.sid for each in found] == [each.sid for each in workers.all()]
        assert session.requests[0] == ("GET", "/Workers", None)

    def test_all_of_a_list_without_items_asks_once(
        self, session: RecordingSession
    ) -> None:
        session.reply("GET /Workers", {"meta": {"key": "workers"}, "workers": []})
        unfetched = session.make({"sid": WS}).workers
        assert unfetched.all() == unfetched.fetch().all() == []
        assert len(session.requests) == 2

    @pytest.mark.parametrize("payload", [None, 5, {"sid": WK}, [{"sid": WK}]])
    def test_a_first_page_that_is_no_list_is_invalid(
        self, session: RecordingSession, payload: Any
    ) -> None:
        session.reply("GET /Workers", payload)
        with pytest.raises(InvalidResponse, match="response is not a list"):
            session.make({"sid": WS}).workers.all()

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
        with pytest.raises(InvalidResponse, match="next page repeats an earlier one"):
            for count, _ in enumerate(walk):
                assert count < 10
        assert len(session.requests) == 1

    def test_a_next_page_that_is_no_list_is_invalid(
        self, session: RecordingSession, workers: Any
    ) -> None:
        session.reply("GET /Workers?PageSize=2&Page=1", {"sid": WK})
        with pytest.raises(InvalidResponse, match="next page is not a list"):
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


def test_a_list_has_the_statistics_of_its_items(
    session: RecordingSession, workers: Any
) -> None:
    session.reply(
        "GET /Workers/CumulativeStatistics",
        {"meta": {"key": "workers_statistics"}, "workers_statistics": [{"a_b": 1}]},
    )
    assert workers.cumulativeStats.fetch() == [{"aB": 1}]
