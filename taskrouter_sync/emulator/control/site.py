"""What the commands of the control work with, gathered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskrouter_sync.emulator.control.changes import Changes
from taskrouter_sync.emulator.control.views import Views
from taskrouter_sync.emulator.service import Service


if TYPE_CHECKING:
    # At run time it is the other way round: the emulator makes its control.
    from taskrouter_sync.emulator.runner import Emulator


@dataclass(frozen=True)
class Site:
    """One emulator, from its own thread.

    Args:
        emulator: what a program in Python would use.
        service: what it serves.
        views: show it.
        changes: wait for it.
    """

    emulator: Emulator
    service: Service
    views: Views
    changes: Changes
