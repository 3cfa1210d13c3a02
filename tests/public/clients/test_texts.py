"""Texts that become parts of URLs can only be what they are said to be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Any

import jwt
import pytest

from taskrouter_sync import ArgumentError, TokenError, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker
from ...support.center import Center
from ...support.outcome import Outcome


NO_SIDS = (
    "..",
    ".",
    "",
    "a/b",
    "?x=1",
    "WK1#",
    "%2e%2e",
    "WK 1",
    "WK1\n",
    "WKé",
    "../..",
)

CALLS: dict[str, Callable[[Center, str], Any]] = {
    "workers.fetch": lambda center, sid: center.workspace.workers.fetch(sid),
    "workers.fetch by name": lambda center, sid: center.workspace.workers.fetch(
        sid=sid
    ),
    "workers.delete": lambda center, sid: center.workspace.workers.delete(sid),
    "tasks.update": lambda center, sid: center.workspace.tasks.update(sid, {"A": "1"}),
    "workflows.update": lambda center, sid: center.workspace.workflows.update(
        sid, "A", "1"
    ),
    "activities.fetch": lambda center, sid: center.worker.activities.fetch(sid),
    "update_task": lambda center, sid: center.worker.update_task(sid, {"A": "1"}),
    "complete_task": lambda center, sid: center.worker.complete_task(sid),
    "update_activity": lambda center, sid: center.worker.update_activity(sid),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_no_sid_is_refused_before_anything_is_sent(
    center: Center, name: str
) -> None:
    for client in (center.worker, center.workspace):
        client.wait_until_ready(5)
    before = len(center.sent())
    for sid in NO_SIDS:
        with pytest.raises((ArgumentError, ValueError)):
            CALLS[name](center, sid)
    assert len(center.sent()) == before


@pytest.mark.parametrize(
    "region",
    [
        "x@evil.example/?",
        "a.b",
        "a/b",
        "ie1 ",
        "ie1:80",
        "ie1#",
        "é",
        5,
        "a\n",
        "-",
        "a-",
        "a" * 64,
    ],
)
def test_a_region_is_a_name(worker_token: MintToken, region: Any) -> None:
    with pytest.raises(ArgumentError):
        Worker(worker_token(), region=region)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h",
        "h:80",
        "http://",
        "http:///v1",
        "http://h:port",
        "http://h?x=1",
        "http://h/#f",
        "http://Al:secret@h",
        "http://Al:1234/secret@h",
        r"http://localhost\.good.example",
        "http://%6cocalhost",
        "http://h;secret@",
        "http://h|",
        "http://h/v1/../v2",
        "http://h/%2e%2e",
        "http://h /",
        "http://[::1",
        "http://h\n",
        "http://h" + "x" * 300 + ".example",
        f"http://{'x' * 70}.com",
        "http://a..com",
        b"http://h",
        7,
    ],
)
@pytest.mark.parametrize("which", ["api_base_url", "event_bridge_base_url"])
def test_a_base_url_is_a_url_of_http(
    worker_token: MintToken, which: str, url: Any
) -> None:
    if url == "http://h\n":
        Worker(worker_token(), **{which: url}, daemon=True).close()
        return
    with pytest.raises((ValueError, ArgumentError)) as raised:
        Worker(worker_token(), **{which: url})
    assert which in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "claim", ["account_sid", "workspace_sid", "worker_sid", "channel"]
)
@pytest.mark.parametrize("value", ["..", "a/b", "WK1?x", "é", "a b", ["WK1"], {}, 5])
def test_a_claim_that_can_t_be_a_sid_is_refused(
    emulator: Emulator, worker_token: MintToken, claim: str, value: Any
) -> None:
    claims = jwt.decode(worker_token(), options={"verify_signature": False})
    token = jwt.encode({**claims, claim: value}, emulator.auth_token)
    with pytest.raises(TokenError, match=claim):
        Worker(token)


def test_a_url_works_however_it_is_written(
    emulator: Emulator, open_worker: OpenWorker
) -> None:
    for url in (emulator.url.replace("http", "HTTP"), f" {emulator.url}/ "):
        worker = open_worker(event_bridge_base_url=url)
        worker.wait_until_ready(5)


def test_a_token_from_a_file_may_end_in_a_newline(
    open_worker: OpenWorker, worker_token: MintToken
) -> None:
    worker = open_worker(f"  {worker_token()}\r\n")
    worker.wait_until_ready(5)


@pytest.mark.parametrize(
    "ask",
    [
        lambda center, *args: center.workspace.workers.fetch(*args),
        lambda center, *args: center.worker.statistics.fetch(*args),
        lambda center, *args: center.worker.activities.fetch(*args),
        lambda center, params, callback: center.worker.fetch_reservations(
            callback, params
        ),
    ],
    ids=["fetch", "statistics", "of a worker", "reservations"],
)
def test_what_a_query_holds_is_sent_as_json_has_it(
    center: Center, outcome: Outcome, ask: Callable[..., Any]
) -> None:
    day = date(2015, 7, 30)
    params = {"Day": day, "A": [day], "B": MappingProxyType({"c": ({"d": day}, 1.0)})}
    ask(center, params, outcome.callback)
    assert len(outcome.calls) == 1
    text = "2015-07-30"
    sent = {"Day": text, "A": [text], "B": {"c": [{"d": text}, 1]}}
    assert center.sent()[-1][2] == sent


@pytest.mark.parametrize(
    ("value", "sent"),
    [(20.0, "20"), (0.5, "0.5"), (True, "true"), (10**20, str(10**20))],
)
def test_numbers_are_sent_as_javascript_writes_them(
    center: Center, value: Any, sent: str
) -> None:
    center.worker.update("FriendlyName", value)
    assert center.sent()[-1][2]["FriendlyName"] == sent
