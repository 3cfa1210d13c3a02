"""Capability tokens: the same claims as Twilio's library, and no secret shown."""

from __future__ import annotations

import inspect
import re
import time
from typing import Any

import jwt
import pytest
from hypothesis import given, settings, strategies as st
from twilio.jwt.taskrouter import capabilities as twilio

from taskrouter_sync import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)


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
    "allow_fetch_self",
    "allow_update_self",
    "allow_delete_self",
    "allow_fetch_subresources",
    "allow_update_subresources",
    "allow_delete_subresources",
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


def minted(kind: Any, ttl: int | None = None, **options: Any) -> tuple[Any, Any]:
    """The claims of our token and Twilio's, signed within one second."""
    ours, theirs = pair(kind, **options)
    while True:
        second = int(time.time())
        claims = claims_of(ours.to_jwt(ttl)), claims_of(theirs.to_jwt(ttl))
        if int(time.time()) == second:
            if "nbf" in claims[1] and "nbf" not in options:
                claims[1]["nbf"] -= 60  # ours are valid for clocks that are behind
            return claims


def worker_token(**changes: Any) -> WorkerCapabilityToken:
    arguments = {
        "account_sid": AC,
        "auth_token": SECRET,
        "workspace_sid": WS,
        "worker_sid": WK,
        **changes,
    }
    return WorkerCapabilityToken(**arguments)


class TestClaims:
    @KINDS
    def test_defaults_are_those_of_twilio(self, kind):
        ours, theirs = minted(kind)
        assert ours == theirs

    @settings(deadline=None)  # the machine may be busy
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(COMMON_OPTIONS + WORKER_OPTIONS, st.booleans()),
                **TIMES,
            },
        )
    )
    def test_every_worker_option_means_what_it_means_to_twilio(self, options):
        ours, theirs = minted(WORKER, **options)
        assert ours == theirs

    @settings(deadline=None)  # the machine may be busy
    @given(
        st.sampled_from([TASK_QUEUE, WORKSPACE]),
        st.fixed_dictionaries(
            {}, optional={**dict.fromkeys(COMMON_OPTIONS, st.booleans()), **TIMES}
        ),
    )
    def test_every_other_option_means_what_it_means_to_twilio(self, kind, options):
        ours, theirs = minted(kind, **options)
        assert ours == theirs

    @KINDS
    def test_a_token_with_fixed_times_is_twilios_to_the_letter(self, kind):
        ours, theirs = pair(kind, valid_until=1700003600, nbf=1700000000)
        assert ours.to_jwt() == theirs.to_jwt()

    @settings(deadline=None)  # the machine may be busy
    @given(st.integers(1, 10**6))
    def test_a_ttl_at_signing_beats_all_other_times(self, ttl):
        ours, theirs = minted(WORKER, ttl, valid_until=1700000000)
        assert ours == theirs

    def test_fractions_of_seconds_become_whole_ones(self):
        """`nbf` is rounded down, so that `time.time()` is already valid."""
        claims = claims_of(worker_token(valid_until=1000.2, nbf=999.8).to_jwt())
        assert (claims["exp"], claims["nbf"]) == (1001, 999)

    def test_each_signing_has_its_own_times(self):
        token = worker_token()
        first, second = claims_of(token.to_jwt(60)), claims_of(token.to_jwt(120))
        assert first["exp"] < second["exp"]

    def test_a_short_auth_token_signs_without_a_warning(self):
        text = worker_token(auth_token="secret").to_jwt()
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", text)


