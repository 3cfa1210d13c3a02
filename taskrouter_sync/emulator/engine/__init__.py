"""The emulated service without I/O: state, transitions, routing."""

from .core import Alarm
from .engine import Engine
from .errors import ServiceError
from .model import Event


__all__ = ["Alarm", "Engine", "Event", "ServiceError"]
