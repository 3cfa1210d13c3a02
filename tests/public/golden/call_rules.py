"""Rules about calls: what is accepted and refused, who hears of it, what is sent."""

from __future__ import annotations

import json
from typing import Any

from .case import Case, Json
from .rule_tools import (
    Rule,
    called_back,
    calls,
    expect_no_raise,
    expect_raise,
    is_callback,
    is_missing,
    method_of,
    never_sent,
    never_told,
    threw,
    values_of,
)


_EVENTS = {"initiated", "ringing", "answered", "completed"}
_CLAIMS = ("account_sid", "workspace_sid", "channel")


def none_is_not_sent(case: Case) -> None:
    """`None` means "not given": the key is left out of the request."""
    for request in case["expected"]["requests"]:
        params = request["body"].get("params")
        if params:
            request["body"]["params"] = {
                name: value for name, value in params.items() if value is not None
            }


def values_go_out_as_text(case: Case) -> None:
    """In update, create and updateTask objects go out as JSON text, scalars as text."""
    for request in case["expected"]["requests"]:
        body = request["body"]
        params = body.get("params", {})
        if body["method"] == "POST" and not params.keys() & {
            "Instruction",
            "ReservationStatus",
        }:
            params.update({name: as_text(value) for name, value in params.items()})


def as_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def dequeue_means_what_its_documentation_says(case: Case) -> None:
    """A sixth argument of dequeue that names no call events is whom to dequeue to."""
    for _, step in calls(case):
        values = [value for value in step["args"] if not is_callback(value)]
        if method_of(step) != "dequeue" or len(values) != 6 or is_missing(values[5]):
            continue
        if set(str(values[5]).split(",")) <= _EVENTS:
            continue
        for request in case["expected"]["requests"]:
            params = request["body"].get("params", {})
            if params.get("DequeueStatusCallbackEvent") == values[5]:
                params["DequeueTo"] = params.pop("DequeueStatusCallbackEvent")


def silent_callbacks_are_told(case: Case) -> None:
    """A callback that JavaScript never calls gets the error, or the result."""
    silent = set(case["expected"].pop("never_called"))
    for index, step in calls(case):
        for name in called_back(step):
            if name in silent and threw(case, index) is None:
                case["allow"]["told"][name] = index
                # Its result may need a task that JavaScript does not load here.
                case["allow"]["gets"].add(index)


def without_a_callback_the_error_is_raised(case: Case) -> None:
    """A call without a callback raises what went wrong; and it loads its result."""
    for index, step in calls(case):
        if not called_back(step):
            case["allow"]["raises"].add(index)
            case["allow"]["gets"].add(index)


def what_a_callback_raises_reaches_the_caller(case: Case) -> None:
    """An exception that a result callback raises reaches the caller of the method."""
    for index, step in calls(case):
        if any(is_callback(value) and "throws" in value for value in step["args"]):
            expect_raise(case, index)


def a_lone_event_name_makes_a_decorator(case: Case) -> None:
    """`on(event)` without a callback is a decorator."""
    for index, step in calls(case):
        if method_of(step) in ("on", "once") and len(step["args"]) == 1:
            expect_no_raise(case, index)


def more_values_are_accepted(case: Case) -> None:
    """update takes numbers, booleans and objects; a missing callback is none."""
    for index, step in calls(case):
        thrown = threw(case, index)
        if thrown is None or thrown["type"] != "Error":
            continue
        method, params = method_of(step), _update_params(step)
        if method == "update" and params is not None:
            expect_no_raise(case, index)
            body = {"method": "POST", "params": params}
            case["allow"]["posts"][index] = body
        elif method == "fetch" and len(values_of(step)) <= 1:
            expect_no_raise(case, index)
        else:
            continue
        case["allow"]["gets"].add(index)
        for name in called_back(step):
            case["allow"]["told"][name] = index


def _update_params(step: Json) -> dict[str, str] | None:
    """Say what an accepted update sends; None if ours refuses it too."""
    values = values_of(step)
    match values:
        case [dict() as params]:
            return {name: as_text(value) for name, value in params.items()}
        case [str() as name, str() | int() | float() | dict() | list() as value]:
            return {name: as_text(value)}
    return None


def senseless_calls_are_refused(case: Case) -> None:
    """What JavaScript sends without its parameters, or to no sid, raises TypeError."""
    for index, step in calls(case):
        found = _senseless(step)
        if found is not None:
            expect_raise(case, index)
            never_sent(case, found)
            for name in called_back(step):
                never_told(case, name)


def _senseless(step: Json) -> Any:
    """Tell by which request JavaScript's version of a refused call is known."""
    method, values = method_of(step), values_of(step)
    if method in ("update", "create") and not values and called_back(step):
        return lambda body: body["method"] == "POST" and "params" not in body
    if method == "updateTask" and not any(isinstance(v, dict) for v in values):
        return lambda body: body["method"] == "POST" and "params" not in body
    if _is_statistics(step) and values and isinstance(values[0], str):
        return lambda body: body["url"].endswith(f"Statistics/{values[0]}")
    if method in ("call", "redirect") and len(values) < 2:
        return lambda body: body.get("params", {}).get("Instruction") == method
    return None


def _is_statistics(step: Json) -> bool:
    path = step["call"].split(".")
    names = {"statistics", "realtimeStats", "cumulativeStats"}
    return len(path) > 1 and path[-2] in names and path[-1] == "fetch"


def unusable_tokens_are_refused(case: Case) -> None:
    """updateToken takes a token of this very client, and keeps the old one else."""
    for index, step in calls(case):
        if method_of(step) == "updateToken":
            number = (step["args"] or [{}])[0]
            number = number.get("$token") if isinstance(number, dict) else None
            if number is None or not _same_client(case, case["tokens"][number - 1]):
                expect_raise(case, index)


def _same_client(case: Case, token: Json) -> bool:
    mine = case["tokens"][0]["claims"]
    claims = token.get("claims", {}) if isinstance(token, dict) else {}
    return all(claims.get(name) == mine[name] for name in _CLAIMS)


def each_get_is_answered_once(case: Case) -> None:
    """Ours asks once where JavaScript asks again: equal replies in a row are one."""
    for key, replies in case["rest"].items():
        if key.startswith("GET "):
            case["rest"][key] = [
                reply
                for position, reply in enumerate(replies)
                if position == 0 or reply != replies[position - 1]
            ]


# In the order in which they are applied.
RULES: tuple[Rule, ...] = (
    none_is_not_sent,
    values_go_out_as_text,
    dequeue_means_what_its_documentation_says,
    silent_callbacks_are_told,
    without_a_callback_the_error_is_raised,
    what_a_callback_raises_reaches_the_caller,
    a_lone_event_name_makes_a_decorator,
    more_values_are_accepted,
    senseless_calls_are_refused,
    unusable_tokens_are_refused,
    each_get_is_answered_once,
)
