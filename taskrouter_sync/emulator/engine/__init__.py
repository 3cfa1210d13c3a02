"""The emulated service without I/O: state, transitions, routing."""

from .engine import Engine
from .errors import ServiceError
from .events import Event
from .values import UNSET, Unset


__all__ = ["UNSET", "Engine", "Event", "ServiceError", "Unset"]
