"""ETag and If-Match: on every operation that is published to have If-Match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator
from tests.emulator.conftest import Desk
from tests.emulator.rest import Rest


TASK = "/Tasks/{task}"
WORKER = "/Workers/{worker}"
OPERATIONS = [
    ("POST", TASK, {"Priority": "7"}),
    ("DELETE", TASK, {}),
    ("POST", WORKER, {"FriendlyName": "Ann"}),
    ("DELETE", WORKER, {}),
    ("POST", f"{TASK}/Reservations/{{reservation}}", {"ReservationStatus": "rejected"}),
    ("POST", f"{WORKER}/Reservations/{{reservation}}", {"Instruction": "accept"}),
    (
        "POST",
        f"{TASK}/Reservations/{{reservation}}",
        {"Instruction": "call", "CallFrom": "+1", "CallUrl": "http://a/"},
    ),
]


class Resources(Rest):
    """A task, its worker, and its reservation."""

    def __init__(self, emulator: Emulator) -> None:
        workspace = emulator.workspace(
            workers={"Alice": {"contact_uri": "client:alice"}},
            worker_activity="Available",
        )
        super().__init__(emulator, workspace.sid)
        task = emulator.create_task()
        [event] = emulator.wait_for_events("reservation.created")
        self._sids = {
            "task": task["sid"],
            "worker": workspace.workers["Alice"],
            "reservation": event.resource_sid,
        }

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return super().ask(method, path.format_map(self._sids), **options)

    def change(
        self, method: str, path: str, data: Mapping[str, str], if_match: str
    ) -> requests.Response:
        headers = {"If-Match": if_match}
        return self.ask(method, path, data=data, headers=headers)

    def etag(self, path: str) -> str:
        etag: str = self.ask("GET", path).headers["ETag"]
        return etag


@pytest.fixture
def rest(emulator: Emulator) -> Resources:
    return Resources(emulator)


@pytest.mark.parametrize(("method", "path", "data"), OPERATIONS)
def test_another_version_is_refused_and_nothing_changes(
    rest: Resources, method: str, path: str, data: Mapping[str, str]
) -> None:
    before = rest.ask("GET", path)
    events = len(rest.emulator.events)
    for stale in ('"99"', "99", '"99", W/"98"', "nonsense"):
        answer = rest.change(method, path, data, stale)
        assert (answer.status_code, answer.json()["code"]) == (412, 20412)
        assert answer.json()["status"] == 412
    after = rest.ask("GET", path)
    assert after.json() == before.json()
    assert after.headers["ETag"] == before.headers["ETag"]
    assert len(rest.emulator.events) == events


# As it is, bare, weak, in a list, any, none.
@pytest.mark.parametrize("form", ['"{}"', "{}", 'W/"{}"', '"99", "{}"', "*", ""])
@pytest.mark.parametrize(("method", "path", "data"), OPERATIONS)
def test_the_present_version_is_taken(
    rest: Resources, method: str, path: str, data: Mapping[str, str], form: str
) -> None:
    if_match = form.format(rest.etag(path).strip('"'))
    answer = rest.change(method, path, data, if_match)
    assert answer.status_code == (204 if method == "DELETE" else 200)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (TASK, {"Priority": "7"}),
        (WORKER, {"FriendlyName": "Ann"}),
        (f"{TASK}/Reservations/{{reservation}}", {"ReservationStatus": "accepted"}),
    ],
)
def test_a_change_makes_another_version(
    rest: Resources, path: str, data: Mapping[str, str]
) -> None:
    before = rest.etag(path)
    changed = rest.post(path, **data).headers["ETag"]
    assert changed != before
    assert rest.etag(path) == changed
    assert rest.change("POST", path, data, before).status_code == 412


def test_what_is_not_there_is_not_found_whatever_the_version(rest: Resources) -> None:
    path = f"/Tasks/{'WT' + '0' * 32}"
    assert rest.change("POST", path, {}, '"99"').status_code == 404


def test_the_event_bridge_passes_the_header_on(desk: Desk) -> None:
    task = desk.emulator.create_task()
    [event] = desk.emulator.wait_for_events("reservation.created")
    path = f"/Tasks/{task['sid']}/Reservations/{event.resource_sid}"

    def accept(etag: str) -> requests.Response:
        headers = {"If-Match": etag}
        return desk.post("POST", path, {"ReservationStatus": "accepted"}, headers)

    assert event.reservation is not None
    etag = f'"{event.reservation.version}"'
    assert accept('"99"').status_code == 412
    accepted = accept(etag)
    assert (accepted.status_code, accepted.headers["ETag"] != etag) == (200, True)
    assert accept(etag).status_code == 412
