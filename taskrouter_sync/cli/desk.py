"""What an agent has before them: open reservations, and what a key means now. Pure.

Knows no terminal and no client; reservations are asked for their properties only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .terminal import Paint, plain, short


Verb = Literal["accept", "reject", "complete", "activities", "activity", "quit", "help"]

HELP = """\
  a  accept      r  reject      c  complete
  1…9  choose one of several reservations, for the next a, r or c
  s  another activity           ?  this help      q  quit"""

_PENDING = ("pending",)
_OPEN = ("accepted", "wrapping")


@dataclass(frozen=True)
class Action:
    """What a key asks for.

    Attributes:
        subject: a reservation, or an activity; None where the verb needs none.
    """

    verb: Verb
    subject: Any = None


class Desk:
    """The agent's desk."""

    def __init__(self) -> None:
        self._reservations: dict[str, Any] = {}
        self._chosen: str | None = None
        # What a digit chooses from; empty: from the reservations.
        self._activities: Sequence[Any] = ()

    def lay(self, reservations: Mapping[str, Any]) -> None:
        """Take over which reservations are open, by sid, the oldest first."""
        self._reservations = dict(reservations)
        if self._chosen not in self._reservations:
            self._chosen = None

    def offer(self, activities: Sequence[Any]) -> list[str]:
        """Let the next digit choose an activity; give the lines that say so."""
        self._activities = activities[:9]
        return [
            f"  {number}  {plain(each.friendly_name)}"
            for number, each in enumerate(self._activities, 1)
        ]

    def press(self, key: str) -> Action | str | None:
        """Tell what a key means now: an action, words, or nothing."""
        activities, self._activities = self._activities, ()
        if key in "123456789" and key:
            return self._digit(int(key), activities)
        if key == "a":
            return self._on_one("accept", _PENDING)
        if key == "r":
            return self._on_one("reject", _PENDING)
        if key == "c":
            return self._on_one("complete", _OPEN)
        verbs: dict[str, Verb] = {"s": "activities", "q": "quit", "": "quit"}
        return Action(verbs.get(key, "help"))

    def lines(self, paint: Paint) -> list[str]:
        """Show the open reservations, the chosen one marked, and which keys count."""
        shown = []
        for number, (sid, each) in enumerate(self._reservations.items(), 1):
            mark = ">" if sid == self._chosen else " "
            status = plain(each.reservation_status)
            style = "yellow" if status in _PENDING else "green"
            task = each.get("task") or {}
            about = short(task.get("attributes", ""))
            painted = paint(style, f"{status:<9}")
            shown.append(f"{mark} {number}  {painted}  {plain(sid)}  {about}".rstrip())
        return [*shown, paint("dim", self._hint())]

    def _hint(self) -> str:
        words = []
        if self._find(_PENDING) is not None:
            words += ["[a]ccept", "[r]eject"]
        if self._find(_OPEN) is not None:
            words.append("[c]omplete")
        return "  ".join([*words, "[s]witch activity", "[?] help", "[q]uit"])

    def _digit(self, number: int, activities: Sequence[Any]) -> Action | str:
        if activities:
            if number > len(activities):
                return f"there is no activity {number}"
            return Action("activity", activities[number - 1])
        sids = list(self._reservations)
        if number > len(sids):
            return f"there is no reservation {number}"
        self._chosen = sids[number - 1]
        return f"chosen: {number}"

    def _on_one(self, verb: Verb, statuses: Sequence[str]) -> Action | str:
        found = self._find(statuses)
        if found is None:
            return f"nothing to {verb}"
        return Action(verb, found)

    def _find(self, statuses: Sequence[str]) -> Any:
        """Find what a verb is about: the chosen one if it fits, else the oldest."""
        fitting = {
            sid: each
            for sid, each in self._reservations.items()
            if each.reservation_status in statuses
        }
        return fitting.get(self._chosen or "", next(iter(fitting.values()), None))
