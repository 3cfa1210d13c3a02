"""What should have been delivered against what was. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """One event of one worker, about a reservation or the worker itself."""

    worker_sid: str
    event: str
    sid: str


class Findings(NamedTuple):
    """What is wrong: nothing, if all lists are empty.

    Attributes:
        lost: expected and not delivered.
        duplicated: delivered more often than expected.
        out_of_order: reservations (WR…) whose events came in another order.
    """

    lost: list[Entry]
    duplicated: list[Entry]
    out_of_order: list[str]


def compare(expected: Iterable[Entry], delivered: Iterable[Entry]) -> Findings:
    """Compare the service's own log with what listeners heard."""
    expected, delivered = list(expected), list(delivered)
    due, came = Counter(expected), Counter(delivered)
    lost, duplicated = due - came, came - due
    # Only what is neither lost nor too much has an order to compare.
    common = due & came
    ways = _ways(each for each in expected if each in common)
    heard = _ways(each for each in delivered if each in common)
    return Findings(
        sorted(lost.elements()),
        sorted(duplicated.elements()),
        sorted(sid for sid, way in ways.items() if heard[sid] != way),
    )


def compare_values(
    changes: Mapping[Entry, list[int]],
    delivered: Mapping[Entry, list[int]],
    unreadable: Collection[Entry] = (),
) -> Findings:
    """Compare what values were given with what listeners heard of them.

    A value that was replaced while disconnected can't be heard; the last one must be.

    Args:
        changes: ever larger numbers, by whose value it is.
        delivered: the numbers that listeners heard.
        unreadable: what may be missed, as the client may not read it.
    """
    lost, duplicated, out_of_order = [], [], []
    for topic, given in changes.items():
        heard = delivered.get(topic, [])
        if heard[-1:] != given[-1:] and topic not in unreadable:
            lost.append(topic)
        if len({*heard}) < len(heard) or {*heard} - {*given}:
            duplicated.append(topic)
        elif heard != sorted(heard):
            out_of_order.append(f"{topic.event} of {topic.sid}")
    return Findings(lost, duplicated, out_of_order)


def _ways(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """List each reservation's events in order, each once."""
    ways: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if entry.event not in ways[entry.sid]:
            ways[entry.sid].append(entry.event)
    return ways
