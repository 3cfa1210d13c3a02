"""Capability tokens: the same claims as Twilio's library, and no secret shown."""

from __future__ import annotations

import copy
import inspect
import re
import time
from enum import Enum
from typing import Any

import jwt
import pytest
from hypothesis import given, settings, strategies as st
from twilio.jwt.taskrouter import capabilities as twilio

from taskrouter_sync import (
    ArgumentError,
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)

from ..support.center import Center


AC = "AC" + "a1" * 16
WS = "WS" + "b2" * 16
WK = "WK" + "c3" * 16
WQ = "WQ" + "d4" * 16
SECRET = "0123456789abcdef" * 2

WORKER = (WorkerCapabilityToken, twilio.WorkerCapabilityToken, (WK,))
TASK_QUEUE = (TaskQueueCapabilityToken, twilio.TaskQueueCapabilityToken, (WQ,))
WORKSPACE = (WorkspaceCapabilityToken, twilio.WorkspaceCapabilityToken, ())
KINDS = pytest.mark.parametrize(
    "kind",
    [WORKER, TASK_QUEUE, WORKSPACE],
    ids=["worker", "task queue", "workspace"],
)

COMMON_OPTIONS = [
    "allow_web_sockets",
    *(
        f"allow_{method}_{what}"
        for method in ("fetch", "update", "delete")
        for what in ("self", "subresources")
    ),
]
WORKER_OPTIONS = [
    "allow_fetch_activities",
    "allow_fetch_reservations",
    "allow_fetch_worker_reservations",
    "allow_update_activities",
    "allow_update_reservations",
]
TIMES = {
    "ttl": st.integers(1, 10**6),
    "valid_until": st.integers(1, 10**10),
    "nbf": st.none() | st.integers(1, 10**10),
}


def claims_of(text: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        text,
        SECRET,
        ["HS256"],
        options={"verify_exp": False, "verify_nbf": False},
    )
    return claims


def pair(kind: Any, **options: Any) -> tuple[Any, Any]:
    """Our token and Twilio's, made in the same way."""
    ours, theirs, channel = kind
    return (
        ours(AC, SECRET, WS, *channel, **options),
        theirs(AC, SECRET, WS, *channel, **options),
    )


def assert_alike(kind: Any, at_signing: int | None = None, **options: Any) -> None:
    """Compare the claims of our token with Twilio's, signed within one second."""
    ours, theirs = pair(kind, **options)
    while True:
        second = int(time.time())
        claims = (
            claims_of(ours.to_jwt(at_signing)),
            claims_of(theirs.to_jwt(at_signing)),
        )
        if int(time.time()) == second:
            break
    if "nbf" in claims[1] and "nbf" not in options:
        claims[1]["nbf"] -= 60  # ours are valid for clocks that are behind
    assert claims[0] == claims[1]


def worker_token(**changes: Any) -> WorkerCapabilityToken:
    arguments = {
        "account_sid": AC,
        "auth_token": SECRET,
        "workspace_sid": WS,
        "worker_sid": WK,
        **changes,
    }
    return WorkerCapabilityToken(**arguments)


def options_of(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={**dict.fromkeys(names, st.booleans()), **TIMES}
    )


# Claims.


@KINDS
def test_a_token_is_twilio_s_to_the_letter(kind: Any) -> None:
    assert_alike(kind)
    ours, theirs = pair(kind, valid_until=1700003600, nbf=1700000000)
    assert ours.to_jwt() == theirs.to_jwt()


@settings(deadline=None)  # the machine may be busy
@given(
    st.one_of(
        st.tuples(st.just(WORKER), options_of(*COMMON_OPTIONS, *WORKER_OPTIONS)),
        st.tuples(
            st.sampled_from([TASK_QUEUE, WORKSPACE]), options_of(*COMMON_OPTIONS)
        ),
    ),
    st.none() | st.integers(1, 10**6),
)
def test_every_option_means_what_it_means_to_twilio(
    made: tuple[Any, dict[str, Any]], ttl: int | None
) -> None:
    kind, options = made
    assert_alike(kind, ttl, **options)


def test_fractions_of_seconds_become_whole_ones() -> None:
    """`nbf` is rounded down, so that `time.time()` is already valid."""
    claims = claims_of(worker_token(valid_until=1000.2, nbf=999.8).to_jwt())
    assert (claims["exp"], claims["nbf"]) == (1001, 999)


