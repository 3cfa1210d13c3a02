"""What a command works with: its streams, the environment, and who it is.

Passed to each command, so that none asks the interpreter for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from .credentials import Credentials
from .terminal import Paint


class Context:
    """One run of the program."""

    def __init__(
        self,
        stdin: IO[str],
        stdout: IO[str],
        environment: Mapping[str, str],
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.environment = environment
        self.credentials = Credentials(environment)
        self.paint = Paint(stdout, environment)

    def say(self, *lines: str) -> None:
        """Print lines, at once: somebody may be watching, or a pipe waiting."""
        for line in lines:
            self.stdout.write(f"{line}\n")
        self.stdout.flush()
