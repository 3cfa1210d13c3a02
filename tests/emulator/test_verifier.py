"""Tokens that were good are remembered, and end when they end."""

from __future__ import annotations

import time

import pytest

from taskrouter_sync.emulator import auth
from taskrouter_sync.emulator.auth import TokenExpired, TokenRefused, Verifier


ACCOUNT, KEY = "AC" + "1" * 32, "k" * 32


def token(ttl: int = 3600, key: str = KEY) -> str:
    return auth.mint_worker_token(
        account_sid=ACCOUNT,
        auth_token=key,
        workspace_sid="WS" + "2" * 32,
        worker_sid="WK" + "3" * 32,
        ttl=ttl,
    )


def verifier() -> Verifier:
    return Verifier(ACCOUNT, KEY, lambda url: url)


def test_a_good_token_is_read_once() -> None:
    checks, text = verifier(), token()
    assert checks.policies(text) is checks.policies(text)


def test_a_token_that_was_good_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    checks, text = verifier(), token(ttl=3600)
    checks.policies(text)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            checks.policies(text)


def test_a_refused_token_is_refused_again() -> None:
    checks, text = verifier(), token(key="another key of thirty-two letters")
    for _ in range(2):
        with pytest.raises(TokenRefused, match="signature"):
            checks.policies(text)


def test_the_oldest_of_too_many_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Verifier, "_MOST", 2)
    checks, first = verifier(), token(1000)
    policies = checks.policies(first)
    for ttl in (2000, 3000):
        checks.policies(token(ttl))
    assert checks.policies(first) is not policies
