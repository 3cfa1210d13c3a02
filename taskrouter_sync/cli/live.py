"""A table that stays in its place on a terminal, or is printed again and again.

The only importer of rich, which need not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from .context import Context
from .figures import Table
from .terminal import columns, plain


Show = Callable[[Table], None]


@contextmanager
def screen(context: Context, *, live: bool) -> Iterator[Show]:
    """Give a function that shows a table, in the place of the one before.

    Args:
        context: where to.
        live: whether more than one will come. Without a terminal, or without the extra
            ``cli``, each is printed below the one before, with the time.
    """
    display = _display(context) if live and context.paint.on else None
    if display is None:
        yield lambda table: context.say(*text(table, context, timed=live))
        return
    with display:
        yield lambda table: display.update(_rich(table), refresh=True)


def text(table: Table, context: Context, *, timed: bool) -> list[str]:
    """Give a table as lines."""
    head, *rows = columns([table.head, *table.rows])
    time = f"  {datetime.now():%H:%M:%S}" if timed else ""
    title = context.paint("bold", plain(table.title))
    return [f"{title}{time}", context.paint("dim", head), *rows, *([""] * timed)]


def _display(context: Context) -> Any:
    """Make rich's place on the terminal; None where rich is not there."""
    try:
        from rich.console import Console
        from rich.live import Live
    except ImportError:
        return None
    console = Console(file=context.stdout, force_terminal=True)
    return Live(console=console, auto_refresh=False)


def _rich(table: Table) -> Any:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    title = Text(plain(table.title))
    made = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in table.head:
        made.add_column(name)
    for row in table.rows:
        # Text, as a plain str could hold rich's own markup.
        cells = (
            Text(plain(value), justify="right" if isinstance(value, int) else "left")
            for value in row
        )
        made.add_row(*cells)
    return made