class TestPolicies:
    @KINDS
    @pytest.mark.parametrize("method", COMMON_OPTIONS)
    def test_a_method_adds_what_twilios_adds(self, kind, method):
        ours, theirs = pair(kind)
        getattr(ours, method)()
        getattr(theirs, method)()
        assert ours.policies == theirs.policies

    @pytest.mark.parametrize("method", WORKER_OPTIONS)
    def test_a_worker_method_adds_what_twilios_adds(self, method):
        ours, theirs = pair(WORKER)
        getattr(ours, method)()
        getattr(theirs, method)()
        assert ours.policies == theirs.policies

    def test_another_channel_can_be_opened(self):
        ours, theirs = pair(WORKER)
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
    def test_the_documentations_other_names_do_the_same(self, other, name):
        one, two = worker_token(), worker_token()
        getattr(one, other)()
        getattr(two, name)()
        assert one.policies == two.policies

    def test_every_method_has_its_camel_case_name(self):
        methods = dict(inspect.getmembers(WorkerCapabilityToken, inspect.isfunction))
        for name in [n for n in methods if "_" in n.strip("_") and n[0] != "_"]:
            camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
            assert methods.get(camel) is methods[name], camel

    def test_a_policy_of_ones_own_comes_last(self):
        token = worker_token(allow_web_sockets=False)
        url = token.workspace_url + "/Tasks/*"
        token.add_policy(
            url,
            "post",
            allow=False,
            query_filter={"Page": "1"},
            post_filter={"Reason": {"required": True, "value": "done"}},
        )
        assert claims_of(token.to_jwt())["policies"][-1] == {
            "url": url,
            "method": "POST",
            "allow": False,
            "query_filter": {"Page": "1"},
            "post_filter": {"Reason": {"required": True, "value": "done"}},
        }

    def test_a_filter_changed_later_does_not_change_the_token(self):
        token = worker_token()
        wanted: dict[str, Any] = {"Reason": {"required": True}}
        token.add_policy(token.resource_url, "POST", post_filter=wanted)
        wanted["Reason"]["required"] = False
        assert token.policies[-1]["post_filter"] == {"Reason": {"required": True}}

    def test_the_list_of_policies_is_a_copy(self):
        token = worker_token()
        before = token.policies
        token.policies.clear()
        assert token.policies == before

    def test_another_method_is_refused(self):
        with pytest.raises(ValueError, match=r"method must be one of .*, not 'PATCH'"):
            worker_token().add_policy("https://example.com", "PATCH")

    @pytest.mark.parametrize("url", ["", "https://example.com?Page=1"])
    def test_a_url_that_no_request_matches_is_refused(self, url):
        with pytest.raises(ValueError, match="url must be a URL without a query"):
            worker_token().add_policy(url, "GET")


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "value", "came"),
        [
            ("account_sid", WS, f"'{WS}'"),
            ("account_sid", "", "an empty text"),
            ("workspace_sid", AC, f"'{AC}'"),
            ("workspace_sid", "WS", "'WS'"),
            ("worker_sid", WQ, f"'{WQ}'"),
            ("worker_sid", "WK1/../WK2", "another text"),
            ("worker_sid", "WK 1", "another text"),
        ],
    )
    def test_a_sid_of_the_wrong_kind_is_named(self, name, value, came):
        prefix = {"account_sid": "AC", "workspace_sid": "WS", "worker_sid": "WK"}[name]
        expected = f"{name} must be a sid that begins with {prefix}, not {came}"
        with pytest.raises(ValueError, match=re.escape(expected)):
            worker_token(**{name: value})

    @pytest.mark.parametrize("name", ["account_sid", "workspace_sid", "worker_sid"])
    def test_a_sid_that_is_no_text_is_named(self, name):
        with pytest.raises(TypeError, match=f"{name} must be a str, not NoneType"):
            worker_token(**{name: None})

    def test_a_task_queue_token_needs_a_task_queue(self):
        with pytest.raises(ValueError, match=r"task_queue_sid .* begins with WQ"):
            TaskQueueCapabilityToken(AC, SECRET, WS, WK)

    def test_a_secret_in_the_place_of_a_sid_is_not_shown(self):
        with pytest.raises(ValueError, match="account_sid") as caught:
            worker_token(account_sid=SECRET, auth_token=AC)
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize("secret", ["", None])
    def test_a_missing_auth_token_is_refused(self, secret):
        with pytest.raises(ValueError, match="auth_token is missing"):
            worker_token(auth_token=secret)

    def test_an_auth_token_that_is_no_text_is_not_shown(self):
        with pytest.raises(TypeError, match="auth_token must be a str, not bytes") as e:
            worker_token(auth_token=SECRET.encode())
        assert SECRET not in str(e.value)

    @pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf"), True, "60"])
    def test_a_ttl_that_is_no_positive_number_is_refused(self, ttl):
        with pytest.raises(ValueError, match="ttl must be a positive number"):
            worker_token(ttl=ttl)
        with pytest.raises(ValueError, match="ttl must be a positive number"):
            worker_token().to_jwt(ttl)

    @pytest.mark.parametrize("name", ["valid_until", "nbf"])
    def test_other_times_are_checked_too(self, name):
        with pytest.raises(ValueError, match=f"{name} must be a positive number"):
            worker_token(**{name: "tomorrow"})

    def test_an_option_of_another_kind_of_token_is_refused(self):
        with pytest.raises(TypeError, match="no option 'allow_fetch_activities'"):
            pair(TASK_QUEUE, allow_fetch_activities=True)


@KINDS
@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda token: f"{token!r}"])
def test_a_token_shows_nothing_of_its_text(kind, show):
    token, _ = pair(kind)
    shown = show(token)
    assert SECRET not in shown
    assert not any(part in shown for part in token.to_jwt().split("."))
    assert shown.startswith(f"<{type(token).__name__} for {token.channel_id}")
