"""Tokens: the claims that a client needs, and when they end; never their text."""

from __future__ import annotations

import base64
import json
import traceback
import warnings
from typing import Any

import jwt
import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.errors import TokenError
from taskrouter_sync.tokens import (
    Secret,
    check_same_client,
    is_signed_with,
    read_claims,
    read_token,
)

from .strategies import json_values, moderate, texts


AC = "AC" + "1" * 32
WS = "WS" + "2" * 32
WK = "WK" + "3" * 32
WQ = "WQ" + "4" * 32
KEY = "0123456789abcdef" * 2

CLAIMS: dict[str, Any] = {
    "account_sid": AC,
    "channel": WK,
    "workspace_sid": WS,
    "worker_sid": WK,
    "exp": 2000000000,
}


def sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, KEY, "HS256")


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in CLAIMS.items() if name not in names}


def segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_token_tells_who_it_is_for() -> None:
    text = sign(CLAIMS)
    token = read_token(text, "worker_sid")
    assert (token.secret.reveal(), token.expires_at) == (text, 2000000000.0)
    assert (token.account_sid, token.workspace_sid) == (AC, WS)
    assert (token.channel_sid, token.channel) == (WK, CLAIMS["channel"])


@pytest.mark.parametrize(
    ("sid_claim", "sid"),
    [("worker_sid", WK), ("taskqueue_sid", WQ), ("workspace_sid", WS)],
)
def test_the_channel_is_that_of_the_client(sid_claim: str, sid: str) -> None:
    text = sign({**CLAIMS, "taskqueue_sid": WQ})
    assert read_token(text, sid_claim).channel_sid == sid


def test_the_signature_is_not_looked_at() -> None:
    head, body, _ = sign(CLAIMS).split(".")
    assert read_token(f"{head}.{body}.c2lnbmVk", "worker_sid").channel_sid == WK


def test_a_token_that_has_expired_is_read() -> None:
    token = read_token(sign({**CLAIMS, "exp": 1}), "worker_sid")
    assert token.expires_at == 1.0


def test_a_token_that_is_not_valid_yet_is_read() -> None:
    token = read_token(sign({**CLAIMS, "nbf": 4000000000}), "worker_sid")
    assert token.channel_sid == WK


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # More of them are in `public/clients/test_bad_tokens.py`.
        pytest.param(None, "A token is required", id="none"),
        pytest.param("a.b.c", "is not a valid JWT", id="no base64"),
        pytest.param("tökén.tökén.tökén", "is not a valid JWT", id="no ASCII"),
        pytest.param(
            f"{segment(b'{}')}.{segment(b'not json')}.c2lnbmVk",
            "is not a valid JWT",
            id="a payload that is not JSON",
        ),
        pytest.param(
            sign({}), "lacks account_sid, channel, workspace_sid", id="no claims at all"
        ),
        pytest.param(
            sign({**CLAIMS, "channel": ""}), "lacks channel", id="an empty claim"
        ),
        pytest.param(
            sign({**CLAIMS, "worker_sid": [WK]}), "is not a sid", id="not a sid"
        ),
        pytest.param(
            sign({**CLAIMS, "exp": "soon"}), "exp is not a number", id="exp is text"
        ),
    ],
)
def test_a_token_that_cannot_be_used_is_refused(text: Any, words: str) -> None:
    with pytest.raises(TokenError, match=words):
        read_token(text, "worker_sid")


@pytest.mark.parametrize(
    "text",
    [
        "header-of-a-token.payload-of-a-token",
        "header-of-a-token.payload-of-a-token.signature-of-a-token",
        sign(without("worker_sid")),
        sign({**CLAIMS, "exp": "soon"}),
    ],
)
def test_no_part_of_a_refused_token_shows(text: str) -> None:
    with pytest.raises(TokenError) as caught:
        read_token(text, "worker_sid")
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert caught.value.__cause__ is None
    for part in text.split("."):
        assert part not in shown


def test_no_part_of_a_token_shows() -> None:
    text = sign(CLAIMS)
    token = read_token(text, "worker_sid")
    shown = f"{token!r} {token} {token.fingerprint}"
    for part in text.split("."):
        assert part not in shown


HEAD, BODY, SIGNATURE = TOKEN = sign(CLAIMS).split(".")
WHOLE = ".".join(TOKEN)


