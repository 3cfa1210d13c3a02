"""The event bridge's POST: envelopes in, enveloped answers out.

Owns: reading an envelope, checking its token and policies, and how the answer of
the REST API inside is dressed. Knows no server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from taskrouter_sync.emulator import auth
from taskrouter_sync.emulator.api import responses as errors
from taskrouter_sync.emulator.api.addresses import (
    Addresses,
    channel_url,
    query_pairs,
)
from taskrouter_sync.emulator.api.dispatch import METHODS, Api
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.api.responses import Response
from taskrouter_sync.emulator.auth import InvalidPolicies, Policies


# Names of the emulator that clients used lately, and that it remembers.
_HOSTS = 16


@dataclass(frozen=True)
class Envelope:
    """A request inside a POST."""

    url: str
    method: str
    token: str = field(repr=False)
    params: Mapping[str, object] = field(default_factory=dict)
    event_type: str | None = None


def read(text: str) -> Envelope:
    """Read the body of a POST.

    Raises:
        ServiceError: it is no envelope.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise errors.invalid("The request body is not valid JSON") from None
    if not isinstance(document, dict):
        raise errors.invalid("The request body must be a JSON object")
    for name in ("url", "method", "token"):
        if not isinstance(document.get(name), str) or not document[name]:
            raise errors.invalid(f"{name} field is required")
    params = document.get("params")
    event_type = document.get("event_type")
    if params is not None and not isinstance(params, dict):
        raise errors.invalid("params must be a JSON object")
    if event_type is not None and not isinstance(event_type, str):
        raise errors.invalid("event_type must be a text")
    return Envelope(
        url=document["url"],
        method=document["method"].upper(),
        token=document["token"],
        params=params or {},
        event_type=event_type,
    )


class Bridge:
    """The event bridge of one account.

    Args:
        api: what the requests inside are for.
        addresses: which URLs mean this service.
        account_sid: AC….
        auth_token: the key of the account's tokens.
    """

    def __init__(
        self, api: Api, addresses: Addresses, *, account_sid: str, auth_token: str
    ) -> None:
        self._api = api
        self._addresses = addresses
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._verifier = auth.Verifier(account_sid, auth_token, addresses.canonical)
        self._known_as: dict[str, Bridge] = {}

    def known_as(self, host: str) -> Bridge:
        """Give the bridge as a client sees it that found it at this host."""
        if self._addresses.has(host):
            return self
        if host not in self._known_as:
            # Clients say what they like: few are kept, however many come.
            if len(self._known_as) >= _HOSTS:
                self._known_as.clear()
            self._known_as[host] = Bridge(
                self._api,
                self._addresses.known_as(host),
                account_sid=self._account_sid,
                auth_token=self._auth_token,
            )
        return self._known_as[host]

    def admit(self, account_sid: str, channel: str, token: str) -> None:
        """Let a socket in to a channel.

        Whether there is such a worker is not asked: the first request will tell.

        Raises:
            ServiceError: 401 for an expired token, 403 for any other reason.
        """
        try:
            policies = self._policies(token)
        except auth.TokenExpired as refused:
            raise errors.ServiceError(
                401, errors.AUTHENTICATION_FAILED, refused.message
            ) from None
        except auth.TokenRefused as refused:
            raise errors.forbidden(refused.message) from None
        self._check(policies, "GET", channel_url(account_sid, channel))

    def perform(
        self,
        account_sid: str,
        channel: str,
        envelope: Envelope,
        if_match: str | None = None,
    ) -> Response:
        """Carry out the request in an envelope that was POSTed to a channel.

        Raises:
            ServiceError: the token is refused, or does not allow it.
        """
        try:
            policies = self._policies(envelope.token)
        except auth.TokenRefused as refused:
            raise errors.ServiceError(
                refused.status, errors.AUTHENTICATION_FAILED, refused.message
            ) from None
        self._check(policies, "POST", channel_url(account_sid, channel))
        if envelope.method not in METHODS:
            raise errors.method_not_allowed(envelope.method)
        params = Parameters.from_json(envelope.params)
        in_url = Parameters(query_pairs(envelope.url))
        if envelope.method == "POST":
            query, form = in_url, params
        else:
            query = Parameters([*in_url.pairs(), *params.pairs()])
            form = Parameters()
        self._check(policies, envelope.method, envelope.url, query, form)
        path = self._addresses.api_path(envelope.url)
        if path is None:
            raise errors.not_found(envelope.url.partition("?")[0])
        return self._api.perform(
            envelope.method,
            path,
            form if envelope.method == "POST" else query,
            if_match=if_match,
        )

    def _policies(self, token: str) -> Policies:
        return self._verifier.policies(token)

    def _check(
        self,
        policies: Policies,
        method: str,
        url: str,
        query: Parameters | None = None,
        form: Parameters | None = None,
    ) -> None:
        try:
            refusal = policies.refusal(method, url, query=query, form=form)
        except InvalidPolicies as invalid:
            raise errors.forbidden(f"The token is invalid: {invalid}") from None
        if refusal is not None:
            raise errors.forbidden(refusal)


def dress(answer: Response, envelope: Envelope) -> Response:
    """Put the REST answer into the bridge's envelope: success is always 200."""
    if answer.status >= 400:
        return answer
    body: dict[str, object] = {"payload": answer.body}
    if envelope.event_type is not None:
        body["event_type"] = envelope.event_type
    return Response(200, body, answer.headers)
