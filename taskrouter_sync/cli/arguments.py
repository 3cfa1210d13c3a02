"""What the commands' arguments have in common.

Imports argparse; nothing of the package but how commands end.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from .credentials import VARIABLES
from .outcome import STATUSES


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Commands = Any  # what add_subparsers returns has no public type


def add_command(
    commands: Commands,
    name: str,
    run: Callable[..., int],
    summary: str,
    examples: str,
) -> argparse.ArgumentParser:
    """Add a command whose ``--help`` teaches by examples.

    Args:
        commands: the program's.
        name: as it is typed.
        run: takes the options and the context, gives the exit status.
        summary: one line.
        examples: commands with a word on each.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{examples}\n{VARIABLES}\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="tell each step on stderr"
    )
    return parser


def seconds(text: str) -> float:
    """Read a span of time: ``90``, ``90s``, ``15m``, ``8h`` or ``1d``."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        span = float(number) * _UNITS[unit]
    except ValueError:
        span = math.nan
    if not 0 < span < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 15m or 8h")
    return span


def positive(text: str) -> int:
    """Read a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)
