"""How resources show themselves in a notebook: HTML of plain values.

Owns escaping, shortening and dates. Pure: knows neither resources nor clients; imports
nothing of the package.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any


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
    code: chr(code).encode("unicode_escape").decode()
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
