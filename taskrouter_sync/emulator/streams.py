"""The standard streams of a program: missing, full, or of any encoding.

For ``python -m taskrouter_sync.emulator`` and for the command line.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO


def run(command: Callable[[], int], complain: Callable[[str], object]) -> int:
    """Run a program with streams that it can use.

    Args:
        command: the program; returns its exit status, or raises argparse's SystemExit.
        complain: prints why the output can't be written.

    Returns:
        The exit status; 1 if the output can't be written. That needs no words if its
        reader has gone.
    """
    _prepare()
    error: OSError | None
    try:
        return command()
    except SystemExit:  # argparse leaves its help in the buffer
        error = _flush(sys.stdout)
        if error is None:
            _flush(sys.stderr)
            raise
    except OSError as raised:
        error = raised
        _flush(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        with suppress(OSError):
            complain(error.strerror or str(error))
    _flush(sys.stderr)
    return 1


def _prepare() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Takes the free number, which a file or socket would get otherwise.
            nowhere = os.open(os.devnull, os.O_RDWR)
            stream = os.fdopen(nowhere, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Names can be anything, and the input and output of any encoding.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush(stream: IO[str]) -> OSError | None:
    """Flush a stream. If that fails, the interpreter must not try again at its end."""
    try:
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error
    return None
