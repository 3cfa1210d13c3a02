"""What the bench service says: payloads of the size and shape of the service's."""

from __future__ import annotations

import json
from typing import Any


ACCOUNT = "AC" + "1" * 32
WORKSPACE = "WS" + "2" * 32
WORKSPACE_URL = f"https://taskrouter.twilio.com/v1/Workspaces/{WORKSPACE}"

_COMMON = {
    "account_sid": ACCOUNT,
    "workspace_sid": WORKSPACE,
    "date_created": "2026-01-01T00:00:00Z",
    "date_updated": "2026-01-01T00:00:00Z",
}


def worker_sid(number: int) -> str:
    """Number the workers."""
    return f"WK{number:032x}"


def reservation_event(worker: str, sent: int) -> dict[str, Any]:
    """Make the frame of a new reservation; about 700 bytes.

    Args:
        worker: whose it is.
        sent: when, in nanoseconds of the machine's monotonic clock; the sids tell it.
    """
    return {
        "event_type": "reservation.created",
        "payload": {
            "sid": f"WT{sent:032x}",
            "reservation_sid": f"WR{sent:032x}",
            "reservation_status": "pending",
            "worker_sid": worker,
            "task_channel_unique_name": "default",
            "assignment_status": "reserved",
            "attributes": '{"language": "en", "from": "+15017250604", "vip": true}',
            "priority": 0,
            "age": 0,
            "reason": None,
            "task_queue_sid": "WQ" + "4" * 32,
            "workflow_sid": "WW" + "5" * 32,
            **_COMMON,
        },
    }


def sent_of(sid: str) -> int:
    """Tell when the event of a reservation was sent: nanoseconds, monotonic."""
    return int(sid[2:], 16)


def worker(sid: str) -> dict[str, Any]:
    """Make a worker."""
    return {
        "sid": sid,
        "friendly_name": "Ann",
        "activity_name": "Available",
        "activity_sid": "WA" + "3" * 32,
        "available": True,
        "attributes": '{"languages": ["en", "es"]}',
        "date_status_changed": "2026-01-01T00:00:00Z",
        "url": f"{WORKSPACE_URL}/Workers/{sid}",
        **_COMMON,
    }


def resource(url: str) -> Any:
    """Answer the GET of a URL of the REST API."""
    *_, kind, sid = names = url.split("?")[0].split("/")
    if sid.isalpha():  # the name of a list: a sid has digits
        key = sid.lower()
        return {key: [], "meta": {"key": key, "next_page_url": None}}
    if kind == "Tasks":
        return _task(sid)
    if kind == "Reservations":
        return {
            "sid": sid,
            "task_sid": names[-3],
            "worker_name": "Ann",
            "worker_sid": worker_sid(0),
            "reservation_status": "pending",
            "url": url,
            **_COMMON,
        }
    return worker(sid)


def _task(sid: str) -> dict[str, Any]:
    return {
        "sid": sid,
        "age": 0,
        "assignment_status": "reserved",
        "attributes": '{"language": "en"}',
        "priority": 0,
        "reason": None,
        "task_queue_sid": "WQ" + "4" * 32,
        "task_queue_friendly_name": "Everyone",
        "task_channel_sid": "TC" + "6" * 32,
        "task_channel_unique_name": "default",
        "timeout": 86400,
        "workflow_sid": "WW" + "5" * 32,
        "workflow_friendly_name": "Default",
        "url": f"{WORKSPACE_URL}/Tasks/{sid}",
        **_COMMON,
    }


def wide_entity() -> str:
    """Make the text of an entity of 40 fields, with dates and attributes."""
    fields: dict[str, Any] = {
        "sid": "WT" + "7" * 32,
        "attributes": '{"language": "en", "steps": [1, 2, 3]}',
        **_COMMON,
    }
    for number in range(40 - len(fields)):
        fields[f"field_number_{number}"] = f"value {number}"
    return json.dumps(fields)
