"""``doctor``: each thing that can be wrong is found, with what to do about it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from taskrouter_sync import HttpError, Worker
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.tokens import read_claims

from ...conftest import SetProxy
from ...support.collector import LIMIT
from ...support.front import Front, front, secure
from .conftest import Run


pytestmark = pytest.mark.usefixtures("account")


def wrong(out: str) -> list[str]:
    """List what was found to be wrong."""
    return [line.split()[1] for line in out.splitlines() if line.startswith("WRONG")]


def looks(out: str) -> list[dict[str, str]]:
    """Parse what was found."""
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("kind", [[], ["worker"], ["taskqueue"], ["workspace"]])
def test_where_all_is_well_it_says_so(run: Run, kind: list[str]) -> None:
    ran = run("doctor", *kind)
    assert wrong(ran.out) == []
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "no problem was found")
    assert "ready" in ran.out


def test_without_a_token_it_says_what_to_set(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in account:
        monkeypatch.delenv(name)
    ran = run("doctor")
    assert (ran.status, wrong(ran.out)) == (1, ["token"])
    assert "→ set TASKROUTER_TOKEN" in ran.out


def test_the_token_alone_needs_no_service(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "workspace").out)
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", "http://nowhere.invalid")
    ran = run("doctor", "--offline")
    assert ran.status == 0
    assert "from TASKROUTER_TOKEN" in ran.out
    assert "DNS" not in ran.out


@pytest.mark.parametrize("kind", ["worker", "taskqueue", "workspace"])
def test_a_token_says_itself_which_client_it_is_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", kind).out)
    ran = run("doctor")
    assert ran.status == 0
    name = {"worker": "Alice", "taskqueue": "Everyone", "workspace": "Emulated"}[kind]
    assert f"ready       {name}" in ran.out


def test_what_is_no_token_is_not_repeated(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", "eyJhb.secret.part")
    ran = run("doctor")
    assert wrong(ran.out) == ["token"]
    assert "secret" not in ran.out


@pytest.mark.parametrize("option", [[], ["--offline"], ["--json"]])
def test_a_time_that_no_clock_has_is_found(
    run: Run,
    account: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    option: list[str],
) -> None:
    claims = {**read_claims(run("token", "worker").out.strip()), "exp": 10**400}
    token = jwt.encode(claims, account["TWILIO_AUTH_TOKEN"])
    monkeypatch.setenv("TASKROUTER_TOKEN", token)
    ran = run("doctor", *option)
    assert (ran.status, ran.err) == (1, "")
    assert "the token has no valid exp" in ran.out


def test_another_accounts_key_is_found_here_and_there(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "worker").out)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    assert wrong(run("doctor").out) == ["signature"]
    monkeypatch.delenv("TASKROUTER_TOKEN")
    ran = run("doctor")
    assert wrong(ran.out) == ["handshake"]
    said = f"probably not the auth token of {account['TWILIO_ACCOUNT_SID']}"
    assert said in ran.out


def test_a_token_that_it_has_made_itself_is_not_called_good(
    run: Run, account: dict[str, str]
) -> None:
    ran = run("doctor", "--offline")
    assert (ran.status, ran.err) == (0, "")
    note, advice, summary = ran.out.splitlines()
    assert note.startswith("note   token       created for the worker WK")
    assert "only the service can tell" in advice
    assert summary == "no problem was found offline"
    for what in ("claims", "times", "signature", "policies"):
        assert what not in run("doctor").out


def test_a_missing_policy_is_found_before_the_service_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "worker", "--read-only").out)
    ran = run("doctor")
    assert ran.status == 0
    assert (
        "note   policies    the token does not allow the client to change the activity"
        in ran.out
    )
    assert "→ create the token with allow_update_activities=True" in ran.out


def test_a_name_without_an_address_is_found(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    ran = run("doctor")
    assert wrong(ran.out) == ["DNS"]
    assert "127.0.0.1 could not be resolved: Name or service not known" in ran.out


def test_a_service_that_is_not_there_is_found(run: Run, emulator: Emulator) -> None:
    emulator.stop()
    assert wrong(run("doctor").out) == ["TCP"]


def test_a_service_without_tls_is_found(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = emulator.event_bridge_url.replace("http:", "https:")
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", secure)
    ran = run("doctor")
    assert wrong(ran.out) == ["TLS"]
    assert "REQUESTS_CA_BUNDLE" in ran.out


@pytest.fixture
def proxy(set_proxy: SetProxy) -> Iterator[Front]:
    """A proxy that the environment names."""
    with front() as made:
        set_proxy(f"http://me:password@127.0.0.1:{made.port}")
        yield made


def test_a_proxy_is_named_without_its_password(run: Run, proxy: Front) -> None:
    ran = run("doctor")
    assert (ran.status, wrong(ran.out)) == (0, [])
    assert f"connected through 127.0.0.1:{proxy.port} to 127.0.0.1" in ran.out
    assert "password" not in ran.out


def test_a_proxy_that_gives_no_tunnel_is_found(run: Run, proxy: Front) -> None:
    # As a proxy may that repeats what it was sent.
    proxy.refusal = b"HTTP/1.1 407 no: Basic bWU6cGFzc3dvcmQ= password\r\n\r\n"
    ran = run("doctor", "--json")
    [refused] = [each for each in looks(ran.out) if each["verdict"] == "wrong"]
    assert refused["what"] == "proxy"
    assert "answered 407 Proxy Authentication Required" in refused["found"]
    assert "password" not in ran.out
    assert "bWU6" not in ran.out


@pytest.mark.parametrize(
    "url",
    [
        "socks5://me:password@127.0.0.1:1",
        "http://me:password@127.0.0.1:port",
        "http://me:pass#word@127.0.0.1:1",
        "http://me:12/pass#word@127.0.0.1:1",
        "http://me:12/password@127.0.0.1:1",
        "http://me:12?password@127.0.0.1:1",
        "http://me:pass word@127.0.0.1:1",
        "http://me:password@",
        "http://me:password@[::1",
    ],
)
def test_a_proxy_that_cannot_be_used_is_found_and_its_variable_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", url)
    ran = run("doctor", "--json")
    [found] = [each for each in looks(ran.out) if each["verdict"] == "wrong"]
    assert found["what"] == "proxy"
    assert found["found"].startswith("HTTP_PROXY is not ")
    # The hint on writing passwords apart.
    for part in ("pass#", "me:", "password@", "pass word", "127.0.0.1:port"):
        assert part not in ran.out
    # Other commands say the same in one line.
    for command in (["listen", "--timeout", "1s"], ["stats", "--once"], ["worker"]):
        ran = run(*command)
        assert (ran.status, ran.out) == (2, "")
        assert f"HTTP_PROXY {found['found'].partition(' ')[2]}\n" in ran.err


@pytest.mark.parametrize(
    "variable", ["TASKROUTER_EVENT_BRIDGE_URL", "TASKROUTER_API_URL"]
)
def test_an_address_that_is_none_is_found_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    passwords = ("secret", "1234#secret", "1234/secret", "1234?secret")
    for url in ("here", *(f"http://me:{each}@127.0.0.1:1" for each in passwords)):
        monkeypatch.setenv(variable, url)
        ran = run("doctor", "--json")
        [found] = [each for each in looks(ran.out) if each["verdict"] == "wrong"]
        assert found["what"] == "addresses"
        assert found["found"].startswith(f"{variable} must be a URL such as ")
        assert "secret" not in ran.out + ran.err
        assert "1234" not in found["found"].replace("http://127.0.0.1:8123", "")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_found(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    emulator: Emulator,
    tmp_path: Path,
    name: str,
    content: str | None,
) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, str(path))
    secure = emulator.event_bridge_url.replace("http:", "https:")
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", secure)
    ran = run("doctor")
    assert wrong(ran.out) == ["TLS"]
    assert str(path) in ran.out
    assert f"correct or unset {name}" in ran.out


@pytest.mark.parametrize("place", ["127.0.0.1", "localhost"])
def test_certificates_are_looked_at(
    run: Run,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    place: str,
) -> None:
    with secure(emulator.event_bridge_url, tmp_path) as (url, bundle):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        url = url.replace("127.0.0.1", place)
        monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", url)
        ran = run("doctor")
    assert wrong(ran.out) == ([] if place == "127.0.0.1" else ["TLS"])
    assert ("ok     TLS         TLSv1." in ran.out) == (place == "127.0.0.1")


@pytest.mark.parametrize(
    ("status", "advice"), [(403, "lacks a policy"), (404, "exists in the account AC")]
)
def test_what_the_service_refuses_is_explained(
    run: Run, emulator: Emulator, status: int, advice: str
) -> None:
    emulator.faults.answer(status, method="GET", times=100)
    ran = run("doctor")
    assert wrong(ran.out) == ["ready"]
    assert advice in ran.out
    assert "ok     handshake" in ran.out


def test_a_refusal_of_ready_that_comes_at_once_is_not_the_handshake_s(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = Worker.on

    def late(worker: Worker, *args: Any) -> Any:
        with pytest.raises(HttpError):
            worker.wait_until_ready(LIMIT)
        return on(worker, *args)

    monkeypatch.setattr(Worker, "on", late)
    emulator.faults.answer(403, method="GET", times=100)
    assert wrong(run("doctor").out) == ["ready"]


def test_json_is_for_programs_and_holds_no_secret(
    run: Run, account: dict[str, str]
) -> None:
    token = run("token", "worker").out.strip()
    ran = run("doctor", "--json")
    assert [each["verdict"] for each in looks(ran.out)][1:] == ["ok"] * 6
    for secret in (account["TWILIO_AUTH_TOKEN"], token.rpartition(".")[2]):
        assert secret not in ran.out
