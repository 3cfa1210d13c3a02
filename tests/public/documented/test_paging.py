"""The documented lines of a list: its page, and the way to the others."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.outcome import Outcome
from .conftest import OpenWorker, OpenWorkspace
from .held import Held


@pytest.fixture(params=["worker", "workspace"])
def activities(
    request: pytest.FixtureRequest,
    worker_with: OpenWorker,
    workspace_with: OpenWorkspace,
) -> Any:
    """The first page of two, with two activities each."""
    if request.param == "worker":
        client: Any = worker_with("fetch_activities")
    else:
        client = workspace_with("fetch_subresources")
    return client.activities.fetch({"PageSize": "2"})


@pytest.fixture
def sids(held: Held) -> list[str]:
    """All activities in the service's order."""
    return list(held.all("activities"))


def test_a_page(activities: Any, sids: list[str]) -> None:
    assert [activity.sid for activity in activities.data] == sids[:2]
    assert (activities.page, activities.pageSize) == (0, 2)
    assert (activities.hasNext, activities.hasPrevious) == (True, False)


def test_next(activities: Any, sids: list[str], outcome: Outcome) -> None:
    activities.next(outcome.callback)
    second = outcome.result
    assert [activity.sid for activity in second.data] == sids[2:]
    assert (second.page, second.hasNext, second.hasPrevious) == (1, False, True)


def test_previous(activities: Any, sids: list[str], outcome: Outcome) -> None:
    activities.next().previous(outcome.callback)
    first = outcome.result
    assert [activity.sid for activity in first.data] == sids[:2]
    assert (first.page, first.hasNext, first.hasPrevious) == (0, True, False)


@pytest.mark.parametrize("way", ["next", "previous"])
def test_where_there_is_no_page(
    activities: Any, held: Held, outcome: Outcome, way: str
) -> None:
    page = activities.next() if way == "next" else activities
    asked = len(held.sent("GET"))
    with pytest.raises(LookupError, match=f"there is no {way} page"):
        getattr(page, way)(outcome.callback)
    assert outcome.calls == []
    of_lists = [path for path, _ in held.sent("GET")[asked:] if "Activities" in path]
    assert of_lists == []


def test_a_page_is_iterated(activities: Any, sids: list[str]) -> None:
    """This page's items, and no more."""
    assert [activity.sid for activity in activities] == sids[:2]


def test_all(activities: Any, sids: list[str], outcome: Outcome) -> None:
    activities.all(outcome.callback)
    assert [activity.sid for activity in outcome.result] == sids
    assert activities.all() == outcome.result


@pytest.mark.parametrize("method", ["iterAll", "iter_all"])
def test_iter_all(activities: Any, sids: list[str], method: str) -> None:
    assert [activity.sid for activity in getattr(activities, method)()] == sids


def test_a_page_is_a_list_of_the_same_things(
    activities: Any, sids: list[str], outcome: Outcome
) -> None:
    """What was fetched can be asked as ``worker.activities`` itself."""
    second = activities.next()
    second.fetch({"Available": "true"}, outcome.callback)
    assert [each.friendlyName for each in outcome.result] == ["Available"]
    assert [each.sid for each in second.fetch()] == sids
