from __future__ import annotations

import pytest

from .support import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
