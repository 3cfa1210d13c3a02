"""Keys as they are pressed, on a thread of its own; lines where there is no terminal.

Knows nothing of the package.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import IO, Any


try:
    import termios as _termios
    import tty as _tty
except ImportError:  # Windows: a key counts with the Enter after it
    _termios, _tty = None, None  # type: ignore[assignment] # modules or None

termios: ModuleType | None = _termios
tty: ModuleType | None = _tty

END = ""


@contextmanager
def keys(stream: IO[str], press: Callable[[str], None]) -> Iterator[None]:
    """Call `press` with each key within the block, and with `END` at the end of input.

    Args:
        stream: a terminal, whose keys come at once and unseen; or a pipe, of which
            spaces and ends of lines do not count.
        press: runs on another thread.
    """
    receiver, sender = socket.socketpair()
    reader = threading.Thread(
        target=_read,
        args=(stream.fileno(), receiver, press),
        name="taskrouter-cli-keys",
        daemon=True,
    )
    with receiver, sender, _at_once(stream):
        reader.start()
        try:
            yield
        finally:
            sender.send(b"x")
            # On Windows it may wait for a line that never comes: it is a daemon.
            reader.join(0.5)


@contextmanager
def _at_once(stream: IO[str]) -> Iterator[None]:
    """Let a terminal give each key at once, unseen; Ctrl-C stays what it is."""
    if termios is None or tty is None or not stream.isatty():
        yield
        return
    usual: list[Any] = termios.tcgetattr(stream)
    tty.setcbreak(stream)
    try:
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, usual)


def _read(descriptor: int, woken: socket.socket, press: Callable[[str], None]) -> None:
    while _ready(descriptor, woken):
        try:
            data = os.read(descriptor, 64)
        except OSError:
            data = b""  # the terminal is gone
        if not data:
            press(END)
            return
        for key in data.decode("utf-8", "replace"):
            if not key.isspace():
                press(key)


def _ready(descriptor: int, woken: socket.socket) -> bool:
    """Wait for input; False if the block has ended instead."""
    if termios is None:
        return True  # Windows waits for sockets only
    with selectors.DefaultSelector() as selector:
        selector.register(woken, selectors.EVENT_READ)
        try:
            selector.register(descriptor, selectors.EVENT_READ)
        except PermissionError:
            return True  # a plain file: always ready
        chosen = [key.fileobj for key, _ in selector.select()]
    return woken not in chosen
