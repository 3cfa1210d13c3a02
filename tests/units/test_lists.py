"""Lists: what the service's own pages do not show; see `documented/test_pages.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from taskrouter_sync.errors import InvalidResponse

from ..support.recording_session import WK, WORKSPACE, WS, RecordingSession


SECOND = "/Workers?PageSize=2&Page=1"


def page(number: int, **meta: Any) -> dict[str, Any]:
    """A page of two workers, as the service sends it."""
    return {
        "meta": {"key": "workers", "page": number, "page_size": 2, **meta},
        "workers": [{"sid": f"WK{number}{place}"} for place in "ab"],
    }


@pytest.fixture
def unfetched(session: RecordingSession) -> Any:
    """A list of two pages."""
    session.reply("GET /Workers", page(0, next_page_url=f"{WORKSPACE}{SECOND}"))
    session.reply(f"GET {SECOND}", page(1))
    return session.make({"sid": WS}).workers


def test_a_page_is_a_sequence_of_its_items(unfetched: Any) -> None:
    workers = unfetched.fetch()
    assert issubclass(type(workers), Sequence)
    assert list(workers) == workers.data
    assert workers[0] is workers.data[0]
    assert workers[-1:] == workers.data[1:]
    assert len(workers) == 2
    assert workers.data[1] in workers


@pytest.mark.parametrize("method", ["iter_all", "iterAll"])
def test_a_page_is_fetched_when_the_walk_gets_there(
    session: RecordingSession, unfetched: Any, method: str
) -> None:
    walk = getattr(unfetched, method)()
    assert session.requests == []
    for pages in (1, 1, 2, 2):
        next(walk)
        assert len(session.requests) == pages


def test_all_of_a_list_without_items_asks_once(
    session: RecordingSession, unfetched: Any
) -> None:
    session.reply("GET /Workers", {"meta": {"key": "workers"}, "workers": []})
    assert unfetched.all() == unfetched.fetch().all() == []
    assert len(session.requests) == 2


@pytest.mark.parametrize("payload", [None, 5, {"sid": WK}, [{"sid": WK}]])
def test_a_first_page_that_is_no_list_is_invalid(
    session: RecordingSession, unfetched: Any, payload: Any
) -> None:
    session.reply("GET /Workers", payload)
    with pytest.raises(InvalidResponse, match="response is not a list"):
        unfetched.all()


@pytest.mark.parametrize("url", [None, "", 5, {}, []])
def test_what_is_no_url_is_no_page(session: RecordingSession, url: Any) -> None:
    found = session.make(page(0, next_page_url=url, page=url))
    assert not found.has_next
    assert len(found.all()) == 2
