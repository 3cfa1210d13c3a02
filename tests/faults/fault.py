"""What can happen to a TCP connection, as data. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """Which trouble.

    What ends the connection does so in the middle of whatever passes just then.
    """

    DELAY = "delay"  # what follows comes `seconds` later
    STALL = "stall"  # nothing follows any more, and nobody says so
    CUT = "cut"  # both ends see the end of the stream
    HALF_OPEN = "half-open"  # the server's end is gone, and the client is not told
    RESET = "reset"  # both ends see a reset
    CORRUPT = "corrupt"  # the next `size` bytes are others
    THROTTLE = "throttle"  # the next `size` bytes come over `seconds`
    REORDER = "reorder"  # held until another connection's bytes went first
    REFUSE = "refuse"  # for `seconds` nobody listens


class Direction(enum.Enum):
    """Which way the bytes go."""

    UP = "to the server"
    DOWN = "to the client"


# What can be done to a connection on which nothing moves.
AT_ONCE = frozenset({Kind.CUT, Kind.HALF_OPEN, Kind.RESET})


@dataclass(frozen=True)
class Fault:
    """One trouble.

    Attributes:
        after: how many more bytes pass in this direction before it begins.
        seconds: how long; for REORDER at most.
        size: how many bytes it is about.
    """

    kind: Kind
    direction: Direction = Direction.DOWN
    after: int = 0
    seconds: float = 0.0
    size: int = 1
