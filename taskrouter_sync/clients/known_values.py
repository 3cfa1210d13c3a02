"""The activity, attributes and capacities that the listeners of a Worker know."""

from __future__ import annotations

import json
import threading
from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..properties import date_value
from .framed import Topic


class _Recovered:
    """What was told of a gap; the frame that says the same may still come."""

    def __init__(
        self,
        value: Any,
        date: datetime | None,
    ) -> None:
        self.value = value
        self.date = date


# The property that each event is about; by prefix, as payloads tell their kind so.
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "WK": {"activity.update": "activity_sid", "attributes.update": "attributes"},
    "WC": {
        "capacity.update": "configured_capacity",
        "channel.availability.update": "available",
    },
}


def topic_of(event: str, payload: Any) -> Topic | None:
    """Tell what an event is about; None for one that is about no value."""
    for topic, _ in _values(payload):
        if topic.event == event:
            return topic
    return None


class KnownValues:
    """Activity, attributes and capacities that listeners know; used by any thread."""

    def __init__(self) -> None:
        # Guards everything below.
        self._lock = threading.Lock()
        self._told: dict[Topic, Any] = {}
        self._recovered: dict[Topic, _Recovered] = {}
        # When what is known of a worker or channel had last changed, by sid.
        self._dates: dict[str, datetime] = {}

    def knows_channels(self) -> bool:
        """Whether it has heard of any channel."""
        with self._lock:
            return any(topic.sid.startswith("WC") for topic in self._told)

    def value(self, event: str, sid: str) -> Any:
        """Give the value that an event is about as it was told last; None if never."""
        with self._lock:
            return self._told.get(Topic(event, sid))

    def learn(self, payload: Any) -> None:
        """Take over what an answer says, where no event has said anything yet.

        The event of what an answer is ahead with is still to be told.
        """
        with self._lock:
            for topic, value in _values(payload):
                self._told.setdefault(topic, value)
                self._is_older(topic.sid, payload)

    def note(self, event: str, payload: Any) -> bool:
        """Take over what an event says; False if that was told already, of a gap."""
        with self._lock:
            for topic, value in _values(payload):
                if topic.event == event:
                    if self._is_old(topic, value, _date(payload)):
                        return False
                    self._recovered.pop(topic, None)
                    self._told[topic] = value
                    self._is_older(topic.sid, payload)
        return True

    def missed(self, payload: Any, framed: Container[Topic]) -> list[str]:
        """Take over what the service says after a gap, and name the events missed.

        Args:
            payload: of a worker or a channel.
            framed: of what frames have come since the gap: they tell it themselves.
        """
        found: list[str] = []
        with self._lock:
            for topic, value in _values(payload):
                if self._is_older(topic.sid, payload) or topic in framed:
                    continue
                if self._told.get(topic, value) != value:
                    found.append(topic.event)
                    self._recovered[topic] = _Recovered(value, _date(payload))
                self._told[topic] = value
        return found

    def _is_older(self, sid: str, payload: Mapping[str, Any]) -> bool:
        """Whether a payload is older than what is known: answers overtake each other.

        If not, its date is that of what is known.
        """
        date = _date(payload)
        if date is None:
            return False
        known = self._dates.setdefault(sid, date)
        self._dates[sid] = max(known, date)
        return date < known

    def _is_old(self, topic: Topic, value: Any, date: datetime | None) -> bool:
        recovered = self._recovered.get(topic)
        if recovered is None:
            return False
        if date is None or recovered.date is None or date == recovered.date:
            return bool(value == recovered.value)
        return date < recovered.date


def _values(payload: Any) -> Iterator[tuple[Topic, Any]]:
    sid = payload.get("sid") if isinstance(payload, Mapping) else None
    if not isinstance(sid, str):
        return
    for event, name in _PROPERTIES.get(sid[:2], {}).items():
        if name in payload:
            # Frames say 1 and 0, REST says true and false: equal, and so in Python.
            yield Topic(event, sid), _read(payload[name])


def _read(value: Any) -> Any:
    """Read a value; a document, the attributes, may be written in different ways."""
    try:
        document = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
    # As text, in which true is not 1.
    return json.dumps(document, sort_keys=True) if isinstance(value, str) else value


def _date(payload: Mapping[str, Any]) -> datetime | None:
    date = date_value(payload.get("date_updated"))
    return date if isinstance(date, datetime) else None
