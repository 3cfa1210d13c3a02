"""A TaskRouter service on this machine, for tests and trials.

It calls back like the service; ``Emulator.alerts`` tells what went wrong with that.
``Emulator`` is imported when it is first asked for, since it needs what only the
extra ``emulator`` installs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .emulator import Emulator
    from .engine.errors import ServiceError

__all__ = ["Emulator", "ServiceError"]

_EXTRA = {"aiohttp", "lark"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import emulator
        from .engine import errors
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        raise ImportError(
            f"the emulator needs {error.name}: pip install 'taskrouter_sync[emulator]'"
        ) from error
    return emulator.Emulator if name == "Emulator" else errors.ServiceError
