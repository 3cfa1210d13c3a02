"""What the rules share: looking at a case's script, and changing what it expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from .case import Case, Json, callback_names


Rule: TypeAlias = Callable[[Case], None]


def calls(case: Case) -> Iterator[tuple[int, Json]]:
    """Go through the steps that call a method."""
    for index, step in enumerate(case["steps"]):
        if "call" in step:
            yield index, step


def called_back(step: Json) -> list[str]:
    """Name the callbacks that a step mentions."""
    return list(callback_names(step["args"]))


def method_of(step: Json) -> str:
    return str(step["call"].rpartition(".")[2])


def is_callback(value: Json) -> bool:
    return isinstance(value, dict) and "$callback" in value


def is_missing(value: Json) -> bool:
    return value is None or value == {"$undefined": True}


def values_of(step: Json) -> list[Json]:
    """List a step's arguments without callbacks, and without what is not given."""
    return [
        value
        for value in step["args"]
        if not is_callback(value) and not is_missing(value)
    ]


def skip(case: Case, index: int) -> None:
    """Let a step wait for nothing: what it waits for does not come to us."""
    case["steps"][index] = {"settle_ms": 0}


def threw(case: Case, index: int) -> Json | None:
    """Find what JavaScript threw at a step."""
    for exception in case["expected"]["exceptions"]:
        if exception["step"] == index:
            return exception
    return None


def expect_raise(case: Case, index: int) -> None:
    """Ours raises at this step, whether or not JavaScript throws there."""
    if threw(case, index) is None:
        call = case["steps"][index]["call"]
        exception = {"step": index, "call": call, "type": "Error", "message": ""}
        case["expected"]["exceptions"].append(exception)
        case["expected"]["exceptions"].sort(key=lambda each: each["step"])


def expect_no_raise(case: Case, index: int) -> None:
    case["expected"]["exceptions"] = [
        each for each in case["expected"]["exceptions"] if each["step"] != index
    ]


def never_sent(case: Case, found: Callable[[Json], bool]) -> None:
    """Take the first request of a kind, and what waits for it, out of the case."""
    requests = case["expected"]["requests"]
    for position, request in enumerate(requests):
        if found(request["body"]):
            del requests[position]
            body = request["body"]
            key = f"{body['method']} {body['url']}"
            for index, step in enumerate(case["steps"]):
                if step.get("await_request") == key:
                    skip(case, index)
            return


def never_told(case: Case, name: str) -> None:
    """A callback is not called: nothing waits for it."""
    case["expected"]["callbacks"][name] = {"count": 0, "calls": []}
    case["allow"]["told"].pop(name, None)
    for index, step in enumerate(case["steps"]):
        if step.get("await") == name:
            skip(case, index)


def emitted(case: Case, event: str) -> list[Json]:
    """List the expected emissions of an event, as listeners without a label hear it."""
    return [
        each
        for each in case["expected"]["events"]
        if each["event"] == event and "listener" not in each
    ]


def forget_event(case: Case, entry: Json) -> None:
    """An emission does not come: take it, and the last wait for it, out of the case."""
    events = case["expected"]["events"]
    del events[next(i for i, each in enumerate(events) if each is entry)]
    for index in reversed(range(len(case["steps"]))):
        step = case["steps"][index]
        if step.get("await") == entry["event"]:
            if step.get("count", 1) > 1:
                step["count"] -= 1
            else:
                skip(case, index)
            return
