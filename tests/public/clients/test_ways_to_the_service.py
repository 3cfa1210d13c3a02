"""Proxies and certificates, as the environment names them, for HTTP and WebSocket."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskrouter_sync import ConnectionFailed, RequestTimeout, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, SetProxy
from ...support.collector import Collector
from ...support.front import Front, front, secure


OpenAt = Callable[[str], Worker]


@pytest.fixture
def open_at(open_worker: OpenWorker) -> OpenAt:
    """Open Alice's client at a URL of the event bridge."""
    return lambda url: open_worker(event_bridge_base_url=url)


@pytest.fixture
def proxy(set_proxy: SetProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """A proxy that the environment names."""
    with front() as made:
        set_proxy(made.url)
        monkeypatch.setenv("HTTPS_PROXY", made.url)
        yield made


def _methods(proxy: Front) -> set[str]:
    return {head.split(" ", 1)[0] for head in proxy.heads}


def test_requests_and_events_go_through_the_proxy(
    emulator: Emulator, proxy: Front, open_at: OpenAt
) -> None:
    worker = open_at(emulator.event_bridge_url)
    came = Collector().listen(worker)
    worker.wait_until_ready(5)
    emulator.create_task()
    came.expect("reservation.created")
    assert _methods(proxy) == {"CONNECT", "POST"}


def test_a_blank_after_the_proxy_s_url_does_not_count(
    emulator: Emulator, proxy: Front, open_at: OpenAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"{proxy.url} ")
    open_at(emulator.event_bridge_url).wait_until_ready(5)
    assert _methods(proxy) == {"CONNECT", "POST"}


def test_no_proxy_names_the_hosts_to_reach_straight(
    emulator: Emulator, proxy: Front, open_at: OpenAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    open_at(emulator.event_bridge_url).wait_until_ready(5)
    assert proxy.heads == []


def test_the_proxy_gets_its_user_and_password(
    emulator: Emulator, proxy: Front, open_at: OpenAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://Al:p%40ss@127.0.0.1:{proxy.port}")
    open_at(emulator.event_bridge_url).wait_until_ready(5)
    assert _methods(proxy) == {"CONNECT", "POST"}
    given = "Proxy-Authorization: Basic QWw6cEBzcw=="
    assert all(given in head for head in proxy.heads)


def test_no_token_is_shown_to_a_proxy_that_makes_a_tunnel(
    emulator: Emulator, proxy: Front, open_at: OpenAt, worker_token: MintToken
) -> None:
    open_at(emulator.event_bridge_url).wait_until_ready(5)
    connects = [head for head in proxy.heads if head.startswith("CONNECT")]
    assert connects
    assert not any("eyJ" in head for head in connects)


@pytest.mark.parametrize(
    "status", ["407 Proxy Authentication Required", "403 Forbidden"]
)
def test_a_proxy_s_refusal_is_trouble_of_the_way_and_not_of_the_token(
    emulator: Emulator, proxy: Front, open_at: OpenAt, status: str
) -> None:
    proxy.refusal = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    worker = open_at(emulator.event_bridge_url)
    came = Collector().listen(worker, "error")
    error = came.expect("error")
    assert isinstance(error, ConnectionFailed)
    assert f"status {status[:3]}" in error.message
    proxy.refusal = None
    worker.connect()
    worker.wait_until_ready(5)


@pytest.mark.parametrize(
    "answer", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 2" + b"0" * 70000 + b"\r\n\r\n"]
)
def test_a_proxy_that_answers_nonsense_is_a_failed_connection(
    emulator: Emulator, proxy: Front, open_at: OpenAt, answer: bytes
) -> None:
    proxy.refusal = answer
    came = Collector().listen(open_at(emulator.event_bridge_url), "error")
    assert isinstance(came.expect("error"), ConnectionFailed)


@pytest.mark.parametrize("scheme", ["socks5", "https"])
def test_a_kind_of_proxy_that_can_t_be_used_is_named(
    emulator: Emulator, open_at: OpenAt, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"{scheme}://Al:secret@127.0.0.1:1")
    with pytest.raises(
        ValueError, match=f"an http:// proxy, not {scheme}://"
    ) as caught:
        open_at(emulator.event_bridge_url)
    assert "secret" not in str(caught.value)


# TLS.


@pytest.fixture
def tls(emulator: Emulator, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The emulator behind a TLS of which no machine knows the authority, and that."""
    with secure(emulator.event_bridge_url, tmp_path) as (url, bundle):
        yield url, Path(bundle)


@pytest.fixture
def bundle(tls: tuple[str, Path]) -> Path:
    """The authority's certificate in a file."""
    return tls[1]


@pytest.fixture
def trusted_url(tls: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The emulator behind a TLS that the environment trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls[1]))
    return tls[0]


def test_the_environment_s_certificates_are_trusted(
    emulator: Emulator, trusted_url: str, open_at: OpenAt
) -> None:
    worker = open_at(trusted_url)
    came = Collector().listen(worker)
    worker.wait_until_ready(5)
    emulator.create_task()
    came.expect("reservation.created")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl names the file")
def test_a_directory_of_certificates_is_trusted(
    trusted_url: str, bundle: Path, open_at: OpenAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(bundle)],
        capture_output=True,
        text=True,
        check=True,
    )
    bundle.rename(bundle.parent / f"{subject.stdout.strip()}.0")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle.parent))
    open_at(trusted_url).wait_until_ready(5)


def test_a_certificate_of_nobody_known_is_refused(
    tls: tuple[str, Path], open_at: OpenAt
) -> None:
    worker = open_at(tls[0])
    came = Collector().listen(worker, "error")
    error = came.expect("error")
    assert isinstance(error, ConnectionFailed)
    assert "the certificate is not trusted" in error.message
    with pytest.raises(ConnectionFailed, match="No secure connection"):
        worker.fetch()


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nno\n", None])
def test_a_bundle_that_can_t_be_used_is_named(
    trusted_url: str,
    bundle: Path,
    open_at: OpenAt,
    monkeypatch: pytest.MonkeyPatch,
    content: str | None,
) -> None:
    trouble = "holds no valid PEM certificates"
    if content is None:
        trouble = "can't be read"
        monkeypatch.setattr(os, "access", lambda *_: False)  # root may read all
    bundle.write_text(content or "")
    words = f"the CA bundle {bundle} {trouble}"
    worker = open_at(trusted_url)
    came = Collector().listen(worker, "error")
    assert words in came.expect("error").message
    with pytest.raises(ConnectionFailed, match=re.escape(words)):
        worker.fetch()


def test_a_certificate_of_another_host_is_refused(
    trusted_url: str, open_at: OpenAt
) -> None:
    worker = open_at(trusted_url.replace("127.0.0.1", "localhost"))
    with pytest.raises(RequestTimeout, match="certificate"):
        worker.wait_until_ready(0.5)


def test_tls_goes_through_the_proxy_s_tunnel(
    trusted_url: str, proxy: Front, open_at: OpenAt
) -> None:
    open_at(trusted_url).wait_until_ready(5)
    assert _methods(proxy) == {"CONNECT"}


def test_close_ends_a_line_over_tls(trusted_url: str, open_at: OpenAt) -> None:
    worker = open_at(trusted_url)
    came = Collector().listen(worker, "disconnected")
    worker.wait_until_ready(5)
    worker.close()
    assert came.names() == ["disconnected"]
