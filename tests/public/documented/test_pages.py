"""The pages of every list: a walk ends, also where the service's pages have no end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import InvalidResponse

from ...support.center import Center
from ...support.outcome import Outcome


LISTS: dict[str, tuple[str, Callable[[Center], Any]]] = {
    "activities": ("/Activities", lambda center: center.workspace.activities.fetch()),
    "workflows": ("/Workflows", lambda center: center.workspace.workflows.fetch()),
    "task_queues": ("/TaskQueues", lambda center: center.workspace.taskqueues.fetch()),
    "workers": ("/Workers", lambda center: center.workspace.workers.fetch()),
    "tasks": ("/Tasks", lambda center: center.workspace.tasks.fetch()),
    "reservations": (
        "/Reservations",
        lambda center: center.worker.fetch_reservations(),
    ),
    "channels": ("/Channels", lambda center: center.worker.fetch_channels()),
    "of a new kind": ("/Activities", lambda center: center.worker.activities.fetch()),
}

# The numbers of the pages that come, as each names the next one, and how many of them
# there are before one comes again.
CIRCLES = {
    "itself": ([0, 0], 1),
    "the one before": ([0, 1, 0, 1], 2),
    "one of long ago": ([0, 1, 2, 3, 1, 2], 4),
}


def page(key: str, number: int, following: int, path: str) -> dict[str, Any]:
    """Make a page as the service does, but for the one that it names as the next."""

    def url(page: int) -> str:
        return f"https://taskrouter.twilio.com/v1/Workspaces/WS1{path}?Page={page}"

    meta = {"key": key, "page": number, "page_size": 1, "url": url(number)}
    meta["next_page_url"] = url(following)
    return {"payload": {"meta": meta, key: [{"sid": f"XX{number}"}]}}


@pytest.mark.parametrize("circle", CIRCLES)
@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("kind", LISTS)
def test_a_walk_ends_where_a_page_names_one_that_came(
    center: Center, kind: str, circle: str, numbered: bool
) -> None:
    """With an error: what follows was not seen, and it is no list without an end."""
    path, fetch = LISTS[kind]
    center.settle(center.worker)  # which reads its reservations at first
    numbers, before = CIRCLES[circle]
    for number, following in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
        body = page(kind.replace(" ", "_"), number, following, path)
        if not numbered:
            del body["payload"]["meta"]["page"], body["payload"]["meta"]["url"]
        center.emulator.faults.answer(200, body, method="GET", url=path)
    found: list[str] = []
    first = fetch(center)
    with pytest.raises(InvalidResponse, match="repeats an earlier one"):
        found.extend(each.sid for each in first.iter_all())
    if numbered:
        assert found == [f"XX{number}" for number in numbers[:before]]
    assert len(found) <= len(numbers)


def test_the_callback_of_all_gets_it(center: Center, outcome: Outcome) -> None:
    body = page("activities", 0, 0, "/Activities")
    center.emulator.faults.answer(200, body, url="/Activities", times=9)
    center.worker.activities.fetch().all(outcome.callback)
    assert isinstance(outcome.error, InvalidResponse)
