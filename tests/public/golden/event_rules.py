"""Rules about the connection and events: what comes once, what is not lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .case import Case, Json
from .rule_tools import Rule, emitted, forget_event, skip


# Seconds before its end at which a token counts as expired.
_EXPIRY_MARGIN = 5

# setTimeout takes 31 bits of milliseconds: a later timer runs at once.
_LONGEST_TIMER = 2**31 / 1000

_RESERVATION = "reservation."


def _expected_end(case: Case) -> float | None:
    """Tell in how many seconds the first token ends; None: never."""
    tokens = case["tokens"]
    token = tokens[0] if tokens else None
    return token.get("exp_in") if isinstance(token, dict) else None


def only_an_expired_token_expires(case: Case) -> None:
    """A token without `exp` never expires, one that lasts long not at once."""
    end = _expected_end(case)
    if end is None or end > _LONGEST_TIMER:
        for entry in emitted(case, "token.expired")[:1]:
            forget_event(case, entry)


def an_expired_token_does_not_connect(case: Case) -> None:
    """With an expired token there is `token.expired`, and no connection."""
    end = _expected_end(case)
    if end is None or end > _EXPIRY_MARGIN or not case["expected"]["connects"]:
        return
    case["expected"] |= {"connects": [], "requests": []}
    _keep_events(case, {"token.expired"})


def a_refused_upgrade_is_not_repeated(case: Case) -> None:
    """401 and 403 at the upgrade refuse the token: there is no second attempt."""
    if case.get("refuse_first", {}).get("status") not in (401, 403):
        return
    expected = case["expected"]
    expected |= {"connects": expected["connects"][:1], "requests": []}
    events = [entry["event"] for entry in expected["events"]]
    if "disconnected" in events:
        del expected["events"][events.index("disconnected") + 1 :]
    _keep_events(case, {"error", "disconnected"})


def _keep_events(case: Case, names: set[str]) -> None:
    """Without a connection nothing else is heard; wait for what is."""
    case["expected"]["events"] = [
        entry for entry in case["expected"]["events"] if entry["event"] in names
    ]
    for index, step in enumerate(case["steps"]):
        if step.keys() & {"await", "await_request", "call"}:
            skip(case, index)
    if case["expected"]["events"]:
        last = case["expected"]["events"][-1]["event"]
        case["steps"].append({"await": last})


def a_dead_line_is_closed(case: Case) -> None:
    """Silence closes the socket: there is one connection, and a frame comes once."""
    if case["expected"].get("open_sockets", 0) < 2:
        return
    case["expected"]["open_sockets"] = 1
    for event, times in Counter(event for _, event, _ in _frames(case)).items():
        for entry in emitted(case, event)[times:]:
            forget_event(case, entry)


def a_reservation_is_announced_once(case: Case) -> None:
    """After a reconnect a reservation that was announced is not announced again."""
    told: Counter[str] = Counter()
    sent = Counter(
        (payload or {}).get("reservation_sid")
        for _, event, payload in _frames(case)
        if event == "reservation.created"
    )
    for entry in emitted(case, "reservation.created"):
        sid = entry["args"][0].get("sid")
        told[sid] += 1
        if told[sid] > max(1, sent[sid]):
            forget_event(case, entry)


def a_gap_is_looked_into(case: Case) -> None:
    """After a reconnect ours asks for what it may have missed."""
    if len(case["expected"]["connects"]) > 1:
        case["allow"]["late_gets"] = True


def an_odd_frame_is_a_gap(case: Case) -> None:
    """After a frame that makes no sense ours asks for what it should have said."""
    sensible = {
        index
        for index, event, payload in _frames(case)
        if not event.startswith(_RESERVATION) or isinstance(payload, dict)
    }
    sent = {
        index
        for index, step in enumerate(case["steps"])
        if step.keys() & {"send", "send_raw"}
    }
    if case["client"] == "Worker" and sent - sensible:
        case["allow"]["free_gets"].append("/Reservations")


def a_failing_listener_stops_nothing(case: Case) -> None:
    """What a listener raises is logged: pending reservations are asked for as ever."""
    if case["client"] == "Worker" and any(
        step.get("listen") == "ready" and "throws" in step for step in case["steps"]
    ):
        case["allow"]["free_gets"].append("/Reservations")


def no_frame_is_lost(case: Case) -> None:
    """A frame that breaks JavaScript's handling is emitted with what it holds."""
    heard = Counter(entry["event"] for entry in case["expected"]["events"])
    unheard = {step.get("unlisten_all") for step in case["steps"]}
    listened = {event for event in case["listen"] if event not in unheard}
    for index, event, payload in _frames(case):
        if event in listened and heard[event] == 0:
            if not event.startswith(_RESERVATION):
                entry = {"event": event, "args": [{"$resembles": payload}]}
            elif case["client"] == "Worker" and payload:
                entry = {"event": event, "args": [{"$announces": payload}]}
            else:
                continue  # it says nothing: an error, as other frames without sense
            _insert(case, entry, index)
        else:
            heard[event] -= 1


