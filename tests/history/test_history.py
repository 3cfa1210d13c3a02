"""Whatever happens, listeners are told what the service's log has, once and in order.

See `simulation` for what is held in the test's hand, and `story` for what happens.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .simulation import Desk, Frame, Service
from .story import BEFORE, LIVE, MOVES, Move, Story, played


# When one fails, the search for the shortest story takes its time.
pytestmark = pytest.mark.timeout(600)

PROPERTY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],
)

# What each event of the worker's own is about.
TOPICS = {
    "activity.update": "activity_sid",
    "attributes.update": "attributes",
    "capacity.update": "configured_capacity",
    "channel.availability.update": "available",
}

ENDS = {"rejected", "timeout", "canceled", "rescinded", "completed"}

Way = list[tuple[int, Frame]]


def ways(desk: Desk) -> dict[str, Way]:
    """Sort the log of a worker by reservation, with each entry's place."""
    found = defaultdict(list)
    for place, frame in enumerate(desk.log):
        if frame.reservation_sid is not None:
            found[frame.reservation_sid].append((place, frame))
    return found


def name_of(frame: Frame) -> str:
    return frame.type.removeprefix("reservation.")


def owed(desk: Desk, way: Way) -> set[str]:
    """Name the events of a reservation that listeners must have been told of."""
    assert desk.since is not None
    (created, _), (last, end) = way[0], way[-1]
    if created < desk.since:
        # It was there before the client: what becomes of it is told.
        return {name_of(end)} if last >= desk.since or last == created else set()
    unseen = [*desk.lost, *desk.overtaken]
    return {
        name_of(frame)
        for _, frame in way
        # What the service no longer shows nobody can tell.
        if frame is end or name_of(frame) != "wrapup" or frame not in unseen
    }


def check_reservations(story: Story, desk: Desk) -> None:
    told = defaultdict(list)
    for event, sid in desk.reservations_told():
        told[sid].append(event)
    logged, held = ways(desk), story.backend.reservations(desk.sid)
    assert told.keys() <= logged.keys(), "told of what never was"
    for sid, way in logged.items():
        heard = told.get(sid, [])
        assert len(set(heard)) == len(heard), "told twice"
        if sid not in held and any(frame in desk.lost for _, frame in way):
            # How it ended can't be known; that it has must be told.
            assert not heard or heard[-1] in ENDS
        else:
            assert heard == [name for _, f in way if (name := name_of(f)) in heard]
            assert owed(desk, way) <= set(heard)
    # In the end the client shows what the service has.
    live = {sid for sid, each in held.items() if each.reservation_status in LIVE}
    assert desk.client.reservations.keys() & told.keys() == live & told.keys()


def check_values(desk: Desk) -> None:
    """Of several changes within a gap only the last can be told."""
    told: dict[str, list[Any]] = defaultdict(list)
    for event, argument in desk.told:
        if event in TOPICS:
            told[event].append(argument.payload[TOPICS[event]])
    logged = defaultdict(list)
    for frame in desk.log:
        if frame.type in TOPICS:
            logged[frame.type].append(frame.payload[TOPICS[frame.type]])
    for topic, values in told.items():
        rest = iter(logged[topic])
        assert all(value in rest for value in values), f"{topic} not as in the log"
    shown = dict(desk.client.payload)
    now = desk.client.fetch().payload
    for topic in ("activity.update", "attributes.update"):
        assert shown[TOPICS[topic]] == now[TOPICS[topic]], f"the last {topic} was lost"
        assert told[topic][-1:] in ([], [now[TOPICS[topic]]])


@PROPERTY
@given(BEFORE, MOVES)
def test_what_happened_is_told_once_and_in_order(
    service: Service, before: list[Move], moves: list[Move]
) -> None:
    with played(service, before, moves) as story:
        for desk in story.desks:
            check_values(desk)
            check_reservations(story, desk)
