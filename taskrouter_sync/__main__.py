"""``python -m taskrouter_sync``: the command line."""

from __future__ import annotations

import sys

from taskrouter_sync.cli.main import main


if __name__ == "__main__":
    sys.exit(main())
