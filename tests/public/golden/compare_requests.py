"""Whether the requests are those of the recording; GETs may be left out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .case import Case, Json, Recording
from .compare_values import text, unlike


def compare_requests(case: Case, recording: Recording) -> Iterator[str]:
    """POSTs and DELETEs are the same, in order; GETs may be left out."""
    yield from _tokens(case, recording)
    actual = recording.seen["requests"]
    groups = _groups(case["expected"]["requests"])
    at = 0
    for index in _own(case, recording):
        request = actual[index]
        found = next(
            (i for i in range(at, len(groups)) if groups[i][_plain(request)] > 0), None
        )
        if found is None:
            if not _is_free(case, recording, index):
                yield f"request {index}: not expected: {_plain(request)}"
            continue
        for group in groups[at:found]:
            yield from _left_out(group)
        at = found
        groups[at][_plain(request)] -= 1
    for group in groups[at:]:
        yield from _left_out(group)
    for index, body in case["allow"]["posts"].items():
        yield from _accepted(body, actual, recording.during.get(index, range(0)), index)


def _left_out(group: Counter[str]) -> Iterator[str]:
    for request, times in group.items():
        if times and '"method": "GET"' not in request:
            yield f"request missing: {request}"
    group.clear()


def _accepted(body: Json, actual: Json, during: range, step: int) -> Iterator[str]:
    """A call that JavaScript refuses and ours performs sends this POST."""
    for name in ("method", "params"):
        came = actual[during[0]]["body"].get(name) if during else None
        yield from unlike(body[name], came, f"step {step}: {name}")


def _tokens(case: Case, recording: Recording) -> Iterator[str]:
    """Every request carries the client's token of the moment."""
    for index, request in enumerate(recording.seen["requests"]):
        current = [token for since, token in recording.tokens if since <= index][-1]
        if request["body"].get("token") != current:
            yield f"request {index}: token {request['body'].get('token')}"


def _own(case: Case, recording: Recording) -> Iterator[int]:
    """Go through the requests, but for retries and what only ours performs."""
    actual = recording.seen["requests"]
    accepted = {
        index
        for step in case["allow"]["posts"]
        for index in recording.during.get(step, ())
    }
    replies = replies_to(case, actual)
    failed: set[str] = set()
    for index, request in enumerate(actual):
        key = _plain(request)
        if index not in accepted and key not in failed:
            yield index
        failed.discard(key)
        if _may_be_repeated(request, replies[index]):
            failed.add(key)


def _may_be_repeated(request: Json, reply: Json) -> bool:
    if reply.get("status") in (429, 500, 503):
        return True
    return request["body"]["method"] == "GET" and ("drop" in reply or "hang" in reply)


def replies_to(case: Case, requests: list[Json]) -> list[Json]:
    """Say what the bridge replied to each request."""
    used: Counter[str] = Counter()
    replies = []
    for request in requests:
        key = request_key(request)
        scripted = case["rest"].get(key, [{"status": 404}])
        replies.append(scripted[min(used[key], len(scripted) - 1)])
        used[key] += 1
    return replies


def request_key(request: Json) -> str:
    return f"{request['body']['method']} {request['body']['url']}"


def _is_free(case: Case, recording: Recording, index: int) -> bool:
    """Tell whether ours may send a GET that JavaScript does not."""
    actual = recording.seen["requests"]
    body = actual[index]["body"]
    allow = case["allow"]
    if body["method"] != "GET":
        return False
    if any(body["url"].endswith(end) for end in allow["free_gets"]):
        return True
    if any(index in recording.during.get(step, ()) for step in allow["gets"]):
        return True
    readies = sum(
        each["body"].get("event_type") == "ready" for each in actual[: index + 1]
    )
    return bool(allow["late_gets"]) and readies > 1


def _groups(requests: list[Json]) -> list[Counter[str]]:
    """Runs of requests: one by one, or all that share an `unordered` number."""
    groups: list[tuple[int | None, Counter[str]]] = []
    for request in requests:
        number = request.get("unordered")
        if number is None or not groups or groups[-1][0] != number:
            groups.append((number, Counter()))
        groups[-1][1][_plain(request)] += 1
    return [members for _, members in groups]


def _plain(request: Json) -> str:
    """Say what of a request is compared; its token is compared by itself."""
    body = {name: value for name, value in request["body"].items() if name != "token"}
    content_type = (request["content_type"] or "").replace(" ", "").lower()
    return text({"path": request["path"], "content_type": content_type, "body": body})
