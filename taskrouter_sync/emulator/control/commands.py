"""All that the control can be asked, as one table; ``GET /emulator`` shows it."""

from __future__ import annotations

from collections.abc import Sequence

from taskrouter_sync.emulator.control.command import Command, Json
from taskrouter_sync.emulator.control.faulting import FAULTS, SOCKETS
from taskrouter_sync.emulator.control.keeping import KEEPING
from taskrouter_sync.emulator.control.listing import LISTING
from taskrouter_sync.emulator.control.looking import LOOKING
from taskrouter_sync.emulator.control.steering import STEERING


PREFIX = "/emulator"
STREAM = "/stream"

# A further group of commands is a further line here.
COMMANDS: Sequence[Command] = (
    *STEERING,
    *KEEPING,
    *LOOKING,
    *LISTING,
    *FAULTS,
    *SOCKETS,
)


def find(path: str) -> dict[str, Command]:
    """Give the commands of a path (what follows /emulator) by method."""
    return {each.method: each for each in COMMANDS if each.path == path}


def index() -> Json:
    """List all commands."""
    return {
        "about": "Steers this emulator of TaskRouter: JSON in and out, paths below "
        f"{PREFIX}. GET and DELETE take fields in the query, POST in a JSON object. "
        "Wrong input is answered 400 with a message that names the field.",
        "commands": [each.described() for each in COMMANDS],
        "stream": f"{PREFIX}{STREAM} sends server-sent events: 'event' for each event "
        "of the service (with a number as id, so that a reader that comes back misses "
        "none), and 'state' with what /state shows, after each change; with ?lists=no, "
        "without what /workers, /tasks, /reservations and /task_queues list.",
    }
