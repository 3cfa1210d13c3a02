"""What differs between what is expected of us and what came. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .case import Case, Json, Recording
from .compare_requests import compare_requests, replies_to, request_key
from .compare_values import text, unlike, unlike_payload


# How many seconds later than JavaScript's a connect may come.
_LATE = 1


def differences(case: Case, recording: Recording) -> Iterator[str]:
    """Compare a recording with what an adapted case expects."""
    expected, seen = case["expected"], recording.seen
    yield from _connects(expected["connects"], seen["connects"])
    yield from compare_requests(case, recording)
    yield from _exceptions(case, seen["exceptions"])
    yield from _events(case, seen["events"])
    yield from _callbacks(case, recording)
    for name in ("snapshots", "vars_after", "open_sockets"):
        if name in expected:
            yield from unlike(expected[name], seen[name], name)
    if seen["client_frames"]:
        yield f"frames were sent on the socket: {seen['client_frames']}"


# -------------------------------------------------- connects, exceptions, events


def _connects(expected: Json, actual: Json) -> Iterator[str]:
    timed = [{**one} for one in actual]
    start = timed[0]["at_ms"] if timed else 0
    for one in timed:
        one["at_s"] = (one.pop("at_ms") - start) / 1000
    for index, (want, have) in enumerate(zip(expected, timed, strict=False)):
        # Full jitter: at JavaScript's time at the latest, and ours may come earlier.
        if have.pop("at_s") > want.get("at_s", 1e9) + _LATE:
            yield f"connect {index} came late"
        want = {name: value for name, value in want.items() if name != "at_s"}
        yield from unlike(want, have, f"connect {index}")
    if len(expected) != len(actual):
        yield f"connects: expected {len(expected)}, got {len(actual)}"


def _exceptions(case: Case, actual: Json) -> Iterator[str]:
    wanted = [each["step"] for each in case["expected"]["exceptions"]]
    came = {each["step"]: each for each in actual}
    for step in wanted:
        if step not in came:
            yield f"step {step}: did not raise"
    for step, each in came.items():
        if step not in wanted and not (
            step in case["allow"]["raises"] and _is_outcome(each)
        ):
            yield f"step {step}: raised {each['type']}: {each['message']}"


def _is_outcome(exception: Json) -> bool:
    """Tell an error of the service, or of the way to it, from one in the call."""
    names = ("HttpError", "RequestTimeout", "ConnectionFailed", "InvalidResponse")
    return exception["type"] in names


def _events(case: Case, actual: Json) -> Iterator[str]:
    expected = [_padded(entry) for entry in case["expected"]["events"]]
    actual = [_padded(entry) for entry in actual]
    if case.get("unordered_events"):
        expected.sort(key=lambda entry: str(entry["event"]))
        actual = sorted(actual, key=lambda entry: str(entry["event"]))
    names = [[entry["event"] for entry in each] for each in (expected, actual)]
    if names[0] != names[1]:
        yield f"events: expected {names[0]}, got {names[1]}"
        return
    for index, pair in enumerate(zip(expected, actual, strict=True)):
        yield from unlike(*pair, f"event {index} {names[0][index]}")


def _padded(entry: Json) -> Json:
    """An event without an argument carries nothing, in whichever spelling."""
    return {**entry, "args": entry["args"] or [None]}


# -------------------------------------------------------------------- callbacks


def _callbacks(case: Case, recording: Recording) -> Iterator[str]:
    actual = recording.seen["callbacks"]
    told = case["allow"]["told"]
    for name, want in case["expected"]["callbacks"].items():
        have = actual.get(name, {"count": 0, "calls": []})["calls"]
        if name in told:
            yield from _told(case, recording, name, have)
            continue
        # cb(error, result): both are always there.
        calls = [[*call, None][:2] for call in want["calls"]]
        have = [[*call, None, None][:2] for call in have]
        yield from unlike(calls, have, f"callback {name}")
    for name in actual.keys() - case["expected"]["callbacks"].keys():
        yield f"callback {name}: not expected"


def _told(
    case: Case, recording: Recording, name: str, have: list[Json]
) -> Iterator[str]:
    """A callback that JavaScript never calls is told what the service answered."""
    if len(have) != 1:
        yield f"callback {name}: expected one call, got {len(have)}"
        return
    error, result = [*have[0], None, None][:2]
    during = recording.during[case["allow"]["told"][name]]
    if not during:
        yield f"callback {name}: told of nothing that was asked"
        return
    replies = replies_to(case, recording.seen["requests"])
    asked = [request_key(recording.seen["requests"][index]) for index in during]
    reply = [
        replies[i] for i, key in zip(during, asked, strict=True) if key == asked[0]
    ]
    status = reply[-1].get("status", 200)
    if "drop" in reply[-1] or "hang" in reply[-1]:
        status = 0
    if not 200 <= status < 300:
        code = (error or {}).get("$error", {}).get("code")
        yield from unlike(status, code, f"callback {name}: error.code")
        yield from unlike(None, result, f"callback {name}: result")
    elif _is_sound(reply[-1]):
        yield from unlike(None, error, f"callback {name}: error")
        path = f"callback {name}: result"
        yield from unlike_payload(reply[-1].get("payload"), result, path)
    elif not (isinstance(error, dict) and "$error" in error and result is None):
        yield f"callback {name}: expected an error, got {text(have[0])}"


def _is_sound(reply: Json) -> bool:
    """Tell an answer that makes sense from one that is an error, whatever it says."""
    if "body" in reply:
        try:
            return isinstance(json.loads(reply["body"]), dict)
        except ValueError:
            return False
    payload = reply.get("payload")
    if isinstance(payload, dict) and "sid" not in payload and "meta" in payload:
        return isinstance(payload.get(payload["meta"].get("key")), list)
    return True
