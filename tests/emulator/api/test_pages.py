"""Lists come in pages that neither skip nor repeat."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.emulator import ServiceError
from taskrouter_sync.emulator.api.pages import page
from taskrouter_sync.emulator.api.requests import Parameters


URL = "http://127.0.0.1:8123/v1/Workspaces"


def get(numbers: list[int], url: str, keep: set[int] | None = None) -> Any:
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return page(
        "workspaces",
        [
            SimpleNamespace(sid=str(number), number=number, date_created=number)
            for number in numbers
        ],
        lambda item: keep is None or item.number in keep,
        lambda item: {"sid": item.number},
        Parameters(query),
        URL,
    )


def sids(body: Any) -> list[int]:
    return [item["sid"] for item in body["workspaces"]]


def test_an_empty_list_is_a_page_without_neighbors() -> None:
    assert get([], URL) == {
        "meta": {
            "page": 0,
            "page_size": 50,
            "first_page_url": f"{URL}?PageSize=50&Page=0",
            "previous_page_url": None,
            "url": f"{URL}?PageSize=50&Page=0",
            "next_page_url": None,
            "key": "workspaces",
        },
        "workspaces": [],
    }


def test_the_urls_of_a_page_keep_the_filters() -> None:
    meta = get([1, 2], f"{URL}?FriendlyName=a+b&PageSize=1")["meta"]
    assert meta["first_page_url"] == f"{URL}?FriendlyName=a+b&PageSize=1&Page=0"
    assert meta["next_page_url"] == (
        f"{URL}?FriendlyName=a+b&PageSize=1&Page=1&PageToken=PA1.2.1"
    )


@given(
    items=st.lists(st.integers(0, 99), unique=True),
    size=st.integers(1, 7),
    data=st.data(),
)
def test_a_walk_sees_each_item_once_and_back_again(
    items: list[int], size: int, data: st.DataObject
) -> None:
    keep = data.draw(st.sets(st.sampled_from(items))) if items else set()
    wanted = [item for item in items if item in keep]
    body = get(items, f"{URL}?PageSize={size}", keep)
    forward = [sids(body)]
    while body["meta"]["next_page_url"]:
        body = get(items, body["meta"]["next_page_url"], keep)
        forward.append(sids(body))
    assert [item for part in forward for item in part] == wanted
    backward = [sids(body)]
    while body["meta"]["previous_page_url"]:
        body = get(items, body["meta"]["previous_page_url"], keep)
        backward.insert(0, sids(body))
    assert backward == forward
    assert body["meta"]["page"] == 0


def test_a_walk_goes_on_where_items_no_longer_match() -> None:
    """A program that completes tasks while it reads the pending ones sees all."""
    items = [1, 2, 3, 4]
    first = get(items, f"{URL}?PageSize=2")
    second = get(items, first["meta"]["next_page_url"], keep={3, 4})
    assert sids(second) == [3, 4]


def test_a_walk_goes_on_where_items_come_in_front() -> None:
    first = get([2, 1], f"{URL}?PageSize=1")
    assert sids(get([3, 2, 1], first["meta"]["next_page_url"])) == [1]


@pytest.mark.parametrize("gone", [{2}, {3}, {1, 2}, {2, 3}, {1, 2, 3, 4}])
def test_a_walk_goes_on_where_items_are_gone(gone: set[int]) -> None:
    """A program that deletes what it reads sees all."""
    first = get([1, 2, 3, 4, 5], f"{URL}?PageSize=2")
    left = [number for number in (3, 4, 5) if number not in gone]
    second = get([1, 2, 3, 4, 5], first["meta"]["next_page_url"])
    rest = [number for number in (1, 2, 3, 4, 5) if number not in gone]
    assert sids(get(rest, first["meta"]["next_page_url"])) == left[:2]
    back = [number for number in (1, 2) if number not in gone]
    assert sids(get(rest, second["meta"]["previous_page_url"])) == back


def test_a_walk_in_another_order_ends_where_its_items_are_gone() -> None:
    first = get([3, 2, 1], f"{URL}?PageSize=1&Ordering=Number:desc")
    url = first["meta"]["next_page_url"]
    assert sids(get([2, 1], url)) == [2]
    with pytest.raises(ServiceError, match="names an item that was deleted"):
        get([1], url)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_page_has_up_to_1000_items(size: int) -> None:
    assert len(sids(get(list(range(1001)), f"{URL}?PageSize={size}"))) == size


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("PageSize=0", 20001),
        ("PageSize=1001", 20001),
        ("PageSize=many", 20001),
        ("Page=-1", 20001),
        ("Page=1", 40153),
        ("Page=1&PageToken=PA99", 20001),
        ("Page=1&PageToken=PA99.98.", 20001),
        ("Page=1&PageToken=PA99.98.second", 20001),
        ("Page=1&PageToken=nonsense", 20001),
    ],
)
def test_a_page_that_cannot_be_is_refused(query: str, code: int) -> None:
    with pytest.raises(ServiceError) as refused:
        get([1, 2], f"{URL}?{query}")
    assert (refused.value.status, refused.value.code) == (400, code)
