"""The telephony instructions: what they take, in JavaScript's order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..callbacks import Callback
from ..signatures import Parameter, Signature


_PROGRESS = frozenset({"initiated", "ringing", "answered", "completed"})

DEQUEUE = Signature(
    "reservation.dequeue",
    (
        Parameter("dequeueFrom", "from_", "DequeueFrom"),
        Parameter(
            "dequeuePostWorkActivitySid",
            "post_work_activity_sid",
            "DequeuePostWorkActivitySid",
        ),
        Parameter("dequeueRecord", "record", "DequeueRecord"),
        Parameter("dequeueTimeout", "timeout", "DequeueTimeout"),
        Parameter(
            "dequeueStatusCallbackUrl",
            "status_callback_url",
            "DequeueStatusCallbackUrl",
        ),
        Parameter(
            "dequeueStatusCallbackEvents",
            "status_callback_events",
            "DequeueStatusCallbackEvent",
            types=(str, list, tuple),
        ),
        Parameter("dequeueTo", "to", "DequeueTo"),
    ),
    callback_at=7,
)

CALL = Signature(
    "reservation.call",
    (
        Parameter("callFrom", "from_", "CallFrom", required=True),
        Parameter("callUrl", "url", "CallUrl", required=True),
        Parameter(
            "callStatusCallbackUrl", "status_callback_url", "CallStatusCallbackUrl"
        ),
        Parameter("callAccept", "accept", "CallAccept"),
        Parameter("callRecord", "record", "CallRecord"),
        Parameter("callTo", "to", "CallTo"),
    ),
    callback_at=6,
)

REDIRECT = Signature(
    "reservation.redirect",
    (
        Parameter("redirectCallSid", "call_sid", "RedirectCallSid", required=True),
        Parameter("redirectUrl", "url", "RedirectUrl", required=True),
        Parameter("redirectAccept", "accept", "RedirectAccept"),
    ),
    callback_at=3,
)

CONFERENCE = Signature(
    "reservation.conference",
    (
        Parameter("from", "from_", "From"),
        Parameter(
            "postWorkActivitySid", "post_work_activity_sid", "PostWorkActivitySid"
        ),
        Parameter("timeout", "timeout", "Timeout"),
        Parameter("to", "to", "To"),
    ),
    callback_at=4,
    options=True,
)


def read_dequeue(
    args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[dict[str, Any], Callback | None]:
    """Read a dequeue; its sixth argument is the events only if it reads like them.

    The documentation's example puts the contact URI there, meaning `to`.
    """
    values, callback = DEQUEUE.read(args, keywords)
    events = values.get("status_callback_events")
    if isinstance(events, list | tuple):
        values["status_callback_events"] = ",".join(map(str, events))
    elif events is not None and "to" not in values and not _are_events(events):
        values["to"] = values.pop("status_callback_events")
    return values, callback


def _are_events(text: str) -> bool:
    return all(word.strip() in _PROGRESS for word in text.split(","))
