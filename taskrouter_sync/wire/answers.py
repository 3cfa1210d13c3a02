"""From what HTTP brought to a result or an error. Pure."""

from __future__ import annotations

import codecs
import math
from datetime import datetime
from typing import Any

from ..errors import HttpError, InvalidResponse
from ..properties import date_value
from . import json_text


class Answer:
    """What came back over HTTP.

    Attributes:
        status, reason: of the status line.
        body: as it came.
        retry_after, date: those headers' texts, if there were any.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        body: bytes,
        retry_after: str | None = None,
        date: str | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self.body = body
        self.retry_after = retry_after
        self.date = date


class Result:
    """What the service said yes with.

    Attributes:
        payload: None where it sent none (a DELETE).
        event_type: the tag of the request, which the service repeats.
        date: when it said so, by its own clock, if it told.
    """

    def __init__(
        self,
        payload: Any,
        event_type: str | None = None,
        date: datetime | None = None,
    ) -> None:
        self.payload = payload
        self.event_type = event_type
        self.date = date


def read(answer: Answer, method: str, secret: str) -> Result:
    """Read the event bridge's answer to a request.

    Args:
        answer: what came.
        method: of the request: a DELETE needs no body.
        secret: the token, so that an echo of it never gets into an error.

    Raises:
        HttpError: the status is not 2xx; the words come from the JSON body, else from
            the reason phrase.
        InvalidResponse: 2xx with no JSON object, or with a list without its items.
    """
    if not 200 <= answer.status < 300:
        raise _http_error(answer, secret)
    if not answer.body.strip():
        if method == "DELETE":
            return Result(None)
        raise InvalidResponse("The service's answer is empty", code=answer.status)
    body = _json(answer.body)
    if not isinstance(body, dict):
        raise InvalidResponse(
            "The service's answer is no JSON object", code=answer.status
        )
    payload = body.get("payload")
    _check_list(payload, answer.status)
    event_type = body.get("event_type")
    event_type = event_type if isinstance(event_type, str) else None
    date = date_value(answer.date)
    return Result(payload, event_type, date if isinstance(date, datetime) else None)


def _check_list(payload: Any, status: int) -> None:
    """A list's envelope must hold what its meta says it holds."""
    if not isinstance(payload, dict) or "sid" in payload:
        return
    meta = payload.get("meta")
    if not isinstance(meta, dict):
        return
    key = meta.get("key")
    if not isinstance(key, str) or not isinstance(payload.get(key), list):
        raise InvalidResponse("The service's list lacks its items", code=status)


def _http_error(answer: Answer, secret: str) -> HttpError:
    body = _json(answer.body)
    details = body if isinstance(body, dict) else {}
    if "message" not in details and isinstance(details.get("payload"), dict):
        details = details["payload"]
    message, code = details.get("message"), details.get("code")
    more_info = details.get("more_info")
    if not isinstance(message, str) or not message:
        message = answer.reason or f"HTTP status {answer.status}"
    return HttpError(
        answer.status,
        _without(secret, message),
        twilio_code=code if _is_int(code) else None,
        more_info=_without(secret, more_info) if isinstance(more_info, str) else None,
        retry_after=_seconds(answer.retry_after),
    )


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "<token>") if secret else text


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _seconds(text: str | None) -> float | None:
    """Read a Retry-After in seconds; its form as a date is not used by the service."""
    try:
        seconds = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None


def _json(body: bytes) -> Any:
    try:
        return json_text.parse(body.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        return None
