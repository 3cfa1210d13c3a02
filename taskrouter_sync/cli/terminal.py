"""Text and keys on a terminal: colors, escaping, tables and single keys.

Of the package, imports only `errors`, for escaping, and `notebook`, for local time.
"""

from __future__ import annotations

import json
import os
import queue
import re
import selectors
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from types import ModuleType
from typing import IO, Any

from ..errors import one_line
from ..notebook import local_time


try:
    import termios as _termios
    import tty as _tty
except ImportError:  # Windows: a key counts once Enter is pressed
    _termios, _tty = None, None  # type: ignore[assignment] # modules or None

termios: ModuleType | None = _termios
tty: ModuleType | None = _tty

_STYLES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}

# A sid in a text, and how much of it tells people one from another.
_SID = re.compile(r"\b([A-Z]{2}[0-9a-f]{6})[0-9a-f]{26}\b")

# Keys that are none: the end of the input, and Ctrl-L, which asks to redraw.
END = ""
REDRAW = "\x0c"

# Sent to the thread that reads keys when it is to end; signals are sent as numbers.
_ENDED = b"\0"


class Paint:
    """Colors for one stream."""

    def __init__(self, stream: IO[str], environment: Mapping[str, str]) -> None:
        """Use colors on a terminal, unless NO_COLOR is set or TERM is dumb."""
        self.on = (
            stream.isatty()
            and not environment.get("NO_COLOR")
            and environment.get("TERM") != "dumb"
            # Windows' old console shows the codes instead of obeying them.
            and (os.name != "nt" or "WT_SESSION" in environment)
        )

    def __call__(self, style: str, text: str) -> str:
        """Return text in a style: bold, dim, red, green, yellow or cyan."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on else text


def plain(text: object) -> str:
    """Make text safe to print: escape what could control a terminal."""
    return one_line(str(text), limit=None)


def short(value: object, width: int = 60) -> str:
    """Return a short text for a value, JSON for an object or a list."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = plain(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def short_sids(text: str) -> str:
    """Shorten the sids in a text: ``WK0123ab…``."""
    return _SID.sub(r"\1…", text)


def columns(rows: Sequence[Sequence[object]], indent: str = "") -> list[str]:
    """Align rows of values in columns, with numbers on the right."""
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


def span(seconds: float) -> str:
    """Return a duration in its two largest units: ``1 h 30 min``."""
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    rest, parts = int(seconds), []
    for unit, length in units:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def moment(value: Any, now: float) -> str:
    """Return a time in epoch seconds as local time, with its distance from now."""
    try:
        date = datetime.fromtimestamp(float(value), timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return f"{short(value)}, which is not a valid time"
    seconds = date.timestamp() - now
    shown = local_time(date).strftime("%Y-%m-%d %H:%M:%S %Z")
    ago, ahead = (" ago", "") if seconds < 0 else ("", "in ")
    return f"{shown} ({ahead}{span(abs(seconds))}{ago})"


@contextmanager
def handling(handlers: Mapping[Any, Any]) -> Iterator[None]:
    """Handle signals, by their numbers, within the block."""
    before = {
        number: signal.signal(number, handler) for number, handler in handlers.items()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def keys(stream: IO[str], pressed: queue.SimpleQueue[Any]) -> Iterator[None]:
    """Within the block, put each key into a queue, and `END` at the end of input.

    Ctrl-Z gives the terminal back to the shell; when the program continues, its keys
    work again and `REDRAW` is put into the queue.

    Args:
        stream: a terminal, whose keys arrive at once and are not echoed; or a pipe,
            in which whitespace is ignored.
        pressed: the queue; another thread puts the keys into it.
    """
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    reader = threading.Thread(
        target=_read_keys,
        args=(stream.fileno(), receiver, pressed),
        name="taskrouter-cli-keys",
        daemon=True,
    )
    with receiver, sender, _key_mode(stream, sender):
        reader.start()
        try:
            yield
        finally:
            sender.send(_ENDED)
            # On Windows it may wait for a line that never comes: it is a daemon.
            reader.join(0.5)


@contextmanager
def _key_mode(stream: IO[str], wakeup: socket.socket) -> Iterator[None]:
    """Make a terminal send each key at once and without echo; Ctrl-C still works.

    A shell does not save the terminal settings of a stopped program. A program has to
    restore the original settings before it stops, and set its own when it continues.

    Args:
        stream: a terminal or something else.
        wakeup: gets the number of each signal. A signal may arrive on another thread,
            and then does not wake the main thread.
    """
    if termios is None or tty is None or not stream.isatty():
        yield
        return
    usual: list[Any] = termios.tcgetattr(stream)

    def stop(number: int, frame: object) -> None:
        termios.tcsetattr(stream, termios.TCSADRAIN, usual)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        # It continues here, or has not been stopped, as nobody could continue it.
        signal.signal(signal.SIGTSTP, stop)
        resume(number, frame)

    def resume(number: int, frame: object) -> None:
        if _in_foreground(stream):
            tty.setcbreak(stream)

    with ExitStack() as stack:
        stack.callback(termios.tcsetattr, stream, termios.TCSADRAIN, usual)
        stack.enter_context(handling({signal.SIGTSTP: stop, signal.SIGCONT: resume}))
        before = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        stack.callback(signal.set_wakeup_fd, before)
        tty.setcbreak(stream)
        yield


def _in_foreground(stream: IO[str]) -> bool:
    """Whether this process is in the foreground of its terminal."""
    try:
        return os.tcgetpgrp(stream.fileno()) == os.getpgrp()
    except OSError:
        return True  # a terminal that no shell controls


def _read_keys(
    descriptor: int, wakeup: socket.socket, pressed: queue.SimpleQueue[Any]
) -> None:
    while _has_input(descriptor, wakeup, pressed):
        try:
            data = os.read(descriptor, 64)
        except OSError:
            data = b""  # the terminal is gone
        if not data:
            pressed.put(END)
            return
        for key in data.decode("utf-8", "replace"):
            if key == REDRAW or not key.isspace():
                pressed.put(key)


def _has_input(
    descriptor: int, wakeup: socket.socket, pressed: queue.SimpleQueue[Any]
) -> bool:
    """Wait for input; return False if the block has ended.

    After a signal, `REDRAW` wakes the main thread, so that its handler runs.
    """
    if termios is None:
        return True  # Windows waits for sockets only
    with selectors.DefaultSelector() as selector:
        selector.register(wakeup, selectors.EVENT_READ)
        try:
            selector.register(descriptor, selectors.EVENT_READ)
        except PermissionError:
            return True  # a plain file: always ready
        while wakeup in [key.fileobj for key, _ in selector.select()]:
            if _ENDED in wakeup.recv(64):
                return False
            pressed.put(REDRAW)
    return True
