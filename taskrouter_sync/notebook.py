"""The program around this package: notebook cells, HTML and tracebacks.

Asks IPython through its documented names, and only if the program has loaded it. The
HTML is of plain values: escaped, shortened, with local dates. Imports nothing of the
package.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple


_PACKAGE = __name__.partition(".")[0]

# Characters of a value that are shown; of the rest, as many more on hover.
SHORT = 80
_HOVER = 1000
# Characters of a caption, which is shown whole but for what nobody would call one.
_CAPTION = 500

# Rows and columns of a list that are shown.
ROWS = 50
_COLUMNS = 8

# What people look for in a list comes first; the rest only if there is room.
_FIRST = (
    "sid",
    "friendly_name",
    "worker_name",
    "unique_name",
    "task_channel_unique_name",
    "activity_name",
    "available",
    "reservation_status",
    "assignment_status",
    "priority",
    "age",
    "attributes",
    "task_queue_friendly_name",
    "configured_capacity",
    "assigned_tasks",
    "date_created",
)
# The same in every row: whose it is.
_LAST = ("account_sid", "workspace_sid")

_LEFT = "text-align:left"
_FAINT = "opacity:.6"

Row = Mapping[str, Any]


# The program that uses this package.


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


# HTML.


def cell(value: Any) -> str:
    """Show one value: short, escaped, whole on hover; a date in local time."""
    if value is None:
        return f'<span style="{_FAINT}">None</span>'
    if isinstance(value, datetime):
        return _date(value)
    text = _text(value)
    if len(text) <= SHORT:
        return _escape(text)
    return f'<span title="{_escape(text[:_HOVER])}">{_plain(text)}</span>'


def facts(caption: str, values: Row) -> str:
    """Show names and values, one pair to a line; the caption is escaped."""
    rows = "".join(
        f'<tr><th style="{_LEFT}">{_plain(name)}</th>'
        f'<td style="{_LEFT}">{cell(value)}</td></tr>'
        for name, value in values.items()
    )
    return _table(caption, rows)


def table(caption: str, rows: Sequence[Row]) -> str:
    """Show rows of values, those that matter most, with a note of what is left out.

    Not all rows need to have the same names; the caption is escaped.
    """
    shown = rows[:ROWS]
    names = _columns(shown)
    head = "".join(f'<th style="{_LEFT}">{_plain(name)}</th>' for name in names)
    lines = [f"<tr>{head}</tr>"] if names else []
    for row in shown:
        cells = (cell(row[name]) if name in row else "" for name in names)
        filled = "".join(f'<td style="{_LEFT}">{each}</td>' for each in cells)
        lines.append(f"<tr>{filled}</tr>")
    left = len(rows) - len(shown)
    note = f'<p style="{_FAINT}">… and {left} more</p>' if left else ""
    return _table(caption, "".join(lines)) + note


def card(caption: str, values: Row, *below: str) -> str:
    """Show `facts` in a frame, with HTML that this module has made below them."""
    style = "border:1px solid #8884;border-radius:6px;padding:.5em 1em"
    return f'<div style="{style}">{facts(caption, values)}{"".join(below)}</div>'


def folded(summary: str, html: str) -> str:
    """Hide HTML that this module has made behind its summary, which is escaped."""
    return f"<details><summary>{_plain(summary)}</summary>{html}</details>"


def local_time(value: datetime) -> datetime:
    """Give the same moment as this machine's clock shows it."""
    try:
        return value.astimezone()
    except (OverflowError, OSError, ValueError):
        return value  # too far away for this machine's time zones


def _date(value: datetime) -> str:
    local = local_time(value)
    try:
        utc = value.strftime("%Y-%m-%d %H:%M:%S %Z")
        shown = local.strftime("%Y-%m-%d %H:%M:%S %Z")
    except ValueError:
        utc = shown = value.isoformat()
    title, text = _escape(utc), _escape(shown)
    return f'<time style="white-space:nowrap" title="{title}">{text}</time>'


def _columns(rows: Iterable[Row]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    first = [name for name in _FIRST if name in names]
    rest = [name for name in names if name not in _FIRST and name not in _LAST]
    return (first + rest)[:_COLUMNS] or names[:_COLUMNS]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _sayable(value)
    if isinstance(value, dict | list):
        try:
            return _sayable(json.dumps(value, ensure_ascii=False, default=str))
        except (TypeError, ValueError, RecursionError):
            return _sayable(f"{type(value).__name__} of {len(value)}")
    return _sayable(repr(value))


# As html.escape does. Importing that takes longer than all of this; and at need, a
# signal handler could find it half imported.
_ESCAPED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
)


def _escape(text: str) -> str:
    return text.translate(_ESCAPED)


def _plain(text: str) -> str:
    text = _sayable(text)
    return _escape(text if len(text) <= SHORT else f"{text[: SHORT - 1]}…")


# Shown as their escapes: control characters, and marks that turn the
# direction of all that follows.
_UNSEEN = {
    code: ascii(chr(code))[1:-1]
    for code in (
        *(code for code in range(0x20) if chr(code) not in "\t\n"),
        *range(0x7F, 0xA0),
        0x061C,
        *(0x200E, 0x200F),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
}


def _sayable(text: str) -> str:
    """Replace halves of surrogate pairs, which no page can hold, and what is unseen."""
    return text.encode("utf-8", "replace").decode("utf-8").translate(_UNSEEN)


def _table(caption: str, rows: str) -> str:
    # Above the table, not its <caption>, which a narrow table would cut or wrap.
    shown = _escape(_sayable(caption[:_CAPTION]))
    heading = f'<div style="{_LEFT};font-weight:bold">{shown}</div>' if caption else ""
    return f"{heading}<table><tbody>{rows}</tbody></table>"