@pytest.mark.parametrize("auth_token", [f"{SECRET}\n", f" {SECRET}\r\n"])
def test_an_auth_token_may_come_from_a_file(auth_token: str) -> None:
    assert claims_of(worker_token(auth_token=auth_token).to_jwt())


def test_each_signing_has_its_own_times() -> None:
    token = worker_token()
    first, second = claims_of(token.to_jwt(60)), claims_of(token.to_jwt(120))
    assert first["exp"] < second["exp"]


def test_a_short_auth_token_signs_without_a_warning() -> None:
    text = worker_token(auth_token="secret").to_jwt()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", text)


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_a_token_of_twilio_s_library_opens_a_client(center: Center, kind: Any) -> None:
    channel = {Worker: [center.alice], TaskQueue: [center.queue], Workspace: []}[kind]
    token = getattr(twilio, f"{kind.__name__}CapabilityToken")(
        center.emulator.account_sid,
        center.emulator.auth_token,
        center.sids.sid,
        *channel,
        allow_fetch_subresources=True,
    )
    assert center.ready(kind, token.to_jwt()).statistics.fetch()


# Policies.


@KINDS
def test_every_method_adds_what_twilio_s_adds(kind: Any) -> None:
    names = [*COMMON_OPTIONS, *(WORKER_OPTIONS if kind is WORKER else [])]
    for name in names:
        ours, theirs = pair(kind)
        getattr(ours, name)()
        getattr(theirs, name)()
        assert ours.policies == theirs.policies, name
    ours, theirs = pair(kind)
    ours.allow_web_sockets(WQ)
    theirs.allow_web_sockets(WQ)
    assert ours.policies == theirs.policies


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ("allow_updates", "allow_update_self"),
        ("allow_delete", "allow_delete_self"),
        ("allow_updates_subresources", "allow_update_subresources"),
        ("allow_activity_updates", "allow_update_activities"),
        ("allow_worker_activity_updates", "allow_update_activities"),
        ("allow_reservation_updates", "allow_update_reservations"),
        ("allow_task_reservation_updates", "allow_update_reservations"),
    ],
)
def test_the_documentation_s_other_names_do_the_same(other: str, name: str) -> None:
    one, two = worker_token(), worker_token()
    getattr(one, other)()
    getattr(two, name)()
    assert one.policies == two.policies


def test_every_method_has_its_camel_case_name() -> None:
    methods = dict(inspect.getmembers(WorkerCapabilityToken, inspect.isfunction))
    for name in [n for n in methods if "_" in n.strip("_") and n[0] != "_"]:
        camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
        assert methods.get(camel) is methods[name], camel


def test_a_policy_of_one_s_own_comes_last_and_is_a_copy() -> None:
    token = worker_token(allow_web_sockets=False)
    url = token.workspace_url + "/Tasks/*"
    reason: dict[str, Any] = {"Reason": {"required": True, "value": "done"}}
    token.add_policy(
        url, "post", allow=False, query_filter={"Page": "1"}, post_filter=reason
    )
    reason["Reason"]["required"] = False
    token.policies.clear()
    assert claims_of(token.to_jwt())["policies"][-1] == {
        "url": url,
        "method": "POST",
        "allow": False,
        "query_filter": {"Page": "1"},
        "post_filter": {"Reason": {"required": True, "value": "done"}},
    }


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_what_is_added_to_a_copy_is_not_the_other_s(copied: Any) -> None:
    token = worker_token()
    policies = token.policies
    twin = copied(token)
    twin.allow_update_self()
    token.allow_delete_self()
    assert [each["method"] for each in token.policies[len(policies) :]] == ["DELETE"]
    assert [each["method"] for each in twin.policies[len(policies) :]] == ["POST"]
    assert claims_of(twin.to_jwt())["policies"] == twin.policies


def test_a_sid_may_be_a_member_of_an_enum() -> None:
    class Sid(str, Enum):
        AC, WS, WK = AC, WS, WK

    token = worker_token(account_sid=Sid.AC, workspace_sid=Sid.WS, worker_sid=Sid.WK)
    token.allow_web_sockets(Sid.WK)
    plain = worker_token()
    plain.allow_web_sockets(WK)
    assert token.policies == plain.policies
    assert repr(token) == repr(plain)


