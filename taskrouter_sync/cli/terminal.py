"""Words on a terminal: colors where there is one, and nothing that could drive it.

Pure but for asking a stream whether it is a terminal; imports nothing of the package.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import IO, Any


_STYLES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}


class Paint:
    """Colors for one stream."""

    def __init__(self, stream: IO[str], environment: Mapping[str, str]) -> None:
        """Decide on colors: on a terminal, unless NO_COLOR or TERM=dumb says not."""
        self.on = (
            stream.isatty()
            and not environment.get("NO_COLOR")
            and environment.get("TERM") != "dumb"
            # Windows' old console shows the codes instead of obeying them.
            and (os.name != "nt" or "WT_SESSION" in environment)
        )

    def __call__(self, style: str, text: str) -> str:
        """Give text in a style: bold, dim, red, green, yellow or cyan."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on else text


def plain(text: object) -> str:
    """Make text safe to print: what could drive a terminal shows as its code."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in str(text)
    )


def short(value: object, width: int = 60) -> str:
    """Give a value in few characters, as JSON if it is an object or a list."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = plain(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def columns(rows: Sequence[Sequence[object]], indent: str = "") -> list[str]:
    """Align rows of values in columns; numbers to the right."""
    texts = [[plain(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]

    def line(row: Sequence[object], cells: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if _is_number(value) else cell.ljust(width)
            for value, cell, width in zip(row, cells, widths, strict=True)
        )
        return f"{indent}{'  '.join(aligned)}".rstrip()

    return [line(row, cells) for row, cells in zip(rows, texts, strict=True)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
