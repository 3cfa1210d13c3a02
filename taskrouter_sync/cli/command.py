"""How a command ends: its exit statuses, and the error that a person reads.

Pure; imports nothing of the package.
"""

from __future__ import annotations

from typing import Final


DONE: Final = 0
FAILED: Final = 1  # the service, the network or the token said no
USAGE: Final = 2  # argparse's own: the command makes no sense, or lacks credentials
INTERRUPTED: Final = 130  # Ctrl-C, as shells count it

STATUSES: Final = """\
exit status:
  0    it worked
  1    it did not: the service, the network or the token said no
  2    the command makes no sense, or credentials are missing
  130  ended by Ctrl-C
"""


class CommandError(Exception):
    """A command that can't go on; its text is for the person who typed it.

    Attributes:
        status: the exit status.
    """

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status
