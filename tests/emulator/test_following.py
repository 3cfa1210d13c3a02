"""Following what happens in an emulator, as it happens."""

from __future__ import annotations

import queue
from typing import Any

import requests

from taskrouter_sync.emulator import Emulator


LIMIT = 5.0


def test_followers_get_requests_with_their_answers_and_events() -> None:
    entries: queue.Queue[Any] = queue.Queue()
    with Emulator() as emulator:
        emulator.workspace()
        emulator.follow(entries)
        task = emulator.create_task()
        requests.get(f"{emulator.api_base_url}/Workspaces", timeout=LIMIT)
        came = [entries.get(timeout=LIMIT)]
        while not hasattr(came[-1], "status"):
            came.append(entries.get(timeout=LIMIT))
        *events, request = came
        assert "task.created" in [event.event_type for event in events]
        assert {event.workspace_sid for event in events} == {task["workspace_sid"]}
        assert (request.method, request.url, request.status) == (
            "GET",
            "/v1/Workspaces",
            401,
        )


def test_a_follower_who_does_not_read_holds_nothing_up() -> None:
    entries: queue.Queue[Any] = queue.Queue(1)
    with Emulator() as emulator:
        emulator.workspace()
        emulator.follow(entries)
        for _ in range(3):
            emulator.create_task()
        emulator.wait_for_events("task.created", 3)
    assert entries.qsize() == 1