# Wrong arguments.


def add(url: str, method: str) -> Any:
    return lambda: worker_token().add_policy(url, method)


ZEROS = [0, -1, float("nan"), float("inf"), True, "60"]
WRONG: list[tuple[Any, type[Exception], str]] = [
    *(
        (
            lambda name=name, value=value: worker_token(**{name: value}),
            ValueError,
            f"{name} must be a sid that begins with {prefix}, not {came}",
        )
        for name, prefix, value, came in (
            ("account_sid", "AC", WS, f"'{WS}'"),
            ("account_sid", "AC", "", "an empty string"),
            ("workspace_sid", "WS", AC, f"'{AC}'"),
            ("workspace_sid", "WS", "WS", "'WS'"),
            ("worker_sid", "WK", WQ, f"'{WQ}'"),
            ("worker_sid", "WK", "WK1/../WK2", "something else"),
            ("worker_sid", "WK", "WK 1", "something else"),
            # What no client of the token would take.
            *(
                ("worker_sid", "WK", f"WK1{odd}", "something else")
                for odd in ("?x", "#x", "..", "%2e", "é", "-", "\n")
            ),
            ("account_sid", "AC", SECRET, "something else"),
        )
    ),
    *(
        (
            lambda name=name: worker_token(**{name: None}),
            TypeError,
            f"{name} must be a str, not NoneType",
        )
        for name in ("account_sid", "workspace_sid", "worker_sid")
    ),
    (
        lambda: TaskQueueCapabilityToken(AC, SECRET, WS, WK),
        ValueError,
        "task_queue_sid .* begins with WQ",
    ),
    *(
        (lambda key=key: worker_token(auth_token=key), ValueError, "is missing")
        for key in ("", " \n", None)
    ),
    (
        # A byte of the environment that is not UTF-8.
        lambda: worker_token(auth_token=f"{SECRET}\udce9"),
        ValueError,
        "auth_token must be text that can be encoded as UTF-8",
    ),
    (
        lambda: worker_token(auth_token=SECRET.encode()),
        TypeError,
        "auth_token must be a str, not bytes",
    ),
    *(
        (
            lambda name=name, value=value: worker_token(**{name: value}),
            ValueError,
            f"{name} must be a positive number",
        )
        for name, value in (
            *(("ttl", value) for value in ZEROS),
            ("valid_until", "tomorrow"),
            ("nbf", "tomorrow"),
        )
    ),
    *(
        (lambda ttl=ttl: worker_token().to_jwt(ttl), ValueError, "ttl must be a pos")
        for ttl in ZEROS
    ),
    (
        lambda: pair(TASK_QUEUE, allow_fetch_activities=True),
        TypeError,
        "no option 'allow_fetch_activities'",
    ),
    *(
        (
            lambda name=name, value=value: worker_token(**{name: value}),
            ArgumentError,
            f"{name} must be True or False, not {type(value).__name__}",
        )
        for name in ("allow_update_activities", "allow_web_sockets")
        for value in ("false", "true", SECRET, "", 2, [])
    ),
    (
        lambda: worker_token().add_policy("https://a", "GET", allow="no"),  # type: ignore[arg-type]
        ArgumentError,
        "allow must be True or False, not str$",
    ),
    (
        add("https://example.com", "PATCH"),
        ValueError,
        "method must be one of .*, not 'PATCH'",
    ),
    (add("", "GET"), ValueError, "url must be a URL without a query"),
    (add("https://example.com?Page=1", "GET"), ValueError, "url must be a URL"),
]


@pytest.mark.parametrize(("call", "kind", "words"), WRONG)
def test_a_wrong_argument_is_named_and_no_secret_shown(
    call: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        call()
    assert SECRET not in str(caught.value)


@KINDS
@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda token: f"{token!r}"])
def test_a_token_shows_nothing_of_its_text(kind: Any, show: Any) -> None:
    token, _ = pair(kind)
    shown = show(token)
    assert SECRET not in shown
    assert not any(part in shown for part in token.to_jwt().split("."))
    assert shown.startswith(f"<{type(token).__name__} for {token.channel_id}")