def _insert(case: Case, entry: Json, index: int) -> None:
    """Put an emission before those of frames that are sent later."""
    later = {event for at, event, _ in _frames(case) if at > index}
    events = case["expected"]["events"]
    position = next(
        (at for at, each in enumerate(events) if each["event"] in later), len(events)
    )
    events.insert(position, entry)
    case["steps"].append({"await": entry["event"]})


def no_pending_reservation_is_lost(case: Case) -> None:
    """Every reservation that is pending at ready is announced."""
    if "reservation.created" not in case["listen"] or not case["expected"]["requests"]:
        return
    told = {
        entry["args"][0].get("sid") for entry in emitted(case, "reservation.created")
    }
    for payload in _pending(case):
        if payload["sid"] not in told:
            announced = {
                "sid": payload["task_sid"],
                "reservation_sid": payload["sid"],
            }
            args = [{"$announces": announced}]
            entry = {"event": "reservation.created", "args": args}
            case["expected"]["events"].append(entry)
            case["steps"].append({"await": "reservation.created"})


def what_is_known_is_told(case: Case) -> None:
    """If details can't be loaded, an event holds what is known, not just the sid."""
    for entry in case["expected"]["events"]:
        argument = entry["args"][0] if entry["args"] else None
        if _is_bare_reservation(argument):
            entry["args"] = [{"$at_least": argument}]


def _is_bare_reservation(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and value.get("$entity") == "Reservation"
        and value.keys() <= {"$entity", "$url", "sid", "task"}
    )


def trouble_has_words_of_its_own(case: Case) -> None:
    """`error` has a `message` that says what happened, in our words."""
    for entry in case["expected"]["events"]:
        if entry["event"] == "error":
            entry["args"] = [{"$message": True}]


def _frames(case: Case) -> Iterator[tuple[int, str, Json]]:
    """Go through the frames that make sense: the step, the event, the payload."""
    for index, step in enumerate(case["steps"]):
        frame = step.get("send")
        event = frame.get("event_type") if isinstance(frame, dict) else None
        if isinstance(event, str) and event:
            if case["client"] == "Worker":
                event = event.removeprefix("worker.")
            if event == "reservation.pending":
                event = "reservation.created"
            yield index, event, frame.get("payload")


def _pending(case: Case) -> Iterator[Json]:
    """Go through the reservations that are pending at the first ready."""
    for key, replies in case["rest"].items():
        if key.startswith("GET ") and key.endswith("/Reservations"):
            payload = replies[0].get("payload") or {}
            for item in payload.get("reservations", []):
                if item.get("reservation_status") == "pending":
                    yield item


# In the order in which they are applied.
RULES: tuple[Rule, ...] = (
    only_an_expired_token_expires,
    an_expired_token_does_not_connect,
    a_refused_upgrade_is_not_repeated,
    a_dead_line_is_closed,
    a_reservation_is_announced_once,
    a_gap_is_looked_into,
    an_odd_frame_is_a_gap,
    a_failing_listener_stops_nothing,
    no_frame_is_lost,
    no_pending_reservation_is_lost,
    what_is_known_is_told,
    trouble_has_words_of_its_own,
)
