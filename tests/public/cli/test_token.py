"""``token``: tokens made, and looked into without showing them."""

from __future__ import annotations

import io
import json
import sys
import time
from typing import Any

import jwt
import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.cli.terminal import moment, span
from taskrouter_sync.cli.token_command import WORKER_PERMISSIONS, lines

from ...strategies import json_values, moderate
from .conftest import Run
from .test_terminal import Screen


def decoded(token: str, account: dict[str, str]) -> dict[str, Any]:
    key = account["TWILIO_AUTH_TOKEN"]
    found: dict[str, Any] = jwt.decode(token.strip(), key, algorithms=["HS256"])
    return found


@pytest.mark.parametrize(
    ("kind", "claim", "variable"),
    [
        ("worker", "worker_sid", "TASKROUTER_WORKER_SID"),
        ("taskqueue", "taskqueue_sid", "TASKROUTER_TASK_QUEUE_SID"),
        ("workspace", "workspace_sid", "TASKROUTER_WORKSPACE_SID"),
    ],
)
def test_a_token_is_the_environments(
    run: Run, account: dict[str, str], kind: str, claim: str, variable: str
) -> None:
    ran = run("token", kind)
    assert (ran.status, ran.err) == (0, "")
    assert decoded(ran.out, account)[claim] == account[variable]


def test_a_sid_on_the_command_line_wins(run: Run, account: dict[str, str]) -> None:
    other = "WK" + "7" * 32
    assert decoded(run("token", "worker", other).out, account)["worker_sid"] == other


@pytest.mark.parametrize(
    ("ttl", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("8h", 28800)]
)
def test_it_lives_as_long_as_is_said(
    run: Run, account: dict[str, str], ttl: str, seconds: int
) -> None:
    before = time.time()
    made = decoded(run("token", "worker", "--ttl", ttl).out, account)
    # In whole seconds.
    assert before - 1 <= made["exp"] - seconds <= time.time() + 1


def methods(made: dict[str, Any]) -> set[str]:
    return {each["method"] for each in made["policies"][2:]}


def test_it_allows_what_is_said_and_no_more(run: Run, account: dict[str, str]) -> None:
    usual = decoded(run("token", "worker").out, account)
    reading = decoded(run("token", "worker", "--read-only").out, account)
    chosen = decoded(
        run("token", "workspace", "--allow", "delete-subresources").out, account
    )
    assert methods(usual) == {"GET", "POST"}
    assert methods(reading) == {"GET"}
    assert methods(chosen) == {"GET", "DELETE"}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", WORKER_PERMISSIONS)
def test_everything_that_can_be_allowed_can_be_asked_for(run: Run, name: str) -> None:
    assert run("token", "worker", "--allow", name).status == 0


@pytest.mark.usefixtures("account")
def test_a_sid_of_the_wrong_kind_is_refused_without_repeating_it(run: Run) -> None:
    ran = run("token", "worker", "my secret")
    assert ran.status == 2
    assert "begins with WK" in ran.err
    assert "my secret" not in ran.err


def test_the_claims_may_be_had_instead(run: Run, account: dict[str, str]) -> None:
    made = json.loads(run("token", "worker", "--json").out)
    assert made["worker_sid"] == account["TASKROUTER_WORKER_SID"]


def test_decoding_shows_what_it_is_for_and_no_secret(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = run("token", "worker").out
    monkeypatch.setattr(sys, "stdin", io.StringIO(token))
    ran = run("token", "--decode")
    assert ran.status == 0
    assert f"worker_sid     {account['TASKROUTER_WORKER_SID']}" in ran.out
    assert "(in 59 min" in ran.out
    assert "allow  POST" in ran.out
    assert "is made with TWILIO_AUTH_TOKEN" in ran.out
    for secret in (*token.strip().split("."), account["TWILIO_AUTH_TOKEN"]):
        assert secret not in ran.out


def test_decoding_tells_a_strange_signature(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "worker").out)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "short")
    assert "is NOT made with TWILIO_AUTH_TOKEN" in run("token", "--decode").out


def test_an_auth_token_may_come_from_a_file(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "worker").out)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", account["TWILIO_AUTH_TOKEN"] + "\r\n")
    assert "is made with TWILIO_AUTH_TOKEN" in run("token", "--decode").out


def test_decoding_asks_nobody_to_type_a_token(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Screen())
    ran = run("token", "--decode")
    assert ran.status == 2
    assert "token --decode < token.txt" in ran.err


def test_decoding_may_give_all_claims(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "worker").out)
    claims_found = json.loads(run("token", "--decode", "--json").out)
    assert claims_found["worker_sid"] == account["TASKROUTER_WORKER_SID"]


def test_decoding_what_is_no_token_fails_without_repeating_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", "eyJhb.secret.part")
    ran = run("token", "--decode")
    assert (ran.status, ran.out) == (1, "")
    assert "JWT" in ran.err
    assert "secret" not in ran.err


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3661, "1 h 1 min"),
        (90000, "1 d 1 h"),
        (86400, "1 d"),
    ],
)
def test_a_span_is_said_in_its_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize("value", [None, "soon", [], 1e30, True])
def test_a_time_that_is_none_is_said_to_be_none(value: Any) -> None:
    words = moment(value, 0)
    assert words.endswith("which is not a valid time") or value is True


names = st.sampled_from(
    ["account_sid", "channel", "exp", "nbf", "policies", "url", "method", "allow"]
)


@given(st.dictionaries(names, json_values(names)))
@moderate
def test_whatever_a_token_claims_is_shown_without_control_codes(
    found: dict[str, Any],
) -> None:
    assert all(line.isprintable() for line in lines(found, 0))