@pytest.mark.parametrize(
    "quoted",
    [
        *(WHOLE, HEAD, BODY, SIGNATURE, f"{BODY}.{SIGNATURE}", f"{HEAD}.{BODY}"),
        # Of a text that was cut: its beginning, its end, and what is between.
        *(WHOLE[:60], WHOLE[-60:], WHOLE[-20:], WHOLE[20:90], SIGNATURE[5:-5]),
    ],
)
def test_a_secret_is_hidden_where_a_part_of_it_is_quoted(quoted: str) -> None:
    hidden = Secret(WHOLE).hidden_in(f'no: "{quoted}" is not good, {quoted}')
    for part in quoted.split("."):
        assert part not in hidden
    assert hidden.startswith('no: "<token>') and "is not good, <token>" in hidden


@pytest.mark.parametrize("secret", [WHOLE, "", "a-password"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "The service's response is unintelligible",
        f"{AC} may not read {WS}/Workers/{WK}, incomprehensible-as-it-is",
        "a" * 10_000,
    ],
)
def test_what_is_no_part_of_a_secret_stays(secret: str, text: str) -> None:
    assert Secret(secret).hidden_in(text) == text


def test_a_fingerprint_tells_one_token_from_another() -> None:
    one = read_token(sign(CLAIMS), "worker_sid")
    same = read_token(sign(CLAIMS), "worker_sid")
    other = read_token(sign({**CLAIMS, "jti": "2"}), "worker_sid")
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("exp", "now", "expired"),
    [
        (1000, 994.9, False),
        (1000, 995, True),
        (1000, 1000, True),
        (1000, 2000, True),
        (1000.5, 995.4, False),
        (None, 10.0**12, False),
        (10**400, 10.0**12, False),
    ],
)
def test_a_token_expires_five_seconds_before_its_end(
    exp: Any, now: float, expired: bool
) -> None:
    token = read_token(sign({**without("exp"), "exp": exp}), "worker_sid")
    assert token.is_expired(now) is expired


def test_a_token_without_exp_never_expires() -> None:
    token = read_token(sign(without("exp")), "worker_sid")
    assert token.expires_at is None
    assert not token.is_expired(10.0**12)


def test_a_later_token_of_the_same_client_is_taken() -> None:
    check_same_client(
        read_token(sign(CLAIMS), "worker_sid"),
        read_token(sign({**CLAIMS, "exp": 2000003600, "jti": "2"}), "worker_sid"),
    )


@pytest.mark.parametrize(
    ("claim", "named"),
    [
        ("account_sid", "account_sid"),
        ("workspace_sid", "workspace_sid"),
        ("worker_sid", "channel_sid"),
        ("channel", "channel"),
    ],
)
def test_a_token_of_another_client_is_refused(claim: str, named: str) -> None:
    mine = read_token(sign(CLAIMS), "worker_sid")
    other = read_token(sign({**CLAIMS, claim: "XX1"}), "worker_sid")
    with pytest.raises(TokenError, match=f"{named} is XX1, not {CLAIMS[claim]}"):
        check_same_client(mine, other)


@moderate
@given(texts | st.text("eyJ0.-_="))
def test_every_text_is_a_token_or_refused(text: str) -> None:
    with pytest.raises(TokenError):
        read_token(text, "worker_sid")


@moderate
@given(
    st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "iat"]), json_values(), max_size=5)
)
def test_all_claims_make_a_token_or_are_refused(changes: dict[str, Any]) -> None:
    payload = json.dumps({**CLAIMS, **changes}).encode()
    header = segment(b'{"alg":"HS256","typ":"JWT"}')
    try:
        token = read_token(f"{header}.{segment(payload)}.c2lnbmVk", "worker_sid")
    except TokenError:
        return
    assert isinstance(token.channel_sid, str)
    assert token.expires_at is None or isinstance(token.expires_at, float)


def test_claims_are_read_whatever_they_are() -> None:
    text = jwt.encode({"exp": 1, "odd": [None]}, KEY, algorithm="HS256")
    assert read_claims(text) == {"exp": 1, "odd": [None]}


@pytest.mark.parametrize("key", [KEY, "short"])
def test_the_key_of_a_signature_is_known_again(key: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library, about short keys
        text = jwt.encode({"exp": 1}, key, algorithm="HS256")
    assert is_signed_with(text, key)
    assert not is_signed_with(text, "another")
    assert not is_signed_with(text, f"{key}\udce9")  # which no token is signed with


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "ü"])
def test_what_is_no_token_is_signed_with_nothing(text: str) -> None:
    assert not is_signed_with(text, KEY)
