"""The program that uses this package: its cells in a notebook, and its own frames.

Asks IPython through its documented names, and only if the program has loaded it.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, NamedTuple


_PACKAGE = __name__.partition(".")[0]


class Cell(NamedTuple):
    """One run of a cell.

    Attributes:
        identity: the notebook's id of the cell; its source, where it has none.
        run: the same for everything that happens in this run of it.
        name: as people see it beside the cell: ``In[5]``.
    """

    identity: str
    run: object
    name: str


def shell() -> Any:
    """Give IPython's shell, also that of a notebook; None in other programs."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return None if get_ipython is None else get_ipython()


def running_cell() -> Cell | None:
    """Give the cell that runs on this thread; None for what no cell does."""
    found = shell()
    if found is None or threading.current_thread() is not threading.main_thread():
        return None
    sources = found.user_ns["In"]
    identity, run, name = sources[-1], len(sources), f"In[{len(sources) - 1}]"
    if hasattr(found, "get_parent"):  # a kernel: the request that it works on
        request = found.get_parent()
        identity = request.get("metadata", {}).get("cellId") or identity
        run = request.get("header", {}).get("msg_id") or run
    return Cell(identity, run, name)


def place_of_caller() -> str:
    """Say where the program called this package: ``agent.py:12``."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals):
        frame = frame.f_back
    path = frame.f_code.co_filename.replace("\\", "/")
    return f"{path.rpartition('/')[2]}:{frame.f_lineno}"


def traceback_lines(error: BaseException) -> list[str]:
    """Show an error as IPython does, up to where the program called this package."""
    kind, entries, found = type(error), _without_our_end(error.__traceback__), shell()
    if found is None:
        # At need: takes longer to import than all of this.
        from traceback import format_exception

        return "".join(format_exception(kind, error, entries)).splitlines()
    lines: list[str] = found.InteractiveTB.structured_traceback(kind, error, entries)
    return lines


def _without_our_end(entries: TracebackType | None) -> TracebackType | None:
    """Cut a traceback where the program called this package."""
    kept: list[TracebackType] = []
    entry = entries
    while entry is not None and not _is_ours(entry.tb_frame.f_globals):
        kept.append(entry)
        entry = entry.tb_next
    short: TracebackType | None = None
    for each in reversed(kept):
        short = TracebackType(short, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return short or entries


def without_our_beginning(entries: TracebackType | None) -> TracebackType | None:
    """Let a traceback begin where this package called the program."""
    while entries is not None and _is_ours(entries.tb_frame.f_globals):
        entries = entries.tb_next
    return entries


def _is_ours(module: dict[str, Any]) -> bool:
    return str(module.get("__name__", "")).partition(".")[0] == _PACKAGE
