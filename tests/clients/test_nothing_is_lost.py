"""Whatever happens to the line, listeners hear what the service's log has, once.

Without sockets: see `simulation` for what is real, and `story` for what happens.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from taskrouter_sync.emulator.engine import Event

from .simulation import Desk
from .story import BEFORE, MOVES, Move, Story


# When one fails, the search for the shortest story takes its time.
pytestmark = pytest.mark.timeout(400)

PROPERTY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

# What each event of the worker's own is about.
TOPICS = {
    "activity.update": "activity_sid",
    "attributes.update": "attributes",
    "capacity.update": "configured_capacity",
    "channel.availability.update": "available",
}

ENDS = {
    f"reservation.{end}"
    for end in ("rejected", "timeout", "canceled", "rescinded", "completed")
}

Pairs = list[tuple[str, str]]


def play(before: list[Move], moves: list[Move]) -> Story:
    """Play a story: what was before the clients came, and what came then."""
    story = Story()
    story.play(before)
    for desk in story.desks:
        desk.open()
    story.play(moves)
    story.finish()
    return story


def told_reservations(desk: Desk) -> Pairs:
    return [
        (event, reservation.sid)
        for event, reservation in desk.told
        if event.startswith("reservation.")
    ]


def log_of(desk: Desk) -> list[tuple[int, Event]]:
    """List the reservation events of a worker, with their places in the log."""
    return [
        (place, event)
        for place, event in enumerate(desk.office.events)
        if event.event_type.startswith("reservation.")
        and desk.worker.sid in event.worker_sids
    ]


def by_sid(pairs: Pairs) -> dict[str, list[str]]:
    found = defaultdict(list)
    for event, sid in pairs:
        found[sid].append(event)
    return found


def ways(desk: Desk) -> dict[str, list[tuple[int, Event]]]:
    """Sort the log of a worker by reservation."""
    found = defaultdict(list)
    for place, event in log_of(desk):
        found[event.resource_sid].append((place, event))
    return found


def owed(desk: Desk, way: list[tuple[int, Event]]) -> set[str]:
    """Name the events of a reservation that listeners must have heard."""
    assert desk.since is not None
    (created, _), (last, end) = way[0], way[-1]
    if created < desk.since:
        # It was there before the client: what becomes of it is told.
        return {end.event_type} if last >= desk.since or last == created else set()
    return {
        event.event_type
        for _, event in way
        # What the service no longer shows nobody can tell.
        if event is end
        or event.event_type != "reservation.wrapup"
        or event.sid not in desk.lost | desk.overtaken
    }


def is_forgotten(desk: Desk, way: list[tuple[int, Event]]) -> bool:
    """Whether some of it was missed, and the service does not show it any more."""
    missed = any(event.sid in desk.lost for _, event in way)
    return missed and way[0][1].resource_sid not in desk.worker.reservations


def told_changes(desk: Desk) -> dict[str, list[Any]]:
    """List what listeners heard of the worker's own values, by event."""
    found = defaultdict(list)
    for event, told in desk.told:
        if event in TOPICS:
            found[event].append(told.payload[TOPICS[event]])
    return found


def changes(desk: Desk) -> dict[str, list[Any]]:
    """List the same of the service's log."""
    found = defaultdict(list)
    for event in desk.office.events:
        topic = event.event_type.removeprefix("worker.")
        if topic in TOPICS and desk.worker.sid in event.worker_sids:
            thing = event.worker_channel or event.worker
            found[topic].append(getattr(thing, TOPICS[topic]))
    return found


def present(desk: Desk) -> dict[str, Any]:
    """Give the service's own values by event."""
    channel = desk.office.engine.workers.find_channel(desk.worker, "default")
    return {
        event: getattr(channel if event[0] == "c" else desk.worker, name)
        for event, name in TOPICS.items()
    }


@PROPERTY
@given(BEFORE, MOVES)
def test_each_reservation_event_is_told_once_and_in_order(
    before: list[Move], moves: list[Move]
) -> None:
    story = play(before, moves)
    for desk in story.desks:
        told = by_sid(told_reservations(desk))
        logged = ways(desk)
        assert told.keys() <= logged.keys(), "told of what never was"
        for sid, way in logged.items():
            heard = told.get(sid, [])
            if is_forgotten(desk, way):
                # How it ended can't be known; that it has must be told.
                assert len(set(heard)) == len(heard)
                assert not heard or heard[-1] in ENDS
            else:
                types = [event.event_type for _, event in way]
                assert heard == [each for each in types if each in heard]
                assert owed(desk, way) <= set(heard)


@PROPERTY
@given(BEFORE, MOVES)
def test_the_worker_s_own_changes_are_told_once_and_in_order(
    before: list[Move], moves: list[Move]
) -> None:
    """Of several changes within a gap only the last can be told."""
    story = play(before, moves)
    for desk in story.desks:
        logged = changes(desk)
        for topic, values in told_changes(desk).items():
            rest = iter(logged[topic])
            assert all(value in rest for value in values), f"{topic} not as in the log"
        for topic, value in present(desk).items():
            latest = [*desk.learned.get(topic, []), *told_changes(desk)[topic]][-1:]
            assert latest in ([], [value]), f"the last {topic} was lost"


@PROPERTY
@given(BEFORE, MOVES)
def test_in_the_end_the_client_shows_what_the_service_has(
    before: list[Move], moves: list[Move]
) -> None:
    story = play(before, moves)
    for desk in story.desks:
        worker = desk.worker
        assert desk.shown["activity_sid"] == worker.activity_sid
        assert desk.shown["attributes"] == worker.attributes
        heard = {sid for _, sid in told_reservations(desk)}
        held = {each.sid for each in worker.reservations.values() if each.live}
        assert desk.known.open().keys() == held & heard
